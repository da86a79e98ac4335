"""Command /threads: where it is chosen, each question is answered in a thread of its own."""

from dataclasses import replace
from typing import Annotated, Literal

from bot.errors import UserError
from bot.features.options import Choices
from bot.messages import CommandCall, Content, IncomingMessage
from bot.ports import Chat
from bot.texts import _

TITLE = 90  # characters


class Threads:
    """Chosen per channel."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices

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

        What was chosen in the channel holds in the new thread, too.
        """
        if not (message.addressed and chat.limits.threads and await self._choices.threads(message.channel)):
            return message, chat
        title = " ".join(message.text.split()) or message.author.name
        thread = await chat.branch(message.id, title if len(title) <= TITLE else title[: TITLE - 1] + "…")
        if thread is None:
            return message, chat
        await self._choices.carry(message.channel, thread.channel)
        return replace(message, channel=thread.channel), thread
