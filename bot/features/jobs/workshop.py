"""What carries a picture job from its order to its last shown word.

A job moves by durable work on its own key: ``paint`` hands it over, ``deliver`` shows where it ended,
``show`` draws its card again. The tracker follows it in between.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

import structlog

from bot.errors import ServiceError, Unavailable, UserError
from bot.features.jobs.board import Board
from bot.features.jobs.delivery import Delivery
from bot.features.jobs.handover import Handover
from bot.features.jobs.line import Line, Share
from bot.features.jobs.quotas import Quota, Quotas
from bot.features.jobs.tracker import Tracker
from bot.jobs import Job, Order, Progress, Stage
from bot.messages import Person
from bot.metrics import jobs as jobs_by_stage
from bot.ports import Files, ImageEngine, Jobs, Options, Platform
from bot.texts import _, speaking
from bot.work import Work

log = structlog.get_logger()


Prepared = Callable[[Order], Awaitable[Order]]


async def _as_it_is(order: Order) -> Order:
    return order


class Workshop:
    """``handover`` and ``delivery`` do the durable work, ``board`` shows it, ``tracker`` follows it.

    ``line`` is where jobs wait for room, and ``quotas`` what one person may order. ``watchers`` are told of
    every job that has ended, once that is shown, and perhaps again.
    """

    def __init__(
        self,
        *,
        jobs: Jobs,
        files: Files,
        engines: Mapping[str, ImageEngine],
        platforms: Mapping[str, Platform],
        options: Options,
        is_admin: Callable[[Person], bool],
        prepared: Prepared | None = None,
        share: Share | None = None,
        quota: Quota | None = None,
        deadline: float = 900.0,
        tick: float = 1.0,
    ) -> None:
        self.watchers: list[Callable[[Job], Awaitable[None]]] = []
        self.jobs = jobs
        self.files = files
        self.engines = engines
        self.line = Line(share or Share(), self._moved)
        self.quotas = Quotas(quota or Quota(), jobs=jobs, options=options, line=self.line, is_admin=is_admin)
        self.tracker = Tracker(
            jobs, engines, changed=self._changed, line=self.line, deadline=deadline, tick=tick
        )
        self.board = Board(
            jobs=jobs,
            files=files,
            engines=engines,
            platforms=platforms,
            live=self.tracker.live,
            age=self.tracker.age,
            before=self.line.before,
        )
        self.handover = Handover(
            jobs=jobs,
            files=files,
            engines=engines,
            board=self.board,
            line=self.line,
            tracker=self.tracker,
            prepared=prepared or _as_it_is,
        )
        self.delivery = Delivery(
            jobs=jobs,
            files=files,
            engines=engines,
            board=self.board,
            tracker=self.tracker,
            ended=self.quotas.ended,
            after=self._after,
        )

    def handles(self, work: Work) -> None:
        """Take on the work of picture jobs."""
        work.handle("paint", self.handover.paint, gave_up=self.delivery.gave_up)
        work.handle("deliver", self.delivery.deliver, gave_up=self.delivery.gave_up)
        work.handle("show", self.delivery.show)

    async def run(self) -> None:
        """Follow what is under way, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.board.previews.run(), name="previews")
            group.create_task(self.tracker.run(), name="tracker")

    async def cancel(self, job: Job) -> None:
        """End it, whatever the service says. UserError when it has ended already."""
        cancelled = await self.jobs.update(
            job.id,
            (Stage.WAITING, Stage.SUBMITTING, Stage.FORM, Stage.CONFIRMING, Stage.RUNNING),
            then="deliver",
            stage=Stage.CANCELLED,
            finished=time.time(),
        )
        if cancelled is None:
            raise UserError(_("It has ended already."))
        self.tracker.leave(job.id)
        jobs_by_stage.labels(Stage.CANCELLED.value).inc()
        if cancelled.message:  # at once: the work that does it, too, may have to wait for its turn
            with speaking(job.owner.language), suppress(Unavailable):
                await self.board.settle(cancelled)
        if cancelled.task:
            try:
                await self.engines[job.engine].cancel(cancelled.task)
            except ServiceError as error:
                log.info("the service does not cancel", job=job.id, error=str(error))

    async def _after(self, job: Job) -> None:
        for watcher in self.watchers:
            await watcher(job)

    def _changed(self, job: Job, progress: Progress) -> None:
        self.board.previews.changed(job, progress)

    def _moved(self, job: Job) -> None:
        self.board.previews.changed(job, Progress(job.stage))
