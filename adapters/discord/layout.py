"""A message of ours as the platform's messages: one that carries the buttons, and some before it.

Plain ones: words, files and buttons. An embed frames its picture and shows it smaller, shows one where four
belong together, carries no words for those who cannot see it, and may be switched off by people and servers.
Components of the second kind allow no plain words beside them: what they say is in no notification and in
no quotation of ours, and the message can never become a plain one again, as a card does that fails.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from adapters.discord.buttons import PER_ROW, Component, components, rows_left
from adapters.discord.line import Upload
from adapters.discord.media import File, find
from adapters.discord.text import ROOM, TEXT, compose, measure, pack
from bot.messages import Attachment, Button, Content
from bot.ports import Files
from bot.texts import _

FILES = 10  # in one message
REQUEST = 25 * 2**20 - 2**18  # bytes of all its files, with some left for what stands around them
SILENT = {"parse": [], "replied_user": False}  # nobody is called by what we say
ANSWERING = {"parse": [], "replied_user": True}  # only whoever is answered
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


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a place takes. ``original`` is where one of our ``files`` can be had: see ``bot.ports.Host``."""

    upload: int  # bytes of one file
    original: Callable[[str, str], str] = lambda digest, name: ""
    files: Files | None = None

    @property
    def request(self) -> int:
        """Bytes of all files of one message."""
        return max(REQUEST, self.upload)


async def lay_out(content: Content, takes: Capacity, *, whole: bool = True) -> Layout:
    """How it is shown. Files that are too large are scaled down, or become a sentence, with a link to them.

    A ``whole`` one may take several messages for its text and files; otherwise what is too long is cut.
    """
    files: list[File] = []
    notes, links = [content.note], []
    for attachment in (*content.images, *content.files):
        found = await find(attachment, limit=takes.upload, spoiler=content.spoiler, files=takes.files)
        if found is None or found.scaled:
            notes.append(_too_large(attachment) if found is None else _scaled(attachment))
            links.append((attachment, takes.original(attachment.digest, attachment.name)))
        if found is not None:
            files.append(found)
    content = _linked(replace(content, note=" · ".join(filter(None, notes))), links)
    before: list[Part] = []
    if whole and measure(content.text) > TEXT - ROOM:
        *first, last = pack(content.text)
        before = [Part(compose(Content(each))) for each in first]
        content = replace(content, text=last)
    *others, mine = _messages(files, takes.request)
    if whole:
        before += [Part("", each) for each in others]
    else:
        mine = others[0] if others else mine
    main = Part(compose(content, bare=bool(mine)), mine, tuple(components(content.buttons)))
    return Layout(main, tuple(before))


def _linked(content: Content, links: Sequence[tuple[Attachment, str]]) -> Content:
    """The same with buttons to the originals; where there is no row left for them, their addresses."""
    found = [(attachment, link) for attachment, link in links if link]
    if not found:
        return content
    if rows_left(content.buttons) * PER_ROW >= len(found):
        row = tuple(Button(_original(attachment), url=link) for attachment, link in found)
        return replace(content, buttons=(*content.buttons, row))
    return replace(content, note=" · ".join([content.note, *(link for _attachment, link in found)]))


def _messages(files: Sequence[File], most: int) -> list[tuple[File, ...]]:
    """The files of each message, of at most so many bytes together."""
    messages: list[list[File]] = [[]]
    for file in files:
        size = sum(len(each.data) for each in messages[-1])
        if len(messages[-1]) == FILES or (messages[-1] and size + len(file.data) > most):
            messages.append([])
        messages[-1].append(file)
    return [tuple(each) for each in messages]


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


def _original(file: Attachment) -> str:
    return _("Original, {size} MB").format(size=round(file.size / 1_000_000))
