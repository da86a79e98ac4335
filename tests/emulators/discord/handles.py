"""People, places and messages may be named by themselves or by their ids."""

from typing import Any

from tests.emulators.discord.things import Channel, Guild, Message, Role, User
from tests.emulators.discord.world import World


class Handles:
    """What the parts of the server have in common."""

    world: World

    def _user(self, user: User | int) -> User:
        return self.world.users[user if isinstance(user, int) else user.id]

    def _guild(self, guild: Guild | int) -> Guild:
        return self.world.guilds[guild if isinstance(guild, int) else guild.id]

    def _role(self, guild: Guild, role: Role | int) -> Role:
        return guild.roles[role if isinstance(role, int) else role.id]

    def _place(self, place: Channel | User | int) -> Channel:
        """A channel; a person stands for the direct chat with the bot."""
        number = place if isinstance(place, int) else place.id
        if number in self.world.users:
            return self.world.direct(self.world.users[number], self.world.bot)
        return self.world.channels[number]

    def _message(self, message: Any) -> Message:
        return self.world.messages[message if isinstance(message, int) else message.id]
