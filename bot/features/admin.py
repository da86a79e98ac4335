"""Who may use the bot, as admins change it while it runs."""

from typing import Annotated

from bot.access import Access, id_of
from bot.errors import UserError
from bot.messages import CommandCall, Content
from bot.ports import Chat
from bot.texts import _, ngettext

MAX_USES = 100


class Admin:
    """Commands /allow, /deny and /invite."""

    def __init__(self, access: Access) -> None:
        self._access = access

    async def allow(
        self,
        call: CommandCall,
        chat: Chat,
        who: Annotated[str, "An id; without it whoever you reply to, or this place"] = "",
    ) -> None:
        """Let a person, a group or a place in."""
        self._check(call)
        if not (who or call.quoted) and call.direct and self._access.allowed:
            lines = [f"- `{each}`" for each in self._access.allowed]
            await _answer(call, chat, "\n".join([_("Allowed, besides my settings:"), "", *lines]))
            return
        id = _target(call, who)
        if await self._access.allow(id, call.author.id):
            await _answer(call, chat, _("{id} may talk to me from now on.").format(id=id))
        else:
            await _answer(call, chat, _("{id} may talk to me already.").format(id=id))

    async def deny(
        self,
        call: CommandCall,
        chat: Chat,
        who: Annotated[str, "An id; without it whoever you reply to, or this place"] = "",
    ) -> None:
        """Let a person, a group or a place in no longer."""
        self._check(call)
        id = _target(call, who)
        if self._access.settled(id):
            raise UserError(_("My settings allow {id}; only whoever runs me can change them.").format(id=id))
        if not await self._access.deny(id):
            raise UserError(_("{id} was not allowed.").format(id=id))
        await _answer(call, chat, _("{id} may not talk to me any more.").format(id=id))

    async def invite(
        self, call: CommandCall, chat: Chat, uses: Annotated[int, "How many people it lets in"] = 1
    ) -> None:
        """Make a code that lets people in."""
        self._check(call)
        if not call.direct:
            raise UserError(_("Everybody here would see the code; ask me in a direct chat."))
        if not 1 <= uses <= MAX_USES:
            raise UserError(_("A code lets in from 1 to {most} people.").format(most=MAX_USES))
        code = await self._access.invite(uses)
        text = ngettext(
            "Whoever sends me this first is let in:",
            "The first {count} people who send me this are let in:",
            uses,
        ).format(count=uses)
        await _answer(call, chat, f"{text}\n\n`/start {code}`")

    def _check(self, call: CommandCall) -> None:
        if not self._access.is_admin(call.author):
            raise UserError(_("Only admins may do that. Your id is {id}.").format(id=call.author.id))


async def _answer(call: CommandCall, chat: Chat, text: str) -> None:
    await chat.send(Content(text), reply_to=call.id, key=call.reply_key)


def _target(call: CommandCall, who: str) -> str:
    if who:
        return id_of(who, call.channel.platform)
    if call.quoted and call.quoted.person:
        return call.quoted.person
    if call.direct or call.quoted:
        raise UserError(_("Name an id, such as {id}, or reply to somebody.").format(id=call.author.id))
    return f"{call.channel.platform}:{call.channel.id}"
