"""Small settings that people change."""

from collections.abc import Mapping

from sqlalchemy import bindparam, delete, select

from bot.ports import Options
from storage.database import Database, Transaction, Upsert
from storage.schema import options

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

    async def get(self, place: str) -> Mapping[str, str]:
        return await self._database.run(_get, place)

    async def set(self, place: str, name: str, value: str | None) -> None:
        await self._database.run(_set, place, name, value)


def _get(tx: Transaction, place: str) -> dict[str, str]:
    return {row.name: row.value for row in tx.connection.execute(_GET, {"place": place})}


def _set(tx: Transaction, place: str, name: str, value: str | None) -> None:
    if value is None:
        tx.connection.execute(_REMOVE, {"place": place, "named": name})
    else:
        tx.connection.execute(_SET.on(tx), {"place": place, "name": name, "value": value})
