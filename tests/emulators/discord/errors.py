"""Refusals, as Discord words them."""

from typing import Any

KNOWN: dict[int, tuple[int, str]] = {
    0: (404, "404: Not Found"),
    10003: (404, "Unknown Channel"),
    10004: (404, "Unknown Guild"),
    10007: (404, "Unknown Member"),
    10008: (404, "Unknown Message"),
    10011: (404, "Unknown Role"),
    10013: (404, "Unknown User"),
    10014: (400, "Unknown Emoji"),
    10015: (404, "Unknown Webhook"),
    10062: (404, "Unknown interaction"),
    10063: (404, "Unknown application command"),
    20016: (429, "This action cannot be performed due to slowmode rate limit."),
    30003: (400, "Maximum number of pins reached (250)"),
    30010: (400, "Maximum number of reactions reached (20)"),
    30034: (429, "Daily application command create limit reached (200)"),
    40005: (413, "Request entity too large"),
    40060: (400, "Interaction has already been acknowledged."),
    40094: (400, "This interaction has reached the maximum number of follow up messages."),
    50001: (403, "Missing Access"),
    50003: (403, "Cannot execute action on a DM channel"),
    50005: (403, "Cannot edit a message authored by another user"),
    50006: (400, "Cannot send an empty message"),
    50007: (403, "Cannot send messages to this user"),
    50008: (400, "Cannot send messages in a non-text channel"),
    50013: (403, "Missing Permissions"),
    50019: (403, "A message can only be pinned in the channel it was sent in"),
    50021: (403, "Cannot execute action on a system message"),
    50024: (400, "Cannot execute action on this channel type"),
    50027: (401, "Invalid Webhook Token"),
    50034: (400, "You can only bulk delete messages that are under 14 days old."),
    50035: (400, "Invalid Form Body"),
    50083: (400, "Thread is archived"),
    50109: (400, "The request body contains invalid JSON."),
    50278: (403, "Cannot send messages to this user due to having no mutual guilds"),
    160002: (400, "Cannot reply without permission to read message history"),
    160004: (400, "A thread has already been created for this message"),
}


class ApiError(Exception):
    """What the bot is answered instead."""

    def __init__(
        self, status: int, code: int, message: str, errors: dict[str, Any] | None = None, **more: Any
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message = status, code, message
        self.errors = errors or {}
        self.more = more

    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = {"message": self.message, "code": self.code} | self.more
        if self.errors:
            body["errors"] = self.errors
        return body


def refusal(code: int, **more: Any) -> ApiError:
    status, message = KNOWN[code]
    return ApiError(status, code, message, **more)


UNAUTHORIZED = (401, 0, "401: Unauthorized")


class Problems:
    """What is wrong with a form, each with the way to where it is (``embeds.0.title``)."""

    def __init__(self) -> None:
        self._tree: dict[str, Any] = {}

    def __bool__(self) -> bool:
        return bool(self._tree)

    def add(self, way: str, code: str, message: str) -> None:
        node = self._tree
        for step in way.split("."):
            node = node.setdefault(step, {})
        node.setdefault("_errors", []).append({"code": code, "message": message})

    def text(self, way: str, value: Any, most: int, least: int = 0) -> str:
        """The value, when it is a string of a fitting length; otherwise "", noted."""
        if not isinstance(value, str):
            missing = value is None and least
            code = "BASE_TYPE_REQUIRED" if missing else "STRING_TYPE_CONVERT"
            self.add(way, code, "This field is required" if missing else f"Could not interpret {value!r:.40}")
            return ""
        if least <= len(value) <= most:
            return value
        if least:
            self.add(way, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")
        else:
            self.add(way, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
        return ""

    def number(self, way: str, value: Any, least: int, most: int) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            self.add(way, "NUMBER_TYPE_COERCE", f"Value {value!r:.40} is not int.")
        elif value < least:
            self.add(way, "NUMBER_TYPE_MIN", f"int value should be greater than or equal to {least}.")
        elif value > most:
            self.add(way, "NUMBER_TYPE_MAX", f"int value should be less than or equal to {most}.")
        else:
            return value
        return least

    def listed(self, way: str, value: Any, most: int, least: int = 0) -> list[Any]:
        """The value, when it is a list of a fitting length; otherwise [], noted."""
        if not isinstance(value, list):
            self.add(way, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            return []
        if not least <= len(value) <= most:
            words = (
                f"Must be between {least} and {most} in length."
                if least
                else f"Must be {most} or fewer in length."
            )
            self.add(way, "BASE_TYPE_BAD_LENGTH" if least else "BASE_TYPE_MAX_LENGTH", words)
            return []
        return value

    def check(self) -> None:
        if self._tree:
            raise ApiError(400, 50035, "Invalid Form Body", self._tree)


def wrong(way: str, code: str, message: str) -> ApiError:
    """One thing is wrong with the form."""
    problems = Problems()
    problems.add(way, code, message)
    return ApiError(400, 50035, "Invalid Form Body", problems._tree)
