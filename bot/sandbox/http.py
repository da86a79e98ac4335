"""Replies sent, and requests read, with aiohttp."""

import json
from typing import Any

from aiohttp import BodyPartReader, web

from bot.sandbox.media import Upload
from bot.sandbox.wire import Reply, request_id


def answer(reply: Reply, *, gateway: bool = False) -> web.Response:
    """Send a reply; new-api and its like put the request's id on each of theirs."""
    headers = dict(reply.headers)
    if reply.media_type:
        headers["Content-Type"] = reply.media_type
    if gateway and reply.media_type != "text/html":
        headers.setdefault("X-Oneapi-Request-Id", request_id())
    return web.Response(status=reply.status, body=reply.body, headers=headers)


def hang_up(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def read_json(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return None


async def read_form(request: web.Request) -> tuple[dict[str, str], list[Upload]]:
    """The fields and files of a multipart form."""
    fields: dict[str, str] = {}
    files: list[Upload] = []
    if not request.content_type.startswith("multipart/"):
        return fields, files
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        data = bytes(await part.read())
        if part.filename is not None:
            files.append(Upload(part.filename, part.headers.get("Content-Type", ""), data))
        else:
            fields[part.name or ""] = data.decode(errors="replace")
    return fields, files
