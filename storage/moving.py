"""A place with a new id: its history, answers, jobs and options go along, with those of its threads."""

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Column,
    bindparam,
    delete,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.sql.elements import ColumnElement

from storage.database import Transaction
from storage.schema import Words, answers, channels, jobs, options, turns

_TO: BindParameter[str] = bindparam("to", type_=Words)
_FROM: BindParameter[str] = bindparam("of", type_=Words)
_SHIFT: BindParameter[int] = bindparam("shift", type_=BigInteger)


def _there(column: Column[str]) -> ColumnElement[bool]:
    """Whether it names the place or one of its threads."""
    threads: BindParameter[str] = bindparam("threads", type_=Words)
    return or_(column == bindparam("old"), func.substr(column, 1, func.length(threads)) == threads)


_CHANNELS = select(channels.c.channel).where(_there(channels.c.channel))
_JOBS = select(jobs.c.channel).where(_there(jobs.c.channel)).distinct()
_OPTIONS = select(options.c.place).where(_there(options.c.place)).distinct()
_SET = select(options.c.name).where(options.c.place == _TO)

_COUNTERS = select(channels).where(channels.c.channel == bindparam("which")).with_for_update()
_REMOVE_COUNTERS = delete(channels).where(channels.c.channel == _FROM)
_RENAME_COUNTERS = update(channels).where(channels.c.channel == _FROM).values(channel=_TO)
_JOIN_COUNTERS = (
    update(channels)
    .where(channels.c.channel == _TO)
    .values(
        next=channels.c.next + _SHIFT,
        head=bindparam("first"),
        kept=channels.c.kept + bindparam("more"),
    )
)
# What the new place has already comes after all of the old. Below zero on the way, so that no two turns meet.
_LIFT = update(turns).where(turns.c.channel == _TO).values(seq=-1 - (turns.c.seq + _SHIFT))
_LAND = update(turns).where(turns.c.channel == _TO, turns.c.seq < 0).values(seq=-1 - turns.c.seq)
_LATER = (
    update(answers)
    .where(answers.c.channel == _TO)
    .values(first=answers.c.first + _SHIFT, turn=answers.c.turn + _SHIFT)
)
# Ids of messages begin anew in a new place.
_MOVE_TURNS = (
    update(turns)
    .where(turns.c.channel == _FROM)
    .values(channel=_TO, message=_FROM + literal("/") + turns.c.message)
)
_MOVE_ANSWERS = update(answers).where(answers.c.channel == _FROM).values(channel=_TO)
_MOVE_JOBS = update(jobs).where(jobs.c.channel == _FROM).values(channel=_TO)
_MOVE_OPTIONS = (
    update(options)
    .where(options.c.place == _FROM, options.c.name.not_in(bindparam("but", expanding=True)))
    .values(place=_TO)
)
_REMOVE_OPTIONS = delete(options).where(options.c.place == _FROM)


def move(tx: Transaction, platform: str, old: str, new: str) -> None:
    """Do it. Where both have an option, the new place's own stays."""
    before = f"{platform}:{old}"
    where = {"old": before, "threads": f"{before}:"}

    def pairs(statement: object) -> list[dict[str, str]]:
        found = tx.connection.execute(statement, where).scalars()  # type: ignore[call-overload]
        return [{"of": name, "to": f"{platform}:{new}{name.removeprefix(before)}"} for name in found]

    for pair in pairs(_CHANNELS):
        _move_history(tx, pair)
    for pair in pairs(_JOBS):
        tx.connection.execute(_MOVE_JOBS, pair)
    for pair in pairs(_OPTIONS):
        has = list(tx.connection.execute(_SET, {"to": pair["to"]}).scalars())
        tx.connection.execute(_MOVE_OPTIONS, {**pair, "but": has})
        tx.connection.execute(_REMOVE_OPTIONS, {"of": pair["of"]})


def _move_history(tx: Transaction, pair: dict[str, str]) -> None:
    old = tx.connection.execute(_COUNTERS, {"which": pair["of"]}).one()
    new = tx.connection.execute(_COUNTERS, {"which": pair["to"]}).one_or_none()
    if new is None:
        tx.connection.execute(_RENAME_COUNTERS, pair)
    else:
        shift = {"to": pair["to"], "shift": old.next}
        for statement in (_LIFT, _LAND, _LATER):
            tx.connection.execute(statement, shift)
        afresh = new.head > 1  # somebody forgot what was said before, there
        counts = {"first": new.head + old.next if afresh else old.head, "more": 0 if afresh else old.kept}
        tx.connection.execute(_JOIN_COUNTERS, {**shift, **counts})
        tx.connection.execute(_REMOVE_COUNTERS, {"of": pair["of"]})
    tx.connection.execute(_MOVE_TURNS, pair)
    tx.connection.execute(_MOVE_ANSWERS, pair)
