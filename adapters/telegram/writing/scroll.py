"""A text that is written from left to right, with marks that say which parts of it are what."""

import re
from dataclasses import dataclass, replace

LITERAL = frozenset({"pre", "code"})  # shown as they are: nothing is marked inside, no space is taken off

# The server makes spaces of these or takes them away, after which its marks would not be where ours are.
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\u2028-\u202e]")


@dataclass(frozen=True, slots=True)
class Mark:
    """``start`` and ``end`` are UTF-16 units. ``extra``: a link's address, a code block's language."""

    kind: str  # an entity type, as the platform names it
    start: int
    end: int
    extra: str = ""


@dataclass(frozen=True, slots=True)
class Laid:
    """A text, how many UTF-16 units it has, and its marks: sorted, whole, nested properly."""

    text: str
    units: int
    marks: tuple[Mark, ...] = ()

    def __add__(self, other: "Laid") -> "Laid":
        moved = (replace(m, start=m.start + self.units, end=m.end + self.units) for m in other.marks)
        return Laid(self.text + other.text, self.units + other.units, (*self.marks, *moved))

    def cut(self, room: int) -> "Laid":
        """As much of its beginning as fits, with … where something is missing."""
        if self.units <= room:
            return self
        text = head(self.text, room - 1).rstrip() + "…"
        end = units(text) - 1
        marks = (replace(m, end=min(m.end, end)) for m in self.marks if m.start < end)
        return Laid(text, end + 1, tuple(marks))


def plain(text: str, kind: str = "") -> Laid:
    """A text that is one thing, or nothing in particular."""
    size = units(text)
    return Laid(text, size, (Mark(kind, 0, size),) if kind and size else ())


def clean(text: str) -> str:
    """With spaces for what the server would not keep; as long as before."""
    return _CONTROL.sub(" ", text)


def units(text: str) -> int:
    """How long a text is for the platform."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def head(text: str, room: int) -> str:
    """The first characters that fit into so many units."""
    return text.encode("utf-16-le")[: 2 * max(0, room)].decode("utf-16-le", "ignore")


def tail(text: str, room: int) -> str:
    """The last ones."""
    kept = text.encode("utf-16-le")
    return kept[max(0, len(kept) - 2 * max(0, room)) :].decode("utf-16-le", "ignore")


@dataclass(slots=True)
class _Stretch:
    kind: str
    start: int  # characters, here and below
    end: int
    extra: str
    place: int = 0  # when it was closed
    last: "_Stretch | None" = None  # the newest inside


class Scroll:
    """Takes text and marks, and lays them out as the platform's rules want them.

    Marks are opened and closed like brackets. One inside another of the same kind is not marked again;
    neighbours of the same kind become one; none is empty or has white space at its edges.
    """

    def __init__(self) -> None:
        self.size = 0  # characters
        self.at_line_start = True
        self._parts: list[str] = []
        self._open: list[_Stretch] = [_Stretch("", 0, 0, "")]
        self._closed: list[_Stretch] = []

    def write(self, text: str) -> None:
        if text:
            self._parts.append(text)
            self.size += len(text)
            self.at_line_start = text[-1] == "\n"

    def since(self, start: int) -> str:
        """What was written since the scroll had that size."""
        parts: list[str] = []
        at = self.size
        for part in reversed(self._parts):
            if at <= start:
                break
            parts.append(part)
            at -= len(part)
        return "".join(reversed(parts))[start - at :]

    def inside(self, *kinds: str) -> bool:
        return any(each.kind in kinds for each in self._open)

    def open(self, kind: str, extra: str = "") -> None:
        self._open.append(_Stretch("" if self.inside(kind) else kind, self.size, 0, extra))

    def close(self) -> None:
        done = self._open.pop()
        around = self._open[-1]
        if not done.kind or done.start == self.size:
            return
        last = around.last
        beside = last and (last.kind, last.extra, last.end) == (done.kind, done.extra, done.start)
        if last and beside and done.kind not in LITERAL:
            last.end = self.size
            return
        done.end, done.place = self.size, len(self._closed)
        around.last = done
        self._closed.append(done)

    def code(self, text: str) -> None:
        """Inline code. It cannot be bold; it is no code inside a link or where it is hidden."""
        if self.inside("text_link", "spoiler"):
            self.write(text)
            return
        around = []
        while len(self._open) > 1 and self._open[-1].kind != "blockquote":
            around.append((self._open[-1].kind, self._open[-1].extra))
            self.close()
        self.open("code")
        self.write(text)
        self.close()
        for kind, extra in reversed(around):
            self.open(kind, extra)

    def finish(self) -> Laid:
        """All of it, without white space at its ends. The scroll is used up."""
        while len(self._open) > 1:
            self.close()
        whole = clean("".join(self._parts))
        code = [
            each for each in self._closed if each.kind in LITERAL and whole[each.start : each.end].strip()
        ]
        # White space is the server's to take away, but where code begins with it.
        begin = min([len(whole) - len(whole.lstrip()), *(each.start for each in code)])
        text = whole[begin:].rstrip()
        starts, ends = {each.start - begin for each in code}, {each.end - begin for each in code}
        found = []
        for each in self._closed:
            start, end = max(0, each.start - begin), min(each.end - begin, len(text))
            # Code is not trimmed, nor what begins or ends with it.
            while start < end and start not in starts and text[start].isspace():
                start += 1
            while start < end and end not in ends and text[end - 1].isspace():
                end -= 1
            if start < end and not text[start:end].isspace():
                found.append((start, -end, -each.place, each))
        found.sort(key=lambda each: each[:3])
        size = units(text)
        place = _places(text, size, {at for start, end, *_ in found for at in (start, -end)})
        marks = (Mark(each.kind, place[start], place[-end], each.extra) for start, end, _, each in found)
        return Laid(text, size, tuple(marks))


def _places(text: str, size: int, wanted: set[int]) -> dict[int, int]:
    """Characters to units."""
    if size == len(text):
        return {at: at for at in wanted}
    found, before, at_units = {}, 0, 0
    for at in sorted(wanted):
        at_units += units(text[before:at])
        found[at] = at_units
        before = at
    return found
