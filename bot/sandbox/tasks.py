"""A task's state: a pure function of what was accepted and of the clock."""

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bot.sandbox.paint.shots import Sheet, sheet_from

STEPS = (15, 31, 46, 62, 78, 93)  # percents that Midjourney tells in between
FORM = 2.0  # seconds that a task still shows MODAL after its form was sent
STUCK = 300.0  # seconds until a proxy gives a silent task up (novicezk: five minutes)
SECONDS = {  # from start to end; about a quarter of what the real service takes
    "imagine": 12.0,
    "blend": 12.0,
    "variation": 12.0,
    "low_variation": 11.0,
    "high_variation": 12.0,
    "reroll": 12.0,
    "zoom": 11.0,
    "custom_zoom": 11.0,
    "pan": 11.0,
    "inpaint": 11.0,
    "edits": 11.0,
    "retexture": 11.0,
    "upscale": 2.0,
    "upscale_hd": 7.0,
    "clip": 2.0,
    "describe": 4.0,
    "shorten": 3.0,
    "swap": 6.0,
    "video": 15.0,
}
PACE = {"relax": 2.0, "turbo": 0.6}

_SPACE = uuid.UUID("7f4c6d0a-8f0e-4c39-9a55-5a0c1d8b6e21")


@dataclass(frozen=True, slots=True)
class Task:
    """What was accepted. Times are the clock's seconds, ``made`` is Unix seconds."""

    id: str
    key: str
    verb: str
    prompt: str
    at: float
    made: float
    start: float
    seconds: float
    sheet: Sheet | None = None
    seed: int = 0
    parent: str = ""
    custom: str = ""
    index: int = 0
    ref: str = ""
    hook: str = ""
    mode: str = ""
    bot: str = "MID_JOURNEY"
    version: str = "7"
    queued: int = 0  # how many waited in front of it
    trick: str = ""
    fault: str = ""  # why it will fail soon after its start
    words: str = ""  # a result in words
    shown: str = ""  # digest of a kept picture that is the result
    form: str | None = None  # the prefilled text of the form that it waits for
    confirmed: float | None = None
    confirmations: int = 0
    cancelled: float | None = None

    @property
    def hash(self) -> str:
        """Midjourney's own id of the job."""
        return str(uuid.uuid5(_SPACE, self.id))

    @property
    def end(self) -> float:
        """When it is over, if nobody intervenes; what waits for a form takes no place in the queue."""
        if self.form is not None and self.confirmed is None:
            return self.at
        if self.trick in ("stuck", "frozen", "lost"):
            return self.start  # it blocks nobody
        natural = self.start + self.seconds
        return natural if self.cancelled is None else min(natural, max(self.cancelled, self.at))


@dataclass(frozen=True, slots=True)
class State:
    """A task at one moment, as Midjourney itself has it."""

    status: str
    percent: int | None = None
    text: str = ""  # progress in words instead of a percent
    started: float | None = None
    finished: float | None = None
    reason: str = ""
    lost: bool = False

    @property
    def final(self) -> bool:
        return self.status in ("SUCCESS", "FAILURE", "CANCEL")

    @property
    def step(self) -> int:
        """The percent whose preview can be seen; 0 for none."""
        return self.percent if self.status == "IN_PROGRESS" and self.percent in STEPS else 0


def state_of(task: Task, now: float) -> State:
    if task.cancelled is not None and now >= task.cancelled:
        before = _state(task, task.cancelled)
        return before if before.final else State("CANCEL", before.percent, "", before.started, task.cancelled)
    return _state(task, now)


def changes(task: Task) -> list[float]:
    """The moments at which its state changes, in order."""
    if task.form is not None and task.confirmed is None:
        return [task.at]
    moments = [task.at, task.start]
    if task.trick == "stuck":
        return [*moments, task.start + STUCK]
    moments += [task.start + task.seconds * (index + 1) / 7 for index in range(7)]
    if task.fault:
        moments.append(task.start + _early(task))
    if task.cancelled is not None:
        moments = [moment for moment in moments if moment < task.cancelled] + [task.cancelled]
    return sorted(moments)


def _state(task: Task, now: float) -> State:
    if task.form is not None and (task.confirmed is None or now < task.confirmed + FORM):
        return State("MODAL", 0)
    start, passed = task.start, now - task.start
    if passed < 0:
        return State("NOT_START")
    if task.fault and passed >= _early(task):
        return State("FAILURE", None, "", start, start + _early(task), task.fault)
    if task.trick == "stuck":
        if passed >= STUCK:
            return State("FAILURE", None, "", start, start + STUCK, "任务超时")
        return State("SUBMITTED", 0, "", start)
    part = int(passed / task.seconds * 7) if task.seconds > 0 else 7
    if task.verb in ("swap", "upscale", "describe", "shorten", "clip") or task.trick == "quick":
        part = 7 if part >= 7 else 0  # these tell no percents
    early = {"fail": 3, "cancelled": 3}.get(task.trick)
    if early is not None and part >= early:
        ended = start + task.seconds * early / 7
        if task.trick == "cancelled":
            return State("CANCEL", None, "", start, ended)
        reason = "Failed to process your command :'( The sandbox was asked to fail."
        return State("FAILURE", None, "", start, ended, reason)
    if task.trick == "frozen" and part >= 3:
        return State("IN_PROGRESS", STEPS[2], "", start)
    if task.trick == "lost" and now > lost_at(task):
        return State("IN_PROGRESS", STEPS[1], "", start, lost=True)
    if part >= 7:
        if task.trick == "timeout":
            return State("FAILURE", None, "", start, start + task.seconds, "任务超时")
        return State("SUCCESS", 100, "", start, start + task.seconds)
    if part == 0:
        return State("SUBMITTED", 0, "Waiting to start" if task.trick == "oddprogress" else "", start)
    return State("IN_PROGRESS", STEPS[part - 1], "paused" if task.trick == "oddprogress" else "", start)


def lost_at(task: Task) -> float:
    """When the service forgets a task that is to be lost."""
    return task.start + task.seconds * 3 / 7


def _early(task: Task) -> float:
    return min(1.0, task.seconds / 2)


def as_record(task: Task) -> dict[str, Any]:
    """As JSON, without what is empty; an empty form is a form."""
    return {
        name: value for name, value in asdict(task).items() if value or (name == "form" and value is not None)
    }


def from_record(record: Mapping[str, Any]) -> Task:
    """The task that ``as_record`` wrote."""
    fields = dict(record)
    if fields.get("sheet") is not None:
        fields["sheet"] = sheet_from(fields["sheet"])
    return Task(**{"seconds": 0.0, "key": "", "prompt": "", **fields})
