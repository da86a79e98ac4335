"""Discord's roles, threads and deletions, with the real process."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.e2e.discord import BRISK, Scene, scene
from tests.emulators.discord import Channel, Discord, User

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def at(tmp_path_factory) -> AsyncIterator[Scene]:
    """A server where artists may, and curators may say who else."""
    server = Discord(rates=BRISK)
    bob, cleo = server.user("Bob", installed=True), server.user("Cleo", installed=True)
    guild = server.guild("Painters", [server.user("Owner"), bob, cleo])
    artists = server.role(guild, "Artists", members=[bob])
    curators = server.role(guild, "Curators", members=[cleo])
    settings = {
        "ACCESS_OPEN": "false",
        "ACCESS_ALLOW": f"discord:{artists.id}",
        "ACCESS_ADMINS": f"discord:{curators.id}",
    }
    async with scene(tmp_path_factory.mktemp("places"), server, **settings) as found:
        yield found


def known(at: Scene, name: str) -> User:
    return next(one for one in at.server.world.users.values() if one.name == name)


def studio(at: Scene, name: str) -> Channel:
    """A new channel of the server."""
    return at.server.channel(next(iter(at.server.world.guilds.values())), name)


async def test_a_role_opens_it_in_its_server_and_not_alone(at: Scene):
    bob, place = known(at, "Bob"), studio(at, "open")

    at.server.say(bob, place, f"{at.server.bot.mention} echo: let in")
    answer = await at.answered(place)
    at.server.say(bob, bob, "echo: alone")
    told = await at.last(bob)

    assert answer.text == "let in"
    assert told.text.startswith("You may talk to me where a group or a role lets you in, but not here.")
    assert f"discord:{bob.id}" in told.text


async def test_an_admin_by_role_lets_a_channel_in_with_its_threads(at: Scene):
    cleo, eve, place = known(at, "Cleo"), at.person("Eve"), studio(at, "guests")
    at.server.add(place.guild, eve)
    me = at.server.bot.mention

    at.server.say(eve, place, f"{me} echo: not yet")
    await at.last(place, lambda one: f"discord:{place.guild.id}" in one.text)
    await at.used(cleo, place, "allow", who=f"<#{place.id}>")
    thread = at.server.thread(place, "corner", by=eve)
    at.server.say(eve, thread, f"{me} echo: here I am")
    answer = await at.answered(thread)

    assert answer.text == "here I am"


async def test_each_question_is_answered_in_its_thread_also_after_a_crash(at: Scene):
    bob, place = known(at, "Bob"), studio(at, "questions")

    await at.used(bob, place, "threads", mode="on")
    await at.last(place, lambda one: "thread of its own" in one.text)
    first = await asked(at, bob, place, "echo: the first")
    await at.answered(first)
    at.server.say(bob, first, "echo: no mention needed")
    await at.answered(first, 2)
    at.overheard.hold()
    second = await asked(at, bob, place, "echo: the second")
    await at.server.until(lambda: at.server.ours(second))
    await at.away()
    at.overheard.go()
    await at.back()
    await at.answered(second)
    await at.idle()

    assert [one.text for one in at.answers(first)] == ["the first", "no mention needed"]
    assert [one.text for one in at.server.ours(second)] == ["the second"]
    assert "the first" not in str(at.overheard.asked("echo: the second"))


async def asked(at: Scene, person: User, place: Channel, text: str) -> Channel:
    """Ask something; the thread that is opened for it."""
    said = at.server.say(person, place, f"{at.server.bot.mention} {text}")
    await at.server.until(lambda: said.id in at.server.world.channels)
    return at.server.world.channels[said.id]


async def test_a_deleted_question_is_not_answered_and_not_told_again(at: Scene):
    bob, place = known(at, "Bob"), studio(at, "secrets")
    me = at.server.bot.mention

    at.overheard.hold()
    said = at.server.say(bob, place, f"{me} my password is rosebud")
    await at.server.until(lambda: at.server.ours(place))
    at.server.remove(said.id)
    await at.last(place, lambda one: "Taken back" in one.text)
    at.overheard.go()
    at.server.say(bob, place, f"{me} echo: and now?")
    await at.answered(place)
    await at.idle()

    assert "rosebud" not in str(at.overheard.asked("echo: and now?"))
    assert at.rows("SELECT 1 FROM turns WHERE text LIKE '%rosebud%'") == []


async def test_an_answer_that_somebody_removes_stays_away(at: Scene):
    bob, place = known(at, "Bob"), studio(at, "removed")

    at.overheard.hold()
    at.server.say(bob, place, f"{at.server.bot.mention} echo: gone")
    await at.server.until(lambda: at.server.ours(place))
    at.server.remove(at.server.ours(place)[0].id)
    at.overheard.go()
    await at.idle()

    assert at.server.ours(place) == []
