"""Where a text of Markdown may be cut, and what must stand before the rest so that it goes on as it was."""

import re
from bisect import bisect_right
from dataclasses import dataclass

from markdown_it.token import Token

from bot.markdown.reading import line_starts, parse

MORE = "…"  # stands for what an item said in the message before

_NOTHING = "nothing"  # the kind of a leaf for lines in items and quotes that hold no other

_MARKER = re.compile(r"[ \t]*(?:[-+*]|(\d{1,9})[.)])(?:[ \t]{1,4}(?=[^ \t\r\n])|[ \t]|(?=[\r\n])|$)")
_QUOTE = re.compile(r"[ \t]*>[ \t]?")
_FENCE_END = re.compile(r"[ \t]*(`{3,}|~{3,})[ \t]*$")
# After an item's "…", these are not taken for the rest of its paragraph.
_INTERRUPTS = re.compile(r"[ \t]*(?:[-+*][ \t]+\S|>|`{3}|~{3})")
# The beginning of a text that would be read as something else than words, or may yet become it.
_MISREAD = re.compile(
    r"[ \t]*(?:[-+*](?:\s|$)|\d{1,9}(?:[.)](?:\s|$)|$)|#{1,6}(?:\s|$)|>|[-=*_:|\t ]+(?:[\r\n]|$)"
    r"|`{3}|~{3}|`{1,2}$|~{1,2}$|</?[A-Za-z!?]|<$)"
)
_PIPE = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True, slots=True)
class Container:
    """A quote or an item around a line."""

    first: int  # line
    number: int | None = None  # what an ordered item counts as
    quote: bool = False


@dataclass(frozen=True, slots=True)
class Leaf:
    """A block that holds no other."""

    kind: str  # a token's type
    first: int
    last: int  # the line after it
    around: tuple[Container, ...]
    markup: str = ""
    closed: bool = True  # a fence: its closing line is there


@dataclass(frozen=True, slots=True)
class Rest:
    """How the text goes on after a cut: ``opener`` and then the text from ``start``."""

    opener: str
    start: int


class Layout:
    """The lines of a text and what each of them belongs to. Offsets are characters of the text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = line_starts(text)
        lines = len(self.starts) - 1
        self._leaves: list[Leaf | None] = [None] * lines
        self._ranks: dict[int, int] = {}  # of lines that begin a block: 0 at the top, 1 a list's item, 2
        self._barred: set[int] = set()  # lines that nothing may be cut in front of
        self._renumbered: dict[int, int] = {}  # line → what its item counts as
        self._walk(parse(text))

    def line(self, offset: int) -> int:
        return min(bisect_right(self.starts, offset), len(self.starts) - 1) - 1

    def leaf(self, offset: int) -> Leaf | None:
        return self._leaves[self.line(offset)]

    def rank(self, line: int) -> int | None:
        """How good it is to cut in front of a line: 0 between blocks, 1 items and rows, 2 blocks inside
        these, 3 other lines; None: not there."""
        if line in self._barred or not self._source(line).strip():
            return None
        leaf = self._leaves[line]
        rank = self._ranks.get(line, 3)
        if rank == 3 and leaf and leaf.kind == "paragraph_open" and self._misread(line, leaf):
            return None
        before = self._before(line)
        alone = rank == 0 and before and before.kind == "heading_open" and not before.around
        return None if alone else rank

    def words(self, offset: int) -> bool:
        """Whether a cut inside the line, at a word's beginning or anywhere, keeps what it is."""
        line = self.line(offset)
        leaf = self._leaves[line]
        if leaf is None:
            return not _MISREAD.match(self.text, offset)
        begin = self._content(line, leaf.around)
        if offset <= begin or not self.text[begin:offset].strip():
            return False
        match leaf.kind:
            case "fence":
                return line > leaf.first and not (leaf.closed and line == leaf.last - 1)
            case "table_open":
                rest = self.text[offset : self.starts[line + 1]].strip()
                return line > leaf.first + 1 and rest not in ("", "|")
            case "paragraph_open":
                return not self._misread(line, leaf, offset)
            case "heading_open":
                return bool(leaf.markup.startswith("#")) or line == leaf.first
            case _:
                return True

    def closer(self, offset: int) -> str:
        """What ends the open fence when the text is cut there."""
        line = self.line(offset)
        leaf = self._leaves[line]
        if offset == self.starts[line] and (leaf is None or leaf.first == line or leaf.kind == _NOTHING):
            leaf = self._before(line)  # left open by the end of its item or quote
            return self._end(leaf) if leaf and not leaf.closed else ""
        if leaf is None or leaf.kind != "fence" or leaf.first == line:
            return ""
        if leaf.closed and line == leaf.last - 1 and offset > self.starts[line]:
            return ""
        return self._end(leaf)

    def ending(self) -> str:
        """What ends the fence that is open at the end."""
        leaf = self._before(len(self._leaves))
        if leaf is None or leaf.kind != "fence" or leaf.closed:
            return ""
        opened = self.text[: self.starts[leaf.first + 1]].endswith(("\n", "\r"))
        if not opened or self.text[self.starts[leaf.last] :].strip():
            return ""
        return self._end(leaf)

    def words_at_end(self) -> str:
        """The words that the text ends with: of its last paragraph, heading or cell; "" for none."""
        leaf = self._leaves[-1]
        if leaf is None or leaf.kind not in ("paragraph_open", "heading_open", "table_open"):
            return ""
        if leaf.kind == "table_open":
            return _PIPE.split(self._source(len(self._leaves) - 1))[-1]
        return self.text[self._content(leaf.first, leaf.around) :]

    def rest(self, offset: int, *, spare: int = 0) -> Rest:
        """How the text goes on there. ``spare``: 1 repeats no table head, 2 no items; 3 nothing."""
        line = self.line(offset)
        leaf = self._leaves[line]
        if leaf is None or spare > 2:
            return Rest("", offset)
        if offset == self.starts[line]:
            return self._rest_of_lines(line, leaf, spare)
        return self._rest_of_line(line, leaf, offset, spare)

    # --- reading -------------------------------------------------------------------------------

    def _walk(self, tokens: list[Token]) -> None:
        around: list[Container] = []
        numbers: list[int | None] = []
        for token in tokens:
            if token.map and token.nesting >= 0 and token.type != "inline":
                self._begin(token, tuple(around), numbers)
                first, last = token.map
                if token.type in ("list_item_open", "blockquote_open"):
                    number = numbers[-1] if token.type == "list_item_open" else None
                    around.append(Container(first, number, token.type == "blockquote_open"))
                    empty = Leaf(_NOTHING, first, last, tuple(around))
                    self._leaves[first:last] = [empty] * (last - first)
                    if number is not None:
                        numbers[-1] = number + 1
                elif token.type in ("bullet_list_open", "ordered_list_open"):
                    start = token.attrs.get("start", 1) if token.type == "ordered_list_open" else None
                    numbers.append(int(start) if start is not None else None)
                elif token.type not in ("thead_open", "tbody_open", "tr_open"):
                    leaf = Leaf(
                        token.type,
                        first,
                        last,
                        tuple(around),
                        token.markup,
                        token.type != "fence" or self._ends(token, tuple(around)),
                    )
                    self._leaves[first:last] = [leaf] * (last - first)
                    self._bar(leaf)
            elif token.type in ("list_item_close", "blockquote_close"):
                around.pop()
            elif token.type in ("bullet_list_close", "ordered_list_close"):
                numbers.pop()

    def _begin(self, token: Token, around: tuple[Container, ...], numbers: list[int | None]) -> None:
        assert token.map
        line = token.map[0]
        if token.type in ("thead_open", "tbody_open"):
            return
        if line not in self._ranks:  # the outermost block that begins there comes first
            level = token.level - 1 if token.type == "tr_open" else token.level
            self._ranks[line] = min(level, 2)
            if token.type == "list_item_open" and numbers[-1] is not None:
                self._renumbered[line] = numbers[-1]

    def _bar(self, leaf: Leaf) -> None:
        match leaf.kind:
            case "table_open":  # the head, its rule and one row stay together
                self._barred.update((leaf.first + 1, leaf.first + 2))
            case "fence":
                self._barred.add(leaf.first + 1)
                # What may yet become the closing line counts as one.
                if leaf.closed or not self._source(leaf.last - 1).strip(f" \t>{leaf.markup[0]}"):
                    self._barred.add(leaf.last - 1)
            case "heading_open":
                self._barred.update(range(leaf.first + 1, leaf.last))

    def _ends(self, fence: Token, around: tuple[Container, ...]) -> bool:
        assert fence.map
        line = fence.map[1] - 1
        if line == fence.map[0]:
            return False
        source = self._source(line)
        end = _FENCE_END.match(source[self._content(line, around) - self.starts[line] :])
        return bool(end and end[1].startswith(fence.markup))

    def _before(self, line: int) -> Leaf | None:
        """The block before a line."""
        return next((x for x in reversed(self._leaves[:line]) if x and x.kind != _NOTHING), None)

    def _end(self, fence: Leaf) -> str:
        return f"\n{self._lead(fence.around)}{fence.markup}"

    def _misread(self, line: int, leaf: Leaf, offset: int | None = None) -> bool:
        """Whether words of a paragraph would be another thing at the beginning of a message."""
        if offset is None:
            # What was not read to its end yet may still turn out not to be words.
            return _MISREAD.match(self.text, self._content(line, leaf.around)) is not None
        if any(not c.quote for c in leaf.around):
            return False  # an item's "…" stands before them
        return _MISREAD.match(self.text, offset) is not None

    def _source(self, line: int) -> str:
        return self.text[self.starts[line] : self.starts[line + 1]].rstrip("\r\n")

    def _content(self, line: int, around: tuple[Container, ...]) -> int:
        """Where a line's own text starts, after the marks and the indentation of what is around it."""
        source = self._source(line)
        at = 0
        for container in around:
            if container.quote:
                mark = _QUOTE.match(source, at)
            elif container.first == line:
                mark = _MARKER.match(source, at)
            else:
                width = len(self._mark(container, around))
                mark = re.compile(rf"[ \t]{{0,{width}}}").match(source, at)
            if mark is None:
                break
            at = mark.end()
        return self.starts[line] + at

    def _mark(self, container: Container, around: tuple[Container, ...]) -> str:
        """An item's mark as it is written, with its indentation."""
        outer = around[: around.index(container)]
        begin = self._content(container.first, outer) - self.starts[container.first]
        source = self._source(container.first)
        mark = _MARKER.match(source, begin)
        if mark is None:
            return ""
        written = source[: mark.end()].expandtabs(4)[len(source[:begin].expandtabs(4)) :]
        if not written.endswith(" "):
            written += " "
        number = str(container.number)
        if mark[1] and len(number) == len(mark[1]):
            written = written.replace(mark[1], number, 1)
        return written

    # --- writing -------------------------------------------------------------------------------

    def _lead(self, around: tuple[Container, ...]) -> str:
        """What stands in front of a further line inside these."""
        return "".join("> " if c.quote else " " * len(self._mark(c, around)) for c in around)

    def _again(self, around: tuple[Container, ...]) -> tuple[list[str], str]:
        """Finished lines that open the items again, and what a line inside all of these begins with."""
        lines: list[str] = []
        now = lead = ""
        for at, container in enumerate(around):
            mark = "> " if container.quote else self._mark(container, around)
            if lines and now == lead and not _INTERRUPTS.match(f"{mark}{MORE}"):
                lines.append(lead.rstrip())
            now += mark
            lead += "> " if container.quote else " " * len(mark)
            following = around[at + 1].first if at + 1 < len(around) else None
            if not container.quote and following != container.first:
                lines.append(now + MORE)
                now = lead
        return lines, now

    def _inline(self, around: tuple[Container, ...]) -> str:
        """The items and quotes again, up to where their paragraph goes on."""
        lines, now = self._again(around)
        if lines and not around[-1].quote:
            return "\n".join(lines)
        return "\n".join([*lines, now])

    def _apart(self, lines: list[str], now: str, following: str) -> str:
        """Those lines, ended so that what follows is not taken for the rest of the last."""
        if not lines:
            return ""
        if _INTERRUPTS.match(following):
            return "\n".join(lines) + "\n"
        return "\n".join([*lines, now.rstrip(), ""])

    def _rest_of_lines(self, line: int, leaf: Leaf, spare: int) -> Rest:
        start = self.starts[line]
        begun = tuple(c for c in leaf.around if c.first < line) if spare < 2 else ()
        if leaf.kind == "paragraph_open" and leaf.first < line:
            return Rest(self._inline(begun), self._content(line, leaf.around))
        lines, now = self._again(begun)
        if leaf.kind == "fence" and leaf.first < line:
            head = "".join(f"{each}\n" for each in lines)
            return Rest(head + self._fence(leaf, begun, spare), start)
        content = self.text[self._content(line, begun) : self.starts[line + 1]]
        opener = self._apart(lines, now, content)
        if leaf.kind == "table_open" and leaf.first < line:
            return Rest(opener + self._head(leaf, begun, spare), start)
        number = self._renumbered.get(line)
        mark = _MARKER.match(content)
        if mark and mark[1] and mark[1] != str(number) and len(mark[1]) == len(str(number)):
            written = self._content(line, begun) + mark.start(1)
            return Rest(opener + self.text[start:written] + str(number), written + len(mark[1]))
        return Rest(opener, start)

    def _rest_of_line(self, line: int, leaf: Leaf, offset: int, spare: int) -> Rest:
        around = leaf.around if spare < 2 else ()
        lines, now = self._again(around)
        head = "".join(f"{each}\n" for each in lines)
        match leaf.kind:
            case "paragraph_open" | "heading_open" if around:
                return Rest(self._inline(around), offset)
            case "heading_open" if leaf.markup.startswith("#"):
                return Rest(f"{leaf.markup} ", offset)
            case "fence":
                lead = self._lead(around)
                return Rest(f"{head}{self._fence(leaf, around, spare)}{lead}", offset)
            case "table_open" if spare < 1:
                row = self.text[self._content(line, leaf.around) : offset]
                cells = len(_PIPE.findall(row)) - row.lstrip().startswith("|")
                table = self._apart(lines, now, "") + self._head(leaf, around, spare)
                return Rest(f"{table}{self._lead(around)}|{' |' * cells} ", offset)
            case "code_block":
                return Rest(f"{self._apart(lines, now, '')}{self._lead(around)}    ", offset)
        return Rest("", offset)

    def _fence(self, leaf: Leaf, around: tuple[Container, ...], spare: int) -> str:
        first = self._source(leaf.first)[self._content(leaf.first, leaf.around) - self.starts[leaf.first] :]
        return f"{self._lead(around)}{first.rstrip() if spare < 1 else leaf.markup}\n"

    def _head(self, leaf: Leaf, around: tuple[Container, ...], spare: int) -> str:
        if spare:
            return ""
        lead = self._lead(around)
        lines = (
            self.text[self._content(line, leaf.around) : self.starts[line + 1]].rstrip()
            for line in (leaf.first, leaf.first + 1)
        )
        return "".join(f"{lead}{line}\n" for line in lines)
