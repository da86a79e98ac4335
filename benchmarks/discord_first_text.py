"""From the model's first word to a direct chat on Discord, on an idle service."""

import asyncio

from benchmarks.discord_pair import Side, pair
from benchmarks.measure import Row, difference, percentile
from benchmarks.script import Script

QUICK = {"rounds": 1, "turns": 15}
SCRIPT = Script(6, 0.01)
REST = 0.15  # seconds between two questions, so that the whole bot's calls have room


async def measure(*, rounds: int = 3, turns: int = 20) -> list[Row]:
    """Milliseconds, median and 95th percentile, over the floor's."""
    async with pair() as (ours, theirs):
        for side in (ours, theirs):
            await _turns(side, 5)
        samples = []
        for number in range(rounds):
            order = [ours, theirs] if number % 2 else [theirs, ours]
            taken = {id(side): await _turns(side, turns) for side in order}
            samples.append((taken[id(ours)], taken[id(theirs)]))
    middle = [(percentile(ours, 0.5), percentile(theirs, 0.5)) for ours, theirs in samples]
    late = [(percentile(ours, 0.95), percentile(theirs, 0.95)) for ours, theirs in samples]
    note = f"{rounds * turns} answers"
    return [
        difference("Discord, first word to chat: median", "ms", middle, at_most=10, note=note),
        difference("Discord, first word to chat: 95 %", "ms", late, note=note),
    ]


async def _turns(side: Side, count: int) -> list[float]:
    """Milliseconds until each first word was in its chat. Everybody asks once: chats have a pace."""
    took = []
    for _ in range(count):
        seen = await side.server.ask(side.server.somebody(), SCRIPT)
        took.append(seen.first * 1000)
        await asyncio.sleep(REST)
    return took
