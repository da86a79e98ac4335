"""Buttons under messages."""

import base64
from collections.abc import Sequence
from typing import Any

from bot.messages import Button, Style
from bot.texts import _

PER_ROW = 5
ROW_LETTERS = 40  # that a phone shows side by side; what has no room is cut off
ROWS = 19  # and one of our own: 100 buttons in all
FULL = "full:"  # our own button: the picture as it is, under its digest

_STYLES = {Style.PRIMARY: "primary", Style.DANGER: "danger"}

Keyboard = dict[str, Any]


def keyboard(rows: Sequence[Sequence[Button]], *, full: str = "", apps: bool = False) -> Keyboard | None:
    """The keyboard as the wire has it; ``full`` is the digest of a picture to be had in full size.

    ``apps``: our own pages may be opened inside the client, which is so in private chats only.
    """
    drawn = [[_button(button, apps=apps) for button in row] for row in rows if row]
    if full:
        drawn.append([{"text": "⤓ " + _("Full size"), "callback_data": full_size(full)}])
    return {"inline_keyboard": drawn} if drawn else None


def _button(button: Button, *, apps: bool) -> dict[str, Any]:
    label = f"✓ {button.label}" if button.style is Style.DONE else button.label
    drawn: dict[str, Any] = {"text": label}
    if apps and button.app and button.url.startswith("https://"):
        drawn["web_app"] = {"url": button.url}
    elif button.url:
        drawn["url"] = button.url
    else:
        drawn["callback_data"] = button.data
    if button.style in _STYLES:
        drawn["style"] = _STYLES[button.style]
    return drawn


def full_size(digest: str) -> str:
    """The data of the button that fetches that file; 48 bytes."""
    return FULL + base64.urlsafe_b64encode(bytes.fromhex(digest)).decode().rstrip("=")


def digest_of(data: str) -> str:
    """The digest behind such a button; "" when it is none of ours."""
    try:
        digest = base64.urlsafe_b64decode(data.removeprefix(FULL) + "=")
    except ValueError:
        return ""
    return digest.hex() if len(digest) == 32 else ""
