"""Figures: what a process used, what a row says, and how two programs are compared fairly."""

import math
import os
import statistics
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

TICK = 1.0 / os.sysconf("SC_CLK_TCK")  # seconds


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. ``ours`` and ``floor`` are medians in ``unit``.

    ``held`` says whether the target was met; None for a figure that has no target. ``low`` and ``high``
    are the least and greatest of what ``shown`` stands for (a ratio, a difference or the figure itself),
    over the rounds of this run.
    """

    name: str
    unit: str
    ours: float
    floor: float | None = None
    shown: str = ""
    low: float | None = None
    high: float | None = None
    target: str = ""
    held: bool | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return self.ours / self.floor if self.floor else None

    def as_json(self) -> dict[str, Any]:
        """The row's fields, with its ratio."""
        return {**asdict(self), "ratio": self.ratio}


def ratio(
    name: str,
    unit: str,
    pairs: Sequence[tuple[float, float]],
    *,
    at_most: float | None = None,
    at_least: float | None = None,
    note: str = "",
) -> Row:
    """A row of (ours, floor) pairs measured next to each other; judged by the median of their ratios."""
    ratios = [ours / floor for ours, floor in pairs]
    middle = statistics.median(ratios)
    target, held = "", None
    if at_most is not None:
        target, held = f"≤ {at_most:g} × floor", middle <= at_most
    if at_least is not None:
        target, held = f"≥ {at_least:g} × floor", middle >= at_least
    return Row(
        name,
        unit,
        statistics.median(ours for ours, _ in pairs),
        statistics.median(floor for _, floor in pairs),
        f"{middle:.2f} ×",
        min(ratios),
        max(ratios),
        target,
        held,
        note,
    )


def difference(
    name: str,
    unit: str,
    pairs: Sequence[tuple[float, float]],
    *,
    at_most: float | None = None,
    note: str = "",
) -> Row:
    """A row of (ours, floor) pairs, judged by the median of their differences."""
    extra = [ours - floor for ours, floor in pairs]
    middle = statistics.median(extra)
    return Row(
        name,
        unit,
        statistics.median(ours for ours, _ in pairs),
        statistics.median(floor for _, floor in pairs),
        f"{middle:+.1f} {unit}",
        min(extra),
        max(extra),
        "" if at_most is None else f"≤ {at_most:g} {unit} over the floor",
        None if at_most is None else middle <= at_most,
        note,
    )


def plain(
    name: str,
    unit: str,
    figures: Sequence[float],
    *,
    below: float | None = None,
    floor: float | None = None,
    note: str = "",
) -> Row:
    """A row that is judged by itself."""
    middle = statistics.median(figures)
    return Row(
        name,
        unit,
        middle,
        floor,
        f"{middle:.3g} {unit}",
        min(figures),
        max(figures),
        "" if below is None else f"< {below:g} {unit}",
        None if below is None else middle < below,
        note,
    )


async def alternate(
    rounds: int, ours: Callable[[], Awaitable[float]], floor: Callable[[], Awaitable[float]]
) -> list[tuple[float, float]]:
    """(ours, floor) of each round, taking turns at going first: what disturbs one disturbs the other."""
    pairs = []
    for number in range(rounds):
        if number % 2:
            second = await floor()
            pairs.append((await ours(), second))
        else:
            first = await ours()
            pairs.append((first, await floor()))
    return pairs


def percentile(figures: Sequence[float], share: float) -> float:
    """The least figure that at least ``share`` of them do not exceed."""
    ordered = sorted(figures)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def cpu_seconds(pid: int) -> float:
    """User and system time that a process has used, all of its threads.

    Where the kernel tells, in nanoseconds for the threads that live; else, and for those that have ended,
    in steps of 10 ms.
    """
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    total = (int(fields[11]) + int(fields[12])) * TICK
    running = 0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):  # it has ended since, or this kernel does not count
            running += int((thread / "schedstat").read_text().split()[0])
    return max(total, running / 1e9)


def resident_bytes(pid: int) -> int:
    """Memory that a process has in use now."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise ProcessLookupError(pid)
