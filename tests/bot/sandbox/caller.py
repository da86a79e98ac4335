"""A bare HTTP caller of the sandbox, that adds nothing of its own."""

import asyncio
import base64
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from PIL import Image

from bot.sandbox import Sandbox, Switches

FINAL = ("SUCCESS", "FAILURE", "CANCEL")
ROOMY = Switches(running=1000, waiting=1000, refresh=0.5)


@dataclass(frozen=True)
class Answer:
    status: int
    media_type: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Caller:
    """Speaks to one sandbox with one set of headers."""

    def __init__(self, sandbox: Sandbox, session: aiohttp.ClientSession, headers: dict[str, str]) -> None:
        self.sandbox = sandbox
        self._session = session
        self.headers = headers

    def with_headers(self, **headers: str) -> "Caller":
        return Caller(
            self.sandbox, self._session, {name.replace("_", "-"): value for name, value in headers.items()}
        )

    async def send(self, method: str, path: str, **options: Any) -> Answer:
        url = path if path.startswith("http") else self.sandbox.url + path
        headers = {**self.headers, **options.pop("headers", {})}
        async with self._session.request(method, url, headers=headers, **options) as response:
            body = await response.read()
            return Answer(
                response.status, response.headers.get("Content-Type", ""), body, dict(response.headers)
            )

    async def post(self, path: str, body: Any, **options: Any) -> Answer:
        return await self.send("POST", path, json=body, **options)

    async def get(self, path: str, **options: Any) -> Answer:
        return await self.send("GET", path, **options)

    async def imagine(self, prompt: str, **more: Any) -> str:
        """Submit and return the task's id."""
        answer = await self.post("/mj/submit/imagine", {"prompt": prompt, **more})
        assert answer.json["code"] in (1, 22), answer.text
        return str(answer.json["result"])

    async def fetch(self, task: str) -> dict[str, Any]:
        return (await self.get(f"/mj/task/{task}/fetch")).json

    async def until(self, task: str, *statuses: str) -> dict[str, Any]:
        """The task, once it has one of these statuses (a final one by default)."""
        async with asyncio.timeout(20):
            while True:
                found = await self.fetch(task)
                if found["status"] in (statuses or FINAL):
                    return found
                await asyncio.sleep(0.01)

    async def press(self, task: dict[str, Any], label: str, **more: Any) -> Answer:
        """Press the button with that label or emoji."""
        custom = next(b["customId"] for b in task["buttons"] if label in (b["label"], b["emoji"]))
        return await self.post("/mj/submit/action", {"taskId": task["id"], "customId": custom, **more})

    async def done(self, prompt: str) -> dict[str, Any]:
        return await self.until(await self.imagine(prompt))

    async def ledger(self) -> dict[str, Any]:
        return (await self.get("/_sandbox/ledger")).json

    async def control(self, **wanted: Any) -> Answer:
        return await self.post("/_sandbox/control", wanted)

    async def chat(self, text: str, model: str = "sandbox-chat", **more: Any) -> Answer:
        body = {"model": model, "messages": [{"role": "user", "content": text}], **more}
        return await self.post("/v1/chat/completions", body)

    async def say(self, text: str, model: str = "sandbox-chat", **more: Any) -> str:
        return str((await self.chat(text, model, **more)).json["choices"][0]["message"]["content"])


@asynccontextmanager
async def calling(**options: Any) -> AsyncIterator[Caller]:
    """A running sandbox, fast and with small pictures, and a caller of it."""
    headers = options.pop("headers", {})
    settings = {
        "speed": 200.0,
        "size": 64,
        "switches": Switches(running=1000, waiting=1000, refresh=0.5),
        **options,
    }
    async with Sandbox(**settings) as sandbox, aiohttp.ClientSession() as session:
        yield Caller(sandbox, session, headers)


def picture(width: int = 40, height: int = 30, colour: tuple[int, int, int] = (200, 40, 40)) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(data, "PNG")
    return data.getvalue()


def data_url(data: bytes | None = None, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data or picture()).decode()}"


def deltas(body: bytes) -> list[dict[str, Any]]:
    """The frames of a stream, as objects."""
    frames = [line.removeprefix(b"data:").strip() for line in body.split(b"\n") if line.startswith(b"data:")]
    return [json.loads(frame) for frame in frames if frame.startswith(b"{")]


def streamed(body: bytes, part: str = "content") -> str:
    """The text of a stream."""
    choices = [choice for frame in deltas(body) for choice in frame.get("choices") or ()]
    return "".join((choice.get("delta") or {}).get(part) or "" for choice in choices)
