"""Following an engine's task, as the tracker does, only faster."""

import asyncio
from collections.abc import Callable

from bot.jobs import Progress
from bot.ports import ImageEngine


async def ended(engine: ImageEngine, task: str) -> Progress:
    """Its last report."""
    return await reported(engine, task, lambda seen: seen.stage.final)


async def reported(engine: ImageEngine, task: str, wanted: Callable[[Progress], bool]) -> Progress:
    """The first report that is as wanted."""
    async with asyncio.timeout(30):
        seen = (await engine.report([task]))[task]
        while not wanted(seen):
            await asyncio.sleep(0.01)
            seen = (await engine.report([task]))[task]
    return seen
