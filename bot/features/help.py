"""/help and /start, written from the command table."""

from collections.abc import Callable, Sequence
from typing import Annotated

from bot.commands import Command, Suggest, find, likely, nearest, offered
from bot.errors import UserError
from bot.messages import Channel, CommandCall, Content, Person
from bot.ports import Chat
from bot.texts import _, spoken


class Help:
    """Commands /help and /start."""

    def __init__(self, commands: Sequence[Command], is_admin: Callable[[Person], bool]) -> None:
        self._commands = commands
        self._is_admin = is_admin

    async def suggest(self, typed: str, channel: Channel) -> Sequence[str]:
        """Commands that may be meant."""
        names = {each.name: (each.name, *each.aliases) for each in self._commands}
        wanted = likely([word for words in names.values() for word in words], typed.removeprefix("/"))
        return list(dict.fromkeys(name for word in wanted for name, words in names.items() if word in words))

    async def show(
        self, call: CommandCall, chat: Chat, command: Annotated[str, "Which command", Suggest(suggest)] = ""
    ) -> None:
        """All commands, or one of them in detail."""
        if command:
            await chat.send(Content(self._detail(command)), reply_to=call.id, key=call.reply_key)
            return
        commands = offered(self._commands, chat.limits, admin=self._is_admin(call.author))
        lines = [f"- {_names(each)}: {_(each.help)}" for each in commands]
        text = "\n".join(
            [
                _("Just write to me, or use one of these:"),
                "",
                *lines,
                "",
                _("`/help imagine` tells more about one of them."),
            ]
        )
        await chat.send(Content(text), reply_to=call.id, key=call.reply_key)

    async def start(
        self, call: CommandCall, chat: Chat, code: Annotated[str, "An invitation, if you have one"] = ""
    ) -> None:
        """Command /start. Whoever needed the code has been let in by it already."""
        await self.show(call, chat)

    def _detail(self, name: str) -> str:
        wanted = name.removeprefix("/")
        command = find(self._commands, wanted)
        if command is None:
            raise UserError(unknown(self._commands, wanted))
        lines = [f"{_names(command, '**')}: {_(command.help)}", "", f"`{command.usage}`"]
        lines += [f"- `{each.name}`: {_(each.help)}" for each in command.parameters if each.help]
        if command.example:
            lines += ["", _("For example: `{example}`").format(example=command.example)]
        return "\n".join(lines)


def _names(command: Command, mark: str = "`") -> str:
    """Its name, and the one that it has in the language that is spoken."""
    names = dict.fromkeys((command.name, command.name_in(spoken())))
    return " ".join(f"{mark}/{name}{mark}" for name in names)


def unknown(commands: Sequence[Command], name: str) -> str:
    """The sentence for a command that does not exist, with the nearest ones."""
    near = nearest(commands, name)
    if near:
        return _("I do not know /{name}. Did you mean {nearest}?").format(
            name=name, nearest=", ".join(f"/{each}" for each in near)
        )
    return _("I do not know /{name}; /help lists what I can do.").format(name=name)
