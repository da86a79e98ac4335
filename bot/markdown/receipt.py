"""A receipt: whether messages show all of a text."""

import re
from collections.abc import Sequence

_REWRITTEN = re.compile(r">*(?:\d{1,9}(?=[.)]))?")
_ENDING = re.compile(r">*(?:`{3,}|~{3,})?")
_ANCHOR = 12  # characters that are enough to know a place in a text again
_OPENER = 4_000  # characters that may stand before a message's own, at most


def lost(original: str, shown: Sequence[str]) -> int:
    """How many characters of the text the messages miss, white space aside.

    A message may begin with what opens lists, quotes, fences and tables again, and end with what closes a
    fence; the marks of quotes and an item's number may be others where it begins. 0 for whatever ``pack``
    makes; when the messages are no such pieces of the text, a close estimate of at least 1.
    """
    text = _bare(original)
    messages = [_bare(message) for message in shown]
    at = 0
    for message in messages:
        at = _after(text, at, message)
    return 0 if at == len(text) else max(1, _missing(text, "".join(messages)))


def _bare(text: str) -> str:
    return "".join(text.split())


def _after(text: str, at: int, message: str) -> int:
    """Where the text goes on after a message that shows it from ``at``; ``at`` if it does not show it."""
    rewritten = _REWRITTEN.match(text, at)
    furthest = at
    for begin in {at, rewritten.end() if rewritten else at}:
        head = 0
        while begin < len(text) and (head := message.find(text[begin], head)) >= 0:
            if begin + len(message) - head <= furthest:
                break
            size = _common(text, begin, message, head)
            # What closes a fence may begin like what comes next in the text.
            for shown in range(size, max(0, size - 8), -1):
                if _ENDING.fullmatch(message, head + shown):
                    furthest = max(furthest, begin + shown)
                    break
            head += 1
    return furthest


def _common(text: str, at: int, message: str, head: int) -> int:
    """How far both are the same from there."""
    low, high = 1, min(len(text) - at, len(message) - head)
    if text[at + 1 : at + 8] != message[head + 1 : head + 8] and high >= 8:
        high = 7
    while low < high:
        middle = (low + high + 1) // 2
        if text[at + low : at + middle] == message[head + low : head + middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _missing(text: str, seen: str) -> int:
    """About how much of the text is not there: where both part, the nearest place is looked for from which
    they agree again."""
    missing = at = there = 0
    while at < len(text):
        if there < len(seen) and text[at] == seen[there]:
            same = _common(text, at, seen, there)
            at, there = at + same, there + same
            continue
        skipped, there = _nearest(text, at, seen, there)
        missing, at = missing + skipped, at + skipped
    return missing


def _nearest(text: str, at: int, seen: str, there: int) -> tuple[int, int]:
    """How much of the text to skip, and where what has been seen goes on, so that both agree again."""
    best = len(text) - at, len(seen)
    skipped, within = 0, _OPENER
    while skipped < min(within, len(text) - at):
        begin = at + skipped
        found = seen.find(text[begin : begin + _ANCHOR], there, there + within - skipped + _ANCHOR)
        if found >= 0:
            best, within = (skipped, found), skipped + found - there
        skipped += 1
    return best
