"""Our files on their way out."""

import asyncio
import io
import re
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import structlog
from PIL import Image

from adapters.discord.line import Upload
from bot.messages import Attachment
from bot.ports import Files

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


class NotScalable(Exception):
    """It is no picture that could be made to fit."""


async def find(
    attachment: Attachment, *, limit: int, spoiler: bool, files: Files | None = None
) -> File | None:
    """What to send for it; None when it is too large for the place. Errors of loading pass through.

    What is scaled down is kept in ``files``, beside its original, for the next time.
    """
    is_picture = attachment.media_type.startswith("image/")
    if attachment.size > limit and not is_picture:
        return None
    data = b"" if attachment.size > limit else await attachment.load()
    name, scaled = attachment.name, False
    if max(attachment.size, len(data)) > limit:
        try:
            data = await _smaller(attachment, data, limit, files) if is_picture else b""
        except NotScalable as error:
            log.info("a picture cannot be scaled", error=str(error))
            data = b""
        if not data:
            return None
        name, scaled = f"{name.rpartition('.')[0] or name}.jpg", True
    name = _STRANGE.sub("_", name).lstrip("._") or "file"
    if spoiler and is_picture:
        name = f"SPOILER_{name}"
    alt = attachment.alt[:ALT]
    mark = f"{name}:{alt}:{limit if scaled else ''}:{attachment.digest or hash(data)}"
    return File(name, data, alt, mark, scaled)


async def _smaller(attachment: Attachment, data: bytes, limit: int, files: Files | None) -> bytes:
    scale = partial(_scaled, limit=limit)
    if files is not None and attachment.digest:
        with suppress(KeyError):
            return await files.derived(attachment.digest, f"fits{limit}", scale)
    return await asyncio.to_thread(scale, data or await attachment.load())


def _scaled(data: bytes, limit: int) -> bytes:
    """The picture as a JPEG of at most ``limit`` bytes; NotScalable."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            picture.draft("RGB", (SIDES[0], SIDES[0]))
            whole = picture.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise NotScalable(str(error)) from error
    for side in SIDES:
        whole.thumbnail((side, side))
        smaller = io.BytesIO()
        whole.save(smaller, "JPEG", quality=88)
        if smaller.tell() <= limit:
            return smaller.getvalue()
    raise NotScalable(f"not even {SIDES[-1]} pixels fit")
