"""Many channels on Discord with an answer growing in each, and rate limits as the platform has them."""

import asyncio
import time
from contextlib import AsyncExitStack

from benchmarks.discord_pair import settings_for
from benchmarks.measure import Row, plain
from benchmarks.processes import bot, gateway
from benchmarks.script import Script
from tests.emulators.discord import Channel, Discord, Rates

QUICK = {"channels": 10, "seconds": 5.0}
EVERY = 0.1  # seconds between two chunks


async def measure(*, channels: int = 50, seconds: float = 20.0) -> list[Row]:
    """How often the bot was told to wait, which must be never, and how often people saw a change."""
    async with AsyncExitStack() as stack:
        model = await stack.enter_async_context(gateway())
        server = await stack.enter_async_context(Discord(rates=Rates()))
        settings = settings_for(server.url, server.gateway_url, server.token)
        await stack.enter_async_context(bot(model.url, settings=settings))
        await server.until(lambda: server.connected, within=30)
        people = [server.user(f"Person {number}") for number in range(channels)]
        guild = server.guild("Bakers", people)
        places = [server.channel(guild, f"channel-{number}") for number in range(channels)]
        began = time.monotonic()
        question = f"{server.bot.mention} {Script(round(seconds / EVERY), EVERY)}"
        for person, place in zip(people, places, strict=True):
            server.say(person, place, question)
        ended = await asyncio.gather(*(_ended(server, place, began + seconds) for place in places))
        edits = [_edits(server, place) for place in places]
    note = f"{channels} channels, {seconds:.0f} s each"
    refused = float(server.refused_429)
    rates = [count / seconds * 60 for count in edits]
    return [
        Row(
            "Discord, channels: told to wait",
            "",
            refused,
            shown=f"{refused:.0f}",
            low=refused,
            high=refused,
            target="never",
            held=refused == 0,
            note=note,
        ),
        plain("… edits per channel and minute", "1/min", rates, note=note),
        plain("… model's end to the last word", "s", ended, note=note),
    ]


async def _ended(server: Discord, place: Channel, due: float) -> float:
    """Seconds from the model's end until the whole answer stands there."""

    def is_whole() -> bool:
        last = server.last(place)
        return last is not None and "Retry" in last.labels

    await server.until(is_whole, within=120)
    return max(0.0, time.monotonic() - due)


def _edits(server: Discord, place: Channel) -> int:
    path = f"/channels/{place.id}/messages/"
    return sum(call.path.startswith(path) for call in server.calls("edit_message"))
