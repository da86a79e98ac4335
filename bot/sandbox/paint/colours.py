"""Colours and palettes: what the sky, the land and the light are like at each hour."""

import colorsys
from collections.abc import Callable
from dataclasses import dataclass

Colour = tuple[int, int, int]

NAMED: dict[str, Colour] = {
    "red": (205, 58, 48),
    "orange": (236, 128, 44),
    "yellow": (244, 204, 74),
    "gold": (222, 172, 66),
    "green": (72, 148, 88),
    "teal": (38, 150, 150),
    "blue": (58, 110, 200),
    "purple": (128, 82, 178),
    "pink": (238, 140, 170),
    "brown": (132, 88, 58),
    "black": (38, 38, 46),
    "white": (240, 240, 236),
    "grey": (136, 140, 148),
    "silver": (196, 202, 210),
}


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """``share`` 0 is the first colour, 1 the second."""
    share = min(1.0, max(0.0, share))
    return (
        round(first[0] + (second[0] - first[0]) * share),
        round(first[1] + (second[1] - first[1]) * share),
        round(first[2] + (second[2] - first[2]) * share),
    )


def shade(colour: Colour, by: float) -> Colour:
    """Darker (negative) or lighter (positive), -1 to 1."""
    return mix(colour, (255, 255, 255) if by > 0 else (8, 8, 20), abs(by))


def turn(colour: Colour, hue: float, saturation: float = 1.0) -> Colour:
    """Shift the hue by a part of the circle, and scale the saturation."""
    h, lightness, s = colorsys.rgb_to_hls(*(part / 255 for part in colour))
    red, green, blue = colorsys.hls_to_rgb((h + hue) % 1, lightness, min(1.0, s * saturation))
    return round(red * 255), round(green * 255), round(blue * 255)


def brightness(colour: Colour) -> float:
    return (0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]) / 255


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one hour."""

    top: Colour  # sky
    middle: Colour
    low: Colour  # sky at the horizon
    far: Colour  # land
    near: Colour
    light: Colour  # sun or moon, and what it touches
    water: Colour
    leaf: Colour
    dark: bool = False  # lamps are lit, stars are out

    def toward(self, colour: Colour, share: float) -> "Palette":
        return self._each(lambda old: mix(old, colour, share))

    def turned(self, hue: float, saturation: float = 1.0) -> "Palette":
        return self._each(lambda old: turn(old, hue, saturation))

    def _each(self, change: Callable[[Colour], Colour]) -> "Palette":
        return Palette(
            change(self.top),
            change(self.middle),
            change(self.low),
            change(self.far),
            change(self.near),
            change(self.light),
            change(self.water),
            change(self.leaf),
            self.dark,
        )


def _palette(*words: str, dark: bool = False) -> Palette:
    top, middle, low, far, near, light, water, leaf = (
        (int(word[0:2], 16), int(word[2:4], 16), int(word[4:6], 16)) for word in words
    )
    return Palette(top, middle, low, far, near, light, water, leaf, dark)


# top, middle, low, far, near, light, water, leaf
HOURS: dict[str, tuple[Palette, ...]] = {
    "dawn": (
        _palette("5b6fa8", "e7a8b8", "fbd9b5", "a08fb5", "3a3f63", "fff0cf", "c79db0", "4f6a70"),
        _palette("7aa3c9", "f2c6c0", "fdebd0", "b3a6bf", "4a5270", "fff6de", "b9b6cc", "5d7a6c"),
        _palette("3f5d8f", "b98fb3", "f6b9a0", "8b7aa6", "33355c", "ffe3bd", "9a86ac", "45616a"),
    ),
    "day": (
        _palette("3b8ed0", "8cc7ec", "e3f2f1", "8fb3c9", "2f6b52", "fffbe6", "3f9dc0", "4f9a54"),
        _palette("4aa3d6", "a9dcef", "fdf3dc", "9dbcc0", "3f7a4a", "fffdf0", "4fb3c4", "6aa84a"),
        _palette("5f9fd0", "b7d9e8", "f6efe3", "a3b3c4", "41685f", "fffaf0", "5aa0b8", "5c8f5a"),
    ),
    "sunset": (
        _palette("3a2e6b", "c2527a", "ffb35c", "8a4a78", "2a1b40", "ffe9a8", "b0567c", "3b2f4f"),
        _palette("2d4478", "d9725c", "ffd27a", "7d5570", "2b2438", "fff0b8", "a8607a", "40384a"),
        _palette("57356f", "ec6b5a", "ffc46b", "9c4c66", "33182f", "ffefb0", "c25d66", "4a2b3c"),
    ),
    "night": (
        _palette("0a1030", "1b2d5c", "41639a", "2a3f70", "0a1226", "f4f0d8", "1d3560", "16303a", dark=True),
        _palette("0d0b2a", "2a2358", "5f4f8f", "3a3168", "0d0a20", "f6ecd6", "2a2a5c", "241f40", dark=True),
        _palette("06141f", "12394a", "2f7a80", "1c4c5a", "06121a", "eaf6e6", "164a5a", "0f3a34", dark=True),
    ),
    "storm": (
        _palette("343d4c", "66727f", "a7aeb0", "66727c", "252d34", "dfe6e6", "4f6270", "3a4a44"),
        _palette("2b3340", "56606e", "8f9498", "57616c", "1f252c", "cfd8dc", "46555f", "33423c"),
    ),
    "dream": (
        _palette("2b5f8f", "8fd0c8", "f9e0d0", "7fa8bd", "2c3f6b", "fff4d6", "6fc0c4", "48808a"),
        _palette("5a3f8f", "c58fd0", "fbd3dc", "9a86c4", "33265c", "fff0e6", "a48cd0", "56508a"),
        _palette("1f6f78", "73bfa8", "f4e6b8", "6fa3a0", "1f4a50", "fffbe0", "58b0a8", "3c7a60"),
    ),
}

SEASONS: dict[str, tuple[str, str]] = {  # leaf, and a second leaf beside it
    "autumn": ("d9772b", "b8402c"),
    "spring": ("f0a6bd", "8fc46a"),
    "summer": ("4f9a3f", "86b548"),
    "winter": ("dfe8f0", "b4c6d6"),
}


def colour_of(word: str) -> Colour:
    """A colour written as six hex digits."""
    return int(word[0:2], 16), int(word[2:4], 16), int(word[4:6], 16)
