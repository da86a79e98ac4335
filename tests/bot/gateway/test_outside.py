"""Links out of answers: only public addresses are read, and the gateway's own."""

import pytest
from aiohttp import web

from bot.errors import Kind, Refused
from bot.gateway.http import new_client
from bot.gateway.outside import Outside


@pytest.fixture
async def inside():
    """A server that only this machine can reach."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        if request.path == "/away":
            raise web.HTTPFound("http://localhost:1/secret")
        if request.path == "/gone":
            raise web.HTTPNotFound
        return web.Response(body=b"picture")

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    yield f"http://127.0.0.1:{port}", asked
    await runner.cleanup()


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "[::1]", "0.0.0.0", "169.254.169.254"]
)
async def test_a_private_address_is_not_asked(inside, host):
    url, asked = inside
    port = url.rpartition(":")[2]
    async with new_client() as client:
        with pytest.raises(Refused):
            await Outside(client, "https://gateway.example").fetch(f"http://{host}:{port}/secret")

    assert asked == []


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://x.example/a",
        "nonsense",
        "http://",
        "http://[::",
        f"http://{'a' * 99}.example/",
        "data:image/png,x",
    ],
)
async def test_what_is_no_web_address_is_refused(url):
    async with new_client() as client:
        with pytest.raises(Refused):
            await Outside(client, "https://gateway.example").fetch(url)


async def test_the_gateways_own_pictures_are_read_and_its_detours_are_not(inside):
    url, _asked = inside
    async with new_client() as client:
        outside = Outside(client, url)

        assert await outside.fetch(f"{url}/a.png") == b"picture"
        with pytest.raises(Refused) as refused:
            await outside.fetch(f"{url}/away")
        assert refused.value.kind is Kind.FORBIDDEN
        with pytest.raises(Refused) as refused:
            await outside.fetch(f"{url}/gone")
        assert refused.value.kind is Kind.GONE


async def test_no_more_is_read_than_is_wanted(inside):
    url, _asked = inside
    async with new_client() as client:
        with pytest.raises(Refused) as refused:
            await Outside(client, url).fetch(f"{url}/a.png", limit=3)
    assert refused.value.kind is Kind.SIZE
