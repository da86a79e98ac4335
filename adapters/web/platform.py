"""The web chat as a platform: its routes, its page and its lifetime."""

import asyncio
import hashlib
import json
import math
import mimetypes
import secrets
from pathlib import Path
from typing import Any

import structlog
from aiohttp import WSCloseCode, WSMsgType, hdrs, web

from adapters.web import thumbs
from adapters.web.chat import RoomChat
from adapters.web.desk import Desk
from adapters.web.ears import Ears
from adapters.web.gallery import GalleryDesk
from adapters.web.hall import Hall, Page
from adapters.web.sessions import (
    COOKIE,
    LASTING,
    Keeper,
    Session,
    Throttle,
    named_plainly,
    secure,
)
from adapters.web.shelf import MAX_UPLOAD, Shelf
from bot.browsers import from_our_page, language
from bot.commands import offered
from bot.messages import Channel, Limits, Person
from bot.ports import Chat, Client, Host, Inbox, Platform
from bot.texts import _, speaking

log = structlog.get_logger()

PAGE = Path(__file__).with_name("page")
PATIENCE = 10.0  # seconds that a request waits for the start to finish
HEARTBEAT = 20.0  # seconds
MAX_FRAME = 2_000_000  # bytes of one request of a page

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self'; frame-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


class WebChat(Platform):
    """Rooms of one person each, spoken to through pages.

    Without a password every browser is a person of its own; with one, whoever knows it is let in.
    ``connected_to`` completes the sentence "Connected to …" on the page.
    """

    def __init__(self, host: Host, *, password: str = "", name: str = "web", connected_to: str = "") -> None:
        self.name = name
        self._posts = host.posts
        self._password = password
        self._connected_to = connected_to
        self._hall = Hall()
        self._files = host.files
        self._shelf = Shelf(host.files)
        self._gallery = GalleryDesk(name, host.gallery, host.posts, host.files, self._shelf, self._hall)
        self._throttle = Throttle()
        self._running = asyncio.Event()
        self._keeper: Keeper
        self._desk: Desk
        self._inbox: Inbox
        self._assets, self._build = _read_assets()
        self.client = Client(f"/page/{self._build}/framed.js", ("'self'",))
        host.routes.add_get("/", self._index)
        host.routes.add_get("/page/{build}/{name}", self._asset)
        host.routes.add_post("/session", self._sign_in)
        host.routes.add_delete("/session", self._sign_out)
        host.routes.add_get("/socket", self._connect)
        host.routes.add_post("/upload", self._upload)
        host.routes.add_get("/files/{digest}", self._file)
        host.routes.add_get("/gallery", self._gallery_page)
        host.routes.add_get("/gallery/pictures", self._pictures)
        host.routes.add_get("/gallery/family/{job}", self._family)
        host.routes.add_post("/gallery/press", self._press)
        host.routes.add_get("/thumbs/{digest}", self._thumb)

    async def run(self, inbox: Inbox) -> None:
        self._keeper = Keeper(await self._secret(), self._password)
        self._inbox = inbox
        try:
            async with asyncio.TaskGroup() as group:
                ears = Ears(self.name, self._posts, self._shelf, self._hall, inbox, group)
                self._desk = Desk(self.name, self._posts, self._hall, self._keeper, ears, self._shelf)
                await ears.redeliver()
                self._running.set()
                await asyncio.Event().wait()
        finally:
            self._running.clear()
            await self._hall.close()

    def chat(self, channel: Channel) -> Chat:
        return RoomChat(channel, self._posts, self._shelf, self._hall)

    async def _secret(self) -> bytes:
        """What sessions are signed with, made once and kept in a room that is nobody's."""
        mine = {"secret": secrets.token_hex(32)}
        post, _new = await self._posts.add(self.name, ".secrets", mine, key="sessions")
        return bytes.fromhex(post.body["secret"])

    # --- the page ---------------------------------------------------------------------------

    async def _index(self, request: web.Request) -> web.Response:
        return self._html("index.html")

    async def _gallery_page(self, request: web.Request) -> web.Response:
        return self._html("gallery.html")

    def _html(self, name: str) -> web.Response:
        response = web.Response(body=self._assets[name], content_type="text/html", charset="utf-8")
        response.headers[hdrs.CACHE_CONTROL] = "no-cache"
        response.headers["Content-Security-Policy"] = POLICY
        return response

    async def _asset(self, request: web.Request) -> web.Response:
        """The build is part of the address, so that everything may be cached for ever."""
        name = request.match_info["name"]
        if name not in self._assets or request.match_info["build"] != self._build:
            raise web.HTTPNotFound
        kind = "text/javascript" if name.endswith(".js") else mimetypes.guess_type(name)[0]
        response = web.Response(body=self._assets[name], content_type=kind, charset="utf-8")
        response.headers[hdrs.CACHE_CONTROL] = "public, max-age=31536000, immutable"
        return response

    # --- sessions ---------------------------------------------------------------------------

    async def _sign_in(self, request: web.Request) -> web.Response:
        """POST /session {password?, name?}: the session of this browser, made or renewed."""
        await self._check(request, ours=True)
        try:
            asked = await request.json(loads=_read)
            password, name = str(asked.get("password") or ""), asked.get("name")
        except (ValueError, AttributeError):
            raise web.HTTPBadRequest(text="JSON expected") from None
        session = self._keeper.session(request)
        if session is None:
            address = request.remote or ""
            if wait := self._throttle.wait(address):
                sentence = _("Too many wrong passwords. Try again in {seconds} seconds.")
                return _problem(429, sentence.format(seconds=math.ceil(wait)))
            if not self._keeper.lets_in(password):
                if password:
                    self._throttle.wrong(address)
                    log.warning("wrong password", address=address)
                    return _problem(401, _("That is not the password."))
                return _problem(401, "")
            self._throttle.right(address)
            session = self._keeper.open(str(name or ""))
        elif isinstance(name, str):
            session = self._keeper.renamed(session, name)
        response = web.json_response(
            {
                "person": session.person(self.name).id,
                "name": session.name,
                "connected_to": self._connected_to,
                "locked": bool(self._password),
                "max_upload": MAX_UPLOAD,
            }
        )
        response.set_cookie(
            COOKIE,
            self._keeper.cookie(session),
            max_age=LASTING,
            httponly=True,
            samesite="Strict",
            secure=secure(request),
        )
        return response

    async def _sign_out(self, request: web.Request) -> web.Response:
        await self._check(request, ours=True)
        response = web.json_response({})
        response.del_cookie(COOKIE, httponly=True, samesite="Strict")
        return response

    async def _check(self, request: web.Request, *, ours: bool) -> None:
        """Wait for the start to finish, and turn away what another site may have sent."""
        if not self._password and not named_plainly(request):
            raise web.HTTPForbidden(text="Open this page as localhost, or set WEB_PASSWORD.")
        if ours and not from_our_page(request):
            raise web.HTTPForbidden(text="This request did not come from our page.")
        try:
            async with asyncio.timeout(PATIENCE):
                await self._running.wait()
        except TimeoutError:
            raise web.HTTPServiceUnavailable(text="Starting. Try again in a moment.") from None

    async def _session(self, request: web.Request, *, ours: bool = True) -> Session:
        await self._check(request, ours=ours)
        session = self._keeper.session(request)
        if session is None:
            raise web.HTTPUnauthorized(text="Sign in first.")
        return session

    # --- files ------------------------------------------------------------------------------

    async def _upload(self, request: web.Request) -> web.Response:
        await self._session(request)
        with speaking(language(request)):
            return await self._shelf.receive(request, lambda shown: self._keeper.sign("file", shown))

    async def _file(self, request: web.Request) -> web.Response:
        await self._session(request, ours=False)
        return await self._shelf.serve(request)

    # --- the gallery ------------------------------------------------------------------------

    async def _pictures(self, request: web.Request) -> web.Response:
        return await self._gallery.pictures(request, await self._person(request))

    async def _family(self, request: web.Request) -> web.Response:
        return await self._gallery.family(request, await self._person(request))

    async def _press(self, request: web.Request) -> web.Response:
        return await self._gallery.press(request, await self._person(request), self._inbox)

    async def _thumb(self, request: web.Request) -> web.Response:
        await self._session(request, ours=False)
        return await thumbs.serve(self._files, request)

    async def _person(self, request: web.Request) -> Person:
        return (await self._session(request)).person(self.name, language(request))

    # --- the socket -------------------------------------------------------------------------

    async def _connect(self, request: web.Request) -> web.WebSocketResponse:
        session = await self._session(request)
        socket = web.WebSocketResponse(
            heartbeat=HEARTBEAT, max_msg_size=MAX_FRAME, compress=False, timeout=1.0
        )
        await socket.prepare(request)
        page = Page(socket, session.person(self.name, language(request)))
        self._hall.join(page)
        try:
            async with asyncio.TaskGroup() as group:
                await self._serve(page, socket, group)
        finally:
            self._hall.leave(page)
            await socket.close(code=WSCloseCode.GOING_AWAY)
        return socket

    async def _serve(self, page: Page, socket: web.WebSocketResponse, group: asyncio.TaskGroup) -> None:
        """Requests side by side: Stop never waits for what was asked before.

        They are finished even when the page goes away: what was stored is also handed in.
        """
        sending = group.create_task(page.send())
        with speaking(page.person.language):
            page.tell({"on": "hello", **self._greeting(), "rooms": await self._desk.greet(page)})
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            try:
                request = _read(message.data)
            except ValueError:
                continue
            group.create_task(self._desk.serve(page, request))
        self._hall.leave(page)
        sending.cancel()

    def _greeting(self) -> dict[str, Any]:
        commands = [
            {
                "name": command.name,
                "help": _(command.help),
                "usage": command.usage,
                "example": command.example,
            }
            for command in offered(self._inbox.commands, Limits())
        ]
        return {"build": self._build, "commands": commands}


def _read_assets() -> tuple[dict[str, bytes], str]:
    """The page's files, and a name for their state that is part of their address."""
    assets = {path.name: path.read_bytes() for path in sorted(PAGE.iterdir()) if path.is_file()}
    build = hashlib.sha256(b"\0".join(assets.values())).hexdigest()[:12]
    pages = [name for name in assets if name.endswith(".html")]
    assets |= {name: assets[name].replace(b"{build}", build.encode()) for name in pages}
    return assets, build


def _read(data: str) -> Any:
    """JSON from a page. Half an emoji (a lone surrogate) could not be sent on; it becomes U+FFFD."""
    found = json.loads(data)
    if "\\ud" in data.lower():
        words = json.dumps(found, ensure_ascii=False)
        found = json.loads(words.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))
    return found


def _problem(status: int, sentence: str) -> web.Response:
    return web.json_response({"error": sentence}, status=status)
