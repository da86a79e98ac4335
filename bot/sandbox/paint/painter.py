"""Sheets painted into bytes: on demand, off the event loop, kept for a while."""

import asyncio
import io
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from PIL import Image, ImageFilter

from bot.sandbox.paint.dice import number
from bot.sandbox.paint.scene import paint, sign
from bot.sandbox.paint.shots import Sheet

KEEP = 24_000_000  # bytes of painted pictures
SIDES = {15: 14, 31: 22, 46: 36, 62: 60, 78: 104, 93: 180}  # percent: pixels that a preview really knows


class Painter:
    """Paints one picture after another on a thread of its own. ``size`` is the longer side, pixels."""

    def __init__(self, size: int = 1024) -> None:
        self.size = size
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="painter")
        self._kept: OrderedDict[tuple[object, ...], bytes] = OrderedDict()
        self._weight = 0

    def close(self) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)

    def dimensions(self, sheet: Sheet) -> tuple[int, int]:
        """Width and height of the picture, pixels."""
        side = self.size * sheet.scale
        ratio = sheet.ratio
        wide, high = (side, side / ratio) if ratio >= 1 else (side * ratio, side)
        return max(16, round(wide / 2) * 2), max(16, round(high / 2) * 2)

    async def picture(self, sheet: Sheet) -> bytes:
        """The finished picture as PNG; the same sheet always gives the same bytes."""
        return await self._made(("png", sheet), lambda: png(self._whole(sheet, *self.dimensions(sheet))))

    async def sized(self, sheet: Sheet, width: int, height: int) -> bytes:
        """The picture as PNG, of exactly that many pixels."""
        return await self._made(
            ("sized", sheet, width, height), lambda: png(self._whole(sheet, width, height))
        )

    async def preview(self, sheet: Sheet, percent: int) -> bytes:
        """The unfinished picture as WebP, the sharper the higher the percent."""
        return await self._made(("preview", sheet, percent), lambda: self._preview(sheet, percent))

    async def thumbnail(self, sheet: Sheet) -> bytes:
        return await self._made(
            ("thumbnail", sheet), lambda: _webp(self._whole(sheet, *self._small(sheet, 320)))
        )

    async def clip(self, sheet: Sheet) -> bytes:
        """A few seconds of slow movement through the picture, as animated WebP."""
        return await self._made(("clip", sheet), lambda: self._clip(sheet))

    async def _made(self, key: tuple[object, ...], make: Callable[[], bytes]) -> bytes:
        found = self._kept.get(key)
        if found is None:
            found = await asyncio.get_running_loop().run_in_executor(self._thread, self._keep, key, make)
        else:
            self._kept.move_to_end(key)
        return found

    def _keep(self, key: tuple[object, ...], make: Callable[[], bytes]) -> bytes:
        """On the painter's thread: somebody before us in the queue may have asked for the same."""
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = make()
            self._weight += len(found)
            while self._weight > KEEP and len(self._kept) > 1:
                self._weight -= len(self._kept.popitem(last=False)[1])
        return found

    def _whole(self, sheet: Sheet, width: int, height: int) -> Image.Image:
        if not sheet.grid:
            image = paint(sheet.shot, width, height)
        else:
            image = Image.new("RGB", (width, height))
            half = (width // 2, height // 2)
            for index in range(4):
                tile = paint(sheet.tile(index + 1), *half)
                image.paste(tile, ((index % 2) * half[0], (index // 2) * half[1]))
        if sheet.detail:
            image = image.filter(ImageFilter.UnsharpMask(2, round(60 * sheet.detail), 2))
        sign(image)
        return image

    def _small(self, sheet: Sheet, side: int) -> tuple[int, int]:
        width, height = self.dimensions(replace(sheet, scale=1))
        share = min(1.0, side / max(width, height))
        return max(16, round(width * share / 2) * 2), max(16, round(height * share / 2) * 2)

    def _preview(self, sheet: Sheet, percent: int) -> bytes:
        size = self._small(sheet, 512)
        known = next((side for step, side in SIDES.items() if percent <= step), max(SIDES.values()))
        image = self._whole(replace(sheet, scale=1), *size)
        share = min(1.0, known * (2 if sheet.grid else 1) / max(size))
        coarse = image.resize(
            (max(2, round(size[0] * share)), max(2, round(size[1] * share))), Image.Resampling.BOX
        )
        return _webp(coarse.resize(size, Image.Resampling.BICUBIC))

    def _clip(self, sheet: Sheet) -> bytes:
        frames, count = [], 20
        left, top, right, bottom = sheet.shot.frame
        size = self._small(replace(sheet, grid=False), 360)
        far = 0.10 if number(sheet.seed, "motion") % 2 else -0.10
        for index in range(count):
            t = index / count
            t = 2 * t if t < 0.5 else 2 - 2 * t  # there and back: it loops
            shrink, shift = 1 - 0.14 * t, far * t * (right - left) * 0.4
            x, y = (left + right) / 2 + shift, (top + bottom) / 2
            wide, high = (right - left) * shrink / 2, (bottom - top) * shrink / 2
            view = (x - wide, y - high, x + wide, y + high, 0)
            frames.append(paint(replace(sheet.shot, frames=(*sheet.shot.frames, view)), *size))
        for frame in frames:
            sign(frame)
        data = io.BytesIO()
        frames[0].save(
            data, "WEBP", save_all=True, append_images=frames[1:], duration=110, loop=0, quality=70, method=2
        )
        return data.getvalue()


def png(image: Image.Image) -> bytes:
    data = io.BytesIO()
    image.save(data, "PNG", compress_level=3)
    return data.getvalue()


def _webp(image: Image.Image) -> bytes:
    data = io.BytesIO()
    image.save(data, "WEBP", quality=78, method=2)
    return data.getvalue()
