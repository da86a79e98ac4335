"""Mishaps on request: failures, slow answers, and connections that break after the deed is done."""

import asyncio
from dataclasses import dataclass
from typing import Any

from tests.emulators.telegram.call import Call
from tests.emulators.telegram.handles import Handles

BAD_GATEWAY = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    b"<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
)
MOST = 1_000_000  # "until healed"


@dataclass(slots=True)
class Fault:
    """One kind of mishap, for the next ``times`` calls of a method (of one chat)."""

    method: str  # or "*"
    what: str  # answer, cut, hang, delay
    times: int
    chat: int | None = None
    status: int = 0
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0
    effect: bool = True  # the deed is done before

    def fits(self, call: Call) -> bool:
        named = self.method in {"*", call.method} and not (self.method == "*" and call.method == "getUpdates")
        return named and self.times > 0 and self.chat in {None, call.params.get("chat_id")}


class Faults(Handles):
    """Part of the server: mishaps, in the order in which they were asked for.

    A method is named as in the Bot API; ``*`` is all but getUpdates, ``download`` is fetching a file.
    """

    faults: list[Fault]
    released: asyncio.Event
    unreachable: bool

    def fail(
        self,
        method: str,
        times: int = 1,
        *,
        status: int = 502,
        body: bytes | str | None = None,
        description: str = "",
        retry_after: int = 0,
        chat: Any = None,
        effect: bool = False,
    ) -> None:
        """The next ``times`` calls are answered so: 502 with a page of HTML, unless said otherwise.

        ``description`` makes it a Bot API answer with that status; ``retry_after`` makes it a 429.
        """
        headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)
        if retry_after:
            status, description = 429, f"Too Many Requests: retry after {retry_after}"
            headers += (("Retry-After", str(retry_after)),)
        if body is None and (description or status not in {500, 502, 503, 504}):
            body = _answer(status, description or "Internal Server Error", retry_after)
        elif body is None:
            headers, body = (("Content-Type", "text/html"),), BAD_GATEWAY
        raw = body.encode() if isinstance(body, str) else body
        self._add(Fault(method, "answer", times, None, status, raw, headers, effect=effect), chat)

    def cut(self, method: str, times: int = 1, *, effect: bool = True, chat: Any = None) -> None:
        """The deed is done (or not), and then the connection closes without an answer."""
        self._add(Fault(method, "cut", times, effect=effect), chat)

    def hang(self, method: str, times: int = 1, *, effect: bool = True, chat: Any = None) -> None:
        """The deed is done (or not), and no answer comes until ``release``."""
        self._add(Fault(method, "hang", times, effect=effect), chat)

    def delay(
        self, method: str, seconds: float, times: int = MOST, *, effect: bool = True, chat: Any = None
    ) -> None:
        """The deed is done at once (or only then), the answer comes ``seconds`` later."""
        self._add(Fault(method, "delay", times, seconds=seconds, effect=effect), chat)

    def _add(self, fault: Fault, chat: Any) -> None:
        fault.chat = getattr(chat, "id", chat)
        self.faults.append(fault)

    def release(self) -> None:
        """Answer what hangs."""
        self.released.set()
        self.released = asyncio.Event()

    def heal(self) -> None:
        """No more mishaps."""
        self.faults.clear()
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


def _answer(status: int, description: str, retry_after: int) -> str:
    words = f'{{"ok":false,"error_code":{status},"description":"{description}"'
    return words + (f',"parameters":{{"retry_after":{retry_after}}}}}' if retry_after else "}")
