"""Callbacks: each change of a task that asked for it is posted to its address, once and without retries."""

import asyncio
import math
from collections.abc import Callable
from typing import Any

import aiohttp
import structlog

from bot.sandbox.studio import Studio
from bot.sandbox.tasks import Task
from bot.sandbox.wire import dump

log = structlog.get_logger()

TaskObject = Callable[[Task], dict[str, Any]]


class Hooks:
    """Watches the clock and posts. ``task_object`` makes what fetch would answer."""

    def __init__(self, studio: Studio, task_object: TaskObject) -> None:
        self._studio = studio
        self._task_object = task_object
        self._last: dict[str, dict[str, Any]] = {}

    async def run(self) -> None:
        """Until cancelled."""
        timeout = aiohttp.ClientTimeout(total=10)
        async with aiohttp.ClientSession(timeout=timeout) as session, asyncio.TaskGroup() as group:
            since = self._studio.clock.now()
            while True:
                stirred = self._studio.changed
                now = self._studio.clock.now()
                due = {task.id: task for _, task in self._studio.due(since, now)}
                since = now
                for task in due.values():
                    group.create_task(self._post(session, task, self._bodies(task)))
                await self._wait(stirred, now)

    async def _wait(self, stirred: asyncio.Event, now: float) -> None:
        clock = self._studio.clock
        moment = self._studio.next_change(now)
        seconds = math.inf if moment is None or not clock.speed else (moment - now) / clock.speed + 0.001
        try:
            async with asyncio.timeout(None if seconds == math.inf else seconds):
                await stirred.wait()
        except TimeoutError:
            return

    def _bodies(self, task: Task) -> list[dict[str, Any]]:
        """What to post now: the task, and, where that is wanted, late and double ones after it."""
        body, before = self._task_object(task), self._last.get(task.id)
        final = body["status"] in ("SUCCESS", "FAILURE", "CANCEL")
        self._last[task.id] = body
        bodies = [body]
        if final:
            del self._last[task.id]
            if self._studio.switches.disorder and before is not None:
                bodies.append(before)
        if self._studio.switches.duplicate:
            bodies.append(body)
        return bodies

    async def _post(self, session: aiohttp.ClientSession, task: Task, bodies: list[dict[str, Any]]) -> None:
        for body in bodies:
            headers = {"Content-Type": "application/json"}
            try:
                async with session.post(task.hook, data=dump(body), headers=headers) as response:
                    if response.status >= 300:
                        log.info("callback was refused", task=task.id, status=response.status)
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                log.info("callback failed", task=task.id, error=type(error).__name__)
