"""SQLite: what its settings promise, and what transactions cost on it."""

import asyncio
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from bot.errors import Unavailable
from bot.messages import Channel, IncomingMessage, Person, Role, Turn
from storage import CannotOpen, migrate, open_storage
from storage.database import Transaction, brief
from storage.schema import channels, options, turns
from storage.service import Opened
from tests.storage.conftest import opened

ANN = Person("web:ann", "Ann")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/chatelier.db"


@pytest.fixture
async def storage(url: str, tmp_path: Path):
    async with opened(url, tmp_path) as storage:
        yield storage


def write(tx: Transaction, name: str, value: str = "x") -> None:
    tx.connection.execute(insert(options).values(place="p", name=name, value=value))


async def test_a_commit_survives_a_power_cut(storage: Opened):
    def pragmas(tx: Transaction) -> list[object]:
        names = ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
        return [tx.connection.execute(text(f"PRAGMA {name}")).scalar() for name in names]

    assert await storage.database.run(pragmas) == ["wal", 2, 5000, 1]


async def test_waiting_transactions_share_a_commit(storage: Opened):
    statements: list[str] = []
    await storage.database._writer.set_trace_callback(statements.append)
    await asyncio.gather(*(storage.database.run(write, str(number)) for number in range(100)))

    assert sum(each.startswith("INSERT") for each in statements) == 100
    assert statements.count("COMMIT") <= 2


async def test_too_many_waiting_transactions_are_committed_bit_by_bit(storage: Opened, monkeypatch):
    monkeypatch.setattr("storage.sqlite.TOGETHER", 10)
    statements: list[str] = []
    await storage.database._writer.set_trace_callback(statements.append)
    await asyncio.gather(*(storage.database.run(write, str(number)) for number in range(100)))

    assert statements.count("COMMIT") == 10


@brief
def write_briefly(tx: Transaction, name: str) -> int:
    write(tx, name)
    return threading.get_ident()


@brief
def names(tx: Transaction) -> set[str]:
    return set(tx.connection.execute(text("SELECT name FROM options")).scalars())


async def test_brief_transactions_leave_the_thread_only_the_waiting(storage: Opened):
    statements: list[str] = []
    await storage.database._writer.set_trace_callback(statements.append)
    threads = await asyncio.gather(*(storage.database.run(write_briefly, str(n)) for n in range(20)))
    found = await storage.database.run(names)

    assert set(threads) == {threading.get_ident()}
    assert found == {str(n) for n in range(20)}
    assert statements.count("COMMIT") <= 3


async def test_a_brief_transaction_that_fails_is_undone_alone(storage: Opened):
    run = storage.database.run
    done = await asyncio.gather(*(run(write_briefly, name) for name in "aab"), return_exceptions=True)

    assert [isinstance(each, Exception) for each in done] == [False, True, False]
    assert await run(names) == {"a", "b"}


async def test_while_somebody_else_writes_the_service_goes_on(storage: Opened, tmp_path: Path):
    with closing(sqlite3.connect(tmp_path / "chatelier.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(storage.database.run(write_briefly, "a"))
        for _ in range(5):
            await asyncio.sleep(0.01)
        waited = not writing.done()
        other.execute("ROLLBACK")
    thread = await writing

    assert waited
    assert thread != threading.get_ident()
    assert await storage.database.run(names) == {"a"}


async def test_a_transaction_nobody_waits_for_any_more_is_left_out(storage: Opened):
    begun, go_on = threading.Event(), threading.Event()

    def block(tx: Transaction) -> None:
        begun.set()
        go_on.wait(10)

    first = asyncio.create_task(storage.database.run(block))
    await asyncio.to_thread(begun.wait, 10)
    waiting = asyncio.create_task(storage.database.run(write, "a"))
    await asyncio.sleep(0)
    waiting.cancel()
    go_on.set()
    await first

    with pytest.raises(asyncio.CancelledError):
        await waiting
    await storage.database.run(write, "a")  # which would be refused, had it been written before


async def test_a_full_disk_is_told_and_harms_nobody_who_fits(storage: Opened):
    def limit(tx: Transaction, more: int) -> None:
        pages = tx.connection.execute(text("PRAGMA page_count")).scalar_one()
        tx.connection.execute(text(f"PRAGMA max_page_count={pages + more}"))

    await storage.database.run(limit, 3)
    with pytest.raises(Unavailable, match="full"):
        await storage.database.run(write, "big", "x" * 1_000_000)
    await storage.database.run(write, "small")
    await storage.database.run(limit, 10_000)
    await storage.database.run(write, "big", "x" * 1_000_000)


async def test_the_directory_is_made(tmp_path: Path):
    async with open_storage(f"sqlite:///{tmp_path}/a/b/c.db", str(tmp_path / "d/e")) as storage:
        await storage.files.put(b"fox")

    assert (tmp_path / "a/b/c.db").exists()


@pytest.mark.parametrize("what", ["no database", "a directory", "below a file"])
async def test_a_file_that_cannot_be_opened_is_told_in_one_line(tmp_path: Path, what: str):
    path = tmp_path / "chatelier.db"
    match what:
        case "no database":
            path.write_text("dear diary, " * 100)
        case "a directory":
            path.mkdir()
        case "below a file":
            path.write_text("")
            path /= "chatelier.db"

    with pytest.raises(CannotOpen, match=r"^[^\n]*chatelier\.db[^\n]*$"):
        async with open_storage(f"sqlite:///{path}", str(tmp_path / "files")):
            pass


def test_another_process_is_refused_and_told_who_is_there(url: str, tmp_path: Path):
    program = (
        "import asyncio, sys\n"
        "from storage import CannotOpen, open_storage\n"
        "async def main():\n"
        "    async with open_storage(sys.argv[1], sys.argv[2]):\n"
        "        print('open', flush=True)\n"
        "        sys.stdin.read()\n"
        "try:\n"
        "    asyncio.run(main())\n"
        "except CannotOpen as error:\n"
        "    print(error)\n"
    )
    command = [sys.executable, "-c", program, url, str(tmp_path / "files")]
    first = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert first.stdout.readline() == "open\n"
        second = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    finally:
        first.kill()
        first.communicate()

    assert second.stdout == f"{tmp_path}/chatelier.db is in use by another process ({first.pid})\n"
    asyncio.run(migrate(url))  # killed, it holds nothing any more


# --- the length of the history ----------------------------------------------------------------


def fill(tx: Transaction, channel: Channel, count: int) -> None:
    row = {"channel": str(channel), "answer": None, "role": "user", "speaker": "Ann", "images": []}
    row |= {"text": "twenty characters...", "tokens": 10, "at": 1.0, "gone": False}
    tx.connection.execute(insert(turns), [{**row, "seq": n, "message": f"m{n}"} for n in range(1, count + 1)])
    tx.connection.execute(
        insert(channels), {"channel": str(channel), "next": count + 1, "head": 1, "kept": count}
    )


async def test_nothing_costs_by_the_length_of_the_history(storage: Opened):
    """Counted in steps of SQLite's virtual machine, which are the same on every machine."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    async def cost(channel: Channel, length: int) -> list[int]:
        nonlocal steps
        await storage.database.run(fill, channel, length)
        conversations, costs = storage.conversations, []
        message = IncomingMessage("new", channel, ANN, "hi")
        await storage.database._writer.set_progress_handler(count, 1)
        answer = None
        for act in ("ask", "context", "latest", "history", "undo", "forget"):
            steps = 0
            match act:
                case "ask":
                    answer = await conversations.ask(message, Turn(Role.USER, "hi"), 1, burst=1.0)
                case "context":
                    assert len(await conversations.context(channel, answer.turn, 1000)) == 100
                case "latest":
                    await conversations.latest(channel)
                case "history":
                    await conversations.history(channel, 20)
                case "undo":
                    await conversations.undo(channel)
                case "forget":
                    assert await conversations.forget(channel) == length
            costs.append(steps)
        await storage.database._writer.set_progress_handler(None, 0)
        return costs

    short = await cost(Channel("web", "short"), 1_000)
    long = await cost(Channel("web", "long"), 20_000)

    assert all(abs(one - other) <= 20 for one, other in zip(short, long, strict=True)), (short, long)
