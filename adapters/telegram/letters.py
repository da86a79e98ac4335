"""Updates on their way in: crossed off when they were taken in, else tried again."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence

import structlog

from bot.ports import Letter, Mail

log = structlog.get_logger()

PLATFORM = "telegram"
TRIES = 10  # of an update that is not taken in: more than an hour

Work = Callable[[], Awaitable[None]]
Open = Callable[[Letter], Awaitable[None]]


class Letters:
    """What fails is opened once more after a while, beside everything else, so that nothing waits for it.

    ``retry`` seconds pass before the second try, and then twice as many each time. What has failed so often
    that it always will is put aside.
    """

    def __init__(self, mail: Mail, opened: Open, group: asyncio.TaskGroup, retry: float) -> None:
        self._mail = mail
        self._open = opened
        self._group = group
        self._retry = retry
        self._failures: dict[str, int] = {}  # by letter: how often it was not taken in

    async def open(self, letters: Sequence[Letter]) -> None:
        """Find out what they say and see to it. Raises nothing but cancellation."""
        for letter in letters:
            try:
                await self._open(letter)
            except Exception:
                log.exception("an update was not opened", update=letter.key)
                self._try_later([letter])

    async def see_to(self, letters: Sequence[Letter], work: Work) -> None:
        """Do it and cross the letters off. Raises nothing but cancellation."""
        key = letters[0].key
        try:
            await work()
        except Exception:
            log.exception("an update was not taken in", update=key)
            self._try_later(letters)
        else:
            await self.done(letters)

    async def done(self, letters: Sequence[Letter]) -> None:
        """Cross them off."""
        key = letters[0].key
        try:
            for letter in letters:
                await self._mail.done(PLATFORM, letter.key)
        except Exception:
            log.exception("an update cannot be crossed off", update=key)
            self._group.create_task(self._later(letters, lambda: self.done(letters)))
        else:
            self._failures.pop(key, None)

    async def _later(self, letters: Sequence[Letter], again: Work) -> None:
        key = letters[0].key
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        if failures < TRIES:
            await asyncio.sleep(self._retry * 2 ** (failures - 1) * random.uniform(0.8, 1.2))
            await again()
        elif failures == TRIES:
            log.error("an update is put aside: it cannot be taken in", update=key, tries=failures)
            await self.done(letters)
        # Beyond that storage is away, and it waits for the next start.

    def _try_later(self, letters: Sequence[Letter]) -> None:
        self._group.create_task(self._later(letters, lambda: self.open(letters)))
