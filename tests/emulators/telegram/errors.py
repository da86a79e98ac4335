"""What the server answers instead of a result, in Telegram's own words."""


class ApiError(Exception):
    """An answer with ``ok: false``: its HTTP status, its description, and parameters that clients act on.

    ApiError
    └── Unfit     something that a careful client never sends: noted as a violation as well
    """

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters

    def body(self) -> dict[str, object]:
        body: dict[str, object] = {"ok": False, "error_code": self.status, "description": self.description}
        return body | ({"parameters": self.parameters} if self.parameters else {})


class Unfit(ApiError):
    """The real server might repair or ignore it; here it is a mistake of the client's."""

    def __init__(self, description: str, status: int = 400) -> None:
        super().__init__(status, f"Bad Request: {description}")


def bad(description: str, **parameters: int) -> ApiError:
    return ApiError(400, f"Bad Request: {description}", **parameters)


def forbidden(description: str) -> ApiError:
    return ApiError(403, f"Forbidden: {description}")


def conflict(description: str) -> ApiError:
    return ApiError(409, f"Conflict: {description}")


def too_many(seconds: int) -> ApiError:
    return ApiError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)


NOT_FOUND = ApiError(404, "Not Found")
UNAUTHORIZED = ApiError(401, "Unauthorized")
TOO_LARGE = ApiError(413, "Request Entity Too Large")
