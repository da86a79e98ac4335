"""One conversation in the web chat, as features see it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from adapters.web import views
from adapters.web.hall import Hall
from adapters.web.shelf import Shelf
from bot.messages import Channel, Content, Question
from bot.ports import Chat, Posts, Room

log = structlog.get_logger()

NEWEST = 60  # posts among which an open question is looked for


class RoomChat(Chat):
    """``cause`` is the event that is being answered, ``about`` the message whose button was pressed."""

    def __init__(
        self, channel: Channel, posts: Posts, shelf: Shelf, hall: Hall, *, cause: str = "", about: str = ""
    ) -> None:
        self.channel = channel
        self._posts = posts
        self._shelf = shelf
        self._hall = hall
        self.limits = hall.limits
        self._cause = cause
        self._about = about
        self._notices = 0

    async def send(self, content: Content, *, reply_to: str = "", key: str = "") -> str:
        body = await self._body(content)
        return await self._post(body, key=f"ours:{key}" if key else "")

    async def edit(self, message: str, content: Content, *, passing: bool = False) -> str:
        if passing:
            await self._preview(message, content)
            self.limits = self._hall.limits
            return message
        body = await self._body(content)
        post = await self._posts.change(message, body)
        if post is None:
            return await self._post(body) or message
        self._hall.settle(post)
        if not self._hall.watchers(post.room):
            room = await self._posts.room(self.channel.platform, self.channel.id)
            if room is not None:
                self._announce(room, post.at)
        return message

    async def delete(self, message: str) -> None:
        post = await self._posts.remove(message)
        if post is not None:
            self._hall.settle(post)

    async def notice(self, text: str) -> None:
        """A room is one person's. What follows a press is shown beside it, the rest is kept in the room."""
        self._notices += 1
        if self._about and self._hall.watchers(self.channel.id):
            html = views.as_html(text)
            self._hall.tell(
                self.channel.id, {"on": "notice", "room": self.channel.id, "about": self._about, "html": html}
            )
            return
        key = f"notice:{self._cause}:{self._notices}" if self._cause else ""
        await self._post(views.notice(text), key=key)

    async def ask(self, question: Question) -> None:
        """A form in the room, under the message whose button led to it. It waits until it is answered."""
        for post in await self._posts.since(self.channel.platform, self.channel.id, 0, limit=NEWEST):
            if post.body.get("kind") == "question" and post.body.get("data") == question.data:
                await self.delete(post.id)
        await self._post(
            views.question(question, self._about), key=f"ask:{self._cause}" if self._cause else ""
        )

    @asynccontextmanager
    async def typing(self) -> AsyncIterator[None]:
        self._hall.work(self.channel.id, 1)
        try:
            yield
        finally:
            self._hall.work(self.channel.id, -1)

    async def _body(self, content: Content) -> dict[str, object]:
        lasting = not content.growing and content.progress is None
        return await views.body_of(content, self._shelf, lasting=lasting)

    async def _post(self, body: dict[str, object], *, key: str = "") -> str:
        """Store a post of ours and show it. Nothing happens in a room that has been deleted meanwhile."""
        room = await self._posts.room(self.channel.platform, self.channel.id)
        if room is None:
            log.info("the conversation is gone", channel=str(self.channel))
            return "gone"
        post, new = await self._posts.add(self.channel.platform, self.channel.id, body, key=key)
        if new:
            self._hall.settle(post)
            self._announce(room, post.at)
        return post.id

    async def _preview(self, message: str, content: Content) -> None:
        begun = self._hall.clock
        view = self._hall.changing(message)
        post = view.post if view else await self._posts.get(message)
        if post is None or post.gone:
            return
        self._hall.preview(post, await views.body_of(content, self._shelf, lasting=False), begun)

    def _announce(self, room: Room, at: float) -> None:
        """Let the person's pages know that something is new here, whatever they are looking at."""
        self._hall.tell_person(room.owner, {"on": "activity", "room": room.id, "at": at})
