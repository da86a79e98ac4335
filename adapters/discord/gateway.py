"""The gateway: what happens on Discord arrives here, as it came."""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any

import discord
import structlog
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route
from discord.state import AutoShardedConnectionState

from adapters.discord.places import Places
from adapters.discord.sessions import hold
from adapters.discord.troubles import FAILURES

log = structlog.get_logger()

LASTING = 300.0  # seconds after which a connection that ends had been a good one
_SHARDS = re.compile(r"(\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*)/(\d+)")

Deliver = Callable[[str, Mapping[str, Any]], None]
HEARD = (
    "MESSAGE_CREATE",
    "MESSAGE_UPDATE",
    "MESSAGE_DELETE",
    "MESSAGE_DELETE_BULK",
    "INTERACTION_CREATE",
)


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds. Tests are in more of a hurry than people are."""

    wrong: float = 60.0  # between tries with a token that is not accepted
    life: float = 880.0  # of an interaction, somewhat less than the platform gives it
    longest: float = 30.0  # between tries while the network is away


@dataclass(frozen=True, slots=True)
class Shards:
    """Which of how many connections are ours; none named: all, as many as the platform advises."""

    ids: tuple[int, ...] = ()
    count: int | None = None

    @classmethod
    def parse(cls, text: str) -> "Shards":
        """``0-3/16`` or ``0,5/8``. ValueError for anything else."""
        if not text.strip():
            return cls()
        found = _SHARDS.fullmatch("".join(text.split()))
        if found is None:
            raise ValueError(f"DISCORD_SHARDS should look like 0-3/16, not {text!r}")
        ids: list[int] = []
        for part in found[1].split(","):
            first, _, last = part.partition("-")
            ids += range(int(first), int(last or first) + 1)
        if not ids or max(ids) >= int(found[2]):
            raise ValueError(f"DISCORD_SHARDS names a shard that there is not: {text!r}")
        return cls(tuple(ids), int(found[2]))


class _State(AutoShardedConnectionState["_Client"]):
    """The library's memory of servers and channels. What we handle ourselves it hands on unread."""

    def __init__(self, deliver: Deliver, named: set[int], **options: Any) -> None:
        super().__init__(**options)
        self.parsers = {name: _guarded(name, parse) for name, parse in self.parsers.items()}
        for name in HEARD:
            self.parsers[name] = partial(deliver, name)
        ready = self.parsers["READY"]

        def parse_ready(data: Any) -> None:
            ready(data)
            named.add(int(data["shard"][0]))
            deliver("READY", data)

        self.parsers["READY"] = parse_ready


def _guarded(name: str, parse: Callable[[Any], None]) -> Callable[[Any], None]:
    """One event that the library cannot read is no reason to hang up."""

    @wraps(parse)
    def guarded(data: Any) -> None:
        try:
            parse(data)
        except Exception:
            log.exception("an event cannot be read", kind=name)

    return guarded


class _Client(discord.AutoShardedClient):
    def __init__(
        self, deliver: Deliver, named: set[int], *, intents: discord.Intents, **options: Any
    ) -> None:
        self._deliver = deliver
        self._named = named
        super().__init__(intents=intents, **options)

    def _get_state(self, **options: Any) -> Any:
        return _State(
            self._deliver,
            self._named,
            dispatch=self.dispatch,
            handlers=self._handlers,
            hooks=self._hooks,
            http=self.http,
            **options,
        )

    async def launch_shard(self, gateway: yarl.URL, shard_id: int, *, initial: bool = False) -> None:
        await super().launch_shard(gateway, shard_id, initial=initial)
        launched = self.get_shard(shard_id)
        if launched is not None:
            hold(launched._parent)


class Gateway:
    """Keeps us connected until cancelled."""

    def __init__(self, token: str, shards: Shards, waits: Waits, deliver: Deliver) -> None:
        self.places = Places()
        self._token = token
        self._shards = shards
        self._waits = waits
        self._deliver = deliver
        self._reads = True  # we are let to read messages

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        pause = 0.5
        while True:
            begun = loop.time()
            client = self._client()
            self.places.begin(client)
            try:
                await client.login(self._token)
                await client.connect(reconnect=True)
            except discord.PrivilegedIntentsRequired:
                self._reads = False
                log.warning(
                    "Discord does not let us read messages that do not mention us: switch on Message Content "
                    "Intent for the application; until then we go on without"
                )
                continue
            except discord.LoginFailure as error:
                log.error("Discord does not accept DISCORD_TOKEN; copy it again", error=str(error))
                pause = self._waits.wrong
            except FAILURES as error:
                log.warning("the gateway is away; trying again", error=str(error) or type(error).__name__)
            except Exception:  # the library's own bug, which must not take the service along
                log.exception("the gateway broke off; trying again")
            finally:
                await client.close()
            if loop.time() - begun > LASTING:
                pause = 0.5
            await asyncio.sleep(pause)
            pause = min(2 * pause, self._waits.longest)

    def _client(self) -> _Client:
        intents = discord.Intents(guilds=True, guild_messages=True, dm_messages=True)
        intents.message_content = self._reads
        options: dict[str, Any] = {}
        if self._shards.count is not None:
            options = {"shard_ids": list(self._shards.ids), "shard_count": self._shards.count}
        return _Client(
            self._deliver,
            self.places.named,
            intents=intents,
            max_messages=None,
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            guild_ready_timeout=0.5,
            **options,
        )


def point_to(api_url: str, gateway_url: str) -> None:
    """Have the library talk to another server."""
    if api_url:
        base = api_url.rstrip("/")
        Route.BASE = base if re.search(r"/v\d+$", base) else f"{base}/api/v10"
    if gateway_url:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)
