"""Cleaning up: nothing that is needed is ever removed, and nothing else is kept for longer than was asked."""

import asyncio
import hashlib
import math
import os
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.jobs import Job, Order, Removed, Stage, new_id
from bot.messages import Channel, IncomingMessage, Person, Role, Turn
from bot.ports import Keeping
from storage.cleaning import DAY, GRACE, choose
from storage.files import FileStore, Stored
from storage.service import Opened, open_storage
from tests.databases import KINDS, Clock, fresh_database

NOW = 2_000_000_000.0
ANN = Person("web:ann", "Ann")
HERE = Channel("web", "1")

FILES = st.lists(
    st.tuples(
        st.integers(0, 100), st.floats(0, 90), st.one_of(st.none(), st.floats(-9, 90), st.just(-math.inf))
    ),
    max_size=30,
)  # size, days since it was stored, days since it was needed; -inf: needed for ever
KEEPING = st.builds(
    Keeping,
    days=st.sampled_from([0.0, 0.5, 30.0]),
    size=st.sampled_from([0, 1, 500]),
    context=st.just(100),
)


@given(FILES, KEEPING)
def test_what_is_needed_is_never_chosen_and_the_rest_is_as_much_as_must_be(files, keeping):
    stored = [Stored(str(n), size, NOW - days * DAY) for n, (size, days, _need) in enumerate(files)]
    needed = {str(n): NOW - need * DAY for n, (*_, need) in enumerate(files) if need is not None}
    chosen = choose(stored, needed, now=NOW, keeping=keeping)
    names = {file.digest for file in chosen}
    left = [file for file in stored if file.digest not in names]

    for file in chosen:
        need = needed.get(file.digest, -math.inf)
        assert file.used < NOW - GRACE
        assert need < NOW - GRACE or (keeping.days and need < NOW - keeping.days * DAY)
        old = file.digest not in needed or (keeping.days and need < NOW - keeping.days * DAY)
        assert old or keeping.size
    for file in left:
        if file.used < NOW - GRACE and file.digest not in needed:
            raise AssertionError(f"{file} is kept for nothing")
    if keeping.size and sum(file.size for file in left) > keeping.size:
        assert all(
            file.used >= NOW - GRACE or needed.get(file.digest, -math.inf) >= NOW - GRACE for file in left
        )


# --- a whole storage --------------------------------------------------------------------------

AGES = st.sampled_from([0.0, 0.5, 5.0, 20.0, 40.0, 60.0])  # days
FILE = st.integers(0, 7)
THINGS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["done", "deleted", "failed", "running", "unsettled"]), AGES, FILE, FILE),
        st.tuples(st.just("child"), AGES, st.integers(0, 5)),
        st.tuples(st.just("turn"), AGES, FILE, st.sampled_from([10, 60, 200])),
        st.tuples(st.just("forget"), AGES),
        st.tuples(st.sampled_from(["post", "unheard"]), AGES, FILE),
        st.tuples(st.just("option"), AGES, FILE),
    ),
    max_size=14,
)


@dataclass
class World:
    """What is in the storage, and until when each file is needed, worked out in the plainest way."""

    storage: Opened
    clock: Clock
    files: list[str]
    channel: Channel

    def __post_init__(self) -> None:
        self.jobs: list[tuple[Job, list[str]]] = []
        self.used: defaultdict[str, float] = defaultdict(float)
        self.turns: list[tuple[str, float, int]] = []
        self.need: defaultdict[str, float] = defaultdict(lambda: -math.inf)

    def needs(self, digest: str, at: float) -> None:
        self.need[digest] = max(self.need[digest], at)

    async def add(self, kind: str, age: float, *rest: int) -> None:
        self.clock.now = at = NOW - age * DAY
        name = new_id()
        match kind, rest:
            case ("done" | "deleted" | "failed" | "running" | "unsettled", (image, result)):
                await self._job(name, kind, at, self.files[image], self.files[result])
            case "child", (which,):
                done = [job for job, _files in self.jobs if job.stage is Stage.DONE]
                if done:
                    parent = done[which % len(done)].id
                    order = Order("a fox", verb="upscale")
                    job = Job(name, self.channel, ANN, "mj", order, parent=parent, created=at)
                    await self.storage.jobs.add(job)
                    self.used[parent] = max(self.used[parent], at)
            case "turn", (file, tokens):
                image = self.storage.files.attachment(self.files[file], "fox.png", "image/png")
                message = IncomingMessage(name, self.channel, ANN, "fox")
                turn = Turn(Role.USER, "fox", images=(image,))
                await self.storage.conversations.note(message, turn, tokens)
                self.turns.append((self.files[file], at, tokens))
            case "forget", ():
                await self.storage.conversations.forget(self.channel)
                for digest, said, _tokens in self.turns:
                    self.needs(digest, said)
                self.turns.clear()
            case ("post" | "unheard", (file,)):
                body = {"images": [{"digest": self.files[file]}]}
                await self.storage.posts.add("web", self.channel.id, body, handled=kind == "post")
                self.needs(self.files[file], at if kind == "post" else math.inf)
            case "option", (file,):
                await self.storage.options.set(str(self.channel), name, f"file {self.files[file]}")
                self.needs(self.files[file], math.inf)

    async def _job(self, name: str, kind: str, at: float, image: str, result: str) -> None:
        stage = {"failed": Stage.FAILED, "running": Stage.RUNNING}.get(kind, Stage.DONE)
        results = (f"{result}.png",) if stage is Stage.DONE else ()
        removed = Removed.DELETED if kind == "deleted" else Removed.NO
        job = Job(
            name,
            self.channel,
            ANN,
            "mj",
            Order("a fox", (image,)),
            stage=stage,
            results=results,
            removed=removed,
            settled=kind not in ("running", "unsettled"),
            created=at,
            finished=at if stage.final else 0.0,
        )
        self.jobs.append((await self.storage.jobs.add(job), [image, result] if results else [image]))

    def told(self, keeping: Keeping) -> dict[str, float]:
        """Until when each file is needed by now."""
        for job, files in self.jobs:
            for digest in files:
                if not (job.stage.final and job.settled) or job.stage is Stage.FAILED:
                    self.needs(digest, math.inf)
                elif job.removed is Removed.NO:
                    self.needs(digest, max(job.finished, self.used[job.id]))
        room = keeping.context
        for digest, at, tokens in reversed(self.turns):
            room -= tokens
            self.needs(digest, math.inf if room >= 0 else at)
        return dict(self.need)


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_is_stored_nothing_that_is_needed_is_removed(kind: str, tmp_path: Path):
    clock = Clock(NOW)
    with fresh_database(kind, tmp_path) as url, asyncio.Runner() as runner:
        opening = open_storage(url, str(tmp_path / "files"), clock=clock)
        storage = runner.run(opening.__aenter__())
        rounds = iter(range(10**6))

        @settings(
            max_examples=80 if kind == "sqlite" else 20,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
            database=None,
        )
        @given(
            THINGS,
            st.builds(
                Keeping,
                days=st.sampled_from([0.0, 0.5, 30.0]),
                size=st.sampled_from([0, 1]),
                context=st.just(100),
            ),
        )
        def play(things, keeping):
            runner.run(_play(storage, clock, next(rounds), things, keeping))

        try:
            play()
        finally:
            runner.run(opening.__aexit__(None, None, None))


async def _play(storage: Opened, clock: Clock, number: int, things, keeping: Keeping) -> None:
    files = [await storage.files.put(f"{number} {name}".encode()) for name in range(8)]
    world = World(storage, clock, files, Channel("web", str(number)))
    for thing in sorted(things, key=lambda thing: -thing[1]):
        await world.add(*thing)
    age(storage, files, days=70)
    clock.now = NOW
    needed = world.told(keeping)
    await storage.clean(keeping)

    since = NOW - keeping.days * DAY if keeping.days else -math.inf
    if keeping.size:  # with next to no room, all goes that may
        since = max(since, NOW - DAY)
    for digest in files:
        assert there(storage, digest) == (digest in needed and needed[digest] >= since), digest
    for job in await storage.gallery.page(channel=world.channel, limit=100):
        for result in job.results:
            assert there(storage, result.partition(".")[0])


def path_of(storage: Opened, digest: str) -> Path:
    return Path(storage.directory, digest[:2], digest[2:])


def there(storage: Opened, digest: str) -> bool:
    return path_of(storage, digest).exists()


def age(storage: Opened, files: list[str], *, days: float) -> None:
    for digest in files:
        at = NOW - days * DAY
        for path in path_of(storage, digest).parent.glob(f"{digest[2:]}*"):
            os.utime(path, (at, at))


# --- one by one ---------------------------------------------------------------------------------


@pytest.fixture
async def storage(url: str, tmp_path: Path):
    async with open_storage(url, str(tmp_path / "files"), clock=Clock(NOW)) as storage:
        yield storage


async def finished(storage: Opened, result: str, *, days: float, **fields) -> Job:
    at = NOW - days * DAY
    fields = {"results": (f"{result}.png",), "settled": True, "created": at, "finished": at, **fields}
    return await storage.jobs.add(Job(new_id(), HERE, ANN, "mj", Order("fox"), stage=Stage.DONE, **fields))


async def test_a_deleted_picture_goes_even_where_all_is_kept_for_ever(storage: Opened):
    digest = await storage.files.put(b"fox")
    await storage.files.derived(digest, "thumb", lambda data: b"small")
    age(storage, [digest], days=2)
    job = await finished(storage, digest, days=2, removed=Removed.DELETED)

    cleaned = await storage.clean(Keeping())

    assert (cleaned.files, cleaned.size) == (1, 8)
    assert not there(storage, f"{digest}.thumb")
    gone = await storage.jobs.get(job.id)
    assert (gone.results, gone.removed) == ((), Removed.DELETED)


async def test_a_file_of_two_pictures_stays_for_the_other(storage: Opened):
    digest = await storage.files.put(b"fox")
    age(storage, [digest], days=50)
    await finished(storage, digest, days=50, removed=Removed.DELETED)
    kept = await finished(storage, digest, days=10)

    assert (await storage.clean(Keeping(days=30))).files == 0
    assert await storage.jobs.get(kept.id) == kept


async def test_what_is_too_old_leaves_the_gallery_with_its_file(storage: Opened):
    digest = await storage.files.put(b"fox")
    age(storage, [digest], days=50)
    job = await finished(storage, digest, days=50)

    assert (await storage.clean(Keeping(days=30))).jobs == 1
    gone = await storage.jobs.get(job.id)
    assert (gone.results, gone.removed) == ((), Removed.EXPIRED)
    assert list(await storage.gallery.page()) == []
    assert not there(storage, digest)


async def test_the_oldest_go_first_until_there_is_room(storage: Opened):
    files = [await storage.files.put(bytes([n]) * 1000) for n in range(5)]
    age(storage, files, days=50)
    for days, digest in enumerate(files):
        await finished(storage, digest, days=10 + days)

    await storage.clean(Keeping(size=3000))

    assert [there(storage, digest) for digest in files] == [True, True, True, False, False]


async def test_who_stores_it_again_or_reads_it_keeps_it(storage: Opened):
    again, read = await storage.files.put(b"fox"), await storage.files.put(b"hen")
    age(storage, [again, read], days=50)
    os.utime(path_of(storage, again), (NOW, NOW))  # as putting and getting do
    os.utime(path_of(storage, read), (NOW, NOW))

    assert (await storage.clean(Keeping(days=30, size=1))).files == 0


async def test_putting_and_getting_count_as_use(tmp_path: Path):
    store = FileStore(tmp_path)
    digest = await store.put(b"fox")
    path = tmp_path / digest[:2] / digest[2:]
    for use in (lambda: store.put(b"fox"), lambda: store.get(digest)):
        os.utime(path, (1.0, 1.0))
        await use()
        assert path.stat().st_mtime > 1.0
    assert not store.remove(digest, unused_since=1.0)
    assert store.remove(digest, unused_since=path.stat().st_mtime)
    assert store.remove(digest, unused_since=0.0)  # it is not there any more
    assert hashlib.sha256(b"fox").hexdigest() == digest


def test_files_that_are_not_ours_are_not_seen(tmp_path: Path):
    folder = tmp_path / "ab"
    folder.mkdir()
    for name in ("notes.txt", ".unfinished-x", "0" * 61, "0" * 62 + ".thumb"):
        (folder / name).write_text("mine")

    assert [file.digest for file in FileStore(tmp_path).stored()] == ["ab" + "0" * 62]  # of the thumb
