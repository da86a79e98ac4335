"""The published description of the HTTP API, and whether a request keeps to it."""

import json
import os
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from tests.emulators.discord.rest.call import Call

PLACE = Path(__file__).resolve().parents[3].parent / "shared" / "spec" / "discord-openapi.json"

# Where the description is narrower than Discord, and discord.py goes by Discord.
WIDER: dict[str, dict[str, Any]] = {
    "SnowflakeType": {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^(0|[1-9][0-9]*)$"}]},
}
_TTS = {"tts": {"type": ["boolean", "null"]}}  # discord.py sends it with every edit
_NSFW = {"nsfw": {"type": ["boolean", "null"]}}  # documented, and missing here
_KEPT = "content_type proxy_url size spoiler url height width flags"
NEWER: dict[str, dict[str, Any]] = {  # schema: fields that it lacks
    "MessageAttachmentRequest": {name: {} for name in _KEPT.split()},  # of a file that stays
    "RichEmbed": {"flags": {"type": "integer"}},
    "MessageEditRequestPartial": _TTS,
    "IncomingWebhookUpdateRequestPartial": _TTS,
    "IncomingWebhookUpdateForInteractionCallbackRequestPartial": _TTS,
    "ApplicationCommandUpdateRequest": _NSFW,
    "ApplicationCommandCreateRequest": _NSFW,
    "ApplicationCommandPatchRequestPartial": _NSFW,
}


class Spec:
    """Bodies of requests and of their answers, by verb and path."""

    def __init__(self, description: Mapping[str, Any]) -> None:
        schemas = description["components"]["schemas"]
        self._open = {name: WIDER.get(name) or schema for name, schema in schemas.items()}
        self._closed = {
            name: WIDER.get(name) or _closed(schema, NEWER.get(name, {})) for name, schema in schemas.items()
        }
        self._operations: dict[tuple[str, int], list[tuple[list[str], Any]]] = {}
        for path, item in description["paths"].items():
            steps = path.strip("/").split("/")
            for verb, operation in item.items():
                if verb != "parameters":
                    known = self._operations.setdefault((verb.upper(), len(steps)), [])
                    known.append((steps, operation))
        self._ready: dict[tuple[str, str, bool], Draft202012Validator | None] = {}

    def faults(self, call: Call) -> list[str]:
        """What is wrong with the body, each with the way to where it is."""
        validator = self._validator(call, asked=True)
        if call.body is None or validator is None:
            return []
        return [_told(error) for error in validator.iter_errors(call.body)]

    def flaws(self, call: Call, result: Any) -> list[str]:
        """What is wrong with our own answer."""
        validator = self._validator(call, asked=False)
        if result is None or validator is None:
            return []
        return [_told(error) for error in validator.iter_errors(result)]

    def _validator(self, call: Call, *, asked: bool) -> Draft202012Validator | None:
        name = call.verb, call.template, asked
        if name not in self._ready:
            schema = _body(self._operation(call), asked=asked)
            schemas = self._closed if asked else self._open
            whole = {**schema, "components": {"schemas": schemas}} if schema else None
            self._ready[name] = Draft202012Validator(whole) if whole else None
        return self._ready[name]

    def _operation(self, call: Call) -> Any:
        """Its description; words are found before names."""
        steps = call.template.strip("/").split("/")
        known = self._operations.get((call.verb, len(steps)), ())
        for named in (False, True):
            for pattern, operation in known:
                pairs = list(zip(pattern, steps, strict=True))
                if all(a == b or (a[0] == b[0] == "{") or (named and b[0] == "{") for a, b in pairs):
                    return operation
        return {}


def _body(operation: Any, *, asked: bool) -> Any:
    if asked:
        return operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    for status in ("200", "201"):
        if content := operation.get("responses", {}).get(status, {}).get("content"):
            return content.get("application/json", {}).get("schema")
    return None


def _closed(schema: Any, newer: Mapping[str, Any]) -> Any:
    """The same, taking no fields that it does not name."""
    found = deepcopy(schema)
    if isinstance(found, dict) and "properties" in found and "additionalProperties" not in found:
        found["properties"] |= newer
        found["additionalProperties"] = False
    return found


def _told(error: ValidationError) -> str:
    """The deepest reason, briefly; of several shapes the one that calls itself as the value does."""
    while error.context:
        tries: dict[Any, list[ValidationError]] = {}
        for one in error.context:
            tries.setdefault(one.relative_schema_path[0], []).append(one)
        named = [each for each in tries.values() if not any(_misnamed(one) for one in each)]
        error = min(named or tries.values(), key=len)[0]
    way = ".".join(str(step) for step in error.absolute_path)
    return f"{way or 'body'}: {error.message:.200}"


def _misnamed(error: ValidationError) -> bool:
    return list(error.relative_path) == ["type"] or error.validator_value == "null"


@cache
def published(path: str = "") -> Spec | None:
    """The description, where there is one; ``DISCORD_SPEC`` may name another place."""
    place = Path(path or os.environ.get("DISCORD_SPEC") or PLACE)
    return Spec(json.loads(place.read_text("utf-8"))) if place.is_file() else None
