"""Our files on their way out: as what they are sent, and under which id the platform keeps them."""

import asyncio
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog
from PIL import Image
from telegram import InputFile

from adapters.telegram.earlier import Earlier, Pictures
from adapters.telegram.sends import Message
from bot.messages import Attachment
from bot.ports import Options

log = structlog.get_logger()

MAX_PHOTO = 10_000_000  # bytes
MAX_SIDES = 10_000  # pixels, width and height together
MAX_RATIO = 20
SCALED = 4000  # pixels of the longer side of what is scaled down


@dataclass(frozen=True, slots=True)
class Media:
    """One file: ``file_id`` when the platform has it, ``data`` when it has to be uploaded."""

    kind: str  # photo, video, animation, audio, document
    name: str
    digest: str = ""  # of the original, when we keep it
    slot: str = ""  # as what the platform keeps it
    file_id: str = ""
    data: bytes = b""

    @property
    def mark(self) -> str:
        """Equal for what looks equal."""
        return f"{self.kind}:{self.digest or hash(self.data)}"

    def input(self, place: str) -> tuple[str, dict[str, InputFile]]:
        """How the wire names it, and what to upload under ``place``."""
        if self.file_id:
            return self.file_id, {}
        return f"attach://{place}", {place: InputFile(self.data, filename=self.name)}


class Shelf:
    """Finds and remembers the platform's ids of what was sent before. ``original`` is that of ``Host``."""

    def __init__(self, options: Options, pictures: Pictures, original: Callable[[str, str], str]) -> None:
        self.original = original
        self._options = options
        self._pictures = pictures

    async def find(self, attachment: Attachment, *, plain: bool = False) -> Media:
        """What to send for it; ``plain``: as a file, untouched. Errors of loading pass through."""
        kind = "document" if plain else kind_of(attachment)
        slot = "original" if plain else kind
        if attachment.digest:
            known = await self._options.get(_place(attachment.digest))
            for each, found in ((kind, slot), ("document", f"{slot} as document")):
                if found in known:
                    return Media(each, attachment.name, attachment.digest, found, known[found])
        data = await attachment.load()
        media = Media(kind, attachment.name, attachment.digest, slot, data=data)
        return await asyncio.to_thread(_as_photo, media) if kind == "photo" else media

    async def remember(
        self, media: Sequence[Media], messages: Sequence[Message], *, owner: int = 0, caption: str = ""
    ) -> None:
        """Keep the ids under which the platform has just taken them; pictures also as their owner's."""
        for each, message in zip(media, messages, strict=False):
            if each.digest and not each.file_id and (kept := file_in(message, each.kind)):
                await self._options.set(_place(each.digest), each.slot, kept)
                if owner and each.kind == "photo":
                    await self._pictures.add(owner, Earlier(each.digest, kept, caption))

    async def forget(self, media: Media) -> None:
        """The platform does not know its id any more."""
        if media.digest:
            await self._options.set(_place(media.digest), media.slot, None)


def kind_of(attachment: Attachment) -> str:
    """As what it is shown best."""
    match attachment.media_type:
        case "image/gif":
            return "animation"
        case "video/mp4":
            return "video"
        case "audio/mpeg" | "audio/mp4":  # what its player plays
            return "audio"
        case kind if kind.startswith("image/"):
            return "photo"
        case _:
            return "document"


def as_document(media: Media) -> Media:
    """The same, for when it is not taken as a photo."""
    return replace(media, kind="document", slot=f"{media.slot} as document", file_id="")


def file_in(message: Message, kind: str) -> str:
    """The platform's id of the file in a message."""
    found: Any = message.get(kind)
    if kind == "photo" and found:
        found = found[-1]
    return found["file_id"] if found else ""


def _place(digest: str) -> str:
    return f"telegram.file.{digest}"


def _as_photo(media: Media) -> Media:
    """Within what the platform takes as a photo: as it is, on white, scaled down, or else as a document."""
    try:
        with Image.open(io.BytesIO(media.data)) as picture:
            width, height = picture.size
            if min(width, height) * MAX_RATIO < max(width, height):
                return as_document(media)
            if width + height > MAX_SIDES or len(media.data) > MAX_PHOTO:
                picture.thumbnail((SCALED, SCALED))
            elif not _is_transparent(picture):
                return media
            shown = io.BytesIO()
            _on_white(picture).save(shown, "JPEG", quality=90)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        log.info("not a picture that can be shown", name=media.name, error=str(error))
        return as_document(media)
    if shown.tell() > MAX_PHOTO:
        return as_document(media)
    name = media.name.rpartition(".")[0] or media.name
    return replace(media, name=f"{name}.jpg", data=shown.getvalue())


def _is_transparent(picture: Image.Image) -> bool:
    """The platform would show that as black."""
    if not picture.has_transparency_data:
        return False
    return picture.convert("RGBA").getchannel("A").getextrema() != (255, 255)


def _on_white(picture: Image.Image) -> Image.Image:
    seen = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen).convert("RGB")
