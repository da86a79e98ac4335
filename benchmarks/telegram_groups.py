"""Many groups on Telegram with an answer growing in each, and flood control as the platform has it."""

import asyncio
import time
from contextlib import AsyncExitStack

from benchmarks.measure import Row, plain
from benchmarks.processes import bot, gateway
from benchmarks.script import Script
from benchmarks.telegram_pair import settings_for
from tests.emulators.telegram import Chat, Flood, Telegram

QUICK = {"groups": 10, "seconds": 5.0}
EVERY = 0.1  # seconds between two chunks


async def measure(*, groups: int = 50, seconds: float = 25.0) -> list[Row]:
    """How often the bot was told to wait, which must be never, and how often people saw a change."""
    async with AsyncExitStack() as stack:
        model = await stack.enter_async_context(gateway())
        server = await stack.enter_async_context(Telegram(flood=Flood()))
        await stack.enter_async_context(bot(model.url, settings=settings_for(server.url, server.token)))
        ann = server.user("Ann")
        places = [server.supergroup(f"Group {number}", [ann], announce=False) for number in range(groups)]
        began = time.monotonic()
        question = f"@{server.world.bot.username} {Script(round(seconds / EVERY), EVERY)}"
        for place in places:
            server.say(ann, place, question)
        ended = await asyncio.gather(*(_ended(server, place, began + seconds) for place in places))
        edits = [_edits(server, place) for place in places]
    note = f"{groups} groups, {seconds:.0f} s each"
    refused = float(server.refused_429)
    rates = [count / seconds * 60 for count in edits]
    return [
        Row(
            "Telegram, groups: told to wait",
            "",
            refused,
            shown=f"{refused:.0f}",
            low=refused,
            high=refused,
            target="never",
            held=refused == 0,
            note=note,
        ),
        plain("… edits per group and minute", "1/min", rates, note=note),
        plain("… model's end to the last word", "s", ended, note=note),
    ]


async def _ended(server: Telegram, place: Chat, due: float) -> float:
    """Seconds from the model's end until the whole answer stands there."""

    def is_whole() -> bool:
        last = server.last(place)
        return last is not None and "Retry" in last.labels

    await server.until(is_whole, within=120)
    return max(0.0, time.monotonic() - due)


def _edits(server: Telegram, place: Chat) -> int:
    last = server.last(place)
    return 0 if last is None else len(server.history(place, last)) - 1
