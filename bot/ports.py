"""The seams: what the core asks of platforms, models, picture services and storage."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from bot.commands import Command
from bot.errors import Kind, Unsupported
from bot.jobs import Accepted, Action, Job, Mode, Order, Progress, Stage
from bot.messages import (
    Attachment,
    ButtonPress,
    Channel,
    Content,
    Event,
    IncomingMessage,
    Limits,
    Person,
    Piece,
    Prompt,
    Question,
    Turn,
)

if TYPE_CHECKING:
    from aiohttp import web

# --- platforms ------------------------------------------------------------------------------


class Chat(Protocol):
    """One conversation on one platform: all that a feature may do there."""

    channel: Channel
    limits: Limits

    async def send(self, content: Content, *, reply_to: str = "", key: str = "") -> str:
        """Post a message; return its id.

        The one call that is not idempotent everywhere. Where the platform can, a repeat with the same
        ``key`` (at most 25 characters) returns the first message instead of posting a second.
        """

    async def edit(self, message: str, content: Content, *, passing: bool = False) -> str:
        """Replace a message of ours; return its id, a new one if it had to be posted anew.

        A ``passing`` edit is a preview: the adapter drops it when the platform's budget is short. Any
        other waits for its turn and arrives. An unchanged message is a success.
        """

    async def delete(self, message: str) -> None:
        """Take a message of ours away; one that is gone already is a success."""

    async def notice(self, text: str) -> None:
        """Tell only the person who acted, where the platform can; otherwise reply."""

    async def ask(self, question: Question) -> None:
        """Ask that person for words, which come back as a ButtonPress with the question's data."""

    def typing(self) -> AbstractAsyncContextManager[None]:
        """Show that we are at work for as long as the block runs."""

    async def branch(self, message: str, title: str) -> "Chat | None":
        """Open a thread for somebody's message, where ``limits.threads``: the conversation in it.

        Once more is harmless. None: not to be had here after all.
        """
        return None

    async def draft(self, content: Content, *, key: str) -> bool:
        """Show a message that is not posted yet, where ``limits.draft_every`` is a number.

        It vanishes by itself, and when the message is sent with the same ``key``. A preview: dropped when
        the budget is short. False: not to be had here after all, so post a message and edit it.
        """
        return False


class Inbox(Protocol):
    """Where events go. ``commands`` is the whole table, for menus and schemas."""

    commands: Sequence[Command]

    async def receive(self, event: Event, chat: Chat) -> None:
        """Take it on: when this returns, what must not be lost is stored.

        Raises nothing but cancellation. Receiving the same event twice is harmless.
        """

    def admits(self, person: Person, channel: Channel) -> bool:
        """Whether that person may use us there, for what a platform does by itself."""

    async def withdrawn(self, channel: Channel, messages: Sequence[str]) -> None:
        """Messages there were taken away: nothing that they said is told to a model again.

        They may be ours, too, or some that we never heard of. Once more is harmless. Raises nothing.
        """

    async def moved(self, platform: str, old: str, new: str) -> None:
        """A place has a new id: its history, options and jobs go along. Once more is harmless."""


@dataclass(frozen=True, slots=True)
class Client:
    """How a page of ours lives inside a platform's clients."""

    # A module that such a page imports, by its path on our site. It exports ``proof`` (of who opened it, ""
    # where there is none), ``dark`` (true, false, or undefined), ``open()`` and ``close()``.
    script: str = ""
    origins: tuple[str, ...] = ()  # of those that show it in a frame, as CSP's ``frame-ancestors`` names them


class Platform(Protocol):
    """A chat network."""

    name: str
    client: Client = Client()

    async def run(self, inbox: Inbox) -> None:
        """Connect, serve until cancelled, disconnect."""

    def chat(self, channel: Channel) -> Chat:
        """The conversation at an address, to speak there unasked or after a restart.

        May be called before ``run`` has connected; its calls then wait for that.
        """

    async def probe(self) -> "Sequence[Finding]":
        """Try what costs nothing, for `check`. Not while it runs."""
        return ()

    def vouch(self, proof: str) -> str:
        """Who opened a page of ours, by what its client told it: the person's id, "" if that is no proof."""
        return ""


@dataclass(frozen=True, slots=True)
class Host:
    """What the service lends a platform: storage of its own, and routes on the one web application."""

    posts: "Posts"
    files: "Files"
    options: "Options"  # places that begin with the platform's name and a dot are its own
    mail: "Mail"
    sendings: "Sendings"
    gallery: "Gallery"
    routes: "web.UrlDispatcher"
    # Digest and name of a file that we keep → an address where anybody can have it; "" where there is none.
    original: Callable[[str, str], str] = lambda digest, name: ""


# --- services -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a check: what was tried, whether it works, and what to do about it."""

    what: str
    ok: bool
    detail: str = ""
    advice: str = ""


class ChatModel(Protocol):
    """A chat completions service."""

    def stream(self, prompt: Prompt) -> AsyncIterator[Piece]:
        """The answer as it arrives; the last piece is an End.

        Retries what is safe before the first piece. Raises the errors of ``bot.errors``: Silent past the
        first-token or idle deadline, Broken when it broke off after the first piece.
        """

    async def models(self) -> Sequence[str]:
        """Names of the models that can chat, in the service's order, cached for some minutes."""

    def count(self, text: str) -> int:
        """About how many tokens that is."""

    async def probe(self) -> Sequence[Finding]:
        """Try what costs nothing, for `check`."""


class ImageEngine(Protocol):
    """A picture service with tasks that take their time."""

    name: str
    paints: bool = True  # pictures from words; others make music, clips, or words
    pace: float = 1.0  # seconds, at least, between two questions about the same tasks
    repeats: bool = False  # an order that it has forgotten may be carried out anew: nothing is paid twice

    def check(self, order: Order) -> None:
        """UserError, in one sentence, for an order that would surely fail. Asks nobody."""
        return

    def learned(self) -> str:
        """What it has found out about its service, as text for ``recall``; "" for nothing worth keeping."""
        return ""

    def recall(self, learned: str) -> None:
        """Know again what it knew; what is of another service, or too old, is left aside."""
        return

    def call_back(self, hook: Callable[[str], str]) -> None:
        """Have the service call ``hook(ref)`` when there is news of an order; "" is nowhere."""
        return

    async def submit(self, order: Order, images: Sequence[bytes], ref: str) -> Accepted:
        """Order a picture. Sent once.

        ``ref`` travels with it where the service can carry it. Unavailable and Refused say that surely
        nothing was accepted; OutcomeUnknown that it may have been.
        """

    async def act(
        self, task: str, action: Action, ref: str, mode: Mode = Mode.DEFAULT, text: str = ""
    ) -> Accepted:
        """Press one of a finished task's buttons. Sent once, with the same errors as ``submit``.

        ``text`` are the words that people gave for it; a service with forms gets them by ``confirm``.
        """

    async def confirm(self, task: str, text: str, mask: bytes = b"") -> Accepted:
        """Fill in the form that a task waits for. Sent once."""

    async def find(self, ref: str) -> str | None:
        """The task that a submit with this ``ref`` made, or None; Unsupported where none can be looked up."""

    async def report(self, tasks: Sequence[str]) -> Mapping[str, Progress]:
        """How far they are, in as few requests as the service allows. Tasks it does not know are left out."""

    async def cancel(self, task: str) -> bool:
        """Ask the service to stop; False where it cannot."""

    async def seed(self, task: str) -> str:
        """The number that a finished picture grew from. Unsupported where it is not told."""
        raise Unsupported("this service tells no seeds", kind=Kind.SETUP)

    async def fetch(self, url: str, *, limit: int = 100_000_000) -> bytes:
        """Download a result or a preview, at most ``limit`` bytes."""

    async def probe(self) -> Sequence[Finding]:
        """Try what costs nothing, for `check`."""

    async def offered(self, verb: str = "") -> bool:
        """Whether there is such a service, or one for that verb or ``seed``, as far as can be told."""
        return True

    async def models(self) -> Sequence[str]:
        """Names that an order may choose by its option ``model``; none where it is one thing."""
        return ()

    async def close(self) -> None:
        """End what it has under way: the process does."""
        return


class Transcriber(Protocol):
    """A service that writes down what is said."""

    async def transcribe(self, sound: bytes, media_type: str, name: str = "") -> str:
        """The words, "" where there are none.

        Unsupported where there is no such service; it is not asked again for some minutes then.
        """


# --- storage --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Task:
    """A piece of durable work: a row until its handler has returned."""

    id: int
    kind: str
    key: str
    args: Mapping[str, Any]
    attempts: int = 0
    not_before: float = 0.0  # Unix seconds


class Tasks(Protocol):
    """The table of durable work. Other storage methods submit in the same transaction as their change."""

    def listen(self, submitted: Callable[[Task], None]) -> None:
        """Call this, on the event loop, after each commit for every task that it submitted."""

    async def submit(self, kind: str, key: str, args: Mapping[str, Any], *, delay: float = 0.0) -> None: ...

    async def unfinished(self) -> Sequence[Task]:
        """Every row, in the order of submission."""

    async def finish(self, task: int) -> None: ...

    async def postpone(self, task: int, attempts: int, not_before: float) -> None: ...


class AnswerState(StrEnum):
    """How far an answer is. All but WAITING are final until somebody asks for it again."""

    WAITING = "waiting"
    DONE = "done"
    STOPPED = "stopped"  # by a person
    CUT = "cut"  # it ended early: by the token limit, a broken stream or a silent model
    FAILED = "failed"  # nothing worth keeping came


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of ours, from the question to its last shown word."""

    id: str
    channel: Channel
    person: Person
    direct: bool
    question: str  # the platform's id of the question's message
    turn: int  # its place in the history: only turns before it are its context
    state: AnswerState = AnswerState.WAITING
    messages: tuple[str, ...] = ()  # ids of the messages that show it, in order
    epoch: int = 0  # who holds the current one may show and store; others are fenced off
    text: str = ""  # what the model said so far, or all of it
    thoughts: str = ""
    note: str = ""  # the sentence shown with it: why it was cut, why it failed
    prefix: int = 0  # characters of `text` that were there before a Continue
    round: int = 0  # grows when it is made anew (Retry), so that its messages' keys are new too
    images: tuple[Attachment, ...] = ()  # pictures inside the answer, kept in Files
    model: str = ""
    attempts: int = 0
    stop: bool = False  # a person asked for it to stop
    created: float = 0.0

    @property
    def key(self) -> str:
        """Answers with the same key are made one after another."""
        return f"answer:{self.channel}" if self.direct else f"answer:{self.channel}:{self.person.id}"


@dataclass(frozen=True, slots=True)
class Record:
    """A turn as it is kept, for /history and /export."""

    seq: int
    turn: Turn
    at: float  # Unix seconds


class Conversations(Protocol):
    """History and answers. Every method is one transaction."""

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
        """Store a question with its answer's row and work (`answer`, {"answer": id}); None if it is known.

        A message that follows its author's last within ``burst`` seconds, whose answer has shown nothing
        yet, joins that question: the same answer is returned with a new epoch. With ``join`` one that joins
        none is stored as a turn that wants no answer, and None is returned. A message that was such a turn
        and is ``edited`` into a question is one from then on.
        """

    async def note(self, message: IncomingMessage, turn: Turn, tokens: int) -> None:
        """Store a turn that wants no answer."""

    async def reword(self, channel: Channel, message: str, turn: Turn, tokens: int) -> Answer | None:
        """Change a stored question. If its answer is the channel's latest, that answer, put back to waiting.

        It has a new epoch and its work is submitted. None also when the words are the same.
        """

    async def withdraw(self, channel: Channel, message: str) -> Answer | None:
        """Take a message out of the history, and its words out of storage: it was taken away by its author.

        An answer that still waited is returned: put back to waiting, with its work, if there is more to the
        question, and otherwise ended and empty, to be ``shown`` as taken back. None: nothing is to be done.
        """

    async def answer(self, answer: str) -> Answer | None: ...

    async def begin(self, answer: str) -> Answer | None:
        """Take it on: epoch + 1, attempts + 1.

        None when there is nothing to do: it does not exist, was taken back, or later work for it waits
        (each message of a burst brings work, and the last of it answers).
        """

    async def shown(self, answer: Answer, messages: Sequence[str]) -> bool:
        """Record the messages that show it; False when another run holds it by now."""

    async def keep(self, answer: Answer, text: str, thoughts: str) -> bool:
        """Save what has arrived so far; False when fenced off."""

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
        """Commit its final text, which is part of the history from now on.

        False when fenced off, and when it has ended already: an end stays until ``again``.
        """

    async def again(self, answer: str, *, onward: bool = False) -> Answer | None:
        """Put it back to waiting and submit its work; ``onward`` keeps the text, to be continued.

        An answer that waits already, with its work, stays as it is.
        """

    async def stop(self, answer: str) -> None:
        """Ask whoever runs it to stop."""

    async def latest(self, channel: Channel, person: str = "") -> Answer | None:
        """The newest answer there, or that person's."""

    async def context(self, channel: Channel, before: int, tokens: int) -> Sequence[Turn]:
        """The newest turns before ``before`` that fit, oldest first, whole. Costs by the window."""

    async def question(self, answer: Answer) -> Sequence[Turn]:
        """The turns that this answer answers, oldest first (a burst has several); none once they are gone."""

    async def history(self, channel: Channel, limit: int | None = None) -> Sequence[Record]:
        """The newest turns since the last ``forget``, oldest first."""

    async def forget(self, channel: Channel) -> int:
        """Start afresh; return how many turns were in force. They stay stored."""

    async def undo(self, channel: Channel) -> Answer | None:
        """Take the latest question and its answer out of the history; return that answer.

        Whoever makes it is fenced off; the one returned may still be ``shown``.
        """


class Jobs(Protocol):
    """Picture jobs. Every method is one transaction."""

    async def add(self, job: Job) -> Job:
        """Store a new job with its work (`paint`, key `job:<id>`, {"job": id}).

        Returns the existing one for a known ``source``, and, for a press, a child of the same parent,
        action and text that is still under way and followed by the same.
        """

    async def get(self, job: str) -> Job | None: ...

    async def of_source(self, source: str) -> Job | None:
        """The job that this event asked for; None without one, and for ""."""

    async def update(
        self,
        job: str,
        expect: Collection[Stage] = (),
        *,
        then: str = "",
        delay: float = 0.0,
        **changes: object,
    ) -> Job | None:
        """Change fields of a job whose stage is one of ``expect`` (any, when empty); None if it is not.

        ``then`` names work (`paint`, `deliver`, …) to submit with it, key `job:<id>`, {"job": id}.
        """

    async def running(self) -> Sequence[Job]:
        """Jobs that have a task and no end yet (FORM, CONFIRMING, RUNNING)."""

    async def given_up(self, since: float) -> Sequence[Job]:
        """Jobs with a task that were given up after that time (Unix seconds), for their silence alone."""

    async def ordered(self, person: str, since: float, *, besides: str = "") -> int:
        """How many jobs of that person's went to a service after that time (Unix seconds).

        Those that failed do not count, nor those of the engine called ``besides``.
        """

    async def children(self, parent: str) -> Sequence[Job]: ...

    async def named(self, channel: Channel, limit: int = 20) -> Sequence[Job]:
        """The channel's newest jobs, newest first."""

    async def usual_seconds(self, engine: str, verb: str, mode: Mode) -> float | None:
        """Median time from submit to end of the engine's last finished jobs of this kind, or None."""


class Gallery(Protocol):
    """Finished pictures, to look at and to search. Those that were removed are not among them.

    A press of ``gallery:<verb>:<job>:m:`` acts on one of one's own: ``again``, ``seed`` (again with this
    seed), ``surely`` (delete it for good).
    """

    async def page(
        self,
        *,
        person: str = "",
        channel: Channel | None = None,
        words: str = "",
        older: str = "",
        newer: str = "",
        limit: int = 20,
    ) -> Sequence[Job]:
        """Jobs with pictures, newest first: that person's, that channel's, with all these words.

        ``older`` or ``newer`` names the job after which, in that direction, the page begins.
        """

    async def count(self, *, person: str = "", channel: Channel | None = None, words: str = "") -> int:
        """How many there are on all pages."""

    async def family(self, job: str) -> Sequence[Job]:
        """The job, what it was made from, and all that was made from any of these: oldest first."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """What is kept of files. A file that something still needs is kept whatever this says."""

    days: float = 0.0  # since it was last used; 0: for ever
    size: int = 0  # bytes of all files together; 0: no limit
    context: int = 8_000  # tokens of a conversation that a model may be told again


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What a clean-up removed."""

    files: int = 0
    size: int = 0  # bytes
    jobs: int = 0  # whose pictures are not kept any more


class Options(Protocol):
    """Small settings that people change, per channel (or per person, or any other place named by text)."""

    async def get(self, place: str) -> Mapping[str, str]: ...

    async def set(self, place: str, name: str, value: str | None) -> None:
        """None removes it."""


class Files(Protocol):
    """Bytes by content hash, in a directory, never in rows."""

    async def put(self, data: bytes) -> str:
        """Store (synced to disk before it returns); the SHA-256 in hex."""

    async def get(self, digest: str) -> bytes:
        """KeyError when it is not there."""

    async def derived(self, digest: str, kind: str, make: Callable[[bytes], bytes]) -> bytes:
        """What ``make`` made of a file: made once, in a thread, kept beside it and removed with it.

        ``kind`` is a word that tells what is made from anything else made of the same file. KeyError when
        the file is not there; what ``make`` raises is passed on.
        """

    def attachment(self, digest: str, name: str, media_type: str, *, alt: str = "") -> Attachment: ...


@dataclass(frozen=True, slots=True)
class Post:
    """A message on a platform that has no server but ours."""

    id: str
    room: str
    version: int  # grows with every change in the room; pages ask for what came after theirs
    author: str  # "" for us, else a person's id
    body: Mapping[str, Any]
    at: float
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Room:
    """A conversation on such a platform."""

    id: str
    owner: str
    name: str
    at: float  # last activity, Unix seconds


class Posts(Protocol):
    """Messages and conversations of platforms that have no server but ours."""

    async def add(
        self,
        platform: str,
        room: str,
        body: Mapping[str, Any],
        *,
        author: str = "",
        key: str = "",
        handled: bool = True,
    ) -> tuple[Post, bool]:
        """Store one; (post, True), or (the first one, False) when ``key`` is known in the room."""

    async def change(self, post: str, body: Mapping[str, Any]) -> Post | None: ...

    async def remove(self, post: str) -> Post | None: ...

    async def get(self, post: str) -> Post | None: ...

    async def since(self, platform: str, room: str, version: int, *, limit: int = 200) -> Sequence[Post]:
        """What changed after ``version``, in the order of posting; from 0, the newest ``limit`` posts."""

    async def before(self, platform: str, room: str, post: str, *, limit: int = 100) -> Sequence[Post]:
        """Posts older than that one, oldest first, for scrolling back."""

    async def unhandled(self, platform: str) -> Sequence[Post]:
        """People's posts that were stored with ``handled=False`` and not marked since."""

    async def handled(self, post: str) -> None: ...

    async def rooms(self, platform: str, owner: str) -> Sequence[Room]:
        """Latest activity first."""

    async def room(self, platform: str, room: str) -> Room | None: ...

    async def save_room(self, platform: str, room: Room) -> None: ...

    async def remove_room(self, platform: str, room: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Letter:
    """What a platform delivered, as it came."""

    key: str  # the platform's own id of the delivery
    body: Mapping[str, Any]


class Mail(Protocol):
    """Deliveries, kept until they were taken in: acknowledged when they are stored, and never lost."""

    async def take(self, platform: str, letters: Sequence[Letter]) -> Sequence[Letter]:
        """Store, in one transaction, those that were not delivered before; return them in their order."""

    async def done(self, platform: str, key: str) -> None:
        """It was taken in. Its body is dropped; its key is remembered for some days."""

    async def waiting(self, platform: str) -> Sequence[Letter]:
        """Those that were stored and not taken in, in the order of their arrival."""


@dataclass(frozen=True, slots=True)
class Sending:
    """A message of ours on a platform that does not recognise a repetition."""

    key: str
    place: str
    after: str  # the newest message in the place when it was first meant to be sent
    message: str = ""  # its id; "" while nobody knows whether it was sent
    again: bool = False  # it was begun before


class Sendings(Protocol):
    """What was sent: written down before, and its id after, so that a crash in between can be noticed."""

    async def begin(self, platform: str, key: str, place: str, after: str = "") -> Sending:
        """Write down that it is about to be sent. One that is known comes back as it was, ``again``."""

    async def record(self, platform: str, key: str, message: str) -> None:
        """It was sent, under this id."""

    async def drop(self, platform: str, key: str) -> None:
        """It was surely not sent."""

    async def ours(self, platform: str, place: str, messages: Sequence[str]) -> Collection[str]:
        """Those of these messages there that are written down."""


class Storage(Protocol):
    """All of storage, opened by ``storage.open_storage``."""

    tasks: Tasks
    conversations: Conversations
    jobs: Jobs
    gallery: Gallery
    options: Options
    posts: Posts
    mail: Mail
    sendings: Sendings
    files: Files

    async def move(self, platform: str, old: str, new: str) -> None:
        """Give everything of a place, with all its threads, to its new id."""

    async def ping(self) -> None:
        """Read something; raises when the database is not usable."""

    async def backup(self, target: str) -> None:
        """A consistent copy of database and files in one archive, while running."""

    async def clean(self, keeping: Keeping) -> Cleaned:
        """Remove the files that nothing needs, and those that are older or more than is kept."""


# --- features ---------------------------------------------------------------------------------

Hear = Callable[[IncomingMessage, Chat], Awaitable[None]]
Press = Callable[[ButtonPress, Chat], Awaitable[None]]  # of a button whose data begins with its word


# --- work -----------------------------------------------------------------------------------


class Handler(Protocol):
    """Does one kind of durable work: at least once, never two of one key at once."""

    async def __call__(self, args: Mapping[str, Any]) -> None: ...
