"""Markdown as models write it, read into events.

CommonMark in the parser's own words, but for what people of a chat would read otherwise: prices are no
formulas, addresses hold no emphasis, one tilde strikes nothing out, HTML is text, a list of sources is
shown, bold may end at a Chinese full stop, and ``||`` hides.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Any

import pyromark
from pyromark import Options

Event = str | dict[str, Any]
Resolve = Callable[[Any], tuple[str, str] | None]  # a link that nothing defines: its address and title
Found = list[tuple[Event, dict[str, int]]]  # events, and where: bytes of UTF-8

_OPTIONS = (
    Options.ENABLE_TABLES | Options.ENABLE_STRIKETHROUGH | Options.ENABLE_TASKLISTS | Options.ENABLE_MATH
)
_PASSES = 6  # readings of one text, at most
_INLINE = ("Strong", "Emphasis", "Strikethrough")
_GLUE = "\ufdd0"  # stands for nothing, and is neither white space nor punctuation

_STRANGE = {"\r\n": "\n", "\r": "\n", "\u2028": "\n", "\u2029": "\n", "\0": " ", _GLUE: ""}
_FORMULA = re.compile(
    r"(?<!\\)(?:\\\((?P<inline>(?:(?!\n[ \t]*\n).){1,500}?)\\\)"
    r"|\\\[(?P<block>(?:(?!\n[ \t]*\n).){1,2000}?)\\\]"
    r"|\$\$(?P<dollars>(?:(?!\n[ \t]*\n|\$\$).){1,2000}?)\$\$)",
    re.DOTALL,
)
_FORMULA_SIGN = re.compile(r"[\\^_={}]")
_ADDRESS = re.compile(rb"https?://[\w./?%&=#+~:@*$-]+")  # as far as nobody would doubt
_LATIN = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W\d_]{2,}")
_LETTER = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_SHUT = re.compile(
    rf"(?<=[^\w\s*\\])(?=\*\*[{_LETTER}])|(?<=[:：])(?=\*\*\w)|(?<=[{_LETTER}]\*\*)(?=[^\w\s*])"
)


def read(markdown: str) -> Iterable[Event]:
    """The text's events, those of spoilers among them."""
    source = _tidied(markdown)
    resolve = None
    if "\\(" in source or "\\[" in source or "$$" in source:
        source = _with_dollars(source)
    if "]:" in source:
        source, resolve = _with_sources(source)
    if "**" in source and not source.isascii():
        source = _SHUT.sub(_GLUE, source)
    if "|" in source or _is_doubtful(source):
        found = _settled(source, resolve)
    else:
        events: Any = pyromark.events(source, options=_OPTIONS, broken_link_callback=resolve)
        found = list(events)
    if _GLUE in source:
        found = [_unglued(event) for event in found]
    return _hiding(found) if "||" in source else found


def _tidied(markdown: str) -> str:
    """Without what the server would take away or refuse."""
    try:
        markdown.encode()
    except UnicodeEncodeError:  # halves of characters
        markdown = markdown.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    for sign, instead in _STRANGE.items():
        if sign in markdown:
            markdown = markdown.replace(sign, instead)
    return markdown


def _located(source: str, resolve: Resolve | None = None) -> Found:
    events: Any = pyromark.events_with_range(
        source, options=_OPTIONS, merge_text=True, broken_link_callback=resolve
    )
    return list(events)


def _with_dollars(source: str) -> str:
    """Formulas in ``\\(…\\)`` and ``\\[…\\]`` as the parser knows them, and each on one line."""
    whole = source.encode()
    parts, at = [], 0
    for event, where in _located(source):
        if isinstance(event, dict) and ("Code" in event or "CodeBlock" in (event.get("Start") or "")):
            parts += [_FORMULA.sub(_dollars, whole[at : where["start"]].decode())]
            parts += [whole[where["start"] : where["end"]].decode()]
            at = where["end"]
    return "".join([*parts, _FORMULA.sub(_dollars, whole[at:].decode())])


def _dollars(formula: re.Match[str]) -> str:
    inside = formula["inline"] or formula["block"] or formula["dollars"]
    if "$" in inside or not is_formula(inside):
        return formula[0]
    sign = "$" if formula["inline"] else "$$"
    return f"{_GLUE}{sign}{' '.join(inside.split())}{sign}{_GLUE}"


def _with_sources(source: str) -> tuple[str, Resolve | None]:
    """Definitions of links as text, and what finds them."""
    links: dict[str, tuple[str, str]] = {}
    for _ in range(_PASSES):
        known = pyromark.reference_definitions(source, options=_OPTIONS)
        if not known:
            break
        links |= {_label(label): (each["dest"], "") for label, each in known.items() if each["dest"]}
        source = _escaped(source, [each["span"]["start"] for each in known.values()])
    return source, (lambda link: links.get(_label(link["reference"]))) if links else None


def _label(text: str) -> str:
    return " ".join(text.split()).casefold()


def _settled(source: str, resolve: Resolve | None) -> list[Event]:
    """Read until nothing is misread."""
    found = _located(source, resolve)
    for _ in range(_PASSES if _is_doubtful(source) else 0):
        if not (places := _misread(source, found)):
            break
        source = _escaped(source, places)
        found = _located(source, resolve)
    return [event for event, _ in (_with_all_cells(source, found) if "|" in source else found)]


def _is_doubtful(source: str) -> bool:
    return any(sign in source for sign in ("$", "~", "<", "://"))


def _misread(source: str, found: Found) -> list[int]:
    """Where signs stand that mean nothing: bytes."""
    whole = source.encode()
    addresses = [each.span() for each in _ADDRESS.finditer(whole)]
    places: list[int] = []
    for event, where in found:
        if not isinstance(event, dict):
            continue
        start, end = where["start"], where["end"]
        if event.get("Start") in _INLINE and any(first < start < last for first, last in addresses):
            places += range(start, start + (1 if event["Start"] == "Emphasis" else 2))
        elif event.get("Start") == "Strikethrough":
            if whole[start : start + 2] != b"~~":
                places += [start, end - 1]
        elif "InlineMath" in event:
            beside = whole[max(0, start - 1) : start], whole[end : end + 1]
            if any(each.isalnum() for each in beside) or not is_formula(event["InlineMath"]):
                places += [start, end - 1]
        elif "Html" in event:
            sign = start + len(whole[start:end]) - len(whole[start:end].lstrip())
            if whole[sign : sign + 1] == b"<":
                places.append(sign)
    return places


def _escaped(source: str, places: Iterable[int]) -> str:
    whole = source.encode()
    edges = [0, *sorted(set(places)), len(whole)]
    return b"\\".join(whole[a:b] for a, b in pairwise(edges)).decode()


def _with_all_cells(source: str, found: Found) -> Iterator[tuple[Event, dict[str, int]]]:
    """Cells for which a table's head has no column are dropped by the parser: here they are again."""
    whole = source.encode()
    last = 0
    for event, where in found:
        if event == {"End": "TableCell"}:
            last = where["end"]
        elif event == {"End": "TableRow"}:
            more = whole[last : where["end"]].decode().strip("| \t\n>")
            for cell in more.split("|") if more else ():
                yield {"Start": "TableCell"}, where
                yield {"Text": cell.strip()}, where
                yield {"End": "TableCell"}, where
        yield event, where


def _unglued(event: Event) -> Event:
    if isinstance(event, dict):
        for kind, value in event.items():
            if isinstance(value, dict):
                _unglued(value)
            elif isinstance(value, str) and _GLUE in value:
                event[kind] = value.replace(_GLUE, "")
    return event


def _hiding(found: list[Event]) -> list[Event]:
    """``||`` in pairs, with no white space inside next to them, as the start and end of a spoiler."""
    events: list[Event] = []
    waiting = [-1]  # where in ``events`` an opening one stands, by depth
    for event in found:
        if isinstance(event, dict):
            if "Start" in event:
                if not (event["Start"] in _INLINE or "Link" in event["Start"]):
                    waiting[-1] = -1
                waiting.append(-1)
            elif "End" in event:
                waiting.pop()
        if not (isinstance(event, dict) and "||" in event.get("Text", "")):
            events.append(event)
            continue
        parts = event["Text"].split("||")
        events.append({"Text": parts[0]})
        for before, after in pairwise(parts):
            opened = waiting[-1]
            something = before or opened < len(events) - 2
            if opened >= 0 and something and not before[-1:].isspace():
                events[opened] = {"Start": "Spoiler"}
                events.append({"End": "Spoiler"})
                waiting[-1] = -1
            else:
                if not after[:1].isspace():
                    waiting[-1] = len(events)
                events.append({"Text": "||"})
            events.append({"Text": after})
    return events


def is_formula(source: str) -> bool:
    """Whether it looks like one, and not like prices or names of variables with words between them."""
    return bool(_FORMULA_SIGN.search(source) or (_LATIN.search(source) and not _WORD.search(source)))
