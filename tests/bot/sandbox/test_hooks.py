"""Callbacks of the direct dialects."""

import asyncio

import pytest
from aiohttp import web

from tests.bot.sandbox.caller import calling


@pytest.fixture
async def receiver():
    """A server that keeps what is posted to it."""
    received: list[dict] = []
    came = asyncio.Event()

    async def take(request: web.Request) -> web.Response:
        received.append(await request.json())
        came.set()
        return web.Response()

    application = web.Application()
    application.router.add_post("/hook", take)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]

    async def until(check) -> list[dict]:
        async with asyncio.timeout(10):
            while not check(received):
                came.clear()
                await came.wait()
        return received

    yield f"http://127.0.0.1:{port}/hook?k=secret", until
    await runner.cleanup()


def finished(received) -> bool:
    return bool(received) and received[-1]["status"] == "SUCCESS"


@pytest.mark.parametrize("dialect", ["direct", "trueai"])
async def test_each_change_is_posted_until_the_end(receiver, dialect):
    hook, until = receiver
    async with calling(dialect=dialect, speed=40.0) as caller:
        task = await caller.imagine("a fox", notifyHook=hook, state="mark")
        received = await until(finished)
        fetched = await caller.fetch(task)

    assert {body["id"] for body in received} == {task}
    assert len(received) > 3
    assert {body["status"] for body in received} >= {"IN_PROGRESS", "SUCCESS"}
    assert received[-1]["imageUrl"].partition("?")[0] == fetched["imageUrl"].partition("?")[0]
    assert received[-1]["state"] == "mark"


async def test_nothing_is_posted_for_tasks_without_a_hook(receiver):
    hook, until = receiver
    async with calling(dialect="direct") as caller:
        await caller.done("a cat")
        task = await caller.imagine("a fox", notifyHook=hook)
        received = await until(finished)

    assert {body["id"] for body in received} == {task}


async def test_they_can_come_late_and_twice(receiver):
    hook, until = receiver
    async with calling(dialect="direct", speed=40.0) as caller:
        await caller.control(switches={"disorder": True, "duplicate": True})
        await caller.imagine("a fox", notifyHook=hook)
        received = await until(lambda bodies: [b["status"] for b in bodies].count("SUCCESS") == 2)

    statuses = [body["status"] for body in received]
    assert "IN_PROGRESS" in statuses[statuses.index("SUCCESS") :]


async def test_a_deaf_receiver_disturbs_nobody():
    async with calling(dialect="direct") as caller:
        task = await caller.imagine("a fox", notifyHook="http://127.0.0.1:9/")

        assert (await caller.until(task))["status"] == "SUCCESS"
        assert (await caller.done("a cat"))["status"] == "SUCCESS"
