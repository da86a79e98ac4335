"""Small settings that people change.

They are read for every message and hardly ever changed, and no other process writes them while this one has
the database open: so what was read stays in memory.
"""

from collections import OrderedDict
from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy import bindparam, delete, select

from bot.ports import Options
from storage.database import Database, Transaction, Upsert, brief
from storage.schema import options

REMEMBERED = 2_000  # places

_GET = select(options.c.name, options.c.value).where(options.c.place == bindparam("place"))
_SET = Upsert(
    lambda insert: (row := insert(options)).on_conflict_do_update(
        index_elements=["place", "name"], set_={"value": row.excluded.value}
    )
)
_REMOVE = delete(options).where(options.c.place == bindparam("place"), options.c.name == bindparam("named"))


class OptionTable(Options):
    """A row for each that was set."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read: OrderedDict[str, Mapping[str, str]] = OrderedDict()
        self._changes = 0

    async def get(self, place: str) -> Mapping[str, str]:
        if place in self._read:
            self._read.move_to_end(place)
            return self._read[place]
        changes = self._changes
        found = await self._database.run(_get, place)
        if changes == self._changes:
            self._read[place] = MappingProxyType(found)
            if len(self._read) > REMEMBERED:
                self._read.popitem(last=False)
        return found

    async def set(self, place: str, name: str, value: str | None) -> None:
        try:
            await self._database.run(_set, place, name, value)
        finally:
            self._changes += 1
            self._read.pop(place, None)

    def forget(self) -> None:
        """Read everything anew: something has changed, or may have."""
        self._changes += 1
        self._read.clear()


@brief
def _get(tx: Transaction, place: str) -> dict[str, str]:
    return {row.name: row.value for row in tx.connection.execute(_GET, {"place": place})}


@brief
def _set(tx: Transaction, place: str, name: str, value: str | None) -> None:
    if value is None:
        tx.connection.execute(_REMOVE, {"place": place, "named": name})
    else:
        tx.connection.execute(_SET.on(tx), {"place": place, "name": name, "value": value})
