"""Closing what a growing text has opened, so that a preview of it looks as it will."""

import re
import unicodedata

from bot.markdown.places import Layout
from bot.markdown.reading import blocks

_MARK = re.compile(r"\\.|`+|\*+|_+|~~|<[^<>\s]+>", re.DOTALL)


def close_open(text: str) -> str:
    """The text with its last fence closed, or the code and emphasis of its last words.

    For previews: a few characters longer than the text, and no other characters change. Marks at the very
    end, which open nothing yet, stay as they are.
    """
    read = blocks(text)
    if not read:
        return text
    start = read[-1].start
    layout = Layout(text[start:])
    if ending := layout.ending():
        return text + (ending[1:] if text.endswith(("\n", "\r")) else ending)
    written = text.rstrip()
    return written + _unclosed(layout.words_at_end().rstrip()) + text[len(written) :]


def _unclosed(words: str) -> str:
    """The marks that close the code and the emphasis that the words leave open."""
    opened: list[str] = []
    at = 0
    while mark := _MARK.search(words, at):
        at = mark.end()
        run = mark[0]
        if run[0] in "\\<":
            continue
        if run[0] == "`":
            close = re.compile(rf"(?<!`){run}(?!`)").search(words, at)
            if close is None:
                ending = run if words[at:].strip() else ""
                return ending + "".join(reversed(opened))
            at = close.end()
            continue
        opens, closes = _flanks(words[mark.start() - 1 : mark.start()], words[at : at + 1], run[0])
        while closes and run and any(each[0] == run[0] for each in opened):
            while opened[-1][0] != run[0]:
                opened.pop()  # it was never closed, and is not emphasis
            both = min(len(run), len(opened[-1]))
            run, left = run[both:], opened.pop()[both:]
            if left:
                opened.append(left)
        if opens and run:
            opened.append(run)
    return "".join(reversed(opened))


def _flanks(before: str, after: str, mark: str) -> tuple[bool, bool]:
    """Whether a run of marks may open and may close emphasis (CommonMark 6.2)."""
    space_before, space_after = not before.strip(), not after.strip()
    sign_before, sign_after = _is_sign(before), _is_sign(after)
    left = not space_after and (not sign_after or space_before or sign_before)
    right = not space_before and (not sign_before or space_after or sign_after)
    if mark == "_":
        return left and (not right or sign_before), right and (not left or sign_after)
    return left, right


def _is_sign(character: str) -> bool:
    return bool(character) and unicodedata.category(character)[0] in "PS"
