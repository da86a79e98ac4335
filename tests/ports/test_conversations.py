"""What any Conversations may be relied on for."""

import asyncio
from dataclasses import replace

import pytest

from bot.messages import Channel, IncomingMessage, Person, Role, Turn
from bot.ports import Answer, AnswerState, Storage
from tests.databases import Clock

HERE = Channel("web", "1")
ELSEWHERE = Channel("web", "2", "thread:7")
ANN = Person("web:ann", "Ann", language="de", trusted=True)
BOB = Person("web:bob", "Bob")


def said(message: str, text: str = "", author: Person = ANN, channel: Channel = HERE, **more):
    return IncomingMessage(message, channel, author, text or f"text of {message}", **more)


async def ask(
    storage: Storage, message: str, text: str = "", author: Person = ANN, channel: Channel = HERE, **more
) -> Answer | None:
    incoming = said(message, text, author, channel, direct=more.pop("direct", True))
    turn = Turn(Role.USER, incoming.text, author.name)
    return await storage.conversations.ask(incoming, turn, more.pop("tokens", 10), **more)


async def answered(storage: Storage, message: str, text: str, **more) -> Answer:
    """A question with its finished answer."""
    asked = await ask(storage, message, **more)
    begun = await storage.conversations.begin(asked.id)
    assert await storage.conversations.finish(begun, AnswerState.DONE, text, "", tokens=5)
    return await storage.conversations.answer(asked.id)


async def texts(storage: Storage, channel: Channel = HERE) -> list[str]:
    return [record.turn.text for record in await storage.conversations.history(channel)]


async def pending(storage: Storage) -> list[tuple[str, str, str]]:
    return [(task.kind, task.key, task.args["answer"]) for task in await storage.tasks.unfinished()]


# --- asking ---------------------------------------------------------------------------------


async def test_a_question_is_stored_with_its_answer_and_its_work(storage: Storage, clock: Clock):
    answer = await ask(storage, "m1", "What is a fox?")

    assert answer == Answer(answer.id, HERE, ANN, True, "m1", turn=2, created=clock.now)
    assert await storage.conversations.answer(answer.id) == answer
    assert await texts(storage) == ["What is a fox?"]
    assert await storage.conversations.question(answer) == [Turn(Role.USER, "What is a fox?", "Ann")]
    assert await pending(storage) == [("answer", "answer:web:1", answer.id)]


async def test_the_same_message_twice_is_one_question(storage: Storage):
    await ask(storage, "m1")

    assert await ask(storage, "m1") is None
    assert await texts(storage) == ["text of m1"]
    assert len(await pending(storage)) == 1


async def test_the_same_message_many_times_at_once_is_one_question(storage: Storage):
    asked = await asyncio.gather(*(ask(storage, "m1") for _ in range(8)))

    assert len([answer for answer in asked if answer]) == 1
    assert len(await pending(storage)) == 1
    assert await storage.conversations.forget(HERE) == 1


async def test_the_same_id_in_another_channel_is_another_message(storage: Storage):
    assert await ask(storage, "m1")
    assert await ask(storage, "m1", channel=ELSEWHERE)
    assert await texts(storage, ELSEWHERE) == ["text of m1"]


async def test_questions_of_a_group_have_a_key_for_each_person(storage: Storage):
    ann = await ask(storage, "m1", direct=False)
    bob = await ask(storage, "m2", author=BOB, direct=False)

    assert await pending(storage) == [
        ("answer", "answer:web:1:web:ann", ann.id),
        ("answer", "answer:web:1:web:bob", bob.id),
    ]


async def test_a_note_is_a_turn_without_an_answer(storage: Storage):
    for _ in range(2):
        await storage.conversations.note(said("m1"), Turn(Role.USER, "by the way", "Ann"), 3)

    assert await texts(storage) == ["by the way"]
    assert await storage.conversations.latest(HERE) is None
    assert await pending(storage) == []


async def test_any_text_can_be_stored(storage: Storage):
    await ask(storage, "m1", "\ud83e\udd8a fox, \ud83e lonely, nothing \0, 狐狸")

    assert await texts(storage) == ["🦊 fox, \ufffd lonely, nothing \ufffd, 狐狸"]


async def test_pictures_come_back_with_their_bytes(storage: Storage):
    digest = await storage.files.put(b"a picture")
    picture = storage.files.attachment(digest, "fox.png", "image/png", alt="a fox")

    await storage.conversations.note(said("m1"), Turn(Role.USER, "look", "Ann", (picture,)), 3)

    (turn,) = await storage.conversations.context(HERE, before=99, tokens=99)
    assert turn.images == (picture,)
    assert turn.images[0].size == 9
    assert await turn.images[0].load() == b"a picture"


async def test_a_picture_that_is_not_kept_is_refused(storage: Storage):
    picture = replace(storage.files.attachment("0" * 64, "fox.png", "image/png"), digest="")

    with pytest.raises(ValueError, match=r"fox\.png"):
        await storage.conversations.note(said("m1"), Turn(Role.USER, "look", "Ann", (picture,)), 3)


# --- bursts ---------------------------------------------------------------------------------


async def test_a_message_soon_after_joins_the_question(storage: Storage, clock: Clock):
    first = await ask(storage, "m1", burst=1.0)
    clock.now += 0.9
    second = await ask(storage, "m2", burst=1.0)

    assert second.id == first.id
    assert second.epoch == first.epoch + 1
    assert second.question == "m1"
    assert [turn.text for turn in await storage.conversations.question(second)] == [
        "text of m1",
        "text of m2",
    ]
    assert [turn.text for turn in await storage.conversations.context(HERE, second.turn, 99)] == [
        "text of m1",
        "text of m2",
    ]


async def test_what_only_may_join_becomes_a_turn_without_an_answer_where_there_is_nothing_to_join(
    storage: Storage, clock: Clock
):
    assert await ask(storage, "m1", burst=1.0, join=True) is None
    assert await pending(storage) == []
    asked = await ask(storage, "m2", burst=1.0)
    joined = await ask(storage, "m3", burst=1.0, join=True)
    clock.now += 2.0
    assert await ask(storage, "m4", burst=1.0, join=True) is None
    assert await ask(storage, "m4", burst=1.0, join=True) is None

    assert joined.id == asked.id
    assert [turn.text for turn in await storage.conversations.question(joined)] == [
        "text of m2",
        "text of m3",
    ]
    assert await texts(storage) == ["text of m1", "text of m2", "text of m3", "text of m4"]


async def test_the_window_of_a_burst_begins_with_its_last_message(storage: Storage, clock: Clock):
    asked = []
    for number in range(4):
        asked.append(await ask(storage, f"m{number}", burst=1.0))
        clock.now += 0.9

    assert len({answer.id for answer in asked}) == 1


@pytest.mark.parametrize(
    "why", ["late", "other person", "shown", "ended", "stopped", "forgotten", "no burst"]
)
async def test_a_message_does_not_join(storage: Storage, clock: Clock, why: str):
    first = await ask(storage, "m1", burst=1.0)
    conversations = storage.conversations
    author, burst = ANN, 1.0
    match why:
        case "late":
            clock.now += 1.1
        case "other person":
            author = BOB
        case "shown":
            assert await conversations.shown(await conversations.begin(first.id), ["a1"])
        case "ended":
            await conversations.finish(await conversations.begin(first.id), AnswerState.FAILED, "", "")
        case "stopped":
            await conversations.stop(first.id)
        case "forgotten":
            await conversations.forget(HERE)
        case "no burst":
            burst = 0.0

    second = await ask(storage, "m2", author=author, burst=burst)

    assert second.id != first.id


async def test_joining_fences_off_whoever_answers_already(storage: Storage):
    first = await ask(storage, "m1", burst=1.0)
    run = await storage.conversations.begin(first.id)

    await ask(storage, "m2", burst=1.0)

    assert not await storage.conversations.shown(run, ["a1"])
    assert not await storage.conversations.keep(run, "half", "")
    assert not await storage.conversations.finish(run, AnswerState.DONE, "whole", "")
    assert await texts(storage) == ["text of m1", "text of m2"]


async def test_work_that_was_superseded_has_nothing_to_begin(storage: Storage):
    """A burst leaves a task for each of its messages; only the last one answers, once the burst is over."""
    answer = await ask(storage, "m1", burst=1.0)
    await ask(storage, "m2", burst=1.0, delay=1.0)
    first, second = await storage.tasks.unfinished()

    assert await storage.conversations.begin(answer.id) is None
    await storage.tasks.finish(first.id)
    begun = await storage.conversations.begin(answer.id)

    assert begun.attempts == 1
    assert second.not_before == answer.created + 1.0


async def test_others_between_the_messages_of_a_burst_keep_their_place(storage: Storage):
    ann = await ask(storage, "m1", burst=1.0, direct=False)
    bob = await ask(storage, "m2", author=BOB, burst=1.0, direct=False)
    ann = await ask(storage, "m3", burst=1.0, direct=False)

    assert [turn.text for turn in await storage.conversations.question(ann)] == ["text of m1", "text of m3"]
    assert [turn.text for turn in await storage.conversations.question(bob)] == ["text of m2"]
    assert await texts(storage) == ["text of m1", "text of m2", "text of m3"]


# --- answering ------------------------------------------------------------------------------


async def test_a_finished_answer_is_part_of_the_history(storage: Storage):
    answer = await answered(storage, "m1", "An animal.")

    assert answer.state is AnswerState.DONE
    assert answer.text == "An animal."
    assert await texts(storage) == ["text of m1", "An animal."]
    assert [turn.role for turn in await storage.conversations.context(HERE, answer.turn + 1, 99)] == [
        Role.USER,
        Role.ASSISTANT,
    ]


async def test_question_and_answer_are_neighbours_whatever_runs_side_by_side(storage: Storage):
    ann = await ask(storage, "m1", direct=False)
    bob = await ask(storage, "m2", author=BOB, direct=False)
    for answer in (bob, ann):
        begun = await storage.conversations.begin(answer.id)
        await storage.conversations.finish(begun, AnswerState.DONE, f"to {answer.person.name}", "")

    assert await texts(storage) == ["text of m1", "to Ann", "text of m2", "to Bob"]


async def test_an_answer_sees_only_what_was_before_it(storage: Storage):
    ann = await ask(storage, "m1", direct=False)
    bob = await ask(storage, "m2", author=BOB, direct=False)

    for_ann = await storage.conversations.context(HERE, ann.turn, 99)
    for_bob = await storage.conversations.context(HERE, bob.turn, 99)

    assert [turn.text for turn in for_ann] == ["text of m1"]
    assert [turn.text for turn in for_bob] == ["text of m1", "text of m2"]


@pytest.mark.parametrize(
    ("state", "text", "stays"),
    [
        (AnswerState.STOPPED, "half", True),
        (AnswerState.CUT, "half", True),
        (AnswerState.STOPPED, "", False),
        (AnswerState.FAILED, "noise", False),
        (AnswerState.FAILED, "", False),
    ],
)
async def test_what_is_worth_keeping_stays(storage: Storage, state: AnswerState, text: str, stays: bool):
    asked = await ask(storage, "m1")
    begun = await storage.conversations.begin(asked.id)
    await storage.conversations.finish(begun, state, text, "thinking", note="why")

    answer = await storage.conversations.answer(asked.id)
    assert (answer.state, answer.text, answer.thoughts, answer.note) == (state, text, "thinking", "why")
    assert await texts(storage) == (["text of m1", text] if stays else ["text of m1"])


async def test_an_answer_of_pictures_alone_is_an_answer(storage: Storage):
    asked = await ask(storage, "m1")
    picture = storage.files.attachment(await storage.files.put(b"png"), "p.png", "image/png")
    begun = await storage.conversations.begin(asked.id)
    await storage.conversations.finish(begun, AnswerState.DONE, "", "", images=[picture])

    assert (await storage.conversations.answer(asked.id)).images == (picture,)
    assert (await storage.conversations.history(HERE))[-1].turn.images == (picture,)


async def test_who_began_last_holds_the_answer(storage: Storage):
    asked = await ask(storage, "m1")
    old = await storage.conversations.begin(asked.id)
    new = await storage.conversations.begin(asked.id)

    assert (new.epoch, new.attempts) == (2, 2)
    assert not await storage.conversations.shown(old, ["a1"])
    assert not await storage.conversations.keep(old, "old", "")
    assert not await storage.conversations.finish(old, AnswerState.DONE, "old", "")
    assert await storage.conversations.shown(new, ["b1", "b2"])
    assert await storage.conversations.keep(replace(new, model="fox-1"), "ne", "hm")
    kept = await storage.conversations.answer(asked.id)
    assert (kept.messages, kept.text, kept.thoughts, kept.model) == (("b1", "b2"), "ne", "hm", "fox-1")
    assert await storage.conversations.finish(new, AnswerState.DONE, "new", "")
    assert await texts(storage) == ["text of m1", "new"]


async def test_an_end_is_the_end(storage: Storage):
    """A crash between the final text and its last edit begins the answer once more, only to show it."""
    done = await answered(storage, "m1", "final")
    begun = await storage.conversations.begin(done.id)

    assert begun.state is AnswerState.DONE
    assert not await storage.conversations.finish(begun, AnswerState.FAILED, "", "")
    assert not await storage.conversations.keep(begun, "other", "")
    assert await storage.conversations.shown(begun, ["a1"])
    assert await texts(storage) == ["text of m1", "final"]


async def test_stop_is_seen_by_whoever_asks(storage: Storage):
    asked = await ask(storage, "m1")
    await storage.conversations.stop(asked.id)

    assert (await storage.conversations.answer(asked.id)).stop
    assert (await storage.conversations.begin(asked.id)).stop


async def test_what_never_was_is_none(storage: Storage):
    conversations = storage.conversations

    assert await conversations.answer("nothing") is None
    assert await conversations.begin("nothing") is None
    assert await conversations.again("nothing") is None
    assert await conversations.latest(HERE) is None
    assert await conversations.undo(HERE) is None
    assert await conversations.forget(HERE) == 0
    assert await conversations.context(HERE, 9, 9) == []
    assert await conversations.history(HERE) == []
    assert await conversations.reword(HERE, "m1", Turn(Role.USER, "x"), 1) is None


# --- once more ------------------------------------------------------------------------------


async def test_again_waits_once_more_with_its_work_and_its_messages(storage: Storage):
    asked = await ask(storage, "m1")
    begun = await storage.conversations.begin(asked.id)
    await storage.conversations.shown(begun, ["a1"])
    await storage.conversations.finish(begun, AnswerState.CUT, "half", "hm", note="cut")
    for task in await storage.tasks.unfinished():
        await storage.tasks.finish(task.id)

    answer = await storage.conversations.again(asked.id)

    assert answer.state is AnswerState.WAITING
    assert (answer.text, answer.thoughts, answer.note, answer.prefix) == ("", "", "", 0)
    assert (answer.messages, answer.round, answer.attempts) == (("a1",), 1, 0)
    assert await pending(storage) == [("answer", answer.key, answer.id)]
    assert await texts(storage) == ["text of m1"]


async def test_onward_keeps_the_text_to_be_continued(storage: Storage):
    asked = await ask(storage, "m1")
    begun = await storage.conversations.begin(asked.id)
    await storage.conversations.finish(begun, AnswerState.CUT, "half", "hm")

    answer = await storage.conversations.again(asked.id, onward=True)

    assert (answer.text, answer.thoughts, answer.prefix, answer.round) == ("half", "hm", 4, 1)
    assert await texts(storage) == ["text of m1"]


async def test_again_twice_is_once(storage: Storage):
    done = await answered(storage, "m1", "first")
    (task,) = await storage.tasks.unfinished()
    await storage.tasks.finish(task.id)

    await asyncio.gather(*(storage.conversations.again(done.id) for _ in range(4)))

    assert len(await pending(storage)) == 1
    assert (await storage.conversations.answer(done.id)).round == 1


async def test_an_answer_left_without_work_can_be_had_again(storage: Storage):
    asked = await ask(storage, "m1")
    (task,) = await storage.tasks.unfinished()
    await storage.tasks.finish(task.id)  # given up, and nobody could close it

    answer = await storage.conversations.again(asked.id)

    assert answer.round == 0
    assert len(await pending(storage)) == 1


async def test_rewording_the_latest_question_puts_its_answer_back(storage: Storage):
    done = await answered(storage, "m1", "first")
    (task,) = await storage.tasks.unfinished()
    await storage.tasks.finish(task.id)

    answer = await storage.conversations.reword(HERE, "m1", Turn(Role.USER, "better", "Ann"), 7)

    assert (answer.id, answer.state) == (done.id, AnswerState.WAITING)
    assert await texts(storage) == ["better"]
    assert await pending(storage) == [("answer", answer.key, answer.id)]
    assert await storage.conversations.again(answer.id) == answer
    assert len(await pending(storage)) == 1


async def test_rewording_while_it_is_answered_fences_off_the_answer(storage: Storage):
    asked = await ask(storage, "m1")
    run = await storage.conversations.begin(asked.id)

    answer = await storage.conversations.reword(HERE, "m1", Turn(Role.USER, "better", "Ann"), 7)

    assert answer.id == asked.id
    assert not await storage.conversations.finish(run, AnswerState.DONE, "to the old words", "")
    assert len(await pending(storage)) == 2  # the run's own, and the one that answers the new words


async def test_rewording_an_older_question_changes_it_alone(storage: Storage):
    await answered(storage, "m1", "first")
    await answered(storage, "m2", "second")

    assert await storage.conversations.reword(HERE, "m1", Turn(Role.USER, "better", "Ann"), 7) is None
    assert await texts(storage) == ["better", "first", "text of m2", "second"]


async def test_a_turn_that_wanted_no_answer_may_become_a_question_once(storage: Storage):
    await storage.conversations.note(said("m1", "lunch?"), Turn(Role.USER, "lunch?", "Ann"), 3)
    await answered(storage, "m2", "second")
    later = replace(said("m1", "what is for lunch?"), edited=True)
    turn = Turn(Role.USER, later.text, "Ann")

    asked = await storage.conversations.ask(later, turn, 5)

    assert asked is not None
    assert await texts(storage) == ["text of m2", "second", "what is for lunch?"]
    assert await storage.conversations.ask(later, turn, 5) is None
    assert await storage.conversations.forget(HERE) == 3


async def test_an_edited_question_stays_the_one_that_it_was(storage: Storage):
    done = await answered(storage, "m1", "first")
    later = replace(said("m1", "better"), edited=True)

    assert await storage.conversations.ask(later, Turn(Role.USER, "better", "Ann"), 5) is None
    assert await storage.conversations.answer(done.id) == done


async def test_rewording_to_the_same_words_changes_nothing(storage: Storage):
    """Some platforms say that a message was edited when its link preview came."""
    await answered(storage, "m1", "first")

    assert await storage.conversations.reword(HERE, "m1", Turn(Role.USER, "text of m1", "Ann"), 7) is None
    assert await texts(storage) == ["text of m1", "first"]


# --- the past -------------------------------------------------------------------------------


async def test_a_context_is_the_newest_turns_that_fit_whole(storage: Storage):
    for number in range(100):
        message = said(f"m{number}")
        await storage.conversations.note(message, Turn(Role.USER, str(number), "Ann"), tokens=number % 7)

    context = await storage.conversations.context(HERE, before=95, tokens=200)

    fitting, left = [], 200
    for number in reversed(range(94)):
        left -= number % 7
        if left < 0:
            break
        fitting.insert(0, str(number))
    assert [turn.text for turn in context] == fitting
    assert 32 < len(fitting) < 94


async def test_a_turn_that_does_not_fit_ends_the_context(storage: Storage):
    for number, tokens in enumerate([1, 100, 2]):
        await storage.conversations.note(
            said(f"m{number}"), Turn(Role.USER, str(number), "Ann"), tokens=tokens
        )

    assert [turn.text for turn in await storage.conversations.context(HERE, 99, 50)] == ["2"]
    assert await storage.conversations.context(HERE, 99, 1) == []


async def test_forgetting_leaves_nothing_in_force(storage: Storage):
    await answered(storage, "m1", "first")
    await storage.conversations.note(said("m2"), Turn(Role.USER, "note", "Ann"), 1)

    assert await storage.conversations.forget(HERE) == 3
    assert await storage.conversations.forget(HERE) == 0
    assert await texts(storage) == []
    fresh = await ask(storage, "m3")
    assert [turn.text for turn in await storage.conversations.context(HERE, fresh.turn, 99)] == ["text of m3"]
    assert await ask(storage, "m1") is None  # stored still, so a redelivery is known


async def test_an_answer_that_ends_after_its_question_was_forgotten_is_forgotten(storage: Storage):
    asked = await ask(storage, "m1")
    begun = await storage.conversations.begin(asked.id)
    await storage.conversations.forget(HERE)

    assert await storage.conversations.finish(begun, AnswerState.DONE, "late", "")
    assert await texts(storage) == []
    assert await storage.conversations.forget(HERE) == 0


async def test_undo_takes_the_latest_question_and_its_answer_out(storage: Storage):
    await answered(storage, "m1", "first")
    second = await answered(storage, "m2", "second")

    undone = await storage.conversations.undo(HERE)

    assert undone.id == second.id
    assert await texts(storage) == ["text of m1", "first"]
    assert (await storage.conversations.latest(HERE)).question == "m1"
    assert await storage.conversations.again(second.id) is None
    assert (await storage.conversations.undo(HERE)).question == "m1"
    assert await storage.conversations.undo(HERE) is None
    assert await storage.conversations.forget(HERE) == 0


async def test_undo_of_an_answer_under_way_ends_it(storage: Storage):
    asked = await ask(storage, "m1")
    run = await storage.conversations.begin(asked.id)

    undone = await storage.conversations.undo(HERE)

    assert undone.state is AnswerState.STOPPED
    assert not await storage.conversations.finish(run, AnswerState.DONE, "late", "")
    assert await storage.conversations.shown(undone, ["a1"])  # whoever undoes it may say so in its place
    assert await storage.conversations.begin(asked.id) is None
    assert await texts(storage) == []


async def test_what_was_forgotten_is_not_undone(storage: Storage):
    await answered(storage, "m1", "first")
    await storage.conversations.forget(HERE)

    assert await storage.conversations.undo(HERE) is None


async def test_a_message_that_is_withdrawn_is_forgotten_with_its_words(storage: Storage):
    await storage.conversations.note(said("m1"), Turn(Role.USER, "secret", "Ann"), 5)
    done = await answered(storage, "m2", "first")

    for _ in range(2):
        assert await storage.conversations.withdraw(HERE, "m1") is None
        assert await storage.conversations.withdraw(HERE, "m2") is None

    assert await texts(storage) == ["first"]  # what was answered was said
    assert await storage.conversations.question(done) == []
    assert await ask(storage, "m2") is None  # that it was there stays known
    assert await storage.conversations.reword(HERE, "m2", Turn(Role.USER, "other"), 5) is None
    assert await storage.conversations.forget(HERE) == 1


async def test_withdrawing_a_question_ends_the_answer_that_waits(storage: Storage):
    asked = await ask(storage, "m1")
    run = await storage.conversations.begin(asked.id)

    for _ in range(2):  # told twice, it can be shown twice
        withdrawn = await storage.conversations.withdraw(HERE, "m1")
        assert (withdrawn.id, withdrawn.state) == (asked.id, AnswerState.STOPPED)

    assert not await storage.conversations.finish(run, AnswerState.DONE, "late", "")
    assert await storage.conversations.shown(withdrawn, ["a1"])
    assert await storage.conversations.begin(asked.id) is None
    assert await texts(storage) == []


async def test_withdrawing_a_part_of_a_question_has_the_rest_answered(storage: Storage, clock: Clock):
    asked = await ask(storage, "m1")
    await ask(storage, "m2", burst=1.0)
    for task in await storage.tasks.unfinished():
        await storage.tasks.finish(task.id)
    run = await storage.conversations.begin(asked.id)

    rest = await storage.conversations.withdraw(HERE, "m1")

    assert (rest.id, rest.state) == (asked.id, AnswerState.WAITING)
    assert await pending(storage) == [("answer", "answer:web:1", asked.id)]
    assert await storage.conversations.withdraw(HERE, "m1") is None
    assert not await storage.conversations.finish(run, AnswerState.DONE, "late", "")
    assert [turn.text for turn in await storage.conversations.question(rest)] == ["text of m2"]


async def test_what_was_never_said_is_not_withdrawn(storage: Storage):
    await ask(storage, "m1")

    assert await storage.conversations.withdraw(HERE, "m2") is None
    assert await storage.conversations.withdraw(ELSEWHERE, "m1") is None
    assert await texts(storage) == ["text of m1"]


async def test_the_latest_answer_there_or_of_a_person(storage: Storage):
    ann = await ask(storage, "m1", direct=False)
    bob = await ask(storage, "m2", author=BOB, direct=False)
    await ask(storage, "m3", channel=ELSEWHERE)

    assert (await storage.conversations.latest(HERE)).id == bob.id
    assert (await storage.conversations.latest(HERE, ANN.id)).id == ann.id
    assert await storage.conversations.latest(HERE, "web:nobody") is None


async def test_history_is_read_whole_or_its_end(storage: Storage, clock: Clock):
    for number in range(2100):  # more than are read at a time
        if number % 100 == 0:
            clock.now += 1
        await storage.conversations.note(said(f"m{number}"), Turn(Role.USER, str(number), "Ann"), 1)

    whole = await storage.conversations.history(HERE)
    assert [record.turn.text for record in whole] == [str(number) for number in range(2100)]
    assert whole[-1].at == clock.now
    assert [record.turn.text for record in await storage.conversations.history(HERE, 2)] == ["2098", "2099"]
    assert await storage.conversations.history(HERE, 0) == []
