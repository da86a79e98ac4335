"""What is sent: fields in their types, speakers in the text, pictures that every gateway takes."""

import base64
import io
import json
import random
from typing import Any

import pytest
from PIL import Image

from bot.errors import ServiceError
from bot.gateway import pictures as pictures_module
from bot.gateway.pictures import DataUrls
from bot.gateway.request import Quirks, build
from bot.messages import Attachment, Prompt, Role, Turn
from tests.bot.gateway.asking import Asker
from tests.bot.gateway.server import GOOD, Reply, stream, whole


async def body(*turns: Turn, quirks: Quirks | None = None, **parameters: Any) -> dict[str, Any]:
    prompt = Prompt("m", turns or [Turn(Role.USER, "hi")], parameters=parameters)
    return await build(prompt, "m", quirks or Quirks(), DataUrls())


async def messages(*turns: Turn, quirks: Quirks | None = None) -> list[dict[str, Any]]:
    return (await body(*turns, quirks=quirks))["messages"]


# --- fields ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "given", "sent"),
    [
        ("temperature", "0.7", 0.7),
        ("temperature", 0, 0),
        ("temperature", 0.0, 0.0),
        ("top_p", "1", 1),
        ("n", "2", 2),
        ("n", 2.0, 2),
        ("stop", "END", "END"),
        ("stop", ["a", "b"], ["a", "b"]),
        ("stop", '["a", "b"]', ["a", "b"]),
        ("max_tokens", "100", 100),
        ("max_completion_tokens", 100, 100),
        ("presence_penalty", "-1.5", -1.5),
        ("frequency_penalty", 2, 2),
        ("logit_bias", {"50256": "-100"}, {"50256": -100}),
        ("logit_bias", {50256: -100}, {"50256": -100}),
        ("logit_bias", '{"50256": -100}', {"50256": -100}),
        ("user", "somebody", "somebody"),
        ("response_format", {"type": "json_object"}, {"type": "json_object"}),
        ("response_format", '{"type": "json_object"}', {"type": "json_object"}),
        ("seed", "42", 42),
        (
            "tools",
            [{"type": "function", "function": {"name": "f"}}],
            [{"type": "function", "function": {"name": "f"}}],
        ),
        ("tool_choice", "auto", "auto"),
        ("tool_choice", '{"type": "function"}', {"type": "function"}),
        ("parallel_tool_calls", "false", False),
        ("logprobs", "true", True),
        ("reasoning_effort", "low", "low"),
        ("enable_thinking", False, False),
        ("temperature", "warm", "warm"),  # the gateway says best what is wrong with it
    ],
)
async def test_a_field_is_sent_in_its_type(name: str, given: object, sent: object):
    value = (await body(**{name: given}))[name]

    assert value == sent
    assert type(value) is type(sent)


@pytest.mark.parametrize("given", [None, "", " ", float("nan"), float("inf")])
async def test_what_is_not_set_is_left_out(given: object):
    assert "temperature" not in await body(temperature=given)


@pytest.mark.parametrize("given", ["null", "inf", "None"])
async def test_what_documentation_prints_for_no_limit_is_left_out(given: str):
    assert "max_tokens" not in await body(max_tokens=given)


async def test_the_misprint_of_seed_is_corrected():
    sent = await body(seen=3)

    assert sent["seed"] == 3
    assert "seen" not in sent


async def test_nothing_but_the_needed_is_sent_unasked():
    assert (await body()).keys() == {"model", "messages", "stream", "stream_options"}


async def test_parameters_cannot_replace_the_question():
    sent = await body(model="other", messages=[])

    assert (sent["model"], sent["messages"]) == ("m", [{"role": "user", "content": "hi"}])


async def test_stream_options_are_joined_and_go_with_the_stream():
    streamed = await body(stream_options={"include_obfuscation": False})
    whole_ = await body(stream="false", stream_options={"x": 1})

    assert streamed["stream_options"] == {"include_usage": True, "include_obfuscation": False}
    assert whole_["stream"] is False
    assert "stream_options" not in whole_


async def test_every_body_is_json():
    json.dumps(await body(temperature="0.5", logit_bias="{bad", stop="\ud800"), allow_nan=False)


# --- messages -------------------------------------------------------------------------------


async def test_turns_become_messages():
    sent = await messages(Turn(Role.SYSTEM, "Be kind."), Turn(Role.USER, "Hi"), Turn(Role.ASSISTANT, "Hello"))

    assert sent == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
    ]


@pytest.mark.parametrize(
    ("speaker", "said"),
    [
        ("Ann", "Ann: Hi"),
        ("张伟", "张伟: Hi"),
        ("A\nBob: I am", "A Bob I am: Hi"),
        ("x" * 100, "x" * 64 + ": Hi"),
        ("\n", "Hi"),
        ("", "Hi"),
    ],
)
async def test_the_speaker_stands_in_the_text_on_one_line(speaker: str, said: str):
    assert await messages(Turn(Role.USER, "Hi", speaker=speaker)) == [{"role": "user", "content": said}]


async def test_our_own_turns_have_no_speaker():
    assert (await messages(Turn(Role.ASSISTANT, "Hi", speaker="Bot")))[0]["content"] == "Hi"


async def test_empty_turns_are_left_out():
    assert await messages(Turn(Role.ASSISTANT, ""), Turn(Role.USER, " \n"), Turn(Role.USER, "x")) == [
        {"role": "user", "content": "x"}
    ]


async def test_half_an_emoji_in_a_text_reaches_the_gateway_as_something(asker: Asker):
    heard = await asker(stream(*GOOD), asked=Prompt("m", [Turn(Role.USER, "a\ud83d")]))

    assert heard.text == "Hello there"
    assert asker.gateway.chats[0].json["messages"][0]["content"] == "a?"


async def test_a_model_without_system_messages_reads_them_in_the_question(asker: Asker):
    error = {"message": "Unsupported value: 'messages[0].role' does not support 'system' with this model."}
    error |= {"code": "unsupported_value", "param": "messages[0].role", "type": "invalid_request_error"}
    asked = Prompt("m", [Turn(Role.SYSTEM, "Be kind."), Turn(Role.USER, "Hi")])

    heard = await asker(whole(json.dumps({"error": error}), 400), stream(*GOOD), asked=asked)

    assert heard.text == "Hello there"
    assert asker.gateway.chats[1].json["messages"] == [{"role": "user", "content": "Be kind.\n\nHi"}]


# --- pictures -------------------------------------------------------------------------------


def painted(
    size: tuple[int, int], format: str = "PNG", mode: str = "RGB", *, noise: bool = False, **save: Any
) -> bytes:
    picture = Image.new(mode, size, "white" if mode == "L" else None)
    if noise:
        picture = Image.frombytes("RGB", size, random.Random(1).randbytes(size[0] * size[1] * 3)).convert(
            mode
        )
    out = io.BytesIO()
    picture.save(out, format, **save)
    return out.getvalue()


def attached(data: bytes | Exception, name: str = "a.png", digest: str = "") -> Attachment:
    async def load() -> bytes:
        if isinstance(data, Exception):
            raise data
        return data

    return Attachment(name, "image/png", 0, load, digest)


def asked(*images: Attachment, text: str = "What is this?") -> Turn:
    return Turn(Role.USER, text, images=images)


def opened(part: dict[str, Any]) -> tuple[str, Image.Image, str]:
    kind, _, code = part["image_url"]["url"].removeprefix("data:").partition(";base64,")
    return kind, Image.open(io.BytesIO(base64.b64decode(code, validate=True))), code


@pytest.mark.parametrize(
    ("format", "kind"),
    [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp"), ("GIF", "image/gif")],
)
async def test_a_picture_of_a_good_kind_goes_as_it_is(format: str, kind: str):
    data = painted((40, 30), format)

    (message,) = await messages(asked(attached(data)))

    text, picture = message["content"]
    assert text == {"type": "text", "text": "What is this?"}
    assert picture["image_url"]["detail"] == "auto"
    assert picture["image_url"]["url"] == f"data:{kind};base64,{base64.b64encode(data).decode()}"


@pytest.mark.parametrize(
    ("format", "mode"), [("BMP", "RGB"), ("TIFF", "CMYK"), ("PPM", "L"), ("ICO", "RGBA")]
)
async def test_any_other_kind_is_converted(format: str, mode: str):
    (message,) = await messages(asked(attached(painted((40, 30), format, mode))))

    kind, picture, _ = opened(message["content"][1])
    assert kind == "image/jpeg"
    assert picture.format == "JPEG"


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L", "LA", "1"])
async def test_a_large_picture_is_shrunk(mode: str):
    (message,) = await messages(asked(attached(painted((5000, 1000), mode=mode))))

    kind, picture, _ = opened(message["content"][1])
    assert (kind, picture.size) == ("image/jpeg", (2048, 410))


async def test_a_heavy_picture_is_made_lighter():
    data = painted((2000, 2000), noise=True)
    assert len(data) > 4_000_000

    (message,) = await messages(asked(attached(data)))

    _, picture, code = opened(message["content"][1])
    assert len(code) <= 4_000_000
    assert max(picture.size) <= 2048


async def test_a_picture_that_lies_on_its_side_is_set_upright():
    exif = Image.Exif()
    exif[0x0112] = 6

    (message,) = await messages(asked(attached(painted((4000, 1000), "JPEG", exif=exif))))

    assert opened(message["content"][1])[1].size == (512, 2048)


PNG = painted((60, 60), noise=True)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"%PDF-1.4 not a picture",
        PNG[: len(PNG) // 2],
        PNG[:30],
        b"GIF89a" + b"\0" * 20,
        KeyError("gone"),
        OSError("gone"),
        ServiceError("gone"),
    ],
    ids=["empty", "PDF", "half", "head", "rubbish", "forgotten", "unreadable", "not to be had"],
)
async def test_a_broken_picture_is_left_out_and_said(data: bytes | Exception):
    (message,) = await messages(asked(attached(data)))

    assert message["content"] == "What is this?\n[a picture that could not be read]"


async def test_a_decompression_bomb_is_left_out(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pictures_module, "MAX_PIXELS", 1000)

    (message,) = await messages(asked(attached(painted((100, 100)))))

    assert "could not be read" in message["content"]


async def test_a_real_bomb_is_left_out():
    (message,) = await messages(asked(attached(painted((20_000, 10_000), "PNG", "1"))))

    assert "could not be read" in message["content"]


async def test_the_newest_pictures_go_when_there_are_too_many():
    many = [asked(attached(PNG), attached(PNG), text=str(place)) for place in range(7)]

    sent = await messages(*many)

    counts = [len(message["content"]) - 1 if isinstance(message["content"], list) else 0 for message in sent]
    assert counts == [0, 0, 2, 2, 2, 2, 2]
    assert sent[0]["content"].startswith("0\n[a picture")


async def test_pictures_in_our_own_answers_are_not_sent_back():
    (message,) = await messages(Turn(Role.ASSISTANT, "Here.", images=(attached(PNG),)))

    assert message["content"] == "Here."


async def test_a_picture_without_words_goes_alone():
    (message,) = await messages(asked(attached(PNG), text=""))

    assert [part["type"] for part in message["content"]] == ["image_url"]


async def test_the_speaker_of_a_picture_is_said():
    (message,) = await messages(Turn(Role.USER, "", speaker="Ann", images=(attached(PNG),)))

    assert message["content"][0]["text"] == "Ann: "


async def test_a_kept_picture_is_read_once():
    loads = []

    async def load() -> bytes:
        loads.append(1)
        return PNG

    urls = DataUrls()
    image = Attachment("a.png", "image/png", 0, load, "abc")

    assert await urls.of(image) == await urls.of(image)
    assert len(loads) == 1


@pytest.mark.parametrize(
    "refusal",
    [
        Reply((), "reset"),
        whole("<html><title>413 Request Entity Too Large</title></html>", 413, "text/html"),
        whole(
            '{"error":{"message":"请求上游地址失败","type":"x","param":"","code":"count_token_messages_failed"}}',
            500,
        ),
    ],
)
async def test_pictures_are_made_smaller_once_when_they_are_too_large(refusal: Any, asker: Asker):
    prompt = Prompt("m", [asked(attached(painted((1500, 1500), "PNG", noise=True)))])

    heard = await asker(refusal, stream(*GOOD), asked=prompt)

    assert heard.text == "Hello there"
    first, second = (request.body for request in asker.gateway.chats)
    assert len(second) < 450_000 < len(first)

    tries = asker.tries
    heard = await asker(refusal, refusal, refusal, refusal, asked=prompt)

    assert heard.error is not None
    assert len(asker.gateway.chats[tries + 1].body) < 450_000
    assert asker.tries - tries <= 3


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "The model is not a VLM (Vision Language Model). Please use text-only prompts."),
        (400, "This model does not support image inputs"),
        (404, "No endpoints found that support image input"),
        (422, "Failed to deserialize: messages[0]: unknown variant `image_url`, expected `text`"),
    ],
)
async def test_a_model_that_sees_nothing_is_told_so_and_asked_in_words(status: int, words: str, asker: Asker):
    prompt = Prompt("m", [asked(attached(PNG))])
    error = whole(json.dumps({"error": {"message": words}}), status)

    heard = await asker(error, stream(*GOOD), asked=prompt)
    await asker(stream(*GOOD), asked=prompt)

    assert heard.text == "Hello there"
    contents = [request.json["messages"][0]["content"] for request in asker.gateway.chats]
    assert isinstance(contents[0], list)
    assert contents[1] == contents[2] == "What is this?\n[a picture, but you cannot see pictures]"
