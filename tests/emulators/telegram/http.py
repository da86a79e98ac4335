"""Requests off the wire: paths, forms, files and JSON."""

import json
from typing import Any
from urllib.parse import unquote

from aiohttp import BodyPartReader, web

from tests.emulators.telegram.errors import TOO_LARGE, bad
from tests.emulators.telegram.files import Upload

MAX_FIELD = 4 << 20  # bytes of a parameter
MOST_AT_ONCE = 1 << 30  # what a small piece leaves over, the library pushes back with a warning


def route(request: web.Request) -> tuple[str, str, str]:
    """("bot" | "file" | "", token, method or file path) of a path, which may be percent-encoded."""
    path = unquote(request.rel_url.raw_path)
    kind = "file" if path.startswith("/file/bot") else "bot" if path.startswith("/bot") else ""
    token, _, rest = path.removeprefix("/file").removeprefix("/bot").partition("/")
    return kind, token, rest


async def read(request: web.Request, limit: int) -> tuple[dict[str, Any], dict[str, Upload]]:
    """Parameters and files. Everything is read, also what is too large, so that the answer arrives."""
    params: dict[str, Any] = dict(request.query)
    files: dict[str, Upload] = {}
    kind = request.content_type
    if kind == "multipart/form-data":
        await _read_parts(request, params, files, limit)
    elif kind == "application/json":
        body = await request.read()
        if body:
            try:
                found = json.loads(body)
            except ValueError:
                raise bad("can't parse JSON object") from None
            if not isinstance(found, dict):
                raise bad("object expected")
            params |= found
    elif request.can_read_body:
        params |= {name: str(value) for name, value in (await request.post()).items()}
    return params, files


async def _read_parts(
    request: web.Request, params: dict[str, Any], files: dict[str, Upload], limit: int
) -> None:
    total, too_large = 0, False
    reader = await request.multipart()
    while (part := await reader.next()) is not None:
        if not isinstance(part, BodyPartReader):
            raise bad("nested multipart")
        data = bytearray()
        while chunk := await part.read_chunk(MOST_AT_ONCE):
            total += len(chunk)
            too_large = too_large or total > limit
            if not too_large:
                data += chunk
        name = part.name or ""
        if part.filename is not None:
            mime = part.headers.get("Content-Type", "")
            files[name] = Upload(bytes(data), part.filename, mime)
        else:
            params[name] = data.decode()
    if too_large:
        raise TOO_LARGE
