"""What somebody sent, as a turn that a model can read: words, pictures, what was spoken, documents."""

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field

from bot import documents
from bot.errors import BotError, Refused, Unsupported, UserError
from bot.messages import SPOKEN, Attachment, IncomingMessage, Role, Turn
from bot.pictures import MAX_BYTES, look
from bot.ports import Chat, Files, Transcriber
from bot.texts import _

MAX_SOUND = 25_000_000  # bytes; what transcription services take
MAX_CHARACTERS = 80_000  # of all documents in one message
READING = 2  # documents at once, for all people: it is work for this machine

_SOUNDS = ("audio/", "video/mp4", "video/ogg", "video/webm", "application/ogg")


@dataclass(frozen=True, slots=True)
class Taken:
    """A turn, and what its author should know about it."""

    turn: Turn
    told: str = ""
    readable: bool = True  # False: there is nothing in it but files' names


@dataclass(slots=True)
class _Read:
    """What is in some attachments."""

    images: list[Attachment] = field(default_factory=list)
    spoken: list[str] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)  # of what nobody could read
    notes: list[str] = field(default_factory=list)  # to be told in any case
    excuses: list[str] = field(default_factory=list)  # to be told when there is nothing else


class Intake:
    """Pictures are kept, recordings written down, documents read. The rest is mentioned by its name."""

    def __init__(self, *, files: Files, transcriber: Transcriber) -> None:
        self._files = files
        self._transcriber = transcriber
        self._reading = asyncio.Semaphore(READING)

    async def take(self, message: IncomingMessage, chat: Chat) -> Taken:
        """Read all of it. UserError, in one sentence, for what is too large or broken.

        Of what is not addressed to us only pictures are looked at: nobody asked for more, or wants to hear
        what was wrong.
        """
        quoted = message.quoted
        theirs = quoted.attachments if quoted else ()
        if message.addressed:
            slow = any(map(_takes_time, (*theirs, *message.attachments)))
            async with chat.typing() if slow else nullcontext():
                before, read = await self._read(theirs), await self._read(message.attachments)
        else:
            before, read = await self._glance(theirs), await self._glance(message.attachments)
        said = [*read.spoken, message.text.strip()]
        if quoted and (quoted.text or before.spoken):
            said.insert(0, _quote(quoted.author, [*before.spoken, quoted.text]))
        said += [*before.documents, *read.documents]
        text = "\n\n".join(filter(None, said))
        images = (*before.images, *read.images)
        readable = bool(text or images)
        notes = [*before.notes, *read.notes]
        if not readable:
            notes = (notes or [*before.excuses, *read.excuses])[:1]
        text = "\n".join([text, *(f"[{name}]" for name in (*before.names, *read.names))]).strip()
        turn = Turn(Role.USER, text, speaker=message.author.name, images=images)
        return Taken(turn, " ".join(dict.fromkeys(notes)), readable)

    async def _read(self, attachments: Sequence[Attachment]) -> _Read:
        read = _Read()
        for attachment in attachments:
            if _is_document(attachment):
                await self._study(attachment, read)
            elif attachment.media_type.startswith("image/"):
                read.images.append(await self._keep(attachment))
            elif attachment.media_type.startswith(_SOUNDS):
                await self._hear(attachment, read)
            else:
                read.names.append(attachment.name)
                read.excuses.append(
                    _("I can read pictures, recordings, text files and PDFs; {name} is none of them.").format(
                        name=attachment.name
                    )
                )
        return read

    async def _glance(self, attachments: Sequence[Attachment]) -> _Read:
        read = _Read()
        for attachment in attachments:
            try:
                if attachment.media_type.startswith("image/"):
                    read.images.append(await self._keep(attachment))
                    continue
            except BotError:
                pass
            read.names.append(attachment.name)
        return read

    async def _keep(self, attachment: Attachment) -> Attachment:
        if attachment.size > MAX_BYTES:
            raise UserError(_("That picture is over {size} MB.").format(size=MAX_BYTES // 1_000_000))
        data = await attachment.load()
        found = await look(data)
        digest = attachment.digest or await self._files.put(data)
        return self._files.attachment(digest, attachment.name, found.media_type)

    async def _hear(self, attachment: Attachment, read: _Read) -> None:
        """A recording is there to be heard; a film may be silent, and is no reason to refuse the rest."""
        film = attachment.media_type.startswith("video/")
        words, why = "", _("I could not hear any words in that.")
        try:
            data = await _loaded(attachment, MAX_SOUND)
            words = await self._transcriber.transcribe(data, attachment.media_type, attachment.name)
        except Unsupported:
            why = _("I cannot understand recordings here; please write instead.")
            if not film:
                read.notes.append(why)
        except (UserError, Refused) as error:
            if not film:
                raise
            why = str(error) if isinstance(error, UserError) else why
        if words:
            read.spoken.append(f"{SPOKEN} {words}")
        else:
            read.names.append(attachment.name)
            read.excuses.append(why)

    async def _study(self, attachment: Attachment, read: _Read) -> None:
        data = await _loaded(attachment, documents.MAX_BYTES)
        room = MAX_CHARACTERS - sum(map(len, read.documents))
        if room <= 0:
            read.names.append(attachment.name)
            read.notes.append(_("There was no room left for {name}.").format(name=attachment.name))
            return
        most = min(documents.MAX_CHARACTERS, room)
        async with self._reading:
            document = await documents.read_document(data, attachment.name, attachment.media_type, most=most)
        read.documents.append(documents.block(attachment.name, document))
        if not document.whole:
            read.notes.append(
                _("{name} is long: I have read only its beginning.").format(name=attachment.name)
            )


async def _loaded(attachment: Attachment, most: int) -> bytes:
    """Its bytes; UserError when they are too many, before they are fetched where the platform says it."""
    data = b"" if attachment.size > most else await attachment.load()
    if max(attachment.size, len(data)) > most:
        raise UserError(_("{name} is over {size} MB.").format(name=attachment.name, size=most // 1_000_000))
    return data


def _is_document(attachment: Attachment) -> bool:
    """Its name may be ``part.ts`` while it is a picture or a recording; an SVG is called a picture."""
    if attachment.media_type.startswith(("image/", *_SOUNDS)) and "svg" not in attachment.media_type:
        return False
    return documents.is_document(attachment.name, attachment.media_type)


def _takes_time(attachment: Attachment) -> bool:
    return attachment.media_type.startswith(_SOUNDS) or _is_document(attachment)


def _quote(author: str, words: Sequence[str]) -> str:
    lines = "\n\n".join(filter(None, words)).splitlines()
    return "\n".join([f"> {author}:", *(f"> {line}" for line in lines)])
