"""Files that people send: named and measured first, fetched when they are wanted."""

import mimetypes
from collections.abc import Mapping
from functools import partial
from typing import Any

import discord

from adapters.discord.line import Line, Pauses
from bot.errors import Kind, OutcomeUnknown, Refused, Unavailable, UserError
from bot.messages import Attachment
from bot.texts import _

LARGEST = 100 * 2**20  # bytes that we fetch
TRIES = 5
_PICTURES = {1: "png", 2: "png", 4: "gif"}  # formats of stickers; the third is an animation in vectors

Message = Mapping[str, Any]


class Incoming:
    """Makes attachments of messages' files."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def of(self, message: Message, channel: str = "") -> tuple[Attachment, ...]:
        """The files in a message, and its stickers. ``channel``: where it can be had again."""
        where = (channel or str(message.get("channel_id") or ""), str(message.get("id") or ""))
        files = [self.file(each, *where) for each in message.get("attachments") or ()]
        stickers = [self._sticker(each) for each in message.get("sticker_items") or ()]
        return (*files, *(each for each in stickers if each is not None))

    def file(self, found: Mapping[str, Any], channel: str = "", message: str = "") -> Attachment:
        """Links live for a day: after that the message is asked for a new one."""
        name = str(found.get("filename") or "file")
        kind = str(found.get("content_type") or mimetypes.guess_type(name)[0] or "application/octet-stream")
        size = int(found.get("size") or 0)
        load = partial(self._load, dict(found), channel, message)
        alt = str(found.get("description") or "")
        return Attachment(name, kind.partition(";")[0].strip(), size, load, alt=alt)

    def _sticker(self, sticker: Mapping[str, Any]) -> Attachment | None:
        ending = _PICTURES.get(sticker.get("format_type", 0))
        if ending is None:
            return None
        url = f"{discord.Asset.BASE}/stickers/{sticker['id']}.{ending}"
        load = partial(self._load, {"url": url, "filename": sticker.get("name", "sticker")}, "", "")
        return Attachment(f"sticker.{ending}", f"image/{ending}", 0, load, alt=str(sticker.get("name", "")))

    async def _load(self, found: dict[str, Any], channel: str, message: str) -> bytes:
        if int(found.get("size") or 0) > LARGEST:
            raise _too_large(found)
        pauses = Pauses()
        for last in range(TRIES):
            try:
                return await self._line.download(found["url"], LARGEST)
            except (Unavailable, OutcomeUnknown) as error:
                if last == TRIES - 1:
                    raise Unavailable(error.reason) from error
                await pauses.after(error, "download")
            except Refused as error:
                if error.kind is Kind.SIZE:
                    raise _too_large(found) from error
                if last or not (channel and message):
                    raise
                found = found | {"url": await self._fresh_link(found, channel, message)}
        raise AssertionError

    async def _fresh_link(self, found: Mapping[str, Any], channel: str, message: str) -> str:
        path = "/channels/{channel_id}/messages/{message_id}"
        again = await self._line.surely("GET", path, channel_id=channel, message_id=message)
        for each in again.get("attachments") or ():
            if each.get("id") == found.get("id"):
                return str(each["url"])
        raise Refused("the file is not there any more", kind=Kind.GONE)


def _too_large(found: Mapping[str, Any]) -> UserError:
    name = found.get("filename") or "file"
    return UserError(
        _("{name} is too large: I take at most {size} MB.").format(name=name, size=LARGEST // 2**20)
    )
