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


async def test_an_enforced_nonce_posts_once(api: Raw, server: Discord, general):
    path = f"/channels/{general.id}/messages"

    _, first = await api("POST", path, content="one", nonce="n1", enforce_nonce=True)
    _, again = await api("POST", path, content="two", nonce="n1", enforce_nonce=True)
    await api("POST", path, content="three", nonce="n1")

    assert first["id"] == again["id"]
    assert server.texts(general) == ["one", "three"]
    assert await api.refused("POST", path, content="x", nonce="n" * 26) == ["nonce BASE_TYPE_MAX_LENGTH"]
