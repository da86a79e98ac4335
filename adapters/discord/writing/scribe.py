"""What is read of a Markdown text, written down in the platform's own Markdown."""

from collections.abc import Callable
from typing import Any

from adapters.discord.writing import signs
from adapters.discord.writing.page import Page
from adapters.discord.writing.parts import WEB, Link
from adapters.discord.writing.tables import Grid
from adapters.formulas import readable
from bot.markdown.events import is_formula, read

RULE = "─" * 12
BOXES = ("☐ ", "☑ ")

_MARKS = {"Strong": "**", "Emphasis": "*", "Strikethrough": "~~", "Spoiler": "||"}
_HEADS = {"H1": "# ", "H2": "## "}


def write(markdown: str) -> str:
    """All of it, however unfinished it is. It may be empty, and as long as you like."""
    scribe = _Scribe()
    for event in read(markdown):
        scribe.take(event)
    return scribe.finish()


class _Scribe:
    """Takes events one after another. Space before a block is written once the block has words to show."""

    def __init__(self) -> None:
        self._page = Page()
        self._words = ""  # text that is not written yet
        self._heading = False
        self._links: list[Link] = []
        self._code: list[str] | None = None
        self._grid: Grid | None = None
        self._closed = ""  # the mark that ends what was written
        self._starts: dict[str, Callable[[Any], None]] = {
            "Heading": self._start_heading,
            "List": self._page.open_list,
            "Item": lambda _: self._page.open_item(),
            "BlockQuote": lambda _: self._page.open_quote(),
            "CodeBlock": self._start_code,
            "Table": self._start_table,
            "TableHead": self._start_row,
            "TableRow": self._start_row,
            "TableCell": self._start_cell,
            "Link": self._start_link,
            "Image": self._start_link,
        }
        self._ends: dict[str, Callable[[], None]] = {
            "Heading": self._end_heading,
            "Paragraph": self._end_block,
            "HtmlBlock": self._end_block,
            "List": self._page.close_list,
            "Item": self._page.close_item,
            "BlockQuote": self._page.close_quote,
            "CodeBlock": self._end_code,
            "Table": self._end_table,
            "Link": self._end_link,
            "Image": self._end_link,
        }
        self._inlines: dict[str, Callable[[Any], None]] = {
            "Code": self._inline_code,
            "InlineHtml": self._html,
            "Html": self._text,
            "InlineMath": self._inline_formula,
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
                self._page.line(RULE)
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
        return "".join(self._page.done).strip("\n")

    # --- what is written ----------------------------------------------------------------------

    def _text(self, text: str) -> None:
        if self._code is not None:
            self._code.append(text)
        elif self._grid is not None:
            self._grid.add(text)
        else:
            self._words += text

    def _flush(self) -> None:
        words, self._words = self._words, ""
        if not words:
            return
        fresh = self._page.at_start
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
        self._page.put(written)
        self._closed = ""

    def _break(self) -> None:
        if self._grid is not None or self._heading:
            self._text(" ")
        else:
            self._page.end_line()

    def _style(self, mark: str, *, opens: bool) -> None:
        if self._grid is not None:
            return
        if opens:
            apart = "\u200b" if self._closed and self._closed[-1] == mark[0] else ""
            self._put(apart + mark)
        else:
            self._page.put(mark)
            self._closed = mark

    def _inline_code(self, text: str) -> None:
        if self._grid is not None:
            self._text(text)
        else:
            self._put(signs.code(text.replace("\n", " ")))

    def _html(self, tag: str) -> None:
        if tag.strip("</> ").casefold() == "br":
            self._break()
        else:
            self._text(tag)

    def _inline_formula(self, source: str) -> None:
        self._text(readable(source).replace("\n", "; "))

    def _formula(self, source: str) -> None:
        """On lines of its own, where there are lines."""
        if not is_formula(source):
            self._text(f"$${source}$$" if self._grid is None else source)
        elif self._grid is not None or self._heading:
            self._inline_formula(source)
        else:
            for line in readable(source).split("\n"):
                self._break()
                self._put(signs.plain(line, fresh=self._page.at_start))
            self._page.apart(1)

    # --- blocks -------------------------------------------------------------------------------

    def _end_block(self) -> None:
        self._page.close(2)

    def _start_heading(self, detail: dict[str, Any]) -> None:
        self._page.apart(1)
        self._put(_HEADS.get(detail["level"], "### "))
        self._heading = True

    def _end_heading(self) -> None:
        self._heading = False
        self._page.close(1)

    def _task(self, done: bool) -> None:
        self._page.mark += BOXES[done]

    def _start_code(self, fence: str | dict[str, str]) -> None:
        self._code = [fence.get("Fenced", "") if isinstance(fence, dict) else ""]

    def _end_code(self) -> None:
        info, *parts = self._code or [""]
        self._code = None
        self._page.lines(signs.block("".join(parts), info))

    def _start_table(self, alignments: tuple[str, ...]) -> None:
        self._grid = Grid(alignments)
        self._addresses: list[str] = []

    def _start_row(self, _: Any) -> None:
        if self._grid is not None:
            self._grid.row()

    def _start_cell(self, _: Any) -> None:
        if self._grid is not None:
            self._grid.cell()

    def _end_table(self) -> None:
        grid, self._grid = self._grid, None
        if grid is not None:
            self._page.lines(signs.block(grid.lines()))
        if self._addresses:
            self._page.line(" · ".join(self._addresses))
        self._end_block()

    # --- links --------------------------------------------------------------------------------

    def _start_link(self, found: dict[str, str]) -> None:
        if self._grid is None:
            self._page.begin()
        start = len(self._page.done if self._grid is None else self._grid.last)
        self._links.append(Link(found["dest_url"], found["title"], found["link_type"], start))

    def _end_link(self) -> None:
        link = self._links.pop()
        if self._grid is not None:
            label = self._grid.last[link.start :]
            if not label.strip():
                self._grid.add(link.address)
            elif link.address.startswith(WEB) and label.strip() != link.address:
                self._addresses.append(link.written(signs.plain(label.strip())))
            return
        label = self._page.take_away(link.start).replace("\n", " ")
        self._page.put(link.written(label.strip(), inside=bool(self._links)))


def _named(tag: str | dict[str, Any]) -> tuple[str, Any]:
    return (tag, None) if isinstance(tag, str) else next(iter(tag.items()))
