"""JSON values out of the bytes of an event stream, in every dialect that relays speak.

The hottest path of the service: a usual line costs one search, one decoding and one parse. Lines end at
CR and LF alone (never ``str.splitlines``, which also breaks at U+2028 inside JSON strings).
"""

import json
import re
from collections.abc import Sequence
from typing import Any

from bot.errors import Broken

LONGEST_LINE = 128_000_000  # bytes; pictures come as data URLs in a single line
LONGEST_STRAY = 1_000_000  # bytes kept of what is no event stream at all
MOST_PENDING = 10_000  # lines of one event

_DECODER = json.JSONDecoder(strict=False)
_parse = _DECODER.raw_decode
_PING = re.compile(r"ping\b[\s\d:.+\-TZ]*$", re.IGNORECASE)


class Events:
    """Fed with reads cut anywhere; gives the values in order, the same for any cut.

    ``done`` once the end marker has come. ``words`` is text where JSON belongs, if nothing valid followed
    (one-hub prints a Go error so). ``stray`` is what stands outside of any field: an error as raw JSON.
    """

    __slots__ = (
        "_cr",
        "_event",
        "_odd",
        "_part",
        "_pending",
        "_size",
        "damaged",
        "done",
        "stray",
        "values",
        "words",
    )

    def __init__(self) -> None:
        self.done = False
        self.words = ""
        self.stray = bytearray()
        self.values = 0  # how many have been given
        self.damaged = 0  # how many could not be read: their text is lost
        self._part: list[bytes] = []  # an unfinished line, in the pieces in which it came
        self._size = 0
        self._cr = False  # the last read ended with CR: an LF at the start of the next belongs to it
        self._pending: list[str] = []  # lines of an event that are no JSON by themselves
        self._event = ""
        self._odd = False  # pending, event or words hold something

    def feed(self, data: bytes) -> list[Any]:
        """The values that this read completes."""
        if self._cr or b"\r" in data:
            data = self._plain_ends(data)
        lines = data.split(b"\n")
        if len(lines) == 1:
            self._keep(data)
            return []
        if self._part:
            self._part.append(lines[0])
            lines[0] = b"".join(self._part)
            self._part.clear()
            self._size = 0
        rest = lines.pop()
        if rest:
            self._keep(rest)
        return self._take(lines)

    def end(self) -> list[Any]:
        """What was still open when the stream ended: some never end their last line."""
        lines = [b"".join(self._part), b""]
        self._part.clear()
        return self._take(lines)

    def _plain_ends(self, data: bytes) -> bytes:
        if self._cr and data.startswith(b"\n"):
            data = data[1:]
            self._cr = False
        if data:
            self._cr = data.endswith(b"\r")
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _keep(self, part: bytes) -> None:
        self._part.append(part)
        self._size += len(part)
        if self._size > LONGEST_LINE:
            raise Broken("a line of the stream is too long")

    def _take(self, lines: Sequence[bytes]) -> list[Any]:
        found: list[Any] = []
        for line in lines:
            if self.done:
                break
            if line.startswith(b"data: {") and not self._odd:
                text = line.decode("utf-8", "replace")
                try:
                    value, end = _parse(text, 6)
                except (ValueError, RecursionError):
                    self._line(line, found)
                    continue
                if end == len(text):
                    found.append(value)
                else:
                    self._line(line, found)
            elif line:
                self._line(line, found)
            elif self._odd:
                self._dispatch(found)
                self._event = ""
                self._odd = bool(self.words)
        self.values += len(found)
        return found

    def _line(self, line: bytes, found: list[Any]) -> None:
        """Any line at all, slowly."""
        text = line.decode("utf-8", "replace").removeprefix("\ufeff").strip(" \t")
        name, colon, value = text.partition(":")
        if colon and not name:
            self.done = self.done or text.endswith("data: [DONE]")  # a comment glued to the end marker
        elif name == "data":
            self._data(value.strip(" \t\x00"), found)
        elif name == "event" and colon:
            self._event = value.strip()
            self._odd = self._odd or self._event == "error"
        elif text == "[DONE]":
            self._dispatch(found)
            self.done = True
        elif name not in ("id", "retry") and len(self.stray) < LONGEST_STRAY:
            self.stray += line[:LONGEST_STRAY] + b"\n"

    def _data(self, text: str, found: list[Any]) -> None:
        if not text:
            return
        values, rest = _values(text)
        sound = bool(values) and all(isinstance(value, (dict, list)) for value in values)
        spread = bool(self._pending) and self._pending[0][0] in "{["  # a value over several lines
        if text != "[DONE]" and (not sound or (spread and (rest or not _stands_alone(values)))):
            self._pending.append(text)
            self._odd = True
            if len(self._pending) <= MOST_PENDING:
                return
        self._dispatch(found)
        for value in values:
            self._give(value, found)
        self._odd_words(rest)

    def _dispatch(self, found: list[Any]) -> None:
        """The event is over, or surely will bring no more: read its lines together, else one by one."""
        pending, self._pending = self._pending, []
        if not pending:
            return
        values, rest = _values("\n".join(pending))
        if values and not rest:
            pending = []
        else:
            values = []
        for value in values:
            self._give(value, found)
        for text in pending:
            values, rest = _values(text)
            for value in values:
                self._give(value, found)
            self._odd_words(rest)

    def _give(self, value: Any, found: list[Any]) -> None:
        if not isinstance(value, (dict, list)):
            self._odd_words("" if value is None else str(value))
            return
        if self._event == "error" and not (isinstance(value, dict) and value.get("error")):
            value = {"error": value}
        self.words = ""  # something valid follows: it was no last word
        self._odd = bool(self._pending) or self._event == "error"
        found.append(value)

    def _odd_words(self, text: str) -> None:
        """A payload that is no JSON: the end marker, a keep-alive, or an error as the program printed it."""
        text = text.strip()
        if text.startswith("[DONE]"):
            self.done = True
        elif text and text != "]" and text[0] != ":" and not _PING.match(text):
            self.words = text[:1000]
            self.damaged += text[0] == "{"
            self._odd = True


def _values(text: str) -> tuple[list[Any], str]:
    """All JSON values at the start of the text, for some are glued together, and what is left over."""
    found: list[Any] = []
    while text:
        try:
            value, end = _parse(text)
        except (ValueError, RecursionError):
            break
        found.append(value)
        text = text[end:].lstrip()
    return found, text


def _stands_alone(values: Sequence[Any]) -> bool:
    return all(isinstance(value, dict) and ("choices" in value or "error" in value) for value in values)
