"""Which way a message takes: by the bot's token, or through an interaction; and how much goes there."""

from dataclasses import replace

from adapters.discord.desk import Desk
from adapters.discord.interaction import Interaction
from adapters.discord.layout import Capacity
from adapters.discord.names import Name


class Ways:
    """``via`` is the interaction through which all goes where we are no member."""

    def __init__(self, channel: str, desk: Desk, via: Interaction | None) -> None:
        self.via = via
        self.capacity = Capacity(desk.places.upload(channel), desk.original, desk.files)
        self._id = channel
        self._known = desk.interactions

    def through(self, reply_to: str) -> tuple[Interaction | None, Interaction | None]:
        """The interaction through which an answer to that goes, or the one that was over before."""
        known = self._known
        via = self.via or known.pressed(about=reply_to)
        if via is None and known.get(reply_to) is None:
            late = known.missed(reply_to)
            via = known.pressed(place=self._id) if late is None else None
            return via, (late or known.late(reply_to)) if via is None else None
        return via, None

    def answering(self, reply_to: Name) -> Interaction | None:
        """The interaction that takes an answer to that."""
        if reply_to.elsewhere:
            return None
        if not reply_to.id:
            return self.via
        asked = self._known.get(reply_to.id)
        if asked is not None and (asked.takes_answer or asked.outside):
            return asked
        return self.through(reply_to.id)[0]

    def changing(self, name: Name) -> Interaction | None:
        """The interaction through which a message of ours is changed where we are no member."""
        known = self._known
        found = known.holding(name.id) or known.through(name.id)
        return found if found is not None and found.outside else None

    def takes(self, interaction: Interaction | None) -> Capacity:
        """What goes through an interaction may be as large as whoever began it may send."""
        if interaction is None or interaction.is_over:
            return self.capacity
        return replace(self.capacity, upload=max(self.capacity.upload, interaction.upload))
