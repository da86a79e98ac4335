"""What a picture job looks like: its stage, its picture, its buttons."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from bot.errors import Kind
from bot.features.jobs.buttons import action_rows, after_failure
from bot.features.jobs.words import doing, failure_sentence, in_words, quote, stage_words, took
from bot.features.rows import that_fit
from bot.jobs import TRANSLATE, Failure, Job, Progress, Stage
from bot.messages import Attachment, Button, Content, Limits, Style
from bot.texts import _

SPOILER = "spoiler"  # the option of an order whose pictures are hidden until they are tapped


def card(job: Job, limits: Limits, **more: Any) -> Content:
    """The job's message, as ``draw`` has it; hidden until it is tapped where whoever ordered it wished so."""
    content = draw(job, limits, **more)
    if job.order.options.get(TRANSLATE) == "offer" and not job.action:
        offer = (Button(_("In English"), f"job:{job.id}:english"),)
        content = replace(content, buttons=that_fit((*content.buttons, offer), limits))
    return replace(content, spoiler=True) if SPOILER in job.order.options else content


def draw(
    job: Job,
    limits: Limits,
    *,
    live: Progress | None = None,
    images: Sequence[Attachment] = (),
    used: Collection[str] = (),
    missing: Collection[str] = (),
    usual: float | None = None,
    age: float | None = None,
    before: int | None = None,
) -> Content:
    """The job's message.

    ``live`` is the newest report of a running job, ``images`` its preview or its results, ``used`` the
    ids of actions that were taken already, ``missing`` of those that the service does not offer,
    ``usual`` and ``age`` seconds, for the time that is left, ``before`` how many wait here before it.
    """
    heading = "\n\n".join(part for part in (f"**{doing(job)}**", quote(job)) if part)
    match job.stage:
        case Stage.DONE:
            return Content(
                "\n\n".join(part for part in (heading, in_words(job)) if part),
                note=took(job),
                images=tuple(images),
                buttons=action_rows(job, limits, used, missing),
            )
        case Stage.FAILED:
            failure = (job.progress and job.progress.failure) or Failure(Kind.UPSTREAM)
            return Content(
                f"{heading}\n\n{failure_sentence(failure, job.engine)}",
                images=tuple(images),
                buttons=(after_failure(job, failure),),
            )
        case Stage.CANCELLED:
            return Content(
                f"{heading}\n\n{_('Cancelled.')}", buttons=((Button(_("Retry"), f"job:{job.id}:retry"),),)
            )
        case Stage.FORM:
            return Content(
                f"{heading}\n\n{_('It asks for words before it starts.')}",
                buttons=(
                    (
                        Button(_("Edit the prompt"), f"job:{job.id}:form", Style.PRIMARY),
                        Button(_("Use it as it is"), f"job:{job.id}:asis"),
                        Button(_("Cancel"), f"job:{job.id}:cancel", Style.DANGER),
                    ),
                ),
            )
        case _:
            percent = live.percent if live else None
            return Content(
                heading,
                note=stage_words(job, live, usual, age, before),
                images=tuple(images),
                progress=percent or 0,
                growing=True,
                buttons=((Button(_("Cancel"), f"job:{job.id}:cancel"),),),
            )
