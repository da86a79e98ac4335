"""One request of the bot."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.emulators.discord.cdn import Upload
from tests.emulators.discord.things import Json
from tests.emulators.discord.world import World


@dataclass(slots=True)
class Call:
    """Its route, its arguments and what came with it."""

    name: str  # of what it asks for: create_message, edit_message, …
    verb: str  # HTTP's
    template: str
    args: Mapping[str, str]
    query: Mapping[str, str]
    body: Any = None  # JSON, or None
    uploads: dict[int, Upload] = field(default_factory=dict)

    @property
    def json(self) -> Json:
        """The body as an object; {} when there is none."""
        return self.body if isinstance(self.body, dict) else {}

    @property
    def place(self) -> int:
        """The channel that it is about; 0 when none is named."""
        number = self.args.get("channel", "")
        return int(number) if number.isdigit() else 0


Handler = Callable[[World, Call], Any]  # None: 204 without a body
Routes = dict[tuple[str, str], Handler]
