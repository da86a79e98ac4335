"""People press buttons, choose from lists and fill in forms."""

from collections.abc import Iterable, Mapping
from typing import Any

from tests.emulators.discord import interactions, messages, modals, permissions
from tests.emulators.discord.cdn import File, Upload
from tests.emulators.discord.interactions import COMPONENT, MODAL, Interaction
from tests.emulators.discord.invoking import Invoking
from tests.emulators.discord.people import uploads
from tests.emulators.discord.sight import PRESSABLE, Button, Seen, button
from tests.emulators.discord.things import Channel, Json, Message, User


class Presses(Invoking):
    """Part of the server: presses."""

    def press(
        self, user: User | int, message: Seen | int, label: str = "", *, custom_id: str = ""
    ) -> Interaction:
        """Press a button, named by its label or its custom id; one that is not there cannot be pressed.

        ``forge`` sends a custom id that no button has.
        """
        found, one = self._pressable(user, message, label, custom_id, select=False)
        if one.style in {5, 6}:
            raise LookupError(f"{one.label!r} leads elsewhere: {one.url}")
        return self._component(self._user(user), found, {"custom_id": one.custom_id, "component_type": 2})

    def forge(self, user: User | int, message: Seen | int, custom_id: str) -> Interaction:
        """A changed client presses a button that is not there."""
        data = {"custom_id": custom_id, "component_type": 2}
        return self._component(self._user(user), self._message(message), data)

    def choose(
        self,
        user: User | int,
        message: Seen | int,
        values: str | Iterable[Any],
        *,
        label: str = "",
        custom_id: str = "",
    ) -> Interaction:
        """Choose from a list: options by value or label, or people, roles and channels as they are."""
        found, one = self._pressable(user, message, label, custom_id, select=True)
        wanted = [values] if isinstance(values, str) else list(values)
        if not one.least <= len(wanted) <= one.most:
            raise ValueError(f"{one.custom_id}: between {one.least} and {one.most} may be chosen")
        data: Json = {"custom_id": one.custom_id, "component_type": one.kind}
        if one.kind == 3:
            known = {option["label"]: option["value"] for option in one.options}
            known |= {option["value"]: option["value"] for option in one.options}
            if unknown := [value for value in wanted if value not in known]:
                raise LookupError(f"{one.custom_id}: no options {unknown}, only {list(known)}")
            data["values"] = [known[value] for value in wanted]
        else:
            resolved: Json = {}
            for value in wanted:
                self.resolve(resolved, value, found.channel)
            data["values"] = [str(getattr(value, "id", value)) for value in wanted]
            data["resolved"] = resolved
        return self._component(self._user(user), found, data)

    def _pressable(
        self, user: User | int, message: Seen | int, label: str, custom_id: str, *, select: bool
    ) -> tuple[Message, Button]:
        person, found = self._user(user), self._message(message)
        if found.gone or found.secret_to not in {0, person.id} or not self._sees(person, found.channel):
            raise LookupError(f"{person.name} does not see that message")
        all_of_them = [button(one) for one in messages.walk(found.components) if one.get("type") in PRESSABLE]
        fitting = [one for one in all_of_them if (one.kind != 2) == select]
        if custom_id:
            named = [one for one in fitting if one.custom_id == custom_id]
        elif label or not select:
            named = [one for one in fitting if label in {one.label, one.emoji}]
            named = named or [one for one in fitting if label in one.label]
        else:
            named = fitting
        if not named:
            labels = [one.label for one in all_of_them]
            raise LookupError(f"nothing is called {label or custom_id!r} among {labels}")
        if named[0].disabled:
            raise LookupError(f"{named[0].label!r} is disabled")
        return found, named[0]

    def _sees(self, person: User, channel: Channel) -> bool:
        return bool(permissions.in_channel(channel, person.id) & permissions.BITS["view_channel"])

    def _component(self, person: User, found: Message, data: Json) -> Interaction:
        parts = {one.get("custom_id"): one["id"] for one in messages.walk(found.components)}
        number = parts.get(data["custom_id"], 1)
        one = interactions.begin(
            self.world, COMPONENT, person, found.channel, data | {"id": number}, source=found
        )
        return self._deliver(one)

    def fill(self, opened: Interaction | int, values: Mapping[str, Any] | None = None) -> Interaction:
        """Fill in the form that an interaction opened, and send it. Fields: by custom id or by their words.

        A text that is not given stays as it was prefilled; files are given as for ``say``.
        """
        before = self.interaction(opened)
        if before.response != "modal":
            raise LookupError("no form was opened")
        if before.filled:
            raise LookupError("that form was sent already")
        channel = before.channel

        def keep(upload: Any) -> File:
            given: Upload = uploads([upload])[0]
            return self.world.cdn.add(channel.id, given, ephemeral=True)

        filling = modals.Filling(before.modal, values or {}, keep)
        data: Json = {"custom_id": before.modal["custom_id"], "components": filling.components}
        resolved: Json = {}
        if filling.files:
            resolved["attachments"] = {str(file.id): self.world.cdn.json(file) for file in filling.files}
        for one in messages.walk(filling.components):
            if one["type"] in {5, 6, 7, 8}:
                for value in one["values"]:
                    self.resolve(resolved, int(value), channel)
        data["resolved"] = resolved
        before.filled = True
        more = {"source": before.source, "parent": before}
        return self._deliver(interactions.begin(self.world, MODAL, before.user, channel, data, **more))
