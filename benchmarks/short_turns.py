"""Short questions with instant answers, twenty people at once: turns per second, storage included."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from benchmarks.measure import Row, cpu_seconds, ratio
from benchmarks.processes import Program, bot, floor, gateway
from benchmarks.script import Script
from benchmarks.web_client import Page, chat_pages, floor_pages

QUICK = {"rounds": 1, "turns": 10}
SCRIPT = Script(5, 0.0)


@dataclass(frozen=True, slots=True)
class Pace:
    """``rate`` turns per second, each for ``cpu`` milliseconds of the process."""

    rate: float
    cpu: float


async def measure(*, rounds: int = 5, people: int = 20, turns: int = 25) -> list[Row]:
    """Everybody asks, reads the whole answer, asks again."""
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(gateway())
        theirs = await stack.enter_async_context(floor(service.url))
        ours = await stack.enter_async_context(bot(service.url))
        pairs: list[tuple[Pace, Pace]] = []
        for number in range(rounds + 1):  # the first warms up
            # New conversations in every round: how long a history grows is not what is measured here.
            async with (
                floor_pages(theirs.url, people) as their_pages,
                chat_pages(ours.url, people) as our_pages,
            ):
                if number % 2:
                    second = await _pace(theirs, their_pages, turns)
                    pairs.append((await _pace(ours, our_pages, turns), second))
                else:
                    first = await _pace(ours, our_pages, turns)
                    pairs.append((first, await _pace(theirs, their_pages, turns)))
        del pairs[0]
    rates = [(ours.rate, theirs.rate) for ours, theirs in pairs]
    costs = [(ours.cpu, theirs.cpu) for ours, theirs in pairs]
    note = f"{people} people, {turns} turns each"
    return [
        ratio("short turns", "1/s", rates, at_least=0.6, note=note),
        ratio("… CPU per turn", "ms", costs, note=note),
    ]


async def _pace(program: Program, pages: Sequence[Page], turns: int) -> Pace:
    async def person(page: Page) -> None:
        for _ in range(turns):
            await page.ask(SCRIPT)

    used, began = cpu_seconds(program.pid), time.monotonic()
    await asyncio.gather(*(person(page) for page in pages))
    count = len(pages) * turns
    return Pace(count / (time.monotonic() - began), (cpu_seconds(program.pid) - used) / count * 1000)
