"""The floor on Telegram: the same job on the bare python-telegram-bot, in a process of its own.

    python -m benchmarks.telegram_floor PORT API_URL TOKEN GATEWAY_URL [free]

It fetches updates, streams the answer out of the gateway through httpx on aiohttp, shows it as a draft that
grows as often as the bot's own pace allows, and ends it as one message, all in plain text. ``free``: without
a pace. There is no storage, no Markdown, no check of anything: a program with less in it could not talk.
"""

import asyncio
import sys
import time
from collections import deque

import httpx
from aiohttp import web
from httpx_aiohttp import AiohttpTransport
from telegram import Bot, Message
from telegram.request import HTTPXRequest

from adapters.telegram.pace import BOT, DRAFT
from benchmarks.floor import CONTEXT, deltas


class Floor:
    """One history per chat."""

    def __init__(self, bot: Bot, client: httpx.AsyncClient, gateway: str, *, free: bool) -> None:
        self._bot = bot
        self._client = client
        self._url = f"{gateway}/v1/chat/completions"
        self._every = 0.0 if free else DRAFT.preview_every
        self._previews: deque[float] | None = None if free else deque(maxlen=BOT.calls - BOT.kept)
        self._histories: dict[int, list[dict[str, str]]] = {}

    async def answer(self, message: Message) -> None:
        chat = message.chat.id
        history = self._histories.setdefault(chat, [])
        history.append({"role": "user", "content": message.text or ""})
        while sum(len(turn["content"]) for turn in history) > CONTEXT:
            del history[0]
        text, shown = "", 0.0
        async for delta in deltas(self._client, self._url, history):
            text += delta
            now = time.monotonic()
            if now - shown >= self._every and self._spare(now):
                shown = now
                await self._bot.send_message_draft(chat, message.message_id, text)
        await self._bot.send_message(chat, text)
        history.append({"role": "assistant", "content": text})

    def _spare(self, now: float) -> bool:
        """Whether the whole bot may show one more preview."""
        shown = self._previews
        if shown is None:
            return True
        if len(shown) == shown.maxlen and now - shown[0] < BOT.seconds:
            return False
        shown.append(now)
        return True


async def ready(request: web.Request) -> web.Response:
    return web.Response(text="ok")


def _request() -> HTTPXRequest:
    return HTTPXRequest(read_timeout=60, httpx_kwargs={"transport": _transport()})


def _transport() -> AiohttpTransport:
    return AiohttpTransport(limits=httpx.Limits(max_connections=1000))


async def serve(port: int, api: str, token: str, gateway: str, *, free: bool) -> None:
    app = web.Application()
    app.router.add_get("/readyz", ready)
    runner = web.AppRunner(app, access_log=None)
    bot = Bot(token, base_url=f"{api}/bot", request=_request(), get_updates_request=_request())
    async with httpx.AsyncClient(transport=_transport(), timeout=60) as client, bot:
        floor = Floor(bot, client, gateway, free=free)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        offset = 0
        async with asyncio.TaskGroup() as answers:
            while True:
                for update in await bot.get_updates(offset=offset, timeout=25):
                    offset = update.update_id + 1
                    if update.message is not None:
                        answers.create_task(floor.answer(update.message))


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4], free="free" in sys.argv[5:]))
