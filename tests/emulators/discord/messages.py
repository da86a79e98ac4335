"""What messages look like on the wire, and who may read them."""

import re
from copy import deepcopy
from typing import Any

from tests.emulators.discord import shapes
from tests.emulators.discord.things import KINDS, SNAPSHOT, Channel, Json, Message
from tests.emulators.discord.world import World

_MENTION = re.compile(r"<@!?(\d+)>")


def text_of(components: Any) -> str:
    """The texts of all text displays."""
    return "\n".join(str(one.get("content", "")) for one in walk(components) if one.get("type") == 10)


def walk(components: Any) -> list[Json]:
    """All components, those inside others too, in order."""
    found: list[Json] = []
    for one in components if isinstance(components, list) else []:
        if isinstance(one, dict):
            found.append(one)
            found += walk(one.get("components"))
            found += walk([one.get(name) for name in ("accessory", "component") if name in one])
    return found


def readable(world: World, message: Message) -> bool:
    """Its contents are told also without the message content intent."""
    if message.channel.private or message.author is world.bot:
        return True
    return world.bot.id in message.mentions or world.bot.id in message.pings


def message(world: World, one: Message, *, open: bool = True, whole: bool = False) -> Json:
    """A message. ``open``: contents are told; ``whole``: in any case, for this one."""
    body = _frame(world, one)
    if open or whole or readable(world, one):
        body |= contents(world, one)
    else:
        body |= {"content": "", "embeds": [], "attachments": [], "components": []}
    if one.nonce is not None:
        body["nonce"] = one.nonce
    if one.reactions:
        body["reactions"] = [_reaction(world, name, by) for name, by in one.reactions.items()]
    if one.reference:
        body["message_reference"] = one.reference
        if one.kind in {19, 21}:
            referred = world.messages.get(int(one.reference.get("message_id", 0)))
            alive = referred is not None and not referred.gone and not one.flags & SNAPSHOT
            nested = _unreferring(world, referred, open) if referred is not None and alive else None
            body["referenced_message"] = nested
    if one.snapshots and (open or whole or readable(world, one)):
        body["message_snapshots"] = deepcopy(one.snapshots)
    if one.interaction:
        body |= {"webhook_id": str(world.application), "application_id": str(world.application)}
        body["interaction_metadata"] = one.interaction
    if one.thread is not None and not one.thread.gone:
        body["thread"] = shapes.channel(world, one.thread)
    if one.stickers:
        body["sticker_items"] = one.stickers
    return body


def _frame(world: World, one: Message) -> Json:
    return {
        "id": str(one.id),
        "channel_id": str(one.channel.id),
        "author": shapes.user(one.author),
        "timestamp": world.iso(one.at),
        "edited_timestamp": world.iso(one.edited) if one.edited else None,
        "tts": one.tts,
        "mention_everyone": one.everyone,
        "mentions": [shapes.user(world.users[number]) for number in one.mentions],
        "mention_roles": [str(number) for number in one.role_mentions],
        "pinned": one.pinned,
        "type": one.kind,
        "flags": one.flags,
    }


def _unreferring(world: World, one: Message, open: bool) -> Json:
    """A message inside another, which shows none inside itself."""
    body = message(world, one, open=open)
    body.pop("referenced_message", None)
    return body


def contents(world: World, one: Message) -> Json:
    """What the message content intent is about."""
    body: Json = {
        "content": one.content,
        "embeds": [_resolved(world, one, embed) for embed in one.embeds],
        "attachments": [world.cdn.json(file) for file in one.files],
        "components": [_resolved(world, one, part) for part in one.components],
    }
    return body | ({"poll": one.poll} if one.poll else {})


def _resolved(world: World, one: Message, part: Any) -> Any:
    """The same with ``attachment://name`` made into links."""
    if isinstance(part, list):
        return [_resolved(world, one, each) for each in part]
    if not isinstance(part, dict):
        return part
    url = part.get("url")
    if isinstance(url, str) and url.startswith("attachment://"):
        file = next((each for each in one.files if each.name == url.removeprefix("attachment://")), None)
        if file is not None:
            links = {"url": world.cdn.link(file), "proxy_url": world.cdn.link(file, proxied=True)}
            shape = {"width": file.width, "height": file.height} if file.width else {}
            named = {"id": str(file.id), "attachment_id": str(file.id)}
            return part | links | shape | named | {"content_type": file.kind}
        return part
    return {name: _resolved(world, one, each) for name, each in part.items()}


def _reaction(world: World, name: str, by: list[int]) -> Json:
    return {
        "emoji": emoji(name),
        "count": len(by),
        "count_details": {"burst": 0, "normal": len(by)},
        "burst_colors": [],
        "me_burst": False,
        "burst_me": False,
        "me": world.bot.id in by,
        "burst_count": 0,
    }


def emoji(name: str) -> Json:
    """``👍``, or ``name:id`` for one of a server's own."""
    plain, _, number = name.partition(":")
    return {"id": number or None, "name": plain}


def event(world: World, one: Message, *, open: bool) -> Json:
    """A message as the gateway tells it."""
    body = message(world, one, open=open) | {"channel_type": KINDS[one.channel.kind]}
    guild = one.channel.guild
    if guild is None:
        return body
    body["guild_id"] = str(guild.id)
    if (found := guild.members.get(one.author.id)) and not one.interaction:
        body["member"] = shapes.member(world, found, with_user=False)
    for mentioned in body["mentions"]:
        if found := guild.members.get(int(mentioned["id"])):
            mentioned["member"] = shapes.member(world, found, with_user=False)
    return body


def snapshot(world: World, one: Message) -> Json:
    """A message as it travels inside a forward."""
    body = contents(world, one) | {
        "type": one.kind,
        "timestamp": world.iso(one.at),
        "edited_timestamp": world.iso(one.edited) if one.edited else None,
        "flags": one.flags,
        "mentions": [shapes.user(world.users[number]) for number in one.mentions],
        "mention_roles": [str(number) for number in one.role_mentions],
    }
    return {"message": body}


def mentioned(world: World, channel: Channel, text: str) -> list[int]:
    """People whose names are in it."""
    numbers = dict.fromkeys(int(found) for found in _MENTION.findall(text))
    guild = channel.guild
    return [number for number in numbers if number in (guild.members if guild else world.users)]
