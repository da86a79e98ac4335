"""What an interaction asks for, in our words."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.discord.buttons import ASK, data_of, files_of, words_of
from adapters.discord.hears import Hearing
from adapters.discord.incoming import Incoming
from adapters.discord.menus import DESCRIBE
from adapters.discord.places import Places
from bot.commands import Command, ParameterKind, find
from bot.messages import Attachment, ButtonPress, Channel, CommandCall, Person, Quoted

PING, AUTOCOMPLETE = 1, 4  # types of interactions
COMMAND, COMPONENT, SUBMIT = 2, 3, 5
THREADS = (10, 11, 12)  # types of channels
ABOUT = "about:"  # our own: the form that follows from a message's menu
BOT_DM = 1  # the context in which somebody is alone with us

_NUMBERED = re.compile(r"(.+)_\d")

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Chosen:
    """An entry of a message's menu was chosen."""

    name: str
    target: Payload


@dataclass(frozen=True, slots=True)
class Filled:
    """The form that followed was filled in."""

    key: str
    words: str


@dataclass(frozen=True, slots=True)
class Again:
    """The button was pressed that opens the form of an earlier question."""

    key: str


Wanted = CommandCall | ButtonPress | Chosen | Filled | Again


class Calls:
    """Reads interactions."""

    def __init__(self, hearing: Hearing, incoming: Incoming, places: Places) -> None:
        self._hearing = hearing
        self._incoming = incoming
        self._places = places

    def read(self, payload: Payload, commands: Sequence[Command]) -> Wanted | None:
        """What is asked for; None for what we do not know."""
        data = payload.get("data") or {}
        kind = payload["type"]
        if kind == COMMAND and data.get("type", 1) == 1:
            return self._call(payload, data, commands)
        if kind == COMMAND and data.get("target_id"):
            messages = (data.get("resolved") or {}).get("messages") or {}
            target = messages.get(str(data["target_id"]))
            return self._chosen(payload, str(data["name"]), target) if target else None
        if kind == COMPONENT:
            pressed = data_of(str(data["custom_id"]), data.get("values") or ())
            if pressed.startswith(ASK):
                return Again(pressed.removeprefix(ASK))
            return self._press(payload, str(payload["message"]["id"]), pressed)
        return self._submit(payload, data) if kind == SUBMIT else None

    def person(self, payload: Payload) -> Person:
        member = payload.get("member") or {}
        guild = str(payload.get("guild_id") or "")
        return self._hearing.person(member.get("user") or payload.get("user") or {}, member, guild)

    def channel(self, payload: Payload) -> Channel:
        place = payload.get("channel") or {}
        parent = place.get("parent_id") if place.get("type") in THREADS else None
        id_ = str(payload.get("channel_id") or place["id"])
        return self._hearing.channel(id_, str(payload.get("guild_id") or ""), str(parent or ""))

    def direct(self, payload: Payload) -> bool:
        context = payload.get("context")
        return context == BOT_DM if context is not None else not payload.get("guild_id")

    def outside(self, payload: Payload) -> bool:
        """Whether it happened where we are no member: somebody brought us, or a server has only commands."""
        guild = str(payload.get("guild_id") or "")
        if self.direct(payload) or self._places.guild(guild) is not None:
            return False
        if guild and self._places.is_foreign(guild):
            return True
        owners = payload.get("authorizing_integration_owners")
        return owners is not None and "0" not in owners

    def quote(self, target: Payload, payload: Payload) -> Quoted:
        return self._hearing.quote({**target, "guild_id": payload.get("guild_id")})

    def _call(self, payload: Payload, data: Payload, commands: Sequence[Command]) -> CommandCall:
        command = find(commands, str(data["name"]))
        files = (data.get("resolved") or {}).get("attachments") or {}
        arguments: dict[str, object] = {}
        for option in data.get("options") or ():
            name, value = str(option["name"]), option["value"]
            if str(value) in files and option.get("type") == 11:
                value = self._incoming.file(files[str(value)])
            numbered = _NUMBERED.fullmatch(name)
            if command is not None and isinstance(value, Attachment) and _takes_many(command, name, numbered):
                name = numbered[1] if numbered else name
                before = arguments.get(name)
                arguments[name] = (*(before if isinstance(before, tuple) else ()), value)
            else:
                arguments[name] = value
        return CommandCall(
            str(payload["id"]),
            self.channel(payload),
            self.person(payload),
            str(data["name"]),
            arguments,
            direct=self.direct(payload),
        )

    def _chosen(self, payload: Payload, name: str, target: Payload) -> Wanted:
        """An entry that asks for words first, or a command about the message."""
        if name != DESCRIBE:
            return Chosen(name, target)
        return CommandCall(
            str(payload["id"]),
            self.channel(payload),
            self.person(payload),
            "describe",
            quoted=self.quote(target, payload),
            direct=self.direct(payload),
        )

    def _press(
        self,
        payload: Payload,
        message: str,
        data: str,
        text: str | None = None,
        files: tuple[Attachment, ...] = (),
    ) -> ButtonPress:
        return ButtonPress(
            str(payload["id"]),
            self.channel(payload),
            self.person(payload),
            message,
            data,
            text,
            direct=self.direct(payload),
            attachments=files,
        )

    def _submit(self, payload: Payload, data: Payload) -> Wanted | None:
        filled = data.get("components") or ()
        words = words_of(filled)
        custom_id = str(data["custom_id"])
        if custom_id.startswith(ABOUT):
            return Filled(custom_id.removeprefix(ABOUT), words)
        if custom_id.startswith(ASK):
            message, _, pressed = custom_id.removeprefix(ASK).partition(":")
            given = (data.get("resolved") or {}).get("attachments") or {}
            files = [self._incoming.file(given[each]) for each in files_of(filled) if each in given]
            return self._press(payload, message, pressed, words, tuple(files))
        return None


def _takes_many(command: Command, name: str, numbered: re.Match[str] | None) -> bool:
    names = {name, numbered[1] if numbered else name}
    return any(p.many and p.name in names and p.kind is ParameterKind.ATTACHMENT for p in command.parameters)
