"""A fair queue in front of the picture services: people take turns, whoever ordered how much."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from bot.jobs import Job

TOLD = 50  # jobs at the head of the line whose new places are shown at once


@dataclass(frozen=True, slots=True)
class Share:
    """How many jobs may be under way at a time; 0: any number."""

    total: int = 0
    person: int = 0
    channel: int = 0


class Line:
    """Jobs wait here until there is room for them, and take up room until they ``leave``.

    Among those that wait, people take turns, and each one's jobs come in the order in which they came. It is
    in memory alone: after a restart the jobs that wait come again, and ``hold`` is told of those under way.
    """

    def __init__(self, share: Share, moved: Callable[[Job], None] = lambda job: None) -> None:
        """``moved`` is told of each job whose place is new, in so far as it is at the head of the line."""
        self._share = share
        self._moved = moved
        self._inside: dict[str, Job] = {}
        self._people: Counter[str] = Counter()
        self._channels: Counter[str] = Counter()
        self._waiting: dict[str, dict[str, tuple[Job, asyncio.Future[bool]]]] = {}  # person → job → its turn
        self._places: dict[str, int] = {}  # of jobs that wait, as they were after the last change

    async def enter(self, job: Job) -> bool:
        """Wait for its turn; False when it has left before that."""
        if job.id in self._inside:
            return True
        turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(job.owner.id, {})[job.id] = (job, turn)
        self._admit()
        if not turn.done():
            self._moved(job)
        try:
            return await turn
        finally:
            self._forget(job)

    def hold(self, job: Job) -> None:
        """It is under way, whether or not there is room."""
        if job.id not in self._inside:
            self._inside[job.id] = job
            self._people[job.owner.id] += 1
            self._channels[str(job.channel)] += 1

    def leave(self, job: str) -> None:
        """It takes up no room, and waits no more. Once more is harmless."""
        if (known := self._inside.pop(job, None)) is not None:
            self._people[known.owner.id] -= 1
            self._channels[str(known.channel)] -= 1
            self._people += Counter()  # what has come to nothing takes no memory
            self._channels += Counter()
        for jobs in self._waiting.values():
            if job in jobs and not jobs[job][1].done():
                jobs[job][1].set_result(False)
        self._admit()

    def before(self, job: str) -> int | None:
        """How many come before it; None when it does not wait."""
        return self._places.get(job)

    def counts(self) -> tuple[int, int]:
        """How many are under way, and how many wait, everybody's together."""
        return len(self._inside), sum(len(jobs) for jobs in self._waiting.values())

    def waiting(self, person: str) -> int:
        """How many jobs of that person wait."""
        return len(self._waiting.get(person, ()))

    # --- turns ------------------------------------------------------------------------------

    def _order(self) -> list[tuple[Job, "asyncio.Future[bool]"]]:
        """Who has least under way comes first; among equals, who was not let in for longest."""
        ranked = [
            (self._people[person] + turn, entry)
            for person, jobs in self._waiting.items()
            for turn, entry in enumerate(jobs.values())
        ]
        ranked.sort(key=lambda each: each[0])
        return [entry for _rank, entry in ranked if not entry[1].done()]

    def _admit(self) -> None:
        let_in = False
        while self._has_room() and (found := next(filter(self._fits, self._order()), None)) is not None:
            job, turn = found
            self.hold(job)
            turn.set_result(True)
            self._waiting[job.owner.id] = self._waiting.pop(job.owner.id)  # the others' turn
            let_in = True
        order = self._order()
        self._places = {job.id: place for place, (job, _turn) in enumerate(order)}
        if let_in:
            for job, _turn in order[:TOLD]:
                self._moved(job)

    def _has_room(self) -> bool:
        return not self._share.total or len(self._inside) < self._share.total

    def _fits(self, entry: tuple[Job, "asyncio.Future[bool]"]) -> bool:
        job, share = entry[0], self._share
        return not (
            (share.person and self._people[job.owner.id] >= share.person)
            or (share.channel and self._channels[str(job.channel)] >= share.channel)
        )

    def _forget(self, job: Job) -> None:
        jobs = self._waiting.get(job.owner.id, {})
        jobs.pop(job.id, None)
        if not jobs:
            self._waiting.pop(job.owner.id, None)
        self._places.pop(job.id, None)
