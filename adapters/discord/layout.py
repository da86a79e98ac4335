"""A message of ours as the platform's messages: one that carries the buttons, and some before it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from adapters.discord.buttons import Component, components
from adapters.discord.line import Upload
from adapters.discord.media import File, find
from adapters.discord.text import ROOM, TEXT, compose, measure, pack
from bot.messages import Attachment, Content
from bot.texts import _

FILES = 10  # in one message
SILENT = {"parse": [], "replied_user": False}  # nobody is called by what we say
NO_PREVIEWS = 1 << 2  # flags: links are not unfolded
ONLY_THEM = 1 << 6  # seen by the person who acted

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """One message."""

    text: str
    files: tuple[File, ...] = ()
    buttons: tuple[Component, ...] = ()

    @property
    def mark(self) -> int:
        """Equal for what looks equal."""
        return hash((self.text, self.marks, repr(self.buttons)))

    @property
    def marks(self) -> tuple[str, ...]:
        return tuple(each.mark for each in self.files)

    @property
    def uploads(self) -> Sequence[Upload]:
        return [each.upload for each in self.files]

    def body(self, *, flags: int = NO_PREVIEWS) -> Body:
        """The message as it is posted."""
        body: Body = {
            "content": self.text,
            "flags": flags,
            "allowed_mentions": SILENT,
            "components": list(self.buttons),
        }
        if self.files:
            body["attachments"] = _described(self.files)
        return body

    def change(self, kept: Sequence[str] | None = None) -> Body:
        """What turns a message into it. ``kept`` are the ids of its files where they stay as they are."""
        files = _described(self.files) if kept is None else [{"id": each} for each in kept]
        return {**self.body(), "attachments": files}


@dataclass(frozen=True, slots=True)
class Layout:
    """``before`` are the messages that stand above the main one."""

    main: Part
    before: tuple[Part, ...] = ()


async def lay_out(content: Content, *, upload: int, whole: bool = True) -> Layout:
    """How it is shown. Files over ``upload`` bytes are scaled down, or become a sentence.

    A ``whole`` one may take several messages for its text; otherwise what is too long is cut.
    """
    files: list[File] = []
    for attachment in (*content.images, *content.files):
        found = await find(attachment, limit=upload, spoiler=content.spoiler)
        if found is None or found.scaled:
            sentence = _too_large(attachment) if found is None else _scaled(attachment)
            content = replace(content, note=" · ".join(filter(None, (content.note, sentence))))
        if found is not None:
            files.append(found)
    before: list[Part] = []
    if whole and measure(content.text) > TEXT - ROOM:
        *first, last = pack(content.text)
        before = [Part(compose(Content(each))) for each in first]
        content = replace(content, text=last)
    while whole and len(files) > FILES:
        before.append(Part("", tuple(files[:FILES])))
        del files[:FILES]
    del files[FILES:]
    main = Part(compose(content, bare=bool(files)), tuple(files), tuple(components(content.buttons)))
    return Layout(main, tuple(before))


def _described(files: Sequence[File]) -> list[Body]:
    return [
        {"id": number, "filename": each.name} | ({"description": each.alt} if each.alt else {})
        for number, each in enumerate(files)
    ]


def _too_large(file: Attachment) -> str:
    sentence = _("{name} is too large to be sent here ({size} MB).")
    return sentence.format(name=file.name, size=round(file.size / 1_000_000))


def _scaled(file: Attachment) -> str:
    sentence = _("Scaled down: the original has {size} MB, more than is taken here.")
    return sentence.format(size=round(file.size / 1_000_000))
