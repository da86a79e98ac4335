"""Fields as they come off the wire, whatever their type: read so that junk never hurts."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

LOOPBACK = ("localhost", "127.0.0.1", "::1", "0.0.0.0", "")
MAX_MILLISECONDS = 10**14  # beyond any real time stamp

_PERCENT = re.compile(r"\s*(\d{1,3})(?:\.\d+)?\s*%\s*", re.ASCII)
_KEYCAP = re.compile(r"^\s*(?:[1-9]\ufe0f?\u20e3|🔟)\s*")


def text(value: object) -> str:
    """A string without what storage or UTF-8 could not take; numbers as digits, anything else as ""."""
    if isinstance(value, bool):
        return ""
    if isinstance(value, int):
        # Digits past 4,300 are refused by Python itself; nothing of ours is that long.
        return str(value) if abs(value) < 10**40 else ""
    if not isinstance(value, str):
        return ""
    if not value.isascii():
        value = value.encode("utf-8", "replace").decode()
    return value.replace("\x00", "").strip()


def number(value: object) -> int | None:
    """An integer, also when it is spelled as digits; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and re.fullmatch(r"\s*-?\d{1,18}\s*", value, re.ASCII):
        return int(value)
    return None


def mapping(value: object) -> Mapping[str, Any]:
    """An object, or an empty one."""
    return value if isinstance(value, dict) else {}


def percent(value: object) -> int | None:
    """``"46%"`` → 46. None for words such as ``Waiting to start``, for "" and null (novicezk, plus)."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if 0 <= value <= 100 else None
    found = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    return min(100, int(found[1])) if found else None


def seconds(start: object, finish: object) -> float | None:
    """Between two Unix times in milliseconds; 0 and null both say unset (new-api, novicezk)."""
    begun, ended = number(start), number(finish)
    if not begun or not ended or not 0 < begun <= ended < MAX_MILLISECONDS:
        return None
    return (ended - begun) / 1000


def without_keycap(words: str) -> str:
    """A candidate of describe or shorten without the 1️⃣ in front of it."""
    return _KEYCAP.sub("", words, count=1)


def picture_url(value: object, home: str) -> str:
    """A URL that can be fetched, or "".

    Relays that do not know their own address say localhost; then scheme and host are those of ``home``.
    The rest is left as it is: its query may be a signature.
    """
    url = text(value)
    try:
        parts = urlsplit(url)
        host, own = parts.hostname or "", urlsplit(home)
    except ValueError:
        return ""
    if not url or parts.scheme not in ("http", "https", "") or any(sign.isspace() for sign in url):
        return ""
    if host in LOOPBACK and (not host or (own.hostname or "") not in LOOPBACK):
        path = url if not parts.scheme and not parts.netloc else url.partition("://")[2][len(parts.netloc) :]
        return f"{own.scheme}://{own.netloc}/{path.lstrip('/')}" if own.netloc and path.strip("/") else ""
    return url if parts.scheme else ""


def preview_key(url: str, percent: int | None) -> str:
    """What changes when the preview does.

    A relay shows every preview at one address and adds a ``rand`` that changes with each look (new-api):
    there, the percent tells one preview from the next. Discord signs anew what is the same file.
    """
    if not url:
        return ""
    bare, _, query = url.partition("?")
    if any(name == "rand" for name, _ in parse_qsl(query, keep_blank_values=True)):
        return f"{bare}#{'' if percent is None else percent}"
    return bare if "/attachments/" in bare or "/ephemeral-attachments/" in bare else url
