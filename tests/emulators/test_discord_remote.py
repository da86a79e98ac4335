"""The server in a process of its own, told what to do over HTTP; the bot in another."""

import asyncio
import socket
import sys
from pathlib import Path

import pytest

from tests.emulators.discord import Rates, Remote, Upload, picture
from tests.emulators.discord.remote import running

ROOT = Path(__file__).resolve().parents[2]

BOT = """
import sys, yarl, discord
from discord import app_commands

discord.http.Route.BASE = sys.argv[1]
discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(sys.argv[2])
intents = discord.Intents.default()
intents.message_content = True
client = discord.Client(intents=intents, guild_ready_timeout=0.05)
tree = app_commands.CommandTree(client)

@tree.command(description="Paint")
async def paint(interaction: discord.Interaction, prompt: str, image: discord.Attachment):
    await interaction.response.defer(thinking=True)
    file = discord.File(__import__("io").BytesIO(await image.read()), "b.png")
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label="U1", custom_id="u1"))
    await interaction.edit_original_response(content=prompt, attachments=[file], view=view)

@client.event
async def on_interaction(interaction):
    if interaction.type is discord.InteractionType.component:
        await interaction.response.send_message("pressed", ephemeral=True)

@client.event
async def on_message(message):
    if message.author != client.user:
        await message.reply(message.content.upper())

@client.event
async def setup_hook():
    await tree.sync()

client.run(sys.argv[3], log_handler=None)
"""


@pytest.fixture
async def remote():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = (sys.executable, "-m", "tests.emulators.discord", "--port", str(port))
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.DEVNULL)
    try:
        await running(f"http://127.0.0.1:{port}")
        async with Remote(f"http://127.0.0.1:{port}") as remote:
            yield remote
    finally:
        process.kill()
        await process.wait()


async def bot(remote: Remote) -> asyncio.subprocess.Process:
    addresses = [await remote.get(name) for name in ("url", "gateway_url", "token")]
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", BOT, *addresses)
    await remote.until(lambda: remote.get("connected"))
    return process


async def test_the_server_outlives_the_bot(remote: Remote):
    ann = await remote.user("Ann", locale="de")
    guild = await remote.guild("Painters", [ann])
    general = await remote.channel(guild, "general")
    first = await bot(remote)
    try:
        me = await remote.get("bot")
        said = await remote.say(ann, general, f"{me.mention} hello", files=[Upload(b"x", "a.txt")])
        seen = await remote.until(lambda: remote.last(general))
        assert (seen.text, seen.reply_to, seen.pings) == (f"{me.mention.upper()} HELLO", said.id, [ann.id])

        paint = await remote.slash(ann, general, "paint", prompt="a fox", image=picture())
        card = await remote.until(lambda: painted(remote, general))
        assert (card.text, card.data, card.rows) == ("a fox", picture(), [["U1"]])
        assert (await remote.interaction(paint)).response == "deferred"
    finally:
        first.kill()
        await first.wait()
    await remote.until(lambda: gone(remote))

    second = await bot(remote)
    try:
        press = await remote.press(ann, card, "U1")
        await remote.until(lambda: answered(remote, press))
        assert [one.text for one in await remote.whispers(ann)] == ["pressed"]
        assert await remote.get("violations") == []
        assert (await remote.get("counts"))["sync"] == 2
        assert [one.made for one in await remote.get("syncs")] == [1, 0]
    finally:
        second.kill()
        await second.wait()


async def painted(remote: Remote, general):
    seen = await remote.last(general)
    return seen if seen.files else None


async def gone(remote: Remote):
    return not await remote.get("connected")


async def answered(remote: Remote, press):
    return (await remote.interaction(press)).answered


async def test_switches_and_refusals_from_outside(remote: Remote):
    await remote.set("rates", Rates(create=(2, 9.0)))
    await remote.set("approved", ["members"])
    assert (await remote.get("rates"))["create"] == [2, 9.0]
    assert await remote.get("approved") == ["members"]
    ann = await remote.user()
    with pytest.raises(LookupError, match="no command"):
        await remote.slash(ann, ann, "paint")
    with pytest.raises(ValueError, match="no verb"):
        await remote.explode()
