"""What a message says, in our words."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from adapters.discord.incoming import Incoming
from adapters.discord.line import PLATFORM, Me
from adapters.discord.places import Places
from bot.messages import Channel, IncomingMessage, Person, Quoted

DEFAULT, REPLY = 0, 19  # types of messages that somebody wrote
FORWARD = 1  # the type of a reference
CUT = 2000  # characters at which clients cut a paste; those who pay get more

_MENTION = re.compile(r"<@!?(\d+)>|<(@&|#)(\d+)>|<(?:a?(:\w+:))\d+>")
_SPACES = re.compile(r"[ \t]{2,}")

Message = Mapping[str, Any]


class Hearing:
    """Reads messages as somebody called ``me``. ``language`` knows in which one somebody is spoken to."""

    def __init__(self, me: Me, incoming: Incoming, places: Places, language: Callable[[str], str]) -> None:
        self._me = me
        self._incoming = incoming
        self._places = places
        self._language = language

    def read(self, message: Message, *, edited: bool = False) -> IncomingMessage | None:
        """What it means for us; None when it is nothing of ours."""
        author = message.get("author") or {}
        if message.get("type") not in (DEFAULT, REPLY) or author.get("bot") or message.get("webhook_id"):
            return None
        if edited and not message.get("edited_timestamp"):
            return None  # a link was unfolded, or the like
        guild = str(message.get("guild_id") or "")
        direct = not guild
        quoted = self._quoted(message, direct=direct)
        text, ours = self._words(message)
        attachments = self._incoming.of(message)
        if not (text or attachments or quoted or ours):
            return None
        addressed = (
            direct or ours or self._is_reply_to_us(message) or self._is_in_thread_of_ours(message, guild)
        )
        if edited and not addressed:
            return None
        return IncomingMessage(
            str(message["id"]),
            self._home(message, guild),
            self.person(author, message.get("member"), guild),
            text,
            attachments,
            quoted,
            addressed=addressed,
            direct=direct,
            edited=edited,
            more=not edited and (_is_forward(message) or len(str(message.get("content") or "")) >= CUT),
            at=_time(message),
        )

    def _home(self, message: Message, guild: str) -> Channel:
        """Where it is talked about: a question for which we have opened a thread is the first turn there."""
        place, id_ = str(message["channel_id"]), str(message["id"])
        opened = self._places.opener(guild, id_) or str((message.get("thread") or {}).get("owner_id") or "")
        return self.channel(place, guild) if opened != self._me.id else self.channel(id_, guild, place)

    def _is_in_thread_of_ours(self, message: Message, guild: str) -> bool:
        """There, all is for us that is not for somebody else."""
        if self._places.opener(guild, str(message["channel_id"])) != self._me.id:
            return False
        return not (message.get("mentions") or message.get("referenced_message"))

    def channel(self, id_: str, guild: str, parent: str = "") -> Channel:
        """A place; a thread knows the channel around it."""
        return Channel(PLATFORM, id_, within=parent or self._places.parent(guild, id_))

    def person(
        self, user: Mapping[str, Any], member: Mapping[str, Any] | None = None, guild: str = ""
    ) -> Person:
        """Somebody, with the server where they speak and the roles that they hold there."""
        groups = (guild, *((member or {}).get("roles") or ())) if guild else ()
        return Person(
            f"{PLATFORM}:{user['id']}",
            name_of(user, member),
            language=self._language(str(user["id"])),
            groups=tuple(f"{PLATFORM}:{each}" for each in groups),
        )

    def quote(self, message: Message, channel: str = "") -> Quoted:
        """Somebody's message, as what a question is about."""
        author = message.get("author") or {}
        person = f"{PLATFORM}:{author['id']}" if "id" in author else ""
        text, _ = self._words(message)
        attachments = self._incoming.of(message, channel)
        return Quoted(name_of(author), text, str(message.get("id") or ""), attachments, person)

    def _quoted(self, message: Message, *, direct: bool) -> Quoted | None:
        """What is replied to or forwarded. Alone with us, our own answer is in the history already."""
        if _is_forward(message):
            shots = [each.get("message") or {} for each in message.get("message_snapshots") or ()]
            return self.quote(shots[0]) if shots else None
        replied = message.get("referenced_message")
        if not replied:
            return None
        if direct and self._is_reply_to_us(message) and not replied.get("attachments"):
            return None
        return self.quote(replied, str(replied.get("channel_id") or message.get("channel_id") or ""))

    def _is_reply_to_us(self, message: Message) -> bool:
        replied = message.get("referenced_message") or {}
        return bool(not _is_forward(message) and (replied.get("author") or {}).get("id") == self._me.id)

    def _words(self, message: Message) -> tuple[str, bool]:
        """The text without our name, and whether our name was in it."""
        guild = str(message.get("guild_id") or "")
        role, name_in = self._places.role(guild), self._places.names(guild)
        people = {
            str(each["id"]): name_of(each, each.get("member")) for each in message.get("mentions") or ()
        }
        ours = False

        def shown(mention: re.Match[str]) -> str:
            nonlocal ours
            person, sign, place, emoji = mention.groups()
            if emoji:
                return str(emoji)
            if person == self._me.id or (sign == "@&" and place == role):
                ours = True
                return ""
            if person:
                return f"@{people[person]}" if person in people else mention[0]
            name = name_in(sign[-1], place)
            return f"{sign[0]}{name}" if name else mention[0]

        content = str(message.get("content") or "")
        text = _MENTION.sub(shown, content)
        if ours:
            text = _SPACES.sub(" ", text)
        return text.strip() or _other_words(message), ours


def name_of(user: Mapping[str, Any], member: Mapping[str, Any] | None = None) -> str:
    """What somebody is called there."""
    nick = (member or {}).get("nick")
    return str(nick or user.get("global_name") or user.get("username") or "")


def _time(message: Message) -> float:
    said = message.get("timestamp")
    return datetime.fromisoformat(str(said)).timestamp() if said else 0.0


def _is_forward(message: Message) -> bool:
    return (message.get("message_reference") or {}).get("type") == FORWARD


def _other_words(message: Message) -> str:
    """What can be read in messages without a text."""
    poll = message.get("poll")
    if poll:
        answers = [(each.get("poll_media") or {}).get("text") or "" for each in poll.get("answers") or ()]
        return "\n".join(
            [str((poll.get("question") or {}).get("text") or ""), *(f"- {each}" for each in answers)]
        )
    return ""
