"""When something may go: one pace for all that grows in a channel, and one for the whole bot."""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

REMEMBERED = 500  # channels, messages
_CLAIM = 15.0  # seconds for which a preview that was refused keeps its place


@dataclass(frozen=True, slots=True)
class Budget:
    """At most ``calls`` edits in ``seconds``; previews leave ``kept`` of them to finals."""

    calls: int = 5
    seconds: float = 5.2
    kept: int = 1

    @property
    def preview_every(self) -> float:
        """Seconds between previews when they come all the time."""
        return self.seconds / (self.calls - self.kept)


EDITS = Budget()  # in one channel
CALLS = Budget(45, 1.1, kept=15)  # of the whole bot, which may make fifty in a second


@dataclass(slots=True)
class _Lane:
    taken: deque[float] = field(default_factory=deque)  # when the last edits went
    claims: dict[str, float] = field(default_factory=dict)  # messages that were refused, and when


class Pace:
    """The platform counts edits by channel. Finals always go, and are counted."""

    def __init__(self, budget: Budget = EDITS, clock: Callable[[], float] = time.monotonic) -> None:
        self._budget = budget
        self._clock = clock
        self._lanes: OrderedDict[str, _Lane] = OrderedDict()  # by last use

    @property
    def preview_every(self) -> float:
        return self._budget.preview_every

    def spare(self, channel: str, message: str) -> bool:
        """Whether a preview of that message may go now; if so, it has its slot.

        Of several messages that grow in one channel each gets its turn.
        """
        lane, now = self._lane(channel)
        for other in [each for each, since in lane.claims.items() if since < now - _CLAIM]:
            del lane.claims[other]
        budget = self._budget
        last = lane.taken[-1] if lane.taken else -1e9
        if len(lane.taken) < budget.calls - budget.kept and now - last >= 0.8 * budget.preview_every:
            first = next(iter(lane.claims), message)
            if first == message:
                lane.claims.pop(message, None)
                lane.taken.append(now)
                return True
        lane.claims.setdefault(message, now)
        return False

    def took(self, channel: str, message: str) -> None:
        """An edit goes that is no preview."""
        lane, now = self._lane(channel)
        lane.claims.pop(message, None)
        lane.taken.append(now)

    def _lane(self, channel: str) -> tuple[_Lane, float]:
        lane = self._lanes.setdefault(channel, _Lane())
        self._lanes.move_to_end(channel)
        if len(self._lanes) > REMEMBERED:
            self._lanes.popitem(last=False)
        now = self._clock()
        while lane.taken and lane.taken[0] <= now - self._budget.seconds:
            lane.taken.popleft()
        return lane, now


class Turnstile:
    """The platform counts the calls of the whole bot, whatever they are. It tells of this limit only once
    it is exceeded, and whoever goes on then is shut out."""

    def __init__(self, budget: Budget = CALLS, clock: Callable[[], float] = time.monotonic) -> None:
        self._budget = budget
        self._clock = clock
        self._taken: deque[float] = deque()  # when the last calls went
        self._waiting = asyncio.Lock()
        self._refused: OrderedDict[str, None] = OrderedDict()  # who was, when they last asked for room

    async def enter(self) -> None:
        """Wait until one more call may go, in the order of asking."""
        if self._waiting.locked() or self._used() >= self._budget.calls:
            async with self._waiting:
                if self._used() >= self._budget.calls:
                    await asyncio.sleep(self._taken[0] + self._budget.seconds - self._clock())
        self._taken.append(self._clock())

    def spare(self, who: str) -> bool:
        """Whether what may be left out may go: nothing waits, and the rest have room.

        Some of the room is for those who were refused last time, or it would go to the same ones again.
        """
        room = self._budget.calls - self._budget.kept
        if who not in self._refused:
            room = room * 2 // 3
        if self._waiting.locked() or self._used() >= room:
            self._refused[who] = None
            if len(self._refused) > REMEMBERED:
                self._refused.popitem(last=False)
            return False
        self._refused.pop(who, None)
        return True

    def _used(self) -> int:
        while self._taken and self._taken[0] <= self._clock() - self._budget.seconds:
            self._taken.popleft()
        return len(self._taken)
