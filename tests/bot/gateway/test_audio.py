"""Recordings made into words: by the sandbox, and by gateways that answer in every way."""

import json
from email.parser import BytesParser

import pytest

from bot.errors import Kind, OutcomeUnknown, Refused, Unavailable, Unsupported
from bot.gateway.audio import REMEMBERED, Transcriptions
from bot.gateway.http import new_client
from bot.sandbox import Sandbox
from tests.bot.gateway.server import whole

SOUND = b"OggS" + bytes(range(256)) * 10


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def waits():
    return []


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def ear(gateway, client, waits, clock):
    async def sleep(seconds):
        waits.append(seconds)

    return Transcriptions(client, gateway.url, "sk-test", model="whisper-1", sleep=sleep, clock=clock)


def form_of(request):
    """The fields of a multipart form, (name, file name, type) → bytes."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    parts = BytesParser().parsebytes(head + request.body).get_payload()
    return {
        (
            part.get_param("name", header="content-disposition"),
            part.get_filename(),
            part.get_content_type() if part.get_filename() else None,
        ): part.get_payload(decode=True)
        for part in parts
    }


def error(status, message, code=None):
    return whole(json.dumps({"error": {"message": message, "type": "new_api_error", "code": code}}), status)


async def test_the_sandbox_tells_what_it_was_given():
    async with Sandbox(speed=1000) as sandbox, new_client() as client:
        ear = Transcriptions(client, sandbox.url, "")

        said = await ear.transcribe(SOUND, "audio/ogg", "voice.oga")

    assert said.endswith(f"it received sound.ogg: {len(SOUND):,} bytes of audio/ogg.")


async def test_a_model_that_is_not_there_is_remembered(gateway, ear, clock):
    gateway.answers(error(503, "当前分组 default 下对于模型 whisper-1 无可用渠道"), whole('{"text": "now"}'))
    for _ in range(3):
        with pytest.raises(Unsupported):
            await ear.transcribe(SOUND, "audio/ogg")
    assert len(gateway.chats) == 1
    clock.now += REMEMBERED

    assert await ear.transcribe(SOUND, "audio/ogg") == "now"


async def test_the_form_is_what_every_gateway_takes(gateway, ear):
    gateway.answers(whole('{"text": " Hello there. ", "usage": {"type": "duration", "seconds": 2}}'))

    assert await ear.transcribe(SOUND, "audio/ogg; codecs=opus", "Sprachnotiz „Käse“.oga") == "Hello there."
    (request,) = gateway.chats
    assert request.path == "/v1/audio/transcriptions"
    assert request.headers["authorization"] == "Bearer sk-test"
    assert form_of(request) == {
        ("model", None, None): b"whisper-1",
        ("response_format", None, None): b"json",
        ("file", "sound.ogg", "audio/ogg"): SOUND,
    }


@pytest.mark.parametrize(
    ("media_type", "name", "ending"),
    [
        ("audio/mpeg", "song.MP3", "mp3"),
        ("audio/mpeg", "song", "mp3"),
        ("audio/x-m4a", "", "m4a"),
        ("audio/mp4", "memo.m4a", "m4a"),
        ("video/mp4", "", "mp4"),
        ("audio/opus", "a.opus", "ogg"),
        ("video/ogg", "note", "ogg"),
        ("audio/x-something", "a.b/c", "something"),
    ],
)
async def test_a_file_is_named_by_what_it_is(gateway, ear, media_type, name, ending):
    gateway.answers(whole('{"text": "x"}'))
    await ear.transcribe(SOUND, media_type, name)

    assert ("file", f"sound.{ending}", media_type) in form_of(gateway.chats[0])


async def test_a_large_recording_arrives_whole(gateway, ear):
    gateway.answers(whole('{"text": "long"}'))
    sound = bytes(3_000_000)

    assert await ear.transcribe(sound, "audio/ogg") == "long"
    assert form_of(gateway.chats[0])["file", "sound.ogg", "audio/ogg"] == sound


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (whole("Plain words.\n", type="text/plain"), "Plain words."),
        (whole('{"task": "transcribe", "text": "verbose", "segments": []}'), "verbose"),
        (whole('{"text": ""}'), ""),
        (whole(""), ""),
    ],
)
async def test_words_come_in_several_ways(gateway, ear, reply, words):
    gateway.answers(reply)

    assert await ear.transcribe(SOUND, "audio/ogg") == words


@pytest.mark.parametrize(
    "reply",
    [
        error(404, "Invalid URL (POST /v1/audio/transcriptions)"),
        error(501, "API not implemented", "api_not_implemented"),
        error(
            404, "The model `whisper-1` does not exist or you do not have access to it.", "model_not_found"
        ),
        whole("<!doctype html><title>New API</title>", type="text/html"),
    ],
)
async def test_a_gateway_without_ears_is_told_from_one_in_trouble(gateway, ear, reply):
    gateway.answers(reply)

    with pytest.raises(Unsupported):
        await ear.transcribe(SOUND, "audio/ogg")
    with pytest.raises(Unsupported):
        await ear.transcribe(SOUND, "audio/ogg")
    assert len(gateway.chats) == 1


async def test_trouble_that_passes_is_waited_for(gateway, ear, waits):
    gateway.answers(error(500, "请求上游地址失败", "do_request_failed"), whole('{"text": "there"}'))

    assert await ear.transcribe(SOUND, "audio/ogg") == "there"
    assert len(waits) == 1


@pytest.mark.parametrize(
    ("reply", "raised", "kind"),
    [
        (error(401, "无效的令牌"), Refused, Kind.KEY),
        (whole("<html><title>413 Request Entity Too Large</title></html>", 413), Refused, Kind.SIZE),
        (whole('{"error": {"message": "quota", "code": "insufficient_user_quota"}}'), Refused, Kind.QUOTA),
        (error(524, "late"), Unavailable, Kind.TIMEOUT),
    ],
)
async def test_other_errors_are_what_they_are(gateway, ear, reply, raised, kind):
    gateway.answers(reply)

    with pytest.raises(raised) as caught:
        await ear.transcribe(SOUND, "audio/ogg")
    assert caught.value.kind is kind
    assert not isinstance(caught.value, OutcomeUnknown)


async def test_no_gateway_at_all_is_unavailable(client, waits):
    async def sleep(seconds):
        waits.append(seconds)

    with pytest.raises(Unavailable):
        await Transcriptions(client, "http://127.0.0.1:1", "", sleep=sleep).transcribe(SOUND, "audio/ogg")
