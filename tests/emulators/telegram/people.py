"""What people do: say, show, forward, answer, correct, react."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.emulators.telegram.files import File, Upload, shown
from tests.emulators.telegram.handles import Handles
from tests.emulators.telegram.methods.common import bare, threaded
from tests.emulators.telegram.methods.sending import carried
from tests.emulators.telegram.sight import Seen, see
from tests.emulators.telegram.text import Entity, units
from tests.emulators.telegram.world import Chat, Draft, Json, Message, Topic, User

_FOUND = (
    ("bot_command", re.compile(r"(?<![\w/])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?")),
    ("mention", re.compile(r"(?<!\w)@[A-Za-z0-9_]{3,32}")),
    ("url", re.compile(r"https?://[^\s<>\"]+")),
    ("hashtag", re.compile(r"(?<!\w)#\w+")),
    ("email", re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")),
)
ANONYMOUS = User(1087968824, "Group", username="GroupAnonymousBot", is_bot=True)
FILES = {"photo": "photo.jpg", "document": "file.bin", "voice": "voice.ogg", "audio": "song.mp3"}
FILES |= {"video": "video.mp4", "animation": "cat.mp4", "sticker": "sticker.webp"}


def found_entities(text: str) -> list[Entity]:
    """Commands, mentions, links and the like, as clients mark them."""
    taken: list[tuple[int, int]] = []
    found: list[Entity] = []
    for kind, pattern in _FOUND:
        for match in pattern.finditer(text):
            start, end = match.span()
            if not any(start < e and s < end for s, e in taken):
                taken.append((start, end))
                found.append({"type": kind, "offset": units(text[:start]), "length": units(text[start:end])})
    return sorted(found, key=lambda one: one["offset"])


class People(Handles):
    """Part of the server: what people do in chats."""

    def say(
        self,
        user: User | int,
        chat: Chat | User | int,
        text: str = "",
        *,
        entities: Sequence[Entity] = (),
        reply_to: Seen | int | None = None,
        quote: str = "",
        thread: Topic | int = 0,
        photo: bytes | Upload | None = None,
        document: bytes | Upload | None = None,
        voice: bytes | Upload | None = None,
        audio: bytes | Upload | None = None,
        video: bytes | Upload | None = None,
        animation: bytes | Upload | None = None,
        sticker: bytes | Upload | None = None,
        album: str = "",
        spoiler: bool = False,
        anonymous: bool = False,
        origin: Json | None = None,
        extra: Mapping[str, Any] | None = None,
        silent: bool = False,
    ) -> Seen:
        """Say something, with a file or without; the text is the caption then.

        ``entities`` come on top of commands, mentions and links, which are found. ``extra`` is put into
        the message as it is. ``silent``: the message is there, but the bot is not told.
        """
        named = {"photo": photo, "document": document, "voice": voice, "audio": audio, "video": video}
        named |= {"animation": animation, "sticker": sticker}
        given = {kind: data for kind, data in named.items() if data is not None}
        place, person = self._chat(chat), self._user(user)
        self._enter(place, person)
        body = self._body(place, person, anonymous)
        files: list[File] = []
        for kind, data in given.items():
            upload = data if isinstance(data, Upload) else Upload(data, FILES[kind])
            files.append(self.world.files.add(kind, upload))
            body |= shown(files[-1])
        words, marks = ("caption", "caption_entities") if given else ("text", "entities")
        if text:
            body[words] = text
            if all_marks := sorted([*entities, *found_entities(text)], key=lambda one: one["offset"]):
                body[marks] = all_marks
        if album:
            body["media_group_id"] = album
        if spoiler:
            body["has_media_spoiler"] = True
        if origin:
            body["forward_origin"] = origin
        number = thread if isinstance(thread, int) else thread.id
        body = threaded(self.world, place, number, body | self._answering(place, reply_to, quote))
        message = self.world.keep(Message(place, body | dict(extra or {}), files=files))
        if not silent:
            self._tell(message, "message", person)
        return see(self.world, message)

    def _enter(self, place: Chat, person: User) -> None:
        if place.private:
            if place.bot == "":
                place.bot = "member"
        elif place.members.get(person.id) not in {"creator", "administrator", "member", "restricted"}:
            place.members[person.id] = "member"

    def _body(self, place: Chat, person: User, anonymous: bool) -> Json:
        body: Json = {"message_id": self.world.next_message(place), "chat": place.json()}
        body["date"] = self.world.clock.date()
        if place.kind == "channel":
            return body | {"sender_chat": place.json()}
        if anonymous:
            return body | {"from": ANONYMOUS.json(), "sender_chat": place.json()}
        return body | {"from": person.json()}

    def _answering(self, place: Chat, reply_to: Seen | int | None, quote: str) -> Json:
        if reply_to is None:
            return {}
        answered = self._message(place, reply_to)
        fields: Json = {"reply_to_message": bare(answered.body)}
        if quote:
            whole = answered.body.get("text") or answered.body.get("caption") or ""
            position = units(whole[: whole.index(quote)])
            fields["quote"] = {"text": quote, "position": position, "is_manual": True}
        return fields

    def _tell(self, message: Message, kind: str, person: User) -> None:
        """Queue the update, if the bot may know."""
        place = message.chat
        if place.kind == "channel":
            kind = {"message": "channel_post", "edited_message": "edited_channel_post"}[kind]
        if place.bot not in {"member", "administrator"} or place.gone or place.migrated_to:
            return
        if place.kind in {"group", "supergroup"} and not self._meant(message):
            return
        person.met = True
        self.world.updates.put(kind, message.body, f"c{place.id}")

    def _meant(self, message: Message) -> bool:
        """Privacy mode: commands, answers to the bot, and mentions, unless the bot may read all."""
        if not self.world.privacy or message.chat.bot == "administrator":
            return True
        body = message.body
        name = self.world.bot.username.lower()
        answered = (body.get("reply_to_message") or {}).get("from") or {}
        if answered.get("id") == self.world.bot.id:
            return True
        text = body.get("text") or body.get("caption") or ""
        for entity in body.get("entities") or body.get("caption_entities") or ():
            data = text.encode("utf-16-le")[entity["offset"] * 2 :][: entity["length"] * 2]
            words = data.decode("utf-16-le").lower()
            if entity["type"] == "bot_command" and words.partition("@")[2] in {"", name}:
                return True
            if entity["type"] == "mention" and words == f"@{name}" and self.world.mentions_reach:
                return True
        return False

    def start(self, user: User | int, payload: str = "") -> Seen:
        """Press Start, perhaps through a link with a payload."""
        if payload and not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", payload):
            raise ValueError(f"a link cannot carry {payload!r}")
        return self.say(user, self._user(user), f"/start {payload}".strip())

    def album(
        self, user: User | int, chat: Chat | User | int, photos: Iterable[bytes], text: str = "", **more: Any
    ) -> list[Seen]:
        """Several pictures at once; the first carries the caption."""
        name = self.world.token()
        return [
            self.say(user, chat, text if place == 0 else "", photo=photo, album=name, **more)
            for place, photo in enumerate(photos)
        ]

    def forward(
        self, user: User | int, chat: Chat | User | int, source: Chat | User | int, message: Seen | int
    ) -> Seen:
        """Forward a message from another chat."""
        found = self._message(self._chat(source), message)
        origin = {"type": "user", "date": found.body["date"], "sender_user": found.body.get("from")}
        content = carried(found.body)
        said = self.say(
            user, chat, origin=found.body.get("forward_origin") or origin, extra=content, silent=True
        )
        kept = self._message(chat, said)
        kept.files = list(found.files)
        self._tell(kept, "message", self._user(user))
        return see(self.world, kept)

    def edit(self, chat: Chat | User | int, message: Seen | int, text: str) -> Seen:
        """Its author corrects a message."""
        found = self._message(self._chat(chat), message)
        body = {n: v for n, v in found.body.items() if n not in {"entities", "caption_entities"}}
        words, marks = ("text", "entities") if "text" in body else ("caption", "caption_entities")
        body |= {words: text, "edit_date": self.world.clock.date()}
        if entities := found_entities(text):
            body[marks] = entities
        found.become(body)
        author = self.world.users.get((body.get("from") or {}).get("id", 0), ANONYMOUS)
        self._tell(found, "edited_message", author)
        self.world.changes.notify()
        return see(self.world, found)

    def remove(self, chat: Chat | User | int, message: Seen | int) -> None:
        """Somebody deletes a message; bots are not told."""
        self._message(self._chat(chat), message).gone = True
        self.world.changes.notify()

    def answer(self, user: User | int, chat: Chat | User | int, text: str, **more: Any) -> Seen:
        """Answer the bot's latest question (a message with force_reply)."""
        asked = [
            one for one in self._chat(chat).messages.values() if not one.gone and one.asks.get("force_reply")
        ]
        if not asked:
            raise LookupError("nothing was asked there")
        return self.say(user, chat, text, reply_to=asked[-1].id, **more)

    def react(self, user: User | int, chat: Chat | User | int, message: Seen | int, *emoji: str) -> None:
        """React, or take it back. The bot is told only if it asked for such updates, in groups as admin."""
        place, person = self._chat(chat), self._user(user)
        number = message if isinstance(message, int) else message.id
        new: list[Json] = [{"type": "emoji", "emoji": one} for one in emoji]
        old = place.people_reactions.get((number, person.id), [])
        place.people_reactions[number, person.id] = new
        change: Json = {"chat": place.json(), "message_id": number, "user": person.json()}
        change |= {"date": self.world.clock.date(), "old_reaction": old, "new_reaction": new}
        if place.private or place.bot == "administrator":
            self.world.updates.put("message_reaction", change, f"u{person.id}")

    def stop_draft(self, user: User | int, *, thread: int = 0) -> Draft:
        """Press Stop on an answer that is being written."""
        place = self._chat(user)
        draft = place.drafts.get(thread)
        if draft is None or not draft.can_stop:
            raise LookupError("there is nothing to stop")
        place.drafts.pop(thread)
        told: Json = {"chat": place.json(), "draft_id": draft.id}
        if thread:
            told["message_thread_id"] = thread
        self.world.updates.put("stopped_message_generation", told, f"u{place.id}")
        self.world.changes.notify()
        return draft

    def inject(self, update: Json) -> int:
        """Send the bot an update as it is, however wrong; its number."""
        return self.world.updates.inject(dict(update))

    def redeliver(self, number: int = 0) -> int:
        """Send an update a second time, under its old number; the latest, when none is named."""
        return self.world.updates.redeliver(number)
