"""The web application, over a real socket."""

import asyncio
import io

import aiohttp
import pytest
from aiohttp import WSMsgType, web

from bot.web.site import Site


async def _fine() -> None:
    """Storage that answers."""


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


async def get(http, url, **options):
    async with http.get(url, **options) as response:
        return response.status, await response.text(), response.headers


async def test_it_is_alive_and_ready(http):
    async with Site("127.0.0.1", 0, ping=_fine) as site:
        await site.open()

        assert (await get(http, f"{site.url}/healthz"))[0] == 200
        assert (await get(http, f"{site.url}/readyz"))[0] == 200


async def test_it_is_not_ready_when_storage_fails(http):
    async def broken() -> None:
        raise OSError("disk gone")

    async with Site("127.0.0.1", 0, ping=broken) as site:
        await site.open()
        status, text, _headers = await get(http, f"{site.url}/readyz")

        assert status == 503
        assert "disk gone" not in text
        assert (await get(http, f"{site.url}/healthz"))[0] == 200


async def test_it_is_not_ready_when_storage_is_silent(http, monkeypatch):
    monkeypatch.setattr("bot.web.site.PATIENCE", 0.01)

    async def silent() -> None:
        await asyncio.Event().wait()

    async with Site("127.0.0.1", 0, ping=silent) as site:
        await site.open()

        assert (await get(http, f"{site.url}/readyz"))[0] == 503


async def test_metrics_are_told_and_count_requests(http):
    async with Site("127.0.0.1", 0, ping=_fine) as site:
        await site.open()
        await get(http, f"{site.url}/healthz")
        await get(http, f"{site.url}/no/such/place")
        status, text, headers = await get(http, f"{site.url}/metrics")

    assert status == 200
    assert headers["Content-Type"].startswith("text/plain; version=")
    assert "lost_characters_total 0.0" in text
    assert 'http_requests_total{route="/healthz",status="200"}' in text
    assert 'http_requests_total{route="none",status="404"}' in text


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
async def test_metrics_are_not_for_the_world_behind_a_proxy(http, header):
    async with Site("127.0.0.1", 0, ping=_fine) as site:
        await site.open()
        status, text, _ = await get(http, f"{site.url}/metrics", headers={header: "203.0.113.7"})

    assert status == 403
    assert "turns" not in text


async def test_every_answer_carries_strict_headers_even_a_404(http):
    async with Site("127.0.0.1", 0, ping=_fine) as site:
        await site.open()
        for path in ("/healthz", "/nothing"):
            _, _, headers = await get(http, f"{site.url}{path}")

            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Referrer-Policy"] == "no-referrer"
            assert "default-src 'none'" in headers["Content-Security-Policy"]
            assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
            assert "aiohttp" not in headers["Server"].lower()


async def test_a_mounted_page_may_loosen_its_policy(http):
    async def page(request: web.Request) -> web.Response:
        return web.Response(text="hello", headers={"Content-Security-Policy": "default-src 'self'"})

    async with Site("127.0.0.1", 0, ping=_fine) as site:
        site.routes.add_get("/page", page)
        await site.open()
        _, _, headers = await get(http, f"{site.url}/page")

    assert headers["Content-Security-Policy"] == "default-src 'self'"


async def test_a_large_body_is_refused(http):
    async def take(request: web.Request) -> web.Response:
        return web.Response(text=str(len(await request.read())))

    async with Site("127.0.0.1", 0, ping=_fine) as site:
        site.routes.add_post("/take", take)
        await site.open()
        async with http.post(f"{site.url}/take", data=io.BytesIO(b"x" * 2_000_000)) as response:
            assert response.status == 413


async def test_closing_says_goodbye_to_sockets(http):
    async def talk(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        try:
            async for _ in socket:
                pass
        finally:
            await socket.close(code=aiohttp.WSCloseCode.GOING_AWAY)
        return socket

    async with Site("127.0.0.1", 0, ping=_fine) as site:
        site.routes.add_get("/talk", talk)
        await site.open()
        socket = await http.ws_connect(f"{site.url}/talk")
        leaving = asyncio.create_task(socket.receive())
        await asyncio.sleep(0)
    message = await leaving

    assert message.type is WSMsgType.CLOSE
    assert message.data == 1001


async def test_a_taken_address_is_an_error_at_once():
    async with Site("127.0.0.1", 0, ping=_fine) as first:
        await first.open()
        port = int(first.url.rpartition(":")[2])
        async with Site("127.0.0.1", port, ping=_fine) as second:
            with pytest.raises(OSError, match="address already in use"):
                await second.open()


def test_an_address_for_everybody_is_shown_as_one_to_click():
    assert Site("0.0.0.0", 8080, ping=_fine).url == "http://127.0.0.1:8080"
    assert Site("::1", 8080, ping=_fine).url == "http://[::1]:8080"
