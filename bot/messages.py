"""The vocabulary: what is said, by whom, where, whatever the platform.

Everything here is a frozen value. A value that knows no platform can be built in a test in one
line, compared, logged and stored.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

SPOKEN = "🎤"  # stands before words that were spoken
MAX_BUTTON_DATA = 64  # bytes, Telegram's limit for callback_data and so ours everywhere
MAX_ASKED_FILES = 10  # Discord's limit for the files of a form


@dataclass(frozen=True, slots=True)
class Channel:
    """Where a conversation takes place. History, options and jobs are kept per channel.

    As text ``platform:id`` or ``platform:id:thread``; the platform's own ids hold no colon.
    """

    platform: str
    id: str
    thread: str = ""
    within: str = field(default="", compare=False)  # the place around it, while something happens there

    def __str__(self) -> str:
        return f"{self.platform}:{self.id}:{self.thread}" if self.thread else f"{self.platform}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> "Channel":
        """The channel that ``str`` wrote; ValueError for anything else."""
        platform, _, rest = text.partition(":")
        place, _, thread = rest.partition(":")
        if not (platform and place):
            raise ValueError(f"not a channel: {text!r}")
        return cls(platform, place, thread)


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who speaks to us. ``id`` is ``platform:id`` and never changes; ``name`` may."""

    id: str
    name: str
    language: str = ""  # BCP 47, as the platform tells it; "" when it does not
    trusted: bool = False  # the platform itself has let them in, by a password of ours
    # What they belong to where they speak, as ids, the widest first: a server, then roles. Never stored.
    groups: tuple[str, ...] = field(default=(), compare=False)


async def _nothing() -> bytes:
    return b""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file, theirs or ours. Bytes are fetched only when wanted; look at ``size`` first."""

    name: str
    media_type: str
    size: int  # bytes; 0 when the platform does not say
    load: Callable[[], Awaitable[bytes]] = field(default=_nothing, compare=False, repr=False)
    digest: str = ""  # SHA-256 in hex of a file we keep; "" for one that we do not
    alt: str = ""  # what it shows, in words


@dataclass(frozen=True, slots=True)
class Quoted:
    """The message, or the part of one, that somebody replies to."""

    author: str
    text: str
    message: str = ""
    attachments: tuple[Attachment, ...] = ()
    person: str = ""  # the author's id; "" when the platform does not tell it


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """Somebody said something. Redelivering the same (channel, id) is harmless."""

    id: str
    channel: Channel
    author: Person
    text: str
    attachments: tuple[Attachment, ...] = ()
    quoted: Quoted | None = None
    addressed: bool = True  # direct chat, mention or reply to us: the adapter decides
    direct: bool = True  # only this person and we are here
    edited: bool = False  # a later version of a message that may have been received before
    more: bool = False  # part of a burst (album, forward, cut paste): the rest is on its way
    at: float = 0.0  # when it was said, Unix seconds; 0: just now


@dataclass(frozen=True, slots=True)
class CommandCall:
    """A command, named and with its arguments already taken apart or still to be converted."""

    id: str
    channel: Channel
    author: Person
    name: str
    arguments: Mapping[str, object] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    quoted: Quoted | None = None
    direct: bool = True

    @property
    def reply_key(self) -> str:
        """The key of the reply, so that there is one even when the command is delivered twice."""
        return _key("c", f"{self.channel} {self.id} {self.name}")


@dataclass(frozen=True, slots=True)
class ButtonPress:
    """A button of ours was pressed, or a Question that it led to was answered.

    Then ``text`` is what was written, perhaps nothing, and ``attachments`` are the pictures that came along.
    """

    id: str
    channel: Channel
    author: Person
    message: str  # the message that carries the button
    data: str
    text: str | None = None
    direct: bool = True
    attachments: tuple[Attachment, ...] = ()

    @property
    def reply_key(self) -> str:
        """The key of the reply, so that there is one even when the press is delivered twice."""
        return _key("b", f"{self.channel} {self.id} {self.data}")


def _key(kind: str, of: str) -> str:
    return kind + hashlib.sha256(of.encode()).hexdigest()[:20]


Event = IncomingMessage | CommandCall | ButtonPress


class Style(StrEnum):
    """How loud a button is."""

    PLAIN = "plain"
    PRIMARY = "primary"
    DANGER = "danger"
    DONE = "done"  # used already, or chosen


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press. ``data`` is ``feature:rest``; a ``url`` makes it a link instead.

    An ``app`` is a page of ours that is opened inside the client, where it can do that.
    """

    label: str
    data: str = ""
    style: Style = Style.PLAIN
    url: str = ""
    app: bool = False

    def __post_init__(self) -> None:
        if len(self.data.encode()) > MAX_BUTTON_DATA:
            raise ValueError(f"button data over {MAX_BUTTON_DATA} bytes: {self.data!r}")
        if bool(self.data) == bool(self.url):
            raise ValueError("a button has data or a url, and not both")


@dataclass(frozen=True, slots=True)
class Content:
    """One message of ours. ``text`` is Markdown; the adapter makes it fit its platform."""

    text: str = ""
    thoughts: str = ""  # a model's reasoning, shown folded
    note: str = ""  # about the message, not of it: one short plain line, shown small
    images: tuple[Attachment, ...] = ()
    files: tuple[Attachment, ...] = ()
    buttons: tuple[tuple[Button, ...], ...] = ()  # rows
    spoiler: bool = False
    progress: int | None = None  # percent of a job under way, for platforms that can draw a bar
    growing: bool = False  # more is to come: the adapter may show a cursor


@dataclass(frozen=True, slots=True)
class Question:
    """Ask for words, or for pictures. The answer comes back as a ButtonPress with this data.

    How many pictures came is to be looked at again: not every platform can insist on a number.
    """

    title: str
    data: str
    default: str = ""
    multiline: bool = False
    files: int = 0  # pictures that are asked for instead of words, at most
    fewest: int = 1  # and at least

    def __post_init__(self) -> None:
        if self.files and not 1 <= self.fewest <= self.files <= MAX_ASKED_FILES:
            raise ValueError(f"between {self.fewest} and {self.files} pictures cannot be asked for")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a conversation can carry, as numbers. None or 0 says that it cannot, or need not."""

    text: int | None = None  # longest message, as ``measure`` counts; None: no limit
    measure: Callable[[str], int] = field(default=len, compare=False)
    caption: int | None = None
    edit_every: float | None = 0.1  # seconds between previews; None: cannot edit
    draft_every: float | None = None  # seconds between native drafts; None: none
    button_rows: int = 25
    buttons_per_row: int = 5
    lists: bool = False  # buttons that find no row there are offered in a list
    row_letters: int | None = None  # of labels that can be read side by side; None: any number
    upload: int = 50_000_000  # bytes of one file
    burst: float = 1.0  # seconds within which several messages are one question
    pages: bool = False  # it opens pages of our own site by their path alone
    threads: bool = False  # a message there can have a thread of its own


class Role(StrEnum):
    """Who a turn belongs to, as chat completions name it."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Turn:
    """What the model is told of one message."""

    role: Role
    text: str
    speaker: str = ""
    images: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    """One request to a chat model. ``parameters`` holds wire names (temperature, seed …)."""

    model: str
    turns: Sequence[Turn]
    user: str = ""  # a stable pseudonym, never a name
    parameters: Mapping[str, object] = field(default_factory=dict)


# What a chat model's answer is made of, in the order in which it arrives.


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Thought:
    """Reasoning: shown folded, never part of the answer or of the history."""

    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture inside an answer: a URL or the bytes themselves."""

    url: str = ""
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class ToolCall:
    id: str
    name: str
    arguments: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the gateway counted them, or made them up (wire: chat completions `usage`)."""

    prompt: int
    completion: int


class Ending(StrEnum):
    """How an answer ended (wire: `finish_reason`, its many spellings mapped)."""

    STOP = "stop"
    LENGTH = "length"  # the token limit: Continue makes sense
    REFUSED = "refused"  # a content filter
    TOOLS = "tools"
    CUT = "cut"  # the stream ended without saying why


@dataclass(frozen=True, slots=True)
class End:
    ending: Ending


Piece = Text | Thought | Picture | ToolCall | Usage | End
