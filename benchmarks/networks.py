"""What is measured alike on every chat network: ours beside a program on the bare library."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from benchmarks.measure import Row, alternate, cpu_seconds, difference, percentile, ratio
from benchmarks.processes import Program
from benchmarks.script import Script
from benchmarks.short_turns import Pace

REST = 0.15  # seconds between two questions, so that the pace of the whole bot has room


class Heard(Protocol):
    """An answer that was read to its end; ``first``: seconds until its first word."""

    @property
    def first(self) -> float: ...


class Server(Protocol):
    """A network's, with people that can be had without end."""

    def somebody(self) -> int: ...

    async def ask(self, person: int, script: Script, /) -> Heard: ...


class Side(Protocol):
    """One of the two, and where its people talk."""

    @property
    def program(self) -> Program: ...

    @property
    def server(self) -> Server: ...


Pair = Callable[[], AbstractAsyncContextManager[tuple[Side, Side]]]


async def streaming(
    pair: Pair, name: str, *, rounds: int, chats: int, chunks: int, every: float, kind: str
) -> list[Row]:
    """Microseconds of CPU per chunk, from the question to the last word in every chat."""
    async with pair() as (ours, theirs):
        warm, script = Script(10, every), Script(chunks, every)
        await _cost(ours, 20, warm)
        await _cost(theirs, 20, warm)
        pairs = await alternate(
            rounds, lambda: _cost(ours, chats, script), lambda: _cost(theirs, chats, script)
        )
    note = f"{chats} {kind}, {1 / every:.0f} chunks a second each"
    return [ratio(f"{name}, streaming: CPU per chunk", "µs", pairs, at_most=1.3, note=note)]


async def _cost(side: Side, chats: int, script: Script) -> float:
    before = cpu_seconds(side.program.pid)
    await asyncio.gather(*(side.server.ask(side.server.somebody(), script) for _ in range(chats)))
    return (cpu_seconds(side.program.pid) - before) / (chats * script.chunks) * 1e6


async def first_text(pair: Pair, name: str, *, rounds: int, turns: int, note: str = "") -> list[Row]:
    """Milliseconds until the first word was in its chat, median and 95th percentile, over the floor's."""
    async with pair() as (ours, theirs):
        for side in (ours, theirs):
            await _first_words(side, 5)
        samples = []
        for number in range(rounds):
            order = [ours, theirs] if number % 2 else [theirs, ours]
            taken = {id(side): await _first_words(side, turns) for side in order}
            samples.append((taken[id(ours)], taken[id(theirs)]))
    middle = [(percentile(ours, 0.5), percentile(theirs, 0.5)) for ours, theirs in samples]
    late = [(percentile(ours, 0.95), percentile(theirs, 0.95)) for ours, theirs in samples]
    note = f"{rounds * turns} answers{note}"
    return [
        difference(f"{name}, first word to chat: median", "ms", middle, at_most=10, note=note),
        difference(f"{name}, first word to chat: 95 %", "ms", late, note=note),
    ]


async def _first_words(side: Side, count: int) -> list[float]:
    """Everybody asks once: chats, too, have a pace."""
    took = []
    for _ in range(count):
        seen = await side.server.ask(side.server.somebody(), Script(6, 0.01))
        took.append(seen.first * 1000)
        await asyncio.sleep(REST)
    return took


async def short_turns(
    pair: Pair, name: str, *, rounds: int, people: int, turns: int, without: str
) -> list[Row]:
    """Everybody asks, reads the whole answer, asks again."""
    pairs: list[tuple[Pace, Pace]] = []
    async with pair() as (ours, theirs):
        for number in range(rounds + 1):  # the first warms up
            if number % 2:
                second = await _pace(theirs, people, turns)
                pairs.append((await _pace(ours, people, turns), second))
            else:
                first = await _pace(ours, people, turns)
                pairs.append((first, await _pace(theirs, people, turns)))
    del pairs[0]
    rates = [(ours.rate, theirs.rate) for ours, theirs in pairs]
    costs = [(ours.cpu, theirs.cpu) for ours, theirs in pairs]
    note = f"{people} people, {turns} turns each, without {without}"
    return [
        ratio(f"{name}, short turns", "1/s", rates, at_least=0.6, note=note),
        ratio("… CPU per turn", "ms", costs, note=note),
    ]


async def _pace(side: Side, people: int, turns: int) -> Pace:
    async def person() -> None:
        who = side.server.somebody()
        for _ in range(turns):
            await side.server.ask(who, Script(5, 0.0))

    used, began = cpu_seconds(side.program.pid), time.monotonic()
    await asyncio.gather(*(person() for _ in range(people)))
    count = people * turns
    cpu = cpu_seconds(side.program.pid) - used
    return Pace(count / (time.monotonic() - began), cpu / count * 1000)
