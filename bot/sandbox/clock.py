"""Time that may run faster than the world's, be frozen, and go on where it was after a restart."""

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

INSTANT = 1000.0  # from this speed on, nobody waits for anything


@dataclass(frozen=True, slots=True)
class Mark:
    """From ``real`` (Unix seconds) on, the clock runs at ``speed``; it showed ``virtual`` then."""

    real: float
    virtual: float
    speed: float


class Clock:
    """Seconds as tasks count them. At speed 10 ten of them pass in one."""

    def __init__(self, speed: float = 1.0, world: Callable[[], float] = time.time) -> None:
        self._world = world
        now = world()
        self.marks = [Mark(now, now, speed)]

    @property
    def speed(self) -> float:
        return self.marks[-1].speed

    @property
    def instant(self) -> bool:
        return self.speed >= INSTANT

    def now(self) -> float:
        return self.virtual(self._world())

    def world(self) -> float:
        """Unix seconds."""
        return self._world()

    def virtual(self, real: float) -> float:
        mark = self.marks[-1]
        for earlier in reversed(self.marks):
            mark = earlier
            if earlier.real <= real:
                break
        return mark.virtual + (real - mark.real) * mark.speed

    def real(self, virtual: float) -> float:
        """When the world's clock showed, or will show, Unix seconds; infinite when time stands still."""
        for index, mark in enumerate(self.marks):
            last = index == len(self.marks) - 1
            if (last or virtual < self.marks[index + 1].virtual) and mark.speed:
                return mark.real + (virtual - mark.virtual) / mark.speed
        return math.inf if virtual > self.marks[-1].virtual else self.marks[-1].real

    def set_speed(self, speed: float) -> Mark:
        """Run at this speed from now on; 0 freezes every task."""
        mark = Mark(self._world(), self.now(), speed)
        self.marks.append(mark)
        return mark

    def restore(self, marks: list[Mark]) -> None:
        self.marks = list(marks)

    async def sleep(self, seconds: float) -> None:
        """Wait that many of this clock's seconds; a freeze counts as no wait at all."""
        if seconds > 0 and self.speed > 0:
            await asyncio.sleep(seconds / self.speed)
