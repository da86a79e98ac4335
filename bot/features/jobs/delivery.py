"""Bringing finished pictures home, and showing where a job ended."""

import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import structlog

from bot.errors import Kind, ServiceError, UserError
from bot.features.jobs.board import Board
from bot.features.jobs.media import clip_kind, picture_kind, sound_kind
from bot.features.jobs.tracker import Tracker
from bot.jobs import Failure, Job, Progress, Removed, Stage
from bot.ports import Files, ImageEngine, Jobs
from bot.texts import _, speaking

log = structlog.get_logger()

RESULT_BYTES = 100_000_000  # of one picture or clip; an upscaled PNG has 30 MB and more


class Delivery:
    """Does the durable work `deliver` and `show`."""

    def __init__(
        self,
        *,
        jobs: Jobs,
        files: Files,
        engines: Mapping[str, ImageEngine],
        board: Board,
        tracker: Tracker,
        ended: Callable[[Job], Awaitable[None]],
        after: Callable[[Job], Awaitable[None]],
    ) -> None:
        """``ended`` is told of every job that has ended, at least once; ``after``, once that is shown."""
        self._jobs = jobs
        self._files = files
        self._engines = engines
        self._board = board
        self._tracker = tracker
        self._ended = ended
        self._after = after

    async def deliver(self, args: Mapping[str, Any]) -> None:
        """Durable work `deliver`: show where a job ended, or the form it waits at."""
        job = await self._jobs.get(args["job"])
        if job is None:
            return
        with speaking(job.owner.language):
            if job.stage is Stage.FORM:
                await self._board.previews.leave(job.id)
                await self._board.redraw(job)
            elif job.stage.final:
                if job.stage is Stage.DONE and not job.results:
                    job = await self._bring_home(job)
                await self._settle(job)

    async def _bring_home(self, job: Job) -> Job:
        """Download the result at once: the service's links die within hours."""
        engine = self._engines[job.engine]
        progress = job.progress or Progress(Stage.DONE)
        results = []
        try:
            for url in progress.images:
                with suppress(*((ServiceError, UserError) if progress.audios else ())):  # a song's cover
                    data = await engine.fetch(url, limit=RESULT_BYTES)
                    kind = await picture_kind(data, RESULT_BYTES)
                    results.append(f"{await self._files.put(data)}.{kind}")
            for url in (*progress.videos, *progress.audios):
                data = await engine.fetch(url, limit=RESULT_BYTES)
                kind = clip_kind(data) if url in progress.videos else sound_kind(data)
                results.append(f"{await self._files.put(data)}.{kind}")
        except (ServiceError, UserError) as error:
            log.warning("result cannot be downloaded", job=job.id, task=job.task, error=str(error))
            failed = await self._jobs.update(job.id, (Stage.DONE,), attempts=job.attempts + 1)
            return failed or job
        return await self._jobs.update(job.id, (Stage.DONE,), results=tuple(results)) or job

    async def show(self, args: Mapping[str, Any]) -> None:
        """Durable work `show`: draw a card again, because its used buttons changed.

        One whose pictures were deleted goes with them; where they are only too old, it stays as it is.
        """
        job = await self._jobs.get(args["job"])
        if job is None or not job.message or not job.stage.final:
            return
        if job.removed is Removed.DELETED:
            await self._board.withdraw(job)
        elif job.removed is Removed.NO:
            with speaking(job.owner.language):
                await self._board.redraw(job)

    async def gave_up(self, args: Mapping[str, Any], error: BaseException) -> None:
        """The work failed for good by a fault of ours: close the job with a sentence."""
        job = await self._jobs.get(args["job"])
        if job is None or job.settled:
            return
        with speaking(job.owner.language):
            reason = _("something went wrong on our side ({id})").format(id=job.id)
            failed = await self._jobs.update(
                job.id,
                stage=Stage.FAILED,
                progress=Progress(Stage.FAILED, failure=Failure(Kind.UPSTREAM, reason)),
                finished=time.time(),
            )
            if failed is not None:
                await self._settle(failed)

    async def _settle(self, job: Job) -> None:
        self._tracker.leave(job.id)
        await self._ended(job)
        await self._board.settle(job)
        await self._after(job)
        await self._jobs.update(job.id, settled=True)
