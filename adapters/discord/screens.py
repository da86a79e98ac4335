"""What our messages show by now, as far as we remember."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field

from bot.messages import Content

REMEMBERED = 2000  # messages


@dataclass(slots=True)
class Screen:
    """One message. ``lock`` is held while a change of it is on its way."""

    mark: int = 0  # of what it shows; 0 when we do not know
    files: tuple[str, ...] | None = None  # the marks of its files; None when we do not know
    kept: tuple[str, ...] = ()  # the platform's ids of these files
    beside: tuple[int, ...] | None = None  # the marks of the messages that stand above it
    finals: int = 0  # changes for good that were begun; a preview from before one comes too late
    growing: Content | None = None  # what it shows while more is to come
    taken: bool = False  # we took it away ourselves
    gone: bool = False  # somebody else did
    bare: bool = False  # files are not taken there
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Screens:
    """The messages that were shown or changed last."""

    def __init__(self) -> None:
        self._screens: OrderedDict[str, Screen] = OrderedDict()

    def of(self, message: str) -> Screen:
        screen = self._screens.get(message)
        if screen is None:
            screen = self._screens[message] = Screen()
            if len(self._screens) > REMEMBERED:
                self._screens.popitem(last=False)
        self._screens.move_to_end(message)
        return screen

    def forget(self, message: str) -> None:
        self._screens.pop(message, None)
