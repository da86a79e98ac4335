"""Each message is sent once, whatever breaks on the way."""

import asyncio

import pytest

from bot.errors import Kind, Refused
from bot.messages import Attachment, Button, Channel, Content
from tests.adapters.telegram.serving import serving
from tests.emulators.telegram import picture
from tests.memory import memory_host

STOP = ((Button("Stop", "talk:stop:a1"),),)


@pytest.fixture
def channel(ann):
    return Channel("telegram", str(ann.id))


@pytest.fixture(params=[(), STOP], ids=["without buttons", "with buttons"])
def content(request):
    return Content("An answer", buttons=request.param)


async def asked(server, bot, ann) -> str:
    """The question that is being answered: its id."""
    said = server.say(ann, ann, "Hello")
    await bot.inbox.until(len(bot.inbox.events) + 1)
    return str(said.id)


async def only(server, ann, message) -> None:
    """In the end there is this message of ours and no other."""
    await server.until(lambda: [str(each.id) for each in server.ours(ann)] == [message])


async def test_a_send_whose_answer_is_lost_is_seen_once(server, bot, ann, channel, content):
    question = await asked(server, bot, ann)
    server.cut("sendMessage", 1, effect=True)
    message = await bot.platform.chat(channel).send(content, reply_to=question, key="a-1")
    await only(server, ann, message)

    assert server.counts["sendMessage"] == 2


async def test_a_send_that_never_arrived_is_repeated(server, bot, ann, channel, content):
    question = await asked(server, bot, ann)
    server.cut("sendMessage", 2, effect=False)
    message = await bot.platform.chat(channel).send(content, reply_to=question, key="a-1")
    await only(server, ann, message)


async def test_a_bad_gateway_after_the_deed_is_seen_once(server, bot, ann, channel, content):
    question = await asked(server, bot, ann)
    server.fail("sendMessage", 2, effect=True)
    message = await bot.platform.chat(channel).send(content, reply_to=question, key="a-1")
    await only(server, ann, message)

    assert server.counts["sendMessage"] == 3


async def test_a_crash_between_sending_and_recording_is_seen_once(server, ann, channel, content):
    host = memory_host()
    async with serving(server, host=host) as bot:
        question = await asked(server, bot, ann)
        server.hang("sendMessage", 1, effect=True)
        sending = asyncio.create_task(bot.platform.chat(channel).send(content, reply_to=question, key="a-1"))
        await server.until(lambda: server.ours(ann))
        sending.cancel()
        await bot.restart()
        again = await bot.platform.chat(channel).send(content, reply_to=question, key="a-1")
        await only(server, ann, again)


async def test_a_crash_in_the_middle_of_the_search_is_made_good(server, ann, channel, content):
    host = memory_host()
    async with serving(server, host=host) as bot:
        question = await asked(server, bot, ann)
        server.fail("sendMessage", 1, effect=True)
        server.hang("editMessageReplyMarkup", 1, effect=True)
        sending = asyncio.create_task(bot.platform.chat(channel).send(content, reply_to=question, key="a-1"))
        await server.until(lambda: server.calls("editMessageReplyMarkup"))
        sending.cancel()
        await bot.restart()
        again = await bot.platform.chat(channel).send(content, reply_to=question, key="a-1")
        await only(server, ann, again)


async def test_only_strays_are_taken_away(server, bot, ann, channel):
    """Words of people, notices, other answers: all that came in between stays."""
    chat = bot.platform.chat(channel)
    question = await asked(server, bot, ann)
    server.hang("sendMessage", 1, effect=True, chat=ann)
    sending = asyncio.create_task(chat.send(Content("An answer"), reply_to=question, key="a-1"))
    await server.until(lambda: server.ours(ann))
    server.say(ann, ann, "and another thing")
    await chat.send(Content("The other answer"), key="a-2")
    await bot.platform.chat(channel).notice("By the way.")
    server.faults.clear()
    server.world.changes.notify()
    stray = server.ours(ann)[0].id
    sending.cancel()
    message = await chat.send(Content("An answer"), reply_to=question, key="a-1")
    await server.until(lambda: stray not in [each.id for each in server.messages(ann)])

    texts = [each.text for each in server.messages(ann)]
    assert texts == ["Hello", "and another thing", "The other answer", "By the way.", "An answer"]
    assert int(message) == server.last(ann).id


async def test_messages_that_are_just_leaving_are_no_strays(server, bot, ann, channel):
    """Another answer is sent while a stray is looked for, and its answer is slow."""
    chat = bot.platform.chat(channel)
    question = await asked(server, bot, ann)
    server.fail("sendMessage", 1, effect=True)
    server.delay("sendMessage", 0.2, 2)
    one = asyncio.create_task(chat.send(Content("One"), reply_to=question, key="a-1"))
    other = asyncio.create_task(chat.send(Content("Two"), reply_to=question, key="a-2"))
    await asyncio.gather(one, other)
    await server.until(lambda: sorted(server.texts(ann)) == ["One", "Two"])


async def test_what_is_surely_refused_is_forgotten_and_may_be_sent_later(server, bot, ann, channel):
    server.block(ann)
    with pytest.raises(Refused) as refusal:
        await bot.platform.chat(channel).send(Content("An answer"), key="a-1")
    server.unblock(ann)
    message = await bot.platform.chat(channel).send(Content("An answer"), key="a-1")

    assert refusal.value.kind is Kind.FORBIDDEN
    assert [str(each.id) for each in server.ours(ann)] == [message]
    assert server.counts["editMessageReplyMarkup"] == 0


async def test_an_album_whose_answer_is_lost_is_seen_once(server, bot, ann, channel):
    question = await asked(server, bot, ann)
    server.cut("sendMediaGroup", 1, effect=True)
    content = Content("Two foxes", images=(painting(1), painting(2)), buttons=STOP)
    message = await bot.platform.chat(channel).send(content, reply_to=question, key="a-1")
    again = await bot.platform.chat(channel).send(content, reply_to=question, key="a-1")
    await server.until(lambda: [each.kind for each in server.ours(ann)] == ["photo", "photo", "text"])

    assert message == again


async def test_where_nobody_knows_what_came_before_nothing_is_taken_away(server, ann, channel):
    """Without a message that is surely older than the stray, one too many is better than one too few."""
    host = memory_host()
    async with serving(server, host=host) as bot:
        await bot.platform.chat(channel).send(Content("Old"))
    host.sendings.rows.clear()  # as after a month
    async with serving(server, host=host) as bot:
        server.cut("sendMessage", 1, effect=True)
        await bot.platform.chat(channel).send(Content("New"), key="a-1")

    assert [each.text for each in server.ours(ann)] == ["Old", "New", "New"]


async def test_told_to_wait_we_wait_and_the_words_arrive(server, bot, ann, channel):
    question = await asked(server, bot, ann)
    server.fail("sendMessage", 1, retry_after=1)
    message = await bot.platform.chat(channel).send(Content("An answer"), reply_to=question, key="a-1")
    server.fail("editMessageText", 1, retry_after=1)
    await bot.platform.chat(channel).edit(message, Content("All of it"))

    assert server.texts(ann) == ["All of it"]
    assert server.counts["editMessageReplyMarkup"] == 0


async def test_one_chat_that_has_to_wait_does_not_hold_up_another(server, bot, ann, channel):
    bob = server.user("Bob")
    server.open(bob)
    server.fail("sendMessage", 1, retry_after=30, chat=ann)
    waiting = asyncio.create_task(bot.platform.chat(channel).send(Content("to Ann")))
    await server.until(lambda: server.calls("sendMessage"))
    await bot.platform.chat(Channel("telegram", str(bob.id))).send(Content("to Bob"))

    assert server.texts(bob) == ["to Bob"]
    waiting.cancel()


async def test_a_network_that_is_away_is_waited_for(server, bot, ann, channel):
    await asked(server, bot, ann)
    server.offline(seconds=0.3)
    await bot.platform.chat(channel).send(Content("An answer"), key="a-1")
    await server.until(lambda: server.texts(ann) == ["An answer"])


def painting(number):
    async def load() -> bytes:
        return data

    data = picture(8 + number, 8)
    return Attachment(f"{number}.png", "image/png", len(data), load)
