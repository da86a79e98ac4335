"""The revisions make the tables that the schema describes."""

import asyncio
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, inspect, text

from storage import CannotOpen, migrate, postgres, sqlite
from storage.database import address
from storage.schema import metadata
from storage.upgrade import configured


async def over(url: str, act) -> None:
    """Call ``act(connection)`` on the database, in a thread and a transaction."""

    def run() -> None:
        where = address(url)
        if where.get_backend_name() == "sqlite":
            raw = sqlite.connect(Path(where.database))
            with sqlite.over(raw) as connection:
                connection.execute(text("BEGIN IMMEDIATE"))
                act(connection)
                connection.commit()
            raw.close()
        else:
            engine = postgres.connect(where)
            with engine.begin() as connection:
                act(connection)
            engine.dispose()

    await asyncio.to_thread(run)


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names()) - {"alembic_version", "sqlite_sequence"}


async def test_migrated_tables_are_the_schema_s(url: str):
    await migrate(url)
    await migrate(url)  # and once more changes nothing

    await over(url, lambda connection: command.check(configured(connection)))


async def test_every_revision_can_be_taken_back(url: str):
    def down_and_up(connection: Connection) -> None:
        command.downgrade(configured(connection), "base")
        assert tables(connection) == set()
        command.upgrade(configured(connection), "head")
        assert tables(connection) == set(metadata.tables)

    await migrate(url)
    await over(url, down_and_up)


async def test_a_newer_program_s_tables_are_left_alone(url: str):
    await migrate(url)
    await over(
        url, lambda connection: connection.execute(text("UPDATE alembic_version SET version_num='9999'"))
    )

    with pytest.raises(CannotOpen, match=r"^[^\n]*newer version[^\n]*$"):
        await migrate(url)


async def test_a_migration_that_breaks_off_leaves_nothing(url: str):
    """A table of ours is there already, so the first revision fails in its middle."""
    await over(url, lambda connection: connection.execute(text("CREATE TABLE turns (id INTEGER)")))

    with pytest.raises(CannotOpen, match="turns"):
        await migrate(url)

    def only_that(connection: Connection) -> None:
        assert tables(connection) == {"turns"}

    await over(url, only_that)
