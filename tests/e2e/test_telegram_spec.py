"""Every request of the real process keeps to the published description of the Bot API."""

import asyncio
import json

import aiohttp
import pytest

from tests.e2e.telegram import scene
from tests.emulators.telegram import Flood, Telegram, picture
from tests.emulators.telegram.call import Call, listed
from tests.emulators.telegram.files import Upload
from tests.emulators.telegram.spec import published

SPEC = published()
pytestmark = pytest.mark.skipif(
    SPEC is None, reason="the description of the Bot API is not beside this project"
)

EXPECTED = listed(
    "getMe getUpdates sendMessage sendMessageDraft sendPhoto sendDocument editMessageText editMessageMedia "
    "editMessageCaption answerCallbackQuery answerInlineQuery setMessageReaction setMyCommands getFile"
)
TEXT = {"chat_id": 1, "text": "hi"}
WRONG = {
    "a parameter that is unknown": ("sendMessage", {**TEXT, "colour": "red"}),
    "a parameter that is missing": ("sendMessage", {"chat_id": 1}),
    "words for a number": ("deleteMessage", {"chat_id": 1, "message_id": "the last"}),
    "a field inside that is unknown": ("sendMessage", {**TEXT, "link_preview_options": {"off": True}}),
    "a button that is none": (
        "sendMessage",
        {**TEXT, "reply_markup": {"inline_keyboard": [[{"label": "U1"}]]}},
    ),
    "an entity without an end": ("sendMessage", {**TEXT, "entities": [{"type": "bold", "offset": 0}]}),
    "media of no kind": ("editMessageMedia", {"chat_id": 1, "message_id": 1, "media": {"type": "smell"}}),
    "a command without words": ("setMyCommands", {"commands": [{"command": "new"}]}),
}


async def test_all_that_the_bot_sends_in_a_busy_hour(tmp_path):
    async with scene(tmp_path, Telegram(flood=Flood())) as at:
        server = at.server
        ann, bob = server.user("Ann"), server.user("Bob")
        group = server.supergroup("Painters", [ann, bob], forum=True)
        topic = server.topic(group, "Foxes")
        server.start(bob)
        server.say(ann, ann, "show off")
        server.say(bob, bob, "what is this?", photo=picture(colour="red"))
        order = f"/imagine@{server.world.bot.username} a fox"
        server.say(bob, group, order, thread=topic)
        grid = await at.painted(group)
        await at.pressed(ann, group, grid, "U1")
        large = await at.painted(group, 2)
        await server.until(lambda: "✓ U1" in server.seen(group, grid).labels)
        await at.pressed(bob, group, grid, "✓ U1")
        await at.painted(group, 3)
        await at.pressed(ann, group, large, "Full size")
        await at.last(group, lambda one: one.kind == "document")
        await at.pressed(ann, group, large, "Custom Zoom")
        await at.question(group)
        query = server.inline(ann, "a fox")
        await server.until(lambda: query.answered)
        await asyncio.gather(at.answered(ann), at.answered(bob))
        sent = list(server.requests)

    faults = {}
    for request in sent:
        if request.method == "download":
            continue
        files = {name: Upload(b"") for name in request.files}
        if found := SPEC.faults(Call(request.method, request.params, files)):
            faults[request.method] = found
    assert faults == {}
    assert {request.method for request in sent} >= EXPECTED


@pytest.mark.parametrize("name", WRONG)
async def test_what_does_not_keep_to_it_is_noticed(name):
    method, params = WRONG[name]

    async with Telegram() as server, aiohttp.ClientSession() as http:
        body = {
            name: value if isinstance(value, str) else json.dumps(value) for name, value in params.items()
        }
        async with http.post(f"{server.url}/bot{server.token}/{method}", data=body) as answer:
            status = answer.status

        assert status == 400
        assert len(server.violations) == 1
