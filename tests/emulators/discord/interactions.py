"""What somebody does with a command, a button or a form, and how the bot answers."""

from dataclasses import dataclass, field
from typing import Any

from tests.emulators.discord import messages, permissions, shapes
from tests.emulators.discord.things import Channel, Json, Message, User
from tests.emulators.discord.world import World

PING, COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 1, 2, 3, 4, 5
FIRST = 3.0  # seconds until the first answer
LIFE = 900.0  # seconds that the token works
MOST_FOLLOWUPS = 5  # where the bot is not a member


@dataclass(eq=False, slots=True)
class Interaction:
    """One deed and what came of it."""

    id: int
    token: str
    kind: int
    user: User
    channel: Channel
    at: float
    data: Json
    world: World = field(repr=False)
    source: Message | None = None  # that carries the button
    parent: "Interaction | None" = None  # that opened the form
    by_user: bool = False  # only that person has the application, not the server
    responded: float = 0.0  # when
    response: str = ""  # message deferred deferred_update update modal choices
    original: Message | None = None  # the first answer
    followups: list[Message] = field(default_factory=list)
    modal: Json = field(default_factory=dict)
    choices: list[Json] = field(default_factory=list)
    refused: list[tuple[int, int]] = field(default_factory=list)  # status, code of refused answers
    filled: bool = False
    ended: bool = False  # the token works no more, before its time
    http: int = 0  # status of the endpoint's answer

    @property
    def name(self) -> str:
        """The command's name, or the custom id."""
        return str(self.data.get("name") or self.data.get("custom_id") or "")

    @property
    def answered(self) -> bool:
        return bool(self.responded)

    @property
    def late(self) -> bool:
        return self.ended or self.world.clock.now() >= self.at + FIRST

    @property
    def failed(self) -> bool:
        """The person reads "This interaction failed"."""
        return not self.responded and self.late

    @property
    def expired(self) -> bool:
        return self.ended or self.world.clock.now() >= self.at + LIFE

    @property
    def deferred(self) -> bool:
        return self.response in {"deferred", "deferred_update"}

    @property
    def took(self) -> float:
        """Seconds to the first answer."""
        return self.responded - self.at if self.responded else 0.0

    @property
    def title(self) -> str:
        """The form's."""
        return str(self.modal.get("title", ""))

    @property
    def fields(self) -> dict[str, str]:
        """The form's fields, by the words beside them, and what is filled in already."""
        found: dict[str, str] = {}
        for one in self.modal.get("components", ()):
            inside: Json = one.get("component") or next(iter(one.get("components") or ()), {})
            if inside:
                found[one.get("label") or inside.get("label") or ""] = inside.get("value") or ""
        return found

    def json(self) -> Json:
        names = "id kind name response answered failed expired deferred took modal title fields choices"
        body = {name: getattr(self, name) for name in f"{names} refused filled http by_user".split()}
        original = self.original.id if self.original is not None else 0
        return body | {
            "user": self.user.id,
            "channel": self.channel.id,
            "message": original,
            "ephemeral": bool(self.original and self.original.secret_to),
            "followups": [one.id for one in self.followups],
        }

    @property
    def message(self) -> int:
        """The id of the first answer; 0 when there is none."""
        return self.original.id if self.original is not None else 0

    @property
    def ephemeral(self) -> bool:
        return bool(self.original and self.original.secret_to)


def payload(one: Interaction) -> Json:
    """As the bot gets it."""
    world, channel = one.world, one.channel
    guild = channel.guild
    limit = max(one.user.upload_limit, guild.upload_limit if guild else 0)
    body: Json = {
        "id": str(one.id),
        "application_id": str(world.application),
        "type": one.kind,
        "token": one.token,
        "version": 1,
        "data": one.data,
        "channel_id": str(channel.id),
        "channel": shapes.partial_channel(world, channel, one.user.id),
        "locale": one.user.locale,
        "entitlements": [],
        "entitlement_sku_ids": [],
        "authorizing_integration_owners": owners(one),
        "context": context(world, channel),
        "attachment_size_limit": limit,
    }
    if guild is not None:
        held = permissions.in_channel(channel, one.user.id)
        person = shapes.member(world, guild.members[one.user.id]) | {"permissions": str(held)}
        where: Json = {"id": str(guild.id), "locale": guild.locale, "features": []}
        body |= {"guild_id": str(guild.id), "guild": where, "guild_locale": guild.locale, "member": person}
    else:
        body["user"] = shapes.user(one.user)
    inside = permissions.in_channel(channel, world.bot.id) if world.bot_in(channel) else 0
    body["app_permissions"] = str(inside or permissions.bits(("attach_files", "embed_links")))
    if one.source is not None:
        body["message"] = messages.message(world, one.source, whole=True)
    return body


def owners(one: Interaction) -> Json:
    """Who brought the application there: a message that came of a deed remembers."""
    guild = one.channel.guild
    if one.source is not None and one.source.interaction:
        return dict(one.source.interaction["authorizing_integration_owners"])
    found: Json = {}
    if not one.by_user:
        found["0"] = str(guild.id) if guild else "0"
    if one.user.installed:
        found["1"] = str(one.user.id)
    return found


def context(world: World, channel: Channel) -> int:
    """0: a server, 1: the bot's direct chat, 2: people's own chats."""
    if channel.guild is not None:
        return 0
    return 1 if channel.kind == "direct" and world.bot.id in channel.recipients else 2


def metadata(one: Interaction, original: Message | None) -> Json:
    """What a message says of the deed that it answers."""
    body: Json = {
        "id": str(one.id),
        "type": one.kind,
        "user": shapes.user(one.user),
        "authorizing_integration_owners": owners(one),
    }
    if one.kind == COMMAND:
        body |= {"name": one.name, "command_type": one.data.get("type", 1)}
    if original is not None:
        body["original_response_message_id"] = str(original.id)
    if one.kind == COMPONENT and one.source is not None:
        body["interacted_message_id"] = str(one.source.id)
    if one.parent is not None:
        body["triggering_interaction_metadata"] = metadata(one.parent, None)
    return body


def begin(world: World, kind: int, user: User, channel: Channel, data: Json, **more: Any) -> Interaction:
    """Make one. Its clock starts now."""
    by_user = not (world.bot_in(channel) or (channel.guild is not None and channel.guild.commands))
    at = world.clock.now()
    one = Interaction(
        world.next_id(), world.token(), kind, user, channel, at, data, world, by_user=by_user, **more
    )
    world.interactions[one.id] = one
    world.tokens[one.token] = one
    world.changes.notify_in(world.clock.real(FIRST))
    return one
