"""Answers: durable work that has a model asked, and shows what it says while it says it."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from weakref import WeakValueDictionary

import structlog

from bot.errors import OutcomeUnknown, ServiceError, Unavailable
from bot.features.options import Choices
from bot.features.painting.offer import buttons
from bot.features.painting.wishes import Wishes
from bot.features.talking.asking import Asking, Run
from bot.messages import Attachment, Button, Channel
from bot.metrics import turns as turns_ended
from bot.ports import Answer, AnswerState, Chat, ChatModel, Conversations, Files, Platform
from bot.stream import Cell, Fenced, Rows, Show
from bot.texts import _, speaking

log = structlog.get_logger()

SIDE_BY_SIDE = 3  # answers at once in one group
MAX_ATTEMPTS = 20  # runs cut short by a crash before an answer is closed
KEEP_EVERY = 2.0  # seconds between saves of what has arrived
LATE = 300.0  # seconds from a question to its answer's beginning, from which it is told


class Answering:
    """Does the durable work `answer`, and knows which answers are being made in this process."""

    def __init__(
        self,
        *,
        conversations: Conversations,
        choices: Choices,
        model: ChatModel,
        files: Files,
        platforms: Mapping[str, Platform],
        fetch: Callable[[str], Awaitable[bytes]],
        context_tokens: int,
        parameters: Mapping[str, object],
        salt: bytes,
        wishes: Wishes,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._conversations = conversations
        self._model = model
        self._platforms = platforms
        self._clock = clock
        self._wishes = wishes
        self._asking = Asking(
            conversations=conversations,
            choices=choices,
            model=model,
            files=files,
            fetch=fetch,
            context_tokens=context_tokens,
            parameters=parameters,
            salt=salt,
            wishes=wishes,
        )
        self._runs: dict[str, Run] = {}
        self._places: WeakValueDictionary[Channel, asyncio.Semaphore] = WeakValueDictionary()

    async def answer(self, args: Mapping[str, Any]) -> None:
        """Durable work `answer`: bring one answer to its end, wherever it stands."""
        answer = await self._conversations.begin(args["answer"])
        if answer is None:
            return
        chat = self._platforms[answer.channel.platform].chat(answer.channel)
        with speaking(answer.person.language):
            try:
                if answer.state is not AnswerState.WAITING:
                    await self._close(chat, answer)  # committed before a crash: only show it
                elif answer.attempts > MAX_ATTEMPTS:
                    await self._end(
                        chat, answer, AnswerState.FAILED, note=_("This answer was interrupted too often.")
                    )
                else:
                    async with self._turn_to_speak(answer):
                        await self._run(chat, answer)
            except Fenced:
                log.info("answer taken over by a newer run", answer=answer.id)
            except (Unavailable, OutcomeUnknown):
                raise  # the platform or the storage is away: what is committed is shown later
            except ServiceError as error:  # the chat is gone or closed to us
                log.warning(
                    "answer cannot be shown", answer=answer.id, channel=str(answer.channel), error=str(error)
                )
                note = _("This could not be shown.")
                await self._conversations.finish(answer, AnswerState.FAILED, answer.text, "", note=note)

    async def gave_up(self, args: Mapping[str, Any], error: BaseException) -> None:
        """The work failed for good by a fault of ours: close it with a sentence and Retry."""
        answer = await self._conversations.begin(args["answer"])
        if answer is None:
            return
        chat = self._platforms[answer.channel.platform].chat(answer.channel)
        with speaking(answer.person.language):
            if answer.state is not AnswerState.WAITING:
                await self._close(chat, answer)
                return
            note = _("Something went wrong on our side ({id}).").format(id=answer.id)
            await self._end(chat, answer, AnswerState.FAILED, note=note)

    async def stop(self, answer: Answer) -> None:
        """End it here; what was said stays."""
        await self._conversations.stop(answer.id)
        run = self._runs.get(answer.id)
        if run is not None:
            run.stop()

    def interrupt(self, answer: str) -> None:
        """The question has changed: whoever is answering the old one leaves it to the next run."""
        run = self._runs.get(answer)
        if run is not None:
            run.supersede()

    async def take_back(self, answer: Answer, *, wholly: bool = False) -> None:
        """Show that an answer was forgotten: under what was said of it, or ``wholly`` in its place."""
        run = self._runs.get(answer.id)
        if run is None and not answer.messages:
            return  # nothing of it is to be seen
        if run is not None:
            if not wholly:
                answer = replace(answer, text=run.cell.text, thoughts=run.cell.thoughts)
            run.supersede()
        chat = self._platforms[answer.channel.platform].chat(answer.channel)
        note = _("Taken back: I have forgotten this question and its answer.")
        await self._show(chat, answer).finish(answer.text, answer.thoughts, note=note, images=answer.images)

    # --- one run ----------------------------------------------------------------------------

    @asynccontextmanager
    async def _turn_to_speak(self, answer: Answer) -> AsyncIterator[None]:
        """In a group, up to three answers at once; alone with somebody, their key keeps the order."""
        if answer.direct:
            yield
            return
        places = self._places.setdefault(answer.channel, asyncio.Semaphore(SIDE_BY_SIDE))
        async with places:
            yield

    async def _run(self, chat: Chat, answer: Answer) -> None:
        late = self._late(answer)
        kept = answer.text[: answer.prefix]
        cell = Cell(kept, answer.thoughts if kept else "")
        if kept:
            cell.pictures.extend(answer.images)
        run = Run(cell)
        self._runs[answer.id] = run
        if answer.stop or (not answer.direct and await self._stopped_meanwhile(answer)):
            run.stop()
        show = self._show(chat, answer, buttons=self._stop_button(answer))
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._asking.ask(answer, run, onward=bool(kept)))
                beside = [group.create_task(self._save(answer, cell))]
                if not show.drafting:  # a draft says itself that we are at work
                    beside.append(group.create_task(_at_work(chat, show)))
                await show.begin()
                await show.follow(cell)
                for task in beside:
                    task.cancel()
        except ExceptionGroup as group_error:
            raise group_error.exceptions[0] from None
        finally:
            del self._runs[answer.id]
        if run.superseded:
            return
        answer = replace(answer, messages=tuple(show.messages))
        await self._end(
            chat,
            answer,
            run.state,
            text=cell.text,
            thoughts=cell.thoughts,
            note=" ".join(filter(None, [late, run.note])),
            images=cell.pictures,
            tokens=run.tokens,
            show=show,
        )

    def _late(self, answer: Answer) -> str:
        """A word about an answer that begins long after its question: we were away."""
        if answer.round or not answer.created or self._clock() - answer.created < LATE:
            return ""
        asked = datetime.fromtimestamp(answer.created, UTC).astimezone()
        return _("You asked at {time} while I was away.").format(time=f"{asked:%H:%M %Z}".strip())

    async def _stopped_meanwhile(self, answer: Answer) -> bool:
        """A group's answers may have waited for their turn, and Stop was pressed in that time."""
        stored = await self._conversations.answer(answer.id)
        return stored is not None and stored.stop

    async def _save(self, answer: Answer, cell: Cell) -> None:
        saved = cell.text
        while not cell.ended:
            await cell.pause(KEEP_EVERY)
            text = cell.text
            if text != saved and not cell.ended:
                if not await self._conversations.keep(answer, text, cell.thoughts):
                    raise Fenced
                saved = text

    async def _end(
        self,
        chat: Chat,
        answer: Answer,
        state: AnswerState,
        *,
        text: str = "",
        thoughts: str = "",
        note: str = "",
        images: Sequence[Attachment] = (),
        tokens: int = 0,
        show: Show | None = None,
    ) -> None:
        """Commit the final text, then show it: after a crash in between, only the showing is repeated."""
        tokens = tokens or self._model.count(text)
        images = tuple(images)
        if not await self._conversations.finish(
            answer, state, text, thoughts, note=note, tokens=tokens, images=images
        ):
            raise Fenced
        turns_ended.labels(state.value).inc()
        answer = replace(answer, state=state, text=text, thoughts=thoughts, note=note, images=images)
        await self._close(chat, answer, show)

    async def _close(self, chat: Chat, answer: Answer, show: Show | None = None) -> None:
        note = answer.note
        if answer.state is AnswerState.FAILED:
            note = note or _("No answer came.")
        show, rows = show or self._show(chat, answer), await self._end_buttons(answer)
        await show.finish(answer.text, answer.thoughts, note=note, images=answer.images, buttons=rows)
        if trouble := await self._wishes.unasked(answer):
            note = " ".join(filter(None, [note, trouble]))
            await show.finish(answer.text, answer.thoughts, note=note, images=answer.images, buttons=rows)

    async def redraw(self, answer: Answer) -> None:
        """Show an answer that has ended, with other words than are stored."""
        await self._close(self._platforms[answer.channel.platform].chat(answer.channel), answer)

    def _show(self, chat: Chat, answer: Answer, *, buttons: Rows = ()) -> Show:
        async def record(messages: Sequence[str]) -> bool:
            return await self._conversations.shown(answer, messages)

        return Show(
            chat,
            name=f"{answer.id}.{answer.round}" if answer.round else answer.id,
            messages=answer.messages,
            reply_to=answer.question,
            record=record,
            buttons=buttons,
            repeated=answer.epoch > 1,
        )

    def _stop_button(self, answer: Answer) -> Rows:
        return ((Button(_("Stop"), f"talk:stop:{answer.id}"),),)

    async def _end_buttons(self, answer: Answer) -> Rows:
        row = [Button(_("Retry"), f"talk:retry:{answer.id}")]
        if answer.text and answer.state in (AnswerState.CUT, AnswerState.STOPPED):
            row.insert(0, Button(_("Continue"), f"talk:onward:{answer.id}"))
        proposal = await self._wishes.of(answer)
        proposed = buttons(answer, proposal) if proposal else ()
        return tuple(filter(None, (proposed, tuple(row))))


async def _at_work(chat: Chat, show: Show) -> None:
    """Show that we are at work until there is something to read."""
    try:
        async with chat.typing():
            await show.seen.wait()
    except ServiceError as error:
        log.info("typing cannot be shown", channel=str(chat.channel), error=str(error))
