"""What stands, swims or flies in front of a scene."""

import math
from dataclasses import dataclass

from bot.sandbox.paint import animals, things
from bot.sandbox.paint.brush import smooth
from bot.sandbox.paint.colours import NAMED, Colour, brightness, mix, shade
from bot.sandbox.paint.shapes import Shape, stamp
from bot.sandbox.paint.stage import Stage
from bot.sandbox.paint.words import Subject


@dataclass(frozen=True, slots=True)
class Kind:
    """How a subject looks when nobody says otherwise: its colour, where it lives, how tall it is."""

    shapes: tuple[Shape, ...]
    colour: Colour
    home: str = "ground"  # ground, air or water
    size: float = 0.36
    accent: Colour = (226, 122, 118)


KINDS = {
    "fox": Kind(animals.FOX, (224, 112, 44)),
    "wolf": Kind(animals.FOX, (122, 128, 142), size=0.38),
    "cat": Kind(animals.CAT, (112, 114, 128)),
    "dog": Kind(animals.DOG, (208, 158, 94)),
    "rabbit": Kind(animals.RABBIT, (196, 178, 160), size=0.34),
    "bear": Kind(animals.BEAR, (126, 84, 56), size=0.38),
    "panda": Kind(animals.BEAR, (238, 236, 230), size=0.38),
    "owl": Kind(animals.OWL, (140, 102, 72), size=0.32),
    "penguin": Kind(animals.PENGUIN, (70, 78, 104), size=0.34),
    "deer": Kind(animals.DEER, (170, 112, 68), size=0.44),
    "horse": Kind(animals.HORSE, (134, 82, 52), size=0.42),
    "elephant": Kind(animals.ELEPHANT, (140, 146, 160), size=0.42),
    "person": Kind(animals.PERSON, (66, 88, 140), size=0.34, accent=(206, 66, 58)),
    "astronaut": Kind(animals.ASTRONAUT, (232, 234, 238), size=0.42),
    "robot": Kind(animals.ROBOT, (150, 172, 188), size=0.40),
    "house": Kind(things.HOUSE, (214, 184, 150), size=0.34),
    "castle": Kind(things.CASTLE, (186, 176, 172), size=0.42),
    "tower": Kind(things.TOWER, (122, 104, 96), size=0.62),
    "lighthouse": Kind(things.LIGHTHOUSE, (200, 66, 56), size=0.52),
    "pagoda": Kind(things.PAGODA, (180, 78, 62), size=0.46),
    "windmill": Kind(things.WINDMILL, (224, 212, 190), size=0.44),
    "boat": Kind(things.BOAT, (158, 84, 60), "water", 0.36, (206, 66, 58)),
    "balloon": Kind(things.BALLOON, (214, 76, 62), "air", 0.34, (244, 190, 84)),
    "rocket": Kind(things.ROCKET, (232, 234, 238), "air", 0.44, (210, 68, 58)),
    "tree": Kind(things.TREE, (88, 148, 82), size=0.52),
    "flower": Kind(things.FLOWER, (226, 96, 120), size=0.34),
    "mushroom": Kind(things.MUSHROOM, (204, 62, 52), size=0.30),
    "cactus": Kind(things.CACTUS, (78, 142, 92), size=0.42),
    "cup": Kind(things.CUP, (196, 92, 72), size=0.34),
    "heart": Kind(things.HEART, (216, 62, 76), "air", 0.34),
    "whale": Kind(things.WHALE, (62, 98, 140), "water", 0.24),
    "fish": Kind(things.FISH, (236, 124, 52), "water", 0.18),
    "turtle": Kind(things.TURTLE, (84, 136, 96), size=0.22),
    "butterfly": Kind(things.BUTTERFLY, (86, 120, 214), "air", 0.24),
    "bird": Kind(things.BIRD, (90, 124, 168), "air", 0.16),
}


def paint_subjects(stage: Stage) -> None:
    """All of them, each where it lives, the larger ones first."""
    subjects = [
        subject for subject in stage.reading.subjects if subject.name in KINDS or subject.name == "dragon"
    ]
    order = sorted(subjects, key=lambda s: -KINDS[s.name].size if s.name in KINDS else -1.0)
    for place, subject in enumerate(order):
        if subject.name == "dragon":
            _dragon(stage, subject)
        else:
            _place(stage, subject, place, len(order))


def _place(stage: Stage, subject: Subject, place: int, places: int) -> None:
    kind = KINDS[subject.name]
    dice = stage.dice
    under = stage.reading.place == "underwater"
    home = "water" if under and kind.home == "ground" and subject.name == "turtle" else kind.home
    close = 1.45 if stage.reading.close else 1.0
    crowd = 1.0 if subject.count == 1 else 0.82 - 0.05 * subject.count
    middle = (
        0.0 if places == 1 else (place / (places - 1) - 0.5) * (-0.5 if dice.chance("sides", 0.5) else 0.5)
    )
    for number in range(subject.count):
        name = f"{subject.name} {number}"
        size = kind.size * close * crowd * dice.roll(name + " size", 0.88, 1.14)
        if places > 1:
            size *= 0.86
        row = (
            0.0
            if subject.count == 1
            else (number / (subject.count - 1) - 0.5) * min(0.66, 0.17 * subject.count)
        )
        x = middle + row + dice.roll(name + " x", -0.13, 0.13) / (1 if places == 1 else 2)
        if home == "ground":
            y = stage.ground(x) + dice.roll(name + " y", 0.02, 0.07)
        elif home == "air":
            y = dice.roll(name + " y", -0.12, 0.10) + size / 2
            x += 0.08 * number
        elif under:
            y = dice.roll(name + " y", -0.22, 0.24) + size / 2
        else:
            y = stage.horizon + dice.roll(name + " y", 0.10, 0.20) + 0.02 * number
        flip = dice.chance(name + " flip", 0.5)
        _shadow(stage, x, y, size, home)
        colour = NAMED.get(subject.colour, kind.colour)
        stamp(stage.canvas, kind.shapes, (x, y), size, _roles(stage, subject, kind, colour), flip=flip)
        if home == "water" and not under:
            _waterline(stage, x, y, size)
        if subject.name in ("lighthouse", "lamp", "house", "pagoda") and stage.palette.dark:
            stage.canvas.glow(x, y - size * 0.8, size * 0.55, (255, 214, 130), 0.5)


def _roles(stage: Stage, subject: Subject, kind: Kind, colour: Colour) -> dict[str, Colour]:
    """The colours of the parts, in the light of the hour."""
    lit = stage.palette.dark
    light = mix(stage.palette.light, stage.palette.low, 0.4)
    share = 0.34 if lit else 0.14
    air = stage.palette.near if lit else light

    def under_this_light(value: Colour) -> Colour:
        return mix(value, air, share)

    pale = shade(colour, 0.66 if brightness(colour) < 0.75 else 0.3)
    deep = shade(colour, -0.55)
    roles = {
        "body": colour,
        "limb": shade(colour, -0.14),
        "shade": shade(colour, -0.24),
        "light": pale,
        "dark": deep if brightness(colour) > 0.2 else shade(colour, 0.12),
        "accent": kind.accent,
        "horn": shade(colour, -0.42),
        "white": (246, 244, 238),
        "sail": (250, 244, 230),
        "skin": (234, 192, 160),
        "gold": (238, 186, 74),
        "roof": shade(mix(colour, (150, 62, 54), 0.75), -0.1),
        "stem": (88, 130, 70),
        "leaf": (84, 150, 84),
        "trunk": (108, 76, 54),
        "coffee": (92, 58, 40),
        "steam": mix(stage.palette.low, (255, 255, 255), 0.5),
        "visor": (38, 58, 92),
    }
    if subject.name == "panda":
        roles |= {"limb": (44, 44, 52), "patch": (44, 44, 52), "light": (248, 246, 240)}
    if subject.name == "penguin" and subject.colour:
        roles["dark"] = colour
    if subject.name == "tree":
        roles["body"] = NAMED.get(subject.colour, stage.leaves[0])
        roles |= {"shade": shade(roles["body"], -0.22), "light": mix(roles["body"], stage.leaves[1], 0.7)}
    roles = {role: under_this_light(value) for role, value in roles.items()}
    glowing = (255, 226, 140) if lit or stage.hour in ("sunset", "storm") else (120, 150, 170)
    return roles | {
        "eye": (28, 26, 34),
        "shine": (255, 255, 255),
        "lamp": (255, 232, 150),
        "glass": glowing,
    }


def _shadow(stage: Stage, x: float, y: float, size: float, home: str) -> None:
    if home == "ground":
        lean = -stage.light_x * 0.12
        stage.canvas.oval(x + lean, y, size * 0.36, size * 0.045, shade(stage.palette.near, -0.5), 0.42)


def _waterline(stage: Stage, x: float, y: float, size: float) -> None:
    """Ripples where something lies in the water."""
    pale = mix(stage.palette.water, (255, 255, 255), 0.45)
    for ring in range(4):
        wide = size * (0.36 + 0.13 * ring)
        stage.canvas.oval(x, y + 0.012 * ring + 0.004, wide, 0.0045, pale, 0.55 - 0.11 * ring)


def _dragon(stage: Stage, subject: Subject) -> None:
    """A long one, that swims through the air."""
    dice, canvas = stage.dice, stage.canvas
    colour = NAMED.get(subject.colour, (196, 62, 52))
    colour = mix(colour, stage.palette.near, 0.25 if stage.palette.dark else 0.05)
    turn = -1 if dice.chance("dragon flip", 0.5) else 1
    phase = dice.roll("dragon phase", 0, 6)
    coils, swing, rise = (
        dice.roll("coils", 6, 11),
        dice.roll("swing", 0.08, 0.16),
        dice.roll("rise", -0.05, 0.2),
    )
    points = [
        (
            turn * (-0.38 + 0.74 * t),
            -0.12 + swing * math.sin(phase + t * coils) * (0.5 + 0.5 * t) - rise * (t - 0.3),
        )
        for t in (i / 60 for i in range(61))
    ]

    def thick(t: float) -> float:
        return 0.012 + 0.075 * math.pow(math.sin(math.pi * min(1.0, 0.08 + t * 0.80)), 0.8)

    for index in range(4, 57, 3):
        (x, y), t = points[index], index / 60
        high = thick(t) * 0.62
        canvas.polygon(
            [
                (x - turn * 0.020, y - high * 0.6),
                (x - turn * 0.022, y - high * 1.5),
                (x + turn * 0.016, y - high * 0.6),
            ],
            shade(colour, -0.4),
        )
    canvas.ribbon(points, thick, colour)
    canvas.ribbon(
        [(x, y + thick(i / 60) * 0.26) for i, (x, y) in enumerate(points)],
        lambda t: thick(t) * 0.30,
        mix(colour, (250, 214, 130), 0.7),
    )
    for index in (20, 40):
        (x, y), t = points[index], index / 60
        foot = [(x, y), (x - turn * 0.015, y + 0.07), (x + turn * 0.03, y + 0.10)]
        canvas.ribbon(smooth(foot, closed=False), lambda t: 0.022 * (1 - 0.6 * t), shade(colour, -0.15))
    (x, y) = points[-1]
    gold, dark = (246, 204, 96), shade(colour, -0.55)
    for side in (0.0, 0.016):
        horn = [
            (x - turn * 0.01, y - 0.03),
            (x - turn * 0.055, y - 0.075),
            (x - turn * (0.085 + side), y - 0.125),
        ]
        canvas.ribbon(smooth(horn, closed=False), lambda t: 0.016 * (1 - 0.8 * t), gold)
    head = [
        (-0.03, -0.045),
        (0.03, -0.05),
        (0.08, -0.018),
        (0.105, 0.004),
        (0.095, 0.028),
        (0.03, 0.034),
        (-0.03, 0.030),
    ]
    canvas.polygon(smooth([(x + turn * a, y + b) for a, b in head]), colour)
    canvas.line([(x + turn * 0.035, y + 0.018), (x + turn * 0.095, y + 0.014)], 0.005, dark)
    canvas.oval(x + turn * 0.028, y - 0.018, 0.012, 0.012, (255, 250, 230))
    canvas.oval(x + turn * 0.030, y - 0.018, 0.006, 0.007, (30, 26, 30))
    for lift in (-0.02, 0.03):
        beard = [
            (x + turn * 0.09, y + 0.012),
            (x + turn * 0.15, y + lift),
            (x + turn * 0.11, y + lift * 2 + 0.05),
        ]
        canvas.ribbon(smooth(beard, closed=False), lambda t: 0.008 * (1 - 0.8 * t), gold)
