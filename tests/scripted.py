"""A model and a picture service that do what a test tells them, and a service around them."""

import asyncio
import io
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from PIL import Image

from bot.access import Access
from bot.commands import Command
from bot.engines.wording import Wording
from bot.errors import Unsupported
from bot.features.admin import Admin
from bot.features.help import Help, unknown
from bot.features.options import Choices, Models, SystemPrompts
from bot.features.painting.all import Painting
from bot.features.talking.answering import Answering
from bot.features.talking.proposals import Proposals
from bot.features.talking.talk import Talk
from bot.features.threads import Threads
from bot.jobs import Accepted, Action, Mode, Order, Progress, Stage, new_id
from bot.messages import (
    ButtonPress,
    Channel,
    Content,
    End,
    Ending,
    IncomingMessage,
    Limits,
    Person,
    Piece,
    Prompt,
    Text,
)
from bot.ports import ChatModel, Finding, ImageEngine, Inbox, Platform, Transcriber
from bot.router import Router
from bot.work import Work
from storage import open_storage
from tests.fakes import FakeChat

ANN = Person("fake:ann", "Ann", trusted=True)
BOB = Person("fake:bob", "Bob", trusted=True)
ADA = Person("fake:ada", "Ada")  # the admin
HERE = Channel("fake", "1")


class ScriptedModel(ChatModel):
    """Says what ``says`` holds, one list per request; an exception in it is raised, an event waited for."""

    def __init__(self, *says: Sequence[Piece | BaseException | asyncio.Event]) -> None:
        self.says = list(says)
        self.prompts: list[Prompt] = []
        self.closed = 0

    async def stream(self, prompt: Prompt) -> AsyncIterator[Piece]:
        self.prompts.append(prompt)
        script = self.says.pop(0) if self.says else [Text("ok"), End(Ending.STOP)]
        try:
            for piece in script:
                match piece:
                    case asyncio.Event():
                        await piece.wait()
                    case BaseException():
                        raise piece
                    case _:
                        yield piece
        finally:
            self.closed += 1

    async def models(self) -> Sequence[str]:
        return ["alpha", "beta-mini", "gamma"]

    def count(self, text: str) -> int:
        return len(text) // 4 + 1

    async def probe(self) -> Sequence[Finding]:
        return []


class ScriptedEar(Transcriber):
    """Hears what ``hears`` holds, one for each recording; an exception in it is raised."""

    def __init__(self, *hears: str | BaseException) -> None:
        self.hears = list(hears)
        self.heard: list[tuple[bytes, str, str]] = []

    async def transcribe(self, sound: bytes, media_type: str, name: str = "") -> str:
        self.heard.append((sound, media_type, name))
        words = self.hears.pop(0) if self.hears else "words"
        if isinstance(words, BaseException):
            raise words
        return words


def answer(*texts: str) -> list[Piece]:
    """A good answer in these pieces."""
    return [*map(Text, texts), End(Ending.STOP)]


def png(color: str = "red", size: tuple[int, int] = (8, 8)) -> bytes:
    """A small picture."""
    out = io.BytesIO()
    Image.new("RGB", size, color).save(out, "PNG")
    return out.getvalue()


class ScriptedEngine(ImageEngine):
    """Takes every order unless ``outcomes`` says otherwise; ``reports`` is what it knows of its tasks."""

    name = "scripted"

    def __init__(self) -> None:
        self.outcomes: list[Accepted | BaseException] = []
        self.submitted: list[tuple[Order, str]] = []
        self.acted: list[tuple[str, Action, str]] = []
        self.said: list[str] = []  # the words that went with each of them
        self.confirmed: list[tuple[str, str]] = []
        self.masks: list[bytes] = []  # that went with each of them
        self.cancelled: list[str] = []
        self.asked: list[list[str]] = []
        self.reports: dict[str, Progress] = {}
        self.found: dict[str, str] | None = None  # ref → task; None: it cannot look anything up
        self.pictures: dict[str, bytes | BaseException] = defaultdict(png)
        self.confirmations: list[BaseException] = []

    def _outcome(self) -> Accepted:
        outcome = self.outcomes.pop(0) if self.outcomes else Accepted(f"task-{new_id()}")
        if isinstance(outcome, BaseException):
            raise outcome
        self.reports.setdefault(outcome.task, Progress(Stage.RUNNING, percent=0))
        return outcome

    async def submit(self, order: Order, images: Sequence[bytes], ref: str) -> Accepted:
        self.submitted.append((order, ref))
        return self._outcome()

    async def act(
        self, task: str, action: Action, ref: str, mode: Mode = Mode.DEFAULT, text: str = ""
    ) -> Accepted:
        self.acted.append((task, action, ref))
        self.said.append(text)
        return self._outcome()

    async def confirm(self, task: str, text: str, mask: bytes = b"") -> Accepted:
        self.confirmed.append((task, text))
        self.masks.append(mask)
        if self.confirmations:
            raise self.confirmations.pop(0)
        return Accepted(task)

    async def find(self, ref: str) -> str | None:
        if self.found is None:
            raise Unsupported("no list")
        return self.found.get(ref)

    async def report(self, tasks: Sequence[str]) -> dict[str, Progress]:
        self.asked.append(list(tasks))
        return {task: self.reports[task] for task in tasks if task in self.reports}

    async def cancel(self, task: str) -> bool:
        self.cancelled.append(task)
        return True

    async def fetch(self, url: str, *, limit: int = 100_000_000) -> bytes:
        found = self.pictures[url]
        if isinstance(found, BaseException):
            raise found
        return found

    async def probe(self) -> Sequence[Finding]:
        return []


class FakePlatform(Platform):
    """Conversations by channel; they outlive the service, as a platform's do."""

    def __init__(self, name: str = "fake", limits: Limits | None = None) -> None:
        self.name = name
        self.limits = limits or Limits(edit_every=0.0)
        self.chats: dict[Channel, FakeChat] = {}

    async def run(self, inbox: Inbox) -> None:
        await asyncio.Event().wait()

    def chat(self, channel: Channel) -> FakeChat:
        return self.chats.setdefault(channel, FakeChat(channel, self.limits, self.chat))


class Service:
    """The core around scripted services, with real storage: what a platform's adapter talks to."""

    def __init__(
        self,
        storage,
        platform: FakePlatform,
        model: ScriptedModel,
        engine: ScriptedEngine,
        ear: ScriptedEar,
        late_by: float = 0.0,
        others: Mapping[str, ImageEngine] | None = None,
        **painting,
    ) -> None:
        self.storage = storage
        self.ear = ear
        self.platform = platform
        self.model = model
        self.engine = engine
        self.work = Work(storage.tasks, pauses=(0.0, 0.0), outage_pause=0.01)
        platforms = {platform.name: platform}
        self.access = Access(options=storage.options, admins=[ADA.id], clock=lambda: self.now)
        self.now = 1000.0
        wording = Wording(model)
        self.painting = Painting(
            storage=storage,
            engines={"scripted": engine, "wording": wording, **(others or {})},
            reword=wording.reword,
            engine="scripted",
            platforms=platforms,
            is_admin=self.access.is_admin,
            fetch=engine.fetch,
            tick=0.01,
            **painting,
        )
        self.tracker = self.painting.workshop.tracker
        choices = Choices(storage.options, model="", system_prompt="Be kind.")
        self.answering = Answering(
            conversations=storage.conversations,
            choices=choices,
            model=model,
            files=storage.files,
            platforms=platforms,
            fetch=engine.fetch,
            context_tokens=2000,
            parameters={},
            salt=b"salt",
            wishes=self.painting.wishes,
            clock=lambda: time.time() + late_by,
        )
        threads = Threads(choices)
        self.talk = Talk(
            conversations=storage.conversations,
            answering=self.answering,
            model=model,
            files=storage.files,
            transcriber=ear,
            threads=threads,
            wishes=self.painting.wishes,
        )
        proposals = Proposals(
            conversations=storage.conversations, answering=self.answering, wishes=self.painting.wishes
        )
        models = Models(choices, model)
        commands: list[Command] = []
        commands += [
            *self.painting.commands,
            Command("new", "Start afresh.", self.talk.new),
            Command("undo", "Take back.", self.talk.undo),
            Command("retry", "Once more.", self.talk.retry),
            Command("stop", "Stop.", self.talk.stop),
            Command("model", "Models.", models.choose),
            Command("system", "Instructions.", SystemPrompts(choices).choose),
            Command("history", "History.", self.talk.history),
            Command("export", "Export.", self.talk.export),
            Command("threads", "Threads.", threads.choose, where=lambda limits: limits.threads),
            Command("help", "Help.", Help(commands, self.access.is_admin).show),
        ]
        admin = Admin(self.access)
        commands += [
            Command("start", "Begin.", Help(commands, self.access.is_admin).start),
            Command("allow", "Let in.", admin.allow),
            Command("deny", "Let in no longer.", admin.deny),
            Command("invite", "Make a code.", admin.invite),
        ]
        self.router = Router(
            access=self.access,
            hear=self.talk.hear,
            commands=commands,
            presses={
                "talk": self.talk.press,
                "wish": proposals.press,
                "model": models.press,
                **self.painting.presses,
            },
            unknown=unknown,
            withdraw=self.talk.withdrawn,
            move=storage.move,
        )
        self.work.handle("answer", self.answering.answer, gave_up=self.answering.gave_up)
        self.painting.handles(self.work)
        self._events = 0

    def chat(self, channel: Channel = HERE) -> FakeChat:
        return self.platform.chat(channel)

    async def say(
        self, text: str, *, author: Person = ANN, channel: Channel = HERE, **more
    ) -> IncomingMessage:
        """A person says it; returns once the service has taken it on."""
        self._events += 1
        message = IncomingMessage(more.pop("id", f"q{new_id()}"), channel, author, text, **more)
        await self.router.receive(message, self.chat(channel))
        return message

    async def until(self, seen) -> None:
        """Wait for something that only looking can tell."""
        async with asyncio.timeout(30):
            while not await seen():  # noqa: ASYNC110 (nothing announces it)
                await asyncio.sleep(0.01)

    async def press(self, label: str, *, text: str | None = None, author: Person = ANN, on: str = "") -> None:
        """Press the button that says so, under the newest message that has one (or under ``on``)."""
        chat = self.chat()
        for message, content in reversed(chat.messages.items()):
            for button in (button for row in content.buttons for button in row):
                if button.label == label and on in ("", message):
                    await self.router.receive(
                        ButtonPress(f"p{new_id()}", chat.channel, author, message, button.data, text), chat
                    )
                    return
        raise AssertionError(f"no button {label!r} in {chat.messages}")

    def finish(self, task: str, *actions: Action, url: str = "http://x/1.png") -> None:
        """The picture service has finished a task."""
        self.engine.reports[task] = Progress(Stage.DONE, 100, images=(url,), actions=actions)


@asynccontextmanager
async def service(
    tmp_path,
    *,
    platform: FakePlatform | None = None,
    model: ScriptedModel | None = None,
    engine: ScriptedEngine | None = None,
    ear: ScriptedEar | None = None,
    late_by: float = 0.0,
    others: Mapping[str, ImageEngine] | None = None,
    **painting,
) -> AsyncIterator[Service]:
    """A running service. Leaving it is a crash as far as its work is concerned.

    ``others`` are engines beside the one that paints; ``painting`` goes to Painting as it is.
    ``late_by`` is how many seconds later than now it begins its answers.
    """
    async with open_storage(f"sqlite:///{tmp_path}/bot.db", str(tmp_path / "files")) as storage:
        running = Service(
            storage,
            platform or FakePlatform(),
            model or ScriptedModel(),
            engine or ScriptedEngine(),
            ear or ScriptedEar(),
            late_by,
            others,
            **painting,
        )
        await running.access.load()
        tasks = [asyncio.ensure_future(running.work.run()), asyncio.ensure_future(running.painting.run())]
        try:
            yield running
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def labels(content: Content) -> list[str]:
    """What its buttons say."""
    return [button.label for row in content.buttons for button in row]


def without_buttons(content: Content) -> Content:
    return replace(content, buttons=())
