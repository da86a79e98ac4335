"""Command /imagine."""

from typing import Annotated, Literal

from bot.features.card import SPOILER
from bot.features.orders import BOT, NIJI, Orders, pictures_of
from bot.jobs import Mode, Order
from bot.messages import Attachment, CommandCall
from bot.ports import Chat
from bot.prompts import check_prompt


class Imagine:
    """Pictures from words."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    async def imagine(
        self,
        call: CommandCall,
        chat: Chat,
        prompt: Annotated[str, "What to paint; Midjourney's own --flags may follow"],
        images: Annotated[tuple[Attachment, ...], "Pictures to start from"] = (),
        spoiler: Annotated[bool, "Hide the picture until it is tapped"] = False,
        mode: Annotated[Literal["fast", "relax", "turbo"] | None, "How fast"] = None,
        niji: Annotated[bool, "In the manner of anime"] = False,
    ) -> None:
        """Command /imagine."""
        prompt = check_prompt(prompt)
        kept = await self._orders.keep(pictures_of(call, images))
        options = {SPOILER: "yes"} if spoiler else {}
        if niji:
            options[BOT] = NIJI
        await self._orders.place(call, Order(prompt, kept, Mode(mode or ""), options=options))
