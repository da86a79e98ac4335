"""What a task will paint: prompts, presses and forms turned into sheets."""

import base64
import io
from collections.abc import Sequence
from dataclasses import replace

from PIL import Image, ImageDraw, ImageFilter

from bot.sandbox.buttons import Press
from bot.sandbox.paint.dice import number
from bot.sandbox.paint.shots import Sheet, Shot, base_frame
from bot.sandbox.prompts import Parsed

BLENDS = {"PORTRAIT": (2, 3), "SQUARE": (1, 1), "LANDSCAPE": (3, 2)}
WORD_BITS = 0xFFFFFFFF


def from_prompt(
    parsed: Parsed, seed: int, tones: Sequence[str] = (), ratio: tuple[int, int] | None = None
) -> Sheet:
    """A new grid. The same words and seed always make the same one."""
    words = " ".join(parsed.words.lower().split())
    chaos = parsed.flags.get("chaos", parsed.flags.get("c", "0"))
    shot = Shot(
        words,
        number(words, *tones, seed) & WORD_BITS,
        frames=((*base_frame(ratio or parsed.ratio), 0),),
        without=parsed.flags.get("no", ""),
        tones=tuple(tones),
    )
    return Sheet(
        shot, seed=number(seed, "grid") & WORD_BITS, spread=1 + (int(chaos) / 200 if chaos.isdigit() else 0)
    )


def from_press(parent: Sheet, press: Press, seed: int, parsed: Parsed | None = None, mask: str = "") -> Sheet:
    """What a button makes of a picture; ``parsed`` is what was written into its form."""
    shot = parent.tile(press.index) if parent.grid else parent.shot
    words = " ".join(parsed.words.lower().split()) if parsed else ""
    changed = bool(words) and words != shot.text
    match press.verb:
        case "upscale":
            return Sheet(shot, grid=False, seed=seed)
        case "upscale_hd":
            creative = "creative" in press.value or press.value.endswith("4x")
            if creative:
                shot = shot.varied(seed, 0.05)
            return Sheet(shot, grid=False, seed=seed, scale=2, detail=1.0 if creative else 0.4)
        case "variation" | "low_variation" | "high_variation":
            spread = {"variation": 0.45, "low_variation": 0.22, "high_variation": 0.7}[press.verb]
            return Sheet(replace(shot, text=words) if changed else shot, seed=seed, spread=spread)
        case "reroll":
            if parent.beyond or not parent.grid or parent.mask:
                return replace(parent, seed=seed)
            again = replace(parent.shot, text=words) if changed else parent.shot
            return replace(parent, shot=replace(again, seed=number(again.text, seed) & WORD_BITS), seed=seed)
        case "zoom":
            wider = shot.squared() if press.value == "100" else shot.zoomed(2 if press.value == "50" else 1.5)
            return Sheet(wider, seed=seed, beyond=True)
        case "custom_zoom":
            factor = min(2.0, max(1.0, parsed.zoom if parsed and parsed.zoom else 1.5))
            sheet = Sheet(shot.zoomed(factor), seed=seed, beyond=True)
            return replace(sheet, mask=_around(factor), words=words) if changed else sheet
        case "pan":
            return Sheet(shot.panned(press.value), seed=seed, beyond=True)
        case "inpaint":
            return Sheet(shot, seed=seed, mask=mask, words=words)
        case "video" | "extend":
            return Sheet(shot, grid=False, seed=seed)
        case "clip":
            return Sheet(parent.shot, grid=False, seed=number(parent.seed, press.index) & WORD_BITS)
    raise ValueError(f"no picture comes from {press.verb}")


def small_mask(data: bytes) -> str:
    """A mask as it is kept: black and white, 160 pixels at most, PNG in base64."""
    with Image.open(io.BytesIO(data), formats=["PNG"]) as opened:
        mask = opened.convert("L")
    mask.thumbnail((160, 160))
    return _packed(mask.point([0 if value < 128 else 255 for value in range(256)]))


def _around(factor: float) -> str:
    """White everywhere but where the old picture is."""
    side = 128
    mask = Image.new("L", (side, side), 255)
    edge = side * (1 - 1 / factor) / 2 + 2
    ImageDraw.Draw(mask).rectangle((edge, edge, side - edge, side - edge), fill=0)
    return _packed(mask.filter(ImageFilter.GaussianBlur(2)))


def _packed(mask: Image.Image) -> str:
    data = io.BytesIO()
    mask.save(data, "PNG")
    return base64.b64encode(data.getvalue()).decode()
