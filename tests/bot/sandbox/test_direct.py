"""The direct dialect (novicezk): no buttons, change and lists, HTTP 200 for almost everything."""

import pytest

from bot.sandbox import Switches
from tests.bot.sandbox.caller import calling, data_url


@pytest.fixture
async def direct():
    async with calling(dialect="direct") as caller:
        yield caller


async def test_a_task_is_live_and_has_no_buttons(direct):
    answer = await direct.post("/mj/submit/imagine", {"prompt": "a fox", "state": "mark"})
    task = await direct.until(answer.json["result"])

    assert answer.media_type.startswith("application/json")
    assert task["status"] == "SUCCESS"
    assert "buttons" not in task
    assert (task["description"], task["state"]) == ("/imagine a fox", "mark")
    assert len(task["properties"]["messageHash"]) == 36
    assert task["failReason"] is None


async def test_what_has_not_begun_is_null():
    async with calling(dialect="direct", speed=1.0) as direct:
        await direct.control(frozen=True)
        task = await direct.fetch(await direct.imagine("a fox"))

    assert task["status"] == "NOT_START"
    for name in ("progress", "startTime", "finishTime", "imageUrl", "failReason", "state"):
        assert task[name] is None


async def test_its_key_is_the_secret_header_alone_and_a_wrong_one_gets_an_empty_401():
    async with calling(dialect="direct", key="secret") as direct:
        good = await direct.with_headers(mj_api_secret="secret").post("/mj/submit/imagine", {"prompt": "x"})
        bad = await direct.with_headers(Authorization="Bearer secret").post(
            "/mj/submit/imagine", {"prompt": "x"}
        )

    assert good.json["code"] == 1
    assert (bad.status, bad.body) == (401, b"")


async def test_an_unknown_task_is_200_with_nothing_in_it(direct):
    answer = await direct.get("/mj/task/123/fetch")

    assert (answer.status, answer.body) == (200, b"")


async def test_change_makes_new_tasks(direct):
    parent = await direct.done("a fox")
    for action, index, mark in (("UPSCALE", 2, "U2"), ("VARIATION", 3, "V3"), ("REROLL", None, "R")):
        body = {"taskId": parent["id"], "action": action, "index": index}
        task = await direct.until((await direct.post("/mj/submit/change", body)).json["result"])

        assert (task["action"], task["description"]) == (action, f"/up {parent['id']} {mark}")


async def test_simple_change_is_the_same_in_short(direct):
    parent = await direct.done("a fox")

    answer = await direct.post("/mj/submit/simple-change", {"content": f"{parent['id']} u1"})
    wrong = await direct.post("/mj/submit/simple-change", {"content": f"{parent['id']}  U1"})

    assert (await direct.until(answer.json["result"]))["action"] == "UPSCALE"
    assert wrong.json["description"] == "content参数错误"


async def test_change_is_checked_in_its_order(direct):
    parent = await direct.done("a fox")
    upscaled = await direct.until(
        (
            await direct.post("/mj/submit/change", {"taskId": parent["id"], "action": "UPSCALE", "index": 1})
        ).json["result"]
    )
    running = await direct.imagine("stuck a fox")

    for body, code, description in (
        ({"action": "UPSCALE", "index": 1}, 4, "taskId不能为空"),
        ({"taskId": "123", "action": "ZOOM", "index": 1}, 4, "action参数错误"),
        ({"taskId": "123", "action": "UPSCALE", "index": 1}, 3, "关联任务不存在或已失效"),
        ({"taskId": running, "action": "UPSCALE", "index": 1}, 4, "关联任务状态错误"),
        ({"taskId": upscaled["id"], "action": "UPSCALE", "index": 1}, 4, "关联任务不允许执行变化"),
    ):
        answer = await direct.post("/mj/submit/change", body)
        assert (answer.status, answer.json["code"], answer.json["description"]) == (200, code, description)


async def test_the_list_is_newest_first_and_finds_a_mark(direct):
    first, second = await direct.imagine("a fox", state="one"), await direct.imagine("a cat", state="two")

    listed = (await direct.get("/mj/task/list")).json

    assert [(task["id"], task["state"]) for task in listed] == [(second, "two"), (first, "one")]


async def test_a_batch_and_the_queue(direct):
    stuck, done = await direct.imagine("stuck a fox"), await direct.done("a cat")

    batch = (await direct.post("/mj/task/list-by-condition", {"ids": [done["id"], "nope"]})).json
    queue = (await direct.get("/mj/task/queue")).json

    assert [task["id"] for task in batch] == [done["id"]]
    assert [task["id"] for task in queue] == [stuck]
    assert (await direct.post("/mj/task/list-by-condition", {})).json == []


async def test_queued_is_22_and_full_is_23():
    async with calling(dialect="direct", speed=0.001, switches=Switches(running=2, waiting=2)) as direct:
        answers = [(await direct.post("/mj/submit/imagine", {"prompt": "a fox"})).json for _ in range(5)]
        states = [task["status"] for task in (await direct.get("/mj/task/list")).json]

    assert [answer["code"] for answer in answers] == [1, 1, 1, 22, 23]
    assert answers[3]["description"] == "排队中，前面还有1个任务"
    assert answers[3]["properties"]["numberOfQueues"] == 1
    assert answers[4]["result"] is None
    assert len(states) == 4


async def test_a_full_queue_empties():
    async with calling(dialect="direct", switches=Switches(running=1, waiting=1)) as direct:
        tasks = [await direct.imagine("a fox") for _ in range(2)]
        full = await direct.post("/mj/submit/imagine", {"prompt": "a fox"})
        ends = [(await direct.until(task))["finishTime"] for task in tasks]
        again = await direct.post("/mj/submit/imagine", {"prompt": "a fox"})

    assert full.json["code"] == 23
    assert ends[0] < ends[1]
    assert again.json["code"] == 1


async def test_banned_words_are_24(direct):
    answer = await direct.post("/mj/submit/imagine", {"prompt": "forbidden fruit"})

    assert (answer.status, answer.json["code"], answer.json["result"]) == (200, 24, None)
    assert answer.json["properties"]["bannedWord"] == "forbidden"


async def test_a_failure_has_an_empty_progress(direct):
    task = await direct.done("fail a fox")

    assert (task["status"], task["progress"], task["imageUrl"]) == ("FAILURE", "", None)
    assert task["failReason"].startswith("Failed")


async def test_a_time_out_comes_late(direct):
    task = await direct.done("timeout a fox")

    assert (task["status"], task["failReason"]) == ("FAILURE", "任务超时")


async def test_a_lost_task_becomes_unknown(direct):
    task = await direct.imagine("lost: a fox")

    while (await direct.get(f"/mj/task/{task}/fetch")).body:
        pass

    assert (await direct.get("/mj/task/list")).json == []


async def test_pictures_are_taken_as_data_urls_only(direct):
    for wrong in (
        "QUJD",
        "http://example.com/a.png",
        "data:image/png;base64,QUJD",
        "data:image/tiff;base64,QUJD",
    ):
        answer = await direct.post("/mj/submit/imagine", {"prompt": "a fox", "base64Array": [wrong]})
        assert answer.json["description"] == "base64格式错误"
    good = await direct.post("/mj/submit/imagine", {"prompt": "a fox", "base64Array": [data_url()]})
    assert good.json["code"] == 1


async def test_describe_needs_base64(direct):
    empty = await direct.post("/mj/submit/describe", {})
    answer = await direct.post("/mj/submit/describe", {"base64": data_url()})
    task = await direct.until(answer.json["result"])

    assert empty.json["description"] == "base64不能为空"
    assert task["promptEn"].startswith("1️⃣")
    assert (task["prompt"], task["description"]) == (None, f"/describe {task['id']}.png")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/mj/submit/action"),
        ("POST", "/mj/submit/modal"),
        ("POST", "/mj/submit/shorten"),
        ("POST", "/mj/insight-face/swap"),
        ("POST", "/mj/task/1/cancel"),
        ("GET", "/mj/task/1/image-seed"),
        ("POST", "/mj-fast/mj/submit/imagine"),
        ("GET", "/mj/image/1"),
    ],
)
async def test_what_it_does_not_have_is_springs_404(direct, method, path):
    answer = await direct.send(method, path, json={} if method == "POST" else None)

    assert answer.status == 404
    assert answer.json["error"] == "Not Found"
    assert answer.json["path"] == path


async def test_a_link_is_signed_and_must_stay_whole(direct):
    task = await direct.done("a fox")
    whole = task["imageUrl"]
    bare = whole.partition("?")[0]

    assert "&hm=" in whole
    assert (await direct.get(whole)).media_type == "image/png"
    assert (await direct.get(bare)).status == 404
    assert (await direct.get(whole.replace("ex=", "ex=f"))).status == 404


async def test_an_expired_link_is_gone(direct):
    answer = await direct.get((await direct.done("expired: a fox"))["imageUrl"])

    assert (answer.status, answer.text) == (404, "This content is no longer available.")


async def test_previews_change_with_the_percent(direct):
    task = await direct.imagine("slow: a fox")
    links = {}
    while len(links) < 3:
        found = await direct.fetch(task)
        if found["imageUrl"] and found["status"] == "IN_PROGRESS":
            links[found["progress"]] = found["imageUrl"]

    pictures = {(await direct.get(link)).body for link in links.values()}

    assert len(set(links.values())) == 3
    assert len(pictures) == 3


async def test_previews_can_be_switched_off(direct):
    await direct.control(switches={"previews": False})

    assert (await direct.until(await direct.imagine("slow: a fox"), "IN_PROGRESS"))["imageUrl"] is None


async def test_progress_in_words(direct):
    assert (await direct.until(await direct.imagine("oddprogress a fox"), "IN_PROGRESS"))[
        "progress"
    ] == "paused"


async def test_ids_may_be_numbers_or_begin_with_zero(direct):
    number = await direct.post("/mj/submit/imagine", {"prompt": "numeric a fox"})
    await direct.control(switches={"leading_zero": True})

    assert isinstance(number.json["result"], int)
    assert (await direct.imagine("a fox")).startswith("0")


async def test_a_slow_submit_is_answered_late_and_accepted_early():
    async with calling(dialect="direct", speed=500.0) as direct:
        task = await direct.imagine("slow submit a fox")
        entry = (await direct.ledger())["submits"][0]

        assert entry["id"] == task
        assert (await direct.fetch(task))["status"] == "SUCCESS"  # it was long done when the answer came
