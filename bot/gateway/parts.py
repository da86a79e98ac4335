"""What an answer's content can hold beside plain text: parts, thoughts and pictures, in many spellings."""

import ast
import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import Any

from bot.messages import Picture

_TEXTS = ("text", "output_text", "input_text", "refusal")
_THOUGHTS = ("thinking", "reasoning", "reasoning.text", "reasoning.summary", "summary_text", "reasoning_text")
_PICTURES = ("image_url", "image", "output_image", "input_image")
_DATA = r"data:image/[\w.+-]+;base64,[A-Za-z0-9+/=_\s-]+"
_DRAWN = re.compile(rf"!\[[^\]]*\]\(\s*({_DATA})\)")
_BARE = re.compile(rf"\s*({_DATA})\s*")


class Sort(Enum):
    """What a part is."""

    TEXT = auto()
    THOUGHT = auto()
    PICTURE = auto()


def parts_of(content: object) -> Iterator[tuple[Sort, Any]]:
    """The parts of a content that is no plain text: a list of them, one of them, or something unknown."""
    if isinstance(content, str):
        yield Sort.TEXT, content
    elif isinstance(content, list):
        for each in content:
            yield from parts_of(each)
    elif isinstance(content, dict):
        kind = content.get("type") or next((name for name in (*_TEXTS, *_PICTURES) if name in content), "")
        if kind in _THOUGHTS:
            inner = content.get("thinking") or content.get("text") or content.get("summary") or ""
            yield from ((Sort.THOUGHT, value) for sort, value in parts_of(inner) if sort is not Sort.PICTURE)
        elif kind in _PICTURES or "b64_json" in content:
            yield Sort.PICTURE, content
        elif kind in _TEXTS:
            inner = content.get(kind) or content.get("text") or ""
            yield from parts_of(inner.get("value") if isinstance(inner, dict) else inner)


def packed_parts(content: str) -> object:
    """The list of parts that a text turns out to be, as JSON or as Python prints it; else the text."""
    if content[:2] in ("[{", "[ ") and content.rstrip()[-1:] == "]":
        for read in (json.loads, ast.literal_eval):
            try:
                found = read(content)
            except (ValueError, SyntaxError, RecursionError, MemoryError):
                continue
            if isinstance(found, list) and all(isinstance(each, dict) and "type" in each for each in found):
                return found
    return content


def without_pictures(text: str) -> tuple[str, list[str]]:
    """The text without the pictures that it carries as data URLs, and those (Gemini through new-api)."""
    bare = _BARE.fullmatch(text)
    if bare:
        return "", [bare[1]]
    return _DRAWN.sub("", text), _DRAWN.findall(text)


class Pictures:
    """Pictures as they come, each only once: many relays repeat them in the last value."""

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._seen)

    def new(self, value: object) -> Picture | None:
        """The picture that this is, unless it has come before or is none."""
        picture = _picture(value)
        if picture is None:
            return None
        mark = picture.url or hashlib.sha256(picture.data).hexdigest()
        if mark in self._seen:
            return None
        self._seen.add(mark)
        return picture


def _picture(value: object) -> Picture | None:
    if isinstance(value, str):
        if value[:8].lower().startswith(("http://", "https://")):
            return Picture(url=value)
        head, comma, code = value.partition(",")
        if comma and head.startswith("data:"):
            return _decoded(code)
        return _decoded(value) if len(value) >= 8 else None
    if isinstance(value, dict):
        for name in ("image_url", "url", "b64_json", "data", "image", "source", "result"):
            if value.get(name):
                return _picture(value[name])
    return None


def _decoded(code: str) -> Picture | None:
    try:
        code = "".join(code.split()).translate({ord("-"): "+", ord("_"): "/"}).rstrip("=")
        data = base64.b64decode(code + "=" * (-len(code) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return Picture(data=data) if data else None
