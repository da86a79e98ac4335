"""From the model's first word to a direct chat on Discord, on an idle service."""

from benchmarks import networks
from benchmarks.discord_pair import pair
from benchmarks.measure import Row

QUICK = {"rounds": 1, "turns": 15}


async def measure(*, rounds: int = 3, turns: int = 20) -> list[Row]:
    """Milliseconds, median and 95th percentile, over the floor's."""
    return await networks.first_text(pair, "Discord", rounds=rounds, turns=turns)
