"""What the server says keeps to the description as well: every kind of update, every result."""

import pytest
import telegram
from telegram import (
    BotCommand,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputMediaDocument,
    InputMediaPhoto,
    InputTextMessageContent,
    MenuButtonCommands,
    Update,
)

from tests.emulators.telegram import Telegram, picture
from tests.emulators.telegram.spec import published

KEYS = InlineKeyboardMarkup([[InlineKeyboardButton("U1", callback_data="u:1")]])
pytestmark = pytest.mark.skipif(published() is None, reason="the description of the Bot API is not here")


def misfits(value: object, *types: str) -> list[str]:
    spec = published()
    assert spec is not None
    return spec.misfits(value, list(types))


def everything_people_do(server: Telegram) -> None:
    server.world.privacy = False
    server.world.updates.allow([*Update.ALL_TYPES])
    ann, bob = server.user("Ann", username="ann", is_premium=True), server.user("Bob", language_code="")
    server.start(ann, "payload")
    group, forum = server.group("Us", [ann, bob]), server.supergroup("Them", [ann], forum=True, admin=True)
    topic = server.topic(forum, "Foxes")
    first = server.say(ann, forum, "one #two https://e.org", thread=topic)
    server.say(bob, forum, "this?", reply_to=first, quote="one")
    server.say(bob, forum, "nobody", anonymous=True)
    server.album(ann, ann, [picture(), picture(colour="red")], "two")
    for kind in ("document", "voice", "audio", "video", "animation", "sticker"):
        server.say(ann, group, **{kind: b"bytes"})
    server.forward(ann, ann, forum, first)
    server.edit(forum, first, "three")
    server.react(ann, forum, first, "👍")
    server.say(ann, server.channel("News"), "post")
    server.migrate(group)
    server.block(ann)
    server.unblock(ann)
    server.kick(ann, forum)


async def test_updates_are_as_described(server: Telegram, bot: telegram.Bot):
    everything_people_do(server)
    waiting = [one.body for one in server.world.updates.waiting]
    kinds = {name for body in waiting for name in body} - {"update_id"}

    assert kinds >= {"message", "edited_message", "channel_post", "my_chat_member", "message_reaction"}
    assert [(body, found) for body in waiting if (found := misfits(body, "Update"))] == []
    assert len(await bot.get_updates(limit=100)) == len(waiting)  # and the library understands them all


async def test_queries_are_as_described(server: Telegram, bot: telegram.Bot):
    ann = server.open(server.user("Ann")).user
    sent = await bot.send_message(ann.id, "card", reply_markup=KEYS)
    server.press(ann, ann, sent.message_id, "U1")
    server.remove(ann, sent.message_id)
    server.press(ann, ann, sent.message_id, "U1")
    query = server.inline(ann, "a fox")
    content = InputTextMessageContent("painting")
    await bot.answer_inline_query(query.id, [InlineQueryResultArticle("a", "b", content, reply_markup=KEYS)])
    card = server.choose(query)
    server.press(ann, None, card.inline, "U1")
    waiting = [one.body for one in server.world.updates.waiting]

    assert [found for body in waiting if (found := misfits(body, "Update"))] == []
    first, second, asked, chosen, third = await bot.get_updates()
    assert not second.callback_query.message.is_accessible
    assert (first.callback_query.message.text, third.callback_query.message) == ("card", None)
    assert (asked.inline_query.query, chosen.chosen_inline_result.result_id) == ("a fox", "a")


async def test_results_are_as_described(server: Telegram, bot: telegram.Bot):
    ann = server.open(server.user("Ann"))
    forum = server.supergroup("Us", [ann.user], forum=True, admin=True)
    server.allow_reactions(forum, ["👍"])
    await bot.get_me()
    sent = await bot.send_message(ann.id, "card", reply_markup=KEYS)
    await bot.send_message(ann.id, "answer", reply_to_message_id=sent.message_id)
    await sent.edit_media(InputMediaPhoto(picture(), caption="done"), reply_markup=KEYS)
    await sent.edit_caption("done twice")
    await sent.edit_reply_markup(KEYS)
    await sent.pin()
    await sent.copy(ann.id)
    await sent.forward(ann.id)
    for kind in ("document", "voice", "audio", "video", "animation"):
        made = await getattr(bot, f"send_{kind}")(ann.id, b"bytes", filename="x.bin")
        await bot.get_file(getattr(made, kind).file_id)
    await bot.send_media_group(ann.id, [InputMediaDocument(b"a"), InputMediaDocument(b"b")])
    await bot.create_forum_topic(forum.id, "Foxes")
    for place in (ann.id, forum.id):
        await bot.get_chat(place)
        await bot.get_chat_member(place, ann.id)
        await bot.get_chat_member(place, bot.id)
        await bot.get_chat_member_count(place)
    await bot.get_chat_administrators(forum.id)
    await bot.set_my_commands([BotCommand("a", "b")])
    await bot.get_my_commands()
    await bot.set_chat_menu_button(menu_button=MenuButtonCommands())
    await bot.get_chat_menu_button()
    await bot.set_my_name("Chatelier")
    await bot.get_my_name()
    await bot.set_my_description("Paints")
    await bot.get_my_description()
    await bot.set_my_short_description("Paints")
    await bot.get_my_short_description()
    await bot.get_webhook_info()

    spec = published()
    wrong = [
        (one.method, found)
        for one in server.requests
        if (found := misfits(one.result, *spec.returns(one.method)))
    ]
    assert wrong == []
    assert server.refusals == []
    assert not server.violations
