"""Updates are taken in once each, whatever happens on the way."""

import asyncio
import contextlib
import io
import json
import socket
from dataclasses import replace

import aiohttp
import pytest
from structlog.testing import capture_logs

from adapters.telegram.letters import TRIES
from bot.commands import Command
from bot.messages import Channel, Content
from bot.web.site import Site
from tests.adapters.telegram.serving import HASTE, Bot, serving
from tests.emulators.telegram import picture
from tests.fakes import FakeInbox
from tests.memory import memory_host

SECRET = "X-Telegram-Bot-Api-Secret-Token"


async def texts(bot, count) -> list[str]:
    await bot.inbox.until(count)
    return [event.text for event in bot.inbox.events]


# --- polling --------------------------------------------------------------------------------


async def test_what_was_delivered_twice_is_heard_once(server, bot, ann):
    server.say(ann, ann, "one")
    await bot.inbox.until(1)
    server.redeliver()
    server.say(ann, ann, "two")

    assert await texts(bot, 2) == ["one", "two"]


async def test_an_update_is_acknowledged_only_when_it_is_stored(server, ann):
    host = memory_host()
    stored = asyncio.Event()
    take = host.mail.take

    async def slowly(platform, letters):
        await stored.wait()
        return await take(platform, letters)

    host.mail.take = slowly
    async with serving(server, host=host) as bot:
        server.say(ann, ann, "keep me")
        await server.until(lambda: server.calls("getUpdates") and server.calls("getUpdates")[-1].status)
        polls = len(server.calls("getUpdates"))
        waiting = list(server.world.updates.waiting)
        stored.set()
        await bot.inbox.until(1)
        await server.until(lambda: not server.world.updates.waiting)

    assert len(waiting) == 1
    assert len(server.calls("getUpdates")) > polls


async def test_what_waited_while_we_were_away_is_heard(server, ann):
    server.say(ann, ann, "anybody there?")
    async with serving(server) as bot:
        assert await texts(bot, 1) == ["anybody there?"]


async def test_an_update_that_nobody_can_read_is_put_aside(server, bot, ann):
    with capture_logs() as logs:
        server.inject({"message": {"message_id": 1, "text": "a secret without a chat"}})
        server.inject({"callback_query": {"id": "1"}})
        server.inject({"something_new": {"a": 1}})
        server.say(ann, ann, "and on")
        await bot.inbox.until(1)

    assert [event.text for event in bot.inbox.events] == ["and on"]
    complaints = [entry for entry in logs if entry["log_level"] == "error"]
    assert len(complaints) == 2
    assert "a secret" not in json.dumps([entry["event"] for entry in complaints])
    await bot.restart()
    server.say(ann, ann, "still on")
    assert await texts(bot, 2) == ["and on", "still on"]


async def test_one_who_waits_does_not_hold_up_another(server, bot, ann):
    bob = server.user("Bob")
    reached = asyncio.Event()

    async def act(event, chat):
        if event.text == "slow":
            reached.set()
            await asyncio.Event().wait()

    bot.inbox.act = act
    server.say(ann, ann, "slow")
    await reached.wait()
    server.say(ann, ann, "after it")
    server.say(bob, bob, "quick")
    server.say(ann, ann, "/stop")

    assert sorted(await texts(bot, 3)) == ["/stop", "quick", "slow"]


async def test_stop_does_not_wait_whatever_it_is_called(server, ann):
    async def act(event, chat):
        if getattr(event, "text", "") == "slow":
            await asyncio.Event().wait()

    async def stop(call, chat) -> None:
        """A command's work."""

    commands = [Command("stop", "Stop the answer that is being written.", stop, aliases=("停止",))]
    async with serving(server, FakeInbox(act, commands)) as bot:
        server.say(ann, ann, "slow")
        server.say(ann, ann, "/停止")

        assert sorted(await texts(bot, 2)) == ["/停止", "slow"]


async def test_a_bad_gateway_and_a_broken_line_are_waited_out(server, bot, ann):
    server.fail("getUpdates", 2)
    server.cut("getUpdates", 1)
    server.fail("getUpdates", 1, retry_after=1)
    server.say(ann, ann, "through it all")

    assert await texts(bot, 1) == ["through it all"]


async def test_a_network_that_comes_back_is_enough(server, ann):
    server.offline(seconds=0.3)
    async with serving(server) as bot:
        server.say(ann, ann, "hello?")

        assert await texts(bot, 1) == ["hello?"]


async def test_a_line_that_has_gone_silent_is_rebuilt(server, ann):
    with capture_logs() as logs:
        async with serving(server, waits=replace(HASTE, poll=1, grace=0.1)) as bot:
            server.hang("getUpdates", 1, effect=False)
            await server.until(lambda: server.calls("getUpdates"))
            server.say(ann, ann, "hello?")

            assert await texts(bot, 1) == ["hello?"]
    assert any("silent" in entry["event"] for entry in logs)


async def test_of_two_copies_one_waits_says_so_and_takes_over(server, ann):
    with capture_logs() as logs:
        async with serving(server, waits=replace(HASTE, poll=1)) as first:
            await server.until(lambda: len(server.calls("getUpdates")) == 3)  # it has settled
            async with serving(server, waits=replace(HASTE, poll=1)) as second:
                await server.until(lambda: conflicts(server) >= 4)  # it has looked twice whether we are gone
                server.say(ann, ann, "to whoever polls")
                await server.until(lambda: not server.world.updates.waiting)
                await first.stop()
                server.say(ann, ann, "to the second")
                await server.until(
                    lambda: [event.text for event in second.inbox.events][-1:] == ["to the second"]
                )
    heard = {event.text for event in (*first.inbox.events, *second.inbox.events)}
    assert heard == {"to whoever polls", "to the second"}
    waits = [entry for entry in logs if "another copy" in entry["event"]]
    assert len(waits) == 1


def conflicts(server) -> int:
    return len([call for call in server.calls("getUpdates") if call.status == 409])


async def test_a_wrong_token_is_said_and_tried_again(server, ann):
    bot = Bot(server, token="123456:WRONG")
    with capture_logs() as logs:
        bot.start()
        await server.until(lambda: len(server.calls("getMe")) > 1)
        await bot.stop()

    complaints = [entry for entry in logs if entry["log_level"] == "error"]
    assert "TELEGRAM_TOKEN" in complaints[0]["event"]
    assert "WRONG" not in json.dumps(logs, default=str)


# --- webhook --------------------------------------------------------------------------------


async def _alive() -> None:
    """Storage that answers."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.asynccontextmanager
async def hooked(server, host=None, port=0, **settings):
    """The adapter behind a door of its own, and the address of that."""
    port = port or free_port()
    async with Site("127.0.0.1", port, ping=_alive) as site:
        address = f"http://127.0.0.1:{port}"
        bot = Bot(server, host=host, **{"webhook_url": address, **settings})
        bot.start(site.routes)
        await site.open()
        try:
            yield bot, f"{address}/telegram/webhook"
        finally:
            await bot.stop()


async def post(url, body, secret="") -> int:
    async with aiohttp.ClientSession() as http:
        headers = {SECRET: secret} if secret else {}
        async with http.post(url, data=body, headers=headers) as response:
            return response.status


async def test_a_webhook_brings_updates(server, ann):
    async with hooked(server) as (bot, _url):
        server.say(ann, ann, "by the door")

        assert await texts(bot, 1) == ["by the door"]
    assert server.calls("setWebhook")[0].params["secret_token"]


async def test_a_webhook_is_set_only_when_it_changes(server, ann):
    host, port = memory_host(), free_port()
    for words in ("before", "after"):
        async with hooked(server, host, port) as (bot, _url):
            server.say(ann, ann, words)

            assert await texts(bot, 1) == [words]
    assert len(server.calls("setWebhook")) == 1


async def test_only_the_platform_is_let_in_by_the_door(server, ann):
    update = json.dumps({"update_id": 1, "message": {}}).encode()
    async with hooked(server, webhook_secret="s3cret") as (bot, url):
        await server.until(lambda: server.world.webhook.url)
        refused = [await post(url, update), await post(url, update, "wrong")]
        malformed = [await post(url, body, "s3cret") for body in (b"{", b"[]", b"{}", b'{"update_id": "1"}')]
        too_large = await post(url, io.BytesIO(b" " * 5_000_000), "s3cret")
        server.say(ann, ann, "hello")

        assert await texts(bot, 1) == ["hello"]
    assert refused == [403, 403]
    assert malformed == [400, 400, 400, 400]
    assert too_large == 413


async def test_what_cannot_be_stored_is_not_acknowledged(server, ann):
    host = memory_host()
    take, failures = host.mail.take, [OSError("disk full")]

    async def unsteadily(platform, letters):
        if failures:
            raise failures.pop()
        return await take(platform, letters)

    host.mail.take = unsteadily
    async with hooked(server, host) as (bot, _url):
        server.say(ann, ann, "keep at it")

        assert await texts(bot, 1) == ["keep at it"]


async def test_what_cannot_be_stored_is_fetched_again(server, ann):
    host = memory_host()
    take, failures = host.mail.take, [OSError("disk full")]

    async def unsteadily(platform, letters):
        if failures:
            raise failures.pop()
        return await take(platform, letters)

    host.mail.take = unsteadily
    async with serving(server, host=host) as bot:
        server.say(ann, ann, "keep at it")

        assert await texts(bot, 1) == ["keep at it"]


async def test_what_cannot_be_crossed_off_stops_nothing(server, ann):
    host = memory_host()
    done, failures = host.mail.done, [OSError("disk full"), OSError("disk full")]

    async def unsteadily(platform, key):
        if failures:
            raise failures.pop()
        await done(platform, key)

    host.mail.done = unsteadily
    async with serving(server, host=host) as bot:
        server.say(ann, ann, "one")
        server.inject({"poll": None})
        server.say(ann, ann, "two")

        assert await texts(bot, 2) == ["one", "two"]
        await server.until(lambda: not host.mail.open)


async def test_what_was_not_taken_in_is_tried_again_beside_all_else(server, bot, ann):
    failures = [OSError("storage is away")] * 3

    async def act(event, chat):
        if event.text == "one" and failures:
            raise failures.pop()

    bot.inbox.act = act
    server.say(ann, ann, "one")
    server.say(ann, ann, "two")
    await bot.inbox.until(5)
    await bot.taken_in()

    heard = [event.text for event in bot.inbox.events]
    assert heard.count("one") == 4
    assert heard.count("two") == 1
    assert not bot.host.mail.open


async def test_an_album_under_a_command_that_was_not_taken_in_is_tried_again_whole(server, bot, ann):
    failures = [OSError("storage is away")]

    async def act(event, chat):
        if failures:
            raise failures.pop()

    bot.inbox.act = act
    server.album(ann, ann, [picture(8, 8), picture(9, 9)], "/imagine a fox")
    await bot.inbox.until(2)
    await bot.taken_in()

    assert [len(event.attachments) for event in bot.inbox.events] == [2, 2]


async def test_what_cannot_be_opened_is_tried_again(server, bot, ann):
    options, failures = bot.host.options, [OSError("storage is away")]
    get = options.get

    async def unsteadily(place):
        if failures and place.startswith("telegram.ask."):
            raise failures.pop()
        return await get(place)

    options.get = unsteadily
    await bot.platform.chat(Channel("telegram", str(ann.id))).send(Content("a fox"))
    server.album(ann, ann, [picture(8, 8), picture(9, 9)], reply_to=server.last(ann))
    server.say(ann, ann, "and on")
    await bot.inbox.until(3)
    await bot.taken_in()

    assert failures == []
    assert sorted(len(event.attachments) for event in bot.inbox.events) == [0, 1, 1]


async def test_what_always_fails_is_put_aside(server, ann):
    async with serving(server, waits=replace(HASTE, retry=0.0001)) as bot:

        async def act(event, chat):
            if event.text == "poison":
                raise ValueError("no")

        bot.inbox.act = act
        with capture_logs() as logs:
            server.say(ann, ann, "poison")
            server.say(ann, ann, "and on")
            await bot.inbox.until(2)
            await bot.taken_in()

    heard = [event.text for event in bot.inbox.events]
    assert (heard.count("poison"), heard.count("and on")) == (TRIES, 1)
    assert any("put aside" in entry["event"] for entry in logs)


async def test_a_webhook_that_is_not_wanted_any_more_is_removed(server, ann):
    async with hooked(server):
        await server.until(lambda: server.world.webhook.url)
    async with serving(server) as bot:
        server.say(ann, ann, "fetched")

        assert await texts(bot, 1) == ["fetched"]
    assert server.world.webhook.url == ""


async def test_before_the_start_the_door_is_shut(server):
    async with hooked(server, token="123456:WRONG") as (_bot, url):
        status = await post(url, b"{}", "x")

    assert status == 503


@pytest.mark.parametrize("given", ["https://bot.example.org", "https://bot.example.org/telegram/webhook/"])
async def test_the_address_may_be_given_with_or_without_the_path(server, given):
    bot = Bot(server, webhook_url=given)
    bot.start()
    await server.until(lambda: server.world.webhook.url)
    await bot.stop()

    assert server.world.webhook.url == "https://bot.example.org/telegram/webhook"


async def test_an_address_that_is_not_accepted_is_said_and_we_poll(server, ann):
    with capture_logs() as logs:
        async with serving(server, webhook_url="http://bot.example.org") as bot:
            server.say(ann, ann, "hello?")

            assert await texts(bot, 1) == ["hello?"]
    assert any("TELEGRAM_WEBHOOK_URL" in entry["event"] for entry in logs)
