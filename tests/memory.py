"""Storage that platforms borrow, in memory; it outlives a platform that is restarted in the same test."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from aiohttp import web

from bot.jobs import Job, Removed
from bot.messages import Channel
from bot.ports import Gallery, Host, Letter, Mail, Options, Sending, Sendings
from tests.fakes import MemoryFiles, MemoryPosts


class MemoryOptions(Options):
    def __init__(self) -> None:
        self.places: dict[str, dict[str, str]] = {}

    async def get(self, place: str) -> Mapping[str, str]:
        return dict(self.places.get(place, {}))

    async def set(self, place: str, name: str, value: str | None) -> None:
        if value is None:
            self.places.get(place, {}).pop(name, None)
        else:
            self.places.setdefault(place, {})[name] = value


class MemoryMail(Mail):
    def __init__(self) -> None:
        self.letters: dict[tuple[str, str], Letter] = {}
        self.open: dict[tuple[str, str], None] = {}

    async def take(self, platform: str, letters: Sequence[Letter]) -> Sequence[Letter]:
        fresh = []
        for letter in letters:
            if (platform, letter.key) not in self.letters:
                self.letters[platform, letter.key] = letter
                self.open[platform, letter.key] = None
                fresh.append(letter)
        return fresh

    async def done(self, platform: str, key: str) -> None:
        self.open.pop((platform, key), None)

    async def waiting(self, platform: str) -> Sequence[Letter]:
        return [self.letters[each] for each in self.open if each[0] == platform]


class MemorySendings(Sendings):
    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Sending] = {}

    async def begin(self, platform: str, key: str, place: str, after: str = "") -> Sending:
        if (platform, key) in self.rows:
            return replace(self.rows[platform, key], again=True)
        self.rows[platform, key] = Sending(key, place, after)
        return self.rows[platform, key]

    async def record(self, platform: str, key: str, message: str) -> None:
        if (platform, key) in self.rows:
            self.rows[platform, key] = replace(self.rows[platform, key], message=message)

    async def drop(self, platform: str, key: str) -> None:
        if (row := self.rows.get((platform, key))) and not row.message:
            del self.rows[platform, key]

    async def ours(self, platform: str, place: str, messages: Sequence[str]) -> Collection[str]:
        known = {
            row.message for (where, _), row in self.rows.items() if (where, row.place) == (platform, place)
        }
        return known & set(messages)


class MemoryGallery(Gallery):
    """``jobs`` are in the order in which they were finished."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []

    async def page(
        self,
        *,
        person: str = "",
        channel: Channel | None = None,
        words: str = "",
        older: str = "",
        newer: str = "",
        limit: int = 20,
    ) -> Sequence[Job]:
        found = self._found(person, channel, words)
        ids = [job.id for job in found]
        if newer:
            return found[: ids.index(newer)][-limit:]
        return found[ids.index(older) + 1 :][:limit] if older else found[:limit]

    async def count(self, *, person: str = "", channel: Channel | None = None, words: str = "") -> int:
        return len(self._found(person, channel, words))

    async def family(self, job: str) -> Sequence[Job]:
        known = {each.id: each for each in self.jobs}
        root = job
        while known[root].parent in known:
            root = known[root].parent
        family = {root}
        for each in self.jobs:
            if each.parent in family:
                family.add(each.id)
        return [each for each in self.jobs if each.id in family and each.removed is Removed.NO]

    def _found(self, person: str, channel: Channel | None, words: str) -> list[Job]:
        return [
            job
            for job in reversed(self.jobs)
            if job.results
            and job.removed is Removed.NO
            and person in ("", job.owner.id)
            and channel in (None, job.channel)
            and all(word in job.order.prompt.casefold() for word in words.casefold().split())
        ]


def memory_host(routes: web.UrlDispatcher | None = None) -> Host:
    """A host whose storage is gone with the test."""
    return Host(
        posts=MemoryPosts(),
        files=MemoryFiles(),
        options=MemoryOptions(),
        mail=MemoryMail(),
        sendings=MemorySendings(),
        gallery=MemoryGallery(),
        routes=web.UrlDispatcher() if routes is None else routes,
    )
