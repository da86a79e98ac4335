"""Questions that wait for words: which message asks what, kept until it is answered."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from telegram import MessageEntity

from adapters.telegram.text import TEXT
from adapters.telegram.writing.scroll import units
from bot.messages import Person, Question
from bot.ports import Options
from bot.texts import _

PLACEHOLDER = 64  # characters that fit into an empty input field
COPIED = 256  # characters that a button can copy


@dataclass(frozen=True, slots=True)
class Asked:
    """A question on its way: whom it was put to, and what the answer is for."""

    data: str
    message: str  # whose button led to it
    person: str
    channel: str = ""  # where the answer belongs, when that is another one
    beside: int = 0  # the message with the old words, when the question has no room for their button


class Asks:
    """The open questions of all chats."""

    def __init__(self, options: Options) -> None:
        self._options = options

    async def open(self, chat: int, message: int, asked: Asked) -> None:
        await self._options.set(_place(chat), str(message), json.dumps(asdict(asked)))

    async def find(self, chat: int, message: int) -> Asked | None:
        """What that message asks, if it does."""
        found = (await self._options.get(_place(chat))).get(str(message))
        return Asked(**json.loads(found)) if found else None

    async def of(self, chat: int, person: str, data: str = "") -> list[int]:
        """The messages that ask that person, for that or for anything."""
        found: Mapping[str, str] = await self._options.get(_place(chat))
        asked = {message: Asked(**json.loads(each)) for message, each in found.items()}
        return [
            int(message)
            for message, each in asked.items()
            if each.person == person and (not data or each.data == data)
        ]

    async def close(self, chat: int, message: int) -> tuple[int, ...]:
        """Forget it; the messages that are to be taken away."""
        asked = await self.find(chat, message)
        await self._options.set(_place(chat), str(message), None)
        return (message, asked.beside) if asked is not None and asked.beside else (message,)


def old_words(question: Question) -> dict[str, Any] | None:
    """The old words as a message with a button that copies them; None when they are none or too many.

    It is one of its own, since the platform opens the reply field only for a message without buttons.
    """
    words = question.default.strip()
    if not words or units(words) > COPIED:
        return None
    button = {"text": _("Copy"), "copy_text": {"text": words}}
    pre = {"type": MessageEntity.PRE, "offset": 0, "length": units(words)}
    return {
        "text": words,
        "entities": [pre],
        "reply_markup": {"inline_keyboard": [[button]]},
        "disable_notification": True,
    }


def words(question: Question, person: Person | None, number: int) -> dict[str, Any]:
    """The question as a message that opens the reply field.

    Old words that no button can copy stand in it: a tap copies them. ``number`` is the person's id when they
    have to be named, so that only they are asked, else 0.
    """
    text, entities = "", []

    def add(piece: str, kind: str, **more: Any) -> None:
        nonlocal text
        entities.append({"type": kind, "offset": units(text), "length": units(piece), **more})
        text += piece

    if number and person is not None:
        user = {"id": number, "is_bot": False, "first_name": person.name}
        add(person.name, MessageEntity.TEXT_MENTION, user=user)
        text += "\n"
    add(question.title, MessageEntity.BOLD)
    reply: dict[str, Any] = {"force_reply": True, "selective": bool(number)}
    old = question.default.strip()
    if old:
        reply["input_field_placeholder"] = " ".join(old.split())[:PLACEHOLDER]
        if units(old) > COPIED and units(text) + units(old) + 2 <= TEXT:
            text += "\n\n"
            add(old, MessageEntity.PRE)
    return {"text": text, "entities": entities, "reply_markup": reply}


def _place(chat: int) -> str:
    return f"telegram.ask.{chat}"
