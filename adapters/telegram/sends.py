"""Sends each message once: written down before, recorded after, and looked for when that is in doubt."""

import asyncio
import json
import secrets
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakValueDictionary

import structlog
from telegram import InputFile

from adapters.telegram.line import Line, Pauses
from adapters.telegram.pace import LATER
from adapters.telegram.troubles import Trouble
from bot.errors import OutcomeUnknown, Refused, ServiceError, Unavailable
from bot.ports import Options, Sendings

log = structlog.get_logger()

PLATFORM = "telegram"
PROBES = "telegram.probes"  # place of options: searches for strays that have not ended yet
FARTHEST = 200  # messages that are looked at in one search
REMEMBERED = 20_000  # messages that surely are no strays

Message = Mapping[str, Any]  # as the wire has it


@dataclass(frozen=True, slots=True)
class Call:
    """A call that posts something."""

    method: str
    params: Mapping[str, Any]
    files: Mapping[str, InputFile] = field(default_factory=dict)


class Sends:
    """The one door through which messages leave.

    When it is not known whether a message was sent, it is sent again; then the messages that came in
    between are tried with an edit that changes nothing. What is ours and not written down is a stray.
    """

    def __init__(self, line: Line, sendings: Sendings, options: Options) -> None:
        self._line = line
        self._sendings = sendings
        self._options = options
        self._newest: dict[int, int] = {}  # chat → its newest message; 0: all that share one count
        self._known: OrderedDict[tuple[int, int], None] = (
            OrderedDict()
        )  # messages, by count, that are no strays
        self._leaving: dict[int, set[asyncio.Future[None]]] = {}
        self._searches: asyncio.Queue[tuple[str, set[asyncio.Future[None]]]] = asyncio.Queue()
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()  # chats that are searched

    def saw(self, chat: int, message: int, *, known: bool = False) -> None:
        """A message with that id exists; ``known``: it is somebody's, or one of ours that was recorded."""
        count = _count(chat)
        self._newest[count] = max(self._newest.get(count, 0), message)
        if known:
            self._known[count, message] = None
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)

    def newest(self, chat: int) -> int:
        """The newest message there that we know of, or 0."""
        return self._newest.get(_count(chat), 0)

    async def post(
        self, call: Call, *, key: str = "", priority: int = LATER
    ) -> tuple[tuple[int, ...], Sequence[Message]]:
        """Send it, once for each ``key``: the ids (an album has several), and what came back.

        What came back is empty when it was sent before. Waits for its turn and for the network; raises
        Refused and Unsupported.
        """
        chat = self._line.place(call.params["chat_id"])
        name = key or f"~{secrets.token_hex(10)}"
        after = self.newest(chat)
        reply = call.params.get("reply_parameters")
        if not after and reply:
            after = reply["message_id"]
        row = await self._sendings.begin(PLATFORM, name, str(chat), str(after or ""))
        if row.message:
            return tuple(int(each) for each in row.message.split(",")), ()
        doubtful = row.again
        pauses = Pauses()
        while True:
            await self._line.pace.turn(chat, priority, calls=len(call.params.get("media") or [call]))
            left = self._leave(chat)
            before = set(self._leaving.get(chat, ())) - {left}
            try:
                answer = await self._line.once(call.method, call.params, files=call.files)
                messages = answer if isinstance(answer, list) else [answer]
                ids = await self._record(name, messages, int(row.after or 0) if doubtful else None, call)
            except OutcomeUnknown as error:
                doubtful = True
                await pauses.after(error, call.method)
            except Unavailable as error:
                await pauses.after(error, call.method)
            except ServiceError:
                if not doubtful:
                    await self._sendings.drop(PLATFORM, name)
                raise
            else:
                if doubtful:
                    self._searches.put_nowait((name, before))
                return ids, messages
            finally:
                self._arrived(left, chat)

    # --- what is under way ------------------------------------------------------------------

    def _leave(self, chat: int) -> asyncio.Future[None]:
        left: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._leaving.setdefault(chat, set()).add(left)
        return left

    def _arrived(self, left: asyncio.Future[None], chat: int) -> None:
        if not left.done():
            left.set_result(None)
            others = self._leaving[chat]
            others.discard(left)
            if not others:
                del self._leaving[chat]

    async def _record(
        self, name: str, messages: Sequence[Message], after: int | None, call: Call
    ) -> tuple[int, ...]:
        """Write the ids down, and before that what has to be searched because of them."""
        where = messages[0]["chat"]["id"]
        ids = tuple(message["message_id"] for message in messages)
        for each in ids:
            self.saw(where, each, known=True)
        for number, each in enumerate(ids if len(ids) > 1 else ()):
            await self._sendings.begin(PLATFORM, f"{name}/{number}", str(where))
            await self._sendings.record(PLATFORM, f"{name}/{number}", str(each))
        if after:
            markup = call.params.get("reply_markup") or {}
            markup = markup if "inline_keyboard" in markup else None
            search = {"chat": where, "after": after, "before": ids[0], "markup": markup}
            await self._options.set(PROBES, name, json.dumps(search))
        elif after == 0:
            log.warning("a message may be there twice", chat=where, message=ids[0])
        await self._sendings.record(PLATFORM, name, ",".join(map(str, ids)))
        return ids

    # --- strays -----------------------------------------------------------------------------

    async def search(self) -> None:
        """Take strays away as they turn up, until cancelled; first those of before the service's last end."""
        for name in await self._options.get(PROBES):
            self._searches.put_nowait((name, set()))
        async with asyncio.TaskGroup() as group:
            while True:
                group.create_task(self._search_in_turn(*await self._searches.get()))

    async def _search_in_turn(self, name: str, leaving: set[asyncio.Future[None]]) -> None:
        """Of several searches in one chat one after another; each chat has a pace of its own."""
        try:
            found = (await self._options.get(PROBES)).get(name)
            if found is None:
                return
            search = json.loads(found)
            turn = self._turns.setdefault(search["chat"], asyncio.Lock())
            async with turn:
                await self._search(name, search, leaving)
        except ServiceError as error:
            log.warning("strays cannot be looked for", error=str(error))
        except Exception:  # storage may be away, which ends nothing here: the next start looks again
            log.exception("strays cannot be looked for")

    async def _search(self, name: str, search: Message, leaving: set[asyncio.Future[None]]) -> None:
        """Take away strays. Messages that were just leaving are waited for, since they are no strays."""
        if leaving:
            await asyncio.wait(leaving)
        chat, count = search["chat"], _count(search["chat"])
        between = range(search["after"] + 1, search["before"])
        ids = [each for each in between if (count, each) not in self._known]
        if len(ids) > FARTHEST:
            log.info("more messages than are looked at", chat=chat, count=len(ids))
            ids = ids[:FARTHEST]
        ours = await self._sendings.ours(PLATFORM, str(chat), [str(each) for each in ids])
        for each in ids:
            if str(each) not in ours and await self._is_stray(chat, each, search["markup"]):
                log.info("a stray message is taken away", chat=chat, message=each)
                await self._delete(chat, each)
        await self._options.set(PROBES, name, None)

    async def _is_stray(self, chat: int, message: int, markup: object) -> bool:
        """Whether we sent it. Only our own messages take an edit, or say that it changes nothing."""
        edit = {"chat_id": chat, "message_id": message, "reply_markup": markup}
        try:
            await self._line.surely("editMessageReplyMarkup", edit, priority=LATER)
        except Refused as error:
            return error.code == Trouble.UNCHANGED
        return True

    async def _delete(self, chat: int, message: int) -> None:
        try:
            await self._line.surely("deleteMessage", {"chat_id": chat, "message_id": message}, priority=None)
        except Refused as error:
            log.info("a stray message stays", chat=chat, message=message, error=str(error))


def _count(chat: int) -> int:
    """Supergroups count their messages themselves; everywhere else there is one count for all."""
    return chat if chat < -1_000_000_000_000 else 0
