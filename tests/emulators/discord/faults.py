"""Mishaps on request: refusals, slow answers, connections that break, a gateway that stumbles."""

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.emulators.discord.errors import KNOWN
from tests.emulators.discord.handles import Handles
from tests.emulators.discord.rest.call import Call

if TYPE_CHECKING:
    from tests.emulators.discord.gateway import Gateway

CLOUDFLARE = (
    b"<!DOCTYPE html><html><head><title>Access denied</title></head><body>error code: 1015</body></html>"
)
MOST = 1_000_000  # "until healed"


@dataclass(slots=True)
class Fault:
    """One kind of mishap, for the next ``times`` requests of a kind (about one place)."""

    name: str  # or "*"
    what: str  # answer, cut, hang, delay
    times: int
    place: int = 0
    status: int = 0
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0
    effect: bool = True  # the deed is done before

    def fits(self, call: Call) -> bool:
        named = self.name in {"*", call.name} and (self.name != "*" or call.name != "download")
        return named and self.times > 0 and self.place in {0, call.place}


class Faults(Handles):
    """Part of the server: mishaps, in the order in which they were asked for.

    Requests are named as in ``rest/``: create_message edit_message delete_message get_messages
    respond follow edit_response sync react type_in …; ``*`` is any, ``download`` is fetching a file.
    """

    faults: list[Fault]
    released: asyncio.Event
    unreachable: bool
    gateway: "Gateway"

    def fail(
        self,
        name: str,
        times: int = 1,
        *,
        status: int = 502,
        code: int = 0,
        body: bytes | str | None = None,
        retry_after: float = 0.0,
        everywhere: bool = False,
        via: bool = True,
        place: Any = None,
        effect: bool = False,
    ) -> None:
        """The next ``times`` requests are answered so: 502 with a page of HTML, unless said otherwise.

        ``code`` is one of Discord's (its status goes with it); ``retry_after`` makes it a 429, ``everywhere``
        for all routes, without ``via`` as Cloudflare bans an address.
        """
        headers: dict[str, str] = {"Content-Type": "application/json"}
        if via:
            headers["Via"] = "1.1 google"
        if code in KNOWN and code:
            status, words = KNOWN[code]
            body = json.dumps({"message": words, "code": code}) if body is None else body
        elif retry_after and via:
            status = 429
            told = {
                "message": "You are being rate limited.",
                "retry_after": retry_after,
                "global": everywhere,
            }
            body, headers["Retry-After"] = json.dumps(told), str(int(retry_after) + 1)
        elif body is None:
            status = 429 if retry_after else status
            headers["Content-Type"] = "text/html"
            body = CLOUDFLARE
        raw = body.encode() if isinstance(body, str) else body
        self._add(Fault(name, "answer", times, 0, status, raw, tuple(headers.items()), effect=effect), place)

    def cut(self, name: str, times: int = 1, *, effect: bool = True, place: Any = None) -> None:
        """The deed is done (or not), and then the connection closes without an answer."""
        self._add(Fault(name, "cut", times, effect=effect), place)

    def hang(self, name: str, times: int = 1, *, effect: bool = True, place: Any = None) -> None:
        """The deed is done (or not), and no answer comes until ``release``."""
        self._add(Fault(name, "hang", times, effect=effect), place)

    def delay(
        self, name: str, seconds: float, times: int = MOST, *, effect: bool = True, place: Any = None
    ) -> None:
        """The deed is done at once (or only then), the answer comes ``seconds`` later."""
        self._add(Fault(name, "delay", times, seconds=seconds, effect=effect), place)

    def _add(self, fault: Fault, place: Any) -> None:
        fault.place = self._place(place).id if place is not None else 0
        self.faults.append(fault)

    def release(self) -> None:
        """Answer what hangs."""
        self.released.set()
        self.released = asyncio.Event()

    def heal(self) -> None:
        """No more mishaps."""
        self.faults.clear()
        self.gateway.refuse_resume = 0
        for line in self.gateway.lines:
            line.deaf = False
        self.online()
        self.release()

    def offline(self, seconds: float = 0.0) -> None:
        """Break all connections of the bot, and every new one, until ``online`` or for some seconds."""
        self.unreachable = True
        self._break()
        if seconds:
            asyncio.get_running_loop().call_later(seconds, self.online)

    def online(self) -> None:
        self.unreachable = False

    def _break(self) -> None:
        raise NotImplementedError

    def fault_for(self, call: Call) -> Fault | None:
        for fault in self.faults:
            if fault.fits(call):
                fault.times -= 1
                return fault
        return None

    # --- the gateway ----------------------------------------------------------------------------

    def drop(self, *, resume: bool = True) -> None:
        """The sockets break off without a word. Without ``resume`` the sessions are forgotten too."""
        if not resume:
            self.refuse_resume()
        for line in list(self.gateway.lines):
            line.abort()

    def refuse_resume(self, times: int = 0) -> None:
        """The next attempts to resume are refused (as many as there are connections, when none is said)."""
        self.gateway.refuse_resume = times or max(1, len(self.gateway.sessions))

    def reconnect(self) -> None:
        """Op 7: the bot is asked to connect anew."""
        for line in self.gateway.lines:
            line.op(7)

    def invalidate(self, *, resumable: bool = False) -> None:
        """Op 9: the session is over."""
        if not resumable:
            self.gateway.sessions = []
        for line in self.gateway.lines:
            if not resumable:
                line.session = None
            line.op(9, resumable)

    def close(self, code: int = 4000, reason: str = "") -> None:
        """Close the bot's sockets with a code."""
        for line in self.gateway.lines:
            line.close(code, reason)

    def deafen(self) -> None:
        """Heartbeats are not answered any more."""
        for line in self.gateway.lines:
            line.deaf = True
