"""Every shape in which a service says no, and what that means for an order that costs money."""

import json

import pytest

from bot.errors import Kind, OutcomeUnknown, Refused, Unavailable, Unsupported
from bot.jobs import Action, Order
from tests.bot.engines.service import H0, KEY, Reply, accepted, local_error, openai_error

IMAGINE, ACTION, MODAL = "POST /mj/submit/imagine", "POST /mj/submit/action", "POST /mj/submit/modal"


def mj(code: int, description: str, status: int = 200, **properties: object) -> Reply:
    """A direct proxy's refusal."""
    body = {"code": code, "description": description, "result": None, "properties": properties}
    return Reply(body, status)


def true(message: str, status: int = 200) -> Reply:
    """trueai's other shape, with no description and no result."""
    return Reply({"success": False, "code": -1, "message": message, "timestamp": 638900000000}, status)


def page(status: int) -> Reply:
    return Reply(f"<html><head><title>{status}</title></head><body>nginx</body></html>", status)


# (what it is, the answer, our error, its kind)
ANSWERS = [
    # codes of §3.3
    ("parent unknown", mj(3, "关联任务不存在或已失效"), Refused, Kind.GONE),
    ("parent unknown, 404", mj(3, "关联任务不存在或已失效", 404), Refused, Kind.GONE),
    ("target unknown", mj(3, "目标任务不存在"), Refused, Kind.GONE),
    ("no account", mj(3, "无可用的账号实例"), Unavailable, Kind.RATE),
    ("account away", mj(3, "账号不可用: 1118"), Unavailable, Kind.RATE),
    ("empty prompt", mj(4, "prompt不能为空"), Refused, Kind.REQUEST),
    ("bad picture", mj(4, "base64格式错误"), Refused, Kind.REQUEST),
    ("wrong number of pictures", mj(4, "base64List参数错误"), Refused, Kind.REQUEST),
    ("parent not finished", mj(4, "关联任务状态错误"), Unavailable, Kind.NOT_READY),
    ("uploads off", mj(4, "禁止上传"), Unsupported, Kind.REQUEST),
    ("unknown action", mj(4, "未知的 Action 类型"), Unsupported, Kind.REQUEST),
    ("no remix", mj(4, "当前账号不支持 remix，请开启 remix 功能"), Unsupported, Kind.REQUEST),
    ("no face swap", mj(4, "服务不支持"), Unsupported, Kind.REQUEST),
    ("no video", mj(9, "视频功能未启用"), Unsupported, Kind.REQUEST),
    ("daily limit as code 4", mj(4, "今日绘图次数已达上限"), Refused, Kind.QUOTA),
    ("busy as code 4", mj(4, "并发数已达上限"), Unavailable, Kind.RATE),
    ("relay lost its upstream", local_error("do_request_failed", 5), OutcomeUnknown, Kind.UPSTREAM),
    ("relay could not read", local_error("unmarshal_response_body_failed", 5), OutcomeUnknown, Kind.UPSTREAM),
    ("relay got nothing", local_error("empty_response_body", 5), OutcomeUnknown, Kind.UPSTREAM),
    ("submit failed", mj(9, "提交失败，系统异常"), Unavailable, Kind.UPSTREAM),
    ("queue full, trueai", mj(9, "提交失败，队列已满，请稍后重试"), Unavailable, Kind.QUEUE),
    ("queue full, novicezk", mj(23, "队列已满，请稍后尝试"), Unavailable, Kind.QUEUE),
    ("queue full, other words", mj(23, "请稍后"), Unavailable, Kind.QUEUE),
    ("banned", mj(24, "可能包含敏感词", promptEn="x", bannedWord="nude"), Refused, Kind.CONTENT),
    ("banned, no word", mj(24, ""), Refused, Kind.CONTENT),
    (
        "saturated",
        local_error("当前分组负载已饱和，请稍后再试，或升级账户以提升服务质量。", 30, 429),
        Unavailable,
        Kind.RATE,
    ),
    ("saturated, other words", local_error("busy", 30, 429), Unavailable, Kind.RATE),
    ("a code of their own", mj(1001, "不行"), Refused, Kind.UPSTREAM),
    ("a code of their own with a task", Reply({"code": 200, "result": "17"}), OutcomeUnknown, Kind.EMPTY),
    ("taken, but no id", Reply({"code": 1, "description": "提交成功"}), OutcomeUnknown, Kind.EMPTY),
    ("a code as text", Reply({"code": "23", "description": "x"}), Unavailable, Kind.QUEUE),
    # relay-local, §3.5 (a)
    ("no balance", local_error("quota_not_enough"), Refused, Kind.QUOTA),
    ("prompt missing", local_error("prompt_is_required"), Refused, Kind.REQUEST),
    ("index missing", local_error("index_is_required"), Refused, Kind.REQUEST),
    ("id missing", local_error("task_id_is_required"), Refused, Kind.REQUEST),
    ("task unknown", local_error("task_not_found"), Refused, Kind.GONE),
    ("task not finished", local_error("task_status_not_success"), Unavailable, Kind.NOT_READY),
    ("channel gone", local_error("该任务所属渠道已被禁用"), Refused, Kind.GONE),
    ("channel unknown", local_error("get_channel_info_failed"), Refused, Kind.GONE),
    ("taken, but not stored", local_error("insert_midjourney_task_failed"), OutcomeUnknown, Kind.UPSTREAM),
    ("taken, but not passed on", local_error("copy_response_body_failed"), OutcomeUnknown, Kind.UPSTREAM),
    ("one-hub", local_error("prompt_is_required", kind="one_hub_error"), Refused, Kind.REQUEST),
    # OpenAI-style, §3.5 (b)
    ("bad body", openai_error("Invalid request, cannot unmarshal", 400), Refused, Kind.REQUEST),
    ("unknown button", openai_error("Invalid request, unknown_action:MJ::X", 400), Unsupported, Kind.REQUEST),
    ("no key", openai_error("未提供令牌", 401), Refused, Kind.KEY),
    ("wrong key", openai_error("无效的令牌", 401), Refused, Kind.KEY),
    ("old key", openai_error("该令牌已过期", 401), Refused, Kind.KEY),
    ("key off", openai_error("该令牌状态不可用", 401), Refused, Kind.KEY),
    (
        "key used up",
        openai_error("[sk-abc***xyz] 该令牌额度已用尽 !token.UnlimitedQuota", 401),
        Refused,
        Kind.QUOTA,
    ),
    ("banned user", openai_error("用户已被封禁", 403), Refused, Kind.FORBIDDEN),
    ("wrong place", openai_error("您的 IP 不在令牌允许访问的列表中", 403), Refused, Kind.FORBIDDEN),
    ("model not allowed", openai_error("该令牌无权访问模型 mj_imagine", 403), Refused, Kind.FORBIDDEN),
    ("group off", openai_error("令牌分组 vip 已被禁用", 403), Refused, Kind.FORBIDDEN),
    ("group gone", openai_error("分组 vip 已被弃用", 403), Refused, Kind.FORBIDDEN),
    ("channel off", openai_error("该渠道已被禁用", 403), Refused, Kind.FORBIDDEN),
    ("no channel choice", openai_error("普通用户不支持指定渠道", 403), Refused, Kind.FORBIDDEN),
    ("no such path", openai_error("Invalid URL (POST /mj/submit/imagine)", 404), Unsupported, Kind.SETUP),
    ("panic", openai_error("Panic detected, error: x", 500, "new_api_panic"), OutcomeUnknown, Kind.UPSTREAM),
    (
        "no channel",
        openai_error("当前分组 default 下对于模型 mj_imagine 无可用渠道", 503),
        Unavailable,
        Kind.MODEL,
    ),
    ("database trouble", openai_error("数据库一致性已被破坏，请联系管理员", 503), Unavailable, Kind.MODEL),
    ("503 with an error", openai_error("try later", 503), Unavailable, Kind.UPSTREAM),
    ("error as text", Reply({"error": "无效的令牌"}, 401), Refused, Kind.KEY),
    ("an error with 200", openai_error("无效的令牌", 200), Refused, Kind.KEY),
    # trueai, §3.6
    ("concurrency", true("并发数已达上限"), Unavailable, Kind.RATE),
    ("queue", true("队列数已达上限"), Unavailable, Kind.QUEUE),
    ("daily limit", true("用户今日绘图次数已达上限"), Refused, Kind.QUOTA),
    ("guests' limit", true("访客今日绘图次数已达上限"), Refused, Kind.QUOTA),
    ("blocked", true("账号已被临时封锁，请勿使用违规词作图"), Refused, Kind.FORBIDDEN),
    ("down", true("服务暂不可用，请联系管理员"), Unavailable, Kind.UPSTREAM),
    ("long state", true("State参数过长，最大255字符"), Refused, Kind.UPSTREAM),
    ("exception", true("操作失败", 500), OutcomeUnknown, Kind.UPSTREAM),
    ("user off", Reply("账号已禁用", 401), Refused, Kind.KEY),
    ("user away", Reply("账号不可用", 403), Refused, Kind.KEY),
    ("not logged in", Reply("未登录", 403), Refused, Kind.KEY),
    ("rate limiter", Reply(b"", 429), Unavailable, Kind.RATE),
    ("black list", Reply(b"", 403), Refused, Kind.FORBIDDEN),
    # novicezk
    ("secret wrong", Reply(b"", 401), Refused, Kind.KEY),
    ("Spring 404", Reply({"status": 404, "error": "Not Found", "path": "/x"}, 404), Unsupported, Kind.SETUP),
    ("Spring 400", Reply({"status": 400, "error": "Bad Request", "path": "/x"}, 400), Refused, Kind.REQUEST),
    (
        "Spring 500",
        Reply({"status": 500, "error": "Internal Server Error", "path": "/x"}, 500),
        OutcomeUnknown,
        Kind.UPSTREAM,
    ),
    # in between, §3.5 (c)
    ("413", page(413), Refused, Kind.SIZE),
    ("502", page(502), OutcomeUnknown, Kind.UPSTREAM),
    ("503", page(503), OutcomeUnknown, Kind.UPSTREAM),
    ("504", page(504), OutcomeUnknown, Kind.TIMEOUT),
    ("520", page(520), OutcomeUnknown, Kind.UPSTREAM),
    ("524", page(524), OutcomeUnknown, Kind.TIMEOUT),
    ("408", Reply(b"", 408), OutcomeUnknown, Kind.TIMEOUT),
    ("empty 500", Reply(b"", 500), OutcomeUnknown, Kind.UPSTREAM),
    ("empty 200", Reply(b"", 200), OutcomeUnknown, Kind.EMPTY),
    ("null", Reply("null", 200), OutcomeUnknown, Kind.EMPTY),
    ("a list", Reply([1, 2], 200), OutcomeUnknown, Kind.EMPTY),
    ("plain words", Reply("ok", 200), OutcomeUnknown, Kind.EMPTY),
    ("a web interface", Reply("<!doctype html><title>New API</title>", 200), Unsupported, Kind.SETUP),
    ("somewhere else", Reply(b"", 302, {"location": "https://example.org/"}), Refused, Kind.SETUP),
]


@pytest.mark.parametrize(
    ("reply", "error", "kind"), [each[1:] for each in ANSWERS], ids=[a[0] for a in ANSWERS]
)
async def test_each_answer_to_an_order_means_one_thing(service, engine, reply, error, kind):
    service.on(IMAGINE, reply)

    with pytest.raises(error) as caught:
        await engine.submit(Order("a fox"), [], "r")

    assert type(caught.value) is error
    assert caught.value.kind is kind
    assert caught.value.status == reply.status
    assert service.count(IMAGINE) <= (2 if reply.status == 401 else 1)


@pytest.mark.parametrize(
    ("reply", "error", "kind"), [each[1:] for each in ANSWERS], ids=[a[0] for a in ANSWERS]
)
async def test_presses_and_forms_are_read_alike(service, engine, reply, error, kind):
    service.on(ACTION, reply)
    service.on(MODAL, reply)

    with pytest.raises(error) as pressed:
        await engine.act("1", Action(f"MJ::JOB::upsample::1::{H0}", "U1"), "r")
    with pytest.raises(error) as filled:
        await engine.confirm("1", "a fox")

    assert pressed.value.kind is filled.value.kind is kind


@pytest.mark.parametrize("reply", [each[1] for each in ANSWERS], ids=[a[0] for a in ANSWERS])
async def test_asking_how_far_a_task_is_fails_as_unavailable_or_not_at_all(service, engine, reply):
    service.on("GET /mj/task/1/fetch", reply)
    service.on("POST /mj/task/list-by-condition", reply)

    for tasks in (["1"], ["1", "2"]):
        try:
            known = await engine.report(tasks)
        except Unavailable:
            continue
        assert known == {}


@pytest.mark.parametrize(
    ("reply", "wait"),
    [
        (Reply(b"", 429, {"retry-after": "7"}), 7.0),
        (Reply(b"", 429), 15.0),
        (mj(23, "队列已满"), 15.0),
        (mj(3, "无可用的账号实例"), 20.0),
        (local_error("task_status_not_success"), 3.0),
        (openai_error("当前分组 default 下对于模型 mj_imagine 无可用渠道", 503), 10.0),
    ],
)
async def test_another_try_has_its_time(service, engine, reply, wait):
    service.on(IMAGINE, reply)

    with pytest.raises(Unavailable) as caught:
        await engine.submit(Order("a fox"), [], "r")

    assert caught.value.retry_after == wait


async def test_the_action_that_is_not_offered_is_named(service, engine):
    service.on(IMAGINE, openai_error("当前分组 default 下对于模型 mj_imagine 无可用渠道", 503))

    with pytest.raises(Unavailable) as caught:
        await engine.submit(Order("a fox"), [], "r")

    assert caught.value.detail == "mj_imagine"


async def test_reasons_hold_neither_request_ids_nor_keys(service, engine):
    service.on(IMAGINE, openai_error(f"无效的令牌 {KEY}", 401))

    with pytest.raises(Refused) as caught:
        await engine.submit(Order("a fox"), [], "r")

    assert caught.value.request == "2025080516000012345678"
    assert "request id" not in caught.value.reason
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("shape", [b"\xef\xbb\xbf%s", b"%s\n", b"  %s", b'%s{"error":{"message":"late"}}'])
async def test_json_is_read_whatever_is_around_it(service, engine, shape):
    service.on(IMAGINE, Reply(shape % json.dumps(accepted("17")).encode()))

    assert (await engine.submit(Order("a fox"), [], "r")).task == "17"


async def test_escaped_text_is_text(service, engine):
    body = (
        rb'{"code":22,"description":"\u6392\u961f\u4e2d\uff0c\u524d\u9762\u8fd8\u67092\u4e2a","result":"17"}'
    )
    service.on(IMAGINE, Reply(body))

    assert (await engine.submit(Order("a fox"), [], "r")).queue == 2
