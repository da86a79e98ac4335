"""The server itself: sockets, and the way of a request through it."""

import asyncio
import inspect
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

from aiohttp import web

from tests.emulators.telegram import spec as specification
from tests.emulators.telegram.call import Call, decode
from tests.emulators.telegram.errors import NOT_FOUND, UNAUTHORIZED, ApiError, Unfit, bad
from tests.emulators.telegram.faults import Fault, Faults
from tests.emulators.telegram.files import MAX_DOWNLOAD, MAX_UPLOAD
from tests.emulators.telegram.flood import Flood, FloodControl
from tests.emulators.telegram.http import read, route
from tests.emulators.telegram.inline import Inline
from tests.emulators.telegram.methods.table import BY_LOWER_NAME, METHODS
from tests.emulators.telegram.people import People
from tests.emulators.telegram.places import Places
from tests.emulators.telegram.presses import Presses
from tests.emulators.telegram.sight import Sight
from tests.emulators.telegram.world import World

T = TypeVar("T")
TOKEN = "123456:TEST-TOKEN"
OVERHEAD = 1 << 20  # of a multipart request, beside its files


@dataclass(slots=True)
class Request:
    """A call of the bot's and its answer. ``status`` 0: none was given (yet)."""

    number: int
    method: str
    params: dict[str, Any]
    files: dict[str, int]  # name: bytes
    at: float  # seconds, monotonic
    status: int = 0
    description: str = ""  # of a refusal
    took: float = 0.0
    result: Any = field(default=None, repr=False)


class Telegram(Places, People, Presses, Inline, Sight, Faults):
    """A Bot API server for one bot, and everybody who talks with it."""

    def __init__(
        self,
        token: str = TOKEN,
        *,
        username: str = "chatelier_bot",
        speed: float = 1.0,
        flood: Flood | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        spec: specification.Spec | None = None,
    ) -> None:
        self.token = token
        self.world = World(speed=speed, username=username)
        self.spec = spec or specification.published()
        self.flood_control = FloodControl(self.world.clock, flood)
        self.requests: list[Request] = []
        self.violations: list[str] = []
        self.unknown_methods: Counter[str] = Counter()
        self.world.webhook.replied = self._replied
        self.faults: list[Fault] = []
        self.released = asyncio.Event()
        self.unreachable = False
        self.host, self.port = host, port
        self._runner: web.AppRunner | None = None
        self._connections: set[asyncio.Transport] = set()

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    async def __aenter__(self) -> Self:
        from tests.emulators.telegram.control import add_control

        application = web.Application(client_max_size=1 << 40)
        add_control(application, self)
        application.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(
            application, handler_cancellation=True, access_log=None, shutdown_timeout=0.2
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, self.host, self.port).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.world.updates.interrupt("terminated")
        self.release()
        await self.world.webhook.close()
        self.world.close()
        if self._runner is not None:
            await self._runner.cleanup()

    # --- looking on ---------------------------------------------------------------------------

    async def until(self, seen: Callable[[], T], within: float = 30.0) -> T:
        """Wait until ``seen()`` is true, and return what it gave."""
        try:
            return await self.world.changes.until(seen, within)
        except TimeoutError:
            latest = [(one.method, one.status, one.description) for one in self.requests[-8:]]
            raise TimeoutError(f"not seen within {within} s; the latest calls: {latest}") from None

    @property
    def counts(self) -> Counter[str]:
        return Counter(request.method for request in self.requests)

    def calls(self, method: str) -> list[Request]:
        return [request for request in self.requests if request.method == method]

    @property
    def refusals(self) -> list[Request]:
        return [request for request in self.requests if request.status >= 400]

    @property
    def refused_429(self) -> int:
        return self.flood_control.refused

    @property
    def dropped_entities(self) -> list[dict[str, Any]]:
        return self.world.dropped_entities

    @property
    def flood(self) -> Flood | None:
        return self.flood_control.rules

    @flood.setter
    def flood(self, rules: Flood | None) -> None:
        self.flood_control.rules = rules

    def advance(self, seconds: float) -> None:
        """Let time pass at once: drafts and typing vanish, queries grow old, budgets recover."""
        self.world.clock.advance(seconds)
        self.world.changes.notify()

    def publish(self, url: str, data: bytes) -> None:
        """Something that the server can fetch from the web; all else fails."""
        self.world.web[url] = data

    # --- serving ------------------------------------------------------------------------------

    def _break(self) -> None:
        for transport in self._connections:
            transport.abort()
        self._connections.clear()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        transport = request.transport
        if transport is not None and transport not in self._connections:
            self._connections = {one for one in self._connections if not one.is_closing()} | {transport}
        kind, token, rest = route(request)
        if self.unreachable:
            return self._cut(request)
        if kind == "bot":
            return await self._answer(request, token, rest)
        if kind == "file":
            return self._download(request, token, rest)
        return _respond(NOT_FOUND)

    async def _answer(self, request: web.Request, token: str, name: str) -> web.StreamResponse:
        method = BY_LOWER_NAME.get(name.lower(), name)
        entry = Request(len(self.requests) + 1, method, {}, {}, time.monotonic())
        self.requests.append(entry)
        fault: Fault | None = None
        try:
            limit = (2000 << 20 if self.world.local else MAX_UPLOAD) + OVERHEAD
            params, files = await read(request, limit)
            types = self.spec.types(method) if self.spec else None
            call = Call(method, decode(params, types), files)
            entry.params, entry.files = call.params, call.sizes
            if token != self.token:
                raise UNAUTHORIZED
            fault = self.fault_for(call)
            if fault is not None and not fault.effect:
                if (early := await self._mishap(request, fault, entry)) is not None:
                    return early
                fault = None
            result = await self._run(call, name)
            entry.result = result
            response = web.json_response({"ok": True, "result": result})
        except ApiError as error:
            if isinstance(error, Unfit):
                self.violations.append(f"{method}: {error.description}")
            entry.description = error.description
            response = _respond(error)
        finally:
            entry.took = time.monotonic() - entry.at
            self.world.changes.notify()
        if fault is not None and (late := await self._mishap(request, fault, entry)) is not None:
            return late
        entry.status = response.status
        self.world.changes.notify()
        return response

    async def _replied(self, body: bytes) -> None:
        """A call in the answer to a webhook request: nobody is told its result."""
        try:
            params = json.loads(body)
            method = params.pop("method")
        except (ValueError, KeyError, AttributeError):
            return
        entry = Request(len(self.requests) + 1, method, params, {}, time.monotonic(), status=200)
        self.requests.append(entry)
        try:
            entry.result = await self._run(Call(method, params), method)
        except ApiError as error:
            if isinstance(error, Unfit):
                self.violations.append(f"{method}: {error.description}")
            entry.status, entry.description = error.status, error.description

    async def _run(self, call: Call, name: str) -> Any:
        if call.has("business_connection_id"):
            raise bad("business connection not found")
        if self.world.logged_out:
            raise bad("Logged out")
        method = METHODS.get(call.method)
        if method is None:
            self.unknown_methods[name] += 1
            raise NOT_FOUND
        if call.method == "sendMessageDraft" and self.world.drafts == "missing":
            raise NOT_FOUND
        if self.spec is not None and (faults := self.spec.faults(call)):
            raise Unfit("; ".join(faults))
        self.flood_control.check(self.world, call)
        result = method(self.world, call)
        if inspect.isawaitable(result):
            result = await result
        if unused := set(call.files) - call.used:
            self.violations.append(f"{call.method}: files that nothing refers to: {sorted(unused)}")
        return result

    async def _mishap(self, request: web.Request, fault: Fault, entry: Request) -> web.StreamResponse | None:
        """What the fault answers instead; None when the true answer may follow."""
        match fault.what:
            case "delay":
                await asyncio.sleep(fault.seconds)
                return None
            case "hang":
                await self.released.wait()
                return None
            case "cut":
                return self._cut(request)
        entry.status = fault.status
        return web.Response(status=fault.status, body=fault.body, headers=dict(fault.headers))

    def _cut(self, request: web.Request) -> web.StreamResponse:
        """Close the connection without an answer."""
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)

    def _download(self, request: web.Request, token: str, path: str) -> web.StreamResponse:
        if token != self.token:
            return _respond(UNAUTHORIZED)
        file = self.world.files.at(path)
        call = Call("download", {"path": path})
        entry = Request(len(self.requests) + 1, "download", call.params, {}, time.monotonic())
        self.requests.append(entry)
        fault = self.fault_for(call)
        if fault is not None and fault.what == "cut":
            return self._cut(request)
        if fault is not None and fault.what == "answer":
            entry.status = fault.status
            return web.Response(status=fault.status, body=fault.body)
        if file is None or (file.size > MAX_DOWNLOAD and not self.world.local):
            entry.status = 404
            return _respond(NOT_FOUND)
        entry.status = 200
        return web.Response(body=file.content(), content_type="application/octet-stream")


def _respond(error: ApiError) -> web.Response:
    headers = {}
    if "retry_after" in error.parameters:
        headers["Retry-After"] = str(error.parameters["retry_after"])
    return web.json_response(error.body(), status=error.status, headers=headers)
