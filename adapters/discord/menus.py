"""The commands that the platform shows, with their options; set only when they have changed."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import structlog

from adapters.discord.line import Line
from bot.commands import Command, Parameter, ParameterKind, find
from bot.errors import ServiceError
from bot.ports import Options
from bot.texts import LOCALE, N_, _, speaking

log = structlog.get_logger()

COMMANDS = "discord.commands"  # place of options
MOST = 100  # commands
SHORT = 100  # characters of a description
FILES = 5  # options for a parameter that takes any number of files
EVERYWHERE = {"integration_types": [0, 1], "contexts": [0, 1, 2]}

ASK, PAINT, DESCRIBE = N_("Ask about this"), N_("Paint this"), N_("Describe picture")

_TYPES = {
    ParameterKind.TEXT: 3,
    ParameterKind.INTEGER: 4,
    ParameterKind.BOOLEAN: 5,
    ParameterKind.NUMBER: 10,
    ParameterKind.ATTACHMENT: 11,
}
# What the platform calls the languages that we speak.
_LOCALES = {"zh_CN": "zh-CN", "zh_TW": "zh-TW", "pt_BR": "pt-BR", "es": "es-ES", "sv": "sv-SE"}

Entry = dict[str, Any]


async def publish(line: Line, options: Options, commands: Sequence[Command]) -> None:
    """Set them if they differ from what was set last. If they cannot be, that is no reason to be silent."""
    entries = menu(commands)
    digest = hashlib.sha256(json.dumps([line.me.application, entries], sort_keys=True).encode()).hexdigest()
    if (await options.get(COMMANDS)).get("digest") == digest:
        return
    path = "/applications/{application_id}/commands"
    try:
        await line.surely("PUT", path, body=entries, application_id=line.me.application)
    except ServiceError as error:
        log.warning("the commands cannot be set", error=str(error))
        return
    await options.set(COMMANDS, "digest", digest)
    log.info("commands set", count=len(entries))


def menu(commands: Sequence[Command]) -> list[Entry]:
    """All of them as the wire has them, and the entries of messages' menus."""
    entries = [_command(command) for command in commands[: MOST - 5]]
    names = [ASK]
    names += [PAINT] if find(commands, "imagine") else []
    names += [DESCRIBE] if find(commands, "describe") else []
    return entries + [{"type": 3, "name": name, **_said("name", name), **EVERYWHERE} for name in names]


def _command(command: Command) -> Entry:
    options = [option for parameter in command.parameters for option in _options(parameter)]
    options.sort(key=lambda option: not option["required"])
    return {
        "type": 1,
        "name": command.name,
        **_named(command),
        "description": _short(command.help),
        **_said("description", command.help),
        "options": options[:25],
        **EVERYWHERE,
    }


def _options(parameter: Parameter) -> list[Entry]:
    help_ = parameter.help or parameter.name
    option: Entry = {
        "type": _TYPES[parameter.kind],
        "name": parameter.name.lower(),
        "description": _short(help_),
        **_said("description", help_),
        "required": parameter.required,
    }
    if parameter.choices:
        option["choices"] = [{"name": str(choice)[:100], "value": choice} for choice in parameter.choices]
    if parameter.suggest is not None:
        option["autocomplete"] = True
    if not parameter.many:
        return [option]
    more = [
        {**option, "name": f"{option['name']}_{number}", "required": False} for number in range(2, FILES + 1)
    ]
    return [option, *more]


def _named(command: Command) -> Entry:
    """Its names in the languages that have scripts of their own."""
    names = {_locale(path): command.name_in(path.stem) for path in sorted(LOCALE.glob("*.po"))}
    other = {locale: name for locale, name in names.items() if name != command.name}
    return {"name_localizations": other} if other else {}


def _locale(path: Path) -> str:
    return _LOCALES.get(path.stem, path.stem)


def _said(what: str, sentence: str) -> Entry:
    """The sentence in the other languages."""
    said = {}
    for path in sorted(LOCALE.glob("*.po")):
        with speaking(path.stem):
            said[_locale(path)] = _short(_(sentence))
    return {f"{what}_localizations": said} if said else {}


def _short(text: str) -> str:
    return text if len(text) <= SHORT else text[: SHORT - 1] + "…"
