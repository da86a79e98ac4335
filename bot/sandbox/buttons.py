"""The buttons under a result, their customIds, and what pressing one means."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bot.sandbox.tasks import Task

UPSCALERS = {  # by model version: the word in the customId, and whether it is of the old kind
    "7": "upsample_v7_2x",
    "niji 7": "upsample_v7_2x",
    "6.1": "upsample_v6r1_2x",
    "6": "upsample_v6_2x",
    "niji 6": "upsample_v6_2x",
}
KEYCAPS = ("1️⃣", "2️⃣", "3️⃣", "4️⃣", "5️⃣")
PAN = {"left": "⬅️", "right": "➡️", "up": "⬆️", "down": "⬇️"}


@dataclass(frozen=True, slots=True)
class Press:
    """A button taken apart. ``verb`` is ours; ``value`` is a side, a zoom or the like."""

    verb: str
    index: int = 1
    value: str = ""
    hash: str = ""

    @property
    def form(self) -> bool:
        """Whether it always asks for words first."""
        return self.verb in ("custom_zoom", "inpaint", "pick", "analyse")


_GRAMMAR: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (verb, re.compile(pattern + r"\Z"))
    for verb, pattern in (
        ("upscale", r"MJ::JOB::upsample::(?P<index>[1-4])::(?P<hash>[0-9a-f-]{36})"),
        ("variation", r"MJ::JOB::variation::(?P<index>[1-4])::(?P<hash>[0-9a-f-]{36})(::SOLO)?"),
        ("reroll", r"MJ::JOB::reroll::0::(?P<hash>[0-9a-f-]{36})::SOLO"),
        ("upscale_hd", r"MJ::JOB::upsample_(?P<value>\w+)::1::(?P<hash>[0-9a-f-]{36})::SOLO"),
        ("low_variation", r"MJ::JOB::low_variation::1::(?P<hash>[0-9a-f-]{36})::SOLO"),
        ("high_variation", r"MJ::JOB::high_variation::1::(?P<hash>[0-9a-f-]{36})::SOLO"),
        ("inpaint", r"MJ::Inpaint::1::(?P<hash>[0-9a-f-]{36})::SOLO"),
        ("zoom", r"MJ::Outpaint::(?P<value>50|75|100)::1::(?P<hash>[0-9a-f-]{36})::SOLO"),
        ("custom_zoom", r"MJ::CustomZoom::(1::)?(?P<hash>[0-9a-f-]{36})"),
        ("pan", r"MJ::JOB::pan_(?P<value>left|right|up|down)::1::(?P<hash>[0-9a-f-]{36})::SOLO"),
        ("extend", r"MJ::JOB::animate_(?P<value>high|low)_extend::1::(?P<hash>[0-9a-f-]{36})(::SOLO)?"),
        ("video", r"MJ::JOB::animate_(?P<value>high|low)::1::(?P<hash>[0-9a-f-]{36})::SOLO"),
        ("clip", r"MJ::JOB::video_virtual_upscale::(?P<index>[1-4])::(?P<hash>[0-9a-f-]{36})"),
        ("bookmark", r"MJ::BOOKMARK::(?P<hash>[0-9a-f-]{36})"),
        ("pick", r"MJ::Job::PicReader::(?P<index>[1-4])"),
        ("pick_all", r"MJ::Job::PicReader::all"),
        ("retry", r"MJ::Picread::Retry"),
        ("analyse", r"MJ::Job::PromptAnalyzer::(?P<index>[1-5])"),
    )
)


def read_button(custom_id: str) -> Press | None:
    """What a customId means; None for one that Midjourney does not have."""
    for verb, pattern in _GRAMMAR:
        if match := pattern.match(custom_id):
            found = match.groupdict()
            return Press(
                verb, int(found.get("index") or 1), found.get("value") or "", found.get("hash") or ""
            )
    return None


def buttons_of(task: Task, used: Iterable[str] = (), *, official: bool = False) -> list[dict[str, Any]]:
    """The buttons of a finished task, in Midjourney's order. ``official``: as trueai v11 lays them out."""
    rows = _rows(task, official)
    taken = set(used)
    return [
        {"customId": custom, "emoji": emoji, "label": label, "type": 2, "style": 3 if custom in taken else 2}
        for custom, emoji, label in rows
    ]


def _rows(task: Task, official: bool) -> list[tuple[str, str, str]]:
    job, solo = task.hash, f"1::{task.hash}::SOLO"
    again = (f"MJ::JOB::reroll::0::{job}::SOLO", "🔄", "")
    if task.trick == "nobuttons" or task.verb in ("swap", "clip"):
        return []
    if task.verb == "describe":
        picks = [(f"MJ::Job::PicReader::{n}", KEYCAPS[n - 1], "") for n in range(1, 5)]
        return [*picks, ("MJ::Picread::Retry", "🔄", ""), ("MJ::Job::PicReader::all", "🎉", "Imagine all")]
    if task.verb == "shorten":
        return [(f"MJ::Job::PromptAnalyzer::{n}", KEYCAPS[n - 1], "") for n in range(1, 6)]
    if task.verb == "video":
        clips = [(f"MJ::JOB::video_virtual_upscale::{n}::{job}", "", f"U{n}") for n in range(1, 5)]
        return [*clips, again]
    if task.sheet is None:
        return []
    if task.sheet.grid:
        ups = [(f"MJ::JOB::upsample::{n}::{job}", "", f"U{n}") for n in range(1, 5)]
        varies = [(f"MJ::JOB::variation::{n}::{job}", "", f"V{n}") for n in range(1, 5)]
        return [*ups, again, *varies]
    first = task.verb == "upscale"
    rows: list[tuple[str, str, str]] = []
    if first:
        word = UPSCALERS.get(task.version)
        if word:
            rows += [(f"MJ::JOB::{word}_subtle::{solo}", "upscale_1", "Upscale (Subtle)"),
                     (f"MJ::JOB::{word}_creative::{solo}", "upscale_1", "Upscale (Creative)")]  # fmt: skip
        else:
            rows += [(f"MJ::JOB::upsample_v5_{n}x::{solo}", "upscale_1", f"Upscale ({n}x)") for n in (2, 4)]
    rows += [(f"MJ::JOB::low_variation::{solo}", "🪄", "Vary (Subtle)"),
             (f"MJ::JOB::high_variation::{solo}", "🪄", "Vary (Strong)"),
             (f"MJ::Inpaint::{solo}", "🖌️", "Vary (Region)"),
             (f"MJ::Outpaint::50::{solo}", "🔍", "Zoom Out 2x"),
             (f"MJ::Outpaint::75::{solo}", "🔍", "Zoom Out 1.5x")]  # fmt: skip
    if abs(task.sheet.ratio - 1) > 0.01:
        rows.append((f"MJ::Outpaint::100::{solo}", "↔️", "Make Square"))
    rows.append((f"MJ::CustomZoom::{'1::' if official else ''}{job}", "🔍", "Custom Zoom"))
    if first:
        rows += [(f"MJ::JOB::pan_{side}::{solo}", arrow, "") for side, arrow in PAN.items()]
    rows += [(f"MJ::JOB::animate_high::{solo}", "🎞️", "Animate (High motion)"),
             (f"MJ::JOB::animate_low::{solo}", "🎞️", "Animate (Low motion)")]  # fmt: skip
    rows.append(again if official else (f"MJ::BOOKMARK::{job}", "❤️", ""))
    return rows
