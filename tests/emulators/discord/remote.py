"""The server in another process, with the same verbs, each of them awaited."""

import asyncio
import base64
import dataclasses
import time
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, Self, TypeVar

import aiohttp

from tests.emulators.discord.cdn import Upload
from tests.emulators.discord.rates import Rates
from tests.emulators.telegram.call import listed

T = TypeVar("T")
RAW = listed("body result embeds options commands modal choices reactions")  # stay plain JSON
ERRORS = {one.__name__: one for one in (LookupError, KeyError, ValueError, TypeError, PermissionError)}


class Remote:
    """``await remote.say(ann, place, "hi")``: any verb; ``get``, ``set`` and ``until`` beside them.

    What is returned has attributes as in one process; people, places and messages may be passed on.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._http is not None:
            await self._http.close()

    def __getattr__(self, verb: str) -> Callable[..., Awaitable[Any]]:
        if verb.startswith("_"):
            raise AttributeError(verb)

        async def act(*args: Any, **kwargs: Any) -> Any:
            return await self._ask("POST", verb, {"args": _sent(args), "kwargs": _sent(kwargs)})

        return act

    async def get(self, name: str) -> Any:
        """``bot``, ``requests``, ``violations``, ``counts``, ``syncs``, ``connected``, ``gateway``, …"""
        return await self._ask("GET", f"get/{name}")

    async def set(self, name: str, value: Any) -> None:
        """``approved``, ``rates``, ``speed``, ``shards``"""
        await self._ask("POST", f"set/{name}", {"value": _sent(value)})

    async def until(self, seen: Callable[[], Awaitable[T]], within: float = 30.0) -> T:
        """Wait until what ``seen`` asks for is true, and return it."""
        end = time.monotonic() + within
        version = await self._ask("GET", "changes?after=-1")
        while not (found := await seen()):
            left = end - time.monotonic()
            if left <= 0:
                requests = (await self.get("requests"))[-8:]
                latest = [(one.method, one.status, one.code, one.description) for one in requests]
                raise TimeoutError(f"not seen within {within} s; the latest requests: {latest}")
            version = await self._ask("GET", f"changes?after={version}&timeout={min(left, 20)}")
        return found

    async def _ask(self, how: str, what: str, body: Any = None) -> Any:
        assert self._http is not None, "use it with async with"
        async with self._http.request(how, f"{self.url}/_control/{what}", json=body) as answer:
            found = await answer.json()
        if not found["ok"]:
            kind, _, words = found["error"].partition(": ")
            raise ERRORS.get(kind, ValueError)(words or kind)
        return _received(found["result"])


def _sent(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, Upload):
        return {"$upload": _sent(dataclasses.asdict(value))}
    if isinstance(value, Rates):
        return dataclasses.asdict(value)
    if isinstance(value, dict):
        return {name: _sent(one) for name, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_sent(one) for one in value]
    if hasattr(value, "id"):
        return value.id
    return value


def _received(value: Any) -> Any:
    if isinstance(value, list):
        return [_received(one) for one in value]
    if isinstance(value, dict):
        if set(value) == {"$bytes"}:
            return base64.b64decode(value["$bytes"])
        if value.keys() & {"id", "method", "custom_id", "made"}:
            return SimpleNamespace(**{n: v if n in RAW else _received(v) for n, v in value.items()})
        return {name: _received(one) for name, one in value.items()}
    return value


async def running(url: str, within: float = 20.0) -> None:
    """Wait until a server answers there."""
    async with asyncio.timeout(within), aiohttp.ClientSession() as http:
        while True:
            try:
                async with http.get(f"{url}/_control/ping") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)
