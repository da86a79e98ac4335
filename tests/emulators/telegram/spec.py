"""The published description of the Bot API, and whether a request keeps to it."""

import json
import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tests.emulators.telegram.call import Call

PLACE = Path(__file__).resolve().parents[3].parent / "shared" / "spec" / "telegram-bot-api.json"

NEWER = {  # parameters that came after the description
    ("sendMessageDraft", "can_stop"),
    ("sendMessageDraft", "keep_on_stop"),
}
_MUST_BE = re.compile(r"(?:must be|always) [\"“]?([a-z0-9_]+)[\"”]?$")
_SIMPLE = {"String": str, "Boolean": bool, "Integer": int}


class Spec:
    """Methods and types by name."""

    def __init__(self, description: Mapping[str, Any], newer: set[tuple[str, str]] | None = None) -> None:
        self._types = description["types"]
        self.methods = {
            name: {one["name"]: one for one in method.get("fields", [])}
            for name, method in description["methods"].items()
        }
        self._returns = {name: method["returns"] for name, method in description["methods"].items()}
        self.newer = set(NEWER if newer is None else newer)
        self._decoding = {
            name: {field: one["types"] for field, one in fields.items()}
            for name, fields in self.methods.items()
        }

    def types(self, method: str) -> Mapping[str, list[str]] | None:
        return self._decoding.get(method)

    def faults(self, call: Call) -> list[str]:
        """What is wrong with it, each with the way to where it is."""
        fields = self.methods.get(call.method)
        if fields is None:
            return []
        found: list[str] = []
        for name, value in call.params.items():
            if name in fields:
                self._check(name, value, fields[name]["types"], found)
            elif (call.method, name) not in self.newer:
                found.append(f"unknown parameter {name}")
        wrong = (one for one in call.files if one in fields and "InputFile" not in fields[one]["types"])
        found.extend(f"{name} is not a file" for name in wrong)
        for name, one in fields.items():
            if one["required"] and name not in call.params and name not in call.files:
                found.append(f"{name} is missing")
        return found

    def misfits(self, value: Any, types: list[str]) -> list[str]:
        """What is wrong with a value of one of these types."""
        found: list[str] = []
        self._check(types[0], value, types, found)
        return found

    def returns(self, method: str) -> list[str]:
        return self._returns[method]

    def _check(self, way: str, value: Any, types: list[str], found: list[str]) -> None:
        tries: list[list[str]] = []
        for name in types:
            faults: list[str] = []
            self._check_one(way, value, name, faults)
            if not faults:
                return
            tries.append(faults)
        found.extend(min(tries, key=len))

    def _check_one(self, way: str, value: Any, name: str, found: list[str]) -> None:
        if name.startswith("Array of "):
            if not isinstance(value, list):
                found.append(f"{way} is not an array")
                return
            inner = name.removeprefix("Array of ")
            for number, one in enumerate(value):
                self._check_one(f"{way}[{number}]", one, inner, found)
        elif name in _SIMPLE:
            if type(value) is not _SIMPLE[name]:
                found.append(f"{way} is not a {name}: {value!r:.60}")
        elif name == "Float":
            if type(value) not in {int, float}:
                found.append(f"{way} is not a Float: {value!r:.60}")
        elif name == "InputFile":
            if not isinstance(value, str):
                found.append(f"{way} is not a file")
        else:
            self._check_object(way, value, name, found)

    def _check_object(self, way: str, value: Any, name: str, found: list[str]) -> None:
        if not isinstance(value, dict):
            found.append(f"{way} is not a {name}")
            return
        described = self._types.get(name, {})
        if "subtypes" in described:
            self._check(way, value, self._fitting(described["subtypes"], value), found)
            return
        fields = {one["name"]: one for one in described.get("fields", [])}
        for field, inner in value.items():
            if field not in fields:
                found.append(f"{way}.{field} is unknown to {name}")
            else:
                self._check(f"{way}.{field}", inner, fields[field]["types"], found)
        found.extend(
            f"{way}.{field} is missing"
            for field, one in fields.items()
            if one["required"] and field not in value
        )

    def _fitting(self, subtypes: list[str], value: Mapping[str, Any]) -> list[str]:
        """Those that call themselves as the value does; all, when none is told apart so."""
        kind = value.get("type")
        named = [name for name in subtypes if self._constant(name) == kind]
        return named or subtypes

    def _constant(self, name: str) -> str:
        for one in self._types.get(name, {}).get("fields", []):
            if one["name"] == "type" and (match := _MUST_BE.search(one["description"].rstrip("."))):
                return match.group(1)
        return ""


@cache
def published(path: str = "") -> Spec | None:
    """The description, where there is one; ``TELEGRAM_SPEC`` may name another place."""
    place = Path(path or os.environ.get("TELEGRAM_SPEC") or PLACE)
    return Spec(json.loads(place.read_text("utf-8"))) if place.is_file() else None
