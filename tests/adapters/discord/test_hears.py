"""What people say, as it reaches the inbox."""

import asyncio

from bot.commands import Command
from bot.messages import Button, Channel, CommandCall, Content, IncomingMessage, Quoted
from tests.adapters.discord.serving import serving
from tests.emulators.discord import Upload, picture
from tests.fakes import FakeInbox

ROW = ((Button("U1", "job:7:1"),),)


async def test_in_a_server_only_a_mention_is_for_us_and_it_is_cut_out(server, bot, ann):
    place = server.channel(server.guild("Painters", [ann]), "general")
    server.say(ann, place, "nothing to do with you")
    server.say(ann, place, f"hello {server.bot.mention} there")
    await bot.inbox.until(2)

    first, second = bot.inbox.events
    assert (first.text, first.addressed) == ("nothing to do with you", False)
    assert (second.text, second.addressed, second.direct) == ("hello there", True, False)
    assert second.channel == Channel("discord", str(place.id))


async def test_a_command_that_is_typed_to_nobody_is_left_to_other_bots(server, ann):
    async def help_(call: CommandCall, chat: object) -> None: ...

    async with serving(server, FakeInbox(commands=[Command("help", "What there is.", help_)])) as bot:
        place = server.channel(server.guild("Painters", [ann]), "general")
        for text in ("/help", f"{server.bot.mention} /help", "/shrug whatever"):
            server.say(ann, place, text)
        server.say(ann, ann, "/help")
        await bot.inbox.until(3)

    heard = sorted((event.text, event.addressed, event.direct) for event in bot.inbox.events)
    assert heard == [("/help", True, False), ("/help", True, True), ("/shrug whatever", False, False)]


async def test_a_mention_of_our_own_role_is_one_of_us(server, bot, ann):
    guild = server.guild("Painters", [ann])
    place = server.channel(guild, "general")
    role = next(role for role in guild.roles.values() if role.managed)
    other = server.role(guild, "Painters", mentionable=True)
    server.say(ann, place, f"<@&{role.id}> hello")
    server.say(ann, place, f"<@&{other.id}> hello")
    await bot.inbox.until(2)

    assert [event.addressed for event in bot.inbox.events] == [True, False]
    assert bot.inbox.events[0].text == "hello"


async def test_a_reply_to_us_is_for_us_and_says_what_it_replies_to(server, bot, ann):
    place = server.channel(server.guild("Painters", [ann]), "general")
    server.say(ann, place, f"{server.bot.mention} hello")
    message = await bot.inbox.until(1)
    ours = await bot.platform.chat(message.channel).send(Content("Hi, **Ann**!"))
    server.say(ann, place, "and again", reply_to=int(ours))
    again = await bot.inbox.until(2)

    assert again.addressed
    assert again.quoted == Quoted("chatelier", "Hi, **Ann**!", ours, person=f"discord:{server.bot.id}")


async def test_a_reply_to_somebody_brings_their_words_and_pictures(server, bot, ann):
    bob = server.user("Bob")
    place = server.channel(server.guild("Painters", [ann, bob]), "general")
    theirs = server.say(bob, place, "my cat", files=[picture()])
    server.say(ann, place, f"{server.bot.mention} what is this?", reply_to=theirs)
    await bot.inbox.until(2)
    quoted = bot.inbox.events[-1].quoted

    assert (quoted.author, quoted.text, quoted.person) == ("Bob", "my cat", f"discord:{bob.id}")
    assert await quoted.attachments[0].load() == picture()


async def test_a_forwarded_message_is_what_is_talked_about(server, bot, ann):
    bob = server.user("Bob")
    place = server.channel(server.guild("Painters", [ann, bob]), "general")
    theirs = server.say(bob, place, "my cat")
    await bot.inbox.until(1)
    server.forward(ann, theirs, ann)
    message = await bot.inbox.until(2)

    assert message.quoted.text == "my cat"
    assert message.more


async def test_names_of_people_and_places_can_be_read(server, bot, ann):
    bob = server.user("Bob")
    guild = server.guild("Painters", [ann, bob])
    place = server.channel(guild, "general")
    other = server.channel(guild, "art")
    server.say(ann, place, f"{server.bot.mention} ask {bob.mention} in <#{other.id}> <:fox:123456>")
    message = await bot.inbox.until(1)

    assert message.text == "ask @Bob in #art :fox:"


async def test_somebody_is_called_as_they_are_called_there(server, bot, ann):
    guild = server.guild("Painters", [])
    server.add(guild, ann, nick="Annie")
    server.say(ann, server.channel(guild, "general"), "hi")
    message = await bot.inbox.until(1)

    assert message.author.name == "Annie"


async def test_bots_and_ourselves_are_not_heard(server, bot, ann):
    other = server.user("Robot", bot=True)
    place = server.channel(server.guild("Painters", [ann, other]), "general")
    server.say(other, place, f"{server.bot.mention} hello")
    await bot.platform.chat(Channel("discord", str(place.id))).send(Content("me"))
    server.say(ann, place, "end")
    await bot.inbox.until(1)

    assert [event.text for event in bot.inbox.events] == ["end"]


async def test_a_link_that_unfolds_is_no_edit_and_an_edit_is_told_once(server, bot, ann):
    said = server.say(ann, ann, "see https://example.org")
    await bot.inbox.until(1)
    server.unfurl(said, url="https://example.org", title="Example")
    server.edit(said, "see it")
    await bot.inbox.until(2)
    server.pin(said)
    server.say(ann, ann, "end")
    await bot.inbox.until(3)

    assert [(event.text, event.edited) for event in bot.inbox.events[1:]] == [
        ("see it", True),
        ("end", False),
    ]


async def test_a_message_that_is_told_twice_is_heard_once(server, bot, ann):
    said = server.say(ann, ann, "once")
    server.repeat(said)
    server.say(ann, ann, "twice")
    await bot.inbox.until(2)

    assert [event.text for event in bot.inbox.events] == ["once", "twice"]


async def test_what_people_delete_is_told_in_its_turn(server, bot, ann):
    place = server.channel(server.guild("Painters", [ann]), "general")
    said = [server.say(ann, place, text) for text in ("oh", "no", "well")]
    server.remove(said[0])
    server.remove(said[1], said[2])
    await bot.inbox.until(3)
    server.say(ann, place, "end")
    await bot.inbox.until(4)

    assert [gone for where, gone in bot.inbox.withdrawals if where == f"discord:{place.id}"] == [
        [str(said[0].id)],
        [str(said[1].id), str(said[2].id)],
    ]


async def test_a_file_whose_link_has_expired_is_asked_for_again(server, bot, ann):
    server.say(ann, ann, "look", files=[Upload(b"a text", "notes.txt", "text/plain")])
    message = await bot.inbox.until(1)
    server.advance(3 * 86400)
    (attachment,) = message.attachments

    assert (attachment.name, attachment.media_type, attachment.size) == ("notes.txt", "text/plain", 6)
    assert await attachment.load() == b"a text"


async def test_a_thread_is_a_channel_of_its_own_and_its_first_question_quotes_its_start(server, bot, ann):
    place = server.channel(server.guild("Painters", [ann]), "general")
    start = server.say(ann, place, "How do foxes sleep?")
    thread = server.thread(place, "foxes", message=start, by=ann)
    server.say(ann, thread, f"{server.bot.mention} tell me")
    server.say(ann, thread, f"{server.bot.mention} and more")
    await bot.inbox.until(3)
    first, second = bot.inbox.events[1:]

    assert first.channel == Channel("discord", str(thread.id))
    assert (first.quoted.author, first.quoted.text) == ("Ann", "How do foxes sleep?")
    assert second.quoted is None


async def test_in_a_server_people_come_with_its_id_and_those_of_their_roles(server, bot, ann):
    guild = server.guild("Painters", [ann])
    role = server.role(guild, "Artists", members=[ann])
    place = server.channel(guild, "general")
    server.say(ann, place, f"{server.bot.mention} hello")
    said = await bot.inbox.until(1)
    card = await bot.platform.chat(said.channel).send(Content("a fox", buttons=ROW))
    server.press(ann, int(card), "U1")
    pressed = await bot.inbox.until(2)
    server.say(ann, ann, "hello")
    alone = await bot.inbox.until(3)

    assert said.author.groups == pressed.author.groups == (f"discord:{guild.id}", f"discord:{role.id}")
    assert said.channel.within == ""
    assert alone.author.groups == ()


async def test_a_thread_knows_the_channel_around_it(server, bot, ann):
    place = server.channel(server.guild("Painters", [ann]), "general")
    thread = server.thread(place, "foxes", by=ann)
    server.say(ann, thread, f"{server.bot.mention} hello")
    said = await bot.inbox.until(1)
    card = await bot.platform.chat(said.channel).send(Content("a fox", buttons=ROW))
    server.press(ann, int(card), "U1")
    await bot.inbox.until(2)

    assert [event.channel.within for event in bot.inbox.events] == [str(place.id)] * 2


async def test_threads_are_known_for_what_was_said_while_we_were_away(server, bot, ann):
    guild = server.guild("Painters", [ann])
    place = server.channel(guild, "general")
    thread = server.thread(place, "foxes", by=ann)
    server.say(ann, thread, f"{server.bot.mention} hello")
    await bot.inbox.until(1)
    await bot.stop()
    await server.until(lambda: not server.connected)
    server.say(ann, thread, f"{server.bot.mention} still there?")
    guild.unavailable = True  # it is named first, and told of a moment later
    bot.start()
    await server.until(lambda: server.connected)
    await asyncio.sleep(0.3)
    server.outage(guild, over=True)
    message = await bot.inbox.until(2)

    assert (message.channel.id, message.channel.within) == (str(thread.id), str(place.id))


async def test_roles_are_known_for_what_was_said_while_we_were_away(server, bot, ann):
    guild = server.guild("Painters", [])
    server.add(guild, ann, nick="Annie")
    role = server.role(guild, "Artists", members=[ann])
    bob = server.user("Bob")
    server.add(guild, bob)
    place = server.channel(guild, "general")
    server.say(ann, place, f"{server.bot.mention} one")
    await bot.inbox.until(1)
    await bot.stop()
    server.say(ann, place, f"{server.bot.mention} two")
    server.say(bob, place, f"{server.bot.mention} three")
    server.leave(guild, bob)
    await bot.restart()
    await bot.inbox.until(3)
    two, three = (event.author for event in bot.inbox.events[1:])

    assert (two.name, two.groups) == ("Annie", (f"discord:{guild.id}", f"discord:{role.id}"))
    assert (three.name, three.groups) == ("Bob", (f"discord:{guild.id}",))


async def test_a_post_in_a_forum_is_a_channel_of_its_own(server, bot, ann):
    forum = server.channel(server.guild("Painters", [ann]), "help", kind="forum")
    thread = server.post(ann, forum, "Foxes", f"{server.bot.mention} how do they sleep?")
    server.say(ann, thread, f"{server.bot.mention} tell me")
    await bot.inbox.until(2)
    first, second = bot.inbox.events

    assert (first.channel, first.text, first.quoted) == (
        Channel("discord", str(thread.id)),
        "how do they sleep?",
        None,
    )
    assert isinstance(second, IncomingMessage)


async def test_without_the_intent_mentions_and_direct_messages_are_heard(server, ann):
    server.world.approved = set()
    async with serving(server) as bot:
        place = server.channel(server.guild("Painters", [ann]), "general")
        server.say(ann, place, "a secret")
        server.say(ann, place, f"{server.bot.mention} hello")
        server.say(ann, ann, "hi")
        await bot.inbox.until(2)

        assert [event.text for event in bot.inbox.events if event.addressed] == ["hello", "hi"]
        assert "a secret" not in [event.text for event in bot.inbox.events]
