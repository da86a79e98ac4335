"""What a model is offered with a question, and what its answer proposes."""

from dataclasses import dataclass

from bot.features.jobs.stepwords import in_words
from bot.features.jobs.words import plain
from bot.features.painting.tools import Tool
from bot.jobs import Job
from bot.messages import Button, Style, ToolCall
from bot.ports import Answer
from bot.texts import _
from bot.wishes import Step, read_line


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an answer proposes: steps about a job, or prompts to paint. ``lead`` is said before it."""

    round: int  # of its answer
    at: float  # Unix seconds
    job: str = ""
    steps: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()
    lead: str = ""
    auto: bool = False  # done without asking
    ran: bool = False

    @property
    def text(self) -> str:
        """As people read it, in Markdown."""
        if self.job:
            heading = _("Under way:") if self.ran else _("Shall I do this?")
            steps = [step for step in map(read_line, self.steps) if step]
            body = "\n".join(f"{number}. {in_words(step)}" for number, step in enumerate(steps, 1))
        else:
            heading = _("I paint:") if self.auto or self.ran else _("Shall I paint this?")
            body = "\n>\n".join(f"> {plain(each)}" for each in self.prompts)
        return "\n\n".join(part for part in (self.lead, heading, body) if part)

    @property
    def editable(self) -> str:
        """As it may be written differently, and read again."""
        return "\n".join(self.steps or self.prompts)


@dataclass(frozen=True, slots=True)
class Offer:
    """What goes to the model with a question, and what its words mean without one."""

    tools: tuple[Tool, ...] = ()
    hint: str = ""
    job: Job | None = None
    steps: tuple[Step, ...] = ()  # that the words wish, as far as they are understood here
    plain: bool = False  # all of them are: no model needs to be asked
    auto: bool = False

    def takes(self, call: ToolCall) -> bool:
        """Whether that was offered."""
        return call.name in (each["function"]["name"] for each in self.tools)


def buttons(answer: Answer, proposal: Proposal) -> tuple[Button, ...]:
    """One to do it, and one to put it differently, until it was done."""
    if proposal.ran or proposal.auto:
        return ()
    return (
        Button(_("Do it"), f"wish:do:{answer.id}", Style.PRIMARY),
        Button(_("Change"), f"wish:change:{answer.id}"),
    )
