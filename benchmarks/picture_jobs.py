"""A thousand picture jobs under way: what the gateway is asked, and what following them costs."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import aiohttp

from benchmarks.measure import Row, cpu_seconds, plain
from benchmarks.processes import Program, bot, gateway
from benchmarks.web_client import ChatPage, chat_pages

QUICK = {"jobs": 200, "seconds": 5.0}
PEOPLE = 20
GAP = 0.25  # seconds of silence that separate two rounds of questions
PATIENCE = 120.0  # seconds until all are under way


async def measure(*, jobs: int = 1000, seconds: float = 20.0) -> list[Row]:
    """Twenty people have painted with all their might; first their pages are open, then closed."""
    async with gateway() as service, bot(service.url) as program, aiohttp.ClientSession() as session:
        async with chat_pages(program.url, PEOPLE) as pages:
            readers = [asyncio.create_task(page.read()) for page in pages]
            await _order(pages, jobs)
            await _under_way(session, service, jobs)
            await session.delete(f"{service.url}/bench")
            watched = await _share(program, seconds)
            counted = await _counted(session, service)
            for reader in readers:
                reader.cancel()
        unwatched = await _share(program, seconds / 2)
    rounds = _rounds(counted["lists"])
    requests = [float(len(each)) for each in rounds]
    # One in twenty waits for words, and is asked about only now and then.
    if counted["fetches"] or sum(size for each in rounds for size in each) < 0.9 * jobs:
        raise RuntimeError(f"the jobs were not followed together: {counted}")
    note = f"{jobs} jobs at mixed stages, {len(rounds)} rounds in {seconds:g} s"
    return [
        plain("picture jobs: requests per round", "", requests, below=31, note=note),
        plain(
            "… CPU, 20 pages watching", "%", [watched], below=10, note="of one core; 3 % more every 3 s each"
        ),
        plain("… CPU, nobody watching", "%", [unwatched], below=10, note="of one core"),
    ]


async def _order(pages: Sequence[ChatPage], jobs: int) -> None:
    for number in range(jobs // len(pages)):
        for page in pages:
            await page.say(f"/imagine a red fox in the snow, number {number} --ar 16:9")


async def _under_way(session: aiohttp.ClientSession, service: Program, jobs: int) -> None:
    """Until the gateway has taken them all."""
    end = time.monotonic() + PATIENCE
    while (taken := (await _counted(session, service))["submits"]) < jobs:
        if time.monotonic() > end:
            raise TimeoutError(f"only {taken} of {jobs} jobs are under way after {PATIENCE:g} s")
        await asyncio.sleep(0.2)
    await asyncio.sleep(2)  # the last cards are still being drawn


async def _counted(session: aiohttp.ClientSession, service: Program) -> dict[str, Any]:
    async with session.get(f"{service.url}/bench") as answer:
        counted: dict[str, Any] = await answer.json()
        return counted


async def _share(program: Program, seconds: float) -> float:
    """Per cent of one core."""
    used, began = cpu_seconds(program.pid), time.monotonic()
    await asyncio.sleep(seconds)
    return (cpu_seconds(program.pid) - used) / (time.monotonic() - began) * 100


def _rounds(lists: Sequence[tuple[float, int]]) -> list[list[int]]:
    """The questions about tasks, those that came together put together: how many tasks each asked about."""
    rounds: list[list[int]] = []
    last = float("-inf")
    for at, size in lists:
        if at - last > GAP:
            rounds.append([])
        rounds[-1].append(size)
        last = at
    return rounds
