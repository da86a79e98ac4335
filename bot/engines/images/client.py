"""The engine of the Images API.

Some models that are here on one relay are spoken to over chat completions on another (flux, ideogram,
stable-diffusion …). Where a gateway has no such route or channel, which costs nothing, chat is tried, and
that is remembered.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any

import structlog

from bot.engines import chat_image
from bot.engines.images.fields import Plan, Size, family_of, nearest, plan_of
from bot.engines.images.wire import Made, body_form, body_json, pay
from bot.engines.results import KEPT, is_picture
from bot.engines.running import MODEL, LongRequests, Run
from bot.errors import Kind, Refused, ServiceError, Unsupported, UserError
from bot.gateway.models import ModelKind
from bot.gateway.retry import Budget, Tries
from bot.jobs import Accepted, Action, Asks, Mode, Order, Progress, Stage
from bot.metrics import gateway_errors
from bot.texts import _

log = structlog.get_logger()

MOST_CHANGES = 5  # of one request, after refusals that name what to change
_SIZES = re.compile(r"(\d{3,4})x(\d{3,4})")


@dataclass(slots=True)
class Learned:
    """What one model has turned out not to take, kept while we run."""

    dropped: set[str] = field(default_factory=set)
    sizes: tuple[Size, ...] = ()  # all that it takes, once it has said so


class Images(LongRequests):
    """``/v1/images/generations`` and ``/v1/images/edits`` of a gateway."""

    name = "images"
    kinds = (ModelKind.IMAGES,)

    def __init__(
        self, *where: Any, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep, **more: Any
    ) -> None:
        super().__init__(*where, **more)
        self._sleep = sleep
        self._budget = Budget()
        self._learned: dict[str, Learned] = {}
        self._chat = chat_image.ChatImages(*where, **more)
        self._in_chat: set[str] = set()  # models that turned out to be spoken to there
        self._edits = True  # until the gateway says that it has no such route
        self._forms: dict[str, Plan] = {}  # tasks that wait for a mask and words

    def check(self, order: Order) -> None:
        super().check(order)
        model = order.options.get(MODEL) or self._model
        if order.images and model and not self._takes_pictures(model):
            raise UserError(_("{model} takes no pictures to start from.").format(model=model))

    async def submit(self, order: Order, images: Sequence[bytes], ref: str) -> Accepted:
        plan = plan_of(order, await self.model_of(order))
        if images and not self._takes_pictures(plan.model):
            raise Unsupported(f"{plan.model} takes no pictures to start from", kind=Kind.REQUEST)
        return Accepted(self.begin(ref, partial(self._paint, plan, images)))

    async def act(
        self, task: str, action: Action, ref: str, mode: Mode = Mode.DEFAULT, text: str = ""
    ) -> Accepted:
        if action.id.startswith("ask "):  # it came of a chat
            return Accepted(self.begin(ref, self._chat.pressed(action, text)))
        verb, plan = _read(action.id)
        if verb == "region":
            waiting = self.ask(ref, plan.prompt)
            self._forms[waiting] = plan
            return Accepted(waiting, form=plan.prompt)
        if verb == "edit":
            plan = replace(plan, prompt=text.strip() or plan.prompt)
        return Accepted(self.begin(ref, partial(self._paint, plan, await self.results.kept(plan.images))))

    async def confirm(self, task: str, text: str, mask: bytes = b"") -> Accepted:
        plan = self._forms.pop(task, None)
        if plan is None or not self.asked(task):
            raise Refused("it does not wait for words any more", kind=Kind.GONE)
        plan = replace(plan, prompt=text.strip() or plan.prompt)
        images = await self.results.kept(plan.images)
        return Accepted(self.begin("", partial(self._paint, plan, images, mask=mask), task))

    def _takes_pictures(self, model: str) -> bool:
        return self._edits and family_of(model).edits

    # --- painting -------------------------------------------------------------------------

    async def _paint(self, plan: Plan, images: Sequence[bytes], run: Run, *, mask: bytes = b"") -> Progress:
        """Have it made by whichever route there is, and keep what comes."""
        if plan.model in self._in_chat:
            return await self._by_chat(plan, images, run)
        try:
            return await self._by_route(plan, images, run, mask)
        except ServiceError as error:
            if mask or not _nowhere(error):
                raise
            refusal = error
        try:
            progress = await self._by_chat(plan, images, run)
        except ServiceError as error:
            raise (refusal if _nowhere(error) else error) from refusal
        self._in_chat.add(plan.model)
        return progress

    async def _by_chat(self, plan: Plan, images: Sequence[bytes], run: Run) -> Progress:
        size = f"\n\nSize: {plan.fields['size']}." if "size" in plan.fields else ""
        return await self._chat.paint(
            chat_image.Plan(plan.model, plan.prompt + size, plan.images), images, run
        )

    async def _by_route(self, plan: Plan, images: Sequence[bytes], run: Run, mask: bytes) -> Progress:
        """Sent again only where surely nothing was made."""
        run.live = lambda: Progress(Stage.RUNNING, 1)
        learned = self._learned.setdefault(plan.model, Learned())
        tries = Tries(self._budget, media=True)
        changes = 0
        while True:
            fields = _allowed(plan, learned)
            try:
                made = await self._once(fields, images, mask)
                return await self._done(plan, made)
            except ServiceError as error:
                self._note(error, plan.model, edit=bool(images))
                if changes < MOST_CHANGES and _learn_from(error, fields, learned):
                    changes += 1
                    continue
                wait = tries.after(error)
                if wait is None:
                    raise
            await self._sleep(wait)

    async def _once(self, fields: dict[str, Any], images: Sequence[bytes], mask: bytes) -> Made:
        self._budget.called()
        if images:
            content, media_type = await asyncio.to_thread(body_form, fields, images, mask)
        else:
            content, media_type = body_json(fields)
        url = f"{self._api}/images/{'edits' if images else 'generations'}"
        made = await pay(self._client, url, self.headers(content_type=media_type), content)
        self._budget.succeeded()
        return made

    async def _done(self, plan: Plan, made: Made) -> Progress:
        found = []
        for picture in made.pictures:
            if not picture.data:
                found.append(await self.results.bring(picture.url))
            elif await is_picture(picture.data):
                found.append(await self.results.keep(picture.data))
        if not found:
            raise ServiceError("what came is no picture", kind=Kind.EMPTY)
        prompt = made.prompt if made.prompt != plan.prompt else ""
        return Progress(
            Stage.DONE, 100, images=tuple(found), prompt=prompt, actions=self._actions(plan, found)
        )

    def _actions(self, plan: Plan, found: Sequence[str]) -> tuple[Action, ...]:
        """What can be done with the result. All that it takes stands in the action, for any later day."""
        actions = [Action(_written("again", plan), _("Again"), "reroll", "🔄")]
        kept = [url.removeprefix(KEPT) for url in found if url.startswith(KEPT)]
        if self._takes_pictures(plan.model):
            fields = {name: value for name, value in plan.fields.items() if name != "n"}
            for at, digest in enumerate(kept, 1):
                number = f" {at}" if len(kept) > 1 else ""
                after = Plan(plan.model, plan.prompt, fields, (digest,))
                edit, region = _("Edit") + number, _("Vary a region") + number
                actions += [
                    Action(_written("edit", after), edit, f"edit:{at}", "✏️", Asks.PROMPT),
                    Action(_written("region", after), region, f"inpaint:{at}", "🖌️", Asks.MASK),
                ]
        return tuple(actions)

    def _note(self, error: ServiceError, model: str, *, edit: bool) -> None:
        gateway_errors.labels("images", error.kind.value).inc()
        log.warning("no picture", model=model, error=type(error).__name__, said=str(error))
        if error.kind in (Kind.KEY, Kind.QUOTA) or error.status >= 500:
            self._budget.failed()
        if edit and error.kind is Kind.SETUP and error.status in (404, 405, 501):
            self._edits = False


def _nowhere(error: ServiceError) -> bool:
    """Whether there is no such route, or no channel for the model on it: nothing was done."""
    return error.kind is Kind.MODEL or (error.kind is Kind.SETUP and error.status in (404, 405, 501))


def _allowed(plan: Plan, learned: Learned) -> dict[str, Any]:
    """The fields of a request, without what the model is known not to take."""
    fields: dict[str, Any] = {"model": plan.model, "prompt": plan.prompt, **plan.fields}
    size = _SIZES.fullmatch(str(fields.get("size", "")))
    if size and learned.sizes:
        width, height = nearest(int(size[1]) / int(size[2]), learned.sizes)
        fields["size"] = f"{width}x{height}"
    return {name: value for name, value in fields.items() if name not in learned.dropped}


def _learn_from(error: ServiceError, fields: dict[str, Any], learned: Learned) -> bool:
    """Take in what this model does not take; False when the refusal names nothing that can be changed.

    Nothing was made, and nothing paid, where a request was refused as malformed.
    """
    if error.kind not in (Kind.PARAMETER, Kind.REQUEST) or not 400 <= error.status < 500:
        return False
    size = str(fields.get("size", ""))
    if size and re.search(r"\bsize\b", error.reason):
        named = tuple(dict.fromkeys((int(a), int(b)) for a, b in _SIZES.findall(error.reason)))
        others = tuple(each for each in named if f"{each[0]}x{each[1]}" != size)
        if others and not learned.sizes:
            learned.sizes = others
        else:
            learned.dropped.add("size")
        return True
    name = error.detail
    if name not in fields or name in ("model", "prompt"):
        name = next((each for each in fields if "_" in each and each in error.reason), "")
    if name:
        learned.dropped.add(name)
    return bool(name)


def _written(verb: str, plan: Plan) -> str:
    return f"{verb} {json.dumps(asdict(plan), ensure_ascii=False, sort_keys=True)}"


def _read(action: str) -> tuple[str, Plan]:
    verb, _space, facts = action.partition(" ")
    try:
        values = json.loads(facts)
        plan = Plan(values["model"], values["prompt"], values["fields"], tuple(values["images"]))
    except (ValueError, KeyError, TypeError) as error:
        raise Unsupported("not an action of this engine", kind=Kind.REQUEST) from error
    return verb, plan
