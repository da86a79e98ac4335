"""Task objects: one row, or the two that relays keep of it, read into a report."""

from collections.abc import Iterable, Mapping
from typing import Any

from bot.engines.midjourney.buttons import actions_of
from bot.engines.midjourney.failures import failure_of
from bot.engines.midjourney.learned import Learned
from bot.engines.midjourney.values import (
    mapping,
    number,
    percent,
    picture_url,
    preview_key,
    seconds,
    text,
    without_keycap,
)
from bot.errors import Kind
from bot.jobs import Failure, Progress, Stage

Row = Mapping[str, Any]

_STAGES = {
    "SUCCESS": Stage.DONE,
    "FAILURE": Stage.FAILED,
    "CANCEL": Stage.CANCELLED,
    "MODAL": Stage.FORM,
}
# Of two rows with one id, the later in this order counts. A relay opens a second row when the form is sent
# and leaves the first at MODAL, so anything is further than that (new-api).
_ORDER = ("MODAL", "", "NOT_START", "SUBMITTED", "IN_PROGRESS", "CANCEL", "FAILURE", "SUCCESS")
_IN_WORDS = ("DESCRIBE", "SHORTEN")


def rows_in(data: object) -> list[Row] | None:
    """The task objects of a list, bare or wrapped (``{"data": […]}``); null is none. None: it is no list."""
    if data is None:
        return []
    if isinstance(data, list):
        return [row for row in data if isinstance(row, dict)]
    if isinstance(data, dict) and "status" not in data and "code" not in data:
        for key in ("data", "list", "items", "content"):
            if key in data:
                return rows_in(data[key])
    return None


def row_in(data: object) -> Row | None:
    """The task object of a fetch, bare or wrapped; None for ``null``, ``{}`` and whatever else is no task."""
    row = mapping(data)
    if "status" not in row and "data" in row:
        inner = row["data"]
        row = mapping(inner[0] if isinstance(inner, list) and inner else inner)
    return row if "status" in row or text(row.get("id")) else None


def furthest(rows: Iterable[Row]) -> dict[str, Row]:
    """By id, the most advanced row of each task."""
    found: dict[str, Row] = {}
    for row in rows:
        task = text(row.get("id"))
        if task and (task not in found or _rank(row) > _rank(found[task])):
            found[task] = row
    return found


def stalled(row: Row) -> bool:
    """Whether a relay has given it up without ending it: a reason and 100 %, but no end (new-api)."""
    final = _STAGES.get(_status(row), Stage.RUNNING).final
    return not final and percent(row.get("progress")) == 100 and bool(text(row.get("failReason")))


def report_of(row: Row, learned: Learned, home: str, *, given_up: bool = False) -> Progress:
    """What a task object says. Its status alone decides; an unknown one means that it is under way.

    ``home`` is the service's address, for picture URLs of relays that do not know their own.
    ``given_up``: the row has been ``stalled`` for so long that it has failed.
    """
    stage = Stage.FAILED if given_up else _STAGES.get(_status(row), Stage.RUNNING)
    match stage:
        case Stage.DONE:
            return _done(row, learned, home)
        case Stage.FAILED | Stage.CANCELLED:
            return _failed(row, stage)
        case Stage.FORM:
            return Progress(stage, prompt=without_keycap(_prompt(row)))
    done, url = percent(row.get("progress")), picture_url(row.get("imageUrl"), home)
    return Progress(
        stage,
        percent=done,
        queue=_queue(row),
        preview=url,
        preview_key=preview_key(url, done),
        prompt=_prompt(row),
    )


def _done(row: Row, learned: Learned, home: str) -> Progress:
    properties = mapping(row.get("properties"))
    words = text(row.get("action")).upper() in _IN_WORDS
    return Progress(
        Stage.DONE,
        percent=100,
        images=() if words else _images(row, home),
        videos=_videos(row, home),
        text=(text(properties.get("finalPrompt")) or text(row.get("promptEn"))) if words else "",
        prompt=_prompt(row) if not words else text(row.get("prompt")),
        actions=actions_of(row, learned),
        seconds=seconds(row.get("startTime"), row.get("finishTime")),
        seed=text(row.get("seed")),
    )


def _failed(row: Row, stage: Stage) -> Progress:
    reason = text(row.get("failReason"))
    failure = failure_of(reason, text(mapping(row.get("properties")).get("bannedWord")))
    if stage is Stage.CANCELLED:
        failure = Failure(Kind.CANCELLED, reason, again=False)
    elif failure.kind is Kind.CANCELLED:  # trueai calls it a failure
        stage = Stage.CANCELLED
    took = seconds(row.get("startTime"), row.get("finishTime"))
    return Progress(stage, prompt=_prompt(row), failure=failure, seconds=took)


def _images(row: Row, home: str) -> tuple[str, ...]:
    """The picture; where it is only the first of several tiles, all of them (trueai, official path)."""
    one = picture_url(row.get("imageUrl"), home)
    tiles = _urls(row.get("imageUrls"), home)
    if tiles and (not one or one in tiles):
        return tiles
    # A video task's imageUrl may be the clip itself.
    return (one,) if one and one not in _videos(row, home) else ()


def _videos(row: Row, home: str) -> tuple[str, ...]:
    several = _urls(row.get("videoUrls"), home)
    one = picture_url(row.get("videoUrl"), home)
    return several or ((one,) if one else ())


def _urls(entries: object, home: str) -> tuple[str, ...]:
    found = (
        picture_url(entry.get("url") if isinstance(entry, dict) else entry, home)
        for entry in (entries if isinstance(entries, list) else ())
    )
    return tuple(dict.fromkeys(url for url in found if url))


def _prompt(row: Row) -> str:
    """As the service ran it."""
    final = text(mapping(row.get("properties")).get("finalPrompt"))
    return final or text(row.get("promptEn")) or text(row.get("prompt"))


def _queue(row: Row) -> int | None:
    ahead = number(mapping(row.get("properties")).get("numberOfQueues"))
    return ahead if ahead and ahead > 0 and _status(row) in ("", "NOT_START") else None


def _status(row: Row) -> str:
    return text(row.get("status"))


def _rank(row: Row) -> tuple[int, int, bool, bool]:
    status = _status(row)
    place = _ORDER.index(status) if status in _ORDER else _ORDER.index("")
    return place, percent(row.get("progress")) or 0, bool(row.get("imageUrl")), bool(row.get("buttons"))
