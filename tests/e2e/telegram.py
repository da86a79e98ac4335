"""Chatelier on Telegram: the real process between the strict server and a gateway that is listened to."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any, cast

import aiohttp
from aiohttp import web

from tests.e2e.harness import Program, bot, sandbox
from tests.emulators.telegram import Chat, Seen, Telegram, User

Place = Chat | User


class Overheard:
    """Stands before the gateway, passes everything on as it comes, and keeps what models are asked."""

    def __init__(self, gateway: str) -> None:
        self._gateway = gateway
        self.prompts: list[list[dict[str, Any]]] = []  # the messages of each request
        self.url = ""

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Overheard"]:
        application = web.Application(client_max_size=1 << 30)
        application.router.add_route("*", "/{path:.*}", self._pass_on)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.2, handler_cancellation=True)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        timeout = aiohttp.ClientTimeout(total=300)
        async with aiohttp.ClientSession(timeout=timeout, auto_decompress=False) as self._http:
            try:
                yield self
            finally:
                await runner.cleanup()

    async def _pass_on(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if request.path.endswith("/chat/completions"):
            self.prompts.append(json.loads(body)["messages"])
        headers = {name: value for name, value in request.headers.items() if name not in _HOPS}
        url = self._gateway + request.raw_path
        async with self._http.request(request.method, url, data=body, headers=headers) as found:
            kept = {name: value for name, value in found.headers.items() if name not in _HOPS}
            answer = web.StreamResponse(status=found.status, headers=kept)
            await answer.prepare(request)
            async for piece in found.content.iter_any():
                await answer.write(piece)
            await answer.write_eof()
            return answer

    def asked(self, words: str) -> list[dict[str, Any]]:
        """The latest request that asks this: what was said last by people has these words in it."""
        for prompt in reversed(self.prompts):
            if words in question(prompt):
                return prompt
        raise LookupError(f"no model was asked {words!r}, but {list(map(question, self.prompts))}")


_HOPS = frozenset({"Host", "Content-Length", "Transfer-Encoding", "Connection"})


def said(message: dict[str, Any]) -> str:
    """The words of a message to a model."""
    content = message["content"]
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content if part["type"] == "text")


def question(prompt: list[dict[str, Any]]) -> str:
    """What people said after the model's last words."""
    return "\n".join(map(said, reversed([*takewhile(lambda each: each["role"] == "user", prompt[::-1])])))


def pictures(message: dict[str, Any]) -> int:
    """How many pictures a message to a model carries."""
    content = message["content"]
    return 0 if isinstance(content, str) else sum(part["type"] == "image_url" for part in content)


@dataclass(slots=True)
class Scene:
    """All that a test needs: who may talk, and what came of it."""

    place: Path
    server: Telegram
    gateway: Program
    overheard: Overheard
    program: Program
    forgiven: int = 0  # tracebacks in the log that are meant

    @property
    def database(self) -> Path:
        return self.place / "data" / "chatelier.db"

    def answers(self, chat: Place, *, thread: int | None = None) -> list[Seen]:
        """The ends of answers: what carries Retry."""
        return [one for one in self.server.ours(chat, thread=thread) if "Retry" in one.labels]

    def cards(self, chat: Place) -> list[Seen]:
        """Pictures that are done, with their buttons."""
        return [one for one in self.server.ours(chat) if one.kind == "photo" and "Cancel" not in one.labels]

    async def answered(
        self, chat: Place, count: int = 1, *, thread: int | None = None, within: float = 30.0
    ) -> Seen:
        """Wait for so many answers there; the last of them."""
        await self.server.until(lambda: len(self.answers(chat, thread=thread)) >= count, within)
        return self.answers(chat, thread=thread)[-1]

    async def painted(self, chat: Place, count: int = 1, *, within: float = 30.0) -> Seen:
        """Wait for so many finished pictures there; the last of them."""
        await self.server.until(lambda: len(self.cards(chat)) >= count, within)
        return self.cards(chat)[-1]

    async def pressed(self, person: User, chat: Place | None, message: Seen | int, label: str) -> str:
        """Press a button and wait for the answer; the toast."""
        press = self.server.press(person, chat, message, label)
        await self.server.until(lambda: press.answered, within=10)
        return press.text

    async def last(self, chat: Place, fits: Callable[[Seen], object], *, within: float = 30.0) -> Seen:
        """Wait until the bot's latest message there is so."""

        def found() -> Seen | None:
            last = self.server.last(chat)
            return last if last is not None and fits(last) else None

        return cast(Seen, await self.server.until(found, within))

    async def question(self, chat: Place) -> Seen:
        """Wait for a question of the bot's, and until it is ready for the answer."""
        asked = await self.last(chat, lambda one: one.force_reply)
        place = f"telegram.ask.{self.server.private(chat).id if isinstance(chat, User) else chat.id}"
        async with asyncio.timeout(30):
            while True:
                if self.rows("SELECT * FROM options WHERE place = ? AND name = ?", place, str(asked.id)):
                    return asked
                await asyncio.sleep(0.02)

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        """What is stored."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10)) as database:
            database.row_factory = sqlite3.Row
            return database.execute(query, values).fetchall()

    async def settled(self) -> None:
        """Wait until the bot polls and has taken all in."""
        updates = self.server.world.updates
        await self.server.until(lambda: updates.polled and not updates.waiting)

    async def idle(self, within: float = 30.0) -> None:
        """Wait until no work is left."""
        waits = ("tasks", "mail WHERE NOT done", "jobs WHERE NOT settled", "answers WHERE state = 'waiting'")
        async with asyncio.timeout(within):
            while True:
                if not any(self.rows(f"SELECT id FROM {wait}") for wait in waits):
                    return
                await asyncio.sleep(0.05)

    def lines(self, words: str) -> list[str]:
        """What the program logged with these words in it."""
        return [line for line in self.program.said().splitlines() if words in line]


def settings_of(server: Telegram, gateway: str, **others: str) -> dict[str, str]:
    """What the process is told."""
    return {
        "GATEWAY_URL": gateway,
        "GATEWAY_KEY": "sk-test",
        "TELEGRAM_TOKEN": server.token,
        "TELEGRAM_API_URL": server.url,
        "ACCESS_OPEN": "true",
        **others,
    }


@asynccontextmanager
async def scene(
    place: Path, server: Telegram, *, speed: float = 40.0, **settings: str
) -> AsyncIterator[Scene]:
    """Serve until the block ends; then nothing may have been wrong on the wire or on our side."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(server)
        gateway = await stack.enter_async_context(sandbox(place, speed=speed))
        overheard = await stack.enter_async_context(Overheard(gateway.url).serving())
        told = settings_of(server, overheard.url, **settings)
        program = await stack.enter_async_context(bot(place, **told))
        found = Scene(place, server, gateway, overheard, program)
        yield found
        assert await program.stop() == 0
        assert server.violations == []
        assert server.unknown_methods == {}
        assert server.dropped_entities == []
        assert program.said().count("Traceback (") == found.forgiven, program.said()[-5000:]


def spoken(messages: Sequence[Seen]) -> str:
    """All of them, read one after another."""
    return "\n".join(one.text or one.caption for one in messages)


async def rest(seconds: float) -> None:
    """Let time pass in which nothing may happen."""
    await asyncio.sleep(seconds)
