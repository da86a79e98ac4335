"""The buttons under a picture job."""

from collections.abc import Collection, Sequence

from bot.errors import Kind
from bot.features.jobs.candidates import VERBS, candidates, stands_in_for
from bot.features.jobs.crops import is_grid
from bot.features.jobs.words import action_label
from bot.features.rows import in_rows
from bot.jobs import Failure, Job
from bot.messages import Button, Limits, Style
from bot.texts import _


def after_failure(job: Job, failure: Failure) -> tuple[Button, ...]:
    buttons = []
    if failure.again:
        buttons.append(Button(_("Retry"), f"job:{job.id}:retry", Style.PRIMARY))
    if failure.kind in (Kind.CONTENT, Kind.PARAMETER, Kind.REQUEST):
        buttons.append(Button(_("Edit the prompt"), f"job:{job.id}:edit", Style.PRIMARY))
    if failure.kind is Kind.CONTENT and job.order.verb == "imagine":
        buttons.append(Button(_("Safer words"), f"job:{job.id}:safe"))
    if not buttons:
        buttons.append(Button(_("Retry"), f"job:{job.id}:retry"))
    return tuple(buttons)


def action_rows(
    job: Job, limits: Limits, used: Collection[str], missing: Collection[str]
) -> tuple[tuple[Button, ...], ...]:
    """The service's buttons in its order, in rows that fit."""
    return in_rows(_groups(job, used, missing), limits)


def _choices(job: Job) -> list[tuple[str, tuple[Button, ...]]]:
    """A button for each prompt that was found."""
    found = candidates(job)
    numbers = tuple(Button(str(n + 1), f"job:{job.id}:choose:{n}") for n in range(len(found)))
    more = []
    if job.order.verb == "describe":
        if len(found) > 1:
            more.append(Button(_("Paint all"), f"job:{job.id}:all"))
        more.append(Button(_("Describe again"), f"job:{job.id}:anew"))
    return [("choose", numbers), ("more", tuple(more))]


def _groups(job: Job, used: Collection[str], missing: Collection[str]) -> Sequence[tuple[Button, ...]]:
    """The buttons, what belongs together side by side: the upscales, the pans …"""
    groups = _choices(job) if job.order.verb in VERBS and not job.action else []
    for number, action in enumerate(job.progress.actions if job.progress else ()):
        if stands_in_for(action) or action.id in missing:
            continue
        style = Style.DONE if action.id in used else Style.PLAIN
        button = Button(action_label(action), f"job:{job.id}:{number}", style)
        kind = action.name.partition(":")[0]
        if groups and groups[-1][0] == kind:
            groups[-1] = (kind, (*groups[-1][1], button))
        else:
            groups.append((kind, (button,)))
    if is_grid(job):
        groups.append(("crops", (Button(_("Crops"), f"job:{job.id}:crops"),)))
    return [buttons for _kind, buttons in groups]
