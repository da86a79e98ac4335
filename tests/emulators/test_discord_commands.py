"""Commands: what may be registered, and who is offered it where."""

import pytest

from tests.emulators.discord import Discord
from tests.emulators.discord.library import Raw, raw, serving


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


def command(name="paint", **more):
    return {"name": name, "description": "Paint"} | more


def option(name="prompt", **more):
    return {"name": name, "description": "What", "type": 3} | more


def choice(name, value):
    return {"name": name, "value": value}


LONG = [choice(f"{number:<100}", f"{number:<100}") for number in range(25)]
MENU = {"name": "Ask", "type": 3, "description": "no"}


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (command("Paint"), "name APPLICATION_COMMAND_INVALID_NAME"),
        (command("x" * 33), "name BASE_TYPE_BAD_LENGTH"),
        (command("two words"), "name APPLICATION_COMMAND_INVALID_NAME"),
        (command(description=""), "description BASE_TYPE_BAD_LENGTH"),
        (command(description="x" * 101), "description BASE_TYPE_BAD_LENGTH"),
        (command(name_localizations={"xx": "malen"}), "name_localizations.xx BASE_TYPE_CHOICES"),
        (
            command(name_localizations={"de": "Malen"}),
            "name_localizations.de APPLICATION_COMMAND_INVALID_NAME",
        ),
        (command(contexts=[3]), "contexts.0 NUMBER_TYPE_MAX"),
        (MENU, "description APPLICATION_COMMAND_DESCRIPTION_FORBIDDEN"),
    ],
)
async def test_commands_have_limits(server: Discord, api: Raw, body, fault):
    path = f"/applications/{server.world.application}/commands"

    assert await api.refused("PUT", path, [body]) == [f"0.{fault}"]


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ([option(str(n)) for n in range(26)], " BASE_TYPE_MAX_LENGTH"),
        ([option(), option()], ".1.name APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATED"),
        (
            [option(), option("b", required=True)],
            ".1.required APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
        ),
        ([option(choices=[choice("x", "x")] * 26)], ".0.choices BASE_TYPE_MAX_LENGTH"),
        ([option(choices=[choice("x", "y" * 101)])], ".0.choices.0.value BASE_TYPE_MAX_LENGTH"),
        (
            [option(autocomplete=True, choices=[choice("x", "y")])],
            ".0.autocomplete APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE",
        ),
        ([option("a", choices=LONG), option("b", choices=LONG)], " APPLICATION_COMMAND_TOO_LARGE"),
    ],
)
async def test_options_have_limits(server: Discord, api: Raw, options, fault):
    path = f"/applications/{server.world.application}/commands"

    assert await api.refused("PUT", path, [command(options=options)]) == [f"0.options{fault}"]


async def test_syncing_replaces_everything_and_keeps_ids(server: Discord, api: Raw):
    path = f"/applications/{server.world.application}/commands"
    _, first = await api("PUT", path, [command("one"), command("two")])
    _, second = await api("PUT", path, [command("two"), command("three")])

    assert first[1]["id"] == second[0]["id"]
    assert [(one.guild, one.made, len(one.commands)) for one in server.syncs] == [(0, 2, 2), (0, 1, 2)]
    assert [one["name"] for one in (await api("GET", path))[1]] == ["two", "three"]
    assert await api.refused("PUT", path, [command()] * 2) == ["1.name APPLICATION_COMMANDS_DUPLICATE_NAME"]
    assert await api.refused("PUT", path, [command(f"c{n}") for n in range(101)]) == [
        "_ APPLICATION_COMMAND_LIMIT"
    ]
    for round in range(2):
        await api("PUT", path, [command(f"r{round}-{n}") for n in range(98)])
    status, body = await api("PUT", path, [command(f"last{n}") for n in range(5)])
    assert (status, body["code"]) == (429, 30034)


async def test_who_is_offered_what(server: Discord, api: Raw, ann, general):
    bea = server.user("Bea", installed=True)
    server.add(general.guild, bea)
    admin = {"default_member_permissions": 1 << 5}
    commands = [
        command("everywhere", contexts=[0, 1, 2], integration_types=[0, 1]),
        command("here", contexts=[0]),
        command("alone", contexts=[1]),
        command("mine", contexts=[0, 1, 2], integration_types=[1]),
        command("admins", **admin),
    ]
    await api("PUT", f"/applications/{server.world.application}/commands", commands)
    await api(
        "POST",
        f"/applications/{server.world.application}/guilds/{general.guild.id}/commands",
        command("ours"),
    )

    def offered(user, place):
        return {one["name"] for one in server.offered(user, place)}

    assert offered(ann, general) == {"everywhere", "here", "admins", "ours"}
    assert offered(bea, general) == {"everywhere", "here", "mine", "ours"}
    assert offered(ann, ann) == {"everywhere", "alone", "admins"}
    assert offered(bea, server.chat(ann, bea)) == {"everywhere", "mine"}
    server.kick(general.guild)
    assert offered(ann, general) == set()
    assert offered(bea, general) == {"everywhere", "mine"}
