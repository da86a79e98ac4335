"""Short questions with instant answers on Telegram, twenty people at once, both sides without a pace."""

from functools import partial

from benchmarks import networks
from benchmarks.measure import Row
from benchmarks.telegram_pair import pair

QUICK = {"rounds": 1, "turns": 10}


async def measure(*, rounds: int = 3, people: int = 20, turns: int = 25) -> list[Row]:
    """Everybody asks, reads the whole answer, asks again."""
    free = partial(pair, free=True)
    return await networks.short_turns(
        free, "Telegram", rounds=rounds, people=people, turns=turns, without="flood control"
    )
