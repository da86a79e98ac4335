"""Forms that open over a message: what Discord takes, and how people fill them in."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from tests.emulators.discord.cdn import File, Upload
from tests.emulators.discord.components import (
    CHECK,
    CHECKS,
    INPUT,
    RADIO,
    ROW,
    SELECTS,
    TEXT,
    UPLOAD,
    Layout,
    numbered,
)
from tests.emulators.discord.errors import Problems
from tests.emulators.discord.messages import walk
from tests.emulators.discord.things import Json

CONTROLS = frozenset({INPUT, *SELECTS, UPLOAD, RADIO, CHECKS, CHECK})
MOST = 5


def read(data: Json) -> Json:
    """A form as the bot sent it, checked and numbered."""
    problems = Problems()
    layout = Layout(problems, frozenset())
    form = deepcopy(data)
    problems.text("data.custom_id", form.get("custom_id"), 100, 1)
    problems.text("data.title", form.get("title"), 45, 1)
    parts = problems.listed("data.components", form.get("components"), MOST, 1)
    for place, one in enumerate(parts):
        way = f"data.components.{place}"
        match one.get("type"):
            case 1:
                inside = problems.listed(f"{way}.components", one.get("components"), 1, 1)
                for child in inside:
                    if child.get("type") != INPUT:
                        words = "A row of a form holds one text input."
                        problems.add(f"{way}.components.0.type", "BASE_TYPE_CHOICES", words)
                    else:
                        problems.text(f"{way}.components.0.label", child.get("label"), 45, 1)
                        _control(f"{way}.components.0", child, layout, problems)
            case 10:
                problems.text(f"{way}.content", one.get("content"), 4000, 1)
            case 18:
                _label(way, one, layout, problems)
            case _:
                problems.add(f"{way}.type", "BASE_TYPE_CHOICES", "Not for a form.")
    problems.check()
    numbered(parts, {one["id"] for one in walk(parts) if one.get("id")})
    return form


def _label(way: str, one: Json, layout: Layout, problems: Problems) -> None:
    problems.text(f"{way}.label", one.get("label"), 45, 1)
    if one.get("description") is not None:
        problems.text(f"{way}.description", one["description"], 100)
    child = one.get("component")
    if not isinstance(child, dict) or child.get("type") not in CONTROLS:
        problems.add(f"{way}.component", "BASE_TYPE_REQUIRED", "This field is required")
        return
    if child.get("label") is not None:
        problems.add(f"{way}.component.label", "BASE_TYPE_FORBIDDEN", "The label stands around it.")
    _control(f"{way}.component", child, layout, problems)


def _control(way: str, one: Json, layout: Layout, problems: Problems) -> None:
    kind = one["type"]
    if kind in SELECTS:
        layout.select(way, one)
        if one.get("required") and one.get("min_values") == 0:
            problems.add(f"{way}.min_values", "BASE_TYPE_MIN", "A required select takes one value at least.")
        return
    layout.custom_id(way, one)
    if kind == INPUT:
        problems.number(f"{way}.style", one.get("style"), 1, 2)
        least, most = one.get("min_length"), one.get("max_length")
        low = problems.number(f"{way}.min_length", 0 if least is None else least, 0, 4000)
        high = problems.number(f"{way}.max_length", 4000 if most is None else most, 1, 4000)
        if low > high:
            problems.add(f"{way}.min_length", "BASE_TYPE_MAX", "min_length is larger than max_length")
        if one.get("value") is not None:
            problems.text(f"{way}.value", one["value"], high)
        if one.get("placeholder") is not None:
            problems.text(f"{way}.placeholder", one["placeholder"], 100)
    elif kind == UPLOAD:
        layout.bounds(way, one, 10)
    elif kind == RADIO:
        layout.options(way, one, 10, 2)
    elif kind == CHECKS:
        layout.options(way, one, 10)


class Filling:
    """A person fills in a form. Fields are named by custom id or by the words beside them."""

    def __init__(self, form: Json, values: Mapping[str, Any], keep: Callable[[Upload], File]) -> None:
        self._keep = keep
        self._values = dict(values)
        self.files: list[File] = []
        self.components = [self._part(one) for one in form["components"] if one["type"] != TEXT]
        if self._values:
            raise LookupError(f"the form has no fields {sorted(self._values)}")

    def _part(self, one: Json) -> Json:
        body: Json = {"type": one["type"], "id": one["id"]}
        if one["type"] == ROW:
            return body | {"components": [self._control(one["components"][0], "")]}
        return body | {"component": self._control(one["component"], one["label"])}

    def _control(self, one: Json, label: str) -> Json:
        body: Json = {"type": one["type"], "id": one["id"], "custom_id": one["custom_id"]}
        words = label or one.get("label", "")
        given, value = self._given(one["custom_id"], words)
        required = one.get("required", one["type"] != CHECK)
        match one["type"]:
            case 4:
                text = str(value) if given else one.get("value") or ""
                least = one.get("min_length") or (1 if required else 0)
                if (text or required) and not least <= len(text) <= (one.get("max_length") or 4000):
                    raise ValueError(f"{words}: that many characters do not fit ({len(text)})")
                return body | {"value": text}
            case 19:
                uploads = value if isinstance(value, (list, tuple)) else [value] if given else []
                self._count(one, words, len(uploads), required)
                kept = [self._keep(each) for each in uploads]
                self.files += kept
                return body | {"values": [str(file.id) for file in kept]}
            case 21:
                return body | {"value": self._picked(one, words, [value] if given else [], required, 1)[0]}
            case 23:
                return body | {"value": bool(value) if given else bool(one.get("default"))}
            case _:
                several = value if isinstance(value, (list, tuple)) else [value] if given else []
                most = len(one.get("options", ())) if one["type"] == CHECKS else 1
                return body | {"values": self._picked(one, words, list(several), required, most)}

    def _given(self, custom_id: str, label: str) -> tuple[bool, Any]:
        for name in (custom_id, label):
            if name in self._values:
                return True, self._values.pop(name)
        return False, None

    def _count(self, one: Json, words: str, number: int, required: bool, usual: int = 1) -> None:
        least = one.get("min_values")
        low = (1 if least is None else least) if required or number else 0
        if not low <= number <= (one.get("max_values") or usual):
            raise ValueError(f"{words}: that many do not fit ({number})")

    def _picked(self, one: Json, words: str, values: list[Any], required: bool, usual: int) -> list[Any]:
        options = one.get("options")
        if not values and options:
            values = [each["value"] for each in options if each.get("default")]
        self._count(one, words, len(values), required, usual)
        known = {each["value"]: each["value"] for each in options or ()}
        known |= {each["label"]: each["value"] for each in options or () if each["label"] not in known}
        if options and (unknown := [each for each in values if each not in known]):
            raise LookupError(f"{words}: no options {unknown}")
        return [known[each] for each in values] if options else [str(each) for each in values] or [None]
