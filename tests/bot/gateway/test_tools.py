"""Calls of tools, in the fragments in which relays send them."""

import json
from typing import Any

import pytest

from bot.errors import Broken
from bot.gateway.tools import Calls
from bot.messages import Ending, ToolCall
from tests.bot.gateway.asking import Asker
from tests.bot.gateway.server import DONE, delta, stream, whole


def call(arguments: Any = "", name: str | None = "f", **more: Any) -> dict[str, Any]:
    function = {"arguments": arguments, **({"name": name} if name else {})}
    return {"type": "function", "function": function, **more}


def made(*deltas: Any) -> list[tuple[str, str, Any]]:
    calls = Calls()
    for each in deltas:
        calls.add(each)
    return [(one.id, one.name, dict(one.arguments)) for one in calls.made()]


@pytest.mark.parametrize(
    ("deltas", "expected"),
    [
        (  # by index, interleaved
            [
                [call(index=0, id="a")],
                [call(index=1, id="b", name="g")],
                [call('{"x":', None, index=0)],
                [call('{"y":2}', None, index=1)],
                [call("1}", None, index=0)],
            ],
            [("a", "f", {"x": 1}), ("b", "g", {"y": 2})],
        ),
        (  # index as text
            [[call(index="0", id="a")], [call('{"x":1}', None, index="0")]],
            [("a", "f", {"x": 1})],
        ),
        (  # no index: by id, a new id is a new call
            [[call('{"x":', id="a")], [call("1}", None, id="a")], [call("{}", "g", id="b")]],
            [("a", "f", {"x": 1}), ("b", "g", {})],
        ),
        (  # no index, no id: the last
            [[call(id="a")], [call('{"x":1}', None)]],
            [("a", "f", {"x": 1})],
        ),
        (  # no index, no id: by their place
            [[call('{"x":1}'), call('{"y":2}', "g")]],
            [("call_1", "f", {"x": 1}), ("call_2", "g", {"y": 2})],
        ),
        (  # every index 0, told apart by their ids (Gemini)
            [[call('{"x":1}', index=0, id="a")], [call('{"y":2}', "g", index=0, id="b")]],
            [("a", "f", {"x": 1}), ("b", "g", {"y": 2})],
        ),
        (  # name and id again each time
            [[call('{"x":', index=0, id="a")], [call("1}", "f", index=0, id="a")]],
            [("a", "f", {"x": 1})],
        ),
        ([[call({"x": 1}, id="a", index=0)]], [("a", "f", {"x": 1})]),
        ([[call(None, id="a", index=0)]], [("a", "f", {})]),
        ([[call("", id="a", index=0)]], [("a", "f", {})]),
        ([[call("null", id="a", index=0)]], [("a", "f", {})]),
        ([[call(json.dumps('{"x":1}'), id="a", index=0)]], [("a", "f", {"x": 1})]),
        ([[json.dumps(call('{"x":1}', id="a"))]], [("a", "f", {"x": 1})]),
        ([call('{"x":1}', id="a")], [("a", "f", {"x": 1})]),
        ([[{**call('{"x":1}', id="a"), "type": None}]], [("a", "f", {"x": 1})]),
        ([[None, 5, "no json", {}]], []),
    ],
)
def test_fragments_make_whole_calls(deltas: list[Any], expected: list[Any]):
    assert made(*deltas) == expected


def test_the_legacy_form_is_one_call():
    calls = Calls()
    calls.add_legacy({"name": "f", "arguments": '{"x":'})
    calls.add_legacy({"arguments": "1}"})

    assert calls.made() == [ToolCall("call_1", "f", {"x": 1})]


@pytest.mark.parametrize("arguments", ['{"x":', "[1]", '"words"', "5"])
def test_a_call_that_was_cut_off_is_not_made(arguments: str):
    with pytest.raises(Broken) as caught:
        made([call(arguments, id="a")])

    assert caught.value.detail == "f"


async def test_calls_come_at_the_end_whatever_the_end_is_called(asker: Asker):
    heard = await asker(
        stream(delta("I will look."), delta(tool_calls=[call("{}", id="a")]), delta(finish="stop"), DONE)
    )

    assert heard.text == "I will look."
    assert heard.calls == [ToolCall("a", "f", {})]
    assert heard.ending is Ending.TOOLS


async def test_a_call_cut_off_by_the_limit_is_an_error_and_not_made(asker: Asker):
    heard = await asker(
        stream(delta("Well"), delta(tool_calls=[call('{"x":', id="a")]), delta(finish="length"), DONE)
    )

    assert heard.text == "Well"
    assert heard.calls == []
    assert isinstance(heard.error, Broken)


async def test_a_call_in_one_piece(asker: Asker):
    message = {"role": "assistant", "content": None, "tool_calls": [call('{"x":1}', id="a")]}

    heard = await asker(whole(json.dumps({"choices": [{"message": message, "finish_reason": "tool_calls"}]})))

    assert heard.calls == [ToolCall("a", "f", {"x": 1})]
