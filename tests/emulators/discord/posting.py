"""Messages come into being, change and vanish, and the bot is told."""

from typing import Any

from tests.emulators.discord import mentions, messages, permissions, shapes
from tests.emulators.discord.errors import refusal, wrong
from tests.emulators.discord.forms import Form
from tests.emulators.discord.mentions import Allowed
from tests.emulators.discord.sight import see
from tests.emulators.discord.things import (
    EPHEMERAL,
    HAS_THREAD,
    LOADING,
    SNAPSHOT,
    Channel,
    Json,
    Message,
    User,
)
from tests.emulators.discord.world import World

NONCES = 300  # seconds that an enforced nonce is remembered
HISTORY = permissions.BITS["read_message_history"]


def create(world: World, channel: Channel, author: User, form: Form, **more: Any) -> Message:
    """Post a message; with an enforced nonce that is known, the one that had it first."""
    if form.enforce_nonce and form.nonce is not None:
        since = world.clock.now() - NONCES
        for known in reversed(channel.messages.values()):
            if known.author is author and str(known.nonce) == str(form.nonce) and known.at >= since:
                return known
    answered, reference, snapshots = refer(world, channel, author, form.reference)
    message = Message(
        world.next_id(),
        channel,
        author,
        world.clock.now(),
        content=form.content or "",
        embeds=form.embeds or [],
        components=form.components or [],
        flags=form.flags or 0,
        tts=form.tts,
        poll=form.poll,
        stickers=[{"id": one, "name": "wave", "format_type": 1} for one in form.stickers],
        reference=reference,
        snapshots=snapshots,
        nonce=form.nonce,
        kind=19 if reference and not snapshots else 0,
    )
    for name, value in more.items():
        setattr(message, name, value)
    if snapshots:
        message.flags |= SNAPSHOT
    place = channel.id
    for new in form.files:
        detail = {"title": new.title, "duration": new.duration, "waveform": new.waveform}
        hidden = bool(message.flags & EPHEMERAL)
        file = world.cdn.add(place, new.upload, ephemeral=hidden, spoiler=new.spoiler, **detail)
        message.files.append(file)
    _mention(world, message, form.policy, answered)
    keep(world, message)
    return message


def keep(world: World, message: Message) -> None:
    """Put it in its place and tell the bot. What is for one person only is told to nobody."""
    channel = message.channel
    if channel.archived and not message.secret_to:
        channel.archived = False
        world.tell("THREAD_UPDATE", shapes.told_thread(world, channel), channel)
    world.messages[message.id] = message
    channel.messages[message.id] = message
    channel.typing.pop(message.author.id, None)
    if not message.secret_to:
        channel.last = message.id
        if world.bot_in(channel) and (channel.private or world.bot_sees(channel)):
            world.tell("MESSAGE_CREATE", lambda open: messages.event(world, message, open=open), channel)
    world.changes.notify()


def _mention(world: World, message: Message, policy: Allowed, answered: Message | None) -> None:
    text = f"{message.content}\n{messages.text_of(message.components)}"
    found = mentions.find(world, message.channel, message.author, text, policy, answered)
    message.mentions, message.role_mentions, message.everyone = found.users, found.roles, found.everyone
    if not message.edited:
        message.pings, message.role_pings = found.pings, found.role_pings


def refer(
    world: World, channel: Channel, author: User, reference: Json | None
) -> tuple[Message | None, Json, list[Json]]:
    """The message that is answered, the reference to it, and what is forwarded."""
    if not reference:
        return None, {}, []
    number = _number("message_id", reference)
    if reference.get("type") == 1:
        source = world.channels.get(_number("channel_id", reference))
        found = source.messages.get(number) if source else None
        if found is None or found.gone:
            raise refusal(10008)
        body = {"type": 1, "channel_id": str(found.channel.id), "message_id": str(found.id)}
        if found.channel.guild:
            body["guild_id"] = str(found.channel.guild.id)
        return None, body, found.snapshots or [messages.snapshot(world, found)]
    found = channel.messages.get(number)
    if found is None or found.gone or (found.secret_to and found.secret_to != author.id):
        if reference.get("fail_if_not_exists", True):
            raise wrong("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
        return None, {}, []
    if author is world.bot and not permissions.in_channel(channel, author.id) & HISTORY:
        raise refusal(160002)
    body = {"type": 0, "channel_id": str(channel.id), "message_id": str(found.id)}
    if channel.guild:
        body["guild_id"] = str(channel.guild.id)
    return found, body, []


def _number(name: str, reference: Json) -> int:
    value = reference.get(name) or 0
    try:
        return int(value)
    except (TypeError, ValueError):
        words = f'Value "{value}" is not snowflake.'
        raise wrong(f"message_reference.{name}", "NUMBER_TYPE_COERCE", words) from None


def change(world: World, message: Message, form: Form) -> None:
    """Edit a message. The first words of a deferred answer notify people, as a new message does."""
    message.versions.append(see(world, message))
    first = message.loading
    if form.content is not None:
        message.content = form.content
    if form.embeds is not None:
        message.embeds = form.embeds
    if form.components is not None:
        message.components = form.components
    if form.flags is not None:
        message.flags = form.flags | (message.flags & (EPHEMERAL | HAS_THREAD))
    message.flags &= ~LOADING
    _change_files(world, message, form)
    if form.poll:
        message.poll = form.poll
    if not first:
        message.edited = world.clock.now()
    _mention(world, message, form.policy, None)
    if first:
        message.edited = world.clock.now()
    told(world, message)


def told(world: World, message: Message) -> None:
    """Tell the bot that a message looks different."""
    channel = message.channel
    if not message.secret_to and world.bot_in(channel) and (channel.private or world.bot_sees(channel)):
        world.tell("MESSAGE_UPDATE", lambda open: messages.event(world, message, open=open), channel)
    world.changes.notify()


def _change_files(world: World, message: Message, form: Form) -> None:
    if form.kept is not None:
        for file in message.files:
            if file.id not in form.kept:
                world.cdn.remove(file)
        message.files = [file for file in message.files if file.id in form.kept]
    for place, file in enumerate(message.files):
        if file.id in form.described:
            message.files[place] = world.cdn.redescribe(file, form.described[file.id])
    for new in form.files:
        hidden = bool(message.flags & EPHEMERAL)
        more = {"title": new.title, "duration": new.duration, "waveform": new.waveform}
        file = world.cdn.add(message.channel.id, new.upload, ephemeral=hidden, spoiler=new.spoiler, **more)
        message.files.append(file)


def delete(world: World, *gone: Message) -> None:
    """Take messages of one place away."""
    for message in gone:
        message.gone = True
    shown = [message for message in gone if not message.secret_to]
    channel = gone[0].channel
    if shown and world.bot_in(channel) and (channel.private or world.bot_sees(channel)):
        body: Json = {"channel_id": str(channel.id)}
        if channel.guild:
            body["guild_id"] = str(channel.guild.id)
        if len(shown) == 1:
            world.tell("MESSAGE_DELETE", body | {"id": str(shown[0].id)}, channel)
        else:
            world.tell("MESSAGE_DELETE_BULK", body | {"ids": [str(one.id) for one in shown]}, channel)
    world.changes.notify()
