"""The real discord.py beside a server, for tests: two addresses are changed, and nothing else."""

import asyncio
import io
import json
import sys
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import yarl

from tests.emulators.discord.server import Discord

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # it imports audioop
    import discord
    from discord import app_commands
    from discord.gateway import DiscordWebSocket

Setup = Callable[["Client"], Awaitable[None] | None]


class Client(discord.Client):
    """Notes what it hears."""

    def __init__(
        self, server: Discord, intents: discord.Intents, setup: Setup | None = None, **more: Any
    ) -> None:
        super().__init__(intents=intents, **{"guild_ready_timeout": 0.05, **more})
        self.tree = app_commands.CommandTree(self)
        self.heard: list[tuple[str, Any]] = []
        self.failures: list[BaseException] = []
        self._server, self._setup = server, setup
        self.tree.error(self._failed)

    async def setup_hook(self) -> None:
        if self._setup is not None and (waiting := self._setup(self)) is not None:
            await waiting

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        self.heard.append((event, args[0] if args else None))
        super().dispatch(event, *args, **kwargs)
        self._server.world.changes.notify()  # who waits may be waiting for this

    async def _failed(self, interaction: discord.Interaction, error: Exception) -> None:
        self.failures.append(getattr(error, "original", error))

    async def on_error(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        error = sys.exc_info()[1]
        assert error is not None
        self.failures.append(error)

    def all(self, event: str) -> list[Any]:
        """What came with every event of that name (``message``, ``message_edit``, …)."""
        return [what for name, what in self.heard if name == event]


def intents(**changes: bool) -> discord.Intents:
    """The usual ones, with message contents."""
    chosen = discord.Intents.default()
    chosen.message_content = True
    for name, value in changes.items():
        setattr(chosen, name, value)
    return chosen


@asynccontextmanager
async def serving(**more: Any) -> AsyncIterator[Discord]:
    """A server whose own answers are held against the description too."""
    async with Discord(**more) as server:
        server.flaws = []
        yield server
    assert not server.flaws, server.flaws


@asynccontextmanager
async def pointed(server: Discord) -> AsyncIterator[None]:
    """While this lasts, discord.py takes the server for Discord."""
    base, gateway = discord.http.Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    discord.http.Route.BASE = server.url
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(server.gateway_url)
    try:
        yield
    finally:
        discord.http.Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, gateway


@asynccontextmanager
async def running(
    server: Discord, setup: Setup | None = None, *, wanted: discord.Intents | None = None, **more: Any
) -> AsyncIterator[Client]:
    """A client that is connected and ready."""
    async with pointed(server):
        client = Client(server, wanted or intents(), setup, **more)
        async with client:
            task = asyncio.create_task(client.start(server.token))
            ready = asyncio.create_task(client.wait_until_ready())
            await asyncio.wait([task, ready], return_when=asyncio.FIRST_COMPLETED, timeout=10)
            if task.done():
                ready.cancel()
                await task
            try:
                yield client
            finally:
                await client.close()
                await task


class Raw:
    """Requests that a library would not make: ``await raw("POST", "/channels/1/messages", content="hi")``."""

    def __init__(self, http: aiohttp.ClientSession, server: Discord) -> None:
        self._http, self._server = http, server
        self.headers = {"Authorization": f"Bot {server.token}", "User-Agent": "DiscordBot (tests, 1)"}

    async def __call__(self, verb: str, path: str, body: Any = None, /, **fields: Any) -> tuple[int, Any]:
        """Status, and what came back."""
        sent = fields if body is None and fields else body
        url = f"{self._server.url}{path}"
        async with self._http.request(verb, url, json=sent, headers=self.headers) as answer:
            return answer.status, await answer.json() if answer.status != 204 else None

    async def upload(
        self, verb: str, path: str, files: list[tuple[str, bytes]], **fields: Any
    ) -> tuple[int, Any]:
        form = aiohttp.FormData(quote_fields=False)
        form.add_field("payload_json", json.dumps(fields))
        for place, (name, data) in enumerate(files):
            form.add_field(f"files[{place}]", io.BytesIO(data), filename=name)
        url = f"{self._server.url}{path}"
        async with self._http.request(verb, url, data=form, headers=self.headers) as answer:
            return answer.status, await answer.json()

    async def refused(self, verb: str, path: str, body: Any = None, /, **fields: Any) -> list[str]:
        """What a form is refused for: the ways to the faults, with their codes."""
        status, answer = await self(verb, path, body, **fields)
        assert (status, answer["code"]) == (400, 50035), (status, answer)
        return sorted(_leaves(answer["errors"]))


def _leaves(tree: dict[str, Any], way: str = "") -> list[str]:
    found = []
    for name, one in tree.items():
        if name == "_errors":
            found += [f"{way.strip('.')} {each['code']}" for each in one]
        else:
            found += _leaves(one, f"{way}.{name}")
    return found


@asynccontextmanager
async def raw(server: Discord) -> AsyncIterator[Raw]:
    async with aiohttp.ClientSession() as http:
        yield Raw(http, server)
