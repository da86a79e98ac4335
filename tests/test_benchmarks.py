"""Every benchmark runs through and says something sane. How fast anything was is no matter here."""

import json
import math

import pytest

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
from benchmarks.__main__ import PARTS
from benchmarks.measure import Row, alternate, difference, percentile, plain, ratio
from benchmarks.script import FIRST, LAST, Script, first_word

TINY = {
    client_layer: {"rounds": 1, "streams": 2, "chunks": 10},
    streaming: {"rounds": 1, "chats": 3, "chunks": 12, "every": 0.01},
    first_text: {"rounds": 1, "turns": 3},
    short_turns: {"rounds": 1, "people": 3, "turns": 2},
    picture_jobs: {"jobs": 40, "seconds": 2.5},
    context: {"sizes": (100, 1000), "repeats": 5},
    start: {"rounds": 1, "idle": 0.2},
    memory: {"conversations": 20, "warm": 20},
    transactions: {"rounds": 1, "pairs": 20},
    telegram_streaming: {"rounds": 1, "chats": 3, "chunks": 12, "every": 0.01},
    telegram_first_text: {"rounds": 1, "turns": 3},
    telegram_short_turns: {"rounds": 1, "people": 3, "turns": 2},
    telegram_groups: {"groups": 2, "seconds": 1.0},
    discord_streaming: {"rounds": 1, "chats": 3, "chunks": 12, "every": 0.01},
    discord_first_text: {"rounds": 1, "turns": 3},
    discord_short_turns: {"rounds": 1, "people": 3, "turns": 2},
    discord_channels: {"channels": 2, "seconds": 1.0},
}


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__.rpartition(".")[2])
async def test_a_part_runs_through_and_every_row_can_be_read(part):
    rows = await part.measure(**TINY[part])

    assert rows
    for row in rows:
        assert row.name
        assert math.isfinite(row.ours)
        assert row.floor is None or math.isfinite(row.floor)
        assert row.low is not None
        assert row.high is not None
        assert row.low <= row.high
        assert bool(row.target) == (row.held is not None)


def test_there_is_a_tiny_run_of_every_part():
    assert set(TINY) == set(PARTS)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__.rpartition(".")[2])
def test_a_quick_run_changes_only_what_can_be_changed(part):
    assert set(part.QUICK) <= set(part.measure.__kwdefaults__)


def test_a_ratio_is_judged_by_the_median_of_the_rounds_ratios():
    row = ratio("x", "ms", [(10, 10), (12, 10), (90, 30)], at_most=1.3)

    assert (row.ours, row.floor, row.shown) == (12, 10, "1.20 ×")
    assert (row.low, row.high) == (1, 3)
    assert row.held is True
    assert ratio("x", "1/s", [(5, 10)], at_least=0.6).held is False
    assert ratio("x", "ms", [(5, 10)]).held is None


def test_a_difference_and_a_plain_figure_are_judged_by_their_medians():
    assert difference("x", "ms", [(11, 1), (13, 2), (4, 1)], at_most=10).held is True
    assert difference("x", "ms", [(14, 1)], at_most=10).held is False
    assert plain("x", "s", [1, 5, 1.5], below=2).held is True
    assert plain("x", "s", [2], below=2).held is False


async def test_rounds_take_turns_at_going_first_and_keep_their_sides_apart():
    order = []

    def side(name: str, value: float):
        async def run() -> float:
            order.append(name)
            return value

        return run

    pairs = await alternate(3, side("ours", 1), side("floor", 2))

    assert pairs == [(1, 2)] * 3
    assert order == ["ours", "floor", "floor", "ours", "ours", "floor"]


def test_a_percentile_is_one_of_the_figures():
    assert percentile(range(1, 101), 0.5) == 50
    assert percentile(range(1, 101), 0.95) == 95
    assert percentile([7], 0.95) == 7


def test_a_script_survives_its_way_through_words():
    script = Script(200, 0.03)

    assert Script.read(f"> quoted\n\n{script}") == script
    pieces = [first_word(), *script.pieces()]
    assert len(pieces) == 200
    assert FIRST.match(pieces[0])
    assert pieces[-1].strip() == LAST


def test_the_figures_are_written_as_json_with_their_ratios(tmp_path):
    rows = [ratio("x", "ms", [(12, 10)], at_most=1.3), Row("y", "s", 1.0)]

    report.write(tmp_path / "results" / "latest.json", rows, quick=True)

    kept = json.loads((tmp_path / "results" / "latest.json").read_text())
    assert [row["ratio"] for row in kept["rows"]] == [1.2, None]
    assert kept["quick"] is True
    assert report.table(rows).row_count == 2
