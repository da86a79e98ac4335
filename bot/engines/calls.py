"""One service at a gateway's root, asked in JSON: what is sent once, and what may be asked again."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import httpx
import structlog

from bot.engines.midjourney.download import download
from bot.engines.midjourney.wire import Answer, as_unavailable, patient
from bot.engines.refusals import error_in
from bot.errors import OutcomeUnknown, Refused, ServiceError, Unavailable
from bot.gateway.http import TRANSPORT, body_of, failure_of, post_of, root_of, secret_of
from bot.metrics import gateway_errors, gateway_requests

log = structlog.get_logger()

SUBMIT = 90.0  # seconds; some services answer only when they have finished (lyrics of Suno-API)
POLL = 30.0
AT_ONCE = 8  # requests side by side

T = TypeVar("T")


class Calls:
    """``service`` names it in the log and the metrics; ``root`` is its address without a path of its own."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        url: str,
        key: str,
        *,
        service: str,
        patience: float = SUBMIT,
        pause: float = 2.0,
    ) -> None:
        self._client = client
        self.root = root_of(url)
        self._key = secret_of(key)
        self._service = service
        self._patience = patience
        self._pause = pause

    async def pay(self, path: str, body: Mapping[str, Any]) -> Answer:
        """POST what may cost money, once. OutcomeUnknown unless surely nothing was sent."""
        return await self._call("POST", path, body, paid=True)

    async def post(self, path: str, body: Mapping[str, Any]) -> Answer:
        """POST a question; Unavailable when no answer comes."""
        return await self._call("POST", path, body, paid=False)

    async def get(self, path: str) -> Answer:
        """GET; Unavailable when no answer comes."""
        return await self._call("GET", path, None, paid=False)

    async def fetch(self, url: str, limit: int) -> bytes:
        """Download a result, at most ``limit`` bytes."""
        return await download(self._client, url, limit=limit, pause=self._pause)

    def refused(self, answer: Answer, call: str) -> ServiceError:
        """The error that the answer to a paid call is, told to the log."""
        error = error_in(answer, paid=True)
        gateway_errors.labels(self._service, error.kind.value).inc()
        log.warning(
            "not taken" if not isinstance(error, OutcomeUnknown) else "outcome unknown",
            service=self._service,
            call=call,
            kind=error.kind.value,
            status=error.status,
            code=error.code,
            request=error.request,
        )
        return error

    def trouble(self, answer: Answer) -> Unavailable:
        """What it means that a question was not answered."""
        error = as_unavailable(error_in(answer, paid=False))
        gateway_errors.labels(self._service, error.kind.value).inc()
        log.warning("cannot say", service=self._service, status=error.status, kind=error.kind.value)
        return error

    async def _call(self, method: str, path: str, body: Mapping[str, Any] | None, *, paid: bool) -> Answer:
        gateway_requests.labels(self._service, "submit" if paid else "ask").inc()
        read = self._patience if paid else min(POLL, self._patience)
        try:
            request = self._request(method, f"{self.root}/{path}", body, read)
            async with asyncio.timeout(read + 60.0):  # for answers that trickle
                response = await self._client.send(request, stream=True, follow_redirects=False)
                try:
                    return Answer(response.status_code, await body_of(response), response.headers)
                finally:
                    await response.aclose()
        except TRANSPORT as error:
            raise self._failed(failure_of(error), path, paid=paid) from error
        except Refused as error:  # an answer without end
            unknown = OutcomeUnknown(error.reason, kind=error.kind, status=error.status)
            raise self._failed(unknown, path, paid=paid) from error

    def _request(self, method: str, url: str, body: Mapping[str, Any] | None, read: float) -> httpx.Request:
        headers = [(b"accept", b"application/json")]
        if self._key:
            headers.append((b"authorization", f"Bearer {self._key}".encode()))
        timeout = patient(self._client, read)
        if body is None:
            return self._client.build_request(method, url, headers=headers, timeout=timeout)
        content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        headers.append((b"content-type", b"application/json"))
        return post_of(self._client, url, headers, content, timeout=timeout)

    def _failed(self, failure: ServiceError, path: str, *, paid: bool) -> ServiceError:
        gateway_errors.labels(self._service, failure.kind.value).inc()
        log.warning(
            "no answer",
            service=self._service,
            call=path,
            error=failure.reason,
            meaning=type(failure).__name__,
        )
        return failure if paid else as_unavailable(failure)


async def side_by_side(calls: Sequence[Callable[[], Awaitable[T]]]) -> list[T | Unavailable]:
    """All of them, some at a time; the results in order, with the trouble where there was trouble."""
    few = asyncio.Semaphore(AT_ONCE)

    async def one(call: Callable[[], Awaitable[T]]) -> T | Unavailable:
        async with few:
            try:
                return await call()
            except Unavailable as trouble:
                return trouble

    async with asyncio.TaskGroup() as group:
        running = [group.create_task(one(call)) for call in calls]
    return [each.result() for each in running]
