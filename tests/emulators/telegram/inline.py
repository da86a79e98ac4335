"""People ask the bot from any chat, and choose from what it offers."""

from dataclasses import dataclass, field

from tests.emulators.telegram.files import File, Upload, shown
from tests.emulators.telegram.handles import Handles
from tests.emulators.telegram.markup import formatted
from tests.emulators.telegram.sight import Seen, see
from tests.emulators.telegram.world import Chat, Json, Message, User

CACHED = tuple(
    f"{kind}_file_id" for kind in ("photo", "document", "gif", "mpeg4", "video", "voice", "audio", "sticker")
)
LINKS = ("photo_url", "gif_url", "mpeg4_url", "video_url", "document_url", "audio_url", "voice_url")
ELSEWHERE = -777  # a chat that the bot is not in


@dataclass(eq=False, slots=True)
class InlineQuery:
    """What somebody typed after the bot's name, and what was offered."""

    id: str
    user: int
    text: str
    offset: str
    at: float
    answered: bool = False
    cached: bool = False  # answered from what the server remembered; the bot was not asked
    results: list[Json] = field(default_factory=list)
    next_offset: str = ""
    cache_until: float = 0.0
    personal: bool = False
    button: Json | None = None


class Inline(Handles):
    """Part of the server: inline queries."""

    def inline(
        self, user: User | int, text: str, *, offset: str = "", chat_type: str = "private"
    ) -> InlineQuery:
        """Type ``@bot text``. Answers that may be cached are given again without asking the bot."""
        person = self._user(user)
        if not self.world.inline_mode:
            raise LookupError("the bot has no inline mode")
        if len(text) > 256:
            raise ValueError("clients cut inline queries at 256 characters")
        query = InlineQuery(self.world.token(), person.id, text, offset, self.world.clock.now())
        known = self._remembered(query)
        self.world.queries[query.id] = query
        if known is not None:
            query.answered = query.cached = True
            query.results, query.next_offset, query.button = known.results, known.next_offset, known.button
            return query
        person.met = True
        body = {"id": query.id, "from": person.json(), "query": text, "offset": offset}
        self.world.updates.put("inline_query", body | {"chat_type": chat_type}, f"u{person.id}")
        return query

    def _remembered(self, query: InlineQuery) -> InlineQuery | None:
        for known in reversed(self.world.queries.values()):
            same = (known.text, known.offset) == (query.text, query.offset)
            ours = known.user == query.user or not known.personal
            if same and ours and known.answered and not known.cached and known.cache_until > query.at:
                return known  # type: ignore[no-any-return]
        return None

    def asked(self, query: InlineQuery | str) -> InlineQuery:
        """How an inline query stands."""
        found: InlineQuery = self.world.queries[query if isinstance(query, str) else query.id]
        return found

    def choose(
        self, query: InlineQuery | str, result: int | str = 0, *, chat: Chat | int | None = None
    ) -> Seen:
        """Send one of the results, by place or id, to a chat; None: one that the bot is not in.

        The message's ``inline`` is its inline_message_id, "" when it has no inline keyboard.
        """
        asked = self.asked(query)
        person = self.world.users[asked.user]
        chosen = asked.results[result] if isinstance(result, int) else self._named(asked, result)
        place = Chat(ELSEWHERE, "supergroup", "Elsewhere") if chat is None else self._chat(chat)
        message = self._sent(person, place, chosen)
        if chat is not None:
            self.world.keep(message)
            if place.bot in {"member", "administrator"}:
                self.world.updates.put("message", message.body, f"c{place.id}")
        if self.world.inline_feedback:
            told: Json = {"result_id": chosen["id"], "from": person.json(), "query": asked.text}
            if message.inline:
                told["inline_message_id"] = message.inline
            self.world.updates.put("chosen_inline_result", told, f"u{person.id}")
        self.world.changes.notify()
        return see(self.world, message)

    def _named(self, query: InlineQuery, result: str) -> Json:
        return next(one for one in query.results if one["id"] == result)

    def _sent(self, person: User, place: Chat, chosen: Json) -> Message:
        fields, files = self._offered(chosen)
        body: Json = {
            "message_id": self.world.next_message(place),
            "from": person.json(),
            "chat": place.json(),
            "date": self.world.clock.date(),
            "via_bot": self.world.bot.json(),
        }
        message = Message(place, body | fields, files=files)
        if markup := chosen.get("reply_markup"):
            message.body["reply_markup"] = markup
            message.inline = f"BAAAAInl{self.world.token()}"
            message.ours = True
            self.world.inline[message.inline] = message
        return message

    def _offered(self, chosen: Json) -> tuple[Json, list[File]]:
        content = chosen.get("input_message_content")
        if content is not None:
            words, entities = formatted(
                self.world,
                content.get("message_text", ""),
                content.get("entities"),
                content.get("parse_mode") or "",
                empty=True,
            )
            return {"text": words} | ({"entities": entities} if entities else {}), []
        words, entities = formatted(
            self.world,
            chosen.get("caption") or "",
            chosen.get("caption_entities"),
            chosen.get("parse_mode") or "",
            caption=True,
        )
        fields: Json = {"caption": words} if words else {}
        if entities:
            fields["caption_entities"] = entities
        file = next((self.world.files.get(chosen[name]) for name in CACHED if name in chosen), None)
        if file is None:
            url = next((chosen[name] for name in LINKS if name in chosen), "")
            kind = {"gif": "animation", "mpeg4_gif": "animation"}.get(chosen["type"], chosen["type"])
            file = self.world.files.add(kind, Upload(self.world.web[url], url.rpartition("/")[2]))
        return fields | shown(file), [file]

    def inline_messages(self) -> list[Seen]:
        """All messages that came through the bot and can be changed by it."""
        return [see(self.world, message) for message in self.world.inline.values() if not message.gone]
