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
    """One press. What is said within the first moments is shown as a toast; else that it is under way.

    ``label`` is what the button says, and ``person`` the number of whoever pressed it.
    """

    def __init__(self, line: Line, query: str, label: str = "", person: int = 0) -> None:
        self.label = label
        self.person = person
        self._line = line
        self._query = query
        self._answered = False

    async def answer(self, text: str = "", *, url: str = "") -> bool:
        """Answer it. False when it was answered before or cannot be: then say it in another way.

        ``url`` is a link of the platform's to us, which is opened where there is no room for words.
        """
        if self._answered or len(text) > TOAST:
            return False
        self._answered = True
        if not text and self.label:
            text = f"{self.label} …"
        alert = len(text) > GLANCE or bool(url)
        params = {"callback_query_id": self._query, "text": text or None, "url": url or None}
        try:
            await self._line.once("answerCallbackQuery", {**params, "show_alert": alert})
        except ServiceError as error:
            log.info("a press cannot be answered", error=str(error))
            return False
        return True

    async def leads(self, sentence: str) -> None:
        """Answer it with what the button says, and where that leads."""
        await self.answer(f"{self.label} … {sentence}" if self.label else sentence)

    async def soon(self) -> None:
        """Answer it with what the button says, unless something else was said by then."""
        await asyncio.sleep(SOON)
        await self.answer()
