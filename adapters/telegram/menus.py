"""The list of commands that the platform shows, per scope and language."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import structlog

from adapters.telegram.line import Line
from bot.commands import Command, offered
from bot.errors import ServiceError
from bot.messages import Limits
from bot.texts import LOCALE, _, speaking

log = structlog.get_logger()

SCOPES = ("default", "all_private_chats", "all_group_chats")
HELP = 256  # characters
MOST = 100  # commands

Menu = list[dict[str, str]]


async def publish(line: Line, commands: Sequence[Command]) -> None:
    """Set what differs from what is set. A menu that cannot be set is no reason to be silent."""
    try:
        for language in ("", *languages()):
            menu = _menu(commands, language)
            for scope in SCOPES:
                where = {"scope": {"type": scope}, "language_code": language or None}
                if await line.surely("getMyCommands", where, priority=None) != menu:
                    await line.surely("setMyCommands", {**where, "commands": menu}, priority=None)
        if await line.surely("getChatMenuButton", {}, priority=None) != {"type": "commands"}:
            await line.surely("setChatMenuButton", {"menu_button": {"type": "commands"}}, priority=None)
    except ServiceError as error:
        log.warning("the menu of commands cannot be set", error=str(error))


def languages(folder: Path = LOCALE) -> Iterable[str]:
    """The languages that we speak, in two letters."""
    return sorted({path.stem.partition("_")[0] for path in folder.glob("*.po")})


def _menu(commands: Sequence[Command], language: str) -> Menu:
    with speaking(language):
        return [
            {"command": command.name, "description": _(command.help)[:HELP]}
            for command in offered(commands, Limits())[:MOST]
        ]
