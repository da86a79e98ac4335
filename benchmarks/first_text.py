"""From the model's first word to the page, on an idle service."""

import asyncio

from benchmarks.measure import Row, difference, percentile
from benchmarks.processes import bot, floor, gateway
from benchmarks.script import Script
from benchmarks.web_client import Page, chat_pages, floor_pages

QUICK = {"rounds": 1, "turns": 15}
SCRIPT = Script(6, 0.01)
REST = 0.05  # seconds between two questions, so that nothing is left to do from the last


async def measure(*, rounds: int = 3, turns: int = 50) -> list[Row]:
    """Milliseconds, median and 95th percentile, over the floor's."""
    async with (
        gateway() as service,
        floor(service.url) as theirs,
        bot(service.url) as ours,
        floor_pages(theirs.url, 1) as their_pages,
        chat_pages(ours.url, 1) as our_pages,
    ):
        for page in (*their_pages, *our_pages):
            await _turns(page, 5)
        samples = []
        for number in range(rounds):
            order = [our_pages[0], their_pages[0]]
            taken = {id(page): await _turns(page, turns) for page in (order if number % 2 else order[::-1])}
            samples.append((taken[id(order[0])], taken[id(order[1])]))
    middle = [(percentile(ours, 0.5), percentile(theirs, 0.5)) for ours, theirs in samples]
    late = [(percentile(ours, 0.95), percentile(theirs, 0.95)) for ours, theirs in samples]
    note = f"{rounds * turns} answers"
    return [
        difference("first word to page: median", "ms", middle, at_most=10, note=note),
        difference("first word to page: 95 %", "ms", late, note=note),
    ]


async def _turns(page: Page, count: int) -> list[float]:
    """Milliseconds until each first word was on the page."""
    took = []
    for _ in range(count):
        took.append((await page.ask(SCRIPT)).first * 1000)
        await asyncio.sleep(REST)
    return took
