"""SQLite: one connection, a thread that waits for the disk, and one commit for all that wait."""

import asyncio
import fcntl
import os
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Concatenate

import aiosqlite
import sqlalchemy
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from bot.errors import Unavailable
from bot.ports import Task
from storage.database import CannotOpen, Database, InUse, P, T, Transaction, is_brief

TOGETHER = 200  # transactions that share a commit at most, so that the first need not wait for long
PATIENCE = 5_000  # ms until somebody else's writing must be over


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold the file's lock, which dies with the process; InUse when another one has it."""
    beside = path.with_name(f"{path.name}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CannotOpen(f"{path} cannot be written: {error.strerror}") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(handle, 20).decode(errors="replace").strip()
            raise InUse(f"{path} is in use by another process{owner and f' ({owner})'}") from None
        os.truncate(handle, 0)
        os.write(handle, str(os.getpid()).encode())
        yield
    finally:
        os.close(handle)


def connect(path: Path) -> sqlite3.Connection:
    """A connection whose transactions are begun and ended by hand. A commit survives a power cut."""
    connection = sqlite3.connect(path, isolation_level=None, cached_statements=256, check_same_thread=False)
    try:
        for pragma in (f"busy_timeout={PATIENCE}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def over(raw: sqlite3.Connection) -> sqlalchemy.Connection:
    """A SQLAlchemy connection over that one; to be closed with it."""
    return create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool).connect()


@dataclass(slots=True, eq=False)
class _Call:
    """One waiting transaction, and what became of it."""

    function: Callable[[Transaction], Any]
    brief: bool
    done: asyncio.Future[Any]
    value: Any = None
    error: BaseException | None = None
    submitted: Sequence[Task] = field(default=())


class _Writer(aiosqlite.Connection):
    """The connection and its thread. A hop to it runs whole transactions instead of single statements.

    Only one of the two, the thread or the event loop, is at work on the connection at any time.
    """

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        super().__init__(partial(connect, path), iter_chunk_size=64)
        self._clock = clock
        self._core: sqlalchemy.Connection | None = None

    async def transact(self, calls: Sequence[_Call]) -> None:
        """Run them in order and commit them together. What fails is undone alone.

        Brief ones are run right here: with two threads at work, each statement would be paid for twice, by
        all the times that they hand the interpreter to each other.
        """
        if not all(call.brief for call in calls) or not self._begins():
            await self._execute(self._transact, calls)  # type: ignore[no-untyped-call]
            return
        before = self._conn.total_changes
        if not self._work(calls):
            return
        if self._conn.total_changes == before:
            self._end(calls)  # nothing was written, and nothing waits for the disk
        else:
            await self._execute(self._end, calls)  # type: ignore[no-untyped-call]

    async def close(self) -> None:
        if self._core is not None:
            await self._execute(self._core.close)  # type: ignore[no-untyped-call]
        await super().close()

    def _begins(self) -> bool:
        """Begin, unless that would mean to wait for somebody."""
        try:
            self._begin(0)
        except sqlite3.OperationalError:
            return False
        return True

    def _begin(self, patience: int) -> None:
        if self._core is None:  # which makes itself at home with a rollback
            self._core = over(self._conn)
        self._conn.execute(f"PRAGMA busy_timeout={patience}")
        self._conn.execute("BEGIN IMMEDIATE")

    def _transact(self, calls: Sequence[_Call]) -> None:
        try:
            self._begin(PATIENCE)
        except BaseException as error:  # carried to those who wait
            self._undo(calls, error)
            return
        if self._work(calls):
            self._end(calls)

    def _work(self, calls: Sequence[_Call]) -> bool:
        """Run them all; False when none of it can be kept."""
        core = self._core
        assert core is not None
        try:
            for call in calls:
                if not call.done.cancelled():
                    self._run(call, self._conn, core)
        except BaseException as error:  # carried to those who wait
            self._undo(calls, error)
            return False
        return True

    def _end(self, calls: Sequence[_Call]) -> None:
        try:
            if self._core is not None:
                self._core.commit()
            if self._conn.in_transaction:  # nothing went through SQLAlchemy, so it saw no reason to commit
                self._conn.execute("COMMIT")
        except BaseException as error:  # carried to those who wait
            self._undo(calls, error)

    def _undo(self, calls: Sequence[_Call], error: BaseException) -> None:
        if self._core is not None:
            self._core.rollback()
        if self._conn.in_transaction:
            self._conn.execute("ROLLBACK")
        for call in calls:
            call.error, call.submitted = call.error or error, ()

    def _run(self, call: _Call, raw: sqlite3.Connection, core: sqlalchemy.Connection) -> None:
        raw.execute("SAVEPOINT one")
        tx = Transaction(core, self._clock())
        try:
            call.value = call.function(tx)
            call.submitted = tx.submitted
        except BaseException as error:  # carried to the one who waits for it
            call.error = error
            raw.execute("ROLLBACK TO one")
        raw.execute("RELEASE one")


class SqliteDatabase(Database):
    """A database in one file, for one process."""

    def __init__(self, writer: _Writer, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self._writer = writer
        self._waiting: deque[_Call] = deque()
        self._flushing: asyncio.Task[None] | None = None
        self._closed = False

    @classmethod
    async def open(cls, path: Path, clock: Callable[[], float]) -> "SqliteDatabase":
        writer = _Writer(path, clock)
        try:
            await writer
        except sqlite3.Error as error:
            raise CannotOpen(f"{path} cannot be opened: {error}") from error
        return cls(writer, clock)

    async def run(
        self, function: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        if self._closed:
            raise Unavailable("the database is closed")
        loop = asyncio.get_running_loop()
        call = _Call(lambda tx: function(tx, *args, **kwargs), is_brief(function), loop.create_future())
        self._waiting.append(call)
        if self._flushing is None:
            # In a context of its own, or whoever came first would lend theirs to everybody's work.
            self._flushing = loop.create_task(self._flush(), context=Context())
        result: T = await call.done
        return result

    async def close(self) -> None:
        self._closed = True
        while self._flushing is not None:
            await asyncio.wait([self._flushing])
        await self._writer.close()

    async def _flush(self) -> None:
        try:
            while self._waiting:
                calls = [self._waiting.popleft() for _ in range(min(len(self._waiting), TOGETHER))]
                await self._writer.transact(calls)
                for call in calls:
                    self._deliver(call)
        finally:
            self._flushing = None

    def _deliver(self, call: _Call) -> None:
        if call.submitted:
            asyncio.get_running_loop().call_soon(self._announce, call.submitted)
        if call.done.cancelled():
            return
        if call.error is None:
            call.done.set_result(call.value)
        else:
            call.done.set_exception(_translated(call.error))


def _translated(error: BaseException) -> BaseException:
    """A full or broken disk is nobody's bug; everything else is raised as it is."""
    if isinstance(error, sqlalchemy.exc.OperationalError):
        error = error.orig or error
    if isinstance(error, sqlite3.OperationalError):
        translated = Unavailable(f"the database is not usable: {error}")
        translated.__cause__ = error
        return translated
    return error
