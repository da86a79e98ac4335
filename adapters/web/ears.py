"""Hands what people say and press to the inbox: in order, and each thing once."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import structlog

from adapters.web.chat import RoomChat
from adapters.web.hall import Hall
from adapters.web.shelf import Shelf, Shown
from bot.errors import ServiceError
from bot.messages import ButtonPress, Channel, IncomingMessage, Person
from bot.ports import Inbox, Post, Posts

log = structlog.get_logger()

REMEMBERED = 500  # presses that are recognised when a page repeats them


class Ears:
    """What is started here belongs to ``group`` and outlives the page that asked for it."""

    def __init__(
        self, name: str, posts: Posts, shelf: Shelf, hall: Hall, inbox: Inbox, group: asyncio.TaskGroup
    ) -> None:
        self._name = name
        self._posts = posts
        self._shelf = shelf
        self._hall = hall
        self._inbox = inbox
        self._group = group
        self._queues: dict[str, list[Callable[[], Awaitable[None]]]] = {}
        self._presses: OrderedDict[tuple[str, str], asyncio.Task[None]] = OrderedDict()

    async def redeliver(self) -> None:
        """Hand in again what was said before the service last ended and may not have been heard."""
        for post in await self._posts.unhandled(self._name):
            self.hear(post)

    def hear(self, post: Post) -> None:
        """Take on a new message. One room's are handed in one after another, in the order of posting."""
        self._queue(post.room, partial(self._hear_new, post))

    def hear_again(self, post: Post) -> asyncio.Event:
        """Take on a message that was reworded; what is returned is set when that is done."""
        heard = asyncio.Event()
        self._queue(post.room, partial(self._hear_reworded, post, heard))
        return heard

    async def press(
        self,
        person: Person,
        press: str,
        room: str,
        message: str,
        data: str,
        text: str | None = None,
        files: Sequence[Shown] = (),
    ) -> None:
        """Take on a press. A page that comes back repeats its own: it then waits for the first one's end."""
        key = (person.id, press)
        task = self._presses.get(key)
        if task is None:
            channel = Channel(self._name, room)
            given = tuple(self._shelf.attachment(shown) for shown in files)
            event = ButtonPress(press, channel, person, message, data, text, attachments=given)
            chat = self._chat(channel, cause=press, about=message)
            task = self._group.create_task(self._inbox.receive(event, chat))
            self._presses[key] = task
            if len(self._presses) > REMEMBERED:
                self._presses.popitem(last=False)
        await asyncio.shield(task)

    async def _hear_new(self, post: Post) -> None:
        await self._inbox.receive(
            self._message(post), self._chat(Channel(self._name, post.room), cause=post.id)
        )
        await self._posts.handled(post.id)

    async def _hear_reworded(self, post: Post, heard: asyncio.Event) -> None:
        chat = self._chat(Channel(self._name, post.room), cause=f"{post.id}.{post.version}")
        await self._inbox.receive(self._message(post, edited=True), chat)
        heard.set()

    def _message(self, post: Post, *, edited: bool = False) -> IncomingMessage:
        body = post.body
        return IncomingMessage(
            post.id,
            Channel(self._name, post.room),
            Person(post.author, str(body["name"]), language=str(body["language"]), trusted=True),
            str(body["text"]),
            tuple(self._shelf.attachment(shown) for shown in body["files"]),
            edited=edited,
            at=post.at,
        )

    def _chat(self, channel: Channel, *, cause: str, about: str = "") -> RoomChat:
        return RoomChat(channel, self._posts, self._shelf, self._hall, cause=cause, about=about)

    def _queue(self, room: str, work: Callable[[], Awaitable[None]]) -> None:
        if room in self._queues:
            self._queues[room].append(work)
        else:
            self._queues[room] = [work]
            self._group.create_task(self._work_off(room))

    async def _work_off(self, room: str) -> None:
        queue = self._queues[room]
        while queue:
            try:
                await queue.pop(0)()
            except ServiceError as error:  # it is stored as not handled, so the next start hands it in again
                log.warning("what was said cannot be marked as heard", room=room, error=str(error))
        del self._queues[room]
