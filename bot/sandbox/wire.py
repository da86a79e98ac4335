"""Requests and answers of the Midjourney API, and JSON as the services that are imitated write it."""

import json
import secrets
import string
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

HTML_502 = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    "<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)


@dataclass(frozen=True, slots=True)
class Call:
    """One request under ``/mj``. ``path`` is what follows it; ``base`` is how the caller reaches us."""

    method: str
    path: str
    base: str
    key: str = ""
    mode: str = ""  # the word before /mj in the path
    admin: bool = False
    media_type: str = ""
    raw: bytes = b""
    body: Any = None
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    url: str = ""  # the path as it was asked for
    trick: str = ""  # a fault that a test has queued for this request


@dataclass(frozen=True, slots=True)
class Reply:
    status: int = 200
    body: bytes = b""
    media_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0  # the clock's seconds before it is sent
    hangup: bool = False  # close the connection instead


def plain(text: str, status: int = 200) -> Reply:
    return Reply(status, text.encode(), "text/plain; charset=utf-8")


def html_502() -> Reply:
    """What a reverse proxy says; the request may have been carried out all the same."""
    return Reply(502, HTML_502.encode(), "text/html")


def dump(data: Any) -> bytes:
    """JSON as Spring writes it: as it is."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def go_dump(data: Any) -> bytes:
    """JSON as Go writes it: the signs of HTML are escaped."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for sign in "&<>\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text.encode()


def net_dump(data: Any) -> bytes:
    """JSON as .NET writes it: everything but plain letters is escaped."""
    text = json.dumps(data, separators=(",", ":"))
    for sign in "&<>'+`":
        text = text.replace(sign, f"\\u{ord(sign):04X}")
    return text.encode()


def request_id() -> str:
    """An id as new-api makes them: local time, nanoseconds, eight signs."""
    now = time.time_ns()
    stamp = time.strftime("%Y%m%d%H%M%S", time.localtime(now // 10**9))
    letters = string.ascii_letters + string.digits
    return f"{stamp}{now % 10**9}" + "".join(secrets.choice(letters) for _ in range(8))
