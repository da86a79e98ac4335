"""An interaction: it has to be answered within moments, and then lives for a quarter of an hour."""

import asyncio
import json
import time
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import structlog

from adapters.discord.layout import NO_PREVIEWS, ONLY_THEM, Body, Part
from adapters.discord.line import Line, Pauses, Upload
from adapters.discord.text import compose
from adapters.discord.troubles import Trouble
from bot.errors import OutcomeUnknown, Refused, ServiceError, Unavailable
from bot.messages import Content

log = structlog.get_logger()

LIFE = 880.0  # seconds of a token, somewhat less than the platform gives it
KNOWN = 86400.0  # seconds for which we know whom to write to when it is over
SOON = 1.5  # seconds after which an answer that is not there yet is announced

MESSAGE, THINKING, QUIET, FORM = 4, 5, 6, 9  # types of a first answer
LOADING = 1 << 7  # the flag of what was only announced
_HOOK = "/webhooks/{webhook_id}/{webhook_token}"
_OVER = (Trouble.LATE, Trouble.EXPIRED, Trouble.GONE)


class State(StrEnum):
    """What was answered."""

    OPEN = "open"  # nothing yet
    THINKING = "thinking"  # that we are at it: the answer takes that message's place
    QUIET = "quiet"  # nothing that can be seen
    SAID = "said"
    OVER = "over"  # too late for anything


class Interaction:
    """``waits``: a first answer of ours is shown as the answer to it. ``outside``: we are no member there, so
    that whatever we say goes through it. ``place`` is the channel, ``about`` the message whose button it was;
    ``holds``: that message can be changed through it. ``upload``: bytes of the largest file that it takes."""

    def __init__(
        self,
        line: Line,
        id_: str,
        token: str,
        *,
        person: str,
        waits: bool,
        outside: bool,
        place: str = "",
        about: str = "",
        holds: bool = False,
        upload: int = 0,
        state: State = State.OPEN,
        born: float | None = None,
        messages: Sequence[str] = (),
        life: float = LIFE,
    ) -> None:
        self.id = id_
        self.person = person
        self.waits = waits
        self.outside = outside
        self.place = place
        self.about = about
        self.holds = holds
        self.upload = upload
        self.state = state
        self.messages = list(messages)  # what was said through it
        self.said = asyncio.Event()
        if messages:
            self.said.set()
        self._line = line
        self._token = token
        self.born = time.time() if born is None else born
        self._life = life
        self._lock = asyncio.Lock()

    @property
    def is_over(self) -> bool:
        return self.state is State.OVER or self.left <= 0

    @property
    def left(self) -> float:
        """Seconds that it lives."""
        return self.born + self._life - time.time()

    @property
    def is_forgotten(self) -> bool:
        """Nothing of it is wanted any more."""
        return self.is_over and (not self.outside or time.time() > self.born + KNOWN)

    @property
    def takes_answer(self) -> bool:
        return self.waits and self.state in (State.OPEN, State.THINKING) and not self.is_over

    # --- answers ----------------------------------------------------------------------------

    async def defer(self) -> None:
        """Say that an answer comes, if none was given."""
        async with self._lock:
            if self.state is State.OPEN:
                await self._announce()

    async def _announce(self) -> None:
        kind = THINKING if self.waits else QUIET
        if await self._first({"type": kind}) is not None:
            self.state = State.THINKING if self.waits else State.QUIET
            self.holds = bool(self.about) and not self.waits

    async def say(self, part: Part, *, flags: int = NO_PREVIEWS) -> Any:
        """Post it as the answer, or after it; the message as the platform tells it.

        Refused when it is too late.
        """
        async with self._lock:
            body = part.body(flags=flags)
            if self.state is State.OPEN and self.about and self.outside and not flags & ONLY_THEM:
                await self._announce()  # or else that message could not be changed any more
            if self.state is State.OPEN:
                answered = await self._first({"type": MESSAGE, "data": body}, part.uploads)
                if answered is not None:
                    return self._has_said(
                        (answered.get("resource") or {}).get("message") or await self._original()
                    )
                if self.state in (State.SAID, State.QUIET) and (same := await self._said_already(body)):
                    return self._has_said(same)
            if self.state is State.THINKING:
                if flags & ONLY_THEM:  # seen by all is what was announced
                    await self._hook("DELETE", "/messages/@original")
                    self.state = State.SAID
                else:
                    change = part.change()
                    return self._has_said(
                        await self._hook("PATCH", "/messages/@original", change, part.uploads)
                    )
            if self.is_over:
                raise Refused("the interaction is over", code=Trouble.EXPIRED)
            return self._has_said(await self._hook("POST", "", body, part.uploads, wait=True))

    async def whisper(self, text: str) -> bool:
        """Tell only the person who acted. False when it is too late for that."""
        try:
            await self.say(Part(compose(Content(text))), flags=NO_PREVIEWS | ONLY_THEM)
        except ServiceError as error:
            log.info("an interaction cannot be answered", error=str(error))
            return False
        return True

    async def form(self, form: Body) -> bool:
        """Ask for words in a form. False when something was answered before."""
        async with self._lock:
            if self.state is not State.OPEN:
                return False
            if await self._first({"type": FORM, "data": form}) is None:
                return False
            self.state = State.SAID
            return True

    async def change(self, message: str, body: Body, files: Sequence[Upload] = ()) -> Any:
        """Change what was said through it."""
        return await self._hook("PATCH", f"/messages/{message}", body, files)

    async def change_source(self, body: Body, files: Sequence[Upload] = ()) -> Any:
        """Change the message whose button was pressed, where it ``holds`` that."""
        return await self._hook("PATCH", "/messages/@original", body, files)

    async def delete(self, message: str) -> None:
        await self._hook("DELETE", f"/messages/{message}")

    async def withdraw(self) -> None:
        """Take back that an answer comes."""
        async with self._lock:
            if self.state is State.THINKING:
                self.state = State.SAID
                try:
                    await self._hook("DELETE", "/messages/@original")
                except ServiceError as error:
                    log.info("an announcement stays", error=str(error))

    # --- calls ------------------------------------------------------------------------------

    async def _first(self, answer: Body, files: Sequence[Upload] = ()) -> Any:
        """Give the first answer; None when there was one or it is too late, as the state then says."""
        path = "/interactions/{webhook_id}/{webhook_token}/callback"
        query = {"with_response": "true"}
        pauses = Pauses(0.2)
        while True:
            try:
                ids = {"webhook_id": self.id, "webhook_token": self._token}
                return await self._line.hook("POST", path, body=answer, files=files, query=query, **ids) or {}
            except (Unavailable, OutcomeUnknown) as error:
                if self.is_over:
                    self.state = State.OVER
                    return None
                await pauses.after(error, "interaction")
            except Refused as error:
                if error.code == Trouble.ANSWERED:
                    self.state = await self._found_out() if self.waits else State.QUIET
                    return None
                if error.code not in _OVER and error.status != 404:
                    raise
                log.info("an interaction was not answered in time", error=str(error))
                self.state = State.OVER
                return None

    async def _original(self) -> Any:
        return await self._hook("GET", "/messages/@original")

    async def _found_out(self) -> State:
        """What was answered by an earlier run, or by a call whose answer was lost."""
        try:
            original = await self._original()
        except Refused:
            return State.SAID
        return State.THINKING if original.get("flags", 0) & LOADING else State.SAID

    async def _said_already(self, body: Body) -> Any:
        """The first answer, if it is this: then a call whose answer was lost has given it."""
        try:
            original = await self._original()
        except Refused:
            return None
        return original if str(original.get("content")).strip() == str(body["content"]).strip() else None

    def was_said(self, message: str) -> None:
        """An earlier run has answered it with that."""
        if message not in self.messages:
            self.messages.append(message)
        self.state = State.SAID
        self.said.set()

    async def _hook(
        self,
        method: str,
        path: str,
        body: Body | None = None,
        files: Sequence[Upload] = (),
        *,
        wait: bool = False,
    ) -> Any:
        ids = {"webhook_id": self._line.me.application, "webhook_token": self._token}
        query = {"wait": "true"} if wait else None
        pauses = Pauses(0.3)
        while True:
            try:
                return await self._line.hook(method, _HOOK + path, body=body, files=files, query=query, **ids)
            except (Unavailable, OutcomeUnknown) as error:
                if self.is_over or (wait and isinstance(error, OutcomeUnknown)):
                    raise
                await pauses.after(error, "interaction")
            except Refused as error:
                if error.code in (Trouble.EXPIRED, Trouble.LATE):
                    self.state = State.OVER
                raise

    def _has_said(self, message: Any) -> Any:
        self.was_said(str(message["id"]))
        return message

    def kept(self) -> str:
        """As it is written down."""
        facts = {
            "token": self._token,
            "person": self.person,
            "waits": self.waits,
            "outside": self.outside,
            "place": self.place,
            "about": self.about,
            "holds": self.holds,
            "upload": self.upload,
            "state": self.state.value,
            "born": self.born,
            "life": self._life,
            "messages": self.messages,
        }
        return json.dumps(facts)
