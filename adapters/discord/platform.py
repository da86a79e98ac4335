"""Discord as a platform: its lifetime."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import structlog

from adapters.discord import menus
from adapters.discord.attends import Attending
from adapters.discord.calls import Calls
from adapters.discord.desk import Desk
from adapters.discord.directs import Directs
from adapters.discord.ears import Ears
from adapters.discord.gateway import Gateway, Shards, Waits, point_to
from adapters.discord.hears import Hearing
from adapters.discord.incoming import Incoming
from adapters.discord.interactions import Interactions
from adapters.discord.line import PLATFORM, Line, Me, Pauses
from adapters.discord.missed import Missed
from adapters.discord.pace import Pace, Turnstile
from adapters.discord.people import People
from adapters.discord.sends import Sends
from adapters.discord.speaks import DiscordChat
from adapters.discord.threads import Threads
from bot.errors import Kind, OutcomeUnknown, ServiceError, Unavailable
from bot.messages import Channel
from bot.ports import Chat, Finding, Host, Inbox, Platform

if TYPE_CHECKING:
    from adapters.discord.doorway import Doorway

log = structlog.get_logger()

READY = "READY"
# View Channels, Send Messages and in Threads, Attach Files, Read Message History, Create Public Threads.
PERMISSIONS = 1 << 10 | 1 << 11 | 1 << 38 | 1 << 15 | 1 << 16 | 1 << 35


class Discord(Platform):
    """A bot. With ``public_key``, interactions come by HTTP.

    ``waits``, ``pace`` and ``turnstile`` are for tests.
    """

    def __init__(
        self,
        host: Host,
        *,
        token: str,
        api_url: str = "",
        gateway_url: str = "",
        public_key: str = "",
        shards: str = "",
        waits: Waits | None = None,
        pace: Pace | None = None,
        turnstile: Turnstile | None = None,
    ) -> None:
        self.name = PLATFORM
        point_to(api_url, gateway_url)
        self._host = host
        self._waits = waits or Waits()
        self._arrivals: asyncio.Queue[tuple[str, Mapping[str, Any]]] = asyncio.Queue()
        self._line = Line(token, turnstile)
        self._gateway = Gateway(token, Shards.parse(shards), self._waits, self._arrived)
        interactions = Interactions(self._line, host.options)
        sends = Sends(self._line, host.sendings, interactions)
        places = self._gateway.places
        directs = Directs(self._line, sends, host.options, places)
        self._desk = Desk(
            self._line,
            sends,
            interactions,
            host.options,
            places,
            directs,
            host.original,
            host.files,
            pace or Pace(),
        )
        self._missed = Missed(self._line, host.options, places)
        self._people = People(host.options, self._line)
        self._doorway = _doorway(host, public_key) if public_key else None

    def chat(self, channel: Channel) -> Chat:
        return DiscordChat(channel, self._desk)

    async def run(self, inbox: Inbox) -> None:
        try:
            await self._missed.load()
            await self._people.load()
            await self._desk.interactions.load()
            me = await self._introduction()
            async with asyncio.TaskGroup() as group:
                ears = self._ears(me, inbox, group)
                group.create_task(menus.publish(self._line, self._host.options, inbox.commands))
                await ears.redeliver()
                if self._doorway is not None:
                    self._doorway.open(ears.take)
                group.create_task(self._gateway.run())
                log.info("Discord is ready", bot=me.name)
                await self._pass_on(ears, group)
        finally:
            if self._doorway is not None:
                self._doorway.shut()
            await self._line.close()

    def _ears(self, me: Me, inbox: Inbox, group: asyncio.TaskGroup) -> Ears:
        incoming = Incoming(self._line)
        places = self._gateway.places
        hearing = Hearing(me, incoming, places, self._people.language)
        calls = Calls(hearing, incoming, places)
        attending = Attending(self._desk, calls, self._people, inbox, group, life=self._waits.life)
        threads = Threads(self._line, self._host.options, places, hearing)
        return Ears(
            self._desk,
            hearing,
            attending,
            self._people,
            threads,
            self._missed,
            inbox,
            self._host.mail,
            group,
            in_order=self._doorway is None,
        )

    def _arrived(self, kind: str, payload: Mapping[str, Any]) -> None:
        """Called by the gateway, which does not wait."""
        if kind == READY:
            payload = self._missed.places()
        self._arrivals.put_nowait((kind, payload))

    async def _pass_on(self, ears: Ears, group: asyncio.TaskGroup) -> None:
        """What has arrived, together, in its order."""
        while True:
            arrivals = [await self._arrivals.get()]
            while not self._arrivals.empty():
                arrivals.append(self._arrivals.get_nowait())
            for kind, places in arrivals:
                if kind == READY:
                    group.create_task(self._missed.look_up(places, ears.take))
            await ears.take([each for each in arrivals if each[0] != READY])

    async def _introduction(self) -> Me:
        """Who we are; waits for the network, and for a token that is accepted."""
        pauses = Pauses(0.5, self._waits.longest)
        while True:
            try:
                return await self._line.open()
            except (Unavailable, OutcomeUnknown) as error:
                await pauses.after(error, "login")
            except ServiceError as error:
                log.error(
                    "Discord does not accept DISCORD_TOKEN; copy it again from the developer portal",
                    error=str(error),
                )
                await asyncio.sleep(self._waits.wrong)

    # --- check ------------------------------------------------------------------------------

    async def probe(self) -> Sequence[Finding]:
        """Try what costs nothing, for `check`."""
        what = "Discord"
        try:
            me = await self._line.open()
        except ServiceError as error:
            wrong = error.kind is Kind.KEY
            advice = "Copy DISCORD_TOKEN again: developer portal, your application, Bot." if wrong else ""
            return [Finding(what, False, str(error), advice)]
        finally:
            await self._line.close()
        reads = me.flags.gateway_message_content or me.flags.gateway_message_content_limited
        advice = (
            "" if reads else "To read all messages, switch on Message Content Intent: developer portal, Bot."
        )
        detail = "reads messages" if reads else "reads only messages that mention it, and direct ones"
        install = f"https://discord.com/oauth2/authorize?client_id={me.application}"
        return [
            Finding(what, True, f"{me.name}, application {me.application}"),
            Finding(f"{what}: message content", True, detail, advice),
            Finding(
                f"{what}: add it to a server",
                True,
                f"{install}&integration_type=0&scope=bot+applications.commands&permissions={PERMISSIONS}",
            ),
            Finding(
                f"{what}: add it to your account",
                True,
                f"{install}&integration_type=1&scope=applications.commands",
            ),
        ]


def _doorway(host: Host, public_key: str) -> "Doorway":
    from adapters.discord.doorway import Doorway  # with its library: only where it is needed

    doorway = Doorway(public_key)
    doorway.add_to(host.routes)
    return doorway
