"""Interactions by HTTP: signed, posted, and answered in the response or later."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.emulators.discord import Discord
from tests.emulators.discord.library import raw, serving


@pytest.fixture
async def server():
    async with serving() as server:
        yield server


@asynccontextmanager
async def endpoint(server: Discord, answer, *, careful: bool = True) -> AsyncIterator[str]:
    """A small bot without a library."""
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(server.public_key))

    async def hear(request: web.Request) -> web.Response:
        body = await request.read()
        signature = request.headers.get("X-Signature-Ed25519", "")
        signed = request.headers.get("X-Signature-Timestamp", "").encode() + body
        try:
            key.verify(bytes.fromhex(signature), signed)
        except InvalidSignature:
            if careful:
                return web.Response(status=401)
        told = json.loads(body)
        return web.json_response({"type": 1}) if told["type"] == 1 else await answer(told)

    application = web.Application()
    application.router.add_post("/discord", hear)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/discord"
    finally:
        await runner.cleanup()


@pytest.fixture
async def place(server: Discord):
    ann = server.user("Ann")
    general = server.channel(server.guild("Painters", [ann]))
    async with raw(server) as api:
        command = {"name": "paint", "description": "Paint"}
        await api("POST", f"/applications/{server.world.application}/commands", command)
        yield ann, general, api


async def test_the_response_is_the_first_answer(server: Discord, place):
    ann, general, _ = place

    async def answer(told):
        return web.json_response({"type": 4, "data": {"content": f"for {told['member']['user']['id']}"}})

    async with endpoint(server, answer) as url:
        assert await server.use_endpoint(url) == []
        one = server.slash(ann, general, "paint")
        await server.until(lambda: one.answered)

    assert server.texts(general) == [f"for {ann.id}"]
    assert one.http == 200


async def test_or_it_comes_later(server: Discord, place):
    ann, general, api = place
    heard = []

    async def answer(told):
        heard.append(told)
        return web.Response(status=202)

    async with endpoint(server, answer) as url:
        await server.use_endpoint(url)
        one = server.slash(ann, general, "paint")
        await server.until(lambda: one.http)
        assert not one.answered
        path = f"/interactions/{heard[0]['id']}/{heard[0]['token']}/callback"
        await api("POST", path, {"type": 5})
        assert one.deferred


async def test_an_endpoint_that_checks_nothing_is_not_accepted(server: Discord, place):
    async def answer(told):
        raise AssertionError

    async with endpoint(server, answer, careful=False) as url:
        assert await server.use_endpoint(url) == ["a wrong signature was answered with 200"]
    assert server.world.endpoint_url == ""


async def test_a_wrong_answer_is_none(server: Discord, place):
    ann, general, _ = place

    async def answer(told):
        return web.json_response({"type": 4, "data": {"content": "x" * 2001}})

    async with endpoint(server, answer) as url:
        await server.use_endpoint(url)
        one = server.slash(ann, general, "paint")
        await server.until(lambda: one.refused)

    assert (one.refused, one.answered) == ([(400, 50035)], False)


async def test_the_bot_can_be_visited_with_anything(server: Discord, place):
    async def answer(told):
        return web.json_response({"type": 4})

    async with endpoint(server, answer) as url:
        assert (await server.knock(url))[0] == 200
        assert (await server.knock(url, forged=True))[0] == 401
        assert (await server.knock(url, unsigned=True))[0] == 401
