"""A process that does durable work until it is killed. Run by ``test_work``, in a child process.

A task's effect is a post in the room of its key, keyed by the task's own number; so the posts of a room
tell which effects there were, in which order, and none can be there twice without being seen.
"""

import asyncio
import random
import signal
from collections.abc import Mapping
from multiprocessing.connection import Connection
from typing import Any

from bot.work import Work
from storage import open_storage


def live(url: str, files: str, tell: Connection, seed: int) -> None:
    """One life. Tells a byte for every task that was begun, and one at the very end."""
    asyncio.run(_live(url, files, tell, random.Random(seed)))


async def _live(url: str, files: str, tell: Connection, chance: random.Random) -> None:
    async with open_storage(url, files) as storage:
        work = Work(storage.tasks)
        busy: set[str] = set()

        async def handler(args: Mapping[str, Any]) -> None:
            key, number = args["key"], args["number"]
            assert key not in busy, f"two tasks of {key} at once"
            busy.add(key)
            try:
                tell.send_bytes(b".")
                await asyncio.sleep(chance.random() * 0.01)
                await storage.posts.add("effects", key, {"number": number}, key=str(number))
                await asyncio.sleep(chance.random() * 0.01)
            finally:
                busy.discard(key)

        work.handle("effect", handler)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(work.run())
            loop = asyncio.get_running_loop()
            stopping: list[asyncio.Task[None]] = []
            loop.add_signal_handler(
                signal.SIGTERM, lambda: stopping.append(group.create_task(work.stop(grace=0.004)))
            )
            idle = group.create_task(work.idle())
            await asyncio.wait([running, idle], return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                idle.cancel()
                return
            tell.send_bytes(b"!")
            await work.stop()
