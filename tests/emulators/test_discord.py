"""The server, driven by discord.py over sockets: talk, files, commands, buttons, forms."""

import io

import pytest

from tests.emulators.discord import Discord, Upload, picture
from tests.emulators.discord.library import Client, app_commands, discord, running, serving


@pytest.fixture
async def server():
    async with serving() as server:
        yield server


@pytest.fixture
async def place(server: Discord):
    ann = server.user("Ann", locale="de")
    return ann, server.channel(server.guild("Painters", [ann]), "general")


async def test_the_bot_connects_and_knows_where_it_is(server: Discord, place):
    _, general = place
    async with running(server) as client:
        assert server.connected
        assert client.user.id == server.bot.id
        assert client.get_channel(general.id).name == "general"
        assert client.get_guild(general.guild.id).me.guild_permissions.send_messages
    await server.until(lambda: not server.connected)
    assert not server.violations


async def test_what_a_person_says_arrives(server: Discord, place):
    ann, general = place
    async with running(server) as client:
        first = server.say(ann, general, f"{server.bot.mention} hello", files=[picture()])
        server.say(ann, general, "again", reply_to=first)
        server.say(ann, ann, "in private")
        await server.until(lambda: len(client.all("message")) == 3)

        said, answer, private = client.all("message")
        assert said.content == f"<@{server.bot.id}> hello"
        assert said.mentions == [client.user]
        assert said.author.display_name == "Ann"
        assert await said.attachments[0].read() == picture()
        assert (said.attachments[0].width, said.attachments[0].content_type) == (64, "image/png")
        assert answer.reference.message_id == said.id
        assert answer.reference.resolved.content == said.content
        assert isinstance(private.channel, discord.DMChannel)


async def test_what_the_bot_says_is_seen(server: Discord, place):
    ann, general = place
    async with running(server) as client:
        channel = client.get_channel(general.id)
        view = discord.ui.View(timeout=None)
        view.add_item(discord.ui.Button(label="U1", custom_id="job:1:U1"))
        view.add_item(discord.ui.Button(label="Site", url="https://example.org"))
        file = discord.File(io.BytesIO(picture()), "fox one.png", description="a fox")
        sent = await channel.send(f"for {ann.mention}", file=file, view=view)

        seen = server.last(general)
        assert (seen.id, seen.text, seen.rows) == (sent.id, f"for {ann.mention}", (("U1", "Site"),))
        assert (seen.data, seen.files[0].name, seen.files[0].description) == (
            picture(),
            "fox_one.png",
            "a fox",
        )
        assert seen.pings == (ann.id,)

        await sent.edit(content="done", attachments=[discord.File(io.BytesIO(b"two"), "b.txt")], view=None)
        seen = server.last(general)
        assert (seen.text, seen.rows, [one.name for one in seen.files]) == ("done", (), ["b.txt"])
        assert seen.edited
        assert [one.text for one in server.history(seen)] == [f"for {ann.mention}", "done"]

        await sent.delete()
        assert server.last(general) is None
        assert not server.violations


def commands(client: Client):
    @client.tree.command(description="Paint a picture")
    @app_commands.describe(prompt="What", image="A picture to start from")
    async def imagine(interaction: discord.Interaction, prompt: str, image: discord.Attachment | None = None):
        await interaction.response.defer(thinking=True)
        text = f"{prompt} {len(await image.read()) if image else 0}"
        await interaction.edit_original_response(content=text)

    @client.tree.command(description="Say it to me alone")
    async def whisper(interaction: discord.Interaction):
        await interaction.response.send_message("psst", ephemeral=True)
        await interaction.followup.send("psst again", ephemeral=True)

    return client.tree.sync()


async def test_slash_commands(server: Discord, place):
    ann, general = place
    async with running(server, commands) as client:
        assert server.syncs[-1].made == 2

        imagine = server.slash(ann, general, "imagine", prompt="a fox", image=Upload(b"12345", "a.bin"))
        seen = await server.until(lambda: (s := server.last(general)) and s.text and s)
        assert seen.text == "a fox 5"
        assert (imagine.response, imagine.message, seen.command) == ("deferred", seen.id, "imagine")
        assert [one.thinking for one in server.history(seen)] == [True, False]

        server.slash(ann, general, "whisper")
        first, second = await server.until(lambda: len(w := server.whispers(ann)) == 2 and w)
        assert (first.text, second.text, first.ephemeral) == ("psst", "psst again", True)
        assert len(server.messages(general)) == 1
        assert len(server.messages(general, viewer=ann)) == 3
        assert not client.failures
        assert not server.violations


async def test_buttons_selects_and_forms(server: Discord, place):
    ann, general = place

    class Zoom(discord.ui.Modal, title="Zoom"):
        how = discord.ui.Label(text="How far", component=discord.ui.TextInput(default="1.5"))
        images = discord.ui.Label(text="Pictures", component=discord.ui.FileUpload(required=False))

        async def on_submit(self, interaction):
            names = [one.filename for one in self.images.component.values]
            data = [await one.read() for one in self.images.component.values]
            await interaction.response.send_message(f"{self.how.component.value} {names} {data}")

    class Keys(discord.ui.View):
        @discord.ui.button(label="U1", custom_id="u1")
        async def u1(self, interaction, button):
            await interaction.response.edit_message(content="pressed")

        @discord.ui.button(label="Zoom", custom_id="zoom")
        async def zoom(self, interaction, button):
            await interaction.response.send_modal(Zoom())

        @discord.ui.select(placeholder="Model", custom_id="model", options=[discord.SelectOption(label="A")])
        async def model(self, interaction, select):
            await interaction.response.defer()
            await interaction.followup.send(f"chose {select.values}", ephemeral=True)

    async with running(server) as client:
        await client.get_channel(general.id).send("card", view=Keys(timeout=None))
        card = server.last(general)

        press = server.press(ann, card, "U1")
        await server.until(lambda: press.answered)
        assert (press.response, server.seen(card).text) == ("update", "pressed")

        chosen = server.choose(ann, card, "A")
        await server.until(lambda: server.whispers(ann))
        assert chosen.response == "deferred_update"
        assert server.whispers(ann)[0].text == "chose ['A']"

        opened = server.press(ann, card, "Zoom")
        await server.until(lambda: opened.modal)
        assert (opened.title, opened.fields) == ("Zoom", {"How far": "1.5", "Pictures": ""})
        sent = server.fill(opened, {"How far": "2", "Pictures": [("a.txt", b"abc")]})
        await server.until(lambda: sent.answered)
        assert server.last(general).text == "2 ['a.txt'] [b'abc']"
        assert not client.failures
        assert not server.violations
