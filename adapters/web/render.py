"""Markdown as safe HTML, block by block, so that a growing answer is never rendered from its start again."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import structlog
from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token
from markdown_it.utils import EnvType

from adapters.web.markup import clean, code_html, reader

log = structlog.get_logger()

LONG = 4_000  # characters of one open block from which on it is rendered again only now and then
SEGMENT = 32  # lines of an open code block that are highlighted together

_markdown = reader()

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*([^\n`]*)$", re.MULTILINE)
# An unfinished last line that is nothing but markers may still become anything: a list item, a heading's
# underline, a table. Shown early it would flash as the wrong thing.
_UNDECIDED = re.compile(r"[-=*+#>|`~:_ ]+|\d{1,9}[.)]?|\$\$?|\\\[?")
_CODE = re.compile(r"`[^`]*`")
_HALF_LINK = re.compile(r"!?\[([^\[\]\n]*)(?:\]\([^()\s]*)?\Z")


def render(text: str) -> tuple[str, ...]:
    """The whole text, one string of HTML per top-level block."""
    tokens = _markdown.parse(text)
    return tuple(_html(group, {}) for _, group in _groups(tokens))


def first_difference(blocks: Sequence[str], others: Sequence[str]) -> int:
    """The place from which on two renderings are not the same."""
    pairs = zip(blocks, others, strict=False)
    found = next((place for place, (one, other) in enumerate(pairs) if one != other), None)
    return min(len(blocks), len(others)) if found is None else found


class Growing:
    """The blocks of a text that is appended to. Only its open end is parsed and rendered again.

    The end of a growing text is shown as what it will most likely become. ``render`` of the whole text has
    the last word: a later link definition, say, may still change an earlier block.
    """

    def __init__(self) -> None:
        self.blocks: list[str] = []
        self._reset()

    def _reset(self) -> None:
        self._text = ""
        self._offset = 0  # where the part that may still change begins
        self._closed = 0  # blocks that are final
        self._references: dict[str, Any] = {}
        self._code: tuple[str, str] | None = None  # inside a long code block: its fence and language

    def feed(self, text: str) -> int:
        """Take the text as it is by now; return the place of the first block that is not what it was."""
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        if text == self._text:
            return len(self.blocks)
        if text[: self._offset] != self._text[: self._offset]:
            self._reset()
        open_end = len(text) - self._offset
        grown = len(text) - len(self._text)
        if self._code is None and open_end > LONG and 0 < grown < open_end // 24:
            return len(self.blocks)
        self._text = text
        fresh = self.blocks[: self._closed]
        if self._code is not None:
            fresh += self._code_blocks(*self._code)
        if self._code is None:
            fresh += self._tail_blocks()
        first = first_difference(fresh, self.blocks)
        self.blocks = fresh
        return first

    def _tail_blocks(self) -> list[str]:
        tail = self._text[self._offset :]
        env: dict[str, Any] = {"references": dict(self._references)}
        groups = list(_groups(_markdown.parse(_likely(tail), env)))
        blocks = [_html(group, env) for _, group in groups]
        if not groups:
            return blocks
        start, (token, *_) = groups[-1]
        lines = _lines(tail)
        if len(groups) > 1 and _stands_alone(lines, start):
            done = "".join(lines[:start])
            if len(env["references"]) > len(self._references):
                _markdown.parse(done, {"references": self._references})
            self._offset += len(done)
            self._closed += len(groups) - 1
            lines = lines[start:]
            start = 0
        opening = _FENCE.match(lines[0].rstrip("\n")) if start == 0 else None
        long_code = token.type == "fence" and len(lines) > SEGMENT + 1
        if long_code and opening and not any(_closes(line, opening[1]) for line in lines[1:]):
            blocks[-1:] = self._segments(opening[1], token.info, lines)
        return blocks

    def _segments(self, fence: str, language: str, lines: Sequence[str]) -> list[str]:
        """From now on, take this open code block in segments; those that are complete are final."""
        self._offset += len("".join(lines[: SEGMENT + 1]))
        self._closed += 1
        self._code = (fence, language)
        head = clean(code_html("".join(lines[1 : SEGMENT + 1]), language))
        return [head, *self._code_blocks(fence, language)]

    def _code_blocks(self, fence: str, language: str) -> list[str]:
        """The rest of an open code block. The colours are right but for the seams of its segments."""
        blocks: list[str] = []
        lines = _lines(self._text[self._offset :])
        end = next((n for n, line in enumerate(lines) if line.endswith("\n") and _closes(line, fence)), None)
        inside = lines if end is None else lines[:end]
        while inside:
            segment, inside = "".join(inside[:SEGMENT]), inside[SEGMENT:]
            blocks.append(clean(code_html(segment, language, more=True)))
            if inside or end is not None:
                self._offset += len(segment)
                self._closed += 1
        if end is not None:
            self._offset += len(lines[end])
            self._code = None
        return blocks


def _likely(tail: str) -> str:
    """What the open end will most likely become: undecided markers held back, emphasis closed."""
    in_code = False
    for line in _FENCE.finditer(tail):
        if not in_code or not line[2]:
            in_code = not in_code
    if in_code:
        return tail
    last = tail.rfind("\n") + 1
    if _UNDECIDED.fullmatch(tail[last:].strip()):
        tail = tail[:last]
    paragraph = tail[tail.rfind("\n\n") + 1 :]
    if paragraph.count("`") % 2:
        return tail.rstrip() + "`"
    if link := _HALF_LINK.search(tail, last):
        tail = tail[: link.start()] + link[1]
    if _CODE.sub("", paragraph).count("**") % 2:
        return tail[:-2] if tail.endswith("**") else tail.rstrip() + "**"
    return tail


def _lines(text: str) -> list[str]:
    """Lines as Markdown counts them, with their ends."""
    return _LINE.findall(text)


def _stands_alone(lines: Sequence[str], start: int) -> bool:
    """Whether what begins at this line will not become part of the block before, whatever comes.

    A finished line is decided. So is one that begins with a letter after an empty line.
    """
    return lines[start].endswith("\n") or (lines[start][0].isalpha() and not lines[start - 1].strip())


def _closes(line: str, fence: str) -> bool:
    line = line.strip()
    return len(line) >= len(fence) and line == fence[0] * len(line)


def _groups(tokens: Sequence[Token]) -> Iterator[tuple[int, list[Token]]]:
    """Top-level blocks: the line each begins at, and its tokens."""
    group: list[Token] = []
    start = 0
    for token in tokens:
        if not group and token.map:
            start = token.map[0]
        group.append(token)
        if token.level == 0 and token.nesting <= 0:
            yield start, group
            group = []


def _html(tokens: Sequence[Token], env: EnvType) -> str:
    try:
        return clean(_markdown.renderer.render(tokens, _markdown.options, env))
    except Exception:  # whatever trips a highlighter must not keep anybody from reading what was said
        log.exception("a block cannot be rendered")
        source = "\n".join(token.content for token in tokens if token.content)
        return clean(f"<pre><code>{escapeHtml(source)}</code></pre>")
