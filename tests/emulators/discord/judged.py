"""A bot that does what it is told, here and before an independent judge."""

import asyncio
import io

from tests.emulators.discord import picture
from tests.emulators.discord.library import app_commands, discord, intents


class Bot(discord.Client):
    """Does what it is told, and notes the codes of refusals."""

    def __init__(self) -> None:
        super().__init__(intents=intents(), guild_ready_timeout=0.05)
        self.tree = app_commands.CommandTree(self)
        self.codes: list[int] = []
        self.done = 0
        self.noticed = lambda: None
        self.wait = lambda: asyncio.sleep(5)

    async def setup_hook(self) -> None:
        build(self)
        self.add_view(Keys(self))
        self.add_dynamic_items(Job)
        await self.tree.sync()

    async def on_message(self, message):
        if message.author != self.user:
            await self.doing(DEEDS[message.content](message))

    async def doing(self, deed):
        try:
            await deed
        except discord.HTTPException as error:
            self.codes.append(error.code)
        finally:
            self.done += 1
            self.noticed()


def file(data=b"x", name="a.txt"):
    return discord.File(io.BytesIO(data), name)


def labelled(custom_id):
    view = discord.ui.View(timeout=None)
    return view.add_item(discord.ui.Button(label="x", custom_id=custom_id))


async def edit_twice(message):
    sent = await message.channel.send("one", file=file())
    await sent.edit(content="two", attachments=[*sent.attachments, file(b"y", "b.txt")])
    await sent.edit(content="three", attachments=[])


async def thread(message):
    made = await message.create_thread(name="About it")
    await made.send("inside")
    await message.create_thread(name="Twice")


async def layout(message):
    view = discord.ui.LayoutView(timeout=None)
    gallery = discord.ui.MediaGallery(discord.MediaGalleryItem("attachment://a.png"))
    view.add_item(discord.ui.Container(discord.ui.TextDisplay("hello"), gallery))
    sent = await message.channel.send(view=view, file=file(picture(), "a.png"))
    await sent.edit(content="not beside a layout")


async def cards(message):
    await message.channel.send("card", view=Keys(message._state._get_client()))


async def job(message):
    await message.channel.send("job", view=discord.ui.View(timeout=None).add_item(Job("7")))


DEEDS = {
    "say": lambda m: m.channel.send("hello"),
    "reply": lambda m: m.reply("you said it"),
    "edit": edit_twice,
    "thread": thread,
    "layout": layout,
    "cards": cards,
    "job": job,
    "react": lambda m: m.add_reaction("👍"),
    "too long": lambda m: m.channel.send("x" * 2001),
    "too much": lambda m: m.channel.send(embeds=[discord.Embed(description="x" * 4001)] * 2),
    "nothing": lambda m: m.channel.send(""),
    "not mine": lambda m: m.edit(content="x"),
    "not there": lambda m: m.channel.get_partial_message(1).edit(content="x"),
    "long id": lambda m: m.channel.send("x", view=labelled("x" * 101)),
    "lost reply": lambda m: m.channel.send(
        "x", reference=discord.MessageReference(message_id=1, channel_id=m.channel.id)
    ),
}


class Words(discord.ui.Modal, title="Words"):
    words = discord.ui.Label(text="Say it", component=discord.ui.TextInput(custom_id="words"))
    files = discord.ui.Label(text="Files", component=discord.ui.FileUpload(custom_id="files", required=False))

    async def on_submit(self, interaction):
        names = [(one.filename, await one.read()) for one in self.files.component.values]
        await interaction.client.doing(
            interaction.response.send_message(f"{self.words.component.value} {names}")
        )


class Keys(discord.ui.View):
    def __init__(self, bot):
        super().__init__(timeout=None)
        self.bot = bot

    @discord.ui.button(label="Change", custom_id="change")
    async def change(self, interaction, button):
        await self.bot.doing(interaction.response.edit_message(content="changed"))

    @discord.ui.button(label="Later", custom_id="later")
    async def later(self, interaction, button):
        async def deed():
            await interaction.response.defer()
            await interaction.edit_original_response(content="later", attachments=[file()])
            await interaction.followup.send("beside", ephemeral=True)

        await self.bot.doing(deed())

    @discord.ui.button(label="Ask", custom_id="ask")
    async def ask(self, interaction, button):
        await self.bot.doing(interaction.response.send_modal(Words()))

    @discord.ui.select(
        custom_id="pick", options=[discord.SelectOption(label="A"), discord.SelectOption(label="B")]
    )
    async def pick(self, interaction, select):
        await self.bot.doing(interaction.response.send_message(f"{select.values}"))


class Job(discord.ui.DynamicItem[discord.ui.Button], template=r"job:(?P<job>\d+)"):
    def __init__(self, job):
        super().__init__(discord.ui.Button(label="U1", custom_id=f"job:{job}"))
        self.job = job

    @classmethod
    async def from_custom_id(cls, interaction, item, match):
        return cls(match["job"])

    async def callback(self, interaction):
        await interaction.client.doing(interaction.response.send_message(f"job {self.job}"))


def build(bot):
    @bot.tree.command(description="Paint")
    async def paint(interaction: discord.Interaction, prompt: str, image: discord.Attachment):
        async def deed():
            await interaction.response.defer(thinking=True)
            data = await image.read()
            await interaction.followup.send(f"{prompt} {data}", ephemeral=True)
            await interaction.followup.send("alone", ephemeral=True)

        await bot.doing(deed())

    @bot.tree.command(description="Too late")
    async def late(interaction: discord.Interaction):
        async def deed():
            await bot.wait()
            await interaction.response.send_message("late")

        await bot.doing(deed())

    @bot.tree.command(description="Twice")
    async def twice(interaction: discord.Interaction):
        async def deed():
            await interaction.response.defer(ephemeral=True)
            interaction.response._response_type = None
            await interaction.response.send_message("again")

        await bot.doing(deed())

    @bot.tree.context_menu(name="Ask about this")
    async def ask(interaction: discord.Interaction, message: discord.Message):
        await bot.doing(interaction.response.send_message(f"about {message.content}"))
