"""What is done with pictures and prompts besides painting, on Telegram, with the real process."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.e2e.telegram import Scene, scene
from tests.emulators.telegram import Flood, Telegram, picture

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def at(tmp_path_factory) -> AsyncIterator[Scene]:
    """One bot for all of these; everybody who paints is somebody new."""
    async with scene(tmp_path_factory.mktemp("verbs"), Telegram(flood=Flood()), speed=100.0) as found:
        yield found
        assert found.server.refused_429 == 0


async def painted_large(at: Scene, ann) -> object:
    """A single picture, which can be varied by region."""
    at.server.say(ann, ann, "/imagine a red fox in the snow --v 6.1")
    grid = await at.painted(ann)
    await at.pressed(ann, ann, grid, "U1")
    return await at.painted(ann, 2)


async def test_a_region_is_ticked_on_a_numbered_copy_and_repainted(at: Scene):
    ann = at.server.user("Ann")
    large = await painted_large(at, ann)

    await at.pressed(ann, ann, large, "🖌️ Vary (Region)")
    copy = await at.last(ann, lambda one: "9" in one.labels)
    assert copy.kind == "photo"
    assert "Which part" in copy.caption
    await at.pressed(ann, ann, copy, "1")
    await at.server.until(lambda: "✓ 1" in at.server.seen(ann, copy).labels)
    await at.pressed(ann, ann, copy, "Finer")
    await at.server.until(lambda: "25" in at.server.seen(ann, copy).labels)
    await at.pressed(ann, ann, copy, "7")
    await at.server.until(lambda: "✓ 7" in at.server.seen(ann, copy).labels)
    await at.pressed(ann, ann, copy, "Go")
    await at.question(ann)
    at.server.answer(ann, ann, "a moon")
    repainted = await at.last(
        ann, lambda one: one.kind == "photo" and "a moon" in one.caption and one.labels[0] == "U1"
    )

    assert repainted.data != large.data
    assert at.rows("SELECT text FROM jobs WHERE verb = 'vary'")[0]["text"] == "a moon"


async def test_a_region_is_said_in_words(at: Scene):
    ann = at.server.user("Ann")
    large = await painted_large(at, ann)

    await at.pressed(ann, ann, large, "🖌️ Vary (Region)")
    copy = await at.last(ann, lambda one: "9" in one.labels)
    await at.pressed(ann, ann, copy, "In words")
    await at.question(ann)
    at.server.answer(ann, ann, "左上角：月亮")
    await at.last(
        ann, lambda one: one.kind == "photo" and "月亮" in one.caption and "Cancel" not in one.labels
    )


async def test_better_words_are_proposed_and_one_is_painted(at: Scene):
    ann = at.server.user("Ann")

    at.server.say(ann, ann, "/improve a fox --ar 3:2")
    found = await at.last(ann, lambda one: one.labels == ["1", "2", "3"])
    await at.pressed(ann, ann, found, "2")
    await at.question(ann)
    at.server.answer(ann, ann, "a fox in watercolour --ar 3:2")
    await at.painted(ann)


async def test_a_refused_prompt_is_reworded_with_the_difference_shown(at: Scene):
    ann = at.server.user("Ann")

    at.server.say(ann, ann, "/imagine a forbidden fox")
    refused = await at.last(ann, lambda one: "Safer words" in one.labels)
    await at.pressed(ann, ann, refused, "Safer words")
    found = await at.last(ann, lambda one: one.labels == ["1"])

    assert "forbidden" in {
        found.text[e["offset"] : e["offset"] + e["length"]]
        for e in found.entities
        if e["type"] == "strikethrough"
    }


async def test_a_place_has_settings_with_buttons(at: Scene):
    ann = at.server.user("Ann")

    at.server.say(ann, ann, "/settings")
    shown = await at.last(ann, lambda one: "mode: relax" in one.labels)
    await at.pressed(ann, ann, shown, "mode: relax")
    await at.server.until(lambda: "✓ mode: relax" in at.server.seen(ann, shown).labels)
    at.server.say(ann, ann, "/imagine a fox --aspekt 3:2")
    told = await at.last(ann, lambda one: "did you mean" in one.text)

    assert "--aspect" in told.text


async def test_a_photo_is_described_and_a_candidate_painted(at: Scene):
    ann = at.server.user("Ann")

    at.server.say(ann, ann, "/describe", photo=picture(200, 200, "orange"))
    found = await at.last(ann, lambda one: "Paint all" in one.labels)
    assert "2. " in found.text
    await at.pressed(ann, ann, found, "Paint all")
    await at.painted(ann, 4)
