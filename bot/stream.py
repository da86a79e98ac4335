"""Text that arrives in pieces, shown in messages that grow.

Three parts that never wait for each other: whoever reads the model fills a ``Cell``; the cell holds
the latest state; ``Show`` puts it before people at the chat's own pace. A slow platform never slows
the model's stream down.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import structlog

from bot.errors import ServiceError
from bot.markdown import Packer, lost
from bot.messages import Attachment, Button, Content
from bot.metrics import lost_characters
from bot.ports import Chat

log = structlog.get_logger()

Rows = tuple[tuple[Button, ...], ...]


class Fenced(Exception):
    """Another run holds this answer by now; whatever we would show is stale."""


class Cell:
    """The latest state of an answer that grows. Written by one, read by one."""

    def __init__(self, text: str = "", thoughts: str = "") -> None:
        self._text = [text] if text else []
        self._thoughts = [thoughts] if thoughts else []
        self.pictures: list[Attachment] = []
        self._changed = asyncio.Event()
        self._ended = asyncio.Event()

    @property
    def text(self) -> str:
        if len(self._text) > 1:
            self._text = ["".join(self._text)]
        return self._text[0] if self._text else ""

    @property
    def thoughts(self) -> str:
        if len(self._thoughts) > 1:
            self._thoughts = ["".join(self._thoughts)]
        return self._thoughts[0] if self._thoughts else ""

    def add(self, text: str) -> None:
        self._text.append(text)
        self._changed.set()

    def think(self, text: str) -> None:
        self._thoughts.append(text)
        self._changed.set()

    @property
    def ended(self) -> bool:
        return self._ended.is_set()

    def end(self) -> None:
        self._ended.set()
        self._changed.set()

    async def pause(self, seconds: float) -> None:
        """Wait that long, or until the end."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._ended.wait()

    async def change(self) -> None:
        """Wait for something new since the last call."""
        await self._changed.wait()
        self._changed.clear()


class Show:
    """Keeps messages showing an answer.

    ``record`` is told the ids of all messages whenever one was sent, before anything else is shown; it
    returns False when this run has been fenced off.
    """

    def __init__(
        self,
        chat: Chat,
        *,
        name: str,
        messages: Sequence[str],
        reply_to: str,
        record: Callable[[Sequence[str]], Awaitable[bool]],
        buttons: Rows = (),
    ) -> None:
        self.messages = list(messages)
        self._chat = chat
        self._name = name
        self._reply_to = reply_to
        self._record = record
        self._buttons = buttons
        self._packer = Packer(chat.limits.text, chat.limits.measure)
        self._shown: list[Content | None] = [None] * len(self.messages)

    async def begin(self) -> None:
        """The placeholder: the one call that cannot be repeated harmlessly everywhere."""
        if not self.messages:
            await self._put(0, Content(growing=True, buttons=self._buttons))

    async def follow(self, cell: Cell) -> None:
        """Show the cell as it grows until it has ended. Leaves the end itself to ``finish``."""
        pace = self._chat.limits.edit_every
        while not cell.ended:
            await cell.change()
            if cell.ended:
                return
            if pace is None:
                continue
            try:
                await self._lay_out(
                    cell.text, cell.thoughts, passing=True, last=Content(growing=True, buttons=self._buttons)
                )
            except ServiceError as error:
                log.info("preview failed", message=self._name, error=str(error))
            await cell.pause(pace)

    async def finish(
        self,
        text: str,
        thoughts: str,
        *,
        note: str = "",
        images: Sequence[Attachment] = (),
        buttons: Rows = (),
    ) -> None:
        """Show all of it, for good: every character, however many messages that takes."""
        last = Content(note=note, images=tuple(images), buttons=buttons)
        pieces = await self._lay_out(text, thoughts, passing=False, last=last)
        if self._chat.limits.text is not None:
            missing = lost(text, pieces)
            if missing:
                lost_characters.inc(missing)
                log.error("characters lost", message=self._name, count=missing)
        for surplus in self.messages[len(pieces) :]:
            await self._chat.delete(surplus)
        if len(self.messages) > len(pieces):
            del self.messages[len(pieces) :], self._shown[len(pieces) :]
            await self._remember()

    async def _lay_out(self, text: str, thoughts: str, *, passing: bool, last: Content) -> list[str]:
        pieces = self._packer.feed(text) or [""]
        for place, piece in enumerate(pieces):
            ending = place == len(pieces) - 1
            content = Content(
                text=piece,
                thoughts=thoughts if place == 0 else "",
                note=last.note if ending else "",
                images=last.images if ending else (),
                buttons=last.buttons if ending else (),
                growing=last.growing and ending,
            )
            await self._put(place, content, passing=passing and ending)
        return pieces

    async def _put(self, place: int, content: Content, *, passing: bool = False) -> None:
        if place < len(self.messages):
            if self._shown[place] == content:
                return
            message = await self._chat.edit(self.messages[place], content, passing=passing)
            if message != self.messages[place]:
                self.messages[place] = message
                await self._remember()
            self._shown[place] = content
            return
        reply_to = self._reply_to if place == 0 else self.messages[-1]
        self.messages.append(await self._chat.send(content, reply_to=reply_to, key=f"{self._name}-{place}"))
        self._shown.append(content)
        await self._remember()

    async def _remember(self) -> None:
        if not await self._record(self.messages):
            raise Fenced
