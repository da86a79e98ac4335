"""The chat client alone: CPU per streamed chunk, in this process, beside a bare ``data:`` loop."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import httpx
from httpx_aiohttp import AiohttpTransport

from benchmarks.floor import deltas
from benchmarks.gateway import MODEL
from benchmarks.measure import Row, alternate, plain, ratio
from benchmarks.processes import gateway
from benchmarks.script import LAST, Script
from bot.gateway.chat import Completions
from bot.gateway.http import new_client
from bot.messages import Prompt, Role, Text, Turn

QUICK = {"rounds": 1, "streams": 20, "chunks": 100}


async def measure(
    *, rounds: int = 5, streams: int = 40, chunks: int = 300, every: float = 0.005
) -> list[Row]:
    """Microseconds of CPU per chunk. Chunks come one by one, as from a real model."""
    script = Script(chunks, every)
    async with (
        gateway() as service,
        new_client() as ours,
        httpx.AsyncClient(
            transport=AiohttpTransport(limits=httpx.Limits(max_connections=1000)), timeout=60
        ) as bare,
        httpx.AsyncClient(timeout=60) as plain_httpx,
    ):
        model = Completions(ours, service.url, "sk-bench", model=MODEL, first_token=60, idle=120)

        async def with_ours() -> None:
            prompt = Prompt(MODEL, (Turn(Role.USER, str(script)),))
            text = [piece.text async for piece in model.stream(prompt) if isinstance(piece, Text)]
            _check(text)

        async def with_client(client: httpx.AsyncClient) -> None:
            url = f"{service.url}/v1/chat/completions"
            _check([text async for text in deltas(client, url, [{"role": "user", "content": str(script)}])])

        def cost(stream: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[float]]:
            return lambda: _cost(stream, streams, chunks)

        for warm in (with_ours, lambda: with_client(bare), lambda: with_client(plain_httpx)):
            await warm()
        pairs = await alternate(rounds, cost(with_ours), cost(lambda: with_client(bare)))
        others = [await cost(lambda: with_client(plain_httpx))() for _ in range(max(1, rounds // 2))]
    floor = sorted(floor for _, floor in pairs)[len(pairs) // 2]
    return [
        ratio(
            "client alone: CPU per chunk",
            "µs",
            pairs,
            at_most=1.3,
            note=f"{streams} streams, {chunks} chunks each",
        ),
        plain("… the bare loop on plain httpx", "µs", others, floor=floor, note="for information"),
    ]


async def _cost(stream: Callable[[], Awaitable[None]], streams: int, chunks: int) -> float:
    """Microseconds of this process per chunk."""
    before = time.process_time()
    await asyncio.gather(*(stream() for _ in range(streams)))
    return (time.process_time() - before) / (streams * chunks) * 1e6


def _check(text: list[str]) -> None:
    if not "".join(text).endswith(LAST):
        raise RuntimeError(f"an answer arrived incomplete: {''.join(text)[-80:]!r}")
