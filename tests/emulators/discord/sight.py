"""What a person sees in a place."""

from dataclasses import dataclass, field
from typing import Any

from tests.emulators.discord import messages
from tests.emulators.discord.handles import Handles
from tests.emulators.discord.things import SILENT, SUPPRESS_EMBEDS, V2, Channel, Json, Message, User
from tests.emulators.discord.world import World


@dataclass(frozen=True, slots=True)
class Button:
    """A button, or a select (``options`` then)."""

    label: str  # a select's placeholder
    custom_id: str = ""
    style: int = 0  # 1 primary, 2 secondary, 3 success, 4 danger, 5 link; 0 for a select
    disabled: bool = False
    url: str = ""
    emoji: str = ""
    kind: int = 2
    options: tuple[Json, ...] = ()
    least: int = 1
    most: int = 1


@dataclass(frozen=True, slots=True)
class Shown:
    """A file under a message."""

    id: int
    name: str
    data: bytes = field(repr=False)
    url: str = ""  # works for a day
    description: str = ""
    kind: str = ""  # content type
    spoiler: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """A message on a screen."""

    id: int
    channel: int
    author: int
    ours: bool  # the bot's
    text: str = ""
    embeds: tuple[Json, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()  # labels, row by row
    buttons: tuple[Button, ...] = ()  # and selects
    layout: str = ""  # the texts of all text displays, in the new layout
    files: tuple[Shown, ...] = ()
    pings: tuple[int, ...] = ()  # people who were notified by it
    role_pings: tuple[int, ...] = ()
    everyone: bool = False
    silent: bool = False
    reply_to: int = 0
    ephemeral: bool = False  # only ``to`` sees it
    to: int = 0
    thinking: bool = False  # deferred, nothing there yet
    edited: bool = False
    pinned: bool = False
    v2: bool = False
    no_previews: bool = False
    kind: int = 0  # 0 plain, 19 reply, 20 answer to a command, …
    thread: int = 0  # that hangs on it
    reactions: Json = field(default_factory=dict)  # emoji: ids of people
    deed: int = 0  # the interaction that it came of
    command: str = ""  # and its command
    nonce: str = ""
    gone: bool = False
    at: float = 0.0
    body: Json = field(default_factory=dict, repr=False)  # all of it, as on the wire

    @property
    def labels(self) -> list[str]:
        return [label for row in self.rows for label in row]

    @property
    def data(self) -> bytes:
        """The bytes of its first file."""
        return self.files[0].data if self.files else b""


def see(world: World, message: Message) -> Seen:
    body = messages.message(world, message)
    found = [button(one) for one in messages.walk(message.components) if one.get("type") in PRESSABLE]
    rows = [one for one in messages.walk(message.components) if one.get("type") == 1]
    return Seen(
        id=message.id,
        channel=message.channel.id,
        author=message.author.id,
        ours=message.author is world.bot,
        text=message.content,
        embeds=tuple(body["embeds"]),
        rows=tuple(tuple(button(one).label for one in row.get("components", ())) for row in rows),
        buttons=tuple(found),
        layout=messages.text_of(message.components),
        files=tuple(
            Shown(
                file.id,
                file.name,
                file.upload.data,
                world.cdn.link(file),
                file.upload.description,
                file.kind,
                file.spoiler,
            )
            for file in message.files
        ),
        pings=tuple(message.pings),
        role_pings=tuple(message.role_pings),
        everyone=message.everyone,
        silent=bool(message.flags & SILENT),
        reply_to=int(message.reference.get("message_id", 0)) if not message.snapshots else 0,
        ephemeral=bool(message.secret_to),
        to=message.secret_to,
        thinking=message.loading,
        edited=bool(message.edited),
        pinned=message.pinned,
        v2=bool(message.flags & V2),
        no_previews=bool(message.flags & SUPPRESS_EMBEDS),
        kind=message.kind,
        thread=message.thread.id if message.thread and not message.thread.gone else 0,
        reactions={name: list(by) for name, by in message.reactions.items()},
        deed=int(message.interaction.get("id", 0)),
        command=str(message.interaction.get("name", "")),
        nonce=str(message.nonce) if message.nonce is not None else "",
        gone=message.gone,
        at=message.at,
        body=body,
    )


PRESSABLE = frozenset({2, 3, 5, 6, 7, 8})


def button(one: Json) -> Button:
    emoji = one.get("emoji") or {}
    select = one["type"] != 2
    return Button(
        label=(one.get("placeholder") if select else one.get("label")) or emoji.get("name") or "",
        custom_id=one.get("custom_id") or "",
        style=0 if select else one.get("style", 0),
        disabled=bool(one.get("disabled")),
        url=one.get("url") or "",
        emoji=emoji.get("name") or "",
        kind=one["type"],
        options=tuple(one.get("options") or ()),
        least=1 if one.get("min_values") is None else one["min_values"],
        most=one.get("max_values") or 1,
    )


class Sight(Handles):
    """Part of the server: looking."""

    def seen(self, message: Seen | int) -> Seen:
        """One message as it is now; also one that is gone."""
        return see(self.world, self._message(message))

    def messages(self, place: Channel | User | int, *, viewer: User | int | None = None) -> list[Seen]:
        """Everything public there, in order; with what only ``viewer`` sees, when one is named."""
        number = 0 if viewer is None else self._user(viewer).id
        return [
            see(self.world, one)
            for one in self._place(place).messages.values()
            if not one.gone and one.secret_to in {0, number}
        ]

    def ours(self, place: Channel | User | int, *, viewer: User | int | None = None) -> list[Seen]:
        """What the bot said there and did not take back."""
        return [one for one in self.messages(place, viewer=viewer) if one.ours]

    def texts(self, place: Channel | User | int, *, viewer: User | int | None = None) -> list[str]:
        """The bot's texts there."""
        return [one.text or one.layout for one in self.ours(place, viewer=viewer)]

    def last(self, place: Channel | User | int, *, viewer: User | int | None = None) -> Seen | None:
        """The bot's latest message there."""
        ours = self.ours(place, viewer=viewer)
        return ours[-1] if ours else None

    def whispers(self, user: User | int) -> list[Seen]:
        """What only that person sees, anywhere."""
        number = self._user(user).id
        return [
            see(self.world, one)
            for one in self.world.messages.values()
            if one.secret_to == number and not one.gone
        ]

    def history(self, message: Seen | int) -> list[Seen]:
        """All versions of a message, the present one last."""
        found = self._message(message)
        return [*found.versions, see(self.world, found)]

    def typing(self, place: Channel | User | int) -> bool:
        """The bot is shown to be typing there now."""
        until: float = self._place(place).typing.get(self.world.bot.id, 0.0)
        return until > self.world.clock.now()

    def reactions(self, message: Seen | int) -> list[str]:
        """The bot's reactions to a message."""
        by = self._message(message).reactions
        return [name for name, people in by.items() if self.world.bot.id in people]

    def pings(self, user: User | int) -> list[Seen]:
        """Messages of the bot's that notified that person: by name, reply, role or all at once."""
        person = self._user(user)
        found = []
        for one in self.world.messages.values():
            if one.author is not self.world.bot:
                continue
            member = one.channel.guild.members.get(person.id) if one.channel.guild else None
            roles = set(member.roles if member else ()) & set(one.role_pings)
            if person.id in one.pings or roles or (one.everyone and member):
                found.append(see(self.world, one))
        return found

    def channel_named(self, name: str) -> Channel:
        """The newest place of that name."""
        for one in reversed(self.world.channels.values()):
            if one.name == name and not one.gone:
                return one
        raise LookupError(f"no place is called {name!r}")

    def threads(self, place: Channel | int) -> list[Channel]:
        """Threads of a channel, or posts of a forum."""
        parent = self._place(place)
        return [one for one in self.world.channels.values() if one.parent is parent and not one.gone]

    def link(self, url: str) -> Any:
        """The bytes behind a link, if it works now; else None."""
        path, _, query = url.partition("?")
        pairs = dict(one.partition("=")[::2] for one in query.split("&") if one)
        for folder in ("/cdn", "/media"):
            if path.startswith(self.world.cdn.base + folder):
                file = self.world.cdn.fetch(path.removeprefix(self.world.cdn.base + folder), pairs)
                return file.upload.data if file else None
        return None
