"""A restarted sandbox goes on exactly where it was."""

import asyncio
import json
import os
import signal
import sys
from contextlib import asynccontextmanager
from itertools import pairwise

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.clock import Clock, Mark
from bot.sandbox.journal import Journal
from bot.sandbox.paint.shots import Sheet, Shot
from bot.sandbox.plans import from_prompt
from bot.sandbox.prompts import TRICKS, parse
from bot.sandbox.tasks import SECONDS, Task, as_record, changes, from_record, state_of
from tests.bot.sandbox.caller import Caller, calling, data_url

ORDER = ["NOT_START", "MODAL", "SUBMITTED", "IN_PROGRESS", "SUCCESS"]


async def test_tasks_pictures_and_buttons_outlive_the_process(tmp_path):
    journal = tmp_path / "deep" / "journal.jsonl"
    async with calling(dialect="trueai", journal=journal) as before:
        task = await before.done("a red fox")
        picture = (await before.get(task["imageUrl"])).body
        described = await before.until(
            (await before.post("/mj/submit/describe", {"base64": data_url()})).json["result"]
        )
        form = (await before.press(task, "V1", enableRemix=True)).json["result"]

    async with calling(dialect="trueai", journal=journal) as after:
        again = await after.fetch(task["id"])
        assert {**again, "imageUrl": "", "thumbnailUrl": "", "imageUrls": "", "buttons": ""} == {
            **task, "imageUrl": "", "thumbnailUrl": "", "imageUrls": "", "buttons": ""
        }  # fmt: skip
        assert (await after.get(again["imageUrl"])).body == picture
        assert (await after.get((await after.fetch(described["id"]))["imageUrl"])).status == 200
        assert (await after.until((await after.press(again, "U3")).json["result"]))["status"] == "SUCCESS"
        await after.post("/mj/submit/modal", {"taskId": form, "prompt": "a blue fox"})
        assert (await after.until(form, "SUCCESS"))["prompt"] == "a blue fox"


async def test_a_form_that_was_sent_before_the_restart_is_not_forgotten(tmp_path):
    journal = tmp_path / "journal.jsonl"
    async with calling(dialect="trueai", journal=journal) as before:
        form = (await before.press(await before.done("remix a fox"), "V1")).json["result"]
        await before.post("/mj/submit/modal", {"taskId": form, "prompt": "a blue fox"})

    async with calling(dialect="trueai", journal=journal) as after:
        assert (await after.until(form, "SUCCESS"))["prompt"] == "a blue fox"
        assert [s["confirmations"] for s in (await after.ledger())["submits"] if s["id"] == form] == [1]


async def test_time_runs_on_while_it_is_away(tmp_path):
    journal = tmp_path / "journal.jsonl"
    async with calling(dialect="direct", speed=30.0, journal=journal) as before:
        task = await before.imagine("a fox")
        planned = (await before.until(task))["finishTime"]

    async with calling(dialect="direct", speed=30.0, journal=journal) as after:
        assert (await after.fetch(task))["finishTime"] == planned


async def test_the_queue_is_remembered(tmp_path):
    from bot.sandbox import Switches

    journal, switches = tmp_path / "journal.jsonl", Switches(running=1, waiting=1)
    async with calling(dialect="direct", speed=0.01, journal=journal, switches=switches) as before:
        for _ in range(2):
            await before.imagine("a fox")

    async with calling(dialect="direct", speed=0.01, journal=journal, switches=switches) as after:
        assert (await after.post("/mj/submit/imagine", {"prompt": "a fox"})).json["code"] == 23


async def test_a_line_that_a_crash_has_cut_is_dropped(tmp_path):
    path = tmp_path / "journal.jsonl"
    with Journal(path) as journal:
        list(journal.read())
        await journal.append({"n": 1}, {"n": 2})
    with path.open("ab") as file:
        file.write(b'{"n": 3')

    with Journal(path) as journal:
        assert [record["n"] for record in journal.read()] == [1, 2]
        await journal.append({"n": 4})

    assert [json.loads(line)["n"] for line in path.read_bytes().splitlines()] == [1, 2, 4]


async def test_records_that_wait_together_are_all_written(tmp_path):
    path = tmp_path / "journal.jsonl"
    with Journal(path) as journal:
        list(journal.read())
        await asyncio.gather(*(journal.append({"n": n}) for n in range(50)))

    assert sorted(json.loads(line)["n"] for line in path.read_bytes().splitlines()) == list(range(50))


@asynccontextmanager
async def process(*arguments: str):
    """The sandbox as a process of its own, and its address."""
    command = [sys.executable, "-m", "bot.sandbox", *arguments]
    pipe = asyncio.subprocess.PIPE
    running = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=asyncio.subprocess.DEVNULL)
    try:
        assert running.stdout is not None
        async with asyncio.timeout(20):
            while not (line := await running.stdout.readline()).startswith(b"sandbox at "):
                assert line
        yield running, line.decode().split()[-1]
    finally:
        if running.returncode is None:
            running.kill()
        await running.wait()


class Address:
    def __init__(self, url: str) -> None:
        self.url = url


async def test_what_was_answered_survives_a_kill(tmp_path):
    options = ["--port", "0", "--dialect", "direct", "--speed", "50", "--size", "64", "--running", "100"]
    options += ["--journal", str(tmp_path / "journal.jsonl")]
    tasks = []
    async with aiohttp.ClientSession() as session:
        for _ in range(3):
            async with process(*options) as (running, url):
                caller = Caller(Address(url), session, {})
                tasks += [await caller.imagine("a fox", state=f"mark {len(tasks)}")]
                tasks += [await caller.imagine("a cat", state=f"mark {len(tasks)}")]
                os.kill(running.pid, signal.SIGKILL)
                await running.wait()

        async with process(*options) as (running, url):
            caller = Caller(Address(url), session, {})
            ends = [(await caller.until(task))["status"] for task in tasks]
            ledger = await caller.ledger()
            running.terminate()
            code = await running.wait()

    assert ends == ["SUCCESS"] * 6
    assert [entry["state"] for entry in ledger["submits"]] == [f"mark {n}" for n in range(6)]
    assert ledger["repeated"] == {}
    assert code == 0


# --- pure functions --------------------------------------------------------------------------


def task(**fields) -> Task:
    usual = {"id": "1", "key": "", "verb": "imagine", "prompt": "a fox", "at": 100.0, "made": 1e9}
    return Task(**{**usual, "start": 101.0, "seconds": 12.0, **fields})


@given(
    st.sampled_from(sorted(SECONDS)),
    st.sampled_from(["", *sorted(TRICKS)]),
    st.lists(st.floats(min_value=90, max_value=600), min_size=2, max_size=20),
    st.sampled_from(["", "[Invalid parameter] x"]),
)
def test_a_task_only_ever_moves_on(verb, trick, moments, fault):
    some = task(verb=verb, seconds=SECONDS[verb], trick=trick, fault=fault)
    states = [state_of(some, moment) for moment in sorted(moments)]

    for before, after in pairwise(states):
        if before.final:
            assert after == before
        elif not after.final:
            assert ORDER.index(after.status) >= ORDER.index(before.status)
            assert (after.percent or 0) >= (before.percent or 0)


@given(st.sampled_from(["", *sorted(TRICKS)]), st.sampled_from(["", "[Invalid parameter] x"]))
def test_a_state_changes_only_at_the_moments_that_are_told(trick, fault):
    some = task(trick=trick, fault=fault)
    moments = changes(some)

    for before, after in pairwise(moments):
        middle, late = before + (after - before) * 0.4, before + (after - before) * 0.6
        assert state_of(some, middle) == state_of(some, late)


def test_a_form_waits_for_ever_and_its_task_runs_afterwards():
    asked = task(form="a fox", verb="variation")
    sent = task(form="a fox", verb="variation", confirmed=200.0, start=202.0)

    assert state_of(asked, 1e6).status == "MODAL"
    assert [state_of(sent, at).status for at in (201.0, 202.5, 220.0)] == ["MODAL", "SUBMITTED", "SUCCESS"]


@given(
    st.builds(
        lambda words, seed, number: from_prompt(parse(words), seed).tile(number),
        st.sampled_from(["a fox", "雪山 --ar 3:2", "blub --no cats"]),
        st.integers(min_value=0, max_value=2**32),
        st.integers(min_value=1, max_value=4),
    ),
    st.booleans(),
)
def test_a_task_is_the_same_after_the_journal(shot: Shot, zoomed: bool):
    sheet = Sheet(shot.zoomed(2).patched("bWFzaw==", "a cat", 5) if zoomed else shot, seed=9)
    before = task(sheet=sheet, form="", parent="0", confirmed=150.0)

    assert from_record(json.loads(json.dumps(as_record(before)))) == before


def test_a_clock_that_was_frozen_runs_on_from_there():
    now = [1000.0]
    clock = Clock(10.0, lambda: now[0])
    now[0] += 5
    clock.set_speed(0)
    frozen = clock.now()
    now[0] += 100
    assert clock.now() == frozen == 1050.0
    clock.set_speed(2)
    now[0] += 10
    assert clock.now() == 1070.0
    assert clock.real(1070.0) == pytest.approx(now[0])
    assert clock.real(1025.0) == pytest.approx(1002.5)


def test_a_clock_restored_from_its_marks_shows_the_same():
    now = [1000.0]
    first = Clock(10.0, lambda: now[0])
    now[0] += 30
    second = Clock(1.0, lambda: now[0])
    second.restore([Mark(1000.0, 1000.0, 10.0)])

    assert second.now() == first.now() == 1300.0
