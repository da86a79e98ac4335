"""The world: all there is, how the bot hears of it, and what of it the bot may find."""

import itertools
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tests.emulators.discord import permissions
from tests.emulators.discord.cdn import Cdn
from tests.emulators.discord.errors import refusal
from tests.emulators.discord.things import Channel, Guild, Json, Message, Sync, User
from tests.emulators.telegram.clock import Changes, Clock

Build = Callable[[bool], Json]  # an event's payload, with message contents or without
EPOCH = 1420070400000  # ms


class World:
    """The state that requests, events and people's deeds have in common."""

    def __init__(self, speed: float = 1.0, name: str = "Chatelier") -> None:
        self.clock = Clock(speed)
        self.changes = Changes()
        self._last_id = 0
        self._numbers = itertools.count(1)
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.messages: dict[int, Message] = {}
        self.interactions: dict[int, Any] = {}
        self.tokens: dict[str, Any] = {}  # of interactions
        self.commands: dict[int, dict[int, Json]] = {0: {}}  # by guild
        self.syncs: list[Sync] = []
        self.commands_made: list[float] = []
        self.approved = {"message_content", "members", "presences"}
        self.bot = self.person(name, bot=True)
        self.cdn = Cdn(self.clock, self.next_id)
        self.tell_gateway: Callable[[str, Build, Guild | None, bool], None] = lambda *_: None
        self.endpoint_url = ""  # of the application, for interactions over HTTP
        self.verify_key = ""  # hex, that their signatures are checked with

    @property
    def application(self) -> int:
        return self.bot.id

    def next_id(self) -> int:
        found = (int(self.clock.now() * 1000) - EPOCH) << 22
        self._last_id = max(self._last_id + 1, found)
        return self._last_id

    def count(self) -> int:
        return next(self._numbers)

    def token(self) -> str:
        return secrets.token_urlsafe(40)

    def iso(self, at: float) -> str:
        return datetime.fromtimestamp(at, UTC).isoformat()

    def person(self, name: str, **more: Any) -> User:
        user = User(self.next_id(), name, **more)
        self.users[user.id] = user
        return user

    # --- telling --------------------------------------------------------------------------------

    def tell(self, event: str, payload: Json | Build, place: Guild | Channel | None = None) -> None:
        """Send an event to the bot, if it is there to hear it."""
        guild = place.guild if isinstance(place, Channel) else place
        private = isinstance(place, Channel) and place.private
        build: Build = payload if callable(payload) else lambda _open: dict(payload)
        self.tell_gateway(event, build, guild, private)
        self.changes.notify()

    def bot_in(self, place: Guild | Channel) -> bool:
        if isinstance(place, Guild):
            return self.bot.id in place.members
        return self.bot_in(place.guild) if place.guild else self.bot.id in place.recipients

    def bot_sees(self, channel: Channel) -> bool:
        held = permissions.in_channel(channel, self.bot.id)
        return bool(held & permissions.BITS["view_channel"])

    # --- finding, for the bot -------------------------------------------------------------------

    def channel(self, number: int | str) -> Channel:
        """A place that the bot may look into."""
        channel = self.channels.get(_number(number))
        if channel is None or channel.gone:
            raise refusal(10003)
        if not self.bot_sees(channel):
            raise refusal(50001)
        return channel

    def may(self, channel: Channel, *names: str) -> bool:
        wished = permissions.bits(names)
        return permissions.in_channel(channel, self.bot.id) & wished == wished

    def need(self, channel: Channel, *names: str) -> None:
        if not self.may(channel, *names):
            raise refusal(50003 if channel.private else 50013)

    def guild(self, number: int | str) -> Guild:
        guild = self.guilds.get(_number(number))
        if guild is None:
            raise refusal(10004)
        if not self.bot_in(guild):
            raise refusal(50001)
        return guild

    def message(self, channel: Channel, number: int | str) -> Message:
        """A message that the bot may see by its own token: no ephemeral ones."""
        found = channel.messages.get(_number(number))
        if found is None or found.gone or found.secret_to:
            raise refusal(10008)
        return found

    def direct(self, *people: User) -> Channel:
        """The direct chat of these two, made when there is none."""
        ids = sorted(one.id for one in people)
        for channel in self.channels.values():
            if channel.kind == "direct" and sorted(channel.recipients) == ids:
                return channel
        channel = Channel(self.next_id(), "direct", recipients=ids, created=self.clock.now())
        self.channels[channel.id] = channel
        return channel

    def mutual(self, user: User) -> bool:
        """The bot and that person meet somewhere."""
        return user.installed or any(
            user.id in guild.members and self.bot.id in guild.members for guild in self.guilds.values()
        )


def _number(value: int | str) -> int:
    try:
        return int(value)
    except ValueError:
        raise refusal(0) from None
