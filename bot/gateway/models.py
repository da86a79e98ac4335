"""What models a gateway has, and which of them can chat."""

import asyncio
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from time import monotonic
from typing import Any

import httpx
import structlog

from bot.errors import Kind, OutcomeUnknown, Refused, ServiceError, Silent, Unavailable
from bot.gateway.http import TRANSPORT, body_of, error_in, error_of, failure_of
from bot.metrics import gateway_errors, gateway_requests

log = structlog.get_logger()

FRESH = 600.0  # seconds
AGAIN = 30.0  # seconds after a failure for which the previous list serves without asking
PATIENCE = 30.0  # seconds


class ModelKind(StrEnum):
    """What a model is for, by where it is called and what it answers with."""

    EMBEDDING = "embedding"
    RERANK = "rerank"
    MODERATION = "moderation"
    STT = "speech to text"
    TTS = "text to speech"
    REALTIME = "realtime"
    MIDJOURNEY_TASK = "midjourney task"
    SUNO_TASK = "suno task"
    VIDEO_TASK = "video task"
    MUSIC_CHAT = "music in chat"
    VIDEO_CHAT = "video in chat"
    IMAGE_CHAT = "image in chat"
    IMAGES = "images"
    TOOLED_CHAT = "chat that may draw or browse"
    COMPLETION = "completion"
    CHAT = "chat"

    @property
    def chats(self) -> bool:
        """Whether it is spoken to over chat completions."""
        return self.media or self in (ModelKind.CHAT, ModelKind.TOOLED_CHAT)

    @property
    def media(self) -> bool:
        """Whether every answer is a made picture, song or film: slow, and paid by the piece."""
        return self in (ModelKind.MUSIC_CHAT, ModelKind.VIDEO_CHAT, ModelKind.IMAGE_CHAT)


# In this order, the first that fits. By name, for most gateways tell nothing else.
_KINDS = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        (ModelKind.EMBEDDING, r"embed|bge-|m3e|gte-|e5-"),
        (ModelKind.RERANK, r"rerank"),
        (ModelKind.MODERATION, r"moderation"),
        (ModelKind.STT, r"whisper|transcribe|asr|sensevoice"),
        (ModelKind.TTS, r"^tts-|-tts($|-)|cosyvoice|speech-0"),
        (ModelKind.REALTIME, r"realtime"),
        (ModelKind.MIDJOURNEY_TASK, r"^mj_|^swap_face$"),
        (ModelKind.SUNO_TASK, r"^suno_(music|lyrics)|^chirp-"),
        (ModelKind.VIDEO_TASK, r"^(kling|viggle|hailuo|veo|sora-2|runwayml)"),
        (ModelKind.MUSIC_CHAT, r"^suno-v|^suno$|udio"),
        (ModelKind.VIDEO_CHAT, r"luma-video|runway-video|cogvideo|vidu|pika|sora_video|-to-video"),
        (
            ModelKind.IMAGE_CHAT,
            r"^mj-chat$|^midjourney$|gpt-4o-image|sora_image|dalle$|stable-diffusion(?!.*images)|^playground"
            r"|ideogram|-image-preview|flash-image|nano-banana|seededit",
        ),
        (
            ModelKind.IMAGES,
            r"^dall-e|^gpt-image|^chatgpt-image|^flux|^imagen|recraft|^sd3|seedream|cogview|grok-.*image",
        ),
        (ModelKind.TOOLED_CHAT, r"-all($|-)|gizmo"),
        (ModelKind.COMPLETION, r"instruct|davinci|babbage"),
    )
)
_ENDPOINTS = {
    "embeddings": ModelKind.EMBEDDING,
    "jina-rerank": ModelKind.RERANK,
    "openai-video": ModelKind.VIDEO_TASK,
    "image-generation": ModelKind.IMAGES,
}


@dataclass(frozen=True, slots=True)
class Model:
    """A model by the name that it is called with."""

    id: str
    kind: ModelKind


def kind_of(name: str, endpoints: Sequence[str] = ()) -> ModelKind:
    """A model's kind by its name, unless new-api's ``supported_endpoint_types`` leave no choice."""
    kinds = {_ENDPOINTS.get(endpoint) for endpoint in endpoints}
    if len(kinds) == 1 and (only := kinds.pop()):
        return only
    short = name.lower().rpartition("/")[2]
    return next((kind for kind, pattern in _KINDS if pattern.search(short)), ModelKind.CHAT)


class Models:
    """The gateway's list, kept for ten minutes; the previous one serves while it cannot be had."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        url: str,
        headers: Sequence[tuple[bytes, bytes]],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._client = client
        self._url = url
        self._headers = headers
        self._clock = clock
        self._lock = asyncio.Lock()
        self._due = 0.0
        self.known: tuple[Model, ...] = ()  # what was last heard

    async def all(self) -> Sequence[Model]:
        """Every model, in the gateway's order."""
        async with self._lock:
            if self.known and self._clock() < self._due:
                return self.known
            try:
                self.known = await self.fetch()
                self._due = self._clock() + FRESH
            except ServiceError as error:
                if not self.known:
                    raise
                log.warning("the previous list of models serves on", error=str(error))
                self._due = self._clock() + AGAIN
            return self.known

    async def chatting(self) -> Sequence[str]:
        """Names of those that can chat."""
        return [model.id for model in await self.all() if model.kind.chats]

    async def first(self) -> str:
        """The first that simply chats, else the first that can. Refused MODEL when there is none."""
        models = [model for model in await self.all() if model.kind.chats]
        if not models:
            raise Refused("the gateway lists no model that can chat", kind=Kind.MODEL)
        return next((model for model in models if model.kind is ModelKind.CHAT), models[0]).id

    async def fetch(self) -> tuple[Model, ...]:
        """Ask the gateway now, again after a failure that passes. Asking twice costs nothing."""
        for wait in (0.5, None):
            try:
                return await self._fetch()
            except ServiceError as error:
                gateway_errors.labels("chat", error.kind.value).inc()
                if (
                    wait is None
                    or not isinstance(error, (Unavailable, OutcomeUnknown))
                    or error.status == 429
                ):
                    raise
            await asyncio.sleep(wait)
        raise AssertionError

    async def _fetch(self) -> tuple[Model, ...]:
        gateway_requests.labels("chat", "models").inc()
        try:
            request = self._client.build_request("GET", self._url, headers=self._headers)
            async with asyncio.timeout(PATIENCE):
                response = await self._client.send(request, stream=True)
                try:
                    body = await body_of(response)
                finally:
                    await response.aclose()
        except TimeoutError:
            raise Silent("no answer in time", kind=Kind.TIMEOUT) from None
        except TRANSPORT as error:
            raise failure_of(error) from error
        try:
            value = json.loads(body.decode("utf-8-sig", "replace"), strict=False)
        except (ValueError, RecursionError):
            value = None
        if not response.is_success or value is None:
            raise error_of(response.status_code, body, response.headers)
        refusal = error_in(value, headers=response.headers)
        if refusal:
            raise refusal
        return tuple(_listed(value))


def _listed(value: Any) -> list[Model]:
    """The models in any of the dialects: ``data`` with or without ``object``, ``models``, a bare list."""
    if isinstance(value, dict):
        value = value.get("data") or value.get("models") or []
    if isinstance(value, dict):  # by name
        value = [{"id": name} for name in value]
    found: dict[str, Model] = {}
    for each in value if isinstance(value, list) else []:
        entry = each if isinstance(each, dict) else {"id": each}
        name = entry.get("id") or entry.get("name") or entry.get("model")
        endpoints = entry.get("supported_endpoint_types")
        if isinstance(name, str) and name and name not in found:
            types = [str(one) for one in endpoints] if isinstance(endpoints, list) else []
            found[name] = Model(name, kind_of(name, types))
    return list(found.values())
