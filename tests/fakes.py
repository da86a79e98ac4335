"""Stand-ins for the ports, written out; they keep what they were told."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from bot.commands import Command
from bot.messages import Attachment, Channel, Content, Event, Limits, Person, Question
from bot.ports import Chat, Files, Inbox, Post, Posts, Room


class FakeChat(Chat):
    """A conversation that remembers its messages, as a platform would show them."""

    def __init__(
        self,
        channel: Channel | None = None,
        limits: Limits | None = None,
        other: Callable[[Channel], Chat] | None = None,
    ) -> None:
        self.channel = channel or Channel("fake", "1")
        self.limits = limits or Limits()
        self.other = other  # conversations of the same platform; without them there are no threads
        self.threads: dict[str, str] = {}  # message → title
        self.messages: dict[str, Content] = {}
        self.history: list[tuple[str, str, Content]] = []  # (what, message, content)
        self.keys: dict[str, str] = {}
        self.replies: dict[str, str] = {}
        self.notices: list[str] = []
        self.questions: list[Question] = []
        self.drafts: dict[str, Content] = {}  # what is shown and no message yet, by key
        self.takes_drafts = True
        self.at_work = 0
        self.worked = 0  # how often we were
        self.changed = asyncio.Event()

    @property
    def texts(self) -> list[str]:
        return [content.text for content in self.messages.values()]

    @property
    def last(self) -> Content:
        return list(self.messages.values())[-1]

    async def until(self, seen) -> None:
        """Wait until ``seen(self)`` is true."""
        async with asyncio.timeout(30):
            while not seen(self):
                self.changed.clear()
                await self.changed.wait()

    async def send(self, content: Content, *, reply_to: str = "", key: str = "") -> str:
        if key and key in self.keys:
            return self.keys[key]
        message = f"m{len(self.keys) + len(self.messages) + 1}"
        self.keys[key or message] = message
        self.messages[message] = content
        self.drafts.pop(key, None)
        self.replies[message] = reply_to
        self._note("send", message, content)
        return message

    async def edit(self, message: str, content: Content, *, passing: bool = False) -> str:
        self.messages[message] = content
        self._note("preview" if passing else "edit", message, content)
        return message

    async def delete(self, message: str) -> None:
        gone = self.messages.pop(message, Content())
        self._note("delete", message, gone)

    async def notice(self, text: str) -> None:
        self.notices.append(text)
        self.changed.set()

    async def ask(self, question: Question) -> None:
        self.questions.append(question)
        self.changed.set()

    @asynccontextmanager
    async def typing(self) -> AsyncIterator[None]:
        self.at_work += 1
        self.worked += 1
        self.changed.set()
        try:
            yield
        finally:
            self.at_work -= 1
            self.changed.set()

    async def branch(self, message: str, title: str) -> Chat | None:
        if self.other is None:
            return None
        self.threads[message] = title
        return self.other(Channel(self.channel.platform, message, within=self.channel.id))

    async def draft(self, content: Content, *, key: str) -> bool:
        if not self.takes_drafts:
            return False
        self.drafts[key] = content
        self._note("draft", key, content)
        return True

    def _note(self, what: str, message: str, content: Content) -> None:
        self.history.append((what, message, content))
        self.changed.set()


class FakeInbox(Inbox):
    """Keeps the events it was given, and does with them what the test says."""

    def __init__(
        self,
        act: Callable[[Event, Chat], Awaitable[None]] | None = None,
        commands: Sequence[Command] = (),
    ) -> None:
        self.act = act
        self.commands = commands
        self.events: list[Event] = []
        self.chats: list[Chat] = []
        self.strangers: set[str] = set()
        self.withdrawals: list[tuple[str, list[str]]] = []  # channel, messages
        self.moves: list[tuple[str, str, str]] = []  # platform, old, new
        self.changed = asyncio.Event()

    async def until(self, count: int) -> Event:
        """Wait for that many events; return the last of them."""
        async with asyncio.timeout(30):
            while len(self.events) < count:
                self.changed.clear()
                await self.changed.wait()
        return self.events[count - 1]

    async def receive(self, event: Event, chat: Chat) -> None:
        self.events.append(event)
        self.chats.append(chat)
        self.changed.set()
        if self.act is not None:
            await self.act(event, chat)

    def admits(self, person: Person, channel: Channel) -> bool:
        return person.id not in self.strangers

    async def withdrawn(self, channel: Channel, messages: Sequence[str]) -> None:
        self.withdrawals.append((str(channel), list(messages)))
        self.changed.set()

    async def moved(self, platform: str, old: str, new: str) -> None:
        self.moves.append((platform, old, new))
        self.changed.set()


class MemoryFiles(Files):
    """Bytes by content hash, in memory."""

    def __init__(self) -> None:
        self.stored: dict[str, bytes] = {}
        self.made: dict[tuple[str, str], bytes] = {}  # of a file, by what kind of thing it is

    async def put(self, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        self.stored[digest] = data
        return digest

    async def get(self, digest: str) -> bytes:
        return self.stored[digest]

    async def derived(self, digest: str, kind: str, make: Callable[[bytes], bytes]) -> bytes:
        if (digest, kind) not in self.made:
            self.made[digest, kind] = make(self.stored[digest])
        return self.made[digest, kind]

    def attachment(self, digest: str, name: str, media_type: str, *, alt: str = "") -> Attachment:
        size = len(self.stored.get(digest, b""))
        return Attachment(name, media_type, size, partial(self.get, digest), digest, alt)


class MemoryPosts(Posts):
    """Posts and rooms in memory, in the order of posting."""

    def __init__(self) -> None:
        self.posts: dict[str, Post] = {}
        self.places: dict[str, str] = {}  # post → platform
        self.keys: dict[tuple[str, str, str], str] = {}
        self.open: dict[str, None] = {}  # unhandled posts
        self.saved_rooms: dict[tuple[str, str], Room] = {}
        self.versions: dict[tuple[str, str], int] = {}

    async def add(
        self,
        platform: str,
        room: str,
        body: Mapping[str, Any],
        *,
        author: str = "",
        key: str = "",
        handled: bool = True,
    ) -> tuple[Post, bool]:
        if key and (platform, room, key) in self.keys:
            return self.posts[self.keys[platform, room, key]], False
        post = Post(
            str(len(self.posts) + 1), room, self._version(platform, room), author, dict(body), time.time()
        )
        self.posts[post.id] = post
        self.places[post.id] = platform
        if key:
            self.keys[platform, room, key] = post.id
        if not handled:
            self.open[post.id] = None
        if (found := self.saved_rooms.get((platform, room))) is not None:
            self.saved_rooms[platform, room] = replace(found, at=post.at)
        return post, True

    async def change(self, post: str, body: Mapping[str, Any]) -> Post | None:
        return self._replace(post, body=dict(body))

    async def remove(self, post: str) -> Post | None:
        return self._replace(post, body={}, gone=True)

    async def get(self, post: str) -> Post | None:
        return self.posts.get(post)

    async def since(self, platform: str, room: str, version: int, *, limit: int = 200) -> Sequence[Post]:
        posts = [post for post in self._in(platform, room) if post.version > version]
        if version <= 0:
            return [post for post in posts if not post.gone][-limit:]
        oldest = sorted(posts, key=lambda post: post.version)[:limit]
        return sorted(oldest, key=lambda post: int(post.id))

    async def before(self, platform: str, room: str, post: str, *, limit: int = 100) -> Sequence[Post]:
        posts = self._in(platform, room)
        return [each for each in posts if int(each.id) < int(post) and not each.gone][-limit:]

    async def unhandled(self, platform: str) -> Sequence[Post]:
        return [self.posts[post] for post in self.open if self.places[post] == platform]

    async def handled(self, post: str) -> None:
        self.open.pop(post, None)

    async def rooms(self, platform: str, owner: str) -> Sequence[Room]:
        found = [
            room for (place, _), room in self.saved_rooms.items() if place == platform and room.owner == owner
        ]
        return sorted(found, key=lambda room: room.at, reverse=True)

    async def room(self, platform: str, room: str) -> Room | None:
        return self.saved_rooms.get((platform, room))

    async def save_room(self, platform: str, room: Room) -> None:
        self.saved_rooms[platform, room.id] = room

    async def remove_room(self, platform: str, room: str) -> None:
        self.saved_rooms.pop((platform, room), None)
        for post in self._in(platform, room):
            self.posts[post.id] = replace(post, room="", gone=True, body={})
            self.open.pop(post.id, None)

    def _in(self, platform: str, room: str) -> list[Post]:
        return [
            post for post in self.posts.values() if post.room == room and self.places[post.id] == platform
        ]

    def _version(self, platform: str, room: str) -> int:
        self.versions[platform, room] = self.versions.get((platform, room), 0) + 1
        return self.versions[platform, room]

    def _replace(self, post: str, **changes: Any) -> Post | None:
        found = self.posts.get(post)
        if found is None or found.gone:
            return None
        version = self._version(self.places[post], found.room)
        self.posts[post] = replace(found, version=version, **changes)
        return self.posts[post]
