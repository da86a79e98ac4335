"""Nonsense from a gateway is an error of the gateway, and never one of ours."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ServiceError
from bot.gateway.answer import Answer
from bot.gateway.faults import error_in, error_of
from bot.gateway.http import unpacked
from bot.gateway.models import _listed
from bot.messages import End, Piece, Text, Thought
from tests.bot.gateway.asking import patient, thorough

_KEYS = """choices delta message content role error code type param metadata finish_reason index usage name
    prompt_tokens completion_tokens tool_calls function arguments id function_call reasoning reasoning_content
    reasoning_details refusal images image image_url url b64_json data audio transcript detail msg header
    response success description loc text object models supported_endpoint_types output thinking"""
_WORDS = """stop error text image_url data:image/png;base64,QUJD <think> </think> 0 [{ 502 {}
    response.output_text.delta response.failed"""
KEYS = st.sampled_from(_KEYS.split())
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-5, 10**30)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([*_WORDS.split(), "\ud83c", "9" * 5000])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=25,
)
CHUNKS = st.fixed_dictionaries(
    {"choices": st.lists(st.dictionaries(KEYS, VALUES, max_size=5), max_size=2) | VALUES},
    optional={"usage": VALUES},
)


@thorough
@given(st.lists(CHUNKS | VALUES, max_size=6))
def test_any_values_make_pieces_or_an_error_of_the_service(values: list[Any]):
    answer, out, failure = Answer(), list[Piece](), None
    try:
        for value in values:
            answer.take(value, out)
        answer.end(out)
    except ServiceError as error:
        failure = error
    assert str(failure).encode() if failure else isinstance(out[-1], End)
    for piece in out:
        if isinstance(piece, (Text, Thought)):
            assert piece.text
            piece.text.encode()


@thorough
@given(
    st.integers(200, 599),
    VALUES | st.binary(max_size=60),
    st.dictionaries(KEYS, st.text(max_size=10), max_size=2),
)
def test_any_body_is_some_error(status: int, body: Any, headers: dict[str, str]):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    error = error_of(status, data, headers)

    assert len(error.reason) <= 300
    assert str(error).encode()


@patient
@given(VALUES)
def test_any_value_is_an_error_or_none(value: Any):
    assert error_in(value) is None or isinstance(error_in(value), ServiceError)


@patient
@given(VALUES)
def test_any_value_is_a_list_of_models_if_only_an_empty_one(value: Any):
    assert all(model.id for model in _listed(value))


@patient
@given(st.binary(max_size=60))
def test_damaged_gzip_is_taken_as_it_is(data: bytes):
    assert isinstance(unpacked(b"\x1f\x8b" + data), bytes)
