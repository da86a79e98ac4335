"""What engines have learned of their services is known again after a restart."""

import asyncio
import json
import time

from bot.engines.midjourney import Midjourney
from bot.engines.midjourney.learned import BELIEVED
from bot.features.painting.memory import PLACE, Memory
from bot.gateway.http import new_client
from storage import open_storage


async def test_what_was_learned_is_kept_and_recalled_for_the_same_service_only(tmp_path):
    async with (
        new_client() as client,
        open_storage(f"sqlite:///{tmp_path}/a.db", str(tmp_path / "f")) as storage,
    ):
        first = Midjourney(client, "http://one.example", "k")
        first._learned.lacks("submit/edits")
        first._learned.refuses("bookmark")
        memory = Memory(storage.options, {"midjourney": first}, every=0.01)
        running = asyncio.ensure_future(memory.run())
        while not (kept := await storage.options.get(PLACE)):  # noqa: ASYNC110 (nothing announces it)
            await asyncio.sleep(0.01)
        running.cancel()
        second, other = (
            Midjourney(client, "http://one.example/", "k"),
            Midjourney(client, "http://two.example", "k"),
        )
        for engine in (second, other):
            engine.recall(kept["midjourney"])

    assert not await second.offered("edit")
    assert second._learned.refused == {"bookmark"}
    assert await other.offered("edit")


async def test_after_a_day_everything_is_tried_again():
    async with new_client() as client:
        engine = Midjourney(client, "http://one.example", "k")
        engine._learned.lacks("submit/edits")
        old = json.loads(engine.learned())
        old["since"] = time.time() - BELIEVED - 1
        fresh = Midjourney(client, "http://one.example", "k")
        fresh.recall(json.dumps(old))

    assert await fresh.offered("edit")


def test_nothing_learned_is_nothing_kept():
    assert Midjourney(None, "http://one.example", "k").learned() == ""


async def test_trouble_with_remembering_ends_nothing():
    class Broken:
        async def get(self, place):
            return {"midjourney": "{"}

        async def set(self, place, name, value):
            tried.append(name)
            raise RuntimeError("the database is away")

    tried = []
    engine = Midjourney(None, "http://one.example", "k")
    engine._learned.lacks("submit/edits")
    running = asyncio.ensure_future(Memory(Broken(), {"midjourney": engine}, every=0.005).run())
    while len(tried) < 2:  # noqa: ASYNC110 (nothing announces it)
        await asyncio.sleep(0.005)

    assert not running.done()
    running.cancel()
