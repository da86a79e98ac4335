"""The table that people read, and the JSON that programs read."""

import json
import os
import platform
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.measure import Row

HERE = Path(__file__).resolve().parent
LATEST = HERE / "results" / "latest.json"
BASELINE = HERE / "baseline.json"


def table(rows: Sequence[Row]) -> Table:
    """All rows; green where the target was met, red where it was missed."""
    found = Table(title="Chatelier beside the bare libraries", title_justify="left", pad_edge=False)
    for heading, side in [
        ("what", "left"),
        ("ours", "right"),
        ("floor", "right"),
        ("unit", "left"),
        ("judged", "right"),
        ("least…most", "right"),
        ("target", "left"),
        ("note", "left"),
    ]:
        found.add_column(heading, justify="left" if side == "left" else "right", overflow="fold")
    for row in rows:
        spread = "" if row.low is None or row.high is None else f"{row.low:.3g}…{row.high:.3g}"
        colour = {True: "green", False: "red", None: ""}[row.held]
        found.add_row(
            row.name,
            f"{row.ours:.4g}",
            "" if row.floor is None else f"{row.floor:.4g}",
            row.unit,
            f"[{colour}]{row.shown}[/]" if colour else row.shown,
            spread,
            row.target,
            row.note,
        )
    return found


def show(rows: Sequence[Row]) -> None:
    """Print the table, and in one line how many targets were met."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=160)
    console.print(table(rows))
    missed = [row.name for row in rows if row.held is False]
    met = sum(row.held is True for row in rows)
    console.print(f"{met} targets met, {len(missed)} missed" + (f": {', '.join(missed)}" if missed else "."))


def document(rows: Sequence[Row], *, quick: bool) -> dict[str, Any]:
    """What is written to disk."""
    return {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "quick": quick,
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "rows": [row.as_json() for row in rows],
    }


def write(path: Path, rows: Sequence[Row], *, quick: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document(rows, quick=quick), indent=2, ensure_ascii=False) + "\n")
