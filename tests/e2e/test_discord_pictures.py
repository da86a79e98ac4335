"""Pictures on Discord, with the real process: cards, buttons, forms, and all of it after months."""

import io
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from PIL import Image

from tests.e2e.discord import BRISK, Scene, scene
from tests.emulators.discord import Discord, Seen, picture

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def at(tmp_path_factory) -> AsyncIterator[Scene]:
    """One bot for all of these; everybody who paints is somebody new."""
    async with scene(tmp_path_factory.mktemp("pictures"), Discord(rates=BRISK), speed=100.0) as found:
        yield found
        assert found.server.refused_429 == 0


def size(shown: Seen) -> tuple[int, int]:
    with Image.open(io.BytesIO(shown.data)) as image:
        return image.size


def is_described(shown: Seen) -> bool:
    """Whether it offers four prompts to paint."""
    return any("4" in label for label in shown.labels)


async def test_the_card_becomes_the_picture_by_edits_and_its_buttons_work(at: Scene):
    ann, bob = at.person("Ann"), at.person("Bob")
    place = at.room(ann, bob)

    used = await at.used(ann, place, "imagine", prompt="a red fox in the snow --ar 16:9")
    grid = await at.painted(place)
    press = await at.pressed(bob, grid, "U2")
    large = await at.painted(place, 2)
    await at.server.until(lambda: "✓ U2" in at.server.seen(grid).labels)

    assert (used.response, used.message) == ("message", grid.id)
    assert "Cancel" in at.server.history(grid)[0].labels
    assert [row[:4] for row in grid.rows] == [("U1", "U2", "U3", "U4"), ("V1", "V2", "V3", "V4")]
    assert size(grid)[0] > size(grid)[1]
    assert grid.files[0].description == "a red fox in the snow --ar 16:9"
    assert "a red fox in the snow" in grid.text
    assert press.deferred
    assert large.reply_to == grid.id
    assert len(large.rows) <= 5
    assert len(at.server.ours(place)) == 2


async def test_a_second_press_shows_the_stored_result(at: Scene):
    ann = at.person("Ann")

    await at.used(ann, ann, "imagine", prompt="the sea --ar 3:2")
    grid = await at.painted(ann)
    await at.pressed(ann, grid, "V1")
    varied = await at.painted(ann, 2)
    await at.server.until(lambda: "✓ V1" in at.server.seen(grid).labels)
    await at.pressed(ann, grid, "✓ V1")
    again = await at.painted(ann, 3)

    assert "U1" in varied.labels
    assert again.data == varied.data
    assert again.reply_to == grid.id
    assert len(at.rows("SELECT 1 FROM jobs WHERE channel = ?", f"discord:{grid.channel}")) == 2


async def test_a_form_asks_for_words_with_the_old_prompt_filled_in(at: Scene):
    ann = at.person("Ann")

    await at.used(ann, ann, "imagine", prompt="a harbour")
    grid = await at.painted(ann)
    await at.pressed(ann, grid, "U1")
    large = await at.painted(ann, 2)
    opened = await at.pressed(ann, large, "Custom Zoom")
    ((field, words),) = opened.fields.items()
    sent = await at.acknowledged(at.server.fill(opened, {field: "a harbour seen from a tower --zoom 1.8"}))
    zoomed = await at.painted(ann, 3)

    assert opened.response == "modal"
    assert words.startswith("a harbour")
    assert "--zoom" in words
    assert sent.deferred
    assert "a harbour seen from a tower --zoom 1.8" in zoomed.text
    assert zoomed.reply_to == large.id


async def test_where_variations_ask_for_words_a_form_has_the_old_ones(at: Scene):
    ann = at.person("Ann")

    await at.used(ann, ann, "imagine", prompt="remix a castle")
    grid = await at.painted(ann)
    await at.pressed(ann, grid, "V2")
    asking = await at.last(ann, lambda one: "Edit the prompt" in one.labels)
    opened = await at.pressed(ann, asking, "Edit the prompt")
    ((field, words),) = opened.fields.items()
    await at.acknowledged(at.server.fill(opened, {field: "a castle of sand"}))
    varied = await at.painted(ann, 2)

    assert "a castle" in words
    assert varied.id == asking.id
    assert "a castle of sand" in varied.text


async def test_what_did_not_come_along_is_asked_for_in_a_form_that_takes_files(at: Scene):
    ann = at.person("Ann")
    place = at.room(ann)

    opened = await at.used(ann, place, "describe")
    sent = await at.acknowledged(at.server.fill(opened, {"files": [picture(300, 200, "red")]}))
    described = await at.last(place, is_described)
    theirs = at.server.say(ann, place, "look", files=[picture(300, 200, "blue")])
    chosen = await at.acknowledged(at.server.menu(ann, place, "Describe picture", theirs))
    again = await at.last(place, lambda one: one.id != described.id and is_described(one))

    assert opened.response == "modal"
    assert (sent.message, chosen.message) == (described.id, again.id)


async def test_pictures_come_along_as_options(at: Scene):
    ann = at.person("Ann")

    images = {"images": picture(200, 200, "red"), "images_2": picture(200, 200, "blue")}
    await at.used(ann, ann, "imagine", prompt="these two, but green", **images)
    grid = await at.painted(ann)
    (row,) = at.rows("SELECT * FROM jobs WHERE channel = ?", f"discord:{grid.channel}")

    assert "these two, but green" in grid.text
    assert len(json.loads(row["order"])["images"]) == 2


async def test_a_message_can_be_painted(at: Scene):
    ann, bob = at.person("Ann"), at.person("Bob")
    place = at.room(ann, bob)
    theirs = at.server.say(bob, place, "a fox under a lantern")

    opened = await at.acknowledged(at.server.menu(ann, place, "Paint this", theirs))
    ((field, words),) = opened.fields.items()
    await at.acknowledged(at.server.fill(opened, {field: f"{words}, at night"}))
    grid = await at.painted(place)

    assert words == "a fox under a lantern"
    assert "a fox under a lantern, at night" in grid.text


async def test_a_picture_can_be_ordered_by_mention_and_hidden(at: Scene):
    ann = at.person("Ann")
    place = at.room(ann)

    order = at.server.say(ann, place, f"{at.server.bot.mention} /imagine spoiler=yes a present")
    grid = await at.painted(place)
    await at.pressed(ann, grid, "U1")
    large = await at.painted(place, 2)

    assert grid.reply_to == order.id
    assert grid.files[0].spoiler
    assert large.files[0].spoiler


async def test_a_refused_prompt_is_told_in_the_card_and_can_be_mended_in_a_form(at: Scene):
    ann = at.person("Ann")

    await at.used(ann, ann, "imagine", prompt="a forbidden garden")
    card = await at.last(ann, lambda one: "Edit the prompt" in one.labels)
    opened = await at.pressed(ann, card, "Edit the prompt")
    ((field, words),) = opened.fields.items()
    await at.acknowledged(at.server.fill(opened, {field: "a garden"}))
    grid = await at.painted(ann)

    assert "does not allow" in card.text
    assert words == "a forbidden garden"
    assert grid.id == card.id
    assert "a garden" in grid.text


async def test_only_whoever_ordered_it_can_cancel(at: Scene):
    ann, bob = at.person("Ann"), at.person("Bob")
    place = at.room(ann, bob)

    await at.used(ann, place, "imagine", prompt="a slow tower --relax")
    card = await at.last(place, lambda one: "Cancel" in one.labels)
    refused = await at.pressed(bob, card, "Cancel")
    told = await at.whispered(bob)
    await at.pressed(ann, card, "Cancel")
    ended = await at.last(place, lambda one: "Cancelled." in one.text)

    assert refused.ephemeral
    assert "Only Ann" in told.text
    assert ended.id == card.id
    assert ended.labels == ["Retry"]


async def test_old_buttons_work_after_months_and_a_restart(at: Scene):
    ann = at.person("Ann")
    place = at.room(ann)

    await at.used(ann, place, "imagine", prompt="an old oak")
    grid = await at.painted(place)
    await at.idle()
    await at.away()
    at.server.advance(200 * 86400)
    await at.back()
    await at.pressed(ann, grid, "U3")
    large = await at.painted(place, 2)
    await at.server.until(lambda: "✓ U3" in at.server.seen(grid).labels)

    assert large.reply_to == grid.id


async def test_somebody_brings_it_to_where_it_is_no_member(at: Scene):
    ann = at.person("Ann")
    place = at.server.channel(at.server.guild("Foreign", [ann], bot=False), "general")

    used = await at.used(ann, place, "imagine", prompt="a guest")
    grid = await at.painted(place)
    await at.pressed(ann, grid, "U1")
    large = await at.painted(place, 2)

    assert used.message == grid.id
    assert "a guest" in large.text
