"""What the gateways' task routes mean when they do not say yes (Suno, Luma)."""

import json
from collections.abc import Mapping
from typing import Any

from bot.engines.midjourney.values import mapping, number, text
from bot.engines.midjourney.wire import Answer, as_unavailable
from bot.errors import Kind, OutcomeUnknown, Refused, ServiceError, Unavailable, Unsupported
from bot.gateway.http import error_of

# new-api and one-hub say these after they have begun to ask upstream; "insert_task_failed" even means that
# the task runs there and is lost here.
_UNCLEAR = (
    "do_request_failed",
    "read_response_body_failed",
    "unmarshal_response_body_failed",
    "insert_task_failed",
    "submit_failed",
    "get_task_failed",
    "get_tasks_failed",
    "fail_to_fetch_task",
)
_MEANINGS: Mapping[str, tuple[type[ServiceError], Kind]] = {
    "task_not_exist": (Refused, Kind.GONE),
    "task_origin_not_exist": (Refused, Kind.GONE),
    "task_channel_disable": (Refused, Kind.GONE),
    "invalid_api_platform": (Refused, Kind.MODEL),
    "channel_not_found": (Refused, Kind.MODEL),
    "provider_not_found": (Unavailable, Kind.MODEL),
}


def unrouted(answer: Answer) -> bool:
    """Whether there is no such endpoint. A 404 with a code or a detail of the API's own is about a task."""
    if answer.status == 200:
        return answer.is_page
    if answer.status not in (404, 405, 501):
        return False
    data = answer.data
    if not isinstance(data, dict):
        return True
    error, detail = data.get("error"), data.get("detail")
    if isinstance(error, dict):
        return error.get("code") != "model_not_found"
    if detail:
        return text(detail).lower() in ("not found", "method not allowed")
    return not text(data.get("code")) or data.get("code") in (404, 405)


def error_in(answer: Answer, *, paid: bool) -> ServiceError:
    """The error that an answer is. For a ``paid`` call, what is not surely a "no" is OutcomeUnknown."""
    data = mapping(answer.data)
    error = _general(answer, data)
    code, said = text(data.get("code")).lower(), f"{error.reason} {text(data.get('message'))}".lower()
    if "invalid_action" in said:
        return _as(Unsupported, Kind.REQUEST, error)
    for name in (code, text(data.get("message")).lower()):
        if name in _MEANINGS:
            return _as(*_MEANINGS[name], error)
    if unrouted(answer):
        return _as(Unsupported, Kind.SETUP, error)
    if not paid:
        return error
    return error if _surely(answer, data, code, error) else _as(OutcomeUnknown, _late(error), error)


def _surely(answer: Answer, data: Mapping[str, Any], code: str, error: ServiceError) -> bool:
    """Whether nothing was accepted."""
    if isinstance(error, OutcomeUnknown) or _is_unclear(answer.status, code):
        return False
    if answer.status < 300:
        # A flat failure with a good status: a code of 400 and more that is no server's trouble.
        said = number(data.get("code"))
        return not unrouted(answer) and (400 <= said < 500 if said is not None else _is_no(code))
    if error.kind in (Kind.KEY, Kind.QUOTA, Kind.CONTENT, Kind.SIZE):
        return True
    if error.kind in (Kind.RATE, Kind.MODEL) and (answer.status < 500 or answer.status == 503):
        return True
    if answer.status == 503:  # the gateway's own word, in its own shape: it has sent nothing on
        return bool(data.get("error"))
    if answer.status >= 500:
        return _is_no(code)
    return not isinstance(error, Unavailable)


def _is_unclear(status: int, code: str) -> bool:
    """Whether the work may be under way upstream; an upstream's own refusal comes with its status."""
    return code in _UNCLEAR and (status >= 500 or code != "fail_to_fetch_task")


def _is_no(code: str) -> bool:
    """Whether a flat code is the service's own "no", which relays pass on with a status of 500."""
    return bool(code) and not code.lstrip("-").isdigit() and code != "success" and code not in _UNCLEAR


def _general(answer: Answer, data: Mapping[str, Any]) -> ServiceError:
    detail = data.get("detail")
    reason = text(mapping(detail).get("reason")) or text(data.get("messages"))
    status = answer.status if answer.status >= 300 else 400
    if reason:
        return error_of(status, json.dumps({"message": reason}).encode(), answer.headers)
    error = error_of(status, answer.body, answer.headers)
    if status == 401:  # Suno-API calls a wrong key an invalid request
        return _as(Refused, error.kind if error.kind is Kind.QUOTA else Kind.KEY, error)
    # A refusal that is told as the server's own trouble is still a refusal, and not to be tried again.
    own = isinstance(error, Unavailable) and _is_no(text(data.get("code")).lower()) and status == 500
    return _as(Refused, error.kind, error) if own else error


def _late(error: ServiceError) -> Kind:
    return error.kind if error.kind is Kind.TIMEOUT else Kind.UPSTREAM


def _as(kind: type[ServiceError], reason: Kind, error: ServiceError) -> ServiceError:
    if kind is Unavailable:
        made = as_unavailable(error)
        made.kind = reason
        return made
    return kind(
        error.reason,
        kind=reason,
        status=error.status,
        code=error.code,
        request=error.request,
        detail=error.detail,
    )
