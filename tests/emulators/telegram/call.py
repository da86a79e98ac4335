"""One request of the bot: its parameters, decoded, and the files that came with it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.emulators.telegram.errors import Unfit, bad
from tests.emulators.telegram.files import Upload


def listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_NESTED = listed(
    "allowed_updates button caption_entities commands entities link_preview_options media "
    "menu_button message_ids options permissions reaction reply_markup reply_parameters results "
    "rich_message rights scope suggested_post_parameters"
)
_WORDS = listed("action caption emoji language_code name draft_text secret_token text title url")
_NUMBERS = listed(
    "cache_time chat_id draft_id duration from_chat_id height icon_color limit max_connections "
    "message_id message_thread_id offset timeout user_id width"
)
_WHOLE = re.compile(r"-?[0-9]{1,18}")


@dataclass(slots=True)
class Call:
    method: str
    params: dict[str, Any]
    files: Mapping[str, Upload] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)  # files that something referred to

    def has(self, name: str) -> bool:
        return self.params.get(name) is not None

    def text(self, name: str, default: str = "") -> str:
        value = self.params.get(name, default)
        if isinstance(value, (dict, list)):
            raise bad(f'parameter "{name}" must be a string')
        return str(value)

    def number(self, name: str, default: int = 0) -> int:
        value = self.params.get(name)
        if value is None or value == "":
            return default
        if type(value) is int:
            return value
        if isinstance(value, str) and _WHOLE.fullmatch(value):
            return int(value)
        raise bad(f"invalid {name} specified")

    def flag(self, name: str) -> bool:
        value = self.params.get(name, False)
        return value is True or str(value).lower() in {"true", "1", "yes"}

    def nested(self, name: str, kind: type) -> Any:
        """An object or an array; None when it is not there."""
        value = self.params.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, kind):
            raise bad(f"can't parse {name}: {'object' if kind is dict else 'array'} expected")
        return value

    def upload(self, name: str) -> Upload | None:
        if name in self.files:
            self.used.add(name)
        return self.files.get(name)

    @property
    def sizes(self) -> dict[str, int]:
        return {name: upload.length for name, upload in self.files.items()}


def decode(params: Mapping[str, Any], types: Mapping[str, list[str]] | None) -> dict[str, Any]:
    """Form fields as the values they stand for. ``types`` is what the specification says of each."""
    return {name: _value(name, value, types) for name, value in params.items()}


def _value(name: str, value: Any, types: Mapping[str, list[str]] | None) -> Any:
    if not isinstance(value, str):
        return value
    kinds = (types or {}).get(name)
    if kinds is None:
        kinds = _guess(name)
    if "Integer" in kinds and _WHOLE.fullmatch(value):
        return int(value)
    if "Boolean" in kinds and value in {"true", "false"}:
        return value == "true"
    if "Float" in kinds:
        try:
            return float(value)
        except ValueError:
            return value
    if not {"String", "InputFile", "Integer", "Boolean", "Float"} & set(kinds):
        try:
            return json.loads(value)
        except ValueError:
            raise Unfit(f"can't parse {name} JSON object") from None
    return value


def _guess(name: str) -> list[str]:
    if name in _NESTED:
        return ["object"]
    if name in _NUMBERS:
        return ["Integer", "String"]
    if name in _WORDS or name.endswith(("_id", "text", "caption")):
        return ["String"]
    return ["Boolean", "String"]
