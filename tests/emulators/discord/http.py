"""Requests off the wire, and answers onto it."""

import json
import re
from typing import Any

from aiohttp import BodyPartReader, web

from tests.emulators.discord.cdn import Upload
from tests.emulators.discord.errors import ApiError, refusal
from tests.emulators.discord.things import MIB

MAX_REQUEST = 25 * MIB  # and more where a server's level allows larger files
_FILE = re.compile(r"files\[(\d+)\]")


async def read(request: web.Request, limit: int) -> tuple[Any, dict[int, Upload]]:
    """The JSON body, or None, and files. All is read, also what is too large, so that the answer arrives."""
    if request.content_type == "multipart/form-data":
        return await _parts(request, limit)
    raw = await request.read()
    if not raw:
        return None, {}
    if request.content_type != "application/json":
        raise ApiError(400, 50035, "Expected \"Content-Type\" header to be one of {'application/json'}.")
    return _loaded(raw), {}


def _loaded(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        raise refusal(50109) from None


async def _parts(request: web.Request, limit: int) -> tuple[Any, dict[int, Upload]]:
    body: Any = None
    files: dict[int, Upload] = {}
    total, too_large = 0, False
    reader = await request.multipart()
    while (part := await reader.next()) is not None:
        if not isinstance(part, BodyPartReader):
            raise refusal(50035)
        data = bytearray()
        while chunk := await part.read_chunk(1 << 16):
            total += len(chunk)
            too_large = too_large or total > limit
            if not too_large:
                data += chunk
        name = part.name or ""
        if part.filename is None:
            if name == "payload_json":
                body = _loaded(bytes(data))
            continue
        match = _FILE.fullmatch(name)
        number = int(match[1]) if match else len(files)
        mime = part.headers.get("Content-Type", "")
        files[number] = Upload(bytes(data), part.filename, "" if mime == "application/octet-stream" else mime)
    if too_large:
        raise refusal(40005)
    return body, files


def answer(status: int, body: Any = None, headers: dict[str, str] | None = None) -> web.Response:
    """Discord's answer: ``application/json`` and nothing after it, and a ``Via`` from its proxies."""
    headers = {"Via": "1.1 google", **(headers or {})}
    if body is None:
        return web.Response(status=status, headers=headers)
    return web.Response(
        status=status, body=json.dumps(body).encode(), headers={"Content-Type": "application/json", **headers}
    )
