"""Cleaning up in the background: files that nothing needs, and those that are older or more than is kept."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.errors import ServiceError
from bot.ports import Cleaned, Keeping

log = structlog.get_logger()

FIRST = 300.0  # seconds after the start, when there is nothing else to do
EVERY = 6 * 3600.0  # seconds


class Tidying:
    """``clean`` is the storage's; ``first`` and ``every``: seconds until the first, and between two."""

    def __init__(
        self,
        clean: Callable[[Keeping], Awaitable[Cleaned]],
        keeping: Keeping,
        *,
        first: float = FIRST,
        every: float = EVERY,
    ) -> None:
        self._clean = clean
        self._keeping = keeping
        self._first = first
        self._every = every

    async def run(self) -> None:
        """Clean up again and again, until cancelled."""
        await asyncio.sleep(self._first)
        while True:
            try:
                await self._clean(self._keeping)
            except Exception as error:  # the next time will do; nothing else may end with it
                known = isinstance(error, (ServiceError, OSError))
                log.warning("files cannot be cleaned up", error=str(error), exc_info=None if known else error)
            await asyncio.sleep(self._every)
