"""Mixed work on Discord while the process is killed again and again, and what must be true after.

The server does each deed at once and answers later, so that many kills fall between the two: then the
bot cannot know whether what it sent arrived. Of the commands, every other one loses its token soon after
it was acknowledged. What people do while nobody is there fails before their eyes, and they leave it.
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
from tests.e2e.discord import CURSOR, Place, settings_of
from tests.e2e.harness import bot, sandbox
from tests.e2e.mixed import QUESTIONS, SUBJECTS, ledger_of, torment
from tests.emulators.discord import Channel, Discord, Interaction, Rates, Seen, User

LATE = {
    "create_message": 0.3,
    "edit_message": 0.1,
    "respond": 0.2,
    "follow": 0.2,
    "edit_response": 0.2,
    "get_messages": 0.2,
}
FIRST_ROWS = ("U1", "U2", "U3", "U4", "V1", "V2", "V3", "V4")
UNFINISHED = {
    "work": "SELECT count(*) FROM tasks",
    "jobs": "SELECT count(*) FROM jobs WHERE NOT settled",
    "answers": "SELECT count(*) FROM answers WHERE state = 'waiting'",
    "mail": "SELECT count(*) FROM mail WHERE NOT done",
}


@dataclass(slots=True)
class Tally:
    """What people did: ids of their questions by place, their commands, their presses."""

    questions: set[tuple[int, int]] = field(default_factory=set)
    orders: list[Interaction] = field(default_factory=list)
    presses: list[Interaction] = field(default_factory=list)
    pressed: set[str] = field(default_factory=set)  # custom ids


@dataclass(slots=True)
class Somebody:
    """A person who talks, paints and presses buttons in one place."""

    server: Discord
    user: User
    place: Place
    tally: Tally
    rng: random.Random
    deeds: int

    async def live(self, seconds: float) -> None:
        """Do all that, in about so many seconds."""
        for _ in range(self.deeds):
            kind = self.rng.random()
            if kind < 0.45:
                self.ask()
            elif kind < 0.75:
                await self._order()
            else:
                await self._press()
            await asyncio.sleep(seconds / self.deeds * self.rng.uniform(0.3, 1.7))

    def ask(self) -> None:
        words = self.rng.choice(QUESTIONS)
        if isinstance(self.place, Channel):
            words = f"{self.server.bot.mention} {words}"
        said = self.server.say(self.user, self.place, words)
        self.tally.questions.add((said.channel, said.id))

    async def _order(self) -> None:
        await self._somebody_is_there()
        used = self.server.slash(self.user, self.place, "imagine", prompt=self.rng.choice(SUBJECTS))
        self.tally.orders.append(used)
        if len(self.tally.orders) % 2:
            await self.server.until(lambda: used.answered or used.failed)
            await asyncio.sleep(self.rng.uniform(0, 0.5))
            self.server.expire(used)

    async def _press(self) -> None:
        """A button that nobody has pressed yet, if there is one."""
        await self._somebody_is_there()
        fresh = [
            (card, button)
            for card in self.server.ours(self.place)
            if card.files
            for button in card.buttons
            if button.label in FIRST_ROWS and button.custom_id not in self.tally.pressed
        ]
        if fresh:
            card, button = self.rng.choice(fresh)
            self.tally.pressed.add(button.custom_id)
            self.tally.presses.append(self.server.press(self.user, card, custom_id=button.custom_id))

    async def _somebody_is_there(self) -> None:
        await self.server.until(lambda: self.server.connected, within=600)


async def run(place: Path, *, kills: int, seed: int, dialect: str = "trueai") -> None:
    """The whole: people at work, kills, then everything must come to its end."""
    rng = random.Random(seed)
    tally = Tally()
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(Discord(rates=Rates()))
        for method, seconds in LATE.items():
            server.delay(method, seconds)
        gateway = await stack.enter_async_context(sandbox(place, speed=12.0, dialect=dialect))
        program = await stack.enter_async_context(bot(place, **settings_of(server, gateway.url)))
        await server.until(lambda: server.connected and server.syncs)
        people = [server.user(name, installed=True) for name in ("Ann", "Bob", "Cem")]
        common = server.channel(server.guild("Friends", people), "general")
        places: list[Place] = [*people, common]
        work = [
            *((one, one, 1 + kills // 4) for one in people),
            *((one, common, 1 + kills // 10) for one in people),
        ]
        crowd = [
            Somebody(server, user, where, tally, random.Random(f"{seed} {number}"), deeds)
            for number, (user, where, deeds) in enumerate(work)
        ]
        for one in crowd:  # where it was spoken to once, it looks for what it missed
            one.ask()
        await server.until(lambda: all(server.ours(where) for where in places), within=30)
        async with asyncio.TaskGroup() as busy:
            busy.create_task(torment(program, kills, rng))
            for one in crowd:
                busy.create_task(one.live(kills * 1.5))
        await _until_done(place / "data" / "chatelier.db", tally, within=60 + 12 * kills)
        ledger = await ledger_of(gateway.url)
        assert await program.stop() == 0
    judge(place / "data" / "chatelier.db", server, places, tally, ledger)
    assert server.violations == []
    assert server.unknown_routes == {}


async def _until_done(database: Path, tally: Tally, within: float) -> None:
    """Wait until all questions were heard and nothing is left to do."""
    left: dict[str, object] = {}
    try:
        async with asyncio.timeout(within):
            while True:
                with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)) as rows:
                    left = {name: rows.execute(query).fetchone()[0] for name, query in UNFINISHED.items()}
                    left["questions"] = tally.questions - set(_heard(rows))
                if not any(left.values()):
                    return
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise AssertionError(f"not done after {within:.0f} s: {left}") from None


def _heard(rows: sqlite3.Connection) -> dict[tuple[int, int], str]:
    """Place and number of each message that is a question → its answer."""
    query = "SELECT channel, message, answer FROM turns WHERE message IS NOT NULL AND answer IS NOT NULL"
    found = rows.execute(query).fetchall()
    return {(_place(channel), int(message)): answer for channel, message, answer in found if answer}


def judge(database: Path, server: Discord, places: list[Place], tally: Tally, ledger: list[dict]) -> None:
    """Nothing lost, nothing doubled, nothing half done."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as rows:
        rows.row_factory = sqlite3.Row
        answers = {row["id"]: row for row in rows.execute("SELECT * FROM answers")}
        jobs = rows.execute("SELECT * FROM jobs").fetchall()
        heard = _heard(rows)

    assert set(heard) == tally.questions
    assert set(heard.values()) == set(answers)
    _took_in([row for row in jobs if not row["parent"]], tally.orders)
    _took_in([row for row in jobs if row["parent"]], tally.presses)
    assert any(one.ended for one in tally.orders)

    shown: Counter[int] = Counter()
    for answer in answers.values():
        if answer["attempts"] > MAX_ATTEMPTS:  # killed more often than anybody waits for an answer
            assert (answer["state"], answer["note"]) == ("failed", "This answer was interrupted too often.")
        else:
            assert answer["state"] == "done", (answer["state"], answer["note"])
        ids = [number for each in json.loads(answer["messages"]) for number in _numbers(each)]
        shown.update(ids)
        seen = [server.seen(each) for each in ids]
        assert not any(one.gone for one in seen), answer["id"]
        assert not any(CURSOR in one.text for one in seen)
        assert _bare(answer["text"]) == _bare("".join(one.text for one in seen), answer["note"])
        assert [one.labels for one in seen] == [[]] * (len(seen) - 1) + [["Retry"]]
        assert seen[0].reply_to == int(answer["question"])
    for job in jobs:
        *above, number = _numbers(job["message"])
        assert above == []
        shown[number] += 1
        card = server.seen(number)
        assert not card.gone
        assert card.channel == _place(job["channel"])
        if job["stage"] == "done":
            assert card.files
            assert "U1" in str(card.labels) or "Zoom" in str(card.labels)
        else:  # where nobody can be asked whether the order was taken, people decide
            assert job["stage"] == "failed", job["stage"]
            assert json.loads(job["progress"])["failure"]["kind"] == "outcome", job["progress"]
            assert "Retry" in card.labels
    assert set(shown.values()) <= {1}
    there = {one.id: one for where in places for one in server.ours(where)}
    strays = [
        _told(one) for number, one in there.items() if number not in shown and not _ran_out(server, one)
    ]
    assert strays == []
    assert set(shown) <= set(there)
    assert not any("Stop" in one.labels or "Cancel" in one.labels for one in there.values())

    paid = Counter(submit["state"] for submit in ledger)
    assert set(paid.values()) <= {1}, "an order was paid twice"
    done = sum(job["stage"] == "done" for job in jobs)
    assert done <= len(ledger) <= len(jobs)


def _took_in(jobs: list[sqlite3.Row], deeds: list[Interaction]) -> None:
    """Each deed at most once, and every one that was acknowledged. Nobody but people has ordered."""
    taken = [int(row["source"].partition("/")[2]) for row in jobs]
    assert len(taken) == len(set(taken))
    assert set(taken) <= {one.id for one in deeds}
    assert {one.id for one in deeds if one.answered} <= set(taken)


def _ran_out(server: Discord, one: Seen) -> bool:
    """What was announced, and whose interaction ended: nobody can change it any more."""
    return one.thinking and server.interaction(one.deed).ended


def _numbers(message: str) -> list[int]:
    """The messages' numbers in a message's name, as they stand one below the other."""
    number, _, above = message.partition("+")
    return [*map(int, filter(None, above.split(","))), int(number)]


def _place(channel: str) -> int:
    return int(channel.split(":")[1])


def _bare(text: str, note: str = "") -> str:
    """What is left of Markdown and of what is made of it: its words."""
    if note:
        text = text.removesuffix(f"-# {note}")
    return re.sub(r"[\W_]+|python", "", text)


def _told(one: Seen) -> str:
    return f"{one.id} in {one.channel} to {one.reply_to or one.deed}: {one.text[:80]!r} {one.labels}"
