"""What there is: people, servers, places, messages, and the bot's application."""

import itertools
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.emulators.discord import permissions
from tests.emulators.discord.cdn import Cdn, File
from tests.emulators.discord.errors import refusal
from tests.emulators.telegram.clock import Changes, Clock

Json = dict[str, Any]
Build = Callable[[bool], Json]  # an event's payload, with message contents or without

EPOCH = 1420070400000  # ms
KINDS = {
    "text": 0,
    "direct": 1,
    "voice": 2,
    "group": 3,
    "category": 4,
    "news": 5,
    "news_thread": 10,
    "public_thread": 11,
    "private_thread": 12,
    "stage": 13,
    "forum": 15,
}
THREADS = frozenset({"news_thread", "public_thread", "private_thread"})
MIB = 1 << 20
UPLOADS = (10 * MIB, 10 * MIB, 50 * MIB, 100 * MIB)  # by a server's level

CROSSPOSTED, SUPPRESS_EMBEDS, HAS_THREAD, EPHEMERAL = 1 << 0, 1 << 2, 1 << 5, 1 << 6
LOADING, SILENT, VOICE, SNAPSHOT, V2 = 1 << 7, 1 << 12, 1 << 13, 1 << 14, 1 << 15


@dataclass(eq=False, slots=True)
class User:
    """Somebody. ``installed``: they have added the application to their account."""

    id: int
    name: str
    bot: bool = False
    locale: str = "en-US"
    installed: bool = False
    blocked: bool = False  # takes no direct messages
    upload_limit: int = 10 * MIB

    @property
    def mention(self) -> str:
        return f"<@{self.id}>"

    def json(self) -> Json:
        return {"id": self.id, "name": self.name, "mention": self.mention, "locale": self.locale}


@dataclass(eq=False, slots=True)
class Member:
    """Somebody in a server."""

    user: User
    joined: float
    roles: list[int] = field(default_factory=list)
    nick: str = ""
    timed_out: bool = False


@dataclass(eq=False, slots=True)
class Role:
    id: int
    name: str
    permissions: int = 0
    position: int = 1
    mentionable: bool = False
    managed: bool = False

    @property
    def mention(self) -> str:
        return f"<@&{self.id}>"

    def json(self) -> Json:
        return {"id": self.id, "name": self.name, "mention": self.mention}


@dataclass(eq=False, slots=True)
class Guild:
    """A server. ``bot``: the bot is in it; ``installed``: so is the application."""

    id: int
    name: str
    owner: int
    level: int = 0
    locale: str = "en-US"
    members: dict[int, Member] = field(default_factory=dict)
    roles: dict[int, Role] = field(default_factory=dict)
    channels: dict[int, "Channel"] = field(default_factory=dict)  # threads too
    unavailable: bool = False

    @property
    def upload_limit(self) -> int:
        return UPLOADS[self.level]

    def json(self) -> Json:
        return {"id": self.id, "name": self.name, "owner": self.owner}


@dataclass(eq=False, slots=True)
class Channel:
    """A place to talk: a channel, a thread or post, a direct chat."""

    id: int
    kind: str
    name: str = ""
    guild: Guild | None = None
    parent: "Channel | None" = None
    overwrites: dict[int, tuple[int, int]] = field(default_factory=dict)  # role or user: allow, deny
    recipients: list[int] = field(default_factory=list)
    topic: str = ""
    slowmode: int = 0
    nsfw: bool = False
    position: int = 0
    tags: list[Json] = field(default_factory=list)  # of a forum
    applied: list[str] = field(default_factory=list)  # of a post
    owner: int = 0  # of a thread
    joined: dict[int, float] = field(default_factory=dict)
    archived: bool = False
    locked: bool = False
    archive_after: int = 1440  # minutes
    created: float = 0.0
    messages: dict[int, "Message"] = field(default_factory=dict)
    last: int = 0
    typing: dict[int, float] = field(default_factory=dict)  # user: until
    gone: bool = False

    @property
    def thread(self) -> bool:
        return self.kind in THREADS

    @property
    def private(self) -> bool:
        return self.guild is None

    @property
    def mention(self) -> str:
        return f"<#{self.id}>"

    def json(self) -> Json:
        of = {"parent": self.parent.id if self.parent else 0, "guild": self.guild.id if self.guild else 0}
        state = {"archived": self.archived, "locked": self.locked, "slowmode": self.slowmode}
        what = {"id": self.id, "kind": self.kind, "name": self.name, "mention": self.mention}
        return what | of | state | {"owner": self.owner, "topic": self.topic, "gone": self.gone}


@dataclass(eq=False, slots=True)
class Message:
    """A message. ``secret_to``: only that person sees it."""

    id: int
    channel: Channel
    author: User
    at: float
    content: str = ""
    kind: int = 0
    flags: int = 0
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    reference: Json = field(default_factory=dict)
    snapshots: list[Json] = field(default_factory=list)
    stickers: list[Json] = field(default_factory=list)
    poll: Json | None = None
    tts: bool = False
    mentions: list[int] = field(default_factory=list)
    role_mentions: list[int] = field(default_factory=list)
    everyone: bool = False
    pings: list[int] = field(default_factory=list)  # people who were notified, by name or by reply
    role_pings: list[int] = field(default_factory=list)
    reactions: dict[str, list[int]] = field(default_factory=dict)
    pinned: bool = False
    edited: float = 0.0
    nonce: str | int | None = None
    interaction: Json = field(default_factory=dict)  # what it answers
    secret_to: int = 0
    thread: Channel | None = None
    versions: list[Any] = field(default_factory=list)
    gone: bool = False

    @property
    def loading(self) -> bool:
        return bool(self.flags & LOADING)


@dataclass(slots=True)
class Sync:
    """Commands that the bot registered at once."""

    guild: int  # 0: everywhere
    commands: list[Json]
    made: int  # how many were new


class World:
    """The state that requests, events and people's deeds have in common."""

    def __init__(self, speed: float = 1.0, name: str = "Chatelier") -> None:
        self.clock = Clock(speed)
        self.changes = Changes()
        self._last_id = 0
        self._numbers = itertools.count(1)
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.messages: dict[int, Message] = {}
        self.interactions: dict[int, Any] = {}
        self.tokens: dict[str, Any] = {}  # of interactions
        self.commands: dict[int, dict[int, Json]] = {0: {}}  # by guild
        self.syncs: list[Sync] = []
        self.commands_made: list[float] = []
        self.approved = {"message_content", "members", "presences"}
        self.bot = self.person(name, bot=True)
        self.cdn = Cdn(self.clock, self.next_id)
        self.tell_gateway: Callable[[str, Build, Guild | None, bool], None] = lambda *_: None
        self.endpoint_url = ""  # of the application, for interactions over HTTP
        self.verify_key = ""  # hex, that their signatures are checked with

    @property
    def application(self) -> int:
        return self.bot.id

    def next_id(self) -> int:
        found = (int(self.clock.now() * 1000) - EPOCH) << 22
        self._last_id = max(self._last_id + 1, found)
        return self._last_id

    def count(self) -> int:
        return next(self._numbers)

    def token(self) -> str:
        return secrets.token_urlsafe(40)

    def iso(self, at: float) -> str:
        return datetime.fromtimestamp(at, UTC).isoformat()

    def person(self, name: str, **more: Any) -> User:
        user = User(self.next_id(), name, **more)
        self.users[user.id] = user
        return user

    # --- telling --------------------------------------------------------------------------------

    def tell(self, event: str, payload: Json | Build, place: Guild | Channel | None = None) -> None:
        """Send an event to the bot, if it is there to hear it."""
        guild = place.guild if isinstance(place, Channel) else place
        private = isinstance(place, Channel) and place.private
        build: Build = payload if callable(payload) else lambda _open: dict(payload)
        self.tell_gateway(event, build, guild, private)
        self.changes.notify()

    def bot_in(self, place: Guild | Channel) -> bool:
        if isinstance(place, Guild):
            return self.bot.id in place.members
        return self.bot_in(place.guild) if place.guild else self.bot.id in place.recipients

    def bot_sees(self, channel: Channel) -> bool:
        held = permissions.in_channel(channel, self.bot.id)
        return bool(held & permissions.BITS["view_channel"])

    # --- finding, for the bot -------------------------------------------------------------------

    def channel(self, number: int | str) -> Channel:
        """A place that the bot may look into."""
        channel = self.channels.get(_number(number))
        if channel is None or channel.gone:
            raise refusal(10003)
        if not self.bot_sees(channel):
            raise refusal(50001)
        return channel

    def may(self, channel: Channel, *names: str) -> bool:
        wished = permissions.bits(names)
        return permissions.in_channel(channel, self.bot.id) & wished == wished

    def need(self, channel: Channel, *names: str) -> None:
        if not self.may(channel, *names):
            raise refusal(50003 if channel.private else 50013)

    def guild(self, number: int | str) -> Guild:
        guild = self.guilds.get(_number(number))
        if guild is None:
            raise refusal(10004)
        if not self.bot_in(guild):
            raise refusal(50001)
        return guild

    def message(self, channel: Channel, number: int | str) -> Message:
        """A message that the bot may see by its own token: no ephemeral ones."""
        found = channel.messages.get(_number(number))
        if found is None or found.gone or found.secret_to:
            raise refusal(10008)
        return found

    def direct(self, *people: User) -> Channel:
        """The direct chat of these two, made when there is none."""
        ids = sorted(one.id for one in people)
        for channel in self.channels.values():
            if channel.kind == "direct" and sorted(channel.recipients) == ids:
                return channel
        channel = Channel(self.next_id(), "direct", recipients=ids, created=self.clock.now())
        self.channels[channel.id] = channel
        return channel

    def mutual(self, user: User) -> bool:
        """The bot and that person meet somewhere."""
        return user.installed or any(
            user.id in guild.members and self.bot.id in guild.members for guild in self.guilds.values()
        )


def _number(value: int | str) -> int:
    try:
        return int(value)
    except ValueError:
        raise refusal(0) from None


def held(mapping: Mapping[str, Any], *names: str) -> Json:
    """Those of its entries that are there."""
    return {name: mapping[name] for name in names if name in mapping}
