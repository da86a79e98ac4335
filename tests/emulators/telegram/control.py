"""The same verbs over HTTP, for a server in a process of its own.

``POST /_control/VERB`` with {"args": […], "kwargs": {…}}; ``/_control/get/NAME``, ``/_control/set/NAME``
with {"value": …}; ``GET /_control/changes?after=N&timeout=S`` waits for something to happen.
Bytes travel as {"$bytes": base64}, an Upload as {"$upload": {"data": …, "name": …, "mime": …, "size": …}}.
"""

import base64
import dataclasses
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.emulators.telegram.call import listed
from tests.emulators.telegram.files import File, Upload
from tests.emulators.telegram.flood import Flood

if TYPE_CHECKING:
    from tests.emulators.telegram.server import Telegram

VERBS = listed(
    "add advance album allow_reactions answer asked block calls channel choose commands cut "
    "deactivate delay delete_chat delete_topic draft action edit fail forward group hang heal "
    "history inject inline inline_messages join kick last messages migrate mute offline online "
    "open ours press pressed private promote publish react reactions redeliver release remove "
    "say seen start stop_draft supergroup texts topic unblock user"
)
NAMES = listed(
    "url token requests violations unknown_methods counts refusals refused_429 dropped_entities flood"
)
WORLD = listed("privacy mentions_reach inline_mode inline_feedback private_topics drafts local logged_out")


def encoded(value: Any) -> Any:
    """The value as JSON can carry it: handles become objects with an ``id``."""
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [encoded(one) for one in value]
    if isinstance(value, dict):
        return {str(name): encoded(one) for name, one in value.items()}
    if hasattr(value, "json"):
        return encoded(value.json()) | (
            {"thread_ids": list(value.topics)} if hasattr(value, "topics") else {}
        )
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            one.name: encoded(getattr(value, one.name))
            for one in dataclasses.fields(value)
            if not isinstance(getattr(value, one.name), File)
        }
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


def add_control(application: web.Application, server: "Telegram") -> None:
    control = Control(server)
    application.router.add_get("/_control/ping", control.ping)
    application.router.add_get("/_control/changes", control.changes)
    application.router.add_get("/_control/get/{name}", control.get)
    application.router.add_post("/_control/set/{name}", control.set)
    application.router.add_post("/_control/{verb}", control.act)


class Control:
    def __init__(self, server: "Telegram") -> None:
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
        elif name in WORLD:
            value = getattr(self._server.world, name)
        elif name == "webhook":
            hook = self._server.world.webhook
            value = {"url": hook.url, "delivered": hook.delivered, "attempts": hook.attempts}
        elif name == "waiting":
            value = [one.body for one in self._server.world.updates.waiting]
        elif name == "polled":
            value = self._server.world.updates.polled
        elif name == "conflicts":
            value = self._server.world.updates.conflicts
        else:
            return _refused(404, f"nothing is called {name}")
        return _result(dict(value) if isinstance(value, Counter) else value)

    async def set(self, request: web.Request) -> web.Response:
        name, value = request.match_info["name"], decoded((await request.json())["value"])
        if name in WORLD:
            setattr(self._server.world, name, value)
        elif name == "flood":
            self._server.flood = None if value is None else Flood(**value)
        elif name == "speed":
            self._server.world.clock.speed = float(value)
        else:
            return _refused(404, f"nothing is called {name}")
        self._server.world.changes.notify()
        return _result(True)

    async def act(self, request: web.Request) -> web.Response:
        verb = request.match_info["verb"]
        if verb not in VERBS:
            return _refused(404, f"no verb {verb}")
        body = decoded(json.loads(await request.read() or b"{}"))
        try:
            result = getattr(self._server, verb)(*body.get("args", ()), **body.get("kwargs", {}))
        except Exception as error:  # told to whoever asked, in another process
            return _refused(400, f"{type(error).__name__}: {error}")
        self._server.world.changes.notify()
        return _result(result)


def _result(value: Any) -> web.Response:
    return web.json_response({"ok": True, "result": encoded(value)})


def _refused(status: int, why: str) -> web.Response:
    return web.json_response({"ok": False, "error": why}, status=status)
