"""Short questions with instant answers on Discord, twenty people at once, in buckets that never run dry."""

from functools import partial

from benchmarks import networks
from benchmarks.discord_pair import pair
from benchmarks.measure import Row

QUICK = {"rounds": 1, "turns": 10}


async def measure(*, rounds: int = 3, people: int = 20, turns: int = 25) -> list[Row]:
    """Everybody asks, reads the whole answer, asks again."""
    free = partial(pair, free=True)
    return await networks.short_turns(
        free, "Discord", rounds=rounds, people=people, turns=turns, without="rate limits"
    )
