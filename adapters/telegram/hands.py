"""Brings presses of buttons to the inbox, each in the conversation that its button belongs to."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from adapters.telegram.elsewhere import PREFIX, InlineChat, away, channel_of, labels_of, place_of
from adapters.telegram.hears import ELSEWHERE
from adapters.telegram.inline import BEGIN, Inline
from adapters.telegram.messages import Desk
from adapters.telegram.names import Name
from adapters.telegram.presses import Press
from adapters.telegram.speaks import Cause, TelegramChat
from bot.messages import ButtonPress, Channel, Person
from bot.ports import Inbox
from bot.texts import _, speaking

Own = Callable[[ButtonPress, TelegramChat | InlineChat], Awaitable[bool]]


class Hands:
    """``own`` does what buttons of the adapter's own ask for. What is started belongs to ``group``."""

    def __init__(self, desk: Desk, inbox: Inbox, inline: Inline, own: Own, group: asyncio.TaskGroup) -> None:
        self._desk = desk
        self._inbox = inbox
        self._inline = inline
        self._own = own
        self._group = group

    async def press(self, press: ButtonPress, label: str) -> None:
        """Every press is answered, within a second, whatever becomes of it."""
        answer = Press(self._desk.line, press.id, label, _number_of(press.author))
        soon = self._group.create_task(answer.soon())
        try:
            with speaking(press.author.language):
                await self._take(press, answer, soon)
        except Exception:
            await answer.answer()
            raise
        finally:
            soon.cancel()
        await answer.answer()

    async def _take(self, press: ButtonPress, answer: Press, soon: asyncio.Task[None]) -> None:
        if press.channel.id == ELSEWHERE and press.data.startswith(BEGIN):
            token = press.data.removeprefix(BEGIN)
            await self._inline.pressed(press.author, token, press.channel.thread, answer)
            return
        home = await self._home(press, answer)
        if home.id == ELSEWHERE:
            await answer.answer(_("I no longer have the picture behind this button."))
            return
        press = replace(press, channel=home)
        cause = Cause(press.author, press.id, Name.parse(press.message).main, answer)
        chat = chat_of(home, self._desk, cause)
        if not (self._inbox.admits(press.author, home) and await self._own(press, chat)):
            await self._receive(press, chat, answer, soon)

    async def _receive(
        self, press: ButtonPress, chat: TelegramChat | InlineChat, answer: Press, soon: asyncio.Task[None]
    ) -> None:
        """Of a press under an inline message nobody sees what comes of it: a moment is left to say where."""
        if not isinstance(chat, InlineChat):
            await self._inbox.receive(press, chat)
            return
        self._desk.pressed[chat.channel] = answer
        try:
            await self._inbox.receive(press, chat)
            await asyncio.wait([soon])
        finally:
            if self._desk.pressed.get(chat.channel) is answer:
                del self._desk.pressed[chat.channel]

    async def _home(self, press: ButtonPress, answer: Press) -> Channel:
        """The conversation that a button belongs to, which may have begun in another chat."""
        options, channel = self._desk.options, press.channel
        if channel.id == ELSEWHERE:
            kept = await options.get(place_of(channel.thread))
            answer.label = labels_of(kept).get(press.data, "")
            return channel_of(int(kept["owner"]), channel.thread) if kept.get("owner") else channel
        if press.direct:
            home = (await options.get(away(int(channel.id)))).get(press.message)
            return Channel.parse(home) if home else channel
        return channel


def chat_of(channel: Channel, desk: Desk, cause: Cause) -> TelegramChat | InlineChat:
    """The conversation at an address, where ``cause`` is what is being answered."""
    if channel.id.startswith(PREFIX):
        return InlineChat(channel, desk, cause=cause)
    return TelegramChat(channel, desk, cause=cause)


def _number_of(person: Person) -> int:
    """The platform's own number of somebody."""
    return int(person.id.partition(":")[2])
