"""The server's time, which may run faster than ours, and waiting for something to change."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Clock:
    """Seconds on the server: ``speed`` of them pass in one of ours, and tests may skip some."""

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = speed
        self._began = time.monotonic()
        self._base = time.time()

    @property
    def speed(self) -> float:
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self._base, self._began = self.now(), time.monotonic()
        self._speed = speed

    def now(self) -> float:
        """Unix seconds."""
        return self._base + (time.monotonic() - self._began) * self._speed

    def date(self) -> int:
        return int(self.now())

    def advance(self, seconds: float) -> None:
        self._base += seconds

    def real(self, seconds: float) -> float:
        """How long that is for whoever waits outside."""
        return seconds / self._speed


class Changes:
    """Wakes those who wait for the world to look different."""

    def __init__(self) -> None:
        self.version = 0
        self._waiting: set[asyncio.Future[None]] = set()
        self._timers: set[asyncio.TimerHandle] = set()

    def notify(self) -> None:
        self.version += 1
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)

    def notify_in(self, seconds: float) -> None:
        """Something will look different by then, of itself."""

        def ring() -> None:
            self._timers.discard(timer)
            self.notify()

        timer = asyncio.get_running_loop().call_later(seconds + 0.001, ring)
        self._timers.add(timer)

    async def after(self, version: int, within: float) -> int:
        """The version, as soon as it is above ``version``, or when that many seconds are over."""
        if self.version <= version:
            waiting = asyncio.get_running_loop().create_future()
            self._waiting.add(waiting)
            try:
                async with asyncio.timeout(within):
                    await waiting
            except TimeoutError:
                pass
            finally:
                self._waiting.discard(waiting)
        return self.version

    async def until(self, seen: Callable[[], T], within: float = 30.0) -> T:
        """Wait until ``seen()`` is true and return what it gave; TimeoutError when it never is."""
        loop = asyncio.get_running_loop()
        end = loop.time() + within
        while not (found := seen()):
            left = end - loop.time()
            if left <= 0:
                raise TimeoutError(f"not seen within {within} s")
            await self.after(self.version, left)
        return found

    def close(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
