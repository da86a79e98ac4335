"""Markdown in messages of a limited size, each of them valid by itself."""

import re
import unicodedata
from collections.abc import Callable, Iterator

from bot.markdown.places import Layout, Leaf, Rest
from bot.markdown.reading import NEWLINE, complete

# How far a message must be filled, of what it could hold, for a cut at such a place to be taken:
# between blocks, between items or rows, between blocks inside these, between lines.
_FILLED = (0.4, 0.5, 0.5, 0.3)
_FILLED_SENTENCE = 0.5
_FILLED_WORD = 0.1
_GROWTH = 8  # what a character adds to a message's size at most, for all that a rough look needs to know

_SENTENCE = re.compile(r"[.!?…]['\"”’)\]*_~]*\s+(?=\S)|[。！？；…][”’」』）*_~]*(?=\S)")
_WORD = re.compile(r"\s+(?=\S)")
_SPACE = re.compile(r"[ \t\r\n]*")
_FENCE = re.compile(r"(?<![^\r\n])([ \t>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t]+[ \t>]*)*)(`{3,}|~{3,})")
# What a cut would break inside a paragraph: code, links, tags, emphasis, formulas; or their beginnings.
_SPAN = re.compile(
    r"(?<!`)(?P<code>`+)(?!`).{1,300}?(?:(?<!`)(?P=code)(?!`)|\Z)"
    r"|!?\[[^\[\]]{0,300}(?:\Z|\](?:\([^()]*(?:\([^()]*\)[^()]*)?(?:\)|\Z))?)"
    r"|<[^<>\s][^<>]{0,300}(?:>|\Z)"
    r"|(?<![\w*_~\\])(?P<mark>\*\*\*|\*\*|__|~~|\*|_)(?=\S).{1,300}?(?:(?<=\S)(?P=mark)|\Z)"
    r"|\$\$.{1,300}?(?:\$\$|\Z)|\\\(.{1,300}?(?:\\\)|\Z)|\\\[.{1,300}?(?:\\\]|\Z)",
    re.DOTALL,
)


def pack(text: str, limit: int | None, measure: Callable[[str], int] = len) -> list[str]:
    """The text as messages of at most ``limit``, as ``measure`` counts; None: one message.

    Cut between blocks where that leaves no message half empty, else between items, lines, sentences,
    words, and in the last resort characters. Fences, lists, quotes and tables are closed and opened
    again. Nothing but white space at the cuts is left out. A text of white space makes no message.
    """
    return Packer(limit, measure).feed(text)


class Packer:
    """The same for a text that grows: a message that was followed by another never changes again.

    For a measure that grows with the text, the messages do not depend on the steps in which it grew. What
    a call costs depends on the open message (and a comparison of the text with the last one).
    """

    def __init__(self, limit: int | None, measure: Callable[[str], int] = len) -> None:
        if limit is not None and limit < 1:
            raise ValueError(f"no text fits into {limit}")
        self._limit = limit
        self._measure = measure
        self._forget()

    def _forget(self) -> None:
        self._text = ""
        self._full: list[str] = []
        self._open(0, "")

    def _open(self, start: int, opener: str) -> None:
        """Begin a message with the text from ``start``."""
        self._start = start
        self._opener = opener
        self._fences = _Fences()
        self._size, self._measured = self._measure(opener), start  # its size at that length of the text

    def feed(self, text: str, *, rough: bool = False) -> list[str]:
        """All messages for the whole text so far. A text that does not continue the last starts afresh.

        ``rough``: for a preview. The open message is not measured anew while it cannot have grown too long;
        where a character adds more than expected, it may be too long until the next exact look.
        """
        if self._limit is None:
            return [text] if text.strip() else []
        if not text.startswith(self._text):
            self._forget()
        self._text = text
        while end := self._overflow(self._limit, rough=rough):
            self._cut(end, self._limit)
        if not text[self._start :].strip():
            return self._full.copy()
        message = self._opener + text[self._start :]
        return [*self._full, message.rstrip() + self._fences.ending(message)]

    def _overflow(self, limit: int, *, rough: bool) -> int:
        """Where the open message's text becomes too long; 0 when it does not.

        Looked for with the end of every fence in it reserved, so that it stays too long once it is.
        """
        text, start, measure = self._text, self._start, self._measure
        if rough and self._size + _GROWTH * (len(text) - self._measured) <= limit:
            self._fences.reserve(self._opener + text[start:])
            return 0

        def fits(end: int) -> bool:
            message = self._opener + text[start:end]
            room = self._fences.reserve(message) if end == len(text) else _Fences().reserve(message)
            size = measure(message.rstrip()) + measure(room)
            if end == len(text):
                self._size, self._measured = size, end
            return size <= limit

        low, high = start, min(start + limit, len(text))
        while fits(high):
            if high == len(text):
                return 0
            low, high = high, min(high + 2 * (high - start), len(text))
        return _last_true(fits, low, high - 1, low) + 1

    def _cut(self, end: int, limit: int) -> None:
        """Fill the open message from the text up to ``end``, and open the next."""
        message = self._opener + self._text[self._start : end]
        head = len(self._opener)
        layout = Layout(message)

        def fits(at: int) -> bool:
            return self._measure(message[:at].rstrip() + layout.closer(at)) <= limit

        first = _SPACE.match(message, head).end() + 1  # type: ignore[union-attr]
        top = _last_true(fits, first - 1, len(message), 0)
        if top < first:
            if self._opener:  # no room beside it
                self._open(self._start, "")
                return
            top = first
        at = next(_places(layout, head, first, top, fits))
        self._full.append(message[:at].rstrip() + layout.closer(at))
        rest = self._rest(layout, at, limit)
        self._open(self._start + rest.start - head, rest.opener)

    def _rest(self, layout: Layout, at: int, limit: int) -> Rest:
        """What opens the next message and leaves at least half of it to its text."""
        for spare in range(3):
            rest = layout.rest(at, spare=spare)
            if self._measure(rest.opener + _Fences().reserve(rest.opener)) <= limit // 2:
                return rest
        return layout.rest(at, spare=3)


def _places(layout: Layout, head: int, first: int, top: int, fits: Callable[[int], bool]) -> Iterator[int]:
    """Where to cut between ``first`` and ``top``, the best place first."""
    spans = _Spans(layout)
    lines: list[list[int]] = [[], [], [], []]
    for line in range(layout.line(top), layout.line(first), -1):
        at = layout.starts[line]
        rank = layout.rank(line)
        if first <= at <= top and rank is not None and not (rank == 3 and spans.cover(at)):
            lines[rank].append(at)
    last = layout.leaf(top - 1)
    whole_lines = last is not None and last.kind in ("fence", "table_open")
    # A line of code or a row is cut only where there is hardly anything before it.
    for shares in (_FILLED, (_FILLED_WORD,) * 4) if whole_lines else (_FILLED,):
        for found, filled in zip(lines, shares, strict=True):
            yield from (at for at in found if at >= head + filled * (top - head) and fits(at))

    def inside(pattern: re.Pattern[str], filled: float) -> list[int]:
        begin = max(first, int(head + filled * (top - head)))
        # One more character than fits, so that a word that ends exactly there is seen to end.
        ends = (match.end() for match in pattern.finditer(layout.text, begin, top + 1))
        return [at for at in ends if first <= at <= top and layout.words(at)][::-1]

    words = inside(_WORD, _FILLED_WORD)
    for found_words in (inside(_SENTENCE, _FILLED_SENTENCE), words):
        yield from (at for at in found_words if not spans.cover(at) and fits(at))
    yield from (at for at in words if fits(at))
    near = range(top, max(first, top - 64) - 1, -1)
    whole = [at for at in near if not _joined(layout.text, at)]
    yield from (at for at in whole if layout.words(at) and fits(at))
    yield from (at for at in whole if fits(at))
    yield top


class _Spans:
    """What must not be cut inside paragraphs."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._found: dict[Leaf, list[tuple[int, int]]] = {}

    def cover(self, at: int) -> bool:
        leaf = self._layout.leaf(at)
        if leaf is None or leaf.kind not in ("paragraph_open", "heading_open", "table_open"):
            return False
        if leaf not in self._found:
            begin, end = self._layout.starts[leaf.first], self._layout.starts[leaf.last]
            text = self._layout.text[begin:end]
            self._found[leaf] = [(m.start() + begin, m.end() + begin) for m in _SPAN.finditer(text)]
        return any(begin < at < end for begin, end in self._found[leaf])


class _Fences:
    """The fences of a growing message. Each line is looked at once, and most without reading Markdown."""

    def __init__(self) -> None:
        self._lines = 0  # end of the last complete line
        self._new: list[str] = []  # complete lines that may open or close a fence, not yet judged
        self._room = ""
        self._judged = 0  # end of the lines that the ending is known for
        self._ending = ""

    def reserve(self, message: str) -> str:
        """Room for the end of any fence in it. It never shrinks while the message grows."""
        lines = complete(message, self._lines)
        for mark in _FENCE.finditer(message, self._lines, lines):
            self._new.append(message[mark.start() : lines])
            self._room = max(self._room, _room(mark), key=len)
        self._lines = lines
        begun = _FENCE.match(message, lines)
        return max(self._room, _room(begun), key=len) if begun else self._room

    def ending(self, message: str) -> str:
        """The end of a fence that is open at the message's end. ``reserve`` has seen the message."""
        if self._lines > self._judged:
            if self._ending and len(self._new) <= 1 and self._inside(message[self._judged : self._lines]):
                if self._new and self._closes(self._new[0]):
                    self._ending = ""
            elif self._ending or self._new:
                self._ending = Layout(message[: self._lines]).ending()
            self._judged = self._lines
            self._new.clear()
        begun = message[self._lines :]
        if not self._ending or not begun.strip():
            return self._ending
        if self._inside(begun):
            return "" if self._closes(begun) else self._ending
        return Layout(message).ending()

    def _inside(self, lines: str) -> bool:
        """Whether an open fence surely goes on in these lines, unless one of them closes it: they are
        inside its item as well. Quotes are not judged here."""
        lead = self._lead()
        if not lead:
            return True
        inside = (each.startswith(lead) or not each.strip() for each in NEWLINE.split(lines))
        return not lead.strip() and all(inside)

    def _closes(self, line: str) -> bool:
        fence = self._ending.lstrip("\n >")
        closing = rf"{self._lead()} {{0,3}}{fence[0]}{{{len(fence)},}}[ \t]*(?![^\r\n])"
        return re.match(closing, line) is not None

    def _lead(self) -> str:
        return self._ending[1 : -len(self._ending.lstrip("\n >"))]


def _room(mark: re.Match[str]) -> str:
    """At least what it takes to end that fence."""
    return "\n" + " " * (len(mark[1].expandtabs(4)) + mark[1].count(">")) + mark[2]


def _last_true(holds: Callable[[int], bool], low: int, high: int, none: int) -> int:
    """The last number after ``low`` and up to ``high`` for which it holds; ``none`` where there is none."""
    found = none
    while low < high:
        middle = (low + high + 1) // 2
        if holds(middle):
            found = low = middle
        else:
            high = middle - 1
    return found


def _joined(text: str, at: int) -> bool:
    """Whether the characters on both sides of an offset are parts of one that people see."""
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    if before in "\u200d\\" or after == "\u200d" or before + after == "\r\n":
        return True
    if unicodedata.category(after) in ("Mn", "Mc", "Me"):
        return True
    if "\U0001f3fb" <= after <= "\U0001f3ff" or "\U000e0020" <= after <= "\U000e007f":
        return True  # skin tones, flags' tags
    if "\ud800" <= before <= "\udbff" and "\udc00" <= after <= "\udfff":
        return True
    if _is_flag(before) and _is_flag(after):
        run = at
        while run and _is_flag(text[run - 1]):
            run -= 1
        return (at - run) % 2 == 1
    # Hangul written in letters: leading consonants, vowels, trailing consonants.
    return "\u1160" <= after <= "\u11ff" or ("\u1100" <= before <= "\u115f" and "\u1100" <= after <= "\u115f")


def _is_flag(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
