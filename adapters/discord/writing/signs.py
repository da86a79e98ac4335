"""Words that the platform must not read as marks, and code that stays code."""

import re

_ADDRESS = re.compile(r"https?://[^\s<>]+")
_MARK = re.compile(r"[\\*_~|`]|\](?=\()")
_LINE_START = re.compile(r"(?m)^([ \t]*)(#{1,3}(?=[ \t])|-#(?=[ \t])|[-+](?=[ \t])|>)")
_LANGUAGE = re.compile(r"[\w+\-.#]+", re.ASCII)
_PUNCTUATION = re.compile(r"[^0-9A-Za-z\s]")
_FENCE = "```"
_SPLIT_FENCE = "``\u200b`"  # looks the same, and ends nothing


def plain(text: str, *, fresh: bool = False) -> str:
    """The text so that it is shown as it stands. ``fresh``: it begins a line."""
    parts, at = [], 0
    for address in _ADDRESS.finditer(text):
        parts += [_escaped(text, at, address.start()), address[0]]
        at = address.end()
    shown = "".join([*parts, _escaped(text, at, len(text))])
    if fresh or "\n" in shown:
        head = "" if fresh else "\ufdd0"
        shown = _LINE_START.sub(r"\1\\\2", head + shown).removeprefix(head)
    return shown


def _escaped(text: str, start: int, end: int) -> str:
    parts, at = [], start
    for mark in _MARK.finditer(text, start, end):
        parts += [text[at : mark.start()], _sign(text, mark.start())]
        at = mark.end()
    return "".join([*parts, text[at:end]])


def _sign(text: str, at: int) -> str:
    """One sign that may be a mark, with a backslash where it would be."""
    sign = text[at]
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    match sign:
        case "_" if _is_letter(before) and _is_letter(after):
            return sign
        case "~" | "|" if before and after and sign not in (before, after):
            return sign
        case "\\" if after and not _PUNCTUATION.match(after):
            return sign
    return "\\" + sign


def _is_letter(character: str) -> bool:
    return character.isascii() and character.isalnum()


def code(text: str) -> str:
    """Code inside a line."""
    run = max((len(each) for each in re.findall("`+", text)), default=0)
    ticks = "`" * (1 if run == 0 else run + 1)
    if run and len(ticks) > 2:  # three would begin a block
        return "`` " + text.replace("``", "`\u200b`") + " ``"
    return f"{ticks} {text} {ticks}" if run else f"{ticks}{text}{ticks}"


def block(text: str, info: str = "") -> str:
    """Code on lines of its own. The platform knows no longer fence, so none may stand in it."""
    language, _, more = info.strip().partition(" ")
    if language and not _LANGUAGE.fullmatch(language):
        language, more = "", info.strip()
    lines = [more.strip()] if more.strip() else []
    inside = "\n".join([*lines, text.rstrip("\n")])
    while _FENCE in inside:
        inside = inside.replace(_FENCE, _SPLIT_FENCE)
    return f"{_FENCE}{language}\n{inside if inside.strip() else chr(0x200B)}\n{_FENCE}"
