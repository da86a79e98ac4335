"""A scripted service, and engines that talk to it."""

import io
from typing import Any

import pytest
from aiohttp import web
from PIL import Image

from bot.engines.midjourney import Midjourney
from bot.gateway.http import new_client
from tests.bot.engines.service import KEY, Service


@pytest.fixture
async def service():
    service = Service()
    app = web.Application(client_max_size=50_000_000)
    app.router.add_route("*", "/{path:.*}", service.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    service.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield service
    service.wake()
    await runner.cleanup()


@pytest.fixture
async def client():
    async with new_client() as client:
        yield client


@pytest.fixture
def make(service, client):
    """An engine for the service, with whatever settings."""

    def make(url: str = "", key: str = KEY, **settings: Any) -> Midjourney:
        return Midjourney(client, url or service.url, key, **{"pause": 0.01, **settings})

    return make


@pytest.fixture
def engine(make):
    return make()


@pytest.fixture
def png():
    """Makes a picture."""

    def png(width: int, height: int, colour: str = "red", *, mode: str = "RGB", kind: str = "PNG") -> bytes:
        out = io.BytesIO()
        Image.new(mode, (width, height), colour).save(out, kind)
        return out.getvalue()

    return png
