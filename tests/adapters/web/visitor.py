"""Somebody in the web chat: speaks the page's protocol over a real WebSocket."""

import asyncio
import json
import secrets
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from typing import Any

import aiohttp

from bot.messages import Channel
from bot.ports import Platform
from tests.adapters.web.server import Server
from tests.fakes import FakeInbox
from tests.ports.people import File, Seen, Visitor

ALLOWED_SCHEMES = ("http:", "https:", "mailto:", "tel:")


class WebVisitor(Visitor):
    """Keeps what a page would show. Everything that must not be lost is repeated after a reconnect."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.room = secrets.token_hex(12)
        self.posts: dict[str, dict[str, Any]] = {}
        self.version = 0
        self.events: list[dict[str, Any]] = []  # everything that was heard
        self.wire: list[str] = []  # frames as they came
        self.person = ""
        self._http: aiohttp.ClientSession
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._listening: asyncio.Task[None] | None = None
        self._asked: dict[str, tuple[dict[str, Any], asyncio.Future[dict[str, Any]]]] = {}
        self._changed = asyncio.Event()
        self._busy = False
        self._notices: list[str] = []

    # --- the line ---------------------------------------------------------------------------

    async def enter(self, *, password: str = "") -> None:
        self._http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        answer = await self.post("/session", {"password": password})
        self.person = answer["person"]
        await self.connect()

    async def leave(self) -> None:
        await self.disconnect()
        await self._http.close()

    @property
    def http(self) -> aiohttp.ClientSession:
        return self._http

    @property
    def origin(self) -> dict[str, str]:
        return {"Origin": self.server.url}

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        async with self._http.post(self.server.url + path, json=body, headers=self.origin) as response:
            response.raise_for_status()
            return await response.json()

    async def connect(self) -> None:
        self._socket = await self._http.ws_connect(f"{self.server.url}/socket", headers=self.origin)
        self._listening = asyncio.create_task(self._listen(self._socket))
        await self.tell({"do": "open", "room": self.room, "version": self.version})
        for request, _ in self._asked.values():
            await self.tell(request)

    async def disconnect(self) -> None:
        if self._socket is not None and self._listening is not None:
            await self._socket.close()
            await self._listening
            self._socket = None

    async def tell(self, request: dict[str, Any]) -> None:
        assert self._socket is not None
        await self._socket.send_json(request)

    async def ask(self, request: dict[str, Any], *, id: str = "") -> dict[str, Any]:
        """Send it, and again after every reconnect, until it is acknowledged or refused."""
        name = id or secrets.token_hex(12)
        answered: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._asked[name] = ({**request, "id": name}, answered)
        await self.tell({**request, "id": name})
        async with asyncio.timeout(30):
            return await answered

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            self.wire.append(message.data)
            for event in json.loads(message.data):
                self.events.append(event)
                self._hear(event)
            self._changed.set()
        self._changed.set()

    def _hear(self, event: dict[str, Any]) -> None:
        match event["on"]:
            case "room" if event["room"] == self.room:
                if event["reset"]:
                    self.posts.clear()
                self._busy = event["busy"]
                self._apply(event["posts"])
            case "posts" if event["room"] == self.room:
                self._apply(event["posts"])
            case "typing" if event["room"] == self.room:
                self._busy = event["busy"]
            case "notice":
                self._notices.append(text_of(event["html"]))
            case "ack" | "refused":
                asked = self._asked.pop(event["id"], None)
                if asked is not None and not asked[1].done():
                    asked[1].set_result(event)

    def _apply(self, patches: Sequence[dict[str, Any]]) -> None:
        for patch in patches:
            self.version = max(self.version, patch["v"])
            known = self.posts.get(patch["id"])
            if patch.get("gone"):
                self.posts.pop(patch["id"], None)
            elif known is None:
                self.posts[patch["id"]] = dict(patch)
            elif patch["v"] >= known["v"]:
                for name in ("text", "thoughts"):
                    if f"{name}_from" in patch:
                        kept = known.get(name, [])[: patch[f"{name}_from"]]
                        patch = {**patch, name: [*kept, *patch[name]]}
                known.update(patch)

    # --- what is seen -----------------------------------------------------------------------

    def shown(self, kind: str) -> list[dict[str, Any]]:
        return [post for post in self.posts.values() if post["kind"] == kind]

    @property
    def seen(self) -> Sequence[Seen]:
        return [
            Seen(
                post["id"],
                text_of("\n".join(post.get("text", []))),
                pictures=len(post["rest"]["images"]),
                files=tuple(file["name"] for file in post["rest"]["files"]),
                buttons=tuple(tuple(button["label"] for button in row) for row in post["rest"]["buttons"]),
                note=post["rest"]["note"],
            )
            for post in self.shown("ours")
        ]

    @property
    def notices(self) -> Sequence[str]:
        return [*(text_of(post["html"]) for post in self.shown("notice")), *self._notices]

    @property
    def busy(self) -> bool:
        return self._busy

    @property
    def question(self) -> tuple[str, str] | None:
        asked = self.shown("question")
        return (asked[-1]["title"], asked[-1]["default"]) if asked else None

    @property
    def dangers(self) -> Sequence[str]:
        finder = _Dangers()
        for post in self.shown("ours"):
            for block in (*post.get("text", []), *post.get("thoughts", [])):
                finder.feed(block)
        return finder.found

    async def until(self, true: Callable[[Any], object]) -> None:
        async with asyncio.timeout(30):
            while not true(self):
                self._changed.clear()
                await self._changed.wait()

    # --- what is done -----------------------------------------------------------------------

    @property
    def inbox(self) -> FakeInbox:
        assert isinstance(self.server.inbox, FakeInbox)
        return self.server.inbox

    @property
    def platform(self) -> Platform:
        return self.server.platform

    @property
    def channel(self) -> Channel:
        return Channel("web", self.room)

    async def upload(self, file: File) -> dict[str, Any]:
        headers = {**self.origin, "Content-Type": file.media_type}
        address = f"{self.server.url}/upload"
        async with self._http.post(
            address, params={"name": file.name}, data=file.data, headers=headers
        ) as response:
            return {"status": response.status, **await response.json()}

    async def say(self, text: str, *files: File) -> None:
        tickets = [(await self.upload(file))["ticket"] for file in files]
        await self.ask({"do": "say", "room": self.room, "text": text, "files": tickets})

    async def reword(self, text: str) -> None:
        last = self.shown("theirs")[-1]
        await self.ask({"do": "say", "room": self.room, "text": text, "edit": last["id"]})

    async def press(self, label: str) -> None:
        found = [
            (post["id"], button["data"])
            for post in self.shown("ours")
            for row in post["rest"]["buttons"]
            for button in row
            if button["label"] == label
        ]
        message, data = found[-1]
        await self.ask({"do": "press", "room": self.room, "message": message, "data": data})

    async def answer(self, text: str, *files: File) -> None:
        tickets = [(await self.upload(file))["ticket"] for file in files]
        post = self.shown("question")[-1]["id"]
        await self.ask({"do": "answer", "post": post, "text": text, "files": tickets})

    async def restart(self) -> None:
        await self.server.restart()
        if self._listening is not None:
            await self._listening
        await self.connect()


def text_of(html: str) -> str:
    """What a reader reads."""
    reader = _Text()
    reader.feed(html)
    reader.close()
    return "".join(reader.parts).strip()


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


class _Dangers(HTMLParser):
    """Whatever is not plain, inert markup."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in (
            "script",
            "style",
            "iframe",
            "object",
            "embed",
            "form",
            "img",
            "svg",
            "link",
            "meta",
            "base",
        ):
            self.found.append(tag)
        for name, value in attrs:
            address = (value or "").strip().lower()
            if name.startswith("on") or name in ("style", "srcdoc", "src", "action", "formaction"):
                self.found.append(f"{tag} {name}")
            if name == "href" and not address.startswith(ALLOWED_SCHEMES):
                self.found.append(f"{tag} {name}={value}")
