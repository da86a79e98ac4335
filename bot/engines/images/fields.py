"""What people write, as the fields that each family of models takes.

The families' sizes and qualities are OpenAI's own (its OpenAPI document), and for flux those of
gpt4free-ts, which Black Forest Labs' limits allow too; relays pass them on unchecked.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.jobs import Order
from bot.prompts import Written, read_prompt

Size = tuple[int, int]

MOST = 4  # pictures of one order
STEP = 16  # gpt-image-2: both sides are multiples of this
AREA = 1024 * 1024  # pixels that its sizes come near to

_SQUARE: tuple[Size, ...] = ((1024, 1024),)
_DALL_E_3: tuple[Size, ...] = ((1024, 1024), (1792, 1024), (1024, 1792))
_GPT: tuple[Size, ...] = ((1024, 1024), (1536, 1024), (1024, 1536))
_SIDES = (512, 1024, 1280, 1440)
_FLUX: tuple[Size, ...] = tuple((width, height) for width in _SIDES for height in _SIDES)
_HD = {"hd": "hd", "high": "hd", "standard": "standard", "medium": "standard", "low": "standard"}
_LEVELS = {
    "hd": "high",
    "high": "high",
    "standard": "medium",
    "medium": "medium",
    "low": "low",
    "auto": "auto",
}


@dataclass(frozen=True, slots=True)
class Family:
    """What models of one sort take. Without ``sizes`` any size will do that has the ratio."""

    sizes: tuple[Size, ...] = _DALL_E_3
    qualities: Mapping[str, str] = field(default_factory=dict)
    most: int = MOST
    edits: bool = False  # takes pictures to start from
    asks_bytes: bool = False  # gives a link unless bytes are asked for
    extras: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # further fields and their values


# The first that fits the model's name, in small letters and without its vendor.
_FAMILIES: Sequence[tuple[str, Family]] = (
    (r"^dall-e-2", Family(_SQUARE, edits=True, asks_bytes=True)),
    (r"^dall-e", Family(_DALL_E_3, _HD, 1, asks_bytes=True, extras={"style": ("vivid", "natural")})),
    (r"^gpt-image-2", Family((), _LEVELS, edits=True)),
    (
        r"gpt-image",
        Family(_GPT, _LEVELS, edits=True, extras={"background": ("transparent", "opaque", "auto")}),
    ),
    (r"kontext", Family(_FLUX, edits=True)),
    (r"^flux", Family(_FLUX)),
    (r"edit|seedream-4|nano-banana", Family(edits=True)),
)
_OTHERS = Family()


@dataclass(frozen=True, slots=True)
class Plan:
    """An order as it is sent: ``fields`` in the words of the API, ``images`` by content hash."""

    model: str
    prompt: str
    fields: Mapping[str, str | int] = field(default_factory=dict)
    images: tuple[str, ...] = ()


def family_of(model: str) -> Family:
    """The sort of model that this is, by its name."""
    name = model.lower().rpartition("/")[2]
    return next((family for pattern, family in _FAMILIES if re.search(pattern, name)), _OTHERS)


def plan_of(order: Order, model: str) -> Plan:
    """Take an order apart: the words are the prompt, and of the flags only what this model has.

    Midjourney's other flags would be painted as text, so they are left out. Options of the order (size,
    quality, n …) count where no flag says otherwise.
    """
    written = read_prompt(order.prompt)
    words = f"{written.links}{written.words}".strip() or order.prompt.strip()
    without = written.flag("no")
    if without:
        words = f"{words.rstrip('.')}. Without {without}."
    return Plan(model, words, dict(_fields(order, written, family_of(model))), order.images)


def _fields(order: Order, written: Written, family: Family) -> Mapping[str, str | int]:
    def said(name: str, *more: str) -> str:
        flags = (written.flag(each) for each in (name, *more))
        return (next(filter(None, flags), "") or order.options.get(name, "")).strip().lower()

    found: dict[str, str | int] = {}
    size = size_of(said("size"), said("ar", "aspect"), family)
    if size:
        found["size"] = size
    quality = family.qualities.get(said("quality", "q"))
    if quality:
        found["quality"] = quality
    count = said("n", "repeat", "r")
    if count.isdecimal() and min(int(count), family.most) > 1:
        found["n"] = min(int(count), family.most)
    for name, values in family.extras.items():
        if said(name) in values:
            found[name] = said(name)
    if family.asks_bytes:
        found["response_format"] = "b64_json"
    return found


def size_of(size: str, ratio: str, family: Family) -> str:
    """``1792x1024``: the size that was named, or the nearest to the ratio; "" leaves it to the model."""
    named = re.fullmatch(r"(\d{2,5})\s*[x×*]\s*(\d{2,5})", size)
    if named:
        return f"{named[1]}x{named[2]}"
    sides = re.fullmatch(r"(\d{1,4}(?:\.\d+)?)\s*[:/x]\s*(\d{1,4}(?:\.\d+)?)", ratio)
    if not sides or not (float(sides[1]) and float(sides[2])):
        return ""
    wanted = float(sides[1]) / float(sides[2])
    width, height = nearest(wanted, family.sizes) if family.sizes else _free(wanted)
    return f"{width}x{height}"


def nearest(ratio: float, sizes: Sequence[Size]) -> Size:
    """The size whose form comes nearest; of several, the largest."""
    return min(sizes, key=lambda size: (abs(math.log(size[0] / size[1] / ratio)), -size[0] * size[1]))


def _free(ratio: float) -> Size:
    """Both sides multiples of 16, from 1:3 to 3:1."""
    ratio = min(3.0, max(1 / 3, ratio))
    width = round(math.sqrt(AREA * ratio) / STEP) * STEP
    height = round(width / ratio / STEP) * STEP
    if max(width, height) > 3 * min(width, height):
        width, height = (width - STEP, height) if width > height else (width, height - STEP)
    return width, height
