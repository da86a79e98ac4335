"""Picture jobs: one row each, from the order to its last shown word."""

import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from statistics import median
from typing import Any

from sqlalchemy import Row, bindparam, func, select, update

from bot.jobs import GIVEN_UP, THEN, Job, Mode, Removed, Stage
from bot.messages import Channel
from bot.ports import Jobs
from storage import values
from storage.database import Database, Transaction, Upsert
from storage.schema import jobs, storable

RECENT = 20  # finished jobs that say how long one usually takes

_ADD = Upsert(lambda insert: insert(jobs).on_conflict_do_nothing().returning(jobs.c.id))
_GET = select(jobs).where(jobs.c.id == bindparam("job"))
_HOLD = select(jobs.c.id).where(jobs.c.id == bindparam("job")).with_for_update()
_BY_SOURCE = select(jobs).where(jobs.c.source == bindparam("source"), jobs.c.source != "")
_RUNNING = (
    select(jobs)
    .where(jobs.c.stage.in_([Stage.FORM, Stage.CONFIRMING, Stage.RUNNING]))
    .order_by(jobs.c.created, jobs.c.id)
)
_FAILED = (
    select(jobs)
    .where(jobs.c.stage == Stage.FAILED, jobs.c.finished > bindparam("since"), jobs.c.task != "")
    .order_by(jobs.c.created, jobs.c.id)
)
_ORDERED = select(func.count()).where(
    jobs.c.author == bindparam("person"),
    jobs.c.submitted > bindparam("since"),
    jobs.c.stage != Stage.FAILED,
    jobs.c.engine != bindparam("besides"),
)
_CHILDREN = (
    select(jobs)
    .where(jobs.c.parent == bindparam("parent"), jobs.c.parent != "")
    .order_by(jobs.c.created, jobs.c.id)
)
_NAMED = (
    select(jobs)
    .where(jobs.c.channel == bindparam("channel"))
    .order_by(jobs.c.created.desc(), jobs.c.id.desc())
    .limit(bindparam("most"))
)
_REWORD = update(jobs).where(jobs.c.id == bindparam("job")).values(words=bindparam("new"))
_FINISHED = (
    select(jobs.c.submitted, jobs.c.finished)
    .where(
        jobs.c.engine == bindparam("engine"),
        jobs.c.verb == bindparam("verb"),
        jobs.c.mode == bindparam("mode"),
        jobs.c.finished > 0,
        jobs.c.stage == Stage.DONE,
        jobs.c.submitted > 0,
    )
    .order_by(jobs.c.finished.desc())
    .limit(RECENT)
)


class JobTable(Jobs):
    """A row for each job, changed only while it is at the stage that the change expects."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, job: Job) -> Job:
        return await self._database.run(_add, job)

    async def get(self, job: str) -> Job | None:
        return await self._database.run(_get, job)

    async def of_source(self, source: str) -> Job | None:
        return await self._database.run(_of_source, source)

    async def update(
        self,
        job: str,
        expect: Collection[Stage] = (),
        *,
        then: str = "",
        delay: float = 0.0,
        **changes: object,
    ) -> Job | None:
        return await self._database.run(_update, job, expect, then, delay, changes)

    async def running(self) -> Sequence[Job]:
        return await self._database.run(_all, _RUNNING, {})

    async def given_up(self, since: float) -> Sequence[Job]:
        failed = await self._database.run(_all, _FAILED, {"since": since})
        return [job for job in failed if job.progress and job.progress.failure == GIVEN_UP]

    async def ordered(self, person: str, since: float, *, besides: str = "") -> int:
        return await self._database.run(_count, person, since, besides)

    async def children(self, parent: str) -> Sequence[Job]:
        return await self._database.run(_all, _CHILDREN, {"parent": parent})

    async def named(self, channel: Channel, limit: int = 20) -> Sequence[Job]:
        return await self._database.run(_all, _NAMED, {"channel": str(channel), "most": limit})

    async def usual_seconds(self, engine: str, verb: str, mode: Mode) -> float | None:
        return await self._database.run(_usual_seconds, engine, verb, mode)


def _add(tx: Transaction, job: Job) -> Job:
    if job.parent:  # two presses at once come one after the other
        tx.connection.execute(_HOLD, {"job": job.parent}).all()
    existing = _existing(tx, job)
    if existing is not None:
        return existing
    added = tx.connection.execute(_ADD.on(tx), _row(job)).scalar_one_or_none()
    if added is None:  # the same event came twice at once
        return load(tx.connection.execute(_BY_SOURCE, {"source": job.source}).one())
    _submit(tx, "paint", job.id)
    return job


def _existing(tx: Transaction, job: Job) -> Job | None:
    if job.source:
        known = _of_source(tx, job.source)
        if known is not None:
            return known
    if job.parent and job.action:
        for child in _all(tx, _CHILDREN, {"parent": job.parent}):
            same = child.action and child.action.id == job.action.id and child.text == job.text
            same = same and child.order.images == job.order.images
            same = same and child.order.options.get(THEN) == job.order.options.get(THEN)
            if same and not child.stage.final:
                return child
    return None


def _get(tx: Transaction, job: str) -> Job | None:
    row = tx.connection.execute(_GET, {"job": job}).one_or_none()
    return None if row is None else load(row)


def _of_source(tx: Transaction, source: str) -> Job | None:
    row = tx.connection.execute(_BY_SOURCE, {"source": source}).one_or_none()
    return None if row is None else load(row)


def _update(
    tx: Transaction,
    job: str,
    expect: Collection[Stage],
    then: str,
    delay: float,
    changes: Mapping[str, object],
) -> Job | None:
    if not changes.keys().isdisjoint(("id", "version")):
        raise TypeError("a job's id and version are not for changing")
    columns = _columns(changes)
    statement = _change(tuple(sorted(columns)), tuple(sorted(expect)))
    row = tx.connection.execute(
        statement, {"job": job, **{f"new_{name}": value for name, value in columns.items()}}
    ).one_or_none()
    if row is None:
        return None
    if then:
        _submit(tx, then, job, delay)
    changed = load(row)
    if (words := _words(changed)) != row.words:
        tx.connection.execute(_REWORD, {"job": job, "new": words})
    return changed


@lru_cache(maxsize=256)
def _change(columns: tuple[str, ...], expect: tuple[Stage, ...]) -> Any:
    """The statement that changes these columns of a job at one of these stages."""
    statement = update(jobs).where(jobs.c.id == bindparam("job"))
    if expect:
        statement = statement.where(jobs.c.stage.in_([stage.value for stage in expect]))
    changed = {name: bindparam(f"new_{name}", type_=jobs.c[name].type) for name in columns}
    return statement.values({**changed, "version": jobs.c.version + 1}).returning(*jobs.c)


def _usual_seconds(tx: Transaction, engine: str, verb: str, mode: Mode) -> float | None:
    kind = {"engine": engine, "verb": verb, "mode": mode.value}
    times = tx.connection.execute(_FINISHED, kind).all()
    return median(row.finished - row.submitted for row in times) if times else None


def _count(tx: Transaction, person: str, since: float, besides: str) -> int:
    values = {"person": person, "since": since, "besides": besides}
    found = tx.connection.execute(_ORDERED, values).scalar_one()
    return int(found)


def _submit(tx: Transaction, kind: str, job: str, delay: float = 0.0) -> None:
    tx.submit(kind, f"job:{job}", {"job": job}, delay)


def _all(tx: Transaction, statement: Any, parameters: dict[str, Any]) -> list[Job]:
    return [load(row) for row in tx.connection.execute(statement, parameters)]


# --- rows -----------------------------------------------------------------------------------

_FIELDS = tuple(field.name for field in fields(Job))
_DUMP: Mapping[str, Callable[[Any], Any]] = {
    "channel": str,
    "owner": values.person.dump,
    "order": values.order.dump,
    "action": values.action.dump_maybe,
    "stage": lambda stage: Stage(stage).value,
    "progress": values.progress.dump_maybe,
    "results": list,
    "removed": lambda removed: Removed(removed).value,
}
_LOAD: Mapping[str, Callable[[Any], Any]] = {
    "channel": Channel.parse,
    "owner": values.person.load,
    "order": values.order.load,
    "action": values.action.load_maybe,
    "stage": Stage,
    "progress": values.progress.load_maybe,
    "results": tuple,
    "removed": Removed,
}


def _row(job: Job) -> dict[str, Any]:
    return {**_columns({name: getattr(job, name) for name in _FIELDS}), "words": _words(job)}


def _columns(changes: Mapping[str, object]) -> dict[str, Any]:
    """Fields of a Job as columns; TypeError for what is no field."""
    columns: dict[str, Any] = {}
    for name, value in changes.items():
        if name not in _FIELDS:
            raise TypeError(f"a job has no {name!r}")
        columns[name] = _DUMP[name](value) if name in _DUMP else value
    if "order" in columns:
        columns |= {"verb": columns["order"]["verb"], "mode": columns["order"]["mode"]}
    if "owner" in columns:
        columns["author"] = columns["owner"]["id"]
    if "results" in columns:
        columns["pictures"] = len(columns["results"])
    return columns


def load(row: Row[Any]) -> Job:
    stored = row._mapping
    return Job(**{name: _LOAD[name](stored[name]) if name in _LOAD else stored[name] for name in _FIELDS})


def _words(job: Job) -> str:
    """What can be searched: the prompt as it was ordered, reworded, and run."""
    ran = job.progress.prompt if job.progress else ""
    return folded(" ".join(dict.fromkeys((job.order.prompt, job.text, ran))))


def folded(text: str) -> str:
    """Text as it is searched: upper and lower case, wide and narrow letters are one."""
    return " ".join(storable(unicodedata.normalize("NFKC", text)).casefold().split())
