"""Removing files that nothing needs any more, and those that are older or more than is kept.

What a row mentions, by content hash, it needs: for ever, or until some time after it was last used. The rows
are read first; then a file goes when no row needs it, or none since the time from which files are kept. It
goes only if nobody has stored or read it for a day: whoever is about to mention it has done so just before.
"""

import asyncio
import math
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy import JSON, Column, Row, Select, Table, Text, bindparam, cast, func, select, tuple_, update

from bot.jobs import Removed, Stage
from bot.ports import AnswerState, Cleaned, Keeping
from storage.database import Database, Transaction
from storage.files import FileStore, Stored
from storage.schema import Words, answers, channels, jobs, metadata, posts, sendings, turns

log = structlog.get_logger()

DAY = 86_400.0  # seconds
GRACE = DAY  # in which a file that was used may be mentioned by a row that comes later
TOGETHER = 500  # rows that are read, or changed, in one transaction
ALWAYS = math.inf
NEVER = -math.inf

_DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


@dataclass(slots=True)
class Needs:
    """What the rows need: each file until when, and which finished jobs show it."""

    until: dict[str, float] = field(default_factory=dict)
    shown_by: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, digests: Iterable[str], at: float) -> None:
        for digest in digests:
            self.until[digest] = max(at, self.until.get(digest, NEVER))


async def clean(database: Database, files: FileStore, keeping: Keeping) -> Cleaned:
    """Do it once. Other work goes on meanwhile, and nothing is taken away from under it."""
    began = await database.run(_now)
    stored = await asyncio.to_thread(lambda: list(files.stored()))
    needs = await _read(database, keeping)
    chosen = choose(stored, needs.until, now=began, keeping=keeping)
    shown = {job for file in chosen for job in needs.shown_by.get(file.digest, ())}
    spared: set[str] = set()
    retired = 0
    for some in _parts(sorted(shown)):
        kept, gone = await database.run(_retire, some, began)
        spared |= kept
        retired += gone
    doomed = [file for file in chosen if file.digest not in spared]
    removed = await asyncio.to_thread(_remove, files, doomed, began - GRACE)
    if removed or retired:
        log.info("files removed", files=len(removed), size=sum(each.size for each in removed), jobs=retired)
    return Cleaned(len(removed), sum(each.size for each in removed), retired)


def choose(
    stored: Sequence[Stored], needed: Mapping[str, float], *, now: float, keeping: Keeping
) -> list[Stored]:
    """The files that may go: what nothing needs, what is too old, and the oldest of what is too much."""
    since = now - keeping.days * DAY if keeping.days else NEVER
    unused = [file for file in stored if file.used < now - GRACE]
    gone = [file for file in unused if file.digest not in needed or needed[file.digest] < since]
    if not keeping.size:
        return gone
    total = sum(file.size for file in stored) - sum(file.size for file in gone)
    spare = [file for file in unused if file.digest in needed and since <= needed[file.digest] < now - GRACE]
    for file in sorted(spare, key=lambda file: (needed[file.digest], file.digest)):
        if total <= keeping.size:
            break
        gone.append(file)
        total -= file.size
    return gone


def _remove(files: FileStore, doomed: Sequence[Stored], unused_since: float) -> list[Stored]:
    return [file for file in doomed if files.remove(file.digest, unused_since=unused_since)]


# --- what the rows need ---------------------------------------------------------------------


def _text(column: Column[Any]) -> Any:
    """A column as the text that it is stored as, under its own name."""
    return cast(column, Text).label(column.name)


_JOB = (jobs.c.id, jobs.c.stage, jobs.c.settled, jobs.c.removed, jobs.c.created, jobs.c.finished)
_ORDERED = [_text(column) for column in (jobs.c.order, jobs.c.action, jobs.c.text, jobs.c.progress)]


async def _read(database: Database, keeping: Keeping) -> Needs:
    needs = Needs()
    used = await database.run(_last_used)
    async for row in _rows(database, jobs, *_JOB, *_ORDERED, _text(jobs.c.results)):
        _needs_of_job(needs, row, used.get(row.id, 0.0))
    asked = answers.c.asked
    async for row in _rows(
        database, answers, answers.c.channel, answers.c.state, asked, _text(answers.c.images)
    ):
        needs.add(_digests(row.images), ALWAYS if row.state == AnswerState.WAITING else row.asked)
    await _needs_of_turns(database, needs, keeping)
    body = _text(posts.c.body)
    async for row in _rows(
        database, posts, posts.c.at, posts.c.handled, body, where=[body.contains("digest")]
    ):
        needs.add(_digests(row.body), row.at if row.handled else ALWAYS)
    for table in metadata.sorted_tables:
        if table not in (jobs, answers, turns, posts, channels, sendings):
            columns = [column for column in table.columns if isinstance(column.type, JSON | Words)]
            async for row in _rows(database, table, *map(_text, columns)):
                needs.add(_digests(*row), ALWAYS)
    return needs


_USED = (
    select(jobs.c.parent, func.max(jobs.c.created).label("at"))
    .where(jobs.c.parent != "")
    .group_by(jobs.c.parent)
)


def _needs_of_job(needs: Needs, row: Row[Any], used: float) -> None:
    """Under way, everything. Retry needs what was ordered; what is finished is kept from its last use on."""
    ordered = _digests(*(row._mapping[column.name] for column in _ORDERED))
    results = _digests(row.results)
    stage = Stage(row.stage)
    if not (stage.final and row.settled):
        needs.add((*ordered, *results), ALWAYS)
    elif stage is not Stage.DONE:
        needs.add(ordered, ALWAYS)
    elif row.removed == Removed.NO:
        needs.add((*ordered, *results), max(row.created, row.finished, used))
    if stage is Stage.DONE:
        for digest in results:
            needs.shown_by[digest].append(row.id)


async def _needs_of_turns(database: Database, needs: Needs, keeping: Keeping) -> None:
    """What a model may be told again is needed, however old it is."""
    limited = bool(keeping.days or keeping.size)
    first: dict[str, int] = {}
    images = _text(turns.c.images)
    pictured = [images != "[]", ~turns.c.gone]
    async for row in _rows(database, turns, turns.c.at, images, where=pictured):
        if limited and row.channel not in first:
            first[row.channel] = await database.run(_first_in_context, row.channel, keeping.context)
        needs.add(_digests(row.images), ALWAYS if row.seq >= first.get(row.channel, 0) else row.at)


def _last_used(tx: Transaction) -> dict[str, float]:
    """When something was last made from a job."""
    return {row.parent: row.at for row in tx.connection.execute(_USED)}


_HEAD = select(channels.c.head).where(channels.c.channel == bindparam("here"))
_WAITING = (
    select(func.count())
    .select_from(answers)
    .where(answers.c.channel == bindparam("here"), answers.c.state == AnswerState.WAITING.value)
)
_NEWEST = (
    select(turns.c.seq, turns.c.tokens)
    .where(turns.c.channel == bindparam("here"), turns.c.seq < bindparam("before"), ~turns.c.gone)
    .order_by(turns.c.seq.desc())
    .limit(TOGETHER)
)


def _first_in_context(tx: Transaction, channel: str, tokens: int) -> int:
    """The place of the oldest turn there that may still be told; while one is answered, of all in force."""
    here = {"here": channel}
    head: int = tx.connection.execute(_HEAD, here).scalar() or 0
    if tx.connection.execute(_WAITING, here).scalar():
        return head
    before = 2**62
    while rows := tx.connection.execute(_NEWEST, {**here, "before": before}).all():
        for row in rows:
            tokens -= row.tokens
            if tokens < 0 or row.seq < head:
                return max(head, int(row.seq) + 1)
        before = rows[-1].seq
    return head


# --- jobs whose pictures are not kept any more -------------------------------------------------

_FINISHED = select(jobs.c.id, jobs.c.results, jobs.c.removed).where(
    jobs.c.id.in_(bindparam("jobs", expanding=True))
)
_USED_SINCE = (
    select(jobs.c.parent)
    .where(jobs.c.parent.in_(bindparam("jobs", expanding=True)), jobs.c.created > bindparam("since"))
    .distinct()
)
_RETIRE = (
    update(jobs)
    .where(jobs.c.id == bindparam("job"))
    .values(results=[], pictures=0, removed=bindparam("why"), version=jobs.c.version + 1)
)


def _retire(tx: Transaction, some: Sequence[str], since: float) -> tuple[set[str], int]:
    """Let them show nothing any more, but those that were used meanwhile: whose files, and how many jobs."""
    used = set(tx.connection.execute(_USED_SINCE, {"jobs": list(some), "since": since}).scalars())
    spared: set[str] = set()
    retired = []
    for row in tx.connection.execute(_FINISHED, {"jobs": list(some)}):
        if row.id in used:
            spared |= {result.partition(".")[0] for result in row.results}
        else:
            retired.append({"job": row.id, "why": row.removed or Removed.EXPIRED.value})
    if retired:
        tx.connection.execute(_RETIRE, retired)
    return spared, len(retired)


# --- reading ---------------------------------------------------------------------------------


async def _rows(
    database: Database, table: Table, *columns: Any, where: Collection[Any] = ()
) -> AsyncIterator[Row[Any]]:
    """A table's rows with their keys and these columns, some at a time, so that others have their turn."""
    key = list(table.primary_key)
    statement = select(*dict.fromkeys((*key, *columns))).where(*where).order_by(*key).limit(TOGETHER)
    rows: Sequence[Row[Any]] = await database.run(_fetch, statement)
    while rows:
        for row in rows:
            yield row
        if len(rows) < TOGETHER:
            return
        last = rows[-1][: len(key)]
        rows = await database.run(_fetch, statement.where(tuple_(*key) > tuple_(*last)))


def _fetch(tx: Transaction, statement: Select[Any]) -> Sequence[Row[Any]]:
    return tx.connection.execute(statement).all()


def _digests(*texts: Any) -> list[str]:
    return [found for text in texts if isinstance(text, str) for found in _DIGEST.findall(text)]


def _parts(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + TOGETHER] for start in range(0, len(ids), TOGETHER))


def _now(tx: Transaction) -> float:
    return tx.now
