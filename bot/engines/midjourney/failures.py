"""Why a task failed, read from its `failReason`."""

import re

from bot.errors import Kind
from bot.jobs import Failure

# Lower-case substrings, the first that fits decides. Sources: novicezk, plus, trueai v11, new-api and
# Midjourney's own embeds, which arrive as "[title] text".
_SIGNS: tuple[tuple[tuple[str, ...], Kind, bool], ...] = (
    (("取消任务", "任务已取消"), Kind.CANCELLED, False),
    (("invalid parameter", "unrecognized parameter"), Kind.PARAMETER, False),
    (("invalid prompt", "invalid link", "invalid form body", "invalid image"), Kind.REQUEST, False),
    (
        (
            "banned prompt",
            "output filter",
            "image denied",
            "敏感",
            "违规",
            "is banned",
            "moderat",
            "safety",
        ),
        Kind.CONTENT,
        False,
    ),
    (("queue full", "queue is full", "队列已满"), Kind.QUEUE, True),
    (("未找到父级任务",), Kind.GONE, True),
    (("超时", "timed out", "timeout"), Kind.TIMEOUT, True),
    (("额度", "余额", "quota"), Kind.QUOTA, False),
)

_BANNED = re.compile(r"(?:word|phrase|term|words)\W{0,3}[`'\"“]([^`'\"”]{1,60})[`'\"”]", re.IGNORECASE)
_PARAMETER = re.compile(r"(?<![\w-])--?[a-zA-Z][\w-]{0,30}")
_QUOTED = re.compile(r"`([^`]{1,60})`")


def failure_of(reason: str, banned: str = "") -> Failure:
    """Its kind, the service's own words, the word that matters, and whether another try makes sense.

    ``banned`` is the word as the service itself names it, where it does (`properties.bannedWord`).
    """
    low = reason.lower()
    for signs, kind, again in _SIGNS:
        if any(sign in low for sign in signs):
            return Failure(
                kind, reason, _detail(kind, reason) or (banned if kind is Kind.CONTENT else ""), again
            )
    if banned:
        return Failure(Kind.CONTENT, reason, banned, again=False)
    # "Failed to process your command", accounts in trouble, internal errors: all may work another time.
    return Failure(Kind.UPSTREAM, reason)


def _detail(kind: Kind, reason: str) -> str:
    if kind is Kind.CONTENT:
        found = _BANNED.search(reason) or _QUOTED.search(reason)
        return found[1].strip() if found else ""
    if kind is Kind.PARAMETER:
        quoted = _QUOTED.search(reason)
        found = _PARAMETER.search(quoted[1] if quoted else reason) or _PARAMETER.search(reason)
        return found[0] if found else quoted[1].strip() if quoted else ""
    return ""
