"""Services that work inside one long request: their tasks are ours, and live as long as this process.

What such a request brings is paid for whether anybody reads it or not. So a result's bytes are kept the
moment they come, and an order is never sent twice by us: not when its answer is lost, and not when the
process that waited for it is gone.
"""

import asyncio
import itertools
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from time import monotonic

import httpx
import structlog

from bot.engines.results import RESULT_BYTES, Results
from bot.errors import Kind, OutcomeUnknown, Refused, ServiceError, Unsupported, UserError
from bot.gateway.http import api_of, root_of, secret_of
from bot.gateway.models import ModelKind, Models
from bot.gateway.outside import Outside
from bot.jobs import Accepted, Failure, Order, Progress, Stage
from bot.ports import Files, Finding, ImageEngine
from bot.texts import _, ngettext

log = structlog.get_logger()

AT_ONCE = 8  # requests of one engine that are under way together; further orders wait for their turn
REMEMBERED = 500  # tasks, of which those that have ended longest ago are forgotten first
ELSEWHERE = ("blend", "describe", "shorten", "swap")  # what only Midjourney does
MODEL = "model"  # the option of an order that names the model


@dataclass(eq=False)
class Run:
    """One order. ``live`` tells how far it is while it is under way; ``end`` is its last report."""

    ref: str
    live: Callable[[], Progress]
    end: Progress | None = None
    waiting: bool = True  # for its turn
    began: float = 0.0  # monotonic seconds
    task: "asyncio.Task[None] | None" = None


Carry = Callable[[Run], Awaitable[Progress]]


class LongRequests(ImageEngine):
    """What engines of this sort have in common; theirs are ``submit`` and ``act``.

    ``kinds`` are the sorts of the gateway's models that it paints with, the most fitting first; ``verbs``
    what may be ordered of it.
    """

    name = ""
    kinds: tuple[ModelKind, ...] = ()
    verbs: tuple[str, ...] = ("imagine", "edit")
    special: Mapping[str, ModelKind] = {}  # verbs for which only one sort will do

    def __init__(
        self,
        client: httpx.AsyncClient,
        url: str,
        key: str,
        *,
        files: Files,
        model: str = "",
        at_once: int = AT_ONCE,
        pause: float = 1.0,
    ) -> None:
        """``model`` is for orders that name none; without it, the first that the gateway lists.

        ``pause``: seconds before the second try of a download.
        """
        self._client = client
        self._api = api_of(url)
        self._key = secret_of(key)
        self._model = model
        self.results = Results(Outside(client, root_of(url)), files, pause)
        self._models = Models(client, f"{self._api}/models", self.headers())
        self._slots = asyncio.Semaphore(at_once)
        self._life = secrets.token_hex(4)  # tells our tasks from those of an earlier process
        self._numbers = itertools.count(1)
        self._runs: dict[str, Run] = {}

    def headers(self, accept: str = "application/json", **more: str) -> list[tuple[bytes, bytes]]:
        """For a request to the gateway."""
        said = {"accept": accept, **{name.replace("_", "-"): value for name, value in more.items()}}
        if self._key:
            said["authorization"] = f"Bearer {self._key}"
        return [(name.encode(), value.encode("utf-8", "replace")) for name, value in said.items()]

    def check(self, order: Order) -> None:
        if order.verb in ELSEWHERE:
            raise UserError(_("{engine} cannot do this.").format(engine=self.name))

    # --- models ---------------------------------------------------------------------------

    async def models(self) -> Sequence[str]:
        """Those of the gateway's models that are its own, the most fitting kind first."""
        return await self._of(self.kinds)

    async def offered(self, verb: str = "") -> bool:
        """Whether the gateway lists such a model; yes where its list cannot be had."""
        if verb and verb not in self.verbs:
            return False
        try:
            if verb in self.special:
                return bool(await self._of((self.special[verb],)))
            return bool(self._model or await self.models())
        except ServiceError:
            return verb not in self.special

    async def _of(self, kinds: Sequence[ModelKind]) -> list[str]:
        listed = await self._models.all()
        return [model.id for kind in kinds for model in listed if model.kind is kind]

    async def probe(self) -> Sequence[Finding]:
        """Which models there are. Anything more would have to be paid for."""
        what = _("Pictures ({engine})").format(engine=self.name)
        try:
            names = await self.models()
        except ServiceError as error:
            return [Finding(what, False, error.reason)]
        count = ngettext("{number} model", "{number} models", len(names)).format(number=len(names))
        model = self._model or next(iter(names), "")
        advice = "" if model else _("The gateway lists no model for this; choose another IMAGE_ENGINE.")
        return [Finding(what, bool(model), "; ".join(filter(None, [count, model])), advice)]

    async def model_of(self, order: Order) -> str:
        """The model that an order names, or ours, or the first there is.

        Refused MODEL where there is none; Unsupported for an order that is no such service's.
        """
        if order.verb not in self.verbs:
            raise Unsupported(f"{self.name} has no {order.verb!r}", kind=Kind.REQUEST)
        named = order.options.get(MODEL) or ("" if order.verb in self.special else self._model)
        if named:
            return named
        names = await self._of((self.special[order.verb],) if order.verb in self.special else self.kinds)
        if not names:
            raise Refused("the gateway lists no model for this", kind=Kind.MODEL)
        return names[0]

    # --- tasks ----------------------------------------------------------------------------

    def begin(self, ref: str, carry: Carry, task: str = "") -> str:
        """Have an order carried out in the background, as a new task or as one that waited for words."""
        task = task or self._new(ref, Progress(Stage.RUNNING, 0))
        run = self._runs[task]
        run.live = lambda: Progress(Stage.RUNNING, 0)
        run.task = asyncio.create_task(self._carry_out(task, run, carry), name=f"{self.name} {task}")
        return task

    def ask(self, ref: str, prompt: str) -> str:
        """A task that waits for words, and for a mask, before anything is sent."""
        return self._new(ref, Progress(Stage.FORM, prompt=prompt))

    def asked(self, task: str) -> bool:
        """Whether it is one that waits for words."""
        run = self._runs.get(task)
        return run is not None and run.task is None and run.end is None

    async def confirm(self, task: str, text: str, mask: bytes = b"") -> Accepted:
        raise Unsupported(f"{self.name} has no forms", kind=Kind.REQUEST)

    async def find(self, ref: str) -> str | None:
        """The task with this mark, if it is of this process. An earlier one's cannot be looked up."""
        for task, run in self._runs.items():
            if ref and run.ref == ref:
                return task
        raise Unsupported("the service looks nothing up", kind=Kind.SETUP)

    async def report(self, tasks: Sequence[str]) -> Mapping[str, Progress]:
        """Free, for nobody is asked. A task of an earlier process has failed in a way nobody can tell."""
        return {task: self._report(task) for task in tasks}

    async def cancel(self, task: str) -> bool:
        """Hang up. Whether the service stops as well, nobody says, except where nothing was sent yet."""
        run = self._runs.get(task)
        if run is None or run.end is not None:
            return False
        run.end = Progress(Stage.CANCELLED)
        if run.task is not None:
            run.task.cancel()
        return run.waiting

    async def close(self) -> None:
        """End what is under way: the process does."""
        under_way = [run.task for run in self._runs.values() if run.task is not None and not run.task.done()]
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    def _new(self, ref: str, first: Progress) -> str:
        task = f"{self._life}-{next(self._numbers)}"
        self._runs[task] = Run(ref, lambda: first)
        if len(self._runs) > REMEMBERED:
            for old in [each for each, run in self._runs.items() if run.end is not None][: REMEMBERED // 2]:
                del self._runs[old]
        return task

    def _report(self, task: str) -> Progress:
        run = self._runs.get(task)
        if run is None:
            return Progress(Stage.FAILED, failure=Failure(Kind.OUTCOME))
        if run.end is not None:
            return run.end
        if run.waiting and run.task is not None:
            return replace(run.live(), queue=self._before(run) or None)
        return run.live()

    def _before(self, one: Run) -> int:
        before = itertools.takewhile(lambda run: run is not one, self._runs.values())
        return sum(run.waiting and run.task is not None and run.end is None for run in before)

    async def _carry_out(self, task: str, run: Run, carry: Carry) -> None:
        try:
            async with self._slots:
                run.waiting, run.began = False, monotonic()
                end = await carry(run)
                run.end = run.end or replace(end, seconds=round(monotonic() - run.began, 1))
        except ServiceError as error:
            run.end = run.end or Progress(Stage.FAILED, failure=failure_of(error))
        except Exception:  # nobody waits for it: the tracker has to be told something
            log.exception("an order failed by a fault of ours", engine=self.name, task=task)
            run.end = Progress(Stage.FAILED, failure=Failure(Kind.UPSTREAM))
        log.info("an order has ended", engine=self.name, task=task, stage=run.end.stage.value)

    async def fetch(self, url: str, *, limit: int = RESULT_BYTES) -> bytes:
        """What is kept, or what is behind a link on the public network."""
        return await self.results.fetch(url, limit=limit)


def failure_of(error: ServiceError) -> Failure:
    """Why a job failed, from what its request ended with."""
    if isinstance(error, OutcomeUnknown):
        return Failure(Kind.OUTCOME, error.reason)
    again = not isinstance(error, Unsupported) and error.kind not in (Kind.CONTENT, Kind.PARAMETER)
    return Failure(error.kind, error.reason, error.detail, again)
