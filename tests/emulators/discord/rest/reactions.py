"""Reactions."""

from typing import Any

from tests.emulators.discord import messages, shapes
from tests.emulators.discord.errors import refusal
from tests.emulators.discord.rest.call import Call, Routes
from tests.emulators.discord.things import Json, Message
from tests.emulators.discord.world import World

MOST_REACTIONS = 20


def react(world: World, call: Call) -> None:
    channel = world.channel(call.args["channel"])
    message = world.message(channel, call.args["message"])
    name = call.args["emoji"]
    if not name.strip() or (name.isascii() and ":" not in name):
        raise refusal(10014)
    if channel.archived:
        raise refusal(50083)
    world.need(channel, "read_message_history")
    if name not in message.reactions:
        world.need(channel, "add_reactions")
        if len(message.reactions) >= MOST_REACTIONS:
            raise refusal(30010)
    set_reaction(world, message, name, world.bot.id, True)


def unreact(world: World, call: Call) -> None:
    message = world.message(world.channel(call.args["channel"]), call.args["message"])
    set_reaction(world, message, call.args["emoji"], world.bot.id, False)


def unreact_other(world: World, call: Call) -> None:
    channel = world.channel(call.args["channel"])
    world.need(channel, "manage_messages")
    message = world.message(channel, call.args["message"])
    set_reaction(world, message, call.args["emoji"], int(call.args["user"]), False)


def clear_reactions(world: World, call: Call) -> None:
    channel = world.channel(call.args["channel"])
    world.need(channel, "manage_messages")
    message = world.message(channel, call.args["message"])
    name = call.args.get("emoji", "")
    body: Json = {"channel_id": str(channel.id), "message_id": str(message.id)}
    if channel.guild:
        body["guild_id"] = str(channel.guild.id)
    if name:
        message.reactions.pop(name, None)
        world.tell("MESSAGE_REACTION_REMOVE_EMOJI", body | {"emoji": messages.emoji(name)}, channel)
    else:
        message.reactions.clear()
        world.tell("MESSAGE_REACTION_REMOVE_ALL", body, channel)


def get_reactions(world: World, call: Call) -> Any:
    message = world.message(world.channel(call.args["channel"]), call.args["message"])
    by = message.reactions.get(call.args["emoji"], [])
    return [shapes.user(world.users[number]) for number in by]


def set_reaction(world: World, message: Message, name: str, user: int, given: bool) -> None:
    """Somebody reacts, or takes it back, and the bot is told."""
    by = message.reactions.setdefault(name, [])
    changed = (user in by) is not given
    if changed and given:
        by.append(user)
    elif changed:
        by.remove(user)
    if not by:
        message.reactions.pop(name)
    channel = message.channel
    if not changed or message.secret_to or not world.bot_in(channel):
        world.changes.notify()
        return
    body: Json = {
        "user_id": str(user),
        "channel_id": str(channel.id),
        "message_id": str(message.id),
        "message_author_id": str(message.author.id),
        "emoji": messages.emoji(name),
        "burst": False,
        "type": 0,
    }
    guild = channel.guild
    if guild is not None:
        body["guild_id"] = str(guild.id)
        if given and user in guild.members:
            body["member"] = shapes.member(world, guild.members[user])
    world.tell("MESSAGE_REACTION_ADD" if given else "MESSAGE_REACTION_REMOVE", body, channel)


_ONE = "/channels/{channel}/messages/{message}/reactions"
ROUTES: Routes = {
    ("PUT", f"{_ONE}/{{emoji}}/@me"): react,
    ("DELETE", f"{_ONE}/{{emoji}}/@me"): unreact,
    ("DELETE", f"{_ONE}/{{emoji}}/{{user}}"): unreact_other,
    ("GET", f"{_ONE}/{{emoji}}"): get_reactions,
    ("DELETE", f"{_ONE}/{{emoji}}"): clear_reactions,
    ("DELETE", _ONE): clear_reactions,
}
