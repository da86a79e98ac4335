"""What a Suno task says of itself, in every dialect: task objects, lists of clips, lyrics."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.engines.midjourney.values import mapping, picture_url, text
from bot.errors import Kind
from bot.jobs import Action, Asks, Failure, Progress, Stage
from bot.texts import N_

DONE = ("success", "succeeded", "completed", "complete")
FAILED = ("failure", "failed", "error")
WORTH = {"streaming": 50, "complete": 100, "error": 100}  # percent of a clip that is done
KEYCAPS = ("1️⃣", "2️⃣", "3️⃣", "4️⃣")

_MODERATION = re.compile(r"moderat|artist name|copyright|policy|敏感|违规|审核", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Clip:
    """One take of a song."""

    id: str
    status: str
    audio: str
    cover: str
    title: str = ""
    style: str = ""
    lyrics: str = ""
    seconds: float | None = None
    error: str = ""
    extends: bool = False  # it goes on from another clip

    @property
    def finished(self) -> bool:
        return self.status in DONE and bool(self.audio)


@dataclass(frozen=True, slots=True)
class Said:
    """A task as its service describes it. ``status`` is "" where only the clips have one."""

    status: str
    clips: tuple[Clip, ...] = ()
    title: str = ""
    words: str = ""  # lyrics that were asked for
    reason: str = ""


def said_in(data: object, home: str) -> Said | None:
    """The task in an answer, or None when it knows of none.

    ``home`` is the service's address, for links of services that do not know their own.
    """
    if isinstance(data, list):  # direct servers: clips alone
        return Said("", _clips(data, home)) if data else None
    found = mapping(data)
    inner = found.get("data")
    if isinstance(inner, list) and found.get("status") is None:  # Suno-API's own server
        return Said("", _clips(inner, home)) if inner else None
    row = mapping(inner) if isinstance(inner, dict) and "status" not in found else found
    return _task(row, home) if text(row.get("status")) or row.get("clips") else None


def rows_in(data: object) -> list[Mapping[str, Any]] | None:
    """The task objects of a batch (``data`` may be null: none of them is known); None when it is none."""
    found = mapping(data)
    rows = found.get("data")
    if found.get("code") != "success" or not (rows is None or isinstance(rows, list)):
        return None
    return [row for row in rows or () if isinstance(row, dict)]


def _task(row: Mapping[str, Any], home: str) -> Said:
    inner = row.get("clips") or row.get("data")
    if isinstance(inner, dict) and not all(isinstance(value, dict) for value in inner.values()):
        row, inner = {**row, **{key: inner[key] for key in ("title", "text") if key in inner}}, None
    listed = list(inner.values()) if isinstance(inner, dict) else inner
    return Said(
        text(row.get("status")).lower(),
        _clips(listed if isinstance(listed, list) else (), home),
        text(row.get("title")),
        text(row.get("text")),
        text(row.get("fail_reason")) or text(row.get("error_message")),
    )


def _clips(rows: Iterable[object], home: str) -> tuple[Clip, ...]:
    return tuple(_clip(row, home) for row in rows if isinstance(row, dict))


def _clip(row: Mapping[str, Any], home: str) -> Clip:
    about = mapping(row.get("metadata"))
    seconds = about.get("duration")
    return Clip(
        text(row.get("id")),
        text(row.get("status")).lower(),
        picture_url(row.get("audio_url"), home),
        picture_url(row.get("image_large_url"), home) or picture_url(row.get("image_url"), home),
        text(row.get("title")),
        text(about.get("tags")),
        text(about.get("prompt")) or text(row.get("text")),
        float(seconds) if isinstance(seconds, int | float) and not isinstance(seconds, bool) else None,
        text(about.get("error_message")) or text(about.get("error_type")),
        bool(about.get("history") or about.get("audio_prompt_id")),
    )


def report_of(said: Said, *, extends: bool, joins: bool) -> Progress:
    """``extends``: clips can be gone on from here; ``joins``: and joined to the whole song."""
    status = said.status if said.status not in ("", "unknown") else _of_clips(said.clips)
    good = [clip for clip in said.clips if clip.finished or (status in DONE and clip.audio)]
    if status in DONE and (good or said.words):
        return _done(said, good, extends=extends, joins=joins)
    if status in FAILED or (status in DONE and all(clip.status in FAILED for clip in said.clips)):
        reason = said.reason or next((clip.error for clip in said.clips if clip.error), "")
        return Progress(Stage.FAILED, failure=_failure(reason, empty=status in DONE))
    seen = [WORTH.get(clip.status, 0) for clip in said.clips]
    cover = next((clip.cover for clip in said.clips if clip.cover), "")
    percent = min(99, sum(seen) // len(seen)) if seen else None
    return Progress(Stage.RUNNING, percent=percent, preview=cover, preview_key=cover)


def _of_clips(clips: Sequence[Clip]) -> str:
    """The status of a task that has none but its clips'."""
    if not clips or not all(clip.finished or clip.status in FAILED for clip in clips):
        return ""
    return DONE[0] if any(clip.finished for clip in clips) else FAILED[0]


def _done(said: Said, clips: Sequence[Clip], *, extends: bool, joins: bool) -> Progress:
    lyrics = next((clip.lyrics for clip in clips if clip.lyrics), "") or said.words
    style = next((clip.style for clip in clips if clip.style), "")
    lengths = " / ".join(_clock(clip.seconds) for clip in clips if clip.seconds)
    about = " · ".join(part for part in (style, lengths) if part)
    return Progress(
        Stage.DONE,
        percent=100,
        images=tuple(dict.fromkeys(clip.cover for clip in clips if clip.cover)),
        audios=tuple(clip.audio for clip in clips),
        title=next((clip.title for clip in clips if clip.title), "") or said.title,
        text="\n\n".join(part for part in (about, lyrics) if part),
        actions=tuple(_actions(clips, extends=extends, joins=joins)),
    )


def _actions(clips: Sequence[Clip], *, extends: bool, joins: bool) -> Iterable[Action]:
    known = [(KEYCAPS[number], clip) for number, clip in enumerate(clips[: len(KEYCAPS)]) if clip.id]
    if extends:
        for sign, clip in known:
            yield Action(f"extend:{clip.id}", N_("Continue"), f"continue:{sign}", sign)
        for sign, clip in known:
            yield Action(f"lyrics:{clip.id}", N_("Continue with lyrics"), f"onward:{sign}", sign, Asks.LYRICS)
    if joins:
        for sign, clip in known:
            if clip.extends:
                yield Action(f"concat:{clip.id}", N_("The whole song"), f"concat:{sign}", sign)


def _failure(reason: str, *, empty: bool) -> Failure:
    if _MODERATION.search(reason):
        return Failure(Kind.CONTENT, reason, again=False)
    return Failure(Kind.EMPTY if empty else Kind.UPSTREAM, reason)


def _clock(seconds: float | None) -> str:
    whole = round(seconds or 0)
    return f"{whole // 60}:{whole % 60:02}"
