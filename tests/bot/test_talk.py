"""Talking: questions, answers, their buttons, and what a crash leaves."""

import asyncio
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from bot.errors import Broken, Kind, OutcomeUnknown, Refused, Silent, Unavailable
from bot.features.talking.answering import SIDE_BY_SIDE
from bot.features.talking.talk import PER_TURN
from bot.messages import Attachment, Channel, End, Ending, Limits, Person, Picture, Role, Text, Thought
from bot.ports import AnswerState
from tests.scripted import ANN, BOB, HERE, FakePlatform, ScriptedModel, answer, labels, png, service

GROUP = Channel("fake", "group")


async def answered(chat, count=1):
    """Wait until that many messages have reached their end."""
    await chat.until(
        lambda chat: sum(not each.growing and bool(each.buttons) for each in chat.messages.values()) >= count
    )


async def test_an_answer_arrives_whole_with_its_buttons(tmp_path):
    async with service(tmp_path, model=ScriptedModel(answer("Hel", "lo."))) as bot:
        question = await bot.say("hi")
        await answered(bot.chat())

        assert bot.chat().texts == ["Hello."]
        assert labels(bot.chat().last) == ["Retry"]
        assert bot.chat().replies == {"m1": question.id}


async def test_text_is_seen_while_it_grows(tmp_path):
    more = asyncio.Event()
    model = ScriptedModel([Text("first "), more, Text("second"), End(Ending.STOP)])
    async with service(tmp_path, model=model) as bot:
        await bot.say("hi")
        await bot.chat().until(lambda chat: chat.texts == ["first "])
        assert bot.chat().last.growing
        assert labels(bot.chat().last) == ["Stop"]
        more.set()
        await answered(bot.chat())

        assert bot.chat().texts == ["first second"]


async def test_the_model_is_told_what_was_said_before(tmp_path):
    model = ScriptedModel(answer("Paris."), answer("Seine."))
    async with service(tmp_path, model=model) as bot:
        await bot.say("Capital of France?")
        await answered(bot.chat())
        await bot.say("And its river?")
        await answered(bot.chat(), 2)

        assert [(turn.role, turn.text) for turn in model.prompts[1].turns] == [
            (Role.SYSTEM, "Be kind."),
            (Role.USER, "Capital of France?"),
            (Role.ASSISTANT, "Paris."),
            (Role.USER, "And its river?"),
        ]


async def test_history_survives_a_restart(tmp_path):
    platform = FakePlatform()
    async with service(tmp_path, platform=platform, model=ScriptedModel(answer("Paris."))) as bot:
        await bot.say("Capital of France?")
        await answered(bot.chat())
    model = ScriptedModel(answer("Seine."))
    async with service(tmp_path, platform=platform, model=model) as bot:
        await bot.say("And its river?")
        await answered(bot.chat(), 2)

        assert "Paris." in [turn.text for turn in model.prompts[0].turns]


async def test_the_same_message_twice_is_answered_once(tmp_path):
    model = ScriptedModel(answer("one"), answer("two"))
    async with service(tmp_path, model=model) as bot:
        await bot.say("hi", id="same")
        await bot.say("hi", id="same")
        await answered(bot.chat())
        await bot.work.idle()

        assert bot.chat().texts == ["one"]
        assert len(model.prompts) == 1


async def test_an_unfinished_answer_is_finished_in_the_same_message_after_a_restart(tmp_path):
    platform = FakePlatform()
    stuck = ScriptedModel([Text("half "), asyncio.Event()])
    async with service(tmp_path, platform=platform, model=stuck) as bot:
        await bot.say("hi")
        await bot.chat().until(lambda chat: chat.texts == ["half "])
    async with service(tmp_path, platform=platform, model=ScriptedModel(answer("whole"))) as bot:
        await answered(bot.chat())

        assert bot.chat().texts == ["whole"]
        assert [what for what, _, _ in bot.chat().history].count("send") == 1


async def test_a_committed_answer_is_only_shown_again_after_a_restart(tmp_path):
    class Deaf(FakePlatform):
        """Loses the last edit, as a crash at that moment does."""

        def chat(self, channel):
            chat = super().chat(channel)
            edit = type(chat).edit

            async def lost(message, content, *, passing=False):
                if not content.growing:
                    await asyncio.Event().wait()
                return await edit(chat, message, content, passing=passing)

            chat.edit = lost
            return chat

    platform = Deaf()
    async with service(tmp_path, platform=platform, model=ScriptedModel(answer("said"))) as bot:
        await bot.say("hi")

        async def committed():
            return (await bot.storage.conversations.latest(HERE)).state is AnswerState.DONE

        await bot.until(committed)
    heard = FakePlatform()
    heard.chats = platform.chats
    for chat in heard.chats.values():
        del chat.edit
    model = ScriptedModel()
    async with service(tmp_path, platform=heard, model=model) as bot:
        await answered(bot.chat())

        assert bot.chat().texts == ["said"]
        assert model.prompts == []


async def test_stop_keeps_what_was_said_and_offers_to_continue(tmp_path):
    model = ScriptedModel([Text("so far"), asyncio.Event()], answer(" and on"))
    async with service(tmp_path, model=model) as bot:
        await bot.say("hi")
        await bot.chat().until(lambda chat: chat.texts == ["so far"])
        await bot.press("Stop")
        await answered(bot.chat())

        assert model.closed == 1
        assert bot.chat().texts == ["so far"]
        assert bot.chat().last.note == "Stopped."
        await bot.press("Continue")
        await bot.chat().until(lambda chat: chat.texts == ["so far and on"])
        await answered(bot.chat())
        assert model.prompts[1].turns[-2].text == "so far"


async def test_retry_answers_in_the_same_message(tmp_path):
    async with service(tmp_path, model=ScriptedModel(answer("bad"), answer("good"))) as bot:
        await bot.say("hi")
        await answered(bot.chat())
        await bot.press("Retry")
        await bot.chat().until(lambda chat: chat.texts == ["good"] and not chat.last.growing)

        assert len(bot.chat().messages) == 1


async def test_a_broken_stream_keeps_what_arrived_and_says_so(tmp_path):
    async with service(tmp_path, model=ScriptedModel([Text("half"), Broken()])) as bot:
        await bot.say("hi")
        await answered(bot.chat())

        assert bot.chat().texts == ["half"]
        assert bot.chat().last.note == "The answer broke off before it was finished."
        assert labels(bot.chat().last) == ["Continue", "Retry"]


async def test_silence_is_told_with_retry(tmp_path):
    async with service(tmp_path, model=ScriptedModel([Silent()])) as bot:
        await bot.say("hi")
        await answered(bot.chat())

        assert bot.chat().last.note == "The model said nothing for too long, so I stopped waiting."
        assert labels(bot.chat().last) == ["Retry"]


async def test_a_wrong_key_is_told_as_such(tmp_path):
    async with service(tmp_path, model=ScriptedModel([Refused("无效的令牌", kind=Kind.KEY)])) as bot:
        await bot.say("hi")
        await answered(bot.chat())

        assert "key" in bot.chat().last.note


async def test_a_bug_of_ours_ends_in_a_sentence_and_not_in_silence(tmp_path):
    bugs = [[RuntimeError("bug")] for _ in range(3)]
    async with service(tmp_path, model=ScriptedModel(*bugs)) as bot:
        await bot.say("hi")
        await answered(bot.chat())

        assert "Something went wrong on our side" in bot.chat().last.note


async def test_a_conversation_too_long_is_shortened_and_tried_once_more(tmp_path):
    too_long = Refused("maximum context length", kind=Kind.CONTEXT)
    model = ScriptedModel(*[answer("x" * 1200) for _ in range(6)], [too_long], answer("fits"))
    async with service(tmp_path, model=model) as bot:
        for count in range(6):
            await bot.say(f"question {count}")
            await answered(bot.chat(), count + 1)
        await bot.say("and now?")
        await answered(bot.chat(), 7)

        assert bot.chat().last.text == "fits"
        assert len(model.prompts[7].turns) < len(model.prompts[6].turns)


async def test_thoughts_are_apart_from_the_answer_and_the_history(tmp_path):
    model = ScriptedModel([Thought("hm"), Text("4"), End(Ending.STOP)], answer("ok"))
    async with service(tmp_path, model=model) as bot:
        await bot.say("2+2?")
        await answered(bot.chat())
        assert (bot.chat().last.text, bot.chat().last.thoughts) == ("4", "hm")
        await bot.say("sure?")
        await answered(bot.chat(), 2)

        assert all("hm" not in turn.text for turn in model.prompts[1].turns)


async def test_only_thoughts_are_no_answer(tmp_path):
    async with service(tmp_path, model=ScriptedModel([Thought("hm"), End(Ending.STOP)])) as bot:
        await bot.say("2+2?")
        await answered(bot.chat())

        assert bot.chat().last.note == "The model only thought about it and gave no answer."


async def test_a_long_answer_continues_in_further_messages(tmp_path):
    platform = FakePlatform(limits=Limits(text=60, edit_every=0.0))
    words = " ".join(f"word{number}" for number in range(40))
    async with service(
        tmp_path, platform=platform, model=ScriptedModel(answer(words), answer("short"))
    ) as bot:
        await bot.say("talk")
        await answered(bot.chat())

        texts = bot.chat().texts
        assert all(len(text) <= 60 for text in texts)
        assert " ".join(texts).split() == words.split()
        await bot.press("Retry")
        await bot.chat().until(lambda chat: chat.texts == ["short"])


async def test_pictures_reach_the_model(tmp_path):
    data = png()

    async def load():
        return data

    model = ScriptedModel(answer("red"))
    async with service(tmp_path, model=model) as bot:
        await bot.say("colour?", attachments=(Attachment("a.png", "image/png", len(data), load),))
        await answered(bot.chat())

        (picture,) = model.prompts[0].turns[-1].images
        assert await picture.load() == data


async def test_pictures_in_an_answer_are_kept_and_shown(tmp_path):
    model = ScriptedModel([Text("Here."), Picture(data=png()), End(Ending.STOP)])
    async with service(tmp_path, model=model) as bot:
        await bot.say("draw")
        await answered(bot.chat())

        (image,) = bot.chat().last.images
        assert await image.load() == png()


async def test_a_picture_that_cannot_be_had_stays_a_link(tmp_path):
    model = ScriptedModel([Text("Here."), Picture(url="http://x/gone.png"), End(Ending.STOP)])
    async with service(tmp_path, model=model) as bot:
        bot.engine.pictures["http://x/gone.png"] = Refused("not there")
        await bot.say("draw")
        await answered(bot.chat())

        assert bot.chat().last.text == "Here.\n\n[Picture](http://x/gone.png)\n\n"


async def test_a_pdf_named_png_is_told_in_one_sentence(tmp_path):
    async def load():
        return b"%PDF-1.4 nothing"

    async with service(tmp_path) as bot:
        await bot.say("what?", attachments=(Attachment("a.png", "image/png", 16, load),))

        assert bot.chat().notices == ["That is not a picture I can read (PNG, JPEG, WebP or GIF)."]
        assert bot.model.prompts == []


async def test_in_a_group_people_are_answered_side_by_side_and_told_apart(tmp_path):
    first = asyncio.Event()
    model = ScriptedModel([first, Text("for Ann"), End(Ending.STOP)], answer("for Bob"))
    async with service(tmp_path, model=model) as bot:
        chat = bot.chat(GROUP)
        await bot.say("long one", channel=GROUP, direct=False)
        await chat.until(lambda chat: len(chat.messages) == 1)
        await bot.say("short one", author=BOB, channel=GROUP, direct=False)
        await chat.until(lambda chat: "for Bob" in chat.texts)
        first.set()
        await answered(chat, 2)

        assert chat.texts == ["for Ann", "for Bob"]
        assert [turn.speaker for turn in model.prompts[1].turns if turn.role is Role.USER] == ["Ann", "Bob"]


async def test_talk_that_is_not_addressed_to_us_is_not_answered(tmp_path):
    async with service(tmp_path) as bot:
        await bot.say("by the way", channel=GROUP, direct=False, addressed=False)
        await bot.work.idle()

        assert bot.model.prompts == []
        assert bot.chat(GROUP).messages == {}


async def test_an_edited_question_is_answered_anew_in_place(tmp_path):
    model = ScriptedModel(answer("old"), answer("new"))
    async with service(tmp_path, model=model) as bot:
        await bot.say("first", id="q")
        await answered(bot.chat())
        await bot.say("second", id="q", edited=True)
        await bot.chat().until(lambda chat: chat.texts == ["new"])

        assert model.prompts[1].turns[-1].text == "second"


async def test_a_deleted_message_is_not_told_to_the_model_again(tmp_path):
    model = ScriptedModel(answer("a"), answer("b"))
    async with service(tmp_path, model=model) as bot:
        await bot.say("among us", id="q1", channel=GROUP, direct=False, addressed=False)
        await bot.say("one", id="q2", channel=GROUP, direct=False)
        await answered(bot.chat(GROUP))
        for _ in range(2):
            await bot.router.withdrawn(GROUP, ["q1", "q2", "m1", "never"])
        await bot.say("two", channel=GROUP, direct=False)
        await answered(bot.chat(GROUP), 2)

        assert [turn.text for turn in model.prompts[1].turns] == ["Be kind.", "a", "two"]
        assert bot.chat(GROUP).texts == ["a", "b"]


async def _nothing(args):
    """Work that is not done."""


async def test_an_answer_ends_when_its_question_is_deleted(tmp_path):
    model = ScriptedModel([Text("first "), asyncio.Event()])
    async with service(tmp_path, model=model) as bot:
        question = await bot.say("one")
        await bot.chat().until(lambda chat: chat.texts == ["first "])
        for _ in range(2):
            await bot.router.withdrawn(HERE, [question.id])
        await bot.work.idle()

        assert model.closed == 1
        assert bot.chat().texts == [""]
        assert bot.chat().last.note == "Taken back: I have forgotten this question and its answer."
        assert not bot.chat().last.growing
        assert await bot.storage.conversations.history(HERE) == []


async def test_or_is_not_begun(tmp_path):
    platform = FakePlatform()
    async with service(tmp_path, platform=platform) as bot:
        bot.work.handle("answer", _nothing)
        question = await bot.say("one")
        await bot.work.idle()
        await bot.router.withdrawn(HERE, [question.id])

        assert platform.chat(HERE).messages == {}
        assert await bot.storage.conversations.history(HERE) == []


async def test_the_rest_of_a_question_is_answered_without_what_was_deleted(tmp_path):
    both = [[Text(words), asyncio.Event()] for words in ("one", "both")]
    model = ScriptedModel(*both, answer("ok"))
    async with service(tmp_path, platform=drafting(burst=60.0), model=model) as bot:
        secret = await bot.say("secret")
        await bot.chat().until(lambda chat: draft(chat) == "one")
        await bot.say("and the rest")
        await bot.chat().until(lambda chat: draft(chat) == "both")
        await bot.router.withdrawn(HERE, [secret.id])
        await answered(bot.chat())

        assert [turn.text for turn in model.prompts[-1].turns] == ["Be kind.", "and the rest"]
        assert bot.chat().texts == ["ok"]


async def test_what_was_deleted_is_not_answered_once_more(tmp_path):
    async with service(tmp_path) as bot:
        question = await bot.say("one")
        await answered(bot.chat())
        await bot.router.withdrawn(HERE, [question.id])
        await bot.press("Retry")
        await bot.say("/retry")

        assert bot.chat().notices == ["The question has been deleted; ask again."] * 2
        assert bot.chat().texts == ["ok"]


async def test_new_forgets_and_undo_takes_back(tmp_path):
    model = ScriptedModel(answer("a"), answer("b"), answer("c"))
    async with service(tmp_path, model=model) as bot:
        await bot.say("one")
        await answered(bot.chat())
        await bot.say("/undo")
        await bot.say("two")
        await bot.chat().until(lambda chat: "b" in chat.texts)
        await bot.work.idle()
        assert [turn.text for turn in model.prompts[1].turns] == ["Be kind.", "two"]
        await bot.say("/new")
        await bot.say("three")
        await bot.chat().until(lambda chat: "c" in chat.texts)
        assert [turn.text for turn in model.prompts[2].turns] == ["Be kind.", "three"]


async def test_history_and_export_show_what_was_said(tmp_path):
    async with service(tmp_path, model=ScriptedModel(answer("Paris."))) as bot:
        await bot.say("Capital of France?")
        await answered(bot.chat())
        await bot.say("/history")
        assert "Capital of France?" in bot.chat().last.text
        assert "Paris." in bot.chat().last.text
        await bot.say("/export")
        (file,) = bot.chat().last.files
        assert "Paris." in (await file.load()).decode()


async def test_the_model_is_chosen_by_name_by_button_and_told_when_unknown(tmp_path):
    async with service(tmp_path, model=ScriptedModel(answer("a"), answer("b"))) as bot:
        await bot.say("/model beta")
        assert bot.chat().notices == ["There is no model “beta”. Perhaps beta-mini?"]
        await bot.say("/model beta-mini")
        await bot.say("hi")
        await answered(bot.chat())
        assert bot.model.prompts[0].model == "beta-mini"
        await bot.say("/model")
        await bot.press("gamma")
        await bot.say("hi")
        await bot.chat().until(lambda chat: "b" in chat.texts)
        assert bot.model.prompts[1].model == "gamma"


async def test_the_system_prompt_of_a_place(tmp_path):
    async with service(tmp_path, model=ScriptedModel(answer("Arr"))) as bot:
        await bot.say("/system You are a pirate.")
        await bot.say("hi")
        await bot.chat().until(lambda chat: "Arr" in chat.texts)

        assert bot.model.prompts[0].turns[0].text == "You are a pirate."


async def test_unknown_commands_name_the_nearest(tmp_path):
    async with service(tmp_path) as bot:
        await bot.say("/imagin a fox")

        assert bot.chat().notices == ["I do not know /imagin. Did you mean /imagine?"]


async def test_a_command_for_somebody_else_is_left_to_them(tmp_path):
    async with service(tmp_path) as bot:
        await bot.say("/shrug", channel=GROUP, direct=False, addressed=False)
        await bot.say("/help", channel=GROUP, direct=False, addressed=False)

        assert bot.chat(GROUP).notices == []
        assert len(bot.chat(GROUP).texts) == 1


async def test_people_are_pseudonyms_to_the_gateway(tmp_path):
    async with service(tmp_path, model=ScriptedModel(answer("a"), answer("b"))) as bot:
        await bot.say("hi")
        await answered(bot.chat())
        await bot.say("hi")
        await answered(bot.chat(), 2)
        users = {prompt.user for prompt in bot.model.prompts}

        assert len(users) == 1
        assert ANN.id not in users


async def test_strangers_are_turned_away_with_their_id(tmp_path):

    async with service(tmp_path) as bot:
        await bot.say("hi", author=Person("fake:eve", "Eve"))

        assert "fake:eve" in bot.chat().notices[0]
        assert bot.model.prompts == []


async def test_a_gateway_that_is_busy_is_told_in_one_sentence(tmp_path):
    busy = Unavailable("saturated", kind=Kind.RATE, retry_after=20)
    async with service(tmp_path, model=ScriptedModel([busy])) as bot:
        await bot.say("hi")
        await answered(bot.chat())

        assert bot.chat().last.note == "The service is busy; try again in 20 s."


def drafting(**more):
    """A platform that shows what grows as drafts."""
    return FakePlatform(limits=Limits(text=60, edit_every=0.0, draft_every=0.0, **more))


def draft(chat):
    """The text of the one draft there, None without one."""
    return next((content.text for content in chat.drafts.values()), None)


async def test_with_drafts_the_first_message_is_the_whole_answer(tmp_path):
    more = asyncio.Event()
    model = ScriptedModel([Text("first "), more, Text("second"), End(Ending.STOP)])
    async with service(tmp_path, platform=drafting(), model=model) as bot:
        await bot.say("hi")
        await bot.chat().until(lambda chat: draft(chat) == "first")
        assert bot.chat().messages == {}
        more.set()
        await answered(bot.chat())

        assert bot.chat().texts == ["first second"]
        assert draft(bot.chat()) is None


async def test_stop_ends_a_drafted_answer_with_what_was_said(tmp_path):
    model = ScriptedModel([Text("so far"), asyncio.Event()])
    async with service(tmp_path, platform=drafting(), model=model) as bot:
        await bot.say("hi")
        await bot.chat().until(lambda chat: draft(chat) == "so far")
        await bot.say("/stop")
        await answered(bot.chat())

        assert (bot.chat().last.text, bot.chat().last.note) == ("so far", "Stopped.")
        assert labels(bot.chat().last) == ["Continue", "Retry"]


async def test_a_drafted_answer_is_answered_once_after_a_crash(tmp_path):
    platform = drafting()
    stuck = ScriptedModel([Text("word " * 20), asyncio.Event()])
    async with service(tmp_path, platform=platform, model=stuck) as bot:
        await bot.say("hi")
        await bot.chat().until(lambda chat: len(chat.messages) == 1 and chat.drafts)
    async with service(tmp_path, platform=platform, model=ScriptedModel(answer("whole"))) as bot:
        await answered(bot.chat())

        assert bot.chat().texts == ["whole"]


async def test_retry_of_a_drafted_answer_stays_in_its_message(tmp_path):
    more = asyncio.Event()
    model = ScriptedModel(answer("bad"), [Text("go"), more, Text("od"), End(Ending.STOP)])
    async with service(tmp_path, platform=drafting(), model=model) as bot:
        await bot.say("hi")
        await answered(bot.chat())
        await bot.press("Retry")
        await bot.chat().until(lambda chat: chat.texts == ["go"])
        assert labels(bot.chat().last) == ["Stop"]
        more.set()
        await answered(bot.chat())

        assert bot.chat().texts == ["good"]


async def test_our_name_put_into_a_message_makes_it_a_question_once(tmp_path):
    group = {"channel": GROUP, "direct": False, "id": "q"}
    async with service(tmp_path, model=ScriptedModel(answer("noon"))) as bot:
        await bot.say("when is lunch?", addressed=False, **group)
        for _ in range(2):
            await bot.say("when is lunch?", edited=True, at=time.time(), **group)
        await answered(bot.chat(GROUP))

        assert bot.chat(GROUP).texts == ["noon"]


async def test_our_name_put_into_an_old_message_changes_nothing(tmp_path):
    group = {"channel": GROUP, "direct": False}
    async with service(tmp_path, model=ScriptedModel(answer("hello"))) as bot:
        await bot.say("when was lunch?", id="q", edited=True, at=time.time() - 90_000, **group)
        await bot.say("hello", id="r", **group)
        await answered(bot.chat(GROUP))

        assert bot.chat(GROUP).texts == ["hello"]


async def test_an_edited_question_drops_the_draft_of_the_old_one(tmp_path):
    model = ScriptedModel([Text("old"), asyncio.Event()], answer("new"))
    async with service(tmp_path, platform=drafting(), model=model) as bot:
        await bot.say("first", id="q")
        await bot.chat().until(lambda chat: draft(chat) == "old")
        await bot.say("second", id="q", edited=True)
        await answered(bot.chat())
        await bot.work.idle()

        assert bot.chat().texts == ["new"]
        assert bot.chat().drafts == {}


async def test_typing_is_shown_until_there_is_something_to_read(tmp_path):
    first, second = asyncio.Event(), asyncio.Event()
    model = ScriptedModel([Thought("hm"), first, Text("here"), second, End(Ending.STOP)])
    async with service(tmp_path, model=model) as bot:
        await bot.say("hi")
        await bot.chat().until(lambda chat: chat.messages and chat.last.thoughts == "hm")
        assert bot.chat().at_work == 1
        first.set()
        await bot.chat().until(lambda chat: chat.texts == ["here"] and not chat.at_work)
        second.set()
        await answered(bot.chat())

        assert bot.chat().worked == 1


async def test_typing_ends_with_an_answer_that_never_came(tmp_path):
    async with service(tmp_path, model=ScriptedModel([Silent()])) as bot:
        await bot.say("hi")
        await answered(bot.chat())

        assert (bot.chat().at_work, bot.chat().worked) == (0, 1)


async def test_a_draft_needs_no_typing(tmp_path):
    async with service(tmp_path, platform=drafting()) as bot:
        await bot.say("hi")
        await answered(bot.chat())

        assert bot.chat().worked == 0


async def test_an_answer_comes_though_typing_cannot_be_shown(tmp_path):
    class Mute(FakePlatform):
        def chat(self, channel):
            chat = super().chat(channel)

            @asynccontextmanager
            async def typing():
                raise Refused("not allowed")
                yield

            chat.typing = typing
            return chat

    async with service(tmp_path, platform=Mute()) as bot:
        await bot.say("hi")
        await answered(bot.chat())

        assert bot.chat().texts == ["ok"]


async def test_a_busy_group_fills_the_window_and_no_more(tmp_path):
    async with service(tmp_path) as bot:
        for number in range(500):
            await bot.say(f"ok {number}", channel=GROUP, direct=False, addressed=False, author=BOB)
        await bot.say("Who said ok?", channel=GROUP, direct=False)
        await answered(bot.chat(GROUP))

        (prompt,) = bot.model.prompts
        assert [turn.text for turn in prompt.turns[-2:]] == ["ok 499", "Who said ok?"]
        assert 200 < len(prompt.turns) < 2000 / PER_TURN


def when(at):
    return f"{datetime.fromtimestamp(at, UTC).astimezone():%H:%M}"


async def test_a_late_answer_says_when_it_was_asked(tmp_path):
    at = time.time() - 3600
    async with service(tmp_path) as bot:
        await bot.say("hi", at=at)
        await answered(bot.chat())
        note = bot.chat().last.note
        assert note.startswith(f"You asked at {when(at)}")
        assert note.endswith(" while I was away.")
        await bot.press("Retry")
        await bot.work.idle()

        assert bot.chat().last.note == ""


async def test_and_what_else_there_is_to_say(tmp_path):
    async with service(tmp_path, model=ScriptedModel([Text("half"), Broken()])) as bot:
        await bot.say("hi", at=time.time() - 3600)
        await answered(bot.chat())

        assert bot.chat().last.note.endswith("away. The answer broke off before it was finished.")


async def test_an_answer_that_is_not_late_says_nothing_of_it(tmp_path):
    async with service(tmp_path) as bot:
        await bot.say("hi", at=time.time() - 200)
        await answered(bot.chat())

        assert bot.chat().last.note == ""


async def test_what_was_asked_while_the_service_was_down_is_answered_late(tmp_path):
    platform = FakePlatform()
    async with service(tmp_path, platform=platform, model=ScriptedModel([asyncio.Event()])) as bot:
        await bot.say("hi", at=time.time() - 299)
        await bot.chat().until(lambda chat: chat.messages)
    async with service(tmp_path, platform=platform, late_by=10.0) as bot:
        await answered(bot.chat())

        assert bot.chat().last.note.startswith("You asked at ")


async def test_questions_of_one_breath_are_one_though_they_come_late(tmp_path):
    model = ScriptedModel([Text("so"), asyncio.Event()], answer("both"))
    async with service(tmp_path, platform=drafting(burst=60.0), model=model) as bot:
        await bot.say("first", at=time.time() - 3600)
        await bot.chat().until(lambda chat: draft(chat) == "so")
        await bot.say("second", at=time.time() - 3599)
        await answered(bot.chat())

        assert [turn.text for turn in model.prompts[-1].turns[-2:]] == ["first", "second"]


async def test_an_answer_stopped_before_its_turn_ends_as_stopped(tmp_path):
    others = [Person(f"fake:{number}", str(number), trusted=True) for number in range(SIDE_BY_SIDE)]
    go = asyncio.Event()
    model = ScriptedModel(*[[go, Text("theirs"), End(Ending.STOP)] for _ in others])
    async with service(tmp_path, model=model) as bot:
        chat = bot.chat(GROUP)
        for person in others:
            await bot.say("long", author=person, channel=GROUP, direct=False)
        await chat.until(lambda chat: len(chat.messages) == SIDE_BY_SIDE)
        await bot.say("mine", channel=GROUP, direct=False)
        await bot.say("/stop", channel=GROUP, direct=False)
        go.set()
        await answered(chat, SIDE_BY_SIDE + 1)

        assert chat.last.note == "Stopped."
        assert len(model.prompts) == SIDE_BY_SIDE


@pytest.mark.parametrize("draft_every", [None, 0.0])
@pytest.mark.parametrize("error", [Unavailable("no connection"), OutcomeUnknown("no answer")])
async def test_an_answer_is_made_once_and_shown_when_the_platform_is_back(tmp_path, draft_every, error):
    class Away(FakePlatform):
        """Takes nothing, for so many calls."""

        calls = 0

        def chat(self, channel):
            chat = super().chat(channel)
            send = type(chat).send

            async def away(content, **more):
                self.calls += 1
                if self.calls <= 3:
                    raise error
                return await send(chat, content, **more)

            chat.send = away
            return chat

    model = ScriptedModel(answer("Hello."))
    limits = Limits(text=60, edit_every=0.0, draft_every=draft_every)
    async with service(tmp_path, platform=Away(limits=limits), model=model) as bot:
        await bot.say("hi")
        await answered(bot.chat())
        await bot.work.idle()

        assert bot.chat().texts == ["Hello."]
        assert len(model.prompts) == 1


async def test_whoever_has_left_is_not_written_for(tmp_path):
    class Gone(FakePlatform):
        def chat(self, channel):
            chat = super().chat(channel)

            async def gone(content, **more):
                raise Refused("blocked by the user", kind=Kind.FORBIDDEN)

            chat.send = gone
            return chat

    model = ScriptedModel([Text("so"), asyncio.Event()])
    async with service(tmp_path, platform=Gone(), model=model) as bot:
        await bot.say("hi")
        await bot.work.idle()

        assert bot.chat().messages == {}
        latest = await bot.storage.conversations.latest(bot.chat().channel)
        assert latest.state is AnswerState.FAILED  # so that it can be asked for again, should they come back
