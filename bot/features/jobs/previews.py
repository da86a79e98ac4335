"""Passing updates of job cards: the latest wins, one in flight per job."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.errors import ServiceError
from bot.jobs import Job, Progress

log = structlog.get_logger()


class Previews:
    """``show`` puts one update before people; it returns how long to leave them in peace, in seconds."""

    def __init__(self, show: Callable[[Job, Progress], Awaitable[float]]) -> None:
        self._show = show
        self._latest: dict[str, tuple[Job, Progress]] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._group: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Own the updates until cancelled."""
        async with asyncio.TaskGroup() as self._group:
            await asyncio.Event().wait()

    def changed(self, job: Job, progress: Progress) -> None:
        """There is something newer to show. Never waits for it to be shown."""
        if self._group is None:
            return
        self._latest[job.id] = (job, progress)
        if job.id not in self._tasks:
            self._tasks[job.id] = self._group.create_task(self._follow(job.id), name=f"preview {job.id}")

    async def leave(self, job: str) -> None:
        """Show no more of it; when this returns none is in flight, so what is shown next stays."""
        self._latest.pop(job, None)
        task = self._tasks.pop(job, None)
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def _follow(self, job: str) -> None:
        try:
            while (latest := self._latest.pop(job, None)) is not None:  # noqa: ASYNC110 (a pace)
                await asyncio.sleep(await self._show(*latest))
        except Exception as error:  # a preview is only a preview: the next one may do
            log.warning(
                "a preview cannot be shown",
                job=job,
                error=repr(error),
                exc_info=None if isinstance(error, ServiceError) else error,
            )
        finally:
            if self._tasks.get(job) is asyncio.current_task():
                del self._tasks[job]
