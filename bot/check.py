"""Try everything that is set up, and say what to do about what does not work."""

import asyncio
import socket
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from aiohttp.web import UrlDispatcher
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.app import Services, lent, networks, open_services
from bot.engines import BESIDE
from bot.errors import ServiceError
from bot.gateway.http import new_client
from bot.logs import mask
from bot.ports import ChatModel, Finding, ImageEngine
from bot.settings import Settings, Storage
from storage import CannotOpen, InUse, open_storage

WAIT = 5.0  # seconds for an answer of our own page
LONG_LINK = 60  # characters; a shorter one has room in the table


async def check(settings: Settings) -> list[Finding]:
    """One finding for each thing that has to work. Nothing that costs money is tried."""
    return [
        await _storage(settings),
        await _page(settings),
        *await _public(settings),
        *await _networks(settings),
        *await _services(settings),
    ]


def table(findings: Sequence[Finding], console: Console | None = None) -> None:
    """Print them for people. Long links stand whole below the others, to be copied."""
    console = console or Console()
    shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    for _ in range(3):
        shown.add_column(overflow="fold")
    links = [each for each in findings if len(each.detail) > LONG_LINK and each.detail.startswith("https://")]
    for finding in findings:
        if finding in links:
            continue
        words = Text(mask(finding.detail))
        if finding.advice:
            words.append("\n" if finding.detail else "").append(finding.advice, style="bold")
        mark = Text("ok", style="green") if finding.ok else Text("no", style="bold red")
        shown.add_row(mark, finding.what, words)
    console.print(shown)
    for link in links:
        console.print(Text(f"\n{link.what}:\n{mask(link.detail)}"), soft_wrap=True)
    wrong = sum(not finding.ok for finding in findings)
    console.print(Text(f"\n{wrong} of {len(findings)} need attention." if wrong else "\nAll is well."))


async def _storage(settings: Settings) -> Finding:
    where = mask(settings.storage.url)
    try:
        async with open_storage(settings.storage.url, settings.storage.files) as storage:
            await storage.ping()
    except InUse as error:
        return Finding("Storage", True, f"{error}: the service runs")
    except (CannotOpen, ServiceError, OSError) as error:
        return Finding("Storage", False, str(error), "Look at STORAGE_URL and STORAGE_FILES.")
    return Finding("Storage", True, where)


async def _page(settings: Settings) -> Finding:
    """Whether the page is served already, or could be."""
    host, port = settings.web.host, settings.web.port
    if not port:
        return Finding("Page", True, "any free port")
    at = f"{host}:{port}"
    near = (
        "127.0.0.1"
        if host == "0.0.0.0"
        else "[::1]"
        if host == "::"
        else f"[{host}]"
        if ":" in host
        else host
    )
    if await _is_ours(f"http://{near}:{port}"):
        return Finding("Page", True, f"served at {at}")
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        with socket.socket(found[0][0], socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(found[0][4])
    except OSError as error:
        return Finding("Page", False, f"{at}: {error.strerror}", "Choose another WEB_PORT or WEB_HOST.")
    return Finding("Page", True, f"{at} is free; nothing runs there yet")


async def _public(settings: Settings) -> list[Finding]:
    url = settings.web.url.rstrip("/")
    if not url:
        return []
    if await _is_ours(url):
        return [Finding("Public address", True, url)]
    advice = (
        "Start the service, then check again. If it runs, look at WEB_URL and at the proxy in front of it."
    )
    return [Finding("Public address", False, f"{url} does not answer as Chatelier does", advice)]


async def _is_ours(root: str) -> bool:
    async with new_client() as client:
        try:
            answer = await client.get(f"{root}/healthz", timeout=WAIT)
            return answer.status_code == httpx.codes.OK and answer.json() == {"status": "ok"}
        except (httpx.HTTPError, httpx.InvalidURL, ValueError):
            return False


async def _networks(settings: Settings) -> list[Finding]:
    """Chat networks are the sections that have a token. Those that are on are tried, with scratch storage."""
    findings: list[Finding] = []
    with TemporaryDirectory() as scratch:
        async with open_storage(f"sqlite:///{scratch}/scratch.db", f"{scratch}/files") as storage:
            found = networks(settings, lent(storage, UrlDispatcher()))
            for name in type(settings).model_fields:
                section = getattr(settings, name)
                if "token" not in type(section).model_fields:
                    continue
                if name in found:
                    findings += await found[name].probe()
                else:
                    findings.append(Finding(name.capitalize(), True, "off: it has no token"))
    return findings


async def _services(settings: Settings) -> list[Finding]:
    findings = []
    if not settings.gateway.url:
        findings.append(Finding("Gateway", True, "none is set: the built-in sandbox stands in"))
    with TemporaryDirectory() as scratch:
        # The sandbox of a running service keeps its own papers; the one we try must not write into them.
        apart = settings.model_copy(update={"storage": Storage(files=str(Path(scratch) / "files"))})
        async with (
            open_storage(f"sqlite:///{scratch}/scratch.db", f"{scratch}/files") as storage,
            open_services(apart, storage.files) as services,
        ):
            asked: list[ChatModel | ImageEngine] = [services.chat, *await _painters(settings, services)]
            asked += [services.engines[name] for name in BESIDE]
            for service in asked:
                try:
                    findings += await service.probe()
                except ServiceError as error:
                    findings.append(Finding(type(service).__name__, False, str(error)))
    return findings


async def _painters(settings: Settings, services: Services) -> list[ImageEngine]:
    """The engine that paints unless another is named, and those that have models to name."""
    found = [services.engines[settings.image.engine]]
    for engine in services.engines.values():
        with suppress(ServiceError):
            if engine not in found and await engine.models():
                found.append(engine)
    return found
