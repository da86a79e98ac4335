"""Messages as Telegram wants them: a text, and entities that say which parts of it are what."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from telegram import MessageEntity

from adapters.telegram.writing.layout import lay_out
from adapters.telegram.writing.scroll import Laid, Mark, clean, plain, tail, units
from bot.markdown import close_open
from bot.messages import Content

TEXT = 4096  # UTF-16 units of a message
CAPTION = 1024  # and of a caption
ENTITIES = 100  # of either; the server forgets those after

CURSOR = "▌"
_NOTHING = plain("…")
_THOUGHTS = "💭 "
_FEWEST = 40  # units of thoughts; fewer are not worth showing
_STEPS = 10  # of the bar
# What is given up first when there are too many, last.
_RANK = {
    kind: rank
    for rank, kind in enumerate(
        [
            "expandable_blockquote",
            "spoiler",
            "pre",
            "text_link",
            "blockquote",
            "code",
            "bold",
            "strikethrough",
        ]
    )
}

# A last line of nothing but signs may still become anything.
_UNDECIDED = re.compile(r"\n[ \t]*(?:[-=*+#>|`~:_ ]{1,40}|\d{1,9}[.)]?)\Z")
_HALF_LINK = re.compile(r"!?\[([^\[\]\n]*)\](?:\([^()\s]*)?\Z")


@dataclass(frozen=True, slots=True)
class Written:
    """A text with its entities, whose offsets and lengths are UTF-16 units."""

    text: str
    entities: tuple[MessageEntity, ...] = ()


@lru_cache(maxsize=128)  # what is measured is written soon after
def _laid(markdown: str) -> Laid:
    return lay_out(markdown)


def write(markdown: str) -> Written:
    """What a text shows, however unfinished it is. It may be empty, and as long as you like."""
    return _written(_laid(markdown))


def measure(markdown: str) -> int:
    """How much of a message it takes: its units, or its share of the entities if that is more."""
    laid = _laid(markdown)
    return max(laid.units, -(-len(laid.marks) * TEXT // ENTITIES))


def compose(content: Content, limit: int = TEXT) -> Written:
    """One message: folded thoughts, text, bar and note, of at most ``limit`` units.

    Never empty. A text that fits is shown whole, whatever else there is; the other parts take what it leaves.
    """
    return _written(_composed(content, limit) or _NOTHING)


def caption(content: Content) -> Written:
    """The same for what stands under a picture, where it may be empty."""
    return _written(_composed(content, CAPTION) or (_NOTHING if content.growing else plain("")))


def _composed(content: Content, limit: int) -> Laid | None:
    text = _so_far(content.text) if content.growing else _laid(content.text)
    bar = plain(_bar(content.progress) if content.progress is not None else "")
    note = plain(clean(content.note).strip(), "italic")
    below = [part for part in (bar, note) if part.units]
    if text.units > limit:
        text = text.cut(max(limit // 2, limit - sum(part.units + 2 for part in below)))
    for part in below:
        gap = plain("\n\n" if text.units else "")
        room = limit - text.units - gap.units
        if part.units <= room or room >= _FEWEST:
            text = text + gap + part.cut(room)
    if content.growing and 0 < text.units < limit and not below:
        text = _with_cursor(text)
    gap = plain("\n" if text.units else "")
    thoughts = _thoughts(content.thoughts, limit - text.units - gap.units)
    if thoughts is not None:
        text = thoughts + gap + text
    return text if text.text.strip() else None


def _so_far(markdown: str) -> Laid:
    """A text that grows, as it will most likely look when what it has begun is finished."""
    laid = _laid(markdown)
    if _ends_in_code(laid):
        return laid
    likely = _HALF_LINK.sub(r"\1", _UNDECIDED.sub("", markdown))
    start = likely.rfind("\n") + 1
    likely = likely[:start] + close_open(likely[start:])
    return laid if likely == markdown else _laid(likely)


def _ends_in_code(laid: Laid) -> bool:
    return bool(laid.marks) and laid.marks[-1].kind == "pre" and laid.marks[-1].end == laid.units


def _with_cursor(laid: Laid) -> Laid:
    """The cursor stands in a code block that is being written."""
    shown = laid + plain(CURSOR)
    if not _ends_in_code(laid):
        return shown
    *marks, code = shown.marks
    return replace(shown, marks=(*marks, replace(code, end=shown.units)))


def _bar(percent: int) -> str:
    percent = min(100, max(0, percent))
    full = percent * _STEPS // 100
    return f"{'▰' * full}{'▱' * (_STEPS - full)} {percent} %"


def _thoughts(markdown: str, room: int) -> Laid | None:
    """The last of them, folded."""
    room -= units(_THOUGHTS)
    if room < _FEWEST or not markdown.strip():
        return None
    recent = markdown[-2 * room :]
    text = _laid(recent).text
    if len(recent) < len(markdown) or units(text) > room:
        text = "…" + tail(text, room - 1).lstrip()
    return plain(_THOUGHTS + text, "expandable_blockquote") if text else None


def _written(laid: Laid) -> Written:
    marks = laid.marks
    if len(marks) > ENTITIES:
        least = sorted(range(len(marks)), key=lambda at: (_RANK.get(marks[at].kind, len(_RANK)), at))
        marks = tuple(marks[at] for at in sorted(least[:ENTITIES]))
    return Written(laid.text, tuple(map(_entity, marks)))


def _entity(mark: Mark) -> MessageEntity:
    return MessageEntity(
        mark.kind,
        mark.start,
        mark.end - mark.start,
        url=mark.extra if mark.kind == "text_link" else None,
        language=mark.extra or None if mark.kind == "pre" else None,
    )
