"""Sends each message once: written down before, recorded after, and recognised when it is sent again."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from adapters.discord.interaction import Interaction
from adapters.discord.interactions import Interactions
from adapters.discord.layout import ANSWERING, Part
from adapters.discord.line import PLATFORM, Line, Pauses
from adapters.discord.troubles import Trouble
from bot.errors import OutcomeUnknown, Refused, ServiceError, Unavailable
from bot.ports import Sending, Sendings

log = structlog.get_logger()

NONCE = 25  # characters
LOOKED_AT = 100  # messages in one search

Message = Mapping[str, Any]  # as the wire has it

MESSAGES = "/channels/{channel_id}/messages"


class Sends:
    """The one door through which messages leave.

    The platform recognises a repetition for some minutes, by its nonce. After a restart, what may have been
    sent is looked for: a message of ours that is not written down, and answers the same.
    """

    def __init__(self, line: Line, sendings: Sendings, interactions: Interactions) -> None:
        self._line = line
        self._sendings = sendings
        self._interactions = interactions
        self._newest: dict[str, str] = {}  # channel → its newest message

    def saw(self, channel: str, message: str) -> None:
        """A message with that id exists."""
        if int(message) > int(self._newest.get(channel, "0")):
            self._newest[channel] = message

    async def post(
        self,
        channel: str,
        part: Part,
        *,
        key: str = "",
        reply_to: str = "",
        calls: bool = False,
        via: Interaction | None = None,
    ) -> tuple[str, Message | None]:
        """Send it, once for each ``key``: its id, and what came back; None when it was sent before.

        As the answer to the interaction called ``reply_to`` where that waits for one, or through ``via``;
        otherwise as a reply to that message, which ``calls`` whoever wrote it. Waits for the network; raises
        Refused.
        """
        name = key or f"~{secrets.token_hex(10)}"
        row = await self._sendings.begin(PLATFORM, name, channel, self._newest.get(channel) or reply_to)
        if row.message:
            if (asked := self._interactions.get(reply_to)) is not None and asked.takes_answer:
                asked.was_said(row.message)
            return row.message, None
        if row.again and (found := await self._search(channel, row, reply_to)):
            await self._sendings.record(PLATFORM, name, found)
            return found, None
        try:
            message = await self._send(channel, part, name, reply_to, calls, via)
        except ServiceError:
            if not row.again:
                await self._sendings.drop(PLATFORM, name)
            raise
        sent = str(message["id"])
        self.saw(channel, sent)
        await self._sendings.record(PLATFORM, name, sent)
        return sent, message

    async def _send(
        self, channel: str, part: Part, name: str, reply_to: str, calls: bool, via: Interaction | None
    ) -> Message:
        asked = self._interactions.get(reply_to)
        waiting = asked if asked is not None and (asked.takes_answer or asked.outside) else via
        if waiting is not None:
            try:
                message: Message = await waiting.say(part)
                await self._interactions.keep(waiting)
                return message
            except Refused as error:
                if waiting.outside or error.code not in (Trouble.EXPIRED, Trouble.LATE, Trouble.GONE):
                    raise
        body = part.body() | {"nonce": _nonce(name), "enforce_nonce": True}
        if reply_to and asked is None:
            body["message_reference"] = {"message_id": reply_to, "fail_if_not_exists": False}
            body |= {"allowed_mentions": ANSWERING} if calls else {}
        pauses = Pauses()
        while True:
            try:
                sent: Message = await self._line.once(
                    "POST", MESSAGES, body=body, files=part.uploads, channel_id=channel
                )
                return sent
            except (Unavailable, OutcomeUnknown) as error:
                await pauses.after(error, "message")

    # --- what an earlier run may have sent --------------------------------------------------

    async def _search(self, channel: str, row: Sending, reply_to: str) -> str:
        """The message that was sent under this key, if there is one."""
        if not row.after.isdecimal():
            return ""
        query = {"after": row.after, "limit": LOOKED_AT}
        try:
            found: Sequence[Message] = await self._line.surely(
                "GET", MESSAGES, query=query, channel_id=channel
            )
        except Refused as error:
            log.info("what was sent cannot be looked for", channel=channel, error=str(error))
            return ""
        ours = [str(each["id"]) for each in found if each["author"]["id"] == self._line.me.id]
        known = await self._sendings.ours(PLATFORM, channel, ours)
        strays = [
            each for each in reversed(found) if str(each["id"]) in ours and str(each["id"]) not in known
        ]
        # What a thread began with may stand outside of it, and is replied to without a reference.
        answering = {reply_to, ""} if reply_to == channel else {reply_to}
        return next((str(each["id"]) for each in strays if _answers(each) in answering), "")


def _answers(message: Message) -> str:
    """What a message of ours replies to."""
    asked = message.get("interaction_metadata") or message.get("interaction") or {}
    replied = message.get("message_reference") or {}
    return str(asked.get("id") or replied.get("message_id") or "")


def _nonce(name: str) -> str:
    return name if len(name) <= NONCE else hashlib.sha256(name.encode()).hexdigest()[:NONCE]
