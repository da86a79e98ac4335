"""Answers of ours, from the question to the last shown word.

The place of an answer's turn is reserved with its question, and the turn is stored when the answer has
ended. Whoever begins an answer holds it by its epoch: who held it before can no longer change it.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, func, insert, select, update

from bot.messages import Attachment, Channel, Role, Turn
from bot.ports import Answer, AnswerState
from storage import turns, values
from storage.database import Transaction, brief, spelled
from storage.schema import answers, tasks
from storage.values import Pictures

WORK = "answer"  # the kind of durable work that makes answers

this = answers.c.id == bindparam("answer")
_held = (this, answers.c.epoch == bindparam("held"))
waiting = answers.c.state == AnswerState.WAITING.value
pending = (  # pieces of work for this very answer
    select(func.count())
    .where(tasks.c.key == answers.c.key, tasks.c.kind == WORK, tasks.c.args == bindparam("args"))
    .scalar_subquery()
)

_ADD = insert(answers)
GET = select(answers).where(this)
NEWEST = (
    select(answers)
    .where(answers.c.channel == bindparam("channel"), ~answers.c.undone)
    .order_by(answers.c.turn.desc())
    .limit(1)
)
NEWEST_OF = NEWEST.where(answers.c.author == bindparam("author"))
_BEGIN = (
    update(answers)
    .where(this, ~answers.c.undone, pending < 2)
    .values(epoch=answers.c.epoch + 1, attempts=answers.c.attempts + 1)
    .returning(*answers.c)
)
_SHOWN = update(answers).where(*_held).values(messages=bindparam("shown")).returning(answers.c.id)
_KEEP = (
    update(answers)
    .where(*_held, waiting)
    .values(text=bindparam("new_text"), thoughts=bindparam("new_thoughts"), model=bindparam("new_model"))
    .returning(answers.c.id)
)
_FINISH = (
    update(answers)
    .where(*_held, waiting)
    .values(
        state=bindparam("new_state"),
        text=bindparam("new_text"),
        thoughts=bindparam("new_thoughts"),
        note=bindparam("new_note"),
        images=bindparam("new_images"),
        model=bindparam("new_model"),
    )
    .returning(answers.c.id)
)
_STOP = update(answers).where(this, waiting).values(stop=True)


class Fenced(Exception):
    """Somebody else holds the answer by now, or it has ended."""


@brief
def get(tx: Transaction, pictures: Pictures, answer: str) -> Answer | None:
    row = tx.connection.execute(GET, {"answer": answer}).one_or_none()
    return None if row is None else load(row, pictures)


@brief
def begin(tx: Transaction, pictures: Pictures, answer: str) -> Answer | None:
    row = tx.connection.execute(_BEGIN, {"answer": answer, "args": args_of(answer)}).one_or_none()
    return None if row is None else load(row, pictures)


@brief
def shown(tx: Transaction, answer: Answer, messages: Sequence[str]) -> bool:
    ids = {"answer": answer.id, "held": answer.epoch, "shown": list(messages)}
    return tx.connection.execute(_SHOWN, ids).scalar() is not None


@brief
def keep(tx: Transaction, answer: Answer, text: str, thoughts: str) -> bool:
    held = {"answer": answer.id, "held": answer.epoch}
    kept = {"new_text": text, "new_thoughts": thoughts, "new_model": answer.model}
    return tx.connection.execute(_KEEP, held | kept).scalar() is not None


@brief
def finish(
    tx: Transaction,
    pictures: Pictures,
    answer: Answer,
    state: AnswerState,
    text: str,
    thoughts: str,
    note: str,
    tokens: int,
    images: Sequence[Attachment],
) -> None:
    in_history = state is not AnswerState.FAILED and bool(text or images)
    if in_history:  # first the channel, then the answer, as everywhere: or two could wait for each other
        turns.count(tx, answer.channel, answer.turn, 1)
    ended = {
        "answer": answer.id,
        "held": answer.epoch,
        "new_state": state.value,
        "new_text": text,
        "new_thoughts": thoughts,
        "new_note": note,
        "new_images": pictures.dump(images),
        "new_model": answer.model,
    }
    if tx.connection.execute(_FINISH, ended).scalar() is None:
        raise Fenced
    if in_history:
        turn = Turn(Role.ASSISTANT, text, images=tuple(images))
        turns.add_answer(tx, pictures, answer.channel, turn, tokens, answer.turn)


def stop(tx: Transaction, answer: str) -> None:
    tx.connection.execute(_STOP, {"answer": answer})


def latest(tx: Transaction, pictures: Pictures, channel: Channel, person: str) -> Answer | None:
    where = {"channel": str(channel), "author": person}
    row = tx.connection.execute(NEWEST_OF if person else NEWEST, where).one_or_none()
    return None if row is None else load(row, pictures)


@brief
def question(tx: Transaction, pictures: Pictures, answer: str) -> list[Turn]:
    row = tx.connection.execute(GET, {"answer": answer}).one_or_none()
    if row is None:
        return []
    return turns.question(tx, pictures, Channel.parse(row.channel), answer, row.first, row.turn)


# --- rows and work --------------------------------------------------------------------------


def submit(tx: Transaction, answer: Answer, delay: float = 0.0) -> None:
    tx.submit(WORK, answer.key, {"answer": answer.id}, delay)


def args_of(answer: str) -> str:
    return spelled({"answer": answer})


def row_of(answer: Answer, first: int) -> dict[str, Any]:
    return {
        "id": answer.id,
        "channel": str(answer.channel),
        "author": answer.person.id,
        "person": values.person.dump(answer.person),
        "direct": answer.direct,
        "key": answer.key,
        "question": answer.question,
        "first": first,
        "turn": answer.turn,
        "state": answer.state.value,
        "messages": [],
        "epoch": 0,
        "text": "",
        "thoughts": "",
        "note": "",
        "prefix": 0,
        "round": 0,
        "images": [],
        "model": "",
        "attempts": 0,
        "stop": False,
        "undone": False,
        "created": answer.created,
        "asked": answer.created,
    }


def load(row: Row[Any], pictures: Pictures) -> Answer:
    return Answer(
        id=row.id,
        channel=Channel.parse(row.channel),
        person=values.person.load(row.person),
        direct=row.direct,
        question=row.question,
        turn=row.turn,
        state=AnswerState(row.state),
        messages=tuple(row.messages),
        epoch=row.epoch,
        text=row.text,
        thoughts=row.thoughts,
        note=row.note,
        prefix=row.prefix,
        round=row.round,
        images=pictures.load(row.images),
        model=row.model,
        attempts=row.attempts,
        stop=row.stop,
        created=row.created,
    )
