"""Every shape of an error, every line of the catalogue and of the policy of retries, over a real socket."""

import json
import socket
from dataclasses import replace
from email.utils import formatdate
from time import time
from typing import Any

import pytest

from bot.errors import Kind, OutcomeUnknown, Refused, ServiceError, Silent, Unavailable, Unsupported
from bot.gateway.http import error_in, error_of
from tests.bot.gateway.asking import Asker, hear, prompt
from tests.bot.gateway.server import GOOD, Reply, stream, whole


def e1(message: str, code: Any = "", type: str = "new_api_error", param: Any = "") -> str:
    """OpenAI's shape, as new-api writes it for errors of its own and of upstreams."""
    return json.dumps(
        {"error": {"message": message, "type": type, "param": param, "code": code}}, ensure_ascii=False
    )


def e2(message: str, type: str = "new_api_error") -> str:
    """The middleware's: no code, no param, and a request id."""
    text = f"{message} (request id: 20250411093200123456789Ab3dE6Gh)"
    return json.dumps({"error": {"message": text, "type": type}}, ensure_ascii=False)


PAGE = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body></body>\r\n</html>\r\n"

# --- the shapes -----------------------------------------------------------------------------

SHAPES: dict[str, tuple[int, str, str]] = {
    "E1": (500, e1("boom", "server_error", "x"), "boom"),
    "E1 code null": (500, e1("boom", None, "x", None), "boom"),
    "E2": (500, e2("boom"), "boom"),
    "E3": (500, '{"error":{"message":"boom"}}', "boom"),
    "E4": (500, '{"error":"boom"}', "boom"),
    "E5 message": (500, '{"message":"boom"}', "boom"),
    "E5 msg": (500, '{"msg":"boom"}', "boom"),
    "E5 err": (500, '{"err":"boom"}', "boom"),
    "E5 error_msg": (500, '{"error_msg":"boom"}', "boom"),
    "E5 header": (500, '{"header":{"message":"boom"}}', "boom"),
    "E5 response": (500, '{"response":{"error":{"message":"boom"}}}', "boom"),
    "E5 detail": (500, '{"detail":"boom"}', "boom"),
    "E5 detail, an object": (500, '{"detail":{"message":"boom","code":"x"}}', "boom"),
    "E5 detail, a list": (500, '{"detail":[{"loc":["body","n"],"msg":"boom","type":"x"}]}', "boom"),
    "E5 description": (500, '{"description":"boom","type":"upstream_error","code":4}', "boom"),
    "E6": (200, '{"success":false,"message":"boom"}', "boom"),
    "E7": (500, '{"code":"x","message":"boom","data":null}', "boom"),
    "E7 with a good status": (200, '{"code":"get_channel_failed","message":"boom","data":null}', "boom"),
    "E8": (502, '{"error":{"code":502,"message":"boom","metadata":{"provider_name":"P"}}}', "boom"),
    "E9 500": (500, "", "500 Internal Server Error"),
    "E10": (502, PAGE, "502 Bad Gateway"),
    "E11": (500, e1("boom") + e1("and again"), "boom"),
    "E12": (529, '{"type":"error","error":{"type":"overloaded_error","message":"boom"}}', "boom"),
    "E13": (
        500,
        '{"choices":[{"index":0,"message":{"role":"assistant","content":"","error":"boom"},"finish_reason":"stop"}]}',
        "boom",
    ),
    "E13, an object": (500, '{"choices":[{"message":{"error":{"message":"boom"}}}]}', "boom"),
    "in a list": (500, '[{"error":{"code":500,"message":"boom","status":"INTERNAL"}}]', "boom"),
    "a string": (500, '"boom"', "boom"),
    "text": (500, "boom", "boom"),
    "as an event": (500, 'event: error\ndata: {"error":{"message":"boom"}}\n\n', "boom"),
    "after newlines": (500, "\n\n" + e1("boom"), "boom"),
}


@pytest.mark.parametrize("name", SHAPES)
async def test_the_words_are_found_in_every_shape(name: str, asker: Asker):
    status, body, reason = SHAPES[name]

    heard = await asker(whole(body, status))

    assert isinstance(heard.error, Unavailable)
    assert heard.error.reason == reason
    assert heard.error.kind is Kind.UPSTREAM


async def test_e9_a_limit_without_words(asker: Asker):
    heard = await asker(whole("", 429))

    assert isinstance(heard.error, Unavailable)
    assert heard.error.kind is Kind.RATE
    assert heard.error.reason == "429 Too Many Requests"


async def test_e8_what_the_upstream_said_is_read_but_not_shown(asker: Asker):
    body = {
        "error": {
            "code": 403,
            "message": "Provider returned error",
            "metadata": {"raw": "flagged by moderation"},
        }
    }

    heard = await asker(whole(json.dumps(body), 403))

    assert heard.error is not None
    assert (heard.error.kind, heard.error.reason) == (Kind.CONTENT, "Provider returned error")


# --- the catalogue --------------------------------------------------------------------------

REFUSED = (Refused, 1)
QUOTA_ = (*REFUSED, Kind.QUOTA)
KEY_ = (*REFUSED, Kind.KEY)
FORBIDDEN_ = (*REFUSED, Kind.FORBIDDEN)
REQUEST_ = (*REFUSED, Kind.REQUEST)
CONTENT_ = (*REFUSED, Kind.CONTENT)
SETUP_ = (*REFUSED, Kind.SETUP)
RATE_ = (Unavailable, 3, Kind.RATE)
PASSING = (Unavailable, 3, Kind.UPSTREAM)
LATE = (Silent, 1, Kind.TIMEOUT)  # not waited for twice; the person has a button for that
UNCLEAR = (Unavailable, 2, Kind.UPSTREAM)
BUSY = "当前分组上游负载已饱和，请稍后再试"
INVALID = "invalid_request_error"

# status, body → class, tries in all, kind
CATALOGUE: list[tuple[int, str, tuple[type[ServiceError], int, Kind]]] = [
    *(
        (401, e2(words), KEY_)
        for words in ("未提供令牌", "无效的令牌", "该令牌已过期", "令牌已过期", "该令牌状态不可用")
    ),
    *((401, e2(words, "one_api_error"), KEY_) for words in ("令牌验证失败", "令牌状态不可用")),
    (401, e2("该令牌额度已用尽 TokenStatusExhausted[sk-abc***xyz]"), QUOTA_),
    (401, e2("[sk-abc***xyz] 该令牌额度已用尽 !token.UnlimitedQuota && token.RemainQuota = 0"), QUOTA_),
    (401, e2("令牌 NAME（#12）额度已用尽", "one_api_error"), QUOTA_),
    (401, e2("该令牌额度已用尽", "one_api_error"), QUOTA_),
    (401, e2("令牌额度已用尽", "one_hub_error"), QUOTA_),
    (401, e1("Incorrect API key provided: sk-abcd1234.", "invalid_api_key", INVALID), KEY_),
    (402, '{"error":{"code":402,"message":"Insufficient credits"}}', QUOTA_),
    *(
        (403, e2(words), FORBIDDEN_)
        for words in (
            "用户已被封禁",
            "您的 IP 不在令牌允许访问的列表中",
            "令牌分组 vip 已被禁用",
            "分组 vip 已被弃用",
            "该令牌无权访问模型 gpt-9",
            "该令牌无权使用模型：gpt-9",
            "该令牌无权访问任何模型",
            "普通用户不支持指定渠道",
            "该渠道已被禁用",
            "该令牌只能在指定网段使用：10.0.0.0/8，当前 ip：1.2.3.4",
            "IP 1.2.3.4 is not allowed to access",
            "API requests are not allowed",
        )
    ),
    (403, e1("user quota is not enough", "insufficient_user_quota"), QUOTA_),
    (
        403,
        e1(
            "chat pre-consumed quota failed, user quota: ＄0.01, need quota: ＄0.12",
            "insufficient_user_quota",
        ),
        QUOTA_,
    ),
    (403, e1("令牌额度不足", "pre_consume_token_quota_failed"), QUOTA_),
    (403, e1("用户额度不足", "pre_consume_token_quota_failed"), QUOTA_),
    (429, e1("上游负载已饱和，请稍后再试", "insufficient_user_quota", "system_error"), QUOTA_),
    *(
        (400, e1(words, "invalid_text_request"), REQUEST_)
        for words in (
            "model is required",
            "field messages is required",
            "field prompt is required",
            "field input is required",
            "max_tokens is invalid",
            "json: cannot unmarshal string into Go struct field Request.temperature of type float64",
        )
    ),
    (400, e2("Invalid request, 无效的请求, unexpected end of JSON input"), REQUEST_),
    (400, e2("无效的渠道 Id"), REQUEST_),
    (400, e1("user sensitive words detected: bomb", "sensitive_words_detected"), CONTENT_),
    (400, e1("bad", "invalid_image_request"), REQUEST_),
    (400, e1("bad", "invalid_audio_request"), REQUEST_),
    (400, e1("bad", "text_too_long"), REQUEST_),
    (
        400,
        e1(
            "This model's maximum context length is 8192 tokens. However, your messages resulted in 9031.",
            "context_length_exceeded",
            INVALID,
            "messages",
        ),
        (Refused, 1, Kind.CONTEXT),
    ),
    *(
        (400, e1(words, "", INVALID), (Refused, 1, Kind.CONTEXT))
        for words in (
            "This model's maximum context length is 4097 tokens. However, you requested 5000 tokens",
            "prompt is too long: 210000 tokens > 200000 maximum",
            "Input length 9000 exceeds the maximum length 8192",
            "Range of input length should be [1, 6000]",
            "too many tokens",
            "超出模型上下文长度",
        )
    ),
    *(
        (400, e1("Your request was rejected.", code), CONTENT_)
        for code in ("content_policy_violation", "content_filter", "moderation_blocked", "prompt_blocked")
    ),
    (404, e1("Invalid URL (POST /v1/x)", "", INVALID), SETUP_),
    (404, e1("The model `gpt-9` does not exist", "model_not_found", INVALID), (Refused, 1, Kind.MODEL)),
    (404, e2("The model `gpt-9` does not exist or you do not have access to it."), (Refused, 1, Kind.MODEL)),
    (408, "", LATE),
    (413, e1("http: request body too large", "read_request_body_failed"), (Refused, 1, Kind.SIZE)),
    (413, "<html><head><title>413 Request Entity Too Large</title></head></html>", (Refused, 1, Kind.SIZE)),
    (429, e2("您已达到总请求数限制：1分钟内最多请求10次，包括失败次数，请检查您的请求是否正确"), RATE_),
    (429, e2("您已达到请求数限制：1分钟内最多请求10次"), RATE_),
    (429, e2("您的速率达到上限，请稍后再试。", "one_hub_error"), RATE_),
    (429, "", RATE_),
    (429, e1(BUSY, "rate_limit_exceeded", "rate_limit_error"), RATE_),
    (429, e1(BUSY, "", "tokens"), RATE_),
    (429, e1(BUSY, "insufficient_quota", "insufficient_quota"), QUOTA_),
    (429, e1("重试超时，上游负载已饱和，请稍后再试", "", "system_error"), RATE_),
    (500, e1("获取重试渠道失败: no channel", "get_channel_failed"), PASSING),
    (500, e1("请求上游地址失败", "do_request_failed"), PASSING),
    (500, e1("请求上游地址失败", "count_token_messages_failed"), REQUEST_),
    (500, e1("no duration", "count_audio_tokens_failed"), SETUP_),
    (500, e1("模型 X 倍率或价格未配置, 请联系管理员设置", "model_price_error"), SETUP_),
    (500, e1("bad", "convert_request_failed"), SETUP_),
    (500, e1("bad", "model_mapped_error"), SETUP_),
    (400, e1("invalid api type: 99", "invalid_api_type"), SETUP_),
    *(
        (500, e1("bad", code), UNCLEAR)
        for code in (
            "read_response_body_failed",
            "unmarshal_response_body_failed",
            "bad_response_body",
            "close_response_body_failed",
        )
    ),
    (500, e1("Panic detected, error: nil pointer. Please submit a issue", "", "new_api_panic"), PASSING),
    (500, e1("Panic detected, error: nil pointer", "", "one_api_panic"), PASSING),
    (500, e2("rate_limit_check_failed"), PASSING),
    (500, e1("bad response status code 502", "bad_response_status_code", "upstream_error", "502"), PASSING),
    (200, e1("bad response status code 503", "bad_response_status_code", "upstream_error", "503"), PASSING),
    (500, e1("bad response status code 429", "bad_response_status_code", "upstream_error", "429"), RATE_),
    (500, e1("bad response status code 524", "bad_response_status_code", "upstream_error", "524"), LATE),
    (500, e1("bad response status code 401", "", "upstream_error"), KEY_),
    (400, e1("openai_error", "bad_response_status_code", "bad_response_status_code"), PASSING),
    (501, e1("API not implemented", "api_not_implemented"), (Unsupported, 1, Kind.SETUP)),
    (502, PAGE, PASSING),
    (503, PAGE, PASSING),
    (504, PAGE, LATE),
    (503, e2("当前分组 default 下对于模型 gpt-4o-mini 无可用渠道"), (Unavailable, 2, Kind.MODEL)),
    (
        503,
        e2("当前分组 default 下对于模型 gpt-4o-mini 无可用渠道（数据库一致性已被破坏）"),
        (Unavailable, 2, Kind.MODEL),
    ),
    (503, e2("数据库一致性已被破坏，请联系管理员"), (Unavailable, 2, Kind.MODEL)),
    (503, e1("No available channel", "model_not_found"), (Unavailable, 2, Kind.MODEL)),
    *((status, PAGE, UNCLEAR) for status in (520, 521, 523, 525, 526)),
    *((status, PAGE, LATE) for status in (522, 524)),
    (529, '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}', PASSING),
    (200, '{"success":false,"message":"get user group failed"}', PASSING),
    # later new-api
    *(
        (400, e1("bad", code), REQUEST_)
        for code in ("invalid_request", "bad_request_body", "count_token_failed")
    ),
    *(
        (500, e1("bad", code), SETUP_)
        for code in (
            "json_marshal_failed",
            "channel:param_override_invalid",
            "channel:header_override_invalid",
            "channel:model_mapped_error",
        )
    ),
    *(
        (500, e1("bad", code), PASSING)
        for code in (
            "gen_relay_info_failed",
            "channel:no_available_key",
            "channel:aws_client_error",
            "channel:invalid_key",
            "empty_response",
            "aws_invoke_error",
            "query_data_error",
            "update_data_error",
        )
    ),
    (500, e1("bad", "channel:response_time_exceeded"), LATE),
    (500, e1("bad", "bad_response"), UNCLEAR),
    (403, e1("bad", "access_denied"), FORBIDDEN_),
    (400, e1("bad", "access_denied"), FORBIDDEN_),
    *((403, e1("bad", code), FORBIDDEN_) for code in ("entitlement_required", "entitlement_inactive")),
    *(
        (403, e1("bad", code), QUOTA_)
        for code in ("entitlement_daily_limit_exceeded", "entitlement_total_limit_exceeded")
    ),
    *(
        (429, e1("bad", code), RATE_)
        for code in ("token_concurrency_limit_reached", "token_concurrency_unavailable")
    ),
    (400, e1("bad", "violation_fee.grok.csam"), CONTENT_),
    # redirects, and what only a status says
    (301, "", SETUP_),
    (308, "", SETUP_),
    (400, "", REQUEST_),
    (401, "", KEY_),
    (403, "<html><title>Just a moment...</title></html>", FORBIDDEN_),
    (404, "", SETUP_),
    (405, '{"detail":"Method Not Allowed"}', SETUP_),
    (409, '{"message":"conflict"}', (Refused, 1, Kind.UPSTREAM)),
    (422, '{"detail":[{"loc":["body","messages"],"msg":"field required","type":"x"}]}', REQUEST_),
]


@pytest.mark.parametrize(("status", "body", "expected"), CATALOGUE, ids=lambda value: str(value)[:60])
async def test_each_line_of_the_catalogue_is_classified_and_tried_as_often_as_is_right(
    status: int, body: str, expected: tuple[type[ServiceError], int, Kind], asker: Asker
):
    sort, tries, kind = expected
    type_ = "text/html" if body.startswith("<") else "application/json"

    heard = await asker(whole(body, status, type_, Location="https://elsewhere.example/"))

    assert heard.error is not None
    assert type(heard.error) is sort
    assert heard.error.kind is kind
    assert asker.tries == tries
    assert heard.pieces == []
    for leaked in ("request id", "<", "sk-abc"):
        assert leaked not in heard.error.reason
    if "request id" in body:
        assert heard.error.request == "20250411093200123456789Ab3dE6Gh"


# --- parameters -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (("Unknown parameter: 'logit_bias'.", "unknown_parameter", INVALID, "logit_bias"), "logit_bias"),
        (
            (
                "Unsupported parameter: 'logit_bias' is not supported with this model.",
                "unsupported_parameter",
                INVALID,
                "logit_bias",
            ),
            "logit_bias",
        ),
        (
            (
                "Unsupported value: 'temperature' does not support 0.2 with this model.",
                "unsupported_value",
                INVALID,
                "temperature",
            ),
            "temperature",
        ),
        (("Unsupported value: 'temperature' does not support 0.2 with this model.",), "temperature"),
        (("Unrecognized request argument supplied: logit_bias",), "logit_bias"),
        (("Argument not supported on this model: presencePenalty",), "presence_penalty"),
        (("`logit_bias` is not supported by this provider",), "logit_bias"),
        (("Extra inputs are not permitted", "", "", "logit_bias"), "logit_bias"),
    ],
)
async def test_a_parameter_that_is_not_taken_is_left_out_once_and_remembered(
    error: tuple[str, ...], name: str, asker: Asker
):
    asked = prompt(temperature=0.2, logit_bias={"50256": -100}, presence_penalty=0.5)

    heard = await asker(whole(e1(*error), 400), stream(*GOOD), asked=asked)
    again = await asker(stream(*GOOD), asked=asked)

    assert heard.text == again.text == "Hello there"
    first, second, third = (request.json for request in asker.gateway.chats)
    assert name in first
    assert first.keys() - second.keys() == {name}
    assert third.keys() == second.keys()
    assert asker.waits == []


async def test_a_limit_of_tokens_goes_by_its_other_name(asker: Asker):
    error = e1(
        "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead.",
        "unsupported_parameter",
        INVALID,
        "max_tokens",
    )

    heard = await asker(whole(error, 400), stream(*GOOD), asked=prompt(max_tokens=100))

    assert heard.text == "Hello there"
    second = asker.gateway.chats[1].json
    assert second["max_completion_tokens"] == 100
    assert "max_tokens" not in second


async def test_what_one_model_does_not_take_another_gets(asker: Asker):
    error = e1("Unknown parameter: 'seed'.", "unknown_parameter", INVALID, "seed")
    await asker(whole(error, 400), stream(*GOOD), asked=prompt(seed=1))

    await asker(stream(*GOOD), asked=prompt(seed=1, model="other"))

    assert [request.json.get("seed") for request in asker.gateway.chats] == [1, None, 1]


async def test_a_refusal_that_names_nothing_of_ours_is_final(asker: Asker):
    heard = await asker(whole(e1("Unknown parameter: 'nonsense'.", "unknown_parameter"), 400))

    assert isinstance(heard.error, Refused)
    assert (heard.error.kind, heard.error.detail) == (Kind.PARAMETER, "nonsense")
    assert asker.tries == 1


async def test_a_gateway_that_refuses_everything_is_not_asked_for_ever(asker: Asker):
    names = ["temperature", "top_p", "seed", "n", "stop", "user", "logit_bias", "max_tokens"]
    replies = [
        whole(e1(f"Unknown parameter: '{name}'.", "unknown_parameter", "", name), 400) for name in names
    ]
    asked = prompt(temperature=1, top_p=1, seed=1, n=1, stop="x", logit_bias={}, max_tokens=5)

    heard = await asker(*replies, asked=asked)

    assert isinstance(heard.error, Refused)
    assert asker.tries == 7


async def test_tools_are_left_out_where_they_are_not_supported(asker: Asker):
    error = e1("Function calling is not enabled for this model")
    asked = prompt(tools=[{"type": "function", "function": {"name": "f"}}], tool_choice="auto")

    heard = await asker(whole(error, 400), stream(*GOOD), asked=asked)

    assert heard.text == "Hello there"
    assert "tools" not in asker.gateway.chats[1].json
    assert "tool_choice" not in asker.gateway.chats[1].json


async def test_what_takes_no_tools_is_remembered(asker: Asker):
    error = e1("No endpoints found that support tool use. Try disabling tools.")
    asked = prompt(tools=[{"type": "function", "function": {"name": "f"}}])

    await asker(whole(error, 404), stream(*GOOD), asked=asked)
    await asker(stream(*GOOD), asked=asked)

    assert ["tools" in each.json for each in asker.gateway.chats] == [True, False, False]


async def test_a_model_that_paints_by_itself_is_offered_no_tools(asker: Asker):
    asked = replace(prompt(tools=[{"type": "function", "function": {"name": "f"}}]), model="gpt-4o-image")

    await asker(stream(*GOOD), asked=asked)

    assert "tools" not in asker.gateway.chats[0].json


async def test_a_model_that_cannot_stream_answers_in_one_piece(asker: Asker):
    error = e1("Unsupported value: 'stream' does not support true", "unsupported_value", INVALID, "stream")
    answer = whole('{"choices":[{"message":{"content":"Hello"},"finish_reason":"stop"}]}')

    heard = await asker(whole(error, 400), answer)

    assert heard.text == "Hello"
    second = asker.gateway.chats[1].json
    assert second["stream"] is False
    assert "stream_options" not in second


# --- retries --------------------------------------------------------------------------------


async def test_a_connection_that_is_refused_is_tried_three_times(asker: Asker):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and nobody listens
        heard = await hear(asker.make(f"http://127.0.0.1:{taken.getsockname()[1]}"))

    assert isinstance(heard.error, Unavailable)
    assert heard.error.reason == "no connection"
    first, second = asker.waits
    assert 0.5 <= first <= 0.625
    assert 2.0 <= second <= 2.5


@pytest.mark.parametrize(
    ("replies", "waits"),
    [
        ([whole("", 429)] * 2, (5.0, 15.0)),
        ([whole("", 500)] * 2, (1.0, 4.0)),
        ([whole("", 502)] * 2, (1.0, 4.0)),
        ([whole("", 529)] * 2, (1.0, 4.0)),
        ([whole(e2("无可用渠道"), 503)], (5.0,)),
        ([Reply((), "reset")], (2.0,)),
        ([stream(b"data: [DONE]\n\n")], (1.0,)),
        ([whole("", 500), whole("", 429)], (1.0, 5.0)),
    ],
    ids=["429", "500", "502", "529", "no channel", "broken connection", "empty", "two sorts"],
)
async def test_each_sort_of_failure_has_its_own_waits(
    replies: list[Reply], waits: tuple[float, ...], asker: Asker
):
    heard = await asker(*replies, stream(*GOOD))

    assert heard.text == "Hello there"
    assert len(asker.waits) == len(waits)
    for waited, least in zip(asker.waits, waits, strict=True):
        assert least <= waited <= least * 1.25


@pytest.mark.parametrize(
    ("status", "body"), [(500, ""), (524, PAGE), (504, PAGE), (500, e1("x", "read_response_body_failed"))]
)
async def test_what_may_have_been_painted_is_not_asked_for_again(status: int, body: str, asker: Asker):
    heard = await asker(whole(body, status), asked=prompt(model="mj-chat"))

    assert heard.error is not None
    assert asker.tries == 1


async def test_a_picture_is_asked_for_again_when_surely_nothing_was_sent_on(asker: Asker):
    heard = await asker(whole("", 429), stream(*GOOD), asked=prompt(model="mj-chat"))

    assert heard.text == "Hello there"


async def test_a_model_that_the_gateway_does_not_list_is_a_wrong_name_and_not_waited_for(asker: Asker):
    await asker.completions.models()

    heard = await asker(
        whole(e2("当前分组 default 下对于模型 gpt-9 无可用渠道"), 503), asked=prompt(model="gpt-9")
    )

    assert heard.error is not None
    assert heard.error.kind is Kind.MODEL
    assert asker.tries == 1


async def test_a_wait_that_is_too_long_is_left_to_the_person(asker: Asker):
    heard = await asker(whole("", 429, Retry_After="100"))

    assert isinstance(heard.error, Unavailable)
    assert heard.error.retry_after == 100
    assert asker.tries == 1


async def test_the_wait_that_the_gateway_names_is_kept(asker: Asker):
    heard = await asker(whole("", 429, Retry_After="7"), stream(*GOOD))

    assert heard.text == "Hello there"
    assert asker.waits == [7.0]


async def test_a_gateway_that_keeps_failing_is_not_asked_twice_for_a_while(asker: Asker):
    for _ in range(3):
        await asker(whole("", 500))
    before = asker.tries

    await asker(whole("", 500))

    assert asker.tries == before + 1


# --- the parts ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "words", "seconds"),
    [
        ({"Retry-After": "20"}, "", 20),
        ({"retry-after": "1.5"}, "", 1.5),
        ({"Retry-After": "100000"}, "", 120),
        ({"Retry-After": formatdate(time() - 100, usegmt=True)}, "", 0),
        ({"Retry-After": formatdate(time() + 100_000, usegmt=True)}, "", 120),
        ({"retry-after-ms": "350"}, "", 0.35),
        ({"x-ratelimit-reset-requests": "1s"}, "", 1),
        ({"x-ratelimit-reset-requests": "1m3.5s"}, "", 63.5),
        ({"x-ratelimit-reset-requests": "6m0s"}, "", 120),
        ({"x-ratelimit-reset-requests": "120ms"}, "", 0.12),
        ({}, "Rate limit reached. Please try again in 20s. Visit", 20),
        ({}, "Please try again in 350ms.", 0.35),
        ({"Retry-After": "soon"}, "", None),
        ({"x-ratelimit-reset-requests": "later"}, "", None),
        ({}, "", None),
    ],
)
def test_every_spelling_of_when_to_come_back(headers: dict[str, str], words: str, seconds: float | None):
    error = error_of(429, e1(words).encode(), headers)

    assert isinstance(error, Unavailable)
    assert error.retry_after == (None if seconds is None else pytest.approx(seconds, abs=1))


def test_the_request_ids_of_a_chain_are_kept_for_the_log_only():
    body = e1("boom (request id: 1) (request id: 2)").encode()

    error = error_of(500, body, {"X-Oneapi-Request-Id": "3"})

    assert error.reason == "boom"
    assert error.request == "3, 1, 2"
    assert "3, 1, 2" in str(error)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("key sk-abcdefgh12345678 is wrong", "key sk-*** is wrong"),
        ("GET https://h.example/?key=SECRET&x=1 failed", "GET https://h.example/?key=***&x=1 failed"),
        ("<b>no</b> entry", "no entry"),
        ("<!DOCTYPE html><html><title>Nope</title><p>x</p></html>", "Nope"),
        ("n must be < 5 and > 3", "n must be < 5 and > 3"),
        ("x" * 1000, "x" * 300),
        ("a\n  b", "a b"),
    ],
)
def test_what_is_shown_holds_no_secret_and_no_markup(said: str, shown: str):
    assert error_of(500, e1(said).encode(), {}).reason == shown


def test_the_word_that_a_filter_found_is_the_detail():
    error = error_of(400, e1("user sensitive words detected: bomb", "sensitive_words_detected").encode(), {})

    assert error.detail == "bomb"


def test_ambiguous_answers_are_told_from_certain_ones():
    for status in (408, 504, 520, 522, 524):
        assert isinstance(error_of(status, b"", {}), OutcomeUnknown)
    for status in (400, 401, 429, 500, 502, 503):
        assert not isinstance(error_of(status, b"", {}), OutcomeUnknown)


@pytest.mark.parametrize(
    "value", [{}, {"choices": []}, {"data": [], "success": True}, [], "x", None, {"code": 1, "message": "ok"}]
)
def test_what_is_no_error_is_none(value: Any):
    assert error_in(value) is None
