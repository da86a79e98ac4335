"""Threads that we open for questions."""

import asyncio

import pytest

from bot.messages import Channel, Content


@pytest.fixture
def place(server, ann):
    return server.channel(server.guild("Painters", [ann]), "general")


async def asked(server, bot, ann, place, text="why?"):
    """A question, and the conversation that it came with."""
    said = server.say(ann, place, f"{server.bot.mention} {text}")
    count = len(bot.inbox.events) + 1
    message = await bot.inbox.until(count)
    return said, message, bot.inbox.chats[count - 1]


async def test_a_question_gets_a_thread_and_is_answered_there(server, bot, ann, place):
    said, message, chat = await asked(server, bot, ann, place)
    for _ in range(2):
        thread = await chat.branch(message.id, "why?")
        await thread.send(Content("because"), reply_to=message.id, key="a-0")

    assert thread.channel == Channel("discord", str(said.id))
    assert thread.channel.within == str(place.id)
    assert [(each.text, each.reply_to) for each in server.ours(said.id)] == [("because", 0)]
    assert server.ours(place) == []
    assert (chat.limits.threads, thread.limits.threads) == (True, False)


async def test_what_is_said_in_it_is_for_us_unless_it_is_for_somebody_else(server, bot, ann, place):
    bob = server.user("Bob")
    server.add(place.guild, bob)
    said, message, chat = await asked(server, bot, ann, place)
    await chat.branch(message.id, "why?")
    server.say(bob, said.id, "and where?")
    server.say(ann, said.id, f"{bob.mention} ask it yourself")
    await bot.inbox.until(3)
    first, second = bot.inbox.events[1:]

    assert (first.channel, first.addressed, first.quoted) == (Channel("discord", str(said.id)), True, None)
    assert not second.addressed


async def test_what_was_not_heard_there_before_the_end_is_heard_as_it_was_meant(server, bot, ann, place):
    said, message, chat = await asked(server, bot, ann, place)
    await chat.branch(message.id, "why?")
    bot.inbox.act = _never
    server.say(ann, said.id, "and where?")
    await bot.inbox.until(2)
    bot.inbox.act = None
    await bot.restart()
    first = await bot.inbox.until(3)

    assert (first.text, first.addressed) == ("and where?", True)
    assert (first.channel.id, first.channel.within) == (message.id, str(place.id))


async def _never(event, chat):
    await asyncio.Event().wait()


async def test_a_question_that_is_changed_or_deleted_is_the_one_in_its_thread(server, bot, ann, place):
    said, message, chat = await asked(server, bot, ann, place)
    thread = await chat.branch(message.id, "why?")
    server.edit(said.id, f"{server.bot.mention} how?")
    changed = await bot.inbox.until(2)
    server.remove(said.id)
    server.say(ann, place, "end")
    await bot.inbox.until(3)

    assert (changed.channel, changed.id, changed.edited) == (thread.channel, message.id, True)
    assert bot.inbox.withdrawals == [
        (f"discord:{place.id}", [message.id]),
        (f"discord:{message.id}", [message.id]),
    ]


async def test_a_crash_while_it_was_answered_leaves_one_answer(server, bot, ann, place):
    said, message, chat = await asked(server, bot, ann, place)
    thread = await chat.branch(message.id, "why?")
    sent = await thread.send(Content("because"), reply_to=message.id, key="a-0")
    await bot.host.sendings.record("discord", "a-0", "")  # as if nobody had been told
    await bot.stop()
    server.advance(3600)  # the platform has forgotten the nonce
    await bot.restart()
    again = await bot.platform.chat(thread.channel).send(Content("because"), reply_to=message.id, key="a-0")

    assert again == sent
    assert len(server.ours(said.id)) == 1


@pytest.mark.parametrize("permission", ["Create Public Threads", "Send Messages In Threads"])
async def test_without_the_permission_it_is_answered_in_the_channel_and_told_once(
    server, bot, ann, place, permission
):
    server.permit(place, server.bot, deny=[permission.lower().replace(" ", "_")])
    for _ in range(2):
        _said, message, chat = await asked(server, bot, ann, place)
        assert await chat.branch(message.id, "why?") is None

    assert server.threads(place) == []
    assert server.texts(ann) == [
        f"I cannot open threads in <#{place.id}>: I lack the permission “{permission}”."
    ]


async def test_there_are_no_threads_in_direct_chats_and_forums(server, bot, ann, place):
    forum = server.channel(place.guild, "help", kind="forum")
    server.post(ann, forum, "Foxes", f"{server.bot.mention} why?")
    server.say(ann, ann, "why?")
    await bot.inbox.until(2)

    assert [chat.limits.threads for chat in bot.inbox.chats] == [False, False]
    assert bot.inbox.events[0].channel.within == str(forum.id)
