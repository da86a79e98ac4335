"""People use commands: typed ones, with what they complete to, and those in menus."""

from collections.abc import Mapping
from typing import Any

from tests.emulators.discord import interactions, messages, permissions, shapes
from tests.emulators.discord.endpoint import Endpoint
from tests.emulators.discord.interactions import AUTOCOMPLETE, COMMAND, Interaction
from tests.emulators.discord.people import uploads
from tests.emulators.discord.sight import Seen
from tests.emulators.discord.things import KINDS, Channel, Guild, Json, Role, User

STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = range(3, 12)


class Invoking(Endpoint):
    """Part of the server: commands."""

    def offered(self, user: User | int, place: Channel | User | int) -> list[Json]:
        """The commands that this person is offered there, as the bot registered them."""
        person, channel = self._user(user), self._place(place)
        held = permissions.in_channel(channel, person.id)
        if not held & permissions.BITS["use_application_commands"] and channel.guild:
            return []
        found = dict(self.world.commands[0])
        if channel.guild is not None and self.world.bot_in(channel):
            found |= self.world.commands.get(channel.guild.id, {})
        return [one for one in found.values() if self._fits(one, person, channel)]

    def _fits(self, command: Json, person: User, channel: Channel) -> bool:
        where = interactions.context(self.world, channel)
        contexts = command.get("contexts")
        if contexts is None and not command.get("guild_id"):
            contexts = [0, 1, 2] if command.get("dm_permission", True) else [0]
        if contexts is not None and where not in contexts:
            return False
        types = command.get("integration_types") or [0]
        here = self.world.bot_in(channel) or (channel.guild is not None and channel.guild.commands)
        by_guild = 0 in types and (here if channel.guild else where == 1)
        if not by_guild and not (1 in types and person.installed):
            return False
        needed = command.get("default_member_permissions")
        if needed is None or channel.guild is None:
            return True
        held = permissions.in_channel(channel, person.id)
        return held == permissions.ALL or (int(needed) > 0 and held & int(needed) == int(needed))

    def command(self, user: User | int, place: Channel | User | int, name: str, kind: int = 1) -> Json:
        """One of the commands offered there."""
        found = [one for one in self.offered(user, place) if one["name"] == name and one["type"] == kind]
        if not found:
            known = sorted(one["name"] for one in self.offered(user, place))
            raise LookupError(f"no command {name!r} is offered there, only {known}")
        return found[-1]

    def slash(
        self, user: User | int, place: Channel | User | int, name: str, /, **options: Any
    ) -> Interaction:
        """Use a command: ``slash(ann, place, "imagine", prompt="a fox", image=picture())``.

        Subcommands follow the name (``"settings model"``); people, channels and roles are given as they are,
        files as for ``say``.
        """
        return self._use(COMMAND, user, place, name, options, "")

    def autocomplete(
        self,
        user: User | int,
        place: Channel | User | int,
        name: str,
        option: str,
        text: str,
        /,
        **filled: Any,
    ) -> Interaction:
        """Type into an option; what is offered then is in ``choices``."""
        return self._use(AUTOCOMPLETE, user, place, name, filled | {option: text}, option)

    def _use(
        self, kind: int, user: User | int, place: Any, name: str, options: Mapping[str, Any], focused: str
    ) -> Interaction:
        person, channel = self._user(user), self._place(place)
        root, *steps = name.split()
        command = self.command(person, channel, root)
        resolved: Json = {}
        level: Json = command
        body: list[Json] = []
        nests: list[Json] = []
        for step in steps:
            level = {one["name"]: one for one in level.get("options") or ()}.get(step, {})
            if level.get("type") not in {1, 2}:
                raise LookupError(f"{name!r}: no subcommand {step!r}")
            nests.append({"name": step, "type": level["type"]})
        known = {one["name"]: one for one in level.get("options") or ()}
        if any(one["type"] in {1, 2} for one in known.values()):
            raise LookupError(f"{name!r} needs one of its subcommands {sorted(known)}")
        if unknown := set(options) - set(known):
            raise LookupError(f"{name!r} has no options {sorted(unknown)}, only {sorted(known)}")
        for spec in known.values():
            if spec["name"] in options:
                value = options[spec["name"]]
                body.append(self._option(spec, value, channel, person, resolved, focused, kind))
            elif spec.get("required") and kind == COMMAND:
                raise ValueError(f"{name!r} needs {spec['name']!r}")
        for nest in reversed(nests):
            body = [nest | {"options": body}]
        data: Json = {"id": command["id"], "name": root, "type": 1}
        if body:
            data["options"] = body
        if resolved:
            data["resolved"] = resolved
        if command.get("guild_id"):
            data["guild_id"] = command["guild_id"]
        return self._deliver(interactions.begin(self.world, kind, person, channel, data))

    def _option(
        self, spec: Json, value: Any, channel: Channel, person: User, resolved: Json, focused: str, kind: int
    ) -> Json:
        body: Json = {"name": spec["name"], "type": spec["type"]}
        if spec["name"] == focused:
            if not spec.get("autocomplete"):
                raise LookupError(f"{focused!r} does not complete")
            return body | {"value": str(value), "focused": True}
        _valid(spec, value)
        match spec["type"]:
            case 6 | 7 | 8 | 9:
                self.resolve(resolved, value, channel)
                value = str(value if isinstance(value, int) else value.id)
            case 11:
                file = self.world.cdn.add(channel.id, uploads([value])[0], ephemeral=True)
                resolved.setdefault("attachments", {})[str(file.id)] = self.world.cdn.json(file)
                value = str(file.id)
        return body | {"value": value}

    def resolve(self, resolved: Json, value: Any, channel: Channel) -> None:
        """Put what was chosen beside its id."""
        number = value if isinstance(value, int) else value.id
        guild: Guild | None = channel.guild
        if number in self.world.users:
            resolved.setdefault("users", {})[str(number)] = shapes.user(self.world.users[number])
            if guild and number in guild.members:
                member = shapes.member(self.world, guild.members[number], with_user=False)
                held = str(permissions.in_channel(channel, number))
                resolved.setdefault("members", {})[str(number)] = member | {"permissions": held}
        elif number in self.world.channels:
            place = self.world.channels[number]
            told = shapes.partial_channel(self.world, place, self.world.bot.id)
            resolved.setdefault("channels", {})[str(number)] = told
        elif guild and number in guild.roles:
            role: Role = guild.roles[number]
            resolved.setdefault("roles", {})[str(number)] = shapes.role(role)
        else:
            raise LookupError(f"nobody and nothing has the id {number}")

    def menu(
        self, user: User | int, place: Channel | User | int, name: str, target: Seen | User | int
    ) -> Interaction:
        """Use a command in the menu of a message, or of a person."""
        person, channel = self._user(user), self._place(place)
        number = target if isinstance(target, int) else target.id
        data: Json = {"name": name, "target_id": str(number)}
        if number in self.world.messages:
            command = self.command(person, channel, name, 3)
            found = self._message(number)
            if found.channel is not channel or found.gone:
                raise LookupError("that message is not there")
            shown = messages.message(self.world, found, open=True, whole=True)
            data |= {"type": 3, "resolved": {"messages": {str(number): shown}}}
        else:
            command = self.command(person, channel, name, 2)
            resolved: Json = {}
            self.resolve(resolved, number, channel)
            data |= {"type": 2, "resolved": resolved}
        data["id"] = command["id"]
        return self._deliver(interactions.begin(self.world, COMMAND, person, channel, data))

    def interaction(self, one: Interaction | int) -> Interaction:
        """How an interaction stands."""
        found: Interaction = self.world.interactions[one if isinstance(one, int) else one.id]
        return found

    def expire(self, one: Interaction | int) -> None:
        """Its token works no more, as a quarter of an hour later; for everybody else no time passes."""
        self.interaction(one).ended = True
        self.world.changes.notify()


def _valid(spec: Json, value: Any) -> None:
    """What the client lets people enter."""
    kind, name = spec["type"], spec["name"]
    fitting: dict[int, Any] = {STRING: str, INTEGER: int, BOOLEAN: bool, NUMBER: (int, float)}
    wrong = kind in fitting and not isinstance(value, fitting[kind])
    if wrong or (isinstance(value, bool) and kind != BOOLEAN):
        raise TypeError(f"{name} takes no {value!r}")
    if kind == STRING and not spec.get("min_length", 0) <= len(value) <= spec.get("max_length", 6000):
        raise ValueError(f"{name}: that many characters do not fit ({len(value)})")
    low, high = spec.get("min_value"), spec.get("max_value")
    if (low is not None and value < low) or (high is not None and value > high):
        raise ValueError(f"{name}: {value} is out of range")
    choices = [one["value"] for one in spec.get("choices") or ()]
    if choices and value not in choices:
        raise LookupError(f"{name}: no choice {value!r}, only {choices}")
    kinds = spec.get("channel_types")
    if kind == CHANNEL and kinds and isinstance(value, Channel) and KINDS[value.kind] not in kinds:
        raise LookupError(f"{name} takes no such channel")
