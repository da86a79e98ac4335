"""When a preview may go: one pace for all that grows in a channel."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

REMEMBERED = 500  # channels
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


@dataclass(slots=True)
class _Lane:
    taken: deque[float] = field(default_factory=deque)  # when the last edits went
    claims: dict[str, float] = field(default_factory=dict)  # messages that were refused, and when


class Pace:
    """The platform counts edits by channel. Finals always go, and are counted."""

    def __init__(self, budget: Budget | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._budget = budget or Budget()
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
