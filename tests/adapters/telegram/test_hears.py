"""What people say and do, as the core hears it."""

import pytest

from bot.messages import Button, ButtonPress, Channel, Content, IncomingMessage
from tests.emulators.telegram import Upload, picture
from tests.emulators.telegram.text import units


async def heard(bot, count=1) -> IncomingMessage:
    event = await bot.inbox.until(count)
    assert isinstance(event, IncomingMessage)
    return event


async def test_alone_with_somebody_everything_is_for_us(server, bot, ann):
    server.say(ann, ann, "Hello")
    message = await heard(bot)

    assert message.channel == Channel("telegram", str(ann.id))
    assert message.author.id == f"telegram:{ann.id}"
    assert (message.author.name, message.author.language) == ("Ann", "en")
    assert message.at > 1_500_000_000  # Unix seconds
    assert message.addressed
    assert message.direct


async def test_a_start_link_arrives_with_what_it_carries(server, bot, ann):
    server.start(ann, "invite_abc")

    assert (await heard(bot)).text == "/start invite_abc"


async def test_in_a_group_what_names_us_is_for_us_without_the_name(server, bot, ann, group):
    server.say(ann, group, "🦊 hey @Chatelier_Bot what is a fox?")
    message = await heard(bot)

    assert message.text == "🦊 hey what is a fox?"
    assert message.addressed
    assert not message.direct


async def test_in_a_group_other_talk_is_heard_and_not_for_us(server, bot, ann, group):
    server.promote(ann, group)
    server.say(ann, group, "Hello @somebody, lunch?")
    message = await heard(bot)

    assert not message.addressed
    assert message.text == "Hello @somebody, lunch?"


async def test_a_reply_to_us_is_for_us_and_quotes_what_it_answers(server, bot, ann, group):
    await bot.platform.chat(Channel("telegram", str(group.id))).send(_content("A fox is a **dog**."))
    answer = server.last(group)
    server.say(ann, group, "Really?", reply_to=answer)
    message = await heard(bot)

    assert message.addressed
    assert (message.quoted.text, message.quoted.message) == ("A fox is a dog.", str(answer.id))
    assert message.quoted.author == "Chatelier"


async def test_a_reply_to_somebody_else_brings_their_words_and_pictures(server, bot, ann, group):
    bob = server.user("Bob")
    shown = server.say(bob, group, "look", photo=picture(64, 48), silent=True)
    server.say(ann, group, "@chatelier_bot what is this?", reply_to=shown)
    message = await heard(bot)

    assert (message.quoted.author, message.quoted.text) == ("Bob", "look")
    assert message.quoted.person.startswith("telegram:")
    assert message.quoted.attachments[0].media_type == "image/jpeg"
    assert await message.quoted.attachments[0].load()


async def test_part_of_a_message_can_be_quoted(server, bot, ann, group):
    bob = server.user("Bob")
    said = server.say(bob, group, "I like 🦊 foxes and owls", silent=True)
    server.say(ann, group, "@chatelier_bot which?", reply_to=said, quote="🦊 foxes")

    assert (await heard(bot)).quoted.text == "🦊 foxes"


async def test_alone_with_us_our_own_answer_is_not_quoted_again(server, bot, ann):
    await bot.platform.chat(Channel("telegram", str(ann.id))).send(_content("A fox is a dog."))
    server.say(ann, ann, "Really?", reply_to=server.last(ann))

    assert (await heard(bot)).quoted is None


async def test_words_from_another_chat_are_quoted_too(server, bot, ann):
    elsewhere = {
        "origin": {"type": "hidden_user", "date": 1, "sender_user_name": "Carl"},
        "message_id": 4,
    }
    quote = {"text": "from afar", "position": 0}
    server.say(ann, ann, "What does that mean?", extra={"external_reply": elsewhere, "quote": quote})
    message = await heard(bot)

    assert (message.quoted.author, message.quoted.text) == ("Carl", "from afar")


@pytest.mark.parametrize(
    ("typed", "heard_as"),
    [("/imagine a fox", "/imagine a fox"), ("/imagine@chatelier_bot a fox", "/imagine a fox")],
)
async def test_in_a_group_our_commands_are_for_us(server, bot, ann, group, typed, heard_as):
    server.say(ann, group, typed)
    message = await heard(bot)

    assert message.text == heard_as
    assert message.addressed


async def test_commands_for_other_bots_are_not_heard(server, bot, ann, group):
    server.promote(ann, group)
    server.say(ann, group, "/imagine@other_bot a fox")
    server.say(ann, group, "and on")

    assert (await heard(bot)).text == "and on"


async def test_topics_are_threads_and_the_general_one_is_none(server, bot, ann):
    forum = server.supergroup("Painters", [ann], forum=True)
    foxes = server.topic(forum, "Foxes")
    server.say(ann, forum, "@chatelier_bot hello", thread=foxes)
    in_topic = await heard(bot)
    server.say(ann, forum, "@chatelier_bot hello")
    in_general = await heard(bot, 2)

    assert in_topic.channel == Channel("telegram", str(forum.id), str(foxes.id))
    assert in_topic.quoted is None
    assert in_general.channel == Channel("telegram", str(forum.id))


async def test_a_chain_of_replies_is_no_topic(server, bot, ann, group):
    first = server.say(ann, group, "lunch?", silent=True)
    server.say(ann, group, "@chatelier_bot where?", reply_to=first)

    assert (await heard(bot)).channel.thread == ""


async def test_a_caption_is_what_is_said_of_a_picture(server, bot, ann):
    server.say(ann, ann, "What is this?", photo=picture(640, 480))
    message = await heard(bot)

    assert message.text == "What is this?"
    (attachment,) = message.attachments
    assert attachment.media_type == "image/jpeg"
    assert attachment.size > 0
    assert len(await attachment.load()) == attachment.size


@pytest.mark.parametrize(
    ("kind", "media_type"),
    [
        ("voice", "audio/ogg"),
        ("audio", "audio/mpeg"),
        ("video", "video/mp4"),
        ("sticker", "image/webp"),
    ],
)
async def test_files_of_every_kind_come_along(server, bot, ann, kind, media_type):
    server.say(ann, ann, **{kind: b"some bytes"})
    (attachment,) = (await heard(bot)).attachments

    assert attachment.media_type == media_type
    assert await attachment.load() == b"some bytes"


async def test_a_document_keeps_its_name(server, bot, ann):
    server.say(ann, ann, "Read this", document=Upload(b"# Hi", "notes.md", "text/markdown"))
    (attachment,) = (await heard(bot)).attachments

    assert (attachment.name, attachment.media_type, attachment.size) == ("notes.md", "text/markdown", 4)


async def test_an_album_is_a_burst(server, bot, ann):
    server.album(ann, ann, [picture(8, 8), picture(9, 9)], "Compare these")
    await bot.inbox.until(2)

    assert [event.more for event in bot.inbox.events] == [True, True]
    assert [event.text for event in bot.inbox.events] == ["Compare these", ""]


async def test_an_album_under_a_command_is_one_command(server, bot, ann):
    server.album(ann, ann, [picture(), picture(colour="red"), picture(colour="blue")], "/imagine a mix")
    server.say(ann, ann, "and then")
    first, second = [await bot.inbox.until(count) for count in (1, 2)]
    await bot.taken_in()

    assert (first.text, len(first.attachments)) == ("/imagine a mix", 3)
    assert second.text == "and then"


async def test_in_a_group_all_of_an_album_that_names_us_is_for_us(server, bot, ann, group):
    server.promote(ann, group)
    server.album(ann, group, [picture(), picture(colour="red")], "@chatelier_bot compare")
    server.album(ann, group, [picture(), picture(colour="red")], "look")
    await bot.inbox.until(4)

    assert [event.addressed for event in bot.inbox.events] == [True, True, False, False]


async def test_a_forward_is_quoted_and_its_commands_are_not_obeyed(server, bot, ann):
    bob = server.user("Bob")
    server.open(bob)
    said = server.say(bob, bob, "/imagine a fox", silent=True)
    server.forward(ann, ann, bob, said)
    message = await heard(bot)

    assert message.more
    assert message.text == ""
    assert (message.quoted.author, message.quoted.text) == ("Bob", "/imagine a fox")


async def test_a_paste_that_was_cut_has_more_to_come(server, bot, ann):
    server.say(ann, ann, "🦊" * 2048)
    server.say(ann, ann, "x" * 4095)
    await bot.inbox.until(2)

    assert units("🦊" * 2048) == 4096
    assert [event.more for event in bot.inbox.events] == [True, False]


async def test_edited_messages_keep_their_id(server, bot, ann):
    said = server.say(ann, ann, "What is a dock?")
    server.edit(ann, said, "What is a duck?")
    second = await heard(bot, 2)

    assert (second.id, second.text, second.edited) == (str(said.id), "What is a duck?", True)


async def test_where_somebody_is_by_now_is_no_new_question(server, bot, ann):
    place = {"latitude": 48.1, "longitude": 11.5, "live_period": 900}
    sent = {"message_id": 90, "date": 1_790_000_000, "from": ann.json(), "chat": server.private(ann).json()}
    server.inject({"message": {**sent, "location": place}})
    server.inject(
        {"edited_message": {**sent, "edit_date": 1_790_000_060, "location": place | {"latitude": 48.2}}}
    )
    server.say(ann, ann, "and on")
    await bot.inbox.until(2)

    assert [event.text for event in bot.inbox.events] == ["48.1, 11.5", "and on"]


async def test_in_a_group_only_what_is_for_us_is_heard_again(server, bot, ann, group):
    server.promote(ann, group)
    said = server.say(ann, group, "lunch?")
    server.edit(group, said, "dinner?")
    server.say(ann, group, "and on")
    await bot.inbox.until(2)

    assert [event.text for event in bot.inbox.events] == ["lunch?", "and on"]


async def test_formatting_that_matters_is_kept_as_markdown(server, bot, ann):
    text = "🦊 see this code(): x = 1"
    entities = [
        {"type": "text_link", "offset": 3, "length": 3, "url": "https://example.org"},
        {"type": "code", "offset": 12, "length": 6},
        {"type": "pre", "offset": 20, "length": 5, "language": "python"},
    ]
    server.say(ann, ann, text, entities=entities)

    assert (await heard(bot)).text == ("🦊 [see](https://example.org) this `code()`: \n```python\nx = 1\n```")


async def test_a_hidden_admin_speaks_as_the_group(server, bot, ann, group):
    server.say(ann, group, "/imagine a fox", anonymous=True)
    message = await heard(bot)

    assert (message.author.id, message.author.name) == (f"telegram:{group.id}", "Painters")


async def test_posts_of_channels_and_words_of_bots_are_not_heard(server, bot, ann, group):
    server.promote(ann, group)
    news = server.channel("News")
    server.say(ann, news, "Breaking!")
    other = server.user("Other", is_bot=True)
    server.say(other, group, "beep")
    server.say(ann, group, "hello")

    assert (await heard(bot)).text == "hello"
    assert len(bot.inbox.events) == 1


async def test_what_is_neither_words_nor_file_is_heard_as_words(server, bot, ann):
    server.say(ann, ann, extra={"location": {"latitude": 48.1, "longitude": 11.5}})
    server.say(ann, ann, extra={"contact": {"phone_number": "+49 1", "first_name": "Bob"}})
    server.say(ann, ann, extra={"dice": {"emoji": "🎲", "value": 3}})
    await bot.inbox.until(3)

    assert [event.text for event in bot.inbox.events] == ["48.1, 11.5", "Bob, +49 1", "🎲"]


async def test_comings_and_goings_are_no_messages(server, bot, ann):
    server.group("Friends", [ann])
    server.kick(ann, server.group("Others", [ann]))
    server.say(ann, ann, "hello")

    assert (await heard(bot)).text == "hello"


async def test_a_press_under_a_message_in_a_topic_belongs_to_the_topic(server, bot, ann):
    forum = server.supergroup("Painters", [ann], forum=True)
    foxes = server.topic(forum, "Foxes")
    channel = Channel("telegram", str(forum.id), str(foxes.id))
    message = await bot.platform.chat(channel).send(_content("a fox", "U1"))
    press = server.press(ann, forum, int(message), "U1")
    event = await bot.inbox.until(1)

    assert isinstance(event, ButtonPress)
    assert (event.channel, event.message, event.data) == (channel, message, "job:7:U1")
    await server.until(lambda: press.answered)


async def test_stop_on_a_draft_is_the_command(server, bot, ann):
    server.inject({"stopped_message_generation": {"chat": server.private(ann).json(), "draft_id": 7}})
    message = await heard(bot)

    assert message.text == "/stop"
    assert message.author.id == f"telegram:{ann.id}"


async def test_a_question_that_was_seen_gets_a_reaction(server, bot, ann):
    said = server.say(ann, ann, "Hello")

    await server.until(lambda: server.reactions(ann, said) == ["👀"])


async def test_where_reactions_are_not_allowed_nothing_breaks(server, bot, ann, group):
    server.allow_reactions(group, [])
    server.say(ann, group, "@chatelier_bot hello")
    await server.until(lambda: server.calls("setMessageReaction"))
    server.say(ann, group, "@chatelier_bot and on")

    assert (await heard(bot, 2)).text == "and on"


def _content(text, *labels):
    row = tuple(Button(label, f"job:7:{label}") for label in labels)
    return Content(text, buttons=(row,) if row else ())
