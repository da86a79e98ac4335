"""A relay's own, late copy of each task (new-api): its rows, and the task object that it makes of one."""

import time
from dataclasses import dataclass, replace
from typing import Any

from bot.sandbox.buttons import buttons_of
from bot.sandbox.gallery import Gallery
from bot.sandbox.service import milliseconds
from bot.sandbox.studio import Studio
from bot.sandbox.tasks import STEPS, State, Task, lost_at, state_of

ACTIONS = {
    "edits": "EDITS",
    "retexture": "EDITS",
    "upscale_hd": "UPSCALE",
    "clip": "UPSCALE",
    "swap": "SWAP_FACE",
}


@dataclass(frozen=True, slots=True)
class Row:
    """The relay's copy of a task. ``state`` is None until it has asked its upstream for the first time."""

    task: Task
    action: str
    note: str  # what the submit's answer said
    state: State | None


def rows_of(studio: Studio, task: Task, now: float) -> list[Row]:
    """The relay's rows of a task, the oldest first: it looks upstream every ``refresh`` seconds.

    A form adds a second row. The upstream's state then goes to the newest unfinished row, so the first one
    stays as it was until a cycle after the end (new-api).
    """
    refresh = studio.switches.refresh
    tick = now // refresh * refresh if refresh > 0 else now
    action = ACTIONS.get(task.verb, task.verb.upper())
    if task.form is None:
        note = f"排队中，前面还有{task.queued}个任务" if task.queued else "提交成功"
        return [Row(task, action, note, _seen(task, tick, task.at, refresh))]
    first = replace(task, confirmed=None, prompt=studio.tasks[task.parent].prompt)
    if task.confirmed is None:
        return [Row(first, action, "Waiting for window confirm", _seen(first, tick, task.at, refresh))]
    before = (task.confirmed // refresh * refresh) if refresh > 0 else task.confirmed
    newest = Row(task, "MODAL", "提交成功", _seen(task, tick, task.confirmed, refresh))
    late = _seen(task, tick - refresh, task.confirmed, refresh)
    if late is not None and late.final:
        return [Row(task, action, "Waiting for window confirm", newest.state), newest]
    return [Row(first, action, "Waiting for window confirm", _seen(first, before, task.at, refresh)), newest]


def _seen(task: Task, tick: float, since: float, refresh: float) -> State | None:
    """What the relay's look at ``tick`` has shown; None when it has not looked since then."""
    if tick < since:
        return None
    if task.trick == "lost" and refresh:  # once the upstream has forgotten it, the row stays as it was
        tick = min(tick, (lost_at(task) // refresh) * refresh)
    if tick < task.at:
        return None
    state = state_of(task, tick)
    if task.trick == "frozen" and state.percent == STEPS[2]:
        return replace(state, reason="未知错误")
    return state


def task_object(row: Row, studio: Studio, gallery: Gallery, base: str, final_prompt: str) -> dict[str, Any]:
    """The task object: all keys are always there, whatever is known."""
    task, state = row.task, row.state
    data: dict[str, Any] = {
        "id": task.id,
        "action": row.action,
        "customId": "",
        "botType": "",
        "prompt": "InsightFace" if task.verb == "swap" else task.prompt,
        "promptEn": "",
        "description": row.note,
        "state": "",
        "submitTime": int(task.made * 1000) + 268,
        "startTime": 0,
        "finishTime": 0,
        "imageUrl": "",
        "videoUrl": "",
        "videoUrls": None,
        "status": "",
        "progress": "0%",
        "failReason": "",
        "buttons": None,
        "maskBase64": "",
        "properties": None,
    }
    if state is None:
        return data
    done = state.status == "SUCCESS"
    stopped = state.status in ("FAILURE", "CANCEL") or bool(state.reason)
    if done and task.verb in ("video", "clip"):
        count = 1 if task.verb == "clip" else 4
        clips = [{"url": gallery.clip_url(base, task, part)} for part in range(1, count + 1)]
        data |= {"videoUrl": clips[0]["url"], "videoUrls": clips}
    words = final_prompt if done else ""
    return data | {
        "promptEn": task.words if task.verb == "describe" and done else task.prompt,
        "state": task.ref,
        "submitTime": int(task.made * 1000),
        "startTime": milliseconds(studio, state.started) or 0,
        "finishTime": milliseconds(studio, state.finished) or 0,
        "imageUrl": _image_url(gallery, base, task, state),
        "status": state.status,
        "progress": "100%" if done or stopped else (state.text or f"{state.percent or 0}%"),
        "failReason": state.reason,
        "buttons": buttons_of(task) if done and task.trick != "nobuttons" else (None if done else []),
        "properties": {"finalPrompt": words, "finalZhPrompt": ""},
    }


def _image_url(gallery: Gallery, base: str, task: Task, state: State) -> str:
    if not gallery.url(base, task, state):
        return ""
    host = "http://localhost:3000" if task.trick == "localhost" else base
    link = f"{host}/mj/image/{task.id}"
    return link if state.status == "SUCCESS" else f"{link}?rand={time.time_ns()}"
