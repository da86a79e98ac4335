"""What is read of a Markdown text, laid out as the platform can show it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from adapters.telegram.writing import formulas, tables
from adapters.telegram.writing.reading import read
from adapters.telegram.writing.scroll import Laid, Scroll

BULLETS = "•◦▪"
BOXES = ("☐ ", "☑ ")
RULE = "─" * 12
DEEPEST = 6  # levels of lists that are set in

_STYLES = {
    "Strong": "bold",
    "Emphasis": "italic",
    "Strikethrough": "strikethrough",
    "Spoiler": "spoiler",
}
# An address that the server does not know as one makes it refuse the whole message: no host without a dot,
# no name and password, and no other scheme. What asks for a person it has not met is refused as well.
_WEB = re.compile(r"https?://(?:[\w-]+\.)+[\w-]+\.?(?P<port>:\d{1,5})?(?:[/?#]\S*)?", re.IGNORECASE)
_APP = re.compile(r"tg://(?!user\b)[a-z\d_-]+/?(?:\?\S*)?", re.IGNORECASE | re.ASCII)
_SAID = re.compile(r"(?:mailto:|tel:)(?P<who>[^?\s]+)|https?://\S+", re.IGNORECASE)
_LANGUAGE = re.compile(r"[\w+#.-]{1,32}")
_BLANK_LINES = re.compile(r"(?:[ \t]*\n)+")
_NUMBER = re.compile(r"\^?\d+")
_ONLY_MARK = re.compile(r"\s*(?:[•◦▪☐☑]|\d+\.)?\s*")
_LONGEST = 2_000  # characters of an address


def lay_out(markdown: str) -> Laid:
    """The text that it shows, and what its parts are."""
    layout = _Layout()
    for event in read(markdown):
        layout.take(event)
    return layout.scroll.finish()


class _Layout:
    """Takes events one after another. Space before a block is written once the block has words to show."""

    def __init__(self) -> None:
        self.scroll = Scroll()
        self._gap = 0  # ends of line to write before anything else
        self._mark = ""  # of the list item that begins
        self._indent = ""
        self._lists: list[_List] = []
        self._quotes: list[str] = []  # the indents around them
        self._links: list[_Link] = []
        self._code: list[str] | None = None
        self._rows: list[list[str]] | None = None
        self._starts: dict[str, Callable[[Any], None]] = {
            "Heading": lambda _: self._open("bold"),
            "Paragraph": self._start_paragraph,
            "List": self._start_list,
            "Item": self._start_item,
            "BlockQuote": self._start_quote,
            "CodeBlock": self._start_code,
            "Table": self._start_table,
            "TableHead": lambda _: self._row(),
            "TableRow": lambda _: self._row(),
            "TableCell": lambda _: self._cell(),
            "Link": self._start_link,
            "Image": self._start_link,
        }
        self._ends: dict[str, Callable[[], None]] = {
            "Heading": self._end_heading,
            "Paragraph": self._end_block,
            "HtmlBlock": self._end_block,
            "List": self._end_list,
            "Item": self._end_item,
            "BlockQuote": self._end_quote,
            "CodeBlock": self._end_code,
            "Table": self._end_table,
            "Link": self._end_link,
            "Image": self._end_link,
        }
        self._inlines: dict[str, Callable[[Any], None]] = {
            "Text": self._text,
            "Code": self._inline_code,
            "InlineHtml": self._text,
            "Html": self._html,
            "InlineMath": lambda source: self._text(formulas.readable(source).replace("\n", "; ")),
            "DisplayMath": self._formula,
            "TaskListMarker": self._task,
        }

    def take(self, event: str | dict[str, Any]) -> None:
        if isinstance(event, str):
            if event == "Rule":
                self._rule()
            else:  # a break, soft or hard
                self._break()
            return
        ((kind, value),) = event.items()
        if kind == "Start":
            name, detail = _named(value)
            if name in _STYLES:
                self._open(_STYLES[name])
            elif name in self._starts:
                self._starts[name](detail)
        elif kind == "End":
            name, _ = _named(value)
            if name in _STYLES:
                self._close()
            elif name in self._ends:
                self._ends[name]()
        elif kind in self._inlines:
            self._inlines[kind](value)

    # --- what is written ----------------------------------------------------------------------

    def _begin(self) -> None:
        """Before something that may stand on the line."""
        if self._gap:
            if self.scroll.size:
                ended = len(end := self.scroll.since(self.scroll.size - 2)) - len(end.rstrip("\n"))
                self.scroll.write("\n" * (self._gap - ended) + self._indent)
            self._gap = 0
        if self._mark:
            self.scroll.write(self._mark)
            self._mark = ""

    def _begin_line(self) -> None:
        """Before something that begins at the very beginning of a line."""
        indent, self._indent = self._indent, ""
        self._begin()
        self._indent = indent
        if self.scroll.size and not self.scroll.at_line_start:
            self.scroll.write("\n")

    def _text(self, text: str) -> None:
        if self._code is not None:
            self._code.append(text)
        elif self._rows is not None:
            self._rows[-1][-1] += text
        elif text := text.lstrip(" ") if self._gap else text:
            self._begin()
            self.scroll.write(text)

    def _inline_code(self, text: str) -> None:
        if self._rows is not None:
            self._text(text)
        else:
            self._begin()
            self.scroll.code(text)

    def _html(self, text: str) -> None:
        self._text(text.replace("\n", "\n" + self._indent) if text.strip() else "")

    def _break(self) -> None:
        if self._rows is not None:
            self._text(" ")
        elif not self._gap:
            self.scroll.write("\n" + self._indent)

    def _rule(self) -> None:
        self._begin_line()
        self.scroll.write(RULE)
        self._end_block()

    def _formula(self, source: str) -> None:
        if not formulas.is_formula(source):
            self._text(f"$${source}$$")
            return
        shown = formulas.readable(source)
        if self._rows is not None:
            self._text(shown.replace("\n", "; "))
            return
        self._begin()
        if not _ONLY_MARK.fullmatch(self.scroll.since(self.scroll.size - 40).rpartition("\n")[2]):
            self.scroll.write("\n" + self._indent)
        self.scroll.write(shown.replace("\n", "\n" + self._indent))
        self._gap = max(self._gap, 1)

    def _open(self, kind: str, extra: str = "") -> None:
        if self._rows is None:
            self._begin()
            self.scroll.open(kind, extra)

    def _close(self) -> None:
        if self._rows is None:
            self.scroll.close()

    # --- blocks -------------------------------------------------------------------------------

    def _end_block(self) -> None:
        self._gap = 2

    def _end_heading(self) -> None:
        self._close()
        self._end_block()

    def _start_paragraph(self, _: Any) -> None:
        if self._lists and self._lists[-1].direct:
            self._lists[-1].loose = True

    def _start_list(self, first: int | None) -> None:
        if self._lists:
            if self._mark:
                self._begin()
            self._gap = 1
            self._lists[-1].direct = False
        self._lists.append(_List(first, len(self._lists)))

    def _end_list(self) -> None:
        self._lists.pop()
        self._gap = 1 if self._lists else 2

    def _start_item(self, _: Any) -> None:
        inner = self._lists[-1]
        self._begin()
        inner.direct = True
        self._mark = inner.next_mark()
        inner.indent, self._indent = self._indent, self._indent + ("    " if inner.depth < DEEPEST else "")

    def _end_item(self) -> None:
        if self._mark:
            self._begin()
        inner = self._lists[-1]
        self._indent = inner.indent
        self._gap = 2 if inner.loose else 1

    def _task(self, done: bool) -> None:
        inner = self._lists[-1]
        self._mark = (self._mark if inner.number is not None else "") + BOXES[done]

    def _start_quote(self, _: Any) -> None:
        if self._lists:
            self._lists[-1].direct = False
        if not self._quotes:
            self._begin_line()
            self.scroll.open("blockquote")
        self._quotes.append(self._indent)
        if len(self._quotes) == 1:
            self._indent = ""

    def _end_quote(self) -> None:
        self._indent = self._quotes.pop()
        if not self._quotes:
            self.scroll.close()
        self._end_block()

    def _start_code(self, fence: str | dict[str, str]) -> None:
        info = fence.get("Fenced", "") if isinstance(fence, dict) else ""
        language = _LANGUAGE.match(info.strip().lstrip("{."))
        self._code = [language[0] if language else ""]

    def _end_code(self) -> None:
        language, *parts = self._code or [""]
        self._code = None
        self._pre("".join(parts).expandtabs(4), language)

    def _start_table(self, alignments: tuple[str, ...]) -> None:
        self._alignments = alignments
        self._rows = []
        self._addresses: list[tuple[str, str]] = []

    def _row(self) -> None:
        if self._rows is not None:
            self._rows.append([])

    def _cell(self) -> None:
        if self._rows is not None:
            self._rows[-1].append("")

    def _end_table(self) -> None:
        rows, self._rows = self._rows or [[]], None
        cells = [[" ".join(cell.split()) for cell in row] for row in rows]
        self._pre(tables.lines(cells, self._alignments))
        for place, (name, address) in enumerate(self._addresses):
            self._gap = 0 if place else 1
            self._text(" · " if place else "")
            self._open("text_link", address)
            self._text(name)
            self._close()
        self._end_block()

    def _pre(self, text: str, language: str = "") -> None:
        blank = _BLANK_LINES.match(text)
        text = (text[blank.end() :] if blank else text).rstrip()
        if text:
            self._begin_line()
            self.scroll.open("pre", language)
            self.scroll.write(text)
            self.scroll.close()
            self._end_block()

    # --- links --------------------------------------------------------------------------------

    def _start_link(self, link: dict[str, str]) -> None:
        if self._rows is None:
            self._begin()
        address = link["dest_url"]
        given = link["link_type"] in ("Autolink", "Email")
        linked = not given and not self.scroll.inside("text_link") and _is_known(address)
        numbered = link["link_type"].startswith("Shortcut") and bool(_NUMBER.fullmatch(link["id"]))
        self._links.append(_Link(address, given, numbered, linked, self._written()))
        if linked:
            self._open("text_link", address)
        if self._links[-1].numbered:
            self._text("[")

    def _written(self) -> int:
        return len(self._rows[-1][-1]) if self._rows is not None else self.scroll.size

    def _end_link(self) -> None:
        link = self._links.pop()
        shown = self._rows[-1][-1][link.start :] if self._rows is not None else self.scroll.since(link.start)
        if not shown.strip():
            self._text(link.address)
            shown = link.address
        if link.numbered:
            self._text("]")
        if link.linked:
            if self._rows is not None and shown != link.address:
                self._addresses.append((shown, link.address))
            self._close()
            return
        said = _SAID.fullmatch(link.address)
        if said and not link.given and not self.scroll.inside("text_link"):
            who = said["who"] or link.address
            if who not in shown:
                self._text(f" ({who})")


@dataclass(slots=True)
class _List:
    """A list that is being written."""

    number: int | None  # of its next item
    depth: int
    indent: str = ""  # around it
    loose: bool = False  # with space between its items
    direct: bool = True  # what comes next belongs to its item, and not to a block inside that

    def next_mark(self) -> str:
        if self.number is None:
            return BULLETS[self.depth % len(BULLETS)] + " "
        self.number += 1
        return f"{self.number - 1}. "


@dataclass(frozen=True, slots=True)
class _Link:
    """A link that is being written."""

    address: str
    given: bool  # the address is what is shown
    numbered: bool  # it refers to a source, and keeps its brackets
    linked: bool
    start: int  # where it begins


def _named(tag: str | dict[str, Any]) -> tuple[str, Any]:
    return (tag, None) if isinstance(tag, str) else next(iter(tag.items()))


def _is_known(address: str) -> bool:
    """Whether the server takes it for an address."""
    if len(address) > _LONGEST:
        return False
    web = _WEB.fullmatch(address)
    if web:
        return not web["port"] or 0 < int(web["port"][1:]) < 65_536
    return _APP.fullmatch(address) is not None
