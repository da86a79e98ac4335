"""Inline mode: asking, offering, choosing, and messages that take no uploads."""

import pytest
import telegram
from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InlineQueryResultCachedPhoto,
    InputMediaPhoto,
    InputTextMessageContent,
)
from telegram.error import BadRequest

from tests.emulators.telegram import Telegram, User, picture

KEYS = InlineKeyboardMarkup([[InlineKeyboardButton("Wait", callback_data="w")]])


def article(name: str = "a", markup: InlineKeyboardMarkup | None = KEYS) -> InlineQueryResultArticle:
    return InlineQueryResultArticle(
        name, "Paint it", InputTextMessageContent("painting"), reply_markup=markup
    )


@pytest.fixture
def ann(server: Telegram) -> User:
    return server.open(server.user("Ann")).user


async def test_a_card_from_anywhere_becomes_its_picture(server: Telegram, bot: telegram.Bot, ann):
    photo = (await bot.send_photo(ann.id, picture())).photo[-1].file_id
    query = server.inline(ann, "a fox")
    (update,) = await bot.get_updates()
    await update.inline_query.answer([article()], cache_time=0)
    await server.until(lambda: query.answered)

    card = server.choose(query)
    chosen = (await bot.get_updates())[-1].chosen_inline_result
    assert (chosen.query, chosen.inline_message_id) == ("a fox", card.inline)
    press = server.press(ann, None, card.inline, "Wait")
    pressed = (await bot.get_updates())[-1].callback_query
    assert (pressed.message, pressed.inline_message_id) == (None, card.inline)
    await pressed.answer("soon")
    assert press.text == "soon"

    with pytest.raises(BadRequest, match=r"(?i)can.t upload"):
        await bot.edit_message_media(InputMediaPhoto(picture()), inline_message_id=card.inline)
    done = await bot.edit_message_media(
        InputMediaPhoto(photo, caption="a fox"), inline_message_id=card.inline
    )
    assert done is True
    (seen,) = server.inline_messages()
    assert (seen.kind, seen.caption, seen.data, seen.buttons) == ("photo", "a fox", picture(), ())


async def test_without_a_keyboard_a_message_cannot_be_changed(server: Telegram, bot: telegram.Bot, ann):
    query = server.inline(ann, "a fox")
    await bot.answer_inline_query(query.id, [article(markup=None)])
    card = server.choose(query, "a")

    assert card.inline == ""
    assert (await bot.get_updates())[-1].chosen_inline_result.inline_message_id is None


async def test_without_feedback_the_bot_is_not_told_what_was_chosen(server: Telegram, bot: telegram.Bot, ann):
    server.world.inline_feedback = False
    query = server.inline(ann, "a fox")
    await bot.answer_inline_query(query.id, [article()])
    server.choose(query)

    assert [one.chosen_inline_result for one in await bot.get_updates()] == [None]


async def test_in_a_chat_of_the_bot_the_message_arrives_as_well(server: Telegram, bot: telegram.Bot, ann):
    group = server.supergroup("Us", [ann], announce=False)
    query = server.inline(ann, "a fox")
    await bot.answer_inline_query(query.id, [article()])
    server.choose(query, chat=group)

    message = next(one.message for one in await bot.get_updates() if one.message)
    assert message.via_bot.username == "chatelier_bot"
    assert server.messages(group)[0].text == "painting"


async def test_answers_are_remembered_for_all_unless_told_otherwise(server: Telegram, bot: telegram.Bot, ann):
    bob = server.user("Bob")
    first = server.inline(ann, "a fox")
    await bot.answer_inline_query(first.id, [article()])
    assert server.inline(bob, "a fox").cached
    server.advance(301)
    again = server.inline(bob, "a fox")
    assert not again.cached
    await bot.answer_inline_query(again.id, [article()], is_personal=True)
    assert server.inline(bob, "a fox").cached
    assert not server.inline(ann, "a fox").cached


async def test_late_and_repeated_answers_are_refused(server: Telegram, bot: telegram.Bot, ann):
    query = server.inline(ann, "a fox")
    await bot.answer_inline_query(query.id, [])
    with pytest.raises(BadRequest, match=r"(?i)query is too old"):
        await bot.answer_inline_query(query.id, [])
    late = server.inline(ann, "a wolf")
    server.advance(31)
    with pytest.raises(BadRequest, match=r"(?i)query is too old"):
        await bot.answer_inline_query(late.id, [])
    assert await bot.get_updates() == ()


async def test_what_is_offered_has_its_limits(server: Telegram, raw, ann):
    query = server.inline(ann, "a fox")

    def offered(number: int = 1, **more: object) -> dict:
        content = {"message_text": "x"}
        one = {"type": "article", "title": "x", "input_message_content": content} | more
        results = [{"id": str(at)} | one for at in range(number)]
        return {"inline_query_id": query.id, "results": results}

    async def refused(params: dict) -> str:
        return await raw.refused("answerInlineQuery", **params)

    assert await refused(offered(51)) == "RESULTS_TOO_MUCH"
    assert await refused(offered(2, id="same")) == "RESULT_ID_DUPLICATE"
    assert await refused(offered(id="x" * 65)) == "RESULT_ID_INVALID"
    assert await refused(offered() | {"next_offset": "x" * 65}) == "NEXT_OFFSET_INVALID"
    asking = {"force_reply": True}
    await refused(offered(reply_markup=asking))
    long = {"message_text": "x" * 4097}
    assert await refused(offered(input_message_content=long)) == "message is too long"
    photo = {"type": "photo", "id": "1", "photo_file_id": "AgACnone"}
    unknown = {"inline_query_id": query.id, "results": [photo]}
    assert await refused(unknown) == "wrong file identifier/HTTP URL specified"
    assert not query.answered


async def test_a_known_picture_is_offered(server: Telegram, bot: telegram.Bot, ann):
    photo = (await bot.send_photo(ann.id, picture())).photo[-1].file_id
    query = server.inline(ann, "")
    await bot.answer_inline_query(query.id, [InlineQueryResultCachedPhoto("p", photo, caption="mine")])
    shown = server.choose(query, "p")

    assert (shown.kind, shown.caption, shown.data) == ("photo", "mine", picture())


async def test_a_bot_without_inline_mode_is_not_asked(server: Telegram, ann):
    server.world.inline_mode = False
    with pytest.raises(LookupError):
        server.inline(ann, "a fox")
