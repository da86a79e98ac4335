"""Asking a model for one answer: what it is told, and what it says, piece by piece."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from bot.errors import Kind, Refused, ServiceError, UserError
from bot.explain import explain
from bot.features.options import Choices
from bot.features.painting.offer import Offer
from bot.features.painting.wishes import Wishes
from bot.messages import (
    End,
    Ending,
    Person,
    Picture,
    Prompt,
    Role,
    Text,
    Thought,
    ToolCall,
    Turn,
    Usage,
)
from bot.pictures import look
from bot.ports import Answer, AnswerState, ChatModel, Conversations, Files
from bot.stream import Cell
from bot.texts import _

log = structlog.get_logger()

MAX_IMAGES = 4  # pictures that go to the model with one request, newest first


class Run:
    """One answer being made in this process."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.state = AnswerState.FAILED
        self.note = ""
        self.tokens = 0
        self.stopping = False
        self.superseded = False
        self._reader: asyncio.Task[Any] | None = None

    def begin(self) -> None:
        """This task reads the model from now on. CancelledError when it is to stop already."""
        self._reader = asyncio.current_task()
        if self.stopping:
            raise asyncio.CancelledError

    def stop(self) -> None:
        """What was said stays."""
        self.stopping = True
        if self._reader is not None:
            self._reader.cancel()

    def supersede(self) -> None:
        """A newer run takes over: nothing of this one is shown any more."""
        self.superseded = True
        self.stop()


@dataclass
class Said:
    """What came beside what is shown at once; the words, too, where they are ``held`` until the end."""

    held: bool
    words: list[str] = field(default_factory=list)
    calls: list[ToolCall] = field(default_factory=list)
    ending: Ending = Ending.CUT

    def release(self, cell: Cell) -> None:
        """Show what was held."""
        cell.add("".join(self.words))
        self.words.clear()


class Asking:
    """Builds the prompts and reads the answers. ``fetch`` gets the pictures that an answer links to.

    ``wishes`` are what the model may do beside talking.
    """

    def __init__(
        self,
        *,
        conversations: Conversations,
        choices: Choices,
        model: ChatModel,
        files: Files,
        fetch: Callable[[str], Awaitable[bytes]],
        context_tokens: int,
        parameters: Mapping[str, object],
        salt: bytes,
        wishes: Wishes,
    ) -> None:
        self._conversations = conversations
        self._choices = choices
        self._model = model
        self._files = files
        self._fetch = fetch
        self._context_tokens = context_tokens
        self._parameters = parameters
        self._salt = salt
        self._wishes = wishes

    async def ask(self, answer: Answer, run: Run, *, onward: bool) -> None:
        """Drain the model into the run's cell. Ends the cell whatever happens, and says how it went."""
        try:
            run.begin()
            await self._drain(answer, run, onward=onward)
        except asyncio.CancelledError:
            if not run.stopping:
                raise
            run.state = AnswerState.STOPPED
            run.note = _("Stopped.")
        except ServiceError as error:
            log.warning("answer failed", answer=answer.id, channel=str(answer.channel), error=str(error))
            run.state = AnswerState.CUT if run.cell.text else AnswerState.FAILED
            empty = error.kind is Kind.EMPTY and run.cell.thoughts
            run.note = _only_thoughts() if empty else explain(error)
        finally:
            run.cell.end()

    async def _drain(self, answer: Answer, run: Run, *, onward: bool) -> None:
        offer = Offer() if onward else await self._wishes.offer(answer)
        said = Said(held=bool(offer.steps))
        if not offer.plain:
            try:
                await self._stream(answer, run, offer, said, onward=onward)
            except ServiceError as error:
                if not offer.steps:
                    raise
                log.warning("a wish is understood without the model", answer=answer.id, error=str(error))
        calls = [call for call in said.calls if offer.takes(call)]
        if calls:
            said.release(run.cell)
        proposed = await self._wishes.taken(answer, offer, calls, run.cell.text)
        if not proposed:
            said.release(run.cell)
        if proposed:
            run.cell.add(f"\n\n{proposed}" if run.cell.text else proposed)
        self._conclude(run, said.ending if not proposed else Ending.STOP)

    async def _stream(self, answer: Answer, run: Run, offer: Offer, said: Said, *, onward: bool) -> None:
        budget = self._context_tokens
        model = await self._choices.model(answer.channel)
        for last_try in (False, True):
            prompt = Prompt(
                model=model,
                turns=_hinted(await self._prompt(answer, budget, onward=onward), offer.hint),
                user=self._pseudonym(answer.person),
                parameters={"tools": offer.tools, **self._parameters} if offer.tools else self._parameters,
            )
            try:
                async with aclosing(self._model.stream(prompt)) as pieces:  # type: ignore[type-var]
                    await self._take(pieces, run, said)
                return
            except Refused as error:
                if error.kind is not Kind.CONTEXT or last_try:
                    raise
                budget //= 2

    async def _take(self, pieces: AsyncIterator[Any], run: Run, said: Said) -> None:
        cell = run.cell
        async for piece in pieces:
            match piece:
                case Text(text) if said.held:
                    said.words.append(text)
                case Text(text):
                    cell.add(text)
                case Thought(text):
                    cell.think(text)
                case Picture():
                    await self._picture(piece, cell)
                case Usage(_, completion):
                    run.tokens = completion
                case ToolCall():
                    said.calls.append(piece)
                case End(ending):
                    said.ending = ending

    def _conclude(self, run: Run, ending: Ending) -> None:
        cell = run.cell
        if not (cell.text.strip() or cell.pictures):
            run.state = AnswerState.FAILED
            run.note = _only_thoughts() if cell.thoughts else _("The model answered with nothing.")
            return
        match ending:
            case Ending.LENGTH:
                run.state = AnswerState.CUT
                run.note = _("The model reached its length limit.")
            case Ending.REFUSED:
                run.state = AnswerState.CUT
                run.note = _("The model's content filter ended the answer here.")
            case Ending.CUT:
                run.state = AnswerState.CUT
                run.note = _("The answer broke off before it was finished.")
            case _:
                run.state = AnswerState.DONE

    async def _picture(self, picture: Picture, cell: Cell) -> None:
        try:
            data = picture.data or await self._fetch(picture.url)
            found = await look(data)
        except (ServiceError, UserError) as error:
            log.warning("a picture in an answer cannot be had", error=str(error))
            if picture.url:
                cell.add(f"\n\n[{_('Picture')}]({picture.url})\n\n")
            return
        name = f"picture-{len(cell.pictures) + 1}.{found.media_type.removeprefix('image/')}"
        cell.pictures.append(self._files.attachment(await self._files.put(data), name, found.media_type))

    async def _prompt(self, answer: Answer, budget: int, *, onward: bool) -> Sequence[Turn]:
        system = await self._choices.system_prompt(answer.channel)
        spare = max(budget - self._model.count(system), budget // 4)
        # At once, so that storage reads both in one go.
        turns, asked = map(
            list,
            await asyncio.gather(
                self._conversations.context(answer.channel, answer.turn, spare),
                self._conversations.question(answer),
            ),
        )
        if turns[-len(asked) :] != asked:  # longer than the whole budget: it goes alone
            turns = [*turns, *asked] if not turns else asked
        turns = _newest_pictures(turns)
        if answer.direct:
            turns = [replace(turn, speaker="") for turn in turns]
        if onward:
            turns.append(Turn(Role.ASSISTANT, answer.text[: answer.prefix]))
            turns.append(
                Turn(
                    Role.USER,
                    "Your answer was cut off. Go on exactly where it stops; repeat nothing, add no preface.",
                )
            )
        return [Turn(Role.SYSTEM, system), *turns] if system else turns

    def _pseudonym(self, person: Person) -> str:
        return hmac.new(self._salt, person.id.encode(), hashlib.sha256).hexdigest()[:24]


def _hinted(turns: Sequence[Turn], hint: str) -> Sequence[Turn]:
    """With one more word about the question, where the model is told how to behave."""
    if not hint:
        return turns
    if turns and turns[0].role is Role.SYSTEM:
        return [replace(turns[0], text=f"{turns[0].text}\n\n{hint}"), *turns[1:]]
    return [Turn(Role.SYSTEM, hint), *turns]


def _newest_pictures(turns: Sequence[Turn]) -> list[Turn]:
    """The newest few pictures go along; the older ones are only mentioned."""
    left = MAX_IMAGES
    result: list[Turn] = []
    for turn in reversed(turns):
        images = turn.images[-left:] if left else ()
        dropped = len(turn.images) - len(images)
        left -= len(images)
        text = turn.text + "".join(["\n[picture]"] * dropped) if dropped else turn.text
        result.append(replace(turn, images=images, text=text))
    result.reverse()
    return result


def _only_thoughts() -> str:
    return _("The model only thought about it and gave no answer.")
