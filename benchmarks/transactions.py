"""A question stored and its answer committed: pairs per second and CPU, on SQLite with synchronous=FULL."""

import asyncio
import itertools
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import Row, ratio
from bot.messages import Channel, IncomingMessage, Person, Role, Turn
from bot.ports import AnswerState, Storage
from storage import open_storage

QUICK = {"rounds": 2, "pairs": 100}


@dataclass(frozen=True, slots=True)
class Pace:
    """``rate`` pairs per second, each for ``cpu`` milliseconds of this process."""

    rate: float
    cpu: float


async def measure(*, rounds: int = 5, pairs: int = 400) -> list[Row]:
    """One after another, then twenty side by side, beside two bare sqlite3 commits for each pair."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="chatelier-bench-") as place, _bare(Path(place)) as bare:
        url = f"sqlite:///{Path(place) / 'chatelier.db'}"
        async with open_storage(url, str(Path(place) / "files")) as storage:
            numbers = itertools.count(1)
            for side_by_side in (1, 20):
                await _ours(storage, numbers, 50, side_by_side)
                taken: list[tuple[Pace, Pace]] = []
                for number in range(rounds):
                    if number % 2:
                        second = _theirs(bare, pairs)
                        taken.append((await _ours(storage, numbers, pairs, side_by_side), second))
                    else:
                        first = await _ours(storage, numbers, pairs, side_by_side)
                        taken.append((first, _theirs(bare, pairs)))
                rates = [(ours.rate, theirs.rate) for ours, theirs in taken]
                costs = [(ours.cpu, theirs.cpu) for ours, theirs in taken]
                note = "one at a time" if side_by_side == 1 else f"{side_by_side} side by side"
                rows.append(ratio(f"accept + finish, {note}", "1/s", rates, note="floor: bare sqlite3"))
                rows.append(ratio(f"… CPU each, {note}", "ms", costs, note="floor: bare sqlite3"))
    return rows


async def _ours(storage: Storage, numbers: Iterator[int], pairs: int, side_by_side: int) -> Pace:
    async def person(count: int) -> None:
        for _ in range(count):
            await _turn(storage, next(numbers))

    used, began = time.process_time(), time.monotonic()
    await asyncio.gather(*(person(pairs // side_by_side) for _ in range(side_by_side)))
    done = pairs // side_by_side * side_by_side
    return Pace(done / (time.monotonic() - began), (time.process_time() - used) / done * 1000)


async def _turn(storage: Storage, number: int) -> None:
    """What a turn must store: the question with its answer's row and work, and the answer's last word."""
    place = Channel("bench", str(number % 100))
    message = IncomingMessage(f"m{number}", place, Person("bench:ada", "Ada"), "How does bread rise?")
    answer = await storage.conversations.ask(message, Turn(Role.USER, message.text, "Ada"), 6)
    if answer is None:
        raise RuntimeError("the question was taken for a known one")
    done = await storage.conversations.finish(
        answer, AnswerState.DONE, "By gas that yeast makes.", "", tokens=7
    )
    if not done:
        raise RuntimeError("the answer was fenced off")


@contextmanager
def _bare(place: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(place / "bare.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(
        "CREATE TABLE questions (id INTEGER PRIMARY KEY, channel TEXT, text TEXT, answer TEXT)"
    )
    try:
        yield connection
    finally:
        connection.close()


def _theirs(connection: sqlite3.Connection, pairs: int) -> Pace:
    """Two commits of one statement each, on this very thread."""
    used, began = time.process_time(), time.monotonic()
    for number in range(pairs):
        row = connection.execute(
            "INSERT INTO questions (channel, text) VALUES (?, ?) RETURNING id",
            (str(number % 100), "How does bread rise?"),
        ).fetchone()
        connection.execute(
            "UPDATE questions SET answer = ? WHERE id = ?", ("By gas that yeast makes.", row[0])
        )
    return Pace(pairs / (time.monotonic() - began), (time.process_time() - used) / pairs * 1000)
