"""The frames of a streamed answer, and whole answers, as new-api passes them on."""

import json
import secrets
import time
from collections.abc import Iterator
from typing import Any

from bot.sandbox.answers import Answer, count_tokens
from bot.sandbox.tools import Call
from bot.sandbox.wire import go_dump

EMPTY = {"cached_tokens": 0, "text_tokens": 0, "audio_tokens": 0, "image_tokens": 0}


class Frames:
    """Makes the frames of one answer."""

    def __init__(self, model: str, way: str = "") -> None:
        self._way = way
        self._head = {
            "id": f"chatcmpl-{secrets.token_hex(12)}",
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": model,
        }
        # The frame of a piece of text is written thousands of times: only its text is encoded anew.
        frame = self._frame({"content": "\u0000"}).decode()
        before, after = frame.split(json.dumps("\u0000"))
        self._before, self._after = before.encode(), after.encode()

    def role(self) -> bytes:
        return self._frame({"role": "assistant", "content": ""})

    def text(self, piece: str) -> bytes:
        if self._way == "lines":  # signs that Go would escape, as other servers send them
            return self._before + json.dumps(piece, ensure_ascii=False).encode() + self._after
        return self._before + go_dump(piece) + self._after

    def thought(self, piece: str) -> bytes:
        return self._frame({"content": None, "reasoning_content": piece})

    def stop(self, ending: str) -> bytes:
        return self._frame({}, ending)

    def usage(self, prompt: int, completion: int) -> bytes:
        """Numbers as strings when noise is wanted, and then inside a choice as well."""
        if self._way == "noise":
            counts = {"prompt_tokens": str(prompt), "completion_tokens": str(completion)}
            choices = [{"index": 0, "delta": None, "usage": counts}]
            return _data({**self._head, "choices": choices, "usage": counts})
        return _data(
            {**self._head, "system_fingerprint": "", "choices": [], "usage": usage_of(prompt, completion)}
        )

    def done(self) -> bytes:
        return b"data: [DONE]\n\n"

    def error(self, message: str) -> bytes:
        return _data({"error": {"message": message, "type": "upstream_error", "param": "", "code": "502"}})

    def delta_error(self) -> bytes:
        return self._frame({"error": "timeout"})

    def noise(self) -> bytes:
        """What a client must pass over: Azure's first frame, empty data, frames without choices."""
        azure = {
            **self._head,
            "id": "",
            "created": 0,
            "choices": [],
            "prompt_filter_results": [{"prompt_index": 0}],
        }
        missing = {name: value for name, value in self._head.items() if name != "model"}
        return b"event: message\ndata:\n\n: noise\n\n" + _data(azure) + _data(missing) + b"data: PING\n\n"

    def tool(self, made: Call) -> Iterator[bytes]:
        """A call of a tool, its arguments in pieces, later ones without an index."""
        call = {"index": 0, "id": "call_sandbox1", "type": "function"}
        function = {"name": made.name, "arguments": ""}
        yield self._frame(
            {"role": "assistant", "content": None, "tool_calls": [{**call, "function": function}]}
        )
        half = len(made.arguments) // 2
        for part in (made.arguments[:half], made.arguments[half:]):
            yield self._frame({"tool_calls": [{"function": {"arguments": part}}]})

    def _frame(self, delta: dict[str, Any], ending: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": ending}
        return _data({**self._head, "system_fingerprint": None, "choices": [choice], "usage": None})


def whole_answer(
    model: str, answer: Answer, prompt: int, way: str, made: Call | None, ended: tuple[str, str]
) -> bytes:
    """An answer that is not streamed, or a call of a tool."""
    text, ending = ended
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if answer.thoughts and model == "sandbox-reasoner":
        message["reasoning_content"] = answer.thoughts
    if made is not None:
        function = {"name": made.name, "arguments": made.arguments}
        call = {"id": "call_sandbox1", "type": "function", "function": function}
        message, ending = {"role": "assistant", "content": None, "tool_calls": [call]}, "tool_calls"
    ending = {"length": "length", "refuse": "content_filter"}.get(way, ending)
    return go_dump(
        {
            "id": f"chatcmpl-{secrets.token_hex(12)}",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": model,
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": ending}],
            "usage": usage_of(prompt, count_tokens(text)),
            "system_fingerprint": "fp_sandbox",
        }
    )


def usage_of(prompt: int, completion: int) -> dict[str, Any]:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": EMPTY,
        "completion_tokens_details": {"text_tokens": 0, "audio_tokens": 0, "reasoning_tokens": 0},
    }


def _data(data: dict[str, Any]) -> bytes:
    return b"data: " + go_dump(data) + b"\n\n"
