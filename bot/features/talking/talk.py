"""Ordinary conversation: what people say becomes a row, and its answer work to be done."""

import time
from collections.abc import Callable, Sequence
from typing import Annotated

from bot.errors import UserError
from bot.features.painting.wishes import Wishes
from bot.features.talking.answering import Answering
from bot.features.talking.intake import Intake
from bot.features.threads import Threads
from bot.messages import ButtonPress, Channel, CommandCall, Content, IncomingMessage, Person, Turn
from bot.ports import Answer, AnswerState, Chat, ChatModel, Conversations, Files, Transcriber
from bot.texts import _, ngettext, speaking

PUT_IN_WITHIN = 86_400.0  # seconds after it was said
PER_TURN = 4  # tokens beside its words: a busy group says “ok” a thousand times


class Talk:
    """Hears what people say; the buttons under answers, and the commands about a conversation."""

    def __init__(
        self,
        *,
        conversations: Conversations,
        answering: Answering,
        model: ChatModel,
        files: Files,
        transcriber: Transcriber,
        threads: Threads,
        wishes: Wishes,
        is_admin: Callable[[Person], bool] = lambda person: False,
    ) -> None:
        self._conversations = conversations
        self._answering = answering
        self._model = model
        self._files = files
        self._intake = Intake(files=files, transcriber=transcriber)
        self._threads = threads
        self._wishes = wishes
        self._is_admin = is_admin

    async def hear(self, message: IncomingMessage, chat: Chat) -> None:
        """Store a question and its answer's row; the answer is work from here on."""
        taken = await self._intake.take(message, chat)
        turn = taken.turn
        if not (turn.text or turn.images):
            if not message.addressed:
                return
            if not message.attachments:  # a bare mention
                raise UserError(_("Yes? Ask me something; /help lists what I can do."))
            raise UserError(_("There is nothing in that message that I can read."))
        speaker = "" if message.direct else turn.speaker
        tokens = self._model.count(f"{speaker} {turn.text}") + PER_TURN
        if message.edited:
            await self._wishes.heard(message, message)
            answer = await self._conversations.reword(message.channel, message.id, turn, tokens)
            if answer is not None:
                self._answering.interrupt(answer.id)
                await self._conversations.again(answer.id)
            elif taken.readable and _may_be_new(message):
                await self._ask(message, chat, turn, tokens, told=taken.told)
            return
        if not taken.readable:
            await self._conversations.note(message, turn, tokens)
            if taken.told:
                raise UserError(taken.told)
            return
        await self._ask(message, chat, turn, tokens, told=taken.told)

    async def _ask(
        self, message: IncomingMessage, chat: Chat, turn: Turn, tokens: int, *, told: str = ""
    ) -> None:
        """A question, or what belongs to one: the rest of a paste, or what was forwarded with it."""
        heard = message
        message, chat = await self._threads.place(message, chat)
        await self._wishes.heard(heard, message)
        limits = chat.limits
        answer = await self._conversations.ask(
            message,
            turn,
            tokens,
            burst=limits.burst,
            delay=limits.burst if message.more else 0.0,
            join=not message.addressed,
        )
        if answer is not None and answer.epoch:  # it joined a question whose answer had begun
            self._answering.interrupt(answer.id)
        if answer is not None and told:
            await chat.notice(told)

    async def withdrawn(self, channel: Channel, messages: Sequence[str]) -> None:
        """Forget what was taken away; what is being answered of it is answered no more."""
        for message in messages:
            answer = await self._conversations.withdraw(channel, message)
            if answer is None:
                continue
            if answer.state is AnswerState.WAITING:  # there is more to the question
                self._answering.interrupt(answer.id)
                continue
            with speaking(answer.person.language):
                await self._answering.take_back(answer, wholly=True)

    # --- buttons and commands -------------------------------------------------------------

    async def press(self, press: ButtonPress, chat: Chat) -> None:
        """Stop, Retry and Continue under an answer: ``talk:<verb>:<answer>``."""
        verb, _sep, name = press.data.removeprefix("talk:").partition(":")
        answer = await self._conversations.answer(name)
        if answer is None or answer.channel != press.channel:
            raise UserError(_("That answer is no longer here."))
        match verb:
            case "stop":
                if press.author.id != answer.person.id and not self._is_admin(press.author):
                    raise UserError(_("Only {name} can stop this.").format(name=answer.person.name))
                await self._answering.stop(answer)
            case "retry":
                await self._again(answer)
            case "onward":
                await self._again(answer, onward=True)
            case _:
                raise UserError(_("I do not know that button."))

    async def _again(self, answer: Answer, *, onward: bool = False) -> None:
        if answer.state is AnswerState.WAITING:
            raise UserError(_("This answer is still being written."))
        if not await self._conversations.question(answer):
            raise UserError(_("The question has been deleted; ask again."))
        await self._conversations.again(answer.id, onward=onward)

    async def stop(self, call: CommandCall, chat: Chat) -> None:
        """Command /stop."""
        answer = await self._latest(call)
        if answer is None or answer.state is not AnswerState.WAITING:
            raise UserError(_("Nothing is being written here."))
        await self._answering.stop(answer)

    async def retry(self, call: CommandCall, chat: Chat) -> None:
        """Command /retry."""
        answer = await self._latest(call)
        if answer is None:
            raise UserError(_("There is no answer here yet."))
        await self._again(answer)

    async def _latest(self, call: CommandCall) -> Answer | None:
        return await self._conversations.latest(call.channel, "" if call.direct else call.author.id)

    async def new(self, call: CommandCall, chat: Chat) -> None:
        """Command /new."""
        count = await self._conversations.forget(call.channel)
        text = (
            ngettext(
                "A fresh start. I have put {count} message behind us.",
                "A fresh start. I have put {count} messages behind us.",
                count,
            ).format(count=count)
            if count
            else _("A fresh start.")
        )
        await chat.send(Content(text), reply_to=call.id, key=call.reply_key)

    async def undo(self, call: CommandCall, chat: Chat) -> None:
        """Command /undo."""
        answer = await self._conversations.undo(call.channel)
        if answer is None:
            raise UserError(_("There is nothing to take back."))
        await self._answering.take_back(answer)
        await chat.notice(_("Taken back."))

    async def history(
        self, call: CommandCall, chat: Chat, count: Annotated[int, "How many messages"] = 10
    ) -> None:
        """Command /history."""
        records = await self._conversations.history(call.channel, max(1, min(count, 50)))
        if not records:
            raise UserError(_("I remember nothing here yet."))
        lines = [f"- **{record.turn.speaker or _('Me')}**: {_excerpt(record.turn)}" for record in records]
        await chat.send(Content("\n".join(lines)), reply_to=call.id, key=call.reply_key)

    async def export(self, call: CommandCall, chat: Chat) -> None:
        """Command /export."""
        records = await self._conversations.history(call.channel)
        if not records:
            raise UserError(_("I remember nothing here yet."))
        parts = [
            f"## {record.turn.speaker or record.turn.role.value}\n\n{record.turn.text}\n"
            + "".join(f"\n[{image.name}]\n" for image in record.turn.images)
            for record in records
        ]
        digest = await self._files.put("\n".join(parts).encode())
        file = self._files.attachment(digest, "conversation.md", "text/markdown")
        text = ngettext(
            "The conversation, {count} message.", "The conversation, {count} messages.", len(records)
        ).format(count=len(records))
        await chat.send(Content(text, files=(file,)), reply_to=call.id, key=call.reply_key)


def _may_be_new(message: IncomingMessage) -> bool:
    """Whether it may be ours only since our name was put into it. Nobody expects that of old ones."""
    old = bool(message.at) and time.time() - message.at > PUT_IN_WITHIN
    return message.addressed and not message.direct and not old


def _excerpt(turn: Turn, length: int = 160) -> str:
    text = " ".join(turn.text.split())
    if turn.images:
        text = f"[{len(turn.images)} 🖼] {text}"
    return text if len(text) <= length else text[: length - 1] + "…"
