"""The programs that are compared, each in a process and a directory of its own."""

import asyncio
import os
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bot.settings import names

ROOT = Path(__file__).resolve().parent.parent
START_WITHIN = 30.0  # seconds
STOP_WITHIN = 10.0


@dataclass(frozen=True, slots=True)
class Program:
    """A program that serves at ``url``; ``started`` is the time from its start until it did, in seconds."""

    url: str
    pid: int
    started: float
    directory: Path


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@asynccontextmanager
async def gateway() -> AsyncIterator[Program]:
    """The scripted gateway."""
    port = free_port()
    async with _program(["benchmarks.gateway", str(port)], port, ready="/v1/models") as program:
        yield program


@asynccontextmanager
async def floor(gateway_url: str) -> AsyncIterator[Program]:
    """The same job on the bare libraries."""
    port = free_port()
    async with _program(["benchmarks.floor", str(port), gateway_url], port) as program:
        yield program


@asynccontextmanager
async def telegram_floor(
    gateway_url: str, api_url: str, token: str, *, free: bool = False
) -> AsyncIterator[Program]:
    """The same job on the bare library for Telegram; ``free``: without a pace."""
    port = free_port()
    words = ["benchmarks.telegram_floor", str(port), api_url, token, gateway_url, *(["free"] if free else [])]
    async with _program(words, port) as program:
        yield program


@asynccontextmanager
async def discord_floor(
    gateway_url: str, api_url: str, events_url: str, token: str
) -> AsyncIterator[Program]:
    """The same job on the bare library for Discord."""
    port = free_port()
    words = ["benchmarks.discord_floor", str(port), api_url, events_url, token, gateway_url]
    async with _program(words, port) as program:
        yield program


@asynccontextmanager
async def bot(
    gateway_url: str,
    *,
    directory: Path | None = None,
    settings: Mapping[str, str] | None = None,
    module: str = "bot",
) -> AsyncIterator[Program]:
    """Chatelier as people start it, with an empty database unless ``directory`` holds one."""
    port = free_port()
    environment = {
        "GATEWAY_URL": gateway_url,
        "GATEWAY_KEY": "sk-bench",
        "WEB_PORT": str(port),
        "LOG_LEVEL": "warning",
        "IMAGE_RUNNING_PERSON": "0",  # a few people order what a thousand would
        "IMAGE_WAITING_PERSON": "0",
        **(settings or {}),
    }
    async with _program([module], port, environment=environment, directory=directory) as program:
        yield program


@asynccontextmanager
async def _program(
    module: Sequence[str],
    port: int,
    *,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    ready: str = "/readyz",
) -> AsyncIterator[Program]:
    """Run ``python -m MODULE …`` until the block ends."""
    known = {key: value for key, value in os.environ.items() if key not in names()}
    with tempfile.TemporaryDirectory(prefix="chatelier-bench-") as place:
        directory = directory or Path(place)
        output = Path(place) / "output.txt"
        began = time.monotonic()
        with output.open("wb") as sink:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", *module),
                cwd=directory,
                env={**known, "PYTHONPATH": str(ROOT), **(environment or {})},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
            )
        try:
            url = f"http://127.0.0.1:{port}"
            await _until_ready(process, url + ready, output)
            yield Program(url, process.pid, time.monotonic() - began, directory)
        finally:
            await _stop(process)


async def _until_ready(process: asyncio.subprocess.Process, url: str, output: Path) -> None:
    async with aiohttp.ClientSession() as session:
        end = time.monotonic() + START_WITHIN
        while time.monotonic() < end:
            if process.returncode is not None:
                raise RuntimeError(f"it ended instead of serving {url}:\n{_tail(output)}")
            try:
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.01)
    raise TimeoutError(f"{url} is not ready after {START_WITHIN:g} s:\n{_tail(output)}")


def _tail(output: Path) -> str:
    """The last of what a program said."""
    return output.read_text()[-2000:]


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(STOP_WITHIN):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
