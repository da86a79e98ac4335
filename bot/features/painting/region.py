"""Vary (Region): which part of a picture is to be repainted, said in words, ticked on a grid, or painted.

Nothing is kept in memory: a grid's ticks are in its buttons, and a page's errand is stored until it is run.
"""

import asyncio
import json
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

import structlog

from bot.errors import UserError
from bot.features.jobs.orders import Orders
from bot.jobs import Action, Asks, Job, Removed, Stage
from bot.messages import Attachment, Button, ButtonPress, Channel, Content, Person, Question, Style
from bot.pictures import look
from bot.ports import Chat, Files, Jobs, Options
from bot.prompts import check_prompt
from bot.regions import Region, Unfit, mask_from, mask_of, numbered, of_cells, read_place, read_wish
from bot.texts import _

log = structlog.get_logger()

COARSE = 3  # cells in a row
FINE, FINE_WHERE_SMALL = 5, 4  # and on a finer grid, where so many rows of buttons fit and where not
PLACE = "masks"  # of the options: token → what the page is for
LASTING = 24 * 3600.0  # seconds in which a page can be used
RESULT = 100_000_000  # bytes

Find = Callable[[Attachment, str], Awaitable[Region | None]]


@dataclass(frozen=True, slots=True)
class Ticked:
    """A grid as its buttons tell it: ``<action>.<size>.<cells, as bits in hex>``."""

    action: int
    size: int = COARSE
    bits: int = 0

    def __str__(self) -> str:
        return f"{self.action}.{self.size}.{self.bits:x}"

    @classmethod
    def parse(cls, text: str) -> "Ticked":
        """UserError for what no button of ours says."""
        try:
            action, size, bits = text.split(".")
            ticked = cls(int(action), int(size), int(bits, 16))
        except ValueError:
            raise UserError(_("I do not know that button.")) from None
        if ticked.size not in (COARSE, FINE, FINE_WHERE_SMALL) or not 0 <= ticked.bits < 1 << ticked.size**2:
            raise UserError(_("I do not know that button."))
        return ticked

    @property
    def cells(self) -> set[int]:
        return {cell for cell in range(self.size**2) if self.bits >> cell & 1}


@dataclass(frozen=True, slots=True)
class Errand:
    """What a mask page is for: somebody's press of a job's button."""

    token: str
    job: Job
    action: int
    channel: Channel
    person: Person
    until: float  # Unix seconds

    @property
    def prompt(self) -> str:
        """What was painted, in words."""
        return _prompt(self.job)


class Regions:
    """``find`` looks for things in a picture. ``url`` is the site's public address, "" without one."""

    def __init__(
        self,
        *,
        jobs: Jobs,
        files: Files,
        options: Options,
        orders: Orders,
        find: Find,
        url: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._jobs = jobs
        self._files = files
        self._options = options
        self._orders = orders
        self._find = find
        self._url = url.rstrip("/")
        self._clock = clock

    # --- the grid ---------------------------------------------------------------------------

    async def begin(self, job: Job, number: int, press: ButtonPress, chat: Chat) -> None:
        """A numbered copy of the picture, and the ways to say where."""
        content = await self._grid(
            job, Ticked(number), press, chat, await self._page(job, number, press, chat)
        )
        await chat.send(content, reply_to=press.message, key=press.reply_key)

    async def cell(self, job: Job, press: ButtonPress, chat: Chat, more: str) -> None:
        """``job:<job>:cell:<grid>:<cell>``, or ``size`` for the next finer or coarser grid."""
        text, _sep, what = more.partition(":")
        ticked = Ticked.parse(text)
        if what == "size":
            fine = FINE if chat.limits.button_rows > FINE else FINE_WHERE_SMALL
            ticked = Ticked(ticked.action, fine if ticked.size == COARSE else COARSE)
        elif what.isdecimal() and int(what) < ticked.size**2:
            ticked = replace(ticked, bits=ticked.bits ^ 1 << int(what))
        else:
            raise UserError(_("I do not know that button."))
        page = await self._page(job, ticked.action, press, chat, new=False)
        await chat.edit(press.message, await self._grid(job, ticked, press, chat, page))

    async def go(self, job: Job, press: ButtonPress, chat: Chat, more: str) -> None:
        """``job:<job>:go:<grid>``: with these cells."""
        ticked = Ticked.parse(more)
        _action(job, ticked.action)
        if not ticked.cells:
            raise UserError(_("Tick the parts that are to be repainted first."))
        if press.text is None:
            title = _("What shall be there?")
            await chat.ask(Question(title, press.data, _prompt(job), multiline=True))
            return
        await self._order(job, ticked.action, press, of_cells(ticked.cells, ticked.size), press.text)

    # --- words ------------------------------------------------------------------------------

    async def words(self, job: Job, press: ButtonPress, chat: Chat, more: str) -> None:
        """``job:<job>:where:<action>``: the place in words, and what shall be there."""
        if not more.isdecimal():
            raise UserError(_("I do not know that button."))
        _action(job, int(more))
        if press.text is None:
            title = _("Where, and what shall be there? For example: top left: a moon")
            await chat.ask(Question(title, press.data))
            return
        region, place, what = read_wish(press.text)
        if region is None:
            async with chat.typing():
                region = await self._find(self._picture(job), place)
        if region is None:
            raise UserError(_unknown(place))
        await self._order(job, int(more), press, region, what or _prompt(job))

    # --- the page ---------------------------------------------------------------------------

    async def errand(self, token: str) -> Errand:
        """What a page is for; UserError when it was used, is too old, or never was."""
        stored = (await self._options.get(PLACE)).get(token)
        gone = UserError(
            _("This page was used already, or is too old. Press the button again for a new one.")
        )
        if stored is None:
            raise gone
        found = json.loads(stored)
        job = await self._jobs.get(found["job"])
        if job is None or found["until"] < self._clock():
            await self._options.set(PLACE, token, None)
            raise gone
        _action(job, found["action"])
        person = Person(*found["person"])
        return Errand(token, job, found["action"], Channel.parse(found["channel"]), person, found["until"])

    async def picture(self, errand: Errand) -> tuple[bytes, str]:
        """The picture that is painted over, and its media type."""
        picture = self._picture(errand.job)
        return await picture.load(), picture.media_type

    async def painted(self, errand: Errand, mask: bytes, words: str) -> Job:
        """Order what was painted, once. UserError for a mask or words that cannot be."""
        press = ButtonPress(f"mask-{errand.token}", errand.channel, errand.person, errand.job.message, "")
        width, height = await self._size(errand.job)
        kept = await self._kept(mask_from, mask, width, height)
        job = await self._place(errand.job, errand.action, press, kept, words)
        await self._options.set(PLACE, errand.token, None)
        return job

    async def _page(self, job: Job, number: int, press: ButtonPress, chat: Chat, *, new: bool = True) -> str:
        """The address of a page for this person's press; "" where none can be opened."""
        if not (self._url or chat.limits.pages):
            return ""
        now, person = self._clock(), press.author
        errand = {
            "job": job.id,
            "action": number,
            "channel": str(press.channel),
            "person": [person.id, person.name, person.language, person.trusted],
        }
        token = ""
        for each, stored in (await self._options.get(PLACE)).items():
            kept = json.loads(stored)
            if kept.pop("until") < now:
                await self._options.set(PLACE, each, None)
            elif kept == errand:
                token = each
        if not token and new:
            token = secrets.token_urlsafe(18)
            await self._options.set(PLACE, token, json.dumps({**errand, "until": now + LASTING}))
        return f"{'' if chat.limits.pages else self._url}/mask/{token}" if token else ""

    # --- for others -------------------------------------------------------------------------

    async def mask(self, job: Job, where: str) -> str:
        """The content hash of a mask of that place in words. UserError when it cannot be told."""
        region = read_place(where) or await self._find(self._picture(job), where)
        if region is None:
            raise UserError(_unknown(where))
        return await self._kept(mask_of, region, *await self._size(job))

    # --- ordering ---------------------------------------------------------------------------

    async def _order(self, job: Job, number: int, press: ButtonPress, region: Region, words: str) -> None:
        width, height = await self._size(job)
        kept = await self._kept(mask_of, region, width, height)
        await self._place(job, number, press, kept, words)

    async def _place(self, job: Job, number: int, press: ButtonPress, mask: str, words: str) -> Job:
        action = _action(job, number)
        order = replace(job.order, images=(mask,), verb=action.name.partition(":")[0])
        text = check_prompt(words.strip() or _prompt(job))
        return await self._orders.follow_up(press, job, order, action=action, text=text)

    async def _kept(self, make: Callable[..., bytes], *args: object) -> str:
        """The mask's content hash."""
        try:
            return await self._files.put(await asyncio.to_thread(make, *args))
        except Unfit as error:
            sentences = {
                "nothing": _("Mark what is to be repainted first."),
                "everything": _("That marks the whole picture; leave something of it."),
            }
            raise UserError(sentences.get(str(error), _("That mask does not fit the picture."))) from error

    async def _size(self, job: Job) -> tuple[int, int]:
        seen = await look(await self._picture(job).load(), limit=RESULT)
        return seen.width, seen.height

    def _picture(self, job: Job) -> Attachment:
        if not job.results or job.removed is not Removed.NO:
            raise UserError(_("I no longer have the picture behind this button."))
        digest, _dot, kind = job.results[0].partition(".")
        return self._files.attachment(digest, f"{job.id}.{kind}", f"image/{kind}")

    # --- how it looks -----------------------------------------------------------------------

    async def _grid(self, job: Job, ticked: Ticked, press: ButtonPress, chat: Chat, page: str) -> Content:
        _action(job, ticked.action)
        data = await asyncio.to_thread(numbered, await self._picture(job).load(), ticked.size)
        copy = self._files.attachment(
            await self._files.put(data), f"{job.id}-grid.jpeg", "image/jpeg", alt=job.order.prompt
        )
        ways: list[Button] = [Button(_("In words"), f"job:{job.id}:where:{ticked.action}")]
        if page:
            ways.append(Button(_("Paint it"), url=page, app=True))
        finer = _("Finer") if ticked.size == COARSE else _("Coarser")
        ways.append(Button(finer, f"job:{job.id}:cell:{ticked}:size"))
        ways.append(Button(_("Go"), f"job:{job.id}:go:{ticked}", Style.PRIMARY))
        width = chat.limits.buttons_per_row
        rows = [*self._cells(job, ticked, width), *_rows(ways, width)]
        text = _("**Which part is to be repainted?** Tick it and press Go, or say it in words.")
        return Content(text, images=(copy,), buttons=tuple(rows[: chat.limits.button_rows]))

    def _cells(self, job: Job, ticked: Ticked, width: int) -> list[tuple[Button, ...]]:
        buttons = [
            Button(
                str(cell + 1),
                f"job:{job.id}:cell:{ticked}:{cell}",
                Style.DONE if cell in ticked.cells else Style.PLAIN,
            )
            for cell in range(ticked.size**2)
        ]
        return _rows(buttons, min(ticked.size, width))


def _rows(buttons: Sequence[Button], width: int) -> list[tuple[Button, ...]]:
    return [tuple(buttons[start : start + width]) for start in range(0, len(buttons), width)]


def _action(job: Job, number: int) -> Action:
    """The button that a region is for; UserError when the job has it no more."""
    actions = job.progress.actions if job.progress else ()
    if job.stage is not Stage.DONE or number >= len(actions) or actions[number].asks is not Asks.MASK:
        raise UserError(_("I no longer have the picture behind this button."))
    return actions[number]


def _unknown(place: str) -> str:
    return _("I cannot tell where “{place}” is in the picture; tick it on the grid instead.").format(
        place=place[:60]
    )


def _prompt(job: Job) -> str:
    return (job.progress and job.progress.prompt) or job.text or job.order.prompt
