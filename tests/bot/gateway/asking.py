"""Asking a gateway and keeping what it answered."""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import httpx
from hypothesis import HealthCheck, settings

from bot.errors import ServiceError
from bot.gateway.chat import Completions
from bot.messages import End, Ending, Picture, Piece, Prompt, Role, Text, Thought, ToolCall, Turn, Usage
from tests.bot.gateway.server import Gateway

MODEL = "gpt-4o-mini"

# For generated tests: a busy machine is no failure.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
thorough = settings(patient, max_examples=500)


def prompt(text: str = "Hello!", model: str = MODEL, **parameters: Any) -> Prompt:
    return Prompt(model, [Turn(Role.USER, text)], user="u1", parameters=parameters)


@dataclass
class Heard:
    """An answer: its pieces, and the error that ended it, if one did."""

    pieces: list[Piece]
    error: ServiceError | None = None

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces if isinstance(piece, Text))

    @property
    def thoughts(self) -> str:
        return "".join(piece.text for piece in self.pieces if isinstance(piece, Thought))

    @property
    def pictures(self) -> list[Picture]:
        return [piece for piece in self.pieces if isinstance(piece, Picture)]

    @property
    def calls(self) -> list[ToolCall]:
        return [piece for piece in self.pieces if isinstance(piece, ToolCall)]

    @property
    def usage(self) -> Usage | None:
        return next((piece for piece in self.pieces if isinstance(piece, Usage)), None)

    @property
    def ending(self) -> Ending | None:
        last = self.pieces[-1] if self.pieces else None
        return last.ending if isinstance(last, End) else None


async def hear(completions: Completions, asked: Prompt | None = None) -> Heard:
    heard = Heard([])
    try:
        async with aclosing(completions.stream(asked or prompt())) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                heard.pieces.append(piece)
    except ServiceError as error:
        heard.error = error
    return heard


class Asker:
    """A client of a scripted gateway whose waits between tries take no time but are kept."""

    def __init__(self, gateway: Gateway, client: httpx.AsyncClient, **settings: Any) -> None:
        self.gateway = gateway
        self.waits: list[float] = []
        self.client = client
        self.completions = self.make(**settings)

    def make(self, url: str = "", key: str = "sk-test", **settings: Any) -> Completions:
        return Completions(self.client, url or self.gateway.url, key, sleep=self._sleep, **settings)

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    async def __call__(self, *replies: Any, asked: Prompt | None = None) -> Heard:
        self.gateway.answers(*replies)
        return await hear(self.completions, asked)

    @property
    def tries(self) -> int:
        return len(self.gateway.chats)


def joined(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces with neighbouring texts and thoughts put together."""
    found: list[Piece] = []
    for piece in pieces:
        last = found[-1] if found else None
        if isinstance(piece, Text) and isinstance(last, Text):
            found[-1] = Text(last.text + piece.text)
        elif isinstance(piece, Thought) and isinstance(last, Thought):
            found[-1] = Thought(last.text + piece.text)
        else:
            found.append(piece)
    return found
