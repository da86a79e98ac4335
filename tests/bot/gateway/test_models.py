"""Lists of models, in the dialects of gateways, and what each model is for."""

import json
from typing import Any

import httpx
import pytest

from bot.errors import Kind, Refused, ServiceError, Unavailable
from bot.gateway.models import ModelKind, Models, kind_of
from tests.bot.gateway.asking import Asker
from tests.bot.gateway.server import Gateway, Reply, whole

ELEMENT = {"id": "gpt-4o", "object": "model", "created": 1626777600, "owned_by": "openai", "root": "gpt-4o"}


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def models(gateway: Gateway, client: httpx.AsyncClient, clock: Clock) -> Models:
    return Models(client, f"{gateway.url}/v1/models", [(b"authorization", b"Bearer k")], clock)


@pytest.mark.parametrize(
    ("listing", "names"),
    [
        ({"object": "list", "data": [ELEMENT]}, ["gpt-4o"]),
        ({"success": True, "data": [ELEMENT]}, ["gpt-4o"]),
        (
            {
                "success": True,
                "object": "list",
                "data": [{**ELEMENT, "supported_endpoint_types": ["openai"]}],
            },
            ["gpt-4o"],
        ),
        ({"object": "list", "data": []}, []),
        ({"data": None}, []),
        ([ELEMENT], ["gpt-4o"]),
        (["gpt-4o", "o3"], ["gpt-4o", "o3"]),
        ({"models": [{"name": "llama3:8b"}]}, ["llama3:8b"]),
        ({"data": {"gpt-4o": {}}}, ["gpt-4o"]),
        (
            {"data": [{"id": "b/x:free"}, {"id": "a 模型 [1]"}, {"id": "b/x:free"}]},
            ["b/x:free", "a 模型 [1]"],
        ),
        ({"data": [{"id": ""}, {"id": None}, 5, {"owned_by": None, "id": "x"}]}, ["x"]),
    ],
)
async def test_every_dialect_of_the_list(listing: Any, names: list[str], gateway: Gateway, models: Models):
    gateway.listing = whole(json.dumps(listing))

    assert [model.id for model in await models.all()] == names


async def test_the_request_carries_the_key_and_nothing_that_changes_the_format(
    gateway: Gateway, models: Models
):
    await models.all()

    headers = gateway.requests[0].headers
    assert headers["authorization"] == "Bearer k"
    assert not {"x-api-key", "anthropic-version", "x-goog-api-key"} & headers.keys()


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (whole('{"success":false,"message":"get user group failed"}'), Kind.UPSTREAM),
        (whole('{"error":{"message":"无效的令牌","type":"new_api_error"}}', 401), Kind.KEY),
        (whole("<html>", 200, "text/html"), Kind.SETUP),
        (whole("", 502), Kind.UPSTREAM),
        (Reply((), "reset"), Kind.UPSTREAM),
        (whole('{"data":', 200), Kind.UPSTREAM),
    ],
)
async def test_a_failure_is_what_it_is_until_there_is_a_list_to_fall_back_on(
    reply: Reply, kind: Kind, gateway: Gateway, models: Models, clock: Clock
):
    good, gateway.listing = gateway.listing, reply
    with pytest.raises(ServiceError) as caught:
        await models.all()
    assert caught.value.kind is kind

    gateway.listing = good
    assert [model.id for model in await models.all()] == ["gpt-4o-mini"]
    gateway.listing = reply
    clock.now += 700
    assert [model.id for model in await models.all()] == ["gpt-4o-mini"]
    asked = len(gateway.requests)
    await models.all()
    assert len(gateway.requests) == asked, "a failing gateway is left alone for a while"


async def test_the_list_is_kept_for_ten_minutes(gateway: Gateway, models: Models, clock: Clock):
    await models.all()
    clock.now += 599
    await models.all()
    assert len(gateway.requests) == 1

    clock.now += 2
    gateway.listing = whole('{"data":["new"]}')

    assert [model.id for model in await models.all()] == ["new"]


async def test_those_that_chat_are_listed_in_the_gateways_order(asker: Asker):
    names = [
        "whisper-1",
        "z-chat",
        "dall-e-3",
        "mj-chat",
        "mj_imagine",
        "a-chat",
        "gpt-3.5-turbo-instruct",
        "tts-1",
    ]
    asker.gateway.listing = whole(json.dumps({"data": [{"id": name} for name in names]}))

    assert await asker.completions.models() == ["z-chat", "mj-chat", "a-chat"]


@pytest.mark.parametrize(
    ("names", "first"),
    [(["tts-1", "mj-chat", "gpt-4-all", "qwen"], "qwen"), (["tts-1", "mj-chat", "gpt-4-all"], "mj-chat")],
)
async def test_the_first_is_one_that_simply_chats(
    names: list[str], first: str, gateway: Gateway, models: Models
):
    gateway.listing = whole(json.dumps(names))

    assert await models.first() == first


async def test_no_chat_model_is_a_refusal(gateway: Gateway, models: Models):
    gateway.listing = whole('["tts-1"]')

    with pytest.raises(Refused) as caught:
        await models.first()

    assert caught.value.kind is Kind.MODEL


async def test_a_failure_that_passes_is_asked_over(gateway: Gateway, models: Models):
    gateway.listing = whole("", 503)

    with pytest.raises(Unavailable):
        await models.all()

    assert len(gateway.requests) == 2


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (ModelKind.EMBEDDING, "text-embedding-3-small bge-m3 BAAI/bge-large-zh"),
        (ModelKind.RERANK, "jina-reranker-v2"),
        (ModelKind.MODERATION, "omni-moderation-latest"),
        (ModelKind.STT, "whisper-1 gpt-4o-transcribe SenseVoiceSmall"),
        (ModelKind.TTS, "tts-1-hd gpt-4o-mini-tts CosyVoice2"),
        (ModelKind.REALTIME, "gpt-4o-realtime-preview"),
        (ModelKind.MIDJOURNEY_TASK, "mj_imagine mj_upscale mj_describe swap_face"),
        (ModelKind.SUNO_TASK, "suno_music suno_lyrics chirp-v3-5"),
        (ModelKind.VIDEO_TASK, "kling-v1 veo3 sora-2 hailuo-02 viggle runwayml-gen3"),
        (ModelKind.MUSIC_CHAT, "suno-v3.5 suno udio"),
        (ModelKind.VIDEO_CHAT, "luma-video sora_video2 cogvideox pika-1.5"),
        (
            ModelKind.IMAGE_CHAT,
            """mj-chat midjourney gpt-4o-image gpt-4o-image-vip gpt-4-dalle stable-diffusion-api sora_image
            playground-v2.5 ideogram gemini-2.5-flash-image google/gemini-3-pro-image-preview nano-banana""",
        ),
        (ModelKind.IMAGES, "dall-e-3 gpt-image-1 flux-pro imagen-3 seedream-4 grok-2-image cogview-4"),
        (ModelKind.TOOLED_CHAT, "gpt-4-all gpt-4o-all gpt-4-all-source gpt-4-gizmo-g-abc123"),
        (ModelKind.COMPLETION, "gpt-3.5-turbo-instruct davinci-002"),
        (
            ModelKind.CHAT,
            "gpt-4o gpt-4.1 o3 claude-3-7-sonnet deepseek-reasoner qwen-max gemini-2.5-pro glm-4",
        ),
    ],
)
def test_what_a_model_is_for(kind: ModelKind, names: str):
    for name in names.split():
        assert kind_of(name) is kind, name


@pytest.mark.parametrize(
    ("endpoints", "kind"),
    [
        (["embeddings"], ModelKind.EMBEDDING),
        (["jina-rerank"], ModelKind.RERANK),
        (["openai-video"], ModelKind.VIDEO_TASK),
        (["image-generation"], ModelKind.IMAGES),
        (["image-generation", "openai"], ModelKind.CHAT),
        (["openai", "anthropic"], ModelKind.CHAT),
        ([], ModelKind.CHAT),
    ],
)
def test_endpoints_say_more_than_the_name(endpoints: list[str], kind: ModelKind):
    assert kind_of("some-model", endpoints) is kind
