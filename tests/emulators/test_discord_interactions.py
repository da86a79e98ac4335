"""Interactions: clocks, what may answer what, who sees it, and where they come from."""

import pytest

from tests.emulators.discord import Discord
from tests.emulators.discord.library import Raw, raw, serving

V2 = 1 << 15
EPHEMERAL = 1 << 6


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


@pytest.fixture
async def paint(server: Discord, api: Raw, ann, general):
    """Ann uses the command; the bot has yet to answer."""
    commands = [{"name": "paint", "description": "Paint", "contexts": [0, 1, 2], "integration_types": [0, 1]}]
    await api("PUT", f"/applications/{server.world.application}/commands", commands)
    return lambda place=None, user=None: server.slash(user or ann, place or general, "paint")


def callback(one):
    return f"/interactions/{one.id}/{one.token}/callback"


def webhook(server, one, rest=""):
    return f"/webhooks/{server.world.application}/{one.token}{rest}"


SAY = {"type": 4, "data": {"content": "hello"}}
DEFER = {"type": 5}


async def test_the_first_answer_has_three_seconds(server: Discord, api: Raw, paint):
    one = paint()
    server.advance(2.9)
    assert (await api("POST", callback(one), SAY))[0] == 204
    late = paint()
    assert not late.failed
    server.advance(3)
    assert late.failed
    status, body = await api("POST", callback(late), SAY)
    assert (status, body["code"]) == (404, 10062)
    assert late.refused == [(404, 10062)]
    assert not late.answered


async def test_there_is_one_first_answer(api: Raw, paint):
    one = paint()
    await api("POST", callback(one), DEFER)

    status, body = await api("POST", callback(one), SAY)

    assert (status, body["code"]) == (400, 40060)


async def test_a_refused_answer_does_not_count(server: Discord, api: Raw, general, paint):
    one = paint()
    assert await api.refused("POST", callback(one), {"type": 4, "data": {"content": "x" * 2001}}) == [
        "content BASE_TYPE_MAX_LENGTH"
    ]
    assert (await api("POST", callback(one), {"type": 4, "data": {"content": ""}}))[1]["code"] == 50006

    assert (await api("POST", callback(one), SAY))[0] == 204
    assert server.texts(general) == ["hello"]


async def test_the_token_works_for_fifteen_minutes(server: Discord, api: Raw, general, paint):
    one = paint()
    assert (await api("POST", webhook(server, one), content="early"))[1]["code"] == 10015
    await api("POST", callback(one), DEFER)
    server.advance(899)
    await api("PATCH", webhook(server, one, "/messages/@original"), content="in time")
    server.advance(1)

    status, body = await api("PATCH", webhook(server, one, "/messages/@original"), content="late")
    assert (status, body["code"]) == (401, 50027)
    path = f"/channels/{general.id}/messages/{one.message}"
    assert (await api("PATCH", path, content="by the bot's own token"))[0] == 200
    assert server.texts(general) == ["by the bot's own token"]


async def test_a_token_may_end_before_its_time(server: Discord, api: Raw, paint):
    answered, other, fresh = paint(), paint(), paint()
    for one in (answered, other):
        await api("POST", callback(one), DEFER)
    for one in (answered, fresh):
        server.expire(one)

    assert (await api("POST", callback(fresh), DEFER))[1]["code"] == 10062
    assert fresh.failed
    assert (await api("POST", webhook(server, answered), content="too late"))[1]["code"] == 50027
    assert (await api("POST", webhook(server, other), content="in time"))[0] == 200


async def test_an_ephemeral_answer_is_out_of_reach_without_its_token(
    server: Discord, api: Raw, ann, general, paint
):
    one = paint()
    await api("POST", callback(one), {"type": 5, "data": {"flags": EPHEMERAL}})
    await api("PATCH", webhook(server, one, "/messages/@original"), content="psst")

    path = f"/channels/{general.id}/messages/{one.message}"
    assert (await api("PATCH", path, content="x"))[1]["code"] == 10008
    assert server.messages(general) == []
    assert [one.text for one in server.messages(general, viewer=ann)] == ["psst"]
    assert one.ephemeral
    server.dismiss(one.message)
    status, body = await api("PATCH", webhook(server, one, "/messages/@original"), content="x")
    assert (status, body["code"]) == (404, 10008)


async def test_the_first_followup_fills_in_what_was_deferred(server: Discord, api: Raw, ann, general, paint):
    one = paint()
    await api("POST", callback(one), DEFER)
    assert server.last(general).thinking

    _, first = await api("POST", webhook(server, one), content="here", flags=EPHEMERAL)
    _, second = await api("POST", webhook(server, one), content="alone", flags=EPHEMERAL)

    assert int(first["id"]) == one.message
    assert server.texts(general) == ["here"]
    assert [one.text for one in server.whispers(ann)] == ["alone"]
    assert [m.id for m in one.followups] == [int(second["id"])]
    path = webhook(server, one, f"/messages/{second['id']}")
    assert (await api("PATCH", path, content="changed"))[0] == 200
    assert (await api("DELETE", path))[0] == 204
    assert server.whispers(ann) == []


async def test_the_answer_tells_of_itself(server: Discord, api: Raw, paint):
    one = paint()
    _, body = await api("POST", f"{callback(one)}?with_response=1", SAY)

    assert body["interaction"]["response_message_id"] == str(one.message)
    message = body["resource"]["message"]
    assert (message["content"], message["type"]) == ("hello", 20)
    assert message["interaction_metadata"]["name"] == "paint"


@pytest.fixture
async def pressed(server: Discord, api: Raw, ann, general):
    buttons = [{"type": 2, "style": 1, "label": "U1", "custom_id": "u1"}]
    body = {"content": "card", "components": [{"type": 1, "components": buttons}]}
    await api("POST", f"/channels/{general.id}/messages", body)
    return lambda: server.press(ann, server.last(general), "U1")


async def test_an_answer_must_fit_the_deed(server: Discord, api: Raw, paint, pressed):
    for one, kind in [(paint(), 6), (paint(), 7), (paint(), 8), (pressed(), 8), (paint(), 99)]:
        assert await api.refused("POST", callback(one), {"type": kind, "data": {}}) == [
            "type BASE_TYPE_CHOICES"
        ]
    one = pressed()
    assert (await api("POST", callback(one), {"type": 6}))[0] == 204
    await api("PATCH", webhook(server, one, "/messages/@original"), content="changed")
    assert server.seen(one.source.id).text == "changed"


FORM = {"custom_id": "form", "title": "Words"}


def field(**more):
    return {"type": 4, "custom_id": "words", "style": 1, "label": "Say it"} | more


def form(*rows, **more):
    parts = [{"type": 1, "components": [one]} for one in rows]
    return {"type": 9, "data": FORM | {"components": parts} | more}


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (form(field(), title="x" * 46), "title BASE_TYPE_BAD_LENGTH"),
        (form(field(), custom_id=""), "custom_id BASE_TYPE_BAD_LENGTH"),
        (form(field(label="x" * 46)), "components.0.components.0.label BASE_TYPE_BAD_LENGTH"),
        (form(field(value="x" * 4001)), "components.0.components.0.value BASE_TYPE_MAX_LENGTH"),
        (form(field(placeholder="x" * 101)), "components.0.components.0.placeholder BASE_TYPE_MAX_LENGTH"),
        (form(field(value="abc", max_length=2)), "components.0.components.0.value BASE_TYPE_MAX_LENGTH"),
        (form(field(), field()), "components.1.components.0.custom_id COMPONENT_CUSTOM_ID_DUPLICATED"),
        (form(*[field(custom_id=str(n)) for n in range(6)]), "components BASE_TYPE_BAD_LENGTH"),
        (form(components=[]), "components BASE_TYPE_BAD_LENGTH"),
    ],
)
async def test_forms_have_limits(api: Raw, paint, data, fault):
    assert await api.refused("POST", callback(paint()), data) == [f"data.{fault}"]


async def test_a_form_is_not_shown_after_a_form(server: Discord, api: Raw, paint):
    one = paint()
    await api("POST", callback(one), form(field(value="a fox")))
    assert one.fields == {"Say it": "a fox"}
    with pytest.raises(LookupError, match="no fields"):
        server.fill(one, {"Sing it": "la"})
    sent = server.fill(one, {"Say it": "two foxes"})

    assert await api.refused("POST", callback(sent), form(field())) == ["type BASE_TYPE_CHOICES"]
    with pytest.raises(LookupError, match="already"):
        server.fill(one, {})
    assert (await api("POST", callback(sent), SAY))[0] == 204


async def test_people_cannot_enter_what_does_not_fit(server: Discord, api: Raw, paint):
    one = paint()
    await api("POST", callback(one), form(field(max_length=3)))

    with pytest.raises(ValueError, match="characters"):
        server.fill(one, {"Say it": "four"})
    with pytest.raises(ValueError, match="characters"):
        server.fill(one, {"Say it": ""})


async def test_only_what_is_there_can_be_pressed(server: Discord, api: Raw, ann, general):
    off = {"type": 2, "style": 1, "label": "Off", "custom_id": "off", "disabled": True}
    link = {"type": 2, "style": 5, "label": "Site", "url": "https://x.y"}
    body = {"content": "card", "components": [{"type": 1, "components": [off, link]}]}
    await api("POST", f"/channels/{general.id}/messages", body)
    card = server.last(general)

    for label in ("Off", "Site", "Other"):
        with pytest.raises(LookupError):
            server.press(ann, card, label)
    with pytest.raises(LookupError, match="does not see"):
        server.press(server.user("Eve"), card, "Off")
    assert server.forge(ann, card, "anything").data["custom_id"] == "anything"


async def test_uploads_in_an_answer_follow_the_person_and_the_place(server: Discord, api: Raw, paint):
    rich = server.user("Rich", upload_limit=50 << 20)
    place = server.channel(server.guild("Rich ones", [rich]))
    one = paint(place, rich)
    await api("POST", callback(one), DEFER)

    assert (await api.upload("POST", webhook(server, one), [("a.bin", bytes(11 << 20))]))[0] == 200
