"""A scripted Midjourney service on a real socket: it answers as it is told and keeps what it was asked."""

import asyncio
import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

KEY = "sk-secret-of-ours"
H0 = "6c1f0f3e-6c42-4a52-9d2b-0a9a2d1b7c11"
H1 = "0f6f5e0a-8f4c-4f1b-a2b0-5d9f0b6f3e21"


@dataclass
class Reply:
    """An answer: ``body`` goes as JSON unless it is text or bytes; ``fault`` breaks the connection."""

    body: Any = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    fault: str = ""  # reset, half, garbage, silent, late (after `wake`), chunked


@dataclass
class Asked:
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: Any


class Service:
    """``on("POST /mj/submit/imagine", …)``: answers in that order, the last one for ever."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.url = ""
        self._script: dict[str, deque[Reply]] = {}
        self._quiet = asyncio.Event()
        self._arrived = asyncio.Event()

    def on(self, call: str, *replies: Any) -> None:
        self._script[call] = deque(each if isinstance(each, Reply) else Reply(each) for each in replies)

    def bodies(self, call: str) -> list[Any]:
        return [each.body for each in self.asked if f"{each.method} {each.path}" == call]

    def count(self, call: str) -> int:
        return len(self.bodies(call))

    async def answer(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        try:
            body = json.loads(raw)
        except ValueError:
            body = raw
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.asked.append(
            Asked(request.method, request.path, request.rel_url.raw_query_string, headers, body)
        )
        self._arrived.set()
        replies = self._script.get(f"{request.method} {request.path}")
        if not replies:
            said = f"Invalid URL ({request.method} {request.path})"
            error = {"message": said, "type": "invalid_request_error", "param": "", "code": ""}
            return web.json_response({"error": error}, status=404)
        reply = replies.popleft() if len(replies) > 1 else replies[0]
        if reply.fault in ("silent", "late"):
            await self._quiet.wait()
        if reply.fault in ("reset", "silent"):
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        data = reply.body
        if not isinstance(data, (bytes, str)):
            data = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        data = data.encode() if isinstance(data, str) else data
        if reply.fault == "garbage":
            assert request.transport is not None
            request.transport.write(b"SSH-2.0-OpenSSH_9.6\r\n")
            request.transport.close()
            return web.Response()
        if reply.fault == "chunked":
            response = web.StreamResponse()
            await response.prepare(request)
            await response.write(data)
            return response
        if reply.fault == "half":
            response = web.StreamResponse(headers={"content-length": str(len(data) + 50)})
            await response.prepare(request)
            await response.write(data)
            assert request.transport is not None
            request.transport.abort()
            return response
        headers = {"content-type": "text/plain; charset=utf-8", **reply.headers}
        return web.Response(body=data, status=reply.status, headers=headers)

    async def until(self, call: str) -> None:
        """Wait until it has been asked that."""
        async with asyncio.timeout(30):
            while not self.count(call):
                self._arrived.clear()
                await self._arrived.wait()

    def wake(self) -> None:
        self._quiet.set()


def accepted(task: str, code: int = 1, description: str = "提交成功", **properties: Any) -> dict[str, Any]:
    """A submit result."""
    return {"code": code, "description": description, "result": task, "properties": properties}


def local_error(description: str, code: int = 4, status: int = 400, kind: str = "upstream_error") -> Reply:
    """A relay's own error, in Midjourney's shape (new-api: with a space at the end)."""
    return Reply({"code": code, "description": f"{description} ", "type": kind}, status)


def openai_error(message: str, status: int, kind: str = "new_api_error") -> Reply:
    """A relay's error from before it looks at the task API."""
    return Reply(
        {"error": {"message": f"{message} (request id: 2025080516000012345678)", "type": kind}}, status
    )


def relay_row(task: str = "1754380800123456", **changes: Any) -> dict[str, Any]:
    """A task as new-api shows it right after a submit: every key, nothing known."""
    row = {
        "id": task,
        "action": "IMAGINE",
        "customId": "",
        "botType": "",
        "prompt": "a red fox in the snow --ar 1:1 --v 6.1",
        "promptEn": "",
        "description": "提交成功",
        "state": "",
        "submitTime": 1754380800391,
        "startTime": 0,
        "finishTime": 0,
        "imageUrl": "",
        "status": "",
        "progress": "0%",
        "failReason": "",
        "buttons": None,
        "maskBase64": "",
        "properties": None,
    }
    return {**row, **changes}


def novi_row(task: str = "1754380800123456", **changes: Any) -> dict[str, Any]:
    """A task as novicezk shows it: nulls, and no buttons."""
    row = {
        "id": task,
        "action": "IMAGINE",
        "status": "NOT_START",
        "prompt": "a red fox",
        "promptEn": "a red fox",
        "description": "/imagine a red fox",
        "state": None,
        "submitTime": 1754380800123,
        "startTime": None,
        "finishTime": None,
        "progress": None,
        "imageUrl": None,
        "failReason": None,
        "properties": {"notifyHook": None, "nonce": "1402", "discordInstanceId": "1118138338562560102"},
    }
    return {**row, **changes}


def button(custom: str, label: str = "", emoji: str | None = "") -> dict[str, Any]:
    return {"customId": custom, "emoji": emoji, "label": label, "type": 2, "style": 2}


def grid_buttons(job: str = H0) -> list[dict[str, Any]]:
    """The nine of a grid, in the recorded order."""
    return [
        *(button(f"MJ::JOB::upsample::{i}::{job}", f"U{i}") for i in range(1, 5)),
        button(f"MJ::JOB::reroll::0::{job}::SOLO", emoji="🔄"),
        *(button(f"MJ::JOB::variation::{i}::{job}", f"V{i}") for i in range(1, 5)),
    ]


def single_buttons(job: str = H1) -> list[dict[str, Any]]:
    """The fifteen of a single picture."""
    return [
        button(f"MJ::JOB::upsample_v6r1_2x_subtle::1::{job}::SOLO", "Upscale (Subtle)", "upscale_1"),
        button(f"MJ::JOB::upsample_v6r1_2x_creative::1::{job}::SOLO", "Upscale (Creative)", "upscale_1"),
        button(f"MJ::JOB::low_variation::1::{job}::SOLO", "Vary (Subtle)", "🪄"),
        button(f"MJ::JOB::high_variation::1::{job}::SOLO", "Vary (Strong)", "🪄"),
        button(f"MJ::Inpaint::1::{job}::SOLO", "Vary (Region)", "🖌️"),
        button(f"MJ::Outpaint::50::1::{job}::SOLO", "Zoom Out 2x", "🔍"),
        button(f"MJ::Outpaint::75::1::{job}::SOLO", "Zoom Out 1.5x", "🔍"),
        button(f"MJ::CustomZoom::{job}", "Custom Zoom", "🔍"),
        button(f"MJ::JOB::pan_left::1::{job}::SOLO", emoji="⬅️"),
        button(f"MJ::JOB::pan_right::1::{job}::SOLO", emoji="➡️"),
        button(f"MJ::JOB::pan_up::1::{job}::SOLO", emoji="⬆️"),
        button(f"MJ::JOB::pan_down::1::{job}::SOLO", emoji="⬇️"),
        button(f"MJ::JOB::animate_high::1::{job}::SOLO", "Animate (High motion)", "🎞️"),
        button(f"MJ::JOB::animate_low::1::{job}::SOLO", "Animate (Low motion)", "🎞️"),
        button(f"MJ::BOOKMARK::{job}", emoji="❤️"),
    ]
