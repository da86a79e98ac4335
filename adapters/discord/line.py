"""The line to the REST API: one call, or one that is repeated until it is answered."""

import asyncio
import io
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
import discord
import structlog
from discord.http import HTTPClient, Route
from discord.webhook.async_ import AsyncWebhookAdapter

from adapters.discord.pace import Turnstile
from adapters.discord.troubles import FAILURES, failure_of
from bot.errors import Kind, OutcomeUnknown, Refused, ServiceError, Unavailable

log = structlog.get_logger()

PLATFORM = "discord"
ANSWER = 60.0  # seconds for a call, the library's own waiting for its turn among them
UPLOAD = 300.0  # seconds for one that carries files
DOWNLOAD = 120.0
LONGEST_PAUSE = 30.0  # seconds between tries while the network is away

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way out."""

    name: str
    data: bytes
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Me:
    """Who we are."""

    id: str
    name: str
    application: str
    flags: discord.ApplicationFlags


class Line:
    """Calls in our own errors. They wait until ``open`` has said who we are.

    The library waits for the turn of each bucket, and repeats some failures itself.
    """

    def __init__(self, token: str, turnstile: Turnstile | None = None) -> None:
        self.me: Me
        self._token = token
        self._turnstile = turnstile or Turnstile()
        self._open = asyncio.Event()
        self._client: discord.Client | None = None
        self._session: aiohttp.ClientSession | None = None
        self._hooks: AsyncWebhookAdapter = AsyncWebhookAdapter()  # type: ignore[no-untyped-call]

    # --- open and close ---------------------------------------------------------------------

    async def open(self) -> Me:
        """Say who we are, once. Errors pass."""
        await self.close()
        self._client = client = discord.Client(intents=discord.Intents(guilds=True), max_messages=None)
        self._session = aiohttp.ClientSession()
        try:
            async with asyncio.timeout(ANSWER):
                await client.login(self._token)
        except FAILURES as error:
            await self.close()
            raise failure_of(error) from error
        user, application = client.user, client.application
        assert user is not None
        assert application is not None
        self.me = Me(str(user.id), user.name, str(application.id), application.flags)
        self._open.set()
        return self.me

    async def close(self) -> None:
        self._open.clear()
        if self._client is not None:
            await self._client.close()
            self._client = None
        if self._session is not None:
            await self._session.close()
            self._session = None

    # --- calls ------------------------------------------------------------------------------

    async def once(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        files: Sequence[Upload] = (),
        query: Json | None = None,
        **ids: str,
    ) -> Any:
        """One try; the answer as it came.

        ``ids`` fill the path. Raises Refused, Unavailable, OutcomeUnknown.
        """
        await self._open.wait()
        await self._turnstile.enter()
        assert self._client is not None
        more: dict[str, Any] = {"params": query} if query else {}
        if files:
            parts = [discord.File(io.BytesIO(each.data), each.name) for each in files]
            more |= {"files": parts, "form": _form(body, parts)}
        elif body is not None:
            more["json"] = body
        try:
            async with asyncio.timeout(UPLOAD if files else ANSWER):
                return await _request(self._client.http, Route(method, path, **ids), more)
        except FAILURES as error:
            raise failure_of(error) from error

    async def surely(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        files: Sequence[Upload] = (),
        query: Json | None = None,
        **ids: str,
    ) -> Any:
        """Until it is answered, however long the network is away. For what may be repeated.

        Raises Refused.
        """
        pauses = Pauses()
        while True:
            try:
                return await self.once(method, path, body=body, files=files, query=query, **ids)
            except (Unavailable, OutcomeUnknown) as error:
                await pauses.after(error, f"{method} {path}")

    async def hook(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        files: Sequence[Upload] = (),
        query: Json | None = None,
        **ids: str,
    ) -> Any:
        """The same for an interaction, which is known by the token in its path and waits for no bucket."""
        await self._open.wait()
        assert self._session is not None
        more: dict[str, Any] = {"params": query} if query else {}
        if files:
            parts = [discord.File(io.BytesIO(each.data), each.name) for each in files]
            more |= {"files": parts, "multipart": _form(body, parts)}
        elif body is not None:
            more["payload"] = body
        try:
            async with asyncio.timeout(UPLOAD if files else ANSWER):
                return await self._hooks.request(Route(method, path, **ids), self._session, **more)
        except FAILURES as error:
            raise failure_of(error) from error

    async def download(self, url: str, limit: int) -> bytes:
        """A file, of at most ``limit`` bytes. Refused for a link that is not good any more."""
        await self._open.wait()
        assert self._session is not None
        try:
            async with asyncio.timeout(DOWNLOAD), self._session.get(url) as response:
                if response.status >= 400:
                    raise _no_file(response.status)
                data = bytearray()
                async for chunk in response.content.iter_chunked(2**16):
                    data += chunk
                    if len(data) > limit:
                        raise Refused("the file is too large", kind=Kind.SIZE)
                return bytes(data)
        except ServiceError:
            raise
        except FAILURES as error:
            raise failure_of(error) from error

    def spare(self, who: str) -> bool:
        """Whether there is room for what may be left out, beside all that must not wait."""
        return self._turnstile.spare(who)

    def is_short(self, method: str, path: str, **ids: str) -> bool:
        """Whether a call would have to wait for its bucket."""
        if self._client is None:
            return True
        http, route = self._client.http, Route(method, path, **ids)
        known = http._bucket_hashes.get(route.key)
        bucket = http._buckets.get(f"{known or route.key}:{route.major_parameters}")
        return bucket is not None and bucket.remaining <= 0 and not bucket.is_expired()


class Pauses:
    """Longer and longer ones while the network is away."""

    def __init__(self, first: float = 0.5, longest: float = LONGEST_PAUSE) -> None:
        self._next = first
        self._longest = longest

    async def after(self, error: ServiceError, what: str) -> None:
        """Wait as long as the platform says, or a while."""
        if isinstance(error, Unavailable) and error.retry_after:
            await asyncio.sleep(error.retry_after + 0.1)
            return
        log.info("trying again", call=what, error=str(error), wait=round(self._next, 1))
        await asyncio.sleep(self._next * random.uniform(0.7, 1.3))
        self._next = min(2 * self._next, self._longest)


async def _request(http: HTTPClient, route: Route, more: Mapping[str, Any]) -> Any:
    """The library's own call. Interrupted while it waits out a limit on everything, it would never let
    anything through again."""
    try:
        return await http.request(route, **more)
    except asyncio.CancelledError:
        http._global_over.set()
        raise


def _form(body: Any, files: Sequence[discord.File]) -> list[dict[str, Any]]:
    said = {"name": "payload_json", "value": json.dumps(body), "content_type": "application/json"}
    uploads = [
        {
            "name": f"files[{number}]",
            "value": each.fp,
            "filename": each.filename,
            "content_type": "application/octet-stream",
        }
        for number, each in enumerate(files)
    ]
    return [said, *uploads]


def _no_file(status: int) -> ServiceError:
    if status >= 500 or status == 429:
        return Unavailable("the file cannot be had now", status=status)
    return Refused("the file's link is not good any more", kind=Kind.GONE, status=status)
