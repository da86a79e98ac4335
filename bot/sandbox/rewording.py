"""Prompts in other words, as a model would put them: better, safer, or in English."""

import re
from collections.abc import Callable, Mapping
from functools import cache

from bot.sandbox.paint import words as known
from bot.sandbox.prompts import BANNED

LOOKS = (
    "{words}, golden hour, soft rim light, shot on an 85 mm lens, shallow depth of field",
    "{words}, loose watercolour on rough paper, drifting mist, muted colours, quiet mood",
    "{words}, seen from far away, wide composition, dramatic clouds, cinematic light, fine detail",
)
SAFE = "gentle"

_CHINESE = re.compile(r"[一-鿿]+")


def reworded(system: str, prompt: str) -> str | None:
    """The answer to a system prompt that asks for other words; None when it asks for none."""
    for sign, reword in _WISHES.items():
        if sign in system:
            return reword(system, prompt)
    return None


def _improve(system: str, prompt: str) -> str:
    return "\n".join(f"{number}. {look.format(words=prompt)}" for number, look in enumerate(LOOKS, 1))


def _soften(system: str, prompt: str) -> str:
    named = re.search(r"names “([^”]+)”", system)
    for word in (*BANNED, *([named[1]] if named else [])):
        prompt = re.sub(re.escape(word), SAFE, prompt, flags=re.IGNORECASE)
    return f"1. {prompt}"


def _translate(system: str, prompt: str) -> str:
    words = _CHINESE.sub(lambda found: f" {_in_english(found[0])} ", prompt)
    return f"1. {' '.join(words.split())}"


def _in_english(text: str) -> str:
    """Word for word, the longest first; what is unknown is left away."""
    found, at, table = [], 0, _dictionary()
    while at < len(text):
        word = next((text[at : at + size] for size in range(4, 0, -1) if text[at : at + size] in table), "")
        if word:
            found.append(table[word])
        at += len(word) or 1
    return " ".join(dict.fromkeys(found)) or "a picture"


@cache
def _dictionary() -> dict[str, str]:
    table = {}
    for entries in vars(known).values():
        if isinstance(entries, Mapping):
            for words in entries.values():
                english, bar, chinese = str(words).partition(" | ")
                if bar:
                    table.update(dict.fromkeys(chinese.split(), english.split()[0].replace("-", " ")))
    return table


_WISHES: Mapping[str, Callable[[str, str], str]] = {
    "You write prompts for": _improve,
    "word filter": _soften,
    "Translate this prompt": _translate,
}
