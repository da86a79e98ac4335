"""The buttons under what an answer proposes: ``wish:<do or change>:<answer>``."""

from dataclasses import replace

from bot.errors import UserError
from bot.features.painting.wishes import Wishes
from bot.features.talking.answering import Answering
from bot.messages import ButtonPress, Question
from bot.ports import Chat, Conversations
from bot.texts import _


class Proposals:
    """Do it, or put it differently first."""

    def __init__(self, *, conversations: Conversations, answering: Answering, wishes: Wishes) -> None:
        self._conversations = conversations
        self._answering = answering
        self._wishes = wishes

    async def press(self, press: ButtonPress, chat: Chat) -> None:
        """Anybody in the place may press; what is ordered is theirs."""
        verb, _sep, name = press.data.removeprefix("wish:").partition(":")
        answer = await self._conversations.answer(name)
        if answer is None or answer.channel != press.channel:
            raise UserError(_("That answer is no longer here."))
        proposal = await self._wishes.of(answer)
        if proposal is None:
            raise UserError(_("That is not proposed any more."))
        if proposal.ran:
            raise UserError(_("I am at it already."))
        match verb:
            case "do":
                proposal = await self._wishes.run(answer, proposal, press)
            case "change":
                if press.text is None:
                    title = _("The steps, one to a line") if proposal.job else _("Paint this")
                    await chat.ask(Question(title, press.data, proposal.editable, multiline=True))
                    return
                proposal = await self._wishes.changed(answer, proposal, press.text)
            case _:
                raise UserError(_("I do not know that button."))
        await self._answering.redraw(replace(answer, text=proposal.text))
