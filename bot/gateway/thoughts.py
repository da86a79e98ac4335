"""A model's thoughts told from its answer, where both come as one text cut into pieces.

DeepSeek's form is ``<think> … </think>`` before the answer (new-api makes it of reasoning fields too); some
producers write a fence called ``think``; some models never write the opener, for it is in their template.
"""

import re
from enum import Enum, auto

from bot.messages import Piece, Text, Thought

_OPENERS = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "```think\n": "\n```",
    "```thinking\n": "\n```",
}
_ORPHAN = re.compile(r"(?:^|(?<=\n))[ \t]*</think(?:ing)?>[ \t]*(?:\n|$)")
_ORPHAN_BEGINS = re.compile(r"(?:^|(?<=\n))[ \t]*<[/a-z]*$")


class _Place(Enum):
    START = auto()  # nothing seen but white space
    INSIDE = auto()  # among thoughts
    AFTER = auto()  # behind them, nothing of the answer seen but white space
    PLAIN = auto()  # in the answer; a closer without an opener may still come
    FREE = auto()  # in the answer, which holds nothing but itself any more


class Thinking:
    """Pieces of text in; thoughts and answer out, at once but for what may be half a tag.

    ``unopened`` says that this model is known to start among its thoughts, and afterwards whether it did.
    Blank lines before the answer are left out. ``said`` once some of the answer has been given.
    """

    __slots__ = ("_closer", "_fresh", "_held", "_line_start", "_place", "_supposed", "said", "unopened")

    def __init__(self, *, unopened: bool = False) -> None:
        self.unopened = unopened
        self._place = _Place.INSIDE if unopened else _Place.START
        self._closer = "</think>"
        self._held = ""
        self._fresh = True  # no thought has come yet
        self._line_start = True
        self.said = False
        self._supposed: list[str] | None = [] if unopened else None  # thoughts, if they are any

    def feed(self, text: str, out: list[Piece]) -> None:
        """Add the pieces that this text makes to ``out``."""
        place = self._place
        if place is _Place.FREE or (place is _Place.PLAIN and not self._held and "<" not in text):
            self.said = True
            self._line_start = text[-1:] == "\n"
            out.append(Text(text))
            return
        text, self._held = self._held + text, ""
        while text:
            match self._place:
                case _Place.START | _Place.AFTER:
                    text = self._begin(text)
                case _Place.INSIDE:
                    text = self._think(text, out)
                case _Place.PLAIN:
                    text = self._answer(text, out)
                case _Place.FREE:
                    self._say(text, out)
                    return

    def end(self, out: list[Piece]) -> None:
        """No more comes: give what was held back."""
        text, self._held = self._held, ""
        if self._place is _Place.INSIDE:
            if text:
                out.append(Thought(text))
            if self._supposed is not None:  # it never closed them: this time it was the answer
                self._supposed.append(text)
                self.unopened = False
                self._say("".join(self._supposed), out)
        elif self._place is _Place.PLAIN:
            self._say(text, out)
        else:
            self._say(text.strip(), out)

    def _begin(self, text: str) -> str:
        """Past white space, to the opener or the answer itself. White space alone is held back."""
        body = text.lstrip()
        space = text[: len(text) - len(body)]
        if not body:
            self._held = text
            return ""
        if self._place is _Place.START:
            for opener, closer in _OPENERS.items():
                if body.startswith(opener):
                    self._place = _Place.INSIDE
                    self._closer = closer
                    return body[len(opener) :]
                if opener.startswith(body):
                    self._held = text
                    return ""
        self._place = _Place.PLAIN if self._place is _Place.START else _Place.FREE
        return space.rpartition("\n")[2] + body

    def _think(self, text: str, out: list[Piece]) -> str:
        if self._fresh:
            text = text.lstrip("\n")
            self._fresh = not text
        at = text.find(self._closer)
        if at >= 0:
            self._thought(text[:at], out)
            self._supposed = None
            self._place = _Place.AFTER
            return text[at + len(self._closer) :]
        keep = _half_of(self._closer, text)
        self._held = text[len(text) - keep :]
        self._thought(text[: len(text) - keep], out)
        return ""

    def _answer(self, text: str, out: list[Piece]) -> str:
        """The answer, unless a closer alone on its line says that it was thoughts."""
        found = _ORPHAN.search(text)
        if found and (found.start() or self._line_start):
            before = text[: found.start()]
            if self.said:
                self._say(before, out)  # it has been shown already and cannot be taken back
            elif before:
                out.append(Thought(before))
            self.unopened = True
            self._place = _Place.AFTER
            return text[found.end() :]
        half = _ORPHAN_BEGINS.search(text)
        at = len(text)
        if half and (half.start() or self._line_start) and "</thinking>".startswith(half[0].strip()):
            at = half.start()
        self._held = text[at:]
        self._say(text[:at], out)
        return ""

    def _thought(self, text: str, out: list[Piece]) -> None:
        if text:
            out.append(Thought(text))
            if self._supposed is not None:
                self._supposed.append(text)

    def _say(self, text: str, out: list[Piece]) -> None:
        if text:
            self.said = True
            self._line_start = text[-1] == "\n"
            out.append(Text(text))


def _half_of(tag: str, text: str) -> int:
    """How many characters at the end of the text may be the beginning of the tag."""
    for length in range(min(len(tag) - 1, len(text)), 0, -1):
        if tag.startswith(text[-length:]):
            return length
    return 0
