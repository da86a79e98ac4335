"""What a member may do, by name and by bit."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tests.emulators.telegram.call import listed

if TYPE_CHECKING:
    from tests.emulators.discord.things import Channel, Guild

_NAMES = [
    "create_instant_invite",
    "kick_members",
    "ban_members",
    "administrator",
    "manage_channels",
    "manage_guild",
    "add_reactions",
    "view_audit_log",
    "priority_speaker",
    "stream",
    "view_channel",
    "send_messages",
    "send_tts_messages",
    "manage_messages",
    "embed_links",
    "attach_files",
    "read_message_history",
    "mention_everyone",
    "use_external_emojis",
    "view_guild_insights",
    "connect",
    "speak",
    "mute_members",
    "deafen_members",
    "move_members",
    "use_vad",
    "change_nickname",
    "manage_nicknames",
    "manage_roles",
    "manage_webhooks",
    "manage_expressions",
    "use_application_commands",
    "request_to_speak",
    "manage_events",
    "manage_threads",
    "create_public_threads",
    "create_private_threads",
    "use_external_stickers",
    "send_messages_in_threads",
    "use_embedded_activities",
    "moderate_members",
    "view_creator_monetization_analytics",
    "use_soundboard",
    "create_expressions",
    "create_events",
    "use_external_sounds",
    "send_voice_messages",
    "_47",
    "set_voice_channel_status",
    "send_polls",
    "use_external_apps",
    "pin_messages",
]
BITS = {name: 1 << place for place, name in enumerate(_NAMES)}
ALL = sum(BITS.values())
_WITHOUT_SENDING = ("mention_everyone", "send_tts_messages", "attach_files", "embed_links")


def bits(names: Iterable[str] | int) -> int:
    return names if isinstance(names, int) else sum(BITS[name] for name in names)


def named(value: int) -> frozenset[str]:
    return frozenset(name for name, bit in BITS.items() if value & bit)


EVERYONE = bits(
    listed(
        "add_reactions view_channel send_messages embed_links attach_files read_message_history "
        "mention_everyone use_external_emojis connect speak use_vad change_nickname stream "
        "use_application_commands create_public_threads create_private_threads use_external_stickers "
        "send_messages_in_threads send_voice_messages send_polls use_external_apps create_instant_invite"
    )
)
DIRECT = bits(
    listed(
        "add_reactions view_channel send_messages embed_links attach_files read_message_history "
        "mention_everyone use_external_emojis use_external_stickers send_voice_messages "
        "use_application_commands use_external_apps"
    )
)


def in_guild(guild: "Guild", user: int) -> int:
    """Whole-server permissions."""
    member = guild.members.get(user)
    if member is None:
        return 0
    if guild.owner == user:
        return ALL
    held = guild.roles[guild.id].permissions
    for role in member.roles:
        held |= guild.roles[role].permissions
    return ALL if held & BITS["administrator"] else held


def in_channel(channel: "Channel", user: int) -> int:
    """Permissions in a place, as the documentation computes them; a thread has its parent's."""
    guild = channel.guild
    if guild is None:
        return DIRECT if user in channel.recipients else 0
    held = in_guild(guild, user)
    if held == ALL or user not in guild.members:
        return held
    member = guild.members[user]
    overwrites = (channel.parent if channel.thread and channel.parent else channel).overwrites
    allow, deny = overwrites.get(guild.id, (0, 0))
    held = held & ~deny | allow
    allow = deny = 0
    for role in member.roles:
        more = overwrites.get(role, (0, 0))
        allow, deny = allow | more[0], deny | more[1]
    held = held & ~deny | allow
    allow, deny = overwrites.get(user, (0, 0))
    held = held & ~deny | allow
    if not held & BITS["view_channel"]:
        return 0
    if channel.kind == "private_thread" and user not in channel.joined and not held & BITS["manage_threads"]:
        return 0
    if not held & BITS["send_messages"] and not channel.thread:
        held &= ~bits(_WITHOUT_SENDING)
    if member.timed_out:
        held &= bits(("view_channel", "read_message_history"))
    return held
