"""The mask page: where somebody paints over the part of a picture that is to be repainted."""

import hashlib
import html
import json
import mimetypes
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import structlog
from aiohttp import hdrs, web

from bot.browsers import from_our_page, language
from bot.errors import UserError
from bot.messages import Channel, Person
from bot.ports import Platform
from bot.texts import _, speaking, written

log = structlog.get_logger()

PAGE = Path(__file__).with_name("page")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
)
_PLACE = re.compile(r"\{(\w+)\}")


class Errand(Protocol):
    """What a page is for."""

    @property
    def channel(self) -> Channel: ...

    @property
    def person(self) -> Person: ...

    @property
    def prompt(self) -> str: ...


E = TypeVar("E", bound=Errand)


class Errands(Protocol[E]):
    """Who hands pages out, and takes what was painted. All may raise UserError."""

    async def errand(self, token: str) -> E:
        """UserError when it was used, is too old, or never was."""

    async def picture(self, errand: E) -> tuple[bytes, str]:
        """The picture that is painted over, and its media type."""

    async def painted(self, errand: E, mask: bytes, words: str) -> object:
        """Order what was painted, once."""


class Masks(Generic[E]):
    """Serves mask pages. Their addresses are secrets, which end with the order."""

    def __init__(self, errands: Errands[E], platforms: Mapping[str, Platform]) -> None:
        self._errands = errands
        self._platforms = platforms
        origins = sorted({each for platform in platforms.values() for each in platform.client.origins})
        self._policy = POLICY.format(ancestors=" ".join(origins) or "'none'")
        self._assets, self._build = _read_assets()

    def add_to(self, routes: web.UrlDispatcher) -> None:
        routes.add_get("/mask/page/{build}/{name}", self._asset)
        routes.add_get("/mask/{token}", self._show)
        routes.add_post("/mask/{token}", self._take)
        routes.add_get("/mask/{token}/picture", self._picture)

    async def _show(self, request: web.Request) -> web.Response:
        try:
            errand = await self._errand(request)
        except UserError as error:
            with speaking(language(request)):
                values = {"lang": written(), "sentence": str(error), "build": self._build}
            return self._page("gone.html", values, status=410)
        platform = self._platforms.get(errand.channel.platform)
        script = platform.client.script if platform else ""
        with _speaking(request, errand):
            values = {"lang": written(), **_labels(), "sentences": _sentences()}
        values |= {"prompt": errand.prompt, "client": script, "build": self._build}
        return self._page("mask.html", values)

    async def _picture(self, request: web.Request) -> web.Response:
        try:
            data, kind = await self._errands.picture(await self._errand(request))
        except (UserError, KeyError):
            raise web.HTTPGone(text=_("I no longer have that picture.")) from None
        response = web.Response(body=data, content_type=kind)
        response.headers[hdrs.CACHE_CONTROL] = "private, no-store"
        return response

    async def _take(self, request: web.Request) -> web.Response:
        """POST, multipart: ``mask`` (PNG), ``words``, and ``proof`` where the client gave the page one."""
        if not from_our_page(request):
            raise web.HTTPForbidden(text="This request did not come from our page.")
        try:
            errand = await self._errand(request)
        except UserError as error:
            return _problem(410, str(error))
        with _speaking(request, errand):
            return await self._order(request, errand)

    async def _order(self, request: web.Request, errand: E) -> web.Response:
        try:
            mask, words, proof = await _fields(request)
        except web.HTTPRequestEntityTooLarge:
            return _problem(413, _("That is too much for one mask; paint it more simply."))
        platform = self._platforms.get(errand.channel.platform)
        if proof and not (platform and platform.vouch(proof) == errand.person.id):
            log.warning("a mask by somebody else, or with a forged proof", channel=str(errand.channel))
            return _problem(
                403, _("This page is for whoever pressed the button; press it yourself for another.")
            )
        try:
            await self._errands.painted(errand, mask, words)
        except UserError as error:
            return _problem(422, str(error))
        except KeyError:
            return _problem(410, _("I no longer have that picture."))
        return web.json_response({"said": _("On its way: the new picture will be in the chat.")})

    async def _errand(self, request: web.Request) -> E:
        with speaking(language(request)):
            return await self._errands.errand(request.match_info["token"])

    # --- files ------------------------------------------------------------------------------

    def _page(self, name: str, values: Mapping[str, str], *, status: int = 200) -> web.Response:
        body = _PLACE.sub(lambda place: html.escape(values[place[1]]), self._assets[name].decode())
        response = web.Response(text=body, content_type="text/html", status=status)
        response.headers["Content-Security-Policy"] = self._policy
        response.headers[hdrs.CACHE_CONTROL] = "no-store"
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    async def _asset(self, request: web.Request) -> web.Response:
        """The build is part of the address, so that everything may be cached for ever."""
        name = request.match_info["name"]
        if name not in self._assets or name.endswith(".html") or request.match_info["build"] != self._build:
            raise web.HTTPNotFound
        kind = "text/javascript" if name.endswith(".js") else mimetypes.guess_type(name)[0]
        response = web.Response(body=self._assets[name], content_type=kind, charset="utf-8")
        response.headers[hdrs.CACHE_CONTROL] = "public, max-age=31536000, immutable"
        return response


def _read_assets() -> tuple[dict[str, bytes], str]:
    """The page's files, and a name for their state that is part of their address."""
    assets = {path.name: path.read_bytes() for path in sorted(PAGE.iterdir()) if path.is_file()}
    return assets, hashlib.sha256(b"\0".join(assets.values())).hexdigest()[:12]


@contextmanager
def _speaking(request: web.Request, errand: Errand) -> Iterator[None]:
    with speaking(errand.person.language or language(request)):
        yield


async def _fields(request: web.Request) -> tuple[bytes, str, str]:
    try:
        form = await request.post()
    except ValueError:
        raise web.HTTPBadRequest(text="A form was expected.") from None
    mask, words, proof = form.get("mask"), form.get("words", ""), form.get("proof", "")
    if not isinstance(mask, web.FileField) or not isinstance(words, str) or not isinstance(proof, str):
        raise web.HTTPBadRequest(text="A mask and words were expected.")
    return mask.file.read(), words, proof


def _problem(status: int, sentence: str) -> web.Response:
    return web.json_response({"error": sentence}, status=status)


def _labels() -> dict[str, str]:
    """What stands on the page."""
    return {
        "title": _("Which part is to be repainted?"),
        "tools": _("Tools"),
        "brush": _("Brush"),
        "rectangle": _("Rectangle"),
        "eraser": _("Eraser"),
        "size": _("Size"),
        "undo": _("Undo"),
        "redo": _("Redo"),
        "invert": _("Invert"),
        "clear": _("Clear"),
        "closer": _("Zoom in"),
        "farther": _("Zoom out"),
        "fit": _("Whole picture"),
        "picture": _("The picture, to paint on"),
        "keys": _("Arrow keys move the brush; the space bar begins and ends a stroke."),
        "what": _("What shall be there?"),
        "go": _("Repaint"),
        "scriptless": _("This page needs JavaScript."),
    }


def _sentences() -> str:
    """What the page says by itself, as JSON."""
    said = {
        "share": _("{percent} % marked"),
        "lost": _("The server cannot be reached; please try again."),
        "missing": _("I no longer have that picture."),
    }
    return json.dumps(said, ensure_ascii=False)
