"""Pictures made of a few flat shapes, whose colours are roles until they are painted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.sandbox.paint.brush import Canvas, Point, smooth
from bot.sandbox.paint.colours import Colour


@dataclass(frozen=True, slots=True)
class Shape:
    """A filled outline: curved, with corners, or an oval (centre and radii as two points)."""

    role: str
    kind: str
    points: tuple[Point, ...]


KINDS = {"~": "curve", "<": "corners", "o": "oval"}


def figure(text: str) -> tuple[Shape, ...]:
    """Read a figure: a role, how its outline runs, and points ``x,y`` in hundredths, up being positive.

    ``~`` is a curve through the points, ``<`` has corners, ``o`` is an oval: its centre and its radii.
    """
    rows: list[list[str]] = []
    for line in text.split("\n"):
        words = line.split()
        if words and words[0][0].isalpha():
            rows.append(words)
        elif words:
            rows[-1] += words
    return tuple(_shape(role, KINDS[kind], pairs) for role, kind, *pairs in rows)


def _shape(role: str, kind: str, pairs: Sequence[str]) -> Shape:
    points = [(float(x) / 100, -float(y) / 100) for x, y in (pair.split(",") for pair in pairs)]
    if kind == "curve":
        points = smooth(points)
    if kind == "oval":
        points[1] = (points[1][0], -points[1][1])
    return Shape(role, kind, tuple(points))


def stamp(
    canvas: Canvas,
    shapes: Sequence[Shape],
    at: Point,
    size: float,
    colours: Mapping[str, Colour],
    *,
    flip: bool = False,
    alpha: float = 1.0,
) -> None:
    """Paint the shapes with their foot at a point, ``size`` tall. A role without a colour is left out."""
    x0, y0 = at
    side = -size if flip else size
    for shape in shapes:
        colour = colours.get(shape.role)
        if colour is None:
            continue
        if shape.kind == "oval":
            (x, y), (rx, ry) = shape.points
            canvas.oval(x0 + x * side, y0 + y * size, rx * size, ry * size, colour, alpha)
        else:
            canvas.polygon([(x0 + x * side, y0 + y * size) for x, y in shape.points], colour, alpha)
