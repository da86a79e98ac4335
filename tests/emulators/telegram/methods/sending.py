"""Methods that put a new message, or a sign of one, into a chat."""

from tests.emulators.telegram.call import Call, listed
from tests.emulators.telegram.errors import NOT_FOUND, Unfit, bad
from tests.emulators.telegram.files import shown
from tests.emulators.telegram.methods import common
from tests.emulators.telegram.methods.media import from_call, input_media
from tests.emulators.telegram.world import Draft, Json, Message, World

DRAFT_SECONDS = 30.0
ACTION_SECONDS = 5.0
ACTIONS = listed(
    "typing upload_photo record_video upload_video record_voice upload_voice upload_document "
    "choose_sticker find_location record_video_note upload_video_note"
)


def send_message(world: World, call: Call) -> Json:
    chat = common.open_chat(world, call.params.get("chat_id"))
    thread = common.thread_of(chat, call)
    common.may_send(chat, "text")
    text, entities = common.words(world, call)
    content = common.reply_of(world, call, chat) | common.text_fields(text, entities)
    return _posted(world, call, chat, content, thread)


def _send_media(kind: str):
    def send(world: World, call: Call) -> Json:
        chat = common.open_chat(world, call.params.get("chat_id"))
        thread = common.thread_of(chat, call)
        common.may_send(chat, kind)
        reply = common.reply_of(world, call, chat)
        caption = common.caption_of(world, call)
        markup = common.markup_of(call, chat)
        file = from_call(world, call, kind)
        message = common.post(world, chat, reply | shown(file) | caption, thread=thread, markup=markup)
        message.files.append(file)
        return _finished(call, message)

    return send


send_photo = _send_media("photo")
send_document = _send_media("document")
send_video = _send_media("video")
send_audio = _send_media("audio")
send_voice = _send_media("voice")
send_animation = _send_media("animation")


def send_media_group(world: World, call: Call) -> list[Json]:
    chat = common.open_chat(world, call.params.get("chat_id"))
    thread = common.thread_of(chat, call)
    media = call.nested("media", list) or []
    if not 2 <= len(media) <= 10:
        raise bad("group send failed: an album has 2 to 10 items")
    if call.has("reply_markup"):
        raise Unfit("an album takes no keyboard")
    kinds = {str(one.get("type")) for one in media}
    if "animation" in kinds or (kinds & {"audio", "document"} and len(kinds) > 1):
        raise bad("this file type can't be used in an album with the others")
    for kind in kinds:
        common.may_send(chat, kind)
    reply = common.reply_of(world, call, chat)
    made = [input_media(world, call, one) for one in media]
    album = world.token()
    sent: list[Json] = []
    for fields, file in made:
        message = common.post(world, chat, reply | fields | {"media_group_id": album}, thread=thread)
        message.files.append(file)
        sent.append(_finished(call, message))
    return sent


def _posted(world: World, call: Call, chat, content: Json, thread: int) -> Json:
    markup = common.markup_of(call, chat)
    return _finished(call, common.post(world, chat, content, thread=thread, markup=markup))


def _finished(call: Call, message: Message) -> Json:
    if call.flag("protect_content"):
        message.body["has_protected_content"] = True
    return message.body


def send_message_draft(world: World, call: Call) -> bool:
    if world.drafts == "missing":
        raise NOT_FOUND
    if world.drafts == "refused":
        raise bad("message drafts can't be used by the bot")
    chat = common.open_chat(world, call.params.get("chat_id"))
    if not chat.private:
        raise bad("TEXTDRAFT_PEER_INVALID")
    thread = common.thread_of(chat, call)
    draft = call.number("draft_id")
    if draft == 0:
        raise bad("draft_id must be non-zero")
    text, entities = common.words(world, call, empty=True)
    until = world.clock.now() + DRAFT_SECONDS
    chat.drafts[thread] = Draft(draft, text, tuple(entities), thread, until, call.flag("can_stop"))
    world.changes.notify()
    world.changes.notify_in(world.clock.real(DRAFT_SECONDS))
    return True


def send_chat_action(world: World, call: Call) -> bool:
    chat = common.open_chat(world, call.params.get("chat_id"))
    thread = common.thread_of(chat, call)
    action = call.text("action")
    if action not in ACTIONS:
        raise bad("wrong parameter action in request")
    chat.actions[thread] = (action, world.clock.now() + ACTION_SECONDS)
    world.changes.notify()
    world.changes.notify_in(world.clock.real(ACTION_SECONDS))
    return True


def forward_message(world: World, call: Call) -> Json:
    chat = common.open_chat(world, call.params.get("chat_id"))
    thread = common.thread_of(chat, call)
    source = _source(world, call, "forward")
    content = carried(source.body)
    origin: Json = {"type": "user", "date": source.body["date"], "sender_user": source.body.get("from")}
    content["forward_origin"] = source.body.get("forward_origin") or origin
    message = common.post(world, chat, content, thread=thread)
    message.files = list(source.files)
    return _finished(call, message)


def copy_message(world: World, call: Call) -> Json:
    chat = common.open_chat(world, call.params.get("chat_id"))
    thread = common.thread_of(chat, call)
    source = _source(world, call, "copy")
    content = common.reply_of(world, call, chat) | carried(source.body)
    if call.has("caption") and "text" not in content:
        for name in ("caption", "caption_entities"):
            content.pop(name, None)
        content |= common.caption_of(world, call)
    markup = common.markup_of(call, chat)
    message = common.post(world, chat, content, thread=thread, markup=markup)
    message.files = list(source.files)
    return {"message_id": message.id}


def _source(world: World, call: Call, verb: str) -> Message:
    place = common.find_chat(world, call.params.get("from_chat_id"))
    source = world.message(place, call.number("message_id"))
    if source is None:
        raise bad(f"message to {verb} not found")
    if source.body.get("has_protected_content"):
        raise bad(f"message can't be {verb}ed" if verb == "forward" else "message can't be copied")
    return source


CARRIED = listed(
    "text entities caption caption_entities show_caption_above_media has_media_spoiler photo "
    "document video audio voice animation sticker"
)


def carried(body: Json) -> Json:
    """The content of a message, without its place, sender and keyboard."""
    return {name: body[name] for name in CARRIED if name in body}
