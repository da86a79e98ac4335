"""The server, driven by python-telegram-bot over a socket: talk, buttons, pictures, files."""

import asyncio

import pytest
import telegram
from telegram import ForceReply, InlineKeyboardButton, InlineKeyboardMarkup, InputMediaPhoto, MessageEntity
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken

from tests.emulators.telegram import Telegram, Upload, picture

KEYS = InlineKeyboardMarkup([[InlineKeyboardButton("U1", callback_data="u:1")]])


async def test_the_bot_knows_itself(server: Telegram, bot: telegram.Bot):
    me = await bot.get_me()

    assert (me.username, me.is_bot, me.can_read_all_group_messages) == ("chatelier_bot", True, False)


async def test_what_a_person_says_arrives(server: Telegram, bot: telegram.Bot):
    ann = server.user("Ann", language_code="de")

    server.say(ann, ann, "/start see @chatelier_bot")
    (update,) = await bot.get_updates()

    message = update.message
    assert message.text == "/start see @chatelier_bot"
    assert message.from_user.language_code == "de"
    assert message.chat.type == "private"
    assert message.chat.id == ann.id
    assert [one.type for one in message.entities] == ["bot_command", "mention"]


async def test_an_update_comes_until_it_is_acknowledged(server: Telegram, bot: telegram.Bot):
    ann = server.user()
    server.say(ann, ann, "one")
    server.say(ann, ann, "two")

    first = await bot.get_updates(limit=1)
    again = await bot.get_updates(limit=1)
    rest = await bot.get_updates(offset=first[0].update_id + 1)
    none = await bot.get_updates(offset=rest[0].update_id + 1)

    assert [one.message.text for one in (*first, *again, *rest)] == ["one", "one", "two"]
    assert none == ()


async def test_a_negative_offset_takes_the_tail_and_forgets_the_rest(server: Telegram, bot: telegram.Bot):
    ann = server.user()
    for word in ("one", "two", "three"):
        server.say(ann, ann, word)

    assert [one.message.text for one in await bot.get_updates(offset=-1)] == ["three"]
    assert len(await bot.get_updates()) == 1


async def test_a_long_poll_wakes_at_once(server: Telegram, bot: telegram.Bot):
    ann = server.user()
    poll = asyncio.create_task(bot.get_updates(timeout=50))
    await server.until(lambda: server.world.updates.polled)

    server.say(ann, ann, "wake up")
    (update,) = await poll

    assert update.message.text == "wake up"


async def test_an_empty_poll_ends_after_its_time(server: Telegram, bot: telegram.Bot):
    assert await bot.get_updates(timeout=1) == ()


async def test_the_older_of_two_polls_is_ended(server: Telegram, bot: telegram.Bot):
    ann = server.user()
    old = asyncio.create_task(bot.get_updates(timeout=50))
    await server.until(lambda: server.world.updates.polled)
    base = f"{server.url}/bot"
    async with telegram.Bot(server.token, base_url=base) as other:
        new = asyncio.create_task(other.get_updates(timeout=50))
        with pytest.raises(Conflict, match=r"(?i)terminated by other getUpdates"):
            await old

        server.say(ann, ann, "to the new one")
        assert len(await new) == 1


async def test_the_kinds_of_updates_are_remembered(server: Telegram, bot: telegram.Bot):
    ann = server.user()
    await bot.get_updates(allowed_updates=["callback_query"])
    server.say(ann, ann, "not wanted")
    assert await bot.get_updates() == ()

    await bot.get_updates(allowed_updates=[])
    server.say(ann, ann, "wanted")
    assert len(await bot.get_updates()) == 1


async def test_a_wrong_token_is_refused(server: Telegram):
    bot = telegram.Bot("123456:WRONG", base_url=f"{server.url}/bot")
    with pytest.raises(InvalidToken):
        await bot.initialize()
    await bot.shutdown()


@pytest.fixture
def ann(server: Telegram):
    return server.open(server.user("Ann")).user


async def test_a_message_is_seen(server: Telegram, bot: telegram.Bot, ann):
    bold = MessageEntity("bold", 0, 2)
    sent = await bot.send_message(ann.id, "hi there", entities=[bold], reply_markup=KEYS)

    (seen,) = server.messages(ann)
    assert (seen.id, seen.ours, seen.text) == (sent.message_id, True, "hi there")
    assert seen.entities == ({"type": "bold", "offset": 0, "length": 2},)
    assert seen.buttons == (("U1",),)
    assert sent.reply_markup == KEYS
    assert not server.violations


async def test_an_edit_changes_the_message_and_takes_the_keyboard_away(
    server: Telegram, bot: telegram.Bot, ann
):
    sent = await bot.send_message(ann.id, "one", reply_markup=KEYS)
    edited = await sent.edit_text("two")

    assert edited.edit_date
    assert server.last(ann).text == "two"
    assert server.last(ann).buttons == ()
    assert [one.text for one in server.history(ann, sent.message_id)] == ["one", "two"]


async def test_an_edit_that_changes_nothing_is_refused(server: Telegram, bot: telegram.Bot, ann):
    sent = await bot.send_message(ann.id, "one", reply_markup=KEYS)

    with pytest.raises(BadRequest, match=r"(?i)not modified"):
        await sent.edit_text("one ", reply_markup=KEYS)
    with pytest.raises(BadRequest, match=r"(?i)not modified"):
        await sent.edit_reply_markup(KEYS)
    await sent.edit_text("one")


async def test_a_press_is_answered(server: Telegram, bot: telegram.Bot, ann):
    sent = await bot.send_message(ann.id, "card", reply_markup=KEYS)

    press = server.press(ann, ann, sent.message_id, "U1")
    (update,) = await bot.get_updates()
    query = update.callback_query
    assert (query.data, query.message.message_id, query.chat_instance != "") == ("u:1", sent.message_id, True)
    await query.answer("Upscaling", show_alert=True)

    assert (press.answered, press.text, press.alert) == (True, "Upscaling", True)


async def test_a_late_answer_to_a_press_is_refused(server: Telegram, bot: telegram.Bot, ann):
    sent = await bot.send_message(ann.id, "card", reply_markup=KEYS)
    press = server.press(ann, ann, sent.message_id, "U1")
    server.advance(200)

    with pytest.raises(BadRequest, match=r"(?i)query is too old"):
        await bot.answer_callback_query(press.id)
    with pytest.raises(BadRequest, match=r"(?i)query is too old"):
        await bot.answer_callback_query("17")


async def test_a_picture_becomes_a_photo(server: Telegram, bot: telegram.Bot, ann):
    data = picture(1500, 1000)
    sent = await bot.send_photo(ann.id, data, caption="a fox", has_spoiler=True, filename="fox.png")

    seen = server.last(ann)
    assert (seen.kind, seen.data, seen.name, seen.caption, seen.spoiler) == (
        *("photo", data, "fox.png", "a fox"),
        True,
    )
    assert [one.width for one in sent.photo] == [90, 320, 800, 1280, 1500]
    got = bytes(await (await sent.photo[-1].get_file()).download_as_bytearray())
    assert got.startswith(b"\xff\xd8")
    assert len(got) == sent.photo[-1].file_size


async def test_a_card_becomes_its_picture(server: Telegram, bot: telegram.Bot, ann):
    sent = await bot.send_message(ann.id, "painting", reply_markup=KEYS)
    await sent.edit_media(InputMediaPhoto(picture(), caption="done"), reply_markup=KEYS)

    assert server.last(ann).kind == "photo"
    assert server.last(ann).caption == "done"
    assert server.last(ann).buttons == (("U1",),)
    file_id = server.last(ann).file_id
    with pytest.raises(BadRequest, match=r"(?i)not modified"):
        await sent.edit_media(InputMediaPhoto(file_id, caption="done"), reply_markup=KEYS)
    with pytest.raises(BadRequest, match=r"(?i)no text in the message"):
        await sent.edit_text("back to text")


async def test_a_document_keeps_its_bytes(server: Telegram, bot: telegram.Bot, ann):
    sent = await bot.send_document(ann.id, b"# notes", filename="notes.md", caption="all of it")

    assert (server.last(ann).data, server.last(ann).name) == (b"# notes", "notes.md")
    file = await sent.document.get_file()
    assert bytes(await file.download_as_bytearray()) == b"# notes"
    again = await bot.send_document(ann.id, sent.document.file_id)
    assert again.document.file_unique_id == sent.document.file_unique_id


async def test_an_album_is_several_messages(server: Telegram, bot: telegram.Bot, ann):
    sent = await bot.send_media_group(
        ann.id, [InputMediaPhoto(picture(colour=one), caption=one) for one in ("red", "blue")]
    )

    seen = server.messages(ann)
    assert [one.caption for one in seen] == ["red", "blue"]
    assert seen[0].album == seen[1].album == sent[0].media_group_id
    assert seen[0].data != seen[1].data


async def test_files_of_people_are_downloaded(server: Telegram, bot: telegram.Bot, ann):
    server.say(ann, ann, "what is it?", photo=picture(kind="JPEG"))
    server.say(ann, ann, voice=b"OggS...")
    server.say(ann, ann, document=Upload(b"%PDF", "paper.pdf"))
    server.say(ann, ann, document=Upload(b"", "film.mkv", size=21 << 20))
    photo, voice, paper, film = [one.message for one in await bot.get_updates()]

    assert photo.caption == "what is it?"
    got = await (await photo.photo[-1].get_file()).download_as_bytearray()
    assert bytes(got) == picture(kind="JPEG")
    assert voice.voice.mime_type == "audio/ogg"
    assert paper.document.mime_type == "application/pdf"
    with pytest.raises(BadRequest, match=r"(?i)file is too big"):
        await film.document.get_file()


async def test_a_question_is_answered_by_a_reply(server: Telegram, bot: telegram.Bot, ann):
    asked = await bot.send_message(ann.id, "Which zoom?", reply_markup=ForceReply(selective=True))
    server.answer(ann, ann, "1.8")
    (update,) = await bot.get_updates()

    assert update.message.reply_to_message.message_id == asked.message_id
    assert server.messages(ann)[-1].reply_to == asked.message_id
    with pytest.raises(BadRequest, match=r"(?i)message can't be edited"):
        await asked.edit_text("other")


async def test_strangers_and_those_who_blocked_the_bot(server: Telegram, bot: telegram.Bot, ann):
    bob = server.user("Bob")
    with pytest.raises(BadRequest, match=r"(?i)chat not found"):
        await bot.send_message(bob.id, "hi")
    group = server.group("Us", [ann])
    server.say(bob, group, "/hello")
    with pytest.raises(Forbidden, match=r"(?i)initiate conversation"):
        await bot.send_message(bob.id, "hi")

    server.block(ann)
    with pytest.raises(Forbidden, match=r"(?i)blocked by the user"):
        await bot.send_message(ann.id, "hi")
    kinds = [one.my_chat_member for one in await bot.get_updates() if one.my_chat_member]
    assert kinds[-1].new_chat_member.status == "kicked"


async def test_typing_is_seen_until_a_message_comes(server: Telegram, bot: telegram.Bot, ann):
    await bot.send_chat_action(ann.id, "typing")
    assert server.action(ann) == "typing"
    server.advance(5.1)
    assert server.action(ann) == ""

    await bot.send_chat_action(ann.id, "typing")
    await bot.send_message(ann.id, "there")
    assert server.action(ann) == ""


async def test_a_draft_lasts_until_the_message(server: Telegram, bot: telegram.Bot, ann):
    await bot.send_message_draft(ann.id, 7, "so fa", api_kwargs={"can_stop": True})
    assert server.draft(ann).text == "so fa"

    await bot.send_message(ann.id, "so far so good")
    assert server.draft(ann) is None

    await bot.send_message_draft(ann.id, 8, "again")
    server.advance(31)
    assert server.draft(ann) is None
    assert not server.violations
