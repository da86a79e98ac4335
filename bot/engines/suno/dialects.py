"""The dialects of Suno's task APIs: where an order goes, what its body is, and where to ask about it.

A task of ours is the path below the gateway's root where its progress is asked for
(``suno/fetch/f4a94d75``): so what was ordered in one dialect is found again whatever is spoken since.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from bot.engines.midjourney.values import mapping, number, text

FETCH, FEED = "suno/fetch/", "suno/feed/"
LYRICS_OF = "suno/lyrics/"


@dataclass(frozen=True, slots=True)
class Song:
    """What to compose: ``words`` describe it or, with ``own``, are its lyrics.

    ``clip`` is one that it goes on from, at ``at`` seconds; ``origin`` the service's id of its task.
    """

    words: str
    own: bool = False
    title: str = ""
    style: str = ""
    instrumental: bool = False
    clip: str = ""
    at: float | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Dialect:
    """``music``, ``lyrics`` and ``concat`` are paths to submit at; "" where there is none known."""

    name: str
    music: str
    ask: str  # before the task's id
    lyrics: str = ""
    ask_lyrics: str = ""
    concat: str = ""
    ask_concat: str = ""

    def path_of(self, song: Song) -> str:
        described = self.name == "direct" and not song.own
        return f"{self.music}/description-mode" if described else self.music

    def body_of(self, song: Song, version: str) -> dict[str, Any]:
        return _nested(song, version) if self.name == "goamz" else _flat(song, version, self.name == "direct")


def _goamz(base: str) -> Dialect:
    """GoAmz and Shell-API; they join clips and write lyrics under v3.0 alone."""
    old = "suno/v1/v3.0"
    return Dialect(
        "goamz",
        f"{base}/music",
        f"{base}/music/",
        f"{old}/lyrics",
        f"{old}/lyrics/",
        f"{old}/music/concat",
        f"{old}/music/",
    )


NEW_API = Dialect(
    "new-api", "suno/submit/music", FETCH, "suno/submit/lyrics", FETCH, "suno/submit/concat", FETCH
)
DIRECT = Dialect(
    "direct",
    "suno/generate",
    FEED,
    "suno/generate/lyrics/",
    LYRICS_OF,
    "suno/generate/concat/v2",
    FEED,
)
# In the order in which they are tried: an address that is not routed has done nothing.
DIALECTS = (NEW_API, *map(_goamz, ("suno/v1", "suno/v1/v3.0", "suno/v1/mv-3.5")), DIRECT)


def dialect_of(task: str) -> Dialect:
    """The dialect in which a task was ordered."""
    fits = [each for each in DIALECTS if task.startswith((each.ask, each.ask_lyrics))]
    return max(fits, key=lambda each: len(each.ask), default=NEW_API)


def id_of(task: str) -> str:
    """The service's own id in a task of ours."""
    return task.rpartition("/")[2]


def task_in(data: object, dialect: Dialect, ask: str) -> str:
    """The task that an answer to a submit names, "" when it names none.

    The answer says which dialect it is: an id alone (new-api), an object with a ``task_id`` (GoAmz), or
    clips (direct); ``ask`` is where its ids are asked about in the dialect that was spoken.
    """
    found = mapping(data[0] if isinstance(data, list) and data else data)
    inner = found.get("data")
    if found.get("code") in ("success", 1, "1") and (name := text(inner)):
        return f"{FETCH if ask in (FEED, LYRICS_OF) else ask}{quote(name, safe='')}"
    if number(found.get("code")) in (200, 1) and (name := text(mapping(inner).get("task_id"))):
        return f"{ask if ask.startswith('suno/v1/') else 'suno/v1/music/'}{quote(name, safe='')}"
    clips = found.get("clips")
    ids = [text(mapping(clip).get("id")) for clip in clips] if isinstance(clips, list) else []
    if any(ids):
        return FEED + ",".join(quote(name, safe="") for name in ids if name)
    if dialect.name == "direct" and "code" not in found and (name := text(found.get("id"))):
        return ask + quote(name, safe="")
    return ""


def _flat(song: Song, version: str, direct: bool) -> dict[str, Any]:
    """new-api, and the direct servers that web pages speak to."""
    if not song.own:
        body: dict[str, Any] = {"gpt_description_prompt": _described(song)}
        body |= {"make_instrumental": song.instrumental, "mv": version}
        return {**body, "prompt": ""} if direct else body
    body = {"prompt": song.words, "tags": song.style, "title": song.title, "mv": version}
    if song.instrumental:
        body["make_instrumental"] = True
    if song.clip:
        body |= {"continue_clip_id": song.clip, "continue_at": song.at}
        body |= {"task": "extend"} if direct else {"task_id": song.origin}
    elif direct:
        body["task"] = ""
    return body


def _nested(song: Song, version: str) -> dict[str, Any]:
    """GoAmz: the song is an object of its own."""
    if not song.own:
        asked: Mapping[str, Any] = {
            "gpt_description_prompt": _described(song),
            "make_instrumental": song.instrumental,
        }
        return {"custom_mode": False, "mv": version, "input": asked}
    asked = {
        "prompt": song.words,
        "title": song.title,
        "tags": song.style,
        "continue_clip_id": song.clip,
        "continue_at": song.at,
        "make_instrumental": song.instrumental,
    }
    return {"custom_mode": True, "mv": version, "input": asked}


def _described(song: Song) -> str:
    """Where Suno writes the lyrics itself it reads nothing but the description."""
    return f"{song.words}, {song.style}" if song.style else song.words
