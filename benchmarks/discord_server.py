"""A Discord that does as little as can be, and the people who talk through it.

It stands in the benchmarks' own process: what it costs falls on neither of those that are compared. Every
bucket is far wider than the real ones: nobody waits for the platform here, except by a pace of their own.
"""

import asyncio
import itertools
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from aiohttp import WSMsgType, web

from benchmarks.script import FIRST, LAST, Script
from benchmarks.web_client import PATIENCE, Seen

TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.Gbench.notarealtokenatallonlyforbenchmarks"
EPOCH = 1_420_070_400_000  # ms
CURSOR = "▌"  # ends what is still growing
ME = {"id": "123456789012345678", "username": "Bench", "discriminator": "0000", "avatar": None, "bot": True}
APPLICATION = {
    "id": ME["id"],
    "name": "Bench",
    "description": "",
    "icon": None,
    "bot_public": True,
    "bot_require_code_grant": False,
    "verify_key": "",
    "flags": 1 << 19,
    "owner": {"id": "1", "username": "owner", "discriminator": "0", "avatar": None},
}
WIDE = {"X-RateLimit-Limit": "10000", "X-RateLimit-Remaining": "9999", "X-RateLimit-Reset-After": "1"}
DISPATCH, HEARTBEAT, IDENTIFY, HELLO, ACK = 0, 1, 2, 10, 11

Json = dict[str, Any]


class _Asked:
    """A question on its way to its answer."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.first = 0.0
        self.calls = 0
        self.answered: asyncio.Future[Seen] = asyncio.get_running_loop().create_future()


class Server:
    """Direct chats only. Somebody and their chat with the bot have the same number."""

    def __init__(self) -> None:
        self.url = ""
        self.gateway_url = ""
        self.connected = asyncio.Event()
        self._sockets: list[web.WebSocketResponse] = []
        self._events = 0
        self._asked: dict[str, _Asked] = {}
        self._last_id = 0
        self._people = itertools.count(200_000_000_000_000_000)

    def somebody(self) -> int:
        """A person who has not spoken yet."""
        return next(self._people)

    async def ask(self, person: int, script: Script) -> Seen:
        """Say it, and wait until its answer is complete."""
        asked = self._asked[str(person)] = _Asked()
        name = {"id": str(person), "username": "ada", "global_name": "Ada", "discriminator": "0"}
        await self._tell("MESSAGE_CREATE", self._message(str(person), name | {"avatar": None}, str(script)))
        async with asyncio.timeout(PATIENCE):
            return await asked.answered

    # --- the gateway ------------------------------------------------------------------------

    async def gateway(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        await _op(socket, HELLO, {"heartbeat_interval": 41_250})
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            op = json.loads(message.data)["op"]
            if op == HEARTBEAT:
                await _op(socket, ACK, None)
            elif op == IDENTIFY:
                self._sockets = [socket]
                ready = {"v": 10, "user": ME, "guilds": [], "session_id": "bench", "shard": [0, 1]}
                where = {"resume_gateway_url": self.gateway_url, "private_channels": []}
                application = {"id": ME["id"], "flags": APPLICATION["flags"]}
                await self._tell("READY", ready | where | {"application": application})
                self.connected.set()
        return socket

    async def _tell(self, event: str, payload: Json) -> None:
        self._events += 1
        frame = json.dumps({"op": DISPATCH, "t": event, "s": self._events, "d": payload})
        for socket in self._sockets:
            await socket.send_str(frame)

    # --- the rest ---------------------------------------------------------------------------

    async def serve(self, request: web.Request) -> web.Response:
        path, raw = request.path.removeprefix("/api/v10"), await request.read()
        body = json.loads(raw) if raw else {}
        if found := re.fullmatch(r"/channels/(\d+)/messages(?:/(\d+))?", path):
            return _answer(self._show(found[1], found[2], body), bucket=f"{request.method}-messages")
        match path:
            case "/gateway/bot":
                limit = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 16}
                return _answer({"url": self.gateway_url, "shards": 1, "session_start_limit": limit})
            case "/users/@me":
                return _answer(ME)
            case "/oauth2/applications/@me":
                return _answer(APPLICATION)
        if path.endswith("/typing"):
            return _answer(None, bucket="typing")
        return _answer([])

    def _show(self, channel: str, message: str | None, body: Json) -> Json:
        text = str(body.get("content") or "")
        asked = self._asked.get(channel)
        if asked is not None and not asked.answered.done():
            now = time.monotonic()
            asked.calls += 1
            if not asked.first and (found := FIRST.search(text)):
                asked.first = now - int(found[1]) / 1e9
            if LAST in text and CURSOR not in text:
                asked.answered.set_result(Seen(asked.first, now - asked.began, asked.calls))
        return self._message(channel, ME, text, message)

    def _message(self, channel: str, author: Json, text: str, number: str | None = None) -> Json:
        now = datetime.now(UTC).isoformat()
        empty: Json = {"mentions": [], "mention_roles": [], "attachments": [], "embeds": [], "components": []}
        return empty | {
            "id": number or self._next_id(),
            "channel_id": channel,
            "channel_type": 1,
            "author": author,
            "content": text,
            "timestamp": now,
            "edited_timestamp": now if number else None,
            "tts": False,
            "mention_everyone": False,
            "pinned": False,
            "type": 0,
            "flags": 0,
        }

    def _next_id(self) -> str:
        """It says when it was made, as all ids there do."""
        self._last_id = max(self._last_id + 1, (int(time.time() * 1000) - EPOCH) << 22)
        return str(self._last_id)


async def _op(socket: web.WebSocketResponse, op: int, data: Any) -> None:
    await socket.send_str(json.dumps({"op": op, "d": data, "s": None, "t": None}))


def _answer(body: Any, bucket: str = "others") -> web.Response:
    headers = WIDE | {"X-RateLimit-Bucket": bucket}
    if body is None:
        return web.Response(status=204, headers=headers)
    return web.Response(body=json.dumps(body).encode(), content_type="application/json", headers=headers)


@asynccontextmanager
async def server() -> AsyncIterator[Server]:
    """Serve for the block."""
    found = Server()
    app = web.Application()
    app.router.add_get("/gateway", found.gateway)
    app.router.add_route("*", "/{path:.*}", found.serve)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    where = f"127.0.0.1:{runner.addresses[0][1]}"
    found.url, found.gateway_url = f"http://{where}/api/v10", f"ws://{where}/gateway"
    try:
        yield found
    finally:
        await runner.cleanup()
