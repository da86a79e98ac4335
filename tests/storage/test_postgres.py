"""PostgreSQL: outages, and who may work there."""

import asyncio
import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from bot.errors import Unavailable
from storage import CannotOpen, open_storage
from storage.database import Transaction
from tests.databases import SERVER, fresh_database
from tests.storage.conftest import opened

END_ALL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s"


@pytest.fixture
def name() -> str:
    return f"test-{secrets.token_hex(4)}"


@pytest.fixture
def url(tmp_path: Path, name: str) -> Iterator[str]:
    with fresh_database("postgresql", tmp_path) as url:
        yield (
            make_url(url).update_query_dict({"application_name": name}).render_as_string(hide_password=False)
        )


def end_all_connections(name: str) -> int:
    with psycopg.connect(SERVER) as server:
        return server.execute(END_ALL, [name]).rowcount


async def test_work_goes_on_after_the_server_was_away(url: str, tmp_path: Path, name: str, monkeypatch):
    monkeypatch.setattr("storage.postgres.PATIENCE", 0.0)
    async with opened(url, tmp_path) as storage:
        await asyncio.gather(*(storage.options.set("p", str(n), "before") for n in range(8)))
        assert await asyncio.to_thread(end_all_connections, name) >= 2

        await asyncio.gather(*(storage.options.set("p", str(n), "after") for n in range(8)))

        assert set((await storage.options.get("p")).values()) == {"after"}
        with pytest.raises(CannotOpen, match="in use"):  # the lock was taken again
            async with opened(url, tmp_path):
                pass


async def test_who_lost_the_lock_meanwhile_does_nothing_more(url: str, tmp_path: Path, name: str):
    """Another process takes over while we are cut off; what we would write then is refused."""
    async with opened(url, tmp_path) as storage:
        await storage.ping()
        where = make_url(url)
        same = where.translate_connect_args(username="user", database="dbname") | dict(where.query)
        other = await psycopg.AsyncConnection.connect(**same | {"application_name": "other"}, autocommit=True)
        async with other:
            waiting = asyncio.create_task(
                other.execute("SELECT pg_advisory_lock(1128812116, hashtext(current_schema()))")
            )
            blocked = "SELECT count(*) FROM pg_locks WHERE pid = %s AND NOT granted"
            async with (
                asyncio.timeout(10),
                await psycopg.AsyncConnection.connect(SERVER, autocommit=True) as watch,
            ):
                while (await (await watch.execute(blocked, [other.info.backend_pid])).fetchone()) == (0,):
                    pass
            await asyncio.to_thread(end_all_connections, name)
            await waiting

            with pytest.raises(Unavailable, match="in use by another process"):
                await storage.ping()


async def test_transactions_in_each_other_s_way_are_tried_again(url: str, tmp_path: Path):
    """Two that take the same two rows in opposite order: the server ends one, which is then run again."""
    async with opened(url, tmp_path) as storage:
        for option in ("a", "b"):
            await storage.options.set("p", option, "0")
        both = asyncio.Barrier(2)
        loop = asyncio.get_running_loop()
        met = [False]

        def cross(tx: Transaction, first: str, second: str) -> None:
            add = "UPDATE options SET value = (value::int + 1)::text WHERE name = %s"
            tx.connection.exec_driver_sql(add, (first,))
            if not met[0]:
                asyncio.run_coroutine_threadsafe(both.wait(), loop).result(10)
                met[0] = True
            tx.connection.exec_driver_sql(add, (second,))

        await asyncio.gather(storage.database.run(cross, "a", "b"), storage.database.run(cross, "b", "a"))

        assert await storage.options.get("p") == {"a": "2", "b": "2"}


async def test_a_server_that_is_not_there_is_told_in_one_line(tmp_path: Path):
    with pytest.raises(
        CannotOpen, match=r"^postgresql\+?\w*://me:\*\*\*@127\.0\.0\.1:1/x cannot be reached: [^\n]+$"
    ):
        async with open_storage("postgresql://me:secret@127.0.0.1:1/x", str(tmp_path)):
            pass
