"""The one web application: health, readiness, metrics, and whatever the adapters mount on its routes."""

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable
from types import TracebackType

import structlog
from aiohttp import hdrs, web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from yarl import URL

from bot.metrics import http_requests

log = structlog.get_logger()

MAX_BODY = 1_000_000  # bytes; who takes more reads it in pieces
GRACE = 2.0  # seconds for requests under way when the site closes
PATIENCE = 2.0  # seconds until a readiness check counts as failed

# Adapters that serve pages loosen the first as far as their page needs it.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Site:
    """Listens from ``open`` on, until its block is left. Routes are mounted before that.

    ``ping`` raises when storage does not answer. Ready means open and answering. Port 0 takes any free
    one; ``url`` then names it.
    """

    def __init__(self, host: str, port: int, *, ping: Callable[[], Awaitable[None]]) -> None:
        self._host = host
        self._port = port
        self._ping = ping
        self._sockets: set[asyncio.Task[object]] = set()
        self._app = web.Application(middlewares=[self._watch], client_max_size=MAX_BODY)
        self._app.on_response_prepare.append(_add_headers)
        self._app.on_shutdown.append(self._hang_up)
        self._runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=GRACE)
        self.routes = self._app.router
        self.routes.add_get("/healthz", self._health)
        self.routes.add_get("/readyz", self._readiness)
        self.routes.add_get("/metrics", self._metrics)

    @property
    def url(self) -> str:
        """Where to point a browser on this machine."""
        host = "127.0.0.1" if self._host in ("0.0.0.0", "::", "") else self._host
        return str(URL.build(scheme="http", host=host, port=self._port))

    async def __aenter__(self) -> "Site":
        return self

    async def open(self) -> None:
        """Listen. OSError when the address is taken or not ours."""
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()
        self._port = self._runner.addresses[0][1]
        log.info("web site open", url=self.url)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    # --- requests ---------------------------------------------------------------------------

    async def _health(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _readiness(self, request: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._ping()
            ready = True
        except Exception as error:  # whatever keeps storage from answering, the answer is no
            log.warning("not ready", error=type(error).__name__)
            ready = False
        return web.json_response({"status": "ready" if ready else "not ready"}, status=200 if ready else 503)

    async def _metrics(self, request: web.Request) -> web.Response:
        if not _near(request):
            raise web.HTTPForbidden(text="Metrics are for this machine and its private network.")
        return web.Response(body=generate_latest(), headers={hdrs.CONTENT_TYPE: CONTENT_TYPE_LATEST})

    @web.middleware
    async def _watch(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        route = request.match_info.route.resource
        name = route.canonical if route else "none"
        task = asyncio.current_task()
        lasting = hdrs.UPGRADE in request.headers and task is not None
        if lasting and task is not None:
            self._sockets.add(task)
        status = 500
        try:
            response = await handler(request)
            status = response.status
        except web.HTTPException as answer:
            status = answer.status
            raise
        else:
            return response
        finally:
            if lasting and task is not None:
                self._sockets.discard(task)
            http_requests.labels(name, str(status)).inc()

    async def _hang_up(self, app: web.Application) -> None:
        """WebSockets would outlast the grace; their handlers say goodbye when cancelled."""
        for task in tuple(self._sockets):
            task.cancel()


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers[hdrs.SERVER] = "chatelier"  # not which libraries, and of which version
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)


def _near(request: web.Request) -> bool:
    """Whether the request comes from this machine or a private network, and not through a proxy."""
    if not request.headers.keys().isdisjoint(("Forwarded", "X-Forwarded-For")):
        return False
    try:
        address = ipaddress.ip_address(request.remote or "")
    except ValueError:
        return False
    return address.is_loopback or address.is_private
