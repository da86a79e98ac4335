"""PostgreSQL: a few threads with a connection each; it does its own group commit."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import Context
from typing import Concatenate

import structlog
from sqlalchemy import URL, Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import NullPool

from bot.errors import Unavailable
from storage.database import CannotOpen, Database, InUse, P, T, Transaction

log = structlog.get_logger()

THREADS = 4  # measured: more than these are no faster in one process
PAUSES = (0.1, 0.3, 0.8, 1.8)  # seconds between tries, enough for a restart of the server
PATIENCE = 3.0  # seconds that a server may take to notice that a process died
_LOCK = text("SELECT pg_try_advisory_lock(1128812116, hashtext(current_schema()))")


def connect(url: URL, **options: object) -> Engine:
    """An engine that gives up soon and says who it is, unless the URL says otherwise."""
    arguments = {"connect_timeout": 5, "application_name": "chatelier"} | dict(url.query)
    return create_engine(url, connect_args=arguments, **options)


class Lock:
    """The server's lock that makes us the only process at work there. It dies with its connection."""

    def __init__(self, url: URL) -> None:
        self._name = url.render_as_string(hide_password=True)
        self._engine = connect(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        self._guard = threading.Lock()
        self._held: Connection | None = None
        self._closed = False

    def take(self) -> None:
        """Take it, or make sure that we still have it; InUse when another process does."""
        with self._guard:
            if self._held is not None:
                try:
                    self._held.execute(text("SELECT 1"))
                    return
                except DBAPIError:
                    self._held.invalidate()
                    self._held.close()
                    self._held = None
            if self._closed:
                return
            try:
                connection = self._engine.connect()
            except DBAPIError as error:
                raise CannotOpen(f"{self._name} cannot be reached: {_first_line(error)}") from error
            deadline = time.monotonic() + PATIENCE
            while not connection.execute(_LOCK).scalar_one():
                if time.monotonic() < deadline:
                    time.sleep(0.1)
                    continue
                connection.close()
                raise InUse(f"{self._name} is in use by another process")
            self._held = connection

    def release(self) -> None:
        with self._guard:
            self._closed = True
            if self._held is not None:
                with suppress(DBAPIError):  # or the server lets go when it notices that we are gone
                    self._held.execute(text("SELECT pg_advisory_unlock_all()"))
                self._held.close()
                self._held = None


class PostgresDatabase(Database):
    """A database on a server."""

    def __init__(self, url: URL, lock: Lock, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self._engine = connect(url, pool_size=THREADS, max_overflow=0)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="database")
        self._lock = lock
        self._in_order = threading.Lock()
        self._loop = asyncio.get_running_loop()
        self._closed = False

    async def run(
        self, function: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        if self._closed:
            raise Unavailable("the database is closed")
        return await self._loop.run_in_executor(
            self._threads, self._transact, lambda tx: function(tx, *args, **kwargs)
        )

    async def close(self) -> None:
        self._closed = True
        await asyncio.to_thread(self._threads.shutdown)
        await asyncio.to_thread(self._engine.dispose)

    def _transact(self, function: Callable[[Transaction], T]) -> T:
        shaken = False
        for pause in (*PAUSES, None):
            try:
                if shaken:  # after an outage another process may have taken over
                    self._lock.take()
                return self._once(function)
            except InUse as error:
                raise Unavailable(str(error)) from error
            except (CannotOpen, DBAPIError) as error:
                if not _may_pass(error):
                    raise
                shaken = True
                if pause is None:
                    raise Unavailable(f"the database is not usable: {_first_line(error)}") from error
                log.warning("transaction is tried again", error=_first_line(error), wait=pause)
                time.sleep(pause)
        raise AssertionError("the last try either returns or raises")

    def _once(self, function: Callable[[Transaction], T]) -> T:
        with self._engine.connect() as connection:
            tx = Transaction(connection, self._clock())
            result = function(tx)
            if not tx.submitted:
                self._commit(connection)
                return result
            with self._in_order:  # what was committed first is also heard of first
                self._commit(connection)
                self._loop.call_soon_threadsafe(self._announce, tx.submitted, context=Context())
            return result

    def _commit(self, connection: Connection) -> None:
        try:
            connection.commit()
        except DBAPIError as error:  # it may have been committed, so it must not be run again
            raise Unavailable(f"the database is not usable: {_first_line(error)}") from error


def _may_pass(error: CannotOpen | DBAPIError) -> bool:
    """Whether another try may work: the server was away, or two transactions were in each other's way."""
    return (
        not isinstance(error, DBAPIError)
        or isinstance(error, OperationalError)
        or error.connection_invalidated
    )


def _first_line(error: CannotOpen | DBAPIError) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return str(cause).strip().partition("\n")[0]
