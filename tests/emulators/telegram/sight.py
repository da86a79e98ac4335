"""What a person sees in a chat."""

from dataclasses import dataclass, field

from tests.emulators.telegram.handles import Handles
from tests.emulators.telegram.keyboards import labels
from tests.emulators.telegram.methods.media import kind_of
from tests.emulators.telegram.text import Entity
from tests.emulators.telegram.world import Chat, Draft, Json, Message, User, World


@dataclass(frozen=True, slots=True)
class Seen:
    """A message on a screen. ``kind`` is text, photo, document, … or service."""

    id: int
    ours: bool  # the bot's, or sent through it
    kind: str
    text: str = ""
    entities: tuple[Entity, ...] = ()  # of the text or the caption
    caption: str = ""
    buttons: tuple[tuple[str, ...], ...] = ()  # labels, row by row
    data: bytes = field(default=b"", repr=False)  # of its file, as it was uploaded
    name: str = ""  # of its file
    file_id: str = ""
    reply_to: int = 0
    quote: str = ""
    thread: int = 0  # of its topic
    spoiler: bool = False
    album: str = ""  # media_group_id
    edited: bool = False
    force_reply: bool = False
    gone: bool = False
    author: int = 0
    inline: str = ""
    date: int = 0
    markup: Json = field(default_factory=dict, repr=False)
    body: Json = field(default_factory=dict, repr=False)  # all of it

    @property
    def labels(self) -> list[str]:
        return [label for row in self.buttons for label in row]


def see(world: World, message: Message, body: Json | None = None) -> Seen:
    body = message.body if body is None else body
    kind = kind_of(body)
    markup = body.get("reply_markup") or message.asks
    file = message.files[0] if message.files else None
    file_id = ""
    if kind not in {"text", "service"}:
        part = body[kind][-1] if kind == "photo" else body[kind]
        file_id = part["file_id"]
        file = world.files.get(file_id) or file
    return Seen(
        id=message.id,
        ours=message.ours,
        kind=kind,
        text=body.get("text", ""),
        entities=tuple(body.get("entities") or body.get("caption_entities") or ()),
        caption=body.get("caption", ""),
        buttons=labels(markup),
        data=file.upload.data if file and file_id else b"",
        name=file.upload.name if file and file_id else "",
        file_id=file_id,
        reply_to=_answered(body),
        quote=(body.get("quote") or {}).get("text", ""),
        thread=body.get("message_thread_id", 0) if body.get("is_topic_message") else 0,
        spoiler=bool(body.get("has_media_spoiler"))
        or any(one["type"] == "spoiler" for one in body.get("entities") or ()),
        album=body.get("media_group_id", ""),
        edited="edit_date" in body,
        force_reply=bool(markup.get("force_reply")),
        gone=message.gone,
        author=(body.get("from") or {}).get("id", 0),
        inline=message.inline,
        date=body.get("date", 0),
        markup=markup,
        body=body,
    )


def _answered(body: Json) -> int:
    """What it visibly answers: the message that made its topic does not count."""
    answered = body.get("reply_to_message") or {}
    return 0 if "forum_topic_created" in answered else int(answered.get("message_id", 0))


class Sight(Handles):
    """Part of the server: looking."""

    def seen(self, chat: Chat | int | None, message: Seen | int | str) -> Seen:
        """One message; also one that is gone. ``chat`` None: an inline message, by its id."""
        return see(self.world, self._message(chat, message))

    def messages(self, chat: Chat | User | int, *, thread: int | None = None) -> list[Seen]:
        """Everything visible there, in order; of one topic, when ``thread`` says so."""
        all_of_them = [see(self.world, one) for one in self._chat(chat).messages.values() if not one.gone]
        return [one for one in all_of_them if thread is None or one.thread == thread]

    def ours(self, chat: Chat | User | int, *, thread: int | None = None) -> list[Seen]:
        """What the bot said there and did not take back."""
        return [one for one in self.messages(chat, thread=thread) if one.ours]

    def texts(self, chat: Chat | User | int) -> list[str]:
        """The bot's texts and captions there."""
        return [one.text or one.caption for one in self.ours(chat)]

    def last(self, chat: Chat | User | int) -> Seen | None:
        """The bot's latest message there."""
        for message in reversed(self._chat(chat).messages.values()):
            if message.ours and not message.gone:
                return see(self.world, message)
        return None

    def history(self, chat: Chat | User | int, message: Seen | int) -> list[Seen]:
        """All versions of a message, the present one last."""
        found = self._chat(chat).messages[message if isinstance(message, int) else message.id]
        return [see(self.world, found, body) for body in (*found.versions, found.body)]

    def draft(self, chat: Chat | User | int, *, thread: int = 0) -> Draft | None:
        """The preview that is shown there now."""
        draft = self._chat(chat).drafts.get(thread)
        return draft if draft is not None and draft.until > self.world.clock.now() else None

    def action(self, chat: Chat | User | int, *, thread: int = 0) -> str:
        """``typing`` and the like, while it is shown; else ""."""
        action, until = self._chat(chat).actions.get(thread, ("", 0.0))
        return action if until > self.world.clock.now() else ""

    def reactions(self, chat: Chat | User | int, message: Seen | int) -> list[str]:
        """The bot's reactions to a message."""
        number = message if isinstance(message, int) else message.id
        given = self._chat(chat).bot_reactions.get(number, [])
        return [one.get("emoji") or one.get("custom_emoji_id", "") for one in given]

    def commands(self, chat: Chat | User | int, user: User | int | None = None) -> list[tuple[str, str]]:
        """The commands offered there, as that person's client finds them: narrowest scope, own language."""
        place = self._chat(chat)
        person = place.user if user is None else self.world.users[user if isinstance(user, int) else user.id]
        language = person.language_code[:2] if person else ""
        number = person.id if person else 0
        admin = place.members.get(number) in {"creator", "administrator"}
        scopes: list[tuple[str, int, int]] = [("chat_member", place.id, number)]
        if admin:
            scopes.append(("chat_administrators", place.id, 0))
        scopes.append(("chat", place.id, 0))
        if admin:
            scopes.append(("all_chat_administrators", 0, 0))
        scopes.append(("all_private_chats" if place.private else "all_group_chats", 0, 0))
        scopes.append(("default", 0, 0))
        for scope in scopes:
            for wanted in (language, ""):
                if listed := self.world.commands.get((*scope, wanted)):
                    return [(one["command"], one["description"]) for one in listed]
        return []
