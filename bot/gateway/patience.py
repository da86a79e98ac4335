"""Deadlines of a stream, at next to no cost per read."""

import asyncio


class Patience:
    """Ends a wait that takes too long: until the first token, between any bytes, and over all.

    A timer per read would cost more than the read. Here one timer looks now and then whether the wait
    that is under way is due, and cancels it; ``late`` tells that cancellation from anybody else's.
    """

    def __init__(self, first: float, idle: float, total: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._idle = idle
        self._since = 0.0  # when the wait began; 0.0: none is under way
        self._task: asyncio.Task[object] | None = None
        self._cancelling = 0
        self._fired = False
        began = self._loop.time()
        self._first: float | None = began + first
        self._end = began + total
        self._timer = self._loop.call_at(self._due(began), self._look)

    def wait(self) -> None:
        """A wait begins, in this task."""
        task = asyncio.current_task(self._loop)
        if task is not self._task:
            self._task = task
            self._cancelling = task.cancelling() if task else 0
        self._since = self._loop.time()

    def served(self) -> None:
        """The wait is over."""
        self._since = 0.0

    def begun(self) -> None:
        """The first token has come."""
        self._first = None
        self._look_anew()

    def hurry(self, idle: float) -> None:
        """From now on be silent for no longer than this."""
        self._first, self._idle = None, min(self._idle, idle)
        self._look_anew()

    def late(self) -> bool:
        """Whether the CancelledError at hand is ours; it is taken back then."""
        if not self._fired or self._task is None:
            return False
        self._fired = False
        return self._task.uncancel() <= self._cancelling

    def close(self) -> None:
        """Look no more."""
        self._timer.cancel()
        self._task = None

    def _due(self, since: float) -> float:
        return min(self._first or since + self._idle, self._end)

    def _look_anew(self) -> None:
        self._timer.cancel()
        self._timer = self._loop.call_at(self._due(self._loop.time()), self._look)

    def _look(self) -> None:
        now = self._loop.time()
        due = self._due(self._since or now)
        if self._since and now >= due and self._task is not None:
            self._fired = True
            self._task.cancel()
            return
        # With nobody waiting, whoever waits next does so from a later moment on.
        self._timer = self._loop.call_at(max(due, now + 0.05), self._look)
