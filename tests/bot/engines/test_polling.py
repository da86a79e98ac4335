"""Asking how far tasks are, with as few requests as a service allows."""

import pytest

from bot.errors import Kind, Unavailable, Unsupported
from bot.jobs import Stage
from tests.bot.engines.service import Reply, grid_buttons, local_error, novi_row, openai_error, relay_row

LIST, QUERY = "POST /mj/task/list-by-condition", "POST /mj/task/query"


def fetch(task: str) -> str:
    return f"GET /mj/task/{task}/fetch"


async def test_nothing_is_asked_about_nothing(service, engine):
    assert await engine.report([]) == {}
    assert service.asked == []


async def test_many_tasks_are_one_request(service, engine):
    tasks = [str(number) for number in range(100)]
    service.on(LIST, [relay_row(task, status="IN_PROGRESS", progress="15%") for task in reversed(tasks)])

    seen = await engine.report(tasks)

    assert list(seen) == tasks
    assert [each.body for each in service.asked] == [{"ids": tasks}]


async def test_a_thousand_tasks_are_ten_requests(service, engine):
    tasks = [str(number) for number in range(1000)]
    service.on(LIST, [relay_row(task, status="SUBMITTED") for task in tasks])

    assert len(await engine.report(tasks)) == 1000
    assert service.count(LIST) == len(service.asked) == 10
    assert sorted(task for each in service.bodies(LIST) for task in each["ids"]) == sorted(tasks)


@pytest.mark.parametrize("key", ["", "data", "list"])
async def test_lists_may_be_wrapped_hold_strangers_and_name_a_task_twice(service, engine, key):
    rows = [
        relay_row("2", status="MODAL", action="CUSTOM_ZOOM"),
        relay_row("9", status="SUCCESS"),
        relay_row("2", status="IN_PROGRESS", progress="46%", action="MODAL"),
        relay_row("1", status="SUCCESS", buttons=grid_buttons()),
        None,
        "junk",
    ]
    service.on(LIST, {key: rows} if key else rows)

    seen = await engine.report(["1", "2", "nope"])

    assert {task: each.stage for task, each in seen.items()} == {"1": Stage.DONE, "2": Stage.RUNNING}
    assert seen["2"].percent == 46


@pytest.mark.parametrize(
    "nothing",
    [
        Reply(b""),
        Reply(b"", 204),
        Reply("null"),
        Reply({}),
        Reply({"data": None}),
        Reply({"data": {}}),
        Reply({"code": 4, "description": "x"}),
        Reply({"code": 3, "description": "目标任务不存在"}, 404),
        local_error("task_no_found"),
        local_error("task_no_found", kind="one_hub_error"),
        openai_error("task_not_exist", 404),
    ],
    ids=range(11),
)
async def test_every_way_of_not_knowing_a_task(service, engine, nothing):
    service.on(fetch("1"), nothing)

    assert await engine.report(["1"]) == {}


@pytest.mark.parametrize("around", [None, {}, {"code": 1}, {"success": True}])
async def test_one_task_is_fetched_bare_or_wrapped(service, engine, around):
    row = novi_row("1", status="IN_PROGRESS", progress="78%")
    service.on(fetch("1"), row if around is None else {**around, "data": row})

    assert (await engine.report(["1"]))["1"].percent == 78
    assert len(service.asked) == 1


async def test_where_there_are_no_batches_tasks_are_fetched_and_that_is_remembered(service, engine):
    for task in ("1", "2"):
        service.on(fetch(task), novi_row(task, status="SUBMITTED", progress="0%"))
    service.on(fetch("3"), Reply(b""))

    for _round in range(2):
        assert set(await engine.report(["1", "2", "3"])) == {"1", "2"}

    assert service.count(LIST) == 1
    assert service.count(fetch("1")) == service.count(fetch("3")) == 2


async def test_a_list_that_knows_nothing_is_not_believed(service, engine):
    service.on(LIST, [])
    for task in ("1", "2"):
        service.on(fetch(task), novi_row(task, status="SUBMITTED"))

    for _round in range(2):
        assert set(await engine.report(["1", "2"])) == {"1", "2"}

    assert service.count(LIST) == 1


async def test_tasks_that_are_gone_stay_gone_in_batches(service, engine):
    service.on(LIST, [])
    service.on(fetch("2"), Reply(b""))

    assert await engine.report(["1", "2"]) == {}
    assert await engine.report(["1", "2"]) == {}

    assert service.count(LIST) == 2


async def test_one_row_that_cannot_be_read_does_not_hide_the_others(service, engine):
    service.on(fetch("1"), novi_row("1", status="SUBMITTED"))
    service.on(fetch("2"), openai_error("Panic detected, error: x", 500, "new_api_panic"))

    assert set(await engine.report(["1", "2"])) == {"1"}


async def test_a_service_that_fails_for_all_has_lost_none(service, engine):
    down = Reply({"success": False, "code": -1, "message": "操作失败"}, 500)
    for call in (LIST, fetch("1"), fetch("2")):
        service.on(call, down)

    with pytest.raises(Unavailable):
        await engine.report(["1", "2"])


async def test_a_batch_that_one_row_spoils_is_asked_one_by_one(service, engine):
    service.on(LIST, openai_error("Panic detected, error: x", 500, "new_api_panic"))
    service.on(fetch("1"), novi_row("1", status="SUBMITTED"))
    service.on(fetch("2"), openai_error("Panic detected, error: x", 500, "new_api_panic"))

    assert set(await engine.report(["1", "2"])) == {"1"}


async def test_a_list_in_trouble_does_not_hide_what_a_fetch_says(service, engine):
    service.on(fetch("1"), relay_row("1", status="MODAL"))
    service.on(LIST, Reply("<html>502</html>", 502))

    assert (await engine.report(["1"]))["1"].stage is Stage.FORM


@pytest.mark.parametrize("task", ["a/b", "a?b=1", "任务", "%2e%2e", "a b"])
async def test_any_id_has_an_address(service, engine, task):
    service.on(f"GET /mj/task/{task}/fetch", novi_row(task, status="SUBMITTED"))

    assert set(await engine.report([task])) == {task}


async def test_trouble_on_the_way_hides_nobody(service, engine):
    service.on(fetch("1"), novi_row("1", status="SUBMITTED"))
    service.on(fetch("2"), Reply("<html>502</html>", 502))

    with pytest.raises(Unavailable):
        await engine.report(["1", "2"])


async def test_a_wrong_key_while_asking_says_so_and_may_be_put_right(service, engine):
    service.on(fetch("1"), openai_error("无效的令牌", 401), relay_row("1", status="SUBMITTED"))

    with pytest.raises(Unavailable) as caught:
        await engine.report(["1"])

    assert caught.value.kind is Kind.KEY
    assert set(await engine.report(["1"])) == {"1"}


async def test_a_key_for_some_models_alone_cannot_ask(service, engine):
    service.on(fetch("1"), openai_error("该令牌无权访问模型 ", 403))

    with pytest.raises(Unavailable) as caught:
        await engine.report(["1"])

    assert caught.value.kind is Kind.FORBIDDEN


async def test_an_address_without_the_api_is_not_mistaken_for_a_lost_task(service, engine):
    with pytest.raises(Unavailable) as caught:
        await engine.report(["1"])

    assert caught.value.kind is Kind.SETUP


async def test_a_picture_without_a_host_is_the_services_own(service, engine):
    service.on(fetch("1"), relay_row("1", status="SUCCESS", imageUrl="/mj/image/1"))
    service.on("GET /mj/image/1", Reply(b"picture"))

    seen = await engine.report(["1"])

    assert seen["1"].images == (f"{service.url}/mj/image/1",)
    assert await engine.fetch(seen["1"].images[0]) == b"picture"


async def test_a_frozen_row_fails_after_a_minute_and_not_before(service, make):
    now = 0.0
    engine = make(clock=lambda: now)
    frozen = relay_row(
        "1", status="IN_PROGRESS", progress="100%", failReason="[Banned prompt detected] `nude`"
    )
    service.on(fetch("1"), frozen)

    first = (await engine.report(["1"]))["1"]
    now = 59.0
    second = (await engine.report(["1"]))["1"]
    now = 60.0
    third = (await engine.report(["1"]))["1"]

    assert first.stage is second.stage is Stage.RUNNING
    assert third.stage is Stage.FAILED
    assert (third.failure.kind, third.failure.detail) == (Kind.CONTENT, "nude")


async def test_a_row_that_thaws_is_given_a_new_minute(service, make):
    now = 0.0
    engine = make(clock=lambda: now)
    frozen = relay_row("1", status="IN_PROGRESS", progress="100%", failReason="x")
    service.on(fetch("1"), frozen, relay_row("1", status="IN_PROGRESS", progress="78%"), frozen)

    for seconds in (0.0, 50.0, 70.0, 120.0):
        now = seconds
        assert (await engine.report(["1"]))["1"].stage is Stage.RUNNING


async def test_a_hundred_percent_alone_is_not_the_end(service, make):
    now = 0.0
    engine = make(clock=lambda: now)
    service.on(
        fetch("1"), relay_row("1", status="IN_PROGRESS", progress="100%", imageUrl="https://x.example/a")
    )

    await engine.report(["1"])
    now = 3600.0

    assert (await engine.report(["1"]))["1"].stage is Stage.RUNNING


async def test_a_task_is_found_by_its_mark_in_the_list(service, engine):
    service.on(
        "GET /mj/task/list", [novi_row("5", state="other"), novi_row("7", state="job-42"), novi_row("8")]
    )

    assert await engine.find("job-42") == "7"
    assert await engine.find("other") == "5"


async def test_a_task_that_surely_is_not_there_is_none(service, engine):
    service.on("GET /mj/task/list", [novi_row("5", state="other")])
    service.on(QUERY, {"list": [], "total": 0})

    assert await engine.find("job-42") is None
    assert service.bodies(QUERY)[0]["state"] == "job-42"


async def test_the_paged_query_is_asked_where_there_is_no_list(service, engine):
    service.on(QUERY, {"list": [novi_row("7", state="job-42")]})

    assert await engine.find("job-42") == "7"
    assert await engine.find("job-42") == "7"
    assert service.count("GET /mj/task/list") == 1


async def test_a_relay_cannot_look_up_and_is_asked_once(service, engine):
    for _try in range(2):
        with pytest.raises(Unsupported):
            await engine.find("job-42")

    assert len(service.asked) == 2


async def test_a_list_without_any_marks_proves_nothing(service, engine):
    service.on("GET /mj/task/list", [novi_row("5"), novi_row("6", state="")])

    with pytest.raises(Unsupported):
        await engine.find("job-42")


async def test_a_web_page_is_no_list(service, engine):
    service.on("GET /mj/task/list", Reply("<!doctype html><title>New API</title>"))

    with pytest.raises(Unsupported):
        await engine.find("job-42")


@pytest.mark.parametrize("status", [401, 403])
async def test_a_list_for_administrators_proves_nothing(service, engine, status):
    service.on("GET /mj/task/list", Reply("未登录", status))

    with pytest.raises(Unsupported):
        await engine.find("job-42")


async def test_trouble_while_looking_up_decides_nothing(service, engine):
    service.on("GET /mj/task/list", Reply("<html>502</html>", 502))

    with pytest.raises(Unavailable):
        await engine.find("job-42")
