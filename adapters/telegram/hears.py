"""What an update says, in our words."""

from collections import deque
from dataclasses import dataclass

from telegram import (
    CallbackQuery,
    Chat,
    ExternalReplyInfo,
    Message,
    MessageOriginChannel,
    MessageOriginChat,
    MessageOriginHiddenUser,
    MessageOriginUser,
    Update,
    User,
)

from adapters.telegram.elsewhere import HERE
from adapters.telegram.incoming import Incoming
from adapters.telegram.inline import Chosen, Query
from adapters.telegram.text import TEXT
from adapters.telegram.words import read
from adapters.telegram.writing.scroll import units
from bot.messages import Attachment, ButtonPress, Channel, IncomingMessage, Person, Quoted

PLATFORM = "telegram"
ELSEWHERE = "elsewhere"  # the id of a channel whose owner is still to be found
ALBUMS = 100  # that are remembered
ANONYMOUS_ADMIN, AS_A_CHANNEL = 1087968824, 136817688  # who the platform says it is when it does not say

Origin = MessageOriginUser | MessageOriginHiddenUser | MessageOriginChat | MessageOriginChannel


@dataclass(frozen=True, slots=True)
class Moved:
    """A group has a new id."""

    old: int
    new: int


@dataclass(frozen=True, slots=True)
class Said:
    """A message, the one that it replies to, or 0, and the album that it is a part of."""

    message: IncomingMessage
    reply_to: int = 0
    album: str = ""


@dataclass(frozen=True, slots=True)
class Pressed:
    """A press of a button, and what the button says."""

    press: ButtonPress
    label: str = ""


Heard = Said | Pressed | Moved | Query | Chosen


class Hearing:
    """Reads updates as somebody called ``me``."""

    def __init__(self, me: User, incoming: Incoming) -> None:
        self._me = me
        self._incoming = incoming
        self._albums: deque[str] = deque(maxlen=ALBUMS)  # those that were for us, in groups

    def read(self, update: Update) -> Heard | None:
        """What it means for us; None when it is nothing of ours."""
        if update.message is not None:
            return self._message(update.message, edited=False)
        if update.edited_message is not None:
            return self._message(update.edited_message, edited=True)
        if update.callback_query is not None:
            return self._press(update.callback_query)
        if (query := update.inline_query) is not None:
            return Query(query.id, person_of(query.from_user), query.from_user.id, query.query)
        if (chosen := update.chosen_inline_result) is not None:
            who, message = chosen.from_user, chosen.inline_message_id or ""
            return Chosen(person_of(who), who.id, chosen.result_id, chosen.query, message)
        if (stopped := update.api_kwargs.get("stopped_message_generation")) is not None:
            return _stop(update.update_id, stopped)
        return None

    # --- messages ---------------------------------------------------------------------------

    def _message(self, message: Message, *, edited: bool) -> Heard | None:
        if message.migrate_to_chat_id:
            return Moved(message.chat.id, message.migrate_to_chat_id)
        if message.migrate_from_chat_id:
            return Moved(message.migrate_from_chat_id, message.chat.id)
        if edited and message.location is not None:
            return None  # somebody who is on their way shares where they are, every few seconds
        author = author_of(message)
        if author is None or (message.via_bot is not None and message.via_bot.id == self._me.id):
            return None
        text = message.text or message.caption or _other_words(message)
        attachments = self._incoming.of(message)
        if text is None and not attachments:
            return None
        words = read(text or "", message.entities or message.caption_entities, self._me)
        if words.others:
            return None
        direct = message.chat.type == Chat.PRIVATE
        forwarded = message.forward_origin is not None
        addressed = direct or (not forwarded and (words.ours or self._is_reply_to_us(message)))
        album = message.media_group_id or ""
        if album and not direct and not edited:  # only one of its parts has the words that name us
            if addressed:
                self._albums.append(album)
            addressed = album in self._albums
        if edited and not addressed:
            return None
        quoted = self._quoted(message, direct=direct)
        said = words.text
        if message.forward_origin is not None:
            quoted, said = Quoted(name_of(message.forward_origin), said), ""
        more = forwarded or bool(album) or units(message.text or "") == TEXT
        reply = replied(message)
        return Said(
            IncomingMessage(
                str(message.message_id),
                channel_of(message),
                author,
                said,
                attachments,
                quoted,
                addressed=addressed,
                direct=direct,
                edited=edited,
                more=more and not edited,
                at=message.date.timestamp(),
            ),
            reply.message_id if reply is not None else 0,
            "" if edited else album,
        )

    def _is_reply_to_us(self, message: Message) -> bool:
        reply = replied(message)
        return reply is not None and reply.from_user is not None and reply.from_user.id == self._me.id

    def _quoted(self, message: Message, *, direct: bool) -> Quoted | None:
        """What is replied to. Alone with us, our own answer is in the history already."""
        part = message.quote.text if message.quote is not None else ""
        reply = replied(message)
        if reply is not None:
            if direct and not part and self._is_reply_to_us(message) and not self._incoming.of(reply):
                return None
            whole = reply.text or reply.caption or _other_words(reply) or ""
            words = read(whole, reply.entities or reply.caption_entities, self._me).text
            attachments = self._incoming.of(reply)
            author = author_of(reply)
            return Quoted(
                _speaker(reply),
                part or words,
                str(reply.message_id),
                attachments,
                person=author.id if author is not None else "",
            )
        if message.external_reply is not None:
            return self._external(message.external_reply, part)
        return None

    def _external(self, reply: ExternalReplyInfo, part: str) -> Quoted:
        attachments: tuple[Attachment, ...] = ()
        if reply.photo:
            attachments = (self._incoming.photo(reply.photo),)
        elif reply.document is not None:
            found = self._incoming.named("file", "application/octet-stream", reply.document)
            attachments = (found,)
        return Quoted(name_of(reply.origin), part, attachments=attachments)

    # --- presses ----------------------------------------------------------------------------

    def _press(self, query: CallbackQuery) -> Pressed | None:
        """Of a button under a message of a chat, or under one that came through us into another."""
        if query.data is None:
            return None
        if query.inline_message_id:
            channel = Channel(PLATFORM, ELSEWHERE, query.inline_message_id)
            return Pressed(ButtonPress(query.id, channel, person_of(query.from_user), HERE, query.data))
        if query.message is None:
            return None
        press = ButtonPress(
            query.id,
            channel_of(query.message) if isinstance(query.message, Message) else _place(query.message.chat),
            person_of(query.from_user),
            str(query.message.message_id),
            query.data,
            direct=query.message.chat.type == Chat.PRIVATE,
        )
        return Pressed(press, _label(query))


def _label(query: CallbackQuery) -> str:
    """What the pressed button says; "" where its message cannot be seen any more."""
    markup = query.message.reply_markup if isinstance(query.message, Message) else None
    buttons = (button for row in markup.inline_keyboard for button in row) if markup is not None else ()
    return next((button.text for button in buttons if button.callback_data == query.data), "")


def channel_of(message: Message) -> Channel:
    """Where it was said. Only topics are threads; replies in ordinary groups also have a thread id."""
    thread = message.message_thread_id if message.is_topic_message else None
    return Channel(PLATFORM, str(message.chat.id), str(thread) if thread else "")


def _place(chat: Chat) -> Channel:
    return Channel(PLATFORM, str(chat.id))


def person_of(user: User) -> Person:
    return Person(f"{PLATFORM}:{user.id}", user.full_name, language=user.language_code or "")


def author_of(message: Message) -> Person | None:
    """Who said it; None for channels' posts and for bots. A group's hidden admin speaks as the group."""
    user, chat = message.from_user, message.sender_chat
    if message.is_automatic_forward or user is None:
        return None
    if chat is not None and user.id in (ANONYMOUS_ADMIN, AS_A_CHANNEL):
        return Person(f"{PLATFORM}:{chat.id}", message.author_signature or chat.title or "")
    return None if user.is_bot else person_of(user)


def replied(message: Message) -> Message | None:
    """What it replies to. In a topic, all that replies to nothing is said to reply to the topic's start."""
    reply = message.reply_to_message
    return None if reply is None or reply.forum_topic_created is not None else reply


def name_of(origin: Origin | object) -> str:
    """Who somebody else's words are from."""
    match origin:
        case MessageOriginUser():
            return origin.sender_user.full_name
        case MessageOriginHiddenUser():
            return origin.sender_user_name
        case MessageOriginChat():
            return origin.author_signature or origin.sender_chat.title or ""
        case MessageOriginChannel():
            return origin.chat.title or ""
    return ""


def _speaker(message: Message) -> str:
    if message.sender_chat is not None:
        return message.author_signature or message.sender_chat.title or ""
    return message.from_user.full_name if message.from_user is not None else ""


def _other_words(message: Message) -> str | None:
    """What can be read in messages that are neither text nor file; None for what is no message to us."""
    if message.venue is not None:
        return f"{message.venue.title}, {message.venue.address}"
    if message.location is not None:
        return f"{message.location.latitude}, {message.location.longitude}"
    if message.contact is not None:
        name = " ".join(filter(None, (message.contact.first_name, message.contact.last_name)))
        return f"{name}, {message.contact.phone_number}"
    if message.poll is not None:
        return "\n".join([message.poll.question, *(f"- {option.text}" for option in message.poll.options)])
    if message.dice is not None:
        return message.dice.emoji
    if message.sticker is not None:
        return message.sticker.emoji or ""
    return None


def _stop(update: int, stopped: dict[str, object]) -> Said | None:
    """The person pressed Stop on a draft: as if they had said so."""
    chat = stopped.get("chat")
    if not isinstance(chat, dict) or chat.get("type") != Chat.PRIVATE:
        return None
    thread = stopped.get("message_thread_id")
    channel = Channel(PLATFORM, str(chat["id"]), str(thread) if thread else "")
    author = Person(f"{PLATFORM}:{chat['id']}", str(chat.get("first_name", "")))
    return Said(IncomingMessage(f"stop-{update}", channel, author, "/stop"))
