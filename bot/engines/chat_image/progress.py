"""How far an answer is that is still being written, and the newest preview in it."""

import re
from collections.abc import Sequence

from bot.engines.chat_image.links import Link, Sort, links_in
from bot.engines.chat_image.reading import STAGE
from bot.jobs import Progress, Stage

_PERCENT = re.compile(r"(\d{1,3})(?:\.\d+)?\s*%")
_BARE = re.compile(r"(?<!\d)(\d{1,3})(?=[\s.,~\]])")
_UNFINISHED = re.compile(r"\[[^\[\]\n]*(?:\](?:\(\S*)?)?\Z")  # a link that is still being written
_TELLS = re.compile(rf"\s*(?:>|.{{0,4}}(?:{STAGE}))")


def progress_in(text: str) -> Progress:
    """Read what has come so far. It may be cut off anywhere: only what is complete is believed."""
    links = list(links_in(text))
    steps = [link for link in links if link.sort in (Sort.PREVIEW, Sort.LAST_STEP)]
    percents = [link.step or 0 for link in steps] + _percents(text, links)
    preview = steps[-1].target if steps else ""
    percent = max(percents, default=0)
    return Progress(
        Stage.RUNNING,
        max(1 if text.strip() else 0, percent),
        preview=preview,
        preview_key=preview,
    )


def _percents(text: str, links: Sequence[Link]) -> list[int]:
    """The percents in lines that tell of progress; a bare number counts after the word for it."""
    parts, at = [], 0
    for link in links:
        parts.append(text[at : link.start])
        at = link.end
    rest = _UNFINISHED.sub("", "".join([*parts, text[at:]]))
    found = []
    for line in rest.splitlines(keepends=True):
        if not _TELLS.match(line):
            continue
        found += [int(each) for each in _PERCENT.findall(line)]
        if "进度" in line or "progress" in line.lower():
            found += [int(each) for each in _BARE.findall(line)]
    return [each for each in found if each <= 100]
