"""Somebody on Discord: speaks with the bot through the emulator, which is the platform's server."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from bot.messages import Channel
from bot.ports import Platform
from tests.adapters.discord.serving import Bot
from tests.emulators.discord import Discord, Interaction, Upload
from tests.emulators.discord import Seen as Shown
from tests.fakes import FakeInbox
from tests.ports.people import File, Seen, Visitor

_LINK = re.compile(r"(?<!\\)\]\(([^()\s]*)")
_CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
_SHOWN = re.compile(r"\\([^0-9A-Za-z\s])|(\*\*|~~|\|\||\*)|\[([^\]]*)\]\(([^)]*)\)")


class DiscordVisitor(Visitor):
    """Alone with the bot, or in a server, where the bot is named in everything."""

    def __init__(self, server: Discord, bot: Bot, *, guild: bool = False) -> None:
        self.server = server
        self.bot = bot
        self.person = server.user("Ann", installed=True)
        if guild:
            self.place = server.channel(server.guild("Painters", [self.person]), "general")
        else:
            self.place = server.direct(self.person)
        self._guild = guild
        self._said: list[int] = []
        self._presses: list[Interaction] = []

    # --- what is seen -----------------------------------------------------------------------

    @property
    def inbox(self) -> FakeInbox:
        assert isinstance(self.bot.inbox, FakeInbox)
        return self.bot.inbox

    @property
    def platform(self) -> Platform:
        return self.bot.platform

    @property
    def channel(self) -> Channel:
        return Channel("discord", str(self.place.id))

    @property
    def _shown(self) -> list[Shown]:
        """What is said to nobody in particular: no notices."""
        return [each for each in self.server.ours(self.place) if not each.reply_to]

    @property
    def seen(self) -> Sequence[Seen]:
        return [_seen(each) for each in self._shown]

    @property
    def notices(self) -> Sequence[str]:
        replies = [each.text for each in self.server.ours(self.place) if each.reply_to]
        return [*replies, *(each.text for each in self.server.whispers(self.person))]

    @property
    def busy(self) -> bool:
        return self.server.typing(self.place)

    @property
    def question(self) -> tuple[str, str] | None:
        opened = [each for each in self._presses if each.response == "modal" and not each.filled]
        if not opened:
            return None
        return opened[-1].title, next(iter(opened[-1].fields.values()))

    @property
    def dangers(self) -> Sequence[str]:
        shown = [_CODE.sub("", each.text) for each in self._shown]
        links = [link for text in shown for link in _LINK.findall(text)]
        unfolding = [each.text for each in self._shown if not each.no_previews]
        calls = [each.text for each in self._shown if each.pings or each.everyone or each.role_pings]
        return [link for link in links if not link.startswith(("http://", "https://"))] + unfolding + calls

    async def until(self, true: Callable[[Any], object]) -> None:
        await self.server.until(lambda: true(self))

    # --- what is done -----------------------------------------------------------------------

    async def say(self, text: str, *files: File) -> None:
        uploads = [Upload(file.data, file.name, file.media_type) for file in files]
        said = self.server.say(self.person, self.place, self._to_us(text), files=uploads)
        self._said.append(said.id)

    async def reword(self, text: str) -> None:
        self.server.edit(self._said[-1], self._to_us(text))

    async def take_back(self) -> bool:
        self.server.remove(self._said[-1])
        return True

    async def press(self, label: str) -> None:
        message = [each for each in self._shown if label in each.labels][-1]
        self._presses.append(self.server.press(self.person, message, label))

    async def answer(self, text: str) -> None:
        opened = next(each for each in reversed(self._presses) if each.response == "modal")
        (field,) = opened.fields
        self._presses.append(self.server.fill(opened, {field: text}))

    async def restart(self) -> None:
        await self.bot.restart()

    def _to_us(self, text: str) -> str:
        return f"{self.server.bot.mention} {text}".strip() if self._guild else text


def _seen(shown: Shown) -> Seen:
    text, note = shown.text, ""
    body, _, last = text.rpartition("\n")
    if last.startswith("-# "):
        text, note = body, last.removeprefix("-# ")
    pictures = [each for each in shown.files if each.kind.startswith("image/")]
    return Seen(
        str(shown.id),
        readable(text),
        pictures=len(pictures),
        files=tuple(each.name for each in shown.files if each not in pictures),
        buttons=shown.rows,
        note=readable(note),
    )


def readable(text: str) -> str:
    """About what a client shows of a text."""

    def show(mark: re.Match[str]) -> str:
        return mark[1] or mark[3] or ""

    return _SHOWN.sub(show, text)
