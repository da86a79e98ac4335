"""What was said, or deleted, while we were away: looked up where we had been spoken to before."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from adapters.discord.line import Line
from adapters.discord.messages import ONE
from adapters.discord.places import Places
from adapters.discord.sends import MESSAGES
from adapters.discord.troubles import Trouble
from bot.errors import Refused
from bot.messages import IncomingMessage
from bot.ports import Options

log = structlog.get_logger()

SEEN = "discord.seen"  # place of options: channel → what was said to us there last
REMEMBERED = 200  # channels
LOOKED_AT = 100  # messages in each at once
PAGES = 20  # of them
KNOWN = 10  # messages in each that may have been deleted
LOOKED_BACK = 50  # channels, and messages in each, where that is looked up

MISSED = "MISSED"  # the kind of what is taken in late
DELETED = "MESSAGE_DELETE_BULK"

Take = Callable[[Sequence[tuple[str, Mapping[str, Any]]]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Heard:
    """How far we have heard in a channel. As text ``last server known,known,last``."""

    last: str = "0"
    guild: str = ""
    known: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.last} {self.guild} {','.join(self.known)}"

    @classmethod
    def read(cls, text: str) -> "_Heard":
        last, guild, known = [*text.split(" "), "", ""][:3]
        return cls(last or "0", guild, tuple(each for each in known.split(",") if each))

    @property
    def place(self) -> Mapping[str, str]:
        """What a payload says of the server."""
        return {"guild_id": self.guild} if self.guild else {}


class Missed:
    """Remembers how far we have heard."""

    def __init__(self, line: Line, options: Options, servers: Places) -> None:
        self._line = line
        self._servers = servers
        self._options = options
        self._seen: dict[str, str] = {}
        self._open: Counter[str] = Counter()  # channels that are being looked up

    async def load(self) -> None:
        self._seen = dict(await self._options.get(SEEN))

    async def heard(self, message: IncomingMessage, guild: str) -> None:
        await self._note(message.channel.id, message.id, guild, (message.id,))

    async def used(self, channel: str, interaction: str, guild: str) -> None:
        """Somebody used a command or a button there, which is counted as messages are. To be told only of
        what came by the gateway: from elsewhere it may come before messages that are yet to be looked up."""
        await self._note(channel, interaction, guild, ())

    async def _note(self, channel: str, id_: str, guild: str, known: Sequence[str]) -> None:
        before = _Heard.read(self._seen.get(channel, ""))
        if not id_.isdecimal() or (int(id_) <= int(before.last) and {*known} <= {*before.known}):
            return
        last = max(id_, before.last, key=int)
        self._seen[channel] = str(_Heard(last, guild, (*before.known, *known)[-KNOWN:]))
        if not self._open[channel]:  # or else what lies between would be forgotten if we ended now
            await self._options.set(SEEN, channel, self._seen[channel])
        if len(self._seen) > REMEMBERED:
            oldest = min(self._seen, key=lambda each: int(_Heard.read(self._seen[each]).last))
            await self._forget(oldest)

    def places(self) -> Mapping[str, str]:
        """How far we have heard by now."""
        return dict(self._seen)

    async def look_up(self, places: Mapping[str, str], take: Take) -> None:
        """Take in what was said since. What is known already is harmless."""
        self._open.update(places.keys())
        # Or else neither threads nor roles there are known, and who is let in by them is turned away.
        await self._servers.arrived(
            {heard.guild for heard in map(_Heard.read, places.values()) if heard.guild}
        )
        latest = sorted(places, key=lambda each: -int(_Heard.read(places[each]).last))[:LOOKED_BACK]
        for channel, told in places.items():
            heard = _Heard.read(told)
            try:
                if channel in latest and (gone := await self._gone(channel, heard)):
                    await take([(DELETED, {"channel_id": channel, "ids": gone, **heard.place})])
                found = await self._since(channel, heard.last)
            except Refused as error:
                log.info("what was missed cannot be had", channel=channel, error=str(error))
                await self._forget(channel)
            else:
                await take([(MISSED, {**each, **heard.place}) for each in found])
            self._open[channel] -= 1
            if self._seen.get(channel, told) != told and not self._open[channel]:
                await self._options.set(SEEN, channel, self._seen[channel])

    async def _since(self, channel: str, after: str) -> Sequence[Mapping[str, Any]]:
        """What was said there after that message, in its order."""
        found: list[Mapping[str, Any]] = []
        for _page in range(PAGES):
            query = {"after": after, "limit": LOOKED_AT}
            page = await self._line.surely("GET", MESSAGES, query=query, channel_id=channel)
            found += sorted(page, key=lambda each: int(each["id"]))
            if len(page) < LOOKED_AT:
                break
            after = found[-1]["id"]
        return found

    async def _gone(self, channel: str, heard: _Heard) -> list[str]:
        """Those of the messages that we know which are there no more.

        A list is empty, too, where we may not read it: so each that is not in it is asked for.
        """
        query = {"before": str(int(heard.last) + 1), "limit": LOOKED_BACK}
        page = await self._line.surely("GET", MESSAGES, query=query, channel_id=channel)
        there = {str(each["id"]) for each in page}
        first = min(map(int, there)) if len(there) == LOOKED_BACK else 0
        gone = []
        for each in heard.known:
            if each in there or int(each) < first:
                continue
            try:
                await self._line.surely("GET", ONE, channel_id=channel, message_id=each)
            except Refused as error:
                if error.code == Trouble.GONE:
                    gone.append(each)
        return gone

    async def _forget(self, channel: str) -> None:
        self._seen.pop(channel, None)
        await self._options.set(SEEN, channel, None)
