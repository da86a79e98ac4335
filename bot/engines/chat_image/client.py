"""The engine of chat models that paint."""

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from bot.engines.chat_image.progress import progress_in
from bot.engines.chat_image.reading import Button, Reading, read
from bot.engines.results import KEPT, is_picture
from bot.engines.running import Carry, LongRequests, Run
from bot.errors import Broken, Kind, ServiceError, Unsupported
from bot.gateway.chat import Completions
from bot.gateway.models import ModelKind, kind_of
from bot.jobs import Accepted, Action, Asks, Failure, Mode, Order, Progress, Stage
from bot.messages import Attachment, Picture, Prompt, Role, Text, Turn
from bot.prompts import read_prompt
from bot.texts import _

LONGEST_CAPTION = 1500  # characters that a card shows of an answer

_MIDJOURNEY = re.compile(r"^(mj-|midjourney)")
_CHANGES = re.compile(r"gpt-4o|sora_image|gemini|flash-image|image-preview|nano-banana|seededit|gpt-image")

# mj-chat's buttons by its own labels; what they are called on every backend.
_NAMES = (
    (r"U([1-4])\Z", "upscale:{}"),
    (r"V([1-4])\Z", "variation:{}"),
    (r"🔄\Z", "reroll"),
    (r"Upscale \((\w+)\)\Z", "upscale:{}"),
    (r"Vary \((\w+)\)\Z", "vary:{}"),
    (r"Zoom Out ([\d.]+)x\Z", "zoom:{}"),
    (r"⬅️?\Z", "pan:left"),
    (r"➡️?\Z", "pan:right"),
    (r"⬆️?\Z", "pan:up"),
    (r"⬇️?\Z", "pan:down"),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a model is asked: the last words, with pictures by content hash, after what was said before.

    ``before`` is what people and the model said in turn: these producers have no other memory.
    """

    model: str
    prompt: str
    images: tuple[str, ...] = ()
    before: tuple[str, ...] = ()


class ChatImages(LongRequests):
    """A gateway's chat completions, asked for pictures."""

    name = "chat-image"
    kinds = (ModelKind.IMAGE_CHAT, ModelKind.TOOLED_CHAT, ModelKind.VIDEO_CHAT, ModelKind.MUSIC_CHAT)
    verbs = (*LongRequests.verbs, "music", "video")
    special: Mapping[str, ModelKind] = {"music": ModelKind.MUSIC_CHAT, "video": ModelKind.VIDEO_CHAT}

    def __init__(self, client: Any, url: str, key: str, **more: Any) -> None:
        super().__init__(client, url, key, **more)
        self._chat = Completions(client, url, key, paid=True)

    async def submit(self, order: Order, images: Sequence[bytes], ref: str) -> Accepted:
        model = await self.model_of(order)
        plan = Plan(model, prompt_of(worded(order), model), order.images)
        return Accepted(self.begin(ref, partial(self.paint, plan, images)))

    async def act(
        self, task: str, action: Action, ref: str, mode: Mode = Mode.DEFAULT, text: str = ""
    ) -> Accepted:
        return Accepted(self.begin(ref, self.pressed(action, text)))

    def pressed(self, action: Action, text: str) -> Carry:
        """What carries out an action of ours. Unsupported for one that is somebody else's."""
        plan = _read(action.id)
        if action.asks is Asks.PROMPT and text.strip():
            plan = replace(plan, prompt=text.strip())

        async def carry(run: Run) -> Progress:
            return await self.paint(plan, await self.results.kept(plan.images), run)

        return carry

    # --- painting -------------------------------------------------------------------------

    async def paint(self, plan: Plan, images: Sequence[bytes], run: Run) -> Progress:
        """Ask once, and keep every picture as it comes: an answer that breaks off may have brought one."""
        parts: list[str] = []
        structured: list[str | bytes] = []
        run.live = _Look(parts)
        lost: ServiceError | None = None
        try:
            async with aclosing(self._chat.stream(self._prompt(plan, images))) as pieces:  # type: ignore[type-var]
                async for piece in pieces:
                    if isinstance(piece, Text):
                        parts.append(piece.text)
                    elif isinstance(piece, Picture):
                        structured.append(await self._taken(piece))
        except ServiceError as error:
            lost = error
        text = "".join(parts)
        reading = read(text, structured)
        if lost is not None and not (reading.pictures or reading.films or reading.sounds):
            raise _as_lost(lost, text)
        return await self._done(plan, text, reading)

    def _prompt(self, plan: Plan, images: Sequence[bytes]) -> Prompt:
        turns = [Turn(Role.ASSISTANT if at % 2 else Role.USER, said) for at, said in enumerate(plan.before)]
        attached = tuple(_attached(data) for data in images)
        return Prompt(plan.model, [*turns, Turn(Role.USER, plan.prompt, images=attached)])

    async def _taken(self, picture: Picture) -> str | bytes:
        if not picture.data:
            return picture.url
        return await self.results.keep(picture.data) if await is_picture(picture.data) else b""

    async def _done(self, plan: Plan, text: str, reading: Reading) -> Progress:
        if reading.failure is not None:
            return Progress(Stage.FAILED, failure=reading.failure, prompt=reading.prompt)
        pictures = [await self._kept_picture(each) for each in reading.pictures if each]
        found = [each for each in pictures if each]
        films = [await self.results.bring(each) for each in reading.films]
        sounds = [await self.results.bring(each) for each in reading.sounds]
        if sounds and reading.cover:
            found = [await self.results.bring(reading.cover)]
        if not (found or films or sounds) and reading.pictures:
            return Progress(Stage.FAILED, failure=Failure(Kind.EMPTY, "what came is no picture"))
        if not (found or films or sounds or reading.caption):
            return Progress(Stage.FAILED, failure=Failure(Kind.EMPTY, "no picture came"))
        return Progress(
            Stage.DONE,
            100,
            images=tuple(found),
            videos=tuple(films),
            audios=tuple(sounds),
            title=reading.title,
            text=reading.caption[:LONGEST_CAPTION],
            prompt=reading.prompt if reading.prompt != plan.prompt else "",
            actions=self._actions(plan, text, reading, found),
        )

    async def _kept_picture(self, found: str | bytes) -> str:
        """Its address from now on; "" for what turns out to be none."""
        if isinstance(found, bytes):
            return await self.results.keep(found) if await is_picture(found) else ""
        return found if found.startswith(KEPT) else await self.results.bring(found)

    def _actions(self, plan: Plan, text: str, reading: Reading, found: Sequence[str]) -> tuple[Action, ...]:
        """The answer's own buttons, else the order once more; and a change with words where models can."""
        said = (*plan.before, plan.prompt, text)
        actions = [
            _pressed(button, Plan(plan.model, button.words, before=said)) for button in reading.buttons
        ]
        if not any(each.name == "reroll" for each in actions):
            actions.append(Action(_written(plan), _("Again"), "reroll", "🔄"))
        kept = [url.removeprefix(KEPT) for url in found if url.startswith(KEPT)]
        if kept and not reading.sounds and _CHANGES.search(plan.model.lower()):
            for at, digest in enumerate(kept, 1):
                number = f" {at}" if len(kept) > 1 else ""
                change = _written(Plan(plan.model, plan.prompt, (digest,)))
                actions.append(Action(change, _("Edit") + number, f"edit:{at}", "✏️", Asks.PROMPT))
        return tuple(actions)


class _Look:
    """How far an answer is: looked at when somebody asks, and only if there is more of it by then."""

    def __init__(self, parts: Sequence[str]) -> None:
        self._parts = parts
        self._seen = -1
        self._last = Progress(Stage.RUNNING, 0)

    def __call__(self) -> Progress:
        if len(self._parts) != self._seen:
            self._seen = len(self._parts)
            self._last = progress_in("".join(self._parts))
        return self._last


def worded(order: Order) -> str:
    """The order in words: what a song is to be like is all said in one message."""
    names = {"title": "Title", "style": "Style"}
    said = [f"{names[name]}: {order.options[name]}" for name in names if order.options.get(name)]
    said += ["Instrumental, without a voice."] if order.options.get("instrumental") else []
    return (
        "\n\n".join(filter(None, ["\n".join(said), order.prompt])) if order.verb == "music" else order.prompt
    )


def prompt_of(prompt: str, model: str) -> str:
    """What the model is asked. Flags are for Midjourney alone; others are told the form in words."""
    short = model.lower().rpartition("/")[2]
    if _MIDJOURNEY.search(short):
        return prompt
    written = read_prompt(prompt)
    words = f"{written.links}{written.words}".strip() or prompt
    ratio, without = written.flag("ar") or written.flag("aspect"), written.flag("no")
    words += f"\n\nAspect ratio: {ratio}." if ratio else ""
    words += f"\n\nWithout: {without}." if without else ""
    return f"Please draw this picture:\n\n{words}" if kind_of(model) is ModelKind.TOOLED_CHAT else words


def _pressed(button: Button, plan: Plan) -> Action:
    for pattern, name in _NAMES:
        if found := re.match(pattern, button.label):
            name = name.format(*(each.lower() for each in found.groups()))
            return Action(_written(plan), button.label, name)
    return Action(_written(plan), button.label, button.label.lower())


def _as_lost(error: ServiceError, text: str) -> ServiceError:
    """An answer that broke off after it had begun: its words say more than the connection's end."""
    failure = read(text).failure
    if isinstance(error, Broken) and failure is not None and failure.kind is Kind.CONTENT:
        return Broken(failure.reason, kind=Kind.CONTENT)
    return error


def _attached(data: bytes) -> Attachment:
    async def load() -> bytes:
        return data

    return Attachment("picture", "image/png", len(data), load)


def _written(plan: Plan) -> str:
    return "ask " + json.dumps(asdict(plan), ensure_ascii=False, sort_keys=True)


def _read(action: str) -> Plan:
    verb, _space, facts = action.partition(" ")
    try:
        values = json.loads(facts) if verb == "ask" else {}
        return Plan(values["model"], values["prompt"], tuple(values["images"]), tuple(values["before"]))
    except (ValueError, KeyError, TypeError) as error:
        raise Unsupported("not an action of this engine", kind=Kind.REQUEST) from error
