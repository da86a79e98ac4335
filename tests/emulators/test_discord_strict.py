"""What the server refuses, in Discord's words."""

import pytest

from tests.emulators.discord import Discord, picture
from tests.emulators.discord.library import Raw, raw, serving

MIB = 1 << 20


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


def button(**more):
    return {"type": 2, "style": 1, "label": "U1", "custom_id": "u1"} | more


def rows(*buttons):
    return [{"type": 1, "components": list(buttons)}]


def text(content):
    return {"type": 10, "content": content}


V2 = 1 << 15


async def test_texts_have_a_limit(api: Raw, general):
    path = f"/channels/{general.id}/messages"

    assert (await api("POST", path, content="é" * 2000))[0] == 200
    assert await api.refused("POST", path, content="é" * 2001) == ["content BASE_TYPE_MAX_LENGTH"]
    assert (await api("POST", path, content=" "))[1]["code"] == 50006
    assert (await api("POST", path, {}))[1]["code"] == 50006


async def test_embeds_have_limits(api: Raw, general):
    path = f"/channels/{general.id}/messages"

    embed = {"title": "t" * 256, "description": "d" * 4096}
    assert (await api("POST", path, embeds=[embed]))[0] == 200
    assert await api.refused("POST", path, embeds=[{"title": "t" * 257}]) == [
        "embeds.0.title BASE_TYPE_MAX_LENGTH"
    ]
    assert await api.refused("POST", path, embeds=[embed, {"description": "d" * 1649}]) == [
        "embeds MAX_EMBED_SIZE_EXCEEDED"
    ]
    assert await api.refused("POST", path, embeds=[{"title": "t"}] * 11) == ["embeds BASE_TYPE_MAX_LENGTH"]
    fields = [{"name": "n", "value": "v"}] * 26
    assert await api.refused("POST", path, embeds=[{"title": "t", "fields": fields}]) == [
        "embeds.0.fields BASE_TYPE_MAX_LENGTH"
    ]
    assert await api.refused("POST", path, embeds=[{"color": 1}]) == [
        "embeds.0.description BASE_TYPE_REQUIRED"
    ]


async def test_files_have_limits(api: Raw, server: Discord, general):
    path = f"/channels/{general.id}/messages"
    files = [(f"{n}.txt", b"x") for n in range(10)]

    assert (await api.upload("POST", path, [("big.bin", bytes(10 * MIB))]))[0] == 200
    status, body = await api.upload("POST", path, [("big.bin", bytes(10 * MIB + 1))])
    assert (status, body["code"]) == (413, 40005)
    status, body = await api.upload("POST", path, [("a.bin", bytes(9 * MIB))] * 3)
    assert (status, body["code"]) == (413, 40005)
    assert (await api.upload("POST", path, files))[0] == 200
    status, body = await api.upload("POST", path, [*files, ("11.txt", b"x")])
    assert (status, body["errors"]["attachments"]["_errors"][0]["code"]) == (400, "BASE_TYPE_MAX_LENGTH")
    boosted = server.channel(server.guild("Rich", level=2))
    assert (await api.upload("POST", f"/channels/{boosted.id}/messages", [("a.bin", bytes(26 * MIB))]))[
        0
    ] == 200


async def test_an_edit_lists_all_files(api: Raw, server: Discord, general):
    path = f"/channels/{general.id}/messages"
    _, sent = await api.upload("POST", path, [("a.png", picture()), ("b.txt", b"b")], content="x")
    a, b = sent["attachments"]

    await api("PATCH", f"{path}/{sent['id']}", content="y")
    assert [one.name for one in server.seen(int(sent["id"])).files] == ["a.png", "b.txt"]
    await api("PATCH", f"{path}/{sent['id']}", attachments=[{"id": b["id"], "description": "words"}])
    (left,) = server.seen(int(sent["id"])).files
    assert (left.name, left.description, left.data) == ("b.txt", "words", b"b")
    assert server.link(a["url"]) is None
    assert await api.refused("PATCH", f"{path}/{sent['id']}", attachments=[{"id": a["id"]}]) == [
        "attachments.0.id ATTACHMENT_NOT_FOUND"
    ]
    await api.upload(
        "PATCH", f"{path}/{sent['id']}", [("c.txt", b"c")], attachments=[{"id": 0}, {"id": b["id"]}]
    )
    assert [one.name for one in server.seen(int(sent["id"])).files] == ["b.txt", "c.txt"]
    status, body = await api("PATCH", f"{path}/{sent['id']}", content="", attachments=[])
    assert (status, body["code"]) == (400, 50006)


def select(number):
    options = [{"label": str(n), "value": str(n)} for n in range(number)]
    return {"type": 3, "custom_id": "s", "options": options}


def link(url):
    return {"type": 2, "style": 5, "label": "x", "url": url}


@pytest.mark.parametrize(
    ("components", "fault"),
    [
        (rows(*[button(custom_id=f"u{n}") for n in range(6)]), "0.components BASE_TYPE_BAD_LENGTH"),
        (rows(button(), button()), "0.components.1.custom_id COMPONENT_CUSTOM_ID_DUPLICATED"),
        (rows(button(custom_id="x" * 101)), "0.components.0.custom_id BASE_TYPE_BAD_LENGTH"),
        (rows(button(label="x" * 81)), "0.components.0.label BASE_TYPE_MAX_LENGTH"),
        (rows(button(label=None)), "0.components.0 BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED"),
        (rows(button(style=5, url="https://x.y")), "0.components.0.custom_id BUTTON_COMPONENT_CUSTOM_ID"),
        (rows(link("https://x.y/" + "z" * 512)), "0.components.0.url BASE_TYPE_BAD_LENGTH"),
        (rows(link("nothing")), "0.components.0.url URL_TYPE_INVALID_SCHEME"),
        (rows(select(2), button()), "0.components COMPONENT_LAYOUT_WIDTH_EXCEEDED"),
        (rows(select(26)), "0.components.0.options BASE_TYPE_BAD_LENGTH"),
        ([text("not here")], "0.type BASE_TYPE_CHOICES"),
    ],
)
async def test_buttons_have_limits(api: Raw, general, components, fault):
    path = f"/channels/{general.id}/messages"

    assert await api.refused("POST", path, content="x", components=components) == [f"components.{fault}"]


async def test_six_rows_are_too_many(api: Raw, general):
    six = [rows(button(custom_id=f"u{n}"))[0] for n in range(6)]

    assert await api.refused("POST", f"/channels/{general.id}/messages", content="x", components=six) == [
        "components BASE_TYPE_MAX_LENGTH"
    ]


async def test_a_full_keyboard_fits(api: Raw, server: Discord, general):
    five = [rows(*[button(custom_id=f"{row}{n}") for n in range(5)])[0] for row in range(5)]

    status, _ = await api("POST", f"/channels/{general.id}/messages", content="x", components=five)

    assert status == 200
    assert len(server.last(general).labels) == 25


async def test_the_new_layout(api: Raw, server: Discord, general):
    path = f"/channels/{general.id}/messages"
    gallery = {"type": 12, "items": [{"media": {"url": "attachment://a.png"}, "description": "a"}]}
    whole = [{"type": 17, "components": [text("hello"), gallery, *rows(button())]}]

    _, sent = await api.upload("POST", path, [("a.png", picture())], components=whole, flags=V2)
    seen = server.last(general)
    assert (seen.layout, seen.labels, seen.v2, seen.data) == ("hello", ["U1"], True, picture())
    media = seen.body["components"][0]["components"][1]["items"][0]["media"]
    assert server.link(media["url"]) == picture()
    one = f"{path}/{sent['id']}"
    for faults, fields in [
        (["content MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"], {"content": "x"}),
        (["flags MESSAGE_CANNOT_REMOVE_COMPONENTS_V2_FLAG"], {"flags": 0}),
        (["components BASE_TYPE_REQUIRED"], {"components": []}),
        (["components.0.type BASE_TYPE_CHOICES"], {"components": [button()]}),
        (["components COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED"], {"components": [text("x" * 2001)] * 2}),
        (["components BASE_TYPE_MAX_LENGTH"], {"components": [text("x")] * 41}),
        (
            ["components.0.items.0.media.url UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"],
            {"components": [gallery], "attachments": []},
        ),
    ]:
        assert await api.refused("PATCH", one, **fields) == faults
    nested = [
        {"type": 17, "components": rows(*[button(custom_id=f"{row}-{n}") for n in range(5)]) * 1}
        for row in range(6)
    ]
    assert await api.refused("PATCH", one, components=nested) == ["components BASE_TYPE_MAX_LENGTH"]
    assert await api.refused("POST", path, components=[*whole, text("x")]) == [
        "components.0.type BASE_TYPE_CHOICES",
        "components.1.type BASE_TYPE_CHOICES",
    ]


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


async def test_an_enforced_nonce_posts_once(api: Raw, server: Discord, general):
    path = f"/channels/{general.id}/messages"

    _, first = await api("POST", path, content="one", nonce="n1", enforce_nonce=True)
    _, again = await api("POST", path, content="two", nonce="n1", enforce_nonce=True)
    await api("POST", path, content="three", nonce="n1")

    assert first["id"] == again["id"]
    assert server.texts(general) == ["one", "three"]
    assert await api.refused("POST", path, content="x", nonce="n" * 26) == ["nonce BASE_TYPE_MAX_LENGTH"]


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
    import aiohttp

    async with aiohttp.ClientSession() as http, http.get(f"{server.url}/gateway") as answer:
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["Via"]
