"""What one person may order: how much may wait, how much a day, and when it is time to cool down."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from bot.errors import Kind, UserError
from bot.features.jobs.line import Line
from bot.jobs import Job
from bot.messages import Person
from bot.ports import Jobs, Options
from bot.texts import _, ngettext

WORDING = "wording"  # the engine that rewords prompts
DAY = 24 * 3600.0  # seconds
REMEMBERED = DAY


@dataclass(frozen=True, slots=True)
class Quota:
    """0 takes a limit away."""

    waiting: int = 0  # jobs of one person that may wait for room
    day: int = 0  # jobs that one person may order within 24 hours
    strikes: int = 0  # prompts refused by moderation within a day, after which …
    cool_down: float = 3600.0  # … orders are refused for so many seconds since the last of them


class Quotas:
    """Checks orders before they are taken. Strikes are kept among the options; admins have no limits."""

    def __init__(
        self,
        quota: Quota,
        *,
        jobs: Jobs,
        options: Options,
        line: Line,
        is_admin: Callable[[Person], bool],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._quota = quota
        self._jobs = jobs
        self._options = options
        self._line = line
        self._is_admin = is_admin
        self._clock = clock

    async def check(self, person: Person) -> None:
        """UserError, in one sentence, when this person may not order now."""
        if self._is_admin(person):
            return
        quota = self._quota
        if quota.waiting and self._line.waiting(person.id) >= quota.waiting:
            raise UserError(
                ngettext(
                    "{count} picture of yours waits already; let it finish, or /cancel it.",
                    "{count} pictures of yours wait already; let some finish, or /cancel one.",
                    quota.waiting,
                ).format(count=quota.waiting)
            )
        if (
            quota.day
            and await self._jobs.ordered(person.id, self._clock() - DAY, besides=WORDING) >= quota.day
        ):
            raise UserError(_("That is all for today: {count} pictures in 24 hours.").format(count=quota.day))
        if quota.strikes:
            await self._check_strikes(person)

    async def _check_strikes(self, person: Person) -> None:
        now = self._clock()
        times = sorted(await self._strikes(person.id, now))
        if len(times) < self._quota.strikes or now - times[-1] >= self._quota.cool_down:
            return
        left = (times[-1] + self._quota.cool_down - now) / 60
        minutes = max(1, round(left))
        raise UserError(
            ngettext(
                "Too many of your prompts were refused by moderation; try again in {count} minute.",
                "Too many of your prompts were refused by moderation; try again in {count} minutes.",
                minutes,
            ).format(count=minutes)
        )

    async def _strikes(self, person: str, now: float) -> list[float]:
        times = []
        for name, value in (await self._options.get(_place(person))).items():
            if now - float(value) > REMEMBERED:
                await self._options.set(_place(person), name, None)
            else:
                times.append(float(value))
        return times

    async def ended(self, job: Job) -> None:
        """A job has ended for good; one that moderation refused counts. Once more is harmless."""
        failure = job.progress.failure if job.progress else None
        if failure is None or failure.kind is not Kind.CONTENT or job.engine == WORDING:
            return
        name = job.ref or f"{job.id}.{job.attempts}"
        await self._options.set(_place(job.owner.id), name, str(job.finished or self._clock()))


def _place(person: str) -> str:
    return f"strikes:{person}"
