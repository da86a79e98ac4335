"""Deliveries of platforms, kept until they were taken in."""

from collections.abc import Sequence

from sqlalchemy import bindparam, delete, select, update

from bot.ports import Letter, Mail
from storage.database import Database, Transaction, Upsert, brief
from storage.schema import mail

REMEMBERED = 3 * 86_400.0  # seconds; platforms repeat what is younger than a day

_here = mail.c.platform == bindparam("where")
_TAKE = Upsert(lambda insert: insert(mail).on_conflict_do_nothing().returning(mail.c.id))
_DONE = update(mail).where(_here, mail.c.key == bindparam("which")).values(done=True, body={})
_WAITING = select(mail.c.key, mail.c.body).where(_here, ~mail.c.done).order_by(mail.c.id)
_FORGET = delete(mail).where(mail.c.done, mail.c.at < bindparam("before"))


class MailTable(Mail):
    """A row for each delivery. Old ones are removed as new ones come."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, platform: str, letters: Sequence[Letter]) -> Sequence[Letter]:
        return await self._database.run(_take, platform, letters) if letters else ()

    async def done(self, platform: str, key: str) -> None:
        await self._database.run(_done, platform, key)

    async def waiting(self, platform: str) -> Sequence[Letter]:
        return await self._database.run(_waiting, platform)


@brief
def _take(tx: Transaction, platform: str, letters: Sequence[Letter]) -> list[Letter]:
    tx.connection.execute(_FORGET, {"before": tx.now - REMEMBERED})
    fresh = []
    for letter in letters:
        row = {
            "platform": platform,
            "key": letter.key,
            "body": dict(letter.body),
            "at": tx.now,
            "done": False,
        }
        if tx.connection.execute(_TAKE.on(tx), row).one_or_none() is not None:
            fresh.append(letter)
    return fresh


@brief
def _done(tx: Transaction, platform: str, key: str) -> None:
    tx.connection.execute(_DONE, {"where": platform, "which": key})


def _waiting(tx: Transaction, platform: str) -> list[Letter]:
    return [Letter(row.key, row.body) for row in tx.connection.execute(_WAITING, {"where": platform})]
