"""The gateway: who hears what, and what happens when the line breaks."""

import asyncio

import pytest

from tests.emulators.discord import Discord
from tests.emulators.discord.library import discord, intents, pointed, running, serving


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


def texts(client):
    return [one.content for one in client.all("message")]


async def test_a_broken_line_is_resumed_and_nothing_is_lost(server: Discord, ann, general):
    async with running(server) as client:
        server.say(ann, general, "before")
        await server.until(lambda: texts(client) == ["before"])
        server.drop()
        await server.until(lambda: not server.connected)
        server.say(ann, general, "meanwhile")

        await server.until(lambda: texts(client) == ["before", "meanwhile"])
        assert (server.gateway.resumed, len(server.gateway.identified)) == (1, 1)
        assert client.all("resumed")


async def test_where_resuming_is_refused_what_was_said_is_gone(server: Discord, ann, general):
    async with running(server) as client:
        server.drop(resume=False)
        await server.until(lambda: not server.connected)
        server.say(ann, general, "meanwhile")
        await server.until(lambda: len(server.gateway.identified) == 2)
        server.say(ann, general, "after")

        await server.until(lambda: texts(client) == ["after"])
        assert server.gateway.resumed == 0


async def test_interactions_are_not_told_twice(server: Discord, ann, general):
    def setup(client):
        @client.tree.command(description="x")
        async def paint(interaction: discord.Interaction):
            await interaction.response.send_message("painted")

        return client.tree.sync()

    async with running(server, setup):
        server.drop()
        await server.until(lambda: not server.connected)
        missed = server.slash(ann, general, "paint")
        await server.until(lambda: server.gateway.resumed)
        heard = server.slash(ann, general, "paint")
        await server.until(lambda: heard.answered)

        assert not missed.answered
        server.advance(3)
        assert missed.failed


async def test_the_bot_is_asked_to_reconnect(server: Discord, ann, general):
    async with running(server) as client:
        server.reconnect()
        await server.until(lambda: server.gateway.resumed == 1)
        server.invalidate(resumable=True)
        await server.until(lambda: server.gateway.resumed == 2)
        server.invalidate()
        await server.until(lambda: len(server.gateway.identified) == 2 and server.connected)
        server.say(ann, general, "still there?")

        await server.until(lambda: texts(client) == ["still there?"])


async def test_a_message_told_twice_is_heard_twice(server: Discord, ann, general):
    async with running(server) as client:
        said = server.say(ann, general, "once")
        server.repeat(said)

        await server.until(lambda: texts(client) == ["once", "once"])


async def test_intents_must_be_approved(server: Discord):
    server.world.approved = set()

    with pytest.raises(discord.PrivilegedIntentsRequired):
        async with running(server):
            pass


async def test_contents_are_hidden_without_the_intent(server: Discord, ann, general):
    async with running(server, wanted=intents(message_content=False)) as client:
        first = server.say(ann, general, "secret", files=[b"x"])
        server.say(ann, general, f"{server.bot.mention} for you")
        server.say(ann, ann, "in private")
        mine = await client.get_channel(general.id).send("mine")
        server.say(ann, general, "quiet answer", reply_to=mine.id, ping=False)
        server.say(ann, general, "loud answer", reply_to=mine.id)
        await server.until(lambda: len(client.all("message")) == 6)

        assert texts(client) == [
            "",
            f"{server.bot.mention} for you",
            "in private",
            "mine",
            "",
            "loud answer",
        ]
        assert client.all("message")[0].attachments == []
        fetched = await client.get_channel(general.id).fetch_message(first.id)
        assert fetched.content == "secret"  # the application may, this connection did not ask
        server.world.approved = {"members", "presences"}
        fetched = await client.get_channel(general.id).fetch_message(first.id)
        assert fetched.content == ""


async def test_events_come_as_asked_for(server: Discord, ann, general):
    wanted = discord.Intents(guilds=True, dm_messages=True)
    async with running(server, wanted=wanted) as client:
        server.say(ann, general, "in public")
        server.say(ann, ann, "in private")
        await server.until(lambda: client.all("message"))

        assert texts(client) == ["in private"]


async def test_shards_hear_their_servers(server: Discord, ann):
    server.shards = 2
    even, odd = (server.channel(server.guild(f"G{n}", [ann], number=(1000 + n) << 22)) for n in (0, 1))

    class Shards(discord.AutoShardedClient):
        heard: list[tuple[int, str]] = []  # noqa: RUF012

        async def on_ready(self):
            server.world.changes.notify()

        async def on_message(self, message):
            self.heard.append((message.guild.shard_id if message.guild else 0, message.content))
            server.world.changes.notify()

    async with pointed(server):
        client = Shards(intents=intents(), guild_ready_timeout=0.05)
        async with client:
            task = asyncio.create_task(client.start(server.token))
            await server.until(lambda: len(server.gateway.identified) == 2 and client.is_ready())
            server.say(ann, even, "even")
            server.say(ann, odd, "odd")
            server.say(ann, ann, "direct")
            await server.until(lambda: len(client.heard) == 3)
            await client.close()
            await task
    assert sorted(client.heard) == [(0, "direct"), (0, "even"), (1, "odd")]


async def test_members_are_told_on_request(server: Discord, ann, general):
    bea = server.user("Bea")
    server.add(general.guild, bea)
    async with running(server, wanted=intents(members=True)) as client:
        guild = client.get_guild(general.guild.id)
        await guild.chunk()

        assert {one.display_name for one in guild.members} == {"Ann", "Bea", "Chatelier"}
        (found,) = await guild.query_members("be")
        assert found.id == bea.id


async def test_edits_deletions_and_reactions_are_told(server: Discord, ann, general):
    async with running(server) as client:
        said = server.say(ann, general, "first")
        server.edit(said, "second")
        server.unfurl(said, url="https://x.y", title="x")
        server.react(ann, said, "👍")
        other = server.say(ann, general, "other")
        server.remove(said)
        server.remove(other, server.say(ann, general, "third"))
        await server.until(lambda: client.all("raw_bulk_message_delete"))

        edit, preview = client.all("raw_message_edit")
        assert (edit.data["content"], bool(edit.data["edited_timestamp"])) == ("second", True)
        assert preview.data["embeds"][0]["url"] == "https://x.y"
        assert client.all("raw_reaction_add")[0].emoji.name == "👍"
        assert client.all("raw_message_delete")[0].message_id == said.id
        assert len(client.all("raw_bulk_message_delete")[0].message_ids) == 2


async def test_places_come_and_go(server: Discord, ann, general):
    async with running(server) as client:
        other = server.channel(general.guild, "other", slowmode=5)
        server.rename(other, "renamed")
        server.delete_channel(other)
        guild = server.guild("Second", [ann])
        server.outage(guild)
        server.outage(guild, over=True)
        server.kick(guild)
        await server.until(lambda: client.all("guild_remove"))

        assert client.all("guild_channel_delete")[0].name == "renamed"
        assert [one.name for one in client.all("guild_join")] == ["Second"]
        assert [one.name for one in client.all("guild_unavailable")] == ["Second"]
        assert [one.name for one in client.all("guild_available")] == ["Painters", "Second"]
        assert [one.id for one in client.guilds] == [general.guild.id]


async def test_heartbeats_that_nobody_answers(server: Discord):
    server.gateway.heartbeat = 100
    async with running(server, heartbeat_timeout=0.3):
        server.deafen()
        await server.until(lambda: server.gateway.resumed)


async def test_the_bot_hears_of_its_own_rights(server: Discord, ann, general):
    """Also without the intent for members."""
    async with running(server) as client:
        me = client.get_guild(general.guild.id).me
        role = server.role(general.guild, "Movers", rights=["manage_messages"])
        server.give(general.guild, ann, role)
        server.give(general.guild, server.bot, role)
        await server.until(lambda: me.guild_permissions.manage_messages)
        server.entitle(general.guild, role, ["kick_members"])
        await server.until(lambda: not me.guild_permissions.manage_messages)
        server.mute(general.guild, server.bot)
        await server.until(lambda: me.is_timed_out())

        assert [one.id for one in client.all("member_update")] == [server.bot.id] * 2
