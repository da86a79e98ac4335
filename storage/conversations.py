"""History and answers, as the core sees them: every method is one transaction."""

from collections.abc import Sequence

from bot.messages import Attachment, Channel, IncomingMessage, Turn
from bot.ports import Answer, AnswerState, Conversations, Files, Record
from storage import answers, questions, turns
from storage.database import Database, Transaction
from storage.values import Pictures

PAGE = 1000  # turns that are read at a time for a history
END = 2**62  # a place after all others


class ConversationTable(Conversations):
    """Rows for channels, turns and answers."""

    def __init__(self, database: Database, files: Files) -> None:
        self._database = database
        self._pictures = Pictures.of(files)

    async def ask(
        self,
        message: IncomingMessage,
        turn: Turn,
        tokens: int,
        *,
        burst: float = 0.0,
        delay: float = 0.0,
        join: bool = False,
    ) -> Answer | None:
        try:
            return await self._database.run(
                questions.ask, self._pictures, message, turn, tokens, burst, delay, join
            )
        except turns.Known:
            return None

    async def note(self, message: IncomingMessage, turn: Turn, tokens: int) -> None:
        try:
            await self._database.run(_note, self._pictures, message, turn, tokens)
        except turns.Known:
            return

    async def reword(self, channel: Channel, message: str, turn: Turn, tokens: int) -> Answer | None:
        return await self._database.run(questions.reword, self._pictures, channel, message, turn, tokens)

    async def withdraw(self, channel: Channel, message: str) -> Answer | None:
        return await self._database.run(questions.withdraw, self._pictures, channel, message)

    async def answer(self, answer: str) -> Answer | None:
        return await self._database.run(answers.get, self._pictures, answer)

    async def begin(self, answer: str) -> Answer | None:
        return await self._database.run(answers.begin, self._pictures, answer)

    async def shown(self, answer: Answer, messages: Sequence[str]) -> bool:
        return await self._database.run(answers.shown, answer, messages)

    async def keep(self, answer: Answer, text: str, thoughts: str) -> bool:
        return await self._database.run(answers.keep, answer, text, thoughts)

    async def finish(
        self,
        answer: Answer,
        state: AnswerState,
        text: str,
        thoughts: str,
        *,
        note: str = "",
        tokens: int = 0,
        images: Sequence[Attachment] = (),
    ) -> bool:
        try:
            await self._database.run(
                answers.finish, self._pictures, answer, state, text, thoughts, note, tokens, images
            )
        except answers.Fenced:
            return False
        return True

    async def again(self, answer: str, *, onward: bool = False) -> Answer | None:
        return await self._database.run(questions.again, self._pictures, answer, onward)

    async def stop(self, answer: str) -> None:
        await self._database.run(answers.stop, answer)

    async def latest(self, channel: Channel, person: str = "") -> Answer | None:
        return await self._database.run(answers.latest, self._pictures, channel, person)

    async def context(self, channel: Channel, before: int, tokens: int) -> Sequence[Turn]:
        return await self._database.run(turns.context, self._pictures, channel, before, tokens)

    async def question(self, answer: Answer) -> Sequence[Turn]:
        return await self._database.run(answers.question, self._pictures, answer.id)

    async def history(self, channel: Channel, limit: int | None = None) -> Sequence[Record]:
        """Read page by page, so that a long one does not keep everybody waiting."""
        records: list[Record] = []
        before, wanted = END, END if limit is None else limit
        while wanted > len(records):
            most = min(PAGE, wanted - len(records))
            page = await self._database.run(turns.page, self._pictures, channel, before, most)
            records += page
            if len(page) < most:
                break
            before = page[-1].seq
        return records[::-1]

    async def forget(self, channel: Channel) -> int:
        return await self._database.run(turns.forget, channel)

    async def undo(self, channel: Channel) -> Answer | None:
        return await self._database.run(questions.undo, self._pictures, channel)


def _note(tx: Transaction, pictures: Pictures, message: IncomingMessage, turn: Turn, tokens: int) -> None:
    place, _head = turns.reserve(tx, message.channel, 1)
    turns.say(tx, pictures, message, turn, tokens, place)
