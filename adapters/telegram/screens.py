"""What our messages show by now, as far as we remember."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field

REMEMBERED = 2000  # messages


@dataclass(slots=True)
class Screen:
    """One message. ``lock`` is held while a change of it is on its way."""

    kind: str = ""  # text, photo, video, animation, document; "" when we do not know
    mark: int = 0  # of what it shows; 0 when we do not know
    file: str = ""  # the mark of its file
    beside: tuple[int, ...] | None = None  # the marks of the messages that stand above it
    finals: int = 0  # changes for good that were begun; a preview from before one comes too late
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Screens:
    """The messages that were shown or changed last."""

    def __init__(self) -> None:
        self._screens: OrderedDict[tuple[str, str], Screen] = OrderedDict()

    def of(self, place: str, message: str) -> Screen:
        screen = self._screens.get((place, message))
        if screen is None:
            screen = self._screens[place, message] = Screen()
            if len(self._screens) > REMEMBERED:
                self._screens.popitem(last=False)
        self._screens.move_to_end((place, message))
        return screen

    def forget(self, place: str, message: str) -> None:
        self._screens.pop((place, message), None)
