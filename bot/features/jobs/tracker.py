"""Follows all running picture jobs of this process with as few requests as the services allow."""

import asyncio
import time
from collections.abc import Callable, Collection, Coroutine, Mapping
from dataclasses import dataclass, replace
from typing import Any

import structlog

from bot.errors import Kind, ServiceError, Unavailable
from bot.features.jobs.line import Line
from bot.jobs import GIVEN_UP, Failure, Job, Mode, Progress, Stage
from bot.metrics import job_seconds, running_jobs
from bot.metrics import jobs as jobs_by_stage
from bot.ports import ImageEngine, Jobs

log = structlog.get_logger()

ACTIVE = (Stage.FORM, Stage.CONFIRMING, Stage.RUNNING)
LOST_AFTER = 5  # reports in a row that do not know the task, once it is older than GRACE
CAP = 4.0  # however much it changes, it ends after so many deadlines
DRAWING = 1 / 3  # of the deadline may pass in silence once it is being drawn
OUTAGE = 2.0  # deadlines that may pass while the service cannot be asked
LATE_FOR = 6 * 3600.0  # seconds in which one that was given up is still asked about …
CALLED_PACE = 10.0  # ticks between looks at a job whose service calls, for a call may be lost
LATE_PACE = 60.0  # … so often, and delivered if it comes after all
GRACE = 10.0  # seconds in which a new task may still be unknown
FORM_PACE = 60.0  # seconds between looks at a form that nobody has filled in
RELAX_PATIENCE = 4.0  # a relaxed job gets this many times the deadline

Changed = Callable[[Job, Progress], None]


@dataclass
class Followed:
    """A job that is under way."""

    job: Job
    since: float  # monotonic seconds
    due: float
    live: Progress | None = None
    unknown: int = 0
    changed: float = 0.0  # monotonic seconds of the last change that people could see
    late: bool = False  # it was given up, and may come after all
    calls: bool = False  # its service calls when there is news


class Tracker:
    """One per process. ``changed`` is told of every change that people may want to see, and must not wait.

    What is under way takes up room in the ``line``.

    Ends and forms are stored, together with the work that shows them, before anybody is told.
    """

    def __init__(
        self,
        jobs: Jobs,
        engines: Mapping[str, ImageEngine],
        *,
        changed: Changed,
        line: Line,
        deadline: float = 900.0,
        tick: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._jobs = jobs
        self._engines = engines
        self._changed = changed
        self._line = line
        self._deadline = deadline
        self._tick = tick
        self._clock = clock
        self._followed: dict[str, Followed] = {}
        self._wake = asyncio.Event()
        self._not_before: dict[str, float] = {}
        self._troubles: dict[str, int] = {}

    def follow(self, job: Job, live: Progress | None = None) -> None:
        """Follow it from now on. Following it already is fine; its newest row counts."""
        known = self._followed.get(job.id)
        now = self._clock()
        since = now - max(0.0, time.time() - job.submitted) if job.submitted else now
        if live is None and known is not None and known.job.task == job.task:
            live = known.live
        self._followed[job.id] = Followed(job, since, self._next(now, self._tick), live, changed=since)
        self._take_up_room(job)
        running_jobs.set(len(self._followed))
        self._wake.set()

    def nudge(self, ref: str) -> None:
        """There is news of the job with this mark: ask about it in the next round."""
        for followed in self._followed.values():
            if followed.job.ref == ref:
                followed.calls = True
                followed.due = 0.0

    def leave(self, job: str) -> None:
        """Follow it no more. One that was given up is still asked about, now and then."""
        followed = self._followed.get(job)
        if followed is None or not followed.late:
            self._forget(job)

    def _forget(self, job: str) -> None:
        self._followed.pop(job, None)
        self._line.leave(job)
        running_jobs.set(len(self._followed))

    def _take_up_room(self, job: Job) -> None:
        """What waits for people's words does not."""
        if job.stage is Stage.FORM:
            self._line.leave(job.id)
        else:
            self._line.hold(job)

    def live(self, job: str) -> Progress | None:
        """The newest report on a running job."""
        followed = self._followed.get(job)
        return followed.live if followed else None

    def age(self, job: str) -> float | None:
        """Seconds since its submit."""
        followed = self._followed.get(job)
        return self._clock() - followed.since if followed else None

    async def run(self) -> None:
        """Follow until cancelled, beginning with what the last process left."""
        for job in await self._jobs.running():
            self.follow(job)
        for job in await self._jobs.given_up(time.time() - LATE_FOR):
            self._follow_late(job)
        while True:
            if not self._followed:
                self._wake.clear()
                await self._wake.wait()
            await asyncio.sleep(self._tick)
            await self.round()

    async def round(self) -> None:
        """Ask once about everything that is due."""
        now = self._clock()
        by_engine: dict[str, list[Followed]] = {}
        for followed in self._followed.values():
            if followed.due <= now:
                by_engine.setdefault(followed.job.engine, []).append(followed)
        for name, due in by_engine.items():
            if self._not_before.get(name, 0.0) <= now:
                await self._ask(name, due)

    async def _ask(self, name: str, due: list[Followed]) -> None:
        now = self._clock()
        try:
            reports = await self._engines[name].report([followed.job.task for followed in due])
        except Exception as error:  # nobody waits for this: not even a fault of ours may end the following
            trouble = self._troubles[name] = self._troubles.get(name, 0) + 1
            wait = min(30.0, self._tick * 2**trouble)
            if isinstance(error, Unavailable) and error.retry_after:
                wait = max(wait, error.retry_after)
            self._not_before[name] = now + wait
            log.warning(
                "cannot ask about picture jobs",
                engine=name,
                error=str(error),
                wait=wait,
                exc_info=None if isinstance(error, ServiceError) else error,
            )
            for followed in due:
                await self._take(followed, self._overdue(followed, now, OUTAGE))
            return
        self._troubles.pop(name, None)
        for followed in due:
            pace = LATE_PACE if followed.late else self._pace(now - followed.since)
            pace = max(pace, self._engines[name].pace * self._tick)  # a tick is a second, but in a hurry
            if followed.calls:
                pace = max(pace, CALLED_PACE * self._tick)
            followed.due = self._next(now, pace)
            report = reports.get(followed.job.task)
            if report is None:
                await self._take(followed, self._missing(followed, now))
            else:
                followed.unknown = 0
                await self._take(followed, self._apply(followed, report, now))

    async def _take(self, followed: Followed, step: Coroutine[Any, Any, object]) -> None:
        """Take in what was found out about one job. Trouble with it does not touch the others."""
        if self._followed.get(followed.job.id) is not followed:
            step.close()  # cancelled, or begun anew, while the service was being asked
            return
        try:
            await step
        except Exception as error:
            log.warning(
                "a report cannot be taken in",
                job=followed.job.id,
                error=repr(error),
                exc_info=None if isinstance(error, ServiceError) else error,
            )

    def _pace(self, age: float) -> float:
        """Often while it is young; with many jobs, less often."""
        crowd = 1.0 if len(self._followed) < 20 else 2.0
        if age < 30:
            return self._tick * crowd
        return self._tick * (2.0 if age < 120 else 4.0) * crowd

    def _next(self, now: float, pace: float) -> float:
        """The next time on this pace's grid: what has the same pace is asked about together."""
        return (now // pace + 1) * pace

    async def _apply(self, followed: Followed, report: Progress, now: float) -> None:
        job = followed.job
        if followed.late:
            await self._apply_late(followed, report, now)
            return
        if report.stage.final:
            await self._end(followed, report)
            return
        if report.stage is Stage.FORM:
            if job.stage is Stage.RUNNING:
                await self._form(followed, report)
                return
            if job.stage is Stage.FORM:  # it waits for words from people, who may take their time
                followed.due = now + FORM_PACE
                return
        before, followed.live = followed.live, report
        changed = _visible(before) != _visible(report)
        if changed:
            followed.changed = now
        if not await self._overdue(followed, now) and changed:
            self._changed(job, report)

    async def _apply_late(self, followed: Followed, report: Progress, now: float) -> None:
        """It was given up; only a picture is news. Begun anew, it is another's business."""
        if report.stage is Stage.DONE:
            log.info("a picture came late", job=followed.job.id, task=followed.job.task)
            await self._end(followed, replace(report, late=True), (Stage.FAILED,))
        elif report.stage.final or now - followed.since > LATE_FOR:
            self._drop(followed)

    def _follow_late(self, job: Job) -> None:
        now = self._clock()
        since = now - max(0.0, time.time() - job.submitted)
        self._followed[job.id] = Followed(job, since, self._next(now, LATE_PACE), late=True)
        self._wake.set()

    async def _form(self, followed: Followed, report: Progress) -> None:
        """Nobody said that a form would come. People are asked, or it is filled in with what they said."""
        then = "paint" if followed.job.text else "deliver"
        job = await self._jobs.update(
            followed.job.id, (Stage.RUNNING,), then=then, stage=Stage.FORM, progress=report
        )
        if job is not None:
            followed.job = job
            self._take_up_room(job)

    async def _missing(self, followed: Followed, now: float) -> None:
        if followed.late:
            self._drop(followed)
            return
        if self._engines[followed.job.engine].repeats:
            await self._begin_anew(followed.job)
            return
        if now - followed.since > GRACE:
            followed.unknown += 1
        if followed.unknown >= LOST_AFTER:
            log.warning(
                "the service does not know a task any more", job=followed.job.id, task=followed.job.task
            )
            await self._end(followed, Progress(Stage.FAILED, failure=Failure(Kind.GONE)))
        else:
            await self._overdue(followed, now)

    async def _begin_anew(self, job: Job) -> None:
        """What a service of this process's own was doing before a restart is done from the beginning."""
        log.info("carried out anew", job=job.id)
        self._forget(job.id)
        await self._jobs.update(job.id, ACTIVE, then="paint", stage=Stage.WAITING, task="", ref="")

    async def _overdue(self, followed: Followed, now: float, times: float = 1.0) -> bool:
        """Give it up when nothing about it has changed for too long; it may still come late."""
        if followed.late or followed.job.stage is Stage.FORM:
            return False
        patience = self._deadline * times * (RELAX_PATIENCE if followed.job.order.mode is Mode.RELAX else 1.0)
        drawing = bool(followed.live and followed.live.percent)
        silent = now - max(followed.since, followed.changed)
        if silent <= patience * (DRAWING if drawing else 1.0) and now - followed.since <= CAP * patience:
            return False
        log.warning("picture job given up", job=followed.job.id, task=followed.job.task)
        given_up = await self._end(followed, Progress(Stage.FAILED, failure=GIVEN_UP))
        if given_up is not None:
            self._follow_late(given_up)
        return True

    async def _end(
        self, followed: Followed, report: Progress, expect: Collection[Stage] = ACTIVE
    ) -> Job | None:
        """Store the end with the work that shows it, then follow it no more. None when it ended before."""
        job = await self._jobs.update(
            followed.job.id,
            expect,
            then="deliver",
            stage=report.stage,
            progress=report,
            settled=False,
            finished=time.time(),
        )
        self._drop(followed)
        if job is None:
            return None  # cancelled meanwhile
        jobs_by_stage.labels(report.stage.value).inc()
        if job.submitted:
            job_seconds.labels(job.order.verb).observe(max(0.0, job.finished - job.submitted))
        log.info("picture job ended", job=job.id, task=job.task, stage=report.stage.value)
        return job

    def _drop(self, followed: Followed) -> None:
        """Follow it no more, unless it was begun anew meanwhile."""
        if self._followed.get(followed.job.id) is followed:
            self._forget(followed.job.id)


def _visible(report: Progress | None) -> tuple[object, ...] | None:
    """What people would see change."""
    return (report.percent, report.queue, report.preview_key) if report else None
