"""Prompts in better, safer or English words, proposed by the chat model and painted when somebody says so."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Annotated

import structlog

from bot.errors import Kind, ServiceError, UserError
from bot.features.jobs.orders import Orders
from bot.features.jobs.quotas import WORDING
from bot.jobs import FOR, SAID, TRANSLATE, Job, Order
from bot.messages import ButtonPress, CommandCall
from bot.ports import Chat
from bot.prompts import check_prompt
from bot.texts import _

log = structlog.get_logger()

Reword = Callable[[Order], Awaitable[Sequence[str]]]


class Rewording:
    """Command /improve, and buttons that propose other words."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    async def improve(
        self, call: CommandCall, chat: Chat, prompt: Annotated[str, "What to paint, in a few words"]
    ) -> None:
        """Command /improve."""
        await self._orders.place(call, Order(check_prompt(prompt), verb="improve"), engine=WORDING)

    async def safely(self, job: Job, press: ButtonPress, chat: Chat, more: str) -> None:
        """``job:<job>:safe``, under a prompt that was refused."""
        failure = job.progress.failure if job.progress else None
        if failure is None or failure.kind is not Kind.CONTENT:
            raise UserError(_("This prompt was not refused."))
        await self._propose(job, press, "soften", {"banned": failure.detail} if failure.detail else {})

    async def in_english(self, job: Job, press: ButtonPress, chat: Chat, more: str) -> None:
        """``job:<job>:english``, under a prompt in another language."""
        await self._propose(job, press, "translate", {})

    async def _propose(self, job: Job, press: ButtonPress, verb: str, options: dict[str, str]) -> None:
        kept = {name: value for name, value in job.order.options.items() if name != TRANSLATE}
        options = {**kept, **options, FOR: job.engine}
        order = Order(job.text or job.order.prompt, job.order.images, job.order.mode, verb, options)
        await self._orders.follow_up(press, job, order, engine=WORDING)


class Translation:
    """``reword`` asks the chat model at once; None where there is none."""

    def __init__(self, reword: Reword | None) -> None:
        self._reword = reword

    async def translated(self, order: Order) -> Order:
        """The order in English where its place wants that always, and as it is when no model answers."""
        if self._reword is None or order.options.get(TRANSLATE) != "always":
            return order
        options = {name: value for name, value in order.options.items() if name != TRANSLATE}
        try:
            found = await self._reword(replace(order, verb="translate"))
        except ServiceError as error:
            log.warning("a prompt is painted untranslated", error=str(error))
            return replace(order, options=options)
        if not found:
            return replace(order, options=options)
        return replace(order, prompt=found[0], options={**options, SAID: order.prompt})
