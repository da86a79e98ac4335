"""Methods that answer a press of a button, an inline query, or a message by a reaction."""

from tests.emulators.telegram.call import Call, listed
from tests.emulators.telegram.errors import Unfit, bad
from tests.emulators.telegram.inline import CACHED, InlineQuery
from tests.emulators.telegram.keyboards import check_markup
from tests.emulators.telegram.markup import formatted
from tests.emulators.telegram.methods import common
from tests.emulators.telegram.presses import Press
from tests.emulators.telegram.world import Json, World

TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
PRESS_SECONDS = 150
QUERY_SECONDS = 30
MAX_TOAST = 200
MAX_RESULTS = 50
MAX_ID = 64  # bytes

REACTIONS = listed(
    "👍 👎 ❤ 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤️‍🔥 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 "  # noqa: E501
    "👨‍💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂️ 🤷 🤷‍♀️ 😡"
)


def answer_callback_query(world: World, call: Call) -> bool:
    press: Press | None = world.presses.get(call.text("callback_query_id"))
    if press is None or world.clock.now() - press.at > PRESS_SECONDS:
        raise bad(TOO_OLD)
    text = call.text("text")
    if len(text) > MAX_TOAST:
        raise bad("MESSAGE_TOO_LONG")
    url = call.text("url")
    if url and f"t.me/{world.bot.username}?start=" not in url:
        raise bad("URL_INVALID")
    press.answers.append(text)
    if not press.answered:
        press.answered, press.text, press.alert, press.url = True, text, call.flag("show_alert"), url
    world.changes.notify()
    return True


def answer_inline_query(world: World, call: Call) -> bool:
    query: InlineQuery | None = world.queries.get(call.text("inline_query_id"))
    if query is None or query.answered or world.clock.now() - query.at > QUERY_SECONDS:
        raise bad(TOO_OLD)
    results = call.nested("results", list)
    if results is None:
        raise bad("can't parse results: array expected")
    if len(results) > MAX_RESULTS:
        raise bad("RESULTS_TOO_MUCH")
    if len(call.text("next_offset").encode()) > MAX_ID:
        raise bad("NEXT_OFFSET_INVALID")
    ids = [str(result.get("id", "")) for result in results]
    if not all(1 <= len(one.encode()) <= MAX_ID for one in ids):
        raise bad("RESULT_ID_INVALID")
    if len(set(ids)) < len(ids):
        raise bad("RESULT_ID_DUPLICATE")
    button = call.nested("button", dict)
    if button and not {"web_app", "start_parameter"} & set(button):
        raise Unfit("a button above inline results has a web app or a start parameter")
    for result in results:
        _check_result(world, result)
    query.answered = True
    query.results = results
    query.next_offset = call.text("next_offset")
    query.cache_until = world.clock.now() + call.number("cache_time", 300)
    query.personal = call.flag("is_personal")
    query.button = button
    world.changes.notify()
    return True


def _check_result(world: World, result: Json) -> None:
    check_markup(result.get("reply_markup"), inline_only=True, private=False)
    for name in CACHED:
        if name in result and world.files.get(result[name]) is None:
            raise bad("wrong file identifier/HTTP URL specified")
    content = result.get("input_message_content")
    if content is None:
        if result.get("type") == "article":
            raise bad("there is no input message content in the article")
        formatted(
            world,
            result.get("caption") or "",
            result.get("caption_entities"),
            result.get("parse_mode") or "",
            caption=True,
        )
    elif "message_text" in content:
        formatted(world, content["message_text"], content.get("entities"), content.get("parse_mode") or "")


def set_message_reaction(world: World, call: Call) -> bool:
    chat = common.open_chat(world, call.params.get("chat_id"))
    message = world.message(chat, call.number("message_id"))
    if message is None:
        raise bad("message to react not found")
    reactions = call.nested("reaction", list) or []
    if len(reactions) > 1:
        raise bad("REACTIONS_TOO_MANY")
    for reaction in reactions:
        emoji = reaction.get("emoji")
        if reaction.get("type") == "paid":
            raise bad("REACTION_INVALID")
        if reaction.get("type") == "emoji" and emoji not in REACTIONS:
            raise bad("REACTION_INVALID")
        wanted = emoji or reaction.get("custom_emoji_id")
        if chat.reactions_allowed is not None and wanted not in chat.reactions_allowed:
            raise bad("REACTION_INVALID")
    chat.bot_reactions[message.id] = reactions
    world.changes.notify()
    return True
