"""Asking how far tasks are: in batches where there are batches, one by one where there are none."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar
from urllib.parse import quote

import structlog

from bot.engines.midjourney.answers import error_in
from bot.engines.midjourney.learned import Learned
from bot.engines.midjourney.tasks import Row, furthest, report_of, row_in, rows_in, stalled
from bot.engines.midjourney.values import mapping, text
from bot.engines.midjourney.wire import Answer, Wire, as_unavailable
from bot.errors import Kind, Unavailable, Unsupported
from bot.jobs import Mode, Progress
from bot.metrics import gateway_errors

log = structlog.get_logger()

BATCH = 100  # ids in one request
AT_ONCE = 8  # requests side by side
OF_ONE_ROW = (400, 500)  # statuses that may be about what was asked, and not about asking
PATIENCE = 60.0  # seconds that a stalled row gets before it counts as failed

T = TypeVar("T")

LIST = "task/list-by-condition"


class Polling:
    """What the tracker and a look-up after a crash ask. Every failure of asking is Unavailable."""

    def __init__(
        self, wire: Wire, learned: Learned, speed: Callable[[str], Mode], clock: Callable[[], float]
    ) -> None:
        self._wire = wire
        self._learned = learned
        self._speed = speed
        self._clock = clock
        self._stalled: dict[str, float] = {}  # task → when it was first seen stalled

    async def report(self, tasks: Sequence[str]) -> dict[str, Progress]:
        """Progress by task id; tasks that the service does not know are left out."""
        wanted = list(dict.fromkeys(tasks))
        if not wanted:
            return {}
        if len(wanted) == 1:
            rows = await self._one(wanted[0])
        elif LIST in self._learned.missing:
            rows = await self._each(wanted)
        else:
            rows = await self._batches(wanted)
        self._forget_stalled(wanted, rows)
        return {task: self._report(task, rows[task]) for task in wanted if task in rows}

    async def find(self, ref: str) -> str | None:
        """The task with this ``state``. None is said only where the service does keep marks."""
        looked = False
        for path, body in (("task/list", None), ("task/query", _query(ref))):
            if path in self._learned.missing:
                continue
            answer = await (self._wire.get(path) if body is None else self._wire.post(path, body))
            if answer.status in (401, 403):  # for administrators: the key was good enough to submit with
                continue
            rows = self._rows(path, answer)
            if rows is None:
                continue
            for row in rows:
                if text(row.get("state")) == ref and text(row.get("id")):
                    return text(row["id"])
            # Tasks without any mark at all say that this service does not keep them.
            looked = looked or not rows or any(text(row.get("state")) for row in rows)
        if not looked:
            raise Unsupported("this service cannot look a task up by its mark", kind=Kind.SETUP)
        return None

    def _report(self, task: str, row: Row) -> Progress:
        given_up = False
        if stalled(row):
            since = self._stalled.setdefault(task, self._clock())
            given_up = self._clock() - since >= PATIENCE
        return report_of(row, self._learned, self._wire.root, given_up=given_up)

    def _forget_stalled(self, asked: Sequence[str], rows: Mapping[str, Row]) -> None:
        for task in asked:
            if task not in rows or not stalled(rows[task]):
                self._stalled.pop(task, None)

    async def _one(self, task: str) -> dict[str, Row]:
        """A fetch, and the list as well while a relay may be showing the older of two rows."""
        row = await self._fetch(task)
        rows = [] if row is None else [row]
        if row is not None and text(row.get("status")) in ("MODAL", "") and LIST not in self._learned.missing:
            with suppress(Unavailable):  # what the fetch says is something already
                rows += await self._batch([task], self._speed(task)) or []
        return _asked(rows, [task]) or ({task: row} if row is not None else {})

    async def _each(self, tasks: Sequence[str]) -> dict[str, Row]:
        """Fetches, side by side. Trouble with some tasks alone does not hide the others."""
        found = await _side_by_side([partial(self._fetch, task) for task in tasks])
        troubles = [each for each in found if isinstance(each, Unavailable)]
        grave = [each for each in troubles if each.status not in OF_ONE_ROW]
        if grave or len(troubles) == len(found):
            raise (grave or troubles)[0]
        return {task: row for task, row in zip(tasks, found, strict=True) if isinstance(row, dict)}

    async def _batches(self, tasks: Sequence[str]) -> dict[str, Row]:
        by_speed: dict[Mode, list[str]] = {}
        for task in tasks:
            by_speed.setdefault(self._speed(task), []).append(task)
        chunks = [
            (speed, group[start : start + BATCH])
            for speed, group in by_speed.items()
            for start in range(0, len(group), BATCH)
        ]
        found = await _side_by_side([partial(self._batch, chunk, speed) for speed, chunk in chunks])
        troubles = [each for each in found if isinstance(each, Unavailable)]
        if LIST in self._learned.missing or any(each.status in OF_ONE_ROW for each in troubles):
            return await self._each(tasks)  # there are no batches, or one row spoils its own
        if troubles:
            raise troubles[0]
        rows = _asked([row for each in found if isinstance(each, list) for row in each], tasks)
        if not rows and await self._fetch(tasks[-1]) is not None:
            # It answers, but knows nothing that a fetch knows: a stub. Not to be asked again.
            self._learned.lacks(LIST)
            return await self._each(tasks)
        return rows

    async def _batch(self, tasks: Sequence[str], speed: Mode) -> list[Row] | None:
        answer = await self._wire.post(LIST, {"ids": list(tasks)}, speed)
        return self._rows(LIST, answer)

    def _rows(self, path: str, answer: Answer) -> list[Row] | None:
        """The rows of a list, or None when there is no such list here, which is remembered."""
        if answer.unrouted:
            self._learned.lacks(path)
            return None
        rows = rows_in(answer.data) if 200 <= answer.status < 300 and answer.has_json else None
        if rows is None:
            raise _trouble(answer)
        return rows

    async def _fetch(self, task: str) -> Row | None:
        """One task object; None in any of the ways of saying that there is none."""
        answer = await self._wire.get(f"task/{quote(task, safe='')}/fetch", self._speed(task))
        if 200 <= answer.status < 300 and not answer.is_page:
            data = mapping(answer.data)
            row = row_in(answer.data)
            failed = bool(data.get("error")) or data.get("success") is False
            if row is not None and not failed:
                return row
            # novicezk: an empty body. trueai: 204. Others: null, {}, or codes 3 and 4.
            if not failed and (not answer.words or answer.has_json):
                return None
        error = error_in(answer, paid=False)
        if error.kind is Kind.GONE:
            return None
        raise _trouble(answer)


async def _side_by_side(calls: Sequence[Callable[[], Awaitable[T]]]) -> list[T | Unavailable]:
    """All of them, some at a time; the results in order, with the trouble where there was trouble."""
    few = asyncio.Semaphore(AT_ONCE)

    async def one(call: Callable[[], Awaitable[T]]) -> T | Unavailable:
        async with few:
            try:
                return await call()
            except Unavailable as trouble:
                return trouble

    async with asyncio.TaskGroup() as group:
        running = [group.create_task(one(call)) for call in calls]
    return [each.result() for each in running]


def _asked(rows: Sequence[Row], tasks: Sequence[str]) -> dict[str, Row]:
    known = furthest(rows)
    return {task: known[task] for task in tasks if task in known}


def _query(ref: str) -> dict[str, Any]:
    return {"pageNumber": 0, "pageSize": 20, "sort": "id,desc", "state": ref}


def _trouble(answer: Answer) -> Unavailable:
    error = as_unavailable(error_in(answer, paid=False))
    gateway_errors.labels("midjourney", error.kind.value).inc()
    log.warning("midjourney cannot say", status=error.status, kind=error.kind.value, code=error.code)
    return error
