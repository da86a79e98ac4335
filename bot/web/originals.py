"""Files in full size for whoever has the link, where a network takes them only smaller."""

import hashlib
import hmac
from urllib.parse import quote

from aiohttp import hdrs, web

from bot.ports import Files
from bot.texts import _

MARK = 32  # hex digits of the signature: 128 bits
_SHOWN = {  # by their bytes alone, what a browser may show; anything else is saved
    "image/png": (0, b"\x89PNG\r\n\x1a\n"),
    "image/jpeg": (0, b"\xff\xd8\xff"),
    "image/gif": (0, b"GIF8"),
    "image/webp": (8, b"WEBP"),
    "video/mp4": (4, b"ftyp"),
}


class Originals:
    """Links nobody can guess: each is signed with ``secret``, and works for as long as the file is kept.

    ``url`` is the site's public address. Without one there are no links.
    """

    def __init__(self, files: Files, url: str, secret: bytes) -> None:
        self._files = files
        self._url = url.rstrip("/")
        self._key = hmac.digest(secret, b"originals", hashlib.sha256)

    def add_to(self, routes: web.UrlDispatcher) -> None:
        routes.add_get("/originals/{mark}/{digest}/{name}", self._serve)

    def link(self, digest: str, name: str) -> str:
        """Where the file can be had; "" where nowhere, which also goes for one that is not kept."""
        if not (self._url and digest):
            return ""
        return f"{self._url}/originals/{self._mark(digest)}/{digest}/{quote(name, safe='')}"

    def _mark(self, digest: str) -> str:
        return hmac.digest(self._key, digest.encode(), hashlib.sha256).hex()[:MARK]

    async def _serve(self, request: web.Request) -> web.Response:
        digest = request.match_info["digest"]
        if not hmac.compare_digest(self._mark(digest).encode(), request.match_info["mark"].encode()):
            raise web.HTTPNotFound(text=_("There is no such file."))
        try:
            data = await self._files.get(digest)
        except KeyError:
            raise web.HTTPNotFound(text=_("There is no such file.")) from None
        kind = next((kind for kind, (at, sign) in _SHOWN.items() if data.startswith(sign, at)), "")
        response = web.Response(body=data, content_type=kind or "application/octet-stream")
        if not kind:
            name = quote(request.match_info["name"], safe="")
            response.headers[hdrs.CONTENT_DISPOSITION] = f"attachment; filename*=UTF-8''{name}"
        response.headers[hdrs.CACHE_CONTROL] = "private, max-age=86400, immutable"
        response.headers["X-Robots-Tag"] = "noindex"
        return response
