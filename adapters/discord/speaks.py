"""One conversation on Discord, as features see it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass

import structlog

from adapters.discord import buttons
from adapters.discord.branches import open_thread
from adapters.discord.desk import Desk
from adapters.discord.interaction import Interaction
from adapters.discord.layout import NO_PREVIEWS, ONLY_THEM, Part
from adapters.discord.messages import Messages
from adapters.discord.names import Name
from adapters.discord.text import ROOM, TEXT, compose, measure
from bot.errors import ServiceError
from bot.messages import Button, Channel, Content, Limits, Person, Question
from bot.ports import Chat
from bot.texts import _

log = structlog.get_logger()

ASKS = "discord.asks"  # place of options: questions whose form waits behind a button
KEPT = 200  # of them
ACT_EVERY = 8.0  # seconds; what we are shown to do is forgotten after ten
ACT_AGAIN = 1.0  # seconds until we try to be shown at work again, when there was no room for it


@dataclass(frozen=True, slots=True)
class Cause:
    """Who did what, where a conversation follows from that."""

    person: Person
    event: str
    message: str = ""  # theirs, or the one whose button they pressed
    interaction: Interaction | None = None


class DiscordChat(Chat):
    """``cause`` is what is being answered, where something is."""

    def __init__(self, channel: Channel, desk: Desk, *, cause: Cause | None = None) -> None:
        self.channel = channel
        self._desk = desk
        self._cause = cause
        self._interaction = cause.interaction if cause else None
        outside = self._interaction is not None and self._interaction.outside
        self._messages = Messages(channel, desk, self._interaction if outside else None)
        self._notices = 0
        self.limits = Limits(
            text=TEXT - ROOM,
            measure=measure,
            edit_every=desk.pace.preview_every,
            button_rows=buttons.ROWS,
            buttons_per_row=buttons.PER_ROW,
            lists=True,
            upload=self._messages.ways.capacity.upload,
            threads=desk.places.branches(channel.id),
        )

    async def send(self, content: Content, *, reply_to: str = "", key: str = "") -> str:
        waiting = self._interaction
        if not reply_to and waiting is not None and waiting.takes_answer:
            reply_to = waiting.id
        return await self._messages.send(content, reply_to=reply_to, key=key)

    async def edit(self, message: str, content: Content, *, passing: bool = False) -> str:
        return await self._messages.edit(message, content, passing=passing)

    async def delete(self, message: str) -> None:
        await self._messages.delete(message)

    async def branch(self, message: str, title: str) -> Chat | None:
        cause = self._cause
        if cause is None or cause.message != message:  # what is no message can have no thread
            return None
        thread = await open_thread(self._desk, self.channel, message, title, cause.person.id)
        return None if thread is None else DiscordChat(thread, self._desk, cause=cause)

    # --- the person who acted ---------------------------------------------------------------

    async def notice(self, text: str) -> None:
        self._notices += 1
        if self._interaction is not None and await self._interaction.whisper(text):
            return
        cause = self._cause
        key = f"notice:{cause.event}:{self._notices}" if cause else ""
        await self._messages.post_part(
            Part(compose(Content(text))), key=key, reply_to=cause.message if cause else ""
        )

    async def ask(self, question: Question) -> None:
        """A form, where it can still be the first answer; otherwise a button that opens one."""
        about = self._cause.message if self._cause else ""
        waiting = self._interaction
        if waiting is not None and await waiting.form(form_of(question, about)):
            return
        key = self._cause.event if self._cause else ""
        await self._keep(key, question, about)
        button = Button(_("Answer …"), f"{buttons.ASK}{key}")
        part = Part(
            compose(Content(f"**{question.title}**")), buttons=tuple(buttons.components(((button,),)))
        )
        if waiting is not None and not waiting.is_over:
            await waiting.say(part, flags=NO_PREVIEWS | ONLY_THEM)
        else:
            await self._messages.post_part(part, key=f"ask:{key}", reply_to=about)

    async def _keep(self, key: str, question: Question, about: str) -> None:
        kept = await self._desk.options.get(ASKS)
        for old in list(kept)[: max(0, len(kept) - KEPT)]:
            await self._desk.options.set(ASKS, old, None)
        await self._desk.options.set(ASKS, key, json.dumps({**asdict(question), "about": about}))

    @asynccontextmanager
    async def typing(self) -> AsyncIterator[None]:
        acting = asyncio.create_task(self._act())
        try:
            yield
        finally:
            acting.cancel()
            await asyncio.wait([acting])

    async def _act(self) -> None:
        while True:
            if not self._desk.line.spare(f"typing {self.channel.id}"):
                await asyncio.sleep(ACT_AGAIN)
                continue
            try:
                await self._desk.line.once(
                    "POST", "/channels/{channel_id}/typing", channel_id=self.channel.id
                )
            except ServiceError as error:
                log.debug("we are not seen at work", channel=str(self.channel), error=str(error))
            await asyncio.sleep(ACT_EVERY)


def form_of(question: Question, about: str) -> dict[str, object]:
    """The form; its answer says which message and which button it belongs to."""
    return buttons.form(question, f"{buttons.ASK}{Name.read(about).id}:{question.data}")


async def kept_form(desk: Desk, key: str) -> dict[str, object] | None:
    """The form of an earlier question."""
    found = (await desk.options.get(ASKS)).get(key)
    if found is None:
        return None
    facts = json.loads(found)
    about = facts.pop("about")
    return form_of(Question(**facts), about)
