"""People, chats and messages may be named by themselves or by their ids."""

from typing import Any

from tests.emulators.telegram.world import Chat, Message, User, World


class Handles:
    """What the parts of the server have in common."""

    world: World

    def _user(self, user: User | int) -> User:
        return self.world.users[user if isinstance(user, int) else user.id]

    def _chat(self, chat: Chat | User | int) -> Chat:
        number = chat if isinstance(chat, int) else chat.id
        if number in self.world.users and number not in self.world.chats:
            return self.world.private(self.world.users[number])
        return self.world.chats[number]

    def _message(self, chat: Chat | int | None, message: Any) -> Message:
        number = message if isinstance(message, (int, str)) else message.id
        if isinstance(number, str) and number in self.world.inline:
            return self.world.inline[number]
        if chat is None:
            raise LookupError(f"no inline message {number!r}")
        return self._chat(chat).messages[int(number)]
