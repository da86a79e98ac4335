"""Who watches which conversation, and what pages still have to be told."""

import asyncio
import json
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from aiohttp import WSCloseCode, web

from adapters.web.views import View
from bot.messages import Limits, Person
from bot.metrics import web_pages
from bot.ports import Post

BACKLOG = 1_000  # events that a page may be behind; then it is sent away, to come back and catch up
REMEMBERED = 1_000  # messages whose last settling is kept in mind
SHARE = 0.05  # of a core, for all previews together; the more messages grow at once, the rarer they are
SHORTEST_PAUSE = 0.1  # seconds between two previews of a message
LONGEST_PAUSE = 1.0  # the same, however many grow
# A message of a page is whole when it comes.
LIMITS = Limits(edit_every=SHORTEST_PAUSE, burst=0.0, pages=True)

Event = Mapping[str, Any]


class Page:
    """One open page. A slow one skips steps and gets the latest state; it never slows anybody down."""

    def __init__(self, socket: web.WebSocketResponse, person: Person) -> None:
        self.person = person
        self.room = ""
        self.saying = asyncio.Lock()
        self.spent: Callable[[float], None] = lambda cost: None  # told what a preview took, in seconds of CPU
        self._socket = socket
        self._events: list[Event] = []
        self._changed: dict[str, View] = {}
        self._seen: dict[View, int] = {}
        self._held = False
        self._wake = asyncio.Event()
        self._urgent = False  # there is something that is no preview

    def tell(self, event: Event) -> None:
        self._events.append(event)
        self._wake.set()
        self._urgent = True

    def show(self, view: View) -> None:
        """Bring this message up to date there."""
        self._changed[view.id] = view
        self._wake.set()
        self._urgent = self._urgent or not view.unfinished

    def enter(self, room: str) -> None:
        """Watch a room. What changes there is held until ``catch_up`` has told what was before."""
        self.room = room
        self._changed.clear()
        self._seen.clear()
        self._held = True

    def catch_up(self, room: str, event: Event) -> None:
        if room == self.room:
            self._held = False
            self.tell(event)

    async def send(self) -> None:
        """Tell the page what there is to tell, for as long as it is there and keeps up."""
        with suppress(ConnectionError):
            await self._send()

    async def _send(self) -> None:
        while len(self._events) < BACKLOG:
            await self._wake.wait()
            began = time.thread_time()
            preview, self._urgent = not self._urgent, False
            self._wake.clear()
            # One frame: a page that loses its connection has all of it or nothing, so that the highest
            # version it has seen says what it misses.
            frame, self._events = self._events, []
            if not self._held and self._changed:
                frame.append({"on": "posts", "room": self.room, "posts": await self._patches()})
            if frame:
                await self._socket.send_str(json.dumps(frame, ensure_ascii=False, separators=(",", ":")))
            if preview:
                self.spent(time.thread_time() - began)
        await self._socket.close(code=WSCloseCode.TRY_AGAIN_LATER)

    async def close(self) -> None:
        await self._socket.close(code=WSCloseCode.GOING_AWAY)

    async def _patches(self) -> list[Event]:
        views, self._changed = self._changed, {}
        for view in views.values():
            await view.refresh()
        patches: list[Event] = []
        for view in views.values():
            if view.room != self.room:
                continue
            patches.append(view.patch(self._seen.get(view, 0)))
            if view.unfinished:
                self._seen[view] = view.changes
            else:
                self._seen.pop(view, None)
        return patches


class Hall:
    """All open pages, and the messages that are changing."""

    def __init__(self) -> None:
        self._pages: dict[Page, None] = {}
        self._people: dict[str, dict[Page, None]] = {}  # person → their pages
        self._rooms: dict[str, dict[Page, None]] = {}  # room → the pages that watch it
        self._views: dict[str, View] = {}
        self._busy: Counter[str] = Counter()
        self._settled: OrderedDict[str, int] = OrderedDict()
        self._cost = 0.0  # seconds of CPU that a preview takes, of late
        self.limits = LIMITS
        self.clock = 0  # counts settled messages, to tell which previews come too late

    def join(self, page: Page) -> None:
        self._pages[page] = None
        self._people.setdefault(page.person.id, {})[page] = None
        page.spent = self._spent
        web_pages.set(len(self._pages))

    def leave(self, page: Page) -> None:
        self._pages.pop(page, None)
        _part(self._people, page.person.id, page)
        _part(self._rooms, page.room, page)
        web_pages.set(len(self._pages))

    def enter(self, page: Page, room: str) -> None:
        """From now on that page watches this room."""
        _part(self._rooms, page.room, page)
        page.enter(room)
        if page in self._pages:
            self._rooms.setdefault(room, {})[page] = None

    async def close(self) -> None:
        """Send every page away; they come back when there is somebody to talk to."""
        await asyncio.gather(*(page.close() for page in tuple(self._pages)))

    def watchers(self, room: str) -> Sequence[Page]:
        return tuple(self._rooms.get(room, ()))

    def tell(self, room: str, event: Event) -> None:
        for page in self.watchers(room):
            page.tell(event)

    def tell_person(self, person: str, event: Event) -> None:
        for page in self._people.get(person, ()):
            page.tell(event)

    # --- messages ---------------------------------------------------------------------------

    def changing(self, message: str) -> View | None:
        return self._views.get(message)

    def changing_in(self, room: str) -> Sequence[View]:
        return [view for view in self._views.values() if view.room == room]

    def settle(self, post: Post) -> None:
        """A post was stored: show it."""
        view = self._views.pop(post.id, None) or View(post)
        view.settle(post)
        if view.unfinished and not post.gone:
            self._views[post.id] = view
        self.clock += 1
        self._settled[post.id] = self.clock
        self._settled.move_to_end(post.id)
        if len(self._settled) > REMEMBERED:
            self._settled.popitem(last=False)
        self._show(view)

    def preview(self, post: Post, body: Event, begun: int) -> None:
        """Show this for the time being, unless the message was settled since the clock stood at ``begun``."""
        if self._settled.get(post.id, 0) > begun:
            return
        view = self._views.setdefault(post.id, View(post))
        view.preview(body)
        self._show(view)

    def _show(self, view: View) -> None:
        for page in self.watchers(view.room):
            page.show(view)

    def _spent(self, cost: float) -> None:
        """Let previews come as rarely as it takes for all of them to keep to their share."""
        self._cost += (cost - self._cost) / 16
        pause = round(len(self._views) * self._cost / SHARE, 1)
        pause = min(max(pause, SHORTEST_PAUSE), LONGEST_PAUSE)
        if pause != self.limits.edit_every:
            self.limits = replace(self.limits, edit_every=pause)

    # --- at work ----------------------------------------------------------------------------

    def busy(self, room: str) -> bool:
        return self._busy[room] > 0

    def work(self, room: str, more: int) -> None:
        """One more, or one less, is at work there."""
        before = self.busy(room)
        self._busy[room] += more
        if self.busy(room) != before:
            self.tell(room, {"on": "typing", "room": room, "busy": not before})
        if not self._busy[room]:
            del self._busy[room]


def _part(groups: dict[str, dict[Page, None]], name: str, page: Page) -> None:
    """Take a page out of its group; an empty group takes no memory."""
    group = groups.get(name, {})
    group.pop(page, None)
    if not group:
        groups.pop(name, None)
