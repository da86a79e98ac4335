"""Interactions that come by HTTP instead of by the gateway: signed, and checked."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog
from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from adapters.discord.calls import PING

log = structlog.get_logger()

PATH = "/discord/interactions"
MAX_BODY = 4_000_000  # bytes

Take = Callable[[Sequence[tuple[str, Mapping[str, Any]]]], Awaitable[None]]


class Doorway:
    """The door on the one web application. ValueError for what is no public key."""

    def __init__(self, public_key: str) -> None:
        try:
            self._key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key.strip()))
        except ValueError:
            raise ValueError("DISCORD_PUBLIC_KEY should be 64 letters and digits; copy it again") from None
        self._take: Take | None = None

    def add_to(self, routes: web.UrlDispatcher) -> None:
        routes.add_post(PATH, self._receive)

    def open(self, take: Take) -> None:
        """Let interactions in. They are answered once they are stored."""
        self._take = take

    def shut(self) -> None:
        self._take = None

    async def _receive(self, request: web.Request) -> web.Response:
        if (request.content_length or 0) > MAX_BODY:
            raise web.HTTPRequestEntityTooLarge(MAX_BODY, request.content_length or 0)
        body = await request.content.read(MAX_BODY + 1)
        while len(body) <= MAX_BODY and (more := await request.content.read(MAX_BODY + 1 - len(body))):
            body += more
        if len(body) > MAX_BODY:
            raise web.HTTPRequestEntityTooLarge(MAX_BODY, len(body))
        if not self._is_signed(request, body):
            raise web.HTTPUnauthorized(text="That is not the signature.")
        try:
            payload = json.loads(body)
            kind = payload["type"]
        except (ValueError, KeyError, TypeError):
            raise web.HTTPBadRequest(text="That is not an interaction.") from None
        if kind == PING:
            return web.json_response({"type": PING})
        if self._take is None:
            raise web.HTTPServiceUnavailable(text="Not now.")
        await self._take([("INTERACTION_CREATE", payload)])
        return web.Response(status=202)  # the answer follows by itself

    def _is_signed(self, request: web.Request, body: bytes) -> bool:
        signature = request.headers.get("X-Signature-Ed25519", "")
        timestamp = request.headers.get("X-Signature-Timestamp", "")
        try:
            self._key.verify(bytes.fromhex(signature), timestamp.encode() + body)
        except (InvalidSignature, ValueError):
            return False
        return True
