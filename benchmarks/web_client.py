"""The page, as far as a question and its answer need one: for the web chat and for the floor."""

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

import aiohttp

from benchmarks.script import FIRST, LAST, Script

PATIENCE = 60.0  # seconds for one answer


@dataclass(frozen=True, slots=True)
class Seen:
    """What a page saw of one answer."""

    first: float  # seconds from the gateway's first word until the page had it
    whole: float  # seconds from the question until its answer was complete
    frames: int  # what it was sent meanwhile


class Page(Protocol):
    """One person's open page."""

    async def ask(self, script: Script) -> Seen:
        """Say it, and read until the answer is complete."""


class FloorPage(Page):
    """Reads what ``benchmarks.floor`` sends."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def ask(self, script: Script) -> Seen:
        began = time.monotonic()
        await self._socket.send_str(json.dumps({"text": str(script)}))
        return await _read(self._socket, began, lambda frame: LAST in frame)


class ChatPage(Page):
    """The web chat's own page: one room, made by the first thing that is said in it."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._room = secrets.token_hex(10)

    async def open(self) -> None:
        """Watch the room, which is empty, and be told so."""
        await self._socket.send_str(json.dumps({"do": "open", "room": self._room, "version": 0}))
        async with asyncio.timeout(PATIENCE):
            while '"on":"room"' not in await self._socket.receive_str():
                pass

    async def ask(self, script: Script) -> Seen:
        began = time.monotonic()
        await self.say(str(script))
        # The last word may be on the page a little before the answer is final and stored.
        return await _read(self._socket, began, lambda frame: '"growing":false' in frame and LAST in frame)

    async def say(self, text: str) -> None:
        """Say something, and leave what comes of it unread."""
        request = {"do": "say", "id": secrets.token_hex(8), "room": self._room, "text": text}
        await self._socket.send_str(json.dumps(request))

    async def read(self) -> None:
        """Read whatever comes, until cancelled."""
        async for message in self._socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                break


async def _read(
    socket: aiohttp.ClientWebSocketResponse, began: float, is_last: Callable[[str], bool]
) -> Seen:
    first, frames = 0.0, 0
    async with asyncio.timeout(PATIENCE):
        while True:
            frame = await socket.receive_str()
            frames += 1
            if not first and (found := FIRST.search(frame)):
                first = time.monotonic() - int(found[1]) / 1e9
            if is_last(frame):
                return Seen(first, time.monotonic() - began, frames)


@asynccontextmanager
async def floor_pages(url: str, count: int) -> AsyncIterator[list[FloorPage]]:
    """So many people at the floor."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(_session())
        yield [
            FloorPage(await stack.enter_async_context(session.ws_connect(f"{url}/socket")))
            for _ in range(count)
        ]


@asynccontextmanager
async def chat_pages(url: str, count: int) -> AsyncIterator[list[ChatPage]]:
    """So many people in the web chat, each with a session and a new room."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(_session())
        pages = []
        for _ in range(count):
            async with session.post(
                f"{url}/session", json={"name": "Ada"}, headers={"Origin": url}
            ) as signed:
                signed.raise_for_status()
                cookie = signed.headers["Set-Cookie"].partition(";")[0]
            headers = {"Origin": url, "Cookie": cookie}
            page = ChatPage(
                await stack.enter_async_context(session.ws_connect(f"{url}/socket", headers=headers))
            )
            await page.open()
            pages.append(page)
        yield pages


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar())
