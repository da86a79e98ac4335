"""Callbacks: addresses that cannot be guessed, and news that is not believed but looked up."""

import asyncio

import aiohttp
import pytest

from bot.engines.midjourney import Midjourney
from bot.gateway.http import new_client
from bot.jobs import Order
from bot.sandbox import Sandbox
from bot.web.hooks import Hooks
from bot.web.site import Site


async def _ping():
    return None


@pytest.fixture
async def hooked():
    """A site with hooks, and the marks that it was called about."""
    called: list[str] = []
    async with Site("127.0.0.1", 0, ping=_ping) as site:
        hooks = Hooks("http://placeholder", b"secret")
        hooks.add_to(site.routes, called.append)
        await site.open()
        yield Hooks(site.url, b"secret"), called


async def test_only_the_signed_address_of_an_order_is_heard(hooked):
    hooks, called = hooked
    good = hooks.address("chatelier-1-2")
    async with aiohttp.ClientSession() as session:
        forged = Hooks(good.partition("/hooks")[0], b"other").address("chatelier-1-2")
        for address in (good, good.replace("1-2", "1-3"), good[:-1], forged):
            async with session.post(address, json={"status": "SUCCESS"}) as answer:
                assert answer.status == (204 if address == good else 404)

    assert called == ["chatelier-1-2"]


async def test_any_body_is_taken_and_none_is_believed(hooked):
    hooks, called = hooked
    async with aiohttp.ClientSession() as session:
        for body in (b"", b"{", b'{"status":"SUCCESS"}', b"\xff" * 1000):
            async with session.post(hooks.address("r"), data=body) as answer:
                assert answer.status == 204

    assert called == ["r"] * 4


def test_without_a_public_address_there_is_none():
    assert Hooks("", b"s").address("r") == ""
    assert Hooks("https://bot.example/", b"s").address("r").startswith("https://bot.example/hooks/")


async def test_the_service_calls_while_it_paints(hooked):
    hooks, called = hooked
    async with new_client() as client, Sandbox(dialect="trueai", speed=40.0, key="", size=64) as sandbox:
        engine = Midjourney(client, sandbox.url, "")
        engine.call_back(hooks.address)
        taken = await engine.submit(Order("a fox"), [], "ref-1")
        for _ in range(200):
            report = (await engine.report([taken.task])).get(taken.task)
            if report and report.stage.final and len(called) > 2:
                break
            await asyncio.sleep(0.05)

    assert len(called) > 2
    assert set(called) == {"ref-1"}
