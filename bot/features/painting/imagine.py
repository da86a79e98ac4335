"""Command /imagine."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Literal

from bot.commands import Suggest
from bot.features.jobs.card import SPOILER
from bot.features.jobs.orders import BOT, ENGINE, NIJI, Orders, pictures_of
from bot.features.preferences import Preferences
from bot.jobs import Job, Mode, Order
from bot.messages import Attachment, Channel, CommandCall
from bot.painters import offers, painter
from bot.ports import Chat, ImageEngine
from bot.prompts import check_prompt


class Imagine:
    """Pictures from words. ``painters`` are the engines that make them."""

    def __init__(self, orders: Orders, painters: Mapping[str, ImageEngine], preferences: Preferences) -> None:
        self._orders = orders
        self._painters = painters
        self._preferences = preferences

    async def suggest(self, typed: str, channel: Channel) -> Sequence[str]:
        """Engines and models whose names have in them what was typed."""
        offered = await offers(self._painters)
        names = [*offered, *(model for models in offered.values() for model in models)]
        return [name for name in names if typed.casefold() in name.casefold()]

    async def imagine(
        self,
        call: CommandCall,
        chat: Chat,
        prompt: Annotated[str, "What to paint; Midjourney's own --flags may follow"],
        images: Annotated[tuple[Attachment, ...], "Pictures to start from"] = (),
        spoiler: Annotated[bool, "Hide the picture until it is tapped"] = False,
        mode: Annotated[Literal["fast", "relax", "turbo"] | None, "How fast"] = None,
        niji: Annotated[bool, "In the manner of anime"] = False,
        engine: Annotated[str, "Who paints: a service or a model, such as dall-e-3", Suggest(suggest)] = "",
    ) -> None:
        """Command /imagine."""
        prompt = check_prompt(prompt)
        kept = await self._orders.keep(pictures_of(call, images))
        options = {SPOILER: "yes"} if spoiler else {}
        if niji:
            options[BOT] = NIJI
        await self.paint(call, Order(prompt, kept, Mode(mode or ""), options=options), engine)

    async def paint(self, call: CommandCall, order: Order, engine: str = "", *, source: str = "") -> Job:
        """Have it painted by that engine or model, or whom the place prefers; see ``Orders.place``."""
        name = ""
        if wanted := engine or await self._preferences.get(call.channel, ENGINE):
            name, model = painter(wanted, await offers(self._painters))
            if model:
                order = replace(order, options={**order.options, "model": model})
        return await self._orders.place(call, order, engine=name, source=source)
