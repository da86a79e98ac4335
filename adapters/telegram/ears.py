"""Hands what people say and press to the inbox: in order, and nothing is lost on the way."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import structlog
from telegram import Update

from adapters.telegram.asks import Asked
from adapters.telegram.hands import Hands, Own, chat_of
from adapters.telegram.hears import PLATFORM, Heard, Hearing, Moved, Pressed, Said
from adapters.telegram.inline import Chosen, Inline, Query
from adapters.telegram.letters import Letters
from adapters.telegram.messages import Desk
from adapters.telegram.speaks import Cause, TelegramChat
from bot.commands import find, read
from bot.errors import ServiceError
from bot.messages import ButtonPress, Channel, IncomingMessage
from bot.ports import Inbox, Letter, Mail
from bot.texts import speaking

log = structlog.get_logger()

SEEN = [{"type": "emoji", "emoji": "👀"}]
URGENT = "stop"  # the command that does not wait for what was said before
TOGETHER = 0.7  # seconds within which all parts of an album come
CANCEL = "cancel"  # what takes back a question of ours


class Ears:
    """What is started here belongs to ``group``. ``own`` does what buttons of the adapter's own ask for.

    ``retry`` is how many seconds pass before what was not taken in is tried again.
    """

    def __init__(
        self,
        desk: Desk,
        hearing: Hearing,
        inbox: Inbox,
        mail: Mail,
        own: Own,
        group: asyncio.TaskGroup,
        *,
        retry: float = 5.0,
    ) -> None:
        self._desk = desk
        self._hearing = hearing
        self._inbox = inbox
        self._mail = mail
        self._inline = Inline(desk, inbox)
        self._hands = Hands(desk, inbox, self._inline, own, group)
        self._group = group
        self._letters = Letters(mail, self._open, group, retry)
        self._albums: dict[str, list[tuple[Letter, Said]]] = {}  # that are a command, or answer a question
        self._queues: dict[Channel, deque[Callable[[], Awaitable[None]]]] = {}

    async def redeliver(self) -> None:
        """Hand in again what was stored before the service last ended and not taken in."""
        await self._letters.open(await self._mail.waiting(PLATFORM))

    async def take(self, updates: Sequence[Mapping[str, Any]]) -> None:
        """Store updates and hand in those that are new. When this returns they may be acknowledged."""
        letters = [Letter(str(update["update_id"]), update) for update in updates]
        await self._letters.open(await self._mail.take(PLATFORM, letters))

    async def _open(self, letter: Letter) -> None:
        match self._read(letter):
            case Said() as said:
                words = read(said.message.text)
                work = partial(self._hear, said)
                if said.album in self._albums:
                    self._albums[said.album].append((letter, said))
                elif words is not None and self._is_urgent(words[0]):
                    self._group.create_task(self._letters.see_to([letter], work))
                elif said.album and (words is not None or await self._is_answer(said)):
                    self._albums[said.album] = [(letter, said)]
                    self._queue(said.message.channel, partial(self._hear_album, said.album))
                else:
                    self._queue(said.message.channel, partial(self._letters.see_to, [letter], work))
            case Pressed(press, label):
                self._group.create_task(
                    self._letters.see_to([letter], partial(self._hands.press, press, label))
                )
            case Query() | Chosen() as asked:
                self._group.create_task(self._letters.see_to([letter], partial(self._ask_inline, asked)))
            case Moved(old, new):
                await self._letters.see_to([letter], partial(self._desk.line.has_moved, old, new))
            case None:
                await self._letters.done([letter])

    def _is_urgent(self, name: str) -> bool:
        command = find(self._inbox.commands, name)
        return (command.name if command is not None else name.casefold()) == URGENT

    def _read(self, letter: Letter) -> Heard | None:
        """What it says. One that cannot be read is put aside, so that it does not stop the others."""
        try:
            update = Update.de_json(dict(letter.body), None)
            message = update.effective_message
            if message is not None:
                theirs = update.callback_query is None  # a button may stand under a stray of ours
                self._desk.sends.saw(message.chat.id, message.message_id, known=theirs)
            return self._hearing.read(update)
        except Exception:
            log.exception("an update cannot be read; it is put aside", update=letter.key)
            log.debug("that update", update=letter.key, body=letter.body)
            return None

    # --- messages ---------------------------------------------------------------------------

    async def _hear(self, said: Said) -> None:
        message = self._where_it_is_now(said.message)
        number = int(message.id) if message.id.isdecimal() else 0
        cause = Cause(message.author, f"{message.channel.id}/{message.id}", number)
        chat = TelegramChat(message.channel, self._desk, cause=cause)
        asked = await self._asked(said, chat)
        if asked is not None:
            home = Channel.parse(asked.channel) if asked.channel else message.channel
            press = ButtonPress(
                f"{message.channel.id}.{message.id}",
                home,
                message.author,
                asked.message,
                asked.data,
                message.text,
                message.direct,
                message.attachments,
            )
            await self._inbox.receive(
                press, chat if home == message.channel else chat_of(home, self._desk, cause)
            )
            await chat.dismiss(said.reply_to)
        elif not await self._cancelled(message, chat):
            if number and message.addressed and not message.edited and read(message.text) is None:
                self._group.create_task(self._show_seen(message))
            await self._inbox.receive(message, chat)

    async def _hear_album(self, album: str) -> None:
        """A command with all pictures of the album that it is the caption of, or an answer made of them."""
        await asyncio.sleep(TOGETHER)
        (first, said), *others = self._albums.pop(album)
        files = tuple(file for _letter, each in ((first, said), *others) for file in each.message.attachments)
        whole = replace(said, message=replace(said.message, attachments=files))
        await self._letters.see_to([first, *(letter for letter, _said in others)], partial(self._hear, whole))

    def _where_it_is_now(self, message: IncomingMessage) -> IncomingMessage:
        """What was said in a group that has moved meanwhile belongs to the new place; its id does not."""
        old = int(message.channel.id)
        new = self._desk.line.place(old)
        if new == old:
            return message
        channel = replace(message.channel, id=str(new))
        return replace(message, channel=channel, id=f"{old}/{message.id}")

    async def _is_answer(self, said: Said) -> bool:
        """Whether it replies to an open question, whosever that is."""
        chat = int(said.message.channel.id)
        return bool(said.reply_to) and await self._desk.asks.find(chat, said.reply_to) is not None

    async def _asked(self, said: Said, chat: TelegramChat) -> Asked | None:
        """The open question that this answers."""
        message = said.message
        if not said.reply_to or message.edited or read(message.text) is not None:
            return None
        asked = await self._desk.asks.find(chat.place, said.reply_to)
        hidden = f"{PLATFORM}:{chat.place}"  # an admin who presses as somebody, and speaks as the group
        return asked if asked is not None and message.author.id in (asked.person, hidden) else None

    async def _cancelled(self, message: IncomingMessage, chat: TelegramChat) -> bool:
        """Whether they took back what they were asked."""
        words = read(message.text)
        if words is None or words[0].casefold() != CANCEL:
            return False
        questions = await self._desk.asks.of(chat.place, message.author.id)
        for question in questions:
            await chat.dismiss(question)
        return bool(questions)

    async def _show_seen(self, message: IncomingMessage) -> None:
        params = {"chat_id": int(message.channel.id), "message_id": int(message.id), "reaction": SEEN}
        try:
            await self._desk.line.once("setMessageReaction", params)
        except ServiceError as error:
            log.debug("no reaction here", channel=str(message.channel), error=str(error))

    # --- inline mode ------------------------------------------------------------------------

    async def _ask_inline(self, asked: Query | Chosen) -> None:
        with speaking(asked.person.language):
            if isinstance(asked, Query):
                await self._inline.offer(asked)
            else:
                await self._inline.chosen(asked)

    # --- order ------------------------------------------------------------------------------

    def _queue(self, channel: Channel, work: Callable[[], Awaitable[None]]) -> None:
        if channel in self._queues:
            self._queues[channel].append(work)
        else:
            self._queues[channel] = deque([work])
            self._group.create_task(self._work_off(channel))

    async def _work_off(self, channel: Channel) -> None:
        queue = self._queues[channel]
        while queue:
            await queue.popleft()()
        del self._queues[channel]
