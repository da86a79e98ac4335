"""Who there is, and where they meet."""

from collections.abc import Iterable
from typing import Any

from tests.emulators.discord import permissions, shapes
from tests.emulators.discord.handles import Handles
from tests.emulators.discord.rest.channels import announce, changed, open_thread, remove, thread_under
from tests.emulators.discord.rest.guilds import remove_bot
from tests.emulators.discord.things import Channel, Guild, Member, Role, User
from tests.emulators.telegram.call import listed

BOT_ROLE = listed(
    "view_channel send_messages send_messages_in_threads create_public_threads attach_files "
    "read_message_history"
)


class Places(Handles):
    """Part of the server: people, servers, channels, threads, rights."""

    def user(
        self,
        name: str = "Ann",
        *,
        locale: str = "en-US",
        installed: bool = False,
        bot: bool = False,
        upload_limit: int = 10 << 20,
    ) -> User:
        """Somebody new. ``installed``: they have added the application to their account."""
        more = {"installed": installed, "bot": bot, "upload_limit": upload_limit}
        return self.world.person(name, locale=locale, **more)

    def guild(
        self,
        name: str = "Painters",
        members: Iterable[User | int] = (),
        *,
        bot: bool = True,
        commands: bool = False,
        rights: Iterable[str] | int = BOT_ROLE,
        level: int = 0,
        locale: str = "en-US",
        number: int = 0,
    ) -> Guild:
        """A server with these people; the first owns it. ``rights`` are the bot's own, besides everyone's.

        ``commands`` without ``bot``: it was installed with its commands only.

        ``level`` 2 and 3 take larger files; ``number`` chooses its id, and so its shard.
        """
        people = [self._user(one) for one in members]
        owner = people[0].id if people else self.world.next_id()
        guild = Guild(number or self.world.next_id(), name, owner, level, locale, commands=commands)
        guild.roles[guild.id] = Role(guild.id, "@everyone", permissions.EVERYONE, 0)
        self.world.guilds[guild.id] = guild
        for person in people:
            guild.members[person.id] = Member(person, self.world.clock.now())
        if bot:
            self.invite(guild, rights=rights)
        return guild

    def invite(self, guild: Guild | int, *, rights: Iterable[str] | int = BOT_ROLE) -> None:
        """Somebody adds the bot to a server."""
        place = self._guild(guild)
        role = Role(
            self.world.next_id(),
            self.world.bot.name,
            permissions.bits(rights),
            2,
            managed=True,
            bot=self.world.bot.id,
        )
        place.roles[role.id] = role
        place.members[self.world.bot.id] = Member(self.world.bot, self.world.clock.now(), [role.id])
        new = shapes.guild_create(self.world, place)
        new.pop("unavailable")  # so libraries tell a new server from one that is back
        self.world.tell("GUILD_CREATE", new, place)

    def kick(self, guild: Guild | int) -> None:
        """The bot is thrown out of a server."""
        remove_bot(self.world, self._guild(guild))

    def outage(self, guild: Guild | int, over: bool = False) -> None:
        """A server cannot be reached for a while; ``over``: it is back."""
        place = self._guild(guild)
        place.unavailable = not over
        if over:
            self.world.tell("GUILD_CREATE", lambda _open: shapes.guild_create(self.world, place), place)
        else:
            self.world.tell("GUILD_DELETE", {"id": str(place.id), "unavailable": True}, place)

    def add(self, guild: Guild | int, user: User | int, *, nick: str = "") -> None:
        """Somebody joins a server."""
        place, person = self._guild(guild), self._user(user)
        member = place.members[person.id] = Member(person, self.world.clock.now(), nick=nick)
        body = shapes.member(self.world, member) | {"guild_id": str(place.id)}
        self.world.tell("GUILD_MEMBER_ADD", body, place)

    def leave(self, guild: Guild | int, user: User | int) -> None:
        """Somebody leaves a server."""
        place, person = self._guild(guild), self._user(user)
        place.members.pop(person.id)
        body = {"guild_id": str(place.id), "user": shapes.user(person)}
        self.world.tell("GUILD_MEMBER_REMOVE", body, place)

    def role(
        self,
        guild: Guild | int,
        name: str,
        *,
        rights: Iterable[str] | int = (),
        members: Iterable[User | int] = (),
        mentionable: bool = False,
    ) -> Role:
        """A role, held by these people."""
        place = self._guild(guild)
        number = self.world.next_id()
        role = Role(number, name, permissions.bits(rights), len(place.roles), mentionable)
        place.roles[role.id] = role
        body = {"guild_id": str(place.id), "role": shapes.role(role)}
        self.world.tell("GUILD_ROLE_CREATE", body, place)
        for person in members:
            self.give(place, person, role)
        return role

    def entitle(self, guild: Guild | int, role: Role | Guild | int, rights: Iterable[str] | int) -> None:
        """Change what a role may do; the guild itself stands for everyone."""
        place = self._guild(guild)
        found = place.roles[role if isinstance(role, int) else role.id]
        found.permissions = permissions.bits(rights)
        body = {"guild_id": str(place.id), "role": shapes.role(found)}
        self.world.tell("GUILD_ROLE_UPDATE", body, place)

    def give(self, guild: Guild | int, user: User | int, role: Role | int, *, take: bool = False) -> None:
        """Somebody gets a role, or loses it."""
        place, person = self._guild(guild), self._user(user)
        held = place.members[person.id].roles
        number = self._role(place, role).id
        if take:
            held.remove(number)
        else:
            held.append(number)
        body = shapes.member(self.world, place.members[person.id]) | {"guild_id": str(place.id)}
        self.world.tell("GUILD_MEMBER_UPDATE", body, place)

    def permit(
        self,
        channel: Channel | int,
        whom: User | Role | Guild | int,
        *,
        allow: Iterable[str] = (),
        deny: Iterable[str] = (),
    ) -> None:
        """What somebody, a role, or everyone (the guild) may do in a channel."""
        place = self._place(channel)
        number = whom if isinstance(whom, int) else whom.id
        place.overwrites[number] = (permissions.bits(allow), permissions.bits(deny))
        changed(self.world, place)

    def rights(self, channel: Channel | User | int, user: User | int) -> frozenset[str]:
        """What somebody may do there, by name."""
        held = permissions.in_channel(self._place(channel), self._user(user).id)
        return permissions.named(held)

    def mute(self, guild: Guild | int, user: User | int, *, muted: bool = True) -> None:
        """Give somebody (or the bot) a timeout."""
        place, person = self._guild(guild), self._user(user)
        place.members[person.id].timed_out = muted
        body = shapes.member(self.world, place.members[person.id]) | {"guild_id": str(place.id)}
        self.world.tell("GUILD_MEMBER_UPDATE", body, place)

    def channel(
        self,
        guild: Guild | int,
        name: str = "general",
        *,
        kind: str = "text",
        topic: str = "",
        slowmode: int = 0,
        nsfw: bool = False,
        parent: Channel | int | None = None,
        hidden: bool = False,
        tags: Iterable[str] = (),
    ) -> Channel:
        """A channel: text, news, voice, stage, forum or category. ``hidden``: the bot cannot see it."""
        place = self._guild(guild)
        above = self._place(parent) if parent is not None else None
        channel = Channel(self.world.next_id(), kind, name, place, above, created=self.world.clock.now())
        channel.topic, channel.slowmode, channel.nsfw = topic, slowmode, nsfw
        channel.position = len(place.channels)
        names = enumerate(tags, self.world.next_id())
        tag = {"moderated": False, "emoji_id": None, "emoji_name": None}
        channel.tags = [{"id": str(number), "name": one} | tag for number, one in names]
        if hidden:
            channel.overwrites[self.world.bot.id] = (0, permissions.BITS["view_channel"])
        self.world.channels[channel.id] = place.channels[channel.id] = channel
        if self.world.bot_in(place):
            self.world.tell("CHANNEL_CREATE", shapes.channel(self.world, channel), channel)
        return channel

    def rename(self, channel: Channel | int, name: str) -> None:
        place = self._place(channel)
        place.name = name
        changed(self.world, place)

    def delete_channel(self, channel: Channel | int) -> None:
        """A channel or a thread is deleted."""
        remove(self.world, self._place(channel))

    def thread(
        self,
        channel: Channel | int,
        name: str,
        *,
        message: Any = None,
        by: User | int | None = None,
        private: bool = False,
        archived: bool = False,
        locked: bool = False,
        joined: Iterable[User | int] = (),
    ) -> Channel:
        """Somebody opens a thread, on a message or without one."""
        place = self._place(channel)
        owner = self._user(by).id if by is not None else place.guild.owner if place.guild else 0
        if message is not None:
            thread = thread_under(self.world, self._message(message), name, owner)
        else:
            thread = open_thread(self.world, place, name, owner, private=private)
            announce(self.world, thread)
        for person in joined:
            thread.joined[self._user(person).id] = self.world.clock.now()
        if archived or locked:
            self.archive(thread, locked=locked)
        return thread

    def archive(self, thread: Channel | int, *, locked: bool = False) -> None:
        """A thread is put away; ``locked``: only moderators bring it back."""
        place = self._place(thread)
        place.archived, place.locked = True, locked
        changed(self.world, place)

    def direct(self, user: User | int) -> Channel:
        """The direct chat of that person and the bot."""
        return self._place(user)

    def chat(self, *people: User | int) -> Channel:
        """A chat among people, without the bot; more than two make a group."""
        persons = [self._user(one) for one in people]
        if len(persons) == 2:
            return self.world.direct(*persons)
        ids = [one.id for one in persons]
        channel = Channel(self.world.next_id(), "group", recipients=ids, created=self.world.clock.now())
        self.world.channels[channel.id] = channel
        return channel

    def block(self, user: User | int, *, blocked: bool = True) -> None:
        """That person takes no direct messages from the bot any more."""
        self._user(user).blocked = blocked

    def install(self, user: User | int, *, installed: bool = True) -> None:
        """Somebody adds the application to their account, or removes it."""
        self._user(user).installed = installed
