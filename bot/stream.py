"""Text that arrives in pieces, shown in messages that grow.

Three parts that never wait for each other: whoever reads the model fills a ``Cell``; the cell holds
the latest state; ``Show`` puts it before people at the chat's own pace. A slow platform never slows
the model's stream down.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace

import structlog

from bot.errors import Kind, OutcomeUnknown, ServiceError, Unavailable
from bot.markdown import Packer, lost
from bot.messages import Attachment, Button, Content
from bot.metrics import lost_characters
from bot.ports import Chat
from bot.texts import _

log = structlog.get_logger()

Rows = tuple[tuple[Button, ...], ...]

REFRESH = 20.0  # seconds after which a draft is shown again: platforms take it away when it rests
MANY = 4  # messages; an answer that takes more comes as a file, too


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

    async def change(self, within: float | None = None) -> None:
        """Wait for something new since the last call, at most so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._changed.wait()
        self._changed.clear()


def _as_file(text: str) -> Attachment:
    data = text.encode("utf-8", "replace")

    async def load() -> bytes:
        return data

    return Attachment("answer.md", "text/markdown", len(data), load)


class Show:
    """Keeps messages showing an answer.

    Where the chat has drafts, what grows is a draft, and a message only once it is full or at its end;
    otherwise a message is posted at once and edited. ``record`` is told the ids of all messages whenever one
    was sent, before anything else is shown; it returns False when this run has been fenced off.
    ``repeated``: an earlier run may have sent messages under the same keys that nobody recorded.
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
        repeated: bool = False,
        refresh: float = REFRESH,
    ) -> None:
        self.messages = list(messages)
        self._chat = chat
        self._name = name
        self._reply_to = reply_to
        self._record = record
        self._buttons = buttons
        self._repeated = repeated
        self._refresh = refresh
        self._packer = Packer(chat.limits.text, chat.limits.measure)
        self._shown: list[Content | None] = [None] * len(self.messages)
        self._drafts = chat.limits.draft_every is not None  # until one is refused
        self.drafting = self._drafts and not self.messages  # what grows is no message yet
        self.seen = asyncio.Event()  # some of the text is before people

    async def begin(self) -> None:
        """Something to see at once: a draft, or else a placeholder message.

        A platform that is away for a moment keeps nobody from being answered; one that refuses does.
        """
        if not self.messages:
            try:
                await self._preview(0, Content())
            except (Unavailable, OutcomeUnknown) as error:
                log.info("preview failed", message=self._name, error=str(error))

    async def follow(self, cell: Cell) -> None:
        """Show the cell as it grows until it has ended. Leaves the end itself to ``finish``."""
        while not cell.ended:
            await cell.change(self._refresh if self.drafting else None)
            if cell.ended:
                return
            limits = self._chat.limits  # anew each time: the more there is to show, the rarer it may be
            pace = limits.draft_every if self.drafting else limits.edit_every
            if pace is None:
                continue
            try:
                await self._grow(cell.text, cell.thoughts)
                if cell.text:
                    self.seen.set()
            except ServiceError as error:
                if error.kind is Kind.FORBIDDEN:
                    raise  # they have left or thrown us out: nobody is written for
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
        contents = self._pieces(text, thoughts)
        if self._chat.limits.text is not None:
            missing = lost(text, [content.text for content in contents])
            if missing:
                lost_characters.inc(missing)
                log.error("characters lost", message=self._name, count=missing)
        many = self._chat.limits.text is not None and len(contents) > MANY
        contents[-1] = replace(contents[-1], note=note, images=tuple(images), buttons=buttons)
        if images and not self._fits_caption(contents[-1]):
            contents[-1] = replace(contents[-1], images=())
            contents.append(Content(images=tuple(images)))
        if many:
            contents.append(Content(note=_("The whole answer as a file."), files=(_as_file(text),)))
        for place, content in enumerate(contents):
            await self._put(place, content)
        for surplus in self.messages[len(contents) :]:
            await self._chat.delete(surplus)
        if len(self.messages) > len(contents):
            del self.messages[len(contents) :], self._shown[len(contents) :]
            await self._remember()

    def _pieces(self, text: str, thoughts: str, *, rough: bool = False) -> list[Content]:
        """The text as messages that fit, at least one; the thoughts go with the first."""
        first, *others = self._packer.feed(text, rough=rough) or [""]
        return [Content(first, thoughts), *map(Content, others)]

    def _fits_caption(self, content: Content) -> bool:
        """Whether it can stand under pictures."""
        limits = self._chat.limits
        words = [words for words in (content.thoughts, content.text, content.note) if words]
        return limits.caption is None or limits.measure("\n\n".join(words)) <= limits.caption

    async def _grow(self, text: str, thoughts: str) -> None:
        *full, last = self._pieces(text, thoughts, rough=True)
        for place, content in enumerate(full):
            await self._put(place, content)
        await self._preview(len(full), last)

    async def _preview(self, place: int, content: Content) -> None:
        """Show what is not at its end yet: in its message, else as a draft, else in a message from now on."""
        content = replace(content, growing=True)
        self.drafting = self._drafts and place >= len(self.messages)
        if self.drafting and not await self._chat.draft(content, key=self._key(place)):
            self._drafts = self.drafting = False
        if not self.drafting:
            await self._put(place, replace(content, buttons=self._buttons), passing=True)

    async def _put(self, place: int, content: Content, *, passing: bool = False) -> None:
        if place == len(self.messages):
            reply_to = self.messages[-1] if place else self._reply_to
            message = await self._chat.send(content, reply_to=reply_to, key=self._key(place))
            self.messages.append(message)
            # A send that was a repeat has changed nothing: what is shown may be another run's words.
            self._shown.append(None if self._repeated else content)
            await self._remember()
        if self._shown[place] == content:
            return
        message = await self._chat.edit(self.messages[place], content, passing=passing)
        if message != self.messages[place]:
            self.messages[place] = message
            await self._remember()
        self._shown[place] = content

    def _key(self, place: int) -> str:
        return f"{self._name}-{place}"

    async def _remember(self) -> None:
        if not await self._record(self.messages):
            raise Fenced
