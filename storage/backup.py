"""All that is stored, in one archive, and back.

The archive holds ``chatelier.db`` and ``files/``. The database in it is SQLite's whatever the rows came from,
so that a backup can be read anywhere, and restored to either kind of database.
"""

import asyncio
import os
import shutil
import sqlite3
import tarfile
import tempfile
from contextlib import closing, suppress
from pathlib import Path

from sqlalchemy import URL, Connection, func, insert, select
from sqlalchemy.exc import DBAPIError

from storage import postgres, sqlite
from storage.database import CannotOpen, address
from storage.files import FileStore
from storage.schema import metadata
from storage.upgrade import upgrade

DATABASE = "chatelier.db"
FILES = "files"
TOGETHER = 500  # rows that are copied at a time


async def backup(url: str, files: str, target: str) -> None:
    """Write a consistent copy of rows and files to ``target``, a ``.tar`` or ``.tar.gz`` archive.

    Works beside a running process, and does not hold it up.
    """
    await asyncio.to_thread(_backup, address(url), Path(files), Path(target))


async def restore(archive: str, url: str, files: str) -> None:
    """Put an archive's rows into an empty database, and its files beside those that are there."""
    await asyncio.to_thread(_restore, Path(archive), address(url), Path(files))


def _backup(url: URL, files: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f"{target.name}.unfinished")
    compression = "gz" if target.suffix in (".gz", ".tgz") else ""
    with tempfile.TemporaryDirectory(prefix="chatelier-", dir=target.parent) as scratch:
        copy = Path(scratch, DATABASE)
        _copy_rows(url, copy)
        # Rows first: every file that they name was complete before they were written.
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as out:
            with tarfile.open(fileobj=out, mode=f"w:{compression}") as archive:  # type: ignore[call-overload]
                archive.add(copy, DATABASE)
                for path in sorted(files.glob("??/*")):
                    if "." not in path.name:  # what is unfinished or was derived can be made again
                        with suppress(FileNotFoundError):  # removed since: no row names it any more
                            archive.add(path, f"{FILES}/{path.parent.name}/{path.name}", recursive=False)
            out.flush()
            os.fsync(out.fileno())
    unfinished.replace(target)


def _copy_rows(url: URL, copy: Path) -> None:
    """A database file with the rows as they are at one moment."""
    if url.get_backend_name() == "sqlite":
        path = Path(url.database or "")
        if not path.is_file():
            raise CannotOpen(f"{path} is not there")
        try:
            with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
                source.backup(target)
        except sqlite3.Error as error:
            raise CannotOpen(f"{path} cannot be copied: {error}") from error
        return
    engine = postgres.connect(url, isolation_level="REPEATABLE READ")
    try:
        with closing(sqlite.connect(copy)) as raw, sqlite.over(raw) as target:
            upgrade(target, str(copy))
            with engine.connect() as source:
                _pour(source, target)
            target.commit()
            raw.execute("PRAGMA journal_mode=DELETE")
    except DBAPIError as error:
        raise CannotOpen(f"the rows cannot be copied: {error.orig}") from error
    finally:
        engine.dispose()


def _restore(archive: Path, url: URL, files: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="chatelier-") as scratch:
        source = Path(scratch, DATABASE)
        _unpack(archive, source, FileStore(files))
        with closing(sqlite.connect(source)) as raw, sqlite.over(raw) as rows:
            upgrade(rows, str(archive))  # it may be older than we are
            rows.commit()
            if url.get_backend_name() == "sqlite":
                _restore_file(raw, Path(url.database or ""))
            else:
                _restore_server(rows, url)


def _unpack(archive: Path, database: Path, files: FileStore) -> None:
    try:
        with tarfile.open(archive) as packed:
            for member in packed:
                content = packed.extractfile(member)
                if content is None:
                    continue
                if member.name == DATABASE:
                    with database.open("wb") as copy:
                        shutil.copyfileobj(content, copy)
                elif member.name.startswith(f"{FILES}/"):
                    files.keep(content.read())  # named by what is in it, whatever the archive says
    except tarfile.TarError as error:
        raise CannotOpen(f"{archive} is no archive that can be read") from error
    if not database.is_file():
        raise CannotOpen(f"{archive} is no backup of ours: there is no {DATABASE} in it")


def _restore_file(source: sqlite3.Connection, path: Path) -> None:
    with sqlite.lock(path):
        if path.exists():
            raise CannotOpen(f"{path} is there already; a backup is restored to a new database")
        with closing(sqlite3.connect(path)) as target:
            source.backup(target)


def _restore_server(rows: Connection, url: URL) -> None:
    lock = postgres.Lock(url)
    engine = postgres.connect(url)
    try:
        lock.take()
        with engine.begin() as target:
            name = url.render_as_string(hide_password=True)
            upgrade(target, name)
            if any(target.execute(select(table).limit(1)).first() for table in metadata.sorted_tables):
                raise CannotOpen(f"{name} is not empty; a backup is restored to a new database")
            _pour(rows, target)
    except DBAPIError as error:
        raise CannotOpen(f"the rows cannot be restored: {error.orig}") from error
    finally:
        engine.dispose()
        lock.release()


def _pour(source: Connection, target: Connection) -> None:
    """Copy every row of every table; and let the server's counters go on from there."""
    for table in metadata.sorted_tables:
        rows = source.execution_options(yield_per=TOGETHER).execute(select(table))
        for some in rows.mappings().partitions():
            target.execute(insert(table), [dict(row) for row in some])
        number = table.autoincrement_column
        if number is not None and target.dialect.name == "postgresql":
            highest = target.execute(select(func.max(number))).scalar()
            if highest:
                sequence = func.pg_get_serial_sequence(table.name, number.name)
                target.execute(select(func.setval(sequence, highest)))
