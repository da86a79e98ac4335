"""Reading Markdown into its blocks, all at once or while it grows."""

import re
from dataclasses import dataclass, replace

from markdown_it import MarkdownIt
from markdown_it.token import Token

NEWLINE = re.compile(r"\r\n|\n|\r")

_KINDS = {
    "paragraph_open": "paragraph",
    "heading_open": "heading",
    "fence": "fence",
    "code_block": "code",
    "bullet_list_open": "list",
    "ordered_list_open": "list",
    "blockquote_open": "quote",
    "table_open": "table",
    "html_block": "html",
    "hr": "rule",
}
# A line whose first character, after marks of quotes and items, is a letter: whatever comes after it on
# the line, the line stays what it is.
_SETTLED_LINE = re.compile(r"[\s>]*(?:(?:[-+*]|\d{1,9}[.)])\s+)*[^\W\d_]")
_FENCE_LINE = re.compile(r" {0,3}(`{3,}|~{3,})")
_MARK = r"(?:[-+*]|\d{1,9}[.)])(?:[ \t]{1,4}(?=[^ \t\r\n])|[ \t]|(?=[\r\n]))"

_markdown = MarkdownIt("commonmark").enable("table")
_markdown.core.ruler.enableOnly(["normalize", "block"])


@dataclass(frozen=True, slots=True)
class Block:
    """A top-level block: ``text[start:end]``, with the blank lines that follow it.

    ``kind`` is paragraph, heading, fence, code (indented), list, quote, table, html, rule, reference (link
    definitions) or blank (a text of nothing but white space).
    """

    kind: str
    start: int
    end: int


def blocks(text: str) -> list[Block]:
    """The top-level blocks of a text. Joined, they are the text."""
    return _read(text)[0]


class Growing:
    """The blocks of a text that grows at its end.

    Each reading is the same as ``blocks`` of the whole, and costs as much as the text that may still
    change: the last block, of lists the last item, of a table or a paragraph the last line. (Links that
    are defined further down change no block, but what an earlier one looks like.)
    """

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self.blocks: list[Block] = []
        self.finished = 0  # this many blocks will not change any more
        self._text = ""
        self._lines = 0  # end of the last complete line
        self._open = 0  # start of the last block that has a complete line
        self._resume: tuple[int, str] = (0, "")
        self._fence: re.Pattern[str] | None = None  # what closes the open fence
        self._steady = False  # more on the last line changes nothing

    def feed(self, text: str) -> list[Block]:
        """The blocks of the whole text so far: the list itself, changed by the next call.

        A text that does not continue the last one is read afresh.
        """
        if not text.startswith(self._text):
            self._forget()
        before, self._text = len(self._text), text
        if before == len(text):
            return self.blocks
        if self._steady and not NEWLINE.search(text, before):
            self.blocks[-1] = replace(self.blocks[-1], end=len(text))
            return self.blocks
        lines = complete(text, self._lines)
        if lines > self._lines:
            if self._fence and not self._fence.search(text, self._lines, lines):
                self._lines = lines
            else:
                self._settle(text, lines)
        if self._fence:
            self.blocks[-1] = replace(self.blocks[-1], end=len(text))
        elif lines < len(text):
            self.blocks[self.finished :] = self._reread(text, len(text))[0]
        self._steady = (
            lines < len(text)
            and _SETTLED_LINE.match(text, lines) is not None
            and not text.endswith("\r")
            and not any(_may_define(text, block) for block in self.blocks[-2:])
        )
        return self.blocks

    def _settle(self, text: str, lines: int) -> None:
        """Take complete lines in: all blocks but the last of them are finished.

        A link definition is not, either, while what follows it may yet turn out to be its title.
        """
        read, resume, fence = self._reread(text, lines)
        self.blocks[self.finished :] = read
        kept = len(read) - 1
        while kept and read[kept - 1].kind == "reference":
            kept -= 1
            resume, fence = (read[kept].start, ""), ""
        self.finished += kept
        self._lines, self._open, self._resume = lines, read[kept].start, resume
        self._fence = _closing(fence) if fence else None

    def _reread(self, text: str, end: int) -> tuple[list[Block], tuple[int, str], str]:
        """The open block and what follows it, read from where the reading can be taken up."""
        offset, context = self._resume
        read, (resume, kept), fence = _read(context + text[offset:end])
        shift = offset - len(context)
        found = [Block(b.kind, b.start + shift, b.end + shift) for b in read]
        found[0] = replace(found[0], start=self._open)
        # Where the reading can be taken up next lies in the context itself when nothing new was read.
        resume_at = self._resume if resume < len(context) else (resume + shift, kept)
        return found, resume_at, fence


def parse(text: str) -> list[Token]:
    """markdown-it's block tokens; what is inside a paragraph is not read."""
    # markdown-it-py 4.3 looks past the end of a text whose last line is cut short, such as ">- <!--\\n>".
    return _markdown.parse(text if text.endswith(("\n", "\r")) else text + "\n")


def line_starts(text: str) -> list[int]:
    """Offsets at which lines start; the end of the text stands last."""
    starts = [0, *(match.end() for match in NEWLINE.finditer(text))]
    if len(starts) == 1 or starts[-1] < len(text):
        starts.append(len(text))
    return starts


def _read(text: str) -> tuple[list[Block], tuple[int, str], str]:
    """Blocks; where the last one can be taken up and what must stand before; the mark of an open fence."""
    if not text:
        return [], (0, ""), ""
    starts = line_starts(text)
    tokens = parse(text)
    found: list[tuple[str, int]] = []
    line = 0
    for token in tokens:
        if token.level or token.map is None:
            continue
        _add_references(text, starts, line, token.map[0], found)
        found.append((_KINDS[token.type], token.map[0]))
        line = token.map[1]
    _add_references(text, starts, line, len(starts) - 1, found)
    if not found:
        return [Block("blank", 0, len(text))], (0, ""), ""
    offsets = [0, *(starts[line] for _kind, line in found[1:]), len(text)]
    read = [Block(kind, offsets[at], offsets[at + 1]) for at, (kind, _line) in enumerate(found)]
    return read, *_resumption(text, starts, tokens, read[-1], found[-1][1])


def _add_references(
    text: str, starts: list[int], first: int, last: int, found: list[tuple[str, int]]
) -> None:
    """Lines that no token covers, but that are not blank, define links."""
    for line in range(first, last):
        if text[starts[line] : starts[line + 1]].strip():
            found.append(("reference", line))
            return


def _resumption(
    text: str, starts: list[int], tokens: list[Token], last: Block, line: int
) -> tuple[tuple[int, str], str]:
    whole = (last.start, "")
    match last.kind:
        case "list":
            return _last_item(text, starts, tokens) or whole, ""
        case "table":
            rows = [t.map[0] for t in tokens if t.level == 2 and t.type == "tr_open" and t.map]
            if rows[-1] > line + 1:
                return (starts[rows[-1]], text[starts[line] : starts[line + 2]]), ""
        case "paragraph" if not _may_define(text, last):
            end = max(t.map[1] for t in tokens if t.type == "paragraph_open" and not t.level and t.map)
            if end - 1 > line:
                return (starts[end - 1], "x\n"), ""
        case "fence":
            fence = tokens[-1]
            closing = _FENCE_LINE.match(text, starts[fence.map[1] - 1]) if fence.map else None
            # Its second line may still make a table's head of the first, if that has a bar in it.
            if (
                fence.map
                and fence.map[1] - fence.map[0] > 1
                and not (
                    closing and closing[1].startswith(fence.markup) and not text[closing.end() :].strip()
                )
            ):
                return whole, fence.markup
    return whole, ""


def _last_item(text: str, starts: list[int], tokens: list[Token]) -> tuple[int, str] | None:
    """The last item of a list, at any depth, and heads for the items that it is in or comes after."""
    inside: list[tuple[str, int]] = []
    counts: list[int] = []
    path: list[int] = []  # first lines of the last item and of those around it
    follows = False  # it is not the first of its list
    for token in tokens:
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                counts.append(0)
            case "bullet_list_close" | "ordered_list_close":
                counts.pop()
            case "list_item_open" | "blockquote_open" if token.map:
                inside.append((token.type, token.map[0]))
                if all(type_ == "list_item_open" for type_, _line in inside):
                    path, follows = [line for _type, line in inside], counts[-1] > 0
                if token.type == "list_item_open":
                    counts[-1] += 1
            case "list_item_close" | "blockquote_close":
                inside.pop()
    *around, last = path
    if last in around:
        return None
    heads = ""
    for line in dict.fromkeys(path if follows else around):
        head = re.compile(rf"[ \t]*(?:{_MARK}){{{path.count(line)}}}").match(
            text, starts[line], starts[line + 1]
        )
        if head is None:
            return None
        heads += (head[0] if head[0].endswith((" ", "\t")) else head[0] + " ") + "x\n"
        heads += "" if line == last else "\n"
    return starts[last], heads


def _closing(fence: str) -> re.Pattern[str]:
    """A whole line that closes the fence."""
    return re.compile(rf"(?<![^\r\n]) {{0,3}}{fence[0]}{{{len(fence)},}}[ \t]*(?![^\r\n])")


def _may_define(text: str, block: Block) -> bool:
    """A paragraph that may yet turn out to define a link."""
    return block.kind == "reference" or (
        block.kind == "paragraph" and text[block.start : block.start + 200].lstrip()[:1] == "["
    )


def complete(text: str, since: int) -> int:
    """The end of the last complete line. A final carriage return may be half of a line's end."""
    end = len(text) - 1 if text.endswith("\r") else len(text)
    return max(since, text.rfind("\n", since, end) + 1, text.rfind("\r", since, end) + 1)
