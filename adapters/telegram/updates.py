"""How updates come: fetched by long polling, or brought to our own door."""

import asyncio
import hmac
import json
import random
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from aiohttp import web

from adapters.telegram.line import Line, Pauses
from adapters.telegram.troubles import Trouble
from bot.errors import Kind, OutcomeUnknown, ServiceError, Unavailable
from bot.ports import Options

log = structlog.get_logger()

PATH = "/telegram/webhook"
WEBHOOK = "telegram.webhook"  # place of options
SECRET = "X-Telegram-Bot-Api-Secret-Token"
MOST_FIGHTS = 5
MAX_BODY = 4_000_000  # bytes
KINDS = [
    "message",
    "edited_message",
    "callback_query",
    "inline_query",
    "chosen_inline_result",
    "my_chat_member",
    "stopped_message_generation",
]

Take = Callable[[Sequence[Mapping[str, Any]]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds. Tests are in more of a hurry than people are."""

    poll: int = 25  # how long the server may keep a request for updates
    grace: float = 15.0  # more than that without an answer, and the connection is taken for dead
    again: float = 1.0  # before we take back what another copy has just taken
    other: float = 20.0  # between looks whether another copy is still there
    wrong: float = 60.0  # between tries with a token that is not accepted
    longest: float = 30.0  # between tries while the network is away
    retry: float = 5.0  # before what was not taken in is tried again; doubled each time


class Polling:
    """Long polling on a connection of its own. What is fetched is stored before it is acknowledged.

    Of two copies with one token, the one that has polled undisturbed for a while takes its place back, and
    the other waits until it is gone. Where that one does not wait but cuts us short time after time, we do.
    """

    def __init__(self, line: Line, take: Take, waits: Waits) -> None:
        self._line = line
        self._take = take
        self._waits = waits
        self._offset = 0
        self._since: float | None = None  # when we began to poll undisturbed
        self._polled = 0.0  # when the last request left
        self._settled = False  # we have polled undisturbed for a while
        self._waited = False  # for another copy
        self._fights = 0  # requests in a row that another copy cut short at once

    async def run(self) -> None:
        """Fetch until cancelled."""
        pauses = self._pauses()
        while True:
            try:
                updates = await self._fetch()
            except (Unavailable, OutcomeUnknown) as error:
                if error.kind is Kind.TIMEOUT:
                    log.warning("the connection for updates is silent; it is rebuilt")
                    await self._line.renew()
                await pauses.after(error, "getUpdates")
                continue
            except ServiceError as error:
                await self._refused(error)
                continue
            pauses = self._pauses()
            self._undisturbed()
            if updates and not await self._stored(updates):
                await pauses.after(OutcomeUnknown("storage is away"), "getUpdates")

    async def _stored(self, updates: Sequence[Mapping[str, Any]]) -> bool:
        """Take them in, and acknowledge them with the next request. What is not stored is fetched again."""
        try:
            await self._take(updates)
        except Exception:
            log.exception("updates cannot be stored")
            return False
        self._offset = max(update["update_id"] for update in updates) + 1
        return True

    async def _fetch(self) -> list[dict[str, Any]]:
        params = {
            "offset": self._offset or None,
            "timeout": self._waits.poll,
            "allowed_updates": KINDS,
        }
        deadline = self._waits.poll + self._waits.grace
        self._polled = asyncio.get_running_loop().time()
        self._since = self._since or self._polled
        try:
            async with asyncio.timeout(deadline):
                found = await self._line.once("getUpdates", params, within=deadline + 5, early=True)
        except TimeoutError as error:
            raise OutcomeUnknown("no answer", kind=Kind.TIMEOUT) from error
        return [update for update in found if isinstance(update, dict) and "update_id" in update]

    async def _refused(self, error: ServiceError) -> None:
        """Another copy polls with our token, a webhook was set, or the token is none."""
        if error.code != Trouble.CONFLICT:
            log.error("Telegram does not let us fetch updates", error=str(error))
            await asyncio.sleep(self._waits.wrong)
            return
        if "webhook" in error.reason and "terminated" not in error.reason:
            log.warning("a webhook was set by somebody else; it is removed, since we poll")
            await self._remove_webhook()
            await asyncio.sleep(self._waits.again)
            return
        now = asyncio.get_running_loop().time()
        self._fights = self._fights + 1 if now - self._polled < 3 * self._waits.again else 1
        if self._settled and self._fights <= MOST_FIGHTS:  # it may only be a look
            await asyncio.sleep(self._waits.again * random.uniform(0.5, 1.0))
            return
        if self._settled or not self._waited:
            log.warning("another copy of this bot polls with the same token; this one waits until it is gone")
        self._settled, self._waited, self._fights, self._since = False, True, 0, None
        await asyncio.sleep(self._waits.other * random.uniform(0.7, 1.3))

    def _undisturbed(self) -> None:
        """A request ended as it should. After a while of that, the place is ours."""
        now = asyncio.get_running_loop().time()
        if self._since is not None and now - self._since >= self._waits.other and not self._settled:
            self._settled = True
            if self._waited:
                log.info("polling: the other copy is gone")
                self._waited = False

    async def _remove_webhook(self) -> None:
        try:
            await self._line.once("deleteWebhook", {}, early=True)
        except ServiceError as error:
            log.warning("the webhook cannot be removed", error=str(error))

    def _pauses(self) -> Pauses:
        return Pauses(0.5, self._waits.longest)


class Webhook:
    """The door for updates on the one web application. Answered once they are stored."""

    def __init__(self, options: Options, url: str, secret: str) -> None:
        self._options = options
        self._url = address_of(url)
        self._secret = secret
        self._take: Take | None = None

    @property
    def is_wanted(self) -> bool:
        return bool(self._url)

    def add_to(self, routes: web.UrlDispatcher) -> None:
        routes.add_post(PATH, self._receive)

    async def open(self, line: Line, take: Take) -> None:
        """Let updates in, and say to the platform where. Refused when it does not like the address."""
        secret = await self._kept_secret()
        self._take = take
        found = await line.surely("getWebhookInfo", {}, priority=None)
        kept = await self._options.get(WEBHOOK)
        same = found.get("url") == self._url and set(found.get("allowed_updates") or ()) == set(KINDS)
        if same and kept.get("told") == secret:
            return
        params = {"url": self._url, "secret_token": secret, "allowed_updates": KINDS, "max_connections": 10}
        await line.surely("setWebhook", params, priority=None)
        await self._options.set(WEBHOOK, "told", secret)
        log.info("webhook set", url=self._url)

    def shut(self) -> None:
        self._take = None

    async def _kept_secret(self) -> str:
        """The one that was given, or one that is made once."""
        if not self._secret:
            made = (await self._options.get(WEBHOOK)).get("secret") or secrets.token_urlsafe(32)
            await self._options.set(WEBHOOK, "secret", made)
            self._secret = made
        return self._secret

    async def _receive(self, request: web.Request) -> web.Response:
        if self._take is None:
            raise web.HTTPServiceUnavailable(text="Not now.")
        given = request.headers.get(SECRET, "").encode()
        if not hmac.compare_digest(given, self._secret.encode()):
            raise web.HTTPForbidden(text="That is not the secret.")
        if (request.content_length or 0) > MAX_BODY:
            raise web.HTTPRequestEntityTooLarge(MAX_BODY, request.content_length or 0)
        body = await request.content.read(MAX_BODY + 1)
        while len(body) <= MAX_BODY and (more := await request.content.read(MAX_BODY + 1 - len(body))):
            body += more
        if len(body) > MAX_BODY:
            raise web.HTTPRequestEntityTooLarge(MAX_BODY, len(body))
        try:
            update = json.loads(body)
            known = isinstance(update, dict) and isinstance(update["update_id"], int)
        except (ValueError, KeyError):
            known = False
        if not known:
            raise web.HTTPBadRequest(text="That is not an update.")
        await self._take([update])
        return web.Response()


def address_of(url: str) -> str:
    """Where our door is, below the public address that was given; "" for none."""
    root = url.rstrip("/").removesuffix(PATH)
    return root + PATH if root else ""


async def remove_webhook(line: Line, options: Options) -> None:
    """Polling and a webhook exclude each other. What waits is kept."""
    found = await line.surely("getWebhookInfo", {}, priority=None)
    if found.get("url"):
        await line.surely("deleteWebhook", {}, priority=None)
        log.info("webhook removed: we poll")
    await options.set(WEBHOOK, "told", None)
