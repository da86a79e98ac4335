"""The server itself: sockets, and the way of a request through it."""

import asyncio
import time
from collections import Counter
from typing import Any, Self

from aiohttp import web

from tests.emulators.discord import spec as specification
from tests.emulators.discord.errors import ApiError, refusal
from tests.emulators.discord.faults import Fault, Faults
from tests.emulators.discord.gateway import Gateway
from tests.emulators.discord.http import MAX_REQUEST, answer, read
from tests.emulators.discord.people import People
from tests.emulators.discord.places import Places
from tests.emulators.discord.presses import Presses
from tests.emulators.discord.rates import INVALID, RateControl, Rates
from tests.emulators.discord.rest.call import Call, Handler
from tests.emulators.discord.rest.table import find
from tests.emulators.discord.sight import Sight
from tests.emulators.discord.watch import Request, Watch
from tests.emulators.discord.world import World

TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GTeSt0.notarealtokenatallonlyfortests"
BASE = "/api/v10"
OPEN = ("/interactions/", "/webhooks/", "/gateway")  # need no token of the bot's


class Discord(Places, People, Presses, Sight, Faults, Watch):
    """Discord for one bot, and everybody who talks with it."""

    def __init__(
        self,
        token: str = TOKEN,
        *,
        name: str = "Chatelier",
        speed: float = 1.0,
        rates: Rates | None = None,
        shards: int = 1,
        host: str = "127.0.0.1",
        port: int = 0,
        checked: bool = True,
    ) -> None:
        self.token = token
        self.shards = shards  # recommended
        self.world = World(speed=speed, name=name)
        self.gateway = Gateway(self.world, token)
        self.spec = specification.published() if checked else None
        self.rate_control = RateControl(self.world.clock, rates)
        self.requests: list[Request] = []
        self.violations: list[str] = []
        self.flaws: list[str] | None = None  # of our own answers, when it is made a list
        self.unknown_routes: Counter[str] = Counter()
        self.faults: list[Fault] = []
        self.released = asyncio.Event()
        self.unreachable = False
        self.host, self.port = host, port
        self._runner: web.AppRunner | None = None
        self._connections: set[asyncio.Transport] = set()
        self._start_endpoint()

    @property
    def url(self) -> str:
        """For ``discord.http.Route.BASE``."""
        return f"http://{self.host}:{self.port}{BASE}"

    @property
    def gateway_url(self) -> str:
        """For ``DiscordWebSocket.DEFAULT_GATEWAY``."""
        return f"ws://{self.host}:{self.port}/gateway"

    async def __aenter__(self) -> Self:
        from tests.emulators.discord.control import add_control

        application = web.Application(client_max_size=1 << 40)
        add_control(application, self)
        application.router.add_get("/gateway", self._gateway)
        application.router.add_get("/{folder:cdn|media}/{path:.*}", self._download)
        application.router.add_route("*", BASE + "/{path:.*}", self._serve)
        self._runner = web.AppRunner(
            application, handler_cancellation=True, access_log=None, shutdown_timeout=0.2
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, self.host, self.port).start()
        self.port = self._runner.addresses[0][1]
        self.world.cdn.base = f"http://{self.host}:{self.port}"
        self.gateway.url = self.gateway_url
        return self

    async def __aexit__(self, *_: object) -> None:
        self.release()
        for line in list(self.gateway.lines):
            line.abort()
        await self._stop_endpoint()
        self.world.changes.close()
        if self._runner is not None:
            await self._runner.cleanup()

    # --- serving ------------------------------------------------------------------------------

    def _break(self) -> None:
        for line in list(self.gateway.lines):
            line.abort()
        for transport in self._connections:
            transport.abort()
        self._connections.clear()

    def _cut(self, request: web.Request) -> web.StreamResponse:
        """Close the connection without an answer."""
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)

    async def _gateway(self, request: web.Request) -> web.StreamResponse:
        return self._cut(request) if self.unreachable else await self.gateway.serve(request)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        transport = request.transport
        if transport is not None and transport not in self._connections:
            self._connections = {one for one in self._connections if not one.is_closing()} | {transport}
        if self.unreachable:
            return self._cut(request)
        path = request.rel_url.raw_path.removeprefix(BASE)
        if path in {"/gateway", "/gateway/bot"}:
            return self._where(request, path)
        found = find(request.method, path)
        template, handler, args = found or ("", None, {})
        name = handler.__name__ if handler else "unknown"
        entry = Request(len(self.requests) + 1, name, request.method, path, None, {}, time.monotonic())
        self.requests.append(entry)
        try:
            body, uploads = await read(request, MAX_REQUEST * 10)
            entry.body, entry.files = body, {number: one.length for number, one in uploads.items()}
            call = Call(name, request.method, template, args, request.query, body, uploads)
            response = await self._answer(request, call, handler, entry)
        except ApiError as error:
            response = self._refused(entry, error)
        entry.took = time.monotonic() - entry.at
        self.world.changes.notify()
        return response

    def _where(self, request: web.Request, path: str) -> web.Response:
        body: dict[str, Any] = {"url": self.gateway_url}
        if path == "/gateway/bot":
            if request.headers.get("Authorization") != f"Bot {self.token}":
                return answer(401, {"message": "401: Unauthorized", "code": 0})
            limit = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 16}
            body |= {"shards": self.shards, "session_start_limit": limit}
        return answer(200, body)

    def _refused(self, entry: Request, error: ApiError) -> web.Response:
        entry.status, entry.code, entry.description = error.status, error.code, error.message
        self.rate_control.invalid += error.status in INVALID
        return answer(error.status, error.body())

    async def _answer(
        self, request: web.Request, call: Call, handler: Handler | None, entry: Request
    ) -> web.StreamResponse:
        open_to_all = entry.path.startswith(OPEN)
        if not open_to_all and request.headers.get("Authorization") != f"Bot {self.token}":
            raise ApiError(401, 0, "401: Unauthorized")
        if handler is None:
            self.unknown_routes[f"{call.verb} {entry.path}"] += 1
            raise refusal(0)
        fault = self.fault_for(call)
        if fault is not None and not fault.effect:
            if (early := await self._mishap(request, fault, entry)) is not None:
                return early
            fault = None
        verdict = self.rate_control.check(call)
        if verdict.wait:
            entry.status, entry.description = 429, "rate limited"
            self.rate_control.invalid += 1
            told = {"message": "You are being rate limited.", "retry_after": round(verdict.wait, 3)}
            return answer(429, told | {"global": verdict.everywhere}, verdict.headers)
        if not request.headers.get("User-Agent", "").startswith("DiscordBot (") and not open_to_all:
            self.violations.append(f"{call.name}: no proper User-Agent")
        if self.spec is not None:
            self.violations += [f"{call.name}: {one}" for one in self.spec.faults(call)]
        if call.uploads and sum(entry.files.values()) > MAX_REQUEST and not self._roomy(call):
            raise refusal(40005)
        entry.result = handler(self.world, call)
        if self.spec is not None and self.flaws is not None:
            self.flaws += [f"{call.name}: {one}" for one in self.spec.flaws(call, entry.result)]
        if fault is not None and (late := await self._mishap(request, fault, entry)) is not None:
            return late
        entry.status = 204 if entry.result is None else 200
        return answer(entry.status, entry.result, verdict.headers)

    def _roomy(self, call: Call) -> bool:
        """A place that takes larger files than usual."""
        place = self.world.channels.get(call.place)
        one = self.world.tokens.get(call.args.get("token", ""))
        place = place or (one.channel if one else None)
        return place is not None and place.guild is not None and place.guild.level >= 2

    async def _mishap(self, request: web.Request, fault: Fault, entry: Request) -> web.StreamResponse | None:
        """What the fault answers instead; None when the true answer may follow."""
        self.world.changes.notify()
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
        self.rate_control.invalid += fault.status in INVALID
        return web.Response(status=fault.status, body=fault.body, headers=dict(fault.headers))

    async def _download(self, request: web.Request) -> web.StreamResponse:
        path = request.rel_url.raw_path
        call = Call("download", "GET", "", {}, request.query)
        entry = Request(len(self.requests) + 1, "download", "GET", path, None, {}, time.monotonic())
        self.requests.append(entry)
        fault = None if self.unreachable else self.fault_for(call)
        if self.unreachable:
            return self._cut(request)
        if fault is not None and (response := await self._mishap(request, fault, entry)) is not None:
            return response
        place = path.removeprefix("/cdn").removeprefix("/media")
        file = self.world.cdn.fetch(place, dict(request.query))
        self.world.changes.notify()
        if file is None:
            entry.status = 404
            return web.Response(status=404, text="This content is no longer available.")
        entry.status = 200
        return web.Response(body=file.upload.data, headers={"Content-Type": file.kind})
