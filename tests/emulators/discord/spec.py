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
NEWER: dict[str, dict[str, Any]] = {  # schema: fields that it lacks
    "MessageEditRequestPartial": _TTS,
    "IncomingWebhookUpdateRequestPartial": _TTS,
    "IncomingWebhookUpdateForInteractionCallbackRequestPartial": _TTS,
    "ApplicationCommandUpdateRequest": _NSFW,
    "ApplicationCommandCreateRequest": _NSFW,
    "ApplicationCommandPatchRequestPartial": _NSFW,
}


class Spec:
    """Bodies of requests, by verb and path."""

    def __init__(self, description: Mapping[str, Any]) -> None:
        self._schemas = {
            name: WIDER.get(name) or _closed(schema, NEWER.get(name, {}))
            for name, schema in description["components"]["schemas"].items()
        }
        self._bodies: dict[tuple[str, int], list[tuple[list[str], dict[str, Any]]]] = {}
        for path, item in description["paths"].items():
            steps = path.strip("/").split("/")
            for verb, operation in item.items():
                content = operation.get("requestBody", {}).get("content", {}) if verb != "parameters" else {}
                schema = content.get("application/json", {}).get("schema")
                if schema is not None:
                    self._bodies.setdefault((verb.upper(), len(steps)), []).append((steps, schema))
        self._ready: dict[str, Draft202012Validator] = {}

    def faults(self, call: Call) -> list[str]:
        """What is wrong with the body, each with the way to where it is."""
        if call.body is None:
            return []
        schema = self._schema(call)
        if schema is None:
            return []
        if call.template not in self._ready:
            whole = schema | {"components": {"schemas": self._schemas}}
            self._ready[f"{call.verb} {call.template}"] = Draft202012Validator(whole)
        validator = self._ready[f"{call.verb} {call.template}"]
        return [_told(error) for error in validator.iter_errors(call.body)]

    def _schema(self, call: Call) -> dict[str, Any] | None:
        steps = call.template.strip("/").split("/")
        for pattern, schema in self._bodies.get((call.verb, len(steps)), ()):
            if all(
                a == b or (a.startswith("{") and b.startswith("{"))
                for a, b in zip(pattern, steps, strict=True)
            ):
                return schema
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
