"""Events in, one feature each; errors out as sentences."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog

from bot.access import Access
from bot.commands import Command, find, read
from bot.errors import ServiceError, UserError
from bot.explain import explain
from bot.jobs import new_id
from bot.messages import ButtonPress, Channel, CommandCall, Event, IncomingMessage, Person
from bot.ports import Chat, Hear, Inbox, Press
from bot.texts import _, speaking

log = structlog.get_logger()

Unknown = Callable[[Sequence[Command], str], str]
Withdraw = Callable[[Channel, Sequence[str]], Awaitable[None]]
Move = Callable[[str, str, str], Awaitable[None]]


class Router(Inbox):
    """``presses`` maps the word before a button's first colon to the feature that made it."""

    def __init__(
        self,
        *,
        access: Access,
        hear: Hear,
        commands: Sequence[Command],
        presses: Mapping[str, Press],
        unknown: Unknown,
        withdraw: Withdraw,
        move: Move,
    ) -> None:
        self.commands = commands
        self._access = access
        self._hear = hear
        self._presses = presses
        self._unknown = unknown
        self._withdraw = withdraw
        self._move = move

    async def receive(self, event: Event, chat: Chat) -> None:
        with speaking(event.author.language):
            try:
                await self._dispatch(event, chat)
            except UserError as error:
                await self._tell(event, chat, str(error))
            except ServiceError as error:
                log.warning("service failed", channel=str(event.channel), error=str(error))
                await self._tell(event, chat, explain(error))
            except Exception:
                name = new_id()
                log.exception("unexpected error", id=name, channel=str(event.channel))
                await self._tell(event, chat, _("Something went wrong on our side ({id}).").format(id=name))

    def admits(self, person: Person, channel: Channel) -> bool:
        return self._access.admits(person, channel)

    async def withdrawn(self, channel: Channel, messages: Sequence[str]) -> None:
        try:
            await self._withdraw(channel, messages)
        except ServiceError as error:  # it is forgotten; only what is shown cannot be changed
            log.warning("service failed", channel=str(channel), error=str(error))
        except Exception:
            log.exception("unexpected error", channel=str(channel))

    async def moved(self, platform: str, old: str, new: str) -> None:
        log.info("place moved", old=f"{platform}:{old}", new=f"{platform}:{new}")
        await self._move(platform, old, new)
        await self._access.moved(platform, old, new)

    async def _dispatch(self, event: Event, chat: Chat) -> None:
        if not (self._access.admits(event.author, event.channel) or await self._comes_in(event)):
            return
        match event:
            case IncomingMessage() if not (event.addressed or self._is_command(event)):
                await self._hear(event, chat)
            case IncomingMessage():
                await self._message(event, chat)
            case CommandCall():
                await self._call(event, chat)
            case ButtonPress():
                press = self._presses.get(event.data.partition(":")[0])
                if press is None:
                    raise UserError(_("I do not know that button."))
                await press(event, chat)

    async def _comes_in(self, event: Event) -> bool:
        """Whether somebody unknown brings a code. UserError says what they lack, though not at every word."""
        if code := _code(event):
            await self._access.enter(event.author, code)
            return True
        match event:
            case IncomingMessage():
                command = self._is_command(event)
                if not (event.addressed or command):
                    return False
                insist = command and event.direct
            case CommandCall() | ButtonPress():
                insist = True
        sentence = self._access.turn_away(event.author, event.channel, direct=event.direct, insist=insist)
        if sentence:
            raise UserError(sentence)
        return False

    def _is_command(self, message: IncomingMessage) -> bool:
        """Whether it is one of ours: among people, others listen to such words as well."""
        words = read(message.text)
        return words is not None and (message.addressed or find(self.commands, words[0]) is not None)

    async def _message(self, message: IncomingMessage, chat: Chat) -> None:
        words = read(message.text)
        if words is None:
            await self._hear(message, chat)
            return
        name, rest = words
        call = CommandCall(
            message.id,
            message.channel,
            message.author,
            name,
            attachments=message.attachments,
            quoted=message.quoted,
            direct=message.direct,
        )
        command = self._command(name)
        await command.run(call, chat, **command.parse(rest, message.attachments))

    async def _call(self, call: CommandCall, chat: Chat) -> None:
        command = self._command(call.name)
        await command.run(call, chat, **command.bind(call.arguments))

    def _command(self, name: str) -> Command:
        command = find(self.commands, name)
        if command is None:
            raise UserError(self._unknown(self.commands, name))
        return command

    async def _tell(self, event: Event, chat: Chat, sentence: str) -> None:
        """A sentence to whoever acted. If even that fails, they have left or thrown us out."""
        try:
            await chat.notice(sentence)
        except ServiceError as error:
            log.warning("nobody to tell", channel=str(event.channel), error=str(error))


def _code(event: Event) -> str:
    """The invitation in ``/start <code>``, "" when it is something else."""
    match event:
        case IncomingMessage():
            name, code = read(event.text) or ("", "")
        case CommandCall():
            name, code = event.name, str(event.arguments.get("code") or "")
        case _:
            return ""
    return code.strip() if name.casefold() == "start" else ""
