"""Closed by default on Telegram, with the real process: strangers are told their id, and friends come in."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.e2e.telegram import Scene, scene
from tests.emulators.telegram import Flood, Telegram

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADMIN, FRIEND, CLUB = 7_000_000_001, 7_000_000_002, -1_007_000_000_003


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def at(tmp_path_factory) -> AsyncIterator[Scene]:
    """One bot that knows an admin, a friend and a group; everybody else is a stranger."""
    server = Telegram(flood=Flood())
    server.user("Ada", id=ADMIN)
    server.user("Fay", id=FRIEND)
    settings = {
        "ACCESS_OPEN": "false",
        "ACCESS_ADMINS": f"telegram:{ADMIN}",
        "ACCESS_ALLOW": f"telegram:{FRIEND}, telegram:{CLUB}",
    }
    async with scene(tmp_path_factory.mktemp("access"), server, **settings) as found:
        yield found
        assert found.server.refused_429 == 0


async def test_a_stranger_is_told_their_id_once_and_no_model_is_asked(at: Scene):
    eve = at.server.user("Eve")

    at.server.say(eve, eve, "tell me a story")
    told = await at.last(eve, lambda one: True)
    at.server.say(eve, eve, "please!")
    at.server.say(FRIEND, FRIEND, "echo: welcome")  # after it, so hers was seen
    await at.answered(at.server.world.users[FRIEND])
    await at.idle()

    assert f"telegram:{eve.id}" in told.text
    assert [one.id for one in at.server.ours(eve)] == [told.id]
    assert "story" not in str(at.overheard.prompts)


async def test_a_strangers_group_is_told_its_id_when_it_speaks_to_the_bot(at: Scene):
    eve = at.server.user("Eve")
    group = at.server.supergroup("Strangers", [eve])
    name = at.server.world.bot.username

    at.server.say(eve, group, "just talking")
    asked = at.server.say(eve, group, f"@{name} are you there?")
    told = await at.last(group, lambda one: True)

    assert f"telegram:{group.id}" in told.text
    assert told.reply_to == asked.id
    assert len(at.server.ours(group)) == 1


async def test_a_group_that_the_settings_allow_lets_everybody_in_it_ask(at: Scene):
    eve = at.server.user("Eve")
    club = at.server.supergroup("Club", [eve], id=CLUB)

    at.server.say(eve, club, f"@{at.server.world.bot.username} echo: in the club")
    answer = await at.answered(club)

    assert answer.text == "in the club"


async def test_an_admin_lets_somebody_in_and_out_again_and_a_restart_forgets_nothing(at: Scene):
    ada, gus = at.server.world.users[ADMIN], at.server.user("Gus")

    at.server.say(gus, gus, "/allow")
    await at.last(gus, lambda one: f"telegram:{gus.id}" in one.text)
    at.server.say(ada, ada, f"/allow telegram:{gus.id}")
    await at.last(ada, lambda one: "may talk to me from now on" in one.text)
    at.server.say(gus, gus, "/allow telegram:1")
    await at.last(gus, lambda one: "Only admins" in one.text)
    await at.idle()
    await at.program.kill()
    await at.program.start()
    at.server.say(gus, gus, "echo: still in")
    answer = await at.answered(gus)
    at.server.say(ada, ada, f"/deny telegram:{gus.id}")
    await at.last(ada, lambda one: "any more" in one.text)
    at.server.say(gus, gus, "/new")
    await at.last(gus, lambda one: one.id > answer.id and f"telegram:{gus.id}" in one.text)

    assert answer.text.startswith("still in")


async def test_an_admin_lets_a_group_in_where_it_is(at: Scene):
    ada, eve = at.server.world.users[ADMIN], at.server.user("Eve")
    group = at.server.group("Neighbours", [eve, ada])
    name = at.server.world.bot.username

    at.server.say(ada, group, f"/allow@{name}")
    await at.last(group, lambda one: f"telegram:{group.id}" in one.text)
    at.server.say(eve, group, f"@{name} echo: thank you")
    answer = await at.answered(group)
    larger = at.server.migrate(group)  # and it stays in under its new id
    at.server.say(eve, larger, f"@{name} echo: still here")
    later = await at.answered(larger)

    assert (answer.text, later.text) == ("thank you", "still here")


async def test_an_invitation_lets_one_in_by_its_link(at: Scene):
    ada = at.server.world.users[ADMIN]
    gil, eve = at.server.user("Gil"), at.server.user("Eve")

    at.server.say(ada, ada, "/invite")
    told = await at.last(ada, lambda one: "/start " in one.text)
    code = re.search(r"/start ([A-Za-z0-9_-]+)", told.text)[1]
    at.server.start(gil, code)
    await at.last(gil, lambda one: "/imagine" in one.text)
    at.server.say(gil, gil, "echo: I am in")
    answer = await at.answered(gil)
    at.server.start(eve, code)
    refused = await at.last(eve, lambda one: True)

    assert answer.text == "I am in"
    assert f"telegram:{eve.id}" in refused.text
    assert "/imagine" not in refused.text


async def test_a_strangers_press_is_refused(at: Scene):
    ada, eve = at.server.world.users[ADMIN], at.server.user("Eve")
    group = at.server.supergroup("Mixed", [ada, eve])

    at.server.say(ada, group, f"@{at.server.world.bot.username} echo: mine")
    answer = await at.answered(group)
    toast = await at.pressed(eve, group, answer, "Retry")

    assert f"telegram:{group.id}" in toast
