"""Whether and when a chat request is tried again, before anything of its answer was given.

Nothing in this family of services knows idempotency keys, so a repeat may be paid twice. For a text that
is a fraction of a cent; for pictures, music and films made in chat it is not, and gateways keep working
after a timeout, so those are repeated only when surely nothing was sent on.
"""

import random
from collections import deque
from collections.abc import Callable
from time import monotonic

from bot.errors import Kind, OutcomeUnknown, ServiceError, Silent, Unavailable

ATTEMPTS = 3
WAIT_IN_ALL = 90.0  # seconds
SHARE = 0.2  # of the calls of the last minute that may be repeats
AT_LEAST = 10  # repeats a minute that are always allowed
FAILURES = 5  # calls in a row without success, after which a gateway is not asked twice
REST = 30.0  # seconds for which that holds


class Budget:
    """What a gateway may be troubled with, over all calls: a failing one is not made to fail by us."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._calls: deque[float] = deque()
        self._repeats: deque[float] = deque()
        self._failures = 0
        self._failed = 0.0

    def called(self) -> None:
        self._calls.append(self._clock())

    def succeeded(self) -> None:
        self._failures = 0

    def failed(self) -> None:
        self._failures += 1
        self._failed = self._clock()

    def repeat(self) -> bool:
        """Whether a repeat is allowed now; counts it if so."""
        now = self._clock()
        for times in (self._calls, self._repeats):
            while times and times[0] < now - 60.0:
                times.popleft()
        if self._failures >= FAILURES and now - self._failed < REST:
            return False
        if len(self._repeats) >= max(AT_LEAST, SHARE * len(self._calls)):
            return False
        self._repeats.append(now)
        return True


class Tries:
    """The repeats of one call."""

    def __init__(
        self, budget: Budget, *, media: bool = False, jitter: Callable[[], float] = random.random
    ) -> None:
        self._budget = budget
        self._media = media
        self._jitter = jitter
        self._attempts = 1
        self._waited = 0.0
        self._of_a_sort: dict[tuple[float, ...], int] = {}

    def after(self, error: ServiceError) -> float | None:
        """Seconds to wait before the next try; None when there is to be none."""
        waits = waits_after(error, media=self._media)
        used = self._of_a_sort.get(waits, 0)
        if self._attempts >= ATTEMPTS or used >= len(waits):
            return None
        wait = waits[used] * (1 + self._jitter() / 4)
        if isinstance(error, Unavailable) and error.retry_after is not None:
            wait = error.retry_after
        if self._waited + wait > WAIT_IN_ALL or not self._budget.repeat():
            return None
        self._attempts += 1
        self._waited += wait
        self._of_a_sort[waits] = used + 1
        return wait


def waits_after(error: ServiceError, *, media: bool = False) -> tuple[float, ...]:
    """Seconds before each repeat that this error allows."""
    if error.kind is Kind.EMPTY:
        return () if media else (1.0,)
    if isinstance(error, OutcomeUnknown):
        # A timeout is not waited for twice. A connection that broke off may just have been an old one.
        return () if media or error.kind is not Kind.UPSTREAM else (2.0,)
    if isinstance(error, Silent) or not isinstance(error, Unavailable):
        return ()
    if error.kind is Kind.RATE:
        return (5.0, 15.0)
    if error.kind is Kind.MODEL:
        return (5.0,)
    if not error.status:  # no connection: nothing was sent
        return (0.5, 2.0)
    return () if media else (1.0, 4.0)
