"""Messages, by the bot's own token."""

from typing import Any

from tests.emulators.discord import forms, messages, posting
from tests.emulators.discord.errors import refusal, wrong
from tests.emulators.discord.rest.call import Call, Routes
from tests.emulators.discord.things import MIB, Channel, Json, Message
from tests.emulators.discord.world import World

TALK = frozenset({"text", "news", "voice", "stage", "direct", "group"})
FORTNIGHT = 14 * 86_400
MOST_PINS = 250


def read(world: World) -> bool:
    """May REST tell contents? That is a matter of the application, not of a connection."""
    return "message_content" in world.approved


def told(world: World, message: Message) -> Json:
    return messages.message(world, message, open=read(world))


def limit(channel: Channel) -> int:
    return channel.guild.upload_limit if channel.guild else 10 * MIB


def speak(world: World, channel: Channel, call: Call) -> None:
    """May the bot say that there?"""
    if channel.private:
        _direct(world, channel)
        return
    if not channel.thread and channel.kind not in TALK:
        raise refusal(50008)
    world.need(channel, "send_messages_in_threads" if channel.thread else "send_messages")
    if call.uploads:
        world.need(channel, "attach_files")
    if call.json.get("embeds"):
        world.need(channel, "embed_links")
    if call.json.get("tts"):
        world.need(channel, "send_tts_messages")
    if channel.thread and channel.locked:
        raise refusal(50083)
    _slow(world, channel)


def _direct(world: World, channel: Channel) -> None:
    for number in channel.recipients:
        person = world.users[number]
        if person is world.bot:
            continue
        if person.blocked:
            raise refusal(50007)
        if not world.mutual(person):
            raise refusal(50278)


def _slow(world: World, channel: Channel) -> None:
    if not channel.slowmode:
        return
    mine = [one.at for one in channel.messages.values() if one.author is world.bot]
    left = max(mine, default=0.0) + channel.slowmode - world.clock.now()
    if left > 0 and not world.may(channel, "manage_messages"):
        raise refusal(20016, retry_after=round(world.clock.real(left), 3), **{"global": False})


def create_message(world: World, call: Call) -> Any:
    channel = world.channel(call.args["channel"])
    speak(world, channel, call)
    form = forms.read(call.json, call.uploads, limit=limit(channel))
    return told(world, posting.create(world, channel, world.bot, form))


def edit_message(world: World, call: Call) -> Any:
    channel = world.channel(call.args["channel"])
    message = world.message(channel, call.args["message"])
    if channel.archived:
        raise refusal(50083)
    if message.author is not world.bot:
        if set(call.json) - {"flags"}:
            raise refusal(50005)
        world.need(channel, "manage_messages")
    if call.uploads:
        world.need(channel, "attach_files")
    form = forms.read(call.json, call.uploads, limit=limit(channel), old=message)
    posting.change(world, message, form)
    return told(world, message)


def delete_message(world: World, call: Call) -> None:
    channel = world.channel(call.args["channel"])
    message = world.message(channel, call.args["message"])
    if message.author is not world.bot:
        world.need(channel, "manage_messages")
    posting.delete(world, message)


def bulk_delete(world: World, call: Call) -> None:
    channel = world.channel(call.args["channel"])
    world.need(channel, "manage_messages")
    ids = [int(one) for one in call.json.get("messages") or ()]
    if not 2 <= len(ids) <= 100:
        raise wrong("messages", "BASE_TYPE_BAD_LENGTH", "Must be between 2 and 100 in length.")
    found = [channel.messages[one] for one in ids if one in channel.messages]
    if any(one.at < world.clock.now() - FORTNIGHT for one in found):
        raise refusal(50034)
    if found := [one for one in found if not one.gone]:
        posting.delete(world, *found)


def get_message(world: World, call: Call) -> Any:
    channel = world.channel(call.args["channel"])
    world.need(channel, "read_message_history")
    return told(world, world.message(channel, call.args["message"]))


def get_messages(world: World, call: Call) -> Any:
    """The newest first; none where the bot may not read the history."""
    channel = world.channel(call.args["channel"])
    number = int(call.query.get("limit", 50))
    if not 1 <= number <= 100:
        raise wrong("limit", "NUMBER_TYPE_MAX", "int value should be between 1 and 100.")
    if not world.may(channel, "read_message_history"):
        return []
    found = [one for one in channel.messages.values() if not one.gone and not one.secret_to]
    found.sort(key=lambda one: one.id)
    if "before" in call.query:
        found = [one for one in found if one.id < int(call.query["before"])]
    if "after" in call.query:
        found = [one for one in found if one.id > int(call.query["after"])][:number]
    if "around" in call.query:
        middle = int(call.query["around"])
        near = sorted(found, key=lambda one: abs(one.id - middle))[:number]
        found = sorted(near, key=lambda one: one.id)
    return [told(world, one) for one in reversed(found[-number:])]


def type_in(world: World, call: Call) -> None:
    channel = world.channel(call.args["channel"])
    if not channel.private:
        world.need(channel, "send_messages_in_threads" if channel.thread else "send_messages")
    else:
        _direct(world, channel)
    channel.typing[world.bot.id] = world.clock.now() + 10
    world.changes.notify_in(world.clock.real(10))
    world.changes.notify()


def pin(world: World, call: Call) -> None:
    _set_pin(world, call, True)


def unpin(world: World, call: Call) -> None:
    _set_pin(world, call, False)


def _set_pin(world: World, call: Call, pinned: bool) -> None:
    channel = world.channel(call.args["channel"])
    if not channel.private:
        world.need(channel, "pin_messages")
    message = world.message(channel, call.args["message"])
    if pinned and sum(1 for one in channel.messages.values() if one.pinned) >= MOST_PINS:
        raise refusal(30003)
    if message.pinned is pinned:
        return
    message.pinned = pinned
    posting.told(world, message)
    body = {"channel_id": str(channel.id), "last_pin_timestamp": world.iso(world.clock.now())}
    if channel.guild:
        body["guild_id"] = str(channel.guild.id)
    world.tell("CHANNEL_PINS_UPDATE", body, channel)


def get_pins(world: World, call: Call) -> Any:
    channel = world.channel(call.args["channel"])
    found = [one for one in channel.messages.values() if one.pinned and not one.gone]
    items = [{"pinned_at": world.iso(one.edited or one.at), "message": told(world, one)} for one in found]
    return {"items": items[::-1], "has_more": False}


_ALL = "/channels/{channel}/messages"
_ONE = f"{_ALL}/{{message}}"
ROUTES: Routes = {
    ("POST", _ALL): create_message,
    ("GET", _ALL): get_messages,
    ("POST", f"{_ALL}/bulk-delete"): bulk_delete,
    ("GET", f"{_ALL}/pins"): get_pins,
    ("PUT", f"{_ALL}/pins/{{message}}"): pin,
    ("DELETE", f"{_ALL}/pins/{{message}}"): unpin,
    ("GET", _ONE): get_message,
    ("PATCH", _ONE): edit_message,
    ("DELETE", _ONE): delete_message,
    ("POST", "/channels/{channel}/typing"): type_in,
}
