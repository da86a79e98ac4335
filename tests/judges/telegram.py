"""Two Bot API servers behind one face: a judge that others wrote, and our own emulator.

What the judge does not model is taken out of requests before it sees them, and methods that it lacks are
answered in its place; both are listed here, so that it is plain what it does not judge.
"""

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web
from lo_bot_api_emulator import LoBotApiEmulator

from tests.emulators.telegram import TOKEN, Telegram, Upload

ANN = 5_100_000_001
PERSON = {"id": ANN, "is_bot": False, "first_name": "Ann", "language_code": "en"}
PLACE = {"id": ANN, "type": "private", "first_name": "Ann"}

LACKS = frozenset({"link_preview_options", "message_thread_id", "disable_content_type_detection"})
ABSENT: dict[str, tuple[int, Any]] = {
    "sendMessageDraft": (404, "Not Found"),
    "setMessageReaction": (200, True),
    "getChatMenuButton": (200, {"type": "commands"}),
}
NEWER_UPDATES = frozenset({"stopped_message_generation"})


class Side(ABC):
    """A server with one person, Ann, who talks with the bot in private."""

    token = TOKEN
    url: str

    @abstractmethod
    async def update(self, update: Mapping[str, Any]) -> int:
        """Deliver that; its number."""

    @abstractmethod
    async def keep(self, photo: bytes) -> str:
        """A photo that Ann may send; its file id."""

    async def until(self, method: str, count: int = 1) -> None:
        """Wait for so many good answers to calls of a method."""
        async with asyncio.timeout(30):
            while True:
                if self.calls.count((method, 200)) >= count:
                    return
                await asyncio.sleep(0.01)

    @property
    @abstractmethod
    def calls(self) -> list[tuple[str, int]]:
        """Methods and how each call was answered, without polls."""

    async def say(self, text: str = "", *, number: int = 1000, photo: bytes = b"") -> None:
        body: dict[str, Any] = {"message_id": number, "date": 1_790_000_000, "chat": PLACE, "from": PERSON}
        if photo:
            size = {"file_id": await self.keep(photo), "file_unique_id": "u", "width": 9, "height": 9}
            body |= {"photo": [size], "caption": text}
        else:
            body["text"] = text
        await self.update({"message": body})

    async def press(self, message: int, data: str) -> None:
        under = {"message_id": message, "date": 1_790_000_000, "chat": PLACE, "text": "a card"}
        query = {"id": "4711", "from": PERSON, "chat_instance": "-1", "data": data, "message": under}
        await self.update({"callback_query": query})

    @property
    def refused(self) -> list[tuple[str, int]]:
        """Calls that were not taken, but for those that the judge lacks."""
        return [(method, status) for method, status in self.calls if status >= 400 and method not in ABSENT]

    @property
    def methods(self) -> set[str]:
        return {method for method, status in self.calls if status == 200}

    async def call(self, method: str, params: Mapping[str, Any], **files: bytes) -> tuple[int, Any]:
        """A call as any client makes it: status, and the result or the description."""
        form = aiohttp.FormData()
        for name, value in params.items():
            form.add_field(name, value if isinstance(value, str) else json.dumps(value))
        for name, data in files.items():
            form.add_field(name, data, filename=f"{name}.jpg", content_type="image/jpeg")
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"{self.url}/bot{self.token}/{method}", data=form) as answer,
        ):
            body = await answer.json()
            return answer.status, body.get("result", body.get("description"))


class _Judge(LoBotApiEmulator):
    """The judge, spared what it does not know."""

    async def read_request(self, request: web.Request) -> Any:
        fields, uploads = await super().read_request(request)
        fields = {name: value for name, value in fields.items() if name not in LACKS}
        if "reply_markup" in fields:
            fields["reply_markup"] = _plain(fields["reply_markup"])
        if "allowed_updates" in fields:
            wanted = json.loads(fields["allowed_updates"])
            fields["allowed_updates"] = [kind for kind in wanted if kind not in NEWER_UPDATES]
        return fields, uploads

    async def handle(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        if method not in ABSENT:
            return await super().handle(request)
        status, found = ABSENT[method]
        self.requests.append({"method": method, "status": status})
        if status == 200:
            return web.json_response({"ok": True, "result": found})
        return web.json_response({"ok": False, "error_code": status, "description": found}, status=status)


def _plain(markup: Any) -> Any:
    """A keyboard without colours, which came after the judge."""
    try:
        found = json.loads(markup)
        for row in found["inline_keyboard"]:
            for button in row:
                button.pop("style", None)
    except (ValueError, TypeError, KeyError):
        return markup
    return json.dumps(found)


class Judged(Side):
    def __init__(self) -> None:
        self._judge = _Judge(allow_insecure_loopback_webhooks=True)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Side]:
        runner = web.AppRunner(self._judge.app(), access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def update(self, update: Mapping[str, Any]) -> int:
        return int(await self._judge.enqueue_update(dict(update), token=self.token))

    async def keep(self, photo: bytes) -> str:
        _status, sent = await self.call("sendPhoto", {"chat_id": ANN}, photo=photo)
        return str(sent["photo"][-1]["file_id"])

    @property
    def calls(self) -> list[tuple[str, int]]:
        calls = [(one["method"], one["status"]) for one in self._judge.requests]
        return [one for one in calls if one[0] != "getUpdates"]


class Ours(Side):
    def __init__(self) -> None:
        self._server = Telegram(self.token)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Side]:
        async with self._server as server:
            self.url = server.url
            server.world.drafts = "missing"
            server.open(server.user("Ann", id=ANN))
            server.say(ANN, ANN, "hello there", silent=True)
            yield self

    async def update(self, update: Mapping[str, Any]) -> int:
        return self._server.inject(dict(update))

    async def keep(self, photo: bytes) -> str:
        return self._server.world.files.add("photo", Upload(photo, "photo.jpg")).id

    @property
    def calls(self) -> list[tuple[str, int]]:
        calls = [(one.method, one.status) for one in self._server.requests]
        return [one for one in calls if one[0] not in ("getUpdates", "download")]

    @property
    def refused(self) -> list[tuple[str, int]]:
        return super().refused + [(one, 400) for one in self._server.violations]


SIDES = {"judge": Judged, "ours": Ours}
