"""Every dialect of a stream that is known from real gateways, over a real socket."""

import asyncio
import gzip
import json
from typing import Any

import pytest

from bot.errors import Broken, Kind, Refused, ServiceError, Unavailable
from bot.messages import Ending, Picture, Usage
from tests.bot.gateway.asking import Asker, prompt
from tests.bot.gateway.server import DONE, GOOD, Reply, delta, frame, head, stream, whole

HELLO = delta("Hello")
STOP = delta(finish="stop")
COMPLETION: dict[str, Any] = {
    "id": "c",
    "object": "chat.completion",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10},
}


def chunk(**choice: Any) -> bytes:
    return frame({"choices": [{"index": 0, **choice}]})


def bare(body: bytes, type: str = "text/event-stream") -> Reply:
    """Without chunks and without a length: the answer ends where the connection does."""
    return Reply((head(200, {"Content-Type": type, "Connection": "close"}), body), "close")


# What streams in full, and the text it is. Everything here must end with STOP.
SAID: dict[str, tuple[Reply, str]] = {
    "D1 comments": (
        stream(
            b": PING\n\n",
            b":ping\n\n: ping - 2025-04-11 09:30:15\n\n",
            HELLO,
            b": keep-alive\n\n: OPENROUTER PROCESSING\n\n::PING\n\n",
            STOP,
            DONE,
        ),
        "Hello",
    ),
    "D2 comments wrapped as data": (
        stream(b"data: : OPENROUTER PROCESSING\n\n", b"data: PING\n\ndata: ping\n\n", HELLO, STOP, DONE),
        "Hello",
    ),
    "D2 a ping with the time": (
        stream(b"data: ping - 2025-04-11 09:30:15.1\n\n", HELLO, STOP, DONE),
        "Hello",
    ),
    "D3 a comment glued to the end marker": (
        stream(HELLO, STOP, b": keep-alive data: [DONE]\n", then="hang"),
        "Hello",
    ),
    "D3 comments after the end marker": (
        stream(HELLO, STOP, DONE, b": bye\n\n: bye\n\n", then="hang"),
        "Hello",
    ),
    "D4 no space": (stream(HELLO.replace(b"data: ", b"data:"), STOP, b"data:[DONE]\n\n"), "Hello"),
    "D4 several spaces, and behind": (
        stream(
            HELLO.replace(b"data: ", b"data:   ").replace(b"\n\n", b"  \r\n\r\n"), STOP, b"data:  [DONE] \n\n"
        ),
        "Hello",
    ),
    "D5 CRLF": (stream(*(read.replace(b"\n", b"\r\n") for read in GOOD)), "Hello there"),
    "D5 CR": (stream(*(read.replace(b"\n", b"\r") for read in GOOD)), "Hello there"),
    "D5 mixed": (
        stream(
            HELLO.replace(b"\n\n", b"\r\n\n"),
            STOP.replace(b"\n\n", b"\n\r\n"),
            DONE.replace(b"\n\n", b"\r\r"),
        ),
        "Hello",
    ),
    "D5 CRLF split over reads": (
        stream(HELLO[:-2] + b"\r", b"\n\r", b"\n" + STOP[:-2] + b"\r", b"\n", b"\r\n", DONE),
        "Hello",
    ),
    "D6 a character split over reads": (
        stream(*(delta("猫")[at : at + 1] for at in range(len(delta("猫")))), STOP, DONE),
        "猫",
    ),
    "D7 line separators inside the JSON": (
        stream(delta("a\u2028b\u2029c\u0085d\x0be".replace("\x0b", "")), STOP, DONE),
        "a\u2028b\u2029c\u0085de",
    ),
    "D8 no end marker": (stream(HELLO, STOP), "Hello"),
    "D8 no end marker and no length": (bare(HELLO + STOP), "Hello"),
    "D10 an unterminated end marker": (stream(HELLO, STOP, b"data: [DONE]"), "Hello"),
    "D10 an unterminated last value": (stream(HELLO, STOP.rstrip(b"\n")), "Hello"),
    "D11 a bare end marker": (stream(HELLO, STOP, b"[DONE]\n\n", then="hang"), "Hello"),
    "D11 without a space": (stream(HELLO, STOP, b"data:[DONE]\n\n", then="hang"), "Hello"),
    "D11 repeated": (stream(HELLO, STOP, DONE, DONE, DONE), "Hello"),
    "D11 as new-api cuts it": (stream(HELLO, STOP, b"data: ]\n\n", DONE), "Hello"),
    "D12 other fields": (
        stream(
            b"retry: 3000\nid: 7\nevent: message\n" + HELLO,
            b"event: ping\ndata: {}\n\n",
            b'event: ping\ndata: {"type": "ping"}\n\n',
            b"event: nothing\n\n",
            STOP,
            DONE,
        ),
        "Hello",
    ),
    "D13 empty data": (stream(b"data:\n\ndata: \n\ndata\n\n", HELLO, b"data:\n\n", STOP, DONE), "Hello"),
    "D14 a value over two lines": (
        stream(b'data: {"choices":[{"index":0,\ndata: "delta":{"content":"Hello"}}]}\n\n', STOP, DONE),
        "Hello",
    ),
    "D14 two values in one event": (
        stream(HELLO[:-1] + delta(" there")[:-1] + b"\n", STOP, DONE),
        "Hello there",
    ),
    "D14 no blank lines at all": (stream(*(read[:-1] for read in GOOD)), "Hello there"),
    "D15 two values in one line": (
        stream(HELLO.rstrip() + delta(" there").removeprefix(b"data: "), STOP, DONE),
        "Hello there",
    ),
    "D15 the end marker glued on": (stream(HELLO, STOP.rstrip() + b"[DONE]\n\n", then="hang"), "Hello"),
    "D16 Azure's first value": (
        stream(
            frame(
                {
                    "choices": [],
                    "id": "",
                    "created": 0,
                    "model": "",
                    "prompt_filter_results": [{"prompt_index": 0}],
                }
            ),
            *GOOD,
        ),
        "Hello there",
    ),
    "D18 no choices": (stream(frame({"id": "c"}), frame({"id": "c", "choices": None}), *GOOD), "Hello there"),
    "D19 null deltas": (
        stream(
            chunk(delta=None),
            chunk(),
            chunk(delta={"role": "assistant"}),
            chunk(delta={"content": None}),
            HELLO,
            chunk(delta=None, finish_reason="stop"),
        ),
        "Hello",
    ),
    "D19 message in place of delta": (
        stream(
            chunk(message={"role": "assistant", "content": "Hel"}),
            chunk(delta=None, message={"content": "lo"}),
            STOP,
        ),
        "Hello",
    ),
    "D24 JSON in place of a stream": (whole(json.dumps(COMPLETION)), "Hello"),
    "D24 JSON said to be a stream": (
        whole(json.dumps(COMPLETION, indent=2), type="text/event-stream"),
        "Hello",
    ),
    "D24 JSON wrapped": (whole(json.dumps({"data": COMPLETION, "code": 0})), "Hello"),
    "D24 choices as an object": (
        whole(json.dumps({**COMPLETION, "choices": COMPLETION["choices"][0]})),
        "Hello",
    ),
    "D28 gzip in the body alone": (stream(gzip.compress(b"".join(GOOD))), "Hello there"),
    "D28 gzip in the header alone": (stream(*GOOD, Content_Encoding="gzip"), "Hello there"),
    "D28 gzip in both, byte by byte": (
        stream(*(bytes([byte]) for byte in gzip.compress(HELLO + STOP)), Content_Encoding="gzip"),
        "Hello",
    ),
    "D28 JSON in gzip": (whole(gzip.compress(json.dumps(COMPLETION).encode())), "Hello"),
    "D30 single characters": (stream(*(delta(letter) for letter in "Hello"), STOP, DONE), "Hello"),
    "D31 an empty finish_reason": (
        stream(delta("Hel", finish=""), delta("lo", finish=""), STOP, DONE),
        "Hello",
    ),
    "D31 the word null": (stream(delta("Hello", finish="null"), STOP, DONE), "Hello"),
    "D32 a string that lost its quote": (stream(b'data: "odd\n\n', HELLO, STOP, DONE), "Hello"),
    "D33 cut after the model's last word": (stream(HELLO, STOP, then="reset"), "Hello"),
    "D34 a byte order mark": (stream(b"\xef\xbb\xbf" + HELLO, STOP, DONE), "Hello"),
    "D34 a byte order mark in pieces": (stream(b"\xef", b"\xbb", b"\xbf", HELLO, STOP, DONE), "Hello"),
    "D35 the Responses API": (
        stream(
            b"event: response.created\n" + frame({"type": "response.created", "response": {"id": "r"}}),
            frame({"type": "response.output_text.delta", "delta": "Hel"}),
            frame({"type": "response.output_text.delta", "delta": "lo"}),
            frame(
                {"type": "response.completed", "response": {"usage": {"input_tokens": 9, "output_tokens": 1}}}
            ),
        ),
        "Hello",
    ),
    "D36 newlines before JSON": (
        bare(b"\n\n\n" + json.dumps(COMPLETION).encode(), "application/json"),
        "Hello",
    ),
    "D37 odd words before valid values": (stream(b"data: unexpected EOF\n\n", HELLO, STOP, DONE), "Hello"),
    "D37 odd words among valid values": (
        stream(HELLO, b"data: read tcp: i/o timeout\n\n", delta(" there"), STOP),
        "Hello there",
    ),
}


@pytest.mark.parametrize("name", SAID)
async def test_the_dialect_says_what_it_means(name: str, asker: Asker):
    reply, text = SAID[name]

    heard = await asker(reply)

    assert heard.error is None
    assert heard.text == text
    assert heard.ending is Ending.STOP
    assert asker.tries == 1


async def test_d6_the_reads_of_the_transcript_are_one_character(asker: Asker):
    reads = [
        b'data: {"choices":[{"index":0,"delta":{"content":"\xe7',
        b"\x8c",
        b'\xab"},"finish_reason":null}]}\n\n',
    ]

    heard = await asker(stream(*reads, STOP, DONE))

    assert heard.text == "猫"


async def test_d8_text_without_a_last_word_is_cut(asker: Asker):
    heard = await asker(stream(HELLO))

    assert (heard.text, heard.ending, heard.error) == ("Hello", Ending.CUT, None)


async def test_d8_nothing_without_a_last_word_is_an_error_after_a_second_try(asker: Asker):
    heard = await asker(stream(chunk(delta={"role": "assistant"})))

    assert heard.pieces == []
    assert heard.error is not None
    assert heard.error.kind is Kind.EMPTY
    assert asker.tries == 2


async def test_d9_the_end_marker_proves_nothing(asker: Asker):
    heard = await asker(stream(HELLO, DONE))

    assert (heard.text, heard.ending) == ("Hello", Ending.CUT)


@pytest.mark.parametrize(
    "event",
    [
        b'event: error\ndata: {"message": "overloaded", "type": "overloaded_error"}\n\n',
        b'event: error\ndata: {"type": "error", "error": {"type": "x", "message": "overloaded"}}\n\n',
        b"event: error\ndata: overloaded\n\n",
    ],
)
async def test_d12_an_error_event_is_an_error(event: bytes, asker: Asker):
    heard = await asker(stream(HELLO, event))

    assert heard.text == "Hello"
    assert isinstance(heard.error, Broken)
    assert "overloaded" in heard.error.reason


@pytest.mark.parametrize("place", ["own value", "choice", "every value", "with strings"])
async def test_d17_d20_usage_is_found_wherever_it_stands(place: str, asker: Asker):
    usage: dict[str, Any] = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
    match place:
        case "own value":
            reads = [HELLO, STOP, frame({"choices": [], "usage": usage})]
        case "choice":
            reads = [HELLO, chunk(delta={}, finish_reason="stop", usage=usage)]
        case "every value":
            first = {
                "choices": [{"index": 0, "delta": {"content": "Hello"}}],
                "usage": {**usage, "completion_tokens": 1},
            }
            last = {"choices": [], "usage": {"prompt_tokens": 0, "completion_tokens": 0}}
            reads = [
                frame(first),
                frame({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": usage}),
            ]
            reads.append(frame(last))
        case _:
            reads = [
                HELLO,
                STOP,
                frame({"choices": [], "usage": {"prompt_tokens": "9", "completion_tokens": "3.0"}}),
            ]

    heard = await asker(stream(*reads, DONE))

    assert heard.usage == Usage(prompt=9, completion=3)
    assert heard.ending is Ending.STOP


@pytest.mark.parametrize("end", [DONE, b""])
async def test_d21_an_error_in_a_stream_keeps_the_text_and_is_not_tried_again(end: bytes, asker: Asker):
    error = frame({"error": {"message": "Provider returned error (request id: 20250411X)", "code": "502"}})

    heard = await asker(stream(HELLO, error, end))

    assert heard.text == "Hello"
    assert isinstance(heard.error, Broken)
    assert heard.error.reason == "Provider returned error"
    assert heard.error.request == "20250411X"
    assert asker.tries == 1


async def test_d21_an_error_before_any_text_is_tried_again(asker: Asker):
    error = frame({"error": {"message": "Provider returned error", "code": 502}})

    heard = await asker(stream(error, DONE), stream(*GOOD))

    assert (heard.text, heard.error) == ("Hello there", None)
    assert asker.tries == 2


async def test_d22_an_error_inside_a_delta_counts_although_a_stop_follows(asker: Asker):
    heard = await asker(stream(HELLO, chunk(delta={"error": "timeout"}), STOP, DONE))

    assert heard.text == "Hello"
    assert isinstance(heard.error, Broken)
    assert heard.error.reason == "timeout"


async def test_d23_raw_json_after_pings_is_the_error_that_it_is(asker: Asker):
    error = '{"error":{"message":"该令牌额度已用尽","type":"new_api_error"}}'.encode()

    heard = await asker(stream(b": PING\n\n", b": PING\n\n", error))

    assert isinstance(heard.error, Refused)
    assert heard.error.kind is Kind.QUOTA
    assert asker.tries == 1


async def test_d24_an_error_with_a_good_status_is_an_error(asker: Asker):
    heard = await asker(whole('{"success":false,"message":"\\u65e0\\u6548\\u7684\\u4ee4\\u724c"}'))

    assert isinstance(heard.error, Refused)
    assert heard.error.kind is Kind.KEY


@pytest.mark.parametrize(
    "reply",
    [
        stream(DONE),
        stream(b": PING\n\n", b": PING\n\n"),
        stream(),
        whole(b"", type="text/event-stream"),
        stream(chunk(delta={"role": "assistant", "content": ""}), STOP, DONE),
        stream(delta("\n\n"), STOP, DONE),
        whole('{"choices":[]}'),
    ],
    ids=[
        "only the end",
        "only comments",
        "no bytes",
        "no length",
        "no content",
        "only newlines",
        "no choices",
    ],
)
async def test_d25_an_empty_answer_is_tried_once_more(reply: Reply, asker: Asker):
    heard = await asker(reply)

    assert heard.pieces == []
    assert heard.error is not None
    assert heard.error.kind is Kind.EMPTY
    assert asker.tries == 2

    heard = await asker(reply, stream(*GOOD))

    assert heard.text == "Hello there"


async def test_d25_an_empty_answer_of_a_painting_model_is_not_paid_twice(asker: Asker):
    heard = await asker(stream(DONE), asked=prompt(model="gpt-4o-image"))

    assert heard.error is not None
    assert heard.error.kind is Kind.EMPTY
    assert asker.tries == 1


async def test_d26_events_where_one_answer_was_asked_for(asker: Asker):
    heard = await asker(stream(*GOOD, type="application/json"), asked=prompt(stream=False))

    assert heard.text == "Hello there"
    assert asker.gateway.chats[0].json["stream"] is False
    assert asker.gateway.chats[0].headers["accept"] == "application/json"


PAGE = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center>nginx</center></body></html>"
)


@pytest.mark.parametrize(
    ("status", "kind", "sort"),
    [
        (200, Kind.SETUP, Refused),
        (404, Kind.SETUP, Refused),
        (413, Kind.SIZE, Refused),
        (502, Kind.UPSTREAM, Unavailable),
        (524, Kind.TIMEOUT, ServiceError),
    ],
)
@pytest.mark.parametrize("type", ["text/html", "text/event-stream", "application/json"])
async def test_d27_a_page_is_never_shown(
    status: int, kind: Kind, sort: type[ServiceError], type: str, asker: Asker
):
    heard = await asker(whole(PAGE, status, type))

    assert isinstance(heard.error, sort)
    assert heard.error.kind is kind
    assert "<" not in heard.error.reason
    assert heard.pieces == []


async def test_d27_a_page_after_pings_is_a_wrong_address(asker: Asker):
    heard = await asker(stream(b": PING\n\n", PAGE))

    assert heard.error is not None
    assert heard.error.kind is Kind.SETUP
    assert "<" not in heard.error.reason


async def test_d29_a_picture_of_megabytes_in_one_line(asker: Asker):
    url = "data:image/png;base64," + "A" * 6_000_000
    line = frame(
        {"choices": [{"index": 0, "delta": {"images": [{"type": "image_url", "image_url": {"url": url}}]}}]}
    )
    reads = [line[at : at + 5000] for at in range(0, len(line), 5000)]

    heard = await asker(stream(*reads, delta(f"![image](data:image/png;base64,{'B' * 800})"), STOP, DONE))

    assert heard.error is None
    assert len(heard.pictures[0].data) == 4_500_000
    assert len(heard.pictures) == 2
    assert heard.text == ""


async def test_d33_a_cut_in_the_middle_keeps_the_text(asker: Asker):
    heard = await asker(stream(HELLO, delta(" there")[:20], then="reset"))

    assert heard.text == "Hello"
    assert isinstance(heard.error, Broken)
    assert asker.tries == 1


async def test_d33_a_cut_before_any_text_is_tried_once_more(asker: Asker):
    heard = await asker(stream(chunk(delta={"role": "assistant"}), then="reset"), stream(*GOOD))

    assert heard.text == "Hello there"
    assert asker.tries == 2


async def test_d37_an_error_printed_as_text_ends_the_answer(asker: Asker):
    heard = await asker(stream(HELLO, b"data: read tcp 10.0.0.1:443: connection reset by peer\n\n"))

    assert heard.text == "Hello"
    assert isinstance(heard.error, Broken)
    assert "connection reset by peer" in heard.error.reason


async def test_d37_odd_words_after_the_models_last_word_do_not_matter(asker: Asker):
    heard = await asker(stream(HELLO, STOP, b"data: unexpected EOF\n\n"))

    assert (heard.text, heard.ending) == ("Hello", Ending.STOP)


# --- what the values hold -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "ending"),
    [
        ("stop", Ending.STOP),
        ("end_turn", Ending.STOP),
        ("stop_sequence", Ending.STOP),
        ("eos", Ending.STOP),
        ("STOP", Ending.STOP),
        ("length", Ending.LENGTH),
        ("max_tokens", Ending.LENGTH),
        ("MAX_TOKENS", Ending.LENGTH),
        ("content_filter", Ending.REFUSED),
        ("SAFETY", Ending.REFUSED),
        ("RECITATION", Ending.REFUSED),
        ("PROHIBITED_CONTENT", Ending.REFUSED),
        ("tool_calls", Ending.STOP),  # there were none
        ("something new", Ending.STOP),
    ],
)
async def test_each_word_for_the_end_is_understood(reason: str, ending: Ending, asker: Asker):
    heard = await asker(stream(HELLO, delta(finish=reason), DONE))

    assert heard.ending is ending


async def test_an_end_by_error_is_an_error(asker: Asker):
    heard = await asker(
        stream(
            HELLO,
            chunk(delta={"content": ""}, finish_reason="error", error={"message": "no GPU", "code": 502}),
        )
    )

    assert isinstance(heard.error, Broken)
    assert heard.error.reason == "no GPU"


async def test_a_filter_that_lets_nothing_through_is_a_refusal(asker: Asker):
    heard = await asker(stream(delta(finish="content_filter"), DONE))

    assert isinstance(heard.error, Refused)
    assert heard.error.kind is Kind.CONTENT
    assert asker.tries == 1


async def test_a_refusal_in_words_is_shown_and_is_one(asker: Asker):
    heard = await asker(stream(chunk(delta={"refusal": "I cannot help with that."}), STOP))

    assert heard.text == "I cannot help with that."
    assert heard.ending is Ending.REFUSED


@pytest.mark.parametrize(
    "content",
    [
        [{"type": "text", "text": "Hel"}, {"type": "text", "text": "lo"}],
        {"type": "text", "text": "Hello"},
        {"text": "Hello"},
        json.dumps([{"type": "text", "text": "Hello"}]),
        str([{"type": "text", "text": "Hello"}]),
        "\n\nHello",
    ],
)
async def test_content_comes_in_many_forms(content: Any, asker: Asker):
    message = {"role": "assistant", "content": content}

    heard = await asker(whole(json.dumps({"choices": [{"message": message, "finish_reason": "stop"}]})))

    assert (heard.text, heard.ending) == ("Hello", Ending.STOP)


@pytest.mark.parametrize(
    "delta_",
    [
        {"images": [{"type": "image_url", "image_url": {"url": "https://a.example/1.png"}}]},
        {"images": [{"image_url": "https://a.example/1.png"}]},
        {"images": [{"url": "https://a.example/1.png"}]},
        {"images": "https://a.example/1.png"},
        {"content": [{"type": "image_url", "image_url": {"url": "https://a.example/1.png"}}]},
        {"content": [{"type": "output_image", "image_url": "https://a.example/1.png"}]},
    ],
)
async def test_a_structured_picture_comes_once(delta_: dict[str, Any], asker: Asker):
    heard = await asker(stream(chunk(delta=delta_), chunk(delta=delta_, finish_reason="stop"), DONE))

    assert heard.pictures == [Picture(url="https://a.example/1.png")]
    assert heard.ending is Ending.STOP


@pytest.mark.parametrize(
    "image",
    [
        {"b64_json": "R0lGODlh"},
        {"image_url": {"url": "data:image/gif;base64,R0lGODlh"}},
        {"data": "data:image/gif;base64,R0lGODlh"},
    ],
)
async def test_a_pictures_bytes_are_decoded(image: dict[str, Any], asker: Asker):
    heard = await asker(stream(chunk(delta={"images": [image]}), STOP, DONE))

    assert heard.pictures == [Picture(data=b"GIF89a")]


async def test_several_answers_stand_one_below_the_other(asker: Asker):
    def of(index: Any, text: str) -> bytes:
        return frame({"choices": [{"index": index, "delta": {"content": text}}]})

    heard = await asker(stream(of(0, "one"), of(1, "two"), of("0", " more"), of(1, " too"), STOP, DONE))

    assert heard.text == "one more\n\n---\n\ntwo too"


async def test_an_emoji_cut_in_half_by_its_escape_is_put_together(asker: Asker):
    reads = [delta("a"), delta("X").replace(b"X", b"\\ud83c"), delta("X").replace(b"X", b"\\udfb5!")]

    heard = await asker(stream(*reads, STOP, DONE))

    assert heard.text == "a🎵!"


async def test_half_an_emoji_alone_cannot_break_anything(asker: Asker):
    heard = await asker(stream(delta("X").replace(b"X", b"a\\ud83cb"), STOP, DONE))

    assert heard.text == "a\ufffdb"
    heard.text.encode()


async def test_the_connection_is_used_again(asker: Asker):
    for _ in range(3):
        heard = await asker(stream(*GOOD))
        assert heard.ending is Ending.STOP

    assert asker.gateway.connections == 1


async def test_a_read_at_a_time_is_given_as_it_comes(asker: Asker):
    hold = asyncio.Event()
    asker.gateway.answers(stream(HELLO, STOP, hold=hold))

    pieces = asker.completions.stream(prompt())
    first = await anext(pieces)
    hold.set()
    rest = [piece async for piece in pieces]

    assert first.text == "Hello"
    assert len(rest) == 1
