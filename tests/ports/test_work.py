"""What durable work may be relied on for, over every storage: none lost, none doubled, always in order."""

import asyncio
import gc
import multiprocessing
import random
import selectors
import tracemalloc
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.messages import Channel, IncomingMessage, Person, Role, Turn
from bot.ports import Storage
from bot.work import Work
from storage import open_storage
from tests.databases import Clock, fresh_database
from tests.ports.living import live

ANN = Person("web:ann", "Ann")


@asynccontextmanager
async def running(work: Work) -> AsyncIterator[Work]:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(work.run())
        yield work
        task.cancel()


async def test_each_key_is_done_in_order_and_never_twice_at_once(storage: Storage):
    chance = random.Random(7)
    done: dict[str, list[int]] = defaultdict(list)
    busy: set[str] = set()
    together = asyncio.Event()

    async def handler(args):
        assert args["key"] not in busy
        busy.add(args["key"])
        if len(busy) == 50:
            together.set()
        await together.wait()  # which only comes when all keys are at work side by side
        for _ in range(chance.randrange(4)):
            await asyncio.sleep(0)
        done[args["key"]].append(args["number"])
        busy.discard(args["key"])

    work = Work(storage.tasks)
    work.handle("count", handler)
    submits = [(f"key{key}", number) for number in range(20) for key in range(50)]
    async with running(work):
        for start in range(0, len(submits), 50):
            await asyncio.gather(
                *(
                    storage.tasks.submit("count", key, {"key": key, "number": number})
                    for key, number in submits[start : start + 50]
                )
            )
        await work.idle()

    assert done == {f"key{key}": list(range(20)) for key in range(50)}
    assert await storage.tasks.unfinished() == []


async def test_what_is_submitted_rolls_back_with_its_transaction(storage: Storage):
    """What a redelivered message adds to the tables is taken back when it turns out to be known."""
    told = []
    storage.tasks.listen(told.append)
    message = IncomingMessage("m1", Channel("web", "1"), ANN, "hi")
    for _ in range(2):
        await storage.conversations.ask(message, Turn(Role.USER, "hi", "Ann"), 1)

    assert len(told) == len(await storage.tasks.unfinished()) == 1


async def test_work_left_by_an_earlier_process_is_done_in_order(storage: Storage):
    for number in range(10):
        await storage.tasks.submit("count", "a", {"number": number})
    done = []
    work = Work(storage.tasks)

    async def handler(args):
        if not done:  # what comes meanwhile comes after
            await storage.tasks.submit("count", "a", {"number": 10})
        done.append(args["number"])

    work.handle("count", handler)
    async with running(work):
        await work.idle()

    assert done == list(range(11))


async def test_work_that_always_fails_frees_its_key(storage: Storage):
    tries, closed, done = [], [], []

    async def poison(args):
        tries.append(args["n"])
        raise RuntimeError("poison")

    async def gave_up(args, error):
        closed.append((args["n"], str(error)))

    async def handler(args):
        done.append(args["n"])

    work = Work(storage.tasks, pauses=(0.001, 0.002))
    work.handle("poison", poison, gave_up=gave_up)
    work.handle("count", handler)
    async with running(work):
        await storage.tasks.submit("poison", "a", {"n": 1})
        await storage.tasks.submit("count", "a", {"n": 2})
        await work.idle()

    assert tries == [1, 1, 1]
    assert closed == [(1, "poison")]
    assert done == [2]
    assert await storage.tasks.unfinished() == []


async def test_tries_are_counted_across_restarts(storage: Storage):
    tries = []

    async def poison(args):
        tries.append(args)
        raise RuntimeError("poison")

    async def life() -> list[int]:
        work = Work(storage.tasks, pauses=(0.0, 1000.0))
        work.handle("poison", poison)
        async with running(work), asyncio.timeout(10):
            while [task.attempts for task in await storage.tasks.unfinished()] != [2]:
                pass
        return [task.attempts for task in await storage.tasks.unfinished()]

    await storage.tasks.submit("poison", "a", {})

    assert await life() == [2]
    assert await life() == [2]  # it still waits for its third and last try
    assert len(tries) == 2


async def test_a_delay_holds_its_key_and_no_other(storage: Storage, clock: Clock):
    done, third = [], asyncio.Event()
    work = Work(storage.tasks, clock=clock)

    async def handler(args):
        done.append(args["n"])
        if args["n"] == 3:
            third.set()

    work.handle("count", handler)
    async with running(work):
        await storage.tasks.submit("count", "a", {"n": 1}, delay=0.05)
        await storage.tasks.submit("count", "a", {"n": 2})
        await storage.tasks.submit("count", "b", {"n": 3})
        await third.wait()
        clock.now += 1.0
        await work.idle()

    assert done == [3, 1, 2]


# --- costs ----------------------------------------------------------------------------------


class CountingSelector(selectors.DefaultSelector):
    """Counts how often the event loop wakes up."""

    wakes = 0

    def select(self, timeout=None):
        self.wakes += 1
        return super().select(timeout)


def test_thousands_of_parked_keys_cost_nothing(tmp_path: Path):
    """2,000 tasks wait inside their handlers, 2,000 behind them, 2,000 for their time: the loop sleeps."""
    selector = CountingSelector()

    async def scene(url: str) -> int:
        async with open_storage(url, str(tmp_path / "files")) as storage:
            begun, gate = 0, asyncio.Event()

            async def wait(args):
                nonlocal begun
                begun += 1
                await gate.wait()

            work = Work(storage.tasks)
            work.handle("wait", wait)
            async with running(work):
                for key in range(2000):
                    work_items = [(f"k{key}", 0.0), (f"k{key}", 0.0), (f"later{key}", 5000.0)]
                    await asyncio.gather(
                        *(storage.tasks.submit("wait", name, {}, delay=delay) for name, delay in work_items)
                    )
                assert begun == 2000
                before = selector.wakes
                await asyncio.sleep(0.5)
                return selector.wakes - before

    with (
        fresh_database("sqlite", tmp_path) as url,
        asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selector)) as runner,
    ):
        assert runner.run(scene(url)) <= 2


async def test_a_key_without_tasks_takes_no_memory(storage: Storage):
    async def handler(args):
        pass

    async def many(start: int) -> None:
        for first in range(start, start + 1000, 100):
            await asyncio.gather(
                *(storage.tasks.submit("count", f"key{key}", {}) for key in range(first, first + 100))
            )
        await work.idle()

    work = Work(storage.tasks)
    work.handle("count", handler)
    async with running(work):
        tracemalloc.start()
        try:
            await many(0)  # caches fill
            await many(1000)
            gc.collect()
            before, _peak = tracemalloc.get_traced_memory()
            await many(2000)
            gc.collect()
            after, _peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert after - before < 40_000  # bytes, for a thousand keys


# --- lives ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def nursery() -> multiprocessing.context.ForkServerContext:
    """Makes real processes that have their imports behind them."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.ports.living"])
    return context


@pytest.mark.parametrize("how", ["kill", "terminate"])
async def test_a_thousand_tasks_survive_many_deaths(url: str, tmp_path: Path, nursery, how: str):
    """Twelve processes die at random moments, then one lives on: each effect is there once, in order."""
    keys, each = 50, 20
    files = str(tmp_path / "files")
    async with open_storage(url, files) as storage:
        for number in range(each):
            await asyncio.gather(
                *(
                    storage.tasks.submit("effect", f"k{key}", {"key": f"k{key}", "number": number})
                    for key in range(keys)
                )
            )
    chance = random.Random(len(url) + len(how))

    deaths = begun = 0
    ended = False
    while not ended:
        hear, tell = nursery.Pipe(duplex=False)
        process = nursery.Process(target=live, args=(url, files, tell, chance.getrandbits(32)))
        process.start()
        tell.close()
        patience = chance.randint(1, 70) if deaths < 12 else keys * each * 3
        told = await asyncio.to_thread(_listen, hear, patience)
        begun += told.count(b".")
        ended = told.endswith(b"!")
        if not ended:
            assert deaths < 12, f"the last life broke off: exit code {process.exitcode}"
            await asyncio.sleep(chance.random() * 0.01)  # somewhere inside a task, or a transaction
            getattr(process, how)()
            deaths += 1
        await asyncio.to_thread(process.join)
        hear.close()

    assert deaths == 12
    async with open_storage(url, files) as storage:
        assert await storage.tasks.unfinished() == []
        for key in range(keys):
            posts = await storage.posts.since("effects", f"k{key}", 0)
            assert [post.body["number"] for post in posts] == list(range(each))
    assert begun >= keys * each


def _listen(hear, patience: int) -> bytes:
    """What it tells, until it has told so much, or has ended."""
    told = b""
    while len(told) < patience and not told.endswith(b"!"):
        try:
            told += hear.recv_bytes()
        except EOFError:
            break
    return told
