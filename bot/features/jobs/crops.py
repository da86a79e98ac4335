"""Four pictures out of a grid: cut here, so that looking at one costs nothing."""

import asyncio
import io

from PIL import Image

from bot.errors import UserError
from bot.jobs import Job, Removed, Stage
from bot.messages import Attachment, ButtonPress, Content
from bot.ports import Chat, Files
from bot.texts import _

PARTS = 4  # of a grid: 1 and 2 above, 3 and 4 below


def is_grid(job: Job) -> bool:
    """Whether its picture is four in one: then every one of them is offered to be made large."""
    names = {action.name for action in job.progress.actions} if job.progress else set()
    return (
        job.stage is Stage.DONE
        and len(job.results) == 1
        and job.removed is Removed.NO
        and all(f"upscale:{number}" in names for number in range(1, PARTS + 1))
    )


class Crops:
    """``job:<job>:crops`` posts all four, ``job:<job>:crops:<n>`` one of them, n from 1."""

    def __init__(self, files: Files) -> None:
        self._files = files

    async def press(self, job: Job, press: ButtonPress, chat: Chat, number: str) -> None:
        if not is_grid(job):
            raise UserError(_("I no longer have the picture behind this button."))
        digest = job.results[0].partition(".")[0]
        async with chat.typing():
            try:
                parts = await asyncio.to_thread(quarters, await self._files.get(digest))
            except KeyError:
                raise UserError(_("I no longer have the picture behind this button.")) from None
        wanted = [int(number)] if number.isdecimal() and 1 <= int(number) <= PARTS else range(1, PARTS + 1)
        pictures = tuple(_attachment(job, each, parts[each - 1]) for each in wanted)
        note = _("Cut out of the grid, as it is.")
        await chat.send(Content(note=note, files=pictures), reply_to=press.message, key=press.reply_key)


def quarters(data: bytes) -> list[bytes]:
    """The four parts of a grid, left to right and top to bottom, as PNG."""
    with Image.open(io.BytesIO(data)) as opened:
        grid = opened.convert("RGBA" if opened.has_transparency_data else "RGB")
    width, height = grid.width // 2, grid.height // 2
    found = []
    for place in range(PARTS):
        left, top = place % 2 * (grid.width - width), place // 2 * (grid.height - height)
        out = io.BytesIO()
        grid.crop((left, top, left + width, top + height)).save(out, "PNG", compress_level=3)
        found.append(out.getvalue())
    return found


def _attachment(job: Job, number: int, data: bytes) -> Attachment:
    async def load() -> bytes:
        return data

    name = f"{job.id}-{number}.png"
    return Attachment(name, "image/png", len(data), load, alt=f"{job.order.prompt} ({number})")
