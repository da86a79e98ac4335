"""What an answer says: a receipt for a task, or one of our errors."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.engines.midjourney.values import mapping, number, text
from bot.engines.midjourney.wire import Answer
from bot.errors import Kind, OutcomeUnknown, Refused, ServiceError, Unavailable, Unsupported
from bot.gateway.http import error_of

ACCEPTED, EXISTS, QUEUED = 1, 21, 22
TAKEN = (ACCEPTED, EXISTS, QUEUED)

_MODEL = re.compile(r"(?:模型|model)\s+(\S+)", re.IGNORECASE)
_AHEAD = re.compile(r"前面还有\s*(\d+)")


@dataclass(frozen=True, slots=True)
class Receipt:
    """A submit that was taken (wire: the submit result with code 1, 21 or 22)."""

    code: int
    tasks: tuple[str, ...]  # several when one press started several
    description: str
    properties: Mapping[str, Any]

    @property
    def queue(self) -> int | None:
        """Jobs in front of it; relays keep them in the words alone."""
        found = _AHEAD.search(self.description)
        return number(self.properties.get("numberOfQueues")) or (int(found[1]) if found else None)

    @property
    def finished(self) -> bool:
        """Whether code 21 means "there is such a picture already" (old novicezk)."""
        return self.code == EXISTS and bool(self.properties.get("status") and self.properties.get("imageUrl"))

    @property
    def waits(self) -> bool:
        """Whether a form waits for words; relays rewrite 21 to 1 and leave the rest as it was."""
        if self.finished:
            return False
        said = "confirm" in self.description.lower() or "窗口" in self.description
        return self.code == EXISTS or said or self.properties.get("remix") is True


def receipt_of(answer: Answer) -> Receipt:
    """The receipt of a paid call; raises what the answer says instead.

    Unavailable, Refused and Unsupported say that surely nothing was accepted; OutcomeUnknown that it may
    have been.
    """
    data = _unwrapped(answer)
    code, tasks = number(data.get("code")), _ids(data.get("result"))
    fine = 200 <= answer.status < 300 and not _is_error(data)
    if fine and tasks and (code in TAKEN or data.get("code") is None):
        described, properties = text(data.get("description")), mapping(data.get("properties"))
        return Receipt(code or ACCEPTED, tasks, described, properties)
    raise error_in(answer, paid=True)


def error_in(answer: Answer, *, paid: bool) -> ServiceError:
    """The error that an answer is. For a ``paid`` call, what is not surely a "no" is OutcomeUnknown."""
    data = _unwrapped(answer)
    # Direct proxies refuse with 200 too; told 400, the general reading looks for the words in any shape.
    status = answer.status if answer.status >= 300 else 400
    general = error_of(status, answer.body, answer.headers)
    facts = _Facts(answer, data, number(data.get("code")), general)
    by_words = _by_words(facts)
    if by_words is None and answer.unrouted:
        return facts.make(Unsupported, Kind.SETUP)
    return by_words or _by_code(facts) or _by_status(facts, paid=paid)


@dataclass(frozen=True, slots=True)
class _Facts:
    answer: Answer
    data: Mapping[str, Any]
    code: int | None
    general: ServiceError

    def make(
        self, error: type[ServiceError], kind: Kind, detail: str = "", wait: float | None = None
    ) -> ServiceError:
        general = self.general
        named = general.code if self.code is None else str(self.code)
        made = error(
            general.reason,
            kind=kind,
            status=self.answer.status,
            code=named,
            request=general.request,
            detail=detail,
        )
        if isinstance(made, Unavailable):
            said = general.retry_after if isinstance(general, Unavailable) else None
            made.retry_after = wait if said is None else said
        return made


# The services' own words, most telling first: (substrings, error, kind, seconds to wait). They are looked
# for before codes and statuses, which say less (a full queue has five codes) and may be remapped.
_WORDS: tuple[tuple[tuple[str, ...], type[ServiceError], Kind, float | None], ...] = (
    # new-api has asked its upstream before these happen
    (("insert_midjourney_task_failed", "copy_response_body_failed"), OutcomeUnknown, Kind.UPSTREAM, None),
    (("账号已被临时封锁", "用户已被封禁"), Refused, Kind.FORBIDDEN, None),
    (("敏感词", "违规信息", "banned prompt", "sensitive word"), Refused, Kind.CONTENT, None),
    (
        ("unknown_action", "未知的 action", "服务不支持", "未启用", "禁止上传", "不支持 remix"),
        Unsupported,
        Kind.REQUEST,
        None,
    ),
    (("task_status_not_success", "关联任务状态错误"), Unavailable, Kind.NOT_READY, 3.0),
    (("队列已满", "队列数已达上限", "queue is full", "queue full"), Unavailable, Kind.QUEUE, 15.0),
    (("并发数已达上限", "负载已饱和"), Unavailable, Kind.RATE, 15.0),
    (("无可用的账号", "账号不可用: ", "账号不可用："), Unavailable, Kind.RATE, 20.0),
    (("无可用渠道", "数据库一致性", "no available channel"), Unavailable, Kind.MODEL, 10.0),
    (("服务暂不可用",), Unavailable, Kind.UPSTREAM, 30.0),
    (
        ("quota_not_enough", "额度", "余额", "绘图次数已达上限", "insufficient balance"),
        Refused,
        Kind.QUOTA,
        None,
    ),
    (("无权访问", "ip 不在", "令牌分组", "已被弃用", "普通用户不支持"), Refused, Kind.FORBIDDEN, None),
    (("令牌", "未登录", "authorization header missing", "账号已禁用", "账号不可用"), Refused, Kind.KEY, None),
    (("该任务所属渠道已被禁用", "get_channel_info_failed"), Refused, Kind.GONE, None),
    (
        (
            "关联任务不存在",
            "目标任务不存在",
            "未找到父级任务",
            "task_not_found",
            "task_no_found",
            "task_not_exist",
        ),
        Refused,
        Kind.GONE,
        None,
    ),
)


def _by_words(facts: _Facts) -> ServiceError | None:
    banned = text(mapping(facts.data.get("properties")).get("bannedWord"))
    if facts.code == 24 or banned:
        return facts.make(Refused, Kind.CONTENT, banned)
    said = facts.general.reason
    for signs, error, kind, wait in _WORDS:
        if any(sign in said.lower() for sign in signs):
            model = _MODEL.search(said) if kind is Kind.MODEL else None
            return facts.make(error, kind, model[1] if model else "", wait)
    return None


def _by_code(facts: _Facts) -> ServiceError | None:
    match facts.code:
        case 3:
            return facts.make(Refused, Kind.GONE)
        case 4:
            return facts.make(Refused, Kind.REQUEST)
        case 5:  # a relay whose upstream did not answer: the job may exist there
            return facts.make(OutcomeUnknown, Kind.UPSTREAM)
        case 9:  # the proxy has put the task away before it says so (novicezk)
            return facts.make(Unavailable, Kind.UPSTREAM, wait=10.0)
        case 23:
            return facts.make(Unavailable, Kind.QUEUE, wait=15.0)
        case 30:
            return facts.make(Unavailable, Kind.RATE, wait=15.0)
        case -1 if facts.answer.status < 500:
            return facts.make(Refused, Kind.UPSTREAM)
    return None


def _by_status(facts: _Facts, *, paid: bool) -> ServiceError:
    status, general = facts.answer.status, facts.general
    unknown = OutcomeUnknown if paid else Unavailable
    if status == 503 and _is_error(facts.data):  # the gateway's own word: it has sent nothing on
        return facts.make(Unavailable, Kind.UPSTREAM, wait=10.0)
    if status >= 500:
        return facts.make(unknown, Kind.TIMEOUT if status in (504, 522, 524) else Kind.UPSTREAM)
    if status < 300 and not _is_error(facts.data):
        if facts.code not in (None, *TAKEN) and not _ids(facts.data.get("result")):
            return facts.make(Refused, Kind.UPSTREAM)  # a code of an aggregator's own, and no task
        return facts.make(unknown, Kind.EMPTY)  # neither a receipt nor a "no": something was done, but what?
    return facts.make(
        type(general), general.kind, general.detail, 15.0 if general.kind is Kind.RATE else None
    )


def _unwrapped(answer: Answer) -> Mapping[str, Any]:
    """The object itself; some aggregators wrap it in ``{"data": …}``."""
    data = mapping(answer.data)
    inner = data.get("data")
    return inner if "code" not in data and "result" not in data and isinstance(inner, dict) else data


def _is_error(data: Mapping[str, Any]) -> bool:
    return bool(data.get("error")) or data.get("success") is False


def _ids(result: object) -> tuple[str, ...]:
    """Task ids from a string, a number, a list, or a comma list (trueai, `PicReader::all`)."""
    if isinstance(result, list):
        return tuple(found for each in result if not isinstance(each, list) for found in _ids(each))
    return tuple(part.strip() for part in text(result).split(",") if part.strip())
