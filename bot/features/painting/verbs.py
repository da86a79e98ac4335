"""What Midjourney does besides painting from words: blend, describe, shorten, swap, edit."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal, get_args

import structlog

from bot.errors import ServiceError, UserError
from bot.features.jobs.orders import MAX_IMAGES, Orders, pictures_of
from bot.jobs import Order
from bot.messages import Attachment, ButtonPress, CommandCall, Question
from bot.ports import Chat
from bot.prompts import check_prompt
from bot.texts import _

log = structlog.get_logger()

Shape = Literal["square", "portrait", "landscape"]
Fetch = Callable[[str], Awaitable[bytes]]


class Verbs:
    """``fetch`` gets what a link leads to, and nothing from inside the operator's network."""

    def __init__(self, orders: Orders, fetch: Fetch) -> None:
        self._orders = orders
        self._fetch = fetch

    async def blend(
        self,
        call: CommandCall,
        chat: Chat,
        shape: Annotated[Shape, "What the result looks like"] = "square",
        images: Annotated[tuple[Attachment, ...], "2 to 5 pictures"] = (),
    ) -> None:
        """Command /blend."""
        pictures = pictures_of(call, images)
        if not pictures:
            title = _("2 to 5 pictures to mix")
            await chat.ask(Question(title, f"verb:blend:{shape}", files=MAX_IMAGES, fewest=2))
            return
        if not 2 <= len(pictures) <= MAX_IMAGES:
            raise UserError(_("Send 2 to 5 pictures along, and I mix them."))
        kept = await self._orders.keep(pictures)
        await self._orders.place(call, Order("", kept, verb="blend", options={"dimensions": shape.upper()}))

    async def describe(
        self,
        call: CommandCall,
        chat: Chat,
        link: Annotated[str, "Where the picture is, if you do not send it"] = "",
        image: Annotated[Attachment | None, "The picture"] = None,
    ) -> None:
        """Command /describe."""
        pictures = pictures_of(call, (image,) if image else ())
        if not pictures and link:
            pictures = (_linked(link, self._fetch),)
        if not pictures:
            await chat.ask(Question(_("The picture to describe"), "verb:describe", files=1))
            return
        await self._orders.place(call, Order("", await self._orders.keep(pictures[:1]), verb="describe"))

    async def press(self, press: ButtonPress, chat: Chat) -> None:
        """The pictures that a command still wanted: ``verb:<verb>``, and the shape of a blend."""
        _word, _sep, wanted = press.data.partition(":")
        call = CommandCall(
            press.message or press.id, press.channel, press.author, wanted, direct=press.direct
        )
        if wanted == "describe":
            await self.describe(call, chat, press.text or "", next(iter(press.attachments), None))
            return
        for shape in get_args(Shape):
            if wanted == f"blend:{shape}":
                await self.blend(call, chat, shape, press.attachments)
                return
        raise UserError(_("I do not know that button."))

    async def shorten(self, call: CommandCall, chat: Chat, prompt: Annotated[str, "A long prompt"]) -> None:
        """Command /shorten."""
        await self._orders.place(call, Order(check_prompt(prompt), verb="shorten"))

    async def swap(
        self,
        call: CommandCall,
        chat: Chat,
        images: Annotated[tuple[Attachment, ...], "First the face, then the picture it goes onto"] = (),
    ) -> None:
        """Command /swap. A reply to a picture puts the face that is sent onto it."""
        pictures = pictures_of(call, images)
        if len(pictures) != 2:
            raise UserError(_("Send two pictures along: first the face, then the picture it goes onto."))
        await self._orders.place(call, Order("", await self._orders.keep(pictures), verb="swap"))

    async def edit(
        self,
        call: CommandCall,
        chat: Chat,
        prompt: Annotated[str, "What the picture should be like"],
        image: Annotated[Attachment | None, "The picture"] = None,
    ) -> None:
        """Command /edit."""
        pictures = pictures_of(call, (image,) if image else ())
        if not pictures:
            raise UserError(_("Send a picture along, or reply to one, and say what to change."))
        kept = await self._orders.keep(pictures[:1])
        await self._orders.place(call, Order(check_prompt(prompt), kept, verb="edit"))


def _linked(link: str, fetch: Fetch) -> Attachment:
    async def load() -> bytes:
        try:
            return await fetch(link)
        except ServiceError as error:
            log.info("a link is not fetched", error=str(error))
            raise UserError(_("I cannot get a picture from that link; send the picture along.")) from error

    return Attachment("picture", "image/*", 0, load)
