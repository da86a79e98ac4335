"""A fast scripted gateway in a process of its own: chat completions and Midjourney tasks.

    python -m benchmarks.gateway PORT

``GET /bench`` tells what was asked of it since the last ``DELETE /bench``.
"""

import asyncio
import json
import random
import sys
import time
from dataclasses import dataclass, field

from aiohttp import web

from benchmarks.script import Script, first_word

MODEL = "bench-model"
STEP = 3.0  # seconds between two changes of a picture job's progress, as relays report them


@dataclass
class Counted:
    """What was asked: completions, and for each question about tasks when and about how many."""

    completions: int = 0
    submits: int = 0
    lists: list[tuple[float, int]] = field(default_factory=list)
    fetches: int = 0


def chunk(delta: dict[str, str], finish: str | None = None) -> bytes:
    """One event of a stream, in the shape and the size that relays send (wire: new-api)."""
    event = {
        "id": "chatcmpl-bench0123456789",
        "object": "chat.completion.chunk",
        "created": 1754380800,
        "model": MODEL,
        "system_fingerprint": None,
        "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}],
    }
    return b"data: " + json.dumps(event).encode() + b"\n\n"


class Gateway:
    """The routes, and what they remember."""

    def __init__(self) -> None:
        self.counted = Counted()
        self.tasks: dict[str, float] = {}  # id → when it was submitted, monotonic
        self.streams: dict[int, list[bytes]] = {}  # number of chunks → events after the first

    def application(self) -> web.Application:
        app = web.Application(client_max_size=64_000_000)
        app.router.add_get("/bench", self.tell)
        app.router.add_delete("/bench", self.reset)
        app.router.add_get("/v1/models", self.models)
        app.router.add_post("/v1/chat/completions", self.complete)
        app.router.add_post("/mj/submit/imagine", self.imagine)
        app.router.add_post("/mj/task/list-by-condition", self.list_tasks)
        app.router.add_get("/mj/task/{id}/fetch", self.fetch_task)
        return app

    async def tell(self, request: web.Request) -> web.Response:
        counted = self.counted
        return web.json_response(
            {
                "completions": counted.completions,
                "submits": counted.submits,
                "lists": counted.lists,
                "fetches": counted.fetches,
            }
        )

    async def reset(self, request: web.Request) -> web.Response:
        self.counted = Counted()
        return web.Response()

    async def models(self, request: web.Request) -> web.Response:
        model = {"id": MODEL, "object": "model", "created": 1626777600, "owned_by": "bench"}
        return web.json_response({"object": "list", "data": [model]})

    async def complete(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        said = body["messages"][-1]["content"]
        question = said if isinstance(said, str) else " ".join(part.get("text", "") for part in said)
        script = Script.read(question)
        self.counted.completions += 1
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
        )
        await response.prepare(request)
        events = self._events(script)
        first = chunk({"role": "assistant", "content": first_word()})
        if not script.every:
            await response.write(first + b"".join(events))
            return response
        await response.write(first)
        due = time.monotonic() + random.uniform(0.5, 1.5) * script.every
        for event in events[:-2]:
            await asyncio.sleep(due - time.monotonic())
            due += script.every
            await response.write(event)
        await response.write(b"".join(events[-2:]))
        return response

    def _events(self, script: Script) -> list[bytes]:
        if script.chunks not in self.streams:
            events = [chunk({"content": piece}) for piece in script.pieces()]
            self.streams[script.chunks] = [*events, chunk({}, "stop"), b"data: [DONE]\n\n"]
        return self.streams[script.chunks]

    async def imagine(self, request: web.Request) -> web.Response:
        await request.read()
        self.counted.submits += 1
        task = f"{1_754_380_800_000_000 + len(self.tasks)}"
        self.tasks[task] = time.monotonic()
        return web.json_response({"code": 1, "description": "提交成功", "result": task, "properties": {}})

    async def list_tasks(self, request: web.Request) -> web.Response:
        asked = (await request.json())["ids"]
        self.counted.lists.append((time.monotonic(), len(asked)))
        return web.json_response([self._task(task) for task in asked if task in self.tasks])

    async def fetch_task(self, request: web.Request) -> web.Response:
        self.counted.fetches += 1
        return web.json_response(self._task(request.match_info["id"]))

    def _task(self, task: str) -> dict[str, object]:
        """At some stage, and a little further every few seconds; it never ends."""
        age = time.monotonic() - self.tasks[task]
        status, percent, queue = _stage(int(task) % 20, int(age / STEP))
        submitted = int((time.time() - age) * 1000)
        return {
            "id": task,
            "action": "IMAGINE",
            "status": status,
            "prompt": "a red fox in the snow --ar 16:9",
            "promptEn": "a red fox in the snow --ar 16:9",
            "description": "/imagine a red fox in the snow --ar 16:9",
            "state": "",
            "submitTime": submitted,
            "startTime": submitted + 900,
            "finishTime": 0,
            "imageUrl": "",
            "progress": f"{percent}%",
            "failReason": "",
            "customId": "",
            "botType": "",
            "buttons": None,
            "maskBase64": "",
            "properties": {"finalPrompt": "", "finalZhPrompt": "", **queue},
        }


def _stage(kind: int, steps: int) -> tuple[str, int, dict[str, int]]:
    """Status, percent and place in the queue: of twenty tasks four wait, two begin, one asks for words."""
    match kind:
        case 0 | 1 | 2 | 3:
            return "NOT_START", 0, {"numberOfQueues": max(1, 40 - steps - kind)}
        case 4 | 5:
            return "SUBMITTED", 0, {}
        case 6:
            return "MODAL", 0, {}
    return "IN_PROGRESS", min(95, steps * 3), {}


if __name__ == "__main__":
    web.run_app(Gateway().application(), host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
