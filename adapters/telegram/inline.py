"""Inline mode: what is offered to those who write to us from any chat, and what they choose."""

import secrets
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from adapters.telegram.elsewhere import InlineChat, channel_of, place_of
from adapters.telegram.keyboards import keyboard
from adapters.telegram.messages import Desk
from adapters.telegram.presses import Press
from adapters.telegram.speaks import Cause
from adapters.telegram.troubles import Trouble
from bot.commands import find
from bot.errors import Refused, ServiceError
from bot.messages import Button, CommandCall, Person
from bot.ports import Inbox
from bot.texts import _

log = structlog.get_logger()

BEGIN = "inline:"  # data of the button under what was chosen
PAINT = "imagine"  # the command that is offered
MANY = 12  # earlier pictures in one answer
CACHED = 5  # seconds for which the platform answers the same words itself
REMEMBERED = 1000  # offers


@dataclass(frozen=True, slots=True)
class Query:
    """Somebody types our name and words after it."""

    id: str
    person: Person
    number: int  # the person's
    words: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """Somebody chose what was offered. ``message`` is where it stands; "" where it cannot be changed."""

    person: Person
    number: int
    result: str
    words: str
    message: str


class Inline:
    """Offers to paint, and people's own earlier pictures."""

    def __init__(self, desk: Desk, inbox: Inbox) -> None:
        self._desk = desk
        self._inbox = inbox
        self._offers: OrderedDict[str, tuple[str, str]] = OrderedDict()  # by button: who and what

    async def offer(self, query: Query) -> None:
        words = query.words.strip()
        paint = self._article(query.person, words) if words and find(self._inbox.commands, PAINT) else []
        earlier = await self._desk.pictures.find(query.number, words, MANY)
        photos = [
            {"type": "photo", "id": each.digest[:60], "photo_file_id": each.file_id, "caption": each.caption}
            for each in earlier
        ]
        try:
            await self._answer(query, [*paint, *photos])
        except Refused as error:
            if error.code == Trouble.STALE:
                await self._answer(query, paint)
            elif error.code != Trouble.LATE:
                log.warning("nothing could be offered", error=str(error))
        except ServiceError as error:
            log.info("nothing could be offered", error=str(error))

    async def _answer(self, query: Query, results: Sequence[dict[str, Any]]) -> None:
        hint = {"text": _("Write what I should paint"), "start_parameter": "inline"}
        params = {
            "inline_query_id": query.id,
            "results": list(results),
            "cache_time": CACHED,
            "is_personal": True,
            "button": None if results else hint,
        }
        await self._desk.line.once("answerInlineQuery", params)

    def _article(self, person: Person, words: str) -> list[dict[str, Any]]:
        token = secrets.token_urlsafe(12)
        self._offers[token] = (person.id, words)
        if len(self._offers) > REMEMBERED:
            self._offers.popitem(last=False)
        article = {
            "type": "article",
            "id": token,
            "title": _("Paint"),
            "description": words,
            "input_message_content": {"message_text": f"🎨 {words}", "entities": []},
            "reply_markup": keyboard([[Button(_("Begin"), f"{BEGIN}{token}")]]),
        }
        return [article]

    async def chosen(self, chosen: Chosen) -> None:
        """Begin. Earlier pictures are whole as they are."""
        if chosen.message:
            await self._begin(chosen.person, chosen.number, chosen.words.strip(), chosen.message, None)

    async def pressed(self, person: Person, token: str, message: str, press: Press) -> None:
        """The button under what was chosen. With inline feedback it is gone before anybody sees it."""
        if (await self._desk.options.get(place_of(message))).get("owner"):
            await press.answer(_("I am at it already."))
            return
        who, words = self._offers.get(token, ("", ""))
        if who != person.id:
            await press.answer(_("Only who wrote this can begin it, and only within a while."))
            return
        log.warning("inline feedback is off; /setinlinefeedback at @BotFather saves people a press")
        await press.answer(_("I begin. To save this press, switch on /setinlinefeedback at @BotFather."))
        await self._begin(person, press.person, words, message, press)

    async def _begin(
        self, person: Person, number: int, words: str, message: str, press: Press | None
    ) -> None:
        await self._desk.options.set(place_of(message), "owner", str(number))
        channel = channel_of(number, message)
        call = CommandCall(message, channel, person, PAINT, {"prompt": words})
        chat = InlineChat(channel, self._desk, cause=Cause(person, message, 0, press))
        await self._inbox.receive(call, chat)
