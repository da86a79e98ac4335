"""Who is notified by a message, given what its sender allows."""

import re
from dataclasses import dataclass, field
from typing import Any

from tests.emulators.discord import permissions
from tests.emulators.discord.errors import Problems
from tests.emulators.discord.messages import mentioned
from tests.emulators.discord.things import Channel, Message, User
from tests.emulators.discord.world import World

_ROLE = re.compile(r"<@&(\d+)>")
_EVERYONE = re.compile(r"@(everyone|here)\b")


@dataclass(frozen=True, slots=True)
class Allowed:
    """``allowed_mentions``; as it stands here when the field is missing."""

    everyone: bool = True
    all_users: bool = True
    all_roles: bool = True
    users: frozenset[int] = frozenset()
    roles: frozenset[int] = frozenset()
    replied: bool = True


def allowed(value: Any, problems: Problems) -> Allowed:
    if value is None:
        return Allowed()
    way = "allowed_mentions"
    if not isinstance(value, dict):
        problems.add(way, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
        return Allowed()
    parse = value.get("parse") or []
    for place, name in enumerate(parse):
        if name not in {"users", "roles", "everyone"}:
            problems.add(f"{way}.parse.{place}", "BASE_TYPE_CHOICES", f"{name!r} is no kind of mention")
    listed: dict[str, frozenset[int]] = {}
    for name in ("users", "roles"):
        ids = value.get(name) or []
        if len(ids) > 100:
            problems.add(f"{way}.{name}", "BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length.")
        if ids and name in parse:
            problems.add(
                way,
                "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                f"parse:[{name!r}] and {name}: [ids...] are mutually exclusive.",
            )
        listed[name] = frozenset(int(one) for one in ids)
    return Allowed(
        everyone="everyone" in parse,
        all_users="users" in parse,
        all_roles="roles" in parse,
        users=listed["users"],
        roles=listed["roles"],
        replied=bool(value.get("replied_user", False)),
    )


@dataclass(frozen=True, slots=True)
class Mentions:
    users: list[int] = field(default_factory=list)
    roles: list[int] = field(default_factory=list)
    everyone: bool = False
    pings: list[int] = field(default_factory=list)
    role_pings: list[int] = field(default_factory=list)


def find(
    world: World, channel: Channel, author: User, text: str, policy: Allowed, answered: Message | None
) -> Mentions:
    """Names in the text, and who of them is notified."""
    held = permissions.in_channel(channel, author.id)
    anyone = bool(held & permissions.BITS["mention_everyone"])
    users = mentioned(world, channel, text)
    pings = [one for one in users if policy.all_users or one in policy.users]
    if answered is not None and policy.replied and answered.author.id not in pings:
        pings.append(answered.author.id)
    known = channel.guild.roles if channel.guild else {}
    roles = [one for one in dict.fromkeys(map(int, _ROLE.findall(text))) if one in known]
    role_pings = [
        one
        for one in roles
        if (policy.all_roles or one in policy.roles) and (anyone or known[one].mentionable)
    ]
    shown = list(dict.fromkeys([*(one for one in users if one in pings), *pings]))
    return Mentions(
        users=shown,
        roles=role_pings,
        everyone=bool(_EVERYONE.search(text)) and anyone and policy.everyone,
        pings=[one for one in pings if one != author.id],
        role_pings=role_pings,
    )
