"""What people choose per channel: the model, the system prompt."""

import difflib
import hashlib
from collections.abc import Sequence
from typing import Annotated

from bot.commands import Suggest, likely
from bot.errors import UserError
from bot.messages import Button, ButtonPress, Channel, CommandCall, Content, Style
from bot.ports import Chat, ChatModel, Options
from bot.texts import _

MAX_BUTTONS = 20
MAX_SYSTEM_PROMPT = 8000  # characters


class Choices:
    """What is in force in a channel: what was chosen there, else the operator's defaults."""

    def __init__(self, options: Options, *, model: str, system_prompt: str) -> None:
        self._options = options
        self._model = model
        self._system_prompt = system_prompt

    async def model(self, channel: Channel) -> str:
        """The chosen model, or "" for the gateway's first."""
        return (await self._options.get(str(channel))).get("model", self._model)

    async def system_prompt(self, channel: Channel) -> str:
        return (await self._options.get(str(channel))).get("system", self._system_prompt)

    async def threads(self, channel: Channel) -> bool:
        """Whether each question there gets a thread of its own."""
        return (await self._options.get(str(channel))).get("threads") == "on"

    async def choose(self, channel: Channel, name: str, value: str | None) -> None:
        await self._options.set(str(channel), name, value)

    async def carry(self, channel: Channel, thread: Channel) -> None:
        """What was chosen in a channel holds in a thread of it, unless something was chosen there."""
        chosen, there = await self._options.get(str(channel)), await self._options.get(str(thread))
        for name, value in chosen.items():
            if name != "threads" and name not in there:
                await self._options.set(str(thread), name, value)


class Models:
    """Command /model and its buttons."""

    def __init__(self, choices: Choices, chat_model: ChatModel) -> None:
        self._choices = choices
        self._chat_model = chat_model

    async def suggest(self, typed: str, channel: Channel) -> Sequence[str]:
        """Names of models that may be meant."""
        return likely(await self._chat_model.models(), typed)

    async def choose(
        self,
        call: CommandCall,
        chat: Chat,
        name: Annotated[str, "Which model; without it, a list", Suggest(suggest)] = "",
    ) -> None:
        """Show the models, or take one."""
        names = await self._chat_model.models()
        if not name:
            await chat.send(await self._list(call.channel, names), reply_to=call.id, key=call.reply_key)
            return
        model = _pick(name, names)
        await self._choices.choose(call.channel, "model", model)
        await chat.send(
            Content(_("From now on I use **{model}** here.").format(model=model)),
            reply_to=call.id,
            key=call.reply_key,
        )

    async def press(self, press: ButtonPress, chat: Chat) -> None:
        """A model's button: ``model:<name, or # and a hash of it>``."""
        names = await self._chat_model.models()
        wanted = press.data.removeprefix("model:")
        chosen = next((name for name in names if _mark(name) == wanted), None)
        if chosen is None:
            raise UserError(_("The gateway does not offer that model any more."))
        await self._choices.choose(press.channel, "model", chosen)
        await chat.edit(press.message, await self._list(press.channel, names))

    async def _list(self, channel: Channel, names: Sequence[str]) -> Content:
        if not names:
            raise UserError(_("The gateway lists no models that can chat."))
        current = await self._choices.model(channel) or names[0]
        shown = list(names[:MAX_BUTTONS])
        if current in names and current not in shown:
            shown[-1] = current
        buttons = [
            Button(
                name if len(name) <= 40 else name[:39] + "…",
                f"model:{_mark(name)}",
                Style.DONE if name == current else Style.PLAIN,
            )
            for name in shown
        ]
        rows = tuple(tuple(buttons[start : start + 2]) for start in range(0, len(buttons), 2))
        text = _("I use **{model}** here.").format(model=current)
        if len(names) > len(shown):
            text += "\n\n" + _("{count} more; choose any with `/model name`.").format(
                count=len(names) - len(shown)
            )
        return Content(text, buttons=rows)


def _pick(wanted: str, names: Sequence[str]) -> str:
    folded = {name.casefold(): name for name in names}
    if wanted.casefold() in folded:
        return folded[wanted.casefold()]
    near = difflib.get_close_matches(wanted.casefold(), folded, n=3, cutoff=0.4)
    if near:
        nearest = ", ".join(folded[name] for name in near)
        raise UserError(
            _("There is no model “{name}”. Perhaps {nearest}?").format(name=wanted, nearest=nearest)
        )
    raise UserError(_("There is no model “{name}”; /model lists them.").format(name=wanted))


def _mark(name: str) -> str:
    """The name itself where it fits into a button, else a hash of it."""
    return name if len(name.encode()) <= 50 else "#" + hashlib.sha256(name.encode()).hexdigest()[:16]


class SystemPrompts:
    """Command /system."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices

    async def choose(
        self,
        call: CommandCall,
        chat: Chat,
        prompt: Annotated[str, "How I should behave here; “reset” for the default"] = "",
    ) -> None:
        """Show the channel's system prompt, or set it."""
        if len(prompt) > MAX_SYSTEM_PROMPT:
            raise UserError(
                _("That is too long: at most {limit} characters.").format(limit=MAX_SYSTEM_PROMPT)
            )
        if prompt.strip().casefold() == "reset":
            await self._choices.choose(call.channel, "system", None)
        elif prompt:
            await self._choices.choose(call.channel, "system", prompt)
        text = await self._choices.system_prompt(call.channel)
        heading = _("My instructions here:") if text else _("I have no instructions here.")
        quote = "\n".join(f"> {line}" for line in text.splitlines())
        await chat.send(Content(f"{heading}\n\n{quote}".strip()), reply_to=call.id, key=call.reply_key)
