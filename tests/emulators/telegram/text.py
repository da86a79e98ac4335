"""Text as the server takes it: cleaned, trimmed and counted in UTF-16, with entities that move along."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from tests.emulators.telegram.errors import Unfit, bad

MAX_TEXT = 4096  # UTF-16 code units
MAX_CAPTION = 1024
MAX_ENTITIES = 100
MAX_BYTES = 32_768  # of text before it is looked at

Entity = dict[str, Any]

SPLITTABLE = {"bold", "italic", "underline", "strikethrough", "spoiler"}
QUOTES = {"blockquote", "expandable_blockquote"}
CODE = {"pre", "code"}
FOUND = {"mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number"}
FIELDS = {  # of an entity, beside type, offset and length: (required, optional)
    "text_link": ({"url"}, set()),
    "text_mention": ({"user"}, set()),
    "pre": (set(), {"language"}),
    "custom_emoji": ({"custom_emoji_id"}, set()),
    "date_time": ({"unix_time"}, {"date_time_format"}),
    **{kind: (set(), set()) for kind in SPLITTABLE | QUOTES | FOUND | {"code"}},
}

_DROPPED = re.compile("[\r\u2028-\u202e\u0333\u033f\u030a]")
_SPACED = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1f]")


def units(text: str) -> int:
    """UTF-16 code units."""
    return len(text) + sum(1 for char in text if char > "\uffff")


def cut(text: str, offset: int, length: int) -> str:
    """The part that an entity covers."""
    data = text.encode("utf-16-le", "surrogatepass")
    return data[offset * 2 : (offset + length) * 2].decode("utf-16-le", "replace")


def check_entities(text: str, entities: Sequence[Mapping[str, Any]]) -> None:
    """Raise Unfit for entities that a careful client would not send with this text."""
    if not entities:
        return
    size = units(text)
    inside = _middles(text)
    for entity in entities:
        kind, offset, length = entity.get("type"), entity.get("offset"), entity.get("length")
        if kind not in FIELDS:
            raise Unfit(f"can't parse entities: unknown entity type {kind!r}")
        if not (type(offset) is int and type(length) is int):
            raise Unfit(f"can't parse entities: offset and length of {kind} must be whole numbers")
        if offset < 0 or length <= 0 or offset + length > size:
            raise Unfit(f"can't parse entities: {kind} {offset}+{length} is outside the text of {size}")
        if offset in inside or offset + length in inside:
            raise Unfit(f"can't parse entities: {kind} {offset}+{length} splits a surrogate pair")
        required, optional = FIELDS[kind]
        given = {name for name, value in entity.items() if value is not None} - {"type", "offset", "length"}
        if given - required - optional or required - given:
            raise Unfit(f"can't parse entities: {kind} with fields {sorted(given)}")
    _check_nesting(entities)


def _middles(text: str) -> set[int]:
    """Offsets between the two halves of a character outside the BMP."""
    middles, offset = set(), 0
    for char in text:
        if char > "\uffff":
            middles.add(offset + 1)
            offset += 1
        offset += 1
    return middles


def _check_nesting(entities: Sequence[Mapping[str, Any]]) -> None:
    open_ones: list[Mapping[str, Any]] = []
    for entity in sorted(entities, key=lambda one: (one["offset"], -one["length"])):
        end = entity["offset"] + entity["length"]
        while open_ones and open_ones[-1]["offset"] + open_ones[-1]["length"] <= entity["offset"]:
            open_ones.pop()
        for outer in open_ones:
            inside = end <= outer["offset"] + outer["length"]
            if not inside:
                raise Unfit(f"can't parse entities: {entity['type']} crosses the end of {outer['type']}")
            if not _may_nest(outer["type"], entity["type"], outer["length"] == entity["length"]):
                raise Unfit(f"can't parse entities: {entity['type']} within {outer['type']}")
        open_ones.append(entity)


def _may_nest(outer: str, inner: str, same: bool) -> bool:
    if outer == inner:
        return False
    if outer in CODE:
        return same and inner in QUOTES  # of the same extent: the quote may be the outer one
    if inner in CODE:
        return outer in QUOTES
    if outer in QUOTES or inner in QUOTES:
        return not (outer in QUOTES and inner in QUOTES)
    return outer in SPLITTABLE or inner in SPLITTABLE


def cleaned(text: str, entities: Sequence[Mapping[str, Any]]) -> tuple[str, list[Entity]]:
    """The text without what the server takes out, trimmed, and its entities, sorted and moved along."""
    sent = [dict(entity) for entity in entities if _shows(text, entity)]
    fresh = _SPACED.sub(" ", text)
    dropped = [units(fresh[: match.start()]) for match in _DROPPED.finditer(fresh)]
    fresh = _DROPPED.sub("", fresh)
    for entity in sent:
        start, end = entity["offset"], entity["offset"] + entity["length"]
        entity["offset"] = start - sum(1 for at in dropped if at < start)
        entity["length"] = end - sum(1 for at in dropped if at < end) - entity["offset"]
    fresh = fresh.rstrip(" \n")
    lead = len(fresh) - len(fresh.lstrip(" \n"))
    lead = min([lead, *(entity["offset"] for entity in sent)])
    fresh = fresh[lead:]
    size = units(fresh)
    for entity in sent:
        entity["offset"] -= lead
        entity["length"] = min(entity["length"], size - entity["offset"])
    kept = [entity for entity in sent if entity["length"] > 0 and _shows(fresh, entity)]
    return fresh, sorted(kept, key=lambda one: (one["offset"], -one["length"], one["type"]))


def _shows(text: str, entity: Mapping[str, Any]) -> bool:
    return entity["type"] in CODE | QUOTES or bool(cut(text, entity["offset"], entity["length"]).strip())


def measured(text: str, limit: int, *, caption: bool = False, empty: bool = False) -> None:
    """Refuse text that is too long, or nothing at all."""
    if not text and not empty and not caption:
        raise bad("message text is empty")
    if units(text) > limit:
        raise bad("message caption is too long" if caption else "message is too long")


def reachable(url: str) -> bool:
    """Whether the server takes it for a link: it wants a domain with a dot, or one of its own schemes."""
    if url.startswith(("tg://", "ton://", "tonsite://")):
        return True
    parts = urlsplit(url if "://" in url else f"http://{url}")
    try:
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and ("." in host or ":" in host) and " " not in url
