"""Songs and clips that were ordered: what was accepted, and how far it is by the clock."""

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from bot.sandbox.clock import Clock
from bot.sandbox.journal import Journal, Record

FALSE_START = 0.1  # of its time, after which one that is moderated fails
STUCK = ("stuck", "frozen", "timeout")  # tricks of one that never ends
PRICES = {"music": 0.1, "lyrics": 0.01, "concat": 0.05, "video": 0.3, "extend": 0.3}
MODERATED = "Song description contained artist name"


@dataclass(frozen=True, slots=True)
class Work:
    """What was accepted. ``at`` and ``seconds`` are the clock's, ``made`` is Unix seconds."""

    id: str
    api: str  # suno or luma
    verb: str
    key: str
    words: str
    at: float
    made: float
    seconds: float
    trick: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    def share(self, now: float) -> float:
        """How much of its time has passed; it may be more than all of it."""
        passed = max(0.0, now - self.at) / self.seconds
        return min(passed, 0.9) if self.trick in STUCK else passed

    def failure(self, now: float) -> str:
        """Why it has failed, "" as long as it has not."""
        share = self.share(now)
        if self.trick == "moderated" and share >= FALSE_START:
            return MODERATED if self.api == "suno" else "moderation"
        return "The sandbox was asked to fail." if self.trick == "fail" and share >= 0.5 else ""


class Works:
    """A work counts as accepted once it is in the journal; ``records`` are those of before a restart."""

    def __init__(self, clock: Clock, journal: Journal, records: list[Record]) -> None:
        self.clock = clock
        self._journal = journal
        self._records = records
        self._works: dict[str, Work] = {}

    async def take(
        self, api: str, verb: str, key: str, words: str, seconds: float, trick: str, **facts: Any
    ) -> Work:
        seconds *= {"slow": 10.0, "quick": 0.05}.get(trick, 1.0)
        now, made = self.clock.now(), self.clock.world()
        work = Work(str(uuid.uuid4()), api, verb, key, words, now, made, seconds, trick, facts)
        self._restore()
        self._works[work.id] = work
        await self._journal.append({"kind": "work", **asdict(work)})
        return work

    def get(self, name: str, key: str) -> Work | None:
        """That work, if it is the caller's and was not lost on purpose."""
        self._restore()
        work = self._works.get(name)
        return work if work and work.key == key and work.trick != "lost" else None

    def any(self, name: str) -> Work | None:
        """That work, whoever's it is: for links, which need no key."""
        self._restore()
        return self._works.get(name)

    def report(self) -> list[dict[str, Any]]:
        """All of them, for the ledger."""
        self._restore()
        now = self.clock.now()
        return [
            {
                "id": work.id,
                "api": work.api,
                "verb": work.verb,
                "key": work.key,
                "words": work.words,
                "price": PRICES[work.verb],
                "refunded": bool(work.failure(now)),
            }
            for work in self._works.values()
        ]

    def _restore(self) -> None:
        while self._records:
            work = Work(**self._records.pop(0))
            self._works[work.id] = work
