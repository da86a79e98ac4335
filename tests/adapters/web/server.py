"""The web chat over a real socket, with storage that outlives its restarts: in memory, or any other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from adapters.web import WebChat
from bot.ports import Files, Gallery, Inbox, Posts, Storage
from bot.web.site import Site
from tests.fakes import FakeInbox, MemoryFiles, MemoryPosts
from tests.memory import MemoryGallery, memory_host


async def _answers() -> None:
    """Storage that answers."""


class Server:
    """Start, stop and start again: the address stays, and so does what is stored."""

    def __init__(self, inbox: Inbox | None = None, *, password: str = "", connected_to: str = "") -> None:
        self.inbox = inbox or FakeInbox()
        self.posts: Posts = MemoryPosts()
        self.files: Files = MemoryFiles()
        self.gallery: Gallery = MemoryGallery()
        self.port = 0
        self.platform: WebChat
        self._password = password
        self._connected_to = connected_to
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        started = asyncio.get_running_loop().create_future()
        self._stop = asyncio.Event()
        self._task = asyncio.create_task(self._run(started))
        await asyncio.wait({started, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            self._task.result()

    async def _run(self, started: asyncio.Future[None]) -> None:
        async with Site("127.0.0.1", self.port, ping=_answers) as site:
            self.platform = WebChat(
                replace(memory_host(site.routes), posts=self.posts, files=self.files, gallery=self.gallery),
                password=self._password,
                connected_to=self._connected_to,
            )
            running = asyncio.create_task(self.platform.run(self.inbox))
            try:
                await site.open()
                self.port = int(site.url.rpartition(":")[2])
                started.set_result(None)
                stopping = asyncio.create_task(self._stop.wait())
                await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
                stopping.cancel()
            finally:
                running.cancel()
                await asyncio.wait({running})
                if not running.cancelled():
                    running.result()

    async def stop(self) -> None:
        self._stop.set()
        if self._task is not None:
            await self._task

    async def restart(self) -> None:
        await self.stop()
        await self.start()


@asynccontextmanager
async def serving(
    inbox: Inbox | None = None,
    *,
    password: str = "",
    connected_to: str = "",
    storage: Storage | None = None,
) -> AsyncIterator[Server]:
    server = Server(inbox, password=password, connected_to=connected_to)
    if storage is not None:
        server.posts, server.files, server.gallery = storage.posts, storage.files, storage.gallery
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
