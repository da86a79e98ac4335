"""Storage as a whole: brought up to date, locked, opened, closed."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, literal, select
from sqlalchemy.exc import DBAPIError

from bot.ports import Cleaned, Conversations, Gallery, Jobs, Keeping, Mail, Posts, Sendings, Storage, Tasks
from storage import moving, postgres, sqlite
from storage.backup import backup
from storage.cleaning import clean
from storage.conversations import ConversationTable
from storage.database import CannotOpen, Database, Transaction, address
from storage.files import FileStore
from storage.gallery import GalleryTable
from storage.jobs import JobTable
from storage.mail import MailTable
from storage.options import OptionTable
from storage.posts import PostTable
from storage.sendings import SendingTable
from storage.tasks import TaskTable
from storage.upgrade import upgrade

_ONE = select(literal(1))


@asynccontextmanager
async def open_storage(
    url: str, files: str, *, clock: Callable[[], float] = time.time
) -> AsyncIterator[Storage]:
    """Bring the tables up to date and open them. CannotOpen says in one line why that is impossible;
    InUse, which is one, that another process is at work there.

    ``url`` is ``sqlite:///relative.db``, ``sqlite:////absolute.db`` or ``postgresql://…``. No second process
    can open the same database before this one has closed it or died.
    """
    where = address(url)
    async with _database(where, clock) as database:
        kept = FileStore(Path(files))
        yield Opened(
            tasks=TaskTable(database),
            conversations=ConversationTable(database, kept),
            jobs=JobTable(database),
            gallery=GalleryTable(database),
            options=OptionTable(database),
            posts=PostTable(database),
            mail=MailTable(database),
            sendings=SendingTable(database),
            files=kept,
            database=database,
            url=url,
            directory=files,
        )


async def migrate(url: str) -> None:
    """Bring the tables up to date. CannotOpen when that is impossible, InUse while a process works there."""
    async with _database(address(url), time.time):
        pass


@dataclass(frozen=True, slots=True)
class Opened(Storage):
    """All of storage over one database and one directory."""

    tasks: Tasks
    conversations: Conversations
    jobs: Jobs
    gallery: Gallery
    options: OptionTable
    posts: Posts
    mail: Mail
    sendings: Sendings
    files: FileStore
    database: Database
    url: str
    directory: str

    async def move(self, platform: str, old: str, new: str) -> None:
        try:
            await self.database.run(moving.move, platform, old, new)
        finally:
            self.options.forget()

    async def ping(self) -> None:
        await self.database.run(_ping)

    async def backup(self, target: str) -> None:
        await backup(self.url, self.directory, target)

    async def clean(self, keeping: Keeping) -> Cleaned:
        return await clean(self.database, self.files, keeping)


def _ping(tx: Transaction) -> None:
    tx.connection.execute(_ONE).scalar_one()


@asynccontextmanager
async def _database(url: URL, clock: Callable[[], float]) -> AsyncIterator[Database]:
    """The database, locked, up to date and open."""
    database: Database
    if url.get_backend_name() == "sqlite":
        path = Path(url.database or "")
        with sqlite.lock(path):
            await asyncio.to_thread(_upgrade_file, path)
            database = await sqlite.SqliteDatabase.open(path, clock)
            try:
                yield database
            finally:
                await database.close()
    else:
        with _server_lock(url) as lock:
            await asyncio.to_thread(lock.take)
            await asyncio.to_thread(_upgrade_server, url)
            database = postgres.PostgresDatabase(url, lock, clock)
            try:
                yield database
            finally:
                await database.close()


@contextmanager
def _server_lock(url: URL) -> Iterator[postgres.Lock]:
    lock = postgres.Lock(url)
    try:
        yield lock
    finally:
        lock.release()


def _upgrade_file(path: Path) -> None:
    try:
        raw = sqlite.connect(path)
    except sqlite3.Error as error:
        raise CannotOpen(f"{path} cannot be opened: {error}") from error
    with closing(raw), sqlite.over(raw) as connection:
        upgrade(connection, str(path))
        connection.commit()


def _upgrade_server(url: URL) -> None:
    engine = postgres.connect(url)
    try:
        with engine.begin() as connection:
            upgrade(connection, url.render_as_string(hide_password=True))
    except DBAPIError as error:
        raise CannotOpen(f"the tables cannot be brought up to date: {error.orig}") from error
    finally:
        engine.dispose()
