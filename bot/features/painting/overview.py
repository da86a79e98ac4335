"""Commands /jobs, /cancel and /seed: what is under way, and what is known of a picture."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Literal

from bot.errors import ServiceError, Unsupported, UserError
from bot.features.jobs.words import plain, stage_words, title
from bot.features.jobs.workshop import Workshop
from bot.jobs import Job, Progress, Stage
from bot.messages import Button, ButtonPress, CommandCall, Content, Person
from bot.ports import Chat, ImageEngine
from bot.texts import _

SHOWN = 10  # jobs in one list
MAX_ROWS = 5  # of Cancel buttons
LOOKED_AT = 200  # a place's newest jobs, among which one is looked for

Whose = Literal["mine", "here", "queue"]


class Overview:
    """Looks at jobs; orders none."""

    def __init__(
        self,
        *,
        workshop: Workshop,
        engines: Mapping[str, ImageEngine],
        is_admin: Callable[[Person], bool],
    ) -> None:
        self._workshop = workshop
        self._jobs = workshop.jobs
        self._engines = engines
        self._is_admin = is_admin

    async def show(
        self,
        call: CommandCall,
        chat: Chat,
        whose: Annotated[Whose, "Yours, all of this place, or how many wait in all"] = "here",
    ) -> None:
        """Command /jobs. Of other places' jobs, only how many there are is told."""
        jobs = await self._under_way(call, whose)
        inside, waiting = self._workshop.line.counts()
        if whose == "queue" and (inside or waiting):
            text = _("Under way in all: {inside}; waiting for room: {waiting}.")
            lines = [text.format(inside=inside, waiting=waiting), ""]
        elif jobs:
            lines = []
        else:
            await _answer(call, chat, Content(_("Nothing is under way. /gallery shows what is finished.")))
            return
        shown = jobs[:SHOWN]
        lines += [self._line(number, job) for number, job in enumerate(shown, 1)]
        if len(jobs) > SHOWN:
            lines.append(_("… and {count} more.").format(count=len(jobs) - SHOWN))
        buttons = [
            Button(_("Cancel {number}").format(number=number), f"job:{job.id}:cancel")
            for number, job in enumerate(shown, 1)
            if self._may_cancel(call.author, job)
        ]
        width = min(5, chat.limits.buttons_per_row)
        rows = [tuple(buttons[start : start + width]) for start in range(0, len(buttons), width)]
        await _answer(call, chat, Content("\n".join(lines), buttons=tuple(rows[:MAX_ROWS])))

    async def cancel(self, call: CommandCall, chat: Chat) -> None:
        """Command /cancel: the job that is replied to, or one's newest."""
        job = await self._meant(call) if call.quoted else None
        if job is None:
            mine = await self._under_way(call, "mine")
            job = mine[0] if mine else None
        if job is None:
            raise UserError(_("Nothing of yours is under way here."))
        if not self._may_cancel(call.author, job):
            raise UserError(_("Only {name} can cancel this.").format(name=job.owner.name))
        await self._workshop.cancel(job)
        await _answer(call, chat, Content(_("Cancelled: {title}").format(title=plain(title(job)))))

    async def seed(self, call: CommandCall, chat: Chat) -> None:
        """Command /seed: of the picture that is replied to, or of the newest one here."""
        job = await self._meant(call)
        if job is None or job.stage is not Stage.DONE or not job.task:
            raise UserError(_("Reply to a finished picture, and I tell its seed."))
        async with chat.typing():
            seed = await self.seed_of(job)
        text = _("The seed of “{title}” is `{seed}`; add `--seed {seed}` to paint with it again.")
        await _answer(call, chat, Content(text.format(title=plain(title(job)), seed=seed)))

    async def press(self, job: Job, press: ButtonPress, chat: Chat, more: str) -> None:
        """``job:<job>:seed``: told to whoever asks."""
        async with chat.typing():
            seed = await self.seed_of(job)
        await chat.notice(_("The seed is {seed}.").format(seed=seed))

    async def tells_seed(self, job: Job) -> bool:
        """Whether asking for a picture's seed makes sense."""
        known = job.progress.seed if job.progress else ""
        return bool(known) or (
            job.engine in self._engines and await self._engines[job.engine].offered("seed")
        )

    async def seed_of(self, job: Job) -> str:
        """The number that a picture grew from; asked for once, then kept with the job."""
        progress = job.progress or Progress(job.stage)
        if progress.seed:
            return progress.seed
        try:
            seed = await self._engines[job.engine].seed(job.task)
        except Unsupported as error:
            raise UserError(_("The picture service does not tell seeds.")) from error
        except ServiceError as error:
            raise UserError(_("The picture service does not tell this seed now; try again later.")) from error
        await self._jobs.update(job.id, (Stage.DONE,), progress=replace(progress, seed=seed))
        return seed

    # --- finding it -------------------------------------------------------------------------

    async def _under_way(self, call: CommandCall, whose: Whose) -> list[Job]:
        """Newest first."""
        jobs = [each for each in await self._jobs.named(call.channel, LOOKED_AT) if not each.stage.final]
        return [each for each in jobs if whose != "mine" or each.owner.id == call.author.id]

    async def _meant(self, call: CommandCall) -> Job | None:
        """The job whose card is replied to; without a reply, the newest that has a picture."""
        jobs = await self._jobs.named(call.channel, LOOKED_AT)
        if call.quoted:
            return next((each for each in jobs if each.message == call.quoted.message), None)
        return next((each for each in jobs if each.results), None)

    def _may_cancel(self, person: Person, job: Job) -> bool:
        return person.id == job.owner.id or self._is_admin(person)

    def _line(self, number: int, job: Job) -> str:
        live = self._workshop.tracker.live(job.id)
        words = " · ".join(
            part
            for part in (
                plain(job.owner.name),
                stage_words(job, live, before=self._workshop.line.before(job.id)),
            )
            if part
        )
        return f"{number}. **{plain(title(job))}** ({words})"


async def _answer(call: CommandCall, chat: Chat, content: Content) -> None:
    await chat.send(content, reply_to=call.id, key=call.reply_key)
