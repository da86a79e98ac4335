"""Callbacks of picture services: where they are sent, and what they set off."""

import hashlib
import hmac
from collections.abc import Callable

import structlog
from aiohttp import web

log = structlog.get_logger()

MARK = 32  # hex digits of the signature: 128 bits


class Hooks:
    """An address nobody can guess for each order, by the mark that travels with it.

    What is posted there is not believed, only taken as news: the service is asked at once how far the job is,
    so that neither disorder nor repetition nor a forged body changes anything.
    """

    def __init__(self, url: str, secret: bytes) -> None:
        """``url`` is the site's public address; without one no service can call."""
        self._url = url.rstrip("/")
        self._key = hmac.digest(secret, b"hooks", hashlib.sha256)
        self._called: Callable[[str], None] = lambda ref: None

    def add_to(self, routes: web.UrlDispatcher, called: Callable[[str], None]) -> None:
        """``called`` is told the mark of an order about which there is news."""
        self._called = called
        routes.add_post("/hooks/{sign}/{ref}", self._take)

    def address(self, ref: str) -> str:
        """Where the service may call about the order with this mark; "" when it cannot reach us."""
        return f"{self._url}/hooks/{self._sign(ref)}/{ref}" if self._url and ref else ""

    def _sign(self, ref: str) -> str:
        return hmac.digest(self._key, ref.encode(), hashlib.sha256).hex()[:MARK]

    async def _take(self, request: web.Request) -> web.Response:
        ref = request.match_info["ref"]
        if not hmac.compare_digest(self._sign(ref).encode(), request.match_info["sign"].encode()):
            raise web.HTTPNotFound()
        log.debug("a picture service called", ref=ref)
        self._called(ref)
        return web.Response(status=204)
