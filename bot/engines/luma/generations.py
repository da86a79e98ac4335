"""Luma's generations: how they are ordered, and what they say of themselves."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from bot.engines.midjourney.values import mapping, picture_url, text
from bot.errors import Kind
from bot.jobs import Action, Asks, Failure, Order, Progress, Stage
from bot.texts import N_

EXTEND = "extend"

_MODERATION = re.compile(r"moderat|policy|safety|nsfw|敏感|违规|审核", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dialect:
    """A pair of addresses. A task of ours is the path where it is asked about, as with Suno."""

    create: str
    ask: str  # before the id
    also: str = ""  # another address for the same, where the first is not routed
    extends: bool = False
    batch: str = ""


LUMA = Dialect("luma/generations", "luma/generations/", extends=True, batch="luma/tasks")
V1 = Dialect("luma/v1/generations", "luma/v1/task?id=", also="luma/v1/generations/")
DIALECTS = (LUMA, V1)


def dialect_of(task: str) -> Dialect:
    return next((each for each in DIALECTS if task.startswith(each.ask)), LUMA)


def id_of(task: str) -> str:
    """The service's own id in a task of ours, quoted as it stands there."""
    return task.removeprefix(dialect_of(task).ask)


def body_of(order: Order, pictures: Sequence[str]) -> dict[str, Any]:
    """``pictures`` are data URLs of the first frame and the last."""
    options = order.options
    body: dict[str, Any] = {
        "user_prompt": order.prompt,
        "aspect_ratio": options.get("ratio", "16:9"),
        "expand_prompt": True,
        "loop": bool(options.get("loop")),
        "image_url": pictures[0] if pictures else "",
        "image_end_url": pictures[1] if len(pictures) > 1 else "",
    }
    # Relays that are older than these refuse them, or bill another model than was meant.
    newer = {"model_name": "model", "duration": "duration", "resolution": "resolution"}
    return body | {field: options[name] for field, name in newer.items() if options.get(name)}


def task_in(data: object, dialect: Dialect) -> str:
    """The task that an answer to a submit names, an object or the one element of a list; "" for none."""
    found = mapping(data[0] if isinstance(data, list) and data else data)
    for row in (found, mapping(found.get("data"))):
        if name := text(row.get("id")) or text(row.get("task_id")):
            return dialect.ask + quote(name, safe="")
    return ""


def rows_in(data: object) -> list[Mapping[str, Any]] | None:
    """The generations of a batch; None when it is none."""
    rows = data.get("data") if isinstance(data, dict) else data
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else None


def row_in(data: object) -> Mapping[str, Any] | None:
    """The generation in an answer, however it is wrapped; None when it knows of none."""
    found = mapping(data[0] if isinstance(data, list) and data else data)
    for row in (found, mapping(found.get("data"))):
        if _state(row):
            return row
    return None


def report_of(row: Mapping[str, Any], home: str, *, extends: bool) -> Progress:
    """``home`` is the service's address, for links of services that do not know their own."""
    match _state(row):
        case "failed":
            reason = text(row.get("failure_reason")) or text(row.get("fail_reason"))
            return Progress(Stage.FAILED, failure=_failure(reason))
        case "completed" if video := _video(row, home):
            action = Action(EXTEND, N_("Extend"), EXTEND, "⏩", Asks.PROMPT)
            return Progress(
                Stage.DONE,
                percent=100,
                videos=(video,),
                prompt=text(row.get("prompt")),
                actions=(action,) if extends else (),
            )
    cover = _cover(row, home)  # also of one that is completed and has no link yet: it comes a little later
    return Progress(Stage.RUNNING, preview=cover, preview_key=cover)


def _state(row: Mapping[str, Any]) -> str:
    return text(row.get("state") or row.get("task_status") or row.get("status")).lower()


def _video(row: Mapping[str, Any], home: str) -> str:
    """The file without a watermark, where there is one."""
    for found in (row.get("video_raw"), row.get("video")):
        if isinstance(found, str):
            found = {"url": found}
        for name in ("download_url", "url"):
            if url := picture_url(mapping(found).get(name), home):
                return url
    return ""


def _cover(row: Mapping[str, Any], home: str) -> str:
    for found in (row.get("thumbnail"), mapping(row.get("video")).get("thumbnail")):
        url = found if isinstance(found, str) else mapping(found).get("url")
        if cover := picture_url(url, home):
            return cover
    return ""


def _failure(reason: str) -> Failure:
    if _MODERATION.search(reason):
        return Failure(Kind.CONTENT, "" if reason.lower() == "moderation" else reason, again=False)
    return Failure(Kind.UPSTREAM, reason)
