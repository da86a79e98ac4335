"""Servers, their members, and the bot itself."""

from typing import Any

from tests.emulators.discord import shapes
from tests.emulators.discord.errors import Problems, refusal, wrong
from tests.emulators.discord.rest.call import Call, Routes
from tests.emulators.discord.things import Guild
from tests.emulators.discord.world import World


def get_guild(world: World, call: Call) -> Any:
    guild = world.guild(call.args["guild"])
    body = shapes.guild(world, guild)
    if call.query.get("with_counts", "").lower() in {"1", "true"}:
        counts = {"approximate_member_count": len(guild.members), "approximate_presence_count": 1}
        body |= counts
    return body


def guild_channels(world: World, call: Call) -> Any:
    guild = world.guild(call.args["guild"])
    found = [one for one in guild.channels.values() if not one.gone and not one.thread]
    return [shapes.channel(world, one) for one in found]


def guild_roles(world: World, call: Call) -> Any:
    return [shapes.role(one) for one in world.guild(call.args["guild"]).roles.values()]


def get_member(world: World, call: Call) -> Any:
    guild = world.guild(call.args["guild"])
    name = call.args["user"]
    found = guild.members.get(int(name)) if name.isdigit() else None
    if found is None:
        raise refusal(10007)
    return shapes.member(world, found)


def list_members(world: World, call: Call) -> Any:
    guild = world.guild(call.args["guild"])
    if "members" not in world.approved:
        raise refusal(50001)
    after, limit = int(call.query.get("after", 0)), int(call.query.get("limit", 1))
    found = sorted((one for one in guild.members.values() if one.user.id > after), key=lambda m: m.user.id)
    return [shapes.member(world, one) for one in found[:limit]]


def my_guilds(world: World, call: Call) -> Any:
    found = [one for one in world.guilds.values() if world.bot_in(one)]
    return [
        {
            "id": str(one.id),
            "name": one.name,
            "icon": None,
            "owner": False,
            "permissions": "0",
            "features": [],
        }
        for one in found
    ]


def leave_guild(world: World, call: Call) -> None:
    remove_bot(world, world.guild(call.args["guild"]))


def remove_bot(world: World, guild: Guild) -> None:
    """The bot is no longer in that server."""
    body = {"id": str(guild.id)}
    world.tell("GUILD_DELETE", body, guild)
    guild.members.pop(world.bot.id, None)
    world.commands.pop(guild.id, None)
    world.changes.notify()


def get_me(world: World, call: Call) -> Any:
    return shapes.me(world)


def edit_me(world: World, call: Call) -> Any:
    if "username" in call.json:
        problems = Problems()
        world.bot.name = problems.text("username", call.json["username"], 32, 2) or world.bot.name
        problems.check()
    return shapes.me(world)


def get_user(world: World, call: Call) -> Any:
    found = world.users.get(int(call.args["user"])) if call.args["user"].isdigit() else None
    if found is None:
        raise refusal(10013)
    return shapes.user(found)


def open_direct(world: World, call: Call) -> Any:
    found = world.users.get(int(call.json.get("recipient_id") or 0))
    if found is None or found is world.bot:
        raise wrong("recipient_id", "BASE_TYPE_INVALID", "Invalid Recipient(s)")
    return shapes.channel(world, world.direct(found, world.bot))


def get_application(world: World, call: Call) -> Any:
    return shapes.application(world)


def edit_application(world: World, call: Call) -> Any:
    return shapes.application(world)


def refresh_urls(world: World, call: Call) -> Any:
    """Fresh links for old ones."""
    found = []
    for url in call.json.get("attachment_urls") or ():
        plain = str(url).partition("?")[0].removeprefix(f"{world.cdn.base}/cdn")
        file = world.cdn.at(plain)
        found.append({"original": url, "refreshed": world.cdn.link(file) if file else None})
    return {"refreshed_urls": found}


ROUTES: Routes = {
    ("GET", "/guilds/{guild}"): get_guild,
    ("GET", "/guilds/{guild}/channels"): guild_channels,
    ("GET", "/guilds/{guild}/roles"): guild_roles,
    ("GET", "/guilds/{guild}/members"): list_members,
    ("GET", "/guilds/{guild}/members/{user}"): get_member,
    ("GET", "/users/@me"): get_me,
    ("PATCH", "/users/@me"): edit_me,
    ("GET", "/users/@me/guilds"): my_guilds,
    ("DELETE", "/users/@me/guilds/{guild}"): leave_guild,
    ("POST", "/users/@me/channels"): open_direct,
    ("GET", "/users/{user}"): get_user,
    ("GET", "/oauth2/applications/@me"): get_application,
    ("GET", "/applications/@me"): get_application,
    ("PATCH", "/applications/@me"): edit_application,
    ("POST", "/attachments/refresh-urls"): refresh_urls,
}
