"""Short questions with instant answers on Discord, twenty people at once, in buckets that never run dry."""

import asyncio
import time

from benchmarks.discord_pair import Side, pair
from benchmarks.measure import Row, cpu_seconds, ratio
from benchmarks.script import Script
from benchmarks.short_turns import Pace

QUICK = {"rounds": 1, "turns": 10}
SCRIPT = Script(5, 0.0)


async def measure(*, rounds: int = 3, people: int = 20, turns: int = 25) -> list[Row]:
    """Everybody asks, reads the whole answer, asks again."""
    pairs: list[tuple[Pace, Pace]] = []
    async with pair(free=True) as (ours, theirs):
        for number in range(rounds + 1):  # the first warms up
            if number % 2:
                second = await _pace(theirs, people, turns)
                pairs.append((await _pace(ours, people, turns), second))
            else:
                first = await _pace(ours, people, turns)
                pairs.append((first, await _pace(theirs, people, turns)))
    del pairs[0]
    rates = [(ours.rate, theirs.rate) for ours, theirs in pairs]
    costs = [(ours.cpu, theirs.cpu) for ours, theirs in pairs]
    note = f"{people} people, {turns} turns each, without rate limits"
    return [
        ratio("Discord, short turns", "1/s", rates, at_least=0.6, note=note),
        ratio("… CPU per turn", "ms", costs, note=note),
    ]


async def _pace(side: Side, people: int, turns: int) -> Pace:
    async def person() -> None:
        who = side.server.somebody()
        for _ in range(turns):
            await side.server.ask(who, SCRIPT)

    used, began = cpu_seconds(side.program.pid), time.monotonic()
    await asyncio.gather(*(person() for _ in range(people)))
    count = people * turns
    cpu = cpu_seconds(side.program.pid) - used
    return Pace(count / (time.monotonic() - began), cpu / count * 1000)
