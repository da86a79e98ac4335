"""What is overhead and in the air: sky, sun and moon, stars, clouds, rain, snow, fog, lights."""

import math

from bot.sandbox.paint.colours import Colour, mix, shade
from bot.sandbox.paint.stage import Stage


def paint_sky(stage: Stage) -> None:
    palette, horizon = stage.palette, stage.horizon
    stage.canvas.sky(
        [
            (-1.6, shade(palette.top, -0.25)),
            (-0.55, palette.top),
            (-0.16, palette.middle),
            (horizon, palette.low),
            (horizon + 0.2, palette.low),
        ]
    )
    weather = stage.reading.weather
    if stage.palette.dark or "stars" in weather:
        _stars(stage, 1.0)
    elif stage.hour in ("sunset", "dawn", "dream") and stage.canvas.frame[1] < -0.6:
        _stars(stage, 0.55, -0.45)
    if "aurora" in weather:
        _aurora(stage)
    _sun_or_moon(stage)
    if "rainbow" in weather:
        _rainbow(stage)
    _clouds(stage)
    if "fireworks" in weather:
        _fireworks(stage)
    if stage.dice.chance("birds", 0.5) and not palette.dark and not weather & {"storm", "snow"}:
        _far_birds(stage)


def paint_weather(stage: Stage) -> None:
    """What falls or drifts in front of everything."""
    weather, canvas, palette = stage.reading.weather, stage.canvas, stage.palette
    top, bottom = canvas.frame[1], canvas.frame[3]
    if "fog" in weather:
        pale = mix(palette.low, (255, 255, 255), 0.12 if palette.dark else 0.3)
        middle = stage.horizon + 0.12
        canvas.veil(
            [(middle - 0.5, 0.0), (middle - 0.06, 0.42), (middle + 0.16, 0.26), (middle + 0.5, 0.0)], pale
        )
    if "snow" in weather:
        for size, thick in ((0.045, 0.0026), (0.075, 0.0048), (0.14, 0.0085)):
            for y, cell in stage.rows(f"snowflakes {size}", size, top, bottom):
                canvas.dot(cell.x, y, thick * (0.6 + 0.7 * cell.b), (255, 255, 255), 0.85)
    if weather & {"rain", "storm"}:
        lean = stage.dice.roll("rain", 0.012, 0.03)
        for y, cell in stage.rows("rain", 0.055, top, bottom):
            long = 0.03 + 0.045 * cell.b
            canvas.line([(cell.x, y), (cell.x - lean, y + long)], 0.0018, (225, 235, 245), 0.38)
    if "storm" in weather and stage.dice.chance("bolt", 0.8):
        _lightning(stage)


def _sun_or_moon(stage: Stage) -> None:
    canvas, palette, wanted = stage.canvas, stage.palette, stage.reading.celestial
    x = stage.light_x
    if wanted == "moon" or (palette.dark and wanted != "sun" and stage.dice.chance("moon", 0.75)):
        y = stage.dice.roll("moon y", -0.36, -0.20)
        size = stage.dice.roll("moon size", 0.05, 0.085) * (1.35 if wanted == "moon" else 1)
        canvas.glow(x, y, size * 5.5, mix(palette.light, palette.middle, 0.3), 0.55)
        canvas.oval(x, y, size, size, palette.light)
        grey = mix(palette.light, palette.middle, 0.28)
        for spot, (a, b, r) in enumerate(
            ((-0.3, -0.2, 0.24), (0.25, 0.1, 0.17), (-0.1, 0.42, 0.15), (0.3, -0.45, 0.1))
        ):
            turn = stage.dice.roll(f"spot {spot}", -0.1, 0.1)
            canvas.oval(x + (a + turn) * size, y + b * size, r * size, r * size, grey, 0.5)
        return
    if palette.dark or stage.hour == "storm":
        return
    low = stage.hour in ("sunset", "dawn", "dream")
    y = stage.horizon - (
        stage.dice.roll("sun y", 0.03, 0.17) if low else stage.dice.roll("sun y", 0.30, 0.42)
    )
    size = stage.dice.roll("sun size", 0.055, 0.095) if low else 0.045
    warm = mix(palette.light, (255, 170, 80), 0.35 if low else 0.05)
    canvas.glow(x, y, 0.95, warm, 0.42)
    canvas.glow(x, y, 0.40, palette.light, 0.6)
    canvas.oval(x, y, size, size, mix(palette.light, (255, 255, 255), 0.3))


def _stars(stage: Stage, bright: float, low: float | None = None) -> None:
    canvas = stage.canvas
    low = stage.horizon if low is None else low
    step = 0.05 * max(1.0, canvas.pixel / 0.002)
    for y, cell in stage.rows("stars", step, canvas.frame[1], low):
        faint = bright * min(1.0, max(0.0, (low - y) / 0.35))
        if cell.b < 0.75:
            radius = 0.0011 + 0.0024 * cell.d**4
            canvas.dot(cell.x, y, radius, (255, 252, 236), (0.25 + 0.75 * cell.b) * faint)
            if cell.d > 0.93:
                canvas.glow(cell.x, y, 0.022, (214, 226, 255), 0.7 * faint)


def _aurora(stage: Stage) -> None:
    canvas, dice = stage.canvas, stage.dice
    tones: tuple[Colour, ...] = ((84, 232, 170), (96, 210, 226), (168, 110, 230))
    for band in range(3):
        wave, fine = stage.hills(f"aurora {band}", 0.55), stage.hills(f"curtain {band}", 0.05)
        base = dice.roll(f"aurora y {band}", -0.22, -0.04)
        for part, share in ((0.0, 0.62), (0.09, 0.42), (0.18, 0.24)):  # brightest at its lower edge
            ovals = []
            for x in canvas.columns(max(6, canvas.width // 80)):
                y = base + 0.10 * wave(x) - part
                bright = share * (0.55 + 0.45 * fine(x))
                ovals.append((x, y, 0.012, 0.09, max(0.05, bright)))
            canvas.soft(ovals, mix(tones[band], tones[2], part * 2.5), 0.022)


def _rainbow(stage: Stage) -> None:
    canvas = stage.canvas
    x0, y0, radius = stage.dice.roll("rainbow x", -0.2, 0.2), stage.horizon + 0.18, 0.52
    tones = ((226, 72, 66), (240, 150, 60), (246, 216, 92), (96, 186, 110), (82, 142, 220), (140, 96, 200))
    for index, tone in enumerate(tones):
        outer, inner = radius - index * 0.014, radius - (index + 1) * 0.014
        turns = [math.pi * step / 60 for step in range(61)]
        arc = [(x0 + outer * math.cos(a), y0 - outer * math.sin(a)) for a in turns]
        arc += [(x0 + inner * math.cos(a), y0 - inner * math.sin(a)) for a in reversed(turns)]
        canvas.polygon(arc, tone, 0.46)


def _clouds(stage: Stage) -> None:
    canvas, palette, weather = stage.canvas, stage.palette, stage.reading.weather
    many = bool(weather & {"clouds", "storm", "rain", "fog"})
    cover = 0.85 if many else stage.dice.roll("cover", 0.0, 0.5)
    if cover < 0.1:
        return
    bright = mix(palette.low, (255, 255, 255), 0.05 if palette.dark else 0.5)
    under = mix(palette.middle, palette.low, 0.3)
    if stage.hour == "storm":
        bright, under = mix(palette.middle, palette.low, 0.4), palette.top
    layers = [(0.30, 0.075, under, 0.75), (0.22, 0.055, bright, 0.85), (0.10, 0.035, bright, 0.6)]
    for height in (0.62, 0.95, 1.5, 2.4):  # for whoever zooms out
        if -height > canvas.frame[1] - 0.2:
            layers.insert(0, (height, height * 0.17, mix(under, bright, 0.3), 0.6))
    for layer, (height, size, tone, thick) in enumerate(reversed(layers)):
        puffs = []
        for cell in stage.cells(f"clouds {layer}", 0.30 + size * 1.8, -height, margin=0.4):
            if cell.b > cover:
                continue
            y = stage.horizon - 0.06 - height + 0.10 * (cell.c - 0.5)
            for puff in range(7):
                t = puff / 6
                bulge = math.sin(math.pi * (0.12 + 0.76 * t))
                wide = size * (0.55 + 0.75 * bulge * (0.7 + 0.6 * ((cell.d * (puff + 3) * 7.3) % 1)))
                puffs.append((cell.x + (t - 0.5) * size * 5, y - wide * 0.28, wide, wide * 0.42, thick))
            puffs.append((cell.x, y + size * 0.08, size * 2.9, size * 0.15, thick))
        if puffs:
            canvas.soft(puffs, tone, 0.009)


def _far_birds(stage: Stage) -> None:
    dark = mix(stage.palette.near, stage.palette.far, 0.3)
    x0, y0 = stage.dice.roll("birds x", -0.35, 0.35), stage.dice.roll("birds y", -0.30, -0.14)
    for index in range(5):
        x = x0 + stage.dice.roll(f"bird x {index}", -0.11, 0.11)
        y = y0 + stage.dice.roll(f"bird y {index}", -0.06, 0.06)
        s = stage.dice.roll(f"bird size {index}", 0.010, 0.020)
        for side in (-1, 1):
            wing = [(x, y), (x + side * s * 0.5, y - s * 0.55), (x + side * s, y - s * 0.3)]
            stage.canvas.ribbon(wing, lambda t, s=s: s * 0.18 * (1.1 - t), dark)  # type: ignore[misc]


def _fireworks(stage: Stage) -> None:
    tones = ((255, 120, 96), (255, 214, 110), (140, 220, 255), (220, 140, 255), (150, 240, 160))
    for burst in range(4):
        name = f"burst {burst}"
        x, y = stage.dice.roll(name + " x", -0.42, 0.42), stage.dice.roll(name + " y", -0.42, -0.10)
        radius, tone = stage.dice.roll(name + " r", 0.08, 0.17), stage.dice.pick(name, tones)
        stage.canvas.glow(x, y, radius * 1.7, tone, 0.5)
        for ray in range(26):
            angle = 2 * math.pi * ray / 26
            for step in range(4, 11):
                t = step / 10
                stage.canvas.dot(
                    x + radius * t * math.cos(angle),
                    y + radius * t * math.sin(angle) + 0.05 * t * t,
                    0.0022 * (0.6 + t * 0.5),
                    mix((255, 255, 240), tone, t),
                    0.35 + 0.6 * t,
                )


def _lightning(stage: Stage) -> None:
    x, y = stage.dice.roll("bolt x", -0.3, 0.3), -0.62
    points = [(x, y)]
    step = 0
    while y < stage.horizon:
        x += stage.dice.roll(f"bolt {step}", -0.06, 0.06)
        y += stage.dice.roll(f"bolt y {step}", 0.04, 0.09)
        points.append((x, y))
        step += 1
    stage.canvas.glow(points[-1][0], -0.15, 0.75, (190, 205, 255), 0.45)
    stage.canvas.ribbon(points, lambda t: 0.013 * (1.1 - t), (246, 246, 255))
    branch = points[2:5]
    if len(branch) == 3:
        aside = [(px + 0.05 * i, py + 0.015 * i) for i, (px, py) in enumerate(branch)]
        stage.canvas.ribbon(aside, lambda t: 0.006 * (1.1 - t), (240, 242, 255))
