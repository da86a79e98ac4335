"""Models that paint in chat, and the rules of the Images API's models."""

import base64
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.sandbox.easels import strokes
from tests.bot.sandbox.caller import calling, data_url, picture, streamed
from tests.bot.sandbox.test_media import form


@pytest.fixture
async def gateway():
    async with calling(speed=5000.0) as caller:
        yield caller


def links(text: str) -> dict[str, str]:
    """The last address of each label."""
    return dict(re.findall(r"\[([^\]]*)\]\(([^)]*)\)", text))


async def size(gateway, link):
    return Image.open(io.BytesIO((await gateway.get(link)).body)).size


async def test_mj_chat_tells_its_steps_and_ends_with_a_grid_and_its_buttons(gateway):
    text = await gateway.say("a red fox --ar 2:1", model="mj-chat")

    found = links(text)
    assert list(found)[:4] == ["0%", "31%", "62%", "100%"]
    assert await size(gateway, found["a red fox --ar 2:1"]) == (1024, 512)
    assert await size(gateway, found["31%"]) == (128, 64)
    assert (await gateway.get(found["⏬下载"])).body == (await gateway.get(found["100%"])).body
    assert [row.split("|")[2] for row in text.splitlines() if row.endswith("|") and "MJ::" in row] == [
        *(f"U{at}" for at in range(1, 5)),
        *(f"V{at}" for at in range(1, 5)),
        "🔄",
    ]


async def test_mj_chat_finds_what_to_press_in_what_was_said(gateway):
    first = await gateway.say("a red fox", model="mj-chat")
    said = [("user", "a red fox"), ("assistant", first)]

    async def press(words):
        messages = [{"role": role, "content": text} for role, text in [*said, ("user", words)]]
        answer = await gateway.post("/v1/chat/completions", {"model": "mj-chat", "messages": messages})
        return answer.json["choices"][0]["message"]["content"]

    single, varied, again = await press("放大第二张"), await press("V1"), await press("重新生成")
    assert "upsample::2" in single
    assert "|---|" not in single
    pictures = {links(text).get("undefined") or links(text)["a red fox"] for text in (single, varied, again)}
    assert len(pictures | {links(first)["a red fox"]}) == 4
    assert "放大第一张" in varied


@pytest.mark.parametrize(
    ("model", "mark"),
    [
        ("gpt-4-all", "[下载1]("),
        ("gpt-4o-image", "> 进度 **34%**"),
        ("sora_image", ">🏃 进度 7..31..72..[100]("),
        ("stable-diffusion-api", "绘制中..\n!["),
    ],
)
async def test_each_producer_has_its_own_manner(gateway, model, mark):
    whole = await gateway.say("draw a lake", model=model)
    stream = streamed((await gateway.chat("draw a lake", model=model, stream=True)).body)

    assert mark in whole
    assert stream == whole
    (drawn,) = re.findall(r"!\[[^\]]*\]\(([^)]*)\)", whole)
    assert (await gateway.get(drawn)).media_type == "image/png"


async def test_gpt_4_all_talks_unless_it_is_asked_for_a_picture(gateway):
    assert "![" not in await gateway.say("hello there", model="gpt-4-all")


async def test_a_picture_that_is_sent_lends_its_colours(gateway):
    async def drawn(*pictures):
        parts = [{"type": "text", "text": "in winter"}]
        parts += [{"type": "image_url", "image_url": {"url": data_url(each)}} for each in pictures]
        body = {"model": "gpt-4o-image", "messages": [{"role": "user", "content": parts}]}
        answer = await gateway.post("/v1/chat/completions", body)
        return re.findall(r"!\[[^\]]*\]\(([^)]*)\)", answer.json["choices"][0]["message"]["content"])

    assert await drawn(picture()) != await drawn(picture(colour=(10, 20, 200)))


@pytest.mark.parametrize(
    ("prompt", "mark"),
    [("moderated: a fox", "失败原因：input_moderation"), ("fail: a fox", "rate limit in place")],
)
async def test_failures_come_in_words(gateway, prompt, mark):
    text = await gateway.say(prompt, model="gpt-4o-image")

    assert mark in text
    assert "![" not in text


@given(st.text())
def test_no_character_is_lost_between_strokes(text):
    assert "".join(strokes(text)) == text


@pytest.mark.parametrize(
    ("model", "fields", "code", "name"),
    [
        ("gpt-image-1", {"response_format": "b64_json"}, "unknown_parameter", "response_format"),
        ("gpt-image-1", {"size": "1792x1024"}, "invalid_value", "size"),
        ("gpt-image-1", {"quality": "hd"}, "invalid_value", "quality"),
        ("dall-e-3", {"size": "1536x1024"}, "invalid_value", "size"),
        ("dall-e-3", {"n": 2}, "invalid_value", "n"),
        ("dall-e-3", {"background": "transparent"}, "unknown_parameter", "background"),
    ],
)
async def test_each_model_takes_its_own_fields(gateway, model, fields, code, name):
    answer = await gateway.post("/v1/images/generations", {"model": model, "prompt": "a fox", **fields})

    assert (answer.status, answer.json["error"]["code"], answer.json["error"]["param"]) == (400, code, name)


async def test_gpt_image_gives_bytes_and_takes_pictures(gateway):
    sent = {"model": "gpt-image-1", "prompt": "a fox"}
    made = (await gateway.post("/v1/images/generations", sent)).json["data"]
    edited = await gateway.send("POST", "/v1/images/edits", data=form(picture(), **sent))
    refused = await gateway.send(
        "POST", "/v1/images/edits", data=form(picture(), model="dall-e-3", prompt="a fox")
    )

    assert list(made[0]) == ["b64_json"]
    assert base64.b64decode(edited.json["data"][0]["b64_json"]).startswith(b"\x89PNG")
    assert (refused.status, refused.json["error"]["param"]) == (400, "model")


async def test_moderation_says_so(gateway):
    sent = {"model": "gpt-image-1", "prompt": "moderated: a fox"}
    answer = await gateway.post("/v1/images/generations", sent)

    assert (answer.status, answer.json["error"]["code"]) == (400, "moderation_blocked")
