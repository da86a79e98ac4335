"""Somebody who uses a platform, as the platform suite sees them."""

import io
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PIL import Image

from bot.messages import Channel
from bot.ports import Chat, Platform
from tests.fakes import FakeInbox


@dataclass(frozen=True)
class Seen:
    """A message of ours as it is shown: readable text, whatever the markup."""

    id: str
    text: str
    pictures: int = 0
    files: tuple[str, ...] = ()
    buttons: tuple[tuple[str, ...], ...] = ()  # labels in rows
    note: str = ""


@dataclass(frozen=True)
class File:
    name: str
    media_type: str
    data: bytes


def painted(name: str = "a cat.png", color: str = "orange", size: tuple[int, int] = (8, 8)) -> File:
    """A small picture."""
    data = io.BytesIO()
    Image.new("RGB", size, color).save(data, "PNG")
    return File(name, "image/png", data.getvalue())


class Visitor(ABC):
    """One person in one conversation, over the platform's real protocol.

    To put a platform to the test, write one of these for it and add it to the fixture of the suite.
    """

    inbox: FakeInbox
    platform: Platform
    channel: Channel  # known once something was said

    @property
    def chat(self) -> Chat:
        """The conversation as a feature gets it that was not asked."""
        return self.platform.chat(self.channel)

    @property
    @abstractmethod
    def seen(self) -> Sequence[Seen]:
        """Messages of ours in the order in which they are shown."""

    @property
    @abstractmethod
    def notices(self) -> Sequence[str]: ...

    @property
    @abstractmethod
    def busy(self) -> bool:
        """Whether we are shown to be at work."""

    @property
    @abstractmethod
    def question(self) -> tuple[str, str] | None:
        """Title and default of the question that waits for words."""

    @property
    @abstractmethod
    def dangers(self) -> Sequence[str]:
        """Everything in what is shown that would run, load or lead somewhere it must not."""

    @abstractmethod
    async def say(self, text: str, *files: File) -> None: ...

    @abstractmethod
    async def reword(self, text: str) -> None:
        """Change the last thing that was said."""

    async def take_back(self) -> bool:
        """Delete the last thing that was said; False where people cannot, or the platform does not tell."""
        return False

    @abstractmethod
    async def press(self, label: str) -> None:
        """Press the last button with this label."""

    @abstractmethod
    async def answer(self, text: str) -> None:
        """Answer the open question."""

    @abstractmethod
    async def until(self, true: Callable[["Visitor"], object]) -> None:
        """Wait until that is so."""

    @abstractmethod
    async def restart(self) -> None:
        """Our process ends, at once, and starts again; the person stays where they are."""
