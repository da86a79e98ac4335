"""Places without land and sky: space, the sea's depth, and pure shapes."""

import math

from bot.sandbox.paint.colours import Colour, mix, shade
from bot.sandbox.paint.stage import Stage


def paint_space(stage: Stage) -> None:
    canvas, dice, palette = stage.canvas, stage.dice, stage.palette
    canvas.sky(
        [
            (-1.5, (4, 5, 16)),
            (-0.3, shade(palette.top, -0.35)),
            (0.4, mix(palette.top, palette.middle, 0.5)),
            (1.2, (6, 6, 20)),
        ]
    )
    tones: tuple[Colour, ...] = ((120, 70, 190), (40, 110, 190), (210, 80, 130), (40, 160, 160))
    for cloud in range(3):
        tone = dice.pick(f"nebula {cloud}", tones)
        x, y = dice.roll(f"nebula x {cloud}", -0.4, 0.4), dice.roll(f"nebula y {cloud}", -0.4, 0.25)
        for puff in range(5):
            a, b = (
                dice.roll(f"puff {cloud} {puff}", -0.22, 0.22),
                dice.roll(f"puff y {cloud} {puff}", -0.14, 0.14),
            )
            canvas.glow(x + a, y + b, dice.roll(f"puff r {cloud} {puff}", 0.16, 0.36), tone, 0.34)
    for y, cell in stage.rows("stars", 0.042, canvas.frame[1], canvas.frame[3]):
        canvas.dot(cell.x, y, 0.0010 + 0.0026 * cell.d**5, (255, 252, 244), 0.3 + 0.7 * cell.b)
        if cell.d > 0.95:
            canvas.glow(cell.x, y, 0.03, (200, 215, 255), 0.8)
    for index in range(2):
        name = f"planet {index}"
        x, y = dice.roll(name, -0.40, 0.40), dice.roll(name + " y", -0.36, -0.08) + 0.16 * index
        size = dice.roll(name + " size", 0.06, 0.17) * (1 - 0.45 * index)
        _planet(
            stage,
            x,
            y,
            size,
            dice.pick(name + " tone", ((222, 150, 92), (96, 160, 210), (196, 110, 150), (150, 190, 140))),
            ring=dice.chance(name + " ring", 0.55),
        )
    ground = mix((128, 122, 140), palette.near, 0.35)
    hills = stage.hills("moon ground", 0.7)
    stage.ground = lambda x: 0.36 - 0.02 * hills(x)
    canvas.below(stage.line(stage.ground), ground)
    for y, cell in stage.rows("craters", 0.10, 0.40, 6.0):
        if cell.b < 0.6:
            r = 0.014 + 0.03 * cell.d
            canvas.oval(cell.x, y, r, r * 0.34, shade(ground, -0.28))
            canvas.oval(cell.x, y + r * 0.07, r * 0.88, r * 0.26, shade(ground, -0.10))


def _planet(stage: Stage, x: float, y: float, size: float, tone: Colour, *, ring: bool) -> None:
    canvas = stage.canvas
    canvas.glow(x, y, size * 1.8, tone, 0.4)
    pale = shade(tone, 0.35)

    def arc(start: float, stop: float) -> list[tuple[float, float]]:
        return [
            (x + size * 1.75 * math.cos(a), y + size * 0.42 * math.sin(a) - size * 0.22 * math.cos(a))
            for a in (start + (stop - start) * i / 40 for i in range(41))
        ]

    if ring:
        canvas.line(arc(math.pi, 2 * math.pi), size * 0.13, pale, 0.8)
    canvas.oval(x, y, size, size, shade(tone, -0.35))
    for step in range(7):
        t = step / 6
        lean = size * 0.20 * (1 - t)
        canvas.oval(
            x - size * 0.20 + lean,
            y - size * 0.20 + lean,
            size * 0.80 * (1 - 0.12 * t),
            size * 0.80 * (1 - 0.12 * t),
            mix(shade(tone, -0.25), pale, 0.15 + 0.10 * step),
            0.5,
        )
    if ring:
        canvas.line(arc(0, math.pi), size * 0.13, pale, 0.9)


def paint_underwater(stage: Stage) -> None:
    canvas, dice, palette = stage.canvas, stage.dice, stage.palette
    blue = mix((24, 110, 150), palette.water, 0.4)
    if palette.dark:
        blue = mix(blue, (10, 24, 60), 0.5)
    canvas.sky(
        [
            (-0.7, mix(blue, (190, 240, 240), 0.62)),
            (-0.3, mix(blue, (120, 220, 225), 0.34)),
            (0.15, blue),
            (0.7, shade(blue, -0.5)),
            (1.6, shade(blue, -0.75)),
        ]
    )
    for ray in range(7):
        x = dice.roll(f"ray {ray}", -0.7, 0.7)
        wide, lean = dice.roll(f"ray wide {ray}", 0.02, 0.07), dice.roll(f"ray lean {ray}", -0.05, 0.20)
        canvas.polygon(
            [
                (x - wide * 0.5, -0.9),
                (x + wide * 0.5, -0.9),
                (x + lean + wide * 1.5, 0.34),
                (x + lean - wide, 0.34),
            ],
            (214, 250, 246),
            0.085,
        )
    tones: tuple[Colour, ...] = (
        (240, 110, 116),
        (250, 170, 90),
        (196, 110, 200),
        (250, 214, 120),
        (110, 200, 170),
    )
    for layer in range(3):
        hills = stage.hills(f"seabed {layer}", 0.55)
        base = 0.22 + 0.085 * layer
        colour = mix(mix(blue, (226, 200, 150), 0.20 + 0.24 * layer), shade(blue, -0.4), 0.45 - 0.1 * layer)
        canvas.below(stage.line(lambda x, base=base, hills=hills: base - 0.05 * hills(x)), colour)  # type: ignore[misc]
        for cell in stage.cells(f"weeds {layer}", 0.055 - 0.006 * layer, base):
            if cell.b < 0.55:
                foot = base - 0.05 * hills(cell.x) + 0.015
                tall = (0.06 + 0.16 * cell.c) * (0.7 + 0.25 * layer)
                sway = (cell.d - 0.5) * 0.08
                points = [
                    (cell.x + sway * t * t + 0.010 * math.sin(7 * t + cell.a * 6), foot - tall * t)
                    for t in (i / 8 for i in range(9))
                ]
                leaf = mix(mix((54, 140, 96), blue, 0.55 - 0.2 * layer), (150, 190, 90), 0.3 * cell.a)
                canvas.ribbon(points, lambda t, tall=tall: tall * 0.10 * (1.05 - t), leaf)  # type: ignore[misc]
            elif cell.b < 0.85 and layer:
                foot, r = base - 0.05 * hills(cell.x) + 0.01, 0.012 + 0.022 * cell.c
                tone = mix(tones[int(cell.d * 5) % 5], blue, 0.42 - 0.16 * layer)
                for dx, dy, part in (
                    (0, -0.8, 1.0),
                    (-0.9, -0.4, 0.75),
                    (0.9, -0.45, 0.75),
                    (0.3, -1.6, 0.6),
                ):
                    canvas.oval(cell.x + dx * r, foot + dy * r, r * part, r * part, shade(tone, 0.12 * dx))
    stage.ground = lambda x: 0.40
    for y, cell in stage.rows("bubbles", 0.13, canvas.frame[1], 0.35):
        if cell.b < 0.5:
            r = 0.003 + 0.008 * cell.d
            canvas.oval(cell.x, y, r, r, (220, 250, 250), 0.42)
            canvas.oval(cell.x - r * 0.3, y - r * 0.3, r * 0.3, r * 0.3, (255, 255, 255), 0.7)
    for cell in stage.cells("far fish", 0.16, -0.1):
        if cell.b < 0.5:
            y, s, way = -0.25 + 0.42 * cell.c, 0.010 + 0.010 * cell.d, 1 if cell.a < 0.5 else -1
            tone = mix(blue, (255, 255, 255), 0.30)
            canvas.oval(cell.x, y, s, s * 0.42, tone, 0.8)
            canvas.polygon(
                [
                    (cell.x + way * s * 0.8, y),
                    (cell.x + way * s * 1.6, y - s * 0.5),
                    (cell.x + way * s * 1.6, y + s * 0.5),
                ],
                tone,
                0.8,
            )


def paint_abstract(stage: Stage) -> None:
    canvas, dice, palette = stage.canvas, stage.dice, stage.palette
    tones = (
        palette.top,
        palette.middle,
        palette.low,
        palette.light,
        palette.far,
        palette.water,
        palette.leaf,
        palette.near,
    )
    frame = canvas.frame
    canvas.sky([(-0.8, palette.low), (0.0, mix(palette.low, palette.middle, 0.35)), (0.8, palette.middle)])
    canvas.glow(stage.light_x, -0.15, 0.7, palette.light, 0.6)
    kind = dice.pick("abstract", ("bands", "circles", "bands", "arcs"))
    if kind == "bands":
        lean = dice.roll("lean", -0.5, 0.5)
        for band in range(11):
            hills = stage.hills(f"band {band}", dice.roll(f"band wave {band}", 0.30, 0.7), rough=1)
            base = -0.42 + band * 0.115
            tone = mix(tones[(band * 3 + dice.seed) % 8], palette.middle, 0.15)
            line = stage.line(lambda x, base=base, hills=hills: base + lean * x * 0.5 + 0.085 * hills(x))  # type: ignore[misc]
            canvas.below([(x, y + 0.012) for x, y in line], shade(palette.near, -0.3), 0.22)
            canvas.below(line, tone)
    elif kind == "arcs":
        step = 0.25
        for row in range(math.floor(frame[1] / step), math.ceil(frame[3] / step)):
            for cell in stage.cells(f"arcs {row}", step, row * step):
                x, y = math.floor(cell.x / step) * step + step / 2, row * step + step / 2
                h, turn = step / 2, int(cell.b * 4)
                tone, other = tones[int(cell.c * 8)], tones[int(cell.d * 8)]
                canvas.polygon([(x - h, y - h), (x + h, y - h), (x + h, y + h), (x - h, y + h)], tone)
                cx, cy = ((x - h, y - h), (x + h, y - h), (x + h, y + h), (x - h, y + h))[turn]
                for r, colour in ((step, other), (step * 0.66, mix(other, tone, 0.6)), (step * 0.33, other)):
                    points = [
                        (cx + r * math.cos(a), cy + r * math.sin(a))
                        for a in (math.pi / 2 * (turn + i / 14) for i in range(15))
                    ]
                    canvas.polygon([(cx, cy), *points], colour)
    else:
        for y, cell in stage.rows("circles", 0.16, frame[1] - 0.2, frame[3] + 0.2):
            r = 0.03 + 0.14 * cell.d**1.5
            tone = tones[int(cell.b * 8)]
            canvas.oval(cell.x + 0.008, y + 0.010, r, r, shade(palette.near, -0.3), 0.20)
            canvas.oval(cell.x, y, r, r, tone, 0.86)
            if cell.a > 0.5:
                canvas.oval(cell.x, y, r * 0.62, r * 0.62, tones[int(cell.c * 8)], 0.9)
            if cell.c > 0.6:
                canvas.oval(cell.x, y, r * 0.28, r * 0.28, palette.light)
    stage.ground = lambda x: 0.34
