"""Images and audio: minimal, but real."""

import base64
import io
import wave

import aiohttp
import pytest
from PIL import Image

from tests.bot.sandbox.caller import calling, picture


@pytest.fixture
async def gateway():
    async with calling(speed=5000.0) as caller:
        yield caller


async def test_a_picture_is_drawn_and_linked(gateway):
    sent = {"model": "flux-sandbox", "prompt": "a red fox", "size": "320x200"}
    answer = await gateway.post("/v1/images/generations", sent)

    image = await gateway.get(answer.json["data"][0]["url"])
    assert image.media_type == "image/png"
    assert Image.open(io.BytesIO(image.body)).size == (320, 200)


async def test_or_comes_in_the_answer(gateway):
    sent = {"prompt": "a fox --seed 3", "size": "64x64", "n": 2, "response_format": "b64_json"}
    rows = (await gateway.post("/v1/images/generations", sent)).json["data"]

    assert len({row["b64_json"] for row in rows}) == 2
    assert rows[0]["url"] == ""
    assert Image.open(io.BytesIO(base64.b64decode(rows[0]["b64_json"]))).format == "PNG"
    again = (await gateway.post("/v1/images/generations", sent)).json["data"]
    assert again == rows


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"prompt": ""}, 400, "invalid_image_request"),
        ({"size": "1024×1024"}, 400, "invalid_image_request"),
        ({"size": "9x9"}, 400, "invalid_image_request"),
        ({"n": 99}, 400, "invalid_image_request"),
        ({"prompt": "a forbidden garden"}, 400, "content_policy_violation"),
        ({"model": "dall-e-9"}, 503, None),
    ],
)
async def test_wrong_orders_are_refused(gateway, fields, status, code):
    sent = {"prompt": "a fox", "model": "flux-sandbox", **fields}
    answer = await gateway.post("/v1/images/generations", sent)

    assert (answer.status, answer.json["error"].get("code")) == (status, code)


def form(*files: bytes, **fields: str) -> aiohttp.FormData:
    data = aiohttp.FormData()
    for name, value in fields.items():
        data.add_field(name, value)
    for file in files:
        data.add_field("image[]", file, filename="a.png", content_type="image/png")
    return data


async def test_an_edit_takes_its_colours_from_the_picture(gateway):
    results = []
    for colour in ((200, 30, 30), (30, 60, 200)):
        sent = form(
            picture(60, 60, colour),
            prompt="a lake at noon --seed 1",
            size="64x64",
            response_format="b64_json",
        )
        answer = await gateway.send("POST", "/v1/images/edits", data=sent)
        image = Image.open(io.BytesIO(base64.b64decode(answer.json["data"][0]["b64_json"])))
        results.append(image.convert("RGB").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0)))

    assert results[0][0] > results[1][0]
    assert results[0][2] < results[1][2]


async def test_an_edit_needs_a_picture(gateway):
    nothing = await gateway.send("POST", "/v1/images/edits", data=form(prompt="a lake"))
    rubbish = await gateway.send("POST", "/v1/images/edits", data=form(b"no picture", prompt="a lake"))

    assert [nothing.status, rubbish.status] == [400, 400]


async def test_speech_is_a_melody(gateway):
    sent = {"model": "tts-sandbox", "voice": "alloy", "input": "Hello there, world"}
    answer = await gateway.post("/v1/audio/speech", sent)
    raw = await gateway.post("/v1/audio/speech", {**sent, "response_format": "pcm"})

    with wave.open(io.BytesIO(answer.body)) as sound:
        assert (sound.getframerate(), sound.getnchannels()) == (24_000, 1)
        assert sound.readframes(sound.getnframes()) == raw.body
    assert answer.media_type == "audio/wav"
    assert len(raw.body) > 20_000
    assert (await gateway.post("/v1/audio/speech", {**sent, "input": ""})).status == 400


@pytest.mark.parametrize(
    ("shape", "mark"), [("json", '{"text":'), ("text", "This"), ("srt", "1\n00:00"), ("vtt", "WEBVTT")]
)
async def test_hearing_is_honest(gateway, shape, mark):
    data = aiohttp.FormData()
    data.add_field("model", "whisper-sandbox")
    data.add_field("response_format", shape)
    data.add_field("file", b"OggS" + b"\0" * 96, filename="voice.ogg", content_type="audio/ogg")

    answer = await gateway.send("POST", "/v1/audio/transcriptions", data=data)

    assert answer.text.startswith(mark)
    assert "It cannot hear, but it received voice.ogg: 100 bytes of audio/ogg." in answer.text


async def test_media_are_in_the_ledger(gateway):
    await gateway.post("/v1/images/generations", {"prompt": "a fox", "size": "64x64"})

    entry = (await gateway.ledger())["media"][-1]
    assert (entry["path"], entry["body"]["prompt"]) == ("/v1/images/generations", "a fox")
