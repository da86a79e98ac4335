"""Channels and threads."""

from typing import Any

from tests.emulators.discord import forms, permissions, posting, shapes
from tests.emulators.discord.errors import Problems, refusal, wrong
from tests.emulators.discord.rest.call import Call, Routes
from tests.emulators.discord.rest.messages import limit, told
from tests.emulators.discord.things import HAS_THREAD, Channel, Json, Message
from tests.emulators.discord.world import World

ARCHIVES = (60, 1440, 4320, 10080)


def get_channel(world: World, call: Call) -> Any:
    return shapes.channel(world, world.channel(call.args["channel"]))


def edit_channel(world: World, call: Call) -> Any:
    channel, body = world.channel(call.args["channel"]), call.json
    problems = Problems()
    if "name" in body:
        problems.text("name", body["name"], 100, 1)
    if body.get("topic") is not None:
        problems.text("topic", body["topic"], 1024)
    problems.check()
    if channel.thread:
        if body == {"archived": False} and not channel.locked:
            world.need(channel, "send_messages_in_threads")  # whoever may write there can
        elif channel.owner != world.bot.id or "locked" in body:
            world.need(channel, "manage_threads")
        channel.archived = body.get("archived", channel.archived)
        channel.locked = body.get("locked", channel.locked)
        channel.archive_after = body.get("auto_archive_duration", channel.archive_after)
        channel.applied = [str(one) for one in body.get("applied_tags", channel.applied)]
    else:
        world.need(channel, "manage_channels")
        channel.topic = body.get("topic", channel.topic) or ""
        channel.nsfw = body.get("nsfw", channel.nsfw)
    channel.name = body.get("name", channel.name)
    channel.slowmode = body.get("rate_limit_per_user", channel.slowmode) or 0
    changed(world, channel)
    return shapes.channel(world, channel)


def delete_channel(world: World, call: Call) -> Any:
    channel = world.channel(call.args["channel"])
    if not channel.private:
        world.need(channel, "manage_threads" if channel.thread else "manage_channels")
        remove(world, channel)
    return shapes.channel(world, channel)


def changed(world: World, channel: Channel) -> None:
    event = "THREAD_UPDATE" if channel.thread else "CHANNEL_UPDATE"
    if world.bot_in(channel):
        world.tell(event, shapes.channel(world, channel), channel)
    world.changes.notify()


def remove(world: World, channel: Channel) -> None:
    """A channel is deleted, with its threads."""
    channel.gone = True
    for one in world.channels.values():
        if one.parent is channel and one.thread:
            one.gone = True
    if world.bot_in(channel):
        if channel.thread:
            body = shapes.channel(world, channel)
            world.tell(
                "THREAD_DELETE", {n: body[n] for n in ("id", "guild_id", "parent_id", "type")}, channel
            )
        else:
            world.tell("CHANNEL_DELETE", shapes.channel(world, channel), channel)
    world.changes.notify()


def open_thread(
    world: World,
    parent: Channel,
    name: str,
    owner: int,
    *,
    private: bool = False,
    after: int = 1440,
    **more: Any,
) -> Channel:
    """Make a thread; the bot is told if it can see it."""
    kind = "private_thread" if private else "news_thread" if parent.kind == "news" else "public_thread"
    now = world.clock.now()
    number = more.pop("number", 0) or world.next_id()
    thread = Channel(
        number, kind, name, parent.guild, parent, owner=owner, joined={owner: now}, created=now, **more
    )
    thread.archive_after = after
    world.channels[thread.id] = thread
    if parent.guild is not None:
        parent.guild.channels[thread.id] = thread
    if world.bot_in(thread) and world.bot_sees(thread):
        world.tell("THREAD_CREATE", shapes.told_thread(world, thread) | {"newly_created": True}, thread)
    world.changes.notify()
    return thread


def _check(body: Json) -> int:
    problems = Problems()
    problems.text("name", body.get("name"), 100, 1)
    after = body.get("auto_archive_duration") or 1440
    if after not in ARCHIVES:
        problems.add("auto_archive_duration", "BASE_TYPE_CHOICES", f"Value must be one of {ARCHIVES}.")
    problems.check()
    return int(after)


def thread_from_message(world: World, call: Call) -> Any:
    channel = world.channel(call.args["channel"])
    if channel.kind not in {"text", "news"}:
        raise refusal(50024)
    world.need(channel, "create_public_threads", "read_message_history")
    message = world.message(channel, call.args["message"])
    after = _check(call.json)
    return shapes.told_thread(world, thread_under(world, message, call.json["name"], world.bot.id, after))


def thread_under(world: World, message: Message, name: str, owner: int, after: int = 1440) -> Channel:
    """The thread of a message. There is one at most."""
    if message.thread is not None:
        raise refusal(160004)
    thread = open_thread(world, message.channel, name, owner, after=after, number=message.id)
    message.thread = thread
    message.flags |= HAS_THREAD
    posting.told(world, message)
    reference: Json = {"type": 0, "channel_id": str(message.channel.id), "message_id": str(message.id)}
    if thread.guild:
        reference["guild_id"] = str(thread.guild.id)
    now = world.clock.now()
    starter = Message(world.next_id(), thread, message.author, now, kind=21, reference=reference)
    posting.keep(world, starter)
    return thread


def announce(world: World, thread: Channel) -> None:
    """In the channel it is told that a thread was opened there without a message."""
    if thread.kind == "private_thread" or thread.parent is None or thread.guild is None:
        return
    reference: Json = {"type": 0, "channel_id": str(thread.id), "guild_id": str(thread.guild.id)}
    author, now = world.users[thread.owner], world.clock.now()
    told = Message(world.next_id(), thread.parent, author, now, thread.name, kind=18, reference=reference)
    told.thread = thread
    posting.keep(world, told)


def create_thread(world: World, call: Call) -> Any:
    channel, body = world.channel(call.args["channel"]), call.json
    if channel.kind == "forum":
        return _post(world, channel, call)
    if channel.kind not in {"text", "news"}:
        raise refusal(50024)
    after = _check(body)
    private = body.get("type", 12) == 12
    world.need(channel, "create_private_threads" if private else "create_public_threads")
    thread = open_thread(world, channel, body["name"], world.bot.id, private=private, after=after)
    announce(world, thread)
    return shapes.told_thread(world, thread)


def _post(world: World, forum: Channel, call: Call) -> Any:
    body = call.json
    world.need(forum, "send_messages")
    after = _check(body)
    if not isinstance(body.get("message"), dict):
        raise wrong("message", "BASE_TYPE_REQUIRED", "This field is required")
    form = forms.read(body["message"], call.uploads, limit=limit(forum))
    tags = [str(one) for one in body.get("applied_tags") or ()]
    thread = open_thread(world, forum, body["name"], world.bot.id, after=after, applied=tags)
    message = posting.create(world, thread, world.bot, form, id=thread.id)
    return shapes.told_thread(world, thread) | {"message": told(world, message)}


def join_thread(world: World, call: Call) -> None:
    _membership(world, world.channel(call.args["channel"]), world.bot.id, True)


def leave_thread(world: World, call: Call) -> None:
    _membership(world, world.channel(call.args["channel"]), world.bot.id, False)


def add_to_thread(world: World, call: Call) -> None:
    _membership(world, world.channel(call.args["channel"]), int(call.args["user"]), True)


def remove_from_thread(world: World, call: Call) -> None:
    channel = world.channel(call.args["channel"])
    world.need(channel, "manage_threads")
    _membership(world, channel, int(call.args["user"]), False)


def _membership(world: World, thread: Channel, user: int, inside: bool) -> None:
    if not thread.thread or thread.guild is None:
        raise refusal(50024)
    if inside:
        thread.joined.setdefault(user, world.clock.now())
    else:
        thread.joined.pop(user, None)
    body: Json = {
        "id": str(thread.id),
        "guild_id": str(thread.guild.id),
        "member_count": len(thread.joined),
    }
    if inside:
        person = shapes.member(world, thread.guild.members[user])
        body["added_members"] = [
            shapes.thread_member(world, thread, user) | {"member": person, "presence": None}
        ]
    else:
        body["removed_member_ids"] = [str(user)]
    world.tell("THREAD_MEMBERS_UPDATE", body, thread)


def thread_members(world: World, call: Call) -> Any:
    thread = world.channel(call.args["channel"])
    return [shapes.thread_member(world, thread, number) for number in thread.joined]


def _threads(world: World, found: list[Channel]) -> Json:
    mine = [one for one in found if world.bot.id in one.joined]
    return {
        "threads": [shapes.channel(world, one) for one in found],
        "members": [shapes.thread_member(world, one, world.bot.id) for one in mine],
    }


def active_threads(world: World, call: Call) -> Any:
    guild = world.guild(call.args["guild"])
    open_ones = [one for one in guild.channels.values() if one.thread and not (one.archived or one.gone)]
    return _threads(world, [one for one in open_ones if world.bot_sees(one)])


def archived_threads(world: World, call: Call) -> Any:
    channel = world.channel(call.args["channel"])
    world.need(channel, "read_message_history")
    private = call.template.endswith("private")
    found = [
        one
        for one in world.channels.values()
        if one.parent is channel
        and one.archived
        and not one.gone
        and (one.kind == "private_thread") is private
    ]
    return _threads(world, found) | {"has_more": False}


def overwrite(world: World, call: Call) -> None:
    channel = world.channel(call.args["channel"])
    world.need(channel, "manage_roles")
    allow, deny = int(call.json.get("allow") or 0), int(call.json.get("deny") or 0)
    channel.overwrites[int(call.args["target"])] = (allow & permissions.ALL, deny & permissions.ALL)
    changed(world, channel)


_ONE = "/channels/{channel}"
ROUTES: Routes = {
    ("GET", _ONE): get_channel,
    ("PATCH", _ONE): edit_channel,
    ("DELETE", _ONE): delete_channel,
    ("POST", f"{_ONE}/messages/{{message}}/threads"): thread_from_message,
    ("POST", f"{_ONE}/threads"): create_thread,
    ("PUT", f"{_ONE}/thread-members/@me"): join_thread,
    ("DELETE", f"{_ONE}/thread-members/@me"): leave_thread,
    ("PUT", f"{_ONE}/thread-members/{{user}}"): add_to_thread,
    ("DELETE", f"{_ONE}/thread-members/{{user}}"): remove_from_thread,
    ("GET", f"{_ONE}/thread-members"): thread_members,
    ("GET", f"{_ONE}/threads/archived/public"): archived_threads,
    ("GET", f"{_ONE}/threads/archived/private"): archived_threads,
    ("PUT", f"{_ONE}/permissions/{{target}}"): overwrite,
    ("GET", "/guilds/{guild}/threads/active"): active_threads,
}
