"""What the methods share: where to, may we, answering what, and how a message is put together."""

from typing import Any

from tests.emulators.telegram.call import Call
from tests.emulators.telegram.errors import Unfit, bad, forbidden
from tests.emulators.telegram.keyboards import Markup, check_markup
from tests.emulators.telegram.markup import formatted
from tests.emulators.telegram.text import Entity, units
from tests.emulators.telegram.world import Chat, Json, Message, World

PLACES = {"group": "group", "supergroup": "supergroup", "channel": "channel"}


def find_chat(world: World, value: Any) -> Chat:
    """The chat of that id or @username, whether or not we may speak there."""
    if value is None or value == "":
        raise bad("chat_id is empty")
    if isinstance(value, str) and value.startswith("@"):
        named = [chat for chat in world.chats.values() if chat.username.lower() == value[1:].lower()]
        if not named:
            raise bad("chat not found")
        return named[0]
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise bad("chat not found") from None
    chat = world.chats.get(number)
    if chat is None or (chat.private and not chat.bot):
        user = world.users.get(number)
        if user is not None and user.met:
            raise forbidden("bot can't initiate conversation with a user")
        raise bad("chat not found")
    if chat.migrated_to:
        raise bad("group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.migrated_to)
    return chat


def open_chat(world: World, value: Any) -> Chat:
    """The chat, if the bot may act there."""
    chat = find_chat(world, value)
    if chat.private:
        if chat.user is not None and chat.user.deactivated:
            raise forbidden("user is deactivated")
        if chat.bot == "kicked":
            raise forbidden("bot was blocked by the user")
        return chat
    if chat.gone:
        raise forbidden(f"the {chat.kind} chat was deleted")
    if chat.bot == "kicked":
        raise forbidden(f"bot was kicked from the {chat.kind} chat")
    if chat.bot not in {"member", "administrator"}:
        raise forbidden(f"bot is not a member of the {chat.kind} chat")
    return chat


def thread_of(chat: Chat, call: Call) -> int:
    """The topic that is meant; 0 for none."""
    if not call.has("message_thread_id"):
        return 0
    thread = call.number("message_thread_id")
    topic = chat.topics.get(thread)
    if topic is None:
        raise bad("message thread not found")
    if topic.closed and chat.bot != "administrator":
        raise bad("TOPIC_CLOSED")
    return thread


def may_send(chat: Chat, kind: str) -> None:
    if kind in chat.muted:
        what = {"text": "text messages", "photo": "photos"}.get(kind, f"{kind}s")
        raise bad(f"not enough rights to send {what} to the chat")


def words(
    world: World, call: Call, name: str = "text", *, caption: bool = False, empty: bool = False
) -> tuple[str, list[Entity]]:
    """Text or caption of a request, as it is stored."""
    entities = call.nested("caption_entities" if caption else "entities", list)
    return formatted(world, call.text(name), entities, call.text("parse_mode"), caption=caption, empty=empty)


def captioned(world: World, body: Json) -> Json:
    """The caption of an InputMedia or an inline result, as message fields."""
    text, entities = formatted(
        world,
        str(body.get("caption") or ""),
        body.get("caption_entities"),
        str(body.get("parse_mode") or ""),
        caption=True,
    )
    fields: Json = {}
    if text:
        fields["caption"] = text
        if entities:
            fields["caption_entities"] = entities
        if body.get("show_caption_above_media"):
            fields["show_caption_above_media"] = True
    if body.get("has_spoiler"):
        fields["has_media_spoiler"] = True
    return fields


def caption_of(world: World, call: Call) -> Json:
    call.nested("caption_entities", list)
    return captioned(world, call.params)


def text_fields(text: str, entities: list[Entity]) -> Json:
    return {"text": text} | ({"entities": entities} if entities else {})


def markup_of(call: Call, chat: Chat | None, *, inline_only: bool = False) -> Markup | None:
    private = chat is not None and chat.private
    return check_markup(call.nested("reply_markup", dict), inline_only=inline_only, private=private)


def reply_of(world: World, call: Call, chat: Chat) -> Json:
    """The message fields that say what is answered."""
    wanted = call.nested("reply_parameters", dict)
    if not wanted:
        return {}
    place = chat if wanted.get("chat_id") in {None, chat.id} else find_chat(world, wanted["chat_id"])
    target = world.message(place, wanted.get("message_id", 0))
    if target is None:
        if wanted.get("allow_sending_without_reply"):
            return {}
        raise bad("message to be replied not found")
    if place is not chat:
        raise Unfit("replies to other chats are not played here")
    fields: Json = {"reply_to_message": bare(target.body)}
    if quote := wanted.get("quote"):
        whole = target.body.get("text") or target.body.get("caption") or ""
        if quote not in whole:
            raise bad("QUOTE_TEXT_INVALID")
        position = wanted.get("quote_position", units(whole[: whole.index(quote)]))
        fields["quote"] = {"text": quote, "position": position, "is_manual": True}
    return fields


def bare(body: Json) -> Json:
    """A message inside another one: without what it answers itself."""
    return {name: value for name, value in body.items() if name != "reply_to_message"}


def threaded(world: World, chat: Chat, thread: int, fields: Json) -> Json:
    """The fields of a message's thread, and what they imply.

    In a topic, a message that answers nothing answers the message that made the topic. In a supergroup
    without topics, an answer belongs to the thread of what it answers, though that is no topic.
    """
    answered = fields.get("reply_to_message")
    if not thread and answered is not None and answered.get("is_topic_message"):
        thread = answered["message_thread_id"]
    if thread:
        fields = fields | {"message_thread_id": thread, "is_topic_message": True}
        root = world.message(chat, thread)
        if answered is None and root is not None:
            fields["reply_to_message"] = bare(root.body)
    elif chat.kind == "supergroup" and not chat.forum and answered is not None:
        fields["message_thread_id"] = answered.get("message_thread_id", answered["message_id"])
    return fields


def post(
    world: World, chat: Chat, content: Json, *, thread: int = 0, markup: Markup | None = None
) -> Message:
    """Add a message of the bot's. It ends the draft and the action that were shown there."""
    body: Json = {
        "message_id": world.next_message(chat),
        "chat": chat.json(),
        "date": world.clock.date(),
    }
    body |= {"sender_chat": chat.json()} if chat.kind == "channel" else {"from": world.bot.json()}
    body |= threaded(world, chat, thread, content)
    message = Message(chat, body, ours=True)
    if markup is not None and "inline_keyboard" in markup:
        body["reply_markup"] = markup
    elif markup is not None:
        message.asks = markup
    shown = body["message_thread_id"] if body.get("is_topic_message") else 0
    chat.drafts.pop(shown, None)
    chat.actions.pop(shown, None)
    return world.keep(message)
