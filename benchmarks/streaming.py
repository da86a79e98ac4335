"""CPU of the whole process per streamed chunk, with many chats streaming at once."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack

from benchmarks.measure import Row, alternate, cpu_seconds, ratio
from benchmarks.processes import Program, bot, floor, gateway
from benchmarks.script import Script
from benchmarks.web_client import Page, chat_pages, floor_pages

QUICK = {"rounds": 1, "chunks": 60}


async def measure(*, rounds: int = 3, chats: int = 100, chunks: int = 200, every: float = 0.03) -> list[Row]:
    """Microseconds of CPU per chunk, from the question to the last word on every page."""
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(gateway())
        theirs = await stack.enter_async_context(floor(service.url))
        ours = await stack.enter_async_context(bot(service.url))
        their_pages = await stack.enter_async_context(floor_pages(theirs.url, chats))
        our_pages = await stack.enter_async_context(chat_pages(ours.url, chats))
        warm, script = Script(10, every), Script(chunks, every)
        await _cost(ours, our_pages, warm)
        await _cost(theirs, their_pages, warm)
        pairs = await alternate(
            rounds,
            lambda: _cost(ours, our_pages, script),
            lambda: _cost(theirs, their_pages, script),
        )
    note = f"{chats} chats, {1 / every:.0f} chunks a second each"
    return [ratio("streaming: CPU per chunk", "µs", pairs, at_most=1.3, note=note)]


async def _cost(program: Program, pages: Sequence[Page], script: Script) -> float:
    before = cpu_seconds(program.pid)
    await asyncio.gather(*(page.ask(script) for page in pages))
    return (cpu_seconds(program.pid) - before) / (len(pages) * script.chunks) * 1e6
