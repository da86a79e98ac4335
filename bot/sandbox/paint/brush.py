"""A canvas that is painted in the scene's own coordinates, so that any part of it can be seen at any size."""

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from bot.sandbox.paint.colours import Colour, mix

Point = tuple[float, float]
Frame = tuple[float, float, float, float]  # left, top, right, bottom; the scene's centre is 0, 0, down is +
Stop = tuple[float, Colour]


class Canvas:
    """The part of a scene inside ``frame``, as an image of ``width`` by ``height`` pixels."""

    def __init__(self, frame: Frame, width: int, height: int) -> None:
        self.frame = frame
        self.width, self.height = width, height
        self.scale = width / (frame[2] - frame[0])
        self.image = Image.new("RGB", (width, height))
        self._draw = ImageDraw.Draw(self.image, "RGBA")

    @property
    def pixel(self) -> float:
        """The side of one pixel in the scene."""
        return 1 / self.scale

    def at(self, x: float, y: float) -> Point:
        return (x - self.frame[0]) * self.scale, (y - self.frame[1]) * self.scale

    def spread(self, step: float, margin: float = 0.0) -> range:
        """The cells of an endless row that can be seen, each ``step`` wide."""
        return range(
            math.floor((self.frame[0] - margin) / step), math.ceil((self.frame[2] + margin) / step) + 1
        )

    def columns(self, step: int = 6) -> list[float]:
        """Places along the width, ``step`` pixels apart."""
        return [self.frame[0] + x * self.pixel for x in range(-step, self.width + 2 * step, step)]

    def polygon(self, points: Iterable[Point], colour: Colour, alpha: float = 1.0) -> None:
        corners = [self.at(x, y) for x, y in points]
        if len(corners) > 2:
            self._draw.polygon(corners, fill=(*colour, round(255 * alpha)))

    def block(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        """A rectangle."""
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], colour)

    def below(self, line: Sequence[Point], colour: Colour, alpha: float = 1.0) -> None:
        """Fill everything under a line that runs from left to right."""
        bottom = self.frame[3] + 1
        self.polygon([*line, (line[-1][0], bottom), (line[0][0], bottom)], colour, alpha)

    def oval(self, x: float, y: float, rx: float, ry: float, colour: Colour, alpha: float = 1.0) -> None:
        left, top = self.at(x - rx, y - ry)
        right, bottom = self.at(x + rx, y + ry)
        if right - left >= 0.5 and bottom - top >= 0.5:
            self._draw.ellipse((left, top, right, bottom), fill=(*colour, round(255 * alpha)))

    def dot(self, x: float, y: float, radius: float, colour: Colour, alpha: float = 1.0) -> None:
        """A disc that never gets too small to be seen; it fades instead."""
        size = radius * self.scale
        if size < 0.8:
            alpha, size = alpha * max(0.25, size / 0.8), 0.8
        px, py = self.at(x, y)
        self._draw.ellipse((px - size, py - size, px + size, py + size), fill=(*colour, round(255 * alpha)))

    def line(self, points: Sequence[Point], thick: float, colour: Colour, alpha: float = 1.0) -> None:
        corners = [self.at(x, y) for x, y in points]
        width = max(1, round(thick * self.scale))
        self._draw.line(corners, fill=(*colour, round(255 * alpha)), width=width, joint="curve")

    def ribbon(self, points: Sequence[Point], thick: Callable[[float], float], colour: Colour) -> None:
        """A line whose thickness changes along its way (0 to 1)."""
        left: list[Point] = []
        right: list[Point] = []
        for index, (x, y) in enumerate(points):
            before, after = points[max(0, index - 1)], points[min(len(points) - 1, index + 1)]
            dx, dy = after[0] - before[0], after[1] - before[1]
            length = math.hypot(dx, dy) or 1.0
            half = thick(index / max(1, len(points) - 1)) / 2
            left.append((x - dy / length * half, y + dx / length * half))
            right.append((x + dy / length * half, y - dx / length * half))
        self.polygon([*left, *reversed(right)], colour)

    def sky(self, stops: Sequence[Stop]) -> None:
        """Colours by height; above the first and below the last stop they stay."""
        column = Image.new("RGB", (1, self.height))
        pixels = [_blend(stops, self.frame[1] + (row + 0.5) * self.pixel) for row in range(self.height)]
        column.putdata(pixels)
        self.image.paste(column.resize((self.width, self.height), Image.Resampling.NEAREST))

    def veil(self, stops: Sequence[tuple[float, float]], colour: Colour) -> None:
        """One colour laid over all, as thick (0 to 1) as the stops say for each height between them."""
        first, last = (round(self.at(0, stops[edge][0])[1]) for edge in (0, -1))
        first, last = max(0, first), min(self.height, last)
        if first >= last:
            return
        grey = [(y, (round(share * 255),) * 3) for y, share in stops]
        column = Image.new("L", (1, last - first))
        column.putdata(
            [_blend(grey, self.frame[1] + (row + 0.5) * self.pixel)[0] for row in range(first, last)]
        )
        mask = column.resize((self.width, last - first), Image.Resampling.NEAREST)
        self.image.paste(colour, (0, first, self.width, last), mask)

    def glow(self, x: float, y: float, radius: float, colour: Colour, strength: float = 1.0) -> None:
        """Light that fades outwards, added to what is there."""
        px, py = self.at(x, y)
        size = max(2, round(radius * self.scale * 2))
        box = (round(px - size / 2), round(py - size / 2))
        seen = (
            max(0, box[0]),
            max(0, box[1]),
            min(self.width, box[0] + size),
            min(self.height, box[1] + size),
        )
        if seen[0] >= seen[2] or seen[1] >= seen[3]:
            return
        part = (
            256 / size,
            0,
            (seen[0] - box[0]) * 256 / size,
            0,
            256 / size,
            (seen[1] - box[1]) * 256 / size,
        )
        shape = (seen[2] - seen[0], seen[3] - seen[1])
        fade = _FADE.transform(shape, Image.Transform.AFFINE, part, Image.Resampling.BILINEAR)
        fade = fade.point([round(value * strength) for value in range(256)])
        light = Image.composite(Image.new("RGB", shape, colour), Image.new("RGB", shape), fade)
        self.image.paste(ImageChops.screen(self.image.crop(seen), light), seen[:2])

    def soft(
        self, ovals: Sequence[tuple[float, float, float, float, float]], colour: Colour, blur: float
    ) -> None:
        """Blurred ovals (x, y, rx, ry, thickness), such as clouds, smoke or spray."""
        edge = blur * 3
        left, top = self.at(min(o[0] - o[2] for o in ovals) - edge, min(o[1] - o[3] for o in ovals) - edge)
        right, bottom = self.at(
            max(o[0] + o[2] for o in ovals) + edge, max(o[1] + o[3] for o in ovals) + edge
        )
        box = (
            max(0, int(left)),
            max(0, int(top)),
            min(self.width, int(right) + 1),
            min(self.height, int(bottom) + 1),
        )
        if box[0] >= box[2] or box[1] >= box[3]:
            return
        part = max(1, min(8, round(blur * self.scale / 2)))
        size = (box[2] - box[0], box[3] - box[1])
        mask = Image.new("L", (max(1, size[0] // part), max(1, size[1] // part)))
        draw = ImageDraw.Draw(mask)
        for x, y, rx, ry, thickness in ovals:
            (left, top), (right, bottom) = self.at(x - rx, y - ry), self.at(x + rx, y + ry)
            corners = [
                (left - box[0]) / part,
                (top - box[1]) / part,
                (right - box[0]) / part,
                (bottom - box[1]) / part,
            ]
            draw.ellipse(corners, fill=round(255 * thickness))
        mask = mask.filter(ImageFilter.GaussianBlur(blur * self.scale / part))
        self.image.paste(colour, box, mask.resize(size, Image.Resampling.BILINEAR))

    def mirror(self, y: float, tint: Colour, share: float, ripple: Callable[[int], int]) -> None:
        """Show what is above the height ``y`` upside down beneath it, tinted, rows shifted by ``ripple``."""
        line = round(self.at(0, y)[1])
        if line >= self.height:
            return
        deep = self.height - max(0, line)
        above = self.image.crop((0, max(0, line - deep), self.width, max(0, line)))
        water = Image.new("RGB", (self.width, deep), tint)
        if above.height > 0:
            turned = above.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
            turned = turned.resize((self.width, min(deep, max(1, round(above.height * 1.0)))))
            water.paste(Image.blend(turned, Image.new("RGB", turned.size, tint), share))
            if turned.height < deep:  # nothing above to mirror: the last row goes on
                row = water.crop((0, turned.height - 1, self.width, turned.height))
                water.paste(row.resize((self.width, deep - turned.height)), (0, turned.height))
        step = max(1, round(self.scale * 0.004))
        for top in range(0, deep, step):
            shift = ripple(top)
            if shift:
                band = water.crop((0, top, self.width, min(deep, top + step)))
                water.paste(ImageChops.offset(band, shift, 0), (0, top))
        self.image.paste(water, (0, max(0, line)))
        self._draw = ImageDraw.Draw(self.image, "RGBA")


def smooth(points: Sequence[Point], closed: bool = True, steps: int = 6) -> list[Point]:
    """A curve through the points (Catmull-Rom)."""
    count = len(points)
    curve: list[Point] = []
    for index in range(count if closed else count - 1):
        if closed:
            a, b, c, d = (points[(index + k) % count] for k in (-1, 0, 1, 2))
        else:
            a, b, c, d = (points[min(count - 1, max(0, index + k))] for k in (-1, 0, 1, 2))
        for step in range(steps):
            t = step / steps
            curve.append((_curve(a[0], b[0], c[0], d[0], t), _curve(a[1], b[1], c[1], d[1], t)))
    if not closed:
        curve.append(points[-1])
    return curve


def _curve(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t**3)


def _blend(stops: Sequence[Stop], y: float) -> Colour:
    if y <= stops[0][0]:
        return stops[0][1]
    for (above, first), (under, second) in pairwise(stops):
        if y <= under:
            return mix(first, second, (y - above) / (under - above))
    return stops[-1][1]


def _fade() -> Image.Image:
    """A disc of light, brightest in the middle, nothing at the rim."""
    return ImageChops.invert(Image.radial_gradient("L")).point(
        [min(255, round(max(0, (value - 75) / 180) ** 1.8 * 255)) for value in range(256)]
    )


_FADE = _fade()
