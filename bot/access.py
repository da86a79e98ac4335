"""Who may speak to the bot. Closed by default; platforms that let people in themselves say so."""

from collections.abc import Collection

from bot.errors import UserError
from bot.messages import Channel, Person
from bot.texts import _


class Access:
    """Allow lists. An id is a person's or a place's: ``platform:id``."""

    def __init__(
        self, *, admins: Collection[str] = (), allow: Collection[str] = (), everyone: bool = False
    ) -> None:
        self._admins = frozenset(admins)
        self._allow = frozenset(allow) | self._admins
        self._everyone = everyone

    def admits(self, person: Person, channel: Channel) -> bool:
        """Whether this person may use the bot in this place."""
        place = f"{channel.platform}:{channel.id}"
        return self._everyone or person.trusted or person.id in self._allow or place in self._allow

    def is_admin(self, person: Person) -> bool:
        return person.id in self._admins

    def check(self, person: Person, channel: Channel) -> None:
        """Raise UserError, with the id that an operator needs, for somebody unknown."""
        if not self.admits(person, channel):
            raise UserError(
                _("I do not know you yet. Ask whoever runs me to allow {id}.").format(id=person.id)
            )
