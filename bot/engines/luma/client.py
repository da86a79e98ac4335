"""The Luma engine: clips ordered, extended, and asked about."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import httpx
import structlog

from bot.engines.calls import SUBMIT, Calls, side_by_side
from bot.engines.luma.generations import (
    DIALECTS,
    EXTEND,
    LUMA,
    Dialect,
    body_of,
    dialect_of,
    id_of,
    report_of,
    row_in,
    rows_in,
    task_in,
)
from bot.engines.midjourney.pictures import data_url
from bot.engines.midjourney.values import text as text_of
from bot.engines.midjourney.wire import Answer
from bot.engines.refusals import error_in, unrouted
from bot.errors import Kind, Refused, ServiceError, Unavailable, Unsupported
from bot.jobs import Accepted, Action, Mode, Order, Progress, Stage
from bot.ports import Finding, ImageEngine
from bot.texts import _

log = structlog.get_logger()

BATCH = 50  # ids in one request
OF_ONE_TASK = (400, 500)  # statuses that may be about what was asked, and not about asking
LOOK_AGAIN = 600.0  # seconds until a missing service is looked for again
NOBODY = "00000000-0000-0000-0000-000000000000"  # a task that nobody has


class Luma(ImageEngine):
    """One account at one gateway; which of the dialects it speaks is learned from its answers.

    An order's ``images`` are the first frame and the last, its ``options`` ratio ("16:9"), loop ("yes"),
    model, duration ("5s") and resolution ("720p").
    """

    name = "luma"
    paints = False
    pace = 5.0  # relays look at their own upstream every 15 s

    def __init__(
        self,
        client: httpx.AsyncClient,
        url: str,
        key: str,
        *,
        model: str = "",
        patience: float = SUBMIT,
        pause: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``model``: Luma's name of it, "" for the gateway's; ``patience``: seconds of silence until a submit
        counts as unanswered; ``pause``: seconds between tries of a download."""
        self._calls = Calls(client, url, key, service=self.name, patience=patience, pause=pause)
        self._model = model
        self._missing: set[str] = set()
        self._clock = clock
        self._absent_since: float | None = None

    async def submit(self, order: Order, images: Sequence[bytes], ref: str) -> Accepted:
        if order.verb != "video":
            raise Unsupported(f"Luma has no {order.verb!r}", kind=Kind.REQUEST)
        if len(images) > 2:
            raise Refused("a clip has a first picture and a last one", kind=Kind.REQUEST)
        body = await self._body(order, images)
        failure: ServiceError = Unsupported("there is no such service here", kind=Kind.SETUP)
        for dialect in DIALECTS:
            if dialect.create in self._missing:
                continue
            try:
                return await self._pay(dialect.create, body, dialect)
            except Unsupported as error:
                # An address that is not routed has done nothing, so asking at another is no repeat.
                self._missing.add(dialect.create)
                failure = error
        self._missing.difference_update(each.create for each in DIALECTS)  # it may be set up one day
        raise failure

    async def act(
        self, task: str, action: Action, ref: str, mode: Mode = Mode.DEFAULT, text: str = ""
    ) -> Accepted:
        dialect = dialect_of(task)
        if action.id != EXTEND or not self._extends(dialect):
            raise Unsupported(f"Luma has no {action.id!r} here", kind=Kind.REQUEST)
        body = await self._body(Order(text, verb="video"), ())
        try:
            return await self._pay(f"{dialect.create}/{id_of(task)}/extend", body, dialect)
        except Unsupported:
            self._missing.add(EXTEND)
            raise

    async def confirm(self, task: str, text: str, mask: bytes = b"") -> Accepted:
        raise Unsupported("Luma has no forms", kind=Kind.REQUEST)

    async def find(self, ref: str) -> str | None:
        raise Unsupported("Luma cannot look a task up by its mark", kind=Kind.SETUP)

    async def report(self, tasks: Sequence[str]) -> dict[str, Progress]:
        together = [task for task in tasks if dialect_of(task) is LUMA]
        rows: dict[str, Mapping[str, Any]] = {}
        if len(together) > 1:
            for start in range(0, len(together), BATCH):
                rows |= await self._batch(together[start : start + BATCH])
        alone = [task for task in tasks if task not in rows]
        heard = await side_by_side([partial(self._ask, task) for task in alone])
        troubles = [each for each in heard if isinstance(each, Unavailable)]
        grave = [each for each in troubles if each.status not in OF_ONE_TASK]
        if grave or (troubles and len(troubles) == len(tasks)):
            raise (grave or troubles)[0]
        reports = {}
        for task, row in zip(alone, heard, strict=True):
            if isinstance(row, Unavailable):
                reports[task] = Progress(Stage.RUNNING)
            elif row is not None:
                rows[task] = row
        return reports | {task: self._report(task, row) for task, row in rows.items()}

    async def cancel(self, task: str) -> bool:
        return False

    async def fetch(self, url: str, *, limit: int = 100_000_000) -> bytes:
        return await self._calls.fetch(url, limit)

    async def probe(self) -> Sequence[Finding]:
        """A task that nobody has is asked for; nothing is ordered."""
        what = _("Video (Luma)")
        for dialect in DIALECTS:
            try:
                answer = await self._calls.get(dialect.ask + NOBODY)
            except ServiceError as trouble:
                advice = _("Look at the address (LUMA_URL or GATEWAY_URL) and at the network.")
                return [Finding(what, False, f"{self._calls.root}: {trouble.reason}", advice)]
            if unrouted(answer):
                continue
            error = error_in(answer, paid=False)
            if error.kind is Kind.KEY:
                advice = _("The key is not accepted: set LUMA_KEY (or GATEWAY_KEY).")
                return [Finding(what, False, error.reason or f"HTTP {error.status}", advice)]
            return [Finding(what, True, dialect.create)]
        return [Finding(what, True, _("not offered here"))]

    async def offered(self, verb: str = "") -> bool:
        if verb == "seed":
            return False
        if self._absent_since is not None and self._clock() - self._absent_since < LOOK_AGAIN:
            return False
        self._absent_since = None
        for dialect in DIALECTS:
            try:
                answer = await self._calls.get(dialect.ask + NOBODY)
            except ServiceError:  # nobody can tell now; the order itself will
                return True
            if not unrouted(answer):
                return True
        log.info("no video here", root=self._calls.root)
        self._absent_since = self._clock()
        return False

    # --- details ----------------------------------------------------------------------------

    async def _body(self, order: Order, images: Sequence[bytes]) -> dict[str, Any]:
        body = body_of(order, [await data_url(image) for image in images])
        return {"model_name": self._model, **body} if self._model else body

    async def _pay(self, path: str, body: Mapping[str, Any], dialect: Dialect) -> Accepted:
        """The one place that sends what may cost money; nothing here repeats it."""
        answer = await self._calls.pay(path, body)
        if 200 <= answer.status < 300 and (task := task_in(answer.data, dialect)):
            log.info("luma took it", call=path, task=task)
            return Accepted(task)
        raise self._calls.refused(answer, path)

    def _extends(self, dialect: Dialect) -> bool:
        return dialect.extends and EXTEND not in self._missing

    def _report(self, task: str, row: Mapping[str, Any]) -> Progress:
        return report_of(row, self._calls.root, extends=self._extends(dialect_of(task)))

    async def _ask(self, task: str) -> Mapping[str, Any] | None:
        """The generation; None when the service does not know it."""
        answer = await self._calls.get(task)
        also = dialect_of(task).also
        if also and unrouted(answer):
            answer = await self._calls.get(also + id_of(task))
        return self._row(answer)

    def _row(self, answer: Answer) -> Mapping[str, Any] | None:
        if 200 <= answer.status < 300 and answer.has_json:
            row = row_in(answer.data)
            if row is not None or not answer.data:
                return row
        if answer.status == 404 and not unrouted(answer):
            return None
        if error_in(answer, paid=False).kind is Kind.GONE:
            return None
        raise self._calls.trouble(answer)

    async def _batch(self, tasks: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """Those of many that are told together; none where that is not offered, which is remembered."""
        if LUMA.batch in self._missing:
            return {}
        by_id = {id_of(task): task for task in tasks}
        answer = await self._calls.post(LUMA.batch, {"ids": list(by_id)})
        rows = rows_in(answer.data) if 200 <= answer.status < 300 else None
        if rows is None:
            if answer.status >= 500 or answer.status in (401, 403, 429):
                raise self._calls.trouble(answer)
            log.info("not offered here", call=LUMA.batch)
            self._missing.add(LUMA.batch)
            return {}
        told = {by_id.get(text_of(row.get("id")), ""): row for row in rows}
        return {task: row for task, row in told.items() if task}
