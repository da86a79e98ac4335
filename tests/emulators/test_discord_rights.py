"""Who may, who is notified, and which links and tokens work."""

import aiohttp
import pytest

from tests.emulators.discord import Discord, picture
from tests.emulators.discord.library import Raw, raw, serving


@pytest.fixture
async def server():
    async with serving() as server:
        yield server


@pytest.fixture
async def ann(server: Discord):
    return server.user("Ann")


@pytest.fixture
async def general(server: Discord, ann):
    return server.channel(server.guild("Painters", [ann]), "general")


@pytest.fixture
async def api(server: Discord):
    async with raw(server) as api:
        yield api


async def test_mentions_are_as_allowed(api: Raw, server: Discord, ann, general):
    path = f"/channels/{general.id}/messages"
    bea = server.user("Bea")
    server.add(general.guild, bea)
    role = server.role(general.guild, "Foxes", members=[bea])
    said = server.say(ann, general, "?")
    words = f"@everyone {ann.mention} {bea.mention} {role.mention}"
    reply = {"message_id": said.id}

    async def sent(**allowed_mentions):
        more = {"allowed_mentions": allowed_mentions} if allowed_mentions else {}
        _, body = await api("POST", path, content=words, message_reference=reply, **more)
        return server.seen(int(body["id"]))

    loud = await sent()
    assert (loud.everyone, loud.pings, loud.role_pings) == (True, (ann.id, bea.id), (role.id,))
    quiet = await sent(parse=[])
    assert (quiet.everyone, quiet.pings, quiet.role_pings) == (False, (), ())
    assert quiet.body["mentions"] == []
    only = await sent(users=[str(bea.id)])
    assert only.pings == (bea.id,)
    answering = await sent(parse=[], replied_user=True)
    assert answering.pings == (ann.id,)
    assert [one.id for one in server.pings(bea)] == [loud.id, only.id]
    assert await api.refused(
        "POST", path, content="x", allowed_mentions={"parse": ["users"], "users": ["1"]}
    ) == ["allowed_mentions MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE"]


async def test_who_may_not_is_told_so(api: Raw, server: Discord, ann, general):
    path = f"/channels/{general.id}/messages"
    said = server.say(ann, general, "mine")

    async def code(verb, path, **fields):
        return (await api(verb, path, **fields))[1]["code"]

    assert await code("PATCH", f"{path}/{said.id}", content="x") == 50005
    assert await code("DELETE", f"{path}/{said.id}") == 50013
    assert await code("PATCH", f"{path}/1", content="x") == 10008
    assert await code("POST", "/channels/1/messages", content="x") == 10003
    server.permit(general, server.bot, deny=["attach_files", "embed_links"])
    status, body = await api.upload("POST", path, [("a.txt", b"x")])
    assert (status, body["code"]) == (403, 50013)
    assert await code("POST", path, embeds=[{"title": "x"}]) == 50013
    server.permit(general, server.bot, deny=["read_message_history"])
    assert await api("GET", path) == (200, [])
    assert await code("POST", path, content="x", message_reference={"message_id": said.id}) == 160002
    server.permit(general, server.bot, deny=["send_messages"])
    assert await code("POST", path, content="x") == 50013
    server.permit(general, server.bot, deny=["view_channel"])
    assert await code("POST", path, content="x") == 50001
    server.permit(general, server.bot)
    server.kick(general.guild)
    assert await code("POST", path, content="x") == 50001
    server.delete_channel(general)
    assert await code("POST", path, content="x") == 10003


async def test_direct_chats_can_be_closed(api: Raw, server: Discord, ann, general):
    _, channel = await api("POST", "/users/@me/channels", recipient_id=str(ann.id))
    path = f"/channels/{channel['id']}/messages"
    assert (await api("POST", path, content="hello"))[0] == 200

    server.block(ann)
    assert (await api("POST", path, content="x"))[1]["code"] == 50007
    server.block(ann, blocked=False)
    server.leave(general.guild, ann)
    assert (await api("POST", path, content="x"))[1]["code"] == 50278


async def test_replies_want_their_message(api: Raw, server: Discord, ann, general):
    path = f"/channels/{general.id}/messages"
    said = server.say(ann, general, "gone soon")
    server.remove(said)

    reference = {"message_id": str(said.id)}
    assert await api.refused("POST", path, content="x", message_reference=reference) == [
        "message_reference REPLIES_UNKNOWN_MESSAGE"
    ]
    reference["fail_if_not_exists"] = False
    status, body = await api("POST", path, content="x", message_reference=reference)
    assert (status, "message_reference" in body) == (200, False)


async def test_the_token_is_checked(api: Raw, server: Discord):
    api.headers["Authorization"] = "Bot wrong"

    assert (await api("GET", "/users/@me")) == (401, {"message": "401: Unauthorized", "code": 0})
    assert server.invalid_requests == 1


async def test_what_is_unknown_is_noted(api: Raw, server: Discord):
    assert (await api("GET", "/guilds/1/nothing"))[0] == 404
    assert dict(server.unknown_routes) == {"GET /guilds/1/nothing": 1}


async def test_requests_are_held_against_the_description(api: Raw, server: Discord, general):
    if server.spec is None:
        pytest.skip("the OpenAPI description is not here")
    await api("POST", f"/channels/{general.id}/messages", content="x", colour=3)
    await api("POST", f"/channels/{general.id}/messages", content="x", tts="loud")
    reference = {"message_id": 5, "fail_if_not_exists": False}  # discord.py sends ids as numbers
    await api("POST", f"/channels/{general.id}/messages", content="x", message_reference=reference)

    assert server.violations == [
        "create_message: body: Additional properties are not allowed ('colour' was unexpected)",
        "create_message: tts: 'loud' is not of type 'boolean', 'null'",
    ]


async def test_links_expire(api: Raw, server: Discord, general):
    path = f"/channels/{general.id}/messages"
    _, sent = await api.upload("POST", path, [("a.png", picture())])
    url = sent["attachments"][0]["url"]
    assert server.link(url) == picture()
    assert server.link(url.replace("hm=", "hm=0")) is None

    server.advance(86_401)
    assert server.link(url) is None
    _, fresh = await api("GET", f"{path}/{sent['id']}")
    assert server.link(fresh["attachments"][0]["url"]) == picture()
    _, refreshed = await api("POST", "/attachments/refresh-urls", attachment_urls=[url])
    assert server.link(refreshed["refreshed_urls"][0]["refreshed"]) == picture()


async def test_answers_are_plain_json(server: Discord, api: Raw):

    async with aiohttp.ClientSession() as http, http.get(f"{server.url}/gateway") as answer:
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["Via"]


async def test_edits_notify_nobody(server: Discord, api: Raw, ann, general):
    path = f"/channels/{general.id}/messages"
    _, sent = await api("POST", path, content="hello")

    await api("PATCH", f"{path}/{sent['id']}", content=f"hello {ann.mention}")

    assert server.seen(int(sent["id"])).body["mentions"][0]["id"] == str(ann.id)
    assert server.pings(ann) == []
