"""Plans: steps that follow each other, each when the one before is done.

What follows a job is written in its order (``THEN``), so a plan is stored with its jobs and needs nothing
else to survive a restart; the job that comes next has a source that only it can have, so there is one.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

import structlog

from bot.errors import OutcomeUnknown, ServiceError, Unavailable, UserError
from bot.explain import explain
from bot.features.jobs.crops import is_grid, quarters
from bot.features.jobs.media import TYPES
from bot.features.jobs.orders import Orders
from bot.features.jobs.stepwords import in_words
from bot.features.jobs.words import failure_sentence
from bot.jobs import THEN, Action, Asks, Job, Order, Removed, Stage
from bot.messages import ButtonPress, Content
from bot.ports import Files, Jobs, Platform
from bot.prompts import check_prompt, with_zoom
from bot.texts import _, speaking
from bot.wishes import ANEW, Step, read_line, unzoomed

log = structlog.get_logger()

# What does nearly the same, where a picture does not offer the one itself.
_INSTEAD = {
    "upscale:subtle": "upscale:2x",
    "upscale:creative": "upscale:4x",
    "upscale:2x": "upscale:subtle",
    "upscale:4x": "upscale:creative",
    "vary:strong": "variation",
    "vary:subtle": "variation",
    "animate:high": "animate:manual",
    "animate:low": "animate:manual",
}

Mask = Callable[[Job, str], Awaitable[str]]


class Plans:
    """``mask`` makes one for a place in words, and gives its content hash."""

    def __init__(
        self, *, jobs: Jobs, files: Files, orders: Orders, platforms: Mapping[str, Platform], mask: Mask
    ) -> None:
        self._jobs = jobs
        self._files = files
        self._orders = orders
        self._platforms = platforms
        self._mask = mask

    async def begin(self, job: Job, steps: Sequence[Step], press: ButtonPress) -> None:
        """Order the first step of a plan about that job, on behalf of who pressed.

        Once more, with the same press, is harmless. UserError when it cannot be.
        """
        while steps and _there_already(job, steps[0]):
            steps = steps[1:]
        if not steps:
            return
        step, *rest = steps
        children = await self._jobs.children(job.id)
        if any(each.source == f"{press.channel}/{press.id}" for each in children):
            return
        if rest and (done := _done(children, step)):
            await self.begin(done, rest, press)
        else:
            await self._order(job, step, rest, press)

    async def ended(self, job: Job) -> None:
        """It has ended: what follows is ordered, or it is told that nothing does. Once more is harmless."""
        steps = [step for step in map(read_line, job.order.options.get(THEN, "").splitlines()) if step]
        if not steps or (job.progress and job.progress.late):
            return
        with speaking(job.owner.language):
            failure = job.progress.failure if job.progress else None
            reason = failure_sentence(failure) if failure else _("Cancelled.")
            if job.stage is Stage.DONE:
                press = ButtonPress(f"then-{job.id}", job.channel, job.owner, job.message, "")
                try:
                    await self.begin(job, steps, press)
                    return
                except UserError as error:
                    reason = str(error)
                except (Unavailable, OutcomeUnknown):
                    raise
                except ServiceError as error:
                    reason = explain(error)
            left = ", ".join(map(in_words, steps))
            text = _("{reason} So this is not done: {steps}.").format(reason=reason, steps=left)
            await self._tell(job, text)

    async def _tell(self, job: Job, text: str) -> None:
        try:
            chat = self._platforms[job.channel.platform].chat(job.channel)
            await chat.send(Content(text), reply_to=job.message, key=f"left-{job.id}")
        except Unavailable:
            raise
        except ServiceError as error:
            log.warning("the end of a plan cannot be told", job=job.id, error=str(error))

    async def _order(self, job: Job, step: Step, rest: Sequence[Step], press: ButtonPress) -> Job:
        then = "\n".join(map(str, rest))
        action = action_of(job, step)
        if step.action == ANEW or (step.prompt and action and action.asks is Asks.NOTHING):
            return await self._anew(job, step, then, press)
        if action is None:
            raise UserError(_("This picture does not offer “{step}”.").format(step=in_words(step)))
        words = step.prompt or prompt_of(job)
        match action.asks:
            case Asks.NOTHING:
                words = ""
            case Asks.ZOOM:
                words = with_zoom(words)
        images = (await self._mask(job, step.where),) if action.asks is Asks.MASK else ()
        order = replace(job.order, images=images, verb=action.name.partition(":")[0])
        text = check_prompt(words) if words else ""
        return await self._orders.follow_up(press, job, order, action=action, text=text, then=then)

    async def _anew(self, job: Job, step: Step, then: str, press: ButtonPress) -> Job:
        """Other words for the picture, from which it starts where it is one and not four."""
        prompt = check_prompt(step.prompt or prompt_of(job))
        order = Order(prompt, (), job.order.mode, options=job.order.options)
        try:
            start = replace(order, images=await self._start(job, step))
            return await self._orders.follow_up(press, job, start, then=then)
        except UserError:  # who paints may take no pictures
            return await self._orders.follow_up(press, job, order, then=then)

    async def _start(self, job: Job, step: Step) -> tuple[str, ...]:
        if not is_there(job):
            return ()
        digest = job.results[0].partition(".")[0]
        number = step.action.partition(":")[2]
        if not is_several(job):
            return (digest,)
        if not (number.isdecimal() and is_grid(job)):
            return ()
        try:
            parts = await asyncio.to_thread(quarters, await self._files.get(digest))
        except KeyError:
            return ()
        return (await self._files.put(parts[int(number) - 1]),)


def is_there(job: Job) -> bool:
    """Whether it is a finished picture, and still kept."""
    if job.stage is not Stage.DONE or job.removed is not Removed.NO or not job.results:
        return False
    return TYPES[job.results[0].partition(".")[2]].startswith("image/")


def is_several(job: Job) -> bool:
    """Whether one of its pictures has to be chosen before much else can be done."""
    return action_of(job, Step("upscale:1")) is not None


def action_of(job: Job, step: Step) -> Action | None:
    """The job's own button for a step, or the nearest."""
    actions = {action.name: action for action in (job.progress.actions if job.progress else ())}
    return actions.get(step.action) or actions.get(_INSTEAD.get(step.action, ""))


def can(job: Job, step: Step) -> bool:
    """Whether a plan about that job may begin so."""
    return step.action == ANEW or action_of(job, step) is not None


def _done(children: Sequence[Job], step: Step) -> Job | None:
    """The picture that was made large before, so that nobody pays for it twice."""
    if not step.action.startswith("upscale:") or step.prompt:
        return None
    fits = (each for each in children if each.action and each.action.name == step.action and is_there(each))
    return next(fits, None)


def _there_already(job: Job, step: Step) -> bool:
    """An upscale of one of four, where there is only one."""
    large = step.action.startswith("upscale:") and step.action[-1:].isdecimal() and not step.prompt
    return large and bool(job.progress and job.progress.actions) and not is_several(job)


def prompt_of(job: Job) -> str:
    """The prompt of a picture as it may be ordered again."""
    return unzoomed((job.progress and job.progress.prompt) or job.text or job.order.prompt)
