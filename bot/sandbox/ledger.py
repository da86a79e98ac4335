"""What was ordered and by whom: so that tests can prove that nothing was ordered twice."""

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.studio import Studio
from bot.sandbox.tasks import Task

PRICES = {  # new-api's list; 0.1 for whatever is not named
    "mj_inpaint": 0.0,
    "mj_custom_zoom": 0.0,
    "mj_describe": 0.05,
    "mj_upscale": 0.05,
    "swap_face": 0.05,
}
MODELS = {"swap": "swap_face", "upscale_hd": "mj_upscale", "clip": "mj_upscale"}


@dataclass(slots=True)
class Ledger:
    """Requests are counted by path; chats are kept with their bodies, the newest 20,000 of them."""

    requests: Counter[str] = field(default_factory=Counter)
    chats: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=20_000))
    media: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=20_000))
    refused: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=20_000))

    def report(self, studio: Studio) -> dict[str, Any]:
        """Everything as JSON. ``repeated`` names every mark (``state``) that more than one submit carried."""
        tasks = list(studio.tasks.values())
        marks: dict[str, list[str]] = {}
        counts: dict[str, Counter[str]] = {}
        for task in tasks:
            counts.setdefault(task.key, Counter())[task.verb] += 1
            if task.ref:
                marks.setdefault(f"{task.key} {task.ref}", []).append(task.id)
        return {
            "now": studio.clock.world(),
            "speed": studio.clock.speed,
            "submits": [entry(studio, task) for task in tasks],
            "counts": {key: dict(counter) for key, counter in counts.items()},
            "repeated": {mark: ids for mark, ids in marks.items() if len(ids) > 1},
            "refused": list(self.refused),
            "chats": list(self.chats),
            "media": list(self.media),
            "requests": dict(self.requests),
        }


def entry(studio: Studio, task: Task) -> dict[str, Any]:
    """One accepted submit, with what it cost."""
    state = studio.state(task)
    model = MODELS.get(task.verb, f"mj_{task.verb}")
    price = PRICES.get(model, 0.1) + 0.1 * task.confirmations
    failed = state.status in ("FAILURE", "CANCEL")
    return {
        "id": task.id,
        "key": task.key,
        "verb": task.verb,
        "prompt": task.prompt,
        "state": task.ref,
        "mode": task.mode,
        "parent": task.parent,
        "customId": task.custom,
        "trick": task.trick,
        "status": state.status,
        "lost": state.lost,
        "form": task.form is not None,
        "confirmations": task.confirmations,
        "submitted": task.made,
        "started": studio.clock.real(state.started) if state.started is not None else None,
        "finished": studio.clock.real(state.finished) if state.finished is not None else None,
        "price": round(price, 3),
        "refunded": failed,
    }
