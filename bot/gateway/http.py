"""How gateways are reached: the client, the address as people paste it, what a failed call means."""

import re
import zlib
from collections.abc import AsyncIterator, Sequence
from importlib import metadata
from typing import Any

import aiohttp
import httpx
from httpx_aiohttp import HttpxAiohttpClient

from bot.errors import Kind, OutcomeUnknown, Refused, ServiceError, Unavailable
from bot.gateway.faults import error_in, error_of, values_in

__all__ = [
    "TRANSPORT",
    "api_of",
    "body_of",
    "error_in",
    "error_of",
    "failure_of",
    "new_client",
    "post_of",
    "root_of",
    "secret_of",
    "unpacked",
    "values_in",
]

CONNECT = 10.0  # seconds, also for the time in the queue for a connection
LARGEST = 64_000_000  # bytes of an answer that is read whole
LARGE, SLICE = 500_000, 65_536  # bytes of a request
GZIP = b"\x1f\x8b"
TRANSPORT = (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, aiohttp.ClientError, OSError)

_ENDPOINT = re.compile(
    r"/(chat/completions|completions|responses|models|embeddings|moderations"
    r"|images/(generations|edits|variations)|audio/(speech|transcriptions|translations))$"
)
_LOOPBACK = re.compile(r"(localhost|[\w.-]+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$", re.IGNORECASE)
_VERSION = re.compile(r"/v\d+[a-z]*(/|$)", re.IGNORECASE)


def new_client(
    *, connect: float = CONNECT, read: float = 60.0, write: float = 60.0, connections: int = 1000
) -> httpx.AsyncClient:
    """A client for gateways; calls that may take longer than ``read`` seconds pass their own timeout.

    Bodies are asked for uncompressed: relays mislabel compression, and compressed streams arrive late.
    Redirects are not followed, for a redirected POST becomes a GET; they are errors of set-up.
    """
    return HttpxAiohttpClient(
        headers={
            "user-agent": f"Chatelier/{_version()}",
            "accept": "application/json",
            "accept-encoding": "identity",
        },
        timeout=httpx.Timeout(connect=connect, read=read, write=write, pool=connect),
        limits=httpx.Limits(max_connections=connections, keepalive_expiry=30.0),
        follow_redirects=False,
        mounts=dict.fromkeys(("all://localhost", "all://127.0.0.1", "all://[::1]")),  # never by a proxy
    )


def _version() -> str:
    try:
        return metadata.version("chatelier")
    except metadata.PackageNotFoundError:
        return "0"


def root_of(url: str) -> str:
    """The root of whatever people paste: no ``/v1``, no endpoint, no slash at the end; "" for nothing.

    Other prefixes stay. Without a scheme it is https, and http on this machine.
    """
    address = re.split(r"[?#]", url.strip().strip("\"'<>").strip())[0]
    scheme, separator, rest = address.partition("://")
    if not separator:
        rest = address.lstrip("/")
        scheme = "http" if _LOOPBACK.match(rest.partition("/")[0]) else "https"
    if not rest:
        return ""
    host, slash, path = rest.partition("/")
    path = re.sub("/+", "/", slash + path).rstrip("/")
    path = _ENDPOINT.sub("", path)
    if path.lower().endswith("/v1"):
        path = path[:-3].rstrip("/")
    return f"{scheme.lower()}://{host}{path}"


def api_of(url: str) -> str:
    """Where the endpoints are: the root and ``/v1``, unless the address names a version of its own."""
    root = root_of(url)
    path = root.partition("://")[2]
    return root if _VERSION.search(path) else f"{root}/v1"


def secret_of(key: str) -> str:
    """The key itself, of whatever people paste: no white space, no ``Bearer`` before it."""
    return re.sub(r"(?i)^bearer", "", "".join(key.split()))


def post_of(
    client: httpx.AsyncClient, url: str, headers: Sequence[tuple[bytes, bytes]], content: bytes, **more: Any
) -> httpx.Request:
    """A POST whose body goes in slices where it is large, to leave the loop free; its length is said."""
    if len(content) <= LARGE:
        return client.build_request("POST", url, headers=headers, content=content, **more)
    said = [*headers, (b"content-length", str(len(content)).encode())]
    return client.build_request("POST", url, headers=said, content=_slices(content), **more)


async def _slices(content: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(content), SLICE):
        yield content[at : at + SLICE]


async def body_of(response: httpx.Response, limit: int = LARGEST) -> bytes:
    """A streamed answer read whole, at most ``limit`` bytes; gzip is known by its first bytes alone.

    An error's answer that breaks off is still an error's answer: what came of it is returned.
    """
    body = bytearray()
    try:
        async for data in response.stream:  # type: ignore[union-attr]
            body += data
            if len(body) > limit:
                raise Refused("the answer is too large", kind=Kind.SIZE, status=response.status_code)
    except TRANSPORT:
        if response.status_code < 400:
            raise
    return unpacked(bytes(body), limit)


def unpacked(body: bytes, limit: int = LARGEST) -> bytes:
    """The body without gzip, if it is gzip; as it is where that is damaged."""
    if not body.startswith(GZIP):
        return body
    try:
        return zlib.decompressobj(31).decompress(body, limit)
    except zlib.error:
        return body


def failure_of(error: BaseException) -> ServiceError:
    """What it means that a call raised: Unavailable when nothing was sent, else OutcomeUnknown.

    The aiohttp transport reports a refused and a reset connection alike, as ConnectTimeout; the cause
    under it tells them apart.
    """
    cause = error.__cause__ if isinstance(error.__cause__, aiohttp.ClientError) else error
    if isinstance(error, (httpx.InvalidURL, httpx.UnsupportedProtocol)) or isinstance(
        cause, aiohttp.InvalidURL
    ):
        return Refused("the address is not a web address", kind=Kind.SETUP)
    if isinstance(cause, (aiohttp.ClientConnectorDNSError, aiohttp.ClientConnectorCertificateError)):
        return Unavailable(_words(cause), kind=Kind.SETUP)
    if isinstance(
        cause,
        (
            aiohttp.ClientConnectorError,
            aiohttp.ConnectionTimeoutError,
            httpx.ConnectError,
            httpx.ConnectTimeout,
            httpx.PoolTimeout,
        ),
    ):
        return Unavailable(_words(cause), kind=Kind.UPSTREAM)
    if isinstance(cause, (httpx.TimeoutException, TimeoutError)):
        return OutcomeUnknown("no answer in time", kind=Kind.TIMEOUT)
    return OutcomeUnknown("the connection broke off", kind=Kind.UPSTREAM)


def _words(cause: BaseException) -> str:
    if isinstance(cause, aiohttp.ClientConnectorDNSError):
        return "no such host"
    if isinstance(cause, aiohttp.ClientConnectorCertificateError):
        return "its certificate is not valid"
    return "no connection"
