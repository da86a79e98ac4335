"""What people, servers and places look like on the wire."""

from tests.emulators.discord import permissions
from tests.emulators.discord.things import KINDS, Channel, Guild, Json, Member, Role, User
from tests.emulators.discord.world import World

LOCALES = frozenset(
    [
        "id",
        "da",
        "de",
        "en-GB",
        "en-US",
        "es-ES",
        "es-419",
        "fr",
        "hr",
        "it",
        "lt",
        "hu",
        "nl",
        "no",
        "pl",
        "pt-BR",
        "ro",
        "fi",
        "sv-SE",
        "vi",
        "tr",
        "cs",
        "el",
        "bg",
        "ru",
        "uk",
        "hi",
        "th",
        "zh-CN",
        "ja",
        "zh-TW",
        "ko",
    ]
)


def user(one: User) -> Json:
    return {
        "id": str(one.id),
        "username": one.name.lower().replace(" ", "_"),
        "discriminator": "0000" if one.bot else "0",
        "global_name": None if one.bot else one.name,
        "avatar": None,
        "avatar_decoration_data": None,
        "primary_guild": None,
        "public_flags": 0,
        "flags": 0,
    } | ({"bot": True} if one.bot else {})


def me(world: World) -> Json:
    rest = {"mfa_enabled": True, "verified": True, "locale": "en-US", "email": None, "bio": ""}
    return user(world.bot) | {"username": world.bot.name} | rest


def member(world: World, one: Member, *, with_user: bool = True) -> Json:
    until = world.iso(world.clock.now() + 600) if one.timed_out else None
    body: Json = {
        "roles": [str(role) for role in one.roles],
        "nick": one.nick or None,
        "avatar": None,
        "banner": None,
        "joined_at": world.iso(one.joined),
        "premium_since": None,
        "deaf": False,
        "mute": False,
        "pending": False,
        "flags": 0,
        "communication_disabled_until": until,
    }
    return body | ({"user": user(one.user)} if with_user else {})


def role(one: Role) -> Json:
    return {
        "id": str(one.id),
        "name": one.name,
        "permissions": str(one.permissions),
        "position": one.position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": one.managed,
        "mentionable": one.mentionable,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    } | ({"tags": {"bot_id": str(one.bot)}} if one.bot else {})


def channel(world: World, one: Channel) -> Json:
    last = str(one.last) if one.last else None
    body: Json = {"id": str(one.id), "type": KINDS[one.kind], "last_message_id": last, "flags": 0}
    if one.private:
        people = [world.users[number] for number in one.recipients if number != world.bot.id]
        body["recipients"] = [user(person) for person in people]
        return body | ({"name": one.name or None, "icon": None} if one.kind == "group" else {})
    assert one.guild is not None
    body |= {
        "guild_id": str(one.guild.id),
        "name": one.name,
        "parent_id": str(one.parent.id) if one.parent else None,
        "rate_limit_per_user": one.slowmode,
    }
    if one.thread:
        return body | _thread(world, one)
    body |= {
        "position": one.position,
        "permission_overwrites": _overwrites(one),
        "nsfw": one.nsfw,
        "topic": one.topic or None,
    }
    if one.kind in {"voice", "stage"}:
        body |= {"bitrate": 64000, "user_limit": 0, "rtc_region": None}
    if one.kind == "forum":
        layout: Json = {"default_reaction_emoji": None, "default_sort_order": None}
        body |= {"available_tags": one.tags, "default_forum_layout": 0, "template": ""} | layout
    return body


def _overwrites(one: Channel) -> list[Json]:
    assert one.guild is not None
    return [
        {
            "id": str(whom),
            "type": 0 if whom in one.guild.roles else 1,
            "allow": str(allow),
            "deny": str(deny),
        }
        for whom, (allow, deny) in one.overwrites.items()
    ]


def _thread(world: World, one: Channel) -> Json:
    said = sum(1 for message in one.messages.values() if not message.gone and message.id != one.id)
    metadata = {
        "archived": one.archived,
        "archive_timestamp": world.iso(one.created),
        "auto_archive_duration": one.archive_after,
        "locked": one.locked,
        "create_timestamp": world.iso(one.created),
    }
    if one.kind == "private_thread":
        metadata["invitable"] = True
    return {
        "owner_id": str(one.owner),
        "message_count": said,
        "member_count": min(len(one.joined), 50),
        "total_message_sent": said,
        "thread_metadata": metadata,
    } | ({"applied_tags": one.applied} if one.parent and one.parent.kind == "forum" else {})


def thread_member(world: World, thread: Channel, number: int) -> Json:
    at = world.iso(thread.joined[number])
    return {"id": str(thread.id), "user_id": str(number), "join_timestamp": at, "flags": 0}


def guild(world: World, one: Guild) -> Json:
    """As REST tells it."""
    nothing = (
        "icon icon_hash splash discovery_splash banner description afk_channel_id vanity_url_code "
        "application_id system_channel_id rules_channel_id public_updates_channel_id max_presences "
        "widget_channel_id safety_alerts_channel_id"
    )
    return dict.fromkeys(nothing.split()) | {
        "id": str(one.id),
        "name": one.name,
        "owner_id": str(one.owner),
        "afk_timeout": 300,
        "widget_enabled": False,
        "verification_level": 0,
        "default_message_notifications": 1,
        "explicit_content_filter": 0,
        "roles": [role(each) for each in one.roles.values()],
        "emojis": [],
        "stickers": [],
        "features": [],
        "mfa_level": 0,
        "system_channel_flags": 0,
        "max_members": 500_000,
        "max_video_channel_users": 25,
        "premium_tier": one.level,
        "premium_subscription_count": 0,
        "preferred_locale": one.locale,
        "nsfw_level": 0,
        "premium_progress_bar_enabled": False,
    }


def guild_create(world: World, one: Guild) -> Json:
    """As the gateway tells it: only what the bot sees, and of the members only the bot."""
    visible = [each for each in one.channels.values() if not each.gone]
    threads = [each for each in visible if each.thread and not each.archived and world.bot_sees(each)]
    return guild(world, one) | {
        "joined_at": world.iso(one.members[world.bot.id].joined),
        "large": len(one.members) > 250,
        "unavailable": False,
        "member_count": len(one.members),
        "members": [member(world, one.members[world.bot.id])],
        "channels": [channel(world, each) for each in visible if not each.thread],
        "threads": [told_thread(world, each) for each in threads],
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def told_thread(world: World, one: Channel) -> Json:
    """A thread in an event: with the bot's membership, if there is one."""
    body = channel(world, one)
    if world.bot.id in one.joined:
        body["member"] = thread_member(world, one, world.bot.id)
    return body


def application(world: World) -> Json:
    """``oauth2/applications/@me`` and ``applications/@me``."""
    limited = {"presences": 1 << 13, "members": 1 << 15, "message_content": 1 << 19}
    flags = sum(bit for name, bit in limited.items() if name in world.approved)
    return {
        "id": str(world.application),
        "name": world.bot.name,
        "icon": None,
        "description": "",
        "summary": "",
        "type": None,
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": world.verify_key,
        "flags": flags,
        "flags_new": str(flags),
        "approximate_guild_count": sum(1 for one in world.guilds.values() if world.bot_in(one)),
        "approximate_user_install_count": sum(1 for one in world.users.values() if one.installed),
        "interactions_endpoint_url": world.endpoint_url or None,
        "redirect_uris": [],
        "role_connections_verification_url": None,
        "integration_types_config": {"0": {}, "1": {}},
        "explicit_content_filter": 0,
        "eligible_oauth2_scopes": [],
        "approximate_user_authorization_count": 0,
        "owner": user(User(1, "Owner")),
        "team": None,
        "hook": True,
        "rpc_origins": [],
        "bot": user(world.bot),
    }


def partial_channel(world: World, one: Channel, reader: int) -> Json:
    """A place as an interaction tells it."""
    return channel(world, one) | {"permissions": str(permissions.in_channel(one, reader))}
