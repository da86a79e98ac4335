"""In which language people use Discord: told with what they press, and good for what they write."""

from collections.abc import Mapping
from typing import Any

from bot.ports import Options

LOCALES = "discord.locales"  # place of options: person → locale


class People:
    """English is what we speak anyway; any other language is remembered."""

    def __init__(self, options: Options) -> None:
        self._options = options
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
