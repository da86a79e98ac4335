"""What can go wrong, by who can act on it.

BotError
├── UserError            the person can put it right; its text is shown to them
│   └── UsageError       a command's arguments do not fit
└── ServiceError         something we call failed; logged, and told in one sentence
    ├── Unavailable      nothing was done, and another try may work: retry_after, seconds
    ├── Refused          the service said no; another identical try will not help
    ├── Unsupported      this service has no such thing
    ├── Silent           nothing came within the deadline
    ├── Broken           the answer began and then broke off
    └── OutcomeUnknown   it may or may not have been carried out, and may have been paid for

Anything else is our own bug. Libraries' errors are translated once, at their seam.
"""

from enum import StrEnum


class Kind(StrEnum):
    """Why a service failed, in the classes of people's possible reactions."""

    KEY = "key"  # the key is wrong, missing or expired
    QUOTA = "quota"  # the balance is used up
    FORBIDDEN = "forbidden"
    RATE = "rate"  # too many requests, or the upstream is saturated
    MODEL = "model"  # no such model, or no channel for it
    MISSING = "missing"  # the service has no such endpoint, button or capability
    CONTENT = "content"  # moderation
    CONTEXT = "context"  # too long for the model
    PARAMETER = "parameter"  # a parameter that the model does not take
    REQUEST = "request"  # our request is malformed
    SIZE = "size"  # body too large
    SETUP = "setup"  # wrong address or a gateway that is not set up
    EMPTY = "empty"  # an answer without content
    QUEUE = "queue"  # the picture service's queue is full
    GONE = "gone"  # unknown task
    NOT_READY = "not_ready"  # the task it refers to has not finished yet
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"
    OUTCOME = "outcome"  # it may have been carried out, and nobody can look it up
    UPSTREAM = "upstream"  # everything else behind the gateway


class BotError(Exception):
    """The root of what we raise on purpose."""


class UserError(BotError):
    """The person can put it right. The text is one sentence for them."""


class UsageError(UserError):
    """A command's arguments do not fit. The text shows how it is used."""


class ServiceError(BotError):
    """Something we call failed.

    ``reason`` is the service's own words, cleaned of request ids, URLs' secrets and HTML; it may be
    shown. ``request`` is the service's request id, for the log.
    """

    def __init__(
        self,
        reason: str = "",
        *,
        kind: Kind = Kind.UPSTREAM,
        status: int = 0,
        code: str = "",
        request: str = "",
        detail: str = "",
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.kind = kind
        self.status = status
        self.code = code
        self.request = request
        self.detail = detail  # the one word that matters: the banned word, the parameter's name

    def __str__(self) -> str:
        facts = [self.kind.value]
        if self.status:
            facts.append(str(self.status))
        if self.code:
            facts.append(self.code)
        if self.request:
            facts.append(f"request {self.request}")
        return f"{self.reason or type(self).__name__} ({', '.join(facts)})"


class Unavailable(ServiceError):
    """Nothing was done; worth another try, after ``retry_after`` seconds where the service says so."""

    def __init__(
        self,
        reason: str = "",
        *,
        retry_after: float | None = None,
        kind: Kind = Kind.UPSTREAM,
        status: int = 0,
        code: str = "",
        request: str = "",
        detail: str = "",
    ) -> None:
        super().__init__(reason, kind=kind, status=status, code=code, request=request, detail=detail)
        self.retry_after = retry_after


class Refused(ServiceError):
    """The service said no."""


class Lacking(Refused):
    """Where we were to speak we lack a permission: ``reason`` says which, for people, without a full stop."""


class Unsupported(ServiceError):
    """This service has no such endpoint, action or capability."""


class Silent(ServiceError):
    """Nothing came within the deadline."""


class Broken(ServiceError):
    """The answer began and then broke off; what arrived is with the caller already."""


class OutcomeUnknown(ServiceError):
    """The request was sent and no answer came: it may have been carried out and paid for."""
