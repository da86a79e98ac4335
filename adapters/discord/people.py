"""Who people are: the language in which they use Discord, and what they are in a server."""

from collections.abc import Mapping
from typing import Any

import structlog

from adapters.discord.line import Line
from bot.errors import Refused
from bot.ports import Options

log = structlog.get_logger()

LOCALES = "discord.locales"  # place of options: person → locale


class People:
    """A language is told with what people press, and good for what they write, too.

    English is what we speak anyway; any other is remembered.
    """

    def __init__(self, options: Options, line: Line) -> None:
        self._options = options
        self._line = line
        self._locales: dict[str, str] = {}

    async def load(self) -> None:
        self._locales = dict(await self._options.get(LOCALES))

    def language(self, person: str) -> str:
        return self._locales.get(person, "")

    async def learn(self, payload: Mapping[str, Any]) -> None:
        """Somebody did something, in their language."""
        user = (payload.get("member") or {}).get("user") or payload.get("user") or {}
        locale = str(payload.get("locale") or "")
        wanted = "" if locale.startswith("en") else locale
        person = str(user.get("id") or "")
        if not locale or wanted == self.language(person):
            return
        self._locales[person] = wanted
        await self._options.set(LOCALES, person, wanted or None)

    async def member(self, guild: str, person: str) -> Mapping[str, Any] | None:
        """Name and roles in a server; None for somebody who has left it."""
        try:
            found: Mapping[str, Any] = await self._line.surely(
                "GET", "/guilds/{guild_id}/members/{user_id}", guild_id=guild, user_id=person
            )
        except Refused as error:
            log.info("somebody is no member", server=guild, error=str(error))
            return None
        return found
