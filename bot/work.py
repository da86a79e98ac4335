"""Durable work: what was submitted is done, in order, whatever happens to the process."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import copy_context
from dataclasses import replace
from typing import Any

import structlog

from bot.errors import BotError, OutcomeUnknown, Unavailable
from bot.metrics import work_failures, work_tasks
from bot.ports import Handler, Task, Tasks

log = structlog.get_logger()

GaveUp = Callable[[Mapping[str, Any], BaseException], Awaitable[None]]

PAUSES = (1.0, 5.0)  # seconds before the second try and before the third, which is the last
OUTAGE_PAUSE = 0.5  # seconds before the first try after Unavailable; then twice as many each time
LONGEST_NAP = 3600.0  # seconds; somebody may set the clock meanwhile
LONGEST_OUTAGE_PAUSE = 30.0  # seconds between tries while the storage or a service is away


class Work:
    """Does the tasks of each key one after another, in the order of submission, and keys side by side.

    A task is a row until its handler has returned. A handler runs at least once: after a crash it runs
    again, so it must know what it did before. One that raises is tried again after a pause, during which
    its key waits: after an outage (Unavailable, OutcomeUnknown) for as long as it takes, else twice. After
    the last try ``gave_up`` is awaited, to close things with a sentence, and the key goes on. Cancellation
    leaves rows to the next start. A key without tasks takes no memory, and one that waits takes no time.
    """

    def __init__(
        self,
        tasks: Tasks,
        *,
        clock: Callable[[], float] = time.time,
        pauses: Sequence[float] = PAUSES,
        outage_pause: float = OUTAGE_PAUSE,
    ) -> None:
        self._tasks = tasks
        self._clock = clock
        self._pauses = pauses
        self._outage_pause = outage_pause
        self._kinds: dict[str, tuple[Handler, GaveUp | None]] = {}
        self._queues: dict[str, deque[Task]] = {}  # the first of each is running, or waits for its time
        self._running: set[asyncio.Task[None]] = set()
        self._group: asyncio.TaskGroup | None = None  # while there is one, work is done
        self._early: list[Task] | None = None  # submitted while the stored ones are being read
        self._stored: frozenset[int] = frozenset()
        self._outages: Counter[int] = Counter()  # task → how often in a row it met one
        self._context = copy_context()
        self._ended = asyncio.Event()
        self._nothing_left = asyncio.Event()
        tasks.listen(self._submitted)

    def handle(self, kind: str, handler: Handler, *, gave_up: GaveUp | None = None) -> None:
        """Let this handler do work of that kind. To be called before ``run``."""
        self._kinds[kind] = (handler, gave_up)

    async def run(self) -> None:
        """Do what is left from before and all that comes, until cancelled or stopped."""
        # Work is done in the service's own context: not in the language of whoever happened to submit it.
        self._context = copy_context()
        self._early = []
        stored = await self._tasks.unfinished()
        try:
            async with asyncio.TaskGroup() as self._group:
                self._take_up(stored)
                try:
                    await self._ended.wait()
                finally:
                    self._group = None  # begin nothing more
                for task in self._running:
                    task.cancel()
        finally:
            work_tasks.dec(sum(map(len, self._queues.values())))
            self._queues.clear()

    async def stop(self, grace: float = 3.0) -> None:
        """Begin nothing more, give what runs ``grace`` seconds to end, then let ``run`` return."""
        self._group = None
        if self._running:
            await asyncio.wait(self._running, timeout=grace)
        self._ended.set()

    async def idle(self) -> None:
        """Wait until no task is left, whenever it is due. For tests."""
        await self._nothing_left.wait()

    # --- queues ---------------------------------------------------------------------------

    def _take_up(self, stored: Sequence[Task]) -> None:
        self._stored = frozenset(task.id for task in stored)
        early, self._early = self._early or [], None
        if stored:
            log.info("taking up stored work", tasks=len(stored))
        for task in (*stored, *(task for task in early if task.id not in self._stored)):
            self._take(task)
        self._note_if_idle()

    def _submitted(self, task: Task) -> None:
        if self._early is not None:
            self._early.append(task)
        elif self._group is not None and task.id not in self._stored:
            self._take(task)

    def _take(self, task: Task) -> None:
        if task.kind not in self._kinds:
            log.warning(
                "nobody does this kind of work; it is left", kind=task.kind, key=task.key, task=task.id
            )
            return
        work_tasks.inc()
        self._nothing_left.clear()
        queue = self._queues.get(task.key)
        if queue is None:
            self._queues[task.key] = deque([task])
            self._go_on(task.key)
            return
        place = len(queue)
        while place > 1 and queue[place - 1].id > task.id:  # two committed at once may be told in any order
            place -= 1
        queue.insert(place, task)

    def _go_on(self, key: str) -> None:
        """Begin the key's first task, now or when its time has come."""
        if self._group is None:
            return
        wait = self._queues[key][0].not_before - self._clock()
        if wait > 0:
            loop = asyncio.get_running_loop()
            loop.call_later(min(wait, LONGEST_NAP), self._go_on, key, context=self._context)
            return
        task = self._group.create_task(self._serve(key), name=key, context=self._context.copy())
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _serve(self, key: str) -> None:
        """Do the key's tasks until there are none, or the first has to wait."""
        queue = self._queues[key]
        while self._group is not None and queue[0].not_before <= self._clock():
            later = await self._do(queue[0])
            if later is not None:
                queue[0] = later
                continue
            queue.popleft()
            work_tasks.dec()
            if not queue:
                del self._queues[key]
                self._note_if_idle()
                return
        self._go_on(key)

    def _note_if_idle(self) -> None:
        if not self._queues:
            self._nothing_left.set()

    # --- one task -------------------------------------------------------------------------

    async def _do(self, task: Task) -> Task | None:
        """Try it once. What is left to be done of it, or None."""
        handler, gave_up = self._kinds[task.kind]
        try:
            await handler(task.args)
        except asyncio.CancelledError as stray:
            me = asyncio.current_task()
            if me is not None and me.cancelling():
                raise
            return await self._failed(task, gave_up, stray)  # a handler's own, let out by mistake
        except Exception as error:
            return await self._failed(task, gave_up, error)
        self._outages.pop(task.id, None)
        await self._surely(lambda: self._tasks.finish(task.id))
        return None

    async def _failed(self, task: Task, gave_up: GaveUp | None, error: BaseException) -> Task | None:
        if isinstance(error, (Unavailable, OutcomeUnknown)):
            return await self._outage(task, error)
        attempts = task.attempts + 1
        work_failures.labels(task.kind).inc()
        log.warning(
            "work failed",
            kind=task.kind,
            key=task.key,
            task=task.id,
            attempts=attempts,
            error=repr(error),
            exc_info=None if isinstance(error, BotError) else error,
        )
        if attempts <= len(self._pauses):
            later = replace(task, attempts=attempts, not_before=self._clock() + self._pauses[attempts - 1])
            await self._surely(lambda: self._tasks.postpone(task.id, attempts, later.not_before))
            return later
        if gave_up is not None:
            try:
                await gave_up(task.args, error)
            except Exception:
                log.exception("work that was given up cannot be closed", kind=task.kind, task=task.id)
        await self._surely(lambda: self._tasks.finish(task.id))
        return None

    async def _outage(self, task: Task, error: Unavailable | OutcomeUnknown) -> Task:
        """Something that it needs is away: it waits for as long as that takes."""
        pause = min(self._outage_pause * 2 ** min(self._outages[task.id], 8), LONGEST_OUTAGE_PAUSE)
        if isinstance(error, Unavailable):
            pause = max(pause, error.retry_after or 0.0)
        self._outages[task.id] += 1
        log.warning("work waits", kind=task.kind, key=task.key, task=task.id, error=str(error), wait=pause)
        later = replace(task, not_before=self._clock() + pause)
        await self._surely(lambda: self._tasks.postpone(task.id, task.attempts, later.not_before))
        return later

    async def _surely(self, store: Callable[[], Awaitable[None]]) -> None:
        """Store it, however long the database is away: until then its key must not go on."""
        pause = 0.5
        while True:
            try:
                await store()
                return
            except Exception as error:
                log.error("what has become of work cannot be stored", error=str(error), wait=pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_OUTAGE_PAUSE)
