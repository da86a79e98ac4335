"""Buttons in rows that fit and that can be read."""

import unicodedata
from collections.abc import Sequence

from bot.messages import Button, Limits

BETWEEN = 2  # letters' room around a label

Row = tuple[Button, ...]


def in_rows(groups: Sequence[Sequence[Button]], limits: Limits) -> tuple[Row, ...]:
    """The buttons in their order: a group stays together where it can, and groups share what has room."""
    rows: list[Row] = []
    for group in groups:
        for part in _parts(group, limits):
            if rows and fits((*rows[-1], *part), limits):
                rows[-1] = (*rows[-1], *part)
            else:
                rows.append(part)
    return that_fit(rows, limits)


def that_fit(rows: Sequence[Row], limits: Limits) -> tuple[Row, ...]:
    """What there is room for; all of them where the rest is offered in a list."""
    return tuple(rows if limits.lists else rows[: limits.button_rows])


def fits(row: Sequence[Button], limits: Limits) -> bool:
    """Whether these can stand side by side."""
    if len(row) > limits.buttons_per_row:
        return False
    return len(row) == 1 or not limits.row_letters or sum(map(_width, row)) <= limits.row_letters


def _parts(group: Sequence[Button], limits: Limits) -> list[Row]:
    """A group that is too wide, in pieces that fit."""
    parts: list[Row] = []
    for button in group:
        if parts and fits((*parts[-1], button), limits):
            parts[-1] = (*parts[-1], button)
        else:
            parts.append((button,))
    return parts


def _width(button: Button) -> int:
    """In Latin letters, with the room around it; Chinese ones and emoji are twice as wide."""
    marks = sum(unicodedata.combining(sign) > 0 or sign == "\ufe0f" for sign in button.label)
    wide = sum(unicodedata.east_asian_width(sign) in "WF" for sign in button.label)
    return len(button.label) + wide - marks + BETWEEN
