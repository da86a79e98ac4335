"""Files that people send: named and measured first, fetched when they are wanted."""

import asyncio
import mimetypes
from collections.abc import Callable
from functools import partial
from pathlib import Path

from telegram import Message, PhotoSize
from telegram import Sticker as TelegramSticker

from adapters.telegram.line import Line, Pauses
from bot.errors import Kind, OutcomeUnknown, Refused, ServiceError, Unavailable, UserError
from bot.messages import Attachment
from bot.texts import _

DOWNLOAD = 20 * 2**20  # bytes that the public server hands out
TRIES = 6


class Incoming:
    """Makes attachments of messages' files."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def of(self, message: Message) -> tuple[Attachment, ...]:
        """The files in a message: none or one."""
        found = _FINDERS
        for name, find in found.items():
            if getattr(message, name, None):
                attachment = find(self, getattr(message, name))
                return (attachment,) if attachment else ()
        return ()

    def photo(self, sizes: tuple[PhotoSize, ...]) -> Attachment:
        largest = max(sizes, key=lambda size: size.width * size.height)
        return self._file(largest, "photo.jpg", "image/jpeg")

    def sticker(self, sticker: TelegramSticker) -> Attachment | None:
        """A picture; of one that moves, its still."""
        if not (sticker.is_animated or sticker.is_video):
            return self._file(sticker, "sticker.webp", "image/webp", alt=sticker.emoji or "")
        if sticker.thumbnail is None:
            return None
        return self._file(sticker.thumbnail, "sticker.jpg", "image/jpeg", alt=sticker.emoji or "")

    def named(self, default: str, media_type: str, file: object) -> Attachment:
        """A file that may bring its own name and type."""
        given = getattr(file, "file_name", None)
        kind = getattr(file, "mime_type", None) or (mimetypes.guess_type(given)[0] if given else None)
        kind = kind or media_type
        return self._file(file, given or default + (mimetypes.guess_extension(kind) or ""), kind)

    def _file(self, file: object, name: str, media_type: str, *, alt: str = "") -> Attachment:
        file_id, size = str(getattr(file, "file_id", "")), int(getattr(file, "file_size", None) or 0)
        return Attachment(name, media_type, size, partial(self._load, file_id, name, size), alt=alt)

    async def _load(self, file_id: str, name: str, size: int) -> bytes:
        """The bytes; UserError when they are more than the platform hands out."""
        if size > DOWNLOAD and self._line.is_official:
            raise _too_large(name)
        pauses = Pauses()
        for last in range(TRIES):
            try:
                return await self._fetch(file_id)
            except (Unavailable, OutcomeUnknown) as error:
                if last == TRIES - 1:
                    raise Unavailable(error.reason) from error
                await pauses.after(error, "getFile")
            except Refused as error:
                if error.kind is Kind.SIZE:
                    raise _too_large(name) from error
                raise
        raise AssertionError

    async def _fetch(self, file_id: str) -> bytes:
        found = await self._line.once("getFile", {"file_id": file_id})
        path = found.get("file_path") or ""
        if not path:
            raise ServiceError("the file has no address")
        if path.startswith("/"):  # a server of one's own, which may share our disk
            data = await asyncio.to_thread(_read, path)
            if data is not None:
                return data
        return await self._line.download(path)


_FINDERS: dict[str, Callable[..., Attachment | None]] = {
    "photo": Incoming.photo,
    "animation": lambda files, found: files.named("animation", "video/mp4", found),
    "document": lambda files, found: files.named("file", "application/octet-stream", found),
    "sticker": Incoming.sticker,
    "voice": lambda files, found: files.named("voice", "audio/ogg", found),
    "audio": lambda files, found: files.named("audio", "audio/mpeg", found),
    "video_note": lambda files, found: files.named("video", "video/mp4", found),
    "video": lambda files, found: files.named("video", "video/mp4", found),
}


def _read(path: str) -> bytes | None:
    try:
        return Path(path).read_bytes()
    except OSError:
        return None


def _too_large(name: str) -> UserError:
    return UserError(
        _("{name} is over {size} MB, more than Telegram hands out to bots.").format(
            name=name, size=DOWNLOAD // 2**20
        )
    )
