"""Somebody on Telegram: speaks with the bot through the emulator, which is the platform's server."""

from collections.abc import Callable, Sequence
from typing import Any

from bot.messages import Channel
from bot.ports import Platform
from tests.adapters.telegram.serving import Bot
from tests.emulators.telegram import Chat, Telegram, Upload
from tests.emulators.telegram import Seen as Shown
from tests.fakes import FakeInbox
from tests.ports.people import File, Seen, Visitor

COPY = "Copy"  # the button under the old words of a question
ALLOWED = ("http://", "https://", "mailto:", "tel:", "tg://")


class TelegramVisitor(Visitor):
    """Alone with the bot, or in a group, where the bot is named in everything that is no command."""

    def __init__(self, server: Telegram, bot: Bot, *, group: bool = False) -> None:
        self.server = server
        self.bot = bot
        self.person = server.user("Ann", language_code="en")
        self.place: Chat = server.supergroup("Friends", [self.person]) if group else server.open(self.person)
        self._group = group
        self._said: list[int] = []
        self._presses: list[str] = []

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
        return Channel("telegram", str(self.place.id))

    @property
    def _shown(self) -> list[Shown]:
        """What is said to nobody in particular: neither notices nor questions."""
        ours = self.server.ours(self.place)
        return [each for each in ours if not each.reply_to and not each.force_reply]

    @property
    def seen(self) -> Sequence[Seen]:
        return [_seen(each) for each in self._shown]

    @property
    def notices(self) -> Sequence[str]:
        toasts = [self.server.pressed(each).text for each in self._presses]
        replies = [each for each in self.server.ours(self.place) if each.reply_to]
        said = [each.text for each in replies if not each.force_reply and each.labels != [COPY]]
        return [*said, *(toast for toast in toasts if toast)]

    @property
    def busy(self) -> bool:
        return bool(self.server.action(self.place))

    @property
    def question(self) -> tuple[str, str] | None:
        asked = [each for each in self.server.ours(self.place) if each.force_reply]
        if not asked:
            return None
        copies = [each.text for each in self.server.ours(self.place) if each.labels == [COPY]]
        return _marked(asked[-1], "bold"), copies[-1] if copies else _marked(asked[-1], "pre")

    @property
    def dangers(self) -> Sequence[str]:
        links = [
            entity["url"] for each in self._shown for entity in each.entities if entity["type"] == "text_link"
        ]
        fetched = [
            request.method
            for request in self.server.requests
            if "text" in request.params
            and not (request.params.get("link_preview_options") or {}).get("is_disabled")
        ]
        return [link for link in links if not link.startswith(ALLOWED)] + fetched

    async def until(self, true: Callable[[Any], object]) -> None:
        await self.server.until(lambda: true(self))

    # --- what is done -----------------------------------------------------------------------

    async def say(self, text: str, *files: File) -> None:
        more: dict[str, Any] = {}
        for file in files:
            more["document"] = Upload(file.data, file.name, file.media_type)
        said = self.server.say(self.person, self.place, self._to_us(text), **more)
        self._said.append(said.id)

    async def reword(self, text: str) -> None:
        self.server.edit(self.place, self._said[-1], self._to_us(text))

    async def press(self, label: str) -> None:
        message = [each for each in self._shown if label in each.labels][-1]
        press = self.server.press(self.person, self.place, message, label)
        self._presses.append(press.id)

    async def answer(self, text: str) -> None:
        self.server.answer(self.person, self.place, text)

    async def restart(self) -> None:
        await self.bot.restart()

    def _to_us(self, text: str) -> str:
        if not self._group or text.startswith("/"):
            return text
        return f"@{self.server.world.bot.username} {text}".strip()


def _seen(shown: Shown) -> Seen:
    text = shown.text or shown.caption
    note = ""
    raw = text.encode("utf-16-le")
    for entity in shown.entities[-1:]:
        start, end = 2 * entity["offset"], 2 * (entity["offset"] + entity["length"])
        if entity["type"] == "italic" and end == len(raw):
            note, text = raw[start:].decode("utf-16-le"), raw[:start].decode("utf-16-le").rstrip()
    return Seen(
        str(shown.id),
        text,
        pictures=1 if shown.kind == "photo" else 0,
        files=(shown.name,) if shown.kind in ("document", "video", "audio") else (),
        buttons=shown.buttons,
        note=note,
    )


def _marked(shown: Shown, kind: str) -> str:
    """The part of a message that is formatted so."""
    raw = shown.text.encode("utf-16-le")
    for entity in shown.entities:
        if entity["type"] == kind:
            return raw[2 * entity["offset"] :][: 2 * entity["length"]].decode("utf-16-le")
    return ""
