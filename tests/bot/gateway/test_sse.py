"""Splitting: where a body is cut into reads makes no difference, and long lines are never copied twice."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.errors import Broken
from bot.gateway import sse
from bot.gateway.answer import Answer
from bot.gateway.sse import Events
from bot.messages import Piece
from tests.bot.gateway.asking import patient, thorough
from tests.bot.gateway.server import cut, delta
from tests.bot.gateway.test_dialects import SAID
from tests.bot.gateway.test_transcripts import HERE, LATE_ERROR, OPENROUTER, SUNO

LINES = st.sampled_from(
    [
        b"data: ",
        b"data:",
        b"\n",
        b"\r\n",
        b"\r",
        b"\n\n",
        b": PING",
        b"event: error",
        b"event: message",
        b"[DONE]",
        b'{"choices":[{"index":0,"delta":{"content":"\xe4\xbd\xa0\xe5\xa5\xbd"}}]}',
        b'{"choices":[{"index":0,"delta":{"content":"\xe2\x80\xa8"},"finish_reason":"stop"}]}',
        b'{"choices":[',
        b"]}",
        b'{"error":{"message":"x"}}',
        b"}{",
        b"ping",
        b"unexpected EOF",
        b"\xef\xbb\xbf",
        b"\xff",
        b'"',
        b"id: 1",
        b"1",
        b"null",
    ]
)
BODIES = st.lists(LINES, max_size=40).map(b"".join) | st.binary(max_size=200)
PLACES = st.lists(st.integers(0, 10_000), max_size=30)


def read(reads: list[bytes]) -> tuple[list[Any], str, bool, bytes]:
    events = Events()
    found = [value for data in reads for value in events.feed(data)]
    found += events.end()
    assert events.values == len(found)
    return found, events.words, events.done, bytes(events.stray)


@thorough
@given(BODIES, PLACES)
@example(b"data: 1\r\n\r\ndata: 2\r\r\n", [8, 9])
@example(b'data: {"a":\ndata: 1}\n\n', [12])
def test_any_cut_of_any_body_gives_the_same_values(body: bytes, places: list[int]):
    assert read(cut(body, places)) == read([body]) == read([bytes([byte]) for byte in body])


RECORDED = [path.read_bytes() for path in sorted(HERE.glob("*.sse"))] + [OPENROUTER, LATE_ERROR, SUNO]


@patient
@given(st.sampled_from(RECORDED), PLACES)
def test_any_cut_of_a_recorded_answer_gives_the_same_pieces(body: bytes, places: list[int]):
    def pieces(reads: list[bytes]) -> list[Piece]:
        answer, out = Answer(), []
        try:
            for value in read(reads)[0]:
                answer.take(value, out)
            answer.end(out)
        except Exception as error:
            out.append(str(error))
        return out

    assert pieces(cut(body, places)) == pieces([body])


@patient
@given(st.text(max_size=50))
def test_any_text_comes_through(text: str):
    body = delta(text) + delta(text).replace(b"\n", b"\r\n")

    values = read([body])[0]

    assert [value["choices"][0]["delta"]["content"] for value in values] == [text, text]


def test_the_dialects_hold_for_any_cut_into_single_bytes():
    for reply, text in SAID.values():
        if b"chunked" not in reply.writes[0] or b"gzip" in reply.writes[0]:
            continue
        body = b"".join(
            write.split(b"\r\n", 1)[1][:-2] for write in reply.writes[1:] if write != b"0\r\n\r\n"
        )
        if body.startswith(b"\x1f\x8b"):
            continue
        assert read([body]) == read([bytes([byte]) for byte in body]), text


def test_a_long_line_in_small_reads_is_joined_once():
    text = "x" * 3_000_000
    line = delta(text)
    events = Events()

    found = [value for at in range(0, len(line), 1000) for value in events.feed(line[at : at + 1000])]

    assert found[0]["choices"][0]["delta"]["content"] == text
    assert events._part == []


def test_what_is_unfinished_is_kept_in_pieces_and_never_copied():
    events = Events()
    reads = [b"data: {", *(bytes([65 + place % 26]) * 10 for place in range(100))]

    for data in reads:
        events.feed(data)

    assert all(kept is data for kept, data in zip(events._part, reads, strict=True))


def test_a_line_without_end_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sse, "LONGEST_LINE", 1000)
    events = Events()

    for _ in range(100):
        events.feed(b"0123456789")
    with pytest.raises(Broken):
        events.feed(b"0")


def test_an_event_without_end_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sse, "MOST_PENDING", 10)
    events = Events()

    for _ in range(1000):
        events.feed(b"data: words\n")

    assert len(events._pending) <= 10


def test_stray_text_is_kept_only_up_to_a_limit(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sse, "LONGEST_STRAY", 100)
    events = Events()

    for _ in range(1000):
        events.feed(b"neither this nor that\n")

    assert len(events.stray) < 200


def test_deep_nesting_is_no_crash():
    values, words, _, _ = read([b"data: " + b"[" * 200_000 + b"\n\n", delta("ok")])

    assert [json.dumps(value)[:3] for value in values] == ['{"i']
    assert words == ""
