"""Chance that can be repeated: named rolls and smooth noise, bent a little by each variation."""

import hashlib
import math
import random
from collections.abc import Sequence
from typing import TypeVar

Choice = TypeVar("Choice")

MASK = 0xFFFFFFFF


def number(*parts: object) -> int:
    """A whole number of 64 bits that these parts always give, on any machine."""
    text = "\x1f".join(map(str, parts)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")


def scatter(seed: int, cell: int) -> tuple[float, float, float, float]:
    """Four numbers in [0, 1) for one cell of an endless row."""
    mixed = (seed ^ (cell * 0x9E3779B1)) & MASK
    mixed = ((mixed ^ (mixed >> 16)) * 0x85EBCA6B) & MASK
    mixed = ((mixed ^ (mixed >> 13)) * 0xC2B2AE35) & MASK
    first = mixed ^ (mixed >> 16)
    second = (first * 0x27D4EB2F + 0x165667B1) & MASK
    second ^= second >> 15
    return (
        (first & 0xFFFF) / 65536,
        (first >> 16) / 65536,
        (second & 0xFFFF) / 65536,
        (second >> 16) / 65536,
    )


class Noise:
    """A smooth line of hills between -1 and 1, endless in both directions."""

    def __init__(self, *parts: object) -> None:
        chance = random.Random(number(*parts))
        self._heights = [chance.uniform(-1, 1) for _ in range(256)]

    def __call__(self, x: float) -> float:
        left = math.floor(x)
        part = x - left
        part *= part * (3 - 2 * part)
        low = self._heights[left & 255]
        return low + (self._heights[(left + 1) & 255] - low) * part

    def rough(self, x: float, octaves: int) -> float:
        """Hills with smaller hills on them; each octave half as high."""
        total, height, reach = 0.0, 1.0, 0.0
        for octave in range(octaves):
            total += self(x + octave * 17.3) * height
            reach += height
            x *= 2.03
            height *= 0.5
        return total / reach if reach else 0.0


class Dice:
    """Named rolls. ``drifts`` are (seed, strength) of each variation since the first picture.

    A drift moves every roll a little, so that a varied picture stays the picture it was.
    """

    def __init__(self, seed: int, drifts: Sequence[tuple[int, float]] = ()) -> None:
        self.seed = seed
        self.drifts = tuple(drifts)

    def unit(self, name: str) -> float:
        """A number in [0, 1]."""
        value = number(self.seed, name) / 2**64
        for seed, strength in self.drifts:
            value += strength * (number(seed, name) / 2**64 - 0.5)
            value = abs(value) if value < 0 else value
            value = 2 - value if value > 1 else value
        return value

    def roll(self, name: str, low: float, high: float) -> float:
        return low + (high - low) * self.unit(name)

    def pick(self, name: str, options: Sequence[Choice]) -> Choice:
        """One of them; only a strong drift chooses anew."""
        seed = self.seed
        for other, strength in self.drifts:
            if strength >= 0.5:
                seed = other
        return options[number(seed, name, "pick") % len(options)]

    def chance(self, name: str, probability: float) -> bool:
        return self.unit(name) < probability

    def line(self, name: str) -> "Line":
        return Line(self, name)


class Line:
    """A noise that drifts."""

    def __init__(self, dice: Dice, name: str) -> None:
        self._base = Noise(dice.seed, name)
        self._others = [(Noise(seed, name), strength) for seed, strength in dice.drifts]

    def __call__(self, x: float, octaves: int = 1) -> float:
        value = self._base.rough(x, octaves)
        for noise, strength in self._others:
            value = value * (1 - strength * 0.6) + noise.rough(x, octaves) * strength * 0.6
        return value
