"""One call to the service: its address, its key, and whether a failure came before anything was sent."""

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import httpx
import structlog

from bot.engines.midjourney.values import number, text
from bot.errors import OutcomeUnknown, Refused, ServiceError, Unavailable
from bot.gateway.http import TRANSPORT, body_of, failure_of, post_of, root_of, secret_of
from bot.jobs import Mode
from bot.metrics import gateway_errors, gateway_requests

log = structlog.get_logger()

SUBMIT = 90.0  # seconds; relays themselves wait 60 s for what is behind them
POLL = 30.0

_NOTHING = object()


@dataclass(frozen=True)
class Answer:
    """What came back: any status, any body, any content type (relays send JSON as text/plain)."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @cached_property
    def data(self) -> object:
        """The body as JSON; of two objects back to back, the first. ``has_json`` says whether it is any."""
        return None if self._parsed is _NOTHING else self._parsed

    @property
    def has_json(self) -> bool:
        return self._parsed is not _NOTHING

    @property
    def words(self) -> str:
        return self.body.decode("utf-8", "replace").strip()

    @property
    def is_page(self) -> bool:
        """Whether it is a web page: a proxy's error, or the web interface of a wrong address."""
        return not self.has_json and self.words[:200].lower().startswith(
            ("<!doctype", "<html", "<head", "<?xml")
        )

    @property
    def unrouted(self) -> bool:
        """Whether there is no such endpoint. A 404 with a code of the API's own is about a task (trueai)."""
        if self.status == 200:
            return self.is_page
        if self.status not in (404, 405, 501):
            return False
        found = self.data
        if not isinstance(found, dict):
            return True
        error = found.get("error")
        named = isinstance(error, dict) and error.get("code") == "model_not_found"
        return number(found.get("code")) is None and not named

    @cached_property
    def _parsed(self) -> object:
        words = self.body.decode("utf-8-sig", "replace").lstrip()
        try:
            return json.JSONDecoder().raw_decode(words)[0]
        except (ValueError, RecursionError):
            return _NOTHING


class Wire:
    """The service's address and how it wants to be asked."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        url: str,
        key: str,
        auth: str,
        mode_path: str,
        patience: float = SUBMIT,
    ) -> None:
        self._client = client
        self.root = _without_mj(root_of(url))
        self._key = secret_of(key)
        self._auth = auth
        self._mode_path = mode_path
        self._patience = patience
        self._bare: set[Mode] = set()  # speeds that have no path of their own here

    def has_path(self, mode: Mode) -> bool:
        """Whether this speed is chosen by the path, as far as we know."""
        return mode is not Mode.DEFAULT and mode not in self._bare

    async def post(
        self, path: str, body: Mapping[str, Any], mode: Mode = Mode.DEFAULT, *, paid: bool = False
    ) -> Answer:
        """POST to ``/mj/<path>``. For a ``paid`` call, OutcomeUnknown unless surely nothing was sent."""
        return await self._call("POST", path, mode, body, paid=paid)

    async def get(self, path: str, mode: Mode = Mode.DEFAULT) -> Answer:
        """GET ``/mj/<path>``; Unavailable when no answer comes."""
        return await self._call("GET", path, mode, None, paid=False)

    async def _call(
        self, method: str, path: str, mode: Mode, body: Mapping[str, Any] | None, *, paid: bool
    ) -> Answer:
        if self.has_path(mode):
            prefix = self._mode_path.format(mode=mode.value)
            answer = await self._authorized(method, f"{prefix}/mj/{path}", body, paid=paid)
            no_such_speed = answer.status == 400 and "无效的加速模式" in answer.words  # one-hub
            if not (answer.unrouted or no_such_speed):
                return answer
            # An address that is not routed has done nothing, so asking at the plain one is no repeat.
            answer = await self._authorized(method, f"/mj/{path}", _at_speed(path, body, mode), paid=paid)
            if not answer.unrouted:
                log.info("no path for this speed here", mode=mode.value)
                self._bare.add(mode)
            return answer
        return await self._authorized(method, f"/mj/{path}", _at_speed(path, body, mode), paid=paid)

    async def _authorized(
        self, method: str, path: str, body: Mapping[str, Any] | None, *, paid: bool
    ) -> Answer:
        answer = await self._send(method, path, body, self._headers(self._auth), paid=paid)
        if answer.status == 401 and self._auth == "both" and self._key and _plain_words(answer):
            # trueai prefers Authorization and does not know `Bearer`; a 401 has done nothing.
            second = await self._send(method, path, body, self._headers("mj-api-secret"), paid=paid)
            if second.status != 401:
                log.info("this service reads mj-api-secret alone")
                self._auth = "mj-api-secret"
            return second
        return answer

    async def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        headers: dict[str, str],
        *,
        paid: bool,
    ) -> Answer:
        call = _name(path)
        gateway_requests.labels("midjourney", call).inc()
        read = self._patience if paid else min(POLL, self._patience)
        try:
            request = self._request(method, self.root + path, body, headers, read)
            async with asyncio.timeout(read + 60.0):  # for answers that trickle
                response = await self._client.send(request, stream=True, follow_redirects=False)
                try:
                    return Answer(response.status_code, await body_of(response), response.headers)
                finally:
                    await response.aclose()
        except TRANSPORT as error:
            raise _failed(failure_of(error), call, paid=paid) from error
        except Refused as error:  # an answer without end
            unknown = OutcomeUnknown(error.reason, kind=error.kind, status=error.status)
            raise _failed(unknown, call, paid=paid) from error

    def _request(
        self, method: str, url: str, body: Mapping[str, Any] | None, headers: dict[str, str], read: float
    ) -> httpx.Request:
        timeout = patient(self._client, read)
        said = [(name.encode(), value.encode()) for name, value in headers.items()]
        if body is None:
            return self._client.build_request(method, url, headers=said, timeout=timeout)
        content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        # Relays do not read a body of any other type.
        return post_of(
            self._client, url, [*said, (b"content-type", b"application/json")], content, timeout=timeout
        )

    def _headers(self, auth: str) -> dict[str, str]:
        headers = {"accept": "application/json"}
        if self._key:
            if auth in ("both", "bearer"):
                headers["authorization"] = f"Bearer {self._key}"
            if auth == "raw":
                headers["authorization"] = self._key
            if auth in ("both", "mj-api-secret"):
                headers["mj-api-secret"] = self._key
        return headers


def patient(client: httpx.AsyncClient, read: float) -> httpx.Timeout:
    """The client's own time limits, but for the seconds of silence."""
    own = client.timeout
    return httpx.Timeout(connect=own.connect, read=read, write=own.write, pool=own.pool)


def _failed(failure: ServiceError, call: str, *, paid: bool) -> ServiceError:
    gateway_errors.labels("midjourney", failure.kind.value).inc()
    log.warning("no answer from midjourney", call=call, error=failure.reason, meaning=type(failure).__name__)
    return failure if paid else as_unavailable(failure)


def as_unavailable(error: ServiceError) -> Unavailable:
    """The same facts as an error of asking: nothing was done, and another look may work."""
    if isinstance(error, Unavailable):
        return error
    return Unavailable(
        error.reason,
        kind=error.kind,
        status=error.status,
        code=error.code,
        request=error.request,
        detail=error.detail,
    )


def _without_mj(root: str) -> str:
    """People paste the API's own address too: ``https://host/mj``, or with a speed before it."""
    scheme, _, rest = root.partition("://")
    host, slash, path = rest.partition("/")
    path = re.sub(r"(/mj-[^/]+|/fast|/relax|/turbo)?/mj(/.*)?$", "", slash + path)
    return f"{scheme}://{host}{path.rstrip('/')}" if host else root


def _at_speed(path: str, body: Mapping[str, Any] | None, mode: Mode) -> Mapping[str, Any] | None:
    """Where the path cannot say how fast, the prompt can: Midjourney reads ``--fast`` itself."""
    prompt = text((body or {}).get("prompt"))
    if not body or not mode or path != "submit/imagine" or re.search(r"--(fast|relax|turbo)\b", prompt):
        return body
    return {**body, "prompt": f"{prompt} --{mode.value}"}


def _plain_words(answer: Answer) -> bool:
    return bool(answer.words) and not answer.has_json and not answer.is_page


def _name(path: str) -> str:
    """The call's name for metrics and logs, without ids: ``/mj-fast/mj/task/17/fetch`` → ``fetch``."""
    return urlsplit(path).path.rpartition("/")[2]
