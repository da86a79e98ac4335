"""Pictures on Telegram, with the real process: cards, buttons, questions, and all of it after a restart."""

import io
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from PIL import Image

from tests.e2e.telegram import Scene, scene
from tests.emulators.telegram import Flood, Seen, Telegram, picture

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def at(tmp_path_factory) -> AsyncIterator[Scene]:
    """One bot for all of these; everybody who paints is somebody new."""
    async with scene(tmp_path_factory.mktemp("pictures"), Telegram(flood=Flood())) as found:
        yield found
        assert found.server.refused_429 == 0


def size(shown: Seen) -> tuple[int, int]:
    with Image.open(io.BytesIO(shown.data)) as image:
        return image.size


async def test_the_card_becomes_the_picture_and_its_buttons_work(at: Scene):
    ann = at.server.user("Ann")

    order = at.server.say(ann, ann, "/imagine a red fox in the snow --ar 16:9")
    card = await at.last(ann, lambda one: True)
    assert (card.kind, card.labels, card.reply_to) == ("text", ["Cancel"], order.id)
    grid = await at.painted(ann)
    toast = await at.pressed(ann, ann, grid, "U2")
    large = await at.painted(ann, 2)
    await at.server.until(lambda: "✓ U2" in at.server.seen(ann, grid).labels)

    assert grid.id == card.id
    assert {"U1", "U2", "U3", "U4", "V1", "V4"} <= set(grid.labels)
    assert size(grid)[0] > size(grid)[1]
    assert "a red fox in the snow" in grid.caption
    assert toast is not None
    assert large.reply_to == grid.id
    assert len(at.server.ours(ann)) == 2
    for one in (grid, large):
        for row in one.markup["inline_keyboard"]:
            assert all(len(button["callback_data"].encode()) <= 64 for button in row)


async def test_a_variation_a_second_press_and_the_full_size(at: Scene):
    ann = at.server.user("Ann")
    group = at.server.group("Sailors", [ann])

    at.server.say(ann, group, "/imagine the sea --ar 3:2")
    grid = await at.painted(group)
    await at.pressed(ann, group, grid, "V1")
    varied = await at.painted(group, 2)
    await at.server.until(lambda: "✓ V1" in at.server.seen(group, grid).labels)
    uploads = len(at.server.calls("sendPhoto"))
    await at.pressed(ann, group, grid, "✓ V1")
    again = await at.painted(group, 3)
    reposted = at.server.calls("sendPhoto")[uploads:]
    await at.pressed(ann, group, varied, "Full size")
    file = await at.last(group, lambda one: one.kind == "document")

    assert "U1" in varied.labels
    assert again.data == varied.data
    assert again.reply_to == grid.id
    assert not any(call.files for call in reposted)  # by its file id, without an upload
    assert file.reply_to == varied.id
    assert file.data == varied.data
    with Image.open(io.BytesIO(file.data)) as image:
        assert file.name.endswith(f".{image.format.lower()}")


async def test_custom_zoom_asks_for_words_which_may_be_taken_back(at: Scene):
    ann, bob = at.server.user("Ann"), at.server.user("Bob")
    group = at.server.group("Harbour", [ann, bob])

    at.server.say(bob, group, "/imagine a harbour")
    grid = await at.painted(group)
    await at.pressed(ann, group, grid, "U1")
    large = await at.painted(group, 2)
    await at.pressed(ann, group, large, "Custom Zoom")
    first = await at.question(group)
    at.server.say(ann, group, "/cancel")
    await at.last(group, lambda one: not one.force_reply)
    await at.pressed(ann, group, large, "Custom Zoom")
    second = await at.question(group)
    old = at.server.ours(group)[-2]
    at.server.answer(ann, group, "a harbour seen from a tower --zoom 1.8")
    zoomed = await at.painted(group, 3)

    assert "--zoom" in old.text
    assert old.labels == ["Copy"]
    assert "text_mention" in {entity["type"] for entity in second.entities}  # only Ann is asked
    assert second.markup["selective"] is True
    assert "a harbour seen from a tower --zoom 1.8" in zoomed.caption
    assert not {first.id, old.id, second.id} & {one.id for one in at.server.ours(group)}


async def test_in_a_group_anybody_may_press(at: Scene):
    ann, bob = at.server.user("Ann"), at.server.user("Bob")
    group = at.server.supergroup("Painters", [ann, bob], forum=True)
    topic = at.server.topic(group, "Foxes")
    name = at.server.world.bot.username

    order = at.server.say(ann, group, f"/imagine@{name} a fox", thread=topic)
    grid = await at.painted(group)
    await at.pressed(bob, group, grid, "U4")
    large = await at.painted(group, 2)

    assert grid.reply_to == order.id
    assert (grid.thread, large.thread) == (topic.id, topic.id)


async def test_a_picture_of_theirs_goes_into_the_order(at: Scene):
    ann = at.server.user("Ann")

    at.server.say(ann, ann, "/imagine this, but blue", photo=picture(200, 200, "red"))
    grid = await at.painted(ann)

    assert "this, but blue" in grid.caption


async def test_a_refused_prompt_is_told_in_the_card(at: Scene):
    ann = at.server.user("Ann")

    at.server.say(ann, ann, "/imagine a forbidden garden")
    card = await at.last(ann, lambda one: "Cancel" not in one.labels)

    assert "does not allow" in card.text
    assert "Edit the prompt" in card.labels


async def test_a_cancelled_order_ends_as_cancelled(at: Scene):
    ann = at.server.user("Ann")

    at.server.say(ann, ann, "/imagine a slow tower --relax")
    card = await at.last(ann, lambda one: "Cancel" in one.labels)
    await at.pressed(ann, ann, card, "Cancel")
    ended = await at.last(ann, lambda one: "Cancelled." in one.text)

    assert ended.id == card.id
    assert ended.labels == ["Retry"]


async def test_every_press_is_answered_within_a_second(at: Scene):
    for press in at.server.world.presses.values():
        assert press.answered
        assert len(press.answers) == 1
    took = [request.took for request in at.server.calls("answerCallbackQuery")]
    assert took


async def test_old_buttons_work_after_a_restart(at: Scene):
    ann = at.server.user("Ann")
    group = at.server.group("Foresters", [ann])

    at.server.say(ann, group, "/imagine an old oak")
    grid = await at.painted(group)
    await at.program.kill()
    await at.program.start()
    await at.pressed(ann, group, grid, "U3")
    large = await at.painted(group, 2)
    await at.server.until(lambda: "✓ U3" in at.server.seen(group, grid).labels)

    assert large.reply_to == grid.id


async def test_inline_a_card_grows_in_a_chat_that_it_is_not_in(at: Scene):
    ann = at.server.user("Ann")
    at.server.start(ann)  # pictures go through her own chat with the bot

    query = at.server.inline(ann, "a lighthouse at dusk")
    await at.server.until(lambda: query.answered)
    chosen = at.server.choose(query)
    shown = await at.server.until(
        lambda: (
            (seen := at.server.seen(None, chosen.inline)).kind == "photo" and "U1" in seen.labels and seen
        ),
        within=30,
    )
    toast = await at.pressed(ann, None, chosen.inline, "U2")
    large = await at.painted(ann)

    assert "a lighthouse at dusk" in shown.caption
    assert toast == "U2 … It comes to our chat."
    assert "a lighthouse at dusk" in large.caption
    later = at.server.inline(ann, "lighthouse")
    await at.server.until(lambda: later.answered)
    assert {one["type"] for one in later.results} == {"article", "photo"}


async def test_inline_without_feedback_a_press_begins_and_says_what_to_switch_on(at: Scene):
    ann, bob = at.server.user("Ann"), at.server.user("Bob")
    at.server.start(ann)

    at.server.world.inline_feedback = False
    try:
        query = at.server.inline(ann, "a windmill")
        await at.server.until(lambda: query.answered)
        chosen = at.server.choose(query)
        refused = await at.pressed(bob, None, chosen.inline, "Begin")
        toast = await at.pressed(ann, None, chosen.inline, "Begin")
    finally:
        at.server.world.inline_feedback = True
    await at.server.until(lambda: at.server.seen(None, chosen.inline).kind == "photo", within=30)

    assert "Only who wrote this" in refused
    assert "/setinlinefeedback" in toast


async def test_a_picture_is_hidden_on_request_and_so_is_what_comes_of_it(at: Scene):
    ann = at.server.user("Ann")
    group = at.server.group("Surprises", [ann])

    at.server.say(ann, group, "/imagine spoiler=yes a present")
    grid = await at.painted(group)
    await at.pressed(ann, group, grid, "U1")
    large = await at.painted(group, 2)

    assert grid.body["has_media_spoiler"] is True
    assert large.body["has_media_spoiler"] is True
