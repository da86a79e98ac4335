"""What our messages show by now, as far as we remember."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field

REMEMBERED = 2000  # messages


@dataclass(slots=True)
class Screen:
    """One message. ``lock`` is held while a change of it is on its way."""

    mark: int = 0  # of what it shows; 0 when we do not know
    is_media: bool = False  # it shows a file, as far as we know
    file: str = ""  # the mark of that file
    beside: tuple[int, ...] | None = None  # the marks of the messages that stand above it
    finals: int = 0  # changes for good that were begun; a preview from before one comes too late
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Screens:
    """The messages that were shown or changed last."""

    def __init__(self) -> None:
        self._screens: OrderedDict[tuple[int, int], Screen] = OrderedDict()

    def of(self, chat: int, message: int) -> Screen:
        screen = self._screens.get((chat, message))
        if screen is None:
            screen = self._screens[chat, message] = Screen()
            if len(self._screens) > REMEMBERED:
                self._screens.popitem(last=False)
        self._screens.move_to_end((chat, message))
        return screen

    def forget(self, chat: int, message: int) -> None:
        self._screens.pop((chat, message), None)
