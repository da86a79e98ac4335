"""Who may speak to the bot. Closed by default; platforms that let people in themselves say so."""

import asyncio
import hmac
import re
import secrets
import time
from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

from bot.errors import UserError
from bot.messages import Channel, Person
from bot.ports import Options
from bot.texts import _

PLACE = "access"  # of the options: "allow:<id>" → by whom, "code:<code>" → how often it lets in
HOUR = 3600.0  # seconds
WRONG = 5  # codes that somebody may try in an hour
REMEMBERED = 10_000  # places and people for which that is counted

Value = TypeVar("Value")

_ID = re.compile(r"[\w.-]+:[\w.-]+", re.ASCII)
_MENTION = re.compile(r"<[@#&!]+([\w.-]+)>", re.ASCII)  # as it arrives where a command takes a text


def id_of(text: str, platform: str = "") -> str:
    """The id of a person, a group or a place, as people write it; UserError for what is none."""
    wanted = text.strip()
    if mentioned := _MENTION.fullmatch(wanted):
        wanted = mentioned[1]
    if platform and ":" not in wanted:
        wanted = f"{platform}:{wanted}"
    if not _ID.fullmatch(wanted):
        raise UserError(
            _("“{text}” is no id; I tell people theirs when I do not know them.").format(text=text)
        )
    return wanted


class Access:
    """Allow lists. An id is a person's, a place's, or that of a group of people: ``platform:id``.

    The operator's settings do not change; what admins allow is stored among the options, and what is in
    force is kept in memory, from ``load`` on.
    """

    def __init__(
        self,
        *,
        options: Options,
        admins: Collection[str] = (),
        allow: Collection[str] = (),
        everyone: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._options = options
        self._admins = frozenset(admins)
        self._settled = frozenset(allow) | self._admins
        self._everyone = everyone
        self._clock = clock
        self._allowed: set[str] = set()
        self._codes: dict[str, int] = {}
        self._changing = asyncio.Lock()
        self._guests: dict[str, bool] = {}  # people who came in by a place or a group
        self._told: dict[str, float] = {}
        self._wrong: dict[str, list[float]] = {}

    async def load(self) -> None:
        """Take up what was allowed before."""
        for name, value in (await self._options.get(PLACE)).items():
            kind, _sep, rest = name.partition(":")
            if kind == "allow":
                self._allowed.add(rest)
            elif kind == "code":
                self._codes[rest] = int(value)

    def admits(self, person: Person, channel: Channel) -> bool:
        """Whether this person may use the bot in this place."""
        if self._everyone or person.trusted or self._knows(person.id):
            return True
        admitted = any(map(self._knows, (*person.groups, *_places(channel))))
        if admitted:
            _remember(self._guests, person.id, True)
        return admitted

    def is_admin(self, person: Person) -> bool:
        """By their own id, or by a group, where it is known that they belong to it."""
        return not self._admins.isdisjoint((person.id, *person.groups))

    def settled(self, id: str) -> bool:
        """Whether the operator's settings allow it, which nobody can change from here."""
        return id in self._settled

    @property
    def allowed(self) -> Sequence[str]:
        """What was allowed besides the settings."""
        return sorted(self._allowed)

    def turn_away(self, person: Person, channel: Channel, *, direct: bool, insist: bool = False) -> str:
        """What somebody unknown is told: the id that an operator needs.

        "" when it was told in that place within the hour, unless they ``insist``.
        """
        now = self._clock()
        place = person.groups[0] if person.groups else _places(channel)[-1]
        if not insist and now - self._told.get(place, -HOUR) < HOUR:
            return ""
        _remember(self._told, place, now)
        if not direct:
            return _("I do not know this group yet. Ask whoever runs me to allow {id}.").format(id=place)
        if person.id in self._guests:
            return _(
                "You may talk to me where a group or a role lets you in, but not here. "
                "Ask whoever runs me to allow {id}."
            ).format(id=person.id)
        return _("I do not know you yet. Ask whoever runs me to allow {id}.").format(id=person.id)

    # --- changing it ------------------------------------------------------------------------

    async def allow(self, id: str, by: str) -> bool:
        """Let a person or a place in; False when it is in already."""
        async with self._changing:
            if self._knows(id):
                return False
            await self._let_in(id, by)
            return True

    async def deny(self, id: str) -> bool:
        """Let it in no longer; False when it was not let in here."""
        async with self._changing:
            if id not in self._allowed:
                return False
            await self._options.set(PLACE, f"allow:{id}", None)
            self._allowed.discard(id)
            return True

    async def invite(self, uses: int = 1) -> str:
        """A code that lets so many people in."""
        code = secrets.token_urlsafe(9)
        async with self._changing:
            await self._set_code(code, uses)
        return code

    async def enter(self, person: Person, code: str) -> None:
        """Let somebody in who has a code; UserError when it is none of ours, or was used up."""
        now = self._clock()
        wrong = [at for at in self._wrong.get(person.id, ()) if now - at < HOUR]
        if len(wrong) >= WRONG:
            raise UserError(_("Those were too many wrong codes; try again in an hour."))
        async with self._changing:
            known = ""
            for each in self._codes:  # all of them, each in constant time: how long it takes tells nothing
                if hmac.compare_digest(each.encode(), code.encode("utf-8", "replace")):
                    known = each
            if known:
                await self._set_code(known, self._codes[known] - 1)
                await self._let_in(person.id, "a code")
                return
        _remember(self._wrong, person.id, [*wrong, now])
        raise UserError(
            _("That code lets nobody in any more. Ask whoever runs me to allow {id}.").format(id=person.id)
        )

    async def moved(self, platform: str, old: str, new: str) -> None:
        """A place has a new id: what was allowed there stays so."""
        before, after = f"{platform}:{old}", f"{platform}:{new}"
        if self._knows(before):
            await self.allow(after, before)
            await self.deny(before)

    def _knows(self, id: str) -> bool:
        return id in self._settled or id in self._allowed

    async def _let_in(self, id: str, by: str) -> None:
        await self._options.set(PLACE, f"allow:{id}", by)
        self._allowed.add(id)

    async def _set_code(self, code: str, uses: int) -> None:
        await self._options.set(PLACE, f"code:{code}", str(uses) if uses > 0 else None)
        if uses > 0:
            self._codes[code] = uses
        else:
            self._codes.pop(code, None)


def _places(channel: Channel) -> list[str]:
    """The ids of a place and of the one around it."""
    return [f"{channel.platform}:{each}" for each in (channel.id, channel.within) if each]


def _remember(where: dict[str, Value], key: str, value: Value) -> None:
    """Put it last; forget the first when there are too many."""
    where.pop(key, None)
    where[key] = value
    if len(where) > REMEMBERED:
        del where[next(iter(where))]
