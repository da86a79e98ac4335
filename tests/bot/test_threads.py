"""A thread for each question, where people want that and the platform has threads."""

import asyncio

import pytest

from bot.messages import Channel, Limits, Text
from tests.bot.test_talk import answered
from tests.scripted import ANN, BOB, FakePlatform, ScriptedModel, answer, service

PLACE = Channel("fake", "general")


def branching(**more) -> FakePlatform:
    return FakePlatform(limits=Limits(edit_every=0.0, threads=True, **more))


async def test_each_question_gets_a_thread_with_a_history_of_its_own(tmp_path):
    platform = branching()
    model = ScriptedModel(answer("one"), answer("two"), answer("three"))
    async with service(tmp_path, platform=platform, model=model) as bot:
        await bot.say("/threads on", channel=PLACE, direct=False)
        assert bot.chat(PLACE).last.text == "I answer each question here in a thread of its own."
        await bot.say("Why do\nfoxes sleep?", id="q1", channel=PLACE, direct=False)
        await bot.say("And owls?", id="q2", channel=PLACE, direct=False, author=BOB)
        first, second = (bot.chat(Channel("fake", id)) for id in ("q1", "q2"))
        await answered(first)
        await answered(second)
        await bot.say("Where?", channel=first.channel, direct=False)
        await answered(first, 2)

        assert bot.chat(PLACE).threads == {"q1": "Why do foxes sleep?", "q2": "And owls?"}
        assert len(bot.chat(PLACE).messages) == 1
        told = [turn.text for turn in model.prompts[2].turns]
        assert told == ["Be kind.", "Why do\nfoxes sleep?", first.texts[0], "Where?"]


async def test_a_question_that_is_told_twice_is_answered_once(tmp_path):
    async with service(tmp_path, platform=branching()) as bot:
        await bot.say("/threads on", channel=PLACE, direct=False)
        for _ in range(2):
            await bot.say("Why?", id="q1", channel=PLACE, direct=False)
        await bot.work.idle()

        assert bot.chat(Channel("fake", "q1")).texts == ["ok"]


async def test_the_rest_of_a_question_goes_into_its_thread(tmp_path):
    model = ScriptedModel([Text("so"), asyncio.Event()], answer("both"))
    platform = branching(burst=60.0, draft_every=0.0)
    async with service(tmp_path, platform=platform, model=model) as bot:
        await bot.say("/threads on", channel=PLACE, direct=False)
        await bot.say("A long", id="q1", channel=PLACE, direct=False)
        thread = bot.chat(Channel("fake", "q1"))
        await thread.until(lambda chat: [each.text for each in chat.drafts.values()] == ["so"])
        await bot.say("paste", id="q2", channel=PLACE, direct=False, addressed=False)
        await bot.say("of somebody else", channel=PLACE, direct=False, addressed=False, author=BOB)
        await thread.until(lambda chat: "both" in chat.texts)

        assert bot.chat(PLACE).threads == {"q1": "A long"}
        assert [turn.text for turn in model.prompts[-1].turns] == ["Be kind.", "A long", "paste"]


async def test_what_was_chosen_in_the_channel_holds_in_its_threads(tmp_path):
    async with service(tmp_path, platform=branching()) as bot:
        for line in ("/threads on", "/model beta-mini", "/system Be a pirate."):
            await bot.say(line, channel=PLACE, direct=False)
        thread = bot.chat(Channel("fake", "q1"))
        await bot.say("/model gamma", channel=thread.channel, direct=False)
        await bot.say("Why?", id="q1", channel=PLACE, direct=False)
        await thread.until(lambda chat: "ok" in chat.texts)

        assert bot.model.prompts[0].model == "gamma"
        assert bot.model.prompts[0].turns[0].text == "Be a pirate."


async def test_what_is_not_meant_for_us_stays_where_it_is(tmp_path):
    async with service(tmp_path, platform=branching()) as bot:
        await bot.say("/threads on", channel=PLACE, direct=False)
        await bot.say("among us", channel=PLACE, direct=False, addressed=False)
        await bot.say("/threads off", channel=PLACE, direct=False)
        await bot.say("Why?", channel=PLACE, direct=False)
        await bot.chat(PLACE).until(lambda chat: "ok" in chat.texts)

        assert bot.chat(PLACE).threads == {}
        assert "I answer questions here where they are asked." in bot.chat(PLACE).texts


async def test_where_no_thread_can_be_had_it_is_answered_in_the_channel(tmp_path):
    platform = branching()
    async with service(tmp_path, platform=platform) as bot:
        bot.chat(PLACE).other = None
        await bot.say("/threads on", channel=PLACE, direct=False)
        await bot.say("Why?", channel=PLACE, direct=False)
        await bot.chat(PLACE).until(lambda chat: "ok" in chat.texts)


@pytest.mark.parametrize("threads", [True, False])
async def test_the_command_is_offered_where_there_are_threads(tmp_path, threads):
    platform = branching() if threads else FakePlatform()
    async with service(tmp_path, platform=platform) as bot:
        await bot.say("/help", author=ANN)

        assert ("/threads" in bot.chat().last.text) == threads
        if not threads:
            await bot.say("/threads on")
            assert bot.chat().notices == ["Questions cannot have threads of their own here."]
