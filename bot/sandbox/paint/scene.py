"""A shot painted: sky, place, subjects, weather and style, one over the other."""

import base64
import binascii
import io
from collections.abc import Callable
from dataclasses import replace

from PIL import (
    Image,
    ImageChops,
    ImageDraw,
    ImageEnhance,
    ImageFilter,
    ImageFont,
    ImageOps,
    UnidentifiedImageError,
)

from bot.sandbox.paint import land, places, water
from bot.sandbox.paint.brush import Canvas
from bot.sandbox.paint.city import paint_city
from bot.sandbox.paint.dice import number
from bot.sandbox.paint.shots import Patch, Shot
from bot.sandbox.paint.sky import paint_sky, paint_weather
from bot.sandbox.paint.stage import Stage
from bot.sandbox.paint.subjects import paint_subjects
from bot.sandbox.paint.words import Reading, read

PAINTERS: dict[str, Callable[[Stage], None]] = {
    "mountain": land.paint_mountain,
    "meadow": land.paint_meadow,
    "forest": land.paint_forest,
    "desert": land.paint_desert,
    "lake": water.paint_lake,
    "sea": water.paint_sea,
    "city": paint_city,
    "space": places.paint_space,
    "underwater": places.paint_underwater,
    "abstract": places.paint_abstract,
}
NO_SKY = ("space", "underwater", "abstract")
HOMES = {  # where a subject is likely to be met when the prompt does not say
    "whale": ("sea", "underwater"),
    "fish": ("underwater",),
    "turtle": ("underwater", "sea"),
    "boat": ("sea", "lake"),
    "lighthouse": ("sea",),
    "astronaut": ("space",),
    "rocket": ("space",),
    "cactus": ("desert",),
    "robot": ("city", "meadow"),
    "cup": ("abstract",),
    "heart": ("abstract",),
    "penguin": ("sea", "mountain"),
    "tower": ("city",),
    "flower": ("meadow",),
    "butterfly": ("meadow",),
    "mushroom": ("forest",),
    "owl": ("forest",),
    "deer": ("forest", "meadow"),
    "panda": ("forest", "mountain"),
}


def paint(shot: Shot, width: int, height: int) -> Image.Image:
    """The picture, ``width`` by ``height`` pixels."""
    over = 2 if max(width, height) <= 1200 else 1.5
    canvas = Canvas(shot.frame, round(width * over), round(height * over))
    reading = read(shot.text, shot.without)
    place = reading.place or _likely_place(shot, reading)
    stage = Stage(shot, replace(reading, place=place), canvas)
    if place not in NO_SKY:
        paint_sky(stage)
    PAINTERS[place](stage)
    paint_subjects(stage)
    if place not in ("space", "underwater"):
        paint_weather(stage)
    image = canvas.image.resize((width, height), Image.Resampling.BOX, reducing_gap=2.0)
    image = _styled(image, reading.style, shot.seed)
    for patch in shot.patches:
        image = _patched(image, shot, patch)
    return image


def sign(image: Image.Image, text: str = "sandbox") -> None:
    """A small mark in the corner: nobody shall take it for a real service's picture."""
    size = max(9, image.width // 64)
    font = ImageFont.load_default(size)
    draw = ImageDraw.Draw(image, "RGBA")
    left, top, right, bottom = draw.textbbox((0, 0), text, font=font)
    x, y = image.width - (right - left) - size * 0.8, image.height - (bottom - top) - size
    draw.text((x + 1, y + 1), text, font=font, fill=(0, 0, 0, 110))
    draw.text((x, y), text, font=font, fill=(255, 255, 255, 165))


def _likely_place(shot: Shot, reading: Reading) -> str:
    likely: tuple[str, ...] = ("mountain", "meadow", "lake", "sea", "forest", "desert", "city", "abstract")
    if reading.subjects:
        likely = HOMES.get(reading.subjects[0].name, ("mountain", "meadow", "lake", "forest"))
    elif "snow" in reading.weather or reading.season:
        likely = ("mountain", "forest", "lake", "meadow")
    elif reading.style == "neon":
        likely = ("city",)
    elif reading.weather & {"aurora", "rainbow", "stars"}:
        likely = ("mountain", "lake")
    return likely[number(shot.text, "place") % len(likely)]


def _styled(image: Image.Image, style: str, seed: int) -> Image.Image:
    if style == "mono":
        return ImageOps.autocontrast(image.convert("L"), cutoff=1).convert("RGB")
    if style == "ink":
        grey = ImageOps.autocontrast(image.convert("L").filter(ImageFilter.MedianFilter(5)), cutoff=1)
        grey = grey.point([round(255 * (value / 255) ** 0.72) for value in range(256)])
        return ImageOps.colorize(grey, (30, 32, 40), (248, 243, 230), (148, 150, 152))
    if style == "vintage":
        grey = ImageOps.colorize(image.convert("L"), (46, 28, 22), (250, 236, 204), (168, 124, 92))
        return Image.blend(image, grey, 0.68)
    if style == "pastel":
        soft = ImageEnhance.Color(image).enhance(0.78)
        return Image.blend(soft, Image.new("RGB", image.size, (255, 240, 238)), 0.30)
    if style == "vivid":
        return ImageEnhance.Contrast(ImageEnhance.Color(image).enhance(1.65)).enhance(1.06)
    if style == "neon":
        vivid = ImageEnhance.Contrast(ImageEnhance.Color(image).enhance(1.5)).enhance(1.08)
        small = vivid.resize((max(1, image.width // 8), max(1, image.height // 8)))
        glow = small.filter(ImageFilter.GaussianBlur(4)).resize(image.size, Image.Resampling.BILINEAR)
        tint = Image.merge(
            "RGB", [glow.getchannel("R"), glow.getchannel("G").point(lambda v: v * 0.5), glow.getchannel("B")]
        )
        return ImageChops.screen(vivid, tint.point(lambda v: v * 0.45))
    if style == "pixel":
        blocks = (max(1, image.width // 8), max(1, image.height // 8))
        if image.width > 640:
            blocks = (image.width // 12, image.height // 12)
        small = image.resize(blocks, Image.Resampling.BOX).quantize(28, dither=Image.Dither.NONE)
        return small.convert("RGB").resize(image.size, Image.Resampling.NEAREST)
    if style == "oil":
        return ImageEnhance.Color(_dabs(image, 7)).enhance(1.2)
    if style == "watercolor":
        washed = _dabs(image, 3).filter(ImageFilter.SMOOTH)
        washed = Image.blend(washed, Image.new("RGB", image.size, (252, 248, 240)), 0.20)
        edges = ImageOps.invert(washed.convert("L").filter(ImageFilter.FIND_EDGES)).point(
            lambda v: min(255, 150 + v // 2)
        )
        return ImageChops.multiply(washed, edges.convert("RGB"))
    return image


def _dabs(image: Image.Image, size: int) -> Image.Image:
    """Flat dabs of paint; worked on a small picture, since it is slow."""
    wide = min(image.width, 300)
    small = image.resize((wide, max(1, round(image.height * wide / image.width))), Image.Resampling.BOX)
    return small.filter(ImageFilter.ModeFilter(size)).resize(image.size, Image.Resampling.BICUBIC)


def _patched(image: Image.Image, shot: Shot, patch: Patch) -> Image.Image:
    """The masked part painted anew, from the patch's own words and chance."""
    try:
        with Image.open(io.BytesIO(base64.b64decode(patch.mask)), formats=["PNG"]) as opened:
            mask = opened.convert("L")
    except (binascii.Error, UnidentifiedImageError, OSError, ValueError):
        return image
    scale = image.width / (shot.frame[2] - shot.frame[0])
    left, top, right, bottom = patch.frame
    box = (round((left - shot.frame[0]) * scale), round((top - shot.frame[1]) * scale))
    size = (max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale)))
    whole = Image.new("L", image.size)
    whole.paste(mask.resize(size).filter(ImageFilter.GaussianBlur(max(1, size[0] / 120))), box)
    other = paint(
        Shot(patch.text or shot.text, patch.seed, (), shot.frames, shot.without, shot.tones), *image.size
    )
    return Image.composite(other, image, whole)
