"""Small pictures of large ones, for pages that show many: made once, kept beside the original."""

import io
import re
import warnings

from aiohttp import hdrs, web
from PIL import Image, ImageOps

from bot.pictures import MAX_PIXELS
from bot.ports import Files
from bot.texts import _

WIDEST, HIGHEST = 1120, 480  # pixels: sharp in a row of half that height on a fine screen
QUALITY = 82

_DIGEST = re.compile(r"[0-9a-f]{64}")


class Unreadable(Exception):
    """A file of which no small picture can be made."""


async def size_of(files: Files, digest: str) -> tuple[int, int]:
    """Width and height of a picture that we keep; zeros for what is none, or is gone."""
    try:
        width, _x, height = (await files.derived(digest, "size", _measure)).decode().partition("x")
    except (KeyError, Unreadable):
        return 0, 0
    return int(width), int(height)


async def serve(files: Files, request: web.Request) -> web.Response:
    """GET /thumbs/<digest>: the picture, small, as WebP."""
    digest = request.match_info["digest"]
    etag = f'"{digest}-small"'
    if not _DIGEST.fullmatch(digest):
        raise web.HTTPNotFound(text=_("There is no such file."))
    if request.headers.get(hdrs.IF_NONE_MATCH) == etag:
        raise web.HTTPNotModified
    try:
        data = await files.derived(digest, "thumb", _shrink)
    except (KeyError, Unreadable):
        raise web.HTTPNotFound(text=_("There is no such file.")) from None
    response = web.Response(body=data, content_type="image/webp")
    response.headers[hdrs.CACHE_CONTROL] = "private, max-age=31536000, immutable"
    response.headers[hdrs.ETAG] = etag
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
    return response


def _shrink(data: bytes) -> bytes:
    with _Opened(data) as picture:
        if picture.width * picture.height > MAX_PIXELS:
            raise Unreadable
        picture.draft("RGB", (2 * WIDEST, 2 * HIGHEST))  # JPEG alone: decoded small, and so fast
        small = ImageOps.exif_transpose(picture)
        small = small.convert("RGBA" if small.has_transparency_data else "RGB")
        small.thumbnail((WIDEST, HIGHEST), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "WEBP", quality=QUALITY, method=4)
    return out.getvalue()


def _measure(data: bytes) -> bytes:
    with _Opened(data) as picture:
        turned = picture.getexif().get(0x0112, 1) >= 5  # EXIF orientation: on its side
        width, height = picture.size[::-1] if turned else picture.size
    return f"{width}x{height}".encode()


class _Opened:
    """The picture in these bytes; what cannot be read of it, now or later, is Unreadable."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __enter__(self) -> Image.Image:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                self._picture = Image.open(io.BytesIO(self._data))
            except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
                raise Unreadable from error
        return self._picture

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._picture.close()
        if isinstance(error, OSError | ValueError | SyntaxError | Image.DecompressionBombError):
            raise Unreadable from error
