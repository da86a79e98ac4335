"""Cards and answers on a platform that is away for a moment."""

import pytest

from bot.errors import Kind, ServiceError, Unavailable
from bot.jobs import Accepted
from bot.messages import Content, End, Ending, Text, Thought
from bot.ports import AnswerState
from tests.fakes import FakeChat
from tests.scripted import FakePlatform, ScriptedModel, answer, labels, service


class FlakyChat(FakeChat):
    """Does not take the next few messages, and the next few edits that stay."""

    sends = edits = 0

    async def send(self, content: Content, **more) -> str:
        if self.sends:
            self.sends -= 1
            raise Unavailable("away")
        return await super().send(content, **more)

    async def edit(self, message: str, content: Content, *, passing: bool = False) -> str:
        if self.edits and not passing:
            self.edits -= 1
            raise Unavailable("away")
        return await super().edit(message, content, passing=passing)


class FlakyPlatform(FakePlatform):
    def chat(self, channel):
        return self.chats.setdefault(channel, FlakyChat(channel, self.limits))


@pytest.mark.parametrize(("sends", "edits"), [(1, 0), (0, 2), (2, 2)])
async def test_a_picture_is_shown_when_the_platform_is_back(tmp_path, sends, edits):
    async with service(tmp_path, platform=FlakyPlatform()) as bot:
        bot.chat().sends, bot.chat().edits = sends, edits
        bot.engine.outcomes.append(Accepted("t"))
        await bot.say("/imagine a fox")
        await bot.chat().until(lambda chat: chat.messages)
        bot.finish("t")
        await bot.chat().until(lambda chat: chat.last.images and not chat.last.growing)

        assert len(bot.engine.submitted) == 1
        assert len(bot.chat().messages) == 1


async def test_a_paid_picture_is_not_thrown_away_when_the_platform_stays_away(tmp_path):
    async with service(tmp_path, platform=FlakyPlatform()) as bot:
        bot.chat().edits = 8
        bot.engine.outcomes.append(Accepted("t"))
        await bot.say("/imagine a fox")
        await bot.chat().until(lambda chat: chat.messages)
        bot.finish("t")
        await bot.chat().until(lambda chat: chat.last.images and not chat.last.growing)

        assert len(bot.engine.submitted) == 1


async def test_a_form_is_shown_when_the_platform_is_back(tmp_path):
    async with service(tmp_path, platform=FlakyPlatform()) as bot:
        bot.chat().edits = 1
        bot.engine.outcomes.append(Accepted("t", form="a fox"))
        await bot.say("/imagine a fox")
        await bot.chat().until(lambda chat: chat.messages and "Edit the prompt" in labels(chat.last))

        assert len(bot.engine.submitted) == 1


async def test_cancel_counts_although_it_cannot_be_shown_yet(tmp_path):
    async with service(tmp_path, platform=FlakyPlatform()) as bot:
        bot.engine.outcomes.append(Accepted("t"))
        await bot.say("/imagine a fox")
        await bot.work.idle()
        bot.chat().edits = 2
        await bot.press("Cancel")
        await bot.chat().until(lambda chat: "Cancelled." in chat.last.text)

        assert bot.engine.cancelled == ["t"]
        assert bot.chat().notices == []


@pytest.mark.parametrize(("sends", "edits"), [(1, 0), (0, 1), (3, 5)])
async def test_an_answer_is_shown_when_the_platform_is_back(tmp_path, sends, edits):
    async with service(
        tmp_path, model=ScriptedModel(answer("Hello."), answer("Hello.")), platform=FlakyPlatform()
    ) as bot:
        bot.chat().sends, bot.chat().edits = sends, edits
        await bot.say("hi")
        await bot.work.idle()

        assert bot.chat().texts[-1].startswith("Hello.")
        assert len(bot.chat().messages) == 1
        assert not bot.chat().last.growing
        assert labels(bot.chat().last) == ["Retry"]


async def test_an_answer_that_has_ended_is_shown_although_showing_it_failed_by_our_fault(tmp_path):
    class Broken(FlakyChat):
        faults = 3

        async def edit(self, message, content, *, passing=False):
            if self.faults and not passing:
                self.faults -= 1
                raise RuntimeError("a fault of ours")
            return await super().edit(message, content, passing=passing)

    class Platform(FakePlatform):
        def chat(self, channel):
            return self.chats.setdefault(channel, Broken(channel, self.limits))

    async with service(tmp_path, model=ScriptedModel(answer("Hello.")), platform=Platform()) as bot:
        await bot.say("hi")
        await bot.work.idle()

        assert bot.chat().texts == ["Hello."]
        assert not bot.chat().last.growing


async def test_a_model_that_only_thinks_is_told_apart_from_one_that_is_silent(tmp_path):
    empty = ServiceError("an answer without content", kind=Kind.EMPTY)
    model = ScriptedModel([Thought("hm"), empty], [empty], [Text("ok"), End(Ending.STOP)])
    async with service(tmp_path, model=model) as bot:
        await bot.say("one")
        await bot.work.idle()
        assert bot.chat().last.note == "The model only thought about it and gave no answer."
        await bot.say("two")
        await bot.work.idle()
        assert bot.chat().last.note != "The model only thought about it and gave no answer."
        latest = await bot.storage.conversations.latest(bot.chat().channel)
        assert latest.state is AnswerState.FAILED
