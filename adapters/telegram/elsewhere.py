"""A message that came through us into a chat where we are not: inline mode's side of a conversation."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import structlog

from adapters.telegram.keyboards import keyboard
from adapters.telegram.layout import Address, Part
from adapters.telegram.media import Media, file_in
from adapters.telegram.messages import Desk
from adapters.telegram.pace import LATER
from adapters.telegram.screens import Screen
from adapters.telegram.speaks import Cause, TelegramChat
from adapters.telegram.text import caption, compose
from adapters.telegram.troubles import Trouble
from bot.errors import Refused, ServiceError
from bot.messages import Attachment, Button, Channel, Content, Question
from bot.ports import Chat
from bot.texts import _

log = structlog.get_logger()

PLATFORM = "telegram"
PREFIX = "inline-"  # of the channel's id; the person's number follows, and the message is the thread
HERE = "inline"  # what the core calls that message


def channel_of(owner: int, message: str) -> Channel:
    return Channel(PLATFORM, f"{PREFIX}{owner}", message)


def place_of(message: str) -> str:
    """Where it is kept whose message that is, and what it shows."""
    return f"telegram.inline.{message}"


def away(person: int) -> str:
    """Where it is kept which messages of a private chat belong to which inline message."""
    return f"telegram.away.{person}"


class InlineChat(Chat):
    """The first message takes the place of the one that was chosen; others go to the owner's own chat.

    Nothing can be uploaded there: pictures are sent to a chat where they can, and shown by their ids.
    """

    def __init__(self, channel: Channel, desk: Desk, *, cause: Cause | None = None) -> None:
        self.channel = channel
        self._desk = desk
        self._cause = cause
        self._message = channel.thread
        self._owner = int(channel.id.removeprefix(PREFIX))
        self._private = TelegramChat(Channel(PLATFORM, str(self._owner)), desk, cause=cause)
        self.limits = replace(self._private.limits, draft_every=None)
        # A number for the pace keeper and the memory of screens: no chat has one so large.
        self._lane = 2**60 + int.from_bytes(hashlib.sha256(self._message.encode()).digest()[:6])

    # --- showing ----------------------------------------------------------------------------

    async def send(self, content: Content, *, reply_to: str = "", key: str = "") -> str:
        taken = (await self._desk.options.get(place_of(self._message))).get("key")
        if taken is not None and taken != key:
            return await self._elsewhere(content, key)
        await self._desk.options.set(place_of(self._message), "key", key or "first")
        return await self.edit(HERE, content)

    async def edit(self, message: str, content: Content, *, passing: bool = False) -> str:
        if message != HERE:
            return await self._private.edit(message, content, passing=passing)
        screen = self._desk.screens.of(self._lane, 0)
        if passing:
            await self._preview(content, screen)
            return message
        screen.finals += 1
        async with screen.lock:
            part = await self._part(content)
            try:
                await self._desk.line.surely(*self._call(part, content, screen), lane=self._lane)
            except Refused as error:
                if error.code == Trouble.GONE:
                    return await self._elsewhere(content, f"instead of {self._message}")
                if error.code == Trouble.NO_TEXT:
                    screen.is_media = True
                    await self._desk.line.surely(*self._call(part, content, screen), lane=self._lane)
                elif error.code != Trouble.UNCHANGED:
                    raise
            screen.is_media = screen.is_media or bool(part.media)
            screen.mark = part.mark
        return message

    async def _preview(self, content: Content, screen: Screen) -> None:
        """Words only: a picture would have to be sent somewhere first."""
        part = Part(compose(content), markup=keyboard(content.buttons))
        if screen.lock.locked() or part.mark == screen.mark:
            return
        if not self._desk.line.pace.spare(self._lane, self._message):
            return
        async with screen.lock:
            try:
                await self._desk.line.once(*self._call(part, content, screen))
                screen.mark = part.mark
            except ServiceError as error:
                log.debug("a preview was lost", channel=str(self.channel), error=str(error))

    def _call(self, part: Part, content: Content, screen: Screen) -> tuple[str, dict[str, Any]]:
        """The edit. A picture does not become words again: then the words stand under it."""
        message = {"inline_message_id": self._message}
        if screen.is_media and not part.media:
            call = replace(part, words=caption(content)).caption(message)
        else:
            call = part.edit(message)
        return call.method, dict(call.params)

    async def _part(self, content: Content) -> Part:
        media = next(iter([*content.images, *content.files]), None)
        if media is not None:
            try:
                found = await self._taken(media, content)
            except Refused as error:
                log.info("a picture has no place to be sent to", channel=str(self.channel), error=str(error))
                return self._without(content)
            full = found.digest if found.kind == "photo" else ""
            markup = keyboard(content.buttons, full=full)
            return Part(caption(content), (found,), markup, content.spoiler)
        return Part(compose(content), markup=keyboard(content.buttons))

    async def _taken(self, attachment: Attachment, content: Content) -> Media:
        """It, with an id of the platform's: sent without a sound to where it may be sent."""
        media = await self._desk.shelf.find(attachment)
        if media.file_id:
            return media
        to = Address(self._desk.cache_chat or self._owner, silent=True)
        part = Part(caption(replace(content, note="")), (media,))
        _ids, messages = await self._desk.sends.post(part.send(to), priority=LATER)
        await self._desk.shelf.remember([media], messages, owner=self._owner, caption=part.words.text)
        kind = media.kind if messages[0].get(media.kind) else "document"
        return replace(media, kind=kind, file_id=file_in(messages[0], kind))

    def _without(self, content: Content) -> Part:
        sentence = _("Open a chat with me first, so that I can send you pictures.")
        link = Button(_("Open a chat"), url=f"https://t.me/{self._desk.line.me.username}?start=inline")
        words = compose(replace(content, text=f"{content.text}\n\n{sentence}"))
        return Part(words, markup=keyboard([*content.buttons, (link,)]))

    async def _elsewhere(self, content: Content, key: str) -> str:
        """To the owner's own chat; its buttons still belong here."""
        message = await self._private.send(content, key=key)
        await self._desk.options.set(away(self._owner), message.partition("+")[0], str(self.channel))
        return message

    # --- everything else --------------------------------------------------------------------

    async def delete(self, message: str) -> None:
        if message != HERE:
            await self._private.delete(message)

    async def notice(self, text: str) -> None:
        press = self._cause.press if self._cause else None
        if press is None or not await press.answer(text):
            await self.edit(HERE, Content(text))

    async def ask(self, question: Question) -> None:
        """In the chat of whoever pressed; the answer belongs here."""
        await self._theirs().ask(question)

    async def send_original(self, digest: str, data: bytes, key: str) -> None:
        """A picture that we keep, as a file, to whoever pressed."""
        await self._theirs().send_original(digest, data, key)

    def _theirs(self) -> TelegramChat:
        person = self._cause.person.id.partition(":")[2] if self._cause else str(self._owner)
        return TelegramChat(Channel(PLATFORM, person), self._desk, cause=self._cause, home=self.channel)

    @asynccontextmanager
    async def typing(self) -> AsyncIterator[None]:
        yield
