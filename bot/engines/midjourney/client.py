"""The Midjourney engine: orders, presses, forms and reports, each in the words of the task API."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import httpx
import structlog

from bot.engines.midjourney.answers import Receipt, error_in, receipt_of
from bot.engines.midjourney.buttons import change_of, kind_of, opens_form, remixed
from bot.engines.midjourney.download import download
from bot.engines.midjourney.learned import Learned
from bot.engines.midjourney.orders import PATHS, body_of
from bot.engines.midjourney.parameters import check_parameters
from bot.engines.midjourney.pictures import mask_url
from bot.engines.midjourney.polling import Polling
from bot.engines.midjourney.probe import probe
from bot.engines.midjourney.tasks import report_of
from bot.engines.midjourney.values import mapping, number, text, without_keycap
from bot.engines.midjourney.wire import SUBMIT, Answer, Wire, as_unavailable
from bot.errors import Kind, OutcomeUnknown, ServiceError, Unsupported
from bot.jobs import Accepted, Action, Asks, Mode, Order, Progress, Stage
from bot.metrics import gateway_errors
from bot.ports import Finding, ImageEngine

log = structlog.get_logger()

MAX_SPEEDS = 5000  # tasks whose speed is remembered for their follow-ups


class Midjourney(ImageEngine):
    """One account at one gateway. Its dialect is learned from its answers (see ``Learned``)."""

    name = "midjourney"

    def __init__(
        self,
        client: httpx.AsyncClient,
        url: str,
        key: str,
        *,
        auth: str = "both",
        mode: str = "",
        mode_path: str = "/mj-{mode}",
        flags: Collection[str] = (),
        patience: float = SUBMIT,
        pause: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``auth``: both, bearer, raw or mj-api-secret. ``flags``: prompts may have these, too.

        ``patience``: seconds of silence until a submit counts as unanswered; ``pause``: seconds between
        tries of a download.
        """
        self._client = client
        self._mode = Mode(mode)
        self._pause = pause
        self._flags = frozenset(flags)
        self._hook: Callable[[str], str] = lambda ref: ""
        self._wire = Wire(client, url, key, auth, mode_path, patience)
        self._learned = Learned()
        self._polling = Polling(self._wire, self._learned, self._speed, clock)
        self._speeds: dict[str, Mode] = {}

    def learned(self) -> str:
        return self._learned.dump(self._wire.root, time.time())

    def recall(self, learned: str) -> None:
        self._learned.load(learned, self._wire.root, time.time())

    def call_back(self, hook: Callable[[str], str]) -> None:
        self._hook = hook

    def check(self, order: Order) -> None:
        check_parameters(order.prompt, self._flags)

    async def submit(self, order: Order, images: Sequence[bytes], ref: str) -> Accepted:
        path, body = await body_of(order, images)
        try:
            receipt = await self._pay(path, {**body, **self._mark(ref)}, order.mode or self._mode)
        except Unsupported:
            self._learned.lacks(path)
            raise
        self._learned.missing.discard(path)
        return self._accepted(receipt, order.mode or self._mode)

    async def act(
        self, task: str, action: Action, ref: str, mode: Mode = Mode.DEFAULT, text: str = ""
    ) -> Accepted:
        mode = mode or self._mode
        try:
            change = change_of(action.id)
            if change is not None:
                body: dict[str, Any] = {"taskId": task, "action": change[0], "index": change[1] or 1}
                receipt = await self._pay("submit/change", {**body, **self._mark(ref)}, mode)
            else:
                body = {"taskId": task, "customId": action.id}
                receipt = await self._pay("submit/action", {**body, **self._mark(ref)}, mode)
        except ServiceError as error:
            refusal = self._refusal(error, action)
            if refusal is error:
                raise
            raise refusal from error
        self._learned.refused.discard(kind_of(action))
        if task in receipt.tasks:  # a bookmark: done at once, and no task of its own (trueai before v10)
            return Accepted(task, progress=Progress(Stage.DONE))
        if remixed(action):
            self._learned.remix = receipt.waits
        form = self._form(receipt, action)
        return self._accepted(receipt, mode, form)

    async def confirm(self, task: str, text: str, mask: bytes = b"") -> Accepted:
        body = {"taskId": task, "prompt": text}
        if mask:
            body["maskBase64"] = await mask_url(mask)
        receipt = await self._pay("submit/modal", body, self._speed(task))
        return Accepted(task, queue=receipt.queue)

    async def find(self, ref: str) -> str | None:
        return await self._polling.find(ref)

    async def report(self, tasks: Sequence[str]) -> Mapping[str, Progress]:
        return await self._polling.report(tasks)

    async def cancel(self, task: str) -> bool:
        if "cancel" in self._learned.missing:
            return False
        answer = await self._wire.post(f"task/{quote(task, safe='')}/cancel", {}, self._speed(task))
        if answer.unrouted:
            self._learned.lacks("cancel")
            return False
        if answer.status >= 500 or answer.status == 429:
            raise as_unavailable(error_in(answer, paid=False))
        code = number(mapping(answer.data).get("code"))
        stopped = answer.status < 300 and code in (None, 1)
        log.info("asked midjourney to stop", task=task, stopped=stopped)
        return stopped

    async def seed(self, task: str) -> str:
        answer = await self._wire.get(f"task/{quote(task, safe='')}/image-seed", self._speed(task))
        if answer.unrouted:
            self._learned.lacks("image-seed")
            raise Unsupported("no seeds here", kind=Kind.SETUP)
        seed = text(mapping(answer.data).get("result"))
        if answer.status >= 300 or not seed.isdecimal() or int(seed) == 0:
            raise as_unavailable(error_in(answer, paid=False))
        return seed

    async def fetch(self, url: str, *, limit: int = 100_000_000) -> bytes:
        return await download(self._client, url, limit=limit, pause=self._pause)

    async def offered(self, verb: str = "") -> bool:
        """What was found to be missing is not offered while we run; the rest is tried."""
        path = "image-seed" if verb == "seed" else PATHS.get(verb, "")
        return verb in ("", "imagine") or path not in ("", *self._learned.missing)

    async def probe(self) -> Sequence[Finding]:
        return await probe(self._wire, self._mode)

    async def _pay(self, path: str, body: Mapping[str, Any], mode: Mode) -> Receipt:
        """The one place that sends what may cost money; nothing here repeats it."""
        answer: Answer | None = None
        try:
            answer = await self._wire.post(path, body, mode, paid=True)
            receipt = receipt_of(answer)
        except ServiceError as error:
            if answer is not None:
                gateway_errors.labels("midjourney", error.kind.value).inc()
            log.warning(
                "midjourney did not take it" if not isinstance(error, OutcomeUnknown) else "outcome unknown",
                call=path,
                task=body.get("taskId", ""),
                kind=error.kind.value,
                status=error.status,
                code=error.code,
                request=error.request,
            )
            raise
        log.info("midjourney took it", call=path, task=",".join(receipt.tasks), code=receipt.code)
        return receipt

    def _accepted(self, receipt: Receipt, mode: Mode, form: str | None = None) -> Accepted:
        task, *others = receipt.tasks
        for each in receipt.tasks:
            self._remember(each, mode)
        progress = None
        if receipt.finished:
            row = {"id": task, **receipt.properties}
            progress = report_of(row, self._learned, self._wire.root)
        return Accepted(task, form, receipt.queue, progress, tuple(others))

    def _form(self, receipt: Receipt, action: Action) -> str | None:
        """The prefilled text when a form waits: the answer says so, or such a button always opens one."""
        always = opens_form(action.id)
        if receipt.finished or len(receipt.tasks) > 1 or not (receipt.waits or always):
            return None
        words = without_keycap(text(receipt.properties.get("finalPrompt")))
        zoom = action.asks is Asks.ZOOM and words and "--zoom" not in words
        return f"{words} --zoom 1.5" if zoom else words

    def _refusal(self, error: ServiceError, action: Action) -> ServiceError:
        """The same error, or Unsupported where this gateway does not press buttons of this kind."""
        said = error.reason.lower()
        if isinstance(error, Unsupported):
            # "Remix is off" or "no such address" are about more than this one kind of button.
            if "unknown_action" in said or "未知的 action" in said or change_of(action.id) is not None:
                self._learned.refuses(kind_of(action))
            return error
        if isinstance(error, OutcomeUnknown) and "panic" in said and "::" not in action.id:
            # new-api stumbles over such an id before it asks anybody.
            self._learned.refuses(kind_of(action))
            return Unsupported(error.reason, kind=Kind.REQUEST, status=error.status, request=error.request)
        return error

    def _mark(self, ref: str) -> dict[str, str]:
        """What travels with an order. A relay drops the hook (new-api), and then nobody calls."""
        hook = self._hook(ref)
        return ({"state": ref} if ref else {}) | ({"notifyHook": hook} if hook else {})

    def _speed(self, task: str) -> Mode:
        return self._speeds.get(task, self._mode)

    def _remember(self, task: str, mode: Mode) -> None:
        """Follow-ups go by the path that the submit went, as long as we know it; any other works too."""
        if mode is not self._mode:
            self._speeds[task] = mode
            while len(self._speeds) > MAX_SPEEDS:
                del self._speeds[next(iter(self._speeds))]
