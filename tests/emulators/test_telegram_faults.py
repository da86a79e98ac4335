"""Mishaps, flood control, webhooks."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import telegram
from aiohttp import web
from telegram.error import BadRequest, Conflict, NetworkError, RetryAfter, TimedOut

from tests.emulators.telegram import Flood, Telegram, User


@pytest.fixture
def ann(server: Telegram) -> User:
    return server.open(server.user("Ann")).user


async def test_failures_on_request(server: Telegram, bot: telegram.Bot, ann):
    server.fail("sendMessage", 2)
    for _ in range(2):
        with pytest.raises(NetworkError, match="Bad Gateway"):
            await bot.send_message(ann.id, "hi")
    server.fail("sendMessage", retry_after=7)
    with pytest.raises(RetryAfter, match="7"):
        await bot.send_message(ann.id, "hi")
    server.fail("sendMessage", status=400, description="Bad Request: chat not found")
    with pytest.raises(BadRequest, match=r"(?i)chat not found"):
        await bot.send_message(ann.id, "hi")
    await bot.send_message(ann.id, "at last")

    assert server.texts(ann) == ["at last"]
    assert [one.status for one in server.calls("sendMessage")] == [502, 502, 429, 400, 200]


async def test_failures_in_one_chat_only(server: Telegram, bot: telegram.Bot, ann):
    bob = server.open(server.user("Bob"))
    server.fail("sendMessage", chat=ann)
    await bot.send_message(bob.id, "hi")
    with pytest.raises(NetworkError):
        await bot.send_message(ann.id, "hi")


async def test_a_connection_breaks_after_the_deed(server: Telegram, bot: telegram.Bot, ann):
    server.cut("sendMessage")
    with pytest.raises(NetworkError):
        await bot.send_message(ann.id, "done")
    server.cut("sendMessage", effect=False)
    with pytest.raises(NetworkError):
        await bot.send_message(ann.id, "not done")

    assert server.texts(ann) == ["done"]
    assert [one.status for one in server.calls("sendMessage")] == [0, 0]


async def test_an_answer_hangs_after_the_deed(server: Telegram, bot: telegram.Bot, ann):
    server.hang("sendMessage")
    with pytest.raises(TimedOut):
        await bot.send_message(ann.id, "done", read_timeout=0.05)
    assert server.texts(ann) == ["done"]

    server.hang("sendMessage")
    sending = asyncio.create_task(bot.send_message(ann.id, "and this"))
    await server.until(lambda: len(server.texts(ann)) == 2)
    assert not sending.done()
    server.release()
    await sending


async def test_an_answer_comes_later_than_the_deed(server: Telegram, bot: telegram.Bot, ann):
    server.delay("sendMessage", 0.05, 1)
    sending = asyncio.create_task(bot.send_message(ann.id, "done"))
    await server.until(lambda: server.texts(ann))
    assert not sending.done()
    await sending


async def test_the_network_is_down_for_a_while(server: Telegram, bot: telegram.Bot, ann):
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    await server.until(lambda: server.world.updates.polled)
    server.offline()
    with pytest.raises(NetworkError):
        await poll
    with pytest.raises(NetworkError):
        await bot.send_message(ann.id, "hi")
    server.heal()
    await bot.send_message(ann.id, "hi")

    assert server.texts(ann) == ["hi"]


async def test_sending_and_editing_share_the_budget_of_a_chat(server: Telegram, bot: telegram.Bot, ann):
    server.flood = Flood(private_burst=3)
    bob = server.open(server.user("Bob"))
    sent = await bot.send_message(ann.id, "1")
    await sent.edit_text("2")
    await sent.edit_text("3")
    with pytest.raises(RetryAfter):
        await sent.edit_text("4")
    await bot.send_message(bob.id, "another chat")
    await bot.send_chat_action(ann.id, "typing")
    server.advance(1)
    await sent.edit_text("5")

    assert server.refused_429 == 1
    assert server.last(ann).text == "5"


async def test_a_group_has_twenty_a_minute(server: Telegram, raw, ann):
    server.flood = Flood()
    group = server.group("Us", [ann])
    for number in range(20):
        assert (await raw("sendMessage", chat_id=group.id, text=str(number)))[0] == 200
        server.advance(0.1)
    status, body = await raw("sendMessage", chat_id=group.id, text="20")

    assert status == 429
    wait = body["parameters"]["retry_after"]
    assert body["description"] == f"Too Many Requests: retry after {wait}"
    assert 1 <= wait <= 3
    server.advance(wait)
    assert (await raw("sendMessage", chat_id=group.id, text="20"))[0] == 200


async def test_a_bot_has_thirty_a_second_and_an_album_counts_whole(server: Telegram, raw, ann):
    server.flood = Flood(bot_burst=3, bot_rate=1)
    chats = [server.open(server.user()) for _ in range(4)]
    assert [(await raw("sendMessage", chat_id=chat.id, text="hi"))[0] for chat in chats] == [
        200,
        200,
        200,
        429,
    ]


async def test_drafts_have_a_budget_of_their_own(server: Telegram, raw, ann):
    server.flood = Flood(private_burst=1, draft_burst=2)

    async def draft(text: str) -> int:
        return (await raw("sendMessageDraft", chat_id=ann.id, draft_id=1, text=text))[0]

    assert [await draft(text) for text in "abc"] == [200, 200, 429]
    assert (await raw("sendMessage", chat_id=ann.id, text="abc"))[0] == 200


async def test_the_wait_is_told_in_the_header_and_in_our_time(raw, server: Telegram, ann):
    server.world.clock.speed = 10
    server.flood = Flood(private_burst=1, private_rate=0.01)
    await raw("sendMessage", chat_id=ann.id, text="1")
    async with raw.http.post(
        f"{server.url}/bot{server.token}/sendMessage", json={"chat_id": ann.id, "text": "2"}
    ) as answer:
        assert answer.status == 429
        assert 9 <= int(answer.headers["Retry-After"]) <= 10


class Hook:
    """Somebody who takes updates by POST."""

    def __init__(self) -> None:
        self.url = ""
        self.got: list[dict] = []
        self.headers: list[dict[str, str]] = []
        self.statuses: list[int] = []  # answered first, then 200
        self.reply: dict | None = None
        self.open = asyncio.Event()
        self.open.set()

    async def take(self, request: web.Request) -> web.Response:
        self.headers.append(dict(request.headers))
        self.got.append(await request.json())
        await self.open.wait()
        if self.statuses:
            return web.Response(status=self.statuses.pop(0))
        return web.json_response(self.reply) if self.reply else web.Response()


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    hook = Hook()
    application = web.Application()
    application.router.add_post("/hook", hook.take)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hook.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield hook
    hook.open.set()
    await runner.cleanup()


async def test_a_webhook_is_brought_what_waits_and_what_comes(
    server: Telegram, bot: telegram.Bot, ann, hook: Hook
):
    server.say(ann, ann, "before")
    await bot.set_webhook(hook.url, secret_token="s3cret")
    server.say(ann, ann, "after")
    await server.until(lambda: not server.world.updates.waiting)

    assert [one["message"]["text"] for one in hook.got] == ["before", "after"]
    assert {one["Content-Type"] for one in hook.headers} == {"application/json"}
    assert {one["X-Telegram-Bot-Api-Secret-Token"] for one in hook.headers} == {"s3cret"}
    info = await bot.get_webhook_info()
    assert (info.url, info.pending_update_count, info.max_connections) == (hook.url, 0, 40)
    with pytest.raises(Conflict, match="webhook is active"):
        await bot.get_updates()
    await bot.delete_webhook()
    assert await bot.get_updates() == ()


async def test_an_update_is_brought_again_until_it_is_taken(
    server: Telegram, bot: telegram.Bot, ann, hook: Hook
):
    server.world.clock.speed = 100
    hook.statuses = [500, 403]
    await bot.set_webhook(hook.url)
    server.say(ann, ann, "one")
    server.say(ann, ann, "two")
    await server.until(lambda: not server.world.updates.waiting)

    assert [one["message"]["text"] for one in hook.got] == ["one", "one", "one", "two"]
    assert (await bot.get_webhook_info()).last_error_message == (
        "Wrong response from the webhook: 403 Forbidden"
    )


async def test_chats_are_served_side_by_side_and_each_in_order(
    server: Telegram, bot: telegram.Bot, ann, hook: Hook
):
    bob = server.user("Bob")
    hook.open.clear()
    await bot.set_webhook(hook.url)
    for person in (ann, ann, bob):
        server.say(person, person, person.first_name)
    await server.until(lambda: server.world.webhook.busiest == 2)
    hook.open.set()
    await server.until(lambda: not server.world.updates.waiting)

    assert sorted(one["message"]["text"] for one in hook.got[:2]) == ["Ann", "Bob"]


async def test_an_answer_to_a_webhook_may_hold_a_call(server: Telegram, bot: telegram.Bot, ann, hook: Hook):
    hook.reply = {"method": "sendMessage", "chat_id": ann.id, "text": "at once"}
    await bot.set_webhook(hook.url)
    server.say(ann, ann, "hi")
    await server.until(lambda: server.texts(ann))

    assert server.texts(ann) == ["at once"]


async def test_setting_a_webhook_ends_a_poll(server: Telegram, bot: telegram.Bot, hook: Hook):
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    await server.until(lambda: server.world.updates.polled)
    await bot.set_webhook(hook.url)
    with pytest.raises(Conflict, match="terminated by setWebhook"):
        await poll


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"url": "http://example.org/hook"}, "An HTTPS URL must be provided"),
        ({"url": "https://example.org:8081/hook"}, "only on ports 80, 88, 443 or 8443"),
        ({"url": "https://example.org/hook", "secret_token": "with spaces"}, "unallowed characters"),
        ({"url": "https://example.org/hook", "max_connections": 101}, "invalid max_connections"),
    ],
)
async def test_a_webhook_has_its_rules(raw, params, why):
    assert why in await raw.refused("setWebhook", **params)


async def test_a_person_who_vanishes_mid_poll_takes_nothing_away(server: Telegram, raw, ann):
    async def poll() -> None:
        async with raw.http.get(f"{server.url}/bot{server.token}/getUpdates?timeout=30") as answer:
            await answer.read()

    polling = asyncio.create_task(poll())
    await server.until(lambda: server.world.updates.polled)
    polling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await polling
    await server.until(lambda: not server.world.updates.polled)
    server.say(ann, ann, "hi")

    assert len((await raw("getUpdates"))[1]["result"]) == 1
    assert server.world.updates.conflicts == 0
