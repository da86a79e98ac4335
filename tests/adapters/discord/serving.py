"""Our adapter at work against the emulator, with storage that outlives its restarts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from aiohttp import web

from adapters.discord import Discord as Adapter
from adapters.discord.gateway import Waits
from adapters.discord.pace import Budget, Pace, Turnstile
from bot.ports import Host, Inbox
from tests.emulators.discord import Discord as Server
from tests.fakes import FakeInbox
from tests.memory import memory_host

SPEED = 10.0  # of the server's clock, and so of our pace
BRISK = Budget(5, 0.55, kept=1)
CALLS = Budget(45, 0.3, kept=15)
HASTE = Waits(wrong=0.1, longest=0.2)


class Bot:
    """Our side: start, stop and start again."""

    def __init__(
        self,
        server: Server,
        inbox: Inbox | None = None,
        *,
        host: Host | None = None,
        routes: web.UrlDispatcher | None = None,
        **settings: Any,
    ) -> None:
        self.server = server
        self.inbox = inbox or FakeInbox()
        self.host = host or memory_host()
        self._routes = routes
        self.platform: Adapter
        where = {"api_url": server.url, "gateway_url": server.gateway_url}
        self._settings = {"token": server.token, "waits": HASTE} | where | settings
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        host = replace(self.host, routes=web.UrlDispatcher() if self._routes is None else self._routes)
        self.platform = Adapter(host, **self._settings, pace=Pace(BRISK), turnstile=Turnstile(CALLS))
        self._task = asyncio.create_task(self.platform.run(self.inbox))

    async def stop(self) -> None:
        """At once, as if the process had ended; an error of its own is raised here."""
        if self._task is None:
            return
        task, self._task = self._task, None
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()

    async def restart(self) -> None:
        await self.stop()
        await self.server.until(lambda: not self.server.connected)
        self.start()
        await self.server.until(lambda: self.server.connected)


@asynccontextmanager
async def serving(
    server: Server, inbox: Inbox | None = None, *, host: Host | None = None, **settings: Any
) -> AsyncIterator[Bot]:
    bot = Bot(server, inbox, host=host, **settings)
    bot.start()
    try:
        await server.until(lambda: server.connected)
        yield bot
    finally:
        await bot.stop()
