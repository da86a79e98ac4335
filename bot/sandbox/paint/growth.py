"""What grows on the land: trees, grass, flowers, and the ground at our feet with its bushes and stones."""

from bot.sandbox.paint.colours import Colour, mix, shade
from bot.sandbox.paint.stage import Hills as Height
from bot.sandbox.paint.stage import Stage


def paint_front(stage: Stage, *, low: float = 0.36, flowers: bool = False, reeds: bool = False) -> None:
    """The ground at our feet, where the subject stands."""
    palette = stage.palette
    hills = stage.hills("front", 1.1)
    stage.floor = low
    stage.ground = lambda x: low - 0.025 * hills(x)
    colour = mix(stage.leaves[0], palette.near, 0.62)
    if stage.snowy:
        colour = mix((228, 236, 248), palette.near, 0.5 if palette.dark else 0.12)
    stage.canvas.below(stage.line(stage.ground), colour)
    _grass(
        stage,
        stage.ground,
        shade(colour, -0.22) if not stage.snowy else shade(colour, -0.12),
        1.6 if reeds else 1.0,
    )
    paint_endless(stage, low + (0.045 if flowers else 0.09), colour, flowers=flowers)


def paint_endless(stage: Stage, top: float, colour: Colour, *, flowers: bool = False) -> None:
    """Ground that goes on towards us for as far as one zooms out, with larger things on it."""
    y, step, index = top, 0.10, 0
    first = stage.shot.frames[0][3]
    while y < stage.canvas.frame[3] + 0.1 and index < 12:
        hills = stage.hills(f"near {index}", 0.8 + 0.25 * index, rough=3)
        colour = shade(colour, -0.055)
        limit = first if y > first else -9.0

        def height(x: float, y: float = y, hills: Height = hills, limit: float = limit) -> float:
            return max(limit + 0.01, y - 0.03 * hills(x))

        stage.canvas.below(stage.line(height, 8), colour)
        for row, cell in stage.rows(f"tufts {index}", 0.055 + 0.02 * index, y + 0.02, y + step):
            tall = 0.018 + 0.008 * index
            if flowers and not stage.snowy and cell.b < 0.5:
                _blossom(stage, cell.x, row, 0.0050 + 0.0022 * index, cell.d)
            elif cell.b < 0.75:
                stage.canvas.line(
                    [(cell.x, row), (cell.x + 0.4 * tall * (cell.d - 0.5), row - tall)],
                    tall * 0.16,
                    shade(colour, -0.2),
                )
        for cell in stage.cells(f"near things {index}", 0.20 + 0.10 * index, y):
            size = (0.030 + 0.034 * index) * (0.7 + 0.6 * cell.c)
            foot = y + step * (0.35 + 0.5 * cell.d)
            if cell.b < 0.62 and foot - size > first + 0.01:
                (paint_bush if cell.d < 0.6 else _rock)(stage, cell.x, foot, size, colour, cell.a)
        y, step, index = y + step, step * 1.3, index + 1


def paint_mist(stage: Stage, y: float, share: float) -> None:
    if share > 0.03:
        pale = mix(stage.palette.low, stage.palette.light, 0.2)
        stage.canvas.veil([(y - 0.10, 0.0), (y, share), (y + 0.06, share * 0.5), (y + 0.14, 0.0)], pale)


def paint_pines(
    stage: Stage, name: str, ground: Height, step: float, high: float, colour: Colour, cover: float
) -> None:
    canvas = stage.canvas
    for cell in stage.cells(name, step, 0.0, margin=high):
        if cell.b > cover:
            continue
        tall = high * (0.55 + 0.6 * cell.c)
        x, y = cell.x, ground(cell.x) + tall * 0.06
        if stage.reading.season in ("spring", "autumn") and cell.a < 0.75:
            paint_crown(stage, x, y, tall * 0.85, mix(stage.leaves[int(cell.d * 2) % 2], colour, 0.35))
            continue
        wide = tall * (0.17 + 0.06 * cell.d)
        tiers = 6 if tall * canvas.scale > 40 else (4 if tall * canvas.scale > 14 else 2)
        left, right = [], []
        for tier in range(tiers):
            t0, t1 = tier / tiers, (tier + 1) / tiers
            left += [
                (x - wide * t0 * 0.62, y - tall * (1 - t0)),
                (x - wide * t1, y - tall * (1 - t1) - tall * 0.01),
            ]
            right += [
                (x + wide * t0 * 0.62, y - tall * (1 - t0)),
                (x + wide * t1, y - tall * (1 - t1) - tall * 0.01),
            ]
        tone = mix(colour, stage.leaves[1], 0.18 * cell.a)
        canvas.polygon([*left, (x, y), *reversed(right)], tone)
        if stage.snowy and tiers > 2:
            canvas.polygon([*left[:tiers], (x, y - tall * 0.55)], mix(tone, (250, 252, 255), 0.7))


def paint_round_trees(
    stage: Stage, name: str, ground: Height, step: float, high: float, cover: float, behind: Colour
) -> None:
    for cell in stage.cells(name, step, 0.0, margin=high):
        if cell.b > cover:
            continue
        tall = high * (0.7 + 0.6 * cell.c)
        x, y = cell.x, ground(cell.x) + 0.004
        paint_crown(stage, x, y, tall, mix(stage.leaves[int(cell.d * 2) % 2], behind, 0.25))


def paint_crown(stage: Stage, x: float, y: float, tall: float, leaf: Colour) -> None:
    """A tree with leaves."""
    stage.canvas.line([(x, y), (x, y - tall * 0.55)], tall * 0.07, mix((92, 66, 50), leaf, 0.35))
    for dx, dy, r, lift in (
        (-0.18, -0.55, 0.24, -0.18),
        (0.18, -0.56, 0.24, -0.12),
        (0.0, -0.72, 0.28, 0.0),
        (-0.07, -0.80, 0.17, 0.14),
    ):
        stage.canvas.oval(x + dx * tall, y + dy * tall, r * tall, r * tall, shade(leaf, lift))


def _grass(stage: Stage, ground: Height, colour: Colour, tall: float) -> None:
    if stage.canvas.pixel > 0.008:
        return
    for cell in stage.cells("grass", 0.011, 0.4, margin=0.05):
        y, high = ground(cell.x) + 0.008, (0.014 + 0.022 * cell.b) * tall
        lean = (cell.c - 0.5) * 0.02
        stage.canvas.polygon([(cell.x - 0.0022, y), (cell.x + lean, y - high), (cell.x + 0.0022, y)], colour)


def _blossom(stage: Stage, x: float, y: float, size: float, kind: float) -> None:
    tones: tuple[Colour, ...] = ((244, 120, 132), (250, 206, 96), (246, 246, 240), (170, 130, 226))
    tone = mix(tones[int(kind * 4) % 4], stage.palette.near, 0.35 if stage.palette.dark else 0.06)
    stage.canvas.dot(x, y, size * 1.25, shade(tone, -0.15))
    stage.canvas.dot(x - size * 0.2, y - size * 0.4, size, tone)


def paint_bush(stage: Stage, x: float, y: float, size: float, ground: Colour, chance: float) -> None:
    leaf = mix(mix(stage.leaves[int(chance * 2) % 2], ground, 0.45), stage.palette.light, 0.05)
    if stage.snowy:
        leaf = mix(leaf, (240, 246, 252), 0.5)
    stage.canvas.oval(x, y, size * 1.5, size * 0.16, shade(ground, -0.35), 0.6)
    for dx, dy, r, lift in (
        (-0.75, -0.38, 0.48, -0.25),
        (0.78, -0.36, 0.46, -0.2),
        (-0.1, -0.58, 0.62, -0.08),
        (0.35, -0.45, 0.45, 0.0),
        (-0.3, -0.78, 0.34, 0.12),
    ):
        stage.canvas.oval(x + dx * size, y + dy * size, r * size, r * size, shade(leaf, lift))


def _rock(stage: Stage, x: float, y: float, size: float, ground: Colour, chance: float) -> None:
    grey = mix(mix((140, 140, 150), stage.palette.far, 0.4), ground, 0.35)
    lean = (chance - 0.5) * size
    stage.canvas.oval(x, y, size * 1.3, size * 0.16, shade(ground, -0.35), 0.6)
    outline = [(-1.0, 0.05), (-0.85, -0.45), (-0.3, -0.85), (0.35, -0.78), (0.85, -0.35), (1.0, 0.05)]
    points = [(x + a * size + (lean if b < -0.6 else 0), y + b * size) for a, b in outline]
    stage.canvas.polygon(points, grey)
    stage.canvas.polygon([points[2], points[3], points[4], points[5], (x + size * 0.2, y)], shade(grey, -0.2))
    if stage.snowy:
        stage.canvas.polygon([points[1], points[2], points[3], (x, y - size * 0.55)], (244, 248, 253))
