"""Results and previews, downloaded: links are never relied on later."""

from urllib.parse import urljoin

import httpx
import stamina

from bot.engines.midjourney.values import number
from bot.engines.midjourney.wire import as_unavailable, patient
from bot.errors import Kind, Refused, Unavailable
from bot.gateway.http import TRANSPORT, failure_of
from bot.metrics import gateway_requests

TRIES = 3  # a fresh link may lag behind its announcement
HOPS = 5
READ = 60.0  # seconds
PIECE = 64 * 1024

# No key goes along: pictures need none, and they lie on other people's hosts. Midjourney's own are kept
# from bare clients (trueai, official path).
_HEADERS = {"accept": "image/*,video/*;q=0.9,*/*;q=0.5", "user-agent": "Mozilla/5.0 (compatible; Chatelier)"}


async def download(client: httpx.AsyncClient, url: str, *, limit: int, pause: float) -> bytes:
    """The bytes, at most ``limit`` of them; tried again where the link may only lag.

    Refused: too large, gone, or no web address. Unavailable: not to be had right now.
    """
    try:
        async for attempt in stamina.retry_context(
            on=Unavailable, attempts=TRIES, timeout=None, wait_initial=pause, wait_jitter=0, wait_exp_base=1
        ):
            with attempt:
                return await _once(client, url, limit)
    except Unavailable as error:
        if error.kind is Kind.GONE:
            raise Refused(error.reason, kind=Kind.GONE, status=error.status) from error
        raise
    raise AssertionError("unreachable")


async def _once(client: httpx.AsyncClient, url: str, limit: int) -> bytes:
    gateway_requests.labels("midjourney", "image").inc()
    timeout = patient(client, READ)
    try:
        for _hop in range(HOPS):
            async with client.stream(
                "GET", url, headers=_HEADERS, timeout=timeout, follow_redirects=False
            ) as found:
                if found.is_redirect and found.headers.get("location"):
                    url = urljoin(url, found.headers["location"])
                    continue
                return await _read(found, limit)
    except TRANSPORT as error:
        failure = failure_of(error)
        raise (failure if isinstance(failure, Refused) else as_unavailable(failure)) from error
    raise Refused("the link leads round in circles", kind=Kind.SETUP)


async def _read(found: httpx.Response, limit: int) -> bytes:
    status = found.status_code
    if status in (401, 403, 404, 410):
        raise Unavailable("the link leads nowhere", kind=Kind.GONE, status=status)
    if status != 200:
        raise Unavailable("the picture's host cannot give it", status=status)
    if (number(found.headers.get("content-length")) or 0) > limit:
        raise Refused("the file is too large", kind=Kind.SIZE)
    data = bytearray()
    async for piece in found.aiter_bytes(PIECE):
        data += piece
        if len(data) > limit:
            raise Refused("the file is too large", kind=Kind.SIZE)
    if not data:
        raise Unavailable("the file is empty", kind=Kind.EMPTY, status=status)
    return bytes(data)
