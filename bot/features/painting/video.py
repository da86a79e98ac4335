"""Clips from words, or between two pictures."""

from collections.abc import Sequence
from typing import Annotated, Literal

from bot.commands import Command
from bot.errors import UserError
from bot.features.jobs.orders import Orders
from bot.jobs import Order
from bot.messages import Attachment, CommandCall
from bot.pictures import is_picture
from bot.ports import Chat, ImageEngine
from bot.texts import N_, _

FRAMES = 2  # a first picture and a last one
MOST = 2000  # characters

Ratio = Literal["16:9", "9:16", "1:1", "4:3", "3:4"]


class Video:
    """Command /video. Of ``engines`` the first that has what it needs; ``animates`` needs a picture."""

    def __init__(
        self, orders: Orders, engines: Sequence[ImageEngine], animates: ImageEngine | None = None
    ) -> None:
        self._orders = orders
        self._engines = engines
        self._animates = animates
        self.commands: Sequence[Command] = (
            Command(
                "video",
                N_("Make a short clip from words, or from one or two pictures."),
                self.video,
                "/video a kitten yawns",
                aliases=("clip", "luma", "视频"),
            ),
        )

    async def video(
        self,
        call: CommandCall,
        chat: Chat,
        prompt: Annotated[str, "What happens in it"] = "",
        ratio: Annotated[Ratio, "Its shape"] = "16:9",
        loop: Annotated[bool, "Its end leads to its beginning"] = False,
        images: Annotated[tuple[Attachment, ...], "The first picture, and perhaps the last"] = (),
    ) -> None:
        """Command /video. In a reply to a picture it is the first."""
        quoted = call.quoted.attachments if call.quoted else ()
        frames = (*(each for each in quoted if is_picture(each)), *images)[: FRAMES + 1]
        if not (prompt.strip() or frames):
            raise UserError(_("Say what is to happen, for example: /video a kitten yawns"))
        if len(prompt) > MOST:
            sentence = _("That is too long: at most {limit} characters.")
            raise UserError(sentence.format(limit=MOST))
        engine = await self._engine(pictures=bool(frames))
        options = {"ratio": ratio, **({"loop": "yes"} if loop else {})}
        kept = await self._orders.keep(frames, most=FRAMES)
        order = Order(prompt.strip(), kept, verb="video", options=options)
        await self._orders.place(call, order, engine=engine.name)

    async def _engine(self, *, pictures: bool) -> ImageEngine:
        for each in self._engines:
            if await each.offered("video"):
                return each
        if self._animates is not None:
            if pictures:
                return self._animates
            raise UserError(
                _("The gateway behind this bot makes videos from pictures alone; send one along.")
            )
        raise UserError(_("The gateway behind this bot makes no videos."))
