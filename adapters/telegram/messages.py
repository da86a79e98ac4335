"""Our messages in one place: posted, changed, taken away."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import structlog

from adapters.telegram.asks import Asks
from adapters.telegram.earlier import Pictures
from adapters.telegram.layout import Address, Layout, Part, lay_out
from adapters.telegram.line import Line
from adapters.telegram.media import Shelf
from adapters.telegram.names import Name
from adapters.telegram.pace import FIRST, LATER
from adapters.telegram.presses import Press
from adapters.telegram.screens import Screen, Screens
from adapters.telegram.sends import Call, Message, Sends
from adapters.telegram.text import caption
from adapters.telegram.troubles import Trouble
from bot.errors import Kind, Refused, ServiceError
from bot.messages import Channel, Content
from bot.ports import Options

log = structlog.get_logger()

UPLOAD, UPLOAD_LOCAL = 50_000_000, 2_000_000_000  # bytes

PREVIEW = 15.0  # seconds that a preview may take, since what comes after waits for it

_REPOST = (Trouble.GONE, Trouble.UNTOUCHABLE, Trouble.NO_TEXT)


@dataclass(slots=True)
class Desk:
    """What all conversations share."""

    line: Line
    sends: Sends
    shelf: Shelf
    asks: Asks
    options: Options
    pictures: Pictures
    cache_chat: int = 0  # where pictures for inline messages are sent; 0: to their owners
    screens: Screens = field(default_factory=Screens)
    draftless: set[int] = field(default_factory=set)  # chats that take no drafts; 0: none does
    pressed: dict[Channel, Press] = field(default_factory=dict)  # under inline messages, and not answered yet


class Messages:
    """A channel's. They are named as ``Name`` says."""

    def __init__(self, channel: Channel, desk: Desk) -> None:
        self.channel = channel
        self.upload = UPLOAD if desk.line.is_official else UPLOAD_LOCAL
        self._id = int(channel.id)
        self._thread = int(channel.thread or 0)
        self._desk = desk

    @property
    def chat(self) -> int:
        """The platform's number of the chat, wherever it has moved."""
        return self._desk.line.place(self._id)

    def address(self, reply_to: int = 0) -> Address:
        return Address(self.chat, self._thread, reply_to)

    def name(self, message: int, beside: Sequence[int] = ()) -> str:
        """What the core may call it from now on."""
        chat = self.chat
        return str(Name(message, tuple(beside), chat if self._desk.line.came_from_elsewhere(chat) else 0))

    # --- posting ----------------------------------------------------------------------------

    async def send(self, content: Content, *, reply_to: str = "", key: str = "") -> str:
        layout = await self._layout(content)
        answered = Name.parse(reply_to).main
        try:
            name, _new = await self._post(layout, answered, key)
        except Refused as error:
            name, _new = await self._post(await self._mended(content, layout, error), answered, key)
        return str(name)

    async def _post(self, layout: Layout, reply_to: int, key: str) -> tuple[str, bool]:
        """Its name, and whether it was posted just now."""
        beside: list[int] = []
        for number, part in enumerate(layout.before):
            to = self.address(0 if beside else reply_to)
            ids, _new = await self.post(part, to, key=f"{key}+{number}" if key else "")
            beside += ids
        to = self.address(0 if beside else reply_to)
        (main,), new = await self.post(layout.main, to, key=key, priority=FIRST)
        if new:
            self._shown(self._screen(main), layout)
        return self.name(main, beside), new

    async def post(
        self, part: Part, to: Address, *, key: str, priority: int = LATER
    ) -> tuple[tuple[int, ...], bool]:
        """One message or album, once for each ``key``: the ids, and whether it was posted just now."""
        try:
            ids, messages = await self._desk.sends.post(part.send(to), key=key, priority=priority)
        except Refused as error:
            if error.code != Trouble.TOPIC or not to.thread:
                raise
            log.info("the topic is gone", channel=str(self.channel))
            call = part.send(replace(to, thread=0))
            ids, messages = await self._desk.sends.post(call, key=key, priority=priority)
        await self._remember(part, messages)
        return ids, bool(messages)

    # --- changing ---------------------------------------------------------------------------

    async def edit(self, message: str, content: Content, *, passing: bool = False) -> str:
        name = Name.parse(message)
        if not self._is_here(name):
            return message if passing else await self._repost(name, await self._layout(content))
        screen = self._screen(name.main)
        if passing:
            await self._preview(name, content, screen)
            return message
        screen.finals += 1
        async with screen.lock:
            layout = await self._layout(content)
            try:
                return await self._change(name, layout, screen)
            except Refused as error:
                return await self._change(name, await self._mended(content, layout, error), screen)

    async def _preview(self, name: Name, content: Content, screen: Screen) -> None:
        """Show it if there is time for that, and if nothing newer was begun meanwhile."""
        finals = screen.finals
        if screen.lock.locked():
            return
        layout = await self._layout(content, whole=False)
        part = layout.main
        late = screen.finals != finals or screen.lock.locked()
        if late or part.mark == screen.mark or not self._desk.line.pace.spare(self.chat, name.main):
            return
        async with screen.lock:
            call = self._edit(part, name.main, screen)
            if part.kind == "text" and screen.is_media:  # the picture of before stays under the new words
                call = replace(part, words=caption(content)).caption(self._message(name.main))
            try:
                await self._desk.line.once(call.method, call.params, files=call.files, within=PREVIEW)
            except ServiceError as error:
                code = error.code if isinstance(error, Refused) else ""
                if code != Trouble.UNCHANGED:
                    log.debug("a preview was lost", channel=str(self.channel), error=str(error))
                    screen.mark = 0
                    screen.is_media = screen.is_media or code == Trouble.NO_TEXT
                    return
            if part.kind == "text" and screen.is_media:
                screen.mark = part.mark
            else:
                self._shown(screen, Layout(part), beside=screen.beside)

    async def _change(self, name: Name, layout: Layout, screen: Screen) -> str:
        """Make the message show that, for good."""
        part = layout.main
        beside = tuple(each.mark for each in layout.before)
        count = sum(len(each.media) or 1 for each in layout.before)
        if len(name.beside) != count or screen.beside not in (None, beside):
            name = await self._change_beside(name, layout)
        if part.kind == "text" and screen.is_media:
            return await self._repost(name, layout)
        if part.mark != screen.mark:
            call = self._edit(part, name.main, screen)
            try:
                answer = await self._desk.line.surely(call.method, call.params, files=call.files)
            except Refused as error:
                if error.code in _REPOST:
                    return await self._repost(name, layout)
                if error.code != Trouble.UNCHANGED:
                    raise
            else:
                await self._remember(part, [answer])
        self._shown(screen, layout)
        return self.name(name.main, name.beside)

    def _edit(self, part: Part, number: int, screen: Screen) -> Call:
        if part.media and part.media[0].mark == screen.file:
            return part.caption(self._message(number))
        return part.edit(self._message(number))

    async def _repost(self, name: Name, layout: Layout) -> str:
        """A picture does not become text again, and what is gone cannot change: post it anew."""
        await self.delete(str(name))
        # After a crash, the one that was posted then is found.
        known = f"{self.chat}>{name.main}@{name.chat}" if name.main else ""
        posted, new = await self._post(layout, 0, known)
        if new:
            return posted
        found = Name.parse(posted)
        return await self._change(found, layout, self._screen(found.main))

    async def _change_beside(self, name: Name, layout: Layout) -> Name:
        """Others take the place of the messages that stand beside the main one."""
        await self.take_away(name.beside)
        beside: list[int] = []
        for part in layout.before:
            ids, _new = await self.post(part, self.address(), key="")
            beside += ids
        return replace(name, beside=tuple(beside))

    # --- taking away ------------------------------------------------------------------------

    async def delete(self, message: str) -> None:
        name = Name.parse(message)
        if not self._is_here(name):
            return
        self._screen(name.main).finals += 1
        self._desk.screens.forget(self.chat, name.main)
        await self.take_away((name.main, *name.beside))

    async def take_away(self, messages: Sequence[int]) -> None:
        """Delete these, as far as they are there and may be deleted."""
        for each in messages:
            try:
                await self._desk.line.surely("deleteMessage", self._message(each), priority=None)
            except Refused as error:
                if error.code != Trouble.GONE:
                    log.info("a message stays", channel=str(self.channel), message=each, error=str(error))

    # --- what is shown ----------------------------------------------------------------------

    def _is_here(self, name: Name) -> bool:
        """Whether such a message can be in this chat. One of before the chat moved is not."""
        chat = self.chat
        moved = self._desk.line.came_from_elsewhere(chat)
        return bool(name.main) and (name.chat == chat if moved else not name.chat)

    def _message(self, number: int) -> dict[str, int]:
        return {"chat_id": self.chat, "message_id": number}

    def _screen(self, number: int) -> Screen:
        return self._desk.screens.of(self.chat, number)

    async def _layout(
        self, content: Content, *, whole: bool = True, plain: bool = False, upload: int = 0
    ) -> Layout:
        upload = upload or self.upload
        private = self.chat > 0
        return await lay_out(content, self._desk.shelf, upload=upload, whole=whole, plain=plain, apps=private)

    async def _mended(self, content: Content, layout: Layout, error: Refused) -> Layout:
        """Another way to show it, where there is one; raises the error where there is none."""
        media = [each for part in (layout.main, *layout.before) for each in part.media]
        if error.code == Trouble.STALE and any(each.file_id for each in media):
            for each in media:
                await self._desk.shelf.forget(each)
            return await self._layout(content)
        if error.code == Trouble.PICTURE and any(each.kind == "photo" for each in media):
            return await self._layout(content, plain=True)
        if error.kind is Kind.SIZE:  # a server of one's own may take more than the public one, or not
            return await self._layout(content, upload=min(self.upload, UPLOAD))
        if error.kind is Kind.REQUEST and error.status == 400 and not error.code:
            log.warning("said plainly, since it was refused", channel=str(self.channel), error=str(error))
            return Layout(layout.main.bare(), tuple(part.bare() for part in layout.before))
        raise error

    async def _remember(self, part: Part, messages: Sequence[Message]) -> None:
        """Under which ids the platform has taken our files; alone with somebody, also as theirs."""
        owner = max(self.chat, 0)
        await self._desk.shelf.remember(part.media, messages, owner=owner, caption=part.words.text)

    def _shown(self, screen: Screen, layout: Layout, *, beside: tuple[int, ...] | None = None) -> None:
        screen.mark = layout.main.mark
        screen.is_media = layout.main.kind != "text"
        screen.file = layout.main.media[0].mark if layout.main.media else ""
        screen.beside = beside or tuple(each.mark for each in layout.before)
