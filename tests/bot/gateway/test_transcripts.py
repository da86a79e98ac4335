"""Recorded answers, byte for byte."""

import hashlib
from pathlib import Path

import pytest

from bot.errors import Broken, Kind, Refused, ServiceError, Unavailable
from bot.messages import Ending, ToolCall, Usage
from tests.bot.gateway.asking import Asker, prompt
from tests.bot.gateway.server import GOOD, Reply, head, stream, whole

HERE = Path(__file__).with_name("transcripts")

LENGTHS = {
    "10_1_plain.json": (348, ""),
    "10_2_usage.sse": (1602, "ed5999e08d40e056"),
    "10_3_invented_usage.sse": (754, "a0e4fac31af7a751"),
    "10_4_reasoning.sse": (1234, "19b5cfcdcc7a5ce2"),
    "10_4_think_tags.sse": (1428, "f04e63af5da1f76a"),
    "10_5_tool_call.sse": (897, "9cf542499cc85316"),
    "10_8_c_error_frame.sse": (282, "c69a5af06af581f4"),
    "10_8_e_error_in_delta.sse": (529, "18bfbe6552d2f20c"),
}

OPENROUTER = (
    b": OPENROUTER PROCESSING\r\n\r\n"
    b": OPENROUTER PROCESSING\r\n\r\n"
    b'data:{"id":"gen-1","choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"},"finish_reason":null}]}'
    b"\r\n\r\n"
    b'data: {"id":"gen-1","choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop",'
    b'"native_finish_reason":"stop"}]}\r\n\r\n'
    b"data: [DONE]"
)
LATE_ERROR = (
    b": PING\n\n: PING\n\n"
    b'{"error":{"message":"bad response status code 502 (request id: 20250411093100111222333AbCdEfGh)",'
    b'"type":"upstream_error","param":"502","code":"bad_response_status_code"}}'
)
SUNO = (
    b'data: {"id":"chatcmpl-2025","object":"chat.completion.chunk","created":1744363890,"model":"chirp-v3-5",'
    b'"choices":[{"index":0,"delta":{"content":"\xf0\x9f\x8e\xb5"},"finish_reason":null}]}\n\n'
    b'data: {"id":"chatcmpl-2025","object":"chat.completion.chunk","created":1744363890,"model":"chirp-v3-5",'
    b'"choices":[{"index":0,"delta":{"content":"~"},"finish_reason":null}]}\n\n'
    b"data: [DONE]"
)


def recorded(name: str) -> bytes:
    return (HERE / name).read_bytes()


@pytest.mark.parametrize("name", LENGTHS)
def test_the_recordings_are_what_was_recorded(name: str):
    length, digest = LENGTHS[name]

    data = recorded(name)

    assert len(data) == length
    assert hashlib.sha256(data).hexdigest().startswith(digest)


def test_the_recordings_written_here_are_what_was_recorded():
    assert (len(OPENROUTER), len(LATE_ERROR), len(SUNO)) == (302, 186, 363)


async def test_10_1_one_answer(asker: Asker):
    heard = await asker(whole(recorded("10_1_plain.json")), asked=prompt("画一只猫用文字", stream=False))

    assert heard.text == " /\\_/\\\n( o.o )"
    assert (heard.usage, heard.ending) == (Usage(14, 9), Ending.STOP)


async def test_10_2_a_stream_with_usage(asker: Asker):
    heard = await asker(stream(recorded("10_2_usage.sse")))

    assert (heard.text, heard.usage, heard.ending) == ("你好！", Usage(9, 3), Ending.STOP)
    assert asker.gateway.chats[0].json["stream_options"] == {"include_usage": True}


async def test_10_3_usage_that_the_gateway_made_up(asker: Asker):
    heard = await asker(stream(recorded("10_3_invented_usage.sse")))

    assert (heard.text, heard.usage, heard.ending) == ("ok", Usage(11, 1), Ending.STOP)


@pytest.mark.parametrize("name", ["10_4_reasoning.sse", "10_4_think_tags.sse"])
async def test_10_4_reasoning_in_both_forms(name: str, asker: Asker):
    heard = await asker(stream(recorded(name)))

    assert heard.text == "4"
    assert heard.thoughts.strip() == "2+2 is 4"
    assert heard.ending is Ending.STOP


async def test_10_5_a_tool_call_whose_index_gets_lost(asker: Asker):
    heard = await asker(stream(recorded("10_5_tool_call.sse")))

    assert heard.calls == [ToolCall("call_w1", "get_weather", {"city": "Oslo"})]
    assert heard.ending is Ending.TOOLS


async def test_10_8_a_openrouter(asker: Asker):
    heard = await asker(stream(OPENROUTER))

    assert (heard.text, heard.ending) == ("Hi", Ending.STOP)


async def test_10_8_c_an_error_in_the_middle(asker: Asker):
    heard = await asker(stream(recorded("10_8_c_error_frame.sse")))

    assert heard.text == "Half an ans"
    assert isinstance(heard.error, Broken)
    assert (heard.error.reason, heard.error.status) == ("Provider returned error", 502)
    assert asker.tries == 1


async def test_10_8_d_an_error_after_pings(asker: Asker):
    heard = await asker(stream(LATE_ERROR), stream(*GOOD))

    assert heard.text == "Hello there"
    assert asker.tries == 2


async def test_10_8_e_an_error_inside_a_delta(asker: Asker):
    heard = await asker(stream(recorded("10_8_e_error_in_delta.sse")), asked=prompt(model="flux"))

    assert isinstance(heard.error, Unavailable)
    assert heard.error.reason == "timeout"


async def test_10_8_f_one_character_each_and_no_last_newline(asker: Asker):
    heard = await asker(stream(SUNO))

    assert (heard.text, heard.ending) == ("🎵~", Ending.CUT)


async def test_10_8_g_a_chunk_on_the_wire(asker: Asker):
    first = recorded("10_8_c_error_frame.sse").split(b"\n\n")[0] + b"\n\n"
    wire = b"%x\r\n" % len(first) + first + b"\r\n"
    headers = {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"}

    heard = await asker(Reply((head(200, headers), wire), "reset"))

    assert wire.startswith(b"a5\r\n")
    assert heard.text == "Half an ans"
    assert isinstance(heard.error, Broken)


ERRORS: list[tuple[int, str, int, type[ServiceError], Kind]] = [
    (
        401,
        '{"error":{"message":"无效的令牌 (request id: 20250411093200123456789Ab3dE6Gh)",'
        '"type":"new_api_error"}}',
        108,
        Refused,
        Kind.KEY,
    ),
    (
        401,
        '{"error":{"message":"该令牌额度已用尽 TokenStatusExhausted[sk-abc***xyz] '
        '(request id: 20250411093201123456789Ab3dE6Gh)","type":"new_api_error"}}',
        152,
        Refused,
        Kind.QUOTA,
    ),
    (
        403,
        '{"error":{"message":"chat pre-consumed quota failed, user quota: ＄0.010000, need quota: ＄0.123000 '
        '(request id: 20250411093202123456789Ab3dE6Gh)","type":"new_api_error","param":"",'
        '"code":"insufficient_user_quota"}}',
        217,
        Refused,
        Kind.QUOTA,
    ),
    (
        429,
        '{"error":{"code":"insufficient_user_quota","message":"上游负载已饱和，请稍后再试","type":"system_error"}}',
        118,
        Refused,
        Kind.QUOTA,
    ),
    (
        429,
        '{"error":{"message":"当前分组上游负载已饱和，请稍后再试 '
        '(request id: 20250411093203123456789Ab3dE6Gh)",'
        '"type":"rate_limit_error","param":"","code":"rate_limit_exceeded"}}',
        187,
        Unavailable,
        Kind.RATE,
    ),
    (
        503,
        '{"error":{"message":"当前分组 default 下对于模型 gpt-9 无可用渠道 '
        '(request id: 20250411093204123456789Ab3dE6Gh)","type":"new_api_error"}}',
        151,
        Unavailable,
        Kind.MODEL,
    ),
    (
        400,
        '{"error":{"message":"This model\'s maximum context length is 8192 tokens. However, your messages '
        "resulted in 9031 tokens. Please reduce the length of the messages. "
        '(request id: 20250411093205123456789Ab3dE6Gh)","type":"invalid_request_error","param":"messages",'
        '"code":"context_length_exceeded"}}',
        294,
        Refused,
        Kind.CONTEXT,
    ),
    (
        404,
        '{"error":{"message":"Invalid URL (POST /v1/chat/completion)","type":"invalid_request_error",'
        '"param":"","code":""}}',
        114,
        Refused,
        Kind.SETUP,
    ),
    (
        403,
        '{"code":"quota_not_enough","message":"user quota is not enough","data":null}',
        76,
        Refused,
        Kind.QUOTA,
    ),
    (500, '{"error":{"message":"not support site: x "}}', 44, Unavailable, Kind.UPSTREAM),
    (429, "", 0, Unavailable, Kind.RATE),
    (
        502,
        "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1>"
        "</center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
        150,
        Unavailable,
        Kind.UPSTREAM,
    ),
]


@pytest.mark.parametrize(("status", "body", "length", "sort", "kind"), ERRORS)
async def test_10_9_error_answers(
    status: int, body: str, length: int, sort: type[ServiceError], kind: Kind, asker: Asker
):
    assert len(body.encode()) == length

    heard = await asker(whole(body, status))

    assert heard.error is not None
    assert type(heard.error) is sort
    assert heard.error.kind is kind
    assert "request id" not in heard.error.reason
