"""The gallery: finished pictures, found by whose they are, where they are and what was asked for."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, func, select, text, tuple_

from bot.jobs import Job
from bot.messages import Channel
from bot.ports import Gallery
from storage.database import Database, Transaction
from storage.jobs import folded, load
from storage.schema import SHOWN, jobs

MAX_WORDS = 8  # of a search
MAX_FAMILY = 200  # pictures of one family

_shown = text(SHOWN)
_cursor = select(jobs.c.finished).where(jobs.c.id == bindparam("cursor")).scalar_subquery()
_place = tuple_(jobs.c.finished, jobs.c.id)

_forebears = select(jobs.c.id, jobs.c.parent).where(jobs.c.id == bindparam("job")).cte(recursive=True)
_forebears = _forebears.union(
    select(jobs.c.id, jobs.c.parent).where(jobs.c.id == _forebears.c.parent, _forebears.c.parent != "")
)
_ANCESTORS = select(_forebears.c.id, _forebears.c.parent)

_heirs = select(jobs.c.id).where(jobs.c.id == bindparam("root")).cte(recursive=True)
_heirs = _heirs.union(select(jobs.c.id).where(jobs.c.parent == _heirs.c.id, jobs.c.parent != ""))
_FAMILY = (
    select(jobs)
    .where(jobs.c.id.in_(select(_heirs.c.id)), _shown)
    .order_by(jobs.c.created, jobs.c.id)
    .limit(MAX_FAMILY)
)


class GalleryTable(Gallery):
    """Reads the rows of jobs; ``SHOWN`` says which of them are pictures to look at."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self,
        *,
        person: str = "",
        channel: Channel | None = None,
        words: str = "",
        older: str = "",
        newer: str = "",
        limit: int = 20,
    ) -> Sequence[Job]:
        return await self._database.run(_page, person, channel, words, older, newer, limit)

    async def count(self, *, person: str = "", channel: Channel | None = None, words: str = "") -> int:
        return await self._database.run(_count, person, channel, words)

    async def family(self, job: str) -> Sequence[Job]:
        return await self._database.run(_family, job)


def _page(
    tx: Transaction,
    person: str,
    channel: Channel | None,
    words: str,
    older: str,
    newer: str,
    limit: int,
) -> list[Job]:
    wanted, where = _where(person, channel, words)
    statement = _pictures(bool(person), channel is not None, len(wanted))
    if newer:
        statement = statement.where(_place > tuple_(_cursor, bindparam("cursor")))
        statement = statement.order_by(jobs.c.finished, jobs.c.id)
    else:
        if older:
            statement = statement.where(_place < tuple_(_cursor, bindparam("cursor")))
        statement = statement.order_by(jobs.c.finished.desc(), jobs.c.id.desc())
    cursor = {"cursor": newer or older} if newer or older else {}
    rows = tx.connection.execute(statement.limit(bindparam("most")), {**where, **cursor, "most": limit})
    found = [load(row) for row in rows]
    return found[::-1] if newer else found


def _count(tx: Transaction, person: str, channel: Channel | None, words: str) -> int:
    wanted, where = _where(person, channel, words)
    statement = _pictures(bool(person), channel is not None, len(wanted))
    statement = statement.with_only_columns(func.count()).select_from(jobs)
    number: int = tx.connection.execute(statement, where).scalar_one()
    return number


def _family(tx: Transaction, job: str) -> list[Job]:
    parents = {row.id: row.parent for row in tx.connection.execute(_ANCESTORS, {"job": job})}
    roots = [name for name, parent in parents.items() if parent not in parents]
    if not roots:
        return []
    return [load(row) for row in tx.connection.execute(_FAMILY, {"root": roots[0]})]


def _where(person: str, channel: Channel | None, words: str) -> tuple[list[str], dict[str, Any]]:
    """The words that are looked for, and the values of the statement's parameters."""
    wanted = folded(words).split()[:MAX_WORDS]
    where: dict[str, Any] = {f"word{number}": _literal(word) for number, word in enumerate(wanted)}
    if person:
        where["author"] = person
    if channel is not None:
        where["channel"] = str(channel)
    return wanted, where


@lru_cache(maxsize=64)
def _pictures(by_person: bool, by_channel: bool, words: int) -> Any:
    """The statement that finds them, in no order."""
    statement = select(jobs).where(_shown)
    if by_person:
        statement = statement.where(jobs.c.author == bindparam("author"))
    if by_channel:
        statement = statement.where(jobs.c.channel == bindparam("channel"))
    for number in range(words):
        statement = statement.where(jobs.c.words.contains(bindparam(f"word{number}"), escape="\\"))
    return statement


def _literal(word: str) -> str:
    """A word in which LIKE finds no signs of its own."""
    return re.sub(r"([\\%_])", r"\\\1", word)
