"""What came over the wire, and waiting for it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tests.emulators.discord.gateway import Gateway
from tests.emulators.discord.handles import Handles
from tests.emulators.discord.rates import RateControl, Rates
from tests.emulators.discord.things import Sync, User

T = TypeVar("T")


@dataclass(slots=True)
class Request:
    """A request of the bot's and its answer. ``status`` 0: none was given (yet)."""

    number: int
    method: str  # what it asks for: create_message, edit_message, respond, …
    verb: str
    path: str
    body: Any
    files: dict[int, int]  # number: bytes
    at: float  # seconds, monotonic
    status: int = 0
    code: int = 0  # of a refusal
    description: str = ""
    took: float = 0.0
    result: Any = field(default=None, repr=False)


class Watch(Handles):
    """Part of the server: looking on."""

    gateway: Gateway
    requests: list[Request]
    rate_control: RateControl

    async def until(self, seen: Callable[[], T], within: float = 30.0) -> T:
        """Wait until ``seen()`` is true, and return what it gave."""
        try:
            return await self.world.changes.until(seen, within)
        except TimeoutError:
            latest = [(one.method, one.status, one.code, one.description) for one in self.requests[-8:]]
            raise TimeoutError(f"not seen within {within} s; the latest requests: {latest}") from None

    @property
    def bot(self) -> User:
        """The bot as a person: to mention it, to give it rights."""
        return self.world.bot

    @property
    def connected(self) -> bool:
        return self.gateway.connected

    @property
    def syncs(self) -> list[Sync]:
        return self.world.syncs

    @property
    def counts(self) -> Counter[str]:
        return Counter(request.method for request in self.requests)

    def calls(self, method: str) -> list[Request]:
        return [request for request in self.requests if request.method == method]

    @property
    def refusals(self) -> list[Request]:
        return [request for request in self.requests if request.status >= 400]

    @property
    def refused_429(self) -> int:
        return self.rate_control.refused

    @property
    def invalid_requests(self) -> int:
        """Answers of 401, 403 and 429."""
        return self.rate_control.invalid

    @property
    def rates(self) -> Rates | None:
        return self.rate_control.rules

    @rates.setter
    def rates(self, rules: Rates | None) -> None:
        self.rate_control.rules = rules

    def advance(self, seconds: float) -> None:
        """Let time pass at once: interactions and links expire, typing ends, budgets recover."""
        self.world.clock.advance(seconds)
        self.world.changes.notify()
