"""What can be told about a picture that somebody sent: its size and its colours."""

import asyncio
import base64
import binascii
import hashlib
import io
import re
import warnings
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFilter, UnidentifiedImageError

from bot.sandbox.paint.colours import NAMED, Colour

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
KEPT_SIDE = 512  # pixels of what is kept of a picture
MAX_PIXELS = 64_000_000

_DATA_URL = re.compile(r"data:image/(png|jpe?g|webp|gif);base64,([A-Za-z0-9+/]+={0,2})\s*\Z", re.ASCII)


class NoPicture(Exception):
    """That is not a picture."""


@dataclass(frozen=True, slots=True)
class Look:
    """A picture, looked at. ``kept`` is a smaller copy of it (WebP)."""

    width: int
    height: int
    format: str
    tones: tuple[str, ...]  # main colours as hex, the most frequent first
    colours: tuple[str, ...]  # their names
    bright: bool
    digest: str  # of the bytes that were sent
    size: int  # bytes
    kept: bytes


def from_data_url(text: str, *, bare: bool = False) -> bytes:
    """The bytes of a data URL, or of bare base64 where that is allowed; NoPicture for anything else."""
    match = _DATA_URL.match(text)
    if match is None and not bare:
        raise NoPicture("not a data URL of a picture")
    try:
        return base64.b64decode(match[2] if match else text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoPicture("not base64") from error


async def look(data: bytes) -> Look:
    """Decode it off the loop; NoPicture when it cannot be."""
    return await asyncio.to_thread(_look, data)


def _look(data: bytes) -> Look:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
                if opened.width * opened.height > MAX_PIXELS:
                    raise NoPicture("too many pixels")
                name, (width, height) = opened.format or "", opened.size
                image = opened.convert("RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        raise NoPicture("not a picture") from error
    tones = _tones(image)
    image.thumbnail((KEPT_SIDE, KEPT_SIDE))
    light = image.convert("L").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    return Look(
        width,
        height,
        name,
        tuple(f"{r:02x}{g:02x}{b:02x}" for r, g, b in tones),
        tuple(dict.fromkeys(_name(tone) for tone in tones)),
        isinstance(light, int | float) and light > 110,
        hashlib.sha256(data).hexdigest(),
        len(data),
        _webp(image),
    )


def _tones(image: Image.Image) -> list[Colour]:
    small = image.resize((64, 64), Image.Resampling.BOX)
    few = small.quantize(6, dither=Image.Dither.NONE)
    palette = few.getpalette() or []
    counts = sorted(few.getcolors() or [], reverse=True)
    found = []
    for count, index in counts:
        if count > 64 * 64 // 40 and isinstance(index, int):
            r, g, b = palette[index * 3 : index * 3 + 3]
            found.append((r, g, b))
    return found[:5]


def _name(tone: Colour) -> str:
    def distance(other: Colour) -> float:
        mean = (tone[0] + other[0]) / 2
        r, g, b = (a - c for a, c in zip(tone, other, strict=True))
        return (2 + mean / 256) * r * r + 4 * g * g + (2 + (255 - mean) / 256) * b * b

    return min(NAMED, key=lambda name: distance(NAMED[name]))


def swap_faces(face: bytes, target: bytes) -> bytes:
    """The middle of one picture laid as an oval over the other: all that this sandbox knows of faces."""
    with Image.open(io.BytesIO(face)) as opened:
        head = opened.convert("RGB")
    with Image.open(io.BytesIO(target)) as opened:
        scene = opened.convert("RGB")
    side = max(8, min(scene.size) // 3)
    edge = min(head.size)
    left, top = (head.width - edge) // 2, (head.height - edge) // 2
    head = head.crop((left, top, left + edge, top + edge)).resize((side, side))
    mask = Image.new("L", (side, side))
    ImageDraw.Draw(mask).ellipse((side * 0.12, side * 0.04, side * 0.88, side * 0.96), fill=255)
    mask = mask.filter(ImageFilter.GaussianBlur(side / 40))
    scene.paste(head, ((scene.width - side) // 2, (scene.height - side) // 3), mask)
    return _webp(scene)


def _webp(image: Image.Image) -> bytes:
    data = io.BytesIO()
    image.save(data, "WEBP", quality=82, method=2)
    return data.getvalue()
