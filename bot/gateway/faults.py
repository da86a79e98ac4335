"""What a gateway's error means: found in any shape, classified by code, then text, then status."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from html import unescape
from http import HTTPStatus
from time import time
from typing import Any

from bot.errors import Kind, ServiceError, Unavailable
from bot.gateway.catalogue import CODES, FORBIDDEN, MODEL, PARAMETER, PASSING, Verdict, by_status, by_words

LONGEST = 300  # characters of a reason
WAIT_AT_MOST = 120.0  # seconds

_REQUEST = re.compile(r"\s*[（(]request id: ?([^)）]+)[)）]", re.IGNORECASE)
_KEY = re.compile(r"\bsk-[\w*-]{4,}")
_SECRET = re.compile(
    r"([?&](?:api_?key|key|access_token|token|sig|signature|secret)=)[^&\s\"']+", re.IGNORECASE
)
_PAGE = re.compile(r"\s*<(?:!doctype|html|head|body|center|title|\?xml)\b", re.IGNORECASE)
_TITLE = re.compile(r"<(title|h1)[^>]*>(.*?)</\1>", re.IGNORECASE | re.DOTALL)
_FRAMING = re.compile(r"\s*(?:(?:data|event|id|retry):[^\S\n]*(?:[a-z]+\n)?|:[^\n]*\n?)*")
_TAG = re.compile(r"</?[a-z!][^<>]{0,200}>", re.IGNORECASE)
_SAID_STATUS = re.compile(r"bad response status code (\d{3})")
_NAME = r"[`'\"]?([a-z_][\w.]*)[`'\"]?"
_NO = r"(?:is |are )?(?:not supported|unsupported|not permitted|not allowed|deprecated)"
_PARAMETERS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"un(?:supported|known|recognized|expected) (?:parameter|field|(?:keyword )?argument)s?:? {_NAME}",
        rf"unrecognized request arguments? supplied: {_NAME}",
        r"unsupported value: [`'\"]([\w.]+)",
        rf"argument not supported[^:]*: {_NAME}",
        rf"(?:parameter|argument|field)s? {_NAME} {_NO}",
        rf"[`'\"]([\w.]+)[`'\"] {_NO}",
    )
)
_EXTRA = re.compile(r"extra (inputs|fields)( are)? not permitted", re.IGNORECASE)
_SNAKE = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Fault:
    """An error as a gateway said it, before it is judged."""

    status: int
    words: str = ""
    code: str = ""
    type: str = ""
    parameter: str = ""
    more: str = ""  # what an upstream behind it said; read for its words, not shown
    page: bool = False  # the answer was HTML


def error_of(status: int, body: bytes, headers: Mapping[str, str]) -> ServiceError:
    """The error that an answer is, whatever its shape.

    Refused, Unsupported and Unavailable are certain that nothing was done; OutcomeUnknown is for answers
    after which the work may be under way behind the gateway (408, 504, 520 to 526, unreadable upstreams).
    """
    text = body.decode("utf-8-sig", "replace").strip()
    fault: Fault | None = None
    page = text[:1] == "<" or ("html" in _header(headers, "content-type") and text[:1] not in ("{", "["))
    if page:
        fault = Fault(status, _title(text), page=True)
    for value in [] if page else values_in(text):
        fault = fault or fault_in(value, status)
    return _judge(fault or Fault(status, text), headers)


def error_in(
    value: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> ServiceError | None:
    """The error in a JSON value that came with a good status, or in a stream; None if it is none."""
    fault = fault_in(value, status)
    return _judge(fault, headers or {}) if fault else None


def values_in(text: str) -> Iterator[object]:
    """Every JSON value of a text that should be one (new-api may send two), also after ``data:``."""
    decoder = json.JSONDecoder(strict=False)
    at = 0
    while at < len(text):
        framing = _FRAMING.match(text, at)
        try:
            value, at = decoder.raw_decode(text, framing.end() if framing else at)
        except (ValueError, RecursionError):
            return
        yield value


def fault_in(value: object, status: int) -> Fault | None:
    """The error in a JSON value, in the order of likelihood of its shapes; None if it is none."""
    if isinstance(value, list) and value and isinstance(value[0], dict):  # Gemini
        value = value[0]
    if isinstance(value, str) and status >= 400:
        return Fault(status, value)
    if not isinstance(value, dict):
        return None
    error = value.get("error")
    if isinstance(error, dict):
        return _nested(error, status)
    if isinstance(error, str) and error:
        inner = _text(value.get("message"))
        return Fault(status, inner or error, _text(value.get("code")), error if inner else "")
    if "choices" in value:
        return _in_choices(value["choices"], status)
    failed = value.get("success") is False or status >= 400
    if not failed and not _flat_failure(value):
        return None
    return _flat(value, status)


def _nested(error: Mapping[str, Any], status: int) -> Fault:
    """OpenAI's shape and its relatives."""
    metadata = error.get("metadata")
    more = json.dumps(metadata, ensure_ascii=False)[:4000] if metadata else ""
    words = _text(error.get("message")) or _text(error.get("msg")) or _text(error.get("detail"))
    return Fault(
        status, words, _text(error.get("code")), _text(error.get("type")), _text(error.get("param")), more
    )


def _in_choices(choices: object, status: int) -> Fault | None:
    """gpt4free-ts: a whole completion whose message carries an error."""
    for choice in choices if isinstance(choices, list) else [choices]:
        if isinstance(choice, dict):
            for place in (choice, choice.get("message"), choice.get("delta")):
                error = place.get("error") if isinstance(place, dict) else None
                if isinstance(error, dict):
                    return _nested(error, status)
                if error:
                    return Fault(status, str(error))
    return None


def _flat_failure(value: Mapping[str, Any]) -> bool:
    """A flat error that came with a good status: a code that says no, and words."""
    if not isinstance(value.get("message"), str) and not isinstance(value.get("description"), str):
        return False
    code = value.get("code")
    return (isinstance(code, str) and code.lower() in CODES) or (isinstance(code, int) and 400 <= code < 600)


def _flat(value: Mapping[str, Any], status: int) -> Fault:
    code, kind = _text(value.get("code")), _text(value.get("type"))
    detail = value.get("detail")
    if isinstance(detail, list) and detail and isinstance(detail[0], dict):  # FastAPI
        place = detail[0].get("loc")
        parameter = _text(place[-1]) if isinstance(place, list) and place else ""
        return Fault(status, _text(detail[0].get("msg")), code, _text(detail[0].get("type")), parameter)
    if isinstance(detail, dict):
        return replace(_nested(detail, status), code=_text(detail.get("code")) or code)
    header, answer = value.get("header"), value.get("response")
    inner = answer.get("error") if isinstance(answer, dict) else None
    for words in (
        detail,
        value.get("message"),
        value.get("msg"),
        value.get("err"),
        value.get("error_msg"),
        header.get("message") if isinstance(header, dict) else None,
        inner.get("message") if isinstance(inner, dict) else inner,
        value.get("description"),
    ):
        if isinstance(words, str) and words:
            return Fault(status, words, code, kind, _text(value.get("param")))
    return Fault(status, json.dumps(value, ensure_ascii=False) if value else "", code, kind)


def _judge(fault: Fault, headers: Mapping[str, str]) -> ServiceError:
    status = _real_status(fault)
    words = _title(fault.words) if _PAGE.match(fault.words) else fault.words
    verdict = _verdict(fault, status, words)
    detail = ""
    if verdict.kind in (Kind.PARAMETER, Kind.REQUEST):
        detail = _parameter(fault, words, sure=verdict is PARAMETER)
        verdict = PARAMETER if detail else by_status(400)
    elif verdict.kind is Kind.CONTENT:
        word = re.search(r"sensitive words? detected: *([^\s,()]+)", words)
        detail = word[1] if word else ""
    ids = [_header(headers, name) for name in ("x-oneapi-request-id", "x-any2api-request-id", "x-request-id")]
    ids = [each.strip() for each in (*ids, *_REQUEST.findall(words)) if each.strip()]
    error = verdict.error(
        _clean(words) or _phrase(status or fault.status),
        kind=verdict.kind,
        status=status or fault.status,
        code=fault.code or fault.type,
        request=", ".join(dict.fromkeys(ids)),
        detail=detail,
    )
    if isinstance(error, Unavailable):
        error.retry_after = _retry_after(headers, words, status)
    return error


def _verdict(fault: Fault, status: int, words: str) -> Verdict:
    if fault.page:
        return by_status(status, page=True)
    for code in (fault.code, fault.type, words.strip()):
        verdict = CODES.get(code.lower())
        if verdict is not None:
            return FORBIDDEN if verdict is MODEL and status == 403 else _lasting(verdict, status)
    if status == fault.status and "bad_response_status_code" in (fault.code, fault.type):
        return PASSING  # which status, nobody says
    if status in (400, 422) and any(pattern.search(words) for pattern in _PARAMETERS):
        return by_status(400)  # before its words: a parameter may be called `safety_identifier`
    verdict = by_words(f"{words} {fault.more}")
    return _lasting(verdict, status) if verdict else by_status(status)


def _lasting(verdict: Verdict, status: int) -> Verdict:
    """An unknown model's 503 may also mean that all of its channels are down for now."""
    return Verdict(Unavailable, Kind.MODEL) if verdict is MODEL and status == 503 else verdict


def _real_status(fault: Fault) -> int:
    """A relay hides its upstream's status in ``param`` or the text; numeric codes are hints too."""
    said = _SAID_STATUS.match(fault.words)
    hints = [fault.code]
    if said or "bad_response_status_code" in (fault.code, fault.type):
        hints = [fault.parameter, said[1] if said else "", fault.code]
    return next((int(hint) for hint in hints if re.fullmatch(r"[45]\d\d", hint, re.ASCII)), fault.status)


def _parameter(fault: Fault, words: str, *, sure: bool) -> str:
    """The parameter that is not taken, as it is called on the wire; "" when that is not what they say.

    Codes are often lost on the way; the text alone may name it.
    """
    name = next((found[1] for pattern in _PARAMETERS if (found := pattern.search(words))), "")
    if fault.parameter and (sure or name or _EXTRA.search(words)):
        name = fault.parameter
    return _SNAKE.sub("_", re.split(r"[.\[]", name)[0]).lower()


def _clean(words: str) -> str:
    text = _TAG.sub(" ", _REQUEST.sub("", words.encode("utf-8", "replace").decode()))
    text = _SECRET.sub(r"\1***", _KEY.sub("sk-***", text))
    return " ".join(text.split())[:LONGEST]


def _title(page: str) -> str:
    """What a page calls itself; never its HTML."""
    found = _TITLE.search(page[:20_000])
    return " ".join(unescape(_TAG.sub(" ", found[2])).split())[:LONGEST] if found else ""


def _phrase(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"status {status}" if status else ""


def _retry_after(headers: Mapping[str, str], words: str, status: int) -> float | None:
    """Seconds to wait, from 0 to two minutes, in whichever spelling it is said."""
    found = _number(_header(headers, "retry-after-ms"), 0.001)
    after = _header(headers, "retry-after")
    if found is None and after:
        found = _number(after, 1.0) if after[0].isdigit() else _until(after)
    if found is None and status == 429:
        found = _duration(_header(headers, "x-ratelimit-reset-requests"))
    if found is None and (
        said := re.search(r"(?:try again|retry) (?:in|after) ([\d.]+) ?(ms|s\b|sec|m\b|min)", words)
    ):
        unit = {"ms": 0.001, "m": 60.0, "min": 60.0}.get(said[2], 1.0)
        found = _number(said[1].rstrip("."), unit)
    return None if found is None else min(max(found, 0.0), WAIT_AT_MOST)


def _number(text: str, unit: float) -> float | None:
    return float(text) * unit if re.fullmatch(r"\d{1,12}(\.\d+)?", text.strip(), re.ASCII) else None


def _until(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp() - time()
    except (ValueError, TypeError, OverflowError):
        return None


def _duration(text: str) -> float | None:
    """Go's spelling: ``1s``, ``6m0s``, ``120ms``."""
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|h|m|s)", text)
    if not parts or "".join(number + unit for number, unit in parts) != text.strip():
        return None
    unit_seconds = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
    return sum(float(number) * unit_seconds[unit] for number, unit in parts)


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name), "")


def _text(value: object) -> str:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()  # JSON can spell halves of characters
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else ""
