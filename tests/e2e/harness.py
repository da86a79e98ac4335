"""The real process, a gateway beside it, and a page that behaves as a browser's does."""

import asyncio
import json
import os
import secrets
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp

from bot.settings import names

ROOT = Path(__file__).resolve().parents[2]
START_WITHIN = 30.0  # seconds


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Program:
    """``python -m MODULE …`` that serves on a port; killed and started as often as a test likes."""

    def __init__(
        self, *words: str, port: int, place: Path, settings: Mapping[str, str] | None = None, ready: str
    ) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._words = words
        self._place = place
        self._settings = dict(settings or {})
        self._ready = ready
        self._process: asyncio.subprocess.Process | None = None
        self.output = place / f"{words[0]}.log"

    async def start(self) -> None:
        """Start it and wait until it is ready."""
        known = {key: value for key, value in os.environ.items() if key not in names()}
        with self.output.open("ab") as sink:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", *self._words),
                cwd=self._place,
                env={**known, "PYTHONPATH": str(ROOT), **self._settings},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
            )
        async with asyncio.timeout(START_WITHIN), aiohttp.ClientSession() as session:
            while True:
                if self._process.returncode is not None:
                    raise RuntimeError(f"it ended instead of serving:\n{self.said()[-3000:]}")
                with suppress(aiohttp.ClientError):
                    async with session.get(self.url + self._ready) as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """kill -9, and gone when this returns."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """SIGTERM; its exit code."""
        return await self._end(signal.SIGTERM)

    async def _end(self, how: signal.Signals) -> int:
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(how)
        async with asyncio.timeout(15):
            return await self._process.wait()

    def said(self) -> str:
        return self.output.read_text(errors="replace")


@asynccontextmanager
async def sandbox(place: Path, *, speed: float = 20.0, dialect: str = "relay") -> AsyncIterator[Program]:
    """The stand-in gateway in a process of its own, so that it outlives the bot."""
    port = free_port()
    program = Program(
        *("bot.sandbox", "--port", str(port), "--speed", str(speed), "--dialect", dialect),
        *("--journal", str(place / "gateway.jsonl")),
        port=port,
        place=place,
        ready="/v1/models",
    )
    await program.start()
    try:
        yield program
    finally:
        await program.stop()


@asynccontextmanager
async def bot(place: Path, **settings: str) -> AsyncIterator[Program]:
    """Chatelier as people start it; the few people in it may order without end."""
    port = int(settings.pop("WEB_PORT", "0")) or free_port()
    settings = {"IMAGE_RUNNING_PERSON": "0", "IMAGE_WAITING_PERSON": "0", "IMAGE_STRIKES": "0", **settings}
    program = Program(
        "bot", port=port, place=place, settings={"WEB_PORT": str(port), **settings}, ready="/readyz"
    )
    await program.start()
    try:
        yield program
    finally:
        await program.stop()


class Refused(Exception):
    """What was asked for was refused, in one sentence."""


class Page:
    """An open page: repeats what was not acknowledged and catches up when its connection comes back.

    ``posts`` is what a person would see: id → the message, its text's blocks and the rest.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._cookie = ""
        self._session: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._unanswered: dict[str, dict[str, Any]] = {}
        self._waiters: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._changed = asyncio.Event()
        self.room = secrets.token_hex(10)
        self.version = 0
        self.posts: dict[str, dict[str, Any]] = {}
        self.notices: list[str] = []

    async def run(self) -> None:
        """Stay connected until cancelled."""
        jar = aiohttp.DummyCookieJar()
        async with aiohttp.ClientSession(cookie_jar=jar) as session:
            self._session = session
            while True:
                with suppress(aiohttp.ClientError, TimeoutError):
                    await self._connect(session)
                self._socket = None
                await asyncio.sleep(0.05)

    async def _connect(self, session: aiohttp.ClientSession) -> None:
        headers = {"Origin": self._url}
        if not self._cookie:
            async with session.post(f"{self._url}/session", json={"name": "Ada"}, headers=headers) as signed:
                signed.raise_for_status()
                self._cookie = signed.headers["Set-Cookie"].partition(";")[0]
        headers["Cookie"] = self._cookie
        async with session.ws_connect(f"{self._url}/socket", headers=headers, max_msg_size=0) as ws:
            await ws.send_json({"do": "open", "room": self.room, "version": self.version})
            for request in list(self._unanswered.values()):
                await ws.send_json(request)
            self._socket = ws
            async for message in ws:
                if message.type is aiohttp.WSMsgType.TEXT:
                    for event in json.loads(message.data):
                        self._take(event)
                    self._changed.set()

    def _take(self, event: dict[str, Any]) -> None:
        match event["on"]:
            case "room" | "posts" if event["room"] == self.room:
                if event.get("reset"):
                    self.posts.clear()
                for patch in event["posts"]:
                    self._patch(patch)
            case "ack" | "refused":
                self._unanswered.pop(event["id"], None)
                waiter = self._waiters.pop(event["id"], None)
                if waiter is not None and not waiter.done():
                    waiter.set_result(event)
            case "notice":
                self.notices.append(event["html"])

    def _patch(self, patch: dict[str, Any]) -> None:
        self.version = max(self.version, patch["v"])
        if patch.get("gone"):
            self.posts.pop(patch["id"], None)
            return
        post = self.posts.setdefault(patch["id"], {"text": [], "rest": {}, "kind": patch.get("kind")})
        post["kind"] = patch.get("kind")
        if patch.get("kind") != "ours":
            post.update(patch)
            return
        if "text" in patch:
            post["text"] = post["text"][: patch["text_from"]] + patch["text"]
        if "rest" in patch:
            post["rest"] = patch["rest"]

    # --- what people do -------------------------------------------------------------------

    async def request(self, do: str, **fields: Any) -> dict[str, Any]:
        """Ask for something and wait for its acknowledgement, across any number of connections."""
        name = secrets.token_hex(8)
        request = {"do": do, "id": name, "room": self.room, **fields}
        self._unanswered[name] = request
        waiter = self._waiters[name] = asyncio.get_running_loop().create_future()
        if self._socket is not None:
            with suppress(ConnectionError):
                await self._socket.send_json(request)
        answer = await waiter
        if answer["on"] == "refused":
            raise Refused(answer["error"])
        return answer

    async def upload(self, name: str, data: bytes, media_type: str = "image/png") -> str:
        """The ticket of a file; once more until it has arrived."""
        while True:
            with suppress(aiohttp.ClientError, TimeoutError, AssertionError):
                assert self._session is not None
                assert self._cookie
                headers = {"Origin": self._url, "Cookie": self._cookie, "Content-Type": media_type}
                where = f"{self._url}/upload"
                async with self._session.post(
                    where, params={"name": name}, data=data, headers=headers
                ) as taken:
                    taken.raise_for_status()
                    return str((await taken.json())["ticket"])
            await asyncio.sleep(0.05)

    async def say(self, text: str, files: list[str] | None = None) -> str:
        return str((await self.request("say", text=text, files=files or []))["post"])

    async def press(self, post: str, label: str) -> None:
        await self.request("press", message=post, data=self.button(post, label))

    async def answer(self, question: str, text: str) -> None:
        await self.request("answer", post=question, text=text)

    async def until(self, seen: Callable[["Page"], Any], seconds: float = 60.0) -> Any:
        """Wait until ``seen(page)`` is something; return it."""
        async with asyncio.timeout(seconds):
            while not (found := seen(self)):
                self._changed.clear()
                await self._changed.wait()
            return found

    # --- what people see ------------------------------------------------------------------

    def ours(self) -> dict[str, dict[str, Any]]:
        """The bot's messages."""
        return {name: post for name, post in self.posts.items() if post["kind"] == "ours"}

    def settled(self) -> dict[str, dict[str, Any]]:
        """Those of them that are finished."""
        return {
            name: post
            for name, post in self.ours().items()
            if post["rest"] and not post["rest"]["growing"] and post["rest"]["progress"] is None
        }

    def pictures(self) -> dict[str, dict[str, Any]]:
        """Cards that show a finished picture."""
        return {name: post for name, post in self.settled().items() if post["rest"]["images"]}

    def labels(self, post: str) -> list[str]:
        return [button["label"] for row in self.posts[post]["rest"]["buttons"] for button in row]

    def button(self, post: str, label: str) -> str:
        for row in self.posts[post]["rest"]["buttons"]:
            for button in row:
                if button["label"] == label:
                    return str(button["data"])
        raise AssertionError(f"no button {label!r} among {self.labels(post)}")

    def markdown(self, post: str) -> str:
        return str(self.posts[post]["rest"].get("markdown", ""))


@asynccontextmanager
async def page(url: str) -> AsyncIterator[Page]:
    """A page that is open for the block."""
    opened = Page(url)
    task = asyncio.ensure_future(opened.run())
    try:
        yield opened
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
