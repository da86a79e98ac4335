"""Pictures for where nothing can be uploaded: sent to a chat where they can, and then known by their ids."""

from collections.abc import Sequence
from dataclasses import replace

import structlog

from adapters.telegram.layout import Address, Part
from adapters.telegram.media import Media, as_document, file_in
from adapters.telegram.messages import Desk
from adapters.telegram.pace import LATER
from adapters.telegram.sends import Message
from adapters.telegram.text import Written
from adapters.telegram.troubles import Trouble
from bot.errors import Refused
from bot.messages import Attachment

log = structlog.get_logger()


class Stash:
    """What belongs to ``owner``, a person's number, who gets what the cache chat does not take."""

    def __init__(self, desk: Desk, owner: int) -> None:
        self._desk = desk
        self._owner = owner

    async def take(self, attachment: Attachment, words: Written) -> Media:
        """It, with an id of the platform's: sent without a sound. Refused where there is no place for it."""
        media = await self._desk.shelf.find(attachment)
        if media.file_id:
            return media
        if self._desk.cache_chat:
            try:
                return await self._sent(self._desk.cache_chat, media, attachment, words)
            except Refused as error:
                log.warning("TELEGRAM_CACHE_CHAT takes no pictures; their owners get them", error=str(error))
        return await self._sent(self._owner, media, attachment, words)

    async def _sent(self, chat: int, media: Media, attachment: Attachment, words: Written) -> Media:
        """As a file where it is not taken as a picture."""
        try:
            messages = await self._post(chat, media, words)
        except Refused as error:
            if error.code != Trouble.PICTURE or media.kind != "photo":
                raise
            media = as_document(await self._desk.shelf.find(attachment, plain=True))
            messages = await self._post(chat, media, words)
        await self._desk.shelf.remember([media], messages, owner=self._owner, caption=words.text)
        kind = media.kind if messages[0].get(media.kind) else "document"
        return replace(media, kind=kind, file_id=file_in(messages[0], kind))

    async def _post(self, chat: int, media: Media, words: Written) -> Sequence[Message]:
        call = Part(words, (media,)).send(Address(chat, silent=True))
        return (await self._desk.sends.post(call, priority=LATER))[1]
