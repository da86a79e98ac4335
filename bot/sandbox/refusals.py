"""How new-api refuses: its keys, its errors of two kinds, and the buttons that it knows."""

from bot.sandbox.service import Wrong
from bot.sandbox.wire import Reply, go_dump, request_id


def bare_key(sent: str) -> str:
    """A key without its prefixes, cut at the first hyphen as new-api does."""
    key = sent.removeprefix("Bearer ").removeprefix("sk-")
    return key.partition("-")[0]


def own_error(code: int, *words: str) -> Reply:
    """The relay's own refusals: HTTP 400 (429 for code 30), and a space at the end."""
    description = f"{words[0]} {words[1] if len(words) > 1 else ''}"
    body = {"code": code, "description": description, "type": "upstream_error"}
    return Reply(429 if code == 30 else 400, go_dump(body), "application/json; charset=utf-8")


def open_ai_error(status: int, message: str, kind: str = "new_api_error") -> Reply:
    """Refusals of its middleware, with the request's id."""
    number = request_id()
    body = {"error": {"message": f"{message} (request id: {number})", "type": kind}}
    return Reply(status, go_dump(body), "application/json; charset=utf-8", {"X-Oneapi-Request-Id": number})


def invalid_url(method: str, path: str) -> Reply:
    error = {
        "message": f"Invalid URL ({method} {path})",
        "type": "invalid_request_error",
        "param": "",
        "code": "",
    }
    return Reply(404, go_dump({"error": error}), "application/json; charset=utf-8")


def action_of(custom_id: str) -> str:
    """The action that a customId stands for; the relay knows no others."""
    if not custom_id:
        raise Wrong(open_ai_error(400, "Invalid request, custom_id_is_required"))
    parts = custom_id.split("::")
    if len(parts) < 2:
        message = "Panic detected, error: runtime error: index out of range [1] with length 1"
        panic = {"message": message, "type": "new_api_panic"}
        raise Wrong(Reply(500, go_dump({"error": panic}), "application/json; charset=utf-8"))
    word = parts[2] if parts[1] == "JOB" and len(parts) > 2 else parts[1]
    if "upsample" in word:
        if len(parts) < 4 or not parts[3].isdigit():
            raise Wrong(open_ai_error(400, "Invalid request, index_parse_failed"))
        return "upscale"
    exact = {"variation": "variation", "low_variation": "low_variation", "high_variation": "high_variation",
             "Outpaint": "zoom", "CustomZoom": "custom_zoom", "Inpaint": "inpaint"}  # fmt: skip
    if word in exact:
        return exact[word]
    for part in ("pan", "reroll"):
        if part in word:
            return part
    raise Wrong(open_ai_error(400, f"Invalid request, unknown_action:{custom_id}"))


def cannot_unmarshal(value: object, name: str, kind: str) -> Reply:
    found = {bool: "bool", int: "number", float: "number", str: "string", list: "array", dict: "object"}[
        type(value)
    ]
    message = f"json: cannot unmarshal {found} into Go struct field MidjourneyRequest.{name} of type {kind}"
    return open_ai_error(400, f"Invalid request, {message}")
