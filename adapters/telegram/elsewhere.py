"""A message that came through us into a chat where we are not: inline mode's side of a conversation."""

import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import structlog

from adapters.telegram.keyboards import keyboard
from adapters.telegram.layout import Part, fitting
from adapters.telegram.messages import Desk
from adapters.telegram.presses import Press
from adapters.telegram.screens import Screen
from adapters.telegram.speaks import Cause, TelegramChat
from adapters.telegram.stash import Stash
from adapters.telegram.text import caption, compose, write
from adapters.telegram.troubles import Trouble
from bot.errors import Kind, Refused, ServiceError
from bot.messages import Button, Channel, Content, Question
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


def labels_of(kept: Mapping[str, str]) -> Mapping[str, str]:
    """What the buttons under it say, by their data; the platform does not tell it with a press."""
    found: dict[str, str] = json.loads(kept.get("labels", "{}"))
    return found


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
        self._stash = Stash(desk, self._owner)
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
                await self._change(part, content, screen)
            except Refused as error:
                if error.code == Trouble.GONE:
                    return await self._elsewhere(content, f"instead of {self._message}")
                part = await self._mended(content, part, error)
                await self._change(part, content, screen)
            screen.is_media = screen.is_media or bool(part.media)
            screen.mark = part.mark
        labels = {each.data: each.label for row in content.buttons for each in row if each.data}
        await self._desk.options.set(place_of(self._message), "labels", json.dumps(labels))
        await self._send_rest(content)
        return message

    async def _send_rest(self, content: Content) -> None:
        """Of several files one has room there; the others go to the owner, once."""
        rest = [*content.images, *content.files][1:]
        if not rest:
            return
        named = " ".join([self._message, *(each.digest or each.name for each in rest)])
        images, files = content.images[1:], content.files[0 if content.images else 1 :]
        others = Content(content.text, images=images, files=files, spoiler=content.spoiler)
        try:
            await self._private.send(others, key=f"rest{hashlib.sha256(named.encode()).hexdigest()[:20]}")
        except Refused as error:
            log.info(
                "the other files have no place to be sent to", channel=str(self.channel), error=str(error)
            )

    async def _change(self, part: Part, content: Content, screen: Screen) -> None:
        try:
            await self._desk.line.surely(*self._call(part, content, screen), lane=self._lane)
        except Refused as error:
            if error.code == Trouble.NO_TEXT:
                screen.is_media = True
                await self._desk.line.surely(*self._call(part, content, screen), lane=self._lane)
            elif error.code != Trouble.UNCHANGED:
                raise

    async def _mended(self, content: Content, part: Part, error: Refused) -> Part:
        """Another way to show it, where there is one; raises the error where there is none."""
        if error.code == Trouble.STALE and part.media:
            for each in part.media:
                await self._desk.shelf.forget(each)
            return await self._part(content)
        if error.kind is Kind.REQUEST and error.status == 400 and not error.code:
            log.warning("said plainly, since it was refused", channel=str(self.channel), error=str(error))
            return part.bare()
        raise error

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
        content = fitting(content, self._desk.shelf, self.limits.upload)
        media = next(iter([*content.images, *content.files]), None)
        if media is not None:
            try:
                found = await self._stash.take(media, caption(replace(content, note="")))
            except Refused as error:
                log.info("a picture has no place to be sent to", channel=str(self.channel), error=str(error))
                return self._without(content)
            full = found.digest if found.kind == "photo" else ""
            markup = keyboard(content.buttons, full=full)
            return Part(caption(content), (found,), markup, content.spoiler)
        return Part(compose(content), markup=keyboard(content.buttons))

    def _without(self, content: Content) -> Part:
        sentence = _("Open a chat with me first, so that I can send you pictures.")
        link = Button(_("Open a chat"), url=self._link)
        words = compose(replace(content, text=f"{content.text}\n\n{sentence}"))
        return Part(words, markup=keyboard([*content.buttons, (link,)]))

    async def _elsewhere(self, content: Content, key: str) -> str:
        """To the owner's own chat; its buttons still belong here. Whoever has just pressed one is told."""
        press = self._desk.pressed.get(self.channel)
        ours = press is not None and press.person == self._owner
        try:
            message = await self._private.send(content, key=key)
        except Refused as error:
            if error.kind is Kind.FORBIDDEN and press is not None:
                if ours:
                    await self._invite(press)
                else:
                    await press.leads(_("Whoever began this has to open a chat with me first."))
            raise
        await self._desk.options.set(away(self._owner), message.partition("+")[0], str(self.channel))
        if press is not None:
            here, theirs = (
                _("It comes to our chat."),
                _("It goes to whoever began this, into their chat with me."),
            )
            await press.leads(here if ours else theirs)
        return message

    # --- everything else --------------------------------------------------------------------

    async def delete(self, message: str) -> None:
        if message != HERE:
            await self._private.delete(message)

    async def notice(self, text: str) -> None:
        """In the place of what was chosen while nothing else stands there."""
        press = self._cause.press if self._cause else None
        if press is not None and await press.answer(write(text).text):
            return
        if (await self._desk.options.get(place_of(self._message))).get("key") is None:
            await self.edit(HERE, Content(text))
        else:
            await self._theirs().notice(text)

    async def ask(self, question: Question) -> None:
        """In the chat of whoever pressed; the answer belongs here."""
        try:
            await self._theirs().ask(question)
        except Refused as error:
            if error.kind is not Kind.FORBIDDEN:
                raise
            await self.invite()
        else:
            await self._leads(_("I ask you in our chat."))

    async def send_original(self, digest: str, data: bytes, key: str) -> None:
        """A picture that we keep, as a file, to whoever pressed."""
        await self._theirs().send_original(digest, data, key)
        await self._leads(_("It comes to our chat."))

    async def invite(self) -> None:
        """Ask whoever pressed to open a chat with us, since what they want has no other place."""
        if self._cause is not None and self._cause.press is not None:
            await self._invite(self._cause.press)

    async def _invite(self, press: Press) -> None:
        await press.answer(_("Open a chat with me first, so that I can send you pictures."), url=self._link)

    async def _leads(self, sentence: str) -> None:
        if self._cause is not None and self._cause.press is not None:
            await self._cause.press.leads(sentence)

    @property
    def _link(self) -> str:
        return f"https://t.me/{self._desk.line.me.username}?start=inline"

    def _theirs(self) -> TelegramChat:
        person = self._cause.person.id.partition(":")[2] if self._cause else str(self._owner)
        return TelegramChat(Channel(PLATFORM, person), self._desk, cause=self._cause, home=self.channel)

    @asynccontextmanager
    async def typing(self) -> AsyncIterator[None]:
        yield
