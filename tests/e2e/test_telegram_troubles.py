"""Telegram when things go wrong, with the real process: nothing is lost, and it recovers by itself."""

import time
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from tests.e2e.harness import bot, free_port
from tests.e2e.telegram import Scene, rest, scene, settings_of
from tests.emulators.telegram import Flood, Telegram

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def at(tmp_path_factory) -> AsyncIterator[Scene]:
    """One bot on a server without drafts, for all of these; everybody who talks is somebody new."""
    server = Telegram(flood=Flood())
    server.world.drafts = "missing"
    async with scene(tmp_path_factory.mktemp("troubles"), server) as found:
        yield found


async def test_a_server_without_drafts_is_served_with_edits(at: Scene):
    ann = at.server.user("Ann")

    at.server.say(ann, ann, "long 2500")
    growing = await at.last(ann, lambda one: "Stop" in one.labels)
    answer = await at.answered(ann)

    assert answer.id == growing.id
    assert len(at.server.history(ann, answer)) > 1
    assert at.server.ours(ann) == [answer]


async def test_an_update_that_comes_again_is_answered_once(at: Scene):
    ann = at.server.user("Ann")

    at.server.say(ann, ann, "echo: only once")
    await at.answered(ann)
    at.server.redeliver()
    await at.settled()
    marker = at.server.user("Bob")
    at.server.say(marker, marker, "echo: after it")
    await at.answered(marker)

    assert [one.text for one in at.server.ours(ann)] == ["only once"]


async def test_a_poison_update_does_not_block_the_rest(at: Scene):
    ann = at.server.user("Ann")

    at.server.inject({"message": {"message_id": "what", "chat": [], "text": {}}})
    at.server.inject({"callback_query": {"id": 7}})
    at.server.inject({"a_kind_of_tomorrow": {"yes": True}})
    at.server.say(ann, ann, "echo: still here")
    answer = await at.answered(ann)

    assert answer.text == "still here"
    assert at.lines("put aside")
    at.forgiven += 2  # their tracebacks are meant for whoever looks after it


async def test_a_send_that_is_told_to_wait_arrives_once(at: Scene):
    ann = at.server.user("Ann")

    at.server.fail("sendMessage", 2, retry_after=1, chat=at.server.open(ann))
    at.server.fail("editMessageText", 2, retry_after=1, chat=at.server.open(ann))
    at.server.say(ann, ann, "echo: it was worth the wait")
    answer = await at.answered(ann)

    assert answer.text == "it was worth the wait"
    assert at.server.ours(ann) == [answer]


async def test_a_send_whose_answer_is_lost_leaves_one_message(at: Scene):
    ann = at.server.user("Ann")

    at.server.cut("sendMessage", 1, effect=True, chat=at.server.open(ann))
    at.server.fail("sendMessage", 1, status=502, effect=True, chat=at.server.open(ann))
    at.server.say(ann, ann, "echo: sent three times, shown once")
    await at.answered(ann)
    await at.server.until(lambda: len(at.server.ours(ann)) == 1, within=20)

    assert at.server.texts(ann) == ["sent three times, shown once"]


async def test_a_question_asked_while_the_network_is_down_is_answered_after(at: Scene):
    ann = at.server.user("Ann")
    bob = at.server.user("Bob")

    at.server.say(bob, bob, "long 2500")
    await at.last(bob, lambda one: "Stop" in one.labels)
    at.server.offline()
    at.server.say(ann, ann, "echo: hello from the dark")
    await rest(3)
    at.server.online()
    answer = await at.answered(ann)
    finished = await at.answered(bob)

    assert answer.text.startswith("hello from the dark")
    assert len(at.server.ours(bob)) == 1
    assert "Paragraph" in finished.text


async def test_what_was_asked_an_hour_ago_is_answered_with_a_note(at: Scene):
    ann = at.server.user("Ann")
    chat = at.server.open(ann)

    sent = {"message_id": 7, "date": int(time.time()) - 3600, "chat": chat.json(), "from": ann.json()}
    at.server.inject({"message": {**sent, "text": "echo: are you there?"}})
    answer = await at.answered(ann)

    assert answer.text.startswith("are you there?")
    assert "while I was away" in answer.text


async def test_one_who_blocks_the_bot_costs_nobody_anything(at: Scene):
    ann, bob = at.server.user("Ann"), at.server.user("Bob")

    at.server.say(ann, ann, "/imagine a fox that nobody will see")
    await at.last(ann, lambda one: True)
    at.server.block(ann)
    at.server.say(bob, bob, "echo: and I am answered")
    answer = await at.answered(bob)
    await at.idle()

    assert answer.text == "and I am answered"
    assert [row["stage"] for row in at.rows("SELECT stage FROM jobs")] == ["done"]


async def test_a_group_that_throws_it_out_ends_its_work(at: Scene):
    ann = at.server.user("Ann")
    group = at.server.supergroup("Fickle", [ann])

    at.server.say(ann, group, f"@{at.server.world.bot.username} long 4000")
    await at.last(group, lambda one: "Stop" in one.labels)
    at.server.kick(ann, group)
    await at.idle()

    assert [one.gone for one in at.server.messages(group) if "Retry" in one.labels] == []


async def test_a_topic_that_is_deleted_gets_its_answer_elsewhere(at: Scene):
    ann = at.server.user("Ann")
    forum = at.server.supergroup("Zoo", [ann], forum=True)
    topic = at.server.topic(forum, "Foxes")

    at.server.fail("sendMessage", 1, status=502, chat=forum)
    at.server.say(ann, forum, f"@{at.server.world.bot.username} echo: nobody home", thread=topic)
    await at.server.until(lambda: any(one.params.get("chat_id") == forum.id for one in at.server.refusals))
    at.server.delete_topic(forum, topic)
    answer = await at.answered(forum)

    assert answer.text == "nobody home"


async def test_a_second_copy_waits_and_takes_over(at: Scene, tmp_path):
    ann, bob = at.server.user("Ann"), at.server.user("Bob")

    async with bot(tmp_path, **settings_of(at.server, at.gateway.url)) as second:
        told = "another copy of this bot polls with the same token"
        await at.server.until(lambda: told in second.said() + at.program.said(), within=30)
        at.server.say(ann, ann, "echo: one of you")
        first = await at.answered(ann, within=60)
        await at.idle()
        await at.program.stop()
        at.server.say(bob, bob, "echo: the other")
        other = await at.answered(bob, within=60)
    await at.program.start()

    assert (first.text, other.text) == ("one of you", "the other")
    assert len(at.server.ours(ann)) == len(at.server.ours(bob)) == 1


async def test_updates_come_by_webhook_and_only_with_the_secret(tmp_path):
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    server = Telegram(flood=Flood())
    settings = {
        "TELEGRAM_WEBHOOK_URL": address,
        "TELEGRAM_WEBHOOK_SECRET": "a-secret_of_ours",
        "WEB_PORT": str(port),
    }
    async with scene(tmp_path, server, **settings) as at:
        ann, eve = server.user("Ann"), server.user("Eve")
        await server.until(lambda: server.world.webhook.url)
        server.say(ann, ann, "echo: by webhook")
        answer = await at.answered(ann)
        update = {
            "update_id": 990_000_001,
            "message": {
                "message_id": 990,
                "date": int(time.time()),
                "chat": server.open(eve).json(),
                "from": eve.json(),
                "text": "echo: let me in",
            },
        }
        statuses = []
        async with aiohttp.ClientSession() as http:
            for secret in ("", "guessed", "a-secret_of_our"):
                headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
                async with http.post(server.world.webhook.url, json=update, headers=headers) as refused:
                    statuses.append(refused.status)
        await at.idle()
        await at.program.kill()
        server.say(ann, ann, "echo: while it was away")
        await at.program.start()
        later = await at.answered(ann, 2)
        await at.idle()

        assert answer.text == "by webhook"
        assert later.text.startswith("while it was away")
        assert statuses == [403, 403, 403]
        assert server.ours(eve) == []
        assert not server.calls("getUpdates")
        await at.program.stop()
        async with bot(tmp_path, **settings_of(server, at.overheard.url)):  # the setting is gone
            server.say(ann, ann, "echo: and by polling")
            last = await at.answered(ann, 3)
        assert last.text == "and by polling"
        assert server.world.webhook.url == ""
        await at.program.start()
