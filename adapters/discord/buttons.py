"""Buttons under messages, and the form that asks for words or pictures."""

from collections.abc import Iterator, Sequence
from typing import Any

from bot.messages import Button, Question, Style
from bot.texts import _

PER_ROW = 5
ROWS = 5
MANY = 25  # buttons; also the options of one list
LABEL = 80  # characters of a button
OPTION = 100  # and of an option
TITLE = 45  # of a form, and of what stands above its field
WORDS = 4000  # that a form takes
MORE = "more:"  # our own: a list of what found no place as a button
ASK = "ask:"  # our own: a button that opens a form, and the form
FIELD = "words"
FILES = "files"

_STYLES = {Style.PLAIN: 2, Style.PRIMARY: 1, Style.DANGER: 4, Style.DONE: 3}

Component = dict[str, Any]


def components(rows: Sequence[Sequence[Button]]) -> list[Component]:
    """Rows as the wire has them. What does not fit goes into lists at the end."""
    seen: set[str] = set()
    short = [
        [_unique(_button(button), seen) for button in row[start : start + PER_ROW]]
        for row in rows
        for start in range(0, len(row), PER_ROW)
    ]
    if len(short) <= ROWS:
        return [{"type": 1, "components": row} for row in short]
    stay, links, rest = _overflow(short)
    drawn = [{"type": 1, "components": row} for row in (*short[:stay], links) if row]
    parts = [rest[start : start + MANY] for start in range(0, len(rest), MANY)][: ROWS - len(drawn)]
    return drawn + [{"type": 1, "components": [_list(part, n)]} for n, part in enumerate(parts)]


def _overflow(short: Sequence[Sequence[Component]]) -> tuple[int, list[Component], list[Component]]:
    """How many rows stay, then the links and the other buttons of the rest. A list can hold no links."""
    for rows in range(ROWS - 1, -1, -1):
        over = [button for row in short[rows:] for button in row]
        links = [button for button in over if "url" in button][:PER_ROW]
        rest = [button for button in over if "custom_id" in button]
        if rows + bool(links) + -(-len(rest) // MANY) <= ROWS:
            break
    return rows, links, rest


def rows_left(rows: Sequence[Sequence[Button]]) -> int:
    """How many rows find room below these."""
    return max(0, ROWS - sum(-(-len(row) // PER_ROW) for row in rows))


def data_of(custom_id: str, values: Sequence[str]) -> str:
    """What was pressed or chosen."""
    chosen = values[0] if custom_id.startswith(MORE) and values else custom_id
    return chosen.partition("\n")[0]


def form(question: Question, custom_id: str) -> dict[str, Any]:
    """The modal that asks for it: the title says for what, and the label what to put in."""
    if question.files:
        name, field = _("Picture") if question.files == 1 else _("Pictures"), _files(question)
    else:
        name, field = _("Your words"), _words(question)
    label: Component = {"type": 18, "label": name, "component": field}
    if len(question.title) > TITLE:
        label["description"] = _short(question.title, 100)
    return {"custom_id": custom_id, "title": _short(question.title, TITLE), "components": [label]}


def words_of(components: Sequence[Component]) -> str:
    """What was written."""
    return next((str(field.get("value") or "") for field in _fields(components, FIELD)), "")


def files_of(components: Sequence[Component]) -> list[str]:
    """The ids of the files that were given."""
    return [str(each) for field in _fields(components, FILES) for each in field.get("values") or ()]


def _words(question: Question) -> Component:
    field: Component = {
        "type": 4,
        "custom_id": FIELD,
        "style": 2 if question.multiline else 1,
        "max_length": WORDS,
        "required": True,
    }
    if question.default:
        field["value"] = question.default[:WORDS]
    return field


def _files(question: Question) -> Component:
    bounds = {"min_values": question.fewest, "max_values": question.files}
    return {"type": 19, "custom_id": FILES, "required": True, **bounds}


def _fields(components: Sequence[Component], custom_id: str) -> Iterator[Component]:
    for each in components:
        inner = [each["component"]] if "component" in each else each.get("components", ())
        yield from (field for field in inner if field.get("custom_id") == custom_id)


def _button(button: Button) -> Component:
    label = f"✓ {button.label}" if button.style is Style.DONE else button.label
    drawn: Component = {"type": 2, "label": _short(label, LABEL)}
    if button.url:
        return {**drawn, "style": 5, "url": button.url}
    return {**drawn, "style": _STYLES[button.style], "custom_id": button.data}


def _unique(drawn: Component, seen: set[str]) -> Component:
    """The platform refuses two buttons with the same data in one message."""
    data = drawn.get("custom_id")
    if data is not None:
        number = 1
        while drawn["custom_id"] in seen:
            number += 1
            drawn["custom_id"] = f"{data}\n{number}"
        seen.add(drawn["custom_id"])
    return drawn


def _list(buttons: Sequence[Component], number: int) -> Component:
    options = [{"label": _short(each["label"], OPTION), "value": each["custom_id"]} for each in buttons]
    return {
        "type": 3,
        "custom_id": f"{MORE}{number}",
        "placeholder": _("More …"),
        "min_values": 1,
        "max_values": 1,
        "options": options,
    }


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
