"""Our files on their way out."""

import asyncio
import io
import re
from dataclasses import dataclass

import structlog
from PIL import Image

from adapters.discord.line import Upload
from bot.messages import Attachment

log = structlog.get_logger()

SIDES = (4096, 3072, 2048, 1536, 1024)  # pixels of the longer side of what is scaled down, until it fits
ALT = 1024  # characters of a description

_STRANGE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class File:
    """One file, and whether it is the original."""

    name: str
    data: bytes
    alt: str
    mark: str  # equal for what looks equal
    scaled: bool = False

    @property
    def upload(self) -> Upload:
        return Upload(self.name, self.data, self.alt)


async def find(attachment: Attachment, *, limit: int, spoiler: bool) -> File | None:
    """What to send for it; None when it is too large for the place. Errors of loading pass through."""
    is_picture = attachment.media_type.startswith("image/")
    if attachment.size > limit and not is_picture:
        return None
    data = await attachment.load()
    name, scaled = attachment.name, False
    if len(data) > limit:
        smaller = await asyncio.to_thread(_scaled, data, limit) if is_picture else None
        if smaller is None:
            return None
        name, data, scaled = f"{name.rpartition('.')[0] or name}.jpg", smaller, True
    name = _STRANGE.sub("_", name).lstrip("._") or "file"
    if spoiler and is_picture:
        name = f"SPOILER_{name}"
    alt = attachment.alt[:ALT]
    mark = f"{name}:{alt}:{limit if scaled else ''}:{attachment.digest or hash(data)}"
    return File(name, data, alt, mark, scaled)


def _scaled(data: bytes, limit: int) -> bytes | None:
    """The picture as a JPEG of at most ``limit`` bytes."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            picture.draft("RGB", (SIDES[0], SIDES[0]))
            whole = picture.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        log.info("not a picture that can be scaled", error=str(error))
        return None
    for side in SIDES:
        whole.thumbnail((side, side))
        smaller = io.BytesIO()
        whole.save(smaller, "JPEG", quality=88)
        if smaller.tell() <= limit:
            return smaller.getvalue()
    return None
