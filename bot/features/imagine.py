"""Pictures: ordering them and their buttons.

A job moves by durable work on its own key: ``paint`` hands it over, ``deliver`` shows where it ended,
``show`` draws its card again. The tracker follows it in between.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Annotated

import structlog

from bot.errors import ServiceError, Unavailable, UserError
from bot.features.board import Board, is_picture
from bot.features.card import SPOILER
from bot.features.delivery import Delivery
from bot.features.handover import Handover
from bot.features.tracker import Tracker
from bot.jobs import Action, Asks, Job, Mode, Order, Progress, Stage, new_id
from bot.messages import Attachment, Button, ButtonPress, CommandCall, Person, Question
from bot.metrics import jobs as jobs_by_stage
from bot.pictures import MAX_BYTES, look
from bot.ports import Chat, Files, ImageEngine, Jobs, Platform
from bot.prompts import check_prompt, with_zoom
from bot.texts import _, speaking

log = structlog.get_logger()

MAX_IMAGES = 5  # image prompts in one order


class Imagine:
    """The picture feature. ``handover`` and ``delivery`` do its durable work."""

    def __init__(
        self,
        *,
        jobs: Jobs,
        files: Files,
        engines: Mapping[str, ImageEngine],
        engine: str,
        platforms: Mapping[str, Platform],
        mode: Mode = Mode.DEFAULT,
        deadline: float = 900.0,
        tick: float = 1.0,
        is_admin: Callable[[Person], bool] = lambda person: False,
    ) -> None:
        self._jobs = jobs
        self._files = files
        self._engines = engines
        self._engine = engine
        self._mode = mode
        self._is_admin = is_admin
        self.tracker = Tracker(jobs, engines, changed=self._changed, deadline=deadline, tick=tick)
        self._board = Board(
            jobs=jobs,
            files=files,
            engines=engines,
            platforms=platforms,
            live=self.tracker.live,
            age=self.tracker.age,
        )
        self.handover = Handover(
            jobs=jobs, files=files, engines=engines, board=self._board, tracker=self.tracker
        )
        self.delivery = Delivery(
            jobs=jobs, files=files, engines=engines, board=self._board, tracker=self.tracker
        )

    async def run(self) -> None:
        """Follow what is under way, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._board.previews.run(), name="previews")
            group.create_task(self.tracker.run(), name="tracker")

    async def _changed(self, job: Job, progress: Progress) -> None:
        await self._board.previews.changed(job, progress)

    # --- ordering -------------------------------------------------------------------------

    async def imagine(
        self,
        call: CommandCall,
        chat: Chat,
        prompt: Annotated[str, "What to paint; Midjourney's own --flags may follow"],
        images: Annotated[tuple[Attachment, ...], "Pictures to start from"] = (),
        spoiler: Annotated[bool, "Hide the picture until it is tapped"] = False,
    ) -> None:
        """Command /imagine."""
        if call.quoted:
            images = (*images, *(each for each in call.quoted.attachments if is_picture(each)))
        prompt = check_prompt(prompt)
        if len(images) > MAX_IMAGES:
            raise UserError(_("At most {count} pictures at a time, please.").format(count=MAX_IMAGES))
        options = {SPOILER: "yes"} if spoiler else {}
        order = Order(prompt, tuple([await self._keep(each) for each in images]), self._mode, options=options)
        await self._jobs.add(
            Job(
                new_id(),
                call.channel,
                call.author,
                self._engine,
                order,
                source=f"{call.channel}/{call.id}",
                reply_to=call.id,
                created=time.time(),
            )
        )

    async def _keep(self, attachment: Attachment) -> str:
        if attachment.size > MAX_BYTES:
            raise UserError(_("That picture is over {size} MB.").format(size=MAX_BYTES // 1_000_000))
        data = await attachment.load()
        await look(data)
        return attachment.digest or await self._files.put(data)

    # --- buttons --------------------------------------------------------------------------

    async def press(self, press: ButtonPress, chat: Chat) -> None:
        """A card's button: ``job:<job>:<number of the action, or a word>[:again]``."""
        name, _sep, rest = press.data.removeprefix("job:").partition(":")
        verb, _sep, more = rest.partition(":")
        job = await self._jobs.get(name)
        if job is None or job.channel != press.channel:
            raise UserError(_("I no longer have the picture behind this button."))
        if verb.isdecimal():
            await self._act(job, int(verb), press, chat, again=more == "again")
            return
        match verb:
            case "retry":
                await self._start_over(job, job.order, job.text)
            case "edit":
                await self._edit(job, press, chat)
            case "cancel":
                await self._cancel(job, press)
            case "form":
                await self._fill_in(job, press, chat)
            case "asis":
                words = (job.progress and job.progress.prompt) or job.order.prompt
                await self._words(job, words)
            case "fetch":
                await self._jobs.update(job.id, (Stage.DONE,), then="deliver", settled=False)
            case _:
                raise UserError(_("I do not know that button."))

    async def _act(self, job: Job, number: int, press: ButtonPress, chat: Chat, *, again: bool) -> None:
        actions = job.progress.actions if job.progress else ()
        if job.stage is not Stage.DONE or number >= len(actions):
            raise UserError(_("I no longer have the picture behind this button."))
        action = actions[number]
        words = press.text.strip() if press.text is not None else ""
        if action.asks is not Asks.NOTHING and not words:
            await chat.ask(_question(job, action, press.data))
            return
        if action.asks is Asks.ZOOM:
            words = with_zoom(words)
        if not again:
            children = await self._jobs.children(job.id)
            known = [each for each in children if each.action == action and each.text == words]
            if await self._show_again(known, number, press, chat):
                return
        child = Job(
            new_id(),
            press.channel,
            press.author,
            job.engine,
            replace(job.order, images=(), verb=action.name.partition(":")[0] or "action"),
            source=f"{press.channel}/{press.id}",
            reply_to=job.message,
            parent=job.id,
            action=action,
            text=check_prompt(words) if words else "",
            created=time.time(),
        )
        await self._jobs.add(child)

    async def _show_again(self, known: Sequence[Job], number: int, press: ButtonPress, chat: Chat) -> bool:
        """The result of the same press, if there is one: at once, without asking the service."""
        for child in known:
            if child.stage is Stage.DONE and child.results:
                content = await self._board.card(child)
                once_more = Button(_("Run it once more"), f"job:{child.parent}:{number}:again")
                rows = (*content.buttons, (once_more,))
                await chat.send(replace(content, buttons=rows), reply_to=press.message, key=press.reply_key)
                return True
            if not child.stage.final:
                raise UserError(_("I am at it already."))
        return False

    async def _edit(self, job: Job, press: ButtonPress, chat: Chat) -> None:
        if press.text is None:
            default = job.text or job.order.prompt
            await chat.ask(Question(_("Edit the prompt"), press.data, default, multiline=True))
            return
        words = check_prompt(press.text)
        if job.text:
            await self._start_over(job, job.order, words)
        else:
            await self._start_over(job, replace(job.order, prompt=words), "")

    async def _start_over(self, job: Job, order: Order, text: str) -> None:
        """The same card, from the beginning. Only what has ended can be begun anew."""
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
        await self._board.redraw(begun, passing=True)

    async def _cancel(self, job: Job, press: ButtonPress) -> None:
        if press.author.id != job.owner.id and not self._is_admin(press.author):
            raise UserError(_("Only {name} can cancel this.").format(name=job.owner.name))
        cancelled = await self._jobs.update(
            job.id,
            (Stage.WAITING, Stage.SUBMITTING, Stage.FORM, Stage.CONFIRMING, Stage.RUNNING),
            then="deliver",
            stage=Stage.CANCELLED,
            finished=time.time(),
        )
        if cancelled is None:
            raise UserError(_("It has ended already."))
        self.tracker.leave(job.id)
        jobs_by_stage.labels(Stage.CANCELLED.value).inc()
        if cancelled.message:  # at once: the work that does it, too, may have to wait for its turn
            with speaking(job.owner.language), suppress(Unavailable):
                await self._board.settle(cancelled)
        if cancelled.task:
            try:
                await self._engines[job.engine].cancel(cancelled.task)
            except ServiceError as error:
                log.info("the service does not cancel", job=job.id, error=str(error))

    async def _fill_in(self, job: Job, press: ButtonPress, chat: Chat) -> None:
        if press.text is None:
            default = (job.progress and job.progress.prompt) or job.order.prompt
            await chat.ask(Question(_("Edit the prompt"), press.data, default, multiline=True))
            return
        await self._words(job, check_prompt(press.text))

    async def _words(self, job: Job, words: str) -> None:
        if await self._jobs.update(job.id, (Stage.FORM,), then="paint", text=words) is None:
            raise UserError(_("It does not wait for words any more."))


def _question(job: Job, action: Action, data: str) -> Question:
    prompt = (job.progress and job.progress.prompt) or job.order.prompt
    if action.asks is Asks.ZOOM:
        return Question(_("Zoom out, from --zoom 1 to 2"), data, with_zoom(prompt), multiline=True)
    return Question(_("Edit the prompt"), data, prompt, multiline=True)
