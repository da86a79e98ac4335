"""Prompts put into better, safer or English words by the chat model.

An engine like any other, so that such a wish waits, is shown, survives a restart and can be retried like a
picture. Links in front and flags at the end are never shown to the model and come back as they were.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence

import structlog

from bot.errors import Kind, ServiceError, Silent
from bot.jobs import Accepted, Action, Failure, Mode, Order, Progress, Stage
from bot.messages import Prompt, Role, Text, Turn
from bot.ports import ChatModel, Finding, ImageEngine
from bot.prompts import read_prompt

log = structlog.get_logger()

PATIENCE = 60.0  # seconds for the whole answer
REMEMBERED = 500  # answers, until somebody has asked for them
MAX_WORDS = 2000  # characters of one rewording

_ASK = {
    "improve": (
        "You write prompts for Midjourney. Rewrite the prompt that you are given in three different ways "
        "that paint a better picture of the same thing: subject, setting, light, lens or medium, mood. "
        "English, at most 60 words each, no flags such as --ar, no explanations. Answer with three lines, "
        "numbered 1., 2. and 3."
    ),
    "soften": (
        "A picture service has refused this prompt because of its word filter{word}. Rewrite it so that it "
        "means as nearly the same as possible without any word that such a filter could take offence at. "
        "Change as little as you can. No flags, no explanations. Answer with one line, the new prompt, "
        "numbered 1."
    ),
    "translate": (
        "Translate this prompt for a picture service into English, faithfully and naturally; names stay. "
        "No flags, no explanations. Answer with one line: the translation, numbered 1."
    ),
}
VERBS = tuple(_ASK)

_NUMBER = re.compile(r"^\s*(?:[-*•]|\(?\d{1,2}[.):]|[0-9]\ufe0f?\u20e3)\s*")
_FLAGS = re.compile(r"(?:(?<=\s)|\A)(?:--|—)[A-Za-z].*$")
_FENCE = re.compile(r"^\s*```")


class Wording(ImageEngine):
    """``model`` says it. Nothing here costs a picture, so an order may be carried out anew."""

    name = "wording"
    paints = False
    repeats = True

    def __init__(self, model: ChatModel, *, patience: float = PATIENCE) -> None:
        self._model = model
        self._patience = patience
        self._ends: dict[str, Progress] = {}
        self._running: dict[str, asyncio.Task[None]] = {}

    async def submit(self, order: Order, images: Sequence[bytes], ref: str) -> Accepted:
        task = ref or order.prompt
        self._running[task] = asyncio.create_task(self._carry_out(task, order), name=f"wording {task}")
        return Accepted(task)

    async def reword(self, order: Order) -> list[str]:
        """Whole prompts, the links and flags of the order's own around new words.

        Silent when no answer comes in time; else the errors of a chat model.
        """
        written = read_prompt(order.prompt)
        ask = _ASK[order.verb].format(word=_banned(order)) if order.verb == "soften" else _ASK[order.verb]
        said = await self._answer(ask, written.words.strip())
        flags = f" {written.flags.strip()}" if written.flags else ""
        return [f"{written.links}{words}{flags}".strip() for words in lines_of(said)]

    async def act(
        self, task: str, action: Action, ref: str, mode: Mode = Mode.DEFAULT, text: str = ""
    ) -> Accepted:
        raise NotImplementedError("there are no buttons of its own")

    async def confirm(self, task: str, text: str, mask: bytes = b"") -> Accepted:
        raise NotImplementedError("there are no forms")

    async def find(self, ref: str) -> str | None:
        return ref if ref in self._ends or ref in self._running else None

    async def report(self, tasks: Sequence[str]) -> Mapping[str, Progress]:
        """Of an earlier process's tasks it knows nothing."""
        under_way = {task: Progress(Stage.RUNNING) for task in tasks if task in self._running}
        return under_way | {task: self._ends[task] for task in tasks if task in self._ends}

    async def cancel(self, task: str) -> bool:
        running = self._running.pop(task, None)
        if running is None:
            return False
        running.cancel()
        return True

    async def fetch(self, url: str, *, limit: int = 0) -> bytes:
        raise NotImplementedError("there are no pictures")

    async def probe(self) -> Sequence[Finding]:
        return ()

    async def close(self) -> None:
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _carry_out(self, task: str, order: Order) -> None:
        try:
            found = await self.reword(order)
        except ServiceError as error:
            end = Progress(Stage.FAILED, failure=Failure(error.kind, error.reason))
        except Exception:
            log.exception("rewording failed by a fault of ours", task=task)
            end = Progress(Stage.FAILED, failure=Failure(Kind.UPSTREAM))
        else:
            end = _found(found)
        self._running.pop(task, None)
        self._ends[task] = end
        while len(self._ends) > REMEMBERED:
            del self._ends[next(iter(self._ends))]

    async def _answer(self, ask: str, words: str) -> str:
        prompt = Prompt("", (Turn(Role.SYSTEM, ask), Turn(Role.USER, words)))
        said: list[str] = []
        try:
            async with asyncio.timeout(self._patience):
                said += [each.text async for each in self._model.stream(prompt) if isinstance(each, Text)]
        except TimeoutError as error:
            raise Silent("the model does not answer", kind=Kind.TIMEOUT) from error
        return "".join(said)


def lines_of(said: str) -> list[str]:
    """The rewordings in an answer, without numbers, quotes, fences and flags that nobody asked for."""
    found = []
    for line in said.splitlines():
        if _FENCE.match(line):
            continue
        words = _FLAGS.sub("", _NUMBER.sub("", line)).strip().strip("\"'“”`*").strip()
        if words:
            found.append(" ".join(words.split())[:MAX_WORDS])
    numbered = [line for line in said.splitlines() if re.match(r"\s*\(?\d{1,2}[.):]", line)]
    # Some say a sentence before or after their list.
    return found if not numbered or len(numbered) == len(found) else lines_of("\n".join(numbered))


def _found(prompts: Sequence[str]) -> Progress:
    if not prompts:
        return Progress(Stage.FAILED, failure=Failure(Kind.EMPTY, "the model said nothing"))
    text = "\n".join(f"{number}. {words}" for number, words in enumerate(prompts, 1))
    return Progress(Stage.DONE, percent=100, text=text)


def _banned(order: Order) -> str:
    word = order.options.get("banned", "")
    return f", which names “{word}”" if word else ""
