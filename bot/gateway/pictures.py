"""Pictures as a prompt carries them: data URLs of the four kinds and the size that every gateway takes."""

import asyncio
import base64
import io
from collections import OrderedDict
from collections.abc import Iterable

import structlog
from PIL import Image, ImageOps

from bot.errors import BotError
from bot.messages import Attachment

log = structlog.get_logger()

TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif"}
MAX_SIDE = 2048  # pixels
MAX_PIXELS = 64_000_000
MAX_ENCODED = 4_000_000  # characters of base64
SMALL_SIDE, SMALL_ENCODED = 1024, 400_000  # after a gateway found a body too large
KEPT = 24  # pictures of the last requests, for a conversation sends them again with every turn


class Unreadable(Exception):
    """It is no picture, or one that cannot be used."""


class DataUrls:
    """Makes data URLs of attachments, off the loop, and keeps the last few."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, bool], str] = OrderedDict()

    async def of(self, attachment: Attachment, *, small: bool = False) -> str | None:
        """The data URL, or None for a picture that is broken or gone."""
        key = (attachment.digest, small)
        if attachment.digest and key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        try:
            url = await asyncio.to_thread(_data_url, await attachment.load(), small)
        except (Unreadable, BotError, OSError, KeyError) as error:
            log.warning("picture left out of a prompt", error=type(error).__name__)
            return None
        if attachment.digest:
            self._kept[key] = url
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return url


def _data_url(data: bytes, small: bool) -> str:
    try:
        with Image.open(io.BytesIO(data)) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise Unreadable
            side, encoded = (SMALL_SIDE, SMALL_ENCODED) if small else (MAX_SIDE, MAX_ENCODED)
            kind = TYPES.get(picture.format or "", "")
            picture.load()  # a cut-off file shows only here
            if not (kind and max(picture.size) <= side and len(data) * 4 // 3 + 4 <= encoded):
                kind, data = "image/jpeg", _shrunk(picture, side, encoded)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Unreadable from error
    except (OSError, ValueError, SyntaxError, KeyError, IndexError, TypeError, EOFError) as error:
        raise Unreadable from error
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def _shrunk(picture: Image.Image, side: int, encoded: int) -> bytes:
    """As a JPEG of at most ``side`` pixels and ``encoded`` characters, upright, on white."""
    upright = ImageOps.exif_transpose(picture).convert("RGBA")
    upright.thumbnail((side, side))
    flat = Image.new("RGB", upright.size, "white")
    flat.paste(upright, mask=upright.getchannel("A"))
    for smaller, quality in _steps():
        out = io.BytesIO()
        copy = flat.resize((max(1, flat.width // smaller), max(1, flat.height // smaller)))
        copy.save(out, "JPEG", quality=quality)
        if out.tell() * 4 // 3 + 4 <= encoded:
            break
    return out.getvalue()


def _steps() -> Iterable[tuple[int, int]]:
    """By what to divide its sides, and at which quality, until it fits."""
    for smaller in (1, 2, 4, 8):
        yield smaller, 85
        yield smaller, 70
