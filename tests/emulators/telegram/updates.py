"""What waits for the bot: numbered, kept until it is acknowledged, given to a poll or to a webhook."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.emulators.telegram.clock import Changes, Clock
from tests.emulators.telegram.errors import ApiError, conflict

Json = dict[str, Any]

FIRST = 700_000_001
KINDS = frozenset(
    {
        "message",
        "edited_message",
        "channel_post",
        "edited_channel_post",
        "callback_query",
        "inline_query",
        "chosen_inline_result",
        "my_chat_member",
        "chat_member",
        "message_reaction",
        "message_reaction_count",
        "stopped_message_generation",
    }
)
ON_REQUEST = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
LIFETIMES = {"callback_query": 150, "inline_query": 30, "chosen_inline_result": 600}  # seconds
LIFETIME = 24 * 3600


@dataclass(eq=False, slots=True)
class Waiting:
    """An update that the bot has not acknowledged."""

    id: int
    body: Json
    queue: str  # a webhook is given one of a queue at a time
    until: float
    again: bool = False  # delivered once more, whatever was acknowledged


class Updates:
    """The queue. One poll at a time; or a webhook, which ``listener`` serves."""

    def __init__(self, clock: Clock, changes: Changes) -> None:
        self._clock = clock
        self._changes = changes
        self._last = FIRST - 1
        self._poll: asyncio.Future[None] | None = None
        self.waiting: list[Waiting] = []
        self.allowed: frozenset[str] | None = None  # None: the default kinds
        self.webhook = ""
        self.listener: Callable[[Waiting], None] | None = None
        self.history: dict[int, Waiting] = {}
        self.conflicts = 0  # polls that were cut short

    def wanted(self, kind: str) -> bool:
        return kind not in ON_REQUEST if self.allowed is None else kind in self.allowed

    def allow(self, kinds: list[str]) -> None:
        """An empty list means the default again."""
        self.allowed = frozenset(kinds) or None

    def put(self, kind: str, body: Json, queue: str = "") -> int:
        """Queue one; 0 when the bot does not want this kind."""
        if not self.wanted(kind):
            return 0
        return self.inject({kind: body}, kind=kind, queue=queue)

    def inject(self, body: Json, *, kind: str = "", queue: str = "") -> int:
        """Queue it as it is, with a number unless it brings one."""
        number = body.get("update_id")
        if not isinstance(number, int):
            number = self._last + 1
            body = {"update_id": number} | body
        self._last = max(self._last, number)
        until = self._clock.now() + LIFETIMES.get(kind, LIFETIME)
        self._queue(Waiting(number, body, queue or str(number), until))
        return number

    def redeliver(self, number: int = 0) -> int:
        """Queue one a second time, under its old number; the latest when 0."""
        known = self.history[number or max(self.history)]
        self._queue(Waiting(known.id, known.body, known.queue, known.until, again=True))
        return known.id

    def _queue(self, one: Waiting) -> None:
        self.history[one.id] = one
        self.waiting.append(one)
        if self.listener is not None:
            self.listener(one)
        self._wake()
        self._changes.notify()

    def _wake(self) -> None:
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(None)

    def done(self, one: Waiting) -> None:
        """A webhook took it."""
        if one in self.waiting:
            self.waiting.remove(one)
        self._changes.notify()

    def forget(self) -> None:
        self.waiting.clear()

    def interrupt(self, reason: str) -> None:
        """End a poll that is under way."""
        if self._poll is not None and not self._poll.done():
            self.conflicts += 1
            self._poll.set_exception(conflict(reason))
        self._poll = None

    async def get(self, offset: int, limit: int, hold: float) -> list[Json]:
        """Acknowledge what is below ``offset`` and return what waits, once something does."""
        if self.webhook:
            raise conflict(
                "can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first"
            )
        self.interrupt(
            "terminated by other getUpdates request; make sure that only one bot instance is running"
        )
        self._acknowledge(offset)
        if (found := self._next(limit)) or hold <= 0:
            return found
        poll = self._poll = asyncio.get_running_loop().create_future()
        self._changes.notify()
        try:
            async with asyncio.timeout(hold):
                await poll
        except TimeoutError:
            pass
        except ApiError:
            raise
        finally:
            if self._poll is poll:
                self._poll = None
            if poll.done() and not poll.cancelled():
                poll.exception()  # retrieved, also when we were cancelled
        return self._next(limit)

    @property
    def polled(self) -> bool:
        """Whether a poll is waiting right now."""
        return self._poll is not None and not self._poll.done()

    def _acknowledge(self, offset: int) -> None:
        if offset < 0:
            self.waiting = self.waiting[offset:]
        elif offset > 0:
            self.waiting = [one for one in self.waiting if one.id >= offset or one.again]

    def _next(self, limit: int) -> list[Json]:
        now = self._clock.now()
        self.waiting = [one for one in self.waiting if one.until > now]
        found = self.waiting[:limit]
        for one in found:
            one.again = False
        return [one.body for one in found]
