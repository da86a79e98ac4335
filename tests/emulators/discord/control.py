"""The same verbs over HTTP, for a server in a process of its own.

``POST /_control/VERB`` with {"args": […], "kwargs": {…}}; ``/_control/get/NAME``, ``/_control/set/NAME``
with {"value": …}; ``GET /_control/changes?after=N&timeout=S`` waits for something to happen.
Bytes travel as {"$bytes": base64}, an Upload as {"$upload": {"data": …, "name": …, …}}.
"""

import base64
import dataclasses
import inspect
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.emulators.discord.cdn import Upload
from tests.emulators.discord.rates import Rates
from tests.emulators.telegram.call import listed

if TYPE_CHECKING:
    from tests.emulators.discord.server import Discord

VERBS = listed(
    """
    add advance archive autocomplete block calls channel channel_named chat choose close command cut
    deafen delay delete_channel direct dismiss drop edit entitle expire fail fill forge forward give guild
    hang heal history inject install interaction invalidate invite kick knock last layout leave
    leave_endpoint link menu messages mute offered offline online ours outage permit pin pings post press
    react reactions reconnect redeliver refuse_resume release remove rename repeat rights role say seen
    slash texts thread threads type typing unfurl unreact use_endpoint user whispers
    """
)
NAMES = listed(
    """
    url gateway_url token bot requests violations unknown_routes counts refusals refused_429
    invalid_requests rates syncs connected public_key
    """
)
SWITCHES = frozenset({"approved", "speed", "rates", "shards"})


def encoded(value: Any) -> Any:
    """The value as JSON can carry it: handles become objects with an ``id``."""
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [encoded(one) for one in value]
    if isinstance(value, dict):
        return {str(name): encoded(one) for name, one in value.items()}
    if hasattr(value, "json"):
        return encoded(value.json())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {one.name: encoded(getattr(value, one.name)) for one in dataclasses.fields(value)}
        derived = [name for name in ("labels", "data") if hasattr(value, name)]
        return fields | {name: encoded(getattr(value, name)) for name in derived}
    return value


def decoded(value: Any) -> Any:
    if isinstance(value, list):
        return [decoded(one) for one in value]
    if isinstance(value, dict):
        if set(value) == {"$bytes"}:
            return base64.b64decode(value["$bytes"])
        if set(value) == {"$upload"}:
            return Upload(**decoded(value["$upload"]))
        return {name: decoded(one) for name, one in value.items()}
    return value


def add_control(application: web.Application, server: "Discord") -> None:
    control = Control(server)
    application.router.add_get("/_control/ping", control.ping)
    application.router.add_get("/_control/changes", control.changes)
    application.router.add_get("/_control/get/{name}", control.get)
    application.router.add_post("/_control/set/{name}", control.set)
    application.router.add_post("/_control/{verb}", control.act)


class Control:
    def __init__(self, server: "Discord") -> None:
        self._server = server

    async def ping(self, request: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    async def changes(self, request: web.Request) -> web.Response:
        after, timeout = int(request.query.get("after", -1)), float(request.query.get("timeout", 10))
        return _result(await self._server.world.changes.after(after, timeout))

    async def get(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name in NAMES:
            value = getattr(self._server, name)
        elif name == "approved":
            value = sorted(self._server.world.approved)
        elif name == "gateway":
            gateway = self._server.gateway
            value = {
                "identified": gateway.identified,
                "resumed": gateway.resumed,
                "sessions": len(gateway.sessions),
                "sockets": len(gateway.lines),
                "presence": gateway.presence,
            }
        else:
            return _refused(404, f"nothing is called {name}")
        return _result(dict(value) if isinstance(value, Counter) else value)

    async def set(self, request: web.Request) -> web.Response:
        name, value = request.match_info["name"], decoded((await request.json())["value"])
        if name not in SWITCHES:
            return _refused(404, f"nothing is called {name}")
        if name == "approved":
            self._server.world.approved = set(value)
        elif name == "speed":
            self._server.world.clock.speed = float(value)
        elif name == "shards":
            self._server.shards = int(value)
        else:
            pairs: Any = {k: tuple(v) if isinstance(v, list) else v for k, v in (value or {}).items()}
            self._server.rates = None if value is None else Rates(**pairs)
        self._server.world.changes.notify()
        return _result(True)

    async def act(self, request: web.Request) -> web.Response:
        verb = request.match_info["verb"]
        if verb not in VERBS:
            return _refused(404, f"no verb {verb}")
        body = decoded(json.loads(await request.read() or b"{}"))
        try:
            result = getattr(self._server, verb)(*body.get("args", ()), **body.get("kwargs", {}))
            if inspect.isawaitable(result):
                result = await result
        except Exception as error:  # told to whoever asked, in another process
            return _refused(400, f"{type(error).__name__}: {error}")
        self._server.world.changes.notify()
        return _result(result)


def _result(value: Any) -> web.Response:
    return web.json_response({"ok": True, "result": encoded(value)})


def _refused(status: int, why: str) -> web.Response:
    return web.json_response({"ok": False, "error": why}, status=status)
