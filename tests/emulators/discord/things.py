"""What there is: people, servers, places, messages."""

from dataclasses import dataclass, field
from typing import Any

from tests.emulators.discord.cdn import File

Json = dict[str, Any]

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
    bot: int = 0  # whose own it is

    @property
    def mention(self) -> str:
        return f"<@&{self.id}>"

    def json(self) -> Json:
        return {"id": self.id, "name": self.name, "mention": self.mention}


@dataclass(eq=False, slots=True)
class Guild:
    """A server. ``commands``: it has the application's commands, also where the bot is no member."""

    id: int
    name: str
    owner: int
    level: int = 0
    locale: str = "en-US"
    members: dict[int, Member] = field(default_factory=dict)
    roles: dict[int, Role] = field(default_factory=dict)
    channels: dict[int, "Channel"] = field(default_factory=dict)  # threads too
    unavailable: bool = False
    commands: bool = False

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
