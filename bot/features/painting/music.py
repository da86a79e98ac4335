"""Songs: from a description, or sung from one's own lyrics."""

import re
from collections.abc import Sequence
from typing import Annotated

from bot.commands import Command
from bot.errors import UserError
from bot.features.jobs.orders import Orders
from bot.jobs import Order
from bot.messages import CommandCall
from bot.ports import Chat, ImageEngine
from bot.texts import N_, _

MOST = {"words": 3000, "description": 400, "title": 80, "style": 200}  # characters that Suno takes

_HEAD = re.compile(r"\s*(title|style|标题|歌名|风格)\s*[:：]\s*([^\n]*)(?:\n|\Z)", re.IGNORECASE)
_TITLES = ("title", "标题", "歌名")
_SECTION = re.compile(r"^\s*\[[^\]\n]{1,40}\]\s*$", re.MULTILINE)  # [Verse], [Chorus] …


class Music:
    """Commands /music and /lyrics. Of ``engines`` the first that has what it needs."""

    def __init__(self, orders: Orders, engines: Sequence[ImageEngine]) -> None:
        self._orders = orders
        self._engines = engines
        self.commands: Sequence[Command] = (
            Command(
                "music",
                N_("Make a song from a description, or from your own lyrics."),
                self.music,
                "/music calm piano about rain",
                aliases=("song", "suno", "音乐", "歌曲"),
            ),
            Command(
                "lyrics", N_("Write lyrics for a song."), self.lyrics, "/lyrics rain in the city", ("歌词",)
            ),
        )

    async def music(
        self,
        call: CommandCall,
        chat: Chat,
        words: Annotated[str, "What it is to sound like, or the lyrics"],
        style: Annotated[str, "Style, such as lofi, mellow, female voice"] = "",
        title: Annotated[str, "What the song is called"] = "",
        lyrics: Annotated[bool, "Sing these very words"] = False,
        instrumental: Annotated[bool, "Nobody sings"] = False,
    ) -> None:
        """Command /music. Lines such as ``Style: folk`` in front of the words say the same as the options.

        Words with sections ([Verse], [Chorus]) are lyrics without being called so.
        """
        words, heads = _without_heads(words)
        title, style = title or heads.get("title", ""), style or heads.get("style", "")
        own = (lyrics or bool(_SECTION.search(words))) and not instrumental
        if not words and not (instrumental and style):
            raise UserError(_("Say what the song is to be about, for example: /music calm piano about rain"))
        _check(words, MOST["words" if own else "description"])
        _check(title, MOST["title"])
        _check(style, MOST["style"])
        said = {"style": style, "title": title}
        said |= {"lyrics": "yes" if own else "", "instrumental": "yes" if instrumental else ""}
        options = {name: value for name, value in said.items() if value}
        await self._place(call, Order(words or style, verb="music", options=options))

    async def lyrics(
        self, call: CommandCall, chat: Chat, theme: Annotated[str, "What the song is about"]
    ) -> None:
        """Command /lyrics."""
        _check(theme, MOST["description"])
        await self._place(call, Order(theme.strip(), verb="lyrics"))

    async def _place(self, call: CommandCall, order: Order) -> None:
        for engine in self._engines:
            if await engine.offered(order.verb):
                await self._orders.place(call, order, engine=engine.name)
                return
        raise UserError(_("The gateway behind this bot makes no music."))


def _without_heads(words: str) -> tuple[str, dict[str, str]]:
    """The words, and what the lines in front of them say of title and style."""
    heads: dict[str, str] = {}
    while match := _HEAD.match(words):
        heads["title" if match[1].lower() in _TITLES else "style"] = match[2].strip()
        words = words[match.end() :]
    return words.strip(), heads


def _check(words: str, most: int) -> None:
    if len(words) > most:
        sentence = _("That is too long for a song: {count} characters of {limit}.")
        raise UserError(sentence.format(count=len(words), limit=most))
