"""Pages of ours inside Telegram's clients (Mini Apps): who opened them, and how they speak with the client.

https://core.telegram.org/bots/webapps#validating-data-received-via-the-mini-app
"""

import hashlib
import hmac
import json
from pathlib import Path
from urllib.parse import parse_qsl

from aiohttp import hdrs, web

from bot.ports import Client

SCRIPT = "/telegram/app.js"
CLIENT = Client(SCRIPT, ("https://web.telegram.org",))
LASTING = 24 * 3600.0  # seconds for which a proof is one

_SOURCE = Path(__file__).with_name("page") / "app.js"


def add_to(routes: web.UrlDispatcher) -> None:
    """Serve the module by which a page speaks with the client."""
    source = _SOURCE.read_bytes()

    async def serve(request: web.Request) -> web.Response:
        response = web.Response(body=source, content_type="text/javascript", charset="utf-8")
        response.headers[hdrs.CACHE_CONTROL] = "no-cache"
        return response

    routes.add_get(SCRIPT, serve)


def opened_by(proof: str, token: str, now: float) -> int:
    """The number of the user who opened a page with this init data; 0 unless it is signed, and new."""
    try:
        pairs = parse_qsl(proof, keep_blank_values=True, strict_parsing=True)
        told = dict(pairs)
        given = told.pop("hash")
        if len(pairs) != len(told) + 1:
            return 0
        lines = "\n".join(f"{name}={value}" for name, value in sorted(told.items()))
        secret = hmac.digest(b"WebAppData", token.encode(), hashlib.sha256)
        signed = hmac.digest(secret, lines.encode(), hashlib.sha256).hex()
        if not hmac.compare_digest(signed.encode(), given.encode()):
            return 0
        if now - int(told["auth_date"]) > LASTING:
            return 0
        return int(json.loads(told["user"])["id"])
    except (ValueError, KeyError, TypeError):
        return 0
