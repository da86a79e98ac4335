"""Our messages in one place: posted, changed, taken away."""

from dataclasses import dataclass, field

import structlog

from adapters.telegram.asks import Asks
from adapters.telegram.layout import Address, Layout, Part, lay_out
from adapters.telegram.line import Line
from adapters.telegram.media import Shelf
from adapters.telegram.pace import FIRST, LATER
from adapters.telegram.screens import Screen, Screens
from adapters.telegram.sends import Call, Sends
from adapters.telegram.troubles import Trouble
from bot.errors import Kind, Refused, ServiceError
from bot.messages import Channel, Content

log = structlog.get_logger()

UPLOAD, UPLOAD_LOCAL = 50_000_000, 2_000_000_000  # bytes

_REPOST = (Trouble.GONE, Trouble.UNTOUCHABLE, Trouble.NO_TEXT)


@dataclass(slots=True)
class Desk:
    """What all conversations share."""

    line: Line
    sends: Sends
    shelf: Shelf
    asks: Asks
    screens: Screens = field(default_factory=Screens)
    has_drafts: bool = True  # until we learn better


class Messages:
    """A message is named by its id; with others that stand beside it, ``id+id,id``."""

    def __init__(self, channel: Channel, desk: Desk) -> None:
        self.channel = channel
        self.chat = int(channel.id)
        self.upload = UPLOAD if desk.line.is_official else UPLOAD_LOCAL
        self._thread = int(channel.thread or 0)
        self._desk = desk

    # --- sending ----------------------------------------------------------------------------

    async def send(self, content: Content, *, reply_to: str = "", key: str = "") -> str:
        layout = await self._layout(content)
        try:
            return await self._post(layout, _number(reply_to), key)
        except Refused as error:
            return await self._post(await self._mended(content, layout, error), _number(reply_to), key)

    async def _post(self, layout: Layout, reply_to: int, key: str) -> str:
        beside: list[int] = []
        for number, part in enumerate(layout.before):
            to = self.address(0 if beside else reply_to)
            beside += await self.post_part(part, to, f"{key}+{number}" if key else "", LATER)
        (main,) = await self.post_part(layout.main, self.address(0 if beside else reply_to), key, FIRST)
        self._shown(self._desk.screens.of(self.channel.id, str(main)), layout)
        return _joined(main, beside)

    async def post_part(self, part: Part, to: Address, key: str, priority: int) -> tuple[int, ...]:
        try:
            ids, messages = await self._desk.sends.post(part.send(to), key=key, priority=priority)
        except Refused as error:
            if error.code != Trouble.TOPIC or not to.thread:
                raise
            log.info("the topic is gone", channel=str(self.channel))
            call = part.send(Address(to.chat, reply_to=to.reply_to))
            ids, messages = await self._desk.sends.post(call, key=key, priority=priority)
        await self._desk.shelf.remember(part.media, messages)
        return ids

    # --- changing ---------------------------------------------------------------------------

    async def edit(self, message: str, content: Content, *, passing: bool = False) -> str:
        screen = self._desk.screens.of(self.channel.id, str(_number(message)))
        if passing:
            await self._preview(message, content, screen)
            return message
        screen.finals += 1
        async with screen.lock:
            layout = await self._layout(content)
            try:
                return await self._change(message, layout, screen)
            except Refused as error:
                return await self._change(message, await self._mended(content, layout, error), screen)

    async def _preview(self, message: str, content: Content, screen: Screen) -> None:
        """Show it if there is time for that, and if nothing newer was begun meanwhile."""
        finals = screen.finals
        if screen.lock.locked():
            return
        layout = await lay_out(content, self._desk.shelf, upload=self.upload, whole=False)
        part = layout.main
        late = screen.finals != finals or screen.lock.locked()
        if late or part.mark == screen.mark or (part.kind == "text" and screen.kind not in ("", "text")):
            return
        if not self._desk.line.pace.spare(self.chat, message):
            return
        async with screen.lock:
            call = self._edit(part, _number(message), screen)
            try:
                await self._desk.line.once(call.method, call.params, files=call.files)
            except ServiceError as error:
                if not (isinstance(error, Refused) and error.code == Trouble.UNCHANGED):
                    log.debug("a preview was lost", channel=str(self.channel), error=str(error))
                    screen.mark = 0
                    return
            self._shown(screen, Layout(part), beside=screen.beside)

    async def _change(self, message: str, layout: Layout, screen: Screen) -> str:
        """Make the message show that, for good."""
        part, number = layout.main, _number(message)
        beside = tuple(each.mark for each in layout.before)
        if len(_beside(message)) != sum(len(each.media) or 1 for each in layout.before) or (
            screen.beside not in (None, beside)
        ):
            message = await self._change_beside(message, layout)
        if part.mark == screen.mark:
            return message
        if part.kind == "text" and screen.kind not in ("", "text"):
            return await self._repost(message, layout)
        call = self._edit(part, number, screen)
        try:
            answer = await self._desk.line.surely(call.method, call.params, files=call.files)
        except Refused as error:
            if error.code in _REPOST:
                return await self._repost(message, layout)
            if error.code != Trouble.UNCHANGED:
                raise
        else:
            await self._desk.shelf.remember(part.media, [answer])
        self._shown(screen, layout)
        return message

    def _edit(self, part: Part, number: int, screen: Screen) -> Call:
        same = bool(part.media) and part.media[0].mark == screen.file
        return part.edit({"chat_id": self.chat, "message_id": number}, same_file=same)

    async def _repost(self, message: str, layout: Layout) -> str:
        """A picture does not become text again, and what is gone cannot change: post it anew."""
        await self.delete(message)
        known = f"{self.chat}>{_number(message)}"  # after a crash, the one that was posted then is found
        return await self._post(layout, 0, known)

    async def _change_beside(self, message: str, layout: Layout) -> str:
        """The messages that stand beside the main one: others take their place."""
        await self.take_away(_beside(message))
        beside: list[int] = []
        for part in layout.before:
            beside += await self.post_part(part, self.address(0), "", LATER)
        return _joined(_number(message), beside)

    async def delete(self, message: str) -> None:
        number = str(_number(message))
        screen = self._desk.screens.of(self.channel.id, number)
        screen.finals += 1
        self._desk.screens.forget(self.channel.id, number)
        await self.take_away([_number(message), *_beside(message)])

    async def take_away(self, messages: list[int]) -> None:
        for each in messages:
            params = {"chat_id": self.chat, "message_id": each}
            try:
                await self._desk.line.surely("deleteMessage", params, priority=None)
            except Refused as error:
                if error.code != Trouble.GONE:
                    log.info("a message stays", channel=str(self.channel), message=each, error=str(error))

    # --- what is shown ----------------------------------------------------------------------

    async def _layout(self, content: Content, *, plain: bool = False) -> Layout:
        return await lay_out(content, self._desk.shelf, upload=self.upload, plain=plain)

    async def _mended(self, content: Content, layout: Layout, error: Refused) -> Layout:
        """Another way to show it, where there is one; raises the error where there is none."""
        media = [each for part in (layout.main, *layout.before) for each in part.media]
        if error.code == Trouble.STALE and any(each.file_id for each in media):
            for each in media:
                await self._desk.shelf.forget(each)
            return await self._layout(content)
        if any(each.kind == "photo" for each in media) and (
            error.code == Trouble.PICTURE or error.kind is Kind.SIZE
        ):
            return await self._layout(content, plain=True)
        raise error

    def _shown(self, screen: Screen, layout: Layout, *, beside: tuple[int, ...] | None = None) -> None:
        screen.kind, screen.mark = layout.main.kind, layout.main.mark
        screen.file = layout.main.media[0].mark if layout.main.media else ""
        screen.beside = beside or tuple(each.mark for each in layout.before)

    def address(self, reply_to: int) -> Address:
        return Address(self.chat, self._thread, reply_to)


def _number(message: str) -> int:
    """The message that carries the buttons; 0 for what is no message here."""
    main = message.partition("+")[0]
    return int(main) if main.isdecimal() else 0


def _beside(message: str) -> list[int]:
    """The messages that belong to it."""
    return [int(each) for each in message.partition("+")[2].split(",") if each]


def _joined(main: int, beside: list[int]) -> str:
    return f"{main}+{','.join(map(str, beside))}" if beside else str(main)
