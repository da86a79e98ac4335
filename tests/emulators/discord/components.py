"""Buttons, selects and layouts of a message: what Discord takes and what it refuses."""

from copy import deepcopy
from typing import Any

from tests.emulators.discord.errors import Problems
from tests.emulators.discord.messages import walk
from tests.emulators.discord.things import Json

ROW, BUTTON, SELECT, INPUT, SECTION, TEXT, THUMBNAIL = 1, 2, 3, 4, 9, 10, 11
GALLERY, FILE, SEPARATOR, CONTAINER, LABEL, UPLOAD, RADIO, CHECKS, CHECK = 12, 13, 14, 17, 18, 19, 21, 22, 23
SELECTS = frozenset({3, 5, 6, 7, 8})
TOP = frozenset({ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR, CONTAINER})
LINK, PREMIUM = 5, 6
MOST, MOST_TEXT = 40, 4000


class Layout:
    """Reads a tree of components and notes what is wrong with it."""

    def __init__(self, problems: Problems, names: frozenset[str]) -> None:
        self._problems = problems
        self._names = names  # of the message's files
        self._ids: set[str] = set()
        self._numbers: set[int] = set()
        self._text = 0

    def read(self, value: Any, *, v2: bool) -> list[Json]:
        """The tree with every component numbered."""
        problems = self._problems
        top = problems.listed("components", [] if value is None else value, MOST if v2 else 5)
        if any(not isinstance(one, dict) for one in top):
            problems.add("components", "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
            return []
        tree: list[Json] = deepcopy(top)
        if v2 and len(walk(tree)) > MOST:
            problems.add("components", "BASE_TYPE_MAX_LENGTH", f"Must be {MOST} or fewer in length.")
        for place, one in enumerate(tree):
            way = f"components.{place}"
            kind = one.get("type")
            if kind not in (TOP if v2 else {ROW}):
                allowed = sorted(TOP) if v2 else [ROW]
                problems.add(
                    f"{way}.type", "BASE_TYPE_CHOICES", f'Value of field "type" must be one of {allowed}.'
                )
            else:
                self._component(way, one)
        if v2 and self._text > MOST_TEXT:
            words = f"The total length of text displays must be {MOST_TEXT} or fewer."
            problems.add("components", "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", words)
        numbered(tree, self._numbers)
        return tree

    def _component(self, way: str, one: Json) -> None:
        number = one.get("id")
        if number:
            if number in self._numbers:
                self._problems.add(
                    f"{way}.id", "COMPONENT_ID_DUPLICATED", "Component id cannot be duplicated"
                )
            self._numbers.add(number)
        match one.get("type"):
            case 1:
                self._row(way, one)
            case 2:
                self._button(way, one)
            case kind if kind in SELECTS:
                self.select(way, one)
            case 9:
                self._section(way, one)
            case 10:
                self._text += len(self._problems.text(f"{way}.content", one.get("content"), MOST_TEXT, 1))
            case 11:
                self._media(way, one.get("media"), one)
            case 12:
                items = self._problems.listed(f"{way}.items", one.get("items"), 10, 1)
                for place, item in enumerate(items):
                    self._media(f"{way}.items.{place}", item.get("media"), item)
            case 13:
                self._media(way, one.get("file"), one, uploaded=True)
            case 14:
                self._problems.number(f"{way}.spacing", one.get("spacing", 1), 1, 2)
            case 17:
                self._container(way, one)

    def _row(self, way: str, one: Json) -> None:
        inside = self._problems.listed(f"{way}.components", one.get("components"), 5, 1)
        width = 0
        for place, child in enumerate(inside):
            here = f"{way}.components.{place}"
            if not isinstance(child, dict) or child.get("type") not in {BUTTON, *SELECTS}:
                self._problems.add(f"{here}.type", "BASE_TYPE_CHOICES", "A row holds buttons or one select.")
                continue
            width += 5 if child["type"] in SELECTS else 1
            self._component(here, child)
        if width > 5:
            words = "The specified component exceeds the maximum width"
            self._problems.add(f"{way}.components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED", words)

    def _button(self, way: str, one: Json) -> None:
        problems = self._problems
        style = problems.number(f"{way}.style", one.get("style"), 1, 6)
        if one.get("label") is not None:
            problems.text(f"{way}.label", one["label"], 80)
        elif not one.get("emoji") and style != PREMIUM:
            words = "A button must have a label or an emoji"
            problems.add(way, "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED", words)
        if style == LINK:
            url = problems.text(f"{way}.url", one.get("url"), 512, 1)
            if url and not url.startswith(("http://", "https://", "discord://")):
                words = f"Scheme of {url!r:.30} must be one of ('http', 'https', 'discord')."
                problems.add(f"{way}.url", "URL_TYPE_INVALID_SCHEME", words)
        if (style == LINK) == bool(one.get("custom_id")) and style != PREMIUM:
            words = (
                "A custom id and url cannot both be specified" if style == LINK else "A custom id is required"
            )
            problems.add(f"{way}.custom_id", "BUTTON_COMPONENT_CUSTOM_ID", words)
        if style not in {LINK, PREMIUM}:
            self.custom_id(way, one)

    def custom_id(self, way: str, one: Json) -> None:
        name = self._problems.text(f"{way}.custom_id", one.get("custom_id"), 100, 1)
        if name and name in self._ids:
            words = "Component custom id cannot be duplicated"
            self._problems.add(f"{way}.custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", words)
        self._ids.add(name)

    def select(self, way: str, one: Json) -> None:
        problems = self._problems
        self.custom_id(way, one)
        if one.get("placeholder") is not None:
            problems.text(f"{way}.placeholder", one["placeholder"], 150)
        self.bounds(way, one, 25)
        if one["type"] == SELECT:
            self.options(way, one, 25)

    def bounds(self, way: str, one: Json, most: int, usual: int = 1) -> None:
        least = one.get("min_values")
        largest = one.get("max_values")
        low = self._problems.number(f"{way}.min_values", 1 if least is None else least, 0, most)
        high = self._problems.number(f"{way}.max_values", usual if largest is None else largest, 1, most)
        if low > high:
            self._problems.add(f"{way}.min_values", "BASE_TYPE_MAX", "min_values is larger than max_values")

    def options(self, way: str, one: Json, most: int, least: int = 1) -> None:
        problems = self._problems
        seen: set[str] = set()
        options = problems.listed(f"{way}.options", one.get("options"), most, least)
        for place, option in enumerate(options):
            here = f"{way}.options.{place}"
            problems.text(f"{here}.label", option.get("label"), 100, 1)
            value = problems.text(f"{here}.value", option.get("value"), 100, 1)
            if option.get("description") is not None:
                problems.text(f"{here}.description", option["description"], 100)
            if value and value in seen:
                words = "The specified option value is already used"
                problems.add(f"{here}.value", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", words)
            seen.add(value)
        highest = one.get("max_values") or (1 if most == 25 else len(options))
        if options and highest > len(options):
            words = "max_values is larger than the number of options"
            problems.add(f"{way}.max_values", "BASE_TYPE_MAX", words)

    def _section(self, way: str, one: Json) -> None:
        inside = self._problems.listed(f"{way}.components", one.get("components"), 3, 1)
        for place, child in enumerate(inside):
            if child.get("type") != TEXT:
                self._problems.add(
                    f"{way}.components.{place}.type", "BASE_TYPE_CHOICES", "Only text displays."
                )
            else:
                self._component(f"{way}.components.{place}", child)
        accessory = one.get("accessory")
        if not isinstance(accessory, dict) or accessory.get("type") not in {BUTTON, THUMBNAIL}:
            self._problems.add(f"{way}.accessory", "BASE_TYPE_REQUIRED", "This field is required")
        else:
            self._component(f"{way}.accessory", accessory)

    def _media(self, way: str, media: Any, around: Json, *, uploaded: bool = False) -> None:
        problems = self._problems
        around.setdefault("spoiler", False)
        if around.get("description") is not None:
            problems.text(f"{way}.description", around["description"], 1024)
        url = media.get("url") if isinstance(media, dict) else None
        url = problems.text(f"{way}.media.url", url, 2048, 1)
        if url.startswith("attachment://"):
            if url.removeprefix("attachment://") not in self._names:
                words = "The referenced attachment was not found"
                code = "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"
                problems.add(f"{way}.media.url", code, words)
        elif url and (uploaded or not url.startswith(("http://", "https://"))):
            problems.add(f"{way}.media.url", "URL_TYPE_INVALID_SCHEME", f"Not a link to take: {url:.40}")

    def _container(self, way: str, one: Json) -> None:
        inside = self._problems.listed(f"{way}.components", one.get("components"), MOST, 1)
        one.setdefault("spoiler", False)
        one.setdefault("accent_color", None)
        if one.get("accent_color") is not None:
            self._problems.number(f"{way}.accent_color", one["accent_color"], 0, 0xFFFFFF)
        for place, child in enumerate(inside):
            if not isinstance(child, dict) or child.get("type") not in TOP - {CONTAINER}:
                words = "A container holds no such component."
                self._problems.add(f"{way}.components.{place}.type", "BASE_TYPE_CHOICES", words)
            else:
                self._component(f"{way}.components.{place}", child)


def numbered(tree: list[Json], taken: set[int]) -> None:
    """Give a number to every component that has none."""
    following = 1
    for one in walk(tree):
        if not one.get("id"):
            while following in taken:
                following += 1
            one["id"] = following
            taken.add(following)
