"""The engines of the Images API and of chat models against the built-in gateway."""

import asyncio
import io

import pytest
from PIL import Image

from bot.engines.chat_image import ChatImages
from bot.engines.images import Images
from bot.errors import Kind
from bot.jobs import Action, Asks, Order, Progress, Stage
from bot.sandbox import Sandbox
from tests.bot.engines.ending import ended, reported
from tests.fakes import MemoryFiles

KEY = "sk-" + "a" * 48


@pytest.fixture
async def sandbox():
    async with Sandbox(speed=40.0, key=KEY, size=256) as sandbox:
        yield sandbox


@pytest.fixture
async def images(sandbox, client):
    engine = Images(client, sandbox.url, KEY, files=MemoryFiles(), pause=0.01)
    yield engine
    await engine.close()


@pytest.fixture
async def chat(sandbox, client):
    engine = ChatImages(client, sandbox.url, KEY, files=MemoryFiles(), pause=0.01)
    yield engine
    await engine.close()


def order(prompt, model):
    return Order(prompt, options={"model": model})


async def painted(engine, prompt, model, *pictures):
    return await ended(engine, (await engine.submit(order(prompt, model), pictures, "ref")).task)


def named(progress: Progress, name: str) -> Action:
    return next(each for each in progress.actions if each.name == name)


async def size(engine, seen):
    return Image.open(io.BytesIO(await engine.fetch(seen.images[0]))).size


@pytest.mark.parametrize(
    ("model", "form"),
    [("dall-e-3", (1792, 1024)), ("gpt-image-1", (1536, 1024)), ("flux-sandbox", (1024, 512))],
)
async def test_each_model_paints_in_the_nearest_form(images, model, form):
    seen = await painted(images, "a red fox --ar 16:9 --quality hd", model)

    assert seen.stage is Stage.DONE
    assert seen.images[0].startswith("kept:")
    assert await size(images, seen) == form


async def test_a_picture_is_edited_and_painted_again(sandbox, images):
    first = await painted(images, "a lake", "gpt-image-1")
    edit, again = named(first, "edit:1"), named(first, "reroll")
    edited = await ended(images, (await images.act("t", edit, "r", text="a lake in winter")).task)
    await ended(images, (await images.act("t", again, "r")).task)

    assert edited.images != first.images
    orders = sandbox.ledger()["media"]
    assert [entry["path"].rpartition("/")[2] for entry in orders] == ["generations", "edits", "generations"]
    assert [entry["body"]["prompt"] for entry in orders] == ["a lake", "a lake in winter", "a lake"]


@pytest.mark.parametrize("prompt", ["moderated: a fox", "a forbidden garden"])
async def test_what_is_refused_is_told_as_such(images, prompt):
    seen = await painted(images, prompt, "gpt-image-1")

    assert seen.failure is not None
    assert (seen.failure.kind, seen.failure.again) == (Kind.CONTENT, False)


@pytest.mark.parametrize(
    ("model", "fault", "kind"),
    [
        ("dall-e-3", {"path": "/v1/images/*", "drop": "after"}, Kind.OUTCOME),
        ("dall-e-3", {"path": "/v1/images/*", "status": 524, "after": True}, Kind.OUTCOME),
        ("stable-diffusion-api", {"path": "/v1/chat/*", "trick": "drop"}, Kind.UPSTREAM),
        ("gpt-4-all", {"path": "/v1/chat/*", "drop": "before"}, Kind.OUTCOME),
    ],
)
async def test_a_lost_answer_is_paid_once(sandbox, images, chat, model, fault, kind):
    await sandbox.control({"faults": [fault]})
    seen = await painted(images if model == "dall-e-3" else chat, "a fox", model)
    sent = [number for call, number in sandbox.ledger()["requests"].items() if call.startswith("POST /v1")]

    assert seen.failure is not None
    assert seen.failure.kind is kind
    assert sent == [1]


@pytest.mark.parametrize(
    "model", ["mj-chat", "gpt-4-all", "gpt-4o-image", "sora_image", "stable-diffusion-api"]
)
async def test_every_chat_model_paints(chat, model):
    seen = await painted(chat, "a red fox --ar 2:1", model)

    assert (seen.stage, len(seen.images)) == (Stage.DONE, 1)
    assert await size(chat, seen) == (1024, 512)
    assert "![" not in seen.text


async def test_mj_chat_shows_previews_and_its_buttons_work(sandbox, chat):
    await sandbox.control({"speed": 5.0})
    task = (await chat.submit(order("a red fox", "mj-chat"), [], "ref")).task
    early = await reported(chat, task, lambda seen: bool(seen.preview))
    preview = Image.open(io.BytesIO(await chat.fetch(early.preview)))
    await sandbox.control({"speed": 2000.0})
    grid = await ended(chat, task)
    single = await ended(chat, (await chat.act(task, named(grid, "upscale:2"), "r")).task)
    varied = await ended(chat, (await chat.act(task, named(grid, "variation:1"), "r")).task)
    onward = await ended(chat, (await chat.act(task, named(varied, "upscale:3"), "r")).task)

    assert preview.size == (64, 64)
    assert [each.name for each in grid.actions] == [
        *(f"upscale:{at}" for at in range(1, 5)),
        *(f"variation:{at}" for at in range(1, 5)),
        "reroll",
    ]
    assert len({grid.images, single.images, varied.images, onward.images}) == 4


async def test_a_change_with_words_takes_the_picture_along(sandbox, chat):
    first = await painted(chat, "a red fox", "gpt-4o-image")
    edit = named(first, "edit:1")
    changed = await ended(chat, (await chat.act("t", edit, "r", text="make it blue")).task)

    assert edit.asks is Asks.PROMPT
    assert changed.images != first.images
    (message,) = sandbox.ledger()["chats"][-1]["body"]["messages"]
    assert [part["type"] for part in message["content"]] == ["text", "image_url"]


async def test_failures_in_words_are_failures(chat):
    refused, failed = await asyncio.gather(
        painted(chat, "moderated: a fox", "gpt-4o-image"), painted(chat, "fail: a fox", "gpt-4o-image")
    )

    assert refused.failure is not None
    assert failed.failure is not None
    assert (refused.failure.kind, refused.failure.reason) == (Kind.CONTENT, "input_moderation")
    assert "rate limit" in failed.failure.reason


async def test_the_list_of_models_says_who_is_there(images, chat):
    assert await images.models() == ["flux-sandbox", "dall-e-3", "gpt-image-1"]
    assert await chat.models() == [
        "mj-chat",
        "gpt-4o-image",
        "sora_image",
        "stable-diffusion-api",
        "gpt-4-all",
    ]
