"""Everything there is on the server: people, chats, messages, files, and what waits for the bot."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.emulators.telegram.clock import Changes, Clock
from tests.emulators.telegram.files import File, Files
from tests.emulators.telegram.text import Entity
from tests.emulators.telegram.updates import Updates
from tests.emulators.telegram.webhook import Webhook

Json = dict[str, Any]

BOT_ID = 123456
FIRST_PERSON = 5_100_000_001  # above 32 bits, as new accounts are
FIRST_GROUP = 4_100_000_001
FIRST_SUPERGROUP = 2_100_000_001


@dataclass(eq=False, slots=True)
class User:
    """A person, or the bot itself."""

    id: int
    first_name: str
    last_name: str = ""
    username: str = ""
    language_code: str = ""
    is_bot: bool = False
    is_premium: bool = False
    met: bool = False  # the bot has seen them somewhere
    deactivated: bool = False

    def json(self) -> Json:
        optional = {
            "last_name": self.last_name,
            "username": self.username,
            "language_code": self.language_code,
            "is_premium": self.is_premium,
        }
        told = {name: value for name, value in optional.items() if value}
        return {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name} | told


@dataclass(eq=False, slots=True)
class Message:
    """A message as the Bot API tells it, with its earlier versions."""

    chat: "Chat"
    body: Json
    versions: list[Json] = field(default_factory=list)
    gone: bool = False
    ours: bool = False  # the bot's
    inline: str = ""  # its inline_message_id, when it came through the bot
    files: list[File] = field(default_factory=list)
    asks: Json = field(default_factory=dict)  # a reply markup that is no inline keyboard

    @property
    def id(self) -> int:
        return int(self.body["message_id"])

    def become(self, body: Json) -> None:
        self.versions.append(self.body)
        self.body = body


@dataclass(frozen=True, slots=True)
class Draft:
    """A preview of an answer that is being written."""

    id: int
    text: str
    entities: tuple[Entity, ...]
    thread: int
    until: float
    can_stop: bool = False


@dataclass(frozen=True, slots=True)
class Topic:
    id: int
    name: str
    closed: bool = False


@dataclass(eq=False, slots=True)
class Chat:
    """A place to talk. ``bot`` and ``members`` say who is there, in the words of ChatMember.status."""

    id: int
    kind: str  # private, group, supergroup, channel
    title: str = ""
    user: User | None = None
    username: str = ""
    forum: bool = False
    bot: str = "member"  # "" in a private chat that was never started
    members: dict[int, str] = field(default_factory=dict)
    topics: dict[int, Topic] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    migrated_to: int = 0
    gone: bool = False
    reactions_allowed: list[str] | None = None  # None: all
    muted: frozenset[str] = frozenset()  # what the bot may not send: text, photo, document, …
    bot_reactions: dict[int, list[Json]] = field(default_factory=dict)
    people_reactions: dict[tuple[int, int], list[Json]] = field(default_factory=dict)
    drafts: dict[int, Draft] = field(default_factory=dict)  # by thread
    actions: dict[int, tuple[str, float]] = field(default_factory=dict)  # by thread: what, until when
    pinned: list[int] = field(default_factory=list)
    menu_button: Json | None = None

    @property
    def private(self) -> bool:
        return self.kind == "private"

    def json(self) -> Json:
        if self.user is not None:
            named = {"first_name": self.user.first_name, "last_name": self.user.last_name}
            named["username"] = self.user.username
        else:
            named = {"title": self.title, "username": self.username}
        told: Json = {name: value for name, value in named.items() if value}
        return {"id": self.id, "type": self.kind} | told | ({"is_forum": True} if self.forum else {})


class World:
    """The state that methods and people act on."""

    def __init__(self, *, speed: float = 1.0, username: str = "chatelier_bot") -> None:
        self.clock = Clock(speed)
        self.changes = Changes()
        self.updates = Updates(self.clock, self.changes)
        self.webhook = Webhook(self.updates, self.clock, self.changes)
        self.files = Files()
        self.bot = User(BOT_ID, "Chatelier", username=username, is_bot=True)
        self.users: dict[int, User] = {BOT_ID: self.bot}
        self.chats: dict[int, Chat] = {}
        self.inline: dict[str, Message] = {}  # by inline_message_id
        self.presses: dict[str, Any] = {}
        self.queries: dict[str, Any] = {}
        self.commands: dict[tuple[str, int, int, str], list[Json]] = {}
        self.profile: dict[tuple[str, str], str] = {}  # (name | description | short, language)
        self.menu_button: Json = {"type": "commands"}
        self.web: dict[str, bytes] = {}  # what Telegram can fetch, by URL
        self.logged_out = False
        # switches
        self.privacy = True  # in groups, only what is meant for the bot
        self.mentions_reach = True  # a plain mention counts as meant for it
        self.inline_mode = True
        self.inline_feedback = True
        self.private_topics = False
        self.drafts = "on"  # or "missing": no such method; "refused": a 400
        self.local = False  # a self-hosted Bot API server: larger files
        # what careful clients never do, and what the server did about it
        self.dropped_entities: list[Entity] = []
        self._disk: TemporaryDirectory[str] | None = None
        self._private_numbers = itertools.count(1)
        self._people = itertools.count(FIRST_PERSON)
        self._groups = itertools.count(FIRST_GROUP)
        self._supergroups = itertools.count(FIRST_SUPERGROUP)
        self._tokens = itertools.count(1)

    def disk(self) -> Path:
        """Where a self-hosted server keeps its files."""
        if self._disk is None:
            self._disk = TemporaryDirectory(prefix="bot-api-")
        return Path(self._disk.name)

    def close(self) -> None:
        self.changes.close()
        if self._disk is not None:
            self._disk.cleanup()

    def next_person(self) -> int:
        return next(self._people)

    def next_chat(self, kind: str) -> int:
        if kind == "group":
            return -next(self._groups)
        return -1_000_000_000_000 - next(self._supergroups)

    def next_message(self, chat: Chat) -> int:
        """One counter for all private chats and small groups of the bot, one for each supergroup."""
        shared = chat.kind in {"private", "group"}
        return next(self._private_numbers if shared else chat.numbers)

    def token(self) -> str:
        """An id that looks like those of queries: digits, and many of them."""
        return str(1_234_567_890_123_456_000 + next(self._tokens))

    def private(self, user: User) -> Chat:
        if user.id not in self.chats:
            self.chats[user.id] = Chat(user.id, "private", user=user, bot="")
        return self.chats[user.id]

    def member(self, chat: Chat, user: User, status: str) -> Json:
        """A ChatMember."""
        body: Json = {"user": user.json(), "status": status}
        if status == "creator":
            body["is_anonymous"] = False
        elif status == "administrator":
            body |= dict.fromkeys(_RIGHTS, True) | {"can_be_edited": False, "is_anonymous": False}
            body |= {"can_manage_topics": True, "can_pin_messages": True}
        elif status == "kicked":
            body["until_date"] = 0
        return body

    def message(self, chat: Chat, number: int) -> Message | None:
        found = chat.messages.get(number)
        return None if found is None or found.gone else found

    def keep(self, message: Message) -> Message:
        message.chat.messages[message.id] = message
        self.changes.notify()
        return message


_RIGHTS = (
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
)
