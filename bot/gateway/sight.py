"""Where something is in a picture, as a chat model that sees tells it."""

import asyncio
import json
import re
from collections.abc import Iterator

import structlog

from bot.errors import ServiceError
from bot.messages import Attachment, Prompt, Role, Text, Turn
from bot.ports import ChatModel
from bot.regions import Box, Region

log = structlog.get_logger()

PATIENCE = 45.0  # seconds for the whole answer
MARGIN = 0.02  # of the picture, around what was found: masks may be generous
MOST = 12  # boxes of one answer

_ASK = (
    "Where in this picture is: {what}? Answer with JSON alone, boxes in percent of the picture's width and "
    'height from the top left: {{"boxes": [[left, top, right, bottom]]}}. If it is not there, answer '
    '{{"boxes": []}}.'
)
_NUMBERS = re.compile(r"\[\s*(-?[\d.]+)\s*,\s*(-?[\d.]+)\s*,\s*(-?[\d.]+)\s*,\s*(-?[\d.]+)\s*\]")


class Sight:
    """Asks ``model``, which may be blind: then nothing is found."""

    def __init__(self, model: ChatModel, *, patience: float = PATIENCE) -> None:
        self._model = model
        self._patience = patience

    async def find(self, picture: Attachment, what: str) -> Region | None:
        """The part of the picture that shows it; None when the model does not see it, or does not answer."""
        turn = Turn(Role.USER, _ASK.format(what=what), images=(picture,))
        try:
            async with asyncio.timeout(self._patience):
                said = [
                    each.text
                    async for each in self._model.stream(Prompt("", (turn,)))
                    if isinstance(each, Text)
                ]
        except (ServiceError, TimeoutError) as error:
            log.info("a picture was not looked at", error=str(error))
            return None
        return boxes_in("".join(said))


def boxes_in(said: str) -> Region | None:
    """The boxes in an answer, whatever is written around them; None without any that makes sense.

    Percent, shares of 1 and thousandths are told apart by their size, for models differ in what they heed.
    """
    found = [tuple(map(float, numbers)) for numbers in _boxes(said)][:MOST]
    largest = max((abs(number) for box in found for number in box), default=0.0)
    scale = 1.0 if largest <= 1.0 else 100.0 if largest <= 100.0 else 1000.0
    boxes = []
    for left, top, right, bottom in ((number / scale for number in box) for box in found):
        box = Box(
            max(0.0, left - MARGIN),
            max(0.0, top - MARGIN),
            min(1.0, right + MARGIN),
            min(1.0, bottom + MARGIN),
        )
        if box.left < box.right and box.top < box.bottom and left < right and top < bottom:
            boxes.append(box)
    return Region(tuple(boxes)) if boxes else None


def _boxes(said: str) -> Iterator[tuple[float, float, float, float]]:
    for match in _NUMBERS.finditer(said):
        try:
            left, top, right, bottom = (float(json.loads(number)) for number in match.groups())
        except ValueError:
            continue
        yield left, top, right, bottom
