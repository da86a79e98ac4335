"""Lakes and the sea, and what lies on the shore."""

import math

from bot.sandbox.paint.colours import Colour, mix, shade
from bot.sandbox.paint.growth import paint_front
from bot.sandbox.paint.land import paint_peaks, paint_wooded_hills
from bot.sandbox.paint.stage import Stage


def paint_lake(stage: Stage) -> None:
    dice, palette, canvas = stage.dice, stage.palette, stage.canvas
    shore = stage.horizon + 0.09
    paint_peaks(stage, shore - 0.01, dice.roll("peaks", 0.16, 0.28))
    paint_wooded_hills(stage, shore + 0.005, 2, 0.030)
    canvas.below(stage.line(lambda x: shore - 0.006), mix(palette.near, palette.far, 0.35))
    ripples = stage.hills("ripples", 0.03)

    def ripple(row: int) -> int:
        return round(ripples(row * canvas.pixel * 2.2) * (1.5 + row * 0.018))

    canvas.mirror(shore, mix(palette.water, palette.low, 0.25), 0.34, ripple)
    _glints(stage, shore, 0.30)
    paint_front(stage, low=0.43, reeds=True)


def paint_sea(stage: Stage) -> None:
    dice, palette, canvas = stage.dice, stage.palette, stage.canvas
    line = stage.horizon + 0.03
    if dice.chance("islands", 0.6):
        for index in range(2):
            x = dice.roll(f"island {index}", -0.5, 0.5)
            wide, high = (
                dice.roll(f"island wide {index}", 0.10, 0.22),
                dice.roll(f"island high {index}", 0.03, 0.10),
            )
            hills = stage.hills(f"island line {index}", 0.12)
            points = []
            for step in range(41):
                t = step / 40
                lift = math.sin(math.pi * t) ** 0.8 * high * (1 + 0.35 * hills(t + index))
                points.append((x + (t - 0.5) * 2 * wide, line + 0.002 - lift))
            canvas.polygon(
                [*points, (x + wide, line + 0.01), (x - wide, line + 0.01)], stage.haze(palette.far, 0.2)
            )
    _water(stage, line)
    _glints(stage, line, 0.9)
    beach = dice.chance("beach", 0.7) or any(
        s.name not in ("boat", "whale", "fish") for s in stage.reading.subjects
    )
    if beach:
        sand = mix(mix((238, 208, 158), palette.low, 0.2), palette.near, 0.5 if palette.dark else 0.05)
        if stage.snowy:
            sand = mix(sand, (236, 242, 250), 0.7)
        edge = stage.hills("beach", 0.7)
        for lift, colour, alpha in (
            (0.0, (255, 255, 255), 0.75),
            (0.016, shade(sand, -0.12), 1.0),
            (0.03, sand, 1.0),
        ):
            canvas.below(stage.line(lambda x, lift=lift: 0.335 - 0.03 * edge(x) + lift), colour, alpha)  # type: ignore[misc]
        stage.ground = lambda x: 0.385
        _shore_things(stage, sand)
    else:
        stage.ground = lambda x: 0.36


def _shore_things(stage: Stage, sand: Colour) -> None:
    """Pebbles, starfish, and parasols for whoever zooms out."""
    canvas, first = stage.canvas, stage.shot.frames[0][3]
    y, step, index = 0.40, 0.06, 0
    while y < canvas.frame[3] and index < 20:
        for cell in stage.cells(f"shore {index}", step * 1.6, y):
            row, size = y + step * cell.c, step * 0.10 * (0.6 + 0.8 * cell.d)
            if cell.b < 0.35:
                canvas.oval(cell.x, row, size, size * 0.5, shade(sand, -0.22), 0.7)
            elif cell.b > 0.92 and row - size * 12 > first:
                _parasol(stage, cell.x, row, size * 11, cell.d)
            elif cell.b > 0.86:
                arms = [
                    (cell.x + math.cos(a) * size * r * 1.6, row + math.sin(a) * size * r * 0.9)
                    for a, r in ((math.pi * i / 5 - 1.57, 1.0 if i % 2 == 0 else 0.42) for i in range(10))
                ]
                canvas.polygon(arms, mix((236, 116, 84), sand, 0.1))
        y, step, index = y + step, step * 1.22, index + 1


def _parasol(stage: Stage, x: float, y: float, tall: float, kind: float) -> None:
    canvas = stage.canvas
    tone = ((226, 84, 76), (66, 140, 190), (244, 186, 76))[int(kind * 3) % 3]
    dim = 0.45 if stage.palette.dark else 0.04
    canvas.oval(x + tall * 0.25, y + tall * 0.03, tall * 0.6, tall * 0.09, (70, 60, 70), 0.3)
    canvas.line(
        [(x, y), (x + tall * 0.06, y - tall)], tall * 0.035, mix((250, 246, 236), stage.palette.near, dim)
    )
    for part in range(6):
        a0, a1 = math.pi * (1 + part / 6), math.pi * (1 + (part + 1) / 6)
        shell = (250, 246, 236) if part % 2 else tone
        points = [
            (x + tall * (0.05 + 0.62 * math.cos(a)), y - tall * (0.62 - 0.42 * math.sin(a)))
            for a in (a0 + (a1 - a0) * i / 5 for i in range(6))
        ]
        canvas.polygon([(x + tall * 0.05, y - tall * 0.62), *points], mix(shell, stage.palette.near, dim))


def _water(stage: Stage, top: float) -> None:
    canvas, palette = stage.canvas, stage.palette
    deep = shade(palette.water, -0.28)
    frame = canvas.frame
    height = max(1, frame[3] - top)
    for step in range(60):
        t = step / 60
        y = top + height * t * t
        tone = mix(mix(palette.water, palette.low, 0.55), palette.water, min(1, t * 3))
        canvas.polygon(
            [(frame[0], y), (frame[2], y), (frame[2], frame[3] + 1), (frame[0], frame[3] + 1)],
            mix(tone, deep, max(0.0, min(1.0, (y - top - 0.1) * 1.2))),
        )
    pale = mix(palette.water, (255, 255, 255), 0.4)
    y, gap, index = top + 0.006, 0.007, 0
    while y < frame[3] and index < 60:
        for cell in stage.cells(f"waves {index}", 0.06 + gap * 2.2, y, margin=0.2):
            if cell.b < 0.6:
                long = (0.012 + gap * 1.4) * (0.5 + cell.d)
                tone = pale if cell.c > 0.45 else deep
                canvas.oval(cell.x, y + gap * (cell.a - 0.5), long, 0.0010 + gap * 0.05, tone, 0.42)
        y, gap, index = y + gap, gap * 1.12, index + 1


def _glints(stage: Stage, top: float, strength: float) -> None:
    """The light's path on the water, towards us."""
    x0, light = stage.light_x, stage.palette.light
    bottom = min(stage.canvas.frame[3], top + 0.9)
    y, gap, index = top + 0.004, 0.006, 0
    while y < bottom and index < 60:
        wide = 0.02 + (y - top) * 0.28
        for piece in range(5):
            a = stage.dice.roll(f"glint {index} {piece}", -1, 1)
            long = (0.006 + (y - top) * 0.07) * stage.dice.roll(f"glint long {index} {piece}", 0.4, 1.2)
            alpha = strength * 0.55 * (1 - abs(a) * 0.7) * (1 - (y - top) / 1.1)
            stage.canvas.oval(x0 + a * wide, y, long, 0.0012 + gap * 0.07, light, max(0.0, alpha))
        y, gap, index = y + gap, gap * 1.10, index + 1
