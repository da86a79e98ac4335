"""From the model's first word to a private chat on Telegram, on an idle service."""

from benchmarks import networks
from benchmarks.measure import Row
from benchmarks.telegram_pair import pair

QUICK = {"rounds": 1, "turns": 15}


async def measure(*, rounds: int = 3, turns: int = 20) -> list[Row]:
    """Milliseconds, median and 95th percentile, over the floor's."""
    return await networks.first_text(pair, "Telegram", rounds=rounds, turns=turns, note=", as drafts")
