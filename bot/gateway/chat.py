"""Chat completions of any OpenAI-compatible gateway."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import httpx
import structlog

from bot.errors import Kind, OutcomeUnknown, ServiceError, Silent, Unavailable
from bot.gateway.checks import findings
from bot.gateway.exchange import Exchange
from bot.gateway.http import TRANSPORT, api_of, error_in, error_of, failure_of, secret_of, values_in
from bot.gateway.models import Models, kind_of
from bot.gateway.patience import Patience
from bot.gateway.pictures import DataUrls
from bot.gateway.request import TOOLS, Quirks, build
from bot.gateway.retry import Budget, Tries
from bot.gateway.tokens import PER_MESSAGE, Tokens, counted
from bot.messages import Piece, Prompt, Usage
from bot.metrics import gateway_errors, gateway_requests
from bot.ports import ChatModel, Finding

log = structlog.get_logger()

TOTAL = 900.0  # seconds that one answer may take
MEDIA = 300.0  # seconds of silence that are usual while a picture, song or film is made in chat
MOST_CHANGES = 6  # of one request, after refusals that name what to change
PROBE = 20.0  # seconds

_CHANGEABLE = (Kind.PARAMETER, Kind.REQUEST, Kind.SETUP, Kind.MODEL)
_OTHER_NAME = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
_UNKNOWN = re.compile(
    r"not (supported|permitted|allowed)|unsupported|unknown|unrecognized|unexpected|extra ", re.IGNORECASE
)
_NO_TOOLS = re.compile(
    r"function calling is not (enabled|supported)|(not|n't) support\w* (tool|function)|tool use"
    r"|tools? .*not support",
    re.IGNORECASE,
)
_BLIND = re.compile(
    r"not a vlm|support image|(not|n't) (accept|allow|support)\w* (vision|multimodal)"
    r"|unknown variant `?image_url|(image|vision)\w*( input)? (is|are) not supported",
    re.IGNORECASE,
)


class Completions(ChatModel):
    """A gateway's chat models.

    ``first_token`` and ``idle`` are seconds. Without ``model``, a Prompt that names none goes to the first
    chat model that the gateway lists. With ``paid``, answers are paid by the piece whatever model gives them:
    what may have been carried out is never sent again, and is told as OutcomeUnknown.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        url: str,
        key: str,
        *,
        model: str = "",
        first_token: float = 60.0,
        idle: float = 120.0,
        paid: bool = False,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._client = client
        self._api = api_of(url)
        self._key = secret_of(key)
        self._model = model
        self._first_token = first_token
        self._idle = idle
        self._paid = paid
        self._sleep = sleep
        self._models = Models(client, f"{self._api}/models", self._headers("application/json"))
        self._pictures = DataUrls()
        self._tokens = Tokens()
        self._budget = Budget()
        self._quirks: dict[str, Quirks] = {}

    async def stream(self, prompt: Prompt) -> AsyncIterator[Piece]:
        """The answer's pieces; see the port. Context that is too long is Refused CONTEXT, not trimmed."""
        model = prompt.model or self._model or await self._models.first()
        quirks = self._quirks.setdefault(model, Quirks())
        exchange = await self._begin(prompt, model, quirks)
        try:
            while pieces := await exchange.more():
                for piece in pieces:
                    yield piece
                    if isinstance(piece, Usage):
                        self._learn(prompt, model, piece)
        except ServiceError as error:
            self._note(error, model)
            raise
        finally:
            quirks.unopened = exchange.unopened
            await exchange.close()

    async def models(self) -> Sequence[str]:
        """Names of the models that can chat, in the gateway's order."""
        return await self._models.chatting()

    def count(self, text: str) -> int:
        """About how many tokens that is for the configured model."""
        return self._tokens.count(text, self._model)

    async def probe(self) -> Sequence[Finding]:
        """Address, key, models. The key is tried by a request that no model can answer."""
        return await findings(self._models, self._model, self._api, self._ask)

    # --- asking ---------------------------------------------------------------------------

    async def _begin(self, prompt: Prompt, model: str, quirks: Quirks) -> Exchange:
        """The answer's first pieces are there when this returns."""
        media = self._paid or kind_of(model).media
        tries = Tries(self._budget, media=media)
        small, changes = False, 0
        while True:
            body = await build(prompt, model, quirks, self._pictures, small=small)
            try:
                return await self._once(body, quirks, media=media)
            except ServiceError as error:
                self._note(error, model)
                if changes < MOST_CHANGES and _learn_from(error, body, quirks):
                    changes += 1
                    continue
                unclear = self._paid and isinstance(error, OutcomeUnknown)
                if not (small or unclear) and _too_large(error) and _has_pictures(body):
                    small = True
                    continue
                wait = tries.after(error) if self._may_pass(error, model) else None
                if wait is None:
                    raise (error if self._paid else _final(error)) from error.__cause__
                log.info("chat is tried again", model=model, wait=round(wait, 1))
                await self._sleep(wait)

    async def _once(self, body: dict[str, Any], quirks: Quirks, *, media: bool) -> Exchange:
        content = await asyncio.to_thread(_encoded, body) if _has_pictures(body) else _encoded(body)
        accept = "text/event-stream" if body["stream"] else "application/json"
        gateway_requests.labels("chat", "completions").inc()
        self._budget.called()
        first, idle = self._first_token, self._idle
        if media or not body["stream"]:  # nothing comes before all of it is made
            first, idle = max(first, MEDIA), max(idle, MEDIA)
        exchange = Exchange(self._client, Patience(first, idle, TOTAL), unopened=quirks.unopened)
        try:
            await exchange.begin(f"{self._api}/chat/completions", self._headers(accept), content)
        except BaseException:
            await exchange.close()
            raise
        self._budget.succeeded()
        return exchange

    def _headers(self, accept: str) -> list[tuple[bytes, bytes]]:
        headers = {"accept": accept, "content-type": "application/json", "accept-encoding": "identity"}
        if self._key:
            headers["authorization"] = f"Bearer {self._key}"
        return [(name.encode(), value.encode("utf-8", "replace")) for name, value in headers.items()]

    def _may_pass(self, error: ServiceError, model: str) -> bool:
        """A 503 for a model that is not in the list is a wrong name, and will not pass."""
        known = {each.id for each in self._models.known}
        return error.kind is not Kind.MODEL or not known or model in known

    def _note(self, error: ServiceError, model: str) -> None:
        gateway_errors.labels("chat", error.kind.value).inc()
        log.warning("chat failed", model=model, error=type(error).__name__, said=str(error))
        if error.kind in (Kind.KEY, Kind.QUOTA) or error.status >= 500:
            self._budget.failed()

    def _learn(self, prompt: Prompt, model: str, usage: Usage) -> None:
        """What the gateway counted, against what we did. Pictures count differently everywhere."""
        if any(turn.images for turn in prompt.turns):
            return
        ours = sum(counted(turn.text) + PER_MESSAGE for turn in prompt.turns)
        if "tools" not in self._quirks[model].dropped:
            ours += counted(json.dumps(prompt.parameters.get("tools", "")))
        for name in {model, prompt.model or self._model}:
            self._tokens.learn(name, ours, usage.prompt)

    async def _ask(self, model: str) -> ServiceError | None:
        """What a request without messages is answered: nothing is made, and nothing paid."""
        body = {"model": model, "messages": [], "max_tokens": 1, "stream": False}
        gateway_requests.labels("chat", "probe").inc()
        try:
            async with asyncio.timeout(PROBE):
                response = await self._client.post(
                    f"{self._api}/chat/completions",
                    content=_encoded(body),
                    headers=self._headers("application/json"),
                )
        except TimeoutError:
            return Silent("no answer in time", kind=Kind.TIMEOUT)
        except TRANSPORT as error:
            return failure_of(error)
        if not response.is_success or response.content.lstrip().startswith(b"<"):
            return error_of(response.status_code, response.content, response.headers)
        return next(
            filter(None, map(error_in, values_in(response.content.decode("utf-8-sig", "replace").strip()))),
            None,
        )


def _learn_from(error: ServiceError, body: dict[str, Any], quirks: Quirks) -> bool:
    """Take in what this model does not take; False when the refusal names nothing that can be left out."""
    name, words = error.detail, error.reason
    if not 400 <= error.status < 500 or error.kind not in _CHANGEABLE:
        return False
    if not quirks.blind and _has_pictures(body) and _BLIND.search(words):
        quirks.blind = True
        return True
    if "tools" in body and _NO_TOOLS.search(words):
        quirks.dropped |= TOOLS
        return True
    if error.kind is not Kind.PARAMETER:
        name = next((each for each in body if "_" in each and re.search(rf"\b{each}\b", words)), "")
        name = name if _UNKNOWN.search(words) else ""
    if name == "messages" and "system" in words and not quirks.no_system:
        quirks.no_system = True
    elif name == "stream" and body["stream"]:
        quirks.unstreamed = True
    elif name in body and name not in ("model", "messages", "stream"):
        other = _OTHER_NAME.get(name, "")
        if other in words and other and name not in quirks.renamed.values():
            quirks.renamed[name] = other
        else:
            quirks.dropped.add(name)
    else:
        return False
    return True


def _too_large(error: ServiceError) -> bool:
    """Whether smaller pictures may help. A proxy that finds a body too large often just hangs up on it."""
    hung_up = isinstance(error, OutcomeUnknown) and error.kind is Kind.UPSTREAM and not error.status
    unread = error.code in ("count_token_messages_failed", "count_token_failed")
    return error.kind is Kind.SIZE or unread or hung_up


def _has_pictures(body: dict[str, Any]) -> bool:
    return any(isinstance(message["content"], list) for message in body["messages"])


def _encoded(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _final(error: ServiceError) -> ServiceError:
    """In chat nothing hangs on whether the gateway did its work: a lost answer is one that did not come."""
    if not isinstance(error, OutcomeUnknown):
        return error
    lost = Silent if error.kind is Kind.TIMEOUT else Unavailable
    return lost(error.reason, kind=error.kind, status=error.status, code=error.code, request=error.request)
