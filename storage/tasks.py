"""The table of durable work."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from bot.ports import Task, Tasks
from storage.database import Database, Transaction, brief
from storage.schema import tasks

_ALL = select(tasks).order_by(tasks.c.id)
_FINISH = delete(tasks).where(tasks.c.id == bindparam("task"))
_POSTPONE = (
    update(tasks)
    .where(tasks.c.id == bindparam("task"))
    .values(attempts=bindparam("tried"), not_before=bindparam("due"))
)


class TaskTable(Tasks):
    """A row for each piece of work until it is finished."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def listen(self, submitted: Callable[[Task], None]) -> None:
        self._database.listen(submitted)

    async def submit(self, kind: str, key: str, args: Mapping[str, Any], *, delay: float = 0.0) -> None:
        await self._database.run(Transaction.submit, kind, key, args, delay)

    async def unfinished(self) -> Sequence[Task]:
        return await self._database.run(_unfinished)

    async def finish(self, task: int) -> None:
        await self._database.run(_finish, task)

    async def postpone(self, task: int, attempts: int, not_before: float) -> None:
        await self._database.run(_postpone, task, attempts, not_before)


def _unfinished(tx: Transaction) -> list[Task]:
    return [
        Task(row.id, row.kind, row.key, json.loads(row.args), row.attempts, row.not_before)
        for row in tx.connection.execute(_ALL)
    ]


@brief
def _finish(tx: Transaction, task: int) -> None:
    tx.connection.execute(_FINISH, {"task": task})


@brief
def _postpone(tx: Transaction, task: int, attempts: int, not_before: float) -> None:
    tx.connection.execute(_POSTPONE, {"task": task, "tried": attempts, "due": not_before})
