"""Questions: what people ask, ask again, put differently and take back."""

from typing import Any

from sqlalchemy import Row, bindparam, case, insert, select, update

from bot.jobs import new_id
from bot.messages import Channel, IncomingMessage, Turn
from bot.ports import Answer, AnswerState
from storage import turns
from storage.answers import GET, NEWEST, NEWEST_OF, args_of, load, pending, row_of, submit, this, waiting
from storage.database import Transaction, brief
from storage.schema import answers
from storage.values import Pictures

_ADD = insert(answers)
_HOLD = select(answers, pending.label("pending")).where(this, ~answers.c.undone).with_for_update()
_ANY = select(answers).where(this).with_for_update()
_JOIN = (
    update(answers)
    .where(this)
    .values(
        turn=bindparam("place"),
        epoch=answers.c.epoch + 1,
        attempts=0,
        text="",
        thoughts="",
        asked=bindparam("now"),
    )
    .returning(*answers.c)
)
_AGAIN = (
    update(answers)
    .where(this)
    .values(
        state=AnswerState.WAITING.value,
        text=bindparam("new_text"),
        thoughts=bindparam("new_thoughts"),
        images=bindparam("new_images"),
        prefix=bindparam("new_prefix"),
        note="",
        epoch=answers.c.epoch + 1,
        round=answers.c.round + case((waiting, 0), else_=1),
        attempts=0,
        stop=False,
    )
    .returning(*answers.c)
)
_TAKE_BACK = (
    update(answers)
    .where(this)
    .values(
        undone=True,
        state=case((waiting, AnswerState.STOPPED.value), else_=answers.c.state),
        epoch=answers.c.epoch + 1,
    )
)
_UNDO = _TAKE_BACK.returning(*answers.c)
_WITHDRAW = _TAKE_BACK.values(text="", thoughts="", images=[]).returning(*answers.c)


@brief
def ask(
    tx: Transaction,
    pictures: Pictures,
    message: IncomingMessage,
    turn: Turn,
    tokens: int,
    burst: float,
    delay: float,
    join: bool = False,
) -> Answer | None:
    place, head = turns.reserve(tx, message.channel, 2)
    joined = _joined(tx, message, tx.now - burst, head) if burst > 0 else None
    if join and not joined:
        turns.say(tx, pictures, message, turn, tokens, place)
        return None
    answer = joined.id if joined else new_id()
    if message.edited:
        turns.give_way(tx, message.channel, message.id)
    turns.say(tx, pictures, message, turn, tokens, place, answer)
    if joined:
        moved = {"answer": answer, "place": place + 1, "now": tx.now}
        asked = load(tx.connection.execute(_JOIN, moved).one(), pictures)
    else:
        asked = Answer(
            answer,
            message.channel,
            message.author,
            message.direct,
            message.id,
            place + 1,
            created=message.at or tx.now,
        )
        tx.connection.execute(_ADD, {**row_of(asked, place), "asked": tx.now})
    submit(tx, asked, delay)
    return asked


def _joined(tx: Transaction, message: IncomingMessage, since: float, head: int) -> Row[Any] | None:
    """The author's last question, if it is so fresh that the message belongs to it."""
    where = {"channel": str(message.channel), "author": message.author.id}
    last = tx.connection.execute(NEWEST_OF, where).one_or_none()
    if last is None or last.asked < since or last.turn < head:
        return None
    fresh = last.state == AnswerState.WAITING and not last.stop and not last.messages
    return last if fresh else None


def again(tx: Transaction, pictures: Pictures, answer: str, onward: bool) -> Answer | None:
    row = tx.connection.execute(GET, {"answer": answer}).one_or_none()
    if row is None:
        return None
    turns.hold(tx, Channel.parse(row.channel))
    row = tx.connection.execute(_HOLD, {"answer": answer, "args": args_of(answer)}).one_or_none()
    if row is None:
        return None
    if row.state == AnswerState.WAITING and row.pending:
        return load(row, pictures)  # asked for twice
    return _put_back(tx, pictures, row, onward)


def reword(
    tx: Transaction, pictures: Pictures, channel: Channel, message: str, turn: Turn, tokens: int
) -> Answer | None:
    head = turns.hold(tx, channel)
    found = turns.find(tx, channel, message)
    if found is None or found.gone or not turns.reword(tx, pictures, found, turn, tokens):
        return None
    newest = tx.connection.execute(NEWEST, {"channel": str(channel)}).one_or_none()
    if newest is None or newest.id != found.answer or newest.turn < (head or 0):
        return None
    return _put_back(tx, pictures, newest, onward=False)


def _put_back(tx: Transaction, pictures: Pictures, row: Row[Any], onward: bool) -> Answer:
    """Make it wait again, with its work. What it said leaves the history until it has ended anew."""
    turns.drop_answer(tx, Channel.parse(row.channel), row.turn)
    kept = {
        "new_text": row.text if onward else "",
        "new_thoughts": row.thoughts if onward else "",
        "new_images": row.images if onward else [],
        "new_prefix": len(row.text) if onward else 0,
    }
    answer = load(tx.connection.execute(_AGAIN, {"answer": row.id, **kept}).one(), pictures)
    submit(tx, answer)
    return answer


def undo(tx: Transaction, pictures: Pictures, channel: Channel) -> Answer | None:
    head = turns.hold(tx, channel)
    row = tx.connection.execute(NEWEST, {"channel": str(channel)}).one_or_none()
    if row is None or row.turn < (head or 0):
        return None
    turns.take_back(tx, channel, row.id, row.first, row.turn)
    return load(tx.connection.execute(_UNDO, {"answer": row.id}).one(), pictures)


def withdraw(tx: Transaction, pictures: Pictures, channel: Channel, message: str) -> Answer | None:
    turns.hold(tx, channel)
    found = turns.find(tx, channel, message)
    if found is None:
        return None
    turns.withdraw(tx, found)
    row = tx.connection.execute(_ANY, {"answer": found.answer}).one_or_none()
    if row is None:
        return None
    rest = turns.question(tx, pictures, channel, row.id, row.first, row.turn)
    if row.undone and not rest:
        return load(row, pictures)  # told twice
    if row.undone or row.state != AnswerState.WAITING:
        return None
    if rest:
        return None if found.gone else _put_back(tx, pictures, row, onward=False)
    return load(tx.connection.execute(_WITHDRAW, {"answer": row.id}).one(), pictures)
