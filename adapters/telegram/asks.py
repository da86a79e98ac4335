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

PLACEHOLDER = 64  # characters that fit into an empty input field


@dataclass(frozen=True, slots=True)
class Asked:
    """A question on its way: whom it was put to, and what the answer is for."""

    data: str
    message: str  # whose button led to it
    person: str
    channel: str = ""  # where the answer belongs, when that is another one


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

    async def close(self, chat: int, message: int) -> None:
        await self._options.set(_place(chat), str(message), None)


def words(question: Question, person: Person | None, number: int) -> dict[str, Any]:
    """The question as a message that opens the reply field; a tap on the old words copies them.

    ``number`` is the person's id when they have to be named, so that only they are asked, else 0.
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
    if question.default.strip():
        reply["input_field_placeholder"] = " ".join(question.default.split())[:PLACEHOLDER]
        if units(text) + units(question.default) + 2 <= TEXT:
            text += "\n\n"
            add(question.default.strip(), MessageEntity.PRE)
    return {"text": text, "entities": entities, "reply_markup": reply}


def _place(chat: int) -> str:
    return f"telegram.ask.{chat}"
