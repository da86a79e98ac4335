"""Keyboards under messages, checked as the server and a careful reader of its manual would."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.emulators.telegram.errors import Unfit, bad
from tests.emulators.telegram.text import reachable

MAX_BUTTONS = 100
MAX_IN_ROW = 8
MAX_DATA = 64  # bytes
MAX_COPY = 256
STYLES = {"primary", "success", "danger"}
ACTIONS = {
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
}

Markup = dict[str, Any]


def check_markup(markup: object, *, inline_only: bool = False, private: bool = True) -> Markup | None:
    """The reply markup as it is stored; None for an empty one."""
    if markup is None or markup == {}:
        return None
    if not isinstance(markup, dict):
        raise bad("object expected as reply markup")
    if "inline_keyboard" in markup:
        return _inline(markup["inline_keyboard"], private)
    if inline_only:
        raise bad("inline keyboard expected")
    if markup.get("force_reply"):
        _placeholder(markup)
        return dict(markup)
    if "keyboard" in markup:
        _placeholder(markup)
        _reply_keyboard(markup["keyboard"])
        return dict(markup)
    if markup.get("remove_keyboard"):
        return dict(markup)
    raise Unfit("can't parse reply keyboard markup JSON object")


def _placeholder(markup: Mapping[str, Any]) -> None:
    words = markup.get("input_field_placeholder")
    if words is not None and not 1 <= len(words) <= 64:
        raise bad("input field placeholder must be 1 to 64 characters long")


def _reply_keyboard(rows: Sequence[Sequence[Any]]) -> None:
    if not rows or not all(isinstance(row, list) and row for row in rows):
        raise Unfit("a reply keyboard has rows, and rows have buttons")
    if max(map(len, rows)) > 12 or sum(map(len, rows)) > 300:
        raise Unfit("too many buttons in a reply keyboard")


def _inline(rows: object, private: bool) -> Markup | None:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    kept = [row for row in rows if row]
    if sum(map(len, kept)) > MAX_BUTTONS:
        raise Unfit(f"REPLY_MARKUP_TOO_LONG: more than {MAX_BUTTONS} buttons")
    if any(len(row) > MAX_IN_ROW for row in kept):
        raise Unfit(f"BUTTON_ROW_INVALID: more than {MAX_IN_ROW} buttons in a row")
    for row in kept:
        for button in row:
            _check_button(button, private)
    return {"inline_keyboard": kept} if kept else None


def _check_button(button: Mapping[str, Any], private: bool) -> None:
    label = button.get("text")
    if not isinstance(label, str) or not label.strip():
        raise bad("text of an inline keyboard button must be non-empty")
    actions = [name for name in ACTIONS if name in button]
    if not actions:
        raise bad("text buttons are unallowed in the inline keyboard")
    if len(actions) > 1:
        raise Unfit(f"one button with {' and '.join(sorted(actions))}")
    if button.get("style") is not None and button["style"] not in STYLES:
        raise bad("invalid button style specified")
    match actions[0]:
        case "callback_data":
            if not 1 <= len(str(button["callback_data"]).encode()) <= MAX_DATA:
                raise bad("BUTTON_DATA_INVALID")
        case "url":
            if not reachable(button["url"]):
                raise bad(f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")
        case "copy_text":
            if not 1 <= len(button["copy_text"].get("text", "")) <= MAX_COPY:
                raise bad("BUTTON_COPY_TEXT_INVALID")
        case "web_app":
            if not private:
                raise bad("BUTTON_TYPE_INVALID")
            if not str(button["web_app"].get("url", "")).startswith("https://"):
                raise bad("inline keyboard button Web App URL is invalid: Only HTTPS links are allowed")


def labels(markup: Mapping[str, Any] | None) -> tuple[tuple[str, ...], ...]:
    """What is written on the buttons, row by row."""
    rows = (markup or {}).get("inline_keyboard") or (markup or {}).get("keyboard") or []
    return tuple(tuple(b if isinstance(b, str) else b["text"] for b in row) for row in rows)
