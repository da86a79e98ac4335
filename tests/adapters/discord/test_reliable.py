"""Mishaps: nothing is lost, nothing is there twice, and what is too late is told otherwise."""

import asyncio

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.commands import Command
from bot.errors import Kind, Refused
from bot.explain import explain
from bot.messages import Attachment, Button, Channel, Content
from bot.ports import Chat
from tests.adapters.discord.serving import Bot, serving
from tests.emulators.discord import picture
from tests.fakes import FakeInbox


@pytest.fixture
def chat(bot, ann, server):
    return bot.platform.chat(Channel("discord", str(server.direct(ann).id)))


async def load() -> bytes:
    return picture()


@pytest.mark.parametrize("effect", [True, False])
async def test_a_message_whose_answer_was_lost_is_there_once(server, chat, ann, effect):
    server.cut("create_message", effect=effect)
    sent = await chat.send(Content("once"), key="a-0")

    assert [(each.id, each.text) for each in server.ours(ann)] == [(int(sent), "once")]


async def test_a_message_of_which_nobody_knew_before_the_end_is_found_after_the_start(server, bot, ann):
    server.say(ann, ann, "hello")
    message = await bot.inbox.until(1)
    server.hang("create_message")
    sending = asyncio.create_task(
        bot.platform.chat(message.channel).send(Content("once"), reply_to=message.id, key="a-0")
    )
    await server.until(lambda: server.ours(ann))
    sending.cancel()
    await bot.stop()
    server.advance(3600)  # the platform has forgotten the nonce
    await bot.restart()
    sent = await bot.platform.chat(message.channel).send(Content("once"), reply_to=message.id, key="a-0")

    assert [each.id for each in server.ours(ann)] == [int(sent)]


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_server_that_stumbles_is_asked_again(server, chat, ann, status):
    server.fail("create_message", status=status)
    server.fail("edit_message", status=status)
    sent = await chat.send(Content("one"))
    await chat.edit(sent, Content("two"))

    assert server.texts(ann) == ["two"]


@pytest.mark.parametrize("via", [True, False])
async def test_told_to_wait_we_wait(server, chat, ann, via):
    server.fail("create_message", retry_after=0.2, via=via)
    sent = await chat.send(Content("one"))
    server.fail("edit_message", retry_after=0.2, via=via)
    await chat.edit(sent, Content("two"))

    assert server.texts(ann) == ["two"]


async def test_who_gives_up_while_all_have_to_wait_keeps_nobody_waiting(server, bot, chat, ann):
    server.fail("type_in", retry_after=0.3, everywhere=True)
    async with chat.typing():
        await server.until(lambda: any(each.status == 429 for each in server.calls("type_in")))
        await asyncio.sleep(0.05)  # the library has read it, and waits
    async with asyncio.timeout(5):
        await chat.send(Content("at last"))

    assert server.texts(ann) == ["at last"]


async def test_what_somebody_took_away_is_not_posted_again(server, chat, ann):
    sent = await chat.send(Content("one", growing=True))
    server.remove(int(sent))
    for _ in range(2):
        await chat.edit(sent, Content("one and", growing=True), passing=True)
        assert await chat.edit(sent, Content("two")) == sent

    assert server.ours(ann) == []
    assert len(server.calls("edit_message")) <= 2


async def test_whoever_asked_where_we_may_not_write_is_told_once_what_is_missing(server, bot, ann):
    guild = server.guild("Painters", [ann])
    place = server.channel(guild, "general")
    server.permit(place, server.bot, deny=["send_messages"])
    server.say(ann, place, f"{server.bot.mention} hello")
    message = await bot.inbox.until(1)
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            await bot.platform.chat(message.channel).send(Content("hi"))
        assert explain(refused.value) == "I lack the permission “Send Messages”."
    await bot.restart()
    server.say(ann, place, f"{server.bot.mention} and now?")
    await bot.inbox.until(2)
    with pytest.raises(Refused) as refused:
        await bot.platform.chat(message.channel).send(Content("hi"))

    assert refused.value.kind is Kind.FORBIDDEN
    assert refused.value.reason == "I lack the permission “Send Messages”"
    assert server.texts(ann) == [
        f"I cannot answer in <#{place.id}>: I lack the permission “Send Messages” there."
    ]


async def test_thrown_out_of_a_server_it_is_told_as_such_and_all_goes_on(server, bot, ann):
    guild = server.guild("Painters", [ann])
    place = server.channel(guild, "general")
    server.say(ann, place, f"{server.bot.mention} hello")
    message = await bot.inbox.until(1)
    chat = bot.platform.chat(message.channel)
    sent = await chat.send(Content("so", growing=True))
    server.kick(guild)
    calls = (  # a preview says it as well: then nobody is written for any longer
        chat.edit(sent, Content("so far", growing=True), passing=True),
        chat.send(Content("hi")),
        chat.edit(sent, Content("so it is")),
    )
    for call in calls:
        with pytest.raises(Refused) as refused:
            await call
        assert refused.value.kind is Kind.FORBIDDEN
    await bot.restart()
    server.say(ann, ann, "well")
    await bot.inbox.until(2)

    assert server.texts(ann) == []  # nobody is bothered with it


async def test_a_picture_where_we_may_attach_nothing_says_so_in_its_message_and_once_directly(
    server, bot, ann
):
    place = server.channel(server.guild("Painters", [ann]), "general")
    server.permit(place, server.bot, deny=["attach_files"])
    server.say(ann, place, f"{server.bot.mention} a fox")
    message = await bot.inbox.until(1)
    chat = bot.platform.chat(message.channel)
    fox = Attachment("fox.png", "image/png", len(picture()), load)
    card = await chat.send(Content("a fox", growing=True))
    for percent in (30, 60):  # these may be lost, but they end nothing
        growing = Content("a fox", images=(fox,), progress=percent, growing=True)
        await chat.edit(card, growing, passing=True)
        await asyncio.sleep(0.2)
    for note in ("2 s", "2 s, crops"):
        await chat.edit(card, Content("a fox", images=(fox,), note=note))

    assert server.texts(place)[-1] == "a fox\n-# 2 s, crops · I lack the permission “Attach Files”"
    assert server.texts(ann) == [
        f"I cannot answer in <#{place.id}>: I lack the permission “Attach Files” there."
    ]
    assert len([each for each in server.calls("edit_message") if each.status == 403]) == 3


async def test_in_a_thread_that_was_put_away_old_messages_change_and_locked_ones_stay(server, bot, ann):
    place = server.channel(server.guild("Painters", [ann]), "general")
    thread = server.thread(place, "foxes", by=ann)
    server.say(ann, thread, f"{server.bot.mention} hello")
    message = await bot.inbox.until(1)
    chat = bot.platform.chat(message.channel)
    sent = await chat.send(Content("one"))
    server.archive(thread)
    await chat.edit(sent, Content("two"))

    assert server.texts(thread)[-1] == "two"
    assert not thread.archived

    server.archive(thread, locked=True)
    with pytest.raises(Refused):
        await chat.edit(sent, Content("three"))
    assert thread.archived


async def test_where_we_may_not_read_answers_are_no_replies_and_that_is_told_once(server, bot, ann):
    place = server.channel(server.guild("Painters", [ann]), "general")
    server.permit(place, server.bot, deny=["read_message_history"])
    for number in (1, 2):
        server.say(ann, place, f"{server.bot.mention} hello")
        message = await bot.inbox.until(number)
        await bot.platform.chat(message.channel).send(Content("hi"), reply_to=message.id, key=f"a{number}")

    assert [(each.text, each.reply_to) for each in server.ours(place)] == [("hi", 0)] * 2
    assert server.texts(ann) == [
        f"In <#{place.id}> my answers cannot show what they reply to: "
        "I lack the permission “Read Message History”."
    ]


async def test_a_connection_that_breaks_goes_on_where_it_was(server, bot, ann):
    server.say(ann, ann, "one")
    await bot.inbox.until(1)
    server.drop()
    server.say(ann, ann, "two")
    await bot.inbox.until(2)

    assert [event.text for event in bot.inbox.events] == ["one", "two"]


async def test_a_network_that_is_away_for_longer_costs_no_session(server, bot, ann):
    server.offline(2.0)
    server.say(ann, ann, "hello from the dark")
    await bot.inbox.until(1)

    assert server.gateway.resumed == 1
    assert len(server.gateway.identified) == 1


async def test_a_session_that_is_lost_misses_nothing_where_we_were_spoken_to(server, bot, ann):
    server.say(ann, ann, "one")
    await bot.inbox.until(1)
    server.refuse_resume()
    server.drop(resume=False)
    server.say(ann, ann, "two")
    await bot.inbox.until(2)
    server.say(ann, ann, "three")
    await bot.inbox.until(3)

    assert [event.text for event in bot.inbox.events] == ["one", "two", "three"]


async def test_what_was_said_while_we_were_down_is_heard(server, bot, ann):
    place = server.channel(server.guild("Painters", [ann]), "general")
    server.say(ann, place, f"{server.bot.mention} one")
    await bot.inbox.until(1)
    await bot.stop()
    server.say(ann, place, "among ourselves")
    server.say(ann, place, f"{server.bot.mention} two")
    await bot.restart()
    await bot.inbox.until(2)

    assert [event.text for event in bot.inbox.events] == ["one", "two"]
    assert not bot.inbox.events[1].direct


async def test_where_only_a_command_was_used_what_was_said_while_we_were_down_is_heard(server, ann):
    place = server.channel(server.guild("Painters", [ann]), "general")

    async def help_(call, chat) -> None:
        pass

    commands = (Command("help", "What I can do.", help_),)
    async with serving(server, FakeInbox(commands=commands)) as bot:
        await server.until(lambda: server.syncs)
        server.slash(ann, place, "help")
        await server.until(lambda: server.calls("respond"))
        await bot.stop()
        await server.until(lambda: not server.connected)
        server.say(ann, place, f"{server.bot.mention} two")
        await bot.restart()
        await bot.inbox.until(2)

        assert bot.inbox.events[1].text == "two"


async def test_however_much_was_said_meanwhile_the_question_among_it_is_heard(server, bot, ann):
    place = server.channel(server.guild("Painters", [ann]), "general")
    server.say(ann, place, f"{server.bot.mention} one")
    await bot.inbox.until(1)
    await bot.stop()
    for number in range(230):
        server.say(ann, place, f"among ourselves {number}")
    server.say(ann, place, f"{server.bot.mention} two")
    await bot.restart()
    await bot.inbox.until(2)

    assert [event.text for event in bot.inbox.events] == ["one", "two"]


async def test_what_was_missed_is_not_forgotten_when_we_end_before_it_is_looked_up(server, bot, ann):
    server.say(ann, ann, "one")
    await bot.inbox.until(1)
    await bot.stop()
    server.say(ann, ann, "two")
    server.hang("get_messages")
    await bot.restart()
    server.say(ann, ann, "three")
    await bot.inbox.until(2)
    await server.until(lambda: not bot.host.mail.open)
    server.heal()
    await bot.restart()
    await bot.inbox.until(3)

    assert sorted(event.text for event in bot.inbox.events) == ["one", "three", "two"]


async def test_what_was_deleted_while_we_were_away_is_told(server, bot, ann):
    place = server.channel(server.guild("Painters", [ann]), "general")
    said = [server.say(ann, place, f"{server.bot.mention} {number}") for number in range(3)]
    await bot.inbox.until(3)
    await bot.stop()
    await server.until(lambda: not server.connected)
    server.remove(said[0])
    server.remove(said[2])
    server.say(ann, place, f"{server.bot.mention} again")
    await bot.restart()
    again = await bot.inbox.until(4)

    assert again.text == "again"
    assert bot.inbox.withdrawals[0] == (f"discord:{place.id}", [str(said[0].id), str(said[2].id)])


async def test_what_cannot_be_read_any_more_was_not_deleted(server, bot, ann):
    place = server.channel(server.guild("Painters", [ann]), "general")
    server.say(ann, place, f"{server.bot.mention} hello")
    await bot.inbox.until(1)
    await bot.stop()
    server.permit(place, server.bot, deny=["read_message_history"])
    await bot.restart()
    await server.until(lambda: server.calls("get_message"))
    server.say(ann, place, f"{server.bot.mention} again")
    await bot.inbox.until(2)

    assert bot.inbox.withdrawals == []


async def test_what_reads_wrong_is_put_aside(server, bot, ann):
    server.inject("MESSAGE_CREATE", {"id": "5", "channel_id": "7", "type": 0, "author": {"nonsense": 1}})
    server.inject("GUILD_ROLE_CREATE", {"guild_id": "nonsense"})
    server.say(ann, ann, "well")
    await bot.inbox.until(1)

    assert [event.text for event in bot.inbox.events] == ["well"]


async def test_a_token_that_is_wrong_at_first_is_tried_again(server, ann):
    right, server.token = server.token, "another"
    bot = Bot(server, token=right)
    bot.start()
    await server.until(lambda: server.requests and server.requests[-1].status == 401)
    server.token = server.gateway._token = right
    try:
        await server.until(lambda: server.connected)
        server.say(ann, ann, "hello")
        await bot.inbox.until(1)
    finally:
        await bot.stop()


async def test_the_network_may_be_away_at_the_start(server, ann):
    server.offline()
    bot = Bot(server)
    bot.start()
    sending = asyncio.create_task(
        bot.platform.chat(Channel("discord", str(server.direct(ann).id))).send(Content("early"))
    )
    await asyncio.sleep(0)
    server.online()
    try:
        await sending
        await server.until(lambda: server.connected)
    finally:
        await bot.stop()

    assert server.texts(ann) == ["early"]


async def test_two_streams_in_one_channel_share_its_budget(server, bot, ann):
    place = server.channel(server.guild("Painters", [ann]), "general")
    chat = bot.platform.chat(Channel("discord", str(place.id)))
    one, two = await chat.send(Content("1", growing=True)), await chat.send(Content("2", growing=True))
    edits, step = [0, 0], 0
    while min(edits) < 3:
        step += 1
        for sent in (one, two):
            await chat.edit(sent, Content(f"word {step}", growing=True), passing=True)
        await asyncio.sleep(0.01)
        edits = [len(server.history(int(sent))) - 1 for sent in (one, two)]
    await chat.edit(one, Content("first"))
    await chat.edit(two, Content("second"))

    assert server.texts(place) == ["first", "second"]
    assert not server.refused_429
    assert max(edits) <= 5


async def test_many_channels_at_once_keep_to_what_the_whole_bot_may_ask_for(server, bot, ann):
    guild = server.guild("Painters", [ann])
    places = [server.channel(guild, f"room-{number}") for number in range(60)]
    chats = [bot.platform.chat(Channel("discord", str(place.id))) for place in places]

    async def answer(chat: Chat) -> None:
        async with chat.typing():
            sent = await chat.send(Content("", growing=True))
            await chat.edit(sent, Content("word", growing=True), passing=True)
        await chat.edit(sent, Content("all of it"))

    await asyncio.gather(*map(answer, chats))

    assert [server.texts(place) for place in places] == [["all of it"]] * 60
    assert not server.refused_429


async def test_nobody_is_called_by_what_a_model_says(server, bot, ann):
    bob = server.user("Bob")
    place = server.channel(server.guild("Painters", [ann, bob]), "general")
    server.say(ann, place, f"{server.bot.mention} call them")
    message = await bot.inbox.until(1)
    chat = bot.platform.chat(message.channel)
    sent = await chat.send(Content("…"), reply_to=message.id)
    await chat.edit(sent, Content(f"@everyone @here {bob.mention} <@&{place.guild.id}>"))

    assert server.pings(bob) == []


async def test_interactions_come_by_http_where_a_key_is_given(server, ann):
    application = web.Application()
    async with (
        serving(server, public_key=server.public_key, routes=application.router) as bot,
        TestServer(application) as site,
    ):
        url = str(site.make_url("/discord/interactions"))
        assert await server.use_endpoint(url) == []
        assert (await server.knock(url, unsigned=True))[0] == 401
        place = server.channel(server.guild("Painters", [ann]), "general")
        chat = bot.platform.chat(Channel("discord", str(place.id)))
        card = await chat.send(Content("a fox", buttons=((Button("U1", "job:1:1"),),)))
        press = server.press(ann, int(card), "U1")
        event = await bot.inbox.until(1)
        await server.until(lambda: press.answered)

        assert event.data == "job:1:1"
        assert press.http == 202
