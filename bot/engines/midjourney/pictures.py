"""Pictures on their way to the service: small enough, and as data URLs, the one form all of them take."""

import asyncio
import base64
import io
import struct

from PIL import Image, ImageOps

from bot.errors import Kind, Refused

MAX_SIDE = 2048  # pixels
MAX_BYTES = 4_000_000
MAX_PIXELS = 100_000_000
_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif"}
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)


async def data_url(picture: bytes) -> str:
    """As a data URL, shrunk off the loop where it must be; Refused for what is no picture."""
    return await asyncio.to_thread(_data_url, picture)


async def mask_url(mask: bytes) -> str:
    """A mask as a PNG data URL: white is painted anew, black is kept. trueai knows no other type."""
    return await asyncio.to_thread(_mask_url, mask)


def _data_url(picture: bytes) -> str:
    try:
        with Image.open(io.BytesIO(picture), formats=list(_TYPES)) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise Refused("a picture has too many pixels", kind=Kind.SIZE)
            if max(opened.size) <= MAX_SIDE and len(picture) <= MAX_BYTES:
                opened.load()
                return _url(_TYPES[opened.format or "PNG"], picture)
            return _shrunk(opened)
    except (OSError, ValueError, SyntaxError, struct.error, *_BOMBS) as error:
        raise Refused("a picture cannot be read", kind=Kind.REQUEST) from error


def _shrunk(opened: Image.Image) -> str:
    turned = ImageOps.exif_transpose(opened)
    clear = turned.has_transparency_data
    for side in (MAX_SIDE, MAX_SIDE * 3 // 4, MAX_SIDE // 2, MAX_SIDE // 4):
        small = turned.convert("RGBA" if clear else "RGB")
        small.thumbnail((side, side), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        # WebP keeps transparency at a fraction of PNG's size; JPEG is what everybody takes.
        small.save(out, "WEBP" if clear else "JPEG", quality=90)
        if out.tell() <= MAX_BYTES:
            break
    return _url("image/webp" if clear else "image/jpeg", out.getvalue())


def _mask_url(mask: bytes) -> str:
    try:
        with Image.open(io.BytesIO(mask), formats=list(_TYPES)) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise Refused("the mask has too many pixels", kind=Kind.SIZE)
            if opened.format == "PNG" and opened.mode in ("L", "RGB", "1"):
                opened.load()
                return _url("image/png", mask)
            flat = Image.new("RGB", opened.size, "black")
            flat.paste(opened.convert("RGB"), mask=opened.convert("RGBA").getchannel("A"))
    except (OSError, ValueError, SyntaxError, struct.error, *_BOMBS) as error:
        raise Refused("the mask cannot be read", kind=Kind.REQUEST) from error
    out = io.BytesIO()
    flat.save(out, "PNG")
    return _url("image/png", out.getvalue())


def _url(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"
