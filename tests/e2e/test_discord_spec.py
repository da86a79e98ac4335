"""Every request of the real process keeps to the published description of Discord's API."""

import asyncio

import aiohttp
import pytest

from tests.e2e.discord import BRISK, scene
from tests.emulators.discord import Discord, picture
from tests.emulators.discord.rest.call import Call
from tests.emulators.discord.rest.table import find
from tests.emulators.discord.spec import published
from tests.emulators.telegram.call import listed

SPEC = published()
pytestmark = pytest.mark.skipif(
    SPEC is None, reason="the description of Discord's API is not beside this project"
)

EXPECTED = listed(
    "get_me get_application sync create_message edit_message type_in get_messages open_direct respond "
    "edit_response follow"
)
TEXT = {"content": "hi"}
BUTTON = {"type": 2, "style": 1, "label": "U1", "custom_id": "u1"}
WRONG = {
    "a field that is unknown": ("POST", "/messages", {**TEXT, "colour": "red"}),
    "a number for words": ("POST", "/messages", {"content": 7}),
    "a mention of nothing that there is": (
        "POST",
        "/messages",
        {**TEXT, "allowed_mentions": {"parse": ["everybody"]}},
    ),
    "a button without a style": (
        "POST",
        "/messages",
        {
            **TEXT,
            "components": [{"type": 1, "components": [{"type": 2, "label": "U1", "custom_id": "u1"}]}],
        },
    ),
    "a row of rows": (
        "POST",
        "/messages",
        {**TEXT, "components": [{"type": 1, "components": [{"type": 1, "components": [BUTTON]}]}]},
    ),
    "a reply to no message": ("POST", "/messages", {**TEXT, "message_reference": {"message_id": "the last"}}),
    "a thread without a name": ("POST", "/threads", {"type": 11}),
}


async def test_all_that_the_bot_sends_in_a_busy_hour(tmp_path):
    async with scene(tmp_path, Discord(rates=BRISK), speed=100.0) as at:
        server = at.server
        ann, bob = at.person("Ann"), at.person("Bob", locale="zh-CN")
        place = at.room(ann, bob)
        me = server.bot.mention
        forum = server.channel(place.guild, "help", kind="forum")
        server.say(ann, ann, "show off")
        server.say(ann, place, f"{me} long 4000")
        post = server.post(bob, forum, "Foxes", f"{me} what is this?", files=[picture()])
        await at.answered(post)
        server.hang("download")
        order = await at.used(bob, place, "imagine", prompt="a fox", images=picture())
        server.release()
        grid = await at.painted(place)
        await at.pressed(ann, grid, "U1")
        large = await at.painted(place, 2)
        zoom = await at.pressed(ann, large, "Custom Zoom")
        await at.acknowledged(server.fill(zoom))
        about = await at.acknowledged(server.menu(bob, place, "Ask about this", grid))
        await at.acknowledged(server.fill(about, dict.fromkeys(about.fields, "what is it?")))
        await at.used(ann, ann, "model")
        await at.used(ann, ann, "export")
        await at.used(bob, bob, "stop")
        guest = server.channel(server.guild("Foreign", [ann], bot=False), "general")
        await at.used(ann, guest, "imagine", prompt="a guest")
        away = await at.painted(guest)
        await at.pressed(ann, away, "U1")
        server.permit(place, server.bot, deny=["send_messages"])
        server.say(ann, place, f"{me} hello?")
        await at.last(ann, lambda one: "Send Messages" in one.text)
        server.drop(resume=False)
        await asyncio.gather(at.answered(ann), at.answered(post), at.painted(guest, 2))
        await server.until(lambda: server.calls("get_messages"))
        await at.idle()
        sent = list(server.requests)

    assert order.response == "deferred"
    faults = {}
    for request in sent:
        if request.method == "download":
            continue
        template, _, args = find(request.verb, request.path) or ("", None, {})
        call = Call(request.method, request.verb, template, args, {}, request.body)
        if found := SPEC.faults(call):
            faults[request.method] = found
    assert faults == {}
    assert {request.method for request in sent} >= EXPECTED


@pytest.mark.parametrize("name", WRONG)
async def test_what_does_not_keep_to_it_is_noticed(name):
    verb, path, body = WRONG[name]

    async with Discord() as server, aiohttp.ClientSession() as http:
        place = server.channel(server.guild("Painters", [server.user()]))
        headers = {"Authorization": f"Bot {server.token}", "User-Agent": "DiscordBot (tests, 1)"}
        url = f"{server.url}/channels/{place.id}{path}"
        async with http.request(verb, url, json=body, headers=headers) as answer:
            status = answer.status

        assert status == (200 if "unknown" in name else 400)  # what is unknown is ignored
        assert len(server.violations) == 1
