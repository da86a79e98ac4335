"""Picture jobs: what was ordered, how far it is, what can be done next."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.errors import Kind
from bot.messages import Channel, Person


class Stage(StrEnum):
    """How far a job is. The order is the usual one; DONE, FAILED and CANCELLED are final."""

    WAITING = "waiting"  # ours alone so far
    SUBMITTING = "submitting"  # sent, or about to be; the outcome is not stored yet
    FORM = "form"  # the service waits for words (its pop-up form)
    CONFIRMING = "confirming"  # the form was sent, or is about to be: it is never sent twice
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        return self in (Stage.DONE, Stage.FAILED, Stage.CANCELLED)


class Mode(StrEnum):
    """Midjourney's speeds; DEFAULT is whatever the account or the gateway has."""

    DEFAULT = ""
    FAST = "fast"
    RELAX = "relax"
    TURBO = "turbo"


# Options of orders that are our own; engines leave them alone.
TRANSLATE = "translate"  # what its place wants of a prompt in another language: offer, always
SAID = "said"  # the prompt before it was translated
THEN = "then"  # the steps that follow when it is done, one to a line
FOR = "engine"  # which engine paints what was reworded


@dataclass(frozen=True, slots=True)
class Order:
    """What to paint. ``images`` are content hashes of image prompts that we keep."""

    prompt: str
    images: tuple[str, ...] = ()
    mode: Mode = Mode.DEFAULT
    verb: str = "imagine"  # imagine; later blend, describe, shorten …
    options: Mapping[str, str] = field(default_factory=dict)


class Asks(StrEnum):
    """What an action wants before it can start."""

    NOTHING = ""
    PROMPT = "prompt"  # a text, with the old prompt to edit
    ZOOM = "zoom"  # a prompt with --zoom
    MASK = "mask"  # a region and a text
    LYRICS = "lyrics"  # words to be sung


@dataclass(frozen=True, slots=True)
class Action:
    """Something that can be done with a finished picture: one of the service's own buttons.

    ``id`` is the service's (Midjourney's customId), sent back byte for byte. ``name`` is ours and the
    same on every backend (``upscale:2``, ``variation:1``, ``reroll``, ``zoom:2``, ``pan:left`` …).
    """

    id: str
    label: str
    name: str = ""
    emoji: str = ""
    asks: Asks = Asks.NOTHING


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job failed. ``reason`` is the service's own words."""

    kind: Kind
    reason: str = ""
    detail: str = ""  # the banned word, the wrong parameter
    again: bool = True  # whether the same order may work another time


GIVEN_UP = Failure(Kind.TIMEOUT)  # by us: the service has said nothing new for too long


@dataclass(frozen=True, slots=True)
class Progress:
    """One report of an engine on one task."""

    stage: Stage
    percent: int | None = None
    queue: int | None = None  # jobs in front of it
    preview: str = ""  # URL of an unfinished picture
    preview_key: str = ""  # changes when the preview does; the URL alone may change for nothing
    images: tuple[str, ...] = ()  # URLs of the result, DONE only
    videos: tuple[str, ...] = ()
    audios: tuple[str, ...] = ()
    title: str = ""  # what the service calls the result (songs)
    text: str = ""  # a result in words (describe, shorten, lyrics)
    prompt: str = ""  # the prompt as the service ran it, or the form's prefilled text
    actions: tuple[Action, ...] = ()
    failure: Failure | None = None
    seconds: float | None = None  # drawing time, when the service tells
    seed: str = ""  # the number that the picture grew from, when it is known
    late: bool = False  # it came after it had been given up


@dataclass(frozen=True, slots=True)
class Accepted:
    """The service took a submit: its task id, and whether a form waits for words."""

    task: str
    form: str | None = None  # None: no form waits; else its prefilled text, which may be ""
    queue: int | None = None
    progress: Progress | None = None  # already known, for services that answer at once
    others: tuple[str, ...] = ()  # more tasks that the same press started


def new_id() -> str:
    """Ten hex digits: short enough for a button, 40 bits against guessing and collisions."""
    return secrets.token_hex(5)


class Removed(StrEnum):
    """Why the pictures of a job are not kept any more."""

    NO = ""
    DELETED = "deleted"  # by a person; its card is taken away, too
    EXPIRED = "expired"  # too old for what the operator keeps; its card stays as it is


@dataclass(frozen=True, slots=True)
class Job:
    """One order, from the request to its last shown word. The row is saved before it is shown."""

    id: str
    channel: Channel
    owner: Person
    engine: str
    order: Order
    source: str = ""  # the event that asked for it; a redelivery finds the same job
    reply_to: str = ""  # the message that asked for it
    parent: str = ""  # the job whose button was pressed
    action: Action | None = None  # that button
    text: str = ""  # the words that went with it (form, zoom)
    stage: Stage = Stage.WAITING
    ref: str = ""  # our mark that travels with the submit (Midjourney's `state`), to find it again
    task: str = ""  # the service's id
    message: str = ""  # the card; "" until it was sent
    progress: Progress | None = None  # the last that is worth keeping: form, or the end
    results: tuple[str, ...] = ()  # what was downloaded: content hashes with an ending, <sha256>.png
    removed: Removed = Removed.NO
    settled: bool = False  # its last word has been shown
    version: int = 0
    attempts: int = 0
    created: float = 0.0  # Unix seconds
    submitted: float = 0.0
    finished: float = 0.0
