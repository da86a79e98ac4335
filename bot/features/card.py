"""What a picture job looks like: its stage, its picture, its buttons."""

import difflib
import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from bot.errors import Kind
from bot.features.candidates import VERBS, candidates, stands_in_for
from bot.features.crops import is_grid
from bot.features.rows import in_rows, that_fit
from bot.jobs import SAID, TRANSLATE, Action, Failure, Job, Mode, Progress, Stage
from bot.messages import Attachment, Button, Content, Limits, Style
from bot.texts import _, ngettext

MAX_PROMPT = 600  # characters of a prompt that a card shows
SPOILER = "spoiler"  # the option of an order whose pictures are hidden until they are tapped
SILENT = ("video", "extend")  # verbs of services that tell no percents
SERVICES = {"midjourney": "Midjourney", "suno": "Suno", "luma": "Luma"}  # names of their own, by engine
NAMELESS = ("可能包含敏感词",)  # a refusal that says no more than that it is one (trueai)
MAX_LABEL = 60  # characters on a button; Discord takes 80


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
    heading = "\n\n".join(part for part in (f"**{doing(job)}**", _quote(job)) if part)
    match job.stage:
        case Stage.DONE:
            return Content(
                "\n\n".join(part for part in (heading, _in_words(job)) if part),
                note=_took(job),
                images=tuple(images),
                buttons=_action_rows(job, limits, used, missing),
            )
        case Stage.FAILED:
            failure = (job.progress and job.progress.failure) or Failure(Kind.UPSTREAM)
            return Content(
                f"{heading}\n\n{failure_sentence(failure, job.engine)}",
                images=tuple(images),
                buttons=(_after_failure(job, failure),),
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


def failure_sentence(failure: Failure, engine: str = "") -> str:
    """Why it failed, in one sentence; the service's own words where they help."""
    reason, service = plain(failure.reason), SERVICES.get(engine) or _("The service")
    match failure.kind:
        case Kind.CONTENT if failure.detail:
            words = _("{service} does not allow the word “{word}”.")
            return words.format(service=service, word=plain(failure.detail))
        case Kind.CONTENT if any(sign in failure.reason for sign in NAMELESS):
            return _("Refused by moderation, which does not say for which word.")
        case Kind.CONTENT:
            return _("Refused by moderation: {reason}").format(reason=reason or _("no reason was given"))
        case Kind.PARAMETER | Kind.REQUEST:
            words = _("{service} did not understand this: {reason}")
            return words.format(service=service, reason=reason or _("no reason was given"))
        case Kind.MISSING:
            return _("{service} does not offer this here.").format(service=service)
        case Kind.QUEUE | Kind.RATE:
            return _("The queue is full; try again in a moment.")
        case Kind.TIMEOUT:
            return _("It took too long and was given up.")
        case Kind.GONE:
            return _("The service no longer knows this job.")
        case Kind.CANCELLED:
            return _("The service cancelled it.")
        case Kind.KEY:
            return _("The picture service does not accept the key this bot was given.")
        case Kind.QUOTA:
            return _("The balance behind this bot is used up.")
        case Kind.MODEL:
            return _("The gateway does not offer this right now.")
        case Kind.SIZE:
            return _("The picture is too large for the service.")
        case Kind.NOT_READY:
            return _("The picture it belongs to is not finished yet.")
        case Kind.OUTCOME:
            return _(
                "I cannot tell whether the service took this order, so I have not sent it a second time. "
                "Retry orders it again."
            )
        case _ if reason:
            return _("It failed: {reason}").format(reason=reason)
        case _:
            return _("It failed, and the service does not say why.")


def action_label(action: Action) -> str:
    """What a button says: the sign and the words, whichever there are."""
    words = _(action.label) if action.label else ""  # the names that are ours are in the catalogues
    label = " ".join(part for part in (action.emoji, words) if part) or action.name
    return label if len(label) <= MAX_LABEL else label[: MAX_LABEL - 1] + "…"


def title(job: Job) -> str:
    """The job in a few words, for whatever refers to it."""
    words = " ".join((job.text or job.order.prompt).split()) or doing(job)
    return words if len(words) <= 60 else words[:59] + "…"


def plain(text: str) -> str:
    """Text that Markdown leaves alone.

    What opens a bracket is enough: ``\\[…\\]`` and ``\\(…\\)`` would be formulas.
    """
    return re.sub(r"([\\`*_{}\[<>#+!|~$&])", r"\\\1", text)


def doing(job: Job) -> str:
    """Its heading, in Markdown: the button that was pressed, or what the order is."""
    if job.action:
        return plain(action_label(job.action))
    match job.order.verb:
        case "blend":
            return _("Blending")
        case "describe":
            return _("Describing")
        case "shorten":
            return _("Shortening")
        case "swap":
            return _("Swapping faces")
        case "edit":
            return _("Editing")
        case "improve":
            return _("Better words")
        case "soften":
            return _("Safer words")
        case "translate":
            return _("In English")
        case "music":
            return _("Composing")
        case "lyrics":
            return _("Writing lyrics")
        case "video":
            return _("Filming")
    return _("Painting")


def _in_words(job: Job) -> str:
    """A result that is no picture."""
    found = list(enumerate(candidates(job), 1))
    if job.order.verb == "soften":
        return "\n".join(f"{number}. {_changed(job.order.prompt, words)}" for number, words in found)
    if job.order.verb != "shorten" and job.order.verb in VERBS and not job.action:
        return "\n".join(f"{number}. {plain(words)}" for number, words in found)
    if job.progress and (job.progress.audios or job.order.verb == "lyrics"):
        return _song(job.progress)
    return job.progress.text if job.progress else ""


def _song(progress: Progress) -> str:
    """Its name, its style and its lyrics, line by line."""
    name = f"**{plain(progress.title)}**" if progress.title else ""
    lyrics = "  \n".join(plain(line.strip()) for line in progress.text.split("\n"))
    return "\n\n".join(part for part in (name, lyrics.replace("  \n  \n", "\n\n")) if part)


def _changed(before: str, after: str) -> str:
    """The new words, with what is gone struck out and what came printed bold."""
    old, new = before.split(), after.split()
    parts = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            parts.append(plain(" ".join(new[c:d])))
            continue
        if a < b:
            parts.append(f"~~{plain(' '.join(old[a:b]))}~~")
        if c < d:
            parts.append(f"**{plain(' '.join(new[c:d]))}**")
    return " ".join(parts)


def _quote(job: Job) -> str:
    prompts = [job.text or job.order.prompt]
    if not job.text and (said := job.order.options.get(SAID)):
        prompts.append(said)
    return "\n>\n".join(_quoted(each) for each in prompts if each)


def _quoted(prompt: str) -> str:
    if len(prompt) > MAX_PROMPT:
        prompt = prompt[: MAX_PROMPT - 1] + "…"
    return "\n".join(f"> {plain(line)}" for line in prompt.splitlines())


def stage_words(
    job: Job,
    live: Progress | None,
    usual: float | None = None,
    age: float | None = None,
    before: int | None = None,
) -> str:
    """How far a job is that has not ended; see ``draw``."""
    if job.stage is Stage.FORM:
        return _("It asks for words before it starts.")
    if job.stage is Stage.WAITING and before is not None:
        return _waiting_here(before, usual)
    if job.stage in (Stage.WAITING, Stage.SUBMITTING):
        return (
            _("Handing it over …")
            if not job.attempts
            else _("The service cannot take it yet; I keep trying.")
        )
    if live is None:
        return _("Accepted; waiting for its turn.")
    if live.queue:
        return ngettext(
            "In the queue: {count} before it.", "In the queue: {count} before it.", live.queue
        ).format(count=live.queue)
    left = usual - age if usual is not None and age is not None else 0
    if live.percent is None and job.order.verb in SILENT:
        return _("About {seconds} s left").format(seconds=round(left)) if left >= 2 else _("Under way.")
    if not live.percent:
        return _("Accepted; waiting for its turn.")
    if left < 2 and age is None:
        return f"{live.percent} %"
    return _("About {seconds} s left").format(seconds=round(left)) if left >= 2 else ""


def _waiting_here(before: int, usual: float | None) -> str:
    if not before:
        words = _("Waiting for room: it is next.")
    else:
        words = ngettext(
            "Waiting for room: {count} before it.", "Waiting for room: {count} before it.", before
        )
    words = words.format(count=before)
    return f"{words} {_('One takes about {seconds} s.').format(seconds=round(usual))}" if usual else words


def _took(job: Job) -> str:
    parts = []
    if job.action and job.text and job.order.prompt not in ("", job.text):
        parts.append(_("from “{title}”").format(title=title(replace(job, text=""))))
    if job.finished and job.submitted and job.finished > job.submitted:
        parts.append(_("{seconds} s").format(seconds=round(job.finished - job.submitted)))
    if job.progress and job.progress.late:
        parts.append(_("it came late"))
    if job.order.mode is not Mode.DEFAULT:
        parts.append(job.order.mode.value)
    return " · ".join(parts)


def _after_failure(job: Job, failure: Failure) -> tuple[Button, ...]:
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


def _action_rows(
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
