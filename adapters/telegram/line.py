"""The line to the Bot API: one call, or one that is repeated until it is answered."""

import asyncio
import logging
import os
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import httpx
import structlog
from httpx_aiohttp import AiohttpTransport
from telegram import Bot, InputFile, User
from telegram.error import ChatMigrated, RetryAfter, TelegramError
from telegram.request import HTTPXRequest

from adapters.telegram.pace import FIRST, Pace
from adapters.telegram.troubles import Trouble, failure_of, seconds_of
from bot.errors import OutcomeUnknown, Refused, Unavailable

log = structlog.get_logger()

OFFICIAL = "https://api.telegram.org"
CONNECT = 10.0  # seconds
ANSWER = 20.0  # seconds for an ordinary call
UPLOAD = 300.0  # seconds for one that carries files
LONGEST_PAUSE = 30.0  # seconds between tries while the network is away
_BESIDE = ("setMessageReaction", "sendChatAction")  # told to wait, these do not make words wait
_LOOPBACK = ("localhost", "127.0.0.1", "::1")

Params = Mapping[str, Any]


class _Wire(Bot):
    """The library's bot, with answers as they came: parsing what nobody reads costs most of a call."""

    async def call(self, method: str, params: dict[str, Any], *, answer: float, write: float) -> Any:
        said = {name: value for name, value in params.items() if value is not None}
        return await self._do_post(method, said, read_timeout=answer, write_timeout=write)


class Line:
    """Calls by their wire names, in our own errors. A group that has moved is found under its new id.

    Calls wait until ``opened`` was called, which says who we are.
    """

    def __init__(
        self,
        token: str,
        api_url: str,
        pace: Pace,
        *,
        moved: Callable[[int, int], Awaitable[None]] | None = None,
    ) -> None:
        # The library would otherwise warn about every span of time that it is asked for.
        os.environ.setdefault("PTB_TIMEDELTA", "1")
        # And it tells of a proxy's page in place of an answer with a traceback; we say it in one line.
        logging.getLogger("telegram.request.BaseRequest").setLevel(logging.CRITICAL)
        self.pace = pace
        self.is_official = api_url.rstrip("/") == OFFICIAL
        self.me: User
        self._token = token
        self._api_url = api_url.rstrip("/")
        self._moved = moved
        self._places: dict[int, int] = {}  # groups that have moved
        self._open = asyncio.Event()
        self._wire = self._connect()

    def opened(self, me: User) -> None:
        """Let calls go from now on."""
        self.me = me
        self._open.set()

    def aside(self) -> "Line":
        """Another line to the same place, with a connection of its own."""
        return Line(self._token, self._api_url, self.pace)

    async def close(self) -> None:
        self._open.clear()
        await self._wire.request.shutdown()

    async def renew(self) -> None:
        """Hang up and begin with a new connection."""
        old, self._wire = self._wire, self._connect()
        await old.request.shutdown()

    def _connect(self) -> _Wire:
        context = httpx.create_ssl_context()
        near = urlsplit(self._api_url).hostname in _LOOPBACK

        def session() -> aiohttp.ClientSession:
            connector = aiohttp.TCPConnector(limit=256, keepalive_timeout=30.0, ssl=context)
            return aiohttp.ClientSession(
                connector=connector, trust_env=not near
            )  # proxies of the environment

        request = HTTPXRequest(
            connect_timeout=CONNECT,
            pool_timeout=LONGEST_PAUSE,
            httpx_kwargs={"transport": AiohttpTransport(verify=context, client=session)},
        )
        return _Wire(
            self._token,
            base_url=f"{self._api_url}/bot",
            base_file_url=f"{self._api_url}/file/bot",
            request=request,
            get_updates_request=request,
        )

    # --- calls ------------------------------------------------------------------------------

    async def once(
        self,
        method: str,
        params: Params,
        *,
        files: Mapping[str, InputFile] | None = None,
        within: float = 0.0,
        early: bool = False,
    ) -> Any:
        """One try; the ``result`` as it came.

        Raises Refused, Unsupported, Unavailable (surely nothing was done), and OutcomeUnknown, also when
        nothing came ``within`` seconds. ``early`` calls do not wait for ``opened``.
        """
        if not early:
            await self._open.wait()
        said = dict(params)
        if isinstance(chat := said.get("chat_id"), int) and (now := self.place(chat)) != chat:
            if "message_id" in said:
                raise Refused("the chat has moved, and left it behind", code=Trouble.GONE)
            said["chat_id"] = now
            said.pop("reply_parameters", None)  # ids of messages begin anew there
        wait = within or (UPLOAD if files else ANSWER)
        try:
            return await self._wire.call(method, {**said, **(files or {})}, answer=wait, write=wait)
        except ChatMigrated as error:
            await self.has_moved(said["chat_id"], error.new_chat_id)
            return await self.once(method, said, files=files, within=within, early=early)
        except TelegramError as error:
            if isinstance(error, RetryAfter) and "chat_id" in said and method not in _BESIDE:
                log.info("told to wait", method=method, chat=said["chat_id"], seconds=seconds_of(error))
                self.pace.hold(said["chat_id"], seconds_of(error) + 0.1)
            raise failure_of(error) from error
        except KeyError as error:  # an answer without a result
            raise OutcomeUnknown("the answer has no result") from error

    async def surely(
        self,
        method: str,
        params: Params,
        *,
        files: Mapping[str, InputFile] | None = None,
        priority: int | None = FIRST,
        lane: int = 0,
    ) -> Any:
        """Until it is answered, however long the network is away. For what may be repeated.

        It waits for its turn in the chat (or ``lane``, for what is in no chat), or with ``priority`` None
        costs no turn. Raises Refused, Unsupported.
        """
        pauses = Pauses()
        while True:
            if priority is not None:
                await self.pace.turn(lane or self.place(params["chat_id"]), priority)
            try:
                return await self.once(method, params, files=files)
            except (Unavailable, OutcomeUnknown) as error:
                await pauses.after(error, method)

    async def download(self, path: str) -> bytes:
        """The file that ``getFile`` named."""
        try:
            return await self._wire.request.retrieve(
                f"{self._wire.base_file_url}/{path}", read_timeout=UPLOAD
            )
        except TelegramError as error:
            raise failure_of(error) from error

    # --- groups that move -------------------------------------------------------------------

    def remember(self, moves: Mapping[str, str]) -> None:
        """Moves of earlier days, by id."""
        self._places |= {int(old): int(new) for old, new in moves.items()}

    def place(self, chat: int) -> int:
        """Where that chat is now."""
        while chat in self._places:
            chat = self._places[chat]
        return chat

    def came_from_elsewhere(self, chat: int) -> bool:
        """Whether a chat has moved there."""
        return chat in self._places.values()

    async def has_moved(self, old: int, new: int) -> None:
        """Remember it, and tell whoever wants to know. Once more is harmless."""
        if self._places.get(old) == new or self.place(new) == old:
            return
        self._places[old] = new
        if self._moved is not None:
            await self._moved(old, new)


class Pauses:
    """Longer and longer ones while the network is away."""

    def __init__(self, first: float = 0.5, longest: float = LONGEST_PAUSE) -> None:
        self._next = first
        self._longest = longest

    async def after(self, error: Unavailable | OutcomeUnknown, method: str) -> None:
        """Wait as long as the platform says, or a while."""
        if isinstance(error, Unavailable) and error.retry_after:
            await asyncio.sleep(error.retry_after + 0.1)
            return
        log.info("trying again", method=method, error=str(error), wait=round(self._next, 1))
        await asyncio.sleep(self._next * random.uniform(0.7, 1.3))
        self._next = min(2 * self._next, self._longest)
