"""Command /imagine."""

from typing import Annotated

from bot.features.card import SPOILER
from bot.features.orders import Orders, pictures_of
from bot.jobs import Order
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
    ) -> None:
        """Command /imagine."""
        prompt = check_prompt(prompt)
        kept = await self._orders.keep(pictures_of(call, images))
        await self._orders.place(call, Order(prompt, kept, options={SPOILER: "yes"} if spoiler else {}))
