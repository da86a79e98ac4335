"""Pictures that an answer only links to: fetched from the public network, and from nowhere else."""

import asyncio
import ipaddress
import socket
from urllib.parse import SplitResult, urljoin, urlsplit

import httpx

from bot.errors import Kind, Refused
from bot.gateway.http import TRANSPORT, failure_of

HOPS = 4  # addresses that one link may lead through
LIMIT = 32_000_000  # bytes


class Outside:
    """Fetches links that a model wrote. ``own`` is the gateway, the one private address they may name.

    A name is looked up before it is asked, at each hop, so that an answer cannot make us read what only
    this machine or its network can reach.
    """

    def __init__(self, client: httpx.AsyncClient, own: str) -> None:
        self._client = client
        self._own = urlsplit(own).netloc

    async def fetch(self, url: str, *, limit: int = LIMIT) -> bytes:
        """The bytes behind it. Refused for anything but a public http address, and over the limit."""
        for _hop in range(HOPS):
            await self._check(url)
            try:
                async with self._client.stream("GET", url, follow_redirects=False) as response:
                    if not response.is_redirect:
                        return await _read(response, limit)
                    url = urljoin(url, response.headers.get("location", ""))
            except TRANSPORT as error:
                raise failure_of(error) from error
        raise Refused("the picture's link leads from one address to the next", kind=Kind.REQUEST)

    async def _check(self, url: str) -> None:
        parts = _split(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Refused("a picture's link is no web address", kind=Kind.REQUEST)
        if parts.netloc == self._own:
            return
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                parts.hostname, None, type=socket.SOCK_STREAM
            )
        except (OSError, UnicodeError) as error:  # a label that is too long for a name
            raise Refused("a picture's host cannot be found", kind=Kind.GONE) from error
        for *_, address in found:
            if not ipaddress.ip_address(str(address[0]).partition("%")[0]).is_global:
                raise Refused("a picture's link points into a private network", kind=Kind.FORBIDDEN)


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError as error:  # "http://[::"
        raise Refused("a picture's link is no web address", kind=Kind.REQUEST) from error


async def _read(response: httpx.Response, limit: int) -> bytes:
    if response.status_code != httpx.codes.OK:
        raise Refused("the picture is not there", kind=Kind.GONE, status=response.status_code)
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > limit:
            raise Refused("the picture is too large", kind=Kind.SIZE)
        parts.append(part)
    return b"".join(parts)
