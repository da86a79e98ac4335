"""Recordings made into words, by whatever model of the gateway does that."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from time import monotonic

import httpx
import structlog

from bot.errors import Kind, OutcomeUnknown, ServiceError, Unavailable, Unsupported
from bot.gateway.http import (
    TRANSPORT,
    api_of,
    body_of,
    error_in,
    error_of,
    failure_of,
    post_of,
    secret_of,
    values_in,
)
from bot.gateway.retry import Budget, Tries
from bot.metrics import gateway_errors, gateway_requests
from bot.ports import Transcriber

log = structlog.get_logger()

PATIENCE = 180.0  # seconds for one answer
REMEMBERED = 600.0  # seconds for which a gateway that cannot hear is not asked again

# Gateways go by the file's name. What they take, by its ending and by the types that mean the same.
_ENDINGS = frozenset({"flac", "m4a", "mp3", "mp4", "mpeg", "mpga", "ogg", "wav", "webm"})
_TYPES: Mapping[str, str] = {
    "audio/aac": "m4a",
    "audio/flac": "flac",
    "audio/m4a": "m4a",
    "audio/mp3": "mp3",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/opus": "ogg",
    "audio/wav": "wav",
    "audio/wave": "wav",
    "audio/webm": "webm",
    "audio/x-flac": "flac",
    "audio/x-m4a": "m4a",
    "audio/x-wav": "wav",
    "application/ogg": "ogg",
    "video/mp4": "mp4",
    "video/ogg": "ogg",
    "video/webm": "webm",
}


class Transcriptions(Transcriber):
    """A gateway's ``/v1/audio/transcriptions``."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        url: str,
        key: str,
        *,
        model: str = "whisper-1",
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._client = client
        self._url = f"{api_of(url)}/audio/transcriptions"
        self._key = secret_of(key)
        self._model = model
        self._sleep = sleep
        self._clock = clock
        self._budget = Budget()
        self._deaf_until = 0.0

    async def transcribe(self, sound: bytes, media_type: str, name: str = "") -> str:
        """See the port. Errors of ``bot.errors``; a repeat costs a fraction of a cent, so there are some."""
        if self._clock() < self._deaf_until:
            raise Unsupported("the gateway cannot hear", kind=Kind.MODEL)
        headers, content = self._form(sound, media_type, name)
        tries = Tries(self._budget)
        while True:
            try:
                return await self._once(headers, content)
            except ServiceError as error:
                self._note(error)
                if _is_deaf(error):
                    self._deaf_until = self._clock() + REMEMBERED
                    raise Unsupported(error.reason, kind=error.kind, status=error.status) from error
                wait = tries.after(error)
                if wait is None:
                    raise _final(error) from error.__cause__
                await self._sleep(wait)

    def _form(self, sound: bytes, media_type: str, name: str) -> tuple[list[tuple[bytes, bytes]], bytes]:
        media_type = media_type.partition(";")[0].strip().lower()
        form = httpx.Request(
            "POST",
            self._url,
            data={"model": self._model, "response_format": "json"},
            files={"file": (f"sound.{_ending(name, media_type)}", sound, media_type)},
        )
        headers = {"accept": "application/json", "content-type": form.headers["content-type"]}
        if self._key:
            headers["authorization"] = f"Bearer {self._key}"
        return [
            (key.encode(), value.encode("utf-8", "replace")) for key, value in headers.items()
        ], form.read()

    async def _once(self, headers: list[tuple[bytes, bytes]], content: bytes) -> str:
        gateway_requests.labels("audio", "transcriptions").inc()
        self._budget.called()
        try:
            async with asyncio.timeout(PATIENCE):
                request = post_of(
                    self._client, self._url, headers, content, timeout=httpx.Timeout(PATIENCE, connect=10.0)
                )
                response = await self._client.send(request, stream=True, follow_redirects=False)
                try:
                    body = await body_of(response)
                finally:
                    with suppress(*TRANSPORT):
                        await response.aclose()
        except TimeoutError:
            raise OutcomeUnknown("no answer in time", kind=Kind.TIMEOUT) from None
        except TRANSPORT as error:
            raise failure_of(error) from error
        if not response.is_success:
            raise error_of(response.status_code, body, response.headers)
        self._budget.succeeded()
        return _words(response, body)

    def _note(self, error: ServiceError) -> None:
        gateway_errors.labels("audio", error.kind.value).inc()
        log.warning("transcription failed", model=self._model, error=type(error).__name__, said=str(error))
        if error.kind in (Kind.KEY, Kind.QUOTA) or error.status >= 500:
            self._budget.failed()


def _words(response: httpx.Response, body: bytes) -> str:
    """What was said: in JSON as asked for, or as bare text."""
    text = body.decode("utf-8-sig", "replace").strip()
    for value in values_in(text):
        if refusal := error_in(value, headers=response.headers):
            raise refusal
        if isinstance(value, dict) and isinstance(value.get("text"), str):
            return str(value["text"]).strip()
    if text.startswith(("{", "[", "<")):
        raise error_of(response.status_code, body, response.headers)
    return text


def _ending(name: str, media_type: str) -> str:
    """A file name's ending that says what it is, as gateways spell it."""
    ending = name.rpartition(".")[2].lower()
    if ending in _ENDINGS:
        return ending
    return _TYPES.get(media_type) or media_type.partition("/")[2].removeprefix("x-") or "ogg"


def _is_deaf(error: ServiceError) -> bool:
    """Whether there is no such model or no such endpoint, and not just a bad moment."""
    if isinstance(error, Unsupported) or error.kind is Kind.MODEL:
        return True
    return error.kind is Kind.SETUP and (200 <= error.status < 300 or error.status in (404, 405, 501))


def _final(error: ServiceError) -> ServiceError:
    """Nothing hangs on whether the gateway did its work: lost words can be said again."""
    if not isinstance(error, OutcomeUnknown):
        return error
    return Unavailable(
        error.reason, kind=error.kind, status=error.status, code=error.code, request=error.request
    )
