"""Our adapter at work against the emulator, with storage that outlives its restarts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from aiohttp import web

from adapters.telegram import Telegram as Adapter
from adapters.telegram.pace import BOT, DRAFT, GROUP, PRIVATE, Pace
from adapters.telegram.updates import Waits
from bot.ports import Host, Inbox
from tests.emulators.telegram import Telegram as Server
from tests.fakes import FakeInbox
from tests.memory import MemoryMail, memory_host

SPEED = 10.0  # of the server's clock, and so of our pace
BRISK = {
    name: replace(budget, seconds=budget.seconds / SPEED)
    for name, budget in {"private": PRIVATE, "group": GROUP, "bot": BOT, "draft": DRAFT}.items()
}
HASTE = Waits(poll=5, grace=2.0, again=0.05, other=0.3, wrong=0.1, longest=0.2, retry=0.01)


class WatchedMail(MemoryMail):
    """Mail that can be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.changed = asyncio.Event()

    async def done(self, platform: str, key: str) -> None:
        await super().done(platform, key)
        self.changed.set()


class Bot:
    """Our side: start, stop and start again."""

    def __init__(
        self, server: Server, inbox: Inbox | None = None, *, host: Host | None = None, **settings: Any
    ) -> None:
        self.server = server
        self.inbox = inbox or FakeInbox()
        self.host = host or replace(memory_host(), mail=WatchedMail())
        self.platform: Adapter
        self._settings = {"token": server.token, "api_url": server.url, "waits": HASTE} | settings
        self._task: asyncio.Task[None] | None = None

    def start(self, routes: web.UrlDispatcher | None = None) -> None:
        host = replace(self.host, routes=web.UrlDispatcher() if routes is None else routes)
        self.platform = Adapter(host, **self._settings, pace=Pace(**BRISK))
        self._task = asyncio.create_task(self.platform.run(self.inbox))

    async def taken_in(self) -> None:
        """Wait until everything that was delivered has been seen to."""
        mail = self.host.mail
        assert isinstance(mail, WatchedMail)
        async with asyncio.timeout(30):
            while mail.open:
                mail.changed.clear()
                await mail.changed.wait()

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
        self.start()


@asynccontextmanager
async def serving(
    server: Server, inbox: Inbox | None = None, *, host: Host | None = None, **settings: Any
) -> AsyncIterator[Bot]:
    bot = Bot(server, inbox, host=host, **settings)
    bot.start()
    try:
        yield bot
    finally:
        await bot.stop()
