"""The buttons under picture jobs."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from bot.errors import UserError
from bot.features.jobs.orders import Orders
from bot.features.jobs.workshop import Workshop
from bot.jobs import Action, Asks, Job, Order, Stage
from bot.messages import Button, ButtonPress, Person, Question
from bot.ports import Chat
from bot.prompts import check_prompt, with_zoom, without_zoom
from bot.texts import _

JobPress = Callable[[Job, ButtonPress, Chat, str], Awaitable[None]]


class Presses:
    """``region`` asks which part of a picture is meant.

    ``more`` are the words that other features have added to cards: ``job:<job>:<word>[:<rest>]``.
    """

    def __init__(
        self,
        *,
        workshop: Workshop,
        orders: Orders,
        is_admin: Callable[[Person], bool],
        region: Callable[[Job, int, ButtonPress, Chat], Awaitable[None]],
        more: Mapping[str, JobPress] | None = None,
    ) -> None:
        self._workshop = workshop
        self._jobs = workshop.jobs
        self._board = workshop.board
        self._orders = orders
        self._is_admin = is_admin
        self._region = region
        self._more = more or {}

    async def press(self, press: ButtonPress, chat: Chat) -> None:
        """A card's button: ``job:<job>:<number of the action, or a word>[:again]``."""
        name, _sep, rest = press.data.removeprefix("job:").partition(":")
        verb, _sep, more = rest.partition(":")
        job = await self._jobs.get(name)
        if job is None or (job.channel != press.channel and job.owner.id != press.author.id):
            raise UserError(_("I no longer have the picture behind this button."))
        if job.channel != press.channel:  # its owner had its buttons shown here
            job = replace(job, message=press.message)
        if verb.isdecimal():
            await self._act(job, int(verb), press, chat, again=more == "again")
            return
        match verb:
            case "retry":
                await self._start_over(job, job.order, job.text, press)
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
            case _ if verb in self._more:
                await self._more[verb](job, press, chat, more)
            case _:
                raise UserError(_("I do not know that button."))

    async def _act(self, job: Job, number: int, press: ButtonPress, chat: Chat, *, again: bool) -> None:
        actions = job.progress.actions if job.progress else ()
        if job.stage is not Stage.DONE or number >= len(actions):
            raise UserError(_("I no longer have the picture behind this button."))
        action = actions[number]
        words = press.text.strip() if press.text is not None else ""
        if action.asks is Asks.MASK:
            await self._region(job, number, press, chat)
            return
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
        verb = action.name.partition(":")[0] or "action"
        order = replace(job.order, prompt=_painted(job), images=(), verb=verb)
        text = check_prompt(words) if words and action.asks is not Asks.LYRICS else words
        await self._orders.follow_up(press, job, order, action=action, text=text)

    async def _show_again(self, known: Sequence[Job], number: int, press: ButtonPress, chat: Chat) -> bool:
        """The result of the same press, if there is one: at once, without asking the service."""
        for child in known:
            if child.stage is Stage.DONE and child.results and not child.removed:
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
            await self._start_over(job, job.order, words, press)
        else:
            await self._start_over(job, replace(job.order, prompt=words), "", press)

    async def _start_over(self, job: Job, order: Order, text: str, press: ButtonPress) -> None:
        begun = await self._orders.start_over(job, order, text, press.author)
        await self._board.redraw(begun, passing=True)

    async def _cancel(self, job: Job, press: ButtonPress) -> None:
        if press.author.id != job.owner.id and not self._is_admin(press.author):
            raise UserError(_("Only {name} can cancel this.").format(name=job.owner.name))
        await self._workshop.cancel(job)

    async def _fill_in(self, job: Job, press: ButtonPress, chat: Chat) -> None:
        if press.text is None:
            default = (job.progress and job.progress.prompt) or job.order.prompt
            await chat.ask(Question(_("Edit the prompt"), press.data, default, multiline=True))
            return
        words = check_prompt(press.text)
        if job.action and job.action.asks is Asks.ZOOM:
            words = with_zoom(words)
        self._orders.check(job, words)
        await self._words(job, words)

    async def _words(self, job: Job, words: str) -> None:
        if await self._jobs.update(job.id, (Stage.FORM,), then="paint", text=words) is None:
            raise UserError(_("It does not wait for words any more."))


def _painted(job: Job) -> str:
    """The words of a job's picture: as remixed, but not what was said of a part or is about one zoom."""
    asks = job.action.asks if job.action else None
    if not job.text or asks not in (Asks.NOTHING, Asks.PROMPT, Asks.ZOOM):
        return job.order.prompt
    return without_zoom(job.text) if asks is Asks.ZOOM else job.text


def _question(job: Job, action: Action, data: str) -> Question:
    prompt = (job.progress and job.progress.prompt) or job.order.prompt
    if action.asks is Asks.ZOOM:
        return Question(_("Zoom out, from --zoom 1 to 2"), data, with_zoom(prompt), multiline=True)
    if action.asks is Asks.LYRICS:
        return Question(_("The lyrics of what follows"), data, multiline=True)
    return Question(_("Edit the prompt"), data, prompt, multiline=True)
