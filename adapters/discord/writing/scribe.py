"""What is read of a Markdown text, written down in the platform's own Markdown."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from adapters.discord.writing import signs, tables
from bot.markdown.events import is_formula, read

RULE = "─" * 12
BOXES = ("☐ ", "☑ ")
DEEPEST = 5  # levels of lists that are set in

_MARKS = {"Strong": "**", "Emphasis": "*", "Strikethrough": "~~", "Spoiler": "||"}
_HEADS = {"H1": "# ", "H2": "## "}
_WEB = ("http://", "https://")


def write(markdown: str) -> str:
    """All of it, however unfinished it is. It may be empty, and as long as you like."""
    scribe = _Scribe()
    for event in read(markdown):
        scribe.take(event)
    return scribe.finish()


class _Scribe:
    """Takes events one after another. Space before a block is written once the block has words to show."""

    def __init__(self) -> None:
        self._done: list[str] = []
        self._fresh = True  # nothing stands on the line yet
        self._gap = 0  # ends of line to write before anything else
        self._mark = ""  # of the list item that begins
        self._words = ""  # text that is not written yet
        self._quotes = 0
        self._quoted = 0  # how many of them were open when the last block ended
        self._heading = False
        self._lists: list[_List] = []
        self._links: list[_Link] = []
        self._code: list[str] | None = None
        self._rows: list[list[str]] | None = None
        self._closed = ""  # the mark that ends what was written
        self._starts: dict[str, Callable[[Any], None]] = {
            "Heading": self._start_heading,
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
            "Code": self._inline_code,
            "InlineHtml": self._html,
            "Html": self._text,
            "InlineMath": self._inline_code,
            "DisplayMath": self._formula,
            "TaskListMarker": self._task,
        }

    def take(self, event: str | dict[str, Any]) -> None:
        if isinstance(event, dict) and "Text" in event:
            self._text(event["Text"])
            return
        self._flush()
        if isinstance(event, str):
            if event == "Rule":
                self._raw(RULE)
                self._end_block()
            else:  # a break, soft or hard
                self._break()
            return
        ((kind, value),) = event.items()
        if kind in self._inlines:
            self._inlines[kind](value)
            return
        name, detail = _named(value)
        if name in _MARKS:
            self._style(_MARKS[name], opens=kind == "Start")
        elif kind == "Start" and name in self._starts:
            self._starts[name](detail)
        elif kind == "End" and name in self._ends:
            self._ends[name]()

    def finish(self) -> str:
        self._flush()
        return "".join(self._done).strip("\n")

    # --- what is written ----------------------------------------------------------------------

    @property
    def _lead(self) -> str:
        """What a line begins with."""
        return ("> " if self._quotes else "") + "".join(each.indent for each in self._lists if each.inside)

    def _begin(self) -> None:
        """Before something that may stand on the line."""
        if self._gap and self._done:
            blank = "> " if min(self._quotes, self._quoted) else ""
            self._done.append(f"\n{blank}" * (self._gap - 1) + "\n")
            self._fresh = True
        self._gap, self._quoted = 0, self._quotes
        if self._fresh:
            lead = self._lead
            if self._mark:
                lead = lead[: len(lead) - len(self._lists[-1].indent)] + self._mark
                self._mark = ""
            self._done.append(lead)
            self._fresh = False

    def _text(self, text: str) -> None:
        if self._code is not None:
            self._code.append(text)
        elif self._rows is not None:
            self._rows[-1][-1] += text
        else:
            self._words += text

    def _flush(self) -> None:
        words, self._words = self._words, ""
        if not words:
            return
        fresh = self._fresh or bool(self._gap)
        if fresh:
            words = words.lstrip(" ")
        if not words.strip("\n"):
            return
        if self._heading:
            words = words.replace("\n", " ")
        first, *others = signs.plain(words.strip("\n") if fresh else words, fresh=fresh).split("\n")
        self._put(first)
        for line in others:
            self._break()
            if line:
                self._put(line)

    def _put(self, written: str) -> None:
        self._begin()
        self._closed = ""
        self._done.append(written)

    def _raw(self, line: str) -> None:
        """On a line of its own."""
        if not self._fresh:
            self._gap = max(self._gap, 1)
        self._put(line)

    def _break(self) -> None:
        if self._rows is not None or self._heading:
            self._text(" ")
        elif not (self._gap or self._fresh):
            self._done.append("\n")
            self._fresh = True

    def _style(self, mark: str, *, opens: bool) -> None:
        if self._rows is not None:
            return
        if opens:
            apart = "\u200b" if self._closed and self._closed[-1] == mark[0] else ""
            self._put(apart + mark)
        else:
            self._begin()
            self._done.append(mark)
            self._closed = mark

    def _inline_code(self, text: str) -> None:
        if self._rows is not None:
            self._text(text)
        else:
            self._put(signs.code(text.replace("\n", " ")))

    def _html(self, tag: str) -> None:
        if tag.strip("</> ").casefold() == "br":
            self._break()
        else:
            self._text(tag)

    def _formula(self, source: str) -> None:
        if self._rows is not None or not is_formula(source):
            self._text(f"$${source}$$" if self._rows is None else source)
            return
        if not self._fresh and not self._gap:
            self._break()
        self._put(signs.code(" ".join(source.split())))
        self._gap = max(self._gap, 1)

    # --- blocks -------------------------------------------------------------------------------

    def _end_block(self) -> None:
        self._gap = 2

    def _start_paragraph(self, _: Any) -> None:
        if self._lists and self._lists[-1].direct:
            self._lists[-1].loose = True

    def _start_heading(self, detail: dict[str, Any]) -> None:
        if not self._fresh:
            self._gap = max(self._gap, 1)
        self._put(_HEADS.get(detail["level"], "### "))
        self._heading = True

    def _end_heading(self) -> None:
        self._heading = False
        self._gap = 1

    def _start_list(self, first: int | None) -> None:
        if self._lists:
            self._lists[-1].direct = False
        self._gap = min(self._gap, 1) if self._done and not self._fresh else self._gap
        self._lists.append(_List(first))

    def _end_list(self) -> None:
        self._lists.pop()
        self._gap = 1 if self._lists else 2

    def _start_item(self, _: Any) -> None:
        inner = self._lists[-1]
        if self._mark:
            self._begin()
        if not self._fresh:
            self._gap = max(self._gap, 1)
        inner.direct, inner.inside = True, True
        self._mark = inner.next_mark()
        inner.indent = " " * len(self._mark) if len(self._lists) <= DEEPEST else ""
        if len(self._lists) > DEEPEST:
            self._mark = self._mark.strip() + " "

    def _end_item(self) -> None:
        if self._mark:
            self._begin()
        inner = self._lists[-1]
        inner.inside = False
        self._gap = 1

    def _task(self, done: bool) -> None:
        self._mark += BOXES[done]

    def _start_quote(self, _: Any) -> None:
        if not self._quotes and not self._fresh:
            self._gap = max(self._gap, 1)
        self._quotes += 1

    def _end_quote(self) -> None:
        self._quotes -= 1
        self._quoted = min(self._quoted, self._quotes)
        self._end_block()

    def _start_code(self, fence: str | dict[str, str]) -> None:
        self._code = [fence.get("Fenced", "") if isinstance(fence, dict) else ""]

    def _end_code(self) -> None:
        info, *parts = self._code or [""]
        self._code = None
        self._block(signs.block("".join(parts), info))

    def _block(self, written: str) -> None:
        """Lines that begin at the very beginning."""
        if self._mark:
            self._begin()
        if not self._fresh:
            self._gap = max(self._gap, 1)
        if self._gap and self._done:
            self._gap = 1
        lists, self._lists = self._lists, []
        for number, line in enumerate(written.split("\n")):
            if number:
                self._done.append("\n")
                self._fresh = True
            self._put(line)
        self._lists = lists
        self._gap = 1

    # --- tables -------------------------------------------------------------------------------

    def _start_table(self, alignments: tuple[str, ...]) -> None:
        self._alignments = [each.casefold() for each in alignments]
        self._rows = []
        self._addresses: list[str] = []

    def _row(self) -> None:
        if self._rows is not None:
            self._rows.append([])

    def _cell(self) -> None:
        if self._rows is not None:
            self._rows[-1].append("")

    def _end_table(self) -> None:
        rows, self._rows = self._rows or [[]], None
        cells = [[" ".join(cell.split()) for cell in row] for row in rows]
        self._block(signs.block(tables.lines(cells, self._alignments)))
        if self._addresses:
            self._raw(" · ".join(self._addresses))
        self._end_block()

    # --- links --------------------------------------------------------------------------------

    def _start_link(self, found: dict[str, str]) -> None:
        if self._rows is None:
            self._begin()
        self._links.append(
            _Link(found["dest_url"], found["link_type"], self._rows is not None, len(self._done))
        )
        if self._rows is not None:
            self._links[-1].start = len(self._rows[-1][-1])

    def _end_link(self) -> None:
        link = self._links.pop()
        if self._rows is not None:
            label = self._rows[-1][-1][link.start :]
            if not label.strip():
                self._rows[-1][-1] += link.address
            elif link.address.startswith(_WEB) and label.strip() != link.address:
                self._addresses.append(link.written(signs.plain(label.strip())))
            return
        label = "".join(self._done[link.start :]).replace("\n", " ")
        del self._done[link.start :]
        self._done.append(link.written(label.strip(), inside=bool(self._links)))
        self._fresh = False


@dataclass(slots=True)
class _List:
    """A list that is being written."""

    number: int | None  # of its next item
    indent: str = ""  # of what its item holds
    loose: bool = False  # with space between its items
    direct: bool = True  # what comes next belongs to its item, and not to a block inside that
    inside: bool = False  # an item is open

    def next_mark(self) -> str:
        if self.number is None:
            return "- "
        self.number += 1
        return f"{self.number - 1}. "


@dataclass(slots=True)
class _Link:
    """A link that is being written."""

    address: str
    kind: str
    in_table: bool
    start: int  # of its label

    def written(self, label: str, *, inside: bool = False) -> str:
        address = self.address
        bare = label.replace("\\", "")
        if not label:
            return address
        if self.kind == "Email" or bare in (address, address.removeprefix("mailto:")):
            return label
        if inside:
            return label
        if not address.startswith(_WEB) or "://" in label:
            return f"{label} ({signs.plain(address)})" if address else label
        label = label.replace("[", "\\[").replace("]", "\\]")
        return f"[{label}]({quote(address, safe=_SAFE)})"


_SAFE = "!#$%&'*+,/:;=?@[]~_-."


def _named(tag: str | dict[str, Any]) -> tuple[str, Any]:
    return (tag, None) if isinstance(tag, str) else next(iter(tag.items()))
