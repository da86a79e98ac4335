"""Where a scene is set up: the canvas, the palette, the chance, and the lie of the land."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot.sandbox.paint.brush import Canvas, Point
from bot.sandbox.paint.colours import (
    HOURS,
    NAMED,
    SEASONS,
    Colour,
    Palette,
    brightness,
    colour_of,
    mix,
)
from bot.sandbox.paint.dice import Dice, Noise, number, scatter
from bot.sandbox.paint.shots import Shot
from bot.sandbox.paint.words import Reading

Hills = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Cell:
    """A place in an endless row with four numbers of its own in [0, 1)."""

    x: float
    a: float
    b: float
    c: float
    d: float


class Stage:
    """What every painter of a part of the scene is given."""

    def __init__(self, shot: Shot, reading: Reading, canvas: Canvas) -> None:
        self.shot = shot
        self.reading = reading
        self.canvas = canvas
        self.dice = Dice(shot.seed, shot.drifts)
        self.palette, self.hour = _palette(self.dice, reading, shot)
        self.horizon = self.dice.roll("horizon", 0.04, 0.13)
        self.light_x = self.dice.roll("light", -0.34, 0.34)
        self.snowy = "snow" in reading.weather or reading.season == "winter"
        self.leaves = _leaves(reading, self.palette)
        self.ground: Hills = lambda x: 0.36
        self.floor = 0.36  # where the front of the stage begins, about

    def chance_at(self, x: float, y: float) -> int:
        """The seed of what grows there: what a zoom added has its own, the rest stays as it was."""
        frames = self.shot.frames
        for left, top, right, bottom, seed in frames:
            if left <= x <= right and top <= y <= bottom:
                return seed
        return frames[-1][4]

    def hills(self, name: str, wave: float, rough: int = 7) -> Hills:
        """A line between -1 and 1 whose widest hills are ``wave`` long.

        It is as detailed as can be seen, but no more than ``rough`` times finer hills on hills.
        """
        line = self.dice.line(name)
        octaves = max(1, min(rough, int(math.log2(max(2.0, wave / (6 * self.canvas.pixel))))))
        beyond = [
            (before[0], before[2], Noise(after[4], name, "beyond"))
            for before, after in zip(self.shot.frames, self.shot.frames[1:], strict=False)
            if after[4]
        ]

        def height(x: float) -> float:
            value = line(x / wave, octaves)
            for left, right, noise in beyond:
                outside = max(left - x, x - right)
                if outside > 0:
                    share = min(1.0, outside / 0.3)
                    share *= share * (3 - 2 * share)
                    value += (noise.rough(x / wave, octaves) - value) * share
            return value

        return height

    def line(self, height: Callable[[float], float], step: int = 6) -> list[Point]:
        """A height as points across the canvas."""
        return [(x, height(x)) for x in self.canvas.columns(step)]

    def cells(self, name: str, step: float, y: float = 0.0, margin: float = 0.2) -> Iterator[Cell]:
        """Everything of a kind that may be seen, one in each ``step`` along the width."""
        own = number(name) & 0xFFFFFFFF
        for index in self.canvas.spread(step, margin):
            middle = (index + 0.5) * step
            seed = (self.dice.seed ^ own ^ self.chance_at(middle, y)) & 0xFFFFFFFF
            a, b, c, d = scatter(seed, index)
            x = (index + 0.15 + 0.7 * a) * step
            for drift, strength in self.dice.drifts:
                other = scatter((drift ^ own) & 0xFFFFFFFF, index)
                b, c = _drift(b, other[1], strength), _drift(c, other[2], strength)
                if strength >= 0.5:
                    a, d = other[0], other[3]
                    x = (index + 0.15 + 0.7 * a) * step
                else:
                    x += (other[0] - 0.5) * strength * step
            yield Cell(x, a, b, c, d)

    def rows(self, name: str, step: float, top: float, bottom: float) -> Iterator[tuple[float, Cell]]:
        """Cells of many rows, from ``top`` to ``bottom``, each with the height of its row."""
        top, bottom = max(top, self.canvas.frame[1] - step), min(bottom, self.canvas.frame[3] + step)
        for row in range(math.floor(top / step), math.ceil(bottom / step)):
            for cell in self.cells(f"{name} {row}", step, row * step):
                y = (row + cell.c) * step
                if top <= y <= bottom:
                    yield y, cell

    def haze(self, colour: Colour, share: float) -> Colour:
        """A colour as seen through that much air."""
        return mix(colour, mix(self.palette.low, self.palette.middle, 0.3), share)


def _drift(value: float, other: float, strength: float) -> float:
    return min(0.999, max(0.0, value + (other - 0.5) * strength))


def _palette(dice: Dice, reading: Reading, shot: Shot) -> tuple[Palette, str]:
    if reading.hour:
        hour = reading.hour
    elif reading.style == "ink":
        hour = dice.pick("hour", ("day", "dawn"))
    elif "storm" in reading.weather or "rain" in reading.weather:
        hour = "storm"
    elif (
        reading.weather & {"aurora", "stars", "fireworks"}
        or reading.place == "space"
        or reading.celestial == "moon"
    ):
        hour = "night"
    else:
        hour = dice.pick("hour", ("dawn", "day", "sunset", "night", "dream", "day", "sunset"))
    palette = dice.pick("palette", HOURS[hour])
    palette = palette.turned(dice.roll("hue", -0.035, 0.035), dice.roll("saturation", 0.9, 1.12))
    if reading.weather & {"fog", "clouds", "rain"} and hour == "day":
        palette = palette.turned(0, 0.72)
    for colour in reading.colours[:2]:
        palette = palette.toward(NAMED[colour], 0.34)
    tones = [colour_of(tone) for tone in shot.tones]
    if tones:
        tones.sort(key=brightness)
        palette = _toned(palette, tones)
    return palette, hour


def _toned(palette: Palette, tones: list[Colour]) -> Palette:
    """The palette bent towards the colours of a picture, dark ones near, bright ones in the sky."""
    dark, bright, middle = tones[0], tones[-1], tones[len(tones) // 2]
    return Palette(
        mix(palette.top, middle, 0.55),
        mix(palette.middle, tones[max(0, len(tones) - 2)], 0.6),
        mix(palette.low, bright, 0.6),
        mix(palette.far, middle, 0.6),
        mix(palette.near, dark, 0.6),
        mix(palette.light, bright, 0.3),
        mix(palette.water, middle, 0.5),
        mix(palette.leaf, tones[min(1, len(tones) - 1)], 0.5),
        palette.dark,
    )


def _leaves(reading: Reading, palette: Palette) -> tuple[Colour, Colour]:
    first, second = palette.leaf, mix(palette.leaf, palette.light, 0.18)
    if reading.season in SEASONS:
        share = 0.45 if palette.dark else 0.8
        first, second = (
            mix(old, colour_of(new), share)
            for old, new in zip((first, second), SEASONS[reading.season], strict=True)
        )
    return first, second
