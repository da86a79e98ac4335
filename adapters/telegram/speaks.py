"""One conversation on Telegram, as features see it."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog

from adapters.telegram import asks, keyboards
from adapters.telegram.asks import Asked
from adapters.telegram.layout import Part
from adapters.telegram.messages import Desk, Messages
from adapters.telegram.pace import DRAFT, FIRST, GROUP, PRIVATE
from adapters.telegram.presses import Press
from adapters.telegram.sends import Call
from adapters.telegram.text import CAPTION, TEXT, compose, measure, write
from bot.errors import Kind, Refused, ServiceError, Unavailable, Unsupported
from bot.messages import Attachment, Channel, Content, Limits, Person, Question
from bot.ports import Chat

log = structlog.get_logger()

ROOM = 200  # units of a message that are left for what stands around the text
ACT_EVERY = 4.0  # seconds; what we are shown to do is forgotten after five


@dataclass(frozen=True, slots=True)
class Cause:
    """Who did what, where a conversation follows from that."""

    person: Person
    event: str
    message: int  # theirs, or the one whose button they pressed
    press: Press | None = None


class TelegramChat(Chat):
    """``cause`` is what is being answered, where something is; ``home`` is where answers belong."""

    def __init__(
        self, channel: Channel, desk: Desk, *, cause: Cause | None = None, home: Channel | None = None
    ) -> None:
        self.channel = channel
        self._desk = desk
        self._messages = Messages(channel, desk)
        self._cause = cause
        self._home = home
        self._notices = 0
        private = self.place > 0
        self.limits = Limits(
            text=TEXT - ROOM,
            measure=measure,
            caption=CAPTION,
            edit_every=(PRIVATE if private else GROUP).preview_every,
            draft_every=DRAFT.preview_every if private and not desk.draftless & {0, self.place} else None,
            button_rows=keyboards.ROWS,
            buttons_per_row=keyboards.PER_ROW,
            row_letters=keyboards.ROW_LETTERS,
            upload=self._messages.upload,
        )

    @property
    def place(self) -> int:
        """The platform's number of this chat."""
        return self._messages.chat

    async def send(self, content: Content, *, reply_to: str = "", key: str = "") -> str:
        return await self._messages.send(content, reply_to=reply_to, key=key)

    async def edit(self, message: str, content: Content, *, passing: bool = False) -> str:
        return await self._messages.edit(message, content, passing=passing)

    async def delete(self, message: str) -> None:
        await self._messages.delete(message)

    # --- the person who acted ---------------------------------------------------------------

    async def notice(self, text: str) -> None:
        self._notices += 1
        cause = self._cause
        if cause is not None and cause.press is not None and await cause.press.answer(write(text).text):
            return
        key = f"notice:{cause.event}:{self._notices}" if cause else ""
        to = self._messages.address(cause.message if cause else 0)
        await self._messages.post(Part(compose(Content(text))), to, key=key)

    async def send_original(self, digest: str, data: bytes, key: str) -> None:
        """A picture that we keep, as a file, under the message whose button asked for it."""

        async def load() -> bytes:
            return data

        name = f"{digest[:12]}.{_extension(data)}"
        media = await self._desk.shelf.find(
            Attachment(name, "application/octet-stream", len(data), load, digest), plain=True
        )
        to = self._messages.address(self._cause.message if self._cause else 0)
        await self._messages.post(Part(media=(media,)), to, key=f"full:{key}")

    async def ask(self, question: Question) -> None:
        cause = self._cause
        person = cause.person if cause else None
        number = int(person.id.partition(":")[2]) if person and self.place < 0 else 0
        name = person.id if person else ""
        words = asks.words(question, person, max(number, 0))
        params = self._messages.address(cause.message if cause else 0).params
        key = f"ask:{cause.event}" if cause else ""
        beside = 0
        if (old := asks.old_words(question)) is not None:
            beside = await self._say({**params, **old}, f"{key}:old" if key else "")
        sent = await self._say({**params, **words}, key)
        about = self._messages.name(cause.message) if cause else ""
        asked = Asked(question.data, about, name, str(self._home) if self._home else "", beside)
        await self._desk.asks.open(self.place, sent, asked)
        # Only now: a press that comes twice is asked for once, and that question stays.
        for other in await self._desk.asks.of(self.place, name, question.data):
            if other != sent:
                await self.dismiss(other)

    async def _say(self, params: dict[str, Any], key: str) -> int:
        (sent,), _messages = await self._desk.sends.post(Call("sendMessage", params), key=key, priority=FIRST)
        return sent

    async def dismiss(self, question: int) -> None:
        """Take an open question away."""
        await self._messages.take_away(await self._desk.asks.close(self.place, question))

    @asynccontextmanager
    async def typing(self) -> AsyncIterator[None]:
        acting = asyncio.create_task(self._act("typing"))
        try:
            yield
        finally:
            acting.cancel()
            await asyncio.wait([acting])

    async def _act(self, action: str) -> None:
        params = {**self._messages.address().params, "action": action}
        while True:
            wait = ACT_EVERY
            try:
                await self._desk.line.once("sendChatAction", params)
            except Unavailable as error:
                wait = max(wait, error.retry_after or 0.0)
            except ServiceError as error:
                log.debug("we are not seen at work", channel=str(self.channel), error=str(error))
            await asyncio.sleep(wait)

    # --- drafts -----------------------------------------------------------------------------

    async def draft(self, content: Content, *, key: str) -> bool:
        if self.place < 0 or self._desk.draftless & {0, self.place}:
            return False
        if not self._desk.line.pace.spare(self.place, key, draft=True):
            return True
        words = compose(content)
        params = {
            **self._messages.address().params,
            "draft_id": int.from_bytes(hashlib.sha256(key.encode()).digest()[:4]) % (2**31 - 1) + 1,
            "text": words.text,
            "entities": words.entities,
            "can_stop": True,  # servers of before know no such thing, and do not mind
        }
        try:
            await self._desk.line.once("sendMessageDraft", params)
        except Unsupported:
            log.info("this server knows no drafts; messages are edited instead")
            self._desk.draftless.add(0)
            return False
        except Refused as error:
            log.info("no drafts here", channel=str(self.channel), error=str(error))
            if error.kind is not Kind.FORBIDDEN:  # who blocked us may come back
                self._desk.draftless.add(self.place)
            return False
        except ServiceError as error:
            log.debug("a draft was lost", channel=str(self.channel), error=str(error))
        return True


def _extension(data: bytes) -> str:
    """By the first bytes."""
    if data.startswith(b"\x89PNG"):
        return "png"
    if data[8:12] == b"WEBP":
        return "webp"
    return "gif" if data.startswith(b"GIF8") else "jpg"
