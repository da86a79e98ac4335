"""CPU of the whole process per streamed chunk, with many private chats on Telegram streaming at once."""

from benchmarks import networks
from benchmarks.measure import Row
from benchmarks.telegram_pair import pair

QUICK = {"rounds": 1, "chunks": 60}


async def measure(*, rounds: int = 2, chats: int = 100, chunks: int = 200, every: float = 0.03) -> list[Row]:
    """Microseconds of CPU per chunk, from the question to the last word in every chat."""
    return await networks.streaming(
        pair, "Telegram", rounds=rounds, chats=chats, chunks=chunks, every=every, kind="private chats"
    )
