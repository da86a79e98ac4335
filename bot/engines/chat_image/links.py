"""Links in an answer, found and told apart.

Producers of pictures write Markdown of their own kind: the text of a link is a whole prompt, a percent or
another address; previews and downloads are links to the same file. Recorded answers of gpt4free-ts and of
the closed relays like it decide what is what.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote, urlsplit

LONGEST_LABEL = 8000  # characters; a prompt has at most 6000
SHORT_LABEL = 20  # characters of what may be the name of a download
INLINE = ("data:image/", "base64://")

_SPACE = re.compile(r"\s")
_STEP = re.compile(r"\s*(\d{1,3})\s*%?\s*\Z")
_DOWNLOAD = re.compile(r"下载|⏬|⬇|download", re.IGNORECASE)
_STATUS = re.compile(r"数据预览|原始数据|preview data|source data", re.IGNORECASE)
_LISTEN = re.compile(r"听歌|点击播放|音频")
_BARE = re.compile(r"https?://[^\s<>\"'`|]+", re.IGNORECASE)
_AFTER = ")].,;:!?。，、；：！？）】>*_"  # what follows an address in prose
_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".avif")
_FILMS = (".mp4", ".webm", ".mov", ".m3u8")
_SOUNDS = (".mp3", ".wav", ".m4a", ".ogg", ".flac")
_PICTURE_HOSTS = (
    "pfst.cf2.poecdn.net",
    "dalleproduse.blob.core.windows.net",
    "oaidalleapiprodscus.blob.core.windows.net",
    "files.oaiusercontent.com",
    "filesystem.site",
)


class Sort(StrEnum):
    """What a link leads to."""

    PREVIEW = "preview"
    LAST_STEP = "last step"  # the finished picture, at an address that dies sooner than the picture's own
    DOWNLOAD = "download"  # the same picture once more
    STATUS = "status"
    FILM = "film"
    SOUND = "sound"
    PICTURE = "picture"
    PICTURE_LINK = "picture link"  # perhaps a result, if there is no other
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Link:
    """``[label](target)`` at ``start`` to ``end`` of a text; ``drawn`` with a ``!`` before it."""

    label: str
    target: str
    drawn: bool
    start: int
    end: int

    @property
    def step(self) -> int | None:
        """The percent that the label is, where it is one."""
        found = _STEP.match(self.label)
        return int(found[1]) if found and int(found[1]) <= 100 else None

    @property
    def sort(self) -> Sort:
        """What it leads to. A picture's text is somebody's prompt, so it says nothing."""
        parts = _split(self.target)
        path = parts[1].lower()
        if not self.drawn and self.step is not None:
            return Sort.PREVIEW if self.step < 100 else Sort.LAST_STEP
        short = len(self.label) <= SHORT_LABEL
        if "/download/" in path or (not self.drawn and short and _DOWNLOAD.search(self.label)):
            return Sort.DOWNLOAD
        if "asyncdata" in parts[0] or (not self.drawn and _STATUS.search(self.label)):
            return Sort.STATUS
        if path.endswith(_FILMS):
            return Sort.FILM
        if path.endswith(_SOUNDS) or (not self.drawn and _LISTEN.search(self.label)):
            return Sort.SOUND
        if self.drawn:
            return Sort.PICTURE
        return Sort.PICTURE_LINK if path.endswith(_PICTURES) else Sort.OTHER

    @property
    def name(self) -> str:
        """The file's name, which is the same at all its addresses."""
        return name_of(self.target)


def links_in(text: str) -> Iterator[Link]:
    """Every link that is complete, in order. Labels may hold brackets, lines and whole prompts."""
    begin = at = 0
    while (at := text.find("](", at)) >= 0:
        target, end = _target(text, at + 2)
        opening = _opening(text, at, begin)
        at += 2
        if end and target and opening >= begin:
            drawn = opening > begin and text[opening - 1] == "!"
            yield Link(text[opening + 1 : at - 2], target, drawn, opening - drawn, end)
            begin = at = end


def addresses_in(text: str) -> Iterator[str]:
    """Addresses of pictures that stand in the text by themselves."""
    for found in _BARE.finditer(text):
        address = found[0].replace("&amp;", "&")
        while address and (address[-1] in _AFTER) and not _balanced(address):
            address = address[:-1]
        host, path = _split(address)
        if path.lower().endswith(_PICTURES) or host.endswith(_PICTURE_HOSTS):
            yield address


def name_of(address: str) -> str:
    """The last part of its path; the whole address where there is none."""
    if address.startswith(INLINE):
        return address
    path = _split(address)[1]
    return unquote(path.rpartition("/")[2]) or address


def bytes_in(target: str) -> bytes:
    """The bytes that a target holds itself; none where it is an address, or damaged."""
    if not target.startswith(INLINE):
        return b""
    code = target.partition("://" if target.startswith("base64") else ",")[2]
    try:
        return base64.b64decode("".join(code.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""


def without_repeats(addresses: Sequence[str]) -> list[str]:
    """One address for each file, in the order of their first appearance."""
    found: dict[str, str] = {}
    for address in addresses:
        found.setdefault(name_of(address), address)
    return list(found.values())


def _target(text: str, at: int) -> tuple[str, int]:
    """The target that begins here and the end of its link; 0 when it is none, or not complete."""
    if text.startswith(INLINE, at):
        end = text.find(")", at)
        return (text[at:end], end + 1) if end > 0 else ("", 0)
    if not text.startswith(("http://", "https://"), at):
        return "", 0
    depth, end = 0, at
    for end in range(at, len(text)):
        sign = text[end]
        if sign == "(":
            depth += 1
        elif sign == ")":
            if not depth:
                return text[at:end], end + 1
            depth -= 1
        elif sign == '"' or sign.isspace():
            break
    titled = re.compile(r"\s+\"[^\"\n]{0,300}\"\s*\)").match(text, end)
    return (text[at:end], titled.end()) if titled else ("", 0)


def _opening(text: str, closing: int, begin: int) -> int:
    """The bracket that opens the label which ends here; -1 when there is none."""
    depth, at = 1, closing - 1
    least = max(begin, closing - LONGEST_LABEL)
    while at >= least:
        if text[at] == "]":
            depth += 1
        elif text[at] == "[":
            depth -= 1
            if not depth:
                return at
        at -= 1
    drawn = text.rfind("![", least, closing)  # a prompt with a bracket too many
    return drawn + 1 if drawn >= 0 else -1


def _split(address: str) -> tuple[str, str]:
    """Host and path, in whatever state the address is."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "", address
    return parts.netloc.lower(), parts.path


def _balanced(address: str) -> bool:
    """Whether a bracket at its end belongs to it."""
    return address.endswith(")") and address.count("(") >= address.count(")")
