"""Command /threads: where it is chosen, each question is answered in a thread of its own."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Literal

from bot.errors import UserError
from bot.features.options import Choices
from bot.messages import Channel, CommandCall, Content, IncomingMessage
from bot.ports import Chat
from bot.texts import _

TITLE = 90  # characters
REMEMBERED = 1000  # people's latest threads


class Threads:
    """Chosen per channel."""

    def __init__(self, choices: Choices, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._choices = choices
        self._clock = clock
        self._latest: dict[tuple[Channel, str], tuple[Chat, float]] = {}  # and until when more belongs to it

    async def choose(
        self,
        call: CommandCall,
        chat: Chat,
        mode: Annotated[
            Literal["on", "off"] | None, "Whether each question gets a thread of its own here"
        ] = None,
    ) -> None:
        """Command /threads. Without a mode it says what is chosen."""
        if not chat.limits.threads:
            raise UserError(_("Questions cannot have threads of their own here."))
        if mode is not None:
            await self._choices.choose(call.channel, "threads", "on" if mode == "on" else None)
        if await self._choices.threads(call.channel):
            text = _("I answer each question here in a thread of its own.")
        else:
            text = _("I answer questions here where they are asked.")
        await chat.send(Content(text), reply_to=call.id, key=call.reply_key)

    async def place(self, message: IncomingMessage, chat: Chat) -> tuple[IncomingMessage, Chat]:
        """The message as it is asked where it will be answered, and that conversation.

        What was chosen in the channel holds in the new thread, too. What its author goes on to say at once,
        without naming us again, belongs there as well.
        """
        if not (chat.limits.threads and await self._choices.threads(message.channel)):
            return message, chat
        asked = message.channel, message.author.id
        if message.addressed:
            thread = await self._open(message, chat)
        else:
            latest, until = self._latest.get(asked, (None, 0.0))
            thread = latest if self._clock() <= until else None
        if thread is None:
            return message, chat
        self._latest.pop(asked, None)
        self._latest[asked] = thread, self._clock() + chat.limits.burst
        if len(self._latest) > REMEMBERED:
            del self._latest[next(iter(self._latest))]
        return replace(message, channel=thread.channel), thread

    async def _open(self, message: IncomingMessage, chat: Chat) -> Chat | None:
        title = " ".join(message.text.split()) or message.author.name
        thread = await chat.branch(message.id, title if len(title) <= TITLE else title[: TITLE - 1] + "…")
        if thread is not None:
            await self._choices.carry(message.channel, thread.channel)
        return thread
