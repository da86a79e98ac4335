"""What somebody sent, as a turn that a model can read: words, pictures, and what was spoken."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field

from bot.errors import Unsupported, UserError
from bot.messages import Attachment, IncomingMessage, Role, Turn
from bot.pictures import MAX_BYTES, look
from bot.ports import Chat, Files, Transcriber
from bot.texts import _

MAX_SOUND = 25_000_000  # bytes; what transcription services take
SPOKEN = "🎤"  # before words that were spoken

_SOUNDS = ("audio/", "video/ogg", "application/ogg")


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
    names: list[str] = field(default_factory=list)  # of what nobody could read
    notes: list[str] = field(default_factory=list)  # to be told in any case
    excuses: list[str] = field(default_factory=list)  # to be told when there is nothing else


class Intake:
    """Pictures are kept, recordings written down. Everything else is mentioned by its name."""

    def __init__(self, *, files: Files, transcriber: Transcriber) -> None:
        self._files = files
        self._transcriber = transcriber

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
            if attachment.media_type.startswith("image/"):
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
            except UserError:
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
        data = await _loaded(attachment, MAX_SOUND)
        try:
            words = await self._transcriber.transcribe(data, attachment.media_type, attachment.name)
        except Unsupported:
            read.notes.append(_("I cannot understand recordings here; please write instead."))
            words = ""
        if words:
            read.spoken.append(f"{SPOKEN} {words}")
        else:
            read.names.append(attachment.name)
            read.excuses.append(_("I could not hear any words in that."))


async def _loaded(attachment: Attachment, most: int) -> bytes:
    """Its bytes; UserError when they are too many, before they are fetched where the platform says it."""
    data = b"" if attachment.size > most else await attachment.load()
    if max(attachment.size, len(data)) > most:
        raise UserError(_("{name} is over {size} MB.").format(name=attachment.name, size=most // 1_000_000))
    return data


def _takes_time(attachment: Attachment) -> bool:
    return not attachment.media_type.startswith("image/")


def _quote(author: str, words: Sequence[str]) -> str:
    lines = "\n\n".join(filter(None, words)).splitlines()
    return "\n".join([f"> {author}:", *(f"> {line}" for line in lines)])
