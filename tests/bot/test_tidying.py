"""Cleaning up in the background."""

import asyncio

from bot.errors import Unavailable
from bot.features.tidying import Tidying
from bot.ports import Cleaned, Keeping


class Untidy:
    """A storage that is away at first."""

    def __init__(self) -> None:
        self.asked: list[Keeping] = []
        self.enough = asyncio.Event()

    async def clean(self, keeping: Keeping) -> Cleaned:
        self.asked.append(keeping)
        if len(self.asked) == 1:
            raise Unavailable("away")
        if len(self.asked) == 2:
            raise OSError(5, "Input/output error")
        if len(self.asked) == 3:
            raise RuntimeError("a fault of the database's library")
        self.enough.set()
        return Cleaned()


async def test_it_goes_on_whatever_happens():
    storage, keeping = Untidy(), Keeping(days=3)
    running = asyncio.create_task(Tidying(storage.clean, keeping, first=0.0, every=0.0).run())
    async with asyncio.timeout(30):
        await storage.enough.wait()
    running.cancel()
    await asyncio.wait({running})

    assert set(storage.asked) == {keeping}
