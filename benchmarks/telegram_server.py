"""A Bot API server that does as little as can be, and the people who talk through it.

It stands in the benchmarks' own process: what it costs falls on neither of those that are compared.
"""

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from benchmarks.script import FIRST, LAST, Script
from benchmarks.web_client import PATIENCE, Seen

TOKEN = "123456:BENCH"
ME = {"id": 123456, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}
HOOK = {"url": "", "has_custom_certificate": False, "pending_update_count": 0}
FIXED: dict[str, Any] = {
    "getme": ME,
    "getwebhookinfo": HOOK,
    "getmycommands": [],
    "getchatmenubutton": {"type": "commands"},
}


class _Asked:
    """A question on its way to its answer."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.first = 0.0
        self.calls = 0
        self.answered: asyncio.Future[Seen] = asyncio.get_running_loop().create_future()


class Server:
    """Private chats only: what grows there is a draft, and its end a message."""

    def __init__(self) -> None:
        self.url = ""
        self._updates: list[dict[str, Any]] = []
        self._more = asyncio.Event()
        self._asked: dict[int, _Asked] = {}
        self._numbers = itertools.count(1)
        self._people = itertools.count(1000)

    def somebody(self) -> int:
        """A person who has not spoken yet."""
        return next(self._people)

    async def ask(self, person: int, script: Script) -> Seen:
        """Say it, and wait until its answer is complete."""
        asked = self._asked[person] = _Asked()
        number = next(self._numbers)
        message = {
            "message_id": number,
            "date": int(time.time()),
            "text": str(script),
            "chat": {"id": person, "type": "private", "first_name": "Ada"},
            "from": {"id": person, "is_bot": False, "first_name": "Ada", "language_code": "en"},
        }
        self._updates.append({"update_id": number, "message": message})
        self._more.set()
        async with asyncio.timeout(PATIENCE):
            return await asked.answered

    # --- the wire ---------------------------------------------------------------------------

    async def serve(self, request: web.Request) -> web.Response:
        method = request.path.rpartition("/")[2].lower()
        params = dict(parse_qsl((await request.read()).decode()))
        if method == "getupdates":
            return _answer(await self._poll(int(params.get("offset", 0)), float(params.get("timeout", 0))))
        if method in FIXED:
            return _answer(FIXED[method])
        if method in ("sendmessage", "editmessagetext", "sendmessagedraft"):
            return _answer(self._show(method, params))
        return _answer(result=True)

    async def _poll(self, offset: int, hold: float) -> list[dict[str, Any]]:
        self._updates = [update for update in self._updates if update["update_id"] >= offset]
        if not self._updates:
            self._more.clear()
            try:
                async with asyncio.timeout(hold):
                    await self._more.wait()
            except TimeoutError:
                pass
        return self._updates[:100]

    def _show(self, method: str, params: dict[str, str]) -> Any:
        person, text = int(params["chat_id"]), params.get("text", "")
        asked = self._asked.get(person)
        if asked is not None and not asked.answered.done():
            now = time.monotonic()
            asked.calls += 1
            if not asked.first and (found := FIRST.search(text)):
                asked.first = now - int(found[1]) / 1e9
            if method == "sendmessage" and LAST in text:
                asked.answered.set_result(Seen(asked.first, now - asked.began, asked.calls))
        if method == "sendmessagedraft":
            return True
        number = int(params.get("message_id", 0)) or next(self._numbers)
        chat = {"id": person, "type": "private", "first_name": "Ada"}
        return {"message_id": number, "date": int(time.time()), "chat": chat, "from": ME, "text": text}


def _answer(result: Any) -> web.Response:
    body = json.dumps({"ok": True, "result": result}).encode()
    return web.Response(body=body, content_type="application/json")


@asynccontextmanager
async def server() -> AsyncIterator[Server]:
    """Serve for the block."""
    found = Server()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", found.serve)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield found
    finally:
        await runner.cleanup()
