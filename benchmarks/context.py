"""Building what the model is told, however long the history is."""

import sqlite3
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import Row, plain, ratio
from bot.messages import Channel
from storage import migrate, open_storage

QUICK = {"sizes": (100, 10_000, 100_000), "repeats": 30}
WINDOW = 8000  # tokens, the default
EACH = 200  # tokens of a turn: forty of them fit

_CHANNEL = "INSERT INTO channels (channel, next, head, kept) VALUES (:channel, :turns + 1, 1, :turns)"
_TURNS = """
WITH RECURSIVE places (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM places WHERE seq < :turns)
INSERT INTO turns (channel, seq, message, role, speaker, text, images, tokens, at, gone)
SELECT :channel, seq, 'm' || seq, CASE seq % 2 WHEN 1 THEN 'user' ELSE 'assistant' END, 'Ada',
       'Turn ' || seq || ' of a conversation that has been going on for years.', '[]', :tokens, seq, 0
FROM places
"""


async def measure(*, sizes: Sequence[int] = (100, 10_000, 1_000_000), repeats: int = 100) -> list[Row]:
    """Milliseconds for one context of the newest turns that fit, in channels of these sizes."""
    with tempfile.TemporaryDirectory(prefix="chatelier-bench-") as place:
        path = Path(place) / "chatelier.db"
        await migrate(f"sqlite:///{path}")
        _fill(path, sizes)
        async with open_storage(f"sqlite:///{path}", str(Path(place) / "files")) as storage:
            took: dict[int, list[float]] = {size: [] for size in sizes}
            for _ in range(repeats):
                for size in sizes:  # in turn, so that what disturbs one disturbs all
                    began = time.perf_counter()
                    turns = await storage.conversations.context(_channel(size), size + 1, WINDOW)
                    took[size].append((time.perf_counter() - began) * 1000)
                    if len(turns) != WINDOW // EACH or not turns[-1].text.startswith(f"Turn {size} "):
                        raise RuntimeError(f"a wrong context of {len(turns)} turns")
    middle = {size: statistics.median(took[size]) for size in sizes}
    least = sizes[0]
    rows = [plain(f"context of {least:,} stored turns", "ms", [middle[least]], note=f"{repeats} times")]
    for size in sizes[1:]:
        pairs = [(each, middle[least]) for each in _parts(took[size])]
        rows.append(
            ratio(
                f"context of {size:,} stored turns",
                "ms",
                pairs,
                at_most=1.3,
                note=f"the floor is {least:,} turns: flat",
            )
        )
    return rows


def _parts(figures: Sequence[float], parts: int = 5) -> list[float]:
    """Medians of a few equal parts, to show how much they differ."""
    size = max(1, len(figures) // parts)
    return [statistics.median(figures[at : at + size]) for at in range(0, len(figures) - size + 1, size)]


def _channel(size: int) -> Channel:
    return Channel("bench", str(size))


def _fill(path: Path, sizes: Sequence[int]) -> None:
    connection = sqlite3.connect(path)
    with connection:
        for size in sizes:
            values = {"channel": str(_channel(size)), "turns": size, "tokens": EACH}
            connection.execute(_CHANNEL, values)
            connection.execute(_TURNS, values)
    connection.close()
