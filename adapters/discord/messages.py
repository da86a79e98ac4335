"""Our messages in one place: posted, changed, taken away."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import structlog

from adapters.discord import moves
from adapters.discord.branches import bring_back
from adapters.discord.desk import Desk
from adapters.discord.directs import Lack
from adapters.discord.interaction import Interaction
from adapters.discord.layout import Layout, Part, lay_out
from adapters.discord.names import Name
from adapters.discord.screens import Screen
from adapters.discord.sends import Message
from adapters.discord.troubles import Trouble
from adapters.discord.ways import Ways
from bot.errors import Kind, Refused, ServiceError
from bot.messages import Channel, Content

log = structlog.get_logger()

ONE = "/channels/{channel_id}/messages/{message_id}"
_REPOST = (Trouble.GONE, Trouble.NOT_OURS)
_OUTSIDE = (Trouble.CLOSED, Trouble.PERMISSION, Trouble.EXPIRED, Trouble.LATE)


class Messages:
    """``via`` is the interaction through which all goes where we are no member."""

    def __init__(self, channel: Channel, desk: Desk, via: Interaction | None = None) -> None:
        self.channel = channel
        self.ways = Ways(channel.id, desk, via)
        self._id = channel.id
        self._desk = desk

    # --- sending ----------------------------------------------------------------------------

    async def send(self, content: Content, *, reply_to: str = "", key: str = "") -> str:
        answered = Name.read(reply_to)
        layout = await lay_out(content, self.ways.takes(self.ways.answering(answered)))
        name = await self._post(layout, answered, key)
        self._desk.screens.of(name.id).growing = content if content.growing else None
        return str(name)

    async def post_part(self, part: Part, *, key: str = "", reply_to: str = "") -> str:
        return str(await self._post(Layout(part), Name.read(reply_to), key))

    async def _post(self, layout: Layout, reply_to: Name, key: str) -> Name:
        """Where the message that is replied to is. Where an interaction was over before its answer came, the
        answer goes to the person."""
        elsewhere, asked = reply_to.elsewhere, reply_to.id
        via, late = self.ways.through(asked) if asked and not elsewhere else (self.ways.via, None)
        if late is not None:
            elsewhere, asked = await self._desk.directs.channel(late.person), ""
        above: list[str] = []
        for number, part in enumerate(layout.before):
            name = f"{key}+{number}" if key else ""
            sent, _message = await self._post_one(part, elsewhere, "" if above else asked, name, via)
            above.append(sent)
        sent, message = await self._post_one(layout.main, elsewhere, "" if above else asked, key, via)
        if message is not None:
            self._shown(self._desk.screens.of(sent), layout, message)
        shown = Name(sent, elsewhere, tuple(above))
        if elsewhere:
            await moves.note(self._desk.options, shown, self.channel)
        if late is not None:
            late.about = ""  # what comes next is about another press
            await self._desk.interactions.keep(late)
        return shown

    async def _post_one(
        self, part: Part, elsewhere: str, reply_to: str, key: str, via: Interaction | None
    ) -> tuple[str, Message | None]:
        if elsewhere:
            return await self._desk.sends.post(elsewhere, part, key=key, reply_to=reply_to)
        try:
            calls = self._desk.places.is_in_server(self._id)
            return await self._desk.sends.post(
                self._id, part, key=key, reply_to=reply_to, calls=calls, via=via
            )
        except Refused as error:
            if error.kind is not Kind.FORBIDDEN:
                raise
            if error.code != Trouble.HISTORY or not reply_to:
                raise await self._desk.directs.explain(self._id, error, files=bool(part.files)) from error
            lacking = error
        sent = await self._post_one(part, "", "", key, via)  # which names nothing
        await self._desk.directs.explain(self._id, lacking, Lack.QUOTE)
        return sent

    # --- changing ---------------------------------------------------------------------------

    async def edit(self, message: str, content: Content, *, passing: bool = False) -> str:
        name = Name.read(message)
        screen = self._desk.screens.of(name.id)
        if passing:
            await self._preview(name, content, screen)
            return message
        screen.finals += 1
        async with screen.lock:
            shown = await self._show(name, content, screen)
        self._desk.screens.of(shown.id).growing = content if content.growing else None
        return str(shown)

    async def _preview(self, name: Name, content: Content, screen: Screen) -> None:
        """Show it if there is time for that, and if nothing newer was begun meanwhile."""
        finals = screen.finals
        if screen.gone or screen.lock.locked() or self._desk.interactions.late(name.id) is not None:
            return
        if not self._desk.line.spare(name.id):  # asked first, for laying it out is most of the work
            return
        looks = replace(content, images=(), files=()) if screen.bare else content
        part = (await lay_out(looks, self.ways.takes(self.ways.changing(name)), whole=False)).main
        if screen.finals != finals or screen.lock.locked() or part.mark == screen.mark:
            return
        channel = name.elsewhere or self._id
        if not self._desk.pace.spare(channel, name.id):
            return
        if self._desk.line.is_short("PATCH", ONE, channel_id=channel, message_id=name.id):
            return
        async with screen.lock:
            try:
                shown = await self._patch(name, part, screen, patient=False)
            except ServiceError as error:
                log.debug("a preview was lost", channel=str(self.channel), error=str(error))
                screen.mark = 0
                if error.kind is Kind.FORBIDDEN and not part.files:
                    raise  # we were thrown out: nobody is written for
                screen.bare = screen.bare or error.kind is Kind.FORBIDDEN
                return
            self._shown(screen, Layout(part), shown, beside=screen.beside)
            screen.growing = content

    async def _show(self, name: Name, content: Content, screen: Screen) -> Name:
        """Make the message show that, for good; where we may attach no files, without them, saying so."""
        takes = self.ways.takes(self.ways.changing(name))
        try:
            return await self._change(name, await lay_out(content, takes), screen)
        except Refused as error:
            if error.kind is not Kind.FORBIDDEN:
                raise
            files = bool(content.images or content.files)
            lacking = await self._desk.directs.explain(self._id, error, files=files)
            if not files:
                raise lacking from error
            note = " · ".join(filter(None, (content.note, lacking.reason)))
        bare = replace(content, images=(), files=(), note=note)
        return await self._change(name, await lay_out(bare, takes), screen)

    async def _change(self, name: Name, layout: Layout, screen: Screen) -> Name:
        """Make the message show that, for good."""
        beside = tuple(each.mark for each in layout.before)
        if len(name.above) != len(layout.before) or screen.beside not in (None, beside):
            name = await self._change_above(name, layout)
        if layout.main.mark == screen.mark or screen.gone:
            return name
        self._desk.pace.took(name.elsewhere or self._id, name.id)
        try:
            shown = await self._patch(name, layout.main, screen)
        except Refused as error:
            late = self._desk.interactions.late(name.id)
            if late is not None and error.code in _OUTSIDE:
                direct = await self._desk.directs.channel(late.person)
                return await self._post(layout, Name("", direct), f"{self._id}>{name.id}")
            if error.code == Trouble.GONE and not screen.taken:
                screen.gone = True  # somebody took it away, and away it stays
                return name
            if error.code not in _REPOST:
                raise
            return await self._repost(name, layout)
        self._shown(screen, layout, shown)
        return name

    async def _patch(self, name: Name, part: Part, screen: Screen, *, patient: bool = True) -> Any:
        kept = screen.kept if part.files and part.marks == screen.files else None
        body, files = part.change(kept), part.uploads if kept is None else ()
        held = self._desk.interactions.holding(name.id)
        if held is not None and held.outside:
            return await held.change_source(body, files)
        through = self._desk.interactions.through(name.id)
        if through is not None and through.outside:
            return await through.change(name.id, body, files)
        call = self._desk.line.surely if patient else self._desk.line.once
        channel = name.elsewhere or self._id
        patch = partial(call, "PATCH", ONE, body=body, files=files, channel_id=channel, message_id=name.id)
        try:
            return await patch()
        except Refused as error:
            if patient and error.code == Trouble.ARCHIVED:
                await bring_back(self._desk.line, channel)
                return await patch()
            if through is None or error.code not in (Trouble.CLOSED, Trouble.PERMISSION):
                raise
            return await through.change(name.id, body, files)

    async def _repost(self, name: Name, layout: Layout) -> Name:
        """What is gone cannot change: post it anew."""
        await self._delete(name)
        known = f"{self._id}>{name.id}"  # after a crash, the one that was posted then is found
        return await self._post(layout, Name("", name.elsewhere), known)

    async def _change_above(self, name: Name, layout: Layout) -> Name:
        """The messages that stand above the main one: others take their place."""
        await self._take_away(name.elsewhere, name.above)
        above = [
            (await self._post_one(part, name.elsewhere, "", "", self.ways.via))[0] for part in layout.before
        ]
        return replace(name, above=tuple(above))

    async def close(self, message: str, sentence: str) -> None:
        """Say under a message that grows that it goes on elsewhere."""
        screen = self._desk.screens.of(message)
        if screen.growing is not None:
            content = replace(screen.growing, growing=False, progress=None, note=sentence, buttons=())
            await self.edit(message, content)

    async def delete(self, message: str) -> None:
        await self._delete(Name.read(message))

    async def _delete(self, name: Name) -> None:
        self._desk.screens.of(name.id).finals += 1
        self._desk.screens.forget(name.id)
        self._desk.screens.of(name.id).taken = True
        if name.elsewhere:
            await moves.forget(self._desk.options, name)
        await self._take_away(name.elsewhere, [name.id, *name.above])

    async def _take_away(self, elsewhere: str, messages: Sequence[str]) -> None:
        for each in messages:
            through = self._desk.interactions.through(each)
            try:
                if through is not None and through.outside:
                    await through.delete(each)
                else:
                    channel = elsewhere or self._id
                    await self._desk.line.surely("DELETE", ONE, channel_id=channel, message_id=each)
            except Refused as error:
                if error.code != Trouble.GONE:
                    log.info("a message stays", channel=str(self.channel), message=each, error=str(error))

    # --- what is shown ----------------------------------------------------------------------

    def _shown(
        self, screen: Screen, layout: Layout, message: Message, *, beside: tuple[int, ...] | None = None
    ) -> None:
        screen.mark = layout.main.mark
        screen.files = layout.main.marks
        screen.kept = tuple(str(each["id"]) for each in message.get("attachments") or ())
        screen.beside = beside or tuple(each.mark for each in layout.before)
