"""Mixed work by several people while the process is killed again and again, and what must be true after."""

import asyncio
import io
import json
import random
import sqlite3
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
from PIL import Image

from bot.features.talking.answering import MAX_ATTEMPTS
from tests.e2e.harness import Page, Program, bot, page, sandbox

PEOPLE = 4
PATIENCE = 180.0  # seconds
UNSENT = ("outcome", "request", "setup", "model", "gone")  # what a service has not, and what it forgot
QUESTIONS = (
    "hello, how are you?",
    "show me a table and some code",
    "long 1500",
    "long 4000",
    "what did I say before?",
    "你好，介绍一下你自己",
)
SUBJECTS = (
    "a red fox in the snow",
    "a city at night --ar 16:9",
    "the sea, storm --ar 3:2",
    "一只猫 --seed 7",
)


# What may be done with pictures besides, and how many it takes.
VERBS = (
    ("/shorten a very beautiful red fox that is standing in the deep white snow", 0),
    ("/improve a fox in the snow --ar 3:2", 0),
    ("/describe", 1),
    ("/blend", 2),
    ("/swap", 2),
    ("/edit make it winter", 1),
)


class Tally:
    """What people asked for."""

    def __init__(self) -> None:
        self.questions: Counter[str] = Counter()  # by room
        self.pictures: Counter[str] = Counter()
        self.pressed: set[tuple[str, str]] = set()  # room and button

    @property
    def presses(self) -> int:
        return len(self.pressed)


async def live(person: Page, tally: Tally, rng: random.Random, enough: asyncio.Event) -> None:
    """Talk, paint and press buttons until it is enough."""
    while not enough.is_set():
        kind = rng.random()
        if kind < 0.45:
            await person.say(rng.choice(QUESTIONS))
            tally.questions[person.room] += 1
        elif kind < 0.62:
            await person.say(f"/imagine {rng.choice(SUBJECTS)}")
            tally.pictures[person.room] += 1
        elif kind < 0.72:
            words, pictures = rng.choice(VERBS)
            files = [await person.upload(f"{number}.png", _picture(rng)) for number in range(pictures)]
            await person.say(words, files)
            tally.pictures[person.room] += 1
        else:
            await _press(person, tally, rng)
        await asyncio.sleep(rng.uniform(0.05, 0.6))


def _picture(rng: random.Random) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), tuple(rng.randrange(256) for _ in range(3))).save(out, "PNG")
    return out.getvalue()


async def _press(person: Page, tally: Tally, rng: random.Random) -> None:
    """A button that nobody has pressed yet, if there is one."""
    fresh = [
        (post, button)
        for post, shown in person.pictures().items()
        for row in shown["rest"]["buttons"]
        for button in row
        if button["label"] in ("U1", "U2", "U3", "U4", "V1", "V2", "V3", "V4")
        and (person.room, button["data"]) not in tally.pressed
    ]
    if fresh:
        post, button = rng.choice(fresh)
        tally.pressed.add((person.room, button["data"]))
        await person.request("press", message=post, data=button["data"])


async def torment(program: Program, kills: int, rng: random.Random) -> None:
    """kill -9 at random moments, and start again at once."""
    for _ in range(kills):
        await asyncio.sleep(rng.uniform(0.05, 1.5))
        await program.kill()
        await program.start()


async def run(place: Path, *, kills: int, dialect: str, seed: int) -> None:
    """The whole: people at work, kills, then everything must come to its end."""
    rng = random.Random(seed)
    tally = Tally()
    enough = asyncio.Event()
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(sandbox(place, speed=12.0, dialect=dialect))
        program = await stack.enter_async_context(
            bot(place, GATEWAY_URL=gateway.url, GATEWAY_KEY="sk-test", SANDBOX_SPEED="12")
        )
        people = [await stack.enter_async_context(page(program.url)) for _ in range(PEOPLE)]
        working = [
            asyncio.ensure_future(live(person, tally, random.Random(f"{seed} {number}"), enough))
            for number, person in enumerate(people)
        ]
        await torment(program, kills, rng)
        enough.set()
        async with asyncio.timeout(120):
            await asyncio.gather(*working)
        await _until_done(place / "data" / "chatelier.db")
        for person in people:  # what the open pages show is what is stored
            await person.until(lambda seen: len(seen.settled()) == len(seen.ours()), seconds=30)
        ledger = await ledger_of(gateway.url)
        assert await program.stop() == 0
    judge(place / "data" / "chatelier.db", tally, ledger, people)


async def _until_done(database: Path) -> None:
    """Wait until no durable work and no running job is left. Gives up when nothing ends for three minutes."""
    least = None
    async with asyncio.timeout(PATIENCE) as waiting:
        while True:
            with sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10) as rows:
                left = rows.execute("SELECT count(*) FROM tasks").fetchone()[0]
                left += rows.execute("SELECT count(*) FROM jobs WHERE NOT settled").fetchone()[0]
                left += rows.execute("SELECT count(*) FROM answers WHERE state = 'waiting'").fetchone()[0]
            if not left:
                return
            if least is None or left < least:
                least = left
                waiting.reschedule(asyncio.get_running_loop().time() + PATIENCE)
            await asyncio.sleep(0.2)


async def ledger_of(url: str) -> list[dict]:
    headers = {"Authorization": "Bearer sk-test"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(f"{url}/_sandbox/ledger") as answer,
    ):
        return (await answer.json())["submits"]


def judge(database: Path, tally: Tally, ledger: list[dict], people: list[Page]) -> None:
    """Nothing lost, nothing doubled, nothing half done."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as rows:
        rows.row_factory = sqlite3.Row
        answers = rows.execute("SELECT * FROM answers").fetchall()
        jobs = rows.execute("SELECT * FROM jobs").fetchall()
        posts = {str(row["id"]): row for row in rows.execute("SELECT * FROM posts WHERE NOT gone")}

    asked = Counter(row["channel"].partition(":")[2] for row in answers)
    assert asked == tally.questions
    ordered = Counter(row["channel"].partition(":")[2] for row in jobs if not row["parent"])
    assert ordered == tally.pictures
    assert sum(bool(row["parent"]) for row in jobs) == tally.presses

    shown: Counter[str] = Counter()
    for answer in answers:
        (message,) = json.loads(answer["messages"])
        shown[message] += 1
        body = json.loads(posts[message]["body"])
        assert body["text"] == answer["text"]
        assert not body["growing"]
        if answer["attempts"] > MAX_ATTEMPTS:  # killed more often than anybody waits for an answer
            assert answer["state"] == "failed"
            assert "interrupted too often" in body["note"]
            assert "Retry" in json.dumps(body["buttons"])
        else:
            assert answer["state"] == "done", (answer["state"], answer["note"])
            assert body["text"]
    for job in jobs:
        shown[job["message"]] += 1
        body = json.loads(posts[job["message"]]["body"])
        assert not body["growing"]
        assert body["progress"] is None
        if job["stage"] == "done":
            assert len(body["images"]) == len(json.loads(job["results"]))
            assert body["images"] or json.loads(job["progress"])["text"]
        else:  # a relay cannot be asked whether it took an order; then people decide
            assert job["stage"] == "failed", job["stage"]
            failure = json.loads(job["progress"])["failure"]["kind"]
            assert failure in UNSENT if job["verb"] in ("swap", "edit", "improve") else failure == "outcome"
            assert "Retry" in json.dumps(body["buttons"])
    assert set(shown.values()) <= {1}
    ours = {
        name for name, row in posts.items() if not row["author"] and "kind" not in json.loads(row["body"])
    }
    ours -= {name for name, row in posts.items() if row["room"].startswith(".")}
    assert ours == set(shown)

    paid = Counter(submit["state"] for submit in ledger)
    assert set(paid.values()) <= {1}, "an order was paid twice"
    jobs = [job for job in jobs if job["engine"] != "wording"]  # whose work is the chat model's
    done = sum(job["stage"] == "done" for job in jobs)
    assert done <= len(ledger) <= len(jobs)
    seen = {name for person in people for name in person.ours()}
    assert seen == set(shown)
