"""Servers and channels, as far as the gateway has told of them."""

import asyncio
from collections.abc import Callable, Collection

import discord

UPLOAD = 10 * 2**20  # bytes of one file where the server has no more to give
NAMED = 5.0  # seconds in which a server that was only named is told of


class Places:
    """What is known of them now."""

    def __init__(self) -> None:
        self.client: discord.AutoShardedClient | None = None
        self.named: set[int] = set()  # shards whose servers we have been told

    def begin(self, client: discord.AutoShardedClient) -> None:
        """Another connection tells of them, from the beginning."""
        self.client = client
        self.named.clear()

    def guild(self, id_: str) -> discord.Guild | None:
        return self.client.get_guild(int(id_)) if self.client is not None and id_ else None

    def is_foreign(self, guild: str) -> bool:
        """Whether we are no member of that server: the gateway has named all of its shard, and not this."""
        if self.client is None or self.guild(guild) is not None:
            return False
        return (int(guild) >> 22) % (self.client.shard_count or 1) in self.named

    async def arrived(self, guilds: Collection[str]) -> None:
        """Wait a while for the gateway to tell of these, for it names servers first."""
        for _ in range(round(NAMED / 0.1)):
            if all(found is not None and not found.unavailable for found in map(self.guild, guilds)):
                return
            await asyncio.sleep(0.1)

    def role(self, guild: str) -> str:
        """The role there that is ours alone."""
        found = self.guild(guild)
        role = found.self_role if found is not None else None
        return str(role.id) if role is not None else ""

    def names(self, guild: str) -> Callable[[str, str], str]:
        """What finds the name of a channel (#) or role (&)."""
        found = self.guild(guild)

        def name(sign: str, id_: str) -> str:
            if found is None:
                return ""
            place = found.get_channel_or_thread(int(id_)) if sign == "#" else found.get_role(int(id_))
            return place.name if place is not None else ""

        return name

    def upload(self, channel: str) -> int:
        """Bytes of the largest file that is taken there."""
        found = self.client.get_channel(int(channel)) if self.client is not None else None
        guild = getattr(found, "guild", None)
        return guild.filesize_limit if isinstance(guild, discord.Guild) else UPLOAD

    def is_in_server(self, channel: str) -> bool:
        """Whether people there see only what calls them, unlike in direct chats."""
        found = self.client.get_channel(int(channel)) if self.client is not None else None
        return isinstance(found, discord.abc.GuildChannel | discord.Thread)

    def branches(self, channel: str) -> bool:
        """Whether messages there can have threads."""
        found = self.client.get_channel(int(channel)) if self.client is not None else None
        return isinstance(found, discord.TextChannel)

    def missing(self, channel: str, *, files: bool = False, threads: bool = False) -> list[str]:
        """What we would need to answer there, or in threads of it, and are not let to do."""
        found = self.client.get_channel(int(channel)) if self.client is not None else None
        if not isinstance(found, discord.abc.GuildChannel | discord.Thread) or found.guild.me is None:
            return []
        held = found.permissions_for(found.guild.me)
        writing = "send_messages_in_threads" if isinstance(found, discord.Thread) else "send_messages"
        more = ["attach_files"] if files else []
        if threads:
            more += ["read_message_history", "create_public_threads", "send_messages_in_threads"]
        needed = ["view_channel", writing, *more]
        return [name.replace("_", " ").title() for name in needed if not getattr(held, name)]

    def parent(self, guild: str, channel: str) -> str:
        """The channel that a thread hangs on; "" for what is no thread."""
        found = self.guild(guild)
        thread = found.get_thread(int(channel)) if found is not None else None
        return str(thread.parent_id) if thread is not None else ""

    def opener(self, guild: str, channel: str) -> str:
        """Who opened a thread; "" for what is none."""
        found = self.guild(guild)
        thread = found.get_thread(int(channel)) if found is not None else None
        return str(thread.owner_id) if thread is not None else ""
