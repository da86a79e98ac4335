"""What `check` says of a Midjourney service, without ordering anything."""

import pytest

from tests.bot.engines.service import KEY, Reply, local_error, openai_error

IMAGINE, FETCH = "POST /mj/submit/imagine", "GET /mj/task/0000000000000000/fetch"


def as_relay(service) -> None:
    service.on(IMAGINE, local_error("prompt_is_required"))
    service.on(FETCH, local_error("task_no_found"))
    service.on("POST /mj/task/list-by-condition", [])
    service.on("POST /mj/submit/action", openai_error("Invalid request, custom_id_is_required", 400))
    service.on("POST /mj/submit/change", local_error("task_id_is_required"))
    service.on("POST /mj/submit/modal", local_error("task_not_found"))


def as_novicezk(service) -> None:
    service.on(IMAGINE, {"code": 4, "description": "prompt不能为空", "result": None})
    service.on(FETCH, Reply(b""))
    service.on("POST /mj/submit/change", {"code": 4, "description": "taskId不能为空"})
    service.on("GET /mj/task/list", [])


def as_trueai(service) -> None:
    service.on(IMAGINE, {"code": 4, "description": "prompt不能为空", "result": None})
    service.on(FETCH, Reply(b"", 204))
    service.on("POST /mj/task/list-by-condition", [])
    service.on("POST /mj/submit/action", {"code": 4, "description": "参数错误"})
    service.on("POST /mj/submit/modal", {"code": 4, "description": "参数错误"})
    service.on("GET /mj/task/list", [])


@pytest.mark.parametrize(
    ("dialect", "told"),
    [
        (
            as_relay,
            {
                "Progress": "asked in batches",
                "Buttons": "the service's own",
                "Forms (custom zoom, remix)": "",
                "Looking up orders": "not offered here: an order whose outcome is unknown is told to people",
            },
        ),
        (
            as_novicezk,
            {
                "Progress": "asked one by one",
                "Buttons": "U, V and reroll",
                "Forms (custom zoom, remix)": "not offered here",
                "Looking up orders": "",
            },
        ),
        (
            as_trueai,
            {
                "Progress": "asked in batches",
                "Buttons": "the service's own",
                "Forms (custom zoom, remix)": "",
                "Looking up orders": "",
            },
        ),
    ],
)
async def test_each_dialect_is_recognised_by_its_errors(service, engine, dialect, told):
    dialect(service)

    findings = await engine.probe()

    assert all(each.ok for each in findings)
    assert {each.what: each.detail for each in findings if each.what in told} == told
    who = {as_relay: "new-api", as_novicezk: "midjourney-proxy", as_trueai: "trueai"}
    assert findings[0].detail == f"{service.url} ({who[dialect]})"
    assert all(each.body["prompt"] == "" for each in service.asked if each.path.endswith("/imagine"))


@pytest.mark.parametrize(
    "refusal", [openai_error("无效的令牌", 401), Reply(b"", 401), Reply("Authorization header missing.", 401)]
)
async def test_a_wrong_key_is_named_as_the_trouble(service, engine, refusal):
    for call in (IMAGINE, FETCH, "POST /mj/task/list-by-condition", "GET /mj/task/list"):
        service.on(call, refusal)
    for call in ("action", "change", "modal"):
        service.on(f"POST /mj/submit/{call}", refusal)

    [finding] = await engine.probe()

    assert not finding.ok
    assert "key is not accepted" in finding.advice
    assert KEY not in finding.detail


async def test_what_is_missing_is_told(service, engine):
    as_novicezk(service)
    for call in ("blend", "describe"):
        service.on(f"POST /mj/submit/{call}", {"code": 4, "description": "base64不能为空"})

    others = next(each for each in await engine.probe() if each.what == "Other commands")

    assert others.detail == "not offered here: /shorten, /swap, /edit, /video, /seed"
    assert others.ok


async def test_a_service_that_is_not_there_is_told_with_its_address(make):
    [finding] = await make("http://127.0.0.1:1").probe()

    assert not finding.ok
    assert "http://127.0.0.1:1" in finding.detail
    assert "MIDJOURNEY_URL" in finding.advice


async def test_an_address_without_the_api_is_told(engine):
    [finding] = await engine.probe()

    assert not finding.ok
    assert "no Midjourney API" in finding.advice


async def test_a_key_for_some_models_alone_is_told_before_anything_is_paid(service, engine):
    as_relay(service)
    service.on(FETCH, openai_error("该令牌无权访问模型 ", 403))

    [finding] = await engine.probe()

    assert not finding.ok
    assert "not restricted to some models" in finding.advice


async def test_a_group_without_the_model_is_told_by_its_name(service, engine):
    as_relay(service)
    service.on(IMAGINE, openai_error("当前分组 default 下对于模型 mj_imagine 无可用渠道", 503))

    imagine = next(each for each in await engine.probe() if each.what == "Imagine")

    assert not imagine.ok
    assert "mj_imagine" in imagine.advice


async def test_a_speed_without_a_path_is_told(service, make):
    as_novicezk(service)

    findings = await make(mode="fast").probe()

    assert "fast" in findings[-1].detail
    assert all(each.ok for each in findings)
