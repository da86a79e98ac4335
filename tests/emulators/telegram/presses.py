"""People press buttons under the bot's messages."""

from dataclasses import dataclass, field

from tests.emulators.telegram.handles import Handles
from tests.emulators.telegram.sight import Seen
from tests.emulators.telegram.world import Chat, Json, Message, User


@dataclass(eq=False, slots=True)
class Press:
    """A press and what came of it. ``kind`` says what the button does; only callbacks reach the bot."""

    id: str
    kind: str
    value: str  # callback data, the link, the text to copy, …
    at: float
    answered: bool = False
    text: str = ""  # the toast
    alert: bool = False
    url: str = ""
    answers: list[str] = field(default_factory=list)  # more than one, if the bot answers again


def find_button(message: Message, label: str) -> Json:
    """The button so labelled; the first whose label contains the words, when none is the same."""
    rows = (message.body.get("reply_markup") or {}).get("inline_keyboard") or []
    buttons = [button for row in rows for button in row]
    for button in buttons:
        if button["text"] == label:
            return dict(button)
    for button in buttons:
        if label in button["text"]:
            return dict(button)
    raise LookupError(f"no button {label!r} among {[button['text'] for button in buttons]}")


class Presses(Handles):
    """Part of the server: presses."""

    def press(
        self,
        user: User | int,
        chat: Chat | int | None,
        message: Seen | int | str,
        label: str = "",
        *,
        data: str = "",
    ) -> Press:
        """Press a button; ``data`` forges one, as a changed client could. No chat: an inline message."""
        person, found = self._user(user), self._message(chat, message)
        if data:
            kind, value = "callback_data", data
        else:
            button = find_button(found, label)
            kind, value = next((k, v) for k, v in button.items() if k not in {"text", "style"})
            value = value.get("text") or value.get("url") or "" if isinstance(value, dict) else str(value)
        press = Press(self.world.token(), kind, value, self.world.clock.now())
        self.world.presses[press.id] = press
        if kind == "callback_data":
            person.met = True
            self.world.updates.put("callback_query", self._query(press, person, found), f"u{person.id}")
        return press

    def pressed(self, press: Press | str) -> Press:
        """How a press stands."""
        found: Press = self.world.presses[press if isinstance(press, str) else press.id]
        return found

    def _query(self, press: Press, person: User, message: Message) -> Json:
        body: Json = {
            "id": press.id,
            "from": person.json(),
            "chat_instance": str(-7_000_000_000_000_000 - abs(message.chat.id)),
            "data": press.value,
        }
        if message.inline:
            return body | {"inline_message_id": message.inline}
        if message.gone:
            gone = {"chat": message.chat.json(), "message_id": message.id, "date": 0}
            return body | {"message": gone}
        return body | {"message": message.body}
