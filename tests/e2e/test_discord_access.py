"""Closed by default on Discord, with the real process; and with no more than it is let to read."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.e2e.discord import BRISK, Scene, scene
from tests.e2e.harness import free_port
from tests.emulators.discord import Discord, User

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def at(tmp_path_factory) -> AsyncIterator[Scene]:
    """One bot that knows an admin and a friend; everybody else is a stranger.

    It is not let to read messages that do not mention it, and interactions come by HTTP.
    """
    server = Discord(rates=BRISK)
    server.world.approved = set()
    port = free_port()
    ada, fay = (server.user(name, installed=True) for name in ("Ada", "Fay"))
    settings = {
        "ACCESS_OPEN": "false",
        "ACCESS_ADMINS": f"discord:{ada.id}",
        "ACCESS_ALLOW": f"discord:{fay.id}",
        "DISCORD_PUBLIC_KEY": server.public_key,
        "WEB_PORT": str(port),
    }
    async with scene(tmp_path_factory.mktemp("access"), server, **settings) as found:
        assert await server.use_endpoint(f"http://127.0.0.1:{port}/discord/interactions") == []
        yield found
        assert server.refused_429 == 0


def known(at: Scene, name: str) -> User:
    return next(one for one in at.server.world.users.values() if one.name == name)


# --- closed ----------------------------------------------------------------------------------


async def test_a_stranger_is_told_their_id_once_and_no_model_is_asked(at: Scene):
    eve, fay = at.person("Eve"), known(at, "Fay")

    at.server.say(eve, eve, "tell me a story")
    told = await at.last(eve)
    at.server.say(eve, eve, "please!")
    at.server.say(fay, fay, "echo: welcome")  # after it, so hers was seen
    await at.answered(fay)
    await at.idle()

    assert f"discord:{eve.id}" in told.text
    assert at.server.ours(eve) == [told]
    assert "story" not in str(at.overheard.prompts)


async def test_a_strangers_command_and_press_are_refused_for_them_alone(at: Scene):
    eve, fay = at.person("Eve"), known(at, "Fay")
    place = at.room(fay, eve)

    used = await at.used(eve, place, "imagine", prompt="a gatecrasher")
    at.server.say(fay, place, f"{at.server.bot.mention} echo: mine")
    answer = await at.answered(place)
    press = await at.pressed(eve, answer, "Retry")
    told = await at.whispered(eve, 2)

    assert used.ephemeral
    assert press.ephemeral
    assert f"discord:{place.guild.id}" in told.text
    assert at.rows("SELECT 1 FROM jobs") == []
    assert answer.text == "mine"


async def test_an_admin_lets_a_server_in_and_a_restart_forgets_nothing(at: Scene):
    ada, eve = known(at, "Ada"), at.person("Eve")
    place = at.room(eve, ada)
    me = at.server.bot.mention

    at.server.say(eve, place, f"{me} echo: not yet")
    await at.last(place, lambda one: f"discord:{place.guild.id}" in one.text)
    await at.used(ada, place, "allow", who=f"discord:{place.guild.id}")
    await at.idle()
    await at.away()
    await at.back()
    at.server.say(eve, place, f"{me} echo: thank you")
    answer = await at.answered(place)

    assert answer.text.startswith("thank you")


async def test_who_has_a_role_that_is_let_in_may_ask_wherever_they_are(at: Scene):
    ada, eve, gus = known(at, "Ada"), at.person("Eve"), at.person("Gus")
    place = at.room(gus, eve, ada)
    role = at.server.role(place.guild, "Friends", members=[gus])
    me = at.server.bot.mention

    await at.used(ada, place, "allow", who=f"discord:{role.id}")
    at.server.say(gus, place, f"{me} echo: I hold it")
    answer = await at.answered(place)
    refused = await at.used(eve, place, "imagine", prompt="and I do not")

    assert answer.text == "I hold it"
    assert refused.ephemeral


# --- what it is not let to read ----------------------------------------------------------------


async def test_without_message_contents_it_works_by_mention_and_directly(at: Scene):
    fay = known(at, "Fay")
    place = at.room(fay)

    at.server.say(fay, place, "nobody hears me")
    at.server.say(fay, place, f"{at.server.bot.mention} echo: by mention")
    first = await at.answered(place)
    reply = at.server.say(fay, place, "echo: by reply", reply_to=first)
    second = await at.answered(place, 2)

    assert (first.text, second.reply_to) == ("by mention", reply.id)
    assert "by reply" in second.text
    assert "nobody hears me" not in str(at.overheard.prompts)
    assert at.lines("Message Content Intent")


# --- interactions by HTTP ----------------------------------------------------------------------


async def test_interactions_come_by_http_and_only_with_the_right_signature(at: Scene):
    fay = known(at, "Fay")
    place = at.room(fay)

    used = await at.used(fay, place, "imagine", prompt="a postcard")
    grid = await at.painted(place)
    press = await at.pressed(fay, grid, "U1")
    large = await at.painted(place, 2)
    opened = await at.pressed(fay, large, "Custom Zoom")
    ping = await at.server.knock()
    refused = [await at.server.knock(forged=True), await at.server.knock(unsigned=True)]

    assert [one.http for one in (used, press, opened)] == [202, 202, 202]
    assert opened.response == "modal"
    assert ping == (200, {"type": 1})
    assert [status for status, _body in refused] == [401, 401]


# --- shards --------------------------------------------------------------------------------------


async def test_a_part_of_the_shards_serves_its_part_of_the_servers(tmp_path):
    async with scene(tmp_path, Discord(rates=BRISK, shards=2), DISCORD_SHARDS="1/2") as at:
        ann = at.person("Ann")
        theirs, ours = (at.server.guild("Painters", [ann], number=(154 << 23) + (n << 22)) for n in (0, 1))
        for guild in (theirs, ours):
            place = at.server.channel(guild, "general")
            at.server.say(ann, place, f"{at.server.bot.mention} echo: here I am")
        answer = await at.answered(place)
        await at.idle()

        assert answer.text == "here I am"
        assert at.server.ours(next(iter(theirs.channels.values()))) == []
