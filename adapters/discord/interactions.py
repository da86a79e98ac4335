"""The interactions that may still be answered, kept over restarts."""

import json
import time

from adapters.discord.interaction import KNOWN, Interaction, State
from adapters.discord.line import Line
from bot.ports import Options

OPEN = "discord.open"  # place of options: interactions whose tokens are still wanted


class Interactions:
    """By their ids, and by what was said through them."""

    def __init__(self, line: Line, options: Options) -> None:
        self._line = line
        self._options = options
        self._known: dict[str, Interaction] = {}

    async def load(self) -> None:
        """Those that an earlier run had not done with."""
        for id_, kept in (await self._options.get(OPEN)).items():
            facts = json.loads(kept)
            found = Interaction(
                self._line, id_, facts.pop("token"), **facts | {"state": State(facts["state"])}
            )
            if found.is_forgotten:
                await self._options.set(OPEN, id_, None)
            else:
                self._known.setdefault(id_, found)

    def add(self, interaction: Interaction) -> Interaction:
        """One that has arrived, or the same as it is known."""
        for id_ in [each for each, known in self._known.items() if known.is_forgotten]:
            del self._known[id_]
        return self._known.setdefault(interaction.id, interaction)

    def get(self, id_: str) -> Interaction | None:
        found = self._known.get(id_)
        return None if found is None or found.is_over else found

    def through(self, message: str) -> Interaction | None:
        """The one through which that was said."""
        for each in self._known.values():
            if message in each.messages and not each.is_over:
                return each
        return None

    def late(self, id_: str) -> Interaction | None:
        """One that is over, from where we are no member; or the one through which that was said."""
        for each in self._known.values():
            if each.outside and each.is_over and (each.id == id_ or id_ in each.messages):
                return each
        return None

    def pressed(self, *, about: str = "", place: str = "") -> Interaction | None:
        """The first press under that message, or anywhere in that place, that still wants an answer."""
        for each in sorted(self._unanswered(), key=lambda each: each.born):
            if not each.is_over and (each.about == about or each.place == place):
                return each
        return None

    def missed(self, id_: str) -> Interaction | None:
        """One with that id, or a press under that message, that was over before its answer came."""
        known = [each for each in self._known.values() if each.outside and each.id == id_]
        known += [each for each in self._unanswered() if each.about == id_]
        return next((each for each in known if each.is_over), None)

    def _unanswered(self) -> list[Interaction]:
        """Presses from where we are no member to which nothing was said."""
        return [
            each for each in self._known.values() if each.outside and each.about and not each.said.is_set()
        ]

    def holding(self, message: str) -> Interaction | None:
        """The newest press of a button under that message, if it can be changed through it."""
        held = [each for each in self._known.values() if each.about == message and each.holds]
        return max((each for each in held if not each.is_over), key=lambda each: each.born, default=None)

    async def keep(self, interaction: Interaction) -> None:
        """Write down what is still wanted after a restart."""
        wanted = interaction.takes_answer or (interaction.outside and not interaction.is_forgotten)
        kept = await self._options.get(OPEN)
        if wanted or interaction.id in kept:
            await self._options.set(OPEN, interaction.id, interaction.kept() if wanted else None)
        for id_, each in kept.items():
            if json.loads(each)["born"] < time.time() - KNOWN:
                await self._options.set(OPEN, id_, None)
