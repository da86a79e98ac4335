"""A press of a button, which the platform wants answered, once and soon."""

import asyncio

import structlog

from adapters.telegram.line import Line
from bot.errors import ServiceError

log = structlog.get_logger()

SOON = 0.7  # seconds
TOAST = 200  # characters
GLANCE = 80  # characters that one takes in as they fly by


class Press:
    """One press. What is said within the first moments is shown as a toast; else that it is under way."""

    def __init__(self, line: Line, query: str, label: str = "") -> None:
        self._line = line
        self._query = query
        self._label = label
        self._answered = False

    async def answer(self, text: str = "") -> bool:
        """Answer it. False when it was answered before or cannot be: then say it in another way."""
        if self._answered or len(text) > TOAST:
            return False
        self._answered = True
        if not text and self._label:
            text = f"{self._label} …"
        params = {"callback_query_id": self._query, "text": text or None, "show_alert": len(text) > GLANCE}
        try:
            await self._line.once("answerCallbackQuery", params)
        except ServiceError as error:
            log.info("a press cannot be answered", error=str(error))
            return False
        return True

    async def soon(self) -> None:
        """Answer it with what the button says, unless something else was said by then."""
        await asyncio.sleep(SOON)
        await self.answer()
