"""What was sent, and what was about to be sent."""

from collections.abc import Collection, Sequence

from sqlalchemy import bindparam, delete, select, update

from bot.ports import Sending, Sendings
from storage.database import Database, Transaction, Upsert, brief
from storage.schema import sendings

REMEMBERED = 30 * 86_400.0  # seconds

_which = (sendings.c.platform == bindparam("where"), sendings.c.key == bindparam("which"))
_BEGIN = Upsert(lambda insert: insert(sendings).on_conflict_do_nothing().returning(sendings.c.key))
_KNOWN = select(sendings).where(*_which)
_RECORD = update(sendings).where(*_which).values(message=bindparam("sent"))
_DROP = delete(sendings).where(*_which, sendings.c.message == "")
_OURS = select(sendings.c.message).where(
    sendings.c.platform == bindparam("where"),
    sendings.c.place == bindparam("in_place"),
    sendings.c.message.in_(bindparam("among", expanding=True)),
)
_FORGET = delete(sendings).where(sendings.c.at < bindparam("before"))


class SendingTable(Sendings):
    """A row for each message. Old ones are removed as new ones come."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, platform: str, key: str, place: str, after: str = "") -> Sending:
        return await self._database.run(_begin, platform, key, place, after)

    async def record(self, platform: str, key: str, message: str) -> None:
        await self._database.run(_record, platform, key, message)

    async def drop(self, platform: str, key: str) -> None:
        await self._database.run(_drop, platform, key)

    async def ours(self, platform: str, place: str, messages: Sequence[str]) -> Collection[str]:
        return await self._database.run(_ours, platform, place, messages) if messages else ()


@brief
def _begin(tx: Transaction, platform: str, key: str, place: str, after: str) -> Sending:
    tx.connection.execute(_FORGET, {"before": tx.now - REMEMBERED})
    row = {
        "platform": platform,
        "key": key,
        "place": place,
        "after": after,
        "message": "",
        "at": tx.now,
    }
    if tx.connection.execute(_BEGIN.on(tx), row).one_or_none() is not None:
        return Sending(key, place, after)
    known = tx.connection.execute(_KNOWN, {"where": platform, "which": key}).one()
    return Sending(known.key, known.place, known.after, known.message, again=True)


@brief
def _record(tx: Transaction, platform: str, key: str, message: str) -> None:
    tx.connection.execute(_RECORD, {"where": platform, "which": key, "sent": message})


@brief
def _drop(tx: Transaction, platform: str, key: str) -> None:
    tx.connection.execute(_DROP, {"where": platform, "which": key})


def _ours(tx: Transaction, platform: str, place: str, messages: Sequence[str]) -> set[str]:
    found = tx.connection.execute(
        _OURS, {"where": platform, "in_place": place, "among": list(messages)}
    ).scalars()
    return set(found)
