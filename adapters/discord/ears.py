"""Hands what people say and press to the inbox: in order, and nothing is lost on the way."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import structlog

from adapters.discord.attends import Attending
from adapters.discord.calls import AUTOCOMPLETE, PING
from adapters.discord.desk import Desk
from adapters.discord.hears import Hearing
from adapters.discord.line import PLATFORM
from adapters.discord.missed import MISSED, Missed
from adapters.discord.people import People
from adapters.discord.speaks import Cause, DiscordChat
from adapters.discord.threads import Threads
from bot.commands import find, read
from bot.messages import Channel, IncomingMessage
from bot.ports import Inbox, Letter, Mail

log = structlog.get_logger()

URGENT = "stop"  # the command that does not wait for what was said before
MESSAGE, EDIT, INTERACTION = "MESSAGE_CREATE", "MESSAGE_UPDATE", "INTERACTION_CREATE"
DELETED = ("MESSAGE_DELETE", "MESSAGE_DELETE_BULK")

Work = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Aside:
    """A message that is not meant for us."""

    message: IncomingMessage
    payload: Mapping[str, Any]


class Ears:
    """What is started here belongs to ``group``. ``in_order``: interactions come among the messages."""

    def __init__(
        self,
        desk: Desk,
        hearing: Hearing,
        attending: Attending,
        people: People,
        threads: Threads,
        missed: Missed,
        inbox: Inbox,
        mail: Mail,
        group: asyncio.TaskGroup,
        *,
        in_order: bool,
    ) -> None:
        self._desk = desk
        self._hearing = hearing
        self._attending = attending
        self._people = people
        self._threads = threads
        self._missed = missed
        self._inbox = inbox
        self._mail = mail
        self._group = group
        self._in_order = in_order
        self._queues: dict[Channel, deque[Work]] = {}

    async def redeliver(self) -> None:
        """Hand in again what was stored before the service last ended and not taken in."""
        for letter in await self._mail.waiting(PLATFORM):
            self._open(letter)

    async def take(self, arrivals: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        """Store what came and hand in what is new. What is not meant for us is not worth a row."""
        found = [each for each in map(self._sorted, arrivals) if each is not None]
        letters = [each for each in found if isinstance(each, Letter)]
        new = {letter.key for letter in await self._mail.take(PLATFORM, letters)} if letters else set()
        for each in found:
            if not isinstance(each, Letter):
                self._queue(each.message.channel, partial(self._hear, each.message, each.payload))
            elif each.key in new:
                new.remove(each.key)
                self._open(each)

    def _sorted(self, arrival: tuple[str, Mapping[str, Any]]) -> "Letter | _Aside | None":
        kind, payload = arrival
        if kind == INTERACTION:
            if payload.get("type") == AUTOCOMPLETE:
                self._group.create_task(self._attending.complete(payload))
            if payload.get("type") in (PING, AUTOCOMPLETE):
                return None
            return Letter(f"i{payload['id']}", {"kind": kind, "payload": payload})
        if kind in DELETED:
            return Letter(f"d{','.join(_gone(payload))}", {"kind": kind, "payload": payload})
        message = self._read(kind, payload)
        if message is None:
            return None
        if message.addressed:
            mark = f"{message.id}/{payload.get('edited_timestamp')}" if message.edited else message.id
            here = {"place": message.channel.id, "within": message.channel.within}
            return Letter(mark, {"kind": kind, "payload": payload, "addressed": message.addressed} | here)
        if kind == MISSED or self._is_for_any_bot(message):
            return None
        return _Aside(message, payload)

    def _is_for_any_bot(self, message: IncomingMessage) -> bool:
        """Whether it is a command that was typed to nobody: of several bots, all would answer."""
        words = read(message.text)
        return words is not None and find(self._inbox.commands, words[0]) is not None

    def _open(self, letter: Letter) -> None:
        kind, payload = letter.body["kind"], letter.body["payload"]
        if kind == INTERACTION:
            self._group.create_task(self._see_to(letter, partial(self._attend, payload)))
            return
        if kind in DELETED:
            place = self._hearing.channel(str(payload["channel_id"]), str(payload.get("guild_id") or ""))
            self._queue(place, partial(self._see_to, letter, partial(self._forget, place, payload)))
            return
        message = self._read(kind, payload)
        if message is None:
            self._group.create_task(self._mail.done(PLATFORM, letter.key))
            return
        message = replace(  # as it was told: at a new start, threads and roles are not known at once
            message,
            addressed=message.addressed or letter.body.get("addressed", False),
            channel=Channel(
                PLATFORM, letter.body.get("place", message.channel.id), within=letter.body.get("within", "")
            ),
        )
        work = partial(self._see_to, letter, partial(self._hear, message, payload))
        words = read(message.text)
        if words is not None and words[0].casefold() == URGENT:
            self._group.create_task(work())
        else:
            self._queue(message.channel, work)

    def _read(self, kind: str, payload: Mapping[str, Any]) -> IncomingMessage | None:
        """What it says. One that cannot be read is put aside, so that it does not stop the others."""
        try:
            if kind != EDIT:
                self._desk.sends.saw(str(payload["channel_id"]), str(payload["id"]))
            return self._hearing.read(payload, edited=kind == EDIT)
        except Exception:
            log.exception("a message cannot be read; it is put aside", message=payload.get("id"))
            return None

    async def _see_to(self, letter: Letter, work: Work) -> None:
        """Do it and cross the letter off. One that fails stays, to be tried at the next start."""
        try:
            await work()
        except Exception:
            log.exception("an event was not taken in", letter=letter.key)
        else:
            await self._mail.done(PLATFORM, letter.key)

    async def _attend(self, payload: Mapping[str, Any]) -> None:
        await self._attending.attend(payload)
        place, guild = payload.get("channel_id"), str(payload.get("guild_id") or "")
        if place and self._in_order and not self._attending.is_outside(payload):
            await self._missed.used(str(place), str(payload["id"]), guild)

    async def _hear(self, message: IncomingMessage, payload: Mapping[str, Any]) -> None:
        guild = str(payload.get("guild_id") or "")
        if guild and "member" not in payload:  # it was looked up, and says only who its author is
            author = payload["author"]
            member = await self._people.member(guild, str(author["id"]))
            message = replace(message, author=self._hearing.person(author, member, guild))
        if message.addressed:
            self._desk.directs.asked(message.channel.id, message.author.id)
            message = await self._threads.with_start(message, guild)
        cause = Cause(message.author, message.id, message.id)
        await self._inbox.receive(message, DiscordChat(message.channel, self._desk, cause=cause))
        if message.addressed:
            await self._missed.heard(message, guild)

    async def _forget(self, place: Channel, payload: Mapping[str, Any]) -> None:
        """Messages were deleted. One for which a thread was opened is a turn there."""
        gone = _gone(payload)
        await self._inbox.withdrawn(place, gone)
        if payload.get("guild_id") and not place.within:
            for each in gone:
                await self._inbox.withdrawn(Channel(PLATFORM, each, within=place.id), [each])

    # --- order ------------------------------------------------------------------------------

    def _queue(self, channel: Channel, work: Work) -> None:
        if channel in self._queues:
            self._queues[channel].append(work)
        else:
            self._queues[channel] = deque([work])
            self._group.create_task(self._work_off(channel))

    async def _work_off(self, channel: Channel) -> None:
        queue = self._queues[channel]
        while queue:
            try:
                await queue.popleft()()
            except Exception:
                log.exception("a message was not taken in", channel=str(channel))
        del self._queues[channel]


def _gone(payload: Mapping[str, Any]) -> list[str]:
    """The messages that were deleted."""
    return [str(each) for each in payload.get("ids") or [payload["id"]]]
