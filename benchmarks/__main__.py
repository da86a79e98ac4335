"""Run the benchmarks: ``python -m benchmarks``.

--quick       small numbers, under a minute
--only WORD   only the parts with that in their name; may be given again
--save        write ``baseline.json`` too
"""

import argparse
import asyncio
import time

from rich.console import Console

from benchmarks import (
    client_layer,
    context,
    discord_channels,
    discord_first_text,
    discord_short_turns,
    discord_streaming,
    first_text,
    memory,
    picture_jobs,
    report,
    short_turns,
    start,
    streaming,
    telegram_first_text,
    telegram_groups,
    telegram_short_turns,
    telegram_streaming,
    transactions,
)
from benchmarks.measure import Row

PARTS = (
    client_layer,
    streaming,
    first_text,
    short_turns,
    picture_jobs,
    context,
    start,
    memory,
    transactions,
    telegram_streaming,
    telegram_first_text,
    telegram_short_turns,
    telegram_groups,
    discord_streaming,
    discord_first_text,
    discord_short_turns,
    discord_channels,
)


async def run(*, quick: bool = False, only: list[str] | None = None) -> list[Row]:
    """Every part, one after another: two at once would disturb each other."""
    console = Console(stderr=True)
    rows: list[Row] = []
    for part in PARTS:
        name = part.__name__.rpartition(".")[2]
        if only and not any(word in name for word in only):
            continue
        began = time.monotonic()
        console.print(f"{name} …", end=" ")
        rows += await part.measure(**(part.QUICK if quick else {}))
        console.print(f"{time.monotonic() - began:.0f} s")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="What Chatelier costs.")
    parser.add_argument("--quick", action="store_true", help="small numbers, under a minute")
    parser.add_argument("--only", action="append", metavar="WORD", help="only parts with that in their name")
    parser.add_argument("--save", action="store_true", help="write baseline.json too")
    options = parser.parse_args()
    rows = asyncio.run(run(quick=options.quick, only=options.only))
    report.show(rows)
    report.write(report.LATEST, rows, quick=options.quick)
    if options.save:
        report.write(report.BASELINE, rows, quick=options.quick)


if __name__ == "__main__":
    main()
