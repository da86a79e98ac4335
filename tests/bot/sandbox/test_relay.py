"""The relay dialect (new-api): a late copy, rewritten codes, errors of its own."""

import io
from dataclasses import replace

import pytest
from PIL import Image

from bot.sandbox import Switches
from bot.sandbox.clock import Clock
from bot.sandbox.copies import rows_of
from bot.sandbox.journal import Journal
from bot.sandbox.studio import Studio
from bot.sandbox.tasks import Task
from tests.bot.sandbox.caller import calling, data_url


@pytest.fixture
async def relay():
    async with calling(dialect="relay", headers={"Authorization": "Bearer sk-one"}) as caller:
        yield caller


async def test_a_submit_is_answered_as_plain_text_with_code_1(relay):
    answer = await relay.post("/mj/submit/imagine", {"prompt": "a fox"})

    assert (answer.status, answer.media_type) == (200, "text/plain; charset=utf-8")
    assert list(answer.json) == ["code", "description", "result", "properties"]
    assert (answer.json["code"], answer.json["description"]) == (1, "提交成功")
    assert answer.json["result"].isdigit()


async def test_until_its_first_look_upstream_the_row_is_empty():
    async with calling(dialect="relay", switches=Switches(refresh=1e9)) as relay:
        mark = await relay.imagine("quick: a fox", state="mark")
        while (await relay.ledger())["submits"][0]["status"] != "SUCCESS":
            pass

        task = await relay.fetch(mark)

        assert (task["status"], task["progress"], task["state"]) == ("", "0%", "")
        assert task["buttons"] is None
        assert task["properties"] is None
        assert (task["startTime"], task["finishTime"], task["imageUrl"], task["failReason"]) == (0, 0, "", "")
        assert task["description"] == "提交成功"
        assert {"customId", "botType", "maskBase64", "promptEn", "submitTime"} <= set(task)


async def test_a_task_runs_to_a_picture_with_nine_buttons(relay):
    task = await relay.done("a red fox --ar 3:2")

    assert (task["action"], task["status"], task["progress"]) == ("IMAGINE", "SUCCESS", "100%")
    assert [b["label"] or b["emoji"] for b in task["buttons"]] == [
        *("U1", "U2", "U3", "U4", "🔄", "V1", "V2", "V3", "V4")
    ]
    assert task["imageUrl"] == f"{relay.sandbox.url}/mj/image/{task['id']}"
    assert task["properties"] == {"finalPrompt": "a red fox --ar 3:2 --v 7", "finalZhPrompt": ""}
    assert 0 < task["submitTime"] <= task["startTime"] < task["finishTime"]


async def test_the_mark_is_shown_once_it_has_looked(relay):
    assert (await relay.until(await relay.imagine("a fox", state="mark")))["state"] == "mark"


async def test_an_unfinished_picture_has_a_link_that_always_changes(relay):
    task = await relay.imagine("slow: a fox")
    await relay.until(task, "IN_PROGRESS")

    links = {(await relay.fetch(task))["imageUrl"] for _ in range(3)}

    assert len(links) == 3
    assert all(f"/mj/image/{task}?rand=" in link for link in links)
    preview = await relay.with_headers().get(links.pop())
    assert preview.media_type == "image/webp"


async def test_pictures_need_no_key_and_are_what_they_say(relay):
    task = await relay.done("a red fox --ar 3:2")

    answer = await relay.with_headers().get(task["imageUrl"])

    assert answer.media_type == "image/png"
    assert Image.open(io.BytesIO(answer.body)).size == (64, 42)


async def test_an_image_of_no_task_and_one_that_is_not_there_yet(relay):
    unknown = await relay.get("/mj/image/123")
    early = await relay.get(f"/mj/image/{await relay.imagine('stuck a fox')}")

    assert (unknown.status, unknown.json) == (400, {"error": "midjourney_task_not_found"})
    assert (early.status, early.json) == (500, {"error": "http_get_image_failed"})


async def test_an_expired_picture_is_gone(relay):
    task = await relay.done("expired: a fox")

    answer = await relay.get(f"/mj/image/{task['id']}")

    assert (answer.status, answer.json["error"]) == (404, "This content is no longer available.")


async def test_an_unknown_task_is_not_found_with_a_space_at_the_end(relay):
    answer = await relay.get("/mj/task/123/fetch")

    assert answer.status == 400
    assert answer.json == {"code": 4, "description": "task_no_found ", "type": "upstream_error"}


async def test_tasks_of_another_key_are_unknown(relay):
    task = await relay.done("a fox")
    other = relay.with_headers(Authorization="Bearer sk-two")

    fetched = await other.get(f"/mj/task/{task['id']}/fetch")
    listed = await other.post("/mj/task/list-by-condition", {"ids": [task["id"]]})
    pressed = await other.press(task, "U1")

    assert fetched.json["description"] == "task_no_found "
    assert listed.json == []
    assert (pressed.status, pressed.json["description"]) == (400, "task_not_found ")


async def test_a_batch_leaves_unknown_ids_out(relay):
    one, two = await relay.done("a fox"), await relay.done("a cat")

    answer = await relay.post("/mj/task/list-by-condition", {"ids": [one["id"], "nope", two["id"]]})

    assert sorted(task["id"] for task in answer.json) == sorted([one["id"], two["id"]])
    assert (await relay.post("/mj/task/list-by-condition", {"ids": []})).json == []
    assert (await relay.post("/mj/task/list-by-condition", {})).json == []


async def test_ids_that_are_numbers_are_refused(relay):
    answer = await relay.post("/mj/task/list-by-condition", {"ids": [1754380800123456]})

    assert (answer.status, answer.json["description"]) == (400, "do_request_failed ")


@pytest.mark.parametrize(
    ("path", "body", "description"),
    [
        ("/mj/submit/imagine", {}, "prompt_is_required "),
        ("/mj/submit/change", {"action": "UPSCALE", "index": 1}, "task_id_is_required "),
        ("/mj/submit/change", {"taskId": "1", "index": 1}, "action_is_required "),
        ("/mj/submit/change", {"taskId": "1", "action": "REROLL"}, "index_is_required "),
        ("/mj/submit/change", {"taskId": "1", "action": "REROLL", "index": 1}, "task_not_found "),
        ("/mj/submit/modal", {"prompt": "x"}, "task_id_is_required "),
        ("/mj/insight-face/swap", {"sourceBase64": "x"}, "sour_base64_and_target_base64_is_required "),
    ],
)
async def test_its_own_refusals(relay, path, body, description):
    answer = await relay.post(path, body)

    assert answer.status == 400
    assert answer.json == {"code": 4, "description": description, "type": "upstream_error"}


async def test_a_button_of_a_task_that_has_not_finished(relay):
    task = await relay.imagine("stuck a fox")

    custom = "MJ::JOB::upsample::1::6c1f0f3e-6c42-4a52-9d2b-0a9a2d1b7c11"
    answer = await relay.post("/mj/submit/action", {"taskId": task, "customId": custom})

    assert (answer.status, answer.json["description"]) == (400, "task_status_not_success ")


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"taskId": "1", "customId": "MJ::Job::PicReader::2"}, 400, "unknown_action:MJ::Job::PicReader::2"),
        ({"taskId": "1", "customId": "MJ::BOOKMARK::x"}, 400, "unknown_action:MJ::BOOKMARK::x"),
        ({"taskId": "1", "customId": "MJ::JOB::animate_high::1::x::SOLO"}, 400, "unknown_action:"),
        ({"taskId": "1"}, 400, "custom_id_is_required"),
        ({"taskId": "1", "customId": "MJ::JOB::upsample::x"}, 400, "index_parse_failed"),
        ({"taskId": "1", "customId": "nonsense"}, 500, "Panic detected"),
        ({"taskId": 1, "customId": "MJ::Inpaint::1::x::SOLO"}, 400, "cannot unmarshal number"),
        (
            {"taskId": "1", "customId": "MJ::Inpaint::1::x::SOLO", "index": "1"},
            400,
            "cannot unmarshal string",
        ),
    ],
)
async def test_what_its_middleware_refuses(relay, body, status, message):
    answer = await relay.post("/mj/submit/action", body)

    assert answer.status == status
    assert message in answer.json["error"]["message"]


async def test_a_body_that_does_not_say_that_it_is_json_is_ignored(relay):
    answer = await relay.send("POST", "/mj/submit/imagine", data=b'{"prompt": "a fox"}')

    assert answer.json["description"] == "prompt_is_required "


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/mj/task/list"),
        ("GET", "/mj/task/queue"),
        ("POST", "/mj/task/query"),
        ("POST", "/mj/task/1/cancel"),
        ("POST", "/mj/submit/show"),
    ],
)
async def test_what_it_does_not_route_is_an_invalid_url(relay, method, path):
    answer = await relay.send(method, path, json={} if method == "POST" else None)

    assert answer.status == 404
    assert answer.json["error"] == {
        "message": f"Invalid URL ({method} {path})",
        "type": "invalid_request_error",
        "param": "",
        "code": "",
    }


async def test_simple_change_has_no_channel(relay):
    answer = await relay.post("/mj/submit/simple-change", {"content": "1 U2"})

    assert answer.status == 503
    assert "当前分组 default 下对于模型 mj_ 无可用渠道" in answer.json["error"]["message"]


async def test_change_works_where_buttons_are_hidden(relay):
    task = await relay.done("nobuttons: a fox")

    answer = await relay.post("/mj/submit/change", {"taskId": task["id"], "action": "UPSCALE", "index": 2})
    upscaled = await relay.until(answer.json["result"])

    assert task["buttons"] is None
    assert (upscaled["action"], upscaled["status"]) == ("UPSCALE", "SUCCESS")


async def test_an_upscale_offers_what_can_be_done_with_one_picture(relay):
    answer = await relay.press(await relay.done("a fox --ar 16:9 --v 6.1"), "U2")
    task = await relay.until(answer.json["result"])

    assert task["action"] == "UPSCALE"
    assert [b["label"] or b["emoji"] for b in task["buttons"]] == [
        *("Upscale (Subtle)", "Upscale (Creative)", "Vary (Subtle)", "Vary (Strong)", "Vary (Region)"),
        *("Zoom Out 2x", "Zoom Out 1.5x", "Make Square", "Custom Zoom", "⬅️", "➡️", "⬆️", "⬇️"),
        *("Animate (High motion)", "Animate (Low motion)", "❤️"),
    ]
    assert "upsample_v6r1_2x_subtle" in task["buttons"][0]["customId"]


@pytest.mark.parametrize(
    ("label", "action", "single"),
    [
        ("V3", "VARIATION", False),
        ("🔄", "REROLL", False),
        ("Vary (Subtle)", "LOW_VARIATION", True),
        ("Vary (Strong)", "HIGH_VARIATION", True),
        ("Zoom Out 2x", "ZOOM", True),
        ("⬅️", "PAN", True),
    ],
)
async def test_buttons_that_lead_to_another_grid(relay, label, action, single):
    task = await relay.done("a fox")
    if single:
        task = await relay.until((await relay.press(task, "U1")).json["result"])

    answer = await relay.press(task, label)
    result = await relay.until(answer.json["result"])

    assert result["id"] != task["id"]
    assert (result["action"], len(result["buttons"])) == (action, 9)
    assert result["prompt"] == task["prompt"]


async def test_an_upscale_of_an_upscale_is_twice_as_large_and_has_no_pans(relay):
    task = await relay.until((await relay.press(await relay.done("a fox"), "U1")).json["result"])
    larger = await relay.until((await relay.press(task, "Upscale (Creative)")).json["result"])

    picture = await relay.get(larger["imageUrl"])

    assert Image.open(io.BytesIO(picture.body)).size == (128, 128)
    labels = [b["label"] or b["emoji"] for b in larger["buttons"]]
    assert "⬅️" not in labels
    assert "Upscale (Subtle)" not in labels


async def test_custom_zoom_keeps_code_21_and_waits_for_its_form(relay):
    task = await relay.until((await relay.press(await relay.done("a fox"), "U1")).json["result"])

    answer = await relay.press(task, "Custom Zoom")

    assert (answer.json["code"], answer.json["description"]) == (21, "Waiting for window confirm")
    assert answer.json["properties"] == {"finalPrompt": "a fox --v 7", "remix": True}
    assert (await relay.until(answer.json["result"], "MODAL"))["progress"] == "0%"


async def test_remix_is_rewritten_to_code_1_and_shows_later(relay):
    answer = await relay.press(await relay.done("remix a fox"), "V2")

    assert (answer.json["code"], answer.json["description"]) == (1, "Waiting for window confirm")
    assert answer.json["properties"]["remix"] is True
    task = answer.json["result"]
    await relay.until(task, "MODAL")
    sent = await relay.post("/mj/submit/modal", {"taskId": task, "prompt": "a blue fox at night"})
    assert (sent.json["code"], sent.json["result"]) == (1, task)
    done = await relay.until(task, "SUCCESS")
    assert (done["action"], len(done["buttons"])) == ("VARIATION", 9)


async def test_a_form_makes_a_second_row_and_the_first_one_stays_stale(relay):
    task = await relay.until((await relay.press(await relay.done("a fox"), "U1")).json["result"])
    zoom = (await relay.press(task, "Custom Zoom")).json["result"]
    await relay.until(zoom, "MODAL")
    await relay.post("/mj/submit/modal", {"taskId": zoom, "prompt": "a fox --zoom 2"})

    seen = []
    while not seen or seen[-1][0] != "SUCCESS":
        rows = (await relay.post("/mj/task/list-by-condition", {"ids": [zoom]})).json
        assert [row["id"] for row in rows] == [zoom, zoom]
        assert [row["action"] for row in rows] == ["CUSTOM_ZOOM", "MODAL"]
        seen.append(tuple(row["status"] for row in rows))

    assert {first for first, _ in seen} == {"MODAL", "SUCCESS"}
    assert (await relay.fetch(zoom))["status"] == "SUCCESS"


def test_the_first_row_turns_a_cycle_after_the_second():
    studio = Studio(Clock(), Journal(), Switches(refresh=10.0))
    facts = {"key": "", "prompt": "a fox", "made": 0.0}
    studio.tasks["0"] = Task(id="0", verb="upscale", at=50.0, start=50.0, seconds=2.0, **facts)
    zoom = Task(
        id="1", verb="custom_zoom", at=100.0, start=122.0, seconds=10.5, parent="0", form="a fox", **facts
    )
    sent = replace(zoom, confirmed=118.5)

    def seen(task, now):
        return [(row.action, row.state and row.state.status) for row in rows_of(studio, task, now)]

    assert seen(zoom, 99.9) == [("CUSTOM_ZOOM", None)]
    assert seen(zoom, 115) == [("CUSTOM_ZOOM", "MODAL")]
    assert seen(sent, 119) == [("CUSTOM_ZOOM", "MODAL"), ("MODAL", None)]
    assert seen(sent, 125) == [("CUSTOM_ZOOM", "MODAL"), ("MODAL", "MODAL")]
    assert seen(sent, 131) == [("CUSTOM_ZOOM", "MODAL"), ("MODAL", "IN_PROGRESS")]
    assert seen(sent, 145) == [("CUSTOM_ZOOM", "MODAL"), ("MODAL", "SUCCESS")]
    assert seen(sent, 151) == [("CUSTOM_ZOOM", "SUCCESS"), ("MODAL", "SUCCESS")]


async def test_a_form_that_is_sent_twice_is_counted_twice(relay):
    task = await relay.until((await relay.press(await relay.done("a fox"), "U1")).json["result"])
    zoom = (await relay.press(task, "Custom Zoom")).json["result"]

    for _ in range(2):
        sent = await relay.post("/mj/submit/modal", {"taskId": zoom, "prompt": "a fox --zoom 2"})
        assert sent.json["code"] == 1

    assert [s["confirmations"] for s in (await relay.ledger())["submits"] if s["id"] == zoom] == [2]


@pytest.mark.parametrize(
    ("prompt", "works"), [("a fox --zoom 1.5", True), ("a fox", False), ("a fox --zoom 9", False)]
)
async def test_custom_zoom_needs_a_zoom_from_1_to_2(relay, prompt, works):
    task = await relay.until((await relay.press(await relay.done("a fox"), "U1")).json["result"])
    zoom = (await relay.press(task, "Custom Zoom")).json["result"]

    await relay.post("/mj/submit/modal", {"taskId": zoom, "prompt": prompt})
    done = await relay.until(zoom)

    assert (done["status"] == "SUCCESS") is works


async def test_vary_region_wants_a_mask(relay):
    task = await relay.until((await relay.press(await relay.done("a fox"), "U1")).json["result"])
    answer = await relay.press(task, "Vary (Region)")
    assert (answer.json["code"], answer.json["properties"]["finalPrompt"]) == (21, "")
    second = (await relay.press(task, "Vary (Region)")).json["result"]

    await relay.post(
        "/mj/submit/modal", {"taskId": answer.json["result"], "prompt": "a hut", "maskBase64": data_url()}
    )
    await relay.post("/mj/submit/modal", {"taskId": second, "prompt": "a hut"})

    assert (await relay.until(answer.json["result"]))["status"] == "SUCCESS"
    assert (await relay.until(second))["status"] == "FAILURE"


async def test_a_failure_says_100_percent(relay):
    task = await relay.done("cat --zz 3")

    assert (task["status"], task["progress"]) == ("FAILURE", "100%")
    assert task["failReason"] == "[Invalid parameter] Unrecognized parameter(s): `--zz`"
    assert task["buttons"] == []


async def test_banned_words_are_refused_by_its_upstream(relay):
    answer = await relay.post("/mj/submit/imagine", {"prompt": "a forbidden garden"})

    assert answer.status == 200
    assert (answer.json["code"], answer.json["result"]) == (24, None)
    assert answer.json["properties"] == {"promptEn": "a forbidden garden", "bannedWord": "forbidden"}


@pytest.mark.parametrize(
    ("trick", "status", "code"),
    [
        ("queuefull", 200, 23),
        ("noaccount", 200, 3),
        ("quota", 400, 4),
        ("saturated", 429, 30),
        ("code5", 400, 5),
    ],
)
async def test_refusals_on_request(relay, trick, status, code):
    answer = await relay.post("/mj/submit/imagine", {"prompt": f"{trick} a fox"})

    assert (answer.status, answer.json["code"]) == (status, code)


async def test_a_model_without_a_channel(relay):
    by_word = await relay.post("/mj/submit/imagine", {"prompt": "nochannel a fox"})
    await relay.control(switches={"no_channel": ["mj_shorten"]})
    by_switch = await relay.post("/mj/submit/shorten", {"prompt": "a fox"})

    for answer, model in ((by_word, "mj_imagine"), (by_switch, "mj_shorten")):
        assert answer.status == 503
        assert f"当前分组 default 下对于模型 {model} 无可用渠道" in answer.json["error"]["message"]


async def test_a_wrong_key_upstream_is_an_empty_401(relay):
    answer = await relay.post("/mj/submit/imagine", {"prompt": "unauthorized a fox"})

    assert (answer.status, answer.body) == (401, b"")


@pytest.mark.parametrize("trick", ["html502", "code5"])
async def test_what_is_answered_wrongly_was_accepted_all_the_same(relay, trick):
    answer = await relay.post("/mj/submit/imagine", {"prompt": f"{trick} a fox", "state": "mark"})

    assert answer.status in (400, 502)
    assert [s["state"] for s in (await relay.ledger())["submits"]] == ["mark"]


async def test_queued_tasks_are_code_1_with_the_queue_in_the_text():
    async with calling(dialect="relay", speed=0.001, switches=Switches(running=1, waiting=2)) as relay:
        answers = [(await relay.post("/mj/submit/imagine", {"prompt": "a fox"})).json for _ in range(4)]

    assert [answer["code"] for answer in answers] == [1, 1, 1, 23]
    assert answers[2]["description"] == "排队中，前面还有1个任务"
    assert answers[2]["properties"]["numberOfQueues"] == 1


async def test_hooks_and_account_filters_are_dropped(relay):
    await relay.imagine("a fox", notifyHook="http://127.0.0.1:9/x", accountFilter={"modes": ["RELAX"]})

    assert (await relay.ledger())["submits"][0]["mode"] == ""


@pytest.mark.parametrize(
    ("prefix", "mode"),
    [("/mj-fast", "fast"), ("/mj-relax", "relax"), ("/mj-turbo", "turbo"), ("/fast", "fast")],
)
async def test_a_mode_is_a_word_before_the_path(relay, prefix, mode):
    answer = await relay.post(f"{prefix}/mj/submit/imagine", {"prompt": "a fox"})
    task = await relay.until(answer.json["result"])

    assert (await relay.ledger())["submits"][0]["mode"] == mode
    assert (await relay.get(f"{prefix}/mj/task/{task['id']}/fetch")).json["status"] == "SUCCESS"
    assert (await relay.get(f"{prefix}/mj/image/{task['id']}")).media_type == "image/png"


async def test_a_frozen_row_has_a_reason_but_no_end(relay):
    task = await relay.imagine("frozen: a fox")

    while not (row := await relay.fetch(task))["failReason"]:
        pass

    assert (row["status"], row["progress"]) == ("IN_PROGRESS", "100%")


async def test_a_lost_task_never_changes_again(relay):
    task = await relay.imagine("lost: a fox")
    while not (await relay.ledger())["submits"][0]["lost"]:
        pass

    first = await relay.fetch(task)

    assert first["status"] in ("SUBMITTED", "IN_PROGRESS")
    assert (await relay.fetch(task))["progress"] == first["progress"]


async def test_a_misconfigured_relay_links_to_localhost(relay):
    assert (await relay.done("localhost a fox"))["imageUrl"].startswith("http://localhost:3000/mj/image/")


async def test_somebody_else_may_cancel(relay):
    assert (await relay.done("cancelled: a fox"))["status"] == "CANCEL"


async def test_describe_tells_four_prompts_and_shows_the_picture(relay):
    answer = await relay.post("/mj/submit/describe", {"base64": data_url()})
    task = await relay.until(answer.json["result"])

    lines = [line for line in task["properties"]["finalPrompt"].split("\n\n") if line]
    assert [line[0] for line in lines] == ["1", "2", "3", "4"]
    assert "red" in lines[0]
    assert (await relay.get(task["imageUrl"])).status == 200
    assert [b["customId"] for b in task["buttons"]][-2:] == ["MJ::Picread::Retry", "MJ::Job::PicReader::all"]


async def test_shorten_has_words_and_no_picture(relay):
    prompt = "a very beautiful red fox that is standing in the deep white snow"
    task = await relay.until((await relay.post("/mj/submit/shorten", {"prompt": prompt})).json["result"])

    words = task["properties"]["finalPrompt"]
    assert words.startswith("## Important tokens\n")
    assert "**fox**" in words
    assert "~~very~~" in words
    assert words.count("️⃣") == 5
    assert task["imageUrl"] == ""
    assert len(task["buttons"]) == 5


async def test_blend_wants_two_to_five_pictures(relay):
    one = await relay.post("/mj/submit/blend", {"base64Array": [data_url()]})
    wrong = await relay.post("/mj/submit/blend", {"base64Array": [data_url(), "no"]})
    good = await relay.post("/mj/submit/blend", {"base64Array": [data_url()] * 2, "dimensions": "LANDSCAPE"})
    task = await relay.until(good.json["result"])

    assert (one.json["code"], one.json["description"]) == (4, "base64List参数错误")
    assert (wrong.json["code"], wrong.json["description"]) == (4, "base64格式错误")
    assert (task["action"], task["prompt"], len(task["buttons"])) == ("BLEND", "", 9)
    assert Image.open(io.BytesIO((await relay.get(task["imageUrl"])).body)).size == (64, 42)


async def test_swap_ends_without_buttons_and_is_re_serialised(relay):
    from tests.bot.sandbox.caller import picture

    face, scene = data_url(picture(20, 20)), data_url(picture(90, 60, (20, 90, 200)))
    answer = await relay.post("/mj/insight-face/swap", {"sourceBase64": face, "targetBase64": scene})
    task = await relay.until(answer.json["result"])

    assert list(answer.json) == ["code", "description", "properties", "result"]
    assert (task["action"], task["prompt"], task["buttons"]) == ("SWAP_FACE", "InsightFace", [])
    assert Image.open(io.BytesIO((await relay.get(task["imageUrl"])).body)).size == (90, 60)


async def test_uploads_are_answered_with_links_that_work(relay):
    answer = await relay.post("/mj/submit/upload-discord-images", {"base64Array": [data_url()]})

    assert answer.json["code"] == 1
    assert (await relay.with_headers().get(answer.json["result"][0])).status == 200


async def test_pictures_are_put_before_the_prompt(relay):
    task = await relay.until(await relay.imagine("a fox", base64Array=[data_url()]))

    link, _, words = task["prompt"].partition(" ")
    assert words == "a fox"
    assert (await relay.get(link)).status == 200


async def test_a_picture_that_is_none_is_refused(relay):
    answer = await relay.post(
        "/mj/submit/imagine", {"prompt": "a fox", "base64Array": ["data:image/png;base64,QUJD"]}
    )

    assert (answer.json["code"], answer.json["description"]) == (4, "base64格式错误")


async def test_a_video_has_clips(relay):
    answer = await relay.post("/mj/submit/video", {"prompt": "a boat", "image": data_url()})
    task = await relay.until(answer.json["result"])

    assert (task["action"], len(task["videoUrls"])) == ("VIDEO", 4)
    clip = await relay.get(task["videoUrl"])
    assert Image.open(io.BytesIO(clip.body)).n_frames > 1


async def test_the_seed_is_told(relay):
    task = await relay.done("a fox")

    answer = await relay.get(f"/mj/task/{task['id']}/image-seed")
    unknown = await relay.get("/mj/task/123/image-seed")

    assert answer.json["code"] == 1
    assert answer.json["properties"] is None
    assert int(answer.json["result"]) > 0
    assert unknown.json["description"] == "task_no_found "


async def test_the_key_is_taken_with_any_prefix():
    async with calling(dialect="relay", key="sk-good") as relay:
        for headers in (
            {"Authorization": "Bearer sk-good"},
            {"Authorization": "sk-good"},
            {"Authorization": "good"},
            {"mj_api_secret": "sk-good"},
            {"Authorization": "midjourney-proxy", "mj_api_secret": "good"},
        ):
            caller = relay.with_headers(**headers)
            assert (await caller.post("/mj/submit/imagine", {"prompt": "x"})).status == 200
        for headers, message in (({}, "未提供令牌"), ({"Authorization": "Bearer sk-bad"}, "无效的令牌")):
            answer = await relay.with_headers(**headers).post("/mj/submit/imagine", {"prompt": "x"})
            assert answer.status == 401
            assert message in answer.json["error"]["message"]
            assert answer.json["error"]["type"] == "new_api_error"
