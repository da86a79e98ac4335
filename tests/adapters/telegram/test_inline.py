"""Inline mode: painting from any chat."""

from contextlib import suppress

import pytest

from bot.commands import Command
from bot.errors import Refused
from bot.messages import Attachment, Button, ButtonPress, Channel, CommandCall, Content, Question
from bot.texts import N_
from tests.adapters.telegram.serving import serving
from tests.emulators.telegram import picture
from tests.fakes import FakeInbox

INVITED = "Open a chat with me first, so that I can send you pictures."
ROW = ((Button("U1", "job:7:1"),),)


async def nothing(call, chat) -> None:
    """A command's work."""


@pytest.fixture
async def bot(server):
    commands = [Command("imagine", N_("Paint a picture from words."), nothing)]
    async with serving(server, FakeInbox(commands=commands)) as found:
        yield found


async def painting(bot, colour="teal") -> Attachment:
    """One of the pictures that we keep."""
    digest = await bot.host.files.put(picture(64, 48, colour))
    return bot.host.files.attachment(digest, "fox.png", "image/png")


async def offered(server, ann, words):
    query = server.inline(ann, words)
    await server.until(lambda: query.answered)
    return query


async def chosen(server, bot, ann, words="a red fox"):
    """What was chosen, the call that came of it, and its chat."""
    count = len(bot.inbox.events)
    message = server.choose(await offered(server, ann, words))
    call = await bot.inbox.until(count + 1)
    return message, call, bot.inbox.chats[count]


async def toast(server, person, message, label):
    """A press under it, once it was answered."""
    press = server.press(person, None, message.inline, label)
    await server.until(lambda: press.answered)
    return press


def shown(server, message):
    return server.seen(None, message.inline)


async def test_words_after_our_name_offer_to_paint(server, bot, ann):
    query = await offered(server, ann, "a red fox")

    (article,) = query.results
    assert article["description"] == "a red fox"
    assert query.personal


async def test_without_words_there_is_a_hint(server, bot, ann):
    query = await offered(server, ann, "")

    assert query.results == []
    assert query.button["start_parameter"] == "inline"


async def test_what_is_chosen_is_a_command(server, bot, ann):
    message, call, chat = await chosen(server, bot, ann)

    assert isinstance(call, CommandCall)
    assert (call.name, call.arguments) == ("imagine", {"prompt": "a red fox"})
    assert call.author.id == f"telegram:{ann.id}"
    assert call.channel == Channel("telegram", f"inline-{ann.id}", message.inline)
    assert Channel.parse(str(call.channel)) == call.channel
    assert chat.channel == call.channel


async def test_the_card_stands_where_it_was_chosen_and_becomes_the_picture(server, bot, ann):
    message, call, _chat = await chosen(server, bot, ann)
    chat = bot.platform.chat(call.channel)
    card = await chat.send(Content("Painting", progress=10), reply_to=call.id, key="job-1")
    assert await chat.send(Content("Painting", progress=10), key="job-1") == card
    await chat.edit(card, Content("Painting", progress=60), passing=True)
    half = shown(server, message).text
    await chat.edit(card, Content("**a red fox**", images=(await painting(bot),), buttons=ROW))

    assert "60 %" in half
    seen = shown(server, message)
    assert (seen.kind, seen.caption, seen.labels) == ("photo", "a red fox", ["U1", "⤓ Full size"])
    assert seen.data == picture(64, 48)
    assert server.last(ann).kind == "photo"  # it had to be sent somewhere first
    assert server.calls("sendPhoto")[0].params["disable_notification"]


async def test_who_wants_the_full_size_and_never_wrote_is_told_what_to_do(server, bot, ann):
    message, call, _chat = await chosen(server, bot, ann)
    await bot.platform.chat(call.channel).send(Content("a red fox", images=(await painting(bot),)))
    await server.until(lambda: shown(server, message).kind == "photo")
    press = server.press(server.user("Bob"), None, shown(server, message).inline, "Full size")
    await server.until(lambda: press.answered)

    assert press.text == INVITED
    assert press.url == "https://t.me/chatelier_bot?start=inline"


async def test_who_presses_is_told_where_the_file_goes(server, bot, ann):
    message, call, _chat = await chosen(server, bot, ann)
    await bot.platform.chat(call.channel).send(Content("a red fox", images=(await painting(bot),)))
    press = await toast(server, ann, message, "Full size")

    assert press.text == "It comes to our chat."
    await server.until(lambda: server.last(ann).kind == "document")


async def test_a_cache_chat_spares_people_the_copy(server, ann):
    cache = server.supergroup("Cache")
    async with serving(server, cache_chat=str(cache.id)) as bot:
        bot.inbox.commands = [Command("imagine", N_("Paint a picture from words."), nothing)]
        message, call, _chat = await chosen(server, bot, ann)
        chat = bot.platform.chat(call.channel)
        await chat.send(Content("a red fox", images=(await painting(bot),)))

        assert shown(server, message).kind == "photo"
    assert server.last(cache).kind == "photo"
    assert server.ours(ann) == []


async def test_who_has_never_opened_a_chat_is_told_to(server, bot):
    zoe = server.user("Zoe")
    message, call, _chat = await chosen(server, bot, zoe)
    chat = bot.platform.chat(call.channel)
    card = await chat.send(Content("Painting"))
    await chat.edit(card, Content("a red fox", images=(await painting(bot),), buttons=ROW))
    seen = shown(server, message)

    assert "Open a chat with me first" in seen.text
    assert seen.labels == ["U1", "Open a chat"]


async def test_its_buttons_work_also_after_a_restart(server, bot, ann):
    message, call, _chat = await chosen(server, bot, ann)
    await bot.platform.chat(call.channel).send(Content("a red fox", buttons=ROW))
    await bot.restart()
    bob = server.user("Bob")
    press = server.press(bob, None, message.inline, "U1")
    event = await bot.inbox.until(2)
    await server.until(lambda: press.answered)

    assert isinstance(event, ButtonPress)
    assert (event.channel, event.data) == (call.channel, "job:7:1")
    assert event.author.id == f"telegram:{bob.id}"


async def test_what_comes_of_a_button_goes_to_the_owner_and_belongs_there(server, bot, ann):
    _message, call, _chat = await chosen(server, bot, ann)
    chat = bot.platform.chat(call.channel)
    await chat.send(Content("a red fox", buttons=ROW), key="job-1")
    other = await chat.send(Content("the first of four", buttons=ROW), key="job-2")
    await chat.edit(other, Content("the first of four, done", buttons=ROW))
    server.press(ann, ann, server.last(ann), "U1")
    event = await bot.inbox.until(2)

    assert server.texts(ann) == ["the first of four, done"]
    assert (event.channel, event.message) == (call.channel, other)


def ordering(bot):
    """What a press does: something new, which is shown as durable work shows it."""

    async def act(event, chat):
        if isinstance(event, ButtonPress):
            with suppress(Refused):
                await bot.platform.chat(event.channel).send(
                    Content("Painting", buttons=ROW), key=event.id[:20]
                )

    return act


async def test_who_presses_is_told_where_the_picture_comes(server, bot, ann):
    bot.inbox.act = ordering(bot)
    message, call, _chat = await chosen(server, bot, ann)
    await bot.platform.chat(call.channel).send(Content("a red fox", buttons=ROW), key="job-1")
    own = await toast(server, ann, message, "U1")
    bobs = await toast(server, server.user("Bob"), message, "U1")

    assert own.text == "U1 … It comes to our chat."
    assert bobs.text == "U1 … It goes to whoever began this, into their chat with me."
    assert server.texts(ann) == ["Painting", "Painting"]


async def test_who_presses_and_has_no_chat_with_us_is_led_to_one(server, bot):
    bot.inbox.act = ordering(bot)
    zoe = server.user("Zoe")
    message, call, _chat = await chosen(server, bot, zoe)
    await bot.platform.chat(call.channel).send(Content("a red fox", buttons=ROW), key="job-1")
    own = await toast(server, zoe, message, "U1")
    bobs = await toast(server, server.user("Bob"), message, "U1")

    assert (own.text, own.url) == (INVITED, "https://t.me/chatelier_bot?start=inline")
    assert bobs.text == "U1 … Whoever began this has to open a chat with me first."


async def test_a_press_of_which_nothing_is_said_is_answered_with_what_is_under_way(server, bot, ann):
    message, call, _chat = await chosen(server, bot, ann)
    await bot.platform.chat(call.channel).send(Content("a red fox", buttons=ROW))
    await bot.restart()

    assert (await toast(server, ann, message, "U1")).text == "U1 …"


async def test_a_button_of_a_card_that_is_forgotten_says_so(server, bot, ann):
    message, call, _chat = await chosen(server, bot, ann)
    await bot.platform.chat(call.channel).send(Content("a red fox", buttons=ROW))
    await bot.host.options.set(f"telegram.inline.{message.inline}", "owner", None)

    assert "no longer have" in (await toast(server, ann, message, "U1")).text


async def test_what_is_said_late_leaves_the_card_alone(server, bot, ann):
    async def act(event, chat):
        if isinstance(event, ButtonPress):
            await chat.notice("first")
            await chat.notice("second")

    bot.inbox.act = act
    message, call, _chat = await chosen(server, bot, ann)
    await bot.platform.chat(call.channel).send(Content("a red fox", buttons=ROW))
    press = await toast(server, ann, message, "U1")
    await server.until(lambda: server.texts(ann) == ["second"])

    assert press.text == "first"
    assert shown(server, message).text == "a red fox"


async def test_who_is_to_be_asked_and_has_no_chat_with_us_is_led_to_one(server, bot, ann):
    async def act(event, chat):
        if isinstance(event, ButtonPress):
            await chat.ask(Question("Zoom out", event.data, "1.8"))

    bot.inbox.act = act
    message, call, _chat = await chosen(server, bot, ann)
    await bot.platform.chat(call.channel).send(Content("a red fox", buttons=ROW))
    bobs = await toast(server, server.user("Bob"), message, "U1")
    own = await toast(server, ann, message, "U1")

    assert (bobs.text, bobs.url) == (INVITED, "https://t.me/chatelier_bot?start=inline")
    assert own.text == "U1 … I ask you in our chat."


async def test_a_question_is_asked_alone_and_its_answer_belongs_there(server, bot, ann):
    async def act(event, chat):
        if isinstance(event, ButtonPress) and event.text is None:
            await chat.ask(Question("Zoom out", event.data, "1.8"))

    bot.inbox.act = act
    message, call, _chat = await chosen(server, bot, ann)
    await bot.platform.chat(call.channel).send(Content("a red fox", buttons=ROW))
    server.press(ann, None, message.inline, "U1")
    await server.until(lambda: server.last(ann))
    await bot.taken_in()
    server.answer(ann, ann, "1.5")
    answer = await bot.inbox.until(3)

    assert (answer.channel, answer.data, answer.text) == (call.channel, "job:7:1", "1.5")


async def test_a_picture_that_becomes_words_keeps_its_picture(server, bot, ann):
    message, call, _chat = await chosen(server, bot, ann)
    chat = bot.platform.chat(call.channel)
    card = await chat.send(Content("a red fox", images=(await painting(bot),)))
    await bot.restart()
    await bot.platform.chat(call.channel).edit(card, Content("Cancelled."))

    assert (shown(server, message).kind, shown(server, message).caption) == ("photo", "Cancelled.")


async def test_a_file_that_the_platform_has_forgotten_is_sent_anew(server, bot, ann):
    message, call, _chat = await chosen(server, bot, ann)
    chat, fox = bot.platform.chat(call.channel), await painting(bot)
    await bot.host.options.set(f"telegram.file.{fox.digest}", "photo", "forgotten")
    card = await chat.send(Content("Painting"))
    await chat.edit(card, Content("a red fox", images=(fox,), buttons=ROW))

    assert (shown(server, message).kind, shown(server, message).data) == ("photo", picture(64, 48))


async def test_what_is_refused_as_malformed_is_said_plainly(server, bot, ann):
    message, call, _chat = await chosen(server, bot, ann)
    chat = bot.platform.chat(call.channel)
    card = await chat.send(Content("Painting"))
    why = "Bad Request: ENTITY_BOUNDS_INVALID"
    server.fail("editMessageText", 1, status=400, description=why)
    await chat.edit(card, Content("**a** red fox", buttons=ROW))

    assert shown(server, message).text == "a red fox"
    assert shown(server, message).labels == ["U1"]
    assert not shown(server, message).entities


async def test_a_picture_that_is_not_taken_as_one_is_shown_as_a_file(server, bot, ann):
    message, call, _chat = await chosen(server, bot, ann)
    server.fail("sendPhoto", 1, status=400, description="Bad Request: IMAGE_PROCESS_FAILED")
    await bot.platform.chat(call.channel).send(Content("a red fox", images=(await painting(bot),)))

    assert shown(server, message).kind == "document"


async def test_what_finds_no_room_beside_the_first_picture_goes_to_the_owner_once(server, bot, ann):
    message, call, _chat = await chosen(server, bot, ann)
    chat = bot.platform.chat(call.channel)
    images = [await painting(bot, colour) for colour in ("teal", "navy", "red")]
    card = await chat.send(Content("Painting"))
    for rows in (), ROW:
        await chat.edit(card, Content("a red fox", images=tuple(images), buttons=rows))

    assert shown(server, message).data == picture(64, 48)
    assert shown(server, message).labels == ["U1", "⤓ Full size"]
    kept = [one.data for one in server.ours(ann) if one.kind == "photo"]
    assert sorted(kept) == sorted([await image.load() for image in images])
    assert server.last(ann).text == "a red fox"


async def test_a_cache_chat_that_takes_nothing_is_no_reason_to_show_nothing(server, ann):
    async with serving(server, cache_chat="-1001234567890") as bot:
        bot.inbox.commands = [Command("imagine", N_("Paint a picture from words."), nothing)]
        message, call, _chat = await chosen(server, bot, ann)
        await bot.platform.chat(call.channel).send(Content("a red fox", images=(await painting(bot),)))

        assert shown(server, message).kind == "photo"


async def test_strangers_are_told_so_where_they_wrote(server, bot, ann):
    async def act(event, chat):
        await chat.notice("I do not know you yet.")

    bot.inbox.act = act
    message, _call, _chat = await chosen(server, bot, ann)
    await server.until(lambda: shown(server, message).text == "I do not know you yet.")


async def test_without_feedback_a_press_begins_and_says_what_to_switch_on(server, bot, ann):
    server.world.inline_feedback = False
    message = server.choose(await offered(server, ann, "a red fox"))
    stranger = server.press(server.user("Bob"), None, message.inline, "Begin")
    await server.until(lambda: stranger.answered)
    press = server.press(ann, None, message.inline, "Begin")
    call = await bot.inbox.until(1)
    again = server.press(ann, None, message.inline, "Begin")
    await server.until(lambda: again.answered)

    assert "Only who wrote this" in stranger.text
    assert "/setinlinefeedback" in press.text
    assert again.text == "I am at it already."
    assert call.arguments == {"prompt": "a red fox"}
    assert len(bot.inbox.events) == 1


async def test_ones_own_earlier_pictures_are_found_by_their_words(server, bot, ann):
    chat = bot.platform.chat(Channel("telegram", str(ann.id)))
    await chat.send(Content("a red fox", images=(await painting(bot),)))
    card = await chat.send(Content("Painting"))
    await chat.edit(card, Content("a blue owl", images=(await painting(bot, "navy"),)))
    found = (await offered(server, ann, "red fox")).results
    nothing_of = (await offered(server, server.user("Bob"), "red fox")).results
    everything = (await offered(server, ann, "")).results

    assert [result["type"] for result in found] == ["article", "photo"]
    assert found[1]["caption"] == "a red fox"
    assert [result["type"] for result in nothing_of] == ["article"]
    assert [result["caption"] for result in everything] == ["a blue owl", "a red fox"]


async def test_a_picture_that_the_platform_has_forgotten_does_not_spoil_the_rest(server, bot, ann):
    place = f"telegram.pictures.{ann.id}"
    await bot.host.options.set(place, "0" * 64, '{"file": "gone", "caption": "a red fox", "at": 1}')

    assert [one["type"] for one in (await offered(server, ann, "fox")).results] == ["article"]


async def test_the_message_in_our_own_group_is_not_heard(server, bot, ann, group):
    server.promote(ann, group)
    server.choose(await offered(server, ann, "a red fox"), chat=group)
    server.say(ann, group, "and on")
    await bot.inbox.until(2)

    assert sorted(type(event).__name__ for event in bot.inbox.events) == ["CommandCall", "IncomingMessage"]


async def test_one_that_was_taken_away_goes_on_in_the_owners_chat(server, bot, ann):
    message, call, _chat = await chosen(server, bot, ann)
    chat = bot.platform.chat(call.channel)
    card = await chat.send(Content("Painting"))
    server.world.inline[message.inline].gone = True
    new = await chat.edit(card, Content("a red fox"))
    await chat.edit(new, Content("a red fox, done"))

    assert server.texts(ann) == ["a red fox, done"]
