"""Bringing a picture job to its service: exactly once, whatever happens in between."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog

from bot.errors import Kind, OutcomeUnknown, ServiceError, Unavailable, Unsupported
from bot.features.jobs.board import Board
from bot.features.jobs.detours import detour
from bot.features.jobs.line import Line
from bot.features.jobs.tracker import Tracker
from bot.jobs import Accepted, Asks, Failure, Job, Order, Progress, Stage, new_id
from bot.metrics import jobs as jobs_by_stage
from bot.ports import Files, ImageEngine, Jobs
from bot.texts import speaking

log = structlog.get_logger()

MAX_TRIES = 12  # submits of one order while the service is busy
SUBMITS = 3  # orders that are handed over at once; gateways count more as a flood
LOOK_FOR = 30.0  # seconds in which a submit of unknown outcome may still turn up


class Handover:
    """Does the durable work `paint`."""

    def __init__(
        self,
        *,
        jobs: Jobs,
        files: Files,
        engines: Mapping[str, ImageEngine],
        board: Board,
        line: Line,
        tracker: Tracker,
        prepared: Callable[[Order], Awaitable[Order]],
    ) -> None:
        """``prepared`` makes the last changes to an order before it is sent; they are stored first."""
        self._jobs = jobs
        self._files = files
        self._engines = engines
        self._board = board
        self._line = line
        self._tracker = tracker
        self._prepared = prepared
        self._handing_over = asyncio.Semaphore(SUBMITS)

    async def paint(self, args: Mapping[str, Any]) -> None:
        """Durable work `paint`: bring a job to the service, exactly once, and have it followed."""
        job = await self._jobs.get(args["job"])
        if job is None:
            return
        with speaking(job.owner.language):
            if not job.message and (job := await self._board.post(job)) is None:
                return
            match job.stage:
                case Stage.WAITING:
                    if await self._line.enter(job):
                        order = await self._prepared(job.order)
                        async with self._handing_over:
                            await self._submit(job, order)
                case Stage.SUBMITTING:  # a crash came between the intent and its outcome
                    self._line.hold(job)
                    await self._look_up(job)
                case Stage.FORM if job.text:
                    await self._confirm(job)
                case Stage.FORM:  # its card may not say so yet
                    self._tracker.follow(job)
                    await self._board.redraw(job)
                case Stage.CONFIRMING | Stage.RUNNING:
                    self._tracker.follow(job)

    async def _submit(self, job: Job, order: Order) -> None:
        images = [await self._files.get(digest) for digest in job.order.images]
        parent = await self._jobs.get(job.parent) if job.parent else None
        sending = await self._jobs.update(
            job.id,
            (Stage.WAITING,),
            stage=Stage.SUBMITTING,
            order=order,
            ref=job.ref or f"chatelier-{job.id}-{new_id()}",
            submitted=time.time(),
            attempts=job.attempts + 1,
        )
        if sending is None:  # cancelled meanwhile
            self._line.leave(job.id)
            return
        try:
            accepted = await self._send(sending, parent, images)
        except Unavailable as error:
            await self._try_later(sending, error)
        except OutcomeUnknown as error:
            log.warning("outcome of a submit is unknown", job=sending.id, error=str(error))
            await self._look_up(sending)
        except ServiceError as error:
            await self._fail(sending, _failure(error))
        else:
            await self._accept(sending, accepted)

    async def _send(self, job: Job, parent: Job | None, images: Sequence[bytes]) -> Accepted:
        """Once. A button that is refused, and so was not pressed, goes another way where there is one."""
        engine = self._engines[job.engine]
        if not (job.action and parent):
            return await engine.submit(job.order, images, job.ref)
        try:
            return await engine.act(parent.task, job.action, job.ref, job.order.mode, job.text)
        except Unsupported as error:
            other = detour(job, parent)
            if other is None:
                raise
            try:
                pictures = [await self._files.get(digest) for digest in other.images]
            except KeyError:  # the picture is not kept any more
                raise error from None
            log.info("a button is refused here; going another way", job=job.id, error=error.reason)
            return await engine.submit(other, pictures, job.ref)

    async def _try_later(self, job: Job, error: Unavailable) -> None:
        """Nothing was accepted, so the same order may be sent again after a while."""
        if job.attempts >= MAX_TRIES or error.kind in (Kind.KEY, Kind.QUOTA, Kind.SETUP):
            await self._fail(job, _failure(error))
            return
        delay = error.retry_after or min(60.0, 2.0**job.attempts)
        self._line.leave(job.id)
        log.info("service is busy", job=job.id, attempt=job.attempts, wait=delay, error=str(error))
        waiting = await self._jobs.update(
            job.id, (Stage.SUBMITTING,), then="paint", delay=delay, stage=Stage.WAITING, ref=""
        )
        if waiting is not None:
            await self._board.redraw(waiting, passing=True)

    async def _accept(self, job: Job, accepted: Accepted) -> None:
        stage = Stage.RUNNING if accepted.form is None else Stage.FORM
        form = None if accepted.form is None else Progress(Stage.FORM, prompt=accepted.form)
        taken = await self._jobs.update(
            job.id, (Stage.SUBMITTING,), stage=stage, task=accepted.task, progress=form, attempts=0
        )
        if taken is None:  # cancelled while it was being handed over
            self._line.leave(job.id)
            await self._engines[job.engine].cancel(accepted.task)
            return
        jobs_by_stage.labels(stage.value).inc()
        log.info("picture job accepted", job=job.id, task=accepted.task, channel=str(job.channel))
        if stage is Stage.FORM and taken.text:
            await self._confirm(taken)
            return
        live = accepted.progress
        if live is None and accepted.queue:
            live = Progress(Stage.RUNNING, queue=accepted.queue)
        self._tracker.follow(taken, live)
        await self._board.redraw(taken, passing=stage is Stage.RUNNING)

    async def _confirm(self, job: Job) -> None:
        """Fill in the form. Stored before it is sent, and never sent twice."""
        sending = await self._jobs.update(
            job.id, (Stage.FORM,), stage=Stage.CONFIRMING, attempts=job.attempts + 1, submitted=time.time()
        )
        if sending is None:
            return
        masked = job.action and job.action.asks is Asks.MASK and job.order.images
        mask = await self._files.get(job.order.images[0]) if masked else b""
        try:
            await self._engines[job.engine].confirm(job.task, job.text, mask)
        except OutcomeUnknown as error:
            log.warning("outcome of a form is unknown", job=job.id, error=str(error))
        except Unavailable as error:
            if sending.attempts < MAX_TRIES:
                delay = error.retry_after or min(60.0, 2.0**sending.attempts)
                await self._jobs.update(
                    job.id, (Stage.CONFIRMING,), then="paint", delay=delay, stage=Stage.FORM
                )
            else:
                await self._fail(sending, _failure(error))
            return
        except ServiceError as error:
            await self._fail(sending, _failure(error))
            return
        self._tracker.follow(sending)
        await self._board.redraw(sending, passing=True)

    async def _look_up(self, job: Job) -> None:
        """Did the service take it? Ask by our mark; where nobody can tell, say so and let people decide."""
        engine = self._engines[job.engine]
        try:
            task = await engine.find(job.ref)
        except Unsupported:
            await self._fail(job, Failure(Kind.OUTCOME))
            return
        except ServiceError as error:
            log.warning("cannot look up a submit", job=job.id, error=str(error))
            if time.time() - job.submitted > 20 * LOOK_FOR:
                await self._fail(job, Failure(Kind.OUTCOME))
                return
            await self._jobs.update(job.id, (Stage.SUBMITTING,), then="paint", delay=LOOK_FOR / 3)
            return
        if task is not None:
            form = "" if job.action and job.action.asks is not Asks.NOTHING else None
            await self._accept(job, Accepted(task, form))
        elif time.time() - job.submitted < LOOK_FOR:
            await self._jobs.update(job.id, (Stage.SUBMITTING,), then="paint", delay=LOOK_FOR / 6)
        else:
            log.info("a submit was surely not accepted, so it is sent again", job=job.id)
            await self._jobs.update(job.id, (Stage.SUBMITTING,), then="paint", stage=Stage.WAITING, ref="")

    async def _fail(self, job: Job, failure: Failure) -> None:
        self._tracker.leave(job.id)
        jobs_by_stage.labels(Stage.FAILED.value).inc()
        await self._jobs.update(
            job.id,
            (Stage.WAITING, Stage.SUBMITTING, Stage.FORM, Stage.CONFIRMING, Stage.RUNNING),
            then="deliver",
            stage=Stage.FAILED,
            progress=Progress(Stage.FAILED, failure=failure),
            finished=time.time(),
        )
        if failure.kind is Kind.MISSING and job.parent:  # its button goes
            await self._jobs.update(job.parent, then="show")


def _failure(error: ServiceError) -> Failure:
    if isinstance(error, Unsupported):
        return Failure(Kind.MISSING, error.reason, error.detail, again=False)
    again = error.kind not in (Kind.CONTENT, Kind.PARAMETER)
    return Failure(error.kind, error.reason, error.detail, again)
