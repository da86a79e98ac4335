"""Methods that change or remove messages, the bot's own for the most part."""

from tests.emulators.telegram.call import Call
from tests.emulators.telegram.errors import bad
from tests.emulators.telegram.methods import common
from tests.emulators.telegram.methods.media import input_media, kind_of
from tests.emulators.telegram.methods.sending import CARRIED
from tests.emulators.telegram.world import Json, Message, World

TWO_DAYS = 48 * 3600
SAME = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
ALBUMS = ({"photo", "video"}, {"audio"}, {"document"})


def edit_message_text(world: World, call: Call) -> Json | bool:
    message = _target(world, call)
    if "text" not in message.body:
        raise bad("there is no text in the message to edit")
    text, entities = common.words(world, call)
    return _changed(world, call, message, common.text_fields(text, entities))


def edit_message_caption(world: World, call: Call) -> Json | bool:
    message = _target(world, call)
    if kind_of(message.body) in {"text", "sticker", "service"}:
        raise bad("there is no caption in the message to edit")
    kept = {name: value for name, value in _content(message).items() if "caption" not in name}
    return _changed(world, call, message, kept | common.caption_of(world, call))


def edit_message_media(world: World, call: Call) -> Json | bool:
    message = _target(world, call)
    media = call.nested("media", dict) or {}
    old, new = kind_of(message.body), str(media.get("type"))
    if old in {"voice", "sticker", "service"}:
        raise bad("message can't be edited")
    if "media_group_id" in message.body and not any({old, new} <= kinds for kinds in ALBUMS):
        raise bad("can't use the media of the specified type in the album")
    fields, file = input_media(world, call, media, uploads=not message.inline)
    before = list(message.files)
    message.files = [file]
    try:
        return _changed(world, call, message, fields)
    except Exception:
        message.files = before
        raise


def edit_message_reply_markup(world: World, call: Call) -> Json | bool:
    message = _target(world, call)
    return _changed(world, call, message, _content(message), date=False)


def _target(world: World, call: Call) -> Message:
    if call.has("inline_message_id"):
        message = world.inline.get(call.text("inline_message_id"))
        if message is None or message.gone:
            raise bad("MESSAGE_ID_INVALID")
        return message
    chat = common.open_chat(world, call.params.get("chat_id"))
    if not call.number("message_id"):
        raise bad("message identifier is not specified")
    message = world.message(chat, call.number("message_id"))
    if message is None:
        raise bad("message to edit not found")
    if not message.ours or message.asks or "forward_origin" in message.body:
        raise bad("message can't be edited")
    return message


def _content(message: Message) -> Json:
    return {name: message.body[name] for name in CARRIED if name in message.body}


def _changed(world: World, call: Call, message: Message, fields: Json, *, date: bool = True) -> Json | bool:
    """Put the new content in; a keyboard that is not given is gone."""
    chat = None if message.inline else message.chat
    markup = common.markup_of(call, chat, inline_only=True)
    if _compared(fields) == _compared(_content(message)) and markup == message.body.get("reply_markup"):
        raise bad(SAME)
    body = {name: value for name, value in message.body.items() if name not in CARRIED}
    body.pop("reply_markup", None)
    body |= fields
    if markup is not None:
        body["reply_markup"] = markup
    if date:
        body["edit_date"] = world.clock.date()
    message.become(body)
    world.changes.notify()
    return True if message.inline else message.body


def _compared(fields: Json) -> Json:
    """Two photos are the same when their ids are, whichever of its sizes was named."""
    if "photo" not in fields:
        return fields
    return fields | {"photo": fields["photo"][-1]["file_id"]}


def delete_message(world: World, call: Call) -> bool:
    chat = common.open_chat(world, call.params.get("chat_id"))
    message = world.message(chat, call.number("message_id"))
    if message is None:
        raise bad("message to delete not found")
    if not _deletable(world, message):
        raise bad("message can't be deleted")
    _remove(world, message)
    return True


def delete_messages(world: World, call: Call) -> bool:
    """Those that cannot be found or deleted are passed over."""
    chat = common.open_chat(world, call.params.get("chat_id"))
    numbers = call.nested("message_ids", list) or []
    if not 1 <= len(numbers) <= 100:
        raise bad("message identifiers are not specified" if not numbers else "too many message identifiers")
    for number in numbers:
        message = world.message(chat, number)
        if message is not None and _deletable(world, message):
            _remove(world, message)
    return True


def _deletable(world: World, message: Message) -> bool:
    if message.chat.bot == "administrator" and message.chat.kind != "private":
        return True
    young = world.clock.now() - message.body["date"] < TWO_DAYS
    return young and (message.ours or message.chat.private)


def _remove(world: World, message: Message) -> None:
    message.gone = True
    world.changes.notify()
