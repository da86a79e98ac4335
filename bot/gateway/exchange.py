"""One request and its streamed answer: from the wire to pieces."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any

import httpx
import structlog

from bot.errors import Broken, Kind, OutcomeUnknown, ServiceError, Silent
from bot.gateway.answer import Answer
from bot.gateway.http import (
    GZIP,
    LARGEST,
    TRANSPORT,
    body_of,
    error_in,
    error_of,
    failure_of,
    post_of,
    values_in,
)
from bot.gateway.patience import Patience
from bot.gateway.sse import Events
from bot.messages import Piece, Text, Thought
from bot.metrics import chunks, first_token

log = structlog.get_logger()

DRAIN = 0.05  # seconds after the end marker for the connection's end, so that it can be used again
AFTER_END = 5.0  # seconds after the model's last word for usage and the end marker
ERROR_BODY = 5.0  # seconds for the body of an error

_BLANK = b"\xef\xbb\xbf \t\r\n"


class Exchange:
    """Sends a request once. Afterwards ``more`` gives pieces until it gives none.

    What an answer is shows only in its first bytes: events, one JSON value (also where events were asked
    for), or a web page, any of them in gzip whatever the headers say.
    """

    def __init__(self, client: httpx.AsyncClient, patience: Patience, *, unopened: bool = False) -> None:
        self._client = client
        self._patience = patience
        self._began = monotonic()
        self._answer = Answer(unopened=unopened)
        self._events = Events()
        self._response: httpx.Response | None = None
        self._reads: AsyncIterator[bytes] | None = None
        self._head = b""  # the first bytes, while it is not known what it is
        self._known = False  # it is an event stream
        self._plain = False  # and not in gzip: reads go to the splitter as they are
        self._body: bytearray | None = None  # it is no event stream
        self._unpack: Any = None
        self._started = False
        self._over = False
        self._failure: ServiceError | None = None
        self._ready: list[Piece] = []
        self._given = 0

    @property
    def unopened(self) -> bool:
        """Whether the model's thoughts had no opener."""
        return self._answer.unopened

    async def begin(self, url: str, headers: Sequence[tuple[bytes, bytes]], content: bytes) -> None:
        """Send, and wait for the first pieces. Errors of ``bot.errors``; Broken once there was content."""
        self._patience.wait()
        try:
            timeout = httpx.Timeout(connect=10.0, write=60.0, pool=10.0, read=None)
            request = post_of(self._client, url, headers, content, timeout=timeout)
            response = await self._client.send(request, stream=True, follow_redirects=False)
        except asyncio.CancelledError:
            if self._patience.late():
                raise Silent("nothing came in time", kind=Kind.TIMEOUT) from None
            raise
        except TRANSPORT as error:
            raise failure_of(error) from error
        finally:
            self._patience.served()
        self._response = response
        if not response.is_success:
            raise await _refusal(response)
        self._reads = aiter(response.stream)  # type: ignore[arg-type]
        self._ready = await self.more()

    async def more(self) -> list[Piece]:
        """The next pieces, at least one; none at all when the answer is over."""
        if self._ready:
            ready, self._ready = self._ready, []
            return ready
        out: list[Piece] = []
        patience, events, answer = self._patience, self._events, self._answer
        while not (out or self._over):
            patience.wait()
            try:
                data = await anext(self._reads)  # type: ignore[arg-type]
                for value in events.feed(data if self._plain else self._sniffed(data)):
                    answer.take(value, out)
                if answer.started and not self._started:
                    self._start()
                if events.done:
                    patience.served()
                    await self._drain()
                    self._end(out)
                elif answer.finished:
                    patience.hurry(AFTER_END)
            except StopAsyncIteration:
                self._end(out)
            except asyncio.CancelledError:
                if not patience.late():
                    raise
                self._lost(Silent("nothing came in time", kind=Kind.TIMEOUT), out)
            except ServiceError as error:
                self._fail(error, out)
            except TRANSPORT as error:
                self._lost(failure_of(error), out)
            finally:
                patience.served()
        if not out and self._failure is not None:
            raise self._failure
        self._given += sum(isinstance(piece, (Text, Thought)) for piece in out) if self._over else len(out)
        return out

    async def close(self) -> None:
        """Give the connection back, or close it when the answer is not at its end."""
        self._over = True
        self._patience.close()
        chunks.inc(self._given)
        self._given = 0
        if self._response is not None:
            with suppress(*TRANSPORT):
                await self._response.aclose()

    def _start(self) -> None:
        self._started = True
        self._patience.begun()
        first_token.observe(monotonic() - self._began)

    async def _drain(self) -> None:
        """The end marker has come. The connection can be used again if its end follows at once."""
        with suppress(StopAsyncIteration, TimeoutError, *TRANSPORT):
            async with asyncio.timeout(DRAIN):
                while True:
                    await anext(self._reads)  # type: ignore[arg-type]

    # --- what it is -----------------------------------------------------------------------

    def _sniffed(self, data: bytes) -> bytes:
        """What of this read goes to the splitter: nothing before it is sure that these are events."""
        if self._unpack is not None:
            data = self._unpacked(data)
        if self._known:
            return data
        if self._body is not None:
            self._body += data
            if len(self._body) > LARGEST:
                raise OutcomeUnknown("the answer is too large", kind=Kind.SIZE)
            return b""
        self._head += data
        if self._unpack is None and GZIP.startswith(self._head[:2]) and self._head:
            if len(self._head) < 2:
                return b""
            self._unpack = zlib.decompressobj(31)
            packed, self._head = self._head, b""
            return self._sniffed(packed)
        head = self._head.lstrip(_BLANK)
        if not head or b"[DONE]".startswith(head):
            return b""  # keep-alives only, so far
        if head[0] in b"{<" or (head[0] in b"[" and not head.startswith(b"[DONE]")):
            self._body, self._head = bytearray(head), b""
            self._start()
            return b""
        self._known = True
        self._plain = self._unpack is None
        head, self._head = self._head, b""
        return head

    def _unpacked(self, data: bytes) -> bytes:
        try:
            return bytes(self._unpack.decompress(data))
        except zlib.error as error:
            raise OutcomeUnknown("the answer is damaged") from error

    # --- how it ends ----------------------------------------------------------------------

    def _end(self, out: list[Piece]) -> None:
        """The stream is over in good order, whatever that means for the answer."""
        self._over = True
        if self._events.damaged:
            log.warning("parts of an answer were unreadable", parts=self._events.damaged)
        try:
            self._read_rest(out)
        except ServiceError as error:
            self._fail(error, out)
            return
        try:
            self._answer.end(out)
        except ServiceError as error:
            self._failure = error

    def _lost(self, error: ServiceError, out: list[Piece]) -> None:
        """The connection is gone, or too much time. That is no loss if the model had said its last word."""
        if self._answer.finished:
            self._end(out)
        else:
            self._fail(error, out)

    def _fail(self, error: ServiceError, out: list[Piece]) -> None:
        self._over = True
        self._answer.rest(out)
        if self._answer.started and not isinstance(error, (Silent, Broken)):
            error = Broken(
                error.reason, kind=error.kind, status=error.status, code=error.code, request=error.request
            )
        self._failure = error

    def _read_rest(self, out: list[Piece]) -> None:
        """Whatever is only known to be whole now that no more comes."""
        answer, events = self._answer, self._events
        if self._body is not None:
            self._read_whole(bytes(self._body), out)
            return
        for value in [*events.feed(self._head), *events.end()]:
            answer.take(value, out)
        stray = bytes(events.stray).strip()
        if stray and not events.values:  # a gateway that had sent keep-alives could not say it otherwise
            self._read_whole(stray, out)
        elif events.words and not answer.finished:
            raise error_in({"error": events.words}) or ServiceError(events.words)

    def _read_whole(self, body: bytes, out: list[Piece]) -> None:
        values = list(values_in(body.decode("utf-8-sig", "replace").strip()))
        for value in values:
            self._answer.take(value, out)
        if not values:
            assert self._response is not None
            raise error_of(self._response.status_code, body, self._response.headers)


async def _refusal(response: httpx.Response) -> ServiceError:
    """The error that an answer's status announces, with as much of its body as comes."""
    body = b""
    with suppress(TimeoutError, *TRANSPORT):
        async with asyncio.timeout(ERROR_BODY):
            body = await body_of(response)
    return error_of(response.status_code, body, response.headers)
