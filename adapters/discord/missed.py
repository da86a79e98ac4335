"""What was said while we were away: looked up where we had been spoken to before."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog

from adapters.discord.line import Line
from adapters.discord.sends import MESSAGES
from bot.errors import Refused
from bot.messages import IncomingMessage
from bot.ports import Options

log = structlog.get_logger()

SEEN = "discord.seen"  # place of options: channel → the last message there that was meant for us, its server
REMEMBERED = 200  # channels
LOOKED_AT = 100  # messages in each at once
PAGES = 20  # of them

MISSED = "MISSED"  # the kind of what is taken in late

Take = Callable[[Sequence[tuple[str, Mapping[str, Any]]]], Awaitable[None]]


class Missed:
    """Remembers how far we have heard."""

    def __init__(self, line: Line, options: Options) -> None:
        self._line = line
        self._options = options
        self._seen: dict[str, str] = {}
        self._open: Counter[str] = Counter()  # channels that are being looked up

    async def load(self) -> None:
        self._seen = dict(await self._options.get(SEEN))

    async def heard(self, message: IncomingMessage, guild: str) -> None:
        channel, id_ = message.channel.id, message.id
        if not id_.isdecimal() or int(id_) <= _number(self._seen.get(channel, "0")):
            return
        self._seen[channel] = f"{id_} {guild}".strip()
        if not self._open[channel]:  # or else what lies between would be forgotten if we ended now
            await self._options.set(SEEN, channel, self._seen[channel])
        if len(self._seen) > REMEMBERED:
            oldest = min(self._seen, key=lambda each: _number(self._seen[each]))
            await self._forget(oldest)

    def places(self) -> Mapping[str, str]:
        """How far we have heard by now."""
        return dict(self._seen)

    async def look_up(self, places: Mapping[str, str], take: Take) -> None:
        """Take in what was said since. What is known already is harmless."""
        self._open.update(places.keys())
        for channel, heard in places.items():
            after, _, guild = heard.partition(" ")
            try:
                found = await self._since(channel, after)
            except Refused as error:
                log.info("what was missed cannot be had", channel=channel, error=str(error))
                await self._forget(channel)
            else:
                server = {"guild_id": guild} if guild else {}
                await take([(MISSED, {**each, **server}) for each in found])
            self._open[channel] -= 1
            if self._seen.get(channel, heard) != heard and not self._open[channel]:
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

    async def _forget(self, channel: str) -> None:
        self._seen.pop(channel, None)
        await self._options.set(SEEN, channel, None)


def _number(heard: str) -> int:
    return int(heard.partition(" ")[0])
