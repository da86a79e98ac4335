"""What is done with pictures and prompts besides painting, on Discord, with the real process."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.e2e.discord import BRISK, Scene, scene
from tests.emulators.discord import Discord, Interaction

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def at(tmp_path_factory) -> AsyncIterator[Scene]:
    """One bot for all of these; everybody who paints is somebody new."""
    async with scene(tmp_path_factory.mktemp("verbs"), Discord(rates=BRISK), speed=100.0) as found:
        yield found
        assert found.server.refused_429 == 0


async def fill(at: Scene, form: Interaction, words: str) -> None:
    """Fill in a form that asks for one thing."""
    (field,) = form.fields
    await at.acknowledged(at.server.fill(form, {field: words}))


async def test_a_region_is_ticked_on_a_grid_that_fits_five_rows(at: Scene):
    ann = at.person("Ann")
    await at.used(ann, ann, "imagine", prompt="a red fox in the snow --v 6.1")
    grid = await at.painted(ann)
    await at.pressed(ann, grid, "U1")
    large = await at.painted(ann, 2)
    await at.pressed(ann, large, "🖌️ Vary (Region)")
    copy = await at.last(ann, lambda one: "9" in one.labels)
    await at.pressed(ann, copy, "Finer")
    await at.server.until(lambda: "16" in at.server.seen(copy).labels)
    await at.pressed(ann, copy, "16")
    await at.server.until(lambda: "✓ 16" in at.server.seen(copy).labels)
    assert len(at.server.seen(copy).rows) == 5
    await fill(at, await at.pressed(ann, copy, "Go"), "a small house")
    repainted = await at.last(ann, lambda one: "a small house" in one.text and "U1" in one.labels)

    assert repainted.data != large.data


async def test_better_words_and_settings_have_buttons(at: Scene):
    ann = at.person("Ann")
    await at.used(ann, ann, "improve", prompt="a fox --ar 3:2")
    found = await at.last(ann, lambda one: list(one.labels) == ["1", "2", "3"])
    await fill(at, await at.pressed(ann, found, "2"), "a fox in watercolour --ar 3:2")
    await at.painted(ann)
    await at.used(ann, ann, "settings")
    shown = await at.last(ann, lambda one: "mode: relax" in one.labels)
    await at.pressed(ann, shown, "mode: relax")
    await at.server.until(lambda: "✓ mode: relax" in at.server.seen(shown).labels)
