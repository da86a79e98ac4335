"""What the gallery page asks for: pictures in pages, their families, and to go on with one.

A person sees the pictures of their own browser. What is done with one is a press like any other, in the room
where it was painted; what we have to say about it is told to the page.
"""

import json
import re
import time
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from adapters.web.chat import RoomChat
from adapters.web.desk import MAX_ROOM_NAME, title_of
from adapters.web.hall import Hall
from adapters.web.shelf import Shelf
from adapters.web.thumbs import size_of
from bot.jobs import Job, Stage
from bot.messages import ButtonPress, Channel, Person
from bot.ports import Files, Gallery, Inbox, Posts, Room

PAGE = 40  # pictures that a page gets at a time
MAX_WORDS = 200  # characters of a search
VERBS = {"again": "again", "seed": "seed", "delete": "surely"}  # what a page may ask for, as buttons say it

_JOB = re.compile(r"[0-9a-f]{10}")
_PRESS = re.compile(r"[A-Za-z0-9_-]{8,64}")
_PICTURES = {"png", "jpeg", "webp", "gif"}  # how results end that a page may show


class GalleryDesk:
    """Serves the requests of gallery pages; who asks has been checked."""

    def __init__(
        self, name: str, gallery: Gallery, posts: Posts, files: Files, shelf: Shelf, hall: Hall
    ) -> None:
        self._name = name
        self._gallery = gallery
        self._posts = posts
        self._files = files
        self._shelf = shelf
        self._hall = hall

    async def pictures(self, request: web.Request, person: Person) -> web.Response:
        """GET /gallery/pictures?words&room&older&newer: a page of them; the first one with the rooms, too."""
        asked = request.query
        words, room = asked.get("words", "")[:MAX_WORDS], asked.get("room", "")
        channel = Channel(self._name, room) if room else None
        older, newer = (_job(asked.get(name, "")) for name in ("older", "newer"))
        found = await self._gallery.page(
            person=person.id, channel=channel, words=words, older=older, newer=newer, limit=PAGE + 1
        )
        shown = found[1:] if newer and len(found) > PAGE else found[:PAGE]
        answer: dict[str, Any] = {"pictures": await self._shown(shown), "more": len(found) > PAGE}
        if not (older or newer):
            rooms = await self._posts.rooms(self._name, person.id)
            answer["rooms"] = [{"id": each.id, "name": each.name} for each in rooms]
            answer["count"] = await self._gallery.count(person=person.id, channel=channel, words=words)
        return web.json_response(answer)

    async def family(self, request: web.Request, person: Person) -> web.Response:
        """GET /gallery/family/<job>: what it was made from, and what was made from that; oldest first."""
        found = await self._gallery.family(_job(request.match_info["job"]))
        mine = [each for each in found if each.owner.id == person.id]
        return web.json_response({"pictures": await self._shown(mine)})

    async def press(self, request: web.Request, person: Person, inbox: Inbox) -> web.Response:
        """POST /gallery/press {id, job, verb}: what was said to it, and the room where it goes on.

        ``id`` is of the page's making: doing it twice is doing it once.
        """
        asked = await _json(request)
        verb, press, name = VERBS.get(str(asked.get("verb"))), str(asked.get("id")), _job(asked.get("job"))
        if verb is None or not _PRESS.fullmatch(press):
            raise web.HTTPBadRequest(text="again, seed or delete, with an id")
        job = next((each for each in await self._gallery.family(name) if each.id == name), None)
        if job is None or job.owner.id != person.id:
            if verb == "surely":
                return web.json_response({"said": [], "room": ""})  # it is gone already
            raise web.HTTPNotFound(text="There is no such picture.")
        room = await self._room(job, person, make=verb != "surely")
        channel = Channel(self._name, room or job.channel.id)
        chat = _Told(channel, self._posts, self._shelf, self._hall, cause=press)
        await inbox.receive(ButtonPress(press, channel, person, "", f"gallery:{verb}:{job.id}:m:"), chat)
        return web.json_response({"said": chat.said, "room": room})

    async def _room(self, job: Job, person: Person, *, make: bool) -> str:
        """Where it was painted; a new room where that one is gone, or is not a room here."""
        if job.channel.platform == self._name:
            room = await self._posts.room(self._name, job.channel.id)
            if room is not None and room.owner == person.id:
                return room.id
        if not make:
            return ""
        made = f"gallery{job.id}"
        name = title_of(job.order.prompt)[:MAX_ROOM_NAME]
        await self._posts.save_room(self._name, Room(made, person.id, name, time.time()))
        return made

    async def _shown(self, jobs: Sequence[Job]) -> list[dict[str, Any]]:
        return [await self._picture(job) for job in jobs]

    async def _picture(self, job: Job) -> dict[str, Any]:
        """A job as a page shows it."""
        files = [_file(job, number) for number in range(len(job.results))]
        width, height = await size_of(self._files, files[0]["digest"])
        action = job.action
        return {
            "id": job.id,
            "parent": job.parent,
            "prompt": job.text or job.order.prompt,
            "label": " ".join(part for part in (action.emoji, action.label) if part) if action else "",
            "at": job.finished,
            "room": job.channel.id if job.channel.platform == self._name else "",
            "seed": job.progress.seed if job.progress else "",
            "seeded": bool(job.task) and job.stage is Stage.DONE and action is None,
            **files[0],
            "width": width,
            "height": height,
            "files": files,
        }


class _Told(RoomChat):
    """A room of which somebody hears without being in it."""

    def __init__(self, channel: Channel, posts: Posts, shelf: Shelf, hall: Hall, *, cause: str) -> None:
        super().__init__(channel, posts, shelf, hall, cause=cause)
        self.said: list[str] = []

    async def notice(self, text: str) -> None:
        self.said.append(text)


def _file(job: Job, number: int) -> dict[str, Any]:
    digest, _dot, kind = job.results[number].partition(".")
    name = f"{job.id}-{number + 1}.{kind}" if len(job.results) > 1 else f"{job.id}.{kind}"
    return {"digest": digest, "name": name, "picture": kind in _PICTURES}


def _job(name: object) -> str:
    return name if isinstance(name, str) and _JOB.fullmatch(name) else ""


async def _json(request: web.Request) -> dict[str, Any]:
    try:
        asked = json.loads(await request.text())
    except ValueError:
        raise web.HTTPBadRequest(text="JSON expected") from None
    if not isinstance(asked, dict):
        raise web.HTTPBadRequest(text="JSON expected")
    return asked
