"""Following an engine's task to its end, as the tracker does, only faster."""

import asyncio

from bot.jobs import Progress
from bot.ports import ImageEngine


async def ended(engine: ImageEngine, task: str) -> Progress:
    """Its last report."""
    async with asyncio.timeout(30):
        while True:
            seen = (await engine.report([task]))[task]
            if seen.stage.final:
                return seen
            await asyncio.sleep(0.01)
