"""The floor on Discord: the same job on the bare discord.py, in a process of its own.

    python -m benchmarks.discord_floor PORT API_URL GATEWAY_URL TOKEN MODEL_URL

It hears messages, streams the answer out of the gateway through httpx on aiohttp, posts its beginning at
once, edits that as often as the bot's own pace allows, and once more at the end, all in plain text. There is
no storage, no Markdown, no check of anything: a program with less in it could not talk.
"""

import asyncio
import sys
import time

import discord
import httpx
import yarl
from aiohttp import web
from discord.gateway import DiscordWebSocket
from httpx_aiohttp import AiohttpTransport

from adapters.discord.pace import Budget
from benchmarks.floor import CONTEXT, deltas

EVERY = Budget().preview_every
CURSOR = "▌"


class Floor(discord.Client):
    """One history per chat."""

    def __init__(self, client: httpx.AsyncClient, model: str) -> None:
        intents = discord.Intents(guilds=True, guild_messages=True, dm_messages=True, message_content=True)
        super().__init__(intents=intents, max_messages=None)
        self._client = client
        self._url = f"{model}/v1/chat/completions"
        self._histories: dict[int, list[dict[str, str]]] = {}

    async def on_message(self, message: discord.Message) -> None:
        if message.author.bot:
            return
        history = self._histories.setdefault(message.channel.id, [])
        history.append({"role": "user", "content": message.content})
        while sum(len(turn["content"]) for turn in history) > CONTEXT:
            del history[0]
        text, due = "", 0.0
        answer: discord.Message | None = None
        async for delta in deltas(self._client, self._url, history):
            text += delta
            if time.monotonic() < due:
                continue
            if answer is None:
                answer = await message.channel.send(text + CURSOR)
            else:
                await answer.edit(content=text + CURSOR)
            due = time.monotonic() + EVERY
        if answer is not None:
            await answer.edit(content=text)
        history.append({"role": "assistant", "content": text})


async def ready(request: web.Request) -> web.Response:
    return web.Response(text="ok")


async def serve(port: int, api: str, gateway: str, token: str, model: str) -> None:
    discord.http.Route.BASE = api
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway)
    app = web.Application()
    app.router.add_get("/readyz", ready)
    runner = web.AppRunner(app, access_log=None)
    transport = AiohttpTransport(limits=httpx.Limits(max_connections=1000))
    async with httpx.AsyncClient(transport=transport, timeout=60) as client, Floor(client, model) as floor:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        await floor.start(token)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), *sys.argv[2:6]))
