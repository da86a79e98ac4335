"""Taking orders: every picture job begins here, whether a command or a button asks for it."""

import time
from collections.abc import Sequence
from dataclasses import replace

from bot.errors import UserError
from bot.jobs import Action, Job, Mode, Order, Stage, new_id
from bot.messages import Attachment, ButtonPress, CommandCall
from bot.pictures import MAX_BYTES, is_picture, look
from bot.ports import Files, Jobs
from bot.texts import _

MAX_IMAGES = 5  # pictures in one order


class Orders:
    """``engine`` and ``mode`` are what an order gets that names none."""

    def __init__(self, *, jobs: Jobs, files: Files, engine: str, mode: Mode = Mode.DEFAULT) -> None:
        self._jobs = jobs
        self._files = files
        self._engine = engine
        self._mode = mode

    async def place(self, call: CommandCall, order: Order, *, engine: str = "") -> Job:
        """A job for what a command asks for; the one that is there already when it comes again."""
        if not order.mode:
            order = replace(order, mode=self._mode)
        job = Job(
            new_id(),
            call.channel,
            call.author,
            engine or self._engine,
            order,
            source=f"{call.channel}/{call.id}",
            reply_to=call.id,
            created=time.time(),
        )
        return await self._jobs.add(job)

    async def follow_up(
        self,
        press: ButtonPress,
        parent: Job,
        order: Order,
        *,
        action: Action | None = None,
        text: str = "",
        part: int = 0,
    ) -> Job:
        """A job that comes of another: its ``action`` with the words for it, or an order of its own.

        ``part`` tells several of one press apart.
        """
        job = Job(
            new_id(),
            press.channel,
            press.author,
            parent.engine,
            order,
            source=f"{press.channel}/{press.id}" + (f"#{part}" if part else ""),
            reply_to=parent.message,
            parent=parent.id,
            action=action,
            text=text,
            created=time.time(),
        )
        return await self._jobs.add(job)

    async def start_over(self, job: Job, order: Order, text: str) -> Job:
        """The same card, from the beginning. UserError unless it has failed or was cancelled."""
        begun = await self._jobs.update(
            job.id,
            (Stage.FAILED, Stage.CANCELLED),
            then="paint",
            stage=Stage.WAITING,
            order=order,
            text=text,
            task="",
            ref="",
            progress=None,
            results=(),
            settled=False,
            attempts=0,
            finished=0.0,
        )
        if begun is None:
            raise UserError(_("I am at it already."))
        return begun

    async def keep(self, pictures: Sequence[Attachment], *, most: int = MAX_IMAGES) -> tuple[str, ...]:
        """Keep people's pictures for an order; their content hashes. UserError for what is no picture."""
        if len(pictures) > most:
            raise UserError(_("At most {count} pictures at a time, please.").format(count=most))
        return tuple([await self._keep(each) for each in pictures])

    async def _keep(self, attachment: Attachment) -> str:
        if attachment.size > MAX_BYTES:
            raise UserError(_("That picture is over {size} MB.").format(size=MAX_BYTES // 1_000_000))
        data = await attachment.load()
        await look(data)
        return attachment.digest or await self._files.put(data)


def pictures_of(call: CommandCall, given: Sequence[Attachment] = ()) -> tuple[Attachment, ...]:
    """The pictures that a command is about: those that came with it, and those it replies to."""
    quoted = call.quoted.attachments if call.quoted else ()
    return (*given, *(each for each in quoted if is_picture(each)))
