"""What is wished, out of words and out of a model's calls."""

import re
from collections.abc import Mapping
from dataclasses import replace

from bot.prompts import read_prompt, with_flags
from bot.wishes.grammar import SPLIT, Wish, bare
from bot.wishes.steps import ACTIONS, ANEW, CUSTOM, REGION, Step, fitted, line, read_line, zoomed


def read_steps(text: str, prompt: str, *, grid: bool) -> list[Step]:
    """What a text wishes of a picture of that prompt, as steps that follow each other; none if unclear."""
    written = [read_line(each) for each in text.strip().splitlines() if each.strip()]
    if all(written):
        return fitted(filter(None, written), grid=grid)
    wish = Wish(grid=grid)
    for clause in SPLIT.split(text.strip()):
        words = bare(clause)
        if words and not (wish.take(words) or wish.take(bare(words.rstrip("?？")))):
            return []
    return fitted(wish.steps(prompt), grid=grid, number=wish.number)


def read_call(arguments: Mapping[str, object], prompt: str, *, grid: bool) -> list[Step]:
    """The steps of a model's call, as far as they are any: models leave away and misspell what they like.

    Its prompts get the flags of the picture's, which it was not told.
    """
    given = arguments.get("steps", [arguments])
    flags = read_prompt(prompt).flags
    found = [_step_of(each, flags) for each in given] if isinstance(given, list) else []
    return fitted(filter(None, found), grid=grid)


def _step_of(given: object, flags: str) -> Step | None:
    if isinstance(given, str):
        return read_line(given) or _named(given)
    if not isinstance(given, Mapping):
        return None
    step = _named(str(given.get("action") or ""))
    if step is None:
        return None
    prompt, where = (line(str(given.get(name) or "")) for name in ("prompt", "where"))
    if prompt:
        prompt = with_flags(prompt, flags)
    if step.action == ANEW and not prompt:
        return None
    if step.action == CUSTOM and not (prompt or step.prompt):
        step = Step("zoom:2")
    if prompt and step.action in ("zoom:2", "zoom:1.5"):
        step, prompt = Step(CUSTOM), zoomed(prompt, step.action.removeprefix("zoom:"))
    return replace(step, prompt=prompt or step.prompt, where=where if step.action == REGION else "")


def _named(name: str) -> Step | None:
    """A step by its name, or by one that is nearly that."""
    exact = ":".join(re.split(r"[:\s_-]+", name.strip().lower()))
    if exact in ACTIONS:
        return Step(exact)
    wish = Wish(grid=True)
    if not name.strip() or not wish.take(bare(name.lower())):
        return None
    steps = wish.steps("")
    return steps[0] if len(steps) == 1 else None
