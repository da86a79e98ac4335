"""What describing, shortening and rewording propose: prompts to paint, one tap each.

The services' own buttons open a form with the prompt and then paint it; relays refuse them (new-api:
``unknown_action``), and some services list none (novicezk). So the choices are buttons of ours, and a chosen
one is an order like any other, which works everywhere.
"""

import re
from dataclasses import replace

from bot.errors import UserError
from bot.features.jobs.orders import Orders
from bot.jobs import FOR, SAID, Action, Job, Stage
from bot.messages import ButtonPress, Question
from bot.ports import Chat
from bot.prompts import check_prompt
from bot.texts import _

REWORDED = ("improve", "soften", "translate")
VERBS = ("describe", "shorten", *REWORDED)
REPLACED = ("pick", "short", "describe")  # actions that the buttons here stand in for
DETAILS = "short:details"  # and the one that has no other way

_NUMBER = re.compile(r"\s*(?:[0-9]\ufe0f?\u20e3|\d{1,2}[.)])\s*")
_HEADING = re.compile(r"#+\s")


def candidates(job: Job) -> list[str]:
    """The prompts that it proposes, in order (wire: ``finalPrompt``, one to a line, numbered or not).

    Shortened ones follow a heading and a list of the words that mattered.
    """
    lines = [line.strip() for line in (job.progress.text if job.progress else "").splitlines()]
    headings = [number for number, line in enumerate(lines) if _HEADING.match(line)]
    if headings:
        lines = lines[headings[-1] + 1 :]
    lines = [line for line in lines if line]
    numbered = [line for line in lines if _NUMBER.match(line)]
    return [_NUMBER.sub("", line, count=1) for line in numbered or lines]


def stands_in_for(action: Action) -> bool:
    """Whether the service's own button is left away for one of ours."""
    return action.name != DETAILS and action.name.partition(":")[0] in REPLACED


class Candidates:
    """The buttons under what was described or shortened."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    async def choose(self, job: Job, press: ButtonPress, chat: Chat, number: str) -> None:
        """``job:<job>:choose:<n>``: its words may be changed before they are painted."""
        found = candidates(job)
        if job.stage is not Stage.DONE or not number.isdecimal() or int(number) >= len(found):
            raise UserError(_("I no longer have the prompt behind this button."))
        if press.text is None:
            await chat.ask(Question(_("Paint this"), press.data, found[int(number)], multiline=True))
            return
        await self._paint(job, press, check_prompt(press.text))

    async def all(self, job: Job, press: ButtonPress, chat: Chat, more: str) -> None:
        """``job:<job>:all``: a picture of each."""
        for number, words in enumerate(candidates(job)):
            await self._paint(job, press, check_prompt(words), part=number + 1)

    async def again(self, job: Job, press: ButtonPress, chat: Chat, more: str) -> None:
        """``job:<job>:anew``: the same order once more."""
        await self._orders.follow_up(press, job, job.order)

    async def _paint(self, job: Job, press: ButtonPress, words: str, part: int = 0) -> None:
        images = job.order.images if job.order.verb in REWORDED else ()
        options = {name: value for name, value in job.order.options.items() if name != FOR}
        engine = job.order.options.get(FOR, "")
        if job.order.verb in REWORDED:
            options[SAID] = job.order.prompt
            engine = engine or self._orders.engine
        order = replace(job.order, prompt=words, images=images, verb="imagine", options=options)
        await self._orders.follow_up(press, job, order, part=part, engine=engine)
