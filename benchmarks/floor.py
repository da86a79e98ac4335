"""The floor: the same job written directly on the bare libraries, in a process of its own.

    python -m benchmarks.floor PORT GATEWAY_URL

Questions come in over a WebSocket, answers stream out of the gateway through httpx on aiohttp, and what
has arrived goes to the page at most every 0.1 s, as plain text. History lives in a list. There is no
storage, no Markdown, no check of anything: a program with less in it could not talk.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator

import httpx
from aiohttp import WSMsgType, web
from httpx_aiohttp import AiohttpTransport

PACE = 0.1  # seconds between two looks at a growing answer, the web chat's own pace
CONTEXT = 32_000  # characters, some 8,000 tokens


async def deltas(client: httpx.AsyncClient, url: str, messages: list[dict[str, str]]) -> AsyncIterator[str]:
    """The text of a streamed answer: split at ``data:``, parse, pick."""
    body = {"model": "bench-model", "messages": messages, "stream": True}
    async with client.stream("POST", url, json=body, headers={"Authorization": "Bearer sk-bench"}) as answer:
        rest = b""
        async for data in answer.aiter_raw():
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                if line.startswith(b"data: ") and line != b"data: [DONE]":
                    text = json.loads(line[6:])["choices"][0]["delta"].get("content")
                    if text:
                        yield text


class Floor:
    """One room per connection."""

    def __init__(self, client: httpx.AsyncClient, gateway: str) -> None:
        self._client = client
        self._url = f"{gateway}/v1/chat/completions"

    async def ready(self, request: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        history: list[dict[str, str]] = []
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await self._answer(socket, history, json.loads(message.data)["text"])
        return socket

    async def _answer(self, socket: web.WebSocketResponse, history: list[dict[str, str]], text: str) -> None:
        history.append({"role": "user", "content": text})
        while sum(len(turn["content"]) for turn in history) > CONTEXT:
            del history[0]
        answer = new = ""
        shown = 0.0
        async for delta in deltas(self._client, self._url, history):
            new += delta
            now = time.monotonic()
            if now - shown >= PACE:
                await socket.send_str(json.dumps({"add": new}))
                answer, new, shown = answer + new, "", now
        await socket.send_str(json.dumps({"add": new, "done": True}))
        history.append({"role": "assistant", "content": answer + new})


async def serve(port: int, gateway: str) -> None:
    transport = AiohttpTransport(limits=httpx.Limits(max_connections=1000))
    async with httpx.AsyncClient(transport=transport, timeout=60) as client:
        floor = Floor(client, gateway)
        app = web.Application()
        app.router.add_get("/readyz", floor.ready)
        app.router.add_get("/socket", floor.connect)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2]))
