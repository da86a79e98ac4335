"""Who a browser is: signed cookies, the password, and by which name it reached us."""

import base64
import binascii
import hashlib
import hmac
import ipaddress
import json
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from bot.messages import Person

COOKIE = "chatelier"
LASTING = 400 * 24 * 3600  # seconds; browsers keep no cookie longer
MAX_NAME = 40  # characters
FREE_GUESSES = 5  # wrong passwords from one address before it has to wait
LONGEST_WAIT = 300.0  # seconds
REMEMBERED = 2_000  # addresses whose wrong guesses are kept in mind


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that has been let in. The token is its secret; the person's id does not give it away."""

    token: str
    name: str = ""

    def person(self, platform: str, language: str = "") -> Person:
        mark = hashlib.sha256(f"person {self.token}".encode()).hexdigest()[:20]
        return Person(f"{platform}:{mark}", self.name or "You", language=language, trusted=True)


class Keeper:
    """Issues sessions and recognises them.

    Nothing is stored: a session is its signed cookie. The key hangs on the password, so that a new one
    ends the sessions that the old one opened.
    """

    def __init__(self, secret: bytes, password: str) -> None:
        self._password = hashlib.sha256(password.encode()).digest() if password else b""
        self._key = hmac.digest(secret, b"web chat" + self._password, "sha256")

    def lets_in(self, password: str) -> bool:
        """Compared in constant time."""
        given = hashlib.sha256(password.encode()).digest()
        return not self._password or hmac.compare_digest(given, self._password)

    def open(self, name: str = "") -> Session:
        return Session(secrets.token_hex(32), _tidy(name))

    def renamed(self, session: Session, name: str) -> Session:
        return Session(session.token, _tidy(name))

    def cookie(self, session: Session) -> str:
        return self.sign("session", {"token": session.token, "name": session.name})

    def session(self, request: web.Request) -> Session | None:
        found = self.read("session", request.cookies.get(COOKIE, ""))
        return Session(str(found["token"]), str(found["name"])) if found else None

    def sign(self, purpose: str, value: Mapping[str, Any]) -> str:
        """The value as text that nobody else can have made."""
        body = base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).rstrip(b"=")
        return f"{body.decode()}.{self._mac(purpose, body)}"

    def read(self, purpose: str, signed: str) -> dict[str, Any] | None:
        """What was signed for this purpose; None for anything else."""
        body, _, mac = signed.partition(".")
        if not hmac.compare_digest(self._mac(purpose, body.encode()).encode(), mac.encode()):
            return None
        try:
            value = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        except (ValueError, binascii.Error):
            return None
        return value if isinstance(value, dict) else None

    def _mac(self, purpose: str, body: bytes) -> str:
        return hmac.digest(self._key, purpose.encode() + b" " + body, "sha256").hex()


class Throttle:
    """Slows down whoever guesses passwords: each wrong one over the free ones doubles the wait."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait(self, address: str) -> float:
        """Seconds until this address may try again."""
        return max(0.0, self._wrong.get(address, (0, 0.0))[1] - self._clock())

    def wrong(self, address: str) -> None:
        count = self._wrong.pop(address, (0, 0.0))[0] + 1
        penalty = min(2.0 ** (count - FREE_GUESSES), LONGEST_WAIT) if count >= FREE_GUESSES else 0.0
        self._wrong[address] = (count, self._clock() + penalty)
        while len(self._wrong) > REMEMBERED:
            self._wrong.popitem(last=False)

    def right(self, address: str) -> None:
        self._wrong.pop(address, None)


def named_plainly(request: web.Request) -> bool:
    """Whether we were reached as localhost or by an address.

    A stranger's page can point a name of its own at this machine and then is "us" to the browser; it
    cannot do that with an address.
    """
    try:
        host = urlsplit(f"//{request.host}").hostname or ""
    except ValueError:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def secure(request: web.Request) -> bool:
    """Whether the browser speaks HTTPS to us or to a proxy in front."""
    return request.secure or request.headers.get("X-Forwarded-Proto", "") == "https"


def _tidy(name: str) -> str:
    return " ".join(name.split())[:MAX_NAME]
