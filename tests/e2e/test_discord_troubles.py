"""Discord when things go wrong, with the real process: nothing is lost, and it recovers by itself."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.e2e.discord import BRISK, Scene, scene
from tests.emulators.discord import Discord, picture

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def at(tmp_path_factory) -> AsyncIterator[Scene]:
    """One bot for all of these; everybody who talks is somebody new."""
    async with scene(tmp_path_factory.mktemp("troubles"), Discord(rates=BRISK), speed=100.0) as found:
        yield found


# --- interactions ----------------------------------------------------------------------------


async def test_a_command_is_acknowledged_in_time_while_the_gateway_is_slow(at: Scene):
    ann = at.person("Ann")
    place = at.room(ann)

    at.overheard.hold()
    try:
        models = at.server.slash(ann, place, "model")
        order = at.server.slash(ann, ann, "imagine", prompt="a patient fox")
        at.server.say(ann, place, f"{at.server.bot.mention} echo: after a while")
        for one in (models, order):
            await at.acknowledged(one)
        thinking = at.server.seen(models.message)
        card = await at.last(ann, lambda one: "Cancel" in one.labels)
    finally:
        at.overheard.go()
    listed = await at.server.until(lambda: (seen := at.server.seen(models.message)).text and seen)
    grid = await at.painted(ann)
    answer = await at.answered(place)

    assert models.response == "deferred"
    assert thinking.thinking
    assert "sandbox-chat" in " ".join(listed.labels)
    assert order.message == card.id == grid.id
    assert answer.text.startswith("after a while")


async def test_a_press_is_acknowledged_in_time_while_the_gateway_is_slow(at: Scene):
    ann = at.person("Ann")

    await at.used(ann, ann, "model")
    listed = await at.last(ann, lambda one: one.buttons)
    label = next(one.label for one in listed.buttons if one.style != 3 and "slow" not in one.label)
    at.overheard.hold()
    try:
        press = await at.pressed(ann, listed, label)
    finally:
        at.overheard.go()
    await at.last(ann, lambda one: f"✓ {label}" in one.labels)

    assert press.response == "deferred_update"
    assert press.took < 3


async def test_a_picture_outlives_the_interaction_that_ordered_it(at: Scene):
    ann = at.person("Ann")
    place = at.room(ann)

    at.server.hang("download")
    used = await at.used(ann, place, "imagine", prompt="a tortoise", images=picture())
    at.server.expire(used)
    at.server.release()
    grid = await at.painted(place)
    await at.pressed(ann, grid, "U1")
    await at.painted(place, 2)

    assert used.response == "deferred"
    assert grid.id != used.message
    assert "a tortoise" in grid.text
    assert len(at.cards(place)) == 2


async def test_a_picture_comes_to_an_end_though_its_order_could_not_be_acknowledged(at: Scene):
    ann = at.person("Ann")
    place = at.room(ann)

    used = at.server.slash(ann, place, "imagine", prompt="a hare")
    at.server.expire(used)
    at.lost.append(used)
    grid = await at.painted(place)

    assert "a hare" in grid.text
    assert at.server.ours(place) == [grid]


async def test_an_interaction_that_comes_again_is_done_once(at: Scene):
    ann = at.person("Ann")

    used = await at.used(ann, ann, "imagine", prompt="a fox, and only one")
    at.server.redeliver(used)
    grid = await at.painted(ann)
    press = await at.pressed(ann, grid, "U1")
    at.server.redeliver(press)
    await at.painted(ann, 2)
    await at.idle()

    assert len(at.server.ours(ann)) == 2
    assert used.refused == press.refused == []


async def test_a_button_that_nobody_made_is_answered(at: Scene):
    ann = at.person("Ann")

    at.server.say(ann, ann, "echo: a message with a button")
    answer = await at.answered(ann)
    for name in ("nonsense", "job:nothing:0", "talk:retry:nothing", "model:#nothing"):
        await at.acknowledged(at.server.forge(ann, answer, name))

    told = await at.whispered(ann, 4)
    assert told.to == ann.id


# --- the gateway -----------------------------------------------------------------------------


async def test_a_connection_that_breaks_goes_on_where_it_was(at: Scene):
    ann = at.person("Ann")
    place = at.room(ann)
    me = at.server.bot.mention

    at.server.say(ann, place, f"{me} echo: before")
    await at.answered(place)
    resumed, identified = at.server.gateway.resumed, len(at.server.gateway.identified)
    at.server.drop()
    at.server.say(ann, place, f"{me} echo: in between")
    await at.answered(place, 2)

    assert at.server.gateway.resumed == resumed + 1
    assert len(at.server.gateway.identified) == identified
    assert [one.text for one in at.answers(place)] == ["before", "in between"]


async def test_a_session_that_is_lost_misses_nothing_where_the_bot_had_been_spoken_to(at: Scene):
    ann = at.person("Ann")
    place = at.room(ann)
    me = at.server.bot.mention

    at.server.say(ann, place, f"{me} echo: before")
    await at.answered(place)
    identified = len(at.server.gateway.identified)
    at.server.drop(resume=False)
    at.server.say(ann, place, f"{me} echo: in between")
    await at.answered(place, 2, within=30)
    at.server.heal()

    assert len(at.server.gateway.identified) == identified + 1
    assert [one.text for one in at.answers(place)] == ["before", "in between"]


async def test_what_the_gateway_tells_twice_is_answered_once(at: Scene):
    ann, bob = at.person("Ann"), at.person("Bob")

    asked = at.server.say(ann, ann, "echo: only once")
    await at.answered(ann)
    at.server.repeat(asked)
    at.server.say(bob, bob, "echo: after it")
    await at.answered(bob)
    await at.idle()

    assert at.server.texts(ann) == ["only once"]


async def test_what_was_asked_while_it_was_down_is_answered_when_it_is_back(at: Scene):
    ann = at.person("Ann")
    place = at.room(ann)
    me = at.server.bot.mention

    at.server.say(ann, place, f"{me} echo: before")
    await at.answered(place)
    await at.idle()
    await at.away()
    for number in range(120):
        at.server.say(ann, place, f"among ourselves {number}")
    at.server.say(ann, place, f"{me} echo: while you were away")
    await at.back()
    answer = await at.answered(place, 2)

    assert answer.text.startswith("while you were away")


# --- requests that fail ----------------------------------------------------------------------


@pytest.mark.parametrize("via", [True, False], ids=["with Via", "without Via"])
async def test_told_to_wait_it_waits_and_everything_arrives_once(at: Scene, via):
    ann = at.person("Ann")
    place = at.room(ann)

    for name in ("create_message", "edit_message", "type_in"):
        at.server.fail(name, 2, retry_after=0.3, via=via, everywhere=via, place=place)
    at.server.say(ann, place, f"{at.server.bot.mention} echo: it was worth the wait")
    answer = await at.answered(place)

    assert answer.text == "it was worth the wait"
    assert at.server.ours(place) == [answer]


async def test_a_server_that_stumbles_is_asked_again_and_nothing_is_there_twice(at: Scene):
    ann = at.person("Ann")
    place = at.room(ann)

    at.server.cut("create_message", place=place)
    at.server.fail("create_message", status=503, effect=True, place=place)
    at.server.fail("edit_message", status=503, place=place)
    at.server.fail("edit_message", status=502, effect=True, place=place)
    at.server.say(ann, place, f"{at.server.bot.mention} echo: sent three times, shown once")
    answer = await at.answered(place)

    assert at.server.ours(place) == [answer]
    assert answer.text == "sent three times, shown once"


async def test_an_answer_that_cannot_be_given_at_first_is_given_once(at: Scene):
    ann = at.person("Ann")

    at.server.fail("respond", status=500)
    at.server.cut("respond")
    used = await at.used(ann, ann, "imagine", prompt="a stubborn mule")
    grid = await at.painted(ann)
    await at.idle()

    assert used.answered
    assert [one.id for one in at.server.ours(ann)] == [grid.id]


async def test_the_network_may_be_away_for_a_while(at: Scene):
    ann, bob = at.person("Ann"), at.person("Bob")

    at.server.say(bob, bob, "long 1500")
    await at.last(bob, lambda one: "Stop" in one.labels)
    at.server.offline(1.5)
    at.server.say(ann, ann, "echo: hello from the dark")
    answer = await at.answered(ann)
    finished = await at.answered(bob)

    assert answer.text.startswith("hello from the dark")
    assert at.server.ours(bob) == [finished]
    assert "Paragraph" in finished.text


# --- rights ----------------------------------------------------------------------------------


async def test_who_asks_where_it_may_not_write_is_told_once_what_is_missing(at: Scene):
    ann = at.person("Ann")
    place = at.room(ann)
    me = at.server.bot.mention

    at.server.permit(place, at.server.bot, deny=["send_messages"])
    at.server.say(ann, place, f"{me} hello?")
    told = await at.last(ann)
    at.server.say(ann, place, f"{me} anybody?")
    await at.idle()
    at.server.permit(place, at.server.bot)
    at.server.say(ann, place, f"{me} echo: and now")
    answer = await at.answered(place)

    assert "“Send Messages”" in told.text
    assert f"<#{place.id}>" in told.text
    assert at.server.ours(ann) == [told]
    assert answer.text == "and now"


async def test_a_server_that_throws_it_out_ends_its_work_and_costs_nobody_anything(at: Scene):
    ann, bob = at.person("Ann"), at.person("Bob")
    place = at.room(ann)

    await at.used(ann, place, "imagine", prompt="a slow tower --relax")
    at.server.say(ann, place, f"{at.server.bot.mention} long 1500")
    await at.last(place, lambda one: "Stop" in one.labels)
    at.server.kick(place.guild)
    at.server.say(bob, bob, "echo: and I am answered")
    answer = await at.answered(bob)
    await at.idle()

    assert answer.text == "and I am answered"


async def test_a_message_that_is_deleted_under_it_stays_away(at: Scene):
    ann = at.person("Ann")
    place = at.room(ann)
    me = at.server.bot.mention

    at.server.say(ann, place, f"{me} long 1500")
    begun = await at.last(place, lambda one: "Stop" in one.labels)
    at.server.remove(begun)
    await at.idle()
    at.server.say(ann, place, f"{me} echo: and now")
    answer = await at.answered(place)

    assert answer.text == "and now"
    assert at.server.ours(place) == [answer]


async def test_a_question_that_is_taken_back_is_answered_no_more_and_forgotten(at: Scene):
    ann = at.person("Ann")
    place = at.room(ann)
    me = at.server.bot.mention

    question = at.server.say(ann, place, f"{me} the password is swordfish. long 1500")
    await at.last(place, lambda one: "Stop" in one.labels)
    at.server.remove(question)
    await at.idle()
    at.server.say(ann, place, f"{me} what is the password?")
    await at.last(place, lambda one: "Retry" in one.labels and not one.gone)
    await at.idle()

    assert "swordfish" not in str(at.overheard.asked("what is the password?"))
