"""What was said, turn by turn.

A channel's row counts its turns, and whoever adds to a channel takes that row first: so turns have the order
in which they were stored. ``kept`` is the number of turns in force, so that nobody has to count them.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, select, update

from bot.messages import Channel, IncomingMessage, Role, Turn
from bot.ports import Record
from storage.database import Transaction, Upsert, brief
from storage.schema import channels, storable, turns
from storage.values import Pictures

STEP = 32  # turns that are read at a time for a context; doubled while more are wanted

_here = channels.c.channel == bindparam("here")
_there = turns.c.channel == bindparam("here")
_place = (_there, turns.c.seq == bindparam("place"))
_head = select(channels.c.head).where(_here).scalar_subquery()

_RESERVE = Upsert(
    lambda insert: (
        insert(channels)
        .values(channel=bindparam("channel"), next=1 + bindparam("places"), head=1, kept=1)
        .on_conflict_do_update(
            index_elements=["channel"],
            set_={"next": channels.c.next + bindparam("places"), "kept": channels.c.kept + 1},
        )
        .returning((channels.c.next - bindparam("places")).label("place"), channels.c.head)
    )
)
_HOLD = select(channels.c.head).where(_here).with_for_update()
_COUNT = (
    update(channels)
    .where(_here, channels.c.head <= bindparam("place"))
    .values(kept=channels.c.kept + bindparam("more"))
)
_KEPT = select(channels.c.kept).where(_here).with_for_update()
_FORGET = update(channels).where(_here).values(head=channels.c.next, kept=0)

_SAID = Upsert(lambda insert: insert(turns).on_conflict_do_nothing().returning(turns.c.seq))
_ANSWERED = insert(turns)
_MESSAGE = select(turns).where(_there, turns.c.message == bindparam("id"))
_REWORD = (
    update(turns)
    .where(*_place)
    .values(
        speaker=bindparam("new_speaker"),
        text=bindparam("new_text"),
        images=bindparam("new_images"),
        tokens=bindparam("new_tokens"),
    )
)
_DROP = delete(turns).where(*_place, ~turns.c.gone).returning(turns.c.seq)
_GIVE_WAY = (
    delete(turns)
    .where(_there, turns.c.message == bindparam("id"), turns.c.answer.is_(None), ~turns.c.gone)
    .returning(turns.c.seq)
)
_between = turns.c.seq.between(bindparam("first"), bindparam("last"))
_TAKE_BACK = (
    update(turns)
    .where(
        _there,
        _between,
        (turns.c.answer == bindparam("of")) | (turns.c.seq == bindparam("last")),
        ~turns.c.gone,
    )
    .values(gone=True)
    .returning(turns.c.seq)
)
_WITHDRAW = update(turns).where(*_place).values(gone=True, text="", images=[])
_QUESTION = (
    select(turns)
    .where(_there, _between, turns.c.answer == bindparam("of"), ~turns.c.gone)
    .order_by(turns.c.seq)
)
_WINDOW = (
    select(turns)
    .where(_there, turns.c.seq >= _head, turns.c.seq < bindparam("before"), ~turns.c.gone)
    .order_by(turns.c.seq.desc())
    .limit(bindparam("most"))
)


class Known(Exception):
    """The message is stored already."""


def reserve(tx: Transaction, channel: Channel, places: int) -> tuple[int, int]:
    """The first of so many places at the channel's end, of which one will be taken now; and its head."""
    row = tx.connection.execute(_RESERVE.on(tx), {"channel": str(channel), "places": places}).one()
    return row.place, row.head


def hold(tx: Transaction, channel: Channel) -> int | None:
    """Let nobody else change the channel until we are through; its head, None where nothing was said yet."""
    head: int | None = tx.connection.execute(_HOLD, {"here": str(channel)}).scalar()
    return head


def say(
    tx: Transaction,
    pictures: Pictures,
    message: IncomingMessage,
    turn: Turn,
    tokens: int,
    place: int,
    answer: str | None = None,
) -> None:
    """Store somebody's turn, and which answer it belongs to. Known when it was stored before."""
    row = _row(tx, pictures, message.channel, turn, tokens, place)
    row |= {"message": message.id, "answer": answer}
    if tx.connection.execute(_SAID.on(tx), row).scalar() is None:
        raise Known


def add_answer(
    tx: Transaction, pictures: Pictures, channel: Channel, turn: Turn, tokens: int, place: int
) -> None:
    """Store a turn of ours at the place that was reserved for it. To be counted by the caller."""
    row = _row(tx, pictures, channel, turn, tokens, place)
    tx.connection.execute(_ANSWERED, {**row, "message": None, "answer": None})


def drop_answer(tx: Transaction, channel: Channel, place: int) -> None:
    """Take a turn of ours away, if it is there; its place stays free."""
    where = {"here": str(channel), "place": place}
    if tx.connection.execute(_DROP, where).scalar() is not None:
        count(tx, channel, place, -1)


def count(tx: Transaction, channel: Channel, place: int, more: int) -> None:
    """So many turns more are in force, unless their place has been forgotten."""
    tx.connection.execute(_COUNT, {"here": str(channel), "place": place, "more": more})


def find(tx: Transaction, channel: Channel, message: str) -> Row[Any] | None:
    return tx.connection.execute(_MESSAGE, {"here": str(channel), "id": message}).one_or_none()


def reword(tx: Transaction, pictures: Pictures, found: Row[Any], turn: Turn, tokens: int) -> bool:
    """Change a stored turn; False when that changes nothing."""
    images = pictures.dump(turn.images)
    if (found.text, found.images) == (storable(turn.text), images):
        return False
    values = {
        "new_speaker": turn.speaker,
        "new_text": turn.text,
        "new_images": images,
        "new_tokens": tokens,
    }
    tx.connection.execute(_REWORD, {"here": found.channel, "place": found.seq, **values})
    return True


def withdraw(tx: Transaction, found: Row[Any]) -> None:
    """Take a stored turn out of the history, and its words away; that it was there stays known."""
    tx.connection.execute(_WITHDRAW, {"here": found.channel, "place": found.seq})
    if not found.gone:
        count(tx, Channel.parse(found.channel), found.seq, -1)


def give_way(tx: Transaction, channel: Channel, message: str) -> None:
    """Take a turn that wanted no answer away, since its message has become a question."""
    place = tx.connection.execute(_GIVE_WAY, {"here": str(channel), "id": message}).scalar()
    if place is not None:
        count(tx, channel, place, -1)


def take_back(tx: Transaction, channel: Channel, answer: str, first: int, last: int) -> None:
    """Take a question's turns, from ``first``, and the answer's, at ``last``, out of the history."""
    where = {"here": str(channel), "first": first, "last": last, "of": answer}
    taken = tx.connection.execute(_TAKE_BACK, where).all()
    count(tx, channel, last, -len(taken))


def question(
    tx: Transaction, pictures: Pictures, channel: Channel, answer: str, first: int, last: int
) -> list[Turn]:
    """The turns between these places that this answer answers, and that are not gone."""
    where = {"here": str(channel), "first": first, "last": last, "of": answer}
    return [_turn(row, pictures) for row in tx.connection.execute(_QUESTION, where)]


@brief
def context(tx: Transaction, pictures: Pictures, channel: Channel, before: int, tokens: int) -> list[Turn]:
    """The newest turns before that place that fit, oldest first."""
    fitting: list[Turn] = []
    step = STEP
    while True:
        rows = _window(tx, channel, before, step)
        for row in rows:
            tokens -= row.tokens
            if tokens < 0:
                return fitting[::-1]
            fitting.append(_turn(row, pictures))
        if len(rows) < step:
            return fitting[::-1]
        before = rows[-1].seq
        step *= 2


def page(tx: Transaction, pictures: Pictures, channel: Channel, before: int, most: int) -> list[Record]:
    """The newest turns before that place, newest first."""
    rows = _window(tx, channel, before, most)
    return [Record(row.seq, _turn(row, pictures), row.at) for row in rows]


def forget(tx: Transaction, channel: Channel) -> int:
    kept: int | None = tx.connection.execute(_KEPT, {"here": str(channel)}).scalar()
    if kept is None:
        return 0
    tx.connection.execute(_FORGET, {"here": str(channel)})
    return kept


def _window(tx: Transaction, channel: Channel, before: int, most: int) -> Sequence[Row[Any]]:
    where = {"here": str(channel), "before": before, "most": most}
    return tx.connection.execute(_WINDOW, where).all()


def _row(
    tx: Transaction, pictures: Pictures, channel: Channel, turn: Turn, tokens: int, place: int
) -> dict[str, Any]:
    return {
        "channel": str(channel),
        "seq": place,
        "role": turn.role.value,
        "speaker": turn.speaker,
        "text": turn.text,
        "images": pictures.dump(turn.images),
        "tokens": tokens,
        "at": tx.now,
        "gone": False,
    }


def _turn(row: Row[Any], pictures: Pictures) -> Turn:
    return Turn(Role(row.role), row.text, row.speaker, pictures.load(row.images))
