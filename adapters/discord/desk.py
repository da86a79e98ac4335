"""What the conversations of one bot have in common."""

from collections.abc import Callable
from dataclasses import dataclass, field

from adapters.discord.directs import Directs
from adapters.discord.interactions import Interactions
from adapters.discord.line import Line
from adapters.discord.pace import Pace
from adapters.discord.places import Places
from adapters.discord.screens import Screens
from adapters.discord.sends import Sends
from bot.ports import Files, Options


@dataclass(slots=True)
class Desk:
    """What all conversations share."""

    line: Line
    sends: Sends
    interactions: Interactions
    options: Options
    places: Places
    directs: Directs
    original: Callable[[str, str], str]
    files: Files
    pace: Pace = field(default_factory=Pace)
    screens: Screens = field(default_factory=Screens)
