"""What a chat message may provoke on purpose: ``/sandbox cut``, ``sandbox error 429`` and so on."""

import re
from dataclasses import dataclass

from bot.sandbox.refusals import invalid_url, open_ai_error
from bot.sandbox.wire import Reply, go_dump, html_502, request_id

WAYS = {
    "error": "an error: a status (`error 429`), or `key`, `quota`, `model`, `content`, `context`, `rate`, "
    "`parameter NAME`",
    "flaky": "an error the first time, an answer the second",
    "busy": "429 with `Retry-After: 1` the first time, an answer the second",
    "cut": "half an answer, then the stream ends without a word",
    "drop": "half an answer, then the connection breaks",
    "stall": "half an answer, then silence",
    "silent": "silence from the start",
    "slow": "one word a second",
    "empty": "a stream without anything in it",
    "blank": "an answer without text",
    "html": "a web page instead of an answer",
    "json": "JSON instead of a stream",
    "think": "thoughts inside the text, in `<think>`",
    "thinkonly": "thoughts, and no answer",
    "tool": "a call of the first tool that was offered",
    "length": "half an answer, ended by the token limit",
    "refuse": "a refusal by a content filter",
    "nodone": "a whole answer without `[DONE]`",
    "nofinish": "a whole answer without a reason for its end",
    "pings": "keep-alive comments between the pieces",
    "noise": "frames without choices, without delta, with numbers as strings",
    "crlf": "lines that end in CR LF, and no space after `data:`",
    "bytes": "a stream that arrives byte by byte",
    "chars": "one frame for each character",
    "lines": "U+2028, U+2029 and U+0085 in the text",
    "big": "one frame of half a megabyte",
    "errorframe": "half an answer, then an error as a frame",
    "deltaerror": "an error inside a delta, then a normal end",
    "latejson": "keep-alives, then an error that is no frame",
    "picture": "a drawn picture in the answer, as a link",
}
INVALID = "invalid_request_error"
NAMED_ERRORS: dict[str, tuple[int, str, str, str | None]] = {
    "key": (401, "无效的令牌", "new_api_error", None),
    "exhausted": (401, "该令牌额度已用尽 TokenStatusExhausted[sk-abc***xyz]", "new_api_error", None),
    "quota": (
        403,
        "chat pre-consumed quota failed, user quota: ＄0.010000, need quota: ＄0.123000",
        "new_api_error",
        "insufficient_user_quota",
    ),
    "model": (503, "当前分组 default 下对于模型 sandbox-gone 无可用渠道", "new_api_error", None),
    "content": (400, "Your request was rejected by the safety system.", INVALID, "content_policy_violation"),
    "context": (
        400,
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 9031 tokens. "
        "Please reduce the length of the messages.",
        INVALID,
        "context_length_exceeded",
    ),
    "rate": (429, "当前分组上游负载已饱和，请稍后再试", "rate_limit_error", "rate_limit_exceeded"),
}
STATUS_NAMES = {401: "key", 403: "quota", 429: "rate", 503: "model"}

# In groups, clients write who speaks before what is said.
SPEAKER = r"\s*(?:[^\n:]{1,64}: )?\s*"
_ASKED = re.compile(SPEAKER + r"/?sandbox[:,]?\s+([a-z]+)\b[ \t]*([^\n]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mischief:
    name: str
    argument: str = ""


def asked_for(text: str) -> Mischief | None:
    """The mischief that a message asks for, if it does."""
    match = _ASKED.match(text)
    if match is None or match[1].lower() not in WAYS:
        return None
    return Mischief(match[1].lower(), match[2].strip())


def error_reply(argument: str) -> Reply:
    """The error that somebody asked to see."""
    word, _, rest = argument.partition(" ")
    status = int(word) if word.isdigit() and 400 <= int(word) <= 599 else 0
    if word == "parameter":
        name = rest or "temperature"
        message = f"Unsupported parameter: '{name}' is not supported with this model."
        return error(400, message, INVALID, "unsupported_parameter", name)
    if word == "empty":
        return Reply(429)
    if status in (502, 504) or 520 <= status <= 526:
        page = html_502()
        body = page.body.replace(b"502 Bad Gateway", f"{status} Gateway Error".encode())
        return Reply(status, body, page.media_type)
    if status == 404:
        return invalid_url("POST", "/v1/chat/completions")
    name = word if word in NAMED_ERRORS else STATUS_NAMES.get(status, "")
    if name:
        found, message, kind, code = NAMED_ERRORS[name]
        return error(status or found, message, kind, code)
    if status == 413:
        return Reply(
            413, b"<html><head><title>413 Request Entity Too Large</title></head></html>", "text/html"
        )
    message = (
        "The sandbox was asked for this error."
        if status
        else "error wants a status from 400 to 599, or a name"
    )
    return error(status or 400, message, "sandbox_error", "sandbox")


def busy_reply() -> Reply:
    reply = error_reply("rate")
    return Reply(reply.status, reply.body, reply.media_type, {**reply.headers, "Retry-After": "1"})


def web_page() -> Reply:
    """What new-api answers to a path outside of its API."""
    page = b"<!doctype html><html><head><title>New API</title></head><body></body></html>"
    return Reply(200, page, "text/html")


def error(status: int, message: str, kind: str, code: str | None, param: str = "") -> Reply:
    if code is None:
        return open_ai_error(status, message, kind)
    number = request_id()
    said = {"message": f"{message} (request id: {number})", "type": kind, "param": param, "code": code}
    headers = {"X-Oneapi-Request-Id": number}
    return Reply(status, go_dump({"error": said}), "application/json; charset=utf-8", headers)
