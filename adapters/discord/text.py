"""Messages as Discord shows them: its own Markdown, within its limits."""

import re
from functools import lru_cache

from adapters.discord.writing import signs
from adapters.discord.writing.scribe import write as _write
from bot.markdown import Packer, close_open
from bot.messages import Content

TEXT = 2000  # characters of a message; we count UTF-16 units, which are never fewer
ROOM = 100  # that are left for what stands around the text

CURSOR = "▌"
NOTHING = "…"
_THOUGHTS = "💭 "
_MOST_THOUGHTS = 300
_FEWEST = 40  # units of thoughts; fewer are not worth showing
_STEPS = 10  # of the bar
# A last line of nothing but signs may still become anything.
_UNDECIDED = re.compile(r"\n[ \t]*(?:[-=*+#>|`~:_ ]{1,40}|\d{1,9}[.)]?)\Z")
_HALF_LINK = re.compile(r"!?\[([^\[\]\n]*)\](?:\([^()\s]*)?\Z")


def units(text: str) -> int:
    return len(text) + sum(1 for character in text if character > "\uffff")


@lru_cache(maxsize=128)  # what is measured is written soon after
def write(markdown: str) -> str:
    """What a text shows, however unfinished it is. It may be empty, and as long as you like."""
    return _write(markdown)


def measure(markdown: str) -> int:
    """How much of a message it takes."""
    return units(write(markdown))


def pack(markdown: str) -> list[str]:
    """The text in pieces that each fit into a message."""
    return Packer(TEXT - ROOM, measure).feed(markdown) or [""]


def compose(content: Content, *, bare: bool = False) -> str:
    """One message: thoughts, text, bar and note, of at most ``TEXT`` units.

    A text that fits is shown whole, whatever else there is; the other parts take what it leaves.
    ``bare``: there are files, so it may be empty.
    """
    text = _so_far(content.text) if content.growing else write(content.text)
    bar = _bar(content.progress) if content.progress is not None else ""
    note = f"-# {_line(content.note)}" if content.note.strip() else ""
    below = [part for part in (bar, note) if part]
    if units(text) > TEXT:
        text = _cut(text, TEXT - sum(units(part) + 1 for part in below))
    for part in below:
        room = TEXT - units(text) - 1
        if units(part) <= room or room >= _FEWEST:
            text = f"{text}\n{_cut(part, room)}" if text else _cut(part, room)
    if content.growing and text and not below and units(text) < TEXT:
        text = _with_cursor(text)
    thoughts = _thoughts(content.thoughts, TEXT - units(text) - 1)
    if thoughts:
        text = f"{thoughts}\n{text}" if text else thoughts
    if text.strip():
        return text
    return "" if bare and not content.growing else NOTHING


def _so_far(markdown: str) -> str:
    """A text that grows, as it will most likely look when what it has begun is finished."""
    likely = _HALF_LINK.sub(r"\1", _UNDECIDED.sub("", markdown))
    return write(close_open(likely))


def _with_cursor(text: str) -> str:
    """The cursor stands in a code block that is being written."""
    if text.endswith("\n```"):
        return f"{text[:-4]}{CURSOR}\n```"
    return text + CURSOR


def _bar(percent: int) -> str:
    percent = min(100, max(0, percent))
    full = percent * _STEPS // 100
    return f"{'▰' * full}{'▱' * (_STEPS - full)} {percent} %"


def _thoughts(markdown: str, room: int) -> str:
    """The last of them, small and in one line."""
    room = min(room, _MOST_THOUGHTS) - units(_THOUGHTS) - 3
    words = " ".join(markdown[-4 * _MOST_THOUGHTS :].split())
    if room < _FEWEST or not words:
        return ""
    while units(_line(words)) > room:
        words = "…" + words[max(2, len(words) // 8) :].lstrip()
    return f"-# {_THOUGHTS}{_line(words)}"


def _line(text: str) -> str:
    return signs.plain(" ".join(text.split()))


def _cut(text: str, room: int) -> str:
    """The beginning of it, and a fence that is open there closed."""
    if units(text) <= room:
        return text
    room = max(room, 8)
    while units(text) > room - 5:
        text = text[: room - 5 - max(0, units(text[: room - 5]) - (room - 5))]
    text = text.rstrip("`\\")
    return f"{text}…\n```" if text.count("```") % 2 else f"{text}…"
