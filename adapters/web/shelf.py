"""Files on their way to and from pages: uploads, pictures and previews."""

import hashlib
import io
import mimetypes
import re
import warnings
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, TypedDict
from urllib.parse import quote

import structlog
from aiohttp import hdrs, web
from PIL import Image

from bot.errors import ServiceError, UserError
from bot.messages import Attachment
from bot.pictures import look
from bot.ports import Files
from bot.texts import _

log = structlog.get_logger()

MAX_UPLOAD = 20_000_000  # bytes of one file
MAX_NAME = 120  # characters
FLEETING = 64_000_000  # bytes of previews kept in memory
_PICTURES = {  # what a file begins with, for the types that a page may show
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
}
_DIGEST = re.compile(r"[0-9a-f]{64}")
_PICTURE_NAMES = (".png", ".jpg", ".jpeg", ".gif", ".webp")


class Shown(TypedDict):
    """A file as posts keep it and pages get it."""

    digest: str
    name: str
    type: str
    size: int
    alt: str
    width: int  # 0 when it is no picture
    height: int


class TooLarge(UserError):
    """A file over the cap."""


class Shelf:
    """Keeps what lasts in ``files`` and what is fleeting in memory; serves both at ``/files/<digest>``."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._fleeting: OrderedDict[str, bytes] = OrderedDict()
        self._fleeting_size = 0
        self._sizes: OrderedDict[str, tuple[int, int]] = OrderedDict()

    # --- ours, outwards ---------------------------------------------------------------------

    async def show(self, attachment: Attachment, *, lasting: bool) -> Shown:
        """What a page needs to know of it. One without a digest is kept when its message lasts."""
        digest, size = attachment.digest, attachment.size
        picture = attachment.media_type.startswith("image/")
        measured = self._sizes.get(digest) if digest else None
        if not digest or (picture and measured is None):
            data = await self._load(attachment)
            size = len(data) or size
            if not digest and data:
                digest = await self._files.put(data) if lasting else self._keep(data)
            if picture:
                measured = self._measure(digest, data)
        width, height = measured or (0, 0)
        return Shown(
            digest=digest,
            name=attachment.name[:MAX_NAME],
            type=attachment.media_type,
            size=size,
            alt=attachment.alt,
            width=width,
            height=height,
        )

    async def _load(self, attachment: Attachment) -> bytes:
        """Its bytes; none when they cannot be had, since a message without its picture is still a message."""
        try:
            return await attachment.load()
        except (KeyError, ServiceError) as error:
            log.warning("a file cannot be loaded", digest=attachment.digest, error=str(error))
            return b""

    def _measure(self, digest: str, data: bytes) -> tuple[int, int]:
        """Width and height, so that the page can hold the place; read from the head of the file only."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                with Image.open(io.BytesIO(data)) as picture:
                    size = picture.size
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            size = (0, 0)
        self._sizes[digest] = size
        if len(self._sizes) > 2_000:
            self._sizes.popitem(last=False)
        return size

    def _keep(self, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        if digest not in self._fleeting:
            self._fleeting[digest] = data
            self._fleeting_size += len(data)
        self._fleeting.move_to_end(digest)
        while self._fleeting_size > FLEETING:
            self._fleeting_size -= len(self._fleeting.popitem(last=False)[1])
        return digest

    async def serve(self, request: web.Request) -> web.Response:
        """GET /files/<digest>?name=…: pictures to be shown, anything else to be saved."""
        digest = request.match_info["digest"]
        etag = f'"{digest}"'
        if not _DIGEST.fullmatch(digest):
            raise web.HTTPNotFound(text=_("There is no such file."))
        if request.headers.get(hdrs.IF_NONE_MATCH) == etag:
            raise web.HTTPNotModified
        try:
            data = self._fleeting.get(digest) or await self._files.get(digest)
        except KeyError:
            raise web.HTTPNotFound(text=_("There is no such file.")) from None
        name = _plain_name(request.query.get("name", "file"))
        shown_as = _picture_type(data)
        response = _part_of(data, request)
        response.content_type = shown_as or mimetypes.guess_type(name)[0] or "application/octet-stream"
        response.headers[hdrs.CACHE_CONTROL] = "private, max-age=31536000, immutable"
        response.headers[hdrs.ETAG] = etag
        response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
        if not shown_as or "save" in request.query:
            response.headers[hdrs.CONTENT_DISPOSITION] = (
                f"attachment; filename*=UTF-8''{quote(name, safe='')}"
            )
        return response

    # --- theirs, inwards --------------------------------------------------------------------

    async def receive(self, request: web.Request, sign: Callable[[Mapping[str, Any]], str]) -> web.Response:
        """POST /upload?name=…: the file as the body; answers with what to show and a ticket to send it."""
        name = _plain_name(request.query.get("name", "file"))
        try:
            shown = await self._take(await _read(request), name, request.content_type)
        except TooLarge as error:
            response = web.json_response({"error": str(error)}, status=413)
            response.force_close()  # the rest of the body is not read
            return response
        except UserError as error:
            return web.json_response({"error": str(error)}, status=422)
        return web.json_response({**shown, "ticket": sign(shown)})

    async def _take(self, data: bytes, name: str, media_type: str) -> Shown:
        if not data:
            raise UserError(_("That file is empty."))
        width = height = 0
        if media_type.startswith("image/") or name.lower().endswith(_PICTURE_NAMES):
            found = await look(data)
            media_type, width, height = found.media_type, found.width, found.height
        digest = await self._files.put(data)
        return Shown(
            digest=digest, name=name, type=media_type, size=len(data), alt="", width=width, height=height
        )

    def attachment(self, shown: Shown) -> Attachment:
        return self._files.attachment(shown["digest"], shown["name"], shown["type"], alt=shown["alt"])


async def _read(request: web.Request) -> bytes:
    """The body, whatever length it claims. TooLarge as soon as it is clear that it is over the cap."""
    parts: list[bytes] = []
    size = request.content_length or 0
    if size <= MAX_UPLOAD:
        size = 0
        async for part in request.content.iter_any():
            size += len(part)
            if size > MAX_UPLOAD:
                break
            parts.append(part)
    if size > MAX_UPLOAD:
        most = MAX_UPLOAD // 1_000_000
        raise TooLarge(_("That file is over {size} MB, which is the most I take.").format(size=most))
    return b"".join(parts)


def _part_of(data: bytes, request: web.Request) -> web.Response:
    """All of it, or what was asked for: players fetch a film in parts, and some play nothing else."""
    try:
        asked = request.http_range
    except ValueError:
        asked = slice(None)
    start, stop, _step = slice(asked.start, asked.stop).indices(len(data))
    if (asked.start, asked.stop) == (None, None):
        response = web.Response(body=data)
    elif start >= stop:
        response = web.Response(status=416)
        response.headers[hdrs.CONTENT_RANGE] = f"bytes */{len(data)}"
    else:
        response = web.Response(status=206, body=data[start:stop])
        response.headers[hdrs.CONTENT_RANGE] = f"bytes {start}-{stop - 1}/{len(data)}"
    response.headers[hdrs.ACCEPT_RANGES] = "bytes"
    return response


def _picture_type(data: bytes) -> str:
    """The type of a picture that a page may show, judged by its bytes alone."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _PICTURES.items() if data.startswith(start)), "")


def _plain_name(name: str) -> str:
    """A file's name without folders and control characters."""
    last = re.split(r"[\\/]", name)[-1]
    return "".join(letter for letter in last if letter.isprintable()).strip()[:MAX_NAME] or "file"
