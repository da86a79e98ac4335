"""The Suno engine: songs and lyrics ordered, continued, joined, and asked about."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import httpx
import structlog

from bot.engines.calls import SUBMIT, Calls, side_by_side
from bot.engines.midjourney.values import text
from bot.engines.midjourney.wire import Answer
from bot.engines.refusals import error_in, unrouted
from bot.engines.suno.clips import Said, report_of, rows_in, said_in
from bot.engines.suno.dialects import DIALECTS, FETCH, Dialect, Song, dialect_of, id_of, task_in
from bot.engines.suno.probe import NOBODY, probe
from bot.errors import Kind, ServiceError, Unavailable, Unsupported
from bot.jobs import Accepted, Action, Mode, Order, Progress, Stage
from bot.ports import Finding, ImageEngine

log = structlog.get_logger()

BATCH = 50  # ids in one request
OF_ONE_TASK = (400, 500)  # statuses that may be about what was asked, and not about asking
LOOK_AGAIN = 600.0  # seconds until a missing service is looked for again


class Suno(ImageEngine):
    """One account at one gateway. ``dialect`` is new-api, goamz or direct; "" learns it from the answers.

    An order's ``options``: lyrics ("yes": the prompt is sung as it is), title, style, instrumental ("yes").
    """

    name = "suno"
    paints = False
    pace = 5.0  # relays look at their own upstream every 15 s

    def __init__(
        self,
        client: httpx.AsyncClient,
        url: str,
        key: str,
        *,
        version: str = "chirp-v3-5",
        dialect: str = "",
        patience: float = SUBMIT,
        pause: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``version``: Suno's name of the model; ``patience``: seconds of silence until a submit counts as
        unanswered; ``pause``: seconds between tries of a download."""
        self._calls = Calls(client, url, key, service=self.name, patience=patience, pause=pause)
        self._version = version
        self._dialects = [each for each in DIALECTS if dialect in ("", each.name)]
        self._missing: set[str] = set()  # paths that are not routed, or actions that are not known
        self._joins: dict[str, bool] = {}  # by path: whether clips can be joined there
        self._clock = clock
        self._absent_since: float | None = None

    async def submit(self, order: Order, images: Sequence[bytes], ref: str) -> Accepted:
        if order.verb == "lyrics":
            return await self._offer(lambda each: (each.lyrics, {"prompt": order.prompt}, each.ask_lyrics))
        if order.verb != "music":
            raise Unsupported(f"Suno has no {order.verb!r}", kind=Kind.REQUEST)
        song = Song(
            order.prompt,
            own=bool(order.options.get("lyrics")),
            title=order.options.get("title", ""),
            style=order.options.get("style", ""),
            instrumental=bool(order.options.get("instrumental")),
        )
        return await self._offer(
            lambda each: (each.path_of(song), each.body_of(song, self._version), each.ask)
        )

    async def act(
        self, task: str, action: Action, ref: str, mode: Mode = Mode.DEFAULT, text: str = ""
    ) -> Accepted:
        verb, _sep, name = action.id.partition(":")
        dialect = dialect_of(task)
        if verb == "concat":
            return await self._pay(dialect, dialect.concat, {"clip_id": name}, dialect.ask_concat)
        if verb not in ("extend", "lyrics"):
            raise Unsupported(f"Suno has no {action.id!r}", kind=Kind.REQUEST)
        said = await self._ask(task)  # for nothing: what it goes on from is told by its task
        clip = next((each for each in said.clips if each.id == name), None) if said else None
        song = Song(
            text,
            own=True,
            title=clip.title if clip else "",
            style=clip.style if clip else "",
            clip=name,
            at=clip.seconds if clip else None,
            origin=id_of(task),
        )
        body = dialect.body_of(song, self._version)
        return await self._pay(dialect, dialect.path_of(song), body, dialect.ask)

    async def confirm(self, task: str, text: str, mask: bytes = b"") -> Accepted:
        raise Unsupported("Suno has no forms", kind=Kind.REQUEST)

    async def find(self, ref: str) -> str | None:
        raise Unsupported("Suno cannot look a task up by its mark", kind=Kind.SETUP)

    async def report(self, tasks: Sequence[str]) -> dict[str, Progress]:
        together = [task for task in tasks if task.startswith(FETCH)]
        found: dict[str, Said] = {}
        asked = set()
        if len(together) > 1 and "batch" not in self._missing:
            for start in range(0, len(together), BATCH):
                batch = together[start : start + BATCH]
                known = await self._batch(batch)
                if known is None:
                    break
                found |= known
                asked.update(batch)
        alone = [task for task in tasks if task not in asked]
        heard = await side_by_side([partial(self._ask, task) for task in alone])
        troubles = [each for each in heard if isinstance(each, Unavailable)]
        grave = [each for each in troubles if each.status not in OF_ONE_TASK]
        if grave or (troubles and len(troubles) == len(tasks)):
            raise (grave or troubles)[0]
        reports = {task: Progress(Stage.RUNNING) for task in alone}  # for those that trouble came of alone
        for task, said in zip(alone, heard, strict=True):
            if said is None:
                del reports[task]
            elif isinstance(said, Said):
                found[task] = said
        return reports | {task: await self._report(task, said) for task, said in found.items()}

    async def cancel(self, task: str) -> bool:
        return False

    async def fetch(self, url: str, *, limit: int = 100_000_000) -> bytes:
        return await self._calls.fetch(url, limit)

    async def probe(self) -> Sequence[Finding]:
        return await probe(self._calls, self._dialects)

    async def offered(self, verb: str = "") -> bool:
        if verb == "seed":
            return False
        if self._absent_since is not None and self._clock() - self._absent_since < LOOK_AGAIN:
            return False
        self._absent_since = None
        for dialect in self._dialects:
            try:
                answer = await self._calls.get(dialect.ask + NOBODY)
            except ServiceError:  # nobody can tell now; the order itself will
                return True
            if not unrouted(answer):
                return True
        log.info("no music here", root=self._calls.root)
        self._absent_since = self._clock()
        return False

    # --- submits ----------------------------------------------------------------------------

    async def _offer(self, make: Callable[[Dialect], tuple[str, Mapping[str, Any], str]]) -> Accepted:
        """Order in the first dialect that has such an address; the others have done nothing."""
        failure: ServiceError = Unsupported("there is no such service here", kind=Kind.SETUP)
        for dialect in self._dialects:
            path, body, ask = make(dialect)
            if not path or path in self._missing:
                continue
            try:
                accepted = await self._pay(dialect, path, body, ask)
            except Unsupported as error:
                failure = error
                continue
            if dialect is not self._dialects[0] and not accepted.task.startswith("suno/lyrics"):
                log.info("music is ordered at another address here", call=path)
            return accepted
        self._missing.clear()  # the gateway may be set up one day
        raise failure

    async def _pay(self, dialect: Dialect, path: str, body: Mapping[str, Any], ask: str) -> Accepted:
        """The one place that sends what may cost money; nothing here repeats it."""
        answer = await self._calls.pay(path, body)
        task = task_in(answer.data, dialect, ask) if 200 <= answer.status < 300 else ""
        if task:
            log.info("suno took it", call=path, task=task)
            return Accepted(task)
        error = self._calls.refused(answer, path)
        if isinstance(error, Unsupported):
            self._missing.add(path)
        raise error

    # --- questions --------------------------------------------------------------------------

    async def _report(self, task: str, said: Said) -> Progress:
        lyrics = not said.clips and bool(said.words)
        joins = any(clip.extends for clip in said.clips) and await self._can_join(dialect_of(task))
        return report_of(said, extends=not lyrics, joins=joins)

    async def _can_join(self, dialect: Dialect) -> bool:
        """Whether clips can be joined: asked once, with an order that names none and so costs nothing."""
        path = dialect.concat
        if path in self._missing:
            return False
        if path not in self._joins:
            try:
                answer = await self._calls.post(path, {"clip_id": ""})
            except Unavailable:
                return False
            self._joins[path] = not isinstance(error_in(answer, paid=False), Unsupported)
        return self._joins[path]

    async def _ask(self, task: str) -> Said | None:
        """What the service says of a task; None when it does not know it."""
        answer = await self._calls.get(task)
        if unrouted(answer) and task.startswith("suno/v1/v3.0/"):  # joined songs may be asked for elsewhere
            answer = await self._calls.get(f"suno/v1/music/{id_of(task)}")
        return self._said(answer)

    def _said(self, answer: Answer) -> Said | None:
        if 200 <= answer.status < 300 and answer.has_json:
            said = said_in(answer.data, self._calls.root)
            if said is not None:
                return said
            if isinstance(answer.data, list) or _nothing(answer.data):
                return None
        if error_in(answer, paid=False).kind is Kind.GONE:
            return None
        raise self._calls.trouble(answer)

    async def _batch(self, tasks: Sequence[str]) -> dict[str, Said] | None:
        """Many at once; None where that is not offered, which is remembered."""
        by_id = {id_of(task): task for task in tasks}
        answer = await self._calls.post("suno/fetch", {"ids": list(by_id), "action": "MUSIC"})
        rows = rows_in(answer.data) if 200 <= answer.status < 300 else None
        if rows is None:
            if answer.status >= 500 or answer.status in (401, 403, 429):
                raise self._calls.trouble(answer)
            log.info("not offered here", call="suno/fetch")
            self._missing.add("batch")
            return None
        found: dict[str, Said] = {}
        for row in rows:
            task = by_id.get(text(row.get("task_id")))
            said = said_in({"data": row}, self._calls.root)
            if task and said:
                found[task] = said
        return found


def _nothing(data: object) -> bool:
    """``{"code": "success", "data": null}`` and the like: an answer that knows of no task."""
    return isinstance(data, dict) and data.get("code") in ("success", 200, 1) and not data.get("data")
