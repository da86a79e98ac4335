"""What Discord's menus and forms take, with the real process: suggestions, pictures, Chinese names."""

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.e2e.discord import BRISK, Scene, scene
from tests.emulators.discord import Discord, picture

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def at(tmp_path_factory) -> AsyncIterator[Scene]:
    """One bot for all of these; everybody who paints is somebody new."""
    async with scene(tmp_path_factory.mktemp("menus"), Discord(rates=BRISK)) as found:
        yield found
        assert found.server.refused_429 == 0


async def test_models_are_suggested_while_they_are_typed_and_can_be_chosen(at: Scene):
    ann = at.person("Ann")
    place = at.room(ann)

    typing = await at.acknowledged(at.server.autocomplete(ann, place, "model", "name", "SAND"))
    wanted = typing.choices[-1]["value"]
    await at.used(ann, place, "model", name=wanted)
    said = await at.last(place)

    assert 0 < len(typing.choices) <= 25
    assert all("sand" in choice["name"].lower() for choice in typing.choices)
    assert wanted in said.text


async def test_commands_are_suggested_by_any_of_their_names(at: Scene):
    ann = at.person("Ann")
    offered = []
    for typed in ("imag", "/imag", "画"):
        typing = await at.acknowledged(at.server.autocomplete(ann, ann, "help", "command", typed))
        offered.append([choice["value"] for choice in typing.choices])

    assert [names[0] for names in offered] == ["imagine"] * 3


async def test_every_command_has_its_names_and_words_in_chinese(at: Scene):
    ann = at.person("Ann")
    commands = [one for one in at.server.offered(ann, at.room(ann)) if one["type"] == 1]
    names = {one["name"]: (one.get("name_localizations") or {}).get("zh-CN") for one in commands}

    assert len(commands) > 15
    assert [name for name, chinese in names.items() if not chinese] == []
    assert len(set(names.values())) == len(names)
    assert all(one["description_localizations"]["zh-CN"] for one in commands)
    assert all((one["contexts"], one["integration_types"]) == ([0, 1, 2], [0, 1]) for one in commands)
    assert all(len(json.dumps(one, ensure_ascii=False)) < 8000 for one in commands)


async def test_blend_asks_for_the_pictures_that_did_not_come_along(at: Scene):
    ann = at.person("Ann")
    place = at.room(ann)

    used = await at.used(ann, place, "blend")
    filled = at.server.fill(used, {"Pictures": [picture(), picture(colour="red")]})
    await at.acknowledged(filled)
    mixed = await at.painted(place)

    assert used.response == "modal"
    assert filled.message == mixed.id


async def test_the_picture_in_a_message_is_described(at: Scene):
    ann = at.person("Ann")
    place = at.room(ann)
    theirs = at.server.say(ann, place, "what is this?", files=[picture()])

    used = await at.acknowledged(at.server.menu(ann, place, "Describe picture", theirs))
    await at.last(place, lambda seen: "1" in seen.labels, within=30.0)

    assert used.message == at.server.last(place).id


async def test_by_mention_a_question_for_pictures_waits_behind_a_button(at: Scene):
    ann = at.person("Ann")
    place = at.room(ann)

    at.server.say(ann, place, f"{at.server.bot.mention} /描述")
    asked = await at.last(place, lambda seen: seen.labels)
    press = await at.pressed(ann, asked, asked.labels[0])
    await at.acknowledged(at.server.fill(press, {"Picture": picture()}))
    await at.last(place, lambda seen: "1" in seen.labels, within=30.0)

    assert press.response == "modal"


async def test_a_button_from_an_hour_ago_works_where_it_is_no_member(at: Scene):
    ann, bob = at.person("Ann"), at.person("Bob")
    place = at.server.channel(at.server.guild("Foreign", [ann, bob], bot=False), "general")

    await at.used(ann, place, "imagine", prompt="a guest")
    grid = await at.painted(place)
    at.server.advance(3600)
    press = await at.pressed(bob, grid, "U1")
    large = await at.painted(place, 2)
    await at.server.until(lambda: "✓ U1" in at.server.seen(grid).labels)

    assert [one.id for one in press.followups] == [large.id]
    assert at.server.ours(ann) == at.server.ours(bob) == []
