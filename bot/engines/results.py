"""What long requests bring, kept at once: their links die within the hour, and they are paid for."""

from collections.abc import Sequence
from contextlib import suppress

import stamina
import structlog

from bot.errors import Kind, Refused, ServiceError, Unavailable, UserError
from bot.gateway.outside import Outside
from bot.pictures import look
from bot.ports import Files

log = structlog.get_logger()

RESULT_BYTES = 100_000_000
TRIES = 4  # of a download, and of keeping what was downloaded
KEPT = "kept:"  # what the address of a result that we have begins with; its content hash follows


class Results:
    """Results and their addresses. ``pause``: seconds before the second try of a download."""

    def __init__(self, outside: Outside, files: Files, pause: float = 1.0) -> None:
        self._outside = outside
        self._files = files
        self._pause = pause

    async def keep(self, data: bytes) -> str:
        """Keep a result now that it is here; its address. Unavailable only after trying for a while."""
        async for attempt in stamina.retry_context(
            on=Unavailable, attempts=TRIES, timeout=None, wait_initial=self._pause, wait_jitter=0
        ):
            with attempt:
                return KEPT + await self._files.put(data)
        raise AssertionError("unreachable")

    async def bring(self, url: str) -> str:
        """Download a result and keep it; its address, which is the link itself where it cannot be had yet.

        Some links lag behind their announcement.
        """
        try:
            async for attempt in stamina.retry_context(
                on=_may_pass, attempts=TRIES, timeout=None, wait_initial=self._pause, wait_jitter=0
            ):
                with attempt:
                    return await self.keep(await self._outside.fetch(url, limit=RESULT_BYTES))
        except ServiceError as error:
            log.warning("a result cannot be downloaded yet", error=str(error))
        return url

    async def fetch(self, url: str, *, limit: int = RESULT_BYTES) -> bytes:
        """What is kept, or what is behind a link on the public network."""
        if not url.startswith(KEPT):
            return await self._outside.fetch(url, limit=limit)
        with suppress(KeyError):
            return await self._files.get(url.removeprefix(KEPT))
        raise Refused("it is not kept any more", kind=Kind.GONE)

    async def kept(self, digests: Sequence[str]) -> list[bytes]:
        """Pictures that an order begins with. Refused GONE when one is not there any more."""
        return [await self.fetch(KEPT + digest) for digest in digests]


async def is_picture(data: bytes) -> bool:
    """Whether those bytes can be shown as one."""
    try:
        await look(data, limit=RESULT_BYTES)
    except UserError:
        return False
    return True


def _may_pass(error: Exception) -> bool:
    return isinstance(error, ServiceError) and error.kind not in (Kind.FORBIDDEN, Kind.REQUEST, Kind.SIZE)
