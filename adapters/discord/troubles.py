"""What the platform's errors mean, in the words of ``bot.errors``. Translated here and nowhere else."""

from enum import StrEnum

import aiohttp
import discord

from bot.errors import Kind, OutcomeUnknown, Refused, ServiceError, Unavailable


class Trouble(StrEnum):
    """Refusals that we know what to do about: the ``code`` of a Refused."""

    GONE = "gone"  # no such message
    CLOSED = "closed"  # no such place, or we may not see it
    PERMISSION = "permission"  # we are there, and lack a permission
    HISTORY = "history"  # no reply, where we may not read what was said before
    NOT_OURS = "not ours"  # somebody else's message
    LATE = "late"  # the interaction was too long ago
    ANSWERED = "answered"  # the interaction has its first answer already
    EXPIRED = "expired"  # the interaction's token does not live any more
    SIZE = "size"
    ARCHIVED = "archived"  # the thread was put away
    BRANCHED = "branched"  # the message has its thread already
    NO_DIRECT = "no direct"  # this person takes no messages from us


_CODES = {
    10008: Trouble.GONE,
    10003: Trouble.CLOSED,
    10004: Trouble.CLOSED,
    50001: Trouble.CLOSED,
    50013: Trouble.PERMISSION,
    160002: Trouble.HISTORY,
    50005: Trouble.NOT_OURS,
    10062: Trouble.LATE,
    40060: Trouble.ANSWERED,
    10015: Trouble.EXPIRED,
    50027: Trouble.EXPIRED,
    40005: Trouble.SIZE,
    50007: Trouble.NO_DIRECT,
    50083: Trouble.ARCHIVED,
    160004: Trouble.BRANCHED,
}
# What the library, and what it stands on, may raise for a call.
FAILURES = (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError, RuntimeError)
_FORBIDDEN = (Trouble.CLOSED, Trouble.PERMISSION, Trouble.HISTORY, Trouble.NOT_OURS, Trouble.NO_DIRECT)


def failure_of(error: Exception) -> ServiceError:
    """The same in our words. Unavailable says that nothing was done, or that a repeat is harmless."""
    match error:
        case discord.HTTPException():
            return _answered(error)
        case discord.RateLimited():
            return Unavailable(str(error), kind=Kind.RATE, retry_after=error.retry_after)
        case discord.LoginFailure():
            return Refused(str(error), kind=Kind.KEY, status=401)
        case discord.DiscordException():
            return Unavailable(str(error))
        case aiohttp.ClientConnectorError():
            return Unavailable(str(error))
        case RuntimeError():  # the session was closed under it
            return Unavailable(str(error))
    return OutcomeUnknown(str(error) or type(error).__name__, kind=Kind.TIMEOUT)


def _answered(error: discord.HTTPException) -> ServiceError:
    said, status = error.text or str(error), error.status
    if status == 429:
        return Unavailable(said, kind=Kind.RATE, status=status, retry_after=_retry_after(error))
    if status >= 500:
        return Unavailable(said, status=status)
    trouble = Trouble.SIZE if status == 413 else _CODES.get(error.code)
    if trouble is None and status == 401:
        return Refused(said, kind=Kind.KEY, status=status)
    if trouble is Trouble.SIZE:
        return Refused(said, kind=Kind.SIZE, status=status, code=trouble)
    if trouble in _FORBIDDEN or status == 403:
        return Refused(said, kind=Kind.FORBIDDEN, status=status, code=trouble or "")
    return Refused(said, kind=Kind.REQUEST, status=status, code=trouble or "")


def _retry_after(error: discord.HTTPException) -> float | None:
    try:
        return float(error.response.headers["Retry-After"])
    except (KeyError, ValueError):
        return None
