"""Transactions, on both databases."""

import asyncio
import threading
from contextvars import ContextVar

import pytest
from sqlalchemy import insert, select

from bot.errors import Unavailable
from storage.database import CannotOpen, Database, Transaction, address
from storage.schema import options
from tests.databases import Clock
from tests.storage.conftest import opened


def write(tx: Transaction, name: str, value: str = "x") -> str:
    tx.connection.execute(insert(options).values(place="p", name=name, value=value))
    return name


def read(tx: Transaction) -> list[str]:
    return sorted(tx.connection.execute(select(options.c.name)).scalars())


async def test_a_transaction_is_one_function_and_returns_what_it_returns(database: Database):
    assert await database.run(write, "a", value="1") == "a"
    assert await database.run(read) == ["a"]


async def test_what_it_raises_undoes_all_of_it(database: Database):
    def fail(tx: Transaction) -> None:
        write(tx, "a")
        tx.submit("sing", "key", {})
        raise LookupError("on purpose")

    told = []
    database.listen(told.append)
    with pytest.raises(LookupError, match="on purpose"):
        await database.run(fail)

    assert await database.run(read) == []
    assert told == []


async def test_one_that_fails_does_no_harm_to_those_committed_with_it(database: Database):
    def half(tx: Transaction, number: int) -> int:
        write(tx, f"{number:02}")
        if number % 3 == 0:
            write(tx, f"{number:02}")  # twice the same key: the database refuses
        tx.submit("sing", str(number), {})
        return number

    told = []
    database.listen(told.append)
    results = await asyncio.gather(*(database.run(half, n) for n in range(30)), return_exceptions=True)

    good = [n for n in range(30) if n % 3]
    assert [each for each in results if isinstance(each, int)] == good
    assert await database.run(read) == [f"{n:02}" for n in good]
    assert sorted(int(task.key) for task in told) == good


async def test_work_depends_on_what_the_function_finds(database: Database):
    def first_only(tx: Transaction) -> None:
        if not read(tx):
            write(tx, "a")
            tx.submit("sing", "key", {"found": "nothing"}, delay=2.0)

    told = []
    database.listen(told.append)
    await database.run(first_only)
    await database.run(first_only)

    assert [(task.args, task.not_before) for task in told] == [({"found": "nothing"}, Clock().now + 2.0)]


async def test_a_transaction_whose_caller_went_away_is_still_told_of(database: Database):
    begun, go_on = threading.Event(), threading.Event()

    def slow(tx: Transaction) -> None:
        begun.set()
        go_on.wait(10)
        tx.submit("sing", "key", {})

    heard = asyncio.Event()
    database.listen(lambda task: heard.set())
    caller = asyncio.create_task(database.run(slow))
    await asyncio.to_thread(begun.wait, 10)
    caller.cancel()
    go_on.set()
    async with asyncio.timeout(10):
        await heard.wait()

    with pytest.raises(asyncio.CancelledError):
        await caller
    assert await database.run(read) == []


async def test_listeners_do_not_hear_in_the_submitter_s_context(database: Database):
    language = ContextVar("language", default="en")
    heard = []
    database.listen(lambda task: heard.append(language.get()))

    language.set("de")
    await database.run(Transaction.submit, "sing", "key", {})

    assert heard == ["en"]


async def test_after_closing_nothing_runs(url: str, tmp_path):
    async with opened(url, tmp_path) as storage:
        late = asyncio.create_task(storage.database.run(write, "last"))
        await asyncio.sleep(0)
    assert await late == "last"  # what had begun was let through
    with pytest.raises(Unavailable, match="closed"):
        await storage.database.run(read)


@pytest.mark.parametrize(
    ("url", "driver", "database"),
    [
        ("sqlite:///data/chatelier.db", "sqlite", "data/chatelier.db"),
        ("sqlite:////var/lib/c.db", "sqlite", "/var/lib/c.db"),
        ("sqlite+aiosqlite:///c.db", "sqlite", "c.db"),
        ("postgresql://me:pw@host:5/db", "postgresql+psycopg", "db"),
        ("postgresql+asyncpg://host/db", "postgresql+psycopg", "db"),
        ("postgres://host/db", "postgresql+psycopg", "db"),
    ],
)
def test_addresses_as_people_write_them(url: str, driver: str, database: str):
    parsed = address(url)

    assert (parsed.drivername, parsed.database) == (driver, database)


@pytest.mark.parametrize("url", ["", "chatelier.db", "mysql://host/db", "sqlite://", "sqlite:///:memory:"])
def test_a_wrong_address_is_told_in_one_line_that_names_the_setting(url: str):
    with pytest.raises(CannotOpen, match=r"^STORAGE_URL[^\n]+$"):
        address(url)
