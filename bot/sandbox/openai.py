"""The OpenAI side of the gateway: models, chat, images and audio under ``/v1``."""

import re
from typing import Any

from aiohttp import web

from bot.sandbox import catalogue
from bot.sandbox.asking import Rejected, understand
from bot.sandbox.completions import Completions
from bot.sandbox.http import answer as send
from bot.sandbox.http import read_form, read_json
from bot.sandbox.ledger import Ledger
from bot.sandbox.media import Media
from bot.sandbox.paint.dice import number
from bot.sandbox.refusals import bare_key, invalid_url, open_ai_error
from bot.sandbox.wire import Reply, go_dump, request_id

JSON = "application/json; charset=utf-8"
PAINTING = 6.0  # the clock's seconds that a picture takes

_DATA_URL = re.compile(r"data:([\w/+.-]+);base64,[A-Za-z0-9+/=]{200,}")


class OpenAi:
    """Answers as new-api does; every chat and every picture is noted in the ledger."""

    def __init__(self, completions: Completions, media: Media, ledger: Ledger, keys: list[str]) -> None:
        self._completions = completions
        self._media = media
        self._ledger = ledger
        self._keys = keys

    async def handle(self, request: web.Request, trick: str) -> web.StreamResponse:
        key = self.key(request)
        if isinstance(key, Reply):
            return _answer(key)
        base = f"{request.scheme}://{request.host}"
        match request.method, request.path:
            case "GET", "/v1/models":
                return _answer(Reply(200, go_dump(catalogue.listing()), JSON))
            case "GET", path if path.startswith("/v1/models/"):
                one = catalogue.one(path.removeprefix("/v1/models/"))
                return _answer(Reply(200, go_dump(one), JSON))
            case "POST", "/v1/chat/completions":
                return await self._chat(request, key, trick, base)
            case "POST", "/v1/images/generations":
                body = read_json(await request.read())
                return await self._painted(key, request.path, body, await self._media.generations(body, base))
            case "POST", "/v1/images/edits":
                fields, files = await read_form(request)
                reply = await self._media.edits(fields, files, base)
                return await self._painted(key, request.path, fields, reply)
            case "POST", "/v1/audio/speech":
                body = read_json(await request.read())
                return self._noted(key, request.path, body, await self._media.speech(body))
            case "POST", "/v1/audio/transcriptions":
                fields, files = await read_form(request)
                return self._noted(key, request.path, fields, await self._media.transcription(fields, files))
        return _answer(invalid_url(request.method, request.path))

    async def _chat(self, request: web.Request, key: str, trick: str, base: str) -> web.StreamResponse:
        raw = await request.read()
        is_json = request.headers.get("Content-Type", "").startswith("application/json")
        body = read_json(raw) if is_json else {}
        entry = {
            "key": key,
            "at": self._completions.world(),
            "body": _shortened(body),
            "ended": "",
            "status": 200,
        }
        self._ledger.chats.append(entry)
        try:
            asked = await understand(body, trick)
        except Rejected as rejected:
            entry |= {"ended": "refused", "status": rejected.reply.status}
            return _answer(rejected.reply)

        def gone() -> bool:
            return request.transport is None or request.transport.is_closing()

        reply = await self._completions.reply(asked, base, gone)
        if reply is not None:
            entry |= {"ended": "done" if reply.status == 200 else "refused", "status": reply.status}
            return _answer(reply)
        response = web.StreamResponse(headers=_stream_headers())
        response.enable_chunked_encoding()
        try:
            await response.prepare(request)
            entry["ended"] = await self._completions.stream(asked, response, base, gone)
            if entry["ended"] == "dropped" and request.transport is not None:
                request.transport.abort()
            else:
                await response.write_eof()
        except ConnectionError:
            entry["ended"] = "gone"
        return response

    async def _painted(self, key: str, path: str, body: Any, reply: Reply) -> web.Response:
        """Noted when it is ordered, which is when it is paid, and answered when it is painted."""
        noted = self._noted(key, path, body, reply)
        if reply.status == 200:
            await self._completions.pause(PAINTING)
        return noted

    def _noted(self, key: str, path: str, body: Any, reply: Reply) -> web.Response:
        entry = {
            "key": key,
            "at": self._completions.world(),
            "path": path,
            "body": _shortened(body),
            "status": reply.status,
        }
        self._ledger.media.append(entry)
        return _answer(reply)

    def key(self, request: web.Request) -> str | Reply:
        """The caller's key, as new-api reads it."""
        sent = request.headers.get("Authorization", "")
        if sent in ("", "midjourney-proxy"):
            sent = request.headers.get("Mj-Api-Secret", "")
        key = bare_key(sent)
        if self._keys and key not in {bare_key(known) for known in self._keys}:
            return open_ai_error(401, "无效的令牌" if key else "未提供令牌")
        return key


def _shortened(body: Any) -> Any:
    """A body without the bytes of its pictures."""
    if isinstance(body, dict):
        return {name: _shortened(value) for name, value in body.items()}
    if isinstance(body, list):
        return [_shortened(value) for value in body]
    if isinstance(body, str) and (match := _DATA_URL.match(body)):
        return f"data:{match[1]};base64,…{len(body)} characters, {number(body):016x}"
    return body


def _stream_headers() -> dict[str, str]:
    return {
        "Content-Type": "text/event-stream",
        "Cache-Control": "no-cache",
        "Connection": "keep-alive",
        "X-Accel-Buffering": "no",
        "X-Oneapi-Request-Id": request_id(),
    }


def _answer(reply: Reply) -> web.Response:
    return send(reply, gateway=True)
