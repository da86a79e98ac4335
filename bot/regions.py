"""Parts of a picture: named in words, by the cells of a grid, or by boxes; and the masks they make."""

import io
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont, ImageStat

LONGEST = 1024  # pixels of a mask's longer side: its shape counts, not its size (Midjourney scales it)
LEAST, MOST = 0.005, 0.98  # of the picture: what can be repainted at all


@dataclass(frozen=True, slots=True)
class Box:
    """Part of a picture, in shares of its width and height from the top left."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Region:
    """What is to be repainted: these boxes, or everything but them."""

    boxes: tuple[Box, ...]
    inverted: bool = False


THIRD = 1 / 3
ALL = Box(0, 0, 1, 1)

# Rows and columns by the words that name them; a place is one of each, or one alone.
_ROWS = {
    "top": "top upper above up 上 上面 上方 上部 顶部 上边",
    "middle": "middle centre center central 中 中间 中央 中部 正中",
    "bottom": "bottom lower below down 下 下面 下方 下部 底部 下边",
}
_COLUMNS = {"left": "left 左 左边 左面 左侧 左方", "right": "right 右 右边 右面 右侧 右方"}
_SPANS = {"top": (0.0, 0.5), "bottom": (0.5, 1.0), "left": (0.0, 0.5), "right": (0.5, 1.0)}
_FILLERS = frozenset("the in at on of side part half corner area third edge picture image".split())  # noqa: SIM905
_CHINESE_FILLERS = ("部分", "图片", "区域", "那里", "一半", "半边", "的", "角", "半", "侧")
_INVERTED = re.compile(
    r"\s*(?:(?:everything|all|anything)\s+(?:but|except|besides|outside(?:\s+of)?)|not|除了|除)\s*",
    re.IGNORECASE,
)
_AFTER = re.compile(r"\s*(?:以外|之外)(?:的?(?:所有|全部|一切)?(?:地方|部分)?)?\s*$")
_WORD = re.compile(r"[a-z]+|[一-鿿]+", re.IGNORECASE)
_SPLIT = re.compile(r"\s*(?:[:：,，;；]|\s[-–—]\s|->|→|=>)\s*")


def read_place(text: str) -> Region | None:
    """``top left``, ``the bottom third``, ``everything but the middle``, ``右上角``; None for others."""
    words = text.strip().lower()
    inverted = _INVERTED.match(words)
    if inverted:
        words = _AFTER.sub("", words[inverted.end() :])
    boxes = [_box(part) for part in re.split(r"\s+and\s+|\s*&\s*|和|与|\s*\+\s*", words) if part.strip()]
    if not boxes or any(box is None for box in boxes):
        return None
    return Region(tuple(box for box in boxes if box), bool(inverted))


def read_wish(text: str) -> tuple[Region | None, str, str]:
    """``top left: a moon`` → that place, its words, and what shall be there.

    Without a place that can be read, None with the words before the first colon or comma, or with all of
    them, so that somebody with eyes may look for it.
    """
    parts = _SPLIT.split(text.strip(), maxsplit=1)
    if len(parts) == 2 and parts[1]:
        return read_place(parts[0]), parts[0].strip(), parts[1].strip()
    for end in range(len(words := text.split()), 0, -1):
        region = read_place(" ".join(words[:end]))
        if region:
            return region, " ".join(words[:end]), " ".join(words[end:])
    return None, text.strip(), ""


def _box(text: str) -> Box | None:
    rest = text
    rows: list[str] = []
    columns: list[str] = []
    third = "third" in text or "三分之一" in text
    rest = rest.replace("三分之一", "")
    for names, found in ((_ROWS, rows), (_COLUMNS, columns)):
        for name, words in names.items():
            for word in sorted(words.split(), key=len, reverse=True):
                pattern = rf"\b{word}\b" if word.isascii() else word
                if re.search(pattern, rest):
                    rest = re.sub(pattern, " ", rest)
                    found.append(name)
                    break
    for filler in _CHINESE_FILLERS:
        rest = rest.replace(filler, " ")
    leftover = set(_WORD.findall(rest)) - _FILLERS
    if leftover - {"whole", "all", "everything", "整个", "全部", "整张"}:
        return None
    if leftover:
        return ALL if not (rows or columns) else None
    if not (rows or columns) or len(rows) > 2 or len(columns) > 1:
        return None
    return _cross(rows, columns, third=third)


def _cross(rows: Sequence[str], columns: Sequence[str], *, third: bool) -> Box | None:
    """A row and a column of the picture, and what they share."""
    edges = [row for row in rows if row != "middle"]
    if len(edges) > 1:
        return None
    if "middle" in rows and not edges and not columns:
        return Box(0.25, 0.25, 0.75, 0.75)
    top, bottom = _span(edges[0], third=third) if edges else (0.0, 1.0)
    left, right = _span(columns[0], third=third) if columns else (0.0, 1.0)
    if "middle" in rows:
        if edges and not columns:
            left, right = THIRD, 2 * THIRD
        elif columns and not edges:
            top, bottom = THIRD, 2 * THIRD
    return Box(left, top, right, bottom)


def _span(name: str, *, third: bool) -> tuple[float, float]:
    start, end = _SPANS[name]
    if not third:
        return start, end
    return (0.0, THIRD) if start == 0.0 else (1 - THIRD, 1.0)


# --- grids ------------------------------------------------------------------------------------


def of_cells(cells: Collection[int], size: int) -> Region:
    """The cells of a ``size`` × ``size`` grid, counted from 0 row by row."""
    step = 1 / size
    return Region(
        tuple(
            Box(cell % size * step, cell // size * step, (cell % size + 1) * step, (cell // size + 1) * step)
            for cell in sorted(cells)
        )
    )


def numbered(data: bytes, size: int) -> bytes:
    """A copy of the picture with a ``size`` × ``size`` grid and a number in each cell, as JPEG."""
    with Image.open(io.BytesIO(data)) as opened:
        picture = opened.convert("RGB")
    picture.thumbnail((1280, 1280), Image.Resampling.LANCZOS)
    width, height = picture.size
    draw = ImageDraw.Draw(picture, "RGBA")
    line = max(2, max(width, height) // 400)
    for step in range(1, size):
        x, y = round(width * step / size), round(height * step / size)
        for offset, colour in ((line, (0, 0, 0, 110)), (0, (255, 255, 255, 220))):
            draw.line([(x + offset, 0), (x + offset, height)], fill=colour, width=line)
            draw.line([(0, y + offset), (width, y + offset)], fill=colour, width=line)
    font = ImageFont.load_default(size=max(14, min(width, height) // (size * 4)))
    for cell in range(size * size):
        x = round(width * (cell % size + 0.5) / size)
        y = round(height * (cell // size + 0.5) / size)
        draw.text(
            (x, y), str(cell + 1), font=font, anchor="mm", fill=(255, 255, 255, 235),
            stroke_width=line + 1, stroke_fill=(0, 0, 0, 170),
        )  # fmt: skip
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=88)
    return out.getvalue()


# --- masks ------------------------------------------------------------------------------------


class Unfit(ValueError):
    """A mask that marks nothing, or everything, or is none."""


def mask_of(region: Region, width: int, height: int) -> bytes:
    """A PNG of the picture's shape, white where it is to be repainted. Unfit when that is nothing or all."""
    scale = min(1.0, LONGEST / max(width, height))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    mask = Image.new("L", size, 255 if region.inverted else 0)
    draw = ImageDraw.Draw(mask)
    for box in region.boxes:
        left, right = sorted((round(box.left * size[0]), round(box.right * size[0])))
        top, bottom = sorted((round(box.top * size[1]), round(box.bottom * size[1])))
        if right > left and bottom > top:
            draw.rectangle((left, top, right - 1, bottom - 1), fill=0 if region.inverted else 255)
    return _checked(mask)


def mask_from(data: bytes, width: int, height: int) -> bytes:
    """A mask that somebody has painted, in pure black and white, of the picture's shape.

    What is transparent counts as black. Unfit when it is no PNG, has another shape, or marks nothing or all.
    """
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as opened:
            if opened.width * opened.height > 4 * LONGEST * LONGEST:
                raise Unfit("too large")
            painted = opened.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Unfit("no picture") from error
    if abs(painted.width / painted.height - width / height) > 0.02 * width / height:
        raise Unfit("another shape")
    flat = Image.new("L", painted.size, 0)
    flat.paste(painted.convert("L"), mask=painted.getchannel("A"))
    scale = min(1.0, LONGEST / max(width, height))
    flat = flat.resize(
        (max(1, round(width * scale)), max(1, round(height * scale))), Image.Resampling.BILINEAR
    )
    return _checked(flat.point([0] * 128 + [255] * 128))


def _checked(mask: Image.Image) -> bytes:
    share = ImageStat.Stat(mask).mean[0] / 255
    if share < LEAST:
        raise Unfit("nothing")
    if share > MOST:
        raise Unfit("everything")
    out = io.BytesIO()
    mask.save(out, "PNG")
    return out.getvalue()
