"""What is read of a Markdown text, laid out as the platform can show it."""

import re
from typing import Any

from adapters import formulas
from adapters.telegram.writing.links import Link
from adapters.telegram.writing.lists import List
from adapters.telegram.writing.scroll import Laid, Scroll
from adapters.telegram.writing.tables import Table
from bot.markdown.events import is_formula, read

RULE = "─" * 12

_STYLES = {
    "Strong": "bold",
    "Emphasis": "italic",
    "Strikethrough": "strikethrough",
    "Spoiler": "spoiler",
    "Heading": "bold",
}
_ENDING = ".,;:!?。，；：！？、"
_LANGUAGE = re.compile(r"[\w+#.-]{1,32}")
_BLANK_LINES = re.compile(r"(?:[ \t]*\n)+")
_ONLY_MARK = re.compile(r"\s*(?:[•◦▪☐☑]|\d+\.)?\s*")


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
        self._lists: list[List] = []
        self._quotes: list[str] = []  # the indents around them
        self._links: list[Link] = []
        self._code: list[str] | None = None
        self._table: Table | None = None

    def take(self, event: str | dict[str, Any]) -> None:
        if isinstance(event, str):
            self._rule() if event == "Rule" else self._break()
            return
        ((kind, value),) = event.items()
        match kind:
            case "Text" | "InlineHtml" | "Html":
                self._text(value)
            case "Start":
                self._start(*_named(value))
            case "End":
                self._end(_named(value)[0])
            case "Code":
                self._inline_code(value)
            case "InlineMath":
                self._text(formulas.readable(value).replace("\n", "; "))
            case "DisplayMath":
                self._formula(value)
            case "TaskListMarker":
                self._task(value)

    def _start(self, tag: str, detail: Any) -> None:
        match tag:
            case "TableCell" if self._table:
                self._table.cell()
            case "TableHead" | "TableRow" if self._table:
                self._table.row()
            case "Strong" | "Emphasis" | "Strikethrough" | "Spoiler" | "Heading":
                self._open(_STYLES[tag])
            case "Paragraph" if self._lists and self._lists[-1].direct:
                self._lists[-1].loose = True
            case "List":
                self._start_list(detail)
            case "Item":
                self._start_item()
            case "Link" | "Image":
                self._start_link(detail)
            case "BlockQuote":
                self._start_quote()
            case "CodeBlock":
                self._start_code(detail)
            case "Table":
                self._table = Table(detail)

    def _end(self, tag: str) -> None:
        match tag:
            case "Strong" | "Emphasis" | "Strikethrough" | "Spoiler":
                self._close()
            case "Paragraph" | "HtmlBlock":
                self._gap = 2
            case "Heading":
                self._close()
                self._gap = 2
            case "List":
                self._end_list()
            case "Item":
                self._end_item()
            case "Link" | "Image":
                self._end_link()
            case "BlockQuote":
                self._end_quote()
            case "CodeBlock":
                self._end_code()
            case "Table":
                self._end_table()

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
        elif self._table:
            self._table.add(text)
        elif text := text.lstrip(" ") if self._gap else text:
            if self._gap == 1 and text[0] in _ENDING:  # of the sentence that a formula is in
                self._gap = 0
            self._begin()
            self.scroll.write(text)

    def _inline_code(self, text: str) -> None:
        if self._table:
            self._text(text)
        else:
            self._begin()
            self.scroll.code(text)

    def _break(self) -> None:
        if self._table:
            self._text(" ")
        elif not self._gap:
            self.scroll.write("\n" + self._indent)

    def _rule(self) -> None:
        self._begin_line()
        self.scroll.write(RULE)
        self._gap = 2

    def _formula(self, source: str) -> None:
        if not is_formula(source):
            self._text(f"$${source}$$")
            return
        shown = formulas.readable(source)
        if self._table:
            self._text(shown.replace("\n", "; "))
            return
        self._begin()
        if not _ONLY_MARK.fullmatch(self.scroll.since(self.scroll.size - 40).rpartition("\n")[2]):
            self.scroll.write("\n" + self._indent)
        self.scroll.write(shown.replace("\n", "\n" + self._indent))
        self._gap = max(self._gap, 1)

    def _open(self, kind: str, extra: str = "") -> None:
        if not self._table:
            self._begin()
            self.scroll.open(kind, extra)

    def _close(self) -> None:
        if not self._table:
            self.scroll.close()

    # --- blocks -------------------------------------------------------------------------------

    def _start_list(self, first: int | None) -> None:
        if self._lists:
            if self._mark:
                self._begin()
            self._gap = 1
            self._lists[-1].direct = False
        bullets = sum(each.number is None for each in self._lists)
        self._lists.append(List(first, len(self._lists), bullets))

    def _end_list(self) -> None:
        self._lists.pop()
        self._gap = 1 if self._lists else 2

    def _start_item(self) -> None:
        inner = self._lists[-1]
        self._begin()
        inner.direct = True
        self._mark = inner.next_mark()
        inner.indent, self._indent = self._indent, self._indent + inner.inset

    def _end_item(self) -> None:
        if self._mark:
            self._begin()
        self._indent = self._lists[-1].indent
        self._gap = 2 if self._lists[-1].loose else 1

    def _task(self, done: bool) -> None:
        self._mark = self._lists[-1].task_mark(self._mark, done)

    def _start_quote(self) -> None:
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
        self._gap = 2

    def _start_code(self, fence: str | dict[str, str]) -> None:
        info = fence.get("Fenced", "") if isinstance(fence, dict) else ""
        language = _LANGUAGE.match(info.strip().lstrip("{."))
        self._code = [language[0] if language else ""]

    def _end_code(self) -> None:
        language, *parts = self._code or [""]
        self._code = None
        self._pre("".join(parts).expandtabs(4), language)

    def _end_table(self) -> None:
        if (table := self._table) is None:
            return
        self._table = None
        self._pre(table.lines())
        for place, (name, address) in enumerate(table.links):
            self._gap = 0 if place else 1
            self._text(" · " if place else "")
            self._open("text_link", address)
            self._text(name)
            self._close()
        self._gap = 2

    def _pre(self, text: str, language: str = "") -> None:
        blank = _BLANK_LINES.match(text)
        text = (text[blank.end() :] if blank else text).rstrip()
        if text:
            self._begin_line()
            self.scroll.open("pre", language)
            self.scroll.write(text)
            self.scroll.close()
            self._gap = 2

    # --- links --------------------------------------------------------------------------------

    def _start_link(self, found: dict[str, str]) -> None:
        if not self._table:
            self._begin()
        link = Link.read(found, start=self._written(), free=not self.scroll.inside("text_link"))
        self._links.append(link)
        if link.linked:
            self._open("text_link", link.address)
        if link.numbered:
            self._text("[")

    def _end_link(self) -> None:
        link = self._links.pop()
        shown = self._table.text[link.start :] if self._table else self.scroll.since(link.start)
        if not shown.strip():
            self._text(link.address)
            shown = link.address
        if link.numbered:
            self._text("]")
        if link.linked:
            if self._table and shown != link.address:
                self._table.links.append((shown, link.address))
            self._close()
        elif self._table or not self.scroll.inside("text_link"):
            self._text(link.beside(shown))

    def _written(self) -> int:
        return len(self._table.text) if self._table else self.scroll.size


def _named(tag: str | dict[str, Any]) -> tuple[str, Any]:
    return (tag, None) if isinstance(tag, str) else next(iter(tag.items()))
