"""What pages ask for over their socket: one method for each ``do``.

Every request of a page that must not be lost carries an ``id`` of the page's making and is repeated until it
is answered with ``ack`` or ``refused``; doing it twice is doing it once.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog

from adapters.web import views
from adapters.web.ears import Ears
from adapters.web.hall import Hall, Page
from adapters.web.sessions import Keeper
from adapters.web.shelf import Shelf, Shown
from bot.errors import ServiceError, UserError
from bot.jobs import new_id
from bot.messages import MAX_BUTTON_DATA
from bot.ports import Post, Posts, Room
from bot.texts import _, speaking

log = structlog.get_logger()

MAX_TEXT = 100_000  # characters of one message
MAX_FILES = 10  # of one message
MAX_ROOM_NAME = 80  # characters
SCREEN = 60  # posts that a page gets when it opens a room, and at each step back
MISSED = 200  # changes that a page may have missed; with more it starts afresh
NEWEST = 2**53  # the greatest number that a page can count to
OVERLAP = 8  # versions told again to a page that comes back, in case two changes crossed

_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_ROOM = re.compile(r"[a-z0-9]{16,40}")
_COMMAND = re.compile(r"[/／]\S+\s+(?=\S)")

Request = Mapping[str, Any]


class Desk:
    """Serves the requests of all pages."""

    def __init__(self, name: str, posts: Posts, hall: Hall, keeper: Keeper, ears: Ears, shelf: Shelf) -> None:
        self._name = name
        self._posts = posts
        self._hall = hall
        self._keeper = keeper
        self._ears = ears
        self._shelf = shelf
        self._requests: Mapping[str, Callable[[Page, Request], Awaitable[Request | None]]] = {
            "open": self._open,
            "older": self._older,
            "say": self._say,
            "press": self._press,
            "answer": self._answer,
            "dismiss": self._dismiss,
            "rename": self._rename,
            "delete": self._delete,
            "ping": self._ping,
        }

    async def serve(self, page: Page, request: object) -> None:
        """Do what a page asks for, and answer it where it wants an answer."""
        if not isinstance(request, dict):
            return
        asked = str(request.get("id", ""))
        do = self._requests.get(str(request.get("do", "")))
        with speaking(page.person.language):
            try:
                if do is None:
                    raise UserError(_("This page is out of date. Please reload it."))
                answer = await do(page, request)
            except UserError as error:
                answer = {"on": "refused", "error": str(error)}
            except Exception as error:  # a page that was not answered would repeat it without end
                answer = {"on": "refused", "error": _explained(error, str(request.get("do")))}
                if not asked:  # it wanted to see something, and asks again when it is back
                    await page.close()
        if answer is not None:
            page.tell({"on": "ack", "id": asked, **answer})

    # --- reading ----------------------------------------------------------------------------

    async def greet(self, page: Page) -> Sequence[Request]:
        """The person's conversations, latest first."""
        rooms = await self._posts.rooms(self._name, page.person.id)
        return [{"id": room.id, "name": room.name, "at": room.at} for room in rooms]

    async def _open(self, page: Page, request: Request) -> None:
        """Watch a room: everything on a screen, or what changed since the version that the page has."""
        name = _text(request, "room", 40)
        self._hall.enter(page, name)
        room = await self._posts.room(self._name, name)
        if room is not None and room.owner != page.person.id:
            self._hall.enter(page, "")
            page.tell({"on": "deleted", "room": name})
            return
        if room is None:
            page.catch_up(name, {"on": "room", "room": name, "posts": [], "reset": True, "busy": False})
            return
        known = request.get("version")
        version = min(max(0, known - OVERLAP), NEWEST) if isinstance(known, int) else 0
        found = await self._posts.since(self._name, name, version, limit=MISSED if version else SCREEN)
        reset = version == 0
        if not reset and len(found) == MISSED:
            reset, found = True, await self._posts.since(self._name, name, 0, limit=SCREEN)
        posts = [await views.whole(post) for post in found]
        for view in self._hall.changing_in(name):
            page.show(view)
        event = {"on": "room", "room": name, "posts": posts, "reset": reset, "busy": self._hall.busy(name)}
        page.catch_up(name, {**event, "more": reset and len(found) == SCREEN})

    async def _older(self, page: Page, request: Request) -> Request:
        room = await self._mine(page, _text(request, "room", 40))
        found = await self._posts.before(self._name, room.id, _text(request, "before", 64), limit=SCREEN)
        posts = [await views.whole(post) for post in found]
        return {"room": room.id, "posts": posts, "more": len(found) == SCREEN}

    async def _ping(self, page: Page, request: Request) -> None:
        page.tell({"on": "pong"})

    # --- messages ---------------------------------------------------------------------------

    async def _say(self, page: Page, request: Request) -> Request:
        """Store it, show it, hand it in: in this order, so that a crash in between loses nothing."""
        key = _id(request)
        text = _text(request, "text", MAX_TEXT).strip("\n").rstrip()
        files = self._files(request.get("files") or [])
        if not text and not files:
            raise UserError(_("There is nothing in that message."))
        async with page.saying:  # in the order in which they were sent
            if not request.get("edit"):
                return await self._store(page, _text(request, "room", 40), key, text, files)
            message, heard = await self._reword(page, _text(request, "edit", 64), text, files)
        # Nothing stored says that a changed message was not heard yet, so the page keeps it until it was.
        await heard.wait()
        return {"post": message}

    async def _store(self, page: Page, name: str, key: str, text: str, files: Sequence[Shown]) -> Request:
        self._kept(files)
        room, opened = await self._enter(page, name, text, files)
        person = page.person
        body = views.said(text, files, key, person.name, person.language)
        post, new = await self._posts.add(
            self._name, room.id, body, author=person.id, key=f"theirs:{key}", handled=False
        )
        self._hall.settle(post)
        if new:
            self._ears.hear(post)
            if opened:
                await self._tell_rooms(person.id)
            else:
                news = {"on": "activity", "room": room.id, "at": post.at, "mine": True}
                self._hall.tell_person(person.id, news)
        return {"post": post.id}

    async def _reword(
        self, page: Page, message: str, text: str, files: Sequence[Shown]
    ) -> tuple[str, asyncio.Event]:
        post = await self._posts.get(message)
        if post is None or post.author != page.person.id:
            raise UserError(_("That message is not there any more."))
        body = {**post.body, "text": text, "files": list(files), "edited": True}
        changed = await self._posts.change(post.id, body)
        if changed is None:
            raise UserError(_("That message is not there any more."))
        self._hall.settle(changed)
        return post.id, self._ears.hear_again(changed)

    def _files(self, given: object) -> list[Shown]:
        """The files of a message. Each comes with the ticket of its upload, which says what it is."""
        if not isinstance(given, list) or len(given) > MAX_FILES:
            raise UserError(_("At most {count} files go with one message.").format(count=MAX_FILES))
        files: list[Shown] = []
        for ticket in given:
            found = self._keeper.read("file", str(ticket))
            if found is None:
                raise UserError(_("That file has to be added again."))
            files.append(Shown(**found))  # type: ignore[typeddict-item]
        return files

    def _kept(self, files: Sequence[Shown]) -> None:
        """UserError for one that was uploaded so long before its message that it is not kept any more."""
        if not all(self._shelf.attachment(file).size for file in files):
            raise UserError(_("That file has to be added again."))

    # --- buttons and questions ---------------------------------------------------------------

    async def _press(self, page: Page, request: Request) -> Request:
        room = await self._mine(page, _text(request, "room", 40))
        message = _text(request, "message", 64)
        post = await self._posts.get(message)
        if post is None or post.room != room.id:
            raise UserError(_("That message is not there any more."))
        data = _text(request, "data", MAX_BUTTON_DATA)
        await self._ears.press(page.person, _id(request), room.id, message, data)
        return {}

    async def _answer(self, page: Page, request: Request) -> Request:
        question = await self._question(page, request)
        if question is not None:
            text = _text(request, "text", MAX_TEXT)
            files = self._files(request.get("files") or [])
            about, data = question.body["about"], question.body["data"]
            await self._ears.press(page.person, _id(request), question.room, about, data, text, files)
            await self._remove(question)
        return {}

    async def _dismiss(self, page: Page, request: Request) -> Request:
        """Take away an open question, or a notice that has been read."""
        post = await self._question(page, request)
        if post is not None:
            await self._remove(post)
        return {}

    async def _question(self, page: Page, request: Request) -> Post | None:
        """The question or notice that is meant; None when it is done with already."""
        post = await self._posts.get(_text(request, "post", 64))
        if post is None or post.gone or "kind" not in post.body:
            return None
        await self._mine(page, post.room)
        return post

    async def _remove(self, post: Post) -> None:
        removed = await self._posts.remove(post.id)
        if removed is not None:
            self._hall.settle(removed)

    # --- rooms ------------------------------------------------------------------------------

    async def _enter(self, page: Page, name: str, text: str, files: Sequence[Shown]) -> tuple[Room, bool]:
        """The room of that id; and whether it was made now, because the page has just thought of it."""
        room = await self._find(page, name)
        opened = room is None
        if room is None:
            if not _ROOM.fullmatch(name):
                raise UserError(_("There is no such conversation."))
            title = title_of(text) or (files[0]["name"] if files else "")
            room = Room(name, page.person.id, title, time.time())
            await self._posts.save_room(self._name, room)
        return room, opened

    async def _rename(self, page: Page, request: Request) -> Request:
        room = await self._mine(page, _text(request, "room", 40))
        name = " ".join(_text(request, "name", 500).split())[:MAX_ROOM_NAME]
        if name:
            await self._posts.save_room(self._name, Room(room.id, room.owner, name, room.at))
            await self._tell_rooms(room.owner)
        return {}

    async def _delete(self, page: Page, request: Request) -> Request:
        room = await self._posts.room(self._name, _text(request, "room", 40))
        if room is not None and room.owner == page.person.id:
            await self._posts.remove_room(self._name, room.id)
            self._hall.tell(room.id, {"on": "deleted", "room": room.id})
            await self._tell_rooms(room.owner)
        return {}

    async def _find(self, page: Page, name: str) -> Room | None:
        """The person's room of that id, if there is one; UserError for anybody else's."""
        room = await self._posts.room(self._name, name)
        if room is not None and room.owner != page.person.id:
            raise UserError(_("There is no such conversation."))
        return room

    async def _mine(self, page: Page, name: str) -> Room:
        room = await self._find(page, name)
        if room is None:
            raise UserError(_("There is no such conversation."))
        return room

    async def _tell_rooms(self, person: str) -> None:
        rooms = await self._posts.rooms(self._name, person)
        listed = [{"id": room.id, "name": room.name, "at": room.at} for room in rooms]
        self._hall.tell_person(person, {"on": "rooms", "rooms": listed})


def _explained(error: Exception, do: str) -> str:
    """One sentence about a request that failed through no fault of the page's."""
    if isinstance(error, ServiceError):
        log.warning("a request cannot be stored", do=do, error=str(error))
        return _("Nothing can be stored right now; please try again in a moment.")
    name = new_id()
    log.exception("unexpected error", id=name, do=do)
    return _("Something went wrong on our side ({id}).").format(id=name)


def title_of(text: str) -> str:
    """A conversation's first name: the beginning of what was asked, without the command."""
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    first = _COMMAND.sub("", first, count=1).strip("#*`> ")
    if len(first) <= 60:
        return first
    return first[:60].rsplit(" ", 1)[0].rstrip(",;:. ") + "…"


def _id(request: Request) -> str:
    value = request.get("id")
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise UserError(_("This page is out of date. Please reload it."))
    return value


def _text(request: Request, name: str, most: int) -> str:
    value = request.get(name)
    if not isinstance(value, str):
        raise UserError(_("This page is out of date. Please reload it."))
    if len(value) > most:
        raise UserError(_("That is too long: {count} characters are the most I take.").format(count=most))
    return value
