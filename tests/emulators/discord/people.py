"""What people do: say, show, forward, correct, take back, react."""

from collections.abc import Iterable
from typing import Any

from tests.emulators.discord import messages, permissions, posting, shapes
from tests.emulators.discord.cdn import Upload
from tests.emulators.discord.forms import Form, NewFile
from tests.emulators.discord.handles import Handles
from tests.emulators.discord.mentions import Allowed
from tests.emulators.discord.rest.channels import open_thread
from tests.emulators.discord.rest.reactions import set_reaction
from tests.emulators.discord.sight import Seen, see
from tests.emulators.discord.things import V2, VOICE, Channel, Json, User

MAX_TEXT = 2000


def uploads(files: Iterable[Any]) -> list[Upload]:
    """Files may be given as an Upload, as bytes, or as (name, bytes)."""
    found = []
    for one in files:
        if isinstance(one, (bytes, bytearray)):
            found.append(Upload(bytes(one), "image.png" if one[:4] == b"\x89PNG" else "file.bin"))
        elif isinstance(one, Upload):
            found.append(one)
        else:
            found.append(Upload(bytes(one[1]), one[0]))
    return found


class People(Handles):
    """Part of the server: what people do in places."""

    def say(
        self,
        user: User | int,
        place: Channel | User | int,
        text: str = "",
        *,
        files: Iterable[Any] = (),
        reply_to: Seen | int | None = None,
        ping: bool = True,
        voice: bool = False,
        stickers: Iterable[str] = (),
        extra: Json | None = None,
        silent: bool = False,
    ) -> Seen:
        """Say something. A person stands for the direct chat with the bot; ``user.mention`` is a mention.

        ``ping``: a reply notifies its author. ``extra`` sets fields of the message. ``silent``: it is there,
        but the bot is not told (as while its connection was down).
        """
        person, channel = self._user(user), self._place(place)
        self._may(person, channel)
        if len(text) > MAX_TEXT:
            raise ValueError(f"the client takes {MAX_TEXT} characters")
        reference = None
        if reply_to is not None:
            found = self._message(reply_to)
            reference = {"message_id": str(found.id), "channel_id": str(found.channel.id)}
        sound: Json = {"duration": 1.5, "waveform": "AAAA"} if voice else {}
        new = [NewFile(one, **sound) for one in uploads(files)]
        form = Form(
            content=text,
            files=new,
            reference=reference,
            policy=Allowed(replied=ping),
            flags=VOICE if voice else 0,
            stickers=list(stickers),
        )
        more = dict(extra or {})
        if silent:
            with self._unheard():
                return see(self.world, posting.create(self.world, channel, person, form, **more))
        return see(self.world, posting.create(self.world, channel, person, form, **more))

    def _may(self, person: User, channel: Channel) -> None:
        name = "send_messages_in_threads" if channel.thread else "send_messages"
        if not permissions.in_channel(channel, person.id) & permissions.BITS[name]:
            raise PermissionError(f"{person.name} cannot write there")
        if channel.thread:
            channel.joined.setdefault(person.id, self.world.clock.now())

    def _unheard(self) -> "_Unheard":
        return _Unheard(self)

    def post(
        self,
        user: User | int,
        forum: Channel | int,
        title: str,
        text: str = "",
        *,
        files: Iterable[Any] = (),
        tags: Iterable[str] = (),
    ) -> Channel:
        """Somebody posts in a forum; the post is a thread, and its first message has the thread's id."""
        person, place = self._user(user), self._place(forum)
        known = {tag["name"]: tag["id"] for tag in place.tags}
        thread = open_thread(
            self.world, place, title, person.id, applied=[known.get(one, one) for one in tags]
        )
        form = Form(content=text, files=[NewFile(one) for one in uploads(files)])
        posting.create(self.world, thread, person, form, id=thread.id)
        return thread

    def forward(self, user: User | int, message: Seen | int, place: Channel | User | int) -> Seen:
        """Forward a message to another place."""
        found = self._message(message)
        reference = {"type": 1, "message_id": str(found.id), "channel_id": str(found.channel.id)}
        person, channel = self._user(user), self._place(place)
        self._may(person, channel)
        return see(self.world, posting.create(self.world, channel, person, Form(reference=reference)))

    def edit(self, message: Seen | int, text: str) -> Seen:
        """Its author corrects a message."""
        found = self._message(message)
        posting.change(self.world, found, Form(content=text))
        return see(self.world, found)

    def unfurl(self, message: Seen | int, **embed: Any) -> Seen:
        """Discord shows what a link leads to: an update in which nobody edited anything."""
        found = self._message(message)
        found.embeds = [*found.embeds, {"type": "link", **embed}]
        posting.told(self.world, found)
        return see(self.world, found)

    def remove(self, *gone: Seen | int) -> None:
        """Somebody deletes messages; several of one place at once are one event."""
        posting.delete(self.world, *(self._message(one) for one in gone))

    def dismiss(self, message: Seen | int) -> None:
        """Somebody puts away what only they see. The bot is not told."""
        found = self._message(message)
        if not found.secret_to:
            raise ValueError("everybody sees that message")
        found.gone = True
        self.world.changes.notify()

    def react(self, user: User | int, message: Seen | int, *emoji: str) -> None:
        """React with these: ``👍``, or ``name:id`` for one of the server's own."""
        for one in emoji:
            set_reaction(self.world, self._message(message), one, self._user(user).id, True)

    def unreact(self, user: User | int, message: Seen | int, emoji: str) -> None:
        set_reaction(self.world, self._message(message), emoji, self._user(user).id, False)

    def pin(self, message: Seen | int, *, pinned: bool = True) -> None:
        found = self._message(message)
        found.pinned = pinned
        posting.told(self.world, found)

    def type(self, user: User | int, place: Channel | User | int) -> None:
        """Somebody begins to type."""
        person, channel = self._user(user), self._place(place)
        channel.typing[person.id] = self.world.clock.now() + 10
        body: Json = {
            "channel_id": str(channel.id),
            "user_id": str(person.id),
            "timestamp": int(self.world.clock.now()),
        }
        if channel.guild:
            member = shapes.member(self.world, channel.guild.members[person.id])
            body |= {"guild_id": str(channel.guild.id), "member": member}
        if self.world.bot_in(channel):
            self.world.tell("TYPING_START", body, channel)

    def repeat(self, message: Seen | int) -> None:
        """The gateway tells of a message a second time, as it may after a resume."""
        found = self._message(message)
        told = lambda open: messages.event(self.world, found, open=open)  # noqa: E731
        self.world.tell("MESSAGE_CREATE", told, found.channel)

    def inject(self, event: str, payload: Json) -> None:
        """Send the bot an event as it is, however wrong."""
        self.world.tell(event, payload)

    def layout(self, message: Seen | int) -> bool:
        """Is it in the new layout?"""
        return bool(self._message(message).flags & V2)


class _Unheard:
    """While this lasts, the bot is told nothing."""

    def __init__(self, people: People) -> None:
        self._world = people.world

    def __enter__(self) -> None:
        self._tell, self._world.tell_gateway = self._world.tell_gateway, lambda *_: None

    def __exit__(self, *_: object) -> None:
        self._world.tell_gateway = self._tell
