"""Threads: the message that one began with belongs to its first question."""

from dataclasses import replace

import structlog

from adapters.discord.hears import Hearing
from adapters.discord.line import Line
from adapters.discord.messages import ONE
from adapters.discord.places import Places
from bot.errors import ServiceError
from bot.messages import IncomingMessage, Quoted
from bot.ports import Options

log = structlog.get_logger()

THREADS = "discord.threads"  # place of options: thread → the first question in it


class Threads:
    """The start of a post in a forum stands in the thread; any other stands in the channel around it."""

    def __init__(self, line: Line, options: Options, places: Places, hearing: Hearing) -> None:
        self._line = line
        self._options = options
        self._places = places
        self._hearing = hearing
        self._begun: dict[str, str] = {}

    async def with_start(self, message: IncomingMessage, guild: str) -> IncomingMessage:
        """The message; the first one in a thread quotes what the thread is about."""
        thread = message.channel.id
        parent = self._places.parent(guild, thread)
        if not parent or message.quoted is not None or message.id == thread:
            return message
        if self._places.opener(guild, thread) == self._line.me.id:
            return message  # it was opened for a question, which is its first turn
        if thread not in self._begun:
            self._begun |= await self._options.get(THREADS)
        first = self._begun.setdefault(thread, message.id)
        if first != message.id:
            return message
        await self._options.set(THREADS, thread, first)
        quoted = await self._start(thread, parent)
        return message if quoted is None else replace(message, quoted=quoted)

    async def _start(self, thread: str, parent: str) -> Quoted | None:
        for channel in (parent, thread):
            try:
                found = await self._line.surely("GET", ONE, channel_id=channel, message_id=thread)
            except ServiceError as error:
                log.debug("no start of a thread here", channel=channel, error=str(error))
                continue
            quoted = self._hearing.quote(found, channel)
            return quoted if quoted.text or quoted.attachments else None
        return None
