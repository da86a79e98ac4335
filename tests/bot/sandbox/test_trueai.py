"""The trueai dialect (v11): buttons and forms, 404 for unknown parents, errors in another shape."""

import io

import pytest
from PIL import Image

from bot.sandbox import Switches
from tests.bot.sandbox.caller import calling, data_url


@pytest.fixture
async def trueai():
    async with calling(dialect="trueai", headers={"mj-api-secret": "tok"}) as caller:
        yield caller


async def test_a_task_has_all_the_fields_of_v11(trueai):
    task = await trueai.done("a fox --ar 16:9")

    assert task["isCompleted"] is True
    assert (task["action"], task["status"], task["progress"]) == ("IMAGINE", "SUCCESS", "100%")
    assert (task["state"], task["failReason"]) == ("", "")
    assert (task["imageWidth"], task["imageHeight"]) == (64, 36)
    assert task["displays"]["status"] == "SUCCESS"
    assert task["useTime"].endswith(" s")
    assert {"parentId", "realBotType", "partnerTaskInfo", "seed", "videoUrls", "thumbnailUrl"} <= set(task)
    assert len(task["buttons"]) == 9
    assert (await trueai.get(task["thumbnailUrl"])).media_type == "image/webp"


async def test_signs_are_escaped_as_net_does(trueai):
    answer = await trueai.post("/mj/submit/imagine", {"prompt": "a fox"})

    assert b"\\u63D0".lower() in answer.body.lower()
    assert answer.json["description"] == "提交成功"


async def test_a_bearer_prefix_is_part_of_the_token():
    async with calling(dialect="trueai", key="tok") as trueai:
        for headers, status in (
            ({"mj_api_secret": "tok"}, 200),
            ({"Authorization": "tok"}, 200),
            ({"Authorization": "Bearer tok"}, 401),
            ({"Authorization": "Bearer tok", "mj_api_secret": "tok"}, 401),
            ({}, 401),
        ):
            answer = await trueai.with_headers(**headers).post("/mj/submit/imagine", {"prompt": "x"})
            assert answer.status == status
    assert answer.text == "Authorization header missing."
    assert answer.media_type.startswith("text/plain")


async def test_an_unknown_task_is_204(trueai):
    answer = await trueai.get("/mj/task/123/fetch")

    assert (answer.status, answer.body) == (204, b"")


async def test_an_unknown_parent_is_404_with_code_3(trueai):
    custom = "MJ::JOB::upsample::1::6c1f0f3e-6c42-4a52-9d2b-0a9a2d1b7c11"
    for path, body in (
        ("action", {"taskId": "1", "customId": custom}),
        ("modal", {"taskId": "1", "prompt": "x"}),
    ):
        answer = await trueai.post(f"/mj/submit/{path}", body)
        assert (answer.status, answer.json["code"]) == (404, 3)
        assert answer.json["description"] == "关联任务不存在或已失效"


async def test_actions_are_checked(trueai):
    parent, other = await trueai.done("a fox"), await trueai.done("a cat")
    running = await trueai.imagine("stuck a fox")
    foreign = other["buttons"][0]["customId"]
    for body, description in (
        ({"taskId": parent["id"]}, "参数错误"),
        ({"taskId": running, "customId": foreign}, "关联任务状态错误"),
        ({"taskId": parent["id"], "customId": "MJ::BOOKMARK::" + foreign[-36:]}, "未知的 Action 类型"),
        ({"taskId": parent["id"], "customId": "MJ::Job::PromptAnalyzer::1"}, "参数错误"),
        ({"taskId": parent["id"], "customId": "whatever"}, "未知的 Action 类型"),
        ({"taskId": parent["id"], "customId": foreign}, "参数错误"),  # another job's button
    ):
        answer = await trueai.post("/mj/submit/action", body)
        assert (answer.status, answer.json["code"], answer.json["description"]) == (200, 4, description)


async def test_a_single_picture_ends_with_reroll_and_has_no_bookmark(trueai):
    task = await trueai.until((await trueai.press(await trueai.done("a fox"), "U4")).json["result"])

    assert task["buttons"][-1]["emoji"] == "🔄"
    assert not [b for b in task["buttons"] if "BOOKMARK" in b["customId"]]
    zoom = next(b["customId"] for b in task["buttons"] if b["label"] == "Custom Zoom")
    assert zoom.startswith("MJ::CustomZoom::1::")


async def test_a_used_button_turns_green_and_can_be_pressed_again(trueai):
    task = await trueai.done("a fox")
    first, second = await trueai.press(task, "U2"), await trueai.press(task, "U2")

    styles = {b["label"]: b["style"] for b in (await trueai.fetch(task["id"]))["buttons"]}

    assert (styles["U1"], styles["U2"]) == (2, 3)
    assert first.json["result"] != second.json["result"]


async def test_remix_asks_with_code_21_and_then_runs_one_task(trueai):
    asked = await trueai.press(await trueai.done("a fox"), "V1", enableRemix=True)

    assert (asked.json["code"], asked.json["description"]) == (21, "Waiting for window confirm")
    assert asked.json["properties"] == {"finalPrompt": "a fox --v 7", "remix": True}
    task = asked.json["result"]
    assert (await trueai.fetch(task))["status"] == "MODAL"
    sent = await trueai.post("/mj/submit/modal", {"taskId": task, "prompt": "a blue fox"})
    assert (sent.json["code"], sent.json["result"]) == (1, task)
    done = await trueai.until(task, "SUCCESS")
    assert done["prompt"] == "a blue fox"


async def test_a_task_still_shows_modal_after_its_form_was_sent():
    async with calling(dialect="trueai", speed=200.0) as trueai:
        task = (await trueai.press(await trueai.done("remix a fox"), "V1")).json["result"]
        await trueai.control(frozen=True)
        await trueai.post("/mj/submit/modal", {"taskId": task, "prompt": "a fox"})

        assert (await trueai.fetch(task))["status"] == "MODAL"


async def test_a_form_that_was_not_sent_never_starts(trueai):
    task = (await trueai.press(await trueai.done("remix a fox"), "🔄")).json["result"]
    await trueai.done("a cat")

    assert (await trueai.fetch(task))["status"] == "MODAL"


async def test_the_action_names_of_v11(trueai):
    single = await trueai.until((await trueai.press(await trueai.done("a fox"), "U1")).json["result"])
    for label, action in (
        ("Vary (Strong)", "VARIATION"),
        ("Zoom Out 1.5x", "ZOOM"),
        ("⬆️", "PAN"),
        ("Upscale (Subtle)", "UPSCALE_HD"),
        ("Animate (Low motion)", "VIDEO"),
        ("🔄", "IMAGINE"),
    ):
        assert (await trueai.until((await trueai.press(single, label)).json["result"]))["action"] == action


async def test_a_video_has_clips_to_pick(trueai):
    single = await trueai.until((await trueai.press(await trueai.done("a boat"), "U1")).json["result"])
    video = await trueai.until((await trueai.press(single, "Animate (High motion)")).json["result"])

    assert [b["label"] for b in video["buttons"]] == ["U1", "U2", "U3", "U4", ""]
    assert len(video["videoUrls"]) == 4
    assert Image.open(io.BytesIO((await trueai.get(video["videoUrl"])).body)).n_frames > 1
    clip = await trueai.until((await trueai.press(video, "U3")).json["result"])
    assert len(clip["videoUrls"]) == 1


async def test_banned_words_are_accepted_and_fail(trueai):
    task = await trueai.done("a forbidden garden")

    assert (task["status"], task["progress"], task["failReason"]) == ("FAILURE", "", "可能包含敏感词")


async def test_midjourneys_own_moderation(trueai):
    assert (await trueai.done("moderated a fox"))["failReason"].startswith("[Banned prompt detected]")


async def test_a_full_queue_is_code_9():
    async with calling(dialect="trueai", speed=0.001, switches=Switches(running=1, waiting=0)) as trueai:
        answer = await trueai.post("/mj/submit/imagine", {"prompt": "a fox"})

    assert (answer.json["code"], answer.json["description"]) == (9, "提交失败，队列已满，请稍后重试")
    assert answer.json["result"] is None


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("imagine", {"prompt": "x", "state": "s" * 256}, "State参数过长，最大255字符"),
        ("imagine", {"prompt": 5}, "could not be converted"),
        ("imagine", [1], "could not be converted"),
        ("shorten", {"prompt": "limit: a fox"}, "今日绘图次数已达上限"),
    ],
)
async def test_its_other_shape_of_refusals(trueai, path, body, message):
    answer = await trueai.post(f"/mj/submit/{path}", body)

    assert answer.status == 200
    assert set(answer.json) == {"success", "code", "message", "timestamp"}
    assert (answer.json["success"], answer.json["code"]) == (False, -1)
    assert message in answer.json["message"]


async def test_on_imagine_a_limit_is_code_4(trueai):
    answer = await trueai.post("/mj/submit/imagine", {"prompt": "limit: a fox"})

    assert (answer.json["code"], answer.json["description"]) == (4, "今日绘图次数已达上限")


async def test_cancel_is_for_administrators_who_are_told_nothing(trueai):
    task = await trueai.imagine("stuck a fox")
    admin = trueai.with_headers(mj_api_secret="admin-1")

    refused = await trueai.send("POST", f"/mj/task/{task}/cancel")
    unknown = await admin.send("POST", "/mj/task/123/cancel")
    done = await admin.send("POST", f"/mj/task/{task}/cancel")

    assert (refused.status, refused.text) == (400, "演示模式，禁止操作")
    assert [(each.status, each.body) for each in (unknown, done)] == [(200, b"")] * 2
    found = await trueai.fetch(task)
    assert (found["status"], found["progress"], found["failReason"]) == ("FAILURE", "", "取消任务")


async def test_what_v10_removed_is_gone(trueai):
    for method, path in (
        ("POST", "/mj/submit/change"),
        ("POST", "/mj/submit/simple-change"),
        ("POST", "/mj/submit/show"),
        ("GET", "/mj/task/queue"),
        ("POST", "/fast/mj/submit/imagine"),
    ):
        assert (await trueai.send(method, path, json={})).status == 404


async def test_speeds_by_path_by_filter_and_by_flag(trueai):
    await trueai.post("/mj-turbo/mj/submit/imagine", {"prompt": "a fox --relax"})
    await trueai.imagine("a fox --fast", accountFilter={"modes": ["RELAX"]})
    await trueai.imagine("a fox --turbo")

    assert [s["mode"] for s in (await trueai.ledger())["submits"]] == ["turbo", "relax", "turbo"]


async def test_describe_leads_to_an_imagine(trueai):
    described = await trueai.until(
        (await trueai.post("/mj/submit/describe", {"base64": data_url()})).json["result"]
    )

    asked = await trueai.press(described, "2️⃣")
    prompt = asked.json["properties"]["finalPrompt"]
    sent = await trueai.post("/mj/submit/modal", {"taskId": asked.json["result"], "prompt": prompt})
    picked = await trueai.until(sent.json["result"], "SUCCESS", "FAILURE")

    assert asked.json["code"] == 21
    assert prompt.startswith("2️⃣")
    assert (picked["action"], picked["status"], len(picked["buttons"])) == ("IMAGINE", "SUCCESS", 9)
    everything = await trueai.press(described, "Imagine all")
    assert len(everything.json["result"].split(",")) == 4
    assert (await trueai.until((await trueai.press(described, "🔄")).json["result"]))["action"] == "DESCRIBE"


async def test_a_picture_that_was_uploaded_can_be_described_by_its_link(trueai):
    uploaded = await trueai.post("/mj/submit/upload-discord-images", {"base64Array": [data_url()]})

    link = uploaded.json["result"][0]
    task = await trueai.until((await trueai.post("/mj/submit/describe", {"link": link})).json["result"])

    assert "red" in task["properties"]["finalPrompt"]


async def test_edits_take_a_picture_in_any_form(trueai):
    uploaded = await trueai.post("/mj/submit/upload-discord-images", {"base64Array": [data_url()]})
    for image in (data_url(), data_url().partition(",")[2], uploaded.json["result"][0]):
        answer = await trueai.post("/mj/submit/edits", {"prompt": "a castle", "image": image})
        assert (await trueai.until(answer.json["result"]))["action"] == "EDIT"
    missing = await trueai.post("/mj/submit/edits", {"prompt": "a castle"})
    assert missing.json["description"] == "image或prompt不能为空"


async def test_the_list_holds_the_newest_hundred(trueai):
    tasks = [await trueai.imagine("quick: a fox") for _ in range(102)]

    listed = (await trueai.get("/mj/task/list")).json

    assert [task["id"] for task in listed] == tasks[:1:-1]
    by_ids = await trueai.post("/mj/task/list-by-ids", {"ids": [tasks[0], "nope"]})
    assert [task["id"] for task in by_ids.json] == [tasks[0]]


async def test_the_seed_of_what_has_none_yet(trueai):
    answer = await trueai.get(f"/mj/task/{await trueai.imagine('stuck a fox')}/image-seed")

    assert (answer.status, answer.json["code"], answer.json["description"]) == (400, 4, "关联任务状态错误")
