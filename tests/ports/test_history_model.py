"""History against a model of it: whatever people do, in whatever order."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.messages import Channel, IncomingMessage, Person, Role, Turn
from bot.ports import AnswerState, Storage
from storage import open_storage
from tests.databases import KINDS, Clock, fresh_database

PEOPLE = [Person(f"web:{name}", name) for name in ("ann", "bob")]
STEPS = st.one_of(
    st.tuples(st.just("ask"), st.integers(0, 1), st.booleans()),  # who, and whether a pause came before
    st.tuples(st.just("note"), st.integers(0, 1)),
    st.tuples(st.just("finish"), st.integers(0, 9), st.sampled_from(list(AnswerState)[1:])),
    st.tuples(st.just("again"), st.integers(0, 9)),
    st.tuples(st.just("reword"), st.integers(0, 9)),
    st.tuples(st.just("withdraw"), st.integers(0, 9)),
    st.tuples(st.just("undo")),
    st.tuples(st.just("forget")),
)


@dataclass
class Said:
    """One turn of the model; ours when it has no message."""

    text: str
    answer: str = ""
    message: str = ""
    forgotten: bool = False
    undone: bool = False
    ended: bool = True  # an answer's turn counts once it has ended with a text


class Model:
    """The same history as a plain list."""

    def __init__(self) -> None:
        self.turns: list[Said] = []
        self.waiting: dict[str, int] = {}  # answer → who asked

    @property
    def in_force(self) -> list[str]:
        return [turn.text for turn in self._visible()]

    def before(self, answer: str) -> list[str]:
        place = self.turns.index(self._own(answer))
        return [turn.text for turn in self._visible() if self.turns.index(turn) < place]

    def asked(self, who: int, answer: str, message: str) -> None:
        own = self._own(answer) if answer in self.waiting else Said("", answer, ended=False)
        self.turns = [turn for turn in self.turns if turn is not own]
        self.turns += [Said(message, answer, message), own]
        self.waiting[answer] = who

    def finished(self, answer: str, text: str) -> None:
        own = self._own(answer)
        own.text, own.ended = text, bool(text)
        del self.waiting[answer]

    def undo(self) -> str | None:
        for turn in reversed(self.turns):
            if turn.answer and not turn.message and not turn.undone:
                if turn.forgotten:
                    return None
                for each in self.turns:
                    each.undone |= each.answer == turn.answer
                self.waiting.pop(turn.answer, None)
                return turn.answer
        return None

    def withdraw(self, turn: Said) -> AnswerState | None:
        """How its answer stands then, if it had waited."""
        again, turn.undone = turn.undone, True
        if turn.answer not in self.waiting:
            return None
        if any(each.answer == turn.answer and each.message and not each.undone for each in self.turns):
            return None if again else AnswerState.WAITING
        self._own(turn.answer).undone = True
        del self.waiting[turn.answer]
        return AnswerState.STOPPED

    def forget(self) -> int:
        count = len(self.in_force)
        for turn in self.turns:
            turn.forgotten = True
        return count

    def _own(self, answer: str) -> Said:
        return next(turn for turn in self.turns if turn.answer == answer and not turn.message)

    def _visible(self) -> list[Said]:
        return [turn for turn in self.turns if turn.ended and not turn.forgotten and not turn.undone]


@pytest.mark.parametrize("kind", KINDS)
def test_history_is_what_was_said_less_what_was_taken_back(kind: str, tmp_path: Path):
    clock = Clock()
    with fresh_database(kind, tmp_path) as url, asyncio.Runner() as runner:
        opening = open_storage(url, str(tmp_path / "files"), clock=clock)
        storage = runner.run(opening.__aenter__())
        rounds = iter(range(10**6))

        @settings(
            max_examples=120 if kind == "sqlite" else 30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
            database=None,
        )
        @given(st.lists(STEPS, max_size=25))
        def play(steps):
            runner.run(_play(storage, clock, Channel("web", str(next(rounds))), steps))

        try:
            play()
        finally:
            runner.run(opening.__aexit__(None, None, None))


async def _play(storage: Storage, clock: Clock, channel: Channel, steps) -> None:
    model = Model()
    conversations = storage.conversations
    asked: list[str] = []
    for number, (step, *rest) in enumerate(steps):
        message = f"m{number}"
        match step:
            case "ask":
                who, pause = rest
                clock.now += 5 if pause else 0
                incoming = IncomingMessage(message, channel, PEOPLE[who], message, direct=False)
                turn = Turn(Role.USER, message)
                answer = await conversations.ask(incoming, turn, 1, burst=1.0)
                assert answer.id not in model.waiting or model.waiting[answer.id] == who
                model.asked(who, answer.id, message)
                asked.append(answer.id)
            case "note":
                incoming = IncomingMessage(message, channel, PEOPLE[rest[0]], message, direct=False)
                await conversations.note(incoming, Turn(Role.USER, message), 1)
                model.turns.append(Said(message, message=message))
            case "finish" if asked:
                await _finish(storage, model, asked[rest[0] % len(asked)], rest[1], f"answer {number}")
            case "again" if asked:
                await _again(storage, model, asked[rest[0] % len(asked)])
            case "reword" if model.turns:
                turn = model.turns[rest[0] % len(model.turns)]
                if turn.message:
                    await _reword(storage, model, channel, turn, f"words {number}")
            case "withdraw" if model.turns:
                turn = model.turns[rest[0] % len(model.turns)]
                if turn.message:
                    gone = await conversations.withdraw(channel, turn.message)
                    assert model.withdraw(turn) in (None, gone and gone.state)
            case "undo":
                undone = await conversations.undo(channel)
                assert (undone and undone.id) == model.undo()
            case "forget":
                assert await conversations.forget(channel) == model.forget()
        assert [record.turn.text for record in await conversations.history(channel)] == model.in_force
    await _check_contexts(storage, model, channel)
    assert await conversations.forget(channel) == model.forget()


async def _check_contexts(storage: Storage, model: Model, channel: Channel) -> None:
    conversations = storage.conversations
    for answer in model.waiting:
        stored = await conversations.answer(answer)
        context = await conversations.context(channel, stored.turn, 10**6)
        assert [turn.text for turn in context] == model.before(answer)
        questions = [turn.text for turn in await conversations.question(stored)]
        assert questions == [
            turn.text for turn in model.turns if turn.answer == answer and turn.message and not turn.undone
        ]


async def _finish(storage: Storage, model: Model, answer: str, state: AnswerState, text: str) -> None:
    for task in await storage.tasks.unfinished():
        await storage.tasks.finish(task.id)  # as if it ran
    begun = await storage.conversations.begin(answer)
    if begun is None:
        assert model._own(answer).undone
        return
    ended = await storage.conversations.finish(begun, state, text, "")
    assert ended == (answer in model.waiting)
    if ended:
        model.finished(answer, "" if state is AnswerState.FAILED else text)


async def _again(storage: Storage, model: Model, answer: str) -> None:
    again = await storage.conversations.again(answer)
    own = model._own(answer)
    assert (again is None) == own.undone
    if again is not None and answer not in model.waiting:
        own.ended = False
        model.waiting[answer] = next(i for i, each in enumerate(PEOPLE) if each.id == again.person.id)


async def _reword(storage: Storage, model: Model, channel: Channel, turn: Said, text: str) -> None:
    latest = await storage.conversations.latest(channel)
    reworded = await storage.conversations.reword(channel, turn.message, Turn(Role.USER, text), 1)
    if turn.undone:
        assert reworded is None
        return
    turn.text = text
    if reworded is None:
        own = [each for each in model.turns if each.answer and not each.message and not each.undone]
        assert not own or own[-1].answer != turn.answer or own[-1].forgotten
        return
    assert reworded.id == latest.id == turn.answer
    own = model._own(turn.answer)
    own.ended = False
    if turn.answer not in model.waiting:
        model.waiting[turn.answer] = [each.id for each in PEOPLE].index(reworded.person.id)
