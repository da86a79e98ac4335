"""HTML as the server reads it, with its complaints; and which text of a request is meant."""

import html
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tests.emulators.telegram import text as texts
from tests.emulators.telegram.errors import Unfit, bad
from tests.emulators.telegram.text import Entity

if TYPE_CHECKING:
    from tests.emulators.telegram.world import World

_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}
_TAG = re.compile(
    r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)((?:\s+[a-zA-Z-]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>]*))?)*)\s*>"
)
_ATTRIBUTE = re.compile(r"([a-zA-Z-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]*)))?")
_REFERENCE = re.compile(r"&(?:lt|gt|amp|quot|#[0-9]+|#x[0-9a-fA-F]+);")


def formatted(
    world: "World",
    words: str,
    entities: Sequence[Mapping[str, Any]] | None,
    parse_mode: str,
    *,
    caption: bool = False,
    empty: bool = False,
) -> tuple[str, list[Entity]]:
    """Text and entities as they are stored, or the server's refusal."""
    if len(words.encode("utf-8", "surrogatepass")) > texts.MAX_BYTES:
        raise bad("text is too long")
    if parse_mode:
        if entities:
            raise Unfit("both parse_mode and entities: the entities would be ignored")
        words, entities = parsed(words, parse_mode)
    given = list(entities or [])
    texts.check_entities(words, given)
    words, kept = texts.cleaned(words, given)
    texts.measured(words, texts.MAX_CAPTION if caption else texts.MAX_TEXT, caption=caption, empty=empty)
    linked = [one for one in kept if one["type"] != "text_link" or texts.reachable(one["url"])]
    world.dropped_entities += [one for one in kept if one not in linked] + linked[texts.MAX_ENTITIES :]
    return words, linked[: texts.MAX_ENTITIES]


def parsed(words: str, parse_mode: str) -> tuple[str, list[Entity]]:
    if parse_mode.lower() in {"markdown", "markdownv2"}:
        raise Unfit(f"parse_mode {parse_mode} is not played here")
    if parse_mode.lower() != "html":
        raise bad("unsupported parse_mode")
    return _Html(words).read()


class _Html:
    """One reading of one text. Offsets in complaints are in bytes, as the server's are."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._text: list[str] = []
        self._size = 0
        self._open: list[tuple[str, Entity]] = []
        self._entities: list[Entity] = []

    def read(self) -> tuple[str, list[Entity]]:
        at = 0
        while at < len(self._source):
            char = self._source[at]
            if char == "<":
                at = self._tag(at)
            elif char == "&" and (match := _REFERENCE.match(self._source, at)):
                self._say(html.unescape(match.group()))
                at = match.end()
            else:
                self._say(char)
                at += 1
        if self._open:
            raise bad(
                f"can't parse entities: Can't find end tag corresponding to start tag \"{self._open[-1][0]}\""
            )
        return "".join(self._text), [one for one in self._entities if one["length"]]

    def _say(self, char: str) -> None:
        self._text.append(char)
        self._size += texts.units(char)

    def _tag(self, at: int) -> int:
        match = _TAG.match(self._source, at)
        offset = len(self._source[:at].encode())
        if match is None:
            raise bad(f"can't parse entities: Unclosed start tag at byte offset {offset}")
        closing, name = match.group(1), match.group(2).lower()
        if closing:
            self._close(name, offset)
        else:
            self._start(name, _attributes(match.group(3)), offset)
        return match.end()

    def _start(self, name: str, attributes: dict[str, str], offset: int) -> None:
        if name not in _TAGS:
            raise bad(f'can\'t parse entities: Unsupported start tag "{name}" at byte offset {offset}')
        entity: Entity = {"type": _TAGS[name], "offset": self._size, "length": 0}
        if name == "span" and attributes.get("class") != "tg-spoiler":
            raise bad(
                f'can\'t parse entities: Tag "span" must have class "tg-spoiler" at byte offset {offset}'
            )
        if name == "blockquote" and "expandable" in attributes:
            entity["type"] = "expandable_blockquote"
        if name == "a":
            entity["url"] = attributes.get("href", "")
        if name == "tg-emoji":
            entity["custom_emoji_id"] = attributes.get("emoji-id", "")
        if name == "code" and attributes.get("class", "").startswith("language-"):
            entity["language"] = attributes["class"].removeprefix("language-")
        self._open.append((name, entity))

    def _close(self, name: str, offset: int) -> None:
        if not self._open:
            raise bad(f"can't parse entities: Unexpected end tag at byte offset {offset}")
        opened, entity = self._open.pop()
        if opened != name:
            raise bad(
                f"can't parse entities: Unmatched end tag at byte offset {offset}, "
                f'expected "</{opened}>", found "</{name}>"'
            )
        entity["length"] = self._size - entity["offset"]
        if opened == "code" and self._open and self._open[-1][0] == "pre":
            outer = self._open[-1][1]
            if "language" in entity:
                outer["language"] = entity["language"]
            return
        if entity["type"] == "code":
            entity.pop("language", None)
        if entity["type"] == "text_link" and not texts.reachable(entity["url"]):
            return
        self._entities.append(entity)


def _attributes(source: str) -> dict[str, str]:
    return {
        match.group(1).lower(): html.unescape(match.group(2) or match.group(3) or match.group(4) or "")
        for match in _ATTRIBUTE.finditer(source)
    }
