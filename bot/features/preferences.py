"""Command /settings: how things are done in a place, until somebody says otherwise."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

from bot.errors import UserError
from bot.features.rows import in_rows
from bot.messages import Button, ButtonPress, Channel, CommandCall, Content, Style
from bot.ports import Chat, Options
from bot.texts import _

DEFAULT = "default"
MAX_VALUE = 400  # characters of a preference in words


async def _anything(value: str) -> str:
    return value


@dataclass(frozen=True, slots=True)
class Preference:
    """One of them. ``choices`` are buttons; without any it is set in words, which ``check`` puts right.

    ``help`` is marked for translation where the preference is declared. UserError from ``check`` is shown.
    """

    name: str
    help: str
    choices: tuple[str, ...] = ()
    check: Callable[[str], Awaitable[str]] = _anything


class Preferences:
    """What was chosen per channel; "" is the operator's default."""

    def __init__(self, options: Options, known: Sequence[Preference]) -> None:
        self._options = options
        self._known = {each.name: each for each in known}

    async def get(self, channel: Channel, name: str) -> str:
        """What was chosen there, or ""."""
        return (await self._options.get(str(channel))).get(_key(name), "")

    async def show(
        self,
        call: CommandCall,
        chat: Chat,
        name: Annotated[str, "Which setting; without it, all of them"] = "",
        value: Annotated[str, "What it should be; “default” takes it back"] = "",
    ) -> None:
        """Command /settings."""
        if name and not value:
            preference = self._find(name)
            text = await self._line(call.channel, preference)
            content = Content(text, buttons=await self._rows(call.channel, chat, (preference,)))
            await chat.send(content, reply_to=call.id, key=call.reply_key)
            return
        if name:
            await self._set(call.channel, self._find(name), value)
        await chat.send(await self._all(call.channel, chat), reply_to=call.id, key=call.reply_key)

    async def press(self, press: ButtonPress, chat: Chat) -> None:
        """``set:<name>:<value>``."""
        name, _sep, value = press.data.removeprefix("set:").partition(":")
        await self._set(press.channel, self._find(name), value)
        await chat.edit(press.message, await self._all(press.channel, chat))

    async def _set(self, channel: Channel, preference: Preference, value: str) -> None:
        wanted = value.strip()
        if wanted.casefold() == DEFAULT:
            await self._options.set(str(channel), _key(preference.name), None)
            return
        if preference.choices:
            if wanted.casefold() not in preference.choices:
                raise UserError(
                    _("{name} is one of {choices}, not “{value}”").format(
                        name=preference.name,
                        choices=", ".join((*preference.choices, DEFAULT)),
                        value=wanted[:40],
                    )
                )
            wanted = wanted.casefold()
        elif len(wanted) > MAX_VALUE:
            raise UserError(_("That is too long: at most {limit} characters.").format(limit=MAX_VALUE))
        else:
            wanted = await preference.check(wanted)
        await self._options.set(str(channel), _key(preference.name), wanted)

    def _find(self, name: str) -> Preference:
        found = self._known.get(name.casefold())
        if found is None:
            raise UserError(
                _("There is no setting “{name}”; there are {names}.").format(
                    name=name[:40], names=", ".join(self._known)
                )
            )
        return found

    # --- how they look ----------------------------------------------------------------------

    async def _all(self, channel: Channel, chat: Chat) -> Content:
        lines = [await self._line(channel, each) for each in self._known.values()]
        heading = _("How things are done here; `/settings name value` changes one:")
        buttons = await self._rows(channel, chat, tuple(self._known.values()))
        return Content("\n".join([heading, "", *(f"- {line}" for line in lines)]), buttons=buttons)

    async def _line(self, channel: Channel, preference: Preference) -> str:
        value = await self.get(channel, preference.name)
        return f"**{preference.name}**: {_(preference.help)} – `{value or DEFAULT}`"

    async def _rows(
        self, channel: Channel, chat: Chat, shown: Sequence[Preference]
    ) -> tuple[tuple[Button, ...], ...]:
        rows: list[tuple[Button, ...]] = []
        for each in shown:
            if not each.choices:
                continue
            current = await self.get(channel, each.name) or DEFAULT
            group = tuple(
                Button(
                    f"{each.name}: {value}",
                    f"set:{each.name}:{value}",
                    Style.DONE if value == current else Style.PLAIN,
                )
                for value in (*each.choices, DEFAULT)
            )
            rows += in_rows([group], chat.limits)
        return tuple(rows[: chat.limits.button_rows])


def _key(name: str) -> str:
    return f"set.{name}"
