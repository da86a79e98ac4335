"""What the platform's errors mean, in the words of ``bot.errors``. Translated here and nowhere else."""

from datetime import timedelta
from enum import StrEnum

import aiohttp
from telegram.error import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)

from bot.errors import Kind, OutcomeUnknown, Refused, ServiceError, Unavailable, Unsupported

NEVER_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


class Trouble(StrEnum):
    """Refusals that we know what to do about: the ``code`` of a Refused."""

    UNCHANGED = "unchanged"  # an edit that changes nothing
    GONE = "gone"  # no such message
    UNTOUCHABLE = "untouchable"  # not ours to change
    NO_TEXT = "no text"  # an edit of words, and the message is a picture
    TOPIC = "topic"  # no such topic
    STALE = "stale file"  # a file id that is not valid any more
    PICTURE = "picture"  # not to be had as a photo
    LATE = "late"  # the press was too long ago
    CONFLICT = "conflict"  # another copy polls, or a webhook is set


_WORDS = {
    "message is not modified": Trouble.UNCHANGED,
    "message to edit not found": Trouble.GONE,
    "message to delete not found": Trouble.GONE,
    "message_id_invalid": Trouble.GONE,
    "message can't be edited": Trouble.UNTOUCHABLE,
    "message can't be deleted": Trouble.UNTOUCHABLE,
    "there is no text in the message": Trouble.NO_TEXT,
    "there is no caption in the message": Trouble.NO_TEXT,
    "message thread not found": Trouble.TOPIC,
    "topic_deleted": Trouble.TOPIC,
    "topic_closed": Trouble.TOPIC,
    "wrong file identifier": Trouble.STALE,
    "wrong remote file identifier": Trouble.STALE,
    "wrong file_id": Trouble.STALE,
    "file reference": Trouble.STALE,
    "file_reference": Trouble.STALE,
    "photo_invalid_dimensions": Trouble.PICTURE,
    "image_process_failed": Trouble.PICTURE,
    "photo_ext_invalid": Trouble.PICTURE,
    "photo_save_file_invalid": Trouble.PICTURE,
    "too big for a photo": Trouble.PICTURE,
    "query is too old": Trouble.LATE,
    "query id is invalid": Trouble.LATE,
}
_CLOSED = (
    "chat not found",
    "user not found",
    "user is deactivated",
    "peer_id_invalid",
    "not enough rights",
    "need administrator rights",
    "have no rights",
    "chat_write_forbidden",
    "chat_restricted",
    "group chat was deactivated",
    "bot is not a member",
    "bot was kicked",
    "forbidden",
)


def failure_of(error: TelegramError) -> ServiceError:
    """The same in our words. Unavailable says that surely nothing was done."""
    said = str(error)
    words = said.casefold()
    match error:
        case RetryAfter():
            return Unavailable(said, kind=Kind.RATE, retry_after=seconds_of(error))
        case Forbidden():
            return Refused(said, kind=Kind.FORBIDDEN, status=403)
        case InvalidToken() if "not found" in words:
            return Unsupported(said, status=404)
        case InvalidToken():
            return Refused(said, kind=Kind.KEY, status=401)
        case Conflict():
            return Refused(said, kind=Kind.REQUEST, status=409, code=Trouble.CONFLICT)
        case BadRequest():
            return _bad_request(said, words)
    if "too large" in words:
        return Refused(said, kind=Kind.SIZE, status=413)
    if _never_sent(error):
        return Unavailable(said)
    return OutcomeUnknown(said)


def _bad_request(said: str, words: str) -> ServiceError:
    for phrase, trouble in _WORDS.items():
        if phrase in words:
            return Refused(said, kind=Kind.REQUEST, status=400, code=trouble)
    if "too big" in words or "too large" in words:
        return Refused(said, kind=Kind.SIZE, status=400)
    if any(phrase in words for phrase in _CLOSED):
        return Refused(said, kind=Kind.FORBIDDEN, status=400)
    return Refused(said, kind=Kind.REQUEST, status=400)


def seconds_of(error: RetryAfter) -> float:
    """How long to wait; the library says it as a number or as a timedelta."""
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def _never_sent(error: BaseException) -> bool:
    """Whether no connection was made: only then is it certain that nothing was done."""
    cause = error.__cause__
    while cause is not None:
        if isinstance(cause, NEVER_SENT) or "Pool timeout" in str(error):
            return True
        cause = cause.__cause__
    return False
