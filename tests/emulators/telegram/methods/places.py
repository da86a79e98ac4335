"""Methods about chats: who is there, topics, pins."""

from dataclasses import replace
from typing import Any

from tests.emulators.telegram.call import Call
from tests.emulators.telegram.errors import bad
from tests.emulators.telegram.methods import common
from tests.emulators.telegram.world import Chat, Json, Topic, World

COLOURS = (7322096, 16766590, 13338331, 9367192, 16749490, 16478047)
GIFTS = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
HERE = {"creator", "administrator", "member", "restricted"}


def get_chat(world: World, call: Call) -> Json:
    chat = common.open_chat(world, call.params.get("chat_id"))
    full: Json = chat.json() | {
        "accent_color_id": abs(chat.id) % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(GIFTS, True),
    }
    if chat.reactions_allowed is not None:
        full["available_reactions"] = [{"type": "emoji", "emoji": one} for one in chat.reactions_allowed]
    if not chat.private:
        full["permissions"] = {"can_send_messages": "text" not in chat.muted}
    if chat.pinned and (pinned := world.message(chat, chat.pinned[-1])):
        full["pinned_message"] = common.bare(pinned.body)
    return full


def get_chat_member(world: World, call: Call) -> Json:
    chat = common.open_chat(world, call.params.get("chat_id"))
    user = world.users.get(call.number("user_id"))
    if user is None:
        raise bad("user not found" if call.number("user_id") else "invalid user_id specified")
    if user is world.bot:
        return world.member(chat, user, chat.bot)
    if chat.private:
        return world.member(chat, user, "member" if user is chat.user else "left")
    return world.member(chat, user, chat.members.get(user.id, "left"))


def get_chat_administrators(world: World, call: Call) -> list[Json]:
    chat = common.open_chat(world, call.params.get("chat_id"))
    if chat.private:
        raise bad("there are no administrators in the private chat")
    found = [
        world.member(chat, world.users[number], status)
        for number, status in chat.members.items()
        if status in {"creator", "administrator"}
    ]
    if chat.bot == "administrator":
        found.append(world.member(chat, world.bot, chat.bot))
    return found


def get_chat_member_count(world: World, call: Call) -> int:
    chat = common.open_chat(world, call.params.get("chat_id"))
    if chat.private:
        return 2
    return 1 + sum(1 for status in chat.members.values() if status in HERE)


def leave_chat(world: World, call: Call) -> bool:
    chat = common.open_chat(world, call.params.get("chat_id"))
    if chat.private:
        raise bad("chat member status can't be changed in private chats")
    chat.bot = "left"
    world.changes.notify()
    return True


def create_forum_topic(world: World, call: Call) -> Json:
    chat = common.open_chat(world, call.params.get("chat_id"))
    name = call.text("name").strip()
    if not 1 <= len(name) <= 128:
        raise bad("TOPIC_TITLE_EMPTY" if not name else "TOPIC_TITLE_TOO_LONG")
    colour = call.number("icon_color", COLOURS[0])
    if colour not in COLOURS:
        raise bad("invalid icon color specified")
    if not _has_topics(world, chat):
        raise bad("the chat is not a forum")
    if not chat.private and chat.bot != "administrator":
        raise bad("not enough rights to create a topic")
    made = {"name": name, "icon_color": colour}
    message = common.post(world, chat, {"forum_topic_created": made})
    message.body |= {"message_thread_id": message.id, "is_topic_message": True}
    chat.topics[message.id] = Topic(message.id, name)
    return {"message_thread_id": message.id} | made


def _has_topics(world: World, chat: Chat) -> bool:
    return world.private_topics if chat.private else chat.forum


def edit_forum_topic(world: World, call: Call) -> bool:
    chat, topic = _topic(world, call)
    chat.topics[topic.id] = replace(topic, name=call.text("name", topic.name))
    return True


def close_forum_topic(world: World, call: Call) -> bool:
    chat, topic = _topic(world, call)
    chat.topics[topic.id] = replace(topic, closed=True)
    return True


def reopen_forum_topic(world: World, call: Call) -> bool:
    chat, topic = _topic(world, call)
    chat.topics[topic.id] = replace(topic, closed=False)
    return True


def delete_forum_topic(world: World, call: Call) -> bool:
    chat, topic = _topic(world, call)
    remove_topic(world, chat, topic.id)
    return True


def remove_topic(world: World, chat: Chat, topic: int) -> None:
    del chat.topics[topic]
    for message in chat.messages.values():
        if message.body.get("message_thread_id") == topic:
            message.gone = True
    world.changes.notify()


def _topic(world: World, call: Call) -> tuple[Chat, Topic]:
    chat = common.open_chat(world, call.params.get("chat_id"))
    topic = chat.topics.get(call.number("message_thread_id"))
    if topic is None:
        raise bad("message thread not found")
    if not chat.private and chat.bot != "administrator":
        raise bad("not enough rights to manage topics")
    return chat, topic


def pin_chat_message(world: World, call: Call) -> bool:
    chat = _pinning(world, call)
    message = world.message(chat, call.number("message_id"))
    if message is None:
        raise bad("message to pin not found")
    if message.id not in chat.pinned:
        chat.pinned.append(message.id)
        common.post(world, chat, {"pinned_message": common.bare(message.body)})
    return True


def unpin_chat_message(world: World, call: Call) -> bool:
    chat = _pinning(world, call)
    wanted: Any = call.number("message_id") or (chat.pinned[-1] if chat.pinned else 0)
    if wanted not in chat.pinned:
        raise bad("message to unpin not found")
    chat.pinned.remove(wanted)
    return True


def _pinning(world: World, call: Call) -> Chat:
    chat = common.open_chat(world, call.params.get("chat_id"))
    if not chat.private and chat.bot != "administrator":
        raise bad("not enough rights to manage pinned messages in the chat")
    return chat
