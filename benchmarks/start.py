"""From the start of the process to being ready, and what it costs when nobody speaks."""

import asyncio

from benchmarks.measure import Row, alternate, cpu_seconds, plain, resident_bytes
from benchmarks.processes import Program, bot, floor, gateway
from benchmarks.web_client import chat_pages

QUICK = {"rounds": 2, "idle": 2.0}


async def measure(*, rounds: int = 5, idle: float = 10.0) -> list[Row]:
    """Seconds with an empty database, migrations included; then per cent of a core, and memory."""
    async with gateway() as service:

        async def ours() -> float:
            async with bot(service.url) as program:
                return program.started

        async def theirs() -> float:
            async with floor(service.url) as program:
                return program.started

        pairs = await alternate(rounds, ours, theirs)
        async with bot(service.url) as program, floor(service.url) as bare:
            async with chat_pages(program.url, 1):
                used = await asyncio.gather(_idle(program, idle), _idle(bare, idle))
            memory = [resident_bytes(each.pid) / 1e6 for each in (program, bare)]
    starts = [ours for ours, _ in pairs]
    floors = sorted(theirs for _, theirs in pairs)
    return [
        plain("start to ready", "s", starts, below=2, floor=floors[len(floors) // 2], note="empty database"),
        plain("idle CPU", "%", [used[0]], below=0.5, floor=used[1], note=f"{idle:g} s, one page open"),
        plain("idle memory", "MB", [memory[0]], below=120, floor=memory[1], note="resident"),
    ]


async def _idle(program: Program, seconds: float) -> float:
    """Per cent of one core."""
    before = cpu_seconds(program.pid)
    await asyncio.sleep(seconds)
    return (cpu_seconds(program.pid) - before) / seconds * 100
