"""Chatelier on Discord: the real process between the strict server and a gateway that is listened to."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from aiohttp import web

from tests.e2e.harness import Program, bot, sandbox
from tests.e2e.telegram import Overheard
from tests.emulators.discord import Channel, Discord, Interaction, Rates, Seen, User

Place = Channel | User
CURSOR = "▌"
# The usual limits; only that of the whole bot is wider, for tests do in a second what takes people a minute.
BRISK = Rates(everything=500)


class Gate(Overheard):
    """The same, and the gateway can be held: requests then wait until it is let go."""

    def __init__(self, gateway: str) -> None:
        super().__init__(gateway)
        self._going = asyncio.Event()
        self._going.set()

    def hold(self) -> None:
        self._going.clear()

    def go(self) -> None:
        self._going.set()

    async def _pass_on(self, request: web.Request) -> web.StreamResponse:
        await self._going.wait()
        return await super()._pass_on(request)


@dataclass(slots=True)
class Scene:
    """All that a test needs: who may talk, and what came of it."""

    place: Path
    server: Discord
    gateway: Program
    overheard: Gate
    program: Program
    forgiven: int = 0  # tracebacks in the log that are meant
    lost: list[Interaction] = field(default_factory=list)  # that nobody was there to answer

    @property
    def database(self) -> Path:
        return self.place / "data" / "chatelier.db"

    # --- people and places ------------------------------------------------------------------

    def person(self, name: str, **more: Any) -> User:
        """Somebody who may write to the bot directly."""
        return self.server.user(name, installed=True, **more)

    def room(self, *people: User, name: str = "general", **more: Any) -> Channel:
        """A channel in a server of their own."""
        return self.server.channel(self.server.guild("Painters", people), name, **more)

    # --- what the bot says ------------------------------------------------------------------

    def answers(self, place: Place) -> list[Seen]:
        """The ends of answers: what carries Retry."""
        return [one for one in self.server.ours(place) if "Retry" in one.labels and not one.files]

    def cards(self, place: Place) -> list[Seen]:
        """Pictures that are done, with their buttons."""
        return [one for one in self.server.ours(place) if one.files and one.labels and not growing(one)]

    async def answered(self, place: Place, count: int = 1, *, within: float = 30.0) -> Seen:
        """Wait for so many answers there; the last of them."""
        await self.server.until(lambda: len(self.answers(place)) >= count, within)
        return self.answers(place)[-1]

    async def painted(self, place: Place, count: int = 1, *, within: float = 30.0) -> Seen:
        """Wait for so many finished pictures there; the last of them."""
        await self.server.until(lambda: len(self.cards(place)) >= count, within)
        return self.cards(place)[-1]

    async def last(
        self, place: Place, fits: Callable[[Seen], object] = bool, *, within: float = 30.0
    ) -> Seen:
        """Wait until the bot's latest message there is so."""

        def found() -> Seen | None:
            last = self.server.last(place)
            return last if last is not None and fits(last) else None

        return cast(Seen, await self.server.until(found, within))

    async def whispered(self, person: User, count: int = 1) -> Seen:
        """Wait for so many messages that only this person sees; the last of them."""
        await self.server.until(lambda: len(self.server.whispers(person)) >= count)
        return self.server.whispers(person)[-1]

    # --- what people do ---------------------------------------------------------------------

    async def used(self, person: User, place: Place, name: str, /, **options: Any) -> Interaction:
        """Use a slash command and wait until it is answered."""
        return await self.acknowledged(self.server.slash(person, place, name, **options))

    async def pressed(self, person: User, message: Seen, label: str) -> Interaction:
        """Press a button and wait until the press is answered."""
        return await self.acknowledged(self.server.press(person, message, label))

    async def acknowledged(self, one: Interaction) -> Interaction:
        await self.server.until(lambda: one.answered or one.failed)
        assert one.answered, f"{one.name}: the interaction failed"
        return one

    # --- inside -----------------------------------------------------------------------------

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        """What is stored."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10)) as database:
            database.row_factory = sqlite3.Row
            return database.execute(query, values).fetchall()

    async def idle(self, within: float = 30.0) -> None:
        """Wait until no work is left."""
        waits = ("tasks", "mail WHERE NOT done", "jobs WHERE NOT settled", "answers WHERE state = 'waiting'")
        async with asyncio.timeout(within):
            while True:
                if not any(self.rows(f"SELECT 1 FROM {wait}") for wait in waits):
                    return
                await asyncio.sleep(0.05)

    async def away(self) -> None:
        """kill -9, and Discord has noticed."""
        await self.program.kill()
        await self.server.until(lambda: not self.server.connected)

    async def back(self) -> None:
        """Start it again, and wait until it is connected."""
        await self.program.start()
        await self.server.until(lambda: self.server.connected)

    def lines(self, words: str) -> list[str]:
        """What the program logged with these words in it."""
        return [line for line in self.program.said().splitlines() if words in line]


def settings_of(server: Discord, gateway: str, **others: str) -> dict[str, str]:
    """What the process is told."""
    return {
        "GATEWAY_URL": gateway,
        "GATEWAY_KEY": "sk-test",
        "DISCORD_TOKEN": server.token,
        "DISCORD_API_URL": server.url,
        "DISCORD_GATEWAY_URL": server.gateway_url,
        "ACCESS_OPEN": "true",
        **others,
    }


@asynccontextmanager
async def scene(
    place: Path, server: Discord, *, speed: float = 40.0, **settings: str
) -> AsyncIterator[Scene]:
    """Serve until the block ends; then nothing may have been wrong on the wire or on our side.

    Whatever somebody did was answered within the three seconds that Discord waits.
    """
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(server)
        gateway = await stack.enter_async_context(sandbox(place, speed=speed))
        overheard = Gate(gateway.url)
        await stack.enter_async_context(overheard.serving())
        told = settings_of(server, overheard.url, **settings)
        program = await stack.enter_async_context(bot(place, **told))
        await server.until(lambda: server.connected and server.syncs)
        found = Scene(place, server, gateway, overheard, program)
        yield found
        overheard.go()
        assert await program.stop() == 0
        assert server.violations == []
        assert server.unknown_routes == {}
        failed = [one.name for one in server.world.interactions.values() if one.failed]
        assert failed == [one.name for one in found.lost]
        assert program.said().count("Traceback (") == found.forgiven, program.said()[-5000:]


def growing(one: Seen) -> bool:
    """Whether more is to come."""
    return one.thinking or CURSOR in one.text or not {"Stop", "Cancel"}.isdisjoint(one.labels)


def spoken(messages: Sequence[Seen]) -> str:
    """All of them, read one after another."""
    return "\n".join(one.text for one in messages)
