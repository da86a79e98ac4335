"""Transactions: whole functions, run where the database is.

A transaction is one plain synchronous function over a SQLAlchemy connection. It may read, decide, write
and submit durable work, in any order; all of it is committed together or not at all. The same function
runs on both databases, and costs one hop to a thread however many statements it has. In a database that is
a file, a ``brief`` one does not even cost that: only its commit, which waits for the disk, is done elsewhere.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import URL, Connection, Executable, bindparam, insert, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError

from bot.ports import Task
from storage.schema import tasks

P = ParamSpec("P")
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

_SUBMIT = (
    insert(tasks)
    .values(
        kind=bindparam("kind"),
        key=bindparam("key"),
        args=bindparam("args"),
        attempts=0,
        not_before=bindparam("not_before"),
    )
    .returning(tasks.c.id)
)


class CannotOpen(Exception):
    """Storage cannot be opened. The text is one line that says why."""


class InUse(CannotOpen):
    """Another process is at work there."""


class Transaction:
    """What a transaction's function works with. ``now`` is the time in Unix seconds."""

    __slots__ = ("connection", "now", "submitted")

    def __init__(self, connection: Connection, now: float) -> None:
        self.connection = connection
        self.now = now
        self.submitted: list[Task] = []

    def submit(self, kind: str, key: str, args: Mapping[str, Any], delay: float = 0.0) -> int:
        """Add durable work to this transaction, not to be begun before ``delay`` seconds have passed."""
        not_before = self.now + delay if delay > 0 else 0.0
        row = {"kind": kind, "key": key, "args": spelled(args), "not_before": not_before}
        number: int = self.connection.execute(_SUBMIT, row).scalar_one()
        self.submitted.append(Task(number, kind, key, dict(args), 0, not_before))
        return number


_brief: set[Callable[..., Any]] = set()


def brief(function: F) -> F:
    """Mark a transaction that finds its few rows by index: it is done before a thread had heard of it."""
    _brief.add(function)
    return function


def is_brief(function: Callable[..., Any]) -> bool:
    return function in _brief


class Database(ABC):
    """Runs transactions, one after another or side by side, and tells of the work they submitted."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._listeners: list[Callable[[Task], None]] = []

    @abstractmethod
    async def run(
        self, function: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``function(tx, …)`` in a transaction; what it raises rolls the transaction back.

        Raises ``bot.errors.Unavailable`` when the database cannot be used. The function may be run again
        when nothing of it was committed, so all it should change is the database.
        """

    @abstractmethod
    async def close(self) -> None:
        """Let what is under way end, then disconnect."""

    def listen(self, submitted: Callable[[Task], None]) -> None:
        """Call this on the event loop, after each commit, for every task that it submitted."""
        self._listeners.append(submitted)

    def _announce(self, submitted: Sequence[Task]) -> None:
        for task in submitted:
            for listener in self._listeners:
                listener(task)


def spelled(args: Mapping[str, Any]) -> str:
    """The one spelling of a task's arguments."""
    return json.dumps(args, sort_keys=True, separators=(",", ":"))


class Upsert:
    """One statement that each database spells with a construct of its own."""

    def __init__(self, build: Callable[[Any], Executable]) -> None:
        self._statements = {"sqlite": build(sqlite.insert), "postgresql": build(postgresql.insert)}

    def on(self, tx: Transaction) -> Any:
        return self._statements[tx.connection.dialect.name]


def address(url: str) -> URL:
    """The URL as SQLAlchemy wants it, with the driver we use; CannotOpen when it is none of ours."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise CannotOpen(
            "STORAGE_URL is no database address; it looks like sqlite:///data/chatelier.db"
        ) from error
    match parsed.get_backend_name():
        case "sqlite" if parsed.database and parsed.database != ":memory:":
            return parsed.set(drivername="sqlite")
        case "sqlite":
            raise CannotOpen("STORAGE_URL names no file: sqlite:///data/chatelier.db is one")
        case "postgresql" | "postgres":
            return parsed.set(drivername="postgresql+psycopg")
        case other:
            raise CannotOpen(f"STORAGE_URL: {other} is not supported; sqlite and postgresql are")
