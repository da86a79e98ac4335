"""The catalogue of gateways' errors: which code, which words and which status mean what.

From the sources of new-api, one-api and one-hub, and from OpenAI's, OpenRouter's and Anthropic's answers.
"""

import re
from dataclasses import dataclass

from bot.errors import Kind, OutcomeUnknown, Refused, ServiceError, Unavailable, Unsupported


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """What an error is to us."""

    error: type[ServiceError]
    kind: Kind


KEY = Verdict(Refused, Kind.KEY)
QUOTA = Verdict(Refused, Kind.QUOTA)
FORBIDDEN = Verdict(Refused, Kind.FORBIDDEN)
RATE = Verdict(Unavailable, Kind.RATE)
MODEL = Verdict(Refused, Kind.MODEL)
CONTENT = Verdict(Refused, Kind.CONTENT)
CONTEXT = Verdict(Refused, Kind.CONTEXT)
PARAMETER = Verdict(Refused, Kind.PARAMETER)
REQUEST = Verdict(Refused, Kind.REQUEST)
SIZE = Verdict(Refused, Kind.SIZE)
SETUP = Verdict(Refused, Kind.SETUP)
MISSING = Verdict(Unsupported, Kind.SETUP)
PASSING = Verdict(Unavailable, Kind.UPSTREAM)
UNCLEAR = Verdict(OutcomeUnknown, Kind.UPSTREAM)  # it may have been carried out, and billed
LATE = Verdict(OutcomeUnknown, Kind.TIMEOUT)
REFUSED = Verdict(Refused, Kind.UPSTREAM)

_LISTS = {
    KEY: "invalid_api_key invalid_authentication authentication_error account_deactivated",
    QUOTA: """insufficient_user_quota pre_consume_token_quota_failed quota_not_enough insufficient_quota
        insufficient_balance billing_hard_limit_reached billing_not_active payment_required
        entitlement_daily_limit_exceeded entitlement_total_limit_exceeded""",
    FORBIDDEN: """access_denied permission_denied permission_error entitlement_required entitlement_inactive
        unsupported_country_region_territory""",
    RATE: """rate_limit_exceeded rate_limit_error too_many_requests tokens requests
        token_concurrency_limit_reached token_concurrency_unavailable""",
    MODEL: "model_not_found",
    CONTENT: """sensitive_words_detected content_policy_violation content_filter moderation_blocked
        prompt_blocked violation_fee.grok.csam data_inspection_failed""",
    CONTEXT: "context_length_exceeded",
    PARAMETER: "unknown_parameter unsupported_parameter unsupported_value",
    REQUEST: """invalid_text_request invalid_image_request invalid_audio_request invalid_request
        bad_request_body text_too_long count_token_messages_failed count_token_failed""",
    SIZE: "read_request_body_failed request_too_large",
    SETUP: """model_price_error convert_request_failed model_mapped_error invalid_api_type
        count_audio_tokens_failed json_marshal_failed channel:model_mapped_error
        channel:param_override_invalid channel:header_override_invalid""",
    MISSING: "api_not_implemented",
    PASSING: """get_channel_failed do_request_failed gen_relay_info_failed rate_limit_check_failed
        channel:no_available_key channel:invalid_key channel:aws_client_error aws_invoke_error empty_response
        query_data_error update_data_error new_api_panic one_api_panic overloaded_error server_error
        internal_server_error""",
    UNCLEAR: """read_response_body_failed unmarshal_response_body_failed bad_response_body
        close_response_body_failed bad_response""",
    LATE: "channel:response_time_exceeded",
}
CODES = {code: verdict for verdict, codes in _LISTS.items() for code in codes.split()}

# In this order: a key whose quota is gone is spoken of as a key, and a gone quota as a rate limit.
_WORDS = [
    (verdict, re.compile(pattern, re.IGNORECASE))
    for verdict, pattern in (
        (QUOTA, r"额度|余额|quota|insufficient (?!permission)|credit|billing"),
        (KEY, r"未提供令牌|无效的?令牌|令牌(已过期|状态不可用|验证失败|不存在)|api key|unauthorized"),
        (MODEL, r"无可用渠道|数据库一致性已被破坏|model_not_found|does not exist"),
        (
            CONTEXT,
            r"context.?length|maximum context|too many tokens|上下文|prompt is too long|input length",
        ),
        (CONTENT, r"敏感|sensitive|policy|safety|审核|moderation"),
        (RATE, r"负载已饱和|rate limit|too many requests|请求数限制|速率"),
    )
]


def by_words(text: str) -> Verdict | None:
    """What the words mean, where they say enough."""
    return next((verdict for verdict, pattern in _WORDS if pattern.search(text)), None)


_STATUSES = {
    400: REQUEST,
    401: KEY,
    402: QUOTA,
    403: FORBIDDEN,
    404: SETUP,
    405: SETUP,
    408: LATE,
    413: SIZE,
    414: REQUEST,
    415: REQUEST,
    422: REQUEST,
    429: RATE,
    501: MISSING,
    504: LATE,
    522: LATE,
    524: LATE,
}


def by_status(status: int, *, page: bool = False) -> Verdict:
    """What is left to go by. A page with a good status is a wrong address: the gateway's own web site."""
    if status in _STATUSES:
        return _STATUSES[status]
    if 520 <= status <= 526:
        return UNCLEAR
    if 300 <= status < 400 or (page and status < 300):
        return SETUP
    return REFUSED if 400 <= status < 500 else PASSING
