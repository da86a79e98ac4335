"""What engines have learned of their services, kept over restarts."""

import asyncio
from collections.abc import Mapping

import structlog

from bot.ports import ImageEngine, Options

log = structlog.get_logger()

PLACE = "engines"  # of the options: engine → what it has learned
EVERY = 60.0  # seconds


class Memory:
    """Gives engines back what they knew, and looks now and then whether they know more."""

    def __init__(self, options: Options, engines: Mapping[str, ImageEngine], *, every: float = EVERY) -> None:
        self._options = options
        self._engines = engines
        self._every = every

    async def run(self) -> None:
        """Until cancelled. It is a help and no more: trouble with it ends nothing."""
        kept: dict[str, str] = {}
        try:
            kept |= await self._options.get(PLACE)
            for name in self._engines.keys() & kept.keys():
                self._engines[name].recall(kept[name])
        except Exception as error:
            log.warning("what engines knew cannot be recalled", error=repr(error))
        while True:
            await asyncio.sleep(self._every)
            try:
                await self._look(kept)
            except Exception as error:
                log.warning("what engines know cannot be kept", error=repr(error))

    async def _look(self, kept: dict[str, str]) -> None:
        for name, engine in self._engines.items():
            learned = engine.learned()
            if learned and learned != kept.get(name):
                await self._options.set(PLACE, name, learned)
                kept[name] = learned
