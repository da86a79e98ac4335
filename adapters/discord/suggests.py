"""What may be meant, while somebody types an option: answered at once, and never with an error."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from adapters.discord.calls import Calls
from adapters.discord.line import Line
from bot.commands import Suggesting, find
from bot.errors import ServiceError
from bot.messages import Channel
from bot.ports import Inbox
from bot.texts import speaking

log = structlog.get_logger()

MOST = 25  # choices
LONGEST = 100  # characters of one; a longer one cannot be offered
PATIENCE = 2.0  # seconds for whoever knows; the platform waits for three
CHOICES = 8  # the type of the answer

Payload = Mapping[str, Any]


class Suggestions:
    """What is still looked for when it is too late goes on in ``group``, so that the next letter finds it."""

    def __init__(self, line: Line, calls: Calls, inbox: Inbox, group: asyncio.TaskGroup) -> None:
        self._line = line
        self._calls = calls
        self._inbox = inbox
        self._group = group

    async def offer(self, payload: Payload) -> None:
        """Answer one letter that was typed. Strangers are offered nothing."""
        choices = [{"name": each, "value": each} for each in await self._found(payload)]
        path = "/interactions/{webhook_id}/{webhook_token}/callback"
        body = {"type": CHOICES, "data": {"choices": choices}}
        id_, token = str(payload["id"]), str(payload["token"])
        try:
            await self._line.hook("POST", path, body=body, webhook_id=id_, webhook_token=token)
        except ServiceError as error:
            log.debug("suggestions came too late", error=str(error))

    async def _found(self, payload: Payload) -> Sequence[str]:
        person, channel = self._calls.person(payload), self._calls.channel(payload)
        typed, suggest = self._asked(payload.get("data") or {})
        if suggest is None or not self._inbox.admits(person, channel):
            return ()
        with speaking(person.language):
            looking = self._group.create_task(_names(suggest, typed, channel))
        await asyncio.wait([looking], timeout=PATIENCE)
        return looking.result() if looking.done() else ()

    def _asked(self, data: Payload) -> tuple[str, Suggesting | None]:
        """What was typed so far, and who knows what may be meant."""
        command = find(self._inbox.commands, str(data.get("name")))
        option: Payload = next((each for each in data.get("options") or () if each.get("focused")), {})
        for parameter in command.parameters if command is not None else ():
            if parameter.name.lower() == option.get("name"):
                return str(option.get("value") or ""), parameter.suggest
        return "", None


async def _names(suggest: Suggesting, typed: str, channel: Channel) -> Sequence[str]:
    try:
        found = await suggest(typed, channel)
    except Exception as error:
        log.info("nothing can be suggested", error=str(error) or type(error).__name__)
        return ()
    return [each for each in dict.fromkeys(found) if 0 < len(each) <= LONGEST][:MOST]
