"""Dry land: mountains, hills, woods and deserts."""

import math

from bot.sandbox.paint.brush import Canvas
from bot.sandbox.paint.colours import Colour, mix, shade
from bot.sandbox.paint.growth import paint_endless, paint_front, paint_mist, paint_pines, paint_round_trees
from bot.sandbox.paint.stage import Hills as Height
from bot.sandbox.paint.stage import Stage

Summits = tuple[tuple[float, float, float], ...]  # where, how high, how wide


def paint_mountain(stage: Stage) -> None:
    paint_peaks(stage, stage.horizon + 0.05, stage.dice.roll("peaks", 0.20, 0.34))
    paint_wooded_hills(stage, stage.horizon + 0.10, 3)
    paint_front(stage)


def paint_meadow(stage: Stage) -> None:
    palette = stage.palette
    green = stage.leaves[0]
    for layer in range(4):
        t = layer / 3
        hills = stage.hills(f"hills {layer}", 0.9 - 0.15 * layer)
        base, swing = stage.horizon + 0.02 + 0.085 * layer, 0.055 - 0.006 * layer
        colour = mix(stage.haze(mix(palette.far, green, 0.35), 0.35), mix(green, palette.near, 0.25), t)
        if stage.snowy:
            colour = mix(colour, (236, 242, 250), 0.75 - 0.4 * palette.dark)

        def height(x: float, hills: Height = hills, base: float = base, swing: float = swing) -> float:
            return base - swing * (hills(x) + 0.2)

        stage.canvas.below(stage.line(height), colour)
        paint_mist(stage, base + 0.02, 0.16 * (1 - t))
        if layer in (1, 2):
            paint_round_trees(stage, f"trees {layer}", height, 0.16, 0.045 + 0.03 * layer, 0.45, colour)
    paint_front(stage, flowers=True)


def paint_forest(stage: Stage) -> None:
    palette = stage.palette
    for layer in range(4):
        t = layer / 3
        hills = stage.hills(f"wood {layer}", 0.6)
        base = stage.horizon + 0.02 + 0.07 * layer
        colour = stage.haze(mix(palette.leaf, palette.near, 0.25 + 0.6 * t), 0.72 * (1 - t))

        def height(x: float, hills: Height = hills, base: float = base) -> float:
            return base - 0.03 * hills(x)

        paint_pines(
            stage,
            f"pines {layer}",
            height,
            0.05 + 0.014 * layer,
            0.20 + 0.085 * layer,
            colour,
            0.93 - 0.1 * t,
        )
        stage.canvas.below(stage.line(height), colour)
        paint_mist(stage, base + 0.03, 0.42 * (1 - t))
    if not palette.dark:
        _beams(stage)
    paint_front(stage, flowers=not stage.snowy)
    _trunks(stage)


def paint_desert(stage: Stage) -> None:
    palette = stage.palette
    sand = mix(mix((232, 178, 112), palette.low, 0.25), palette.near, 0.45 if palette.dark else 0.0)
    if stage.dice.chance("pyramids", 0.55):
        for index in range(3):
            x = stage.dice.roll(f"pyramid {index}", -0.42, 0.42)
            high = stage.dice.roll(f"pyramid high {index}", 0.07, 0.17)
            foot, lit = stage.horizon + 0.05, stage.haze(sand, 0.4)
            stage.canvas.polygon([(x - high, foot), (x, foot - high), (x + high, foot)], lit)
            stage.canvas.polygon(
                [(x + high * 0.25, foot), (x, foot - high), (x + high, foot)], shade(lit, -0.22)
            )
    lean = 0.05 if stage.light_x > 0 else -0.05
    for layer in range(5):
        t = layer / 4
        hills = stage.hills(f"dunes {layer}", 0.62 - 0.04 * layer, rough=1)
        base = stage.horizon + 0.03 + 0.075 * layer
        colour = mix(stage.haze(sand, 0.5), shade(sand, -0.06), t)

        def height(x: float, hills: Height = hills, base: float = base) -> float:
            return base - 0.085 * math.pow(1 - abs(hills(x)), 1.6)

        line = stage.line(height)
        stage.canvas.below(line, colour)
        # The side that turns away from the light, from the crest down.
        away = [(x, y if height(x + lean) < y else y + 0.004 + 1.3 * (height(x + lean) - y)) for x, y in line]
        stage.canvas.polygon([*line, *reversed(away)], shade(colour, -0.17))
    stage.floor = 0.33
    stage.ground = lambda x: 0.35
    paint_endless(stage, 0.46, shade(sand, -0.12))


def paint_peaks(stage: Stage, base: float, high: float) -> None:
    """Mountains far away, with snow where they are high and shade on one side."""
    palette, canvas = stage.palette, stage.canvas
    for layer in range(2):
        tall = high * (1 - 0.26 * layer)
        foot = base + 0.035 * layer
        fine = stage.hills(f"crags {layer}", 0.06)
        summits = [
            (cell.x, 0.45 + 0.55 * cell.b, 0.16 + 0.16 * cell.c)
            for cell in stage.cells(f"summits {layer}", 0.19 + 0.04 * layer, base - tall, margin=0.5)
        ]
        colour = stage.haze(mix(palette.far, palette.near, 0.12 + 0.22 * layer), 0.38 - 0.22 * layer)

        def height(
            x: float,
            summits: Summits = tuple(summits),
            fine: Height = fine,
            foot: float = foot,
            tall: float = tall,
        ) -> float:
            lift = max((top * (1 - abs(x - middle) / wide) for middle, top, wide in summits), default=0.0)
            return foot - tall * (max(0.10, lift) + 0.07 * fine(x))

        points = stage.line(height, 4)
        canvas.below(points, colour)
        lean = 0.022 if stage.light_x > 0 else -0.022
        dark = [(x, max(y, height(x + lean) + 0.010 + 0.02 * abs(fine(x * 2)))) for x, y in points]
        canvas.below(dark, shade(colour, -0.14))
        snow = mix((248, 250, 255), palette.low, 0.25 if not palette.dark else 0.45)
        border = foot - tall * (0.26 if stage.snowy else 0.52)
        run: list[tuple[float, float]] = []
        for x, y in [*points, (points[-1][0] + 1, border + 1)]:
            if y < border:
                run.append((x, y))
            elif run:
                _cap(canvas, run, border, fine, snow, tall)
                run = []
        paint_mist(stage, foot, 0.5 - 0.2 * layer)


def _cap(
    canvas: Canvas, run: list[tuple[float, float]], border: float, fine: Height, snow: Colour, tall: float
) -> None:
    under = [
        (x, min(border, y + (border - y) * (0.55 + 0.45 * fine(x * 2.3)) + tall * 0.012))
        for x, y in reversed(run)
    ]
    canvas.polygon([*run, *under], snow, 0.92)


def paint_wooded_hills(stage: Stage, base: float, layers: int, step: float = 0.072) -> None:
    palette = stage.palette
    for layer in range(layers):
        t = (layer + 1) / layers
        hills = stage.hills(f"slopes {layer}", 0.55)
        colour = stage.haze(
            mix(mix(palette.far, stage.leaves[0], 0.5), palette.near, 0.2 + 0.5 * t), 0.45 * (1 - t)
        )
        if stage.snowy:
            colour = mix(colour, (222, 232, 244), 0.35)

        def height(x: float, hills: Height = hills, layer: int = layer) -> float:
            return base + step * layer - 0.045 * hills(x)

        paint_pines(
            stage,
            f"slope pines {layer}",
            height,
            0.026 + 0.012 * layer,
            0.045 + 0.035 * layer,
            shade(colour, -0.08),
            0.62,
        )
        stage.canvas.below(stage.line(height), colour)
        paint_mist(stage, base + step * layer + 0.05, 0.30 * (1 - t) + 0.05)


def _beams(stage: Stage) -> None:
    for index in range(4):
        x = stage.light_x + stage.dice.roll(f"beam {index}", -0.35, 0.35)
        wide = stage.dice.roll(f"beam wide {index}", 0.02, 0.06)
        lean = (x - stage.light_x) * 0.5
        corners = [
            (x - wide * 0.4 - lean * 2, -2.5),
            (x + wide * 0.4 - lean * 2, -2.5),
            (x + wide + lean, 0.40),
            (x - wide + lean, 0.40),
        ]
        stage.canvas.polygon(corners, stage.palette.light, 0.10)


def _trunks(stage: Stage) -> None:
    """Two or three trees so near that one sees only their trunks, at the sides."""
    dark = shade(stage.palette.near, -0.25)
    for index, side in enumerate((-0.46, 0.44)):
        if stage.dice.chance(f"trunk {index}", 0.7):
            x = side + stage.dice.roll(f"trunk x {index}", -0.06, 0.06)
            wide = stage.dice.roll(f"trunk wide {index}", 0.018, 0.034)
            top = min(-0.8, stage.shot.frames[0][1] - 0.2)  # their leaves are out of sight at first
            stage.canvas.polygon(
                [(x - wide, 0.47), (x - wide * 0.5, top), (x + wide * 0.4, top), (x + wide * 1.2, 0.47)], dark
            )
            leaf = mix(stage.leaves[index], stage.palette.near, 0.45)
            for dx, dy, r, lift in (
                (-0.16, 0.0, 0.15, -0.2),
                (0.17, -0.02, 0.14, -0.15),
                (0.0, -0.12, 0.2, 0.0),
            ):
                stage.canvas.oval(x + dx, top - 0.05 + dy, r, r, shade(leaf, lift))
