"""Our messages in one place: posted, changed, taken away."""

from dataclasses import dataclass, field
from typing import Any

import structlog

from adapters.discord.gateway import Places
from adapters.discord.interactions import Interaction, Interactions
from adapters.discord.layout import Layout, Part, lay_out
from adapters.discord.line import Line
from adapters.discord.pace import Pace
from adapters.discord.screens import Screen, Screens
from adapters.discord.sends import Message, Sends
from adapters.discord.troubles import Trouble
from bot.errors import Refused, ServiceError
from bot.messages import Channel, Content
from bot.ports import Options

log = structlog.get_logger()

ONE = "/channels/{channel_id}/messages/{message_id}"
_REPOST = (Trouble.GONE, Trouble.NOT_OURS)


@dataclass(slots=True)
class Desk:
    """What all conversations share."""

    line: Line
    sends: Sends
    interactions: Interactions
    options: Options
    places: Places
    pace: Pace = field(default_factory=Pace)
    screens: Screens = field(default_factory=Screens)


class Messages:
    """A message is named by its id; with others that stand above it, ``id+id,id``.

    ``via`` is the interaction through which all goes where we are no member.
    """

    def __init__(self, channel: Channel, desk: Desk, via: Interaction | None = None) -> None:
        self.channel = channel
        self.upload = desk.places.upload(channel.id)
        self._id = channel.id
        self._desk = desk
        self._via = via

    # --- sending ----------------------------------------------------------------------------

    async def send(self, content: Content, *, reply_to: str = "", key: str = "") -> str:
        layout = await lay_out(content, upload=self.upload)
        return await self._post(layout, reply_to, key)

    async def _post(self, layout: Layout, reply_to: str, key: str) -> str:
        above: list[str] = []
        for number, part in enumerate(layout.before):
            name = f"{key}+{number}" if key else ""
            above.append(await self.post_part(part, key=name, reply_to="" if above else reply_to))
        sent, message = await self._desk.sends.post(
            self._id, layout.main, key=key, reply_to="" if above else _main(reply_to), via=self._via
        )
        if message is not None:
            self._shown(self._desk.screens.of(sent), layout, message)
        return _joined(sent, above)

    async def post_part(self, part: Part, *, key: str = "", reply_to: str = "") -> str:
        sent, _message = await self._desk.sends.post(
            self._id, part, key=key, reply_to=_main(reply_to), via=self._via
        )
        return sent

    # --- changing ---------------------------------------------------------------------------

    async def edit(self, message: str, content: Content, *, passing: bool = False) -> str:
        screen = self._desk.screens.of(_main(message))
        if passing:
            await self._preview(message, content, screen)
            return message
        screen.finals += 1
        async with screen.lock:
            layout = await lay_out(content, upload=self.upload)
            return await self._change(message, layout, screen)

    async def _preview(self, message: str, content: Content, screen: Screen) -> None:
        """Show it if there is time for that, and if nothing newer was begun meanwhile."""
        finals = screen.finals
        if screen.lock.locked():
            return
        layout = await lay_out(content, upload=self.upload, whole=False)
        part = layout.main
        if screen.finals != finals or screen.lock.locked() or part.mark == screen.mark:
            return
        ids = {"channel_id": self._id, "message_id": _main(message)}
        if not self._desk.pace.spare(self._id, _main(message)) or self._desk.line.is_short(
            "PATCH", ONE, **ids
        ):
            return
        async with screen.lock:
            try:
                shown = await self._patch(_main(message), part, screen, patient=False)
            except ServiceError as error:
                log.debug("a preview was lost", channel=str(self.channel), error=str(error))
                screen.mark = 0
                return
            self._shown(screen, Layout(part), shown, beside=screen.beside)

    async def _change(self, message: str, layout: Layout, screen: Screen) -> str:
        """Make the message show that, for good."""
        beside = tuple(each.mark for each in layout.before)
        if len(_above(message)) != len(layout.before) or screen.beside not in (None, beside):
            message = await self._change_above(message, layout)
        if layout.main.mark == screen.mark:
            return message
        self._desk.pace.took(self._id, _main(message))
        try:
            shown = await self._patch(_main(message), layout.main, screen)
        except Refused as error:
            if error.code not in _REPOST:
                raise
            return await self._repost(message, layout)
        self._shown(screen, layout, shown)
        return message

    async def _patch(self, message: str, part: Part, screen: Screen, *, patient: bool = True) -> Any:
        kept = screen.kept if part.files and part.marks == screen.files else None
        body, files = part.change(kept), part.uploads if kept is None else ()
        through = self._desk.interactions.through(message)
        if through is not None and through.outside:
            return await through.change(message, body, files)
        call = self._desk.line.surely if patient else self._desk.line.once
        try:
            return await call("PATCH", ONE, body=body, files=files, channel_id=self._id, message_id=message)
        except Refused as error:
            if through is None or error.code not in (Trouble.CLOSED, Trouble.PERMISSION):
                raise
            return await through.change(message, body, files)

    async def _repost(self, message: str, layout: Layout) -> str:
        """What is gone cannot change: post it anew."""
        await self.delete(message)
        known = f"{self._id}>{_main(message)}"  # after a crash, the one that was posted then is found
        return await self._post(layout, "", known)

    async def _change_above(self, message: str, layout: Layout) -> str:
        """The messages that stand above the main one: others take their place."""
        await self._take_away(_above(message))
        above = [await self.post_part(part) for part in layout.before]
        return _joined(_main(message), above)

    async def delete(self, message: str) -> None:
        screen = self._desk.screens.of(_main(message))
        screen.finals += 1
        self._desk.screens.forget(_main(message))
        await self._take_away([_main(message), *_above(message)])

    async def _take_away(self, messages: list[str]) -> None:
        for each in messages:
            through = self._desk.interactions.through(each)
            try:
                if through is not None and through.outside:
                    await through.delete(each)
                else:
                    await self._desk.line.surely("DELETE", ONE, channel_id=self._id, message_id=each)
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


def _main(message: str) -> str:
    """The message that carries the buttons."""
    return message.partition("+")[0]


def _above(message: str) -> list[str]:
    """The messages that belong to it."""
    return [each for each in message.partition("+")[2].split(",") if each]


def _joined(main: str, above: list[str]) -> str:
    return f"{main}+{','.join(above)}" if above else main
