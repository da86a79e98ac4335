"""Durable work: tries, ends, and what may go wrong around them."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.errors import Refused, Unavailable
from bot.metrics import work_failures, work_tasks
from bot.ports import Task, Tasks
from bot.work import Work
from tests.databases import Clock


class TableInMemory(Tasks):
    """Tasks that are forgotten with the test; remembers what was postponed."""

    def __init__(self) -> None:
        self.rows: dict[int, Task] = {}
        self.postponed: list[tuple[int, int, float]] = []
        self.listeners = []
        self.put_off = asyncio.Event()
        self.broken = 0  # calls that will fail
        self.numbers = 0

    def listen(self, submitted) -> None:
        self.listeners.append(submitted)

    async def submit(self, kind, key, args, *, delay=0.0) -> None:
        self.tell(self.store(kind, key, args))

    def store(self, kind, key, args, **fields) -> Task:
        self.numbers += 1
        task = self.rows[self.numbers] = Task(self.numbers, kind, key, args, **fields)
        return task

    def tell(self, task: Task) -> None:
        for listener in self.listeners:
            listener(task)

    async def unfinished(self):
        return list(self.rows.values())

    async def finish(self, task: int) -> None:
        self._break()
        self.rows.pop(task, None)

    async def postpone(self, task: int, attempts: int, not_before: float) -> None:
        self._break()
        self.postponed.append((task, attempts, not_before))
        self.put_off.set()
        self.rows[task] = replace(self.rows[task], attempts=attempts, not_before=not_before)

    def _break(self) -> None:
        if self.broken:
            self.broken -= 1
            raise Unavailable("the database is away")


@asynccontextmanager
async def running(work: Work) -> AsyncIterator[asyncio.Task[None]]:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(work.run())
        yield task
        task.cancel()


@pytest.fixture
def tasks() -> TableInMemory:
    return TableInMemory()


async def test_the_second_try_comes_after_a_second_and_the_third_after_five(tasks: TableInMemory):
    clock = Clock(1000.0)

    async def fail(args):
        raise Refused("not now")

    for attempts, pause in ((0, 1.0), (1, 5.0)):
        task = tasks.store("fail", f"key{attempts}", {}, attempts=attempts)
        work = Work(tasks, clock=clock)
        work.handle("fail", fail)
        async with running(work):
            await tasks.put_off.wait()
        assert tasks.postponed.pop() == (task.id, attempts + 1, 1000.0 + pause)
        tasks.put_off.clear()
        del tasks.rows[task.id]


async def test_after_the_last_try_it_is_closed_and_finished(tasks: TableInMemory):
    closed = []

    async def fail(args):
        raise Refused("not now")

    async def gave_up(args, error):
        closed.append((args, error))

    before = work_failures.labels("fail")._value.get()
    tasks.store("fail", "key", {"n": 1}, attempts=2)
    work = Work(tasks)
    work.handle("fail", fail, gave_up=gave_up)
    async with running(work):
        await work.idle()

    ((args, error),) = closed
    assert args == {"n": 1}
    assert isinstance(error, Refused)
    assert tasks.rows == {}
    assert work_failures.labels("fail")._value.get() == before + 1


async def test_what_is_away_is_waited_for_and_no_try_is_lost(tasks: TableInMemory):
    clock = Clock(1000.0)
    away = [Unavailable("away"), Unavailable("away"), Unavailable("away", retry_after=7.0)]

    async def handler(args):
        if away:
            raise away.pop(0)

    async def gave_up(args, error):
        raise AssertionError

    task = tasks.store("deliver", "key", {}, attempts=2)
    work = Work(tasks, clock=clock, pauses=())
    work.handle("deliver", handler, gave_up=gave_up)
    for pause in (0.5, 1.0, 7.0):
        async with running(work):
            await tasks.put_off.wait()
        assert tasks.postponed.pop() == (task.id, 2, clock.now + pause)
        clock.now += pause
        tasks.put_off.clear()
    async with running(work):
        await work.idle()

    assert tasks.rows == {}


async def test_a_key_goes_on_even_when_closing_fails(tasks: TableInMemory):
    done = []

    async def fail(args):
        raise RuntimeError("poison")

    async def count(args):
        done.append(args)

    work = Work(tasks, pauses=())
    work.handle("fail", fail, gave_up=lambda args, error: fail(args))
    work.handle("count", count)
    tasks.store("fail", "key", {})
    tasks.store("count", "key", {})
    with capture_logs() as logs:
        async with running(work):
            await work.idle()

    assert done == [{}]
    assert tasks.rows == {}
    assert "work that was given up cannot be closed" in [line["event"] for line in logs]


async def test_a_cancellation_that_a_handler_lets_out_is_a_failure(tasks: TableInMemory):
    tries = []

    async def stray(args):
        tries.append(args)
        inner = asyncio.get_running_loop().create_future()
        inner.cancel()
        await inner

    tasks.store("stray", "key", {})
    work = Work(tasks, pauses=(0.0,))
    work.handle("stray", stray)
    async with running(work):
        await work.idle()

    assert len(tries) == 2
    assert tasks.rows == {}


async def test_cancelled_work_is_left_to_the_next_start(tasks: TableInMemory):
    begun = asyncio.Event()

    async def wait(args):
        begun.set()
        await asyncio.Event().wait()

    before = work_tasks._value.get()
    tasks.store("wait", "key", {})
    tasks.store("wait", "key", {})
    work = Work(tasks)
    work.handle("wait", wait)
    async with running(work):
        await begun.wait()
        assert work_tasks._value.get() == before + 2

    assert [task.attempts for task in tasks.rows.values()] == [0, 0]
    assert work_tasks._value.get() == before


async def test_what_is_submitted_while_everything_ends_is_left_too(tasks: TableInMemory):
    begun = asyncio.Event()

    async def wait(args):
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await tasks.submit("wait", "another key", {})

    tasks.store("wait", "key", {})
    work = Work(tasks)
    work.handle("wait", wait)
    async with running(work):
        await begun.wait()

    assert [task.key for task in tasks.rows.values()] == ["key", "another key"]


async def test_stopping_lets_what_runs_end_and_begins_nothing(tasks: TableInMemory):
    begun, gate, done = asyncio.Event(), asyncio.Event(), []

    async def wait(args):
        begun.set()
        await gate.wait()
        done.append(args["n"])

    tasks.store("wait", "key", {"n": 1})
    tasks.store("wait", "key", {"n": 2})
    work = Work(tasks)
    work.handle("wait", wait)
    async with asyncio.TaskGroup() as group:
        run = group.create_task(work.run())
        await begun.wait()
        stop = group.create_task(work.stop(grace=60.0))
        await asyncio.sleep(0)
        await tasks.submit("wait", "other", {"n": 3})
        gate.set()
        await asyncio.wait([run, stop])

    assert done == [1]
    assert [task.args["n"] for task in tasks.rows.values()] == [2, 3]


async def test_stopping_does_not_wait_for_ever(tasks: TableInMemory):
    begun = asyncio.Event()

    async def wait(args):
        begun.set()
        await asyncio.Event().wait()

    tasks.store("wait", "key", {})
    work = Work(tasks)
    work.handle("wait", wait)
    async with asyncio.TaskGroup() as group:
        group.create_task(work.run())
        await begun.wait()
        await work.stop(grace=0.0)

    assert len(tasks.rows) == 1


async def test_a_kind_that_nobody_does_is_left_and_holds_up_nobody(tasks: TableInMemory):
    done = []

    async def count(args):
        done.append(args)

    unknown = tasks.store("unknown", "key", {})
    tasks.store("count", "key", {})
    work = Work(tasks)
    work.handle("count", count)
    with capture_logs() as logs:
        async with running(work):
            await work.idle()

    assert done == [{}]
    assert list(tasks.rows.values()) == [unknown]
    assert [line["kind"] for line in logs if line["log_level"] == "warning"] == ["unknown"]


async def test_a_key_waits_until_its_end_is_stored(tasks: TableInMemory):
    """While the database is away nothing of the key is begun, and nothing is done twice when it is back."""
    done = []

    async def count(args):
        done.append(args["n"])
        if args["n"] == 1:
            tasks.broken = 1

    tasks.store("count", "key", {"n": 1})
    tasks.store("count", "key", {"n": 2})
    work = Work(tasks)
    work.handle("count", count)
    async with running(work):
        await work.idle()

    assert done == [1, 2]
    assert tasks.rows == {}


async def test_what_is_told_while_the_table_is_read_is_done_once(tasks: TableInMemory):
    done = []
    stored = tasks.store("count", "key", {"n": 1})
    read = tasks.unfinished

    async def slow_read():
        rows = await read()
        tasks.tell(stored)
        await tasks.submit("count", "key", {"n": 2})
        return rows

    async def count(args):
        done.append(args["n"])

    tasks.unfinished = slow_read
    work = Work(tasks)
    work.handle("count", count)
    async with running(work):
        await work.idle()
        tasks.tell(stored)
        await work.idle()

    assert done == [1, 2]


async def test_tasks_that_are_told_of_in_the_wrong_order_are_done_in_the_right_one(tasks: TableInMemory):
    gate, done = asyncio.Event(), []

    async def count(args):
        await gate.wait()
        done.append(args["n"])

    work = Work(tasks)
    work.handle("count", count)
    async with running(work):
        await work.idle()
        first, second, third = (tasks.store("count", "key", {"n": number}) for number in (1, 2, 3))
        for task in (first, third, second):
            tasks.tell(task)
        gate.set()
        await work.idle()

    assert done == [1, 2, 3]


async def test_work_is_done_in_the_service_s_context_not_the_submitter_s(tasks: TableInMemory):
    language = ContextVar("language", default="en")
    heard = []

    async def speak(args):
        heard.append(language.get())
        language.set("fr")

    work = Work(tasks)
    work.handle("speak", speak)
    async with running(work):
        await work.idle()
        token = language.set("de")
        await tasks.submit("speak", "a", {})
        await tasks.submit("speak", "b", {})
        language.reset(token)
        await work.idle()

    assert heard == ["en", "en"]


SUBMITS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(0, 3)),  # key, failures, naps
    max_size=30,
)


@settings(max_examples=100, deadline=None)
@given(SUBMITS, st.integers(0, 30))
def test_any_mixture_is_done_in_order_and_closed_when_it_cannot_be_done(submits, early: int):
    tasks = TableInMemory()
    tries: dict[int, int] = defaultdict(int)
    ends: dict[int, list[int]] = defaultdict(list)
    busy: set[int] = set()

    async def handler(args):
        key, number, failures, naps = args["task"]
        assert key not in busy
        busy.add(key)
        tries[number] += 1
        for _ in range(naps):
            await asyncio.sleep(0)
        busy.discard(key)
        if tries[number] <= failures:
            raise Refused("not yet")
        ends[key].append(number)

    async def gave_up(args, error):
        key, number, *_ = args["task"]
        ends[key].append(-number)

    async def scene():
        work = Work(tasks, pauses=(0.0, 0.0))
        work.handle("mix", handler, gave_up=gave_up)
        jobs = [(key, number, *rest) for number, (key, *rest) in enumerate(submits, start=1)]
        for job in jobs[:early]:
            tasks.store("mix", f"key{job[0]}", {"task": job})
        async with running(work):
            for job in jobs[early:]:
                await tasks.submit("mix", f"key{job[0]}", {"task": job})
                await asyncio.sleep(0)
            await work.idle()
            return {key: [-n if fails > 2 else n for k, n, fails, _ in jobs if k == key] for key in ends}

    assert asyncio.run(scene()) == ends
    assert tasks.rows == {}
    assert sum(len(numbers) for numbers in ends.values()) == len(submits)
