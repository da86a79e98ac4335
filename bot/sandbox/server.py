"""The sandbox gateway: an honest stand-in for a real one, spoken to over HTTP like any other."""

import asyncio
import re
import socket
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog
from aiohttp import web

from bot.sandbox.clock import Clock
from bot.sandbox.completions import Completions
from bot.sandbox.faults import Fault, Faults, WrongFault
from bot.sandbox.gallery import Gallery
from bot.sandbox.hooks import Hooks
from bot.sandbox.http import answer, hang_up, read_json
from bot.sandbox.journal import Journal
from bot.sandbox.ledger import Ledger
from bot.sandbox.luma import Luma
from bot.sandbox.media import Media
from bot.sandbox.novi import Novi
from bot.sandbox.openai import OpenAi
from bot.sandbox.paint.painter import Painter
from bot.sandbox.relay import Relay
from bot.sandbox.service import Service
from bot.sandbox.studio import Studio, Switches
from bot.sandbox.suno import Suno
from bot.sandbox.tasks import Task
from bot.sandbox.trueai import TrueAi
from bot.sandbox.wire import Call, Reply, dump, plain
from bot.sandbox.works import Works

log = structlog.get_logger()

DIALECTS: Mapping[str, type[Service]] = {"direct": Novi, "trueai": TrueAi, "relay": Relay}
MAX_BODY = 64_000_000  # bytes
PAGE = b"<!doctype html><title>Sandbox</title><p>This is the sandbox gateway. Its API is under /v1 and /mj."

_TASKS = re.compile(r"(?:/(?:pro|vip))?(?P<path>/(?P<api>suno|luma)/.*)")
_MIDJOURNEY = re.compile(r"/(?:(?P<mode>[^/]+)/)?mj(?P<path>/.*)")


class Sandbox:
    """``async with Sandbox() as sandbox``: it serves on ``sandbox.url`` until the block ends.

    ``dialect`` is direct, trueai or relay; ``speed`` scales every duration; ``key`` is one key or several
    with commas, and any will do without one. With a ``journal`` a restarted sandbox goes on where it was.
    ``size`` is the longer side of pictures in pixels. OSError when the port is taken.
    """

    def __init__(
        self,
        *,
        dialect: str = "relay",
        speed: float = 1.0,
        port: int = 0,
        host: str = "127.0.0.1",
        key: str = "",
        journal: Path | None = None,
        size: int = 1024,
        switches: Switches | None = None,
    ) -> None:
        if dialect not in DIALECTS:
            raise ValueError(f"a dialect is one of {', '.join(DIALECTS)}, not {dialect!r}")
        self.clock = Clock(speed)
        self.switches = switches or Switches()
        self._address = (host, port)
        self._keys = [each.strip() for each in key.split(",") if each.strip()]
        self._journal = Journal(journal)
        self._studio = Studio(self.clock, self._journal, self.switches)
        self._painter = Painter(size)
        self._gallery = Gallery(self._studio, self._painter)
        self._services = {name: kind(self._studio, self._gallery) for name, kind in DIALECTS.items()}
        self._faults = Faults()
        self._ledger = Ledger()
        self._media = Media(self._painter)
        self._works = Works(self.clock, self._journal, self._studio.works)
        self._suno = Suno(self._works)
        self._luma = Luma(self._works, self._media)
        self._open_ai = OpenAi(Completions(self.clock), self._media, self._ledger, self._keys)
        self._dialect = dialect
        self._thawed = speed
        self._stack = AsyncExitStack()
        self.url = ""

    async def __aenter__(self) -> "Sandbox":
        async with AsyncExitStack() as stack:
            stack.enter_context(self._journal)
            stack.callback(self._painter.close)
            await self._studio.open()
            host, port = self._address
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            listening = stack.enter_context(socket.create_server((host, port), family=family))
            application = web.Application(client_max_size=MAX_BODY)
            application.router.add_route("*", "/{path:.*}", self._handle)
            runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.3)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.SockSite(runner, listening).start()
            shown = f"[{host}]" if ":" in host else host
            self.url = f"http://{shown}:{listening.getsockname()[1]}"
            hooks = asyncio.create_task(Hooks(self._studio, self._task_object).run(), name="callbacks")
            stack.push_async_callback(_stop, hooks)
            self._stack = stack.pop_all()
        log.info("sandbox is ready", url=self.url, dialect=self._dialect, speed=self.clock.speed)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    # --- requests ---------------------------------------------------------------------------

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if request.path.startswith("/_sandbox/"):
            return await self._steer(request)
        self._ledger.requests[f"{request.method} {_pattern(request.path)}"] += 1
        fault = self._faults.take(request.method, request.path)
        if fault is not None:
            await asyncio.sleep(fault.delay)
            if fault.drop == "before":
                return hang_up(request)
            if fault.status and not fault.after:
                return answer(_planned(fault))
        response = await self._answer(request, fault.trick if fault else "")
        if fault is not None and fault.drop == "after":
            return hang_up(request)
        if fault is not None and fault.status:
            return answer(_planned(fault))
        return response

    async def _answer(self, request: web.Request, trick: str) -> web.StreamResponse:
        path = request.path
        if match := _MIDJOURNEY.fullmatch(path):
            return await self._midjourney(request, match["mode"] or "", match["path"], trick)
        if path.startswith("/attachments/"):
            return answer(await self._gallery.serve(path, request.query_string))
        if path.startswith("/images/"):
            painted = await self._media.painted(path.rpartition("/")[2].removesuffix(".png"))
            return answer(Reply(200, painted, "image/png") if painted else plain("Not found", 404))
        if path.startswith("/songs/"):
            sound = await self._suno.sound(path.removeprefix("/songs/"))
            return answer(Reply(200, sound, "audio/wav") if sound else plain("Not found", 404))
        if path.startswith("/clips/"):
            clip = await self._luma.film(path.removeprefix("/clips/"))
            return answer(Reply(200, clip, "video/mp4") if clip else plain("Not found", 404))
        if match := _TASKS.fullmatch(path):
            return await self._task_api(request, match["api"], match["path"], trick)
        if not path.startswith("/v1/"):
            return answer(Reply(200, PAGE, "text/html; charset=utf-8"))
        return await self._open_ai.handle(request, trick)

    async def _midjourney(self, request: web.Request, mode: str, path: str, trick: str) -> web.StreamResponse:
        service = self._services[self._dialect]
        identity: tuple[str, bool] | Reply = ("", False)
        if not (path.startswith("/image/") and self._dialect == "relay"):
            identity = service.identify(
                {name.lower(): value for name, value in request.headers.items()}, self._keys
            )
        if isinstance(identity, Reply):
            return answer(identity, gateway=self._dialect == "relay")
        raw = await request.read()
        call = Call(
            request.method,
            path,
            f"{request.scheme}://{request.host}",
            *(identity[0], mode, identity[1]),
            media_type=request.headers.get("Content-Type", ""),
            body=read_json(raw),
            url=request.path,
            trick=trick,
        )
        reply = await service.handle(call)
        if "/submit/" in path or "/insight-face/" in path:
            self._note_refusal(call, reply)
        await self.clock.sleep(reply.delay)
        if reply.hangup:
            return hang_up(request)
        return answer(reply, gateway=self._dialect == "relay")

    async def _task_api(self, request: web.Request, api: str, path: str, trick: str) -> web.StreamResponse:
        """Music and video: keys are read as new-api does, but Luma-API has a refusal of its own."""
        key = self._open_ai.key(request)
        if isinstance(key, Reply):
            said = {"detail": {"code": 1, "reason": "unauthorized secret token"}}
            return answer(Reply(401, dump(said), "application/json") if api == "luma" else key)
        base = f"{request.scheme}://{request.host}"
        body, query = read_json(await request.read()), dict(request.query)
        call = Call(request.method, path, base, key, body=body, query=query, trick=trick)
        handle = self._suno.handle if api == "suno" else self._luma.handle
        reply = await handle(call, self.switches.suno if api == "suno" else self.switches.luma)
        return hang_up(request) if reply.hangup else answer(reply)

    def _note_refusal(self, call: Call, reply: Reply) -> None:
        answer = read_json(reply.body)
        code = answer.get("code") if isinstance(answer, dict) else None
        if code not in (1, 21, 22):
            said = {"path": call.path, "key": call.key, "status": reply.status, "code": code}
            self._ledger.refused.append(said | {"body": reply.body.decode(errors="replace")[:500]})

    # --- steering by tests ------------------------------------------------------------------

    async def _steer(self, request: web.Request) -> web.StreamResponse:
        match request.method, request.path:
            case "GET", "/_sandbox/ledger":
                return answer(_ok(self.ledger()))
            case "POST", "/_sandbox/control":
                # A page in somebody's browser cannot send this type across origins without being let.
                if not request.headers.get("Content-Type", "").startswith("application/json"):
                    return answer(_error("send application/json"))
                wanted = read_json(await request.read())
                if not isinstance(wanted, dict):
                    return answer(_error("send a JSON object"))
                try:
                    return answer(_ok(await self.control(wanted)))
                except (WrongFault, ValueError, TypeError) as error:
                    return answer(_error(str(error)))
        return answer(plain("Not found", 404))

    def ledger(self) -> dict[str, Any]:
        """Everything that was ordered; the same as ``GET /_sandbox/ledger``."""
        report = self._ledger.report(self._studio)
        return {"dialect": self._dialect, **report, "works": self._works.report()}

    async def control(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Steer it as ``POST /_sandbox/control`` does; ValueError for what it does not know.

        ``faults`` queues some, ``clear`` forgets those that are left, ``dialect``, ``speed`` and ``frozen``
        change how it speaks and how time runs, ``switches`` sets fields of ``Switches``, ``cancel`` cancels a
        task as somebody else would.
        """
        unknown = set(wanted) - {"faults", "clear", "dialect", "speed", "frozen", "switches", "cancel"}
        if unknown:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        if wanted.get("dialect", self._dialect) not in DIALECTS:
            raise ValueError(f"a dialect is one of {', '.join(DIALECTS)}")
        if wanted.get("clear"):
            self._faults.clear()
        for described in wanted.get("faults", ()):
            self._faults.add(described)
        for name, value in wanted.get("switches", {}).items():
            if name not in Switches.__slots__:
                raise ValueError(f"no such switch: {name}")
            setattr(self.switches, name, tuple(value) if isinstance(value, list) else value)
        self._dialect = wanted.get("dialect", self._dialect)
        if "speed" in wanted:
            self._thawed = float(wanted["speed"])
            await self._studio.set_speed(self._thawed)
        if "frozen" in wanted:
            await self._studio.set_speed(0.0 if wanted["frozen"] else self._thawed)
        if (task := self._studio.get(str(wanted.get("cancel", "")))) is not None:
            await self._studio.cancel(task)
        return {"dialect": self._dialect, "speed": self.clock.speed, "faults": self._faults.left()}

    def _task_object(self, task: Task) -> dict[str, Any]:
        """For callbacks: what the direct dialects' fetch would answer."""
        service = self._services["direct" if self._dialect == "direct" else "trueai"]
        assert isinstance(service, Novi | TrueAi)
        return service.task(Call("GET", "", self.url), task)


def _planned(fault: Fault) -> Reply:
    if isinstance(fault.body, str | None):
        headers = {"Content-Type": "text/html", **fault.headers}
        return Reply(fault.status, (fault.body or "").encode(), "", headers)
    return Reply(fault.status, dump(fault.body), "", {"Content-Type": "application/json", **fault.headers})


def _pattern(path: str) -> str:
    """A path without ids, to count by."""
    path = re.sub(r"/task/[^/]+/", "/task/*/", path)
    path = re.sub(r"/mj/image/.*", "/mj/image/*", path)
    path = re.sub(r"/(suno/fetch|suno/feed|luma/generations)/[^/]+", r"/\1/*", path)
    return re.sub(r"^/(attachments|images|songs|clips)/.*", r"/\1/*", path)


def _ok(data: object) -> Reply:
    return Reply(200, dump(data), "application/json")


def _error(message: str) -> Reply:
    return Reply(400, dump({"error": message}), "application/json")


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
