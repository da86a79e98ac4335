"""What stands behind the Midjourney API: one account's queue, its tasks, and the pictures it was sent."""

import asyncio
import base64
import random
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from bot.sandbox.clock import Clock, Mark
from bot.sandbox.journal import Journal, Record
from bot.sandbox.looks import Look
from bot.sandbox.paint.dice import number
from bot.sandbox.paint.shots import sheet_from
from bot.sandbox.tasks import FORM, PACE, SECONDS, State, Task, as_record, changes, from_record, state_of

ACCOUNT = "1118138338562560102"
FORGOTTEN = 3600.0  # seconds after which nobody looks whether a task still changes


class QueueFull(Exception):
    """Nothing was created."""


@dataclass(slots=True)
class Switches:
    """How the service behaves; tests turn them at run time."""

    running: int = 3
    waiting: int = 10
    refresh: float = 3.0  # the clock's seconds between a relay's looks at its upstream
    previews: bool = True
    remix: bool = False  # every V, reroll and pan asks for words
    disorder: bool = False  # callbacks arrive out of order
    duplicate: bool = False  # and twice
    leading_zero: bool = False  # task ids begin with 0
    numeric: bool = False  # task ids are JSON numbers in answers to submits
    suno: str = "relay"  # how music is spoken of (see ``bot.sandbox.suno``); "" for none
    luma: str = "luma"  # and video: luma, list, v1; "" for none
    no_channel: tuple[str, ...] = ()  # models that a relay has no channel for, such as mj_shorten


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody asks for, once it is known to be well-formed."""

    key: str
    verb: str
    prompt: str = ""
    ref: str = ""
    hook: str = ""
    mode: str = ""


class Studio:
    """Accepts orders and knows every task. A task counts as accepted once it is in the journal."""

    def __init__(self, clock: Clock, journal: Journal, switches: Switches) -> None:
        self.clock = clock
        self.switches = switches
        self.tasks: dict[str, Task] = {}
        self.works: list[Record] = []  # of songs and clips, as the journal has them
        self.changed = asyncio.Event()
        self._journal = journal
        self._active: dict[str, Task] = {}
        self._by_hash: dict[str, str] = {}
        self._children: dict[str, list[str]] = {}
        self._pictures: dict[str, bytes] = {}

    def _restore(self) -> list[Mark]:
        marks: list[Mark] = []
        for record in self._journal.read():
            match record.pop("kind"):
                case "task":
                    self._put(from_record(record))
                case "change":
                    task = self.tasks[record.pop("id")]
                    if record.get("sheet"):
                        record["sheet"] = sheet_from(record["sheet"])
                    self._put(replace(task, **record))
                case "picture":
                    self._pictures[record["digest"]] = base64.b64decode(record["data"])
                case "clock":
                    marks.append(Mark(**record))
                case "work":
                    self.works.append(record)
        return marks

    async def open(self) -> None:
        """Go on where the journal ends; our time runs on too, as if we had never been away."""
        speed = self.clock.speed
        marks = self._restore()
        if marks:
            self.clock.restore(marks)
        if not marks:
            await self._journal.append(_clock(self.clock.marks[-1]))
        elif self.clock.speed != speed:
            await self.set_speed(speed)

    async def set_speed(self, speed: float) -> None:
        await self._journal.append(_clock(self.clock.set_speed(speed)))
        self._stir()

    # --- tasks ------------------------------------------------------------------------------

    async def take(self, order: Order, **more: Any) -> tuple[Task, int]:
        """Accept an order: the task, and how many wait in front of it. QueueFull when none can wait."""
        now = self.clock.now()
        form = more.get("form") is not None
        waiting = 0 if form else self._room(now)
        seconds = self._seconds(order, str(more.get("trick", "")))
        start = now if form else self._free_at(now)
        task = Task(
            id=self._new_id(),
            key=order.key,
            verb=order.verb,
            prompt=order.prompt,
            at=now,
            made=self.clock.world(),
            start=start + seconds * 0.02,
            ref=order.ref,
            hook=order.hook,
            mode=order.mode,
            seconds=seconds,
            queued=waiting,
            **more,
        )
        self._put(task)
        await self._journal.append({"kind": "task", **as_record(task)})
        self._stir()
        return task, waiting

    async def confirm(self, task: Task, **fields: Any) -> Task:
        """The form was sent. A second time it is counted, and changes nothing else."""
        task = self.tasks[task.id]
        count = {"confirmations": task.confirmations + 1}
        if task.confirmed is None:
            now = self.clock.now()
            self._room(now)
            fields |= {"confirmed": now, "start": max(self._free_at(now), now + FORM)}
        else:
            fields = {}
        return await self._change(task, **count, **fields)

    async def cancel(self, task: Task) -> Task:
        if task.cancelled is not None or state_of(task, self.clock.now()).final:
            return task
        return await self._change(task, cancelled=self.clock.now())

    async def change(self, task: Task, **fields: Any) -> Task:
        return await self._change(task, **fields)

    def get(self, task: str) -> Task | None:
        return self.tasks.get(task)

    def by_hash(self, job: str) -> Task | None:
        """The task with that Midjourney id."""
        return self.tasks.get(self._by_hash.get(job, ""))

    def state(self, task: Task, at: float | None = None) -> State:
        return state_of(task, self.clock.now() if at is None else at)

    def used(self, task: Task) -> list[str]:
        """The customIds of its buttons that were pressed."""
        return [self.tasks[child].custom for child in self._children.get(task.id, ())]

    def newest(self) -> Iterable[Task]:
        return reversed(self.tasks.values())

    def waiting(self, now: float) -> list[Task]:
        """Tasks that wait for a free place."""
        return [task for task in self._busy(now) if task.start - task.seconds * 0.02 > now]

    def unfinished(self) -> list[Task]:
        """Waiting or running, by the time of their submit."""
        now = self.clock.now()
        return [
            task
            for task in self._active.values()
            if state_of(task, now).status in ("NOT_START", "SUBMITTED", "IN_PROGRESS")
        ]

    # --- pictures that were sent to us ------------------------------------------------------

    async def keep(self, look: Look) -> str:
        """Keep a picture; its digest."""
        return await self.keep_bytes(look.kept, look.digest)

    async def keep_bytes(self, data: bytes, digest: str) -> str:
        if digest not in self._pictures:
            self._pictures[digest] = data
            record = {"kind": "picture", "digest": digest, "data": base64.b64encode(data).decode()}
            await self._journal.append(record)
        return digest

    def picture(self, digest: str) -> bytes | None:
        """A kept picture by its digest, or by the first 16 letters of it."""
        if digest in self._pictures:
            return self._pictures[digest]
        return next((data for known, data in self._pictures.items() if known.startswith(digest)), None)

    # --- callbacks --------------------------------------------------------------------------

    def due(self, since: float, now: float) -> list[tuple[float, Task]]:
        """The changes between two moments of tasks that want to be told of, in order."""
        found = [
            (moment, task)
            for task in self._active.values()
            if task.hook
            for moment in changes(task)
            if since < moment <= now
        ]
        return sorted(found, key=lambda change: change[0])

    def next_change(self, after: float) -> float | None:
        """When the next task that wants to be told of changes."""
        return min(
            (
                moment
                for task in self._active.values()
                if task.hook
                for moment in changes(task)
                if moment > after
            ),
            default=None,
        )

    def _stir(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()

    async def _change(self, task: Task, **fields: Any) -> Task:
        changed = replace(task, **fields)
        self._put(changed)
        if fields.get("sheet") is not None:
            fields["sheet"] = asdict(fields["sheet"])
        await self._journal.append({"kind": "change", "id": task.id, **fields})
        self._stir()
        return changed

    def _put(self, task: Task) -> None:
        if task.id not in self.tasks and task.parent:
            self._children.setdefault(task.parent, []).append(task.id)
        self.tasks[task.id] = task
        self._active[task.id] = task
        self._by_hash[task.hash] = task.id

    def _room(self, now: float) -> int:
        """How many wait; QueueFull when there is no place for one more."""
        waiting = len(self.waiting(now))
        if waiting >= self.switches.waiting:
            raise QueueFull
        return waiting

    def _busy(self, now: float) -> list[Task]:
        """Tasks that hold or will hold a place; forgets those that nothing can change any more."""
        over = [
            task.id
            for task in self._active.values()
            if now - task.at > FORGOTTEN or (now > task.end + 5 and state_of(task, now).final)
        ]
        for task_id in over:
            del self._active[task_id]
        return [task for task in self._active.values() if task.end > now]

    def _free_at(self, now: float) -> float:
        ends = sorted(task.end for task in self._busy(now))
        places = self.switches.running
        return now if len(ends) < places else max(now, ends[len(ends) - places])

    def _seconds(self, order: Order, trick: str) -> float:
        seconds = SECONDS[order.verb] * PACE.get(order.mode, 1.0) * random.uniform(0.92, 1.08)
        return round(seconds * {"slow": 10.0, "quick": 0.08}.get(trick, 1.0), 3)

    def _new_id(self) -> str:
        """Milliseconds and three random digits, as novicezk and trueai make them."""
        while True:
            task = f"{int(self.clock.world() * 1000)}{secrets.randbelow(1000):03d}"
            if self.switches.leading_zero:
                task = "0" + task[1:]
            if task not in self.tasks:
                return task


def new_seed(fixed: int | None, *parts: object) -> int:
    """A seed for a picture: a new one each time, unless the prompt fixes it."""
    return secrets.randbits(32) if fixed is None else number(fixed, *parts) & 0xFFFFFFFF


def _clock(mark: Mark) -> Record:
    return {"kind": "clock", **asdict(mark)}
