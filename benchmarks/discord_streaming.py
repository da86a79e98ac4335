"""CPU of the whole process per streamed chunk, with many direct chats on Discord streaming at once."""

import asyncio

from benchmarks.discord_pair import Side, pair
from benchmarks.measure import Row, alternate, cpu_seconds, ratio
from benchmarks.script import Script

QUICK = {"rounds": 1, "chunks": 60}


async def measure(*, rounds: int = 2, chats: int = 100, chunks: int = 200, every: float = 0.03) -> list[Row]:
    """Microseconds of CPU per chunk, from the question to the last word in every chat."""
    async with pair() as (ours, theirs):
        warm, script = Script(10, every), Script(chunks, every)
        await _cost(ours, 20, warm)
        await _cost(theirs, 20, warm)
        pairs = await alternate(
            rounds, lambda: _cost(ours, chats, script), lambda: _cost(theirs, chats, script)
        )
    note = f"{chats} direct chats, {1 / every:.0f} chunks a second each"
    return [ratio("Discord, streaming: CPU per chunk", "µs", pairs, at_most=1.3, note=note)]


async def _cost(side: Side, chats: int, script: Script) -> float:
    before = cpu_seconds(side.program.pid)
    await asyncio.gather(*(side.server.ask(side.server.somebody(), script) for _ in range(chats)))
    return (cpu_seconds(side.program.pid) - before) / (chats * script.chunks) * 1e6
