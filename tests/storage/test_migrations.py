"""The revisions make the tables that the schema describes."""

import asyncio
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, inspect, text

from storage import CannotOpen, migrate, open_storage, postgres, sqlite
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


async def test_jobs_of_before_the_gallery_are_in_it(url: str, tmp_path: Path):
    """Rows as the second revision had them; what the third adds is read from their other columns."""

    def as_it_was(connection: Connection) -> None:
        command.downgrade(configured(connection), "0002")
        row = {
            "channel": "web:1",
            "owner": '{"id": "web:ann", "name": "Ann", "language": "", "trusted": false}',
            "engine": "mj",
            "order": '{"prompt": "A Red FOX", "images": [], "mode": "", "verb": "imagine", "options": {}}',
            **dict.fromkeys(("mode", "source", "reply_to", "parent", "ref", "task", "message"), ""),
            "verb": "imagine",
            "text": "ＩＮ Snow",
            "stage": "done",
            "settled": True,
            **dict.fromkeys(("version", "attempts", "created", "submitted"), 0),
        }
        names = [*row, "id", "results", "finished"]
        columns = ", ".join(f'"{name}"' for name in names)
        insert = text(f"INSERT INTO jobs ({columns}) VALUES ({', '.join(f':{name}' for name in names)})")
        for number in range(1200):  # more than are filled in at a time
            results = f'["{number:064x}.png"]' if number % 2 else "[]"
            more = {"id": f"{number:010x}", "results": results, "finished": number}
            connection.execute(insert, {**row, **more})

    await migrate(url)
    await over(url, as_it_was)
    async with open_storage(url, str(tmp_path / "files")) as storage:
        found = await storage.gallery.page(person="web:ann", words="fox in snow", limit=1000)
        assert [job.finished for job in found] == [float(number) for number in range(1199, 0, -2)]
