"""Commands, buttons and forms by discord.py, also where people take the application along."""

import io

import pytest

from tests.emulators.discord import Discord, Upload, picture
from tests.emulators.discord.library import Raw, app_commands, discord, raw, running, serving


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


@pytest.fixture
async def paint(server: Discord, api: Raw, ann, general):
    """Ann uses the command; the bot has yet to answer."""
    commands = [{"name": "paint", "description": "Paint", "contexts": [0, 1, 2], "integration_types": [0, 1]}]
    await api("PUT", f"/applications/{server.world.application}/commands", commands)
    return lambda place=None, user=None: server.slash(user or ann, place or general, "paint")


def callback(one):
    return f"/interactions/{one.id}/{one.token}/callback"


def webhook(server, one, rest=""):
    return f"/webhooks/{server.world.application}/{one.token}{rest}"


SAY = {"type": 4, "data": {"content": "hello"}}


async def test_where_people_take_the_application_along(server: Discord, api: Raw, ann, paint):
    bea = server.user("Bea", installed=True)
    foreign = server.channel(server.guild("Elsewhere", [bea], bot=False))
    private = server.chat(bea, ann)

    async with running(server) as client:
        abroad, between = paint(foreign, bea), paint(private, bea)
        await server.until(lambda: len(client.all("interaction")) == 2)
        heard = client.all("interaction")
        assert [(one.context.guild, one.context.private_channel) for one in heard] == [
            (True, False),
            (False, True),
        ]
        assert [one.is_user_integration() for one in heard] == [True, True]
        assert [one.is_guild_integration() for one in heard] == [False, False]
        assert client.all("message") == []

    await api("POST", callback(abroad), SAY)
    assert server.texts(foreign) == ["hello"]
    assert (await api("POST", f"/channels/{foreign.id}/messages", content="x"))[1]["code"] == 50001
    await api("POST", callback(between), SAY)
    for _ in range(5):
        assert (await api("POST", webhook(server, between), content="more"))[0] == 200
    assert (await api("POST", webhook(server, between), content="more"))[1]["code"] == 40094
    with pytest.raises(LookupError, match="no command"):
        paint(private, ann)


async def test_where_applications_are_not_welcome_answers_are_private(server: Discord, api: Raw, paint):
    bea = server.user("Bea", installed=True)
    guild = server.guild("Elsewhere", [server.user("Owner"), bea], bot=False)
    foreign = server.channel(guild)
    server.permit(foreign, guild, deny=["use_external_apps"])

    await api("POST", callback(paint(foreign, bea)), SAY)

    assert server.messages(foreign) == []
    assert server.whispers(bea)[0].text == "hello"


async def test_menus_completion_and_subcommands(server: Discord, ann, general):
    def setup(client):
        tree = client.tree

        @tree.context_menu(name="Ask about this")
        async def ask(interaction: discord.Interaction, message: discord.Message):
            await interaction.response.send_message(f"about {message.content} {len(message.attachments)}")

        @tree.context_menu(name="Who is it")
        async def who(interaction: discord.Interaction, member: discord.Member):
            await interaction.response.send_message(member.display_name)

        group = app_commands.Group(name="settings", description="Settings")

        @group.command(name="model", description="Choose a model")
        async def model(interaction: discord.Interaction, name: str, whom: discord.Member, far: float = 0.5):
            await interaction.response.send_message(f"{name} {whom.display_name} {far}", ephemeral=True)

        @model.autocomplete("name")
        async def complete(interaction: discord.Interaction, current: str):
            return [app_commands.Choice(name=f"{current}-{n}", value=f"{current}-{n}") for n in (1, 2)]

        tree.add_command(group)
        return tree.sync()

    async with running(server, setup) as client:
        said = server.say(ann, general, "look", files=[b"1", b"2"])
        server.menu(ann, general, "Ask about this", said)
        await server.until(lambda: server.texts(general) == ["about look 2"])
        server.menu(ann, general, "Who is it", ann)
        await server.until(lambda: server.texts(general)[-1] == "Ann")

        typing = server.autocomplete(ann, general, "settings model", "name", "gp")
        await server.until(lambda: typing.choices)
        assert [one["value"] for one in typing.choices] == ["gp-1", "gp-2"]
        server.slash(ann, general, "settings model", name="gp-1", whom=ann, far=2)
        seen = await server.until(lambda: server.whispers(ann))
        assert seen[0].text == "gp-1 Ann 2.0"

        with pytest.raises(LookupError, match="subcommands"):
            server.slash(ann, general, "settings")
        with pytest.raises(LookupError, match="no options"):
            server.slash(ann, general, "settings model", nome="x")
        with pytest.raises(ValueError, match="needs 'name'"):
            server.slash(ann, general, "settings model", whom=ann)
        with pytest.raises(TypeError):
            server.slash(ann, general, "settings model", name=3, whom=ann)
        assert not client.failures
        assert not server.violations


async def test_months_later_a_button_still_works(server: Discord, ann, general):
    class Job(discord.ui.DynamicItem[discord.ui.Button], template=r"job:(?P<job>\d+)"):
        def __init__(self, job: str):
            super().__init__(discord.ui.Button(label="U1", custom_id=f"job:{job}"))
            self.job = job

        @classmethod
        async def from_custom_id(cls, interaction, item, match):
            return cls(match["job"])

        async def callback(self, interaction):
            await interaction.response.send_message(f"job {self.job}")

    async with running(server) as client:
        view = discord.ui.View(timeout=None).add_item(Job("7"))
        await client.get_channel(general.id).send("card", view=view)
    server.advance(100 * 86_400)

    async with running(server, lambda client: client.add_dynamic_items(Job)):
        server.press(ann, server.last(general), "U1")
        await server.until(lambda: server.texts(general)[-1] == "job 7")


async def test_a_layout_with_a_picture(server: Discord, ann, general):

    async with running(server) as client:
        view = discord.ui.LayoutView(timeout=None)
        gallery = discord.ui.MediaGallery(discord.MediaGalleryItem("attachment://a.png", description="a fox"))
        row = discord.ui.ActionRow(discord.ui.Button(label="U1", custom_id="u1"))
        view.add_item(discord.ui.Container(discord.ui.TextDisplay("# Fox"), gallery, row))
        sent = await client.get_channel(general.id).send(
            view=view, files=[discord.File(io.BytesIO(picture()), "a.png")]
        )

        seen = server.last(general)
        assert (seen.layout, seen.labels, seen.data) == ("# Fox", ["U1"], picture())
        fetched = await client.get_channel(general.id).fetch_message(sent.id)
        assert await fetched.attachments[0].read() == picture()
        assert not server.violations


async def test_a_file_as_an_option(server: Discord, api: Raw, ann, general):
    option = {"name": "image", "description": "A picture", "type": 11, "required": True}
    command = {"name": "look", "description": "Look", "options": [option]}
    await api("POST", f"/applications/{server.world.application}/commands", command)

    one = server.slash(ann, general, "look", image=Upload(b"GIF89a", "a.gif", size=300 << 20))

    file = next(iter(one.data["resolved"]["attachments"].values()))
    assert (file["filename"], file["size"], file["ephemeral"]) == ("a.gif", 300 << 20, True)
    assert server.link(file["url"]) == b"GIF89a"


async def test_whoever_presses_it_was_the_first_who_brought_it(server: Discord, api: Raw, ann, paint):
    bea = server.user("Bea", installed=True)
    foreign = server.channel(server.guild("Elsewhere", [bea, ann], bot=False))
    button = {"type": 2, "style": 1, "label": "U1", "custom_id": "u1"}
    card = {"content": "card", "components": [{"type": 1, "components": [button]}]}
    await api("POST", callback(paint(foreign, bea)), {"type": 4, "data": card})

    async with running(server) as client:
        server.press(ann, server.last(foreign), "U1")
        await server.until(lambda: client.all("interaction"))
        (heard,) = client.all("interaction")
        assert heard.user.id == ann.id
        assert heard._integration_owners == {1: bea.id}
