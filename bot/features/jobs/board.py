"""The cards of picture jobs, as people see them: posted, drawn again, previewed."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import structlog

from bot.errors import Kind, ServiceError, Unavailable, UserError
from bot.features.jobs.card import card
from bot.features.jobs.media import TYPES
from bot.features.jobs.previews import Previews
from bot.features.jobs.stepwords import in_words
from bot.features.jobs.words import plain, title
from bot.jobs import THEN, Job, Mode, Progress, Stage
from bot.messages import Attachment, Button, Content
from bot.pictures import is_picture, look
from bot.ports import Chat, Files, ImageEngine, Jobs, Platform
from bot.texts import _, speaking
from bot.wishes import Step, read_line

log = structlog.get_logger()

PREVIEW_BYTES = 10_000_000
MAX_NAME = 60  # characters of a file's name

_STRANGE = re.compile(r"[^\w .,'-]+")


class Board:
    """Shows jobs. What is passing goes through ``previews``; everything else stays until it is redrawn.

    ``live`` is what the tracker was last told of a running job, and ``age`` how long it runs; ``before`` is
    how many jobs come before one that waits here.
    """

    def __init__(
        self,
        *,
        jobs: Jobs,
        files: Files,
        engines: Mapping[str, ImageEngine],
        platforms: Mapping[str, Platform],
        live: Callable[[str], Progress | None],
        age: Callable[[str], float | None],
        before: Callable[[str], int | None],
    ) -> None:
        self._jobs = jobs
        self._files = files
        self._engines = engines
        self._platforms = platforms
        self._live = live
        self._age = age
        self._before = before
        self.previews = Previews(self._preview)
        self._seen: dict[str, tuple[str, Attachment]] = {}  # job → its preview's key and the preview
        self._usual: dict[tuple[str, str, Mode], float | None] = {}

    async def post(self, job: Job) -> Job | None:
        """Send the card. None when there is nobody to show it to: then nothing is ordered either.

        Unavailable when the platform may take it a little later.
        """
        try:
            content = _followed(job, card(job, self._chat(job).limits))
            message = await self._chat(job).send(content, reply_to=job.reply_to, key=job.id)
        except Unavailable:
            raise
        except ServiceError as error:
            log.warning("card cannot be shown", job=job.id, channel=str(job.channel), error=str(error))
            await self._jobs.update(job.id, stage=Stage.CANCELLED, settled=True)
            return None
        if job.parent:
            await self._jobs.update(job.parent, then="show")
        return await self._jobs.update(job.id, message=message)

    async def redraw(self, job: Job, *, passing: bool = False) -> None:
        """Draw the card as the job is now. Unavailable when it stays and the platform may take it later."""
        chat, content = self._chat(job), await self.card(job)
        try:
            if job.message:
                message = await chat.edit(job.message, content, passing=passing)
            else:
                message = await chat.send(content, reply_to=job.reply_to, key=job.id)
        except ServiceError as error:
            log.warning("card cannot be shown", job=job.id, channel=str(job.channel), error=str(error))
            if isinstance(error, Unavailable) and not passing:
                raise
            return
        if message != job.message:
            await self._jobs.update(job.id, message=message)

    async def withdraw(self, job: Job) -> None:
        """Take the card away. Unavailable when the platform may do that later."""
        try:
            await self._chat(job).delete(job.message)
        except Unavailable:
            raise
        except ServiceError as error:
            log.warning("card cannot be taken away", job=job.id, channel=str(job.channel), error=str(error))

    async def settle(self, job: Job) -> None:
        """Draw it for good: no preview comes after this."""
        await self.previews.leave(job.id)
        self._seen.pop(job.id, None)
        self._usual.clear()
        await self.redraw(job)

    async def card(self, job: Job) -> Content:
        """What it looks like now."""
        limits = self._chat(job).limits
        if job.stage is Stage.DONE:
            if not job.results and _links(job.progress):
                return self._not_downloaded(job)
            children = await self._jobs.children(job.id)
            used = {
                child.action.id
                for child in children
                if child.action and child.stage not in (Stage.FAILED, Stage.CANCELLED)
            }
            missing = {child.action.id for child in children if child.action and _is_missing(child)}
            content = card(job, limits, images=self._pictures(job), used=used, missing=missing)
            return replace(content, files=self._others(job))
        seen = self._seen.get(job.id)
        content = card(
            job,
            limits,
            live=self._live(job.id),
            images=(seen[1],) if seen and not job.stage.final else (),
            usual=await self._usual_seconds(job),
            age=self._age(job.id),
            before=self._before(job.id),
        )
        return _followed(job, content)

    def _not_downloaded(self, job: Job) -> Content:
        links = _links(job.progress)
        text = _("It is finished, but the picture cannot be downloaded right now.")
        if job.progress and (job.progress.audios or not job.progress.images):
            text = _("It is finished, but the file cannot be downloaded right now.")
        buttons: list[Button] = [Button(_("Try again"), f"job:{job.id}:fetch")]
        buttons += [Button(_("Original"), url=link) for link in links[:1]]
        return Content(f"**{plain(title(job))}**\n\n{text}", buttons=(tuple(buttons),))

    def _pictures(self, job: Job) -> tuple[Attachment, ...]:
        return tuple(each for each in self.results(job) if is_picture(each))

    def _others(self, job: Job) -> tuple[Attachment, ...]:
        return tuple(each for each in self.results(job) if not is_picture(each))

    def results(self, job: Job) -> Sequence[Attachment]:
        found = []
        stem = (job.progress and _STRANGE.sub("", job.progress.title).strip(" .")[:MAX_NAME]) or job.id
        sorts = [TYPES[result.partition(".")[2]].partition("/")[0] for result in job.results]
        for number, result in enumerate(job.results):
            digest, _dot, kind = result.partition(".")
            place, of = sorts[: number + 1].count(sorts[number]), sorts.count(sorts[number])
            name = f"{stem}-{place}.{kind}" if of > 1 else f"{stem}.{kind}"
            found.append(self._files.attachment(digest, name, TYPES[kind], alt=job.order.prompt))
        return found

    async def _preview(self, job: Job, progress: Progress) -> float:
        """Show a running job's newest report, with its preview picture when there is a new one."""
        chat = self._chat(job)
        if progress.preview and self._seen.get(job.id, ("",))[0] != progress.preview_key:
            try:
                data = await self._engines[job.engine].fetch(progress.preview, limit=PREVIEW_BYTES)
                self._seen[job.id] = (progress.preview_key, await _fleeting(data))
            except (ServiceError, UserError) as error:
                log.debug("no preview", job=job.id, error=str(error))
        with speaking(job.owner.language):
            await self.redraw(job, passing=True)
        return max(1.0, chat.limits.edit_every or 1.0)

    async def _usual_seconds(self, job: Job) -> float | None:
        key = (job.engine, job.order.verb, job.order.mode)
        if key not in self._usual:
            self._usual[key] = await self._jobs.usual_seconds(*key)
        return self._usual[key]

    def _chat(self, job: Job) -> Chat:
        return self._platforms[job.channel.platform].chat(job.channel)


def _followed(job: Job, content: Content) -> Content:
    """With what comes after it, while it is under way."""
    if job.stage.final or not (rest := job.order.options.get(THEN)):
        return content
    steps = [in_words(Step(step.action)) for step in map(read_line, rest.splitlines()) if step]
    then = _("then: {steps}").format(steps=", ".join(steps))
    return replace(content, note=" · ".join(part for part in (content.note, then) if part))


def _is_missing(job: Job) -> bool:
    """Whether the service turned out not to offer what was pressed."""
    failure = job.progress.failure if job.progress else None
    return job.stage is Stage.FAILED and failure is not None and failure.kind is Kind.MISSING


def _links(progress: Progress | None) -> tuple[str, ...]:
    """Where the files of a result are; sounds before their covers."""
    return (*progress.audios, *progress.images, *progress.videos) if progress else ()


async def _fleeting(data: bytes) -> Attachment:
    """A preview: shown, and never kept."""
    found = await look(data)

    async def load() -> bytes:
        return data

    return Attachment("preview." + found.media_type.removeprefix("image/"), found.media_type, len(data), load)
