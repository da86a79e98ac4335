"""People and places: made, joined, left, blocked, upgraded, deleted."""

from collections.abc import Iterable, Sequence

from tests.emulators.telegram.handles import Handles
from tests.emulators.telegram.methods.places import COLOURS, remove_topic
from tests.emulators.telegram.world import Chat, Json, Message, Topic, User


class Places(Handles):
    """Part of the server: people and places."""

    def user(
        self,
        name: str = "Ann",
        *,
        username: str = "",
        last_name: str = "",
        language_code: str = "en",
        is_premium: bool = False,
        is_bot: bool = False,
        id: int = 0,
    ) -> User:
        """Somebody new. They have not spoken to the bot yet."""
        number = id or self.world.next_person()
        user = User(number, name, last_name, username, language_code, is_bot, is_premium)
        self.world.users[number] = user
        return user

    def private(self, user: User | int) -> Chat:
        """The chat of somebody with the bot; until they say something there, the bot may not."""
        return self.world.private(self._user(user))

    def open(self, user: User | int) -> Chat:
        """The same, as if it had been started some time ago."""
        chat = self.private(user)
        chat.bot, self._user(user).met = "member", True
        return chat

    def group(self, title: str = "Friends", members: Iterable[User | int] = (), **more: object) -> Chat:
        return self._place("group", title, members, **more)  # type: ignore[arg-type]

    def supergroup(
        self,
        title: str = "Friends",
        members: Iterable[User | int] = (),
        *,
        forum: bool = False,
        **more: object,
    ) -> Chat:
        return self._place("supergroup", title, members, forum=forum, **more)  # type: ignore[arg-type]

    def channel(self, title: str = "News", **more: object) -> Chat:
        return self._place("channel", title, (), admin=True, **more)  # type: ignore[arg-type]

    def _place(
        self,
        kind: str,
        title: str,
        members: Iterable[User | int],
        *,
        username: str = "",
        admin: bool = False,
        announce: bool = True,
        forum: bool = False,
        id: int = 0,
    ) -> Chat:
        """The first member made it and adds the bot, which is told so unless ``announce`` is off."""
        number = id or self.world.next_chat(kind)
        chat = Chat(number, kind, title, username=username, forum=forum, bot="left")
        if forum:
            next(chat.numbers)  # 1 is the General topic
        people = [self._user(one) for one in members] or [self.user("Owner")]
        chat.members = {one.id: "member" for one in people} | {people[0].id: "creator"}
        self.world.chats[number] = chat
        if announce:
            self.add(people[0], chat, admin=admin)
        else:
            chat.bot = "administrator" if admin else "member"
        return chat

    def add(self, user: User | int, chat: Chat | int, *, admin: bool = False) -> None:
        """Somebody adds the bot to a group."""
        place, person = self._chat(chat), self._user(user)
        self._bot_status(place, person, "administrator" if admin else "member")
        if place.kind != "channel":
            bot = self.world.bot.json()
            self._service(place, person, {"new_chat_members": [bot]})

    def promote(self, user: User | int, chat: Chat | int, *, admin: bool = True) -> None:
        """Make the bot an administrator, or no longer one."""
        self._bot_status(self._chat(chat), self._user(user), "administrator" if admin else "member")

    def join(self, user: User | int, chat: Chat | int, status: str = "member") -> None:
        """Somebody joins, or becomes an administrator; quietly."""
        self._chat(chat).members[self._user(user).id] = status

    def kick(self, user: User | int, chat: Chat | int) -> None:
        """Somebody throws the bot out."""
        self._bot_status(self._chat(chat), self._user(user), "kicked")

    def block(self, user: User | int) -> None:
        """Somebody blocks the bot."""
        person = self._user(user)
        self._bot_status(self.open(person), person, "kicked")

    def unblock(self, user: User | int) -> None:
        person = self._user(user)
        self._bot_status(self.private(person), person, "member")

    def deactivate(self, user: User | int) -> None:
        """Somebody deletes their account."""
        self._user(user).deactivated = True

    def delete_chat(self, chat: Chat | int) -> None:
        """The group is deleted, by its owner."""
        self._chat(chat).gone = True

    def mute(self, chat: Chat | int, *kinds: str) -> None:
        """The bot may not send these: text, photo, document, …; nothing named: it may send all again."""
        self._chat(chat).muted = frozenset(kinds)

    def allow_reactions(self, chat: Chat | int, emoji: Sequence[str] | None) -> None:
        """The only reactions that the chat takes; None: all."""
        self._chat(chat).reactions_allowed = None if emoji is None else list(emoji)

    def topic(self, chat: Chat | User | int, name: str = "Topic", *, user: User | int | None = None) -> Topic:
        """Somebody opens a topic; its ``id`` is the thread of what is said there."""
        place = self._chat(chat)
        if not (place.forum or (place.private and self.world.private_topics)):
            raise ValueError("no topics here: make the supergroup a forum, or set private_topics")
        person = self._owner(place) if user is None else self._user(user)
        message = self._service(
            place, person, {"forum_topic_created": {"name": name, "icon_color": COLOURS[0]}}, topic=True
        )
        place.topics[message.id] = Topic(message.id, name)
        return place.topics[message.id]

    def delete_topic(self, chat: Chat | User | int, topic: Topic | int) -> None:
        number = topic if isinstance(topic, int) else topic.id
        remove_topic(self.world, self._chat(chat), number)

    def migrate(self, chat: Chat | int) -> Chat:
        """The group becomes a supergroup: a new chat; both are told, and the old one refuses from now on."""
        old = self._chat(chat)
        new = Chat(self.world.next_chat("supergroup"), "supergroup", old.title, bot=old.bot)
        new.members = dict(old.members)
        self.world.chats[new.id] = new
        owner = self._owner(old)
        self._service(old, owner, {"migrate_to_chat_id": new.id})
        old.migrated_to = new.id
        self._service(new, owner, {"migrate_from_chat_id": old.id})
        return new

    def _owner(self, chat: Chat) -> User:
        if chat.user is not None:
            return chat.user
        return self.world.users[next(iter(chat.members))]

    def _bot_status(self, chat: Chat, person: User, status: str) -> None:
        before = chat.bot or "member"
        chat.bot = status
        person.met = True
        change = {
            "chat": chat.json(),
            "from": person.json(),
            "date": self.world.clock.date(),
            "old_chat_member": self.world.member(chat, self.world.bot, before),
            "new_chat_member": self.world.member(chat, self.world.bot, status),
        }
        self.world.updates.put("my_chat_member", change, f"u{person.id}")
        self.world.changes.notify()

    def _service(self, chat: Chat, person: User, fields: Json, *, topic: bool = False) -> Message:
        number = self.world.next_message(chat)
        body: Json = {
            "message_id": number,
            "from": person.json(),
            "chat": chat.json(),
            "date": self.world.clock.date(),
        }
        if topic:
            body |= {"message_thread_id": number, "is_topic_message": True}
        message = self.world.keep(Message(chat, body | fields))
        if chat.bot in {"member", "administrator"}:
            self.world.updates.put("message", message.body, f"c{chat.id}")
        return message
