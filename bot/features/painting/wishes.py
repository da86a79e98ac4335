"""What the chat model may do with pictures: propose how to change one, and paint by itself.

A reply to a finished picture, or what somebody says right after it where nobody else is, may be a wish about
it. What only names buttons is understood here. For all else the model is asked as ever, with the picture's
actions as a tool: what it calls for becomes a proposal, which is part of the answer and waits for a tap.
Where it calls none, a wish in common words is still understood.
"""

import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import structlog

from bot.errors import UserError
from bot.features.jobs.orders import PAINT
from bot.features.jobs.plans import Plans, can, is_several, is_there, prompt_of
from bot.features.jobs.stepwords import in_words
from bot.features.painting.imagine import Imagine
from bot.features.painting.offer import Offer, Proposal
from bot.features.painting.tools import CHANGE, IMAGINE, PAINTING, Tool, changing
from bot.features.preferences import Preferences
from bot.jobs import Job, Order
from bot.messages import SPOKEN, ButtonPress, CommandCall, IncomingMessage, ToolCall, Turn
from bot.pictures import is_picture
from bot.ports import Answer, AnswerState, Conversations, Jobs, Options
from bot.prompts import check_prompt, read_prompt
from bot.texts import _
from bot.wishes import read_call, read_line, read_steps

log = structlog.get_logger()

MOST_PICTURES = 4  # that one answer may paint
LOOKED_AT = 200  # a place's newest jobs, among which the card is that was replied to
REMEMBERED = 7 * 24 * 3600.0  # seconds
NEWEST = 1_000  # places of which it is known what picture was shown last

_HINT = (
    "They speak of a picture that you painted from this prompt: “{prompt}”. If they want it changed, call "
    f"{CHANGE} with the steps, in order; they are asked before anything is done. Otherwise just answer."
)


class Wishes:
    """Proposals are kept per person among the options, for some time."""

    def __init__(
        self,
        *,
        conversations: Conversations,
        jobs: Jobs,
        options: Options,
        preferences: Preferences,
        imagine: Imagine,
        plans: Plans,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._conversations = conversations
        self._jobs = jobs
        self._options = options
        self._preferences = preferences
        self._imagine = imagine
        self._plans = plans
        self._clock = clock
        # Place → the picture after which nothing was said there.
        self._newest: OrderedDict[str, str] = OrderedDict()

    async def shown(self, job: Job) -> None:
        """A job's end was shown; it may be the last that was said in its place."""
        place = str(job.channel)
        self._newest.pop(place, None)
        if is_there(job):
            self._newest[place] = job.id
            while len(self._newest) > NEWEST:
                self._newest.popitem(last=False)

    async def heard(self, message: IncomingMessage, asked: IncomingMessage) -> None:
        """Remember what picture a message is about; ``asked`` is the same where it is answered."""
        newest = self._newest.pop(str(message.channel), "")
        about = ""
        replies = bool(message.quoted and message.quoted.message)
        if message.quoted and replies:
            jobs = await self._jobs.named(message.channel, LOOKED_AT)
            about = next((each.id for each in jobs if each.message == message.quoted.message), "")
        elif message.direct and message.quoted is None and not any(map(is_picture, message.attachments)):
            about = newest
        if about:
            stored = {"job": about, "quoted": replies, "at": self._clock()}
            await self._keep(asked.author.id, _question(str(asked.channel), asked.id), stored)

    # --- asking ---------------------------------------------------------------------------

    async def offer(self, answer: Answer) -> Offer:
        """What goes to the model with this answer's question."""
        tools: list[Tool] = []
        wish = await self._preferences.get(answer.channel, PAINT) or "ask"
        if wish != "never":
            tools.append(PAINTING)
        stored = await self._stored(answer.person.id, _question(str(answer.channel), answer.question))
        job = await self._jobs.get(stored["job"]) if stored else None
        if stored is None or job is None or not is_there(job):
            return Offer(tuple(tools), auto=wish == "auto")
        prompt = prompt_of(job)
        steps = read_steps(_words(await self._conversations.question(answer)), prompt, grid=is_several(job))
        steps = steps if steps and can(job, steps[0]) else []
        alone = bool(steps) and not any(step.prompt for step in steps)
        return Offer(
            (*tools, changing(job)),
            _HINT.format(prompt=read_prompt(prompt).words.strip()),
            job,
            tuple(steps) if alone or stored["quoted"] else (),
            plain=alone,
            auto=wish == "auto",
        )

    async def taken(self, answer: Answer, offer: Offer, calls: Sequence[ToolCall], said: str) -> str:
        """What the calls, or else the words of the question, propose: stored, and as text that follows.

        "" where they propose nothing.
        """
        proposal = Proposal(answer.round, self._clock(), lead=said.strip())
        steps = list(offer.steps) if not calls else []
        prompts: list[str] = []
        for call in calls:
            if call.name == CHANGE and offer.job:
                found = read_call(call.arguments, prompt_of(offer.job), grid=is_several(offer.job))
                steps += found if not steps and found and can(offer.job, found[0]) else []
            elif call.name == IMAGINE:
                prompts += _prompts(call)
        if calls and not (steps or prompts):
            steps = list(offer.steps)
        if steps and offer.job:
            proposal = replace(proposal, job=offer.job.id, steps=tuple(map(str, steps)))
        elif prompts:
            proposal = replace(proposal, prompts=tuple(prompts[:MOST_PICTURES]), auto=offer.auto)
        else:
            return ""
        await self.keep(answer, proposal)
        return replace(proposal, lead="").text

    # --- proposals --------------------------------------------------------------------------

    async def of(self, answer: Answer) -> Proposal | None:
        """What an answer proposes, as it stands now."""
        stored = await self._stored(answer.person.id, _proposal(answer))
        if stored is None or stored["round"] != answer.round or answer.state is not AnswerState.DONE:
            return None
        return Proposal(**{**stored, "steps": tuple(stored["steps"]), "prompts": tuple(stored["prompts"])})

    async def keep(self, answer: Answer, proposal: Proposal) -> None:
        """Store it as it is now."""
        await self._keep(answer.person.id, _proposal(answer), asdict(proposal))

    async def unasked(self, answer: Answer) -> str:
        """Paint what may be painted without asking, once; a sentence when that cannot be."""
        proposal = await self.of(answer)
        if proposal is None or not proposal.auto or proposal.ran:
            return ""
        call = CommandCall(answer.question, answer.channel, answer.person, IMAGINE, direct=answer.direct)
        try:
            for prompt in proposal.prompts:  # the same one is painted once, however often it is asked for
                digest = hashlib.sha256(prompt.encode()).hexdigest()[:12]
                await self._imagine.paint(call, Order(prompt), source=f"paint-{answer.id}-{digest}")
        except UserError as error:
            return str(error)
        await self.keep(answer, replace(proposal, ran=True))
        return ""

    async def run(self, answer: Answer, proposal: Proposal, press: ButtonPress) -> Proposal:
        """Do it, on behalf of who pressed; as it is then. UserError when it cannot be."""
        name = f"wish-{answer.id}-{proposal.round}"
        if proposal.job:
            job = await self._jobs.get(proposal.job)
            if job is None or not is_there(job):
                raise UserError(_("I no longer have the picture behind this button."))
            if job.channel != press.channel:  # a thread of its place
                job = replace(job, message=press.message)
            steps = [step for step in map(read_line, proposal.steps) if step]
            await self._plans.begin(job, steps, replace(press, id=name))
        for number, prompt in enumerate(proposal.prompts):
            call = CommandCall(answer.question, press.channel, press.author, IMAGINE, direct=press.direct)
            await self._imagine.paint(call, Order(prompt), source=f"{name}-{number}")
        ran = replace(proposal, ran=True)
        await self.keep(answer, ran)
        return ran

    async def changed(self, answer: Answer, proposal: Proposal, text: str) -> Proposal:
        """With what was written instead. UserError when it is not understood."""
        if not proposal.job:
            prompts = tuple(check_prompt(line) for line in text.splitlines() if line.strip())
            new = replace(proposal, prompts=prompts[:MOST_PICTURES] or (check_prompt(text),))
        else:
            job = await self._jobs.get(proposal.job)
            steps = read_steps(text, prompt_of(job), grid=is_several(job)) if job else []
            if job is None or not steps:
                raise UserError(_("I do not understand these steps; one to a line, such as “zoom out 1.5x”."))
            if not can(job, steps[0]):
                raise UserError(_("This picture does not offer “{step}”.").format(step=in_words(steps[0])))
            new = replace(proposal, steps=tuple(map(str, steps)))
        await self.keep(answer, new)
        return new

    async def _stored(self, person: str, name: str) -> dict[str, Any] | None:
        stored = (await self._options.get(_place(person))).get(name)
        return json.loads(stored) if stored else None

    async def _keep(self, person: str, name: str, value: Mapping[str, Any]) -> None:
        place = _place(person)
        for each, stored in (await self._options.get(place)).items():
            if json.loads(stored)["at"] < self._clock() - REMEMBERED:
                await self._options.set(place, each, None)
        await self._options.set(place, name, json.dumps(value, ensure_ascii=False))


def _prompts(call: ToolCall) -> list[str]:
    try:
        return [check_prompt(" ".join(str(call.arguments.get("prompt") or "").split()))]
    except UserError as error:
        log.info("a model's prompt cannot be painted", error=str(error))
        return []


def _words(question: Sequence[Turn]) -> str:
    """What was said, without what it replies to."""
    lines = question[-1].text.splitlines() if question else []
    said = "\n".join(line for line in lines if not line.startswith(">")).strip()
    return said.removeprefix(SPOKEN).strip()


def _place(person: str) -> str:
    return f"wishes:{person}"


def _question(channel: str, message: str) -> str:
    return "q" + hashlib.sha256(f"{channel} {message}".encode()).hexdigest()[:24]


def _proposal(answer: Answer) -> str:
    return f"p{answer.id}"
