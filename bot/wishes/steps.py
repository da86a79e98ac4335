"""Steps that change a picture, and how they can follow each other."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.prompts import read_prompt, with_zoom

MOST_STEPS = 6
CUSTOM = "zoom:custom"
REGION = "vary:region"
ANEW = "imagine"  # painted anew with other words, from this picture where it is a single one

NUMBERS = ("1", "2", "3", "4")
ON_GRIDS = tuple(f"{verb}:{number}" for verb in ("upscale", "variation") for number in NUMBERS)
ON_SINGLES = (
    *(f"upscale:{kind}" for kind in ("subtle", "creative", "2x", "4x")),
    *("vary:subtle", "vary:strong", REGION, "zoom:2", "zoom:1.5", CUSTOM),
    *("pan:left", "pan:right", "pan:up", "pan:down", "square", "animate:high", "animate:low"),
)
ACTIONS = (*ON_GRIDS, *ON_SINGLES, "reroll", ANEW)

_COLON = re.compile(r":(?:\s+|$)|：")
_ZOOM = re.compile(r"(?:\s+|\A)--zoom(?:\s+(?!--)\S+)?(?=\s|\Z)")


@dataclass(frozen=True, slots=True)
class Step:
    """One of ``ACTIONS``; ``prompt`` is a whole new one, "" for the old one; ``where`` a region's place."""

    action: str
    prompt: str = ""
    where: str = ""

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise ValueError(f"not a step: {self.action!r}")

    def __str__(self) -> str:
        """As ``read_line`` reads it: ``zoom 2``, ``vary region, top left: a moon``."""
        place = f", {line(_COLON.sub(' ', self.where))}" if self.where else ""
        return f"{self.action.replace(':', ' ')}{place}" + (f": {line(self.prompt)}" if self.prompt else "")


def read_line(text: str) -> Step | None:
    """The step that ``str`` wrote; None for anything else."""
    head, prompt = (*_COLON.split(text.strip(), maxsplit=1), "")[:2]
    name, _comma, where = head.partition(",")
    action = ":".join(name.lower().split())
    if action not in ACTIONS or (where.strip() and action != REGION):
        return None
    return Step(action, prompt.strip(), where.strip())


def fitted(steps: Iterable[Step], *, grid: bool, number: str = "") -> list[Step]:
    """With an upscale before whatever wants a single picture, and at most ``MOST_STEPS``."""
    found: list[Step] = []
    for step in steps:
        if step.action in ON_SINGLES and grid:
            found.append(Step(f"upscale:{number or NUMBERS[0]}"))
        elif step.action in ON_GRIDS and not grid and not found:
            if step.action.startswith("upscale"):
                continue  # it is the one that was meant
            step = replace(step, action="vary:strong")
        if step not in found[-1:] or not step.action.startswith("upscale"):
            found.append(step)
        grid = not step.action.startswith("upscale")
        number = ""
        if step.action.startswith("animate"):
            break
    return found[:MOST_STEPS]


def changed(prompt: str, changes: Sequence[str]) -> str:
    """The prompt with more words before its flags; ``no …`` becomes a flag."""
    written = read_prompt(prompt)
    added = [each for each in changes if not each.startswith("no ")]
    unwanted = ", ".join(each.removeprefix("no ") for each in changes if each.startswith("no "))
    words = ", ".join([part for part in (written.words.strip().rstrip(","), *added) if part])
    flags = [written.flags.strip(), f"--no {unwanted}" if unwanted else ""]
    return " ".join(part for part in (f"{written.links}{words}", *flags) if part)


def zoomed(prompt: str, factor: str) -> str:
    """The prompt with this ``--zoom``, whatever it had."""
    return with_zoom(unzoomed(prompt), factor)


def unzoomed(prompt: str) -> str:
    """The prompt without ``--zoom``, which no other order takes."""
    return _ZOOM.sub("", prompt)


def line(text: str) -> str:
    """The text in one line."""
    return " ".join(text.split())
