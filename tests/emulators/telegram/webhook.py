"""Updates delivered by POST: one at a time per chat or person, tried again until they are taken."""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress

import aiohttp

from tests.emulators.telegram.clock import Changes, Clock
from tests.emulators.telegram.updates import Updates, Waiting

FIRST_DELAY = 1.0  # seconds, doubled each time
LONGEST_DELAY = 60.0
LONGEST_WISH = 3600.0  # of a Retry-After


class Webhook:
    """Where updates go, and the tasks that bring them there."""

    def __init__(self, updates: Updates, clock: Clock, changes: Changes) -> None:
        self._updates = updates
        self._clock = clock
        self._changes = changes
        self._queues: dict[str, deque[Waiting]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._http: aiohttp.ClientSession | None = None
        self._slots = asyncio.Semaphore(40)
        self.url = ""
        self.secret = ""
        self.connections = 40
        self.last_error = ""
        self.last_error_date = 0
        self.delivered = 0
        self.attempts = 0
        self.busiest = 0  # most requests at once
        self._busy = 0
        self.replied: Callable[[bytes], Awaitable[None]] | None = None  # an answer may hold a method call

    def point(self, url: str, secret: str, connections: int) -> None:
        self._stop()
        self.url, self.secret, self.connections = url, secret, connections
        self.last_error = ""
        self._slots = asyncio.Semaphore(connections)
        self._updates.webhook = url
        self._updates.listener = self.bring
        for one in list(self._updates.waiting):
            self.bring(one)

    def remove(self) -> None:
        self._stop()
        self.url = self._updates.webhook = ""
        self._updates.listener = None

    def bring(self, one: Waiting) -> None:
        queue = self._queues.setdefault(one.queue, deque())
        queue.append(one)
        if len(queue) == 1:
            task = asyncio.get_running_loop().create_task(self._serve(one.queue, queue))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _serve(self, name: str, queue: deque[Waiting]) -> None:
        while queue:
            await self._deliver(queue[0])
            queue.popleft()
        self._queues.pop(name, None)

    async def _deliver(self, one: Waiting) -> None:
        delay = FIRST_DELAY
        while one.until > self._clock.now():
            async with self._slots:
                wish = await self._try(one)
            if wish is None:
                self.delivered += 1
                self._updates.done(one)
                return
            await asyncio.sleep(self._clock.real(wish or delay))
            delay = min(delay * 2, LONGEST_DELAY)
        self._updates.done(one)

    async def _try(self, one: Waiting) -> float | None:
        """None when it was taken; else after how many seconds to try again, 0 when nobody said."""
        if self._http is None:
            self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60))
        headers = {"Content-Type": "application/json"}
        if self.secret:
            headers["X-Telegram-Bot-Api-Secret-Token"] = self.secret
        self.attempts += 1
        self._busy += 1
        self.busiest = max(self.busiest, self._busy)
        self._changes.notify()
        try:
            body = json.dumps(one.body).encode()
            async with self._http.post(self.url, data=body, headers=headers) as answer:
                reply = await answer.read()
                if 200 <= answer.status < 300:
                    if self.replied is not None and reply.startswith(b"{"):
                        await self.replied(reply)
                    return None
                self._failed(f"Wrong response from the webhook: {answer.status} {answer.reason}")
                with suppress(ValueError):
                    return min(float(answer.headers.get("Retry-After", "")), LONGEST_WISH)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self._failed(f"Connection failed: {type(error).__name__}")
        finally:
            self._busy -= 1
        return 0.0

    def _failed(self, why: str) -> None:
        self.last_error, self.last_error_date = why, self._clock.date()
        self._changes.notify()

    def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._queues.clear()

    async def close(self) -> None:
        self._stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._http is not None:
            await self._http.close()
