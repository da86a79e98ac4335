"""The city: houses with lit windows, and their mirror in the water."""

from bot.sandbox.paint.colours import Colour, mix, shade
from bot.sandbox.paint.growth import paint_bush
from bot.sandbox.paint.stage import Stage


def paint_city(stage: Stage) -> None:
    palette, canvas = stage.palette, stage.canvas
    neon = stage.reading.style == "neon"
    quay = 0.30
    for layer in range(3):
        t = layer / 2
        colour = stage.haze(mix(palette.far, palette.near, 0.25 + 0.65 * t), 0.55 * (1 - t))
        step = 0.058 + 0.022 * layer
        for cell in stage.cells(f"houses {layer}", step, 0.0):
            tall = (0.12 + 0.34 * cell.c**1.6) * (1.1 - 0.22 * layer)
            wide = step * (0.40 + 0.22 * cell.b)
            _building(stage, cell.x, quay - 0.015 * (2 - layer), wide, tall, colour, layer, cell.d, neon)
        if layer < 2:
            pale = mix(palette.low, palette.light, 0.1)
            canvas.veil([(quay - 0.25, 0.0), (quay, 0.34 - 0.14 * layer), (quay + 0.1, 0.0)], pale)
    ripples = stage.hills("ripples", 0.03)
    canvas.mirror(
        quay,
        mix(palette.water, palette.near, 0.45),
        0.42,
        lambda row: round(ripples(row * canvas.pixel * 2.6) * (2 + row * 0.03)),
    )
    stage.floor = 0.40
    stage.ground = lambda x: 0.41
    if any(
        s.name not in ("boat", "balloon", "bird", "rocket", "butterfly", "dragon")
        for s in stage.reading.subjects
    ):
        _quay(stage)


def _quay(stage: Stage) -> None:
    """Paving towards us, with lamps and shrubs further on, for whoever zooms out."""
    canvas, palette, first = stage.canvas, stage.palette, stage.shot.frames[0][3]
    stone = mix(palette.near, palette.far, 0.30)
    canvas.below(stage.line(lambda x: 0.395), mix(stone, palette.low, 0.10))
    canvas.below(stage.line(lambda x: 0.410), shade(stone, -0.14))
    y, step, index = 0.410, 0.035, 0
    while y < canvas.frame[3] and index < 24:
        tone = shade(stone, -0.14 - 0.012 * index)
        canvas.block(canvas.frame[0], y, canvas.frame[2], canvas.frame[3] + 1, tone)
        for cell in stage.cells(f"slabs {index}", 0.10 + step, y):
            canvas.line([(cell.x, y), (cell.x * 1.04, y + step)], 0.0022, shade(tone, -0.3), 0.7)
        canvas.line([(canvas.frame[0], y), (canvas.frame[2], y)], 0.0022, shade(tone, -0.3), 0.7)
        tall = step * 3.2
        for cell in stage.cells(f"quay things {index}", 0.34 + step * 2.5, y):
            foot = y + step * 0.6
            if cell.b < 0.42 and foot - tall > first + 0.01:
                _lamp(stage, cell.x, foot, tall)
            elif cell.b < 0.62 and foot - step > first + 0.01:
                paint_bush(stage, cell.x, foot, step * 0.8, tone, cell.c)
        y, step, index = y + step, step * 1.2, index + 1


def _lamp(stage: Stage, x: float, y: float, tall: float) -> None:
    canvas, iron = stage.canvas, shade(stage.palette.near, -0.35)
    canvas.oval(x, y, tall * 0.10, tall * 0.02, shade(iron, -0.4), 0.6)
    canvas.line([(x, y), (x, y - tall * 0.86)], tall * 0.028, iron)
    canvas.block(x - tall * 0.045, y - tall * 0.98, x + tall * 0.045, y - tall * 0.86, iron)
    if stage.palette.dark or stage.hour in ("sunset", "storm"):
        canvas.oval(x, y - tall * 0.92, tall * 0.035, tall * 0.045, (255, 232, 160))
        canvas.glow(x, y - tall * 0.92, tall * 0.45, (255, 206, 120), 0.6)
    else:
        canvas.oval(x, y - tall * 0.92, tall * 0.03, tall * 0.04, (236, 240, 240))


def _building(
    stage: Stage,
    x: float,
    foot: float,
    half: float,
    tall: float,
    colour: Colour,
    layer: int,
    kind: float,
    neon: bool,
) -> None:
    canvas, palette = stage.canvas, stage.palette
    top = foot - tall
    canvas.polygon(
        [(x - half, foot + 0.05), (x - half, top), (x + half, top), (x + half, foot + 0.05)], colour
    )
    canvas.block(x + half * 0.45, top, x + half, foot + 0.05, shade(colour, -0.13))
    if kind > 0.72:
        canvas.polygon(
            [(x - half * 0.6, top), (x, top - half * 1.3), (x + half * 0.6, top)], shade(colour, -0.08)
        )
    elif kind > 0.5:
        canvas.line([(x, top), (x, top - 0.05)], 0.003, colour)
        if palette.dark:
            canvas.dot(x, top - 0.05, 0.003, (255, 90, 80))
    elif kind > 0.3:
        canvas.block(x - half * 0.5, top - 0.02, x + half * 0.3, top, shade(colour, -0.1))
    if layer == 0 and canvas.scale < 700:
        return
    lit = palette.dark or stage.hour in ("sunset", "storm", "dusk")
    gap = 0.0135 + 0.003 * layer
    size = gap * 0.30
    across, down = max(1, int(half * 2 / gap) - 1), max(1, int(tall / gap) - 1)
    seed = int(abs(x) * 7919 + kind * 65536) + layer
    tones = ((255, 214, 130), (255, 236, 180), (255, 190, 110))
    if neon:
        tones = ((255, 92, 190), (90, 230, 255), (190, 120, 255))
    for row in range(min(down, 40)):
        for column in range(min(across, 8)):
            mark = ((row * 73 + column * 151 + seed * 37) * 2654435761 >> 7) & 0xFF
            wx, wy = x - half + gap * (column + 1), top + gap * (row + 1)
            if lit and mark < 96:
                tone = tones[mark % 3]
                canvas.block(
                    wx - size, wy - size, wx + size, wy + size, mix(tone, colour, 0.12 + 0.2 * (2 - layer))
                )
            elif not lit and mark < 190:
                canvas.block(wx - size, wy - size, wx + size, wy + size, mix(colour, palette.low, 0.28))
    if neon and layer == 2 and kind < 0.45:
        tone = tones[int(kind * 100) % 3]
        canvas.glow(x, top + tall * 0.3, 0.10, tone, 0.5)
        canvas.line([(x - half * 0.5, top + 0.03), (x - half * 0.5, top + tall * 0.5)], 0.006, tone)
