"""Mixed work on Telegram while the process is killed again and again, and what must be true after.

The server does each deed at once and answers later, so that many kills fall between the two: then the
bot cannot know whether what it sent arrived.
"""

import asyncio
import json
import random
import re
import sqlite3
from collections import Counter
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from bot.features.talking.answering import MAX_ATTEMPTS
from tests.e2e.harness import bot, sandbox
from tests.e2e.mixed import QUESTIONS, SUBJECTS, ledger_of, torment
from tests.e2e.telegram import Place, settings_of
from tests.emulators.telegram import Chat, Flood, Seen, Telegram, User

LATE = {
    "sendMessage": 0.3,
    "sendPhoto": 0.4,
    "sendDocument": 0.3,
    "editMessageMedia": 0.2,
    "editMessageText": 0.1,
}
FIRST_ROWS = ("U1", "U2", "U3", "U4", "V1", "V2", "V3", "V4")
UNFINISHED = {
    "work": "SELECT count(*) FROM tasks",
    "jobs": "SELECT count(*) FROM jobs WHERE NOT settled",
    "answers": "SELECT count(*) FROM answers WHERE state = 'waiting'",
    "mail": "SELECT count(*) FROM mail WHERE NOT done",
    "searches": "SELECT count(*) FROM options WHERE place = 'telegram.probes'",
}


@dataclass(slots=True)
class Tally:
    """What people asked for: ids of their messages, by chat, and the buttons that they pressed."""

    questions: set[tuple[int, int]] = field(default_factory=set)
    orders: set[tuple[int, int]] = field(default_factory=set)
    pressed: set[tuple[int, str]] = field(default_factory=set)


@dataclass(slots=True)
class Somebody:
    """A person who talks, paints and presses buttons in one place."""

    server: Telegram
    user: User
    place: Place
    tally: Tally
    rng: random.Random
    deeds: int

    async def live(self, seconds: float) -> None:
        """Do all that, in about so many seconds."""
        for _ in range(self.deeds):
            kind = self.rng.random()
            if kind < 0.5:
                self._ask()
            elif kind < 0.75:
                self._order()
            else:
                self._press()
            await asyncio.sleep(seconds / self.deeds * self.rng.uniform(0.3, 1.7))

    @property
    def _chat(self) -> int:
        return self.place.id

    def _ask(self) -> None:
        words = self.rng.choice(QUESTIONS)
        if isinstance(self.place, Chat):
            words = f"@{self.server.world.bot.username} {words}"
        said = self.server.say(self.user, self.place, words)
        self.tally.questions.add((self._chat, said.id))

    def _order(self) -> None:
        said = self.server.say(self.user, self.place, f"/imagine {self.rng.choice(SUBJECTS)}")
        self.tally.orders.add((self._chat, said.id))

    def _press(self) -> None:
        """A button that nobody has pressed yet, if there is one."""
        fresh = [
            (card, button)
            for card in self.server.ours(self.place)
            if card.kind == "photo"
            for row in card.markup.get("inline_keyboard", ())
            for button in row
            if button["text"] in FIRST_ROWS
            and (self._chat, button["callback_data"]) not in self.tally.pressed
        ]
        if fresh:
            card, button = self.rng.choice(fresh)
            self.tally.pressed.add((self._chat, button["callback_data"]))
            self.server.press(self.user, self.place, card, button["text"])


async def run(
    place: Path, *, kills: int, drafts: bool, large: bool, seed: int, dialect: str = "trueai"
) -> None:
    """The whole: people at work, kills, then everything must come to its end.

    ``large``: the group is a supergroup, which counts its messages itself.
    """
    rng = random.Random(seed)
    tally = Tally()
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(Telegram(flood=Flood()))
        server.world.drafts = "on" if drafts else "missing"
        for method, seconds in LATE.items():
            server.delay(method, seconds)
        gateway = await stack.enter_async_context(sandbox(place, speed=12.0, dialect=dialect))
        program = await stack.enter_async_context(bot(place, **settings_of(server, gateway.url)))
        people = [server.user(name) for name in ("Ann", "Bob", "Cem")]
        group = (server.supergroup if large else server.group)("Friends", people)
        places: list[Place] = [*people, group]
        much = 1 + kills // 4  # in private; groups are slow by design
        work = [*((one, one, much) for one in people), *((one, group, 1 + kills // 15) for one in people)]
        async with asyncio.TaskGroup() as busy:
            busy.create_task(torment(program, kills, rng))
            for number, (user, where, deeds) in enumerate(work):
                somebody = Somebody(server, user, where, tally, random.Random(f"{seed} {number}"), deeds)
                busy.create_task(somebody.live(kills * 1.5))
        await _until_done(place / "data" / "chatelier.db", within=60 + 12 * kills)
        await server.until(lambda: server.world.updates.polled and not server.world.updates.waiting)
        ledger = await ledger_of(gateway.url)
        assert await program.stop() == 0
    judge(place / "data" / "chatelier.db", server, places, tally, ledger)
    assert server.violations == []


async def _until_done(database: Path, within: float) -> None:
    """Wait until nothing is left to do."""
    left: dict[str, int] = {}
    try:
        async with asyncio.timeout(within):
            while True:
                with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)) as rows:
                    left = {name: rows.execute(query).fetchone()[0] for name, query in UNFINISHED.items()}
                if not any(left.values()):
                    return
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise AssertionError(f"not done after {within:.0f} s: {left}") from None


def judge(database: Path, server: Telegram, places: list[Place], tally: Tally, ledger: list[dict]) -> None:
    """Nothing lost, nothing doubled, nothing half done."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as rows:
        rows.row_factory = sqlite3.Row
        answers = {row["id"]: row for row in rows.execute("SELECT * FROM answers")}
        jobs = rows.execute("SELECT * FROM jobs").fetchall()
        turns = rows.execute("SELECT * FROM turns WHERE message IS NOT NULL AND NOT gone").fetchall()

    heard = {(_place(row["channel"]), int(row["message"])): row["answer"] for row in turns}
    assert set(heard) == tally.questions
    assert set(heard.values()) == set(answers)  # several messages of one second are one question
    ordered = {
        tuple(map(int, row["source"].removeprefix("telegram:").split("/")))
        for row in jobs
        if not row["parent"]
    }
    assert ordered == tally.orders
    assert sum(bool(row["parent"]) for row in jobs) == len(tally.pressed)

    shown: Counter[tuple[int, int]] = Counter()
    for answer in answers.values():
        if answer["attempts"] > MAX_ATTEMPTS:  # killed more often than anybody waits for an answer
            assert (answer["state"], answer["note"]) == ("failed", "This answer was interrupted too often.")
        else:
            assert answer["state"] == "done", (answer["state"], answer["note"])
        chat = _place(answer["channel"])
        ids = [(chat, int(each)) for each in json.loads(answer["messages"])]
        shown.update(ids)
        seen = [server.seen(*each) for each in ids]
        assert not any(one.gone for one in seen), answer["id"]
        assert not any("▌" in one.text for one in seen)
        assert _bare(answer["text"]) == _bare("".join(one.text for one in seen), answer["note"])
        assert [one.labels for one in seen] == [[]] * (len(seen) - 1) + [["Retry"]]
        assert seen[0].reply_to == int(answer["question"])
    for job in jobs:
        chat = _place(job["channel"])
        shown[chat, int(job["message"])] += 1
        card = server.seen(chat, int(job["message"]))
        assert not card.gone
        if job["stage"] == "done":
            assert card.kind == "photo"
            assert {"Full size"} < {label.removeprefix("⤓ ") for label in card.labels}
        else:  # where nobody can be asked whether the order was taken, people decide
            assert job["stage"] == "failed", job["stage"]
            assert json.loads(job["progress"])["failure"]["kind"] == "outcome", job["progress"]
            assert "Retry" in card.labels
    assert set(shown.values()) <= {1}
    seen_there = {(where.id, one.id): one for where in places for one in server.ours(where)}
    strays = [_told(one) for each, one in seen_there.items() if each not in shown]
    assert strays == []
    assert set(seen_there) == set(shown)
    assert not any("Stop" in one.labels or "Cancel" in one.labels for one in seen_there.values())
    assert not any(server.draft(where) for where in places)

    paid = Counter(submit["state"] for submit in ledger)
    assert set(paid.values()) <= {1}, "an order was paid twice"
    done = sum(job["stage"] == "done" for job in jobs)
    assert done <= len(ledger) <= len(jobs)


def _place(channel: str) -> int:
    return int(channel.split(":")[1])


def _bare(text: str, note: str = "") -> str:
    """What is left of Markdown and of what is made of it: its words."""
    if note:
        text = text.removesuffix(note)
    return re.sub(r"[\W_]+|python", "", text)


def _told(one: Seen) -> str:
    words = (one.text or one.caption)[:80]
    return f"{one.id} in {one.body['chat']['id']} to {one.reply_to}: {words!r} {one.labels}"
