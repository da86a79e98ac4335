"""What is said of a picture job: its name, how far it is, what came of it, why it failed."""

import difflib
import re
from dataclasses import replace

from bot.errors import Kind
from bot.features.jobs.candidates import VERBS, candidates
from bot.jobs import SAID, Action, Failure, Job, Mode, Progress, Stage
from bot.texts import _, ngettext

MAX_PROMPT = 600  # characters of a prompt that a card shows
SILENT = ("video", "extend")  # verbs of services that tell no percents
SERVICES = {"midjourney": "Midjourney", "suno": "Suno", "luma": "Luma"}  # names of their own, by engine
NAMELESS = ("可能包含敏感词",)  # a refusal that says no more than that it is one (trueai)
MAX_LABEL = 60  # characters on a button; Discord takes 80


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
            return _("Blend")
        case "describe":
            return _("Description")
        case "shorten":
            return _("Shortened prompt")
        case "swap":
            return _("Face swap")
        case "edit":
            return _("Edit")
        case "improve":
            return _("Better words")
        case "soften":
            return _("Safer words")
        case "translate":
            return _("In English")
        case "music":
            return _("Song")
        case "lyrics":
            return _("Lyrics")
        case "video":
            return _("Clip")
    return _("Painting")


def in_words(job: Job) -> str:
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


def quote(job: Job) -> str:
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


def took(job: Job) -> str:
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
