"""Interactions: clocks, what may answer what, who sees it, and where they come from."""

import pytest

from tests.emulators.discord import Discord, Upload
from tests.emulators.discord.library import Raw, app_commands, discord, raw, running, serving

V2 = 1 << 15
EPHEMERAL = 1 << 6


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
DEFER = {"type": 5}


async def test_the_first_answer_has_three_seconds(server: Discord, api: Raw, paint):
    one = paint()
    server.advance(2.9)
    assert (await api("POST", callback(one), SAY))[0] == 204
    late = paint()
    assert not late.failed
    server.advance(3)
    assert late.failed
    status, body = await api("POST", callback(late), SAY)
    assert (status, body["code"]) == (404, 10062)
    assert late.refused == [(404, 10062)]
    assert not late.answered


async def test_there_is_one_first_answer(api: Raw, paint):
    one = paint()
    await api("POST", callback(one), DEFER)

    status, body = await api("POST", callback(one), SAY)

    assert (status, body["code"]) == (400, 40060)


async def test_a_refused_answer_does_not_count(server: Discord, api: Raw, general, paint):
    one = paint()
    assert await api.refused("POST", callback(one), {"type": 4, "data": {"content": "x" * 2001}}) == [
        "content BASE_TYPE_MAX_LENGTH"
    ]
    assert (await api("POST", callback(one), {"type": 4, "data": {"content": ""}}))[1]["code"] == 50006

    assert (await api("POST", callback(one), SAY))[0] == 204
    assert server.texts(general) == ["hello"]


async def test_the_token_works_for_fifteen_minutes(server: Discord, api: Raw, general, paint):
    one = paint()
    assert (await api("POST", webhook(server, one), content="early"))[1]["code"] == 10015
    await api("POST", callback(one), DEFER)
    server.advance(899)
    await api("PATCH", webhook(server, one, "/messages/@original"), content="in time")
    server.advance(1)

    status, body = await api("PATCH", webhook(server, one, "/messages/@original"), content="late")
    assert (status, body["code"]) == (401, 50027)
    path = f"/channels/{general.id}/messages/{one.message}"
    assert (await api("PATCH", path, content="by the bot's own token"))[0] == 200
    assert server.texts(general) == ["by the bot's own token"]


async def test_an_ephemeral_answer_is_out_of_reach_without_its_token(
    server: Discord, api: Raw, ann, general, paint
):
    one = paint()
    await api("POST", callback(one), {"type": 5, "data": {"flags": EPHEMERAL}})
    await api("PATCH", webhook(server, one, "/messages/@original"), content="psst")

    path = f"/channels/{general.id}/messages/{one.message}"
    assert (await api("PATCH", path, content="x"))[1]["code"] == 10008
    assert server.messages(general) == []
    assert [one.text for one in server.messages(general, viewer=ann)] == ["psst"]
    assert one.ephemeral
    server.dismiss(one.message)
    status, body = await api("PATCH", webhook(server, one, "/messages/@original"), content="x")
    assert (status, body["code"]) == (404, 10008)


async def test_the_first_followup_fills_in_what_was_deferred(server: Discord, api: Raw, ann, general, paint):
    one = paint()
    await api("POST", callback(one), DEFER)
    assert server.last(general).thinking

    _, first = await api("POST", webhook(server, one), content="here", flags=EPHEMERAL)
    _, second = await api("POST", webhook(server, one), content="alone", flags=EPHEMERAL)

    assert int(first["id"]) == one.message
    assert server.texts(general) == ["here"]
    assert [one.text for one in server.whispers(ann)] == ["alone"]
    assert [m.id for m in one.followups] == [int(second["id"])]
    path = webhook(server, one, f"/messages/{second['id']}")
    assert (await api("PATCH", path, content="changed"))[0] == 200
    assert (await api("DELETE", path))[0] == 204
    assert server.whispers(ann) == []


async def test_the_answer_tells_of_itself(server: Discord, api: Raw, paint):
    one = paint()
    _, body = await api("POST", f"{callback(one)}?with_response=1", SAY)

    assert body["interaction"]["response_message_id"] == str(one.message)
    message = body["resource"]["message"]
    assert (message["content"], message["type"]) == ("hello", 20)
    assert message["interaction_metadata"]["name"] == "paint"


@pytest.fixture
async def pressed(server: Discord, api: Raw, ann, general):
    buttons = [{"type": 2, "style": 1, "label": "U1", "custom_id": "u1"}]
    body = {"content": "card", "components": [{"type": 1, "components": buttons}]}
    await api("POST", f"/channels/{general.id}/messages", body)
    return lambda: server.press(ann, server.last(general), "U1")


async def test_an_answer_must_fit_the_deed(server: Discord, api: Raw, paint, pressed):
    for one, kind in [(paint(), 6), (paint(), 7), (paint(), 8), (pressed(), 8), (paint(), 99)]:
        assert await api.refused("POST", callback(one), {"type": kind, "data": {}}) == [
            "type BASE_TYPE_CHOICES"
        ]
    one = pressed()
    assert (await api("POST", callback(one), {"type": 6}))[0] == 204
    await api("PATCH", webhook(server, one, "/messages/@original"), content="changed")
    assert server.seen(one.source.id).text == "changed"


FORM = {"custom_id": "form", "title": "Words"}


def field(**more):
    return {"type": 4, "custom_id": "words", "style": 1, "label": "Say it"} | more


def form(*rows, **more):
    parts = [{"type": 1, "components": [one]} for one in rows]
    return {"type": 9, "data": FORM | {"components": parts} | more}


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (form(field(), title="x" * 46), "title BASE_TYPE_BAD_LENGTH"),
        (form(field(), custom_id=""), "custom_id BASE_TYPE_BAD_LENGTH"),
        (form(field(label="x" * 46)), "components.0.components.0.label BASE_TYPE_BAD_LENGTH"),
        (form(field(value="x" * 4001)), "components.0.components.0.value BASE_TYPE_MAX_LENGTH"),
        (form(field(placeholder="x" * 101)), "components.0.components.0.placeholder BASE_TYPE_MAX_LENGTH"),
        (form(field(value="abc", max_length=2)), "components.0.components.0.value BASE_TYPE_MAX_LENGTH"),
        (form(field(), field()), "components.1.components.0.custom_id COMPONENT_CUSTOM_ID_DUPLICATED"),
        (form(*[field(custom_id=str(n)) for n in range(6)]), "components BASE_TYPE_BAD_LENGTH"),
        (form(components=[]), "components BASE_TYPE_BAD_LENGTH"),
    ],
)
async def test_forms_have_limits(api: Raw, paint, data, fault):
    assert await api.refused("POST", callback(paint()), data) == [f"data.{fault}"]


async def test_a_form_is_not_shown_after_a_form(server: Discord, api: Raw, paint):
    one = paint()
    await api("POST", callback(one), form(field(value="a fox")))
    assert one.fields == {"Say it": "a fox"}
    with pytest.raises(LookupError, match="no fields"):
        server.fill(one, {"Sing it": "la"})
    sent = server.fill(one, {"Say it": "two foxes"})

    assert await api.refused("POST", callback(sent), form(field())) == ["type BASE_TYPE_CHOICES"]
    with pytest.raises(LookupError, match="already"):
        server.fill(one, {})
    assert (await api("POST", callback(sent), SAY))[0] == 204


async def test_people_cannot_enter_what_does_not_fit(server: Discord, api: Raw, paint):
    one = paint()
    await api("POST", callback(one), form(field(max_length=3)))

    with pytest.raises(ValueError, match="characters"):
        server.fill(one, {"Say it": "four"})
    with pytest.raises(ValueError, match="characters"):
        server.fill(one, {"Say it": ""})


async def test_only_what_is_there_can_be_pressed(server: Discord, api: Raw, ann, general):
    off = {"type": 2, "style": 1, "label": "Off", "custom_id": "off", "disabled": True}
    link = {"type": 2, "style": 5, "label": "Site", "url": "https://x.y"}
    body = {"content": "card", "components": [{"type": 1, "components": [off, link]}]}
    await api("POST", f"/channels/{general.id}/messages", body)
    card = server.last(general)

    for label in ("Off", "Site", "Other"):
        with pytest.raises(LookupError):
            server.press(ann, card, label)
    with pytest.raises(LookupError, match="does not see"):
        server.press(server.user("Eve"), card, "Off")
    assert server.forge(ann, card, "anything").data["custom_id"] == "anything"


async def test_uploads_in_an_answer_follow_the_person_and_the_place(server: Discord, api: Raw, paint):
    rich = server.user("Rich", upload_limit=50 << 20)
    place = server.channel(server.guild("Rich ones", [rich]))
    one = paint(place, rich)
    await api("POST", callback(one), DEFER)

    assert (await api.upload("POST", webhook(server, one), [("a.bin", bytes(11 << 20))]))[0] == 200


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
    import io

    from tests.emulators.discord import picture

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
