"""Calls of tools, put together from their fragments."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.errors import Broken
from bot.messages import ToolCall


@dataclass(slots=True)
class _Call:
    id: str = ""
    name: str = ""
    arguments: str = ""


class Calls:
    """Fragments in, whole calls out at the end. Indexes may be missing (Gemini's relays) or all be 0."""

    __slots__ = ("_by_index", "_calls")

    def __init__(self) -> None:
        self._calls: list[_Call] = []
        self._by_index: dict[str, _Call] = {}

    def __bool__(self) -> bool:
        return bool(self._calls)

    def add(self, fragments: object) -> None:
        """Take the ``tool_calls`` of one delta or message."""
        for place, fragment in enumerate(fragments if isinstance(fragments, list) else [fragments]):
            found = _parsed(fragment) if isinstance(fragment, str) else fragment
            if isinstance(found, dict):
                self._fragment(found, place)

    def add_legacy(self, call: object) -> None:
        """Take a ``function_call``: there is only ever one."""
        if isinstance(call, dict):
            self._fragment({"index": 0, "function": call}, 0)

    def made(self) -> list[ToolCall]:
        """The calls; Broken when the arguments of one were cut off: it must not be carried out."""
        return [
            ToolCall(call.id or f"call_{number}", call.name, _arguments(call))
            for number, call in enumerate(self._calls, 1)
            if call.name
        ]

    def _fragment(self, fragment: Mapping[str, Any], place: int) -> None:
        function = fragment.get("function")
        function = function if isinstance(function, dict) else {}
        name = function.get("name")
        call = self._entry(fragment, bool(name), place)
        call.id = call.id or str(fragment.get("id") or "")
        if isinstance(name, str) and name:
            call.name = name  # some send it again each time; none splits it
        arguments = function.get("arguments")
        if isinstance(arguments, str):
            call.arguments += arguments
        elif arguments:
            call.arguments = json.dumps(arguments, ensure_ascii=False)

    def _entry(self, fragment: Mapping[str, Any], named: bool, place: int) -> _Call:
        """The call that a fragment belongs to: by index, else by id, else the last, else by its place."""
        name = str(fragment.get("id") or "")
        index = fragment.get("index")
        if isinstance(index, (int, str)) and str(index)[:9].isdecimal():
            index = str(index)
            known = self._by_index.get(index)
            if known is not None and not (named and name and known.id and known.id != name):
                return known
            self._by_index[index] = call = self._new()
            return call
        if name:
            return next((call for call in self._calls if call.id == name), None) or self._new()
        if place and len(self._calls) > place:
            return self._calls[place]
        if named and self._calls and self._calls[-1].name and place:
            return self._new()
        return self._calls[-1] if self._calls else self._new()

    def _new(self) -> _Call:
        self._calls.append(_Call())
        return self._calls[-1]


def _arguments(call: _Call) -> Mapping[str, Any]:
    found = _parsed(call.arguments) if call.arguments.strip() else {}
    if isinstance(found, str):  # encoded twice
        found = _parsed(found) if found.strip() else {}
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise Broken("a tool call was cut off", detail=call.name)
    return found


def _parsed(text: str) -> object:
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return ()
