"""Results in words: describe and shorten."""

import re

from bot.sandbox.buttons import KEYCAPS
from bot.sandbox.looks import Look
from bot.sandbox.paint.dice import number
from bot.sandbox.paint.words import read

SCENES = ("a quiet landscape", "a still life", "a dreamlike scene", "a wide view", "an abstract composition")
MANNERS = (
    "soft light",
    "fine detail",
    "flat shapes",
    "long shadows",
    "a calm mood",
    "paper texture",
    "strong contrast",
)
SMALL = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "in",
        "on",
        "at",
        "to",
        "and",
        "or",
        "with",
        "is",
        "are",
        "was",
        "be",
        "that",
        "this",
        "it",
        "its",
        "very",
        "really",
        "so",
        "just",
        "into",
        "over",
        "under",
        "by",
        "for",
        "from",
        "as",
        "which",
        "who",
        "there",
        "some",
        "such",
        "please",
        "quite",
        "rather",
        "standing",
        "sitting",
        "being",
        "beautiful",
        "amazing",
    ]
)


def describe_picture(seen: Look | None, name: str, turn: str = "") -> str:
    """Four prompts that might have made it, told from its colours; each on its own line with a keycap."""
    colours = list(seen.colours[:3]) if seen else ["grey", "blue"]
    shape = f"{seen.width}:{seen.height}" if seen else "1:1"
    light = ("bright" if seen.bright else "dark") if seen else "plain"
    lines = []
    for index in range(4):
        chance = number(name, turn, index)
        scene = SCENES[(chance + index) % len(SCENES)]
        manner = MANNERS[(chance // 7 + index) % len(MANNERS)]
        tones = " and ".join(colours[: 1 + index % len(colours)]) if colours else "mixed"
        words = (
            f"{scene} in {tones}, {light}, {manner}",
            f"{light} {tones} picture, {manner}, as the sandbox sees it",
            f"{scene}, {tones} tones, {manner}",
            f"{manner}, {tones} on {light} ground",
        )[index]
        lines.append(f"{KEYCAPS[index]} {words} --ar {_simple(shape)}")
    return "\n\n".join(lines)


def shorten_prompt(prompt: str) -> str:
    """Markdown that weighs the words and offers five shorter prompts."""
    words = re.findall(r"[^\s,]+", prompt)
    known = set()
    for word in words:
        if read(word).known:
            known.add(word)
    heavy = (
        [word for word in words if word in known]
        or [w for w in words if w.lower() not in SMALL][:2]
        or words[:1]
    )
    rest = [word for word in words if word not in heavy and word.lower() not in SMALL]
    marked = " ".join(
        f"**{word}** ({1 - 0.1 * heavy.index(word):.2f})" if word in heavy[:9]
        else word if word in rest
        else f"~~{word}~~"
        for word in words
    )  # fmt: skip
    kept = [word for word in words if word in heavy or word in rest]
    shorter = [kept, kept[: max(2, len(kept) * 3 // 4)], [*heavy, *rest[:1]], heavy, heavy[-1:]]
    lines = [f"{KEYCAPS[index]} {', '.join(dict.fromkeys(part))}" for index, part in enumerate(shorter)]
    return f"## Important tokens\n{marked}\n\n## Shortened prompts\n" + "\n".join(lines)


def _simple(shape: str) -> str:
    """The nearest ordinary ratio."""
    across, _, down = shape.partition(":")
    ratio = int(across) / max(1, int(down))
    ordinary = ((1, 1), (3, 2), (2, 3), (16, 9), (9, 16), (4, 3), (3, 4), (2, 1), (1, 2))
    best = min(ordinary, key=lambda pair: abs(pair[0] / pair[1] - ratio))
    return f"{best[0]}:{best[1]}"
