"""Whole conversations with a relay and with direct proxies, as they go on the wire."""

import pytest

from bot.engines.midjourney.wire import Wire
from bot.errors import Kind, Refused, Unavailable, Unsupported
from bot.jobs import Action, Asks, Mode, Order, Stage
from tests.bot.engines.service import (
    H0,
    H1,
    KEY,
    Reply,
    accepted,
    button,
    grid_buttons,
    local_error,
    novi_row,
    openai_error,
    relay_row,
    single_buttons,
)

TASK = "1754380800123456"
FOX = "a red fox in the snow --ar 1:1 --v 6.1"
IMAGINE, ACTION, MODAL = "POST /mj/submit/imagine", "POST /mj/submit/action", "POST /mj/submit/modal"
CHANGE, LIST = "POST /mj/submit/change", "POST /mj/task/list-by-condition"


def fetch(task: str) -> str:
    return f"GET /mj/task/{task}/fetch"


async def test_imagine_on_a_relay_from_nothing_known_to_nine_buttons(service, engine):
    picture = f"{service.url}/mj/image/{TASK}"
    service.on(IMAGINE, accepted(TASK, discordInstanceId="1118138338562560102"))
    seen = relay_row(
        status="IN_PROGRESS",
        progress="31%",
        state="job-42",
        promptEn=FOX,
        startTime=1754380801287,
        imageUrl=f"{picture}?rand=1754380820114239817",
        buttons=[],
        properties={"finalPrompt": "", "finalZhPrompt": ""},
    )
    done = relay_row(
        status="SUCCESS",
        progress="100%",
        startTime=1754380801287,
        finishTime=1754380843402,
        imageUrl=picture,
        buttons=grid_buttons(),
        properties={"finalPrompt": "a red fox in the snow --v 6.1", "finalZhPrompt": ""},
    )
    service.on(fetch(TASK), relay_row(), seen, done)
    service.on(LIST, [relay_row()])

    taken = await engine.submit(Order(FOX), [], "job-42")
    first = (await engine.report([TASK]))[TASK]
    second = (await engine.report([TASK]))[TASK]
    last = (await engine.report([TASK]))[TASK]

    sent = service.asked[0]
    assert sent.body == {"prompt": FOX, "base64Array": [], "state": "job-42"}
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert sent.headers["mj-api-secret"] == KEY
    assert sent.headers["content-type"] == "application/json"
    assert (taken.task, taken.form, taken.queue) == (TASK, None, None)
    assert (first.stage, first.percent, first.preview) == (Stage.RUNNING, 0, "")
    assert (second.stage, second.percent) == (Stage.RUNNING, 31)
    assert second.preview == f"{picture}?rand=1754380820114239817"
    assert last.stage is Stage.DONE
    assert last.images == (picture,)
    assert last.seconds == pytest.approx(42.115)
    assert last.prompt == "a red fox in the snow --v 6.1"
    assert [each.name for each in last.actions] == [
        "upscale:1",
        "upscale:2",
        "upscale:3",
        "upscale:4",
        "reroll",
        "variation:1",
        "variation:2",
        "variation:3",
        "variation:4",
    ]
    assert [each.label for each in last.actions][4] == "Reroll"


async def test_a_queued_order_tells_its_place_also_when_the_relay_rewrote_the_code(service, engine):
    words = "排队中，前面还有3个任务"
    service.on(
        IMAGINE,
        accepted(TASK, 22, words, numberOfQueues=3, discordInstanceId="1118"),
        accepted(TASK, 1, words),
    )

    direct = await engine.submit(Order(FOX), [], "a")
    relayed = await engine.submit(Order(FOX), [], "b")

    assert (direct.task, direct.queue) == (TASK, 3)
    assert (relayed.task, relayed.queue) == (TASK, 3)


async def test_u1_and_then_the_fifteen_buttons_of_a_single_picture(service, engine):
    custom = f"MJ::JOB::upsample::1::{H0}"
    service.on(ACTION, accepted("1754380871345207"))
    row = relay_row(
        "1754380871345207",
        action="UPSCALE",
        status="SUCCESS",
        progress="100%",
        imageUrl="https://relay.example/mj/image/1754380871345207",
        buttons=single_buttons(),
    )
    service.on(fetch("1754380871345207"), row)

    taken = await engine.act(TASK, Action(custom, "U1", "upscale:1"), "job-43")
    done = (await engine.report([taken.task]))[taken.task]

    assert service.bodies(ACTION) == [{"taskId": TASK, "customId": custom, "state": "job-43"}]
    assert [each.id for each in done.actions] == [each["customId"] for each in single_buttons()]
    assert [(each.name, each.label, each.emoji, each.asks) for each in done.actions] == [
        ("upscale:subtle", "Upscale (Subtle)", "", Asks.NOTHING),
        ("upscale:creative", "Upscale (Creative)", "", Asks.NOTHING),
        ("vary:subtle", "Vary (Subtle)", "🪄", Asks.NOTHING),
        ("vary:strong", "Vary (Strong)", "🪄", Asks.NOTHING),
        ("vary:region", "Vary (Region)", "🖌️", Asks.MASK),
        ("zoom:2", "Zoom Out 2x", "🔍", Asks.NOTHING),
        ("zoom:1.5", "Zoom Out 1.5x", "🔍", Asks.NOTHING),
        ("zoom:custom", "Custom Zoom", "🔍", Asks.ZOOM),
        ("pan:left", "Left", "⬅️", Asks.NOTHING),
        ("pan:right", "Right", "➡️", Asks.NOTHING),
        ("pan:up", "Up", "⬆️", Asks.NOTHING),
        ("pan:down", "Down", "⬇️", Asks.NOTHING),
        ("animate:high", "Animate (High motion)", "🎞️", Asks.NOTHING),
        ("animate:low", "Animate (Low motion)", "🎞️", Asks.NOTHING),
        ("bookmark", "Favourite", "❤️", Asks.NOTHING),
    ]


async def test_acting_before_the_relay_has_seen_the_end_is_worth_another_try_soon(service, engine):
    service.on(ACTION, local_error("task_status_not_success"))

    with pytest.raises(Unavailable) as caught:
        await engine.act(TASK, Action(f"MJ::JOB::upsample::1::{H0}", "U1"), "r")

    assert caught.value.kind is Kind.NOT_READY
    assert caught.value.retry_after == 3.0


async def test_a_service_without_buttons_is_pressed_by_change(service, engine):
    service.on(fetch(TASK), novi_row(status="SUCCESS", progress="100%", imageUrl="https://cdn.example/a.png"))
    service.on(CHANGE, accepted("2"), accepted("3"), accepted("4"))

    done = (await engine.report([TASK]))[TASK]
    u2, v3, again = done.actions[1], done.actions[7], done.actions[4]
    for action in (u2, v3, again):
        await engine.act(TASK, action, "r")

    assert [each.name for each in done.actions] == [
        *(f"upscale:{i}" for i in range(1, 5)),
        "reroll",
        *(f"variation:{i}" for i in range(1, 5)),
    ]
    assert service.bodies(CHANGE) == [
        {"taskId": TASK, "action": "UPSCALE", "index": 2, "state": "r"},
        {"taskId": TASK, "action": "VARIATION", "index": 3, "state": "r"},
        {"taskId": TASK, "action": "REROLL", "index": 1, "state": "r"},
    ]


async def test_a_service_with_neither_buttons_nor_change_stops_offering_them(service, engine):
    service.on(fetch(TASK), novi_row(status="SUCCESS", imageUrl="https://cdn.example/a.png", buttons=[]))
    [u1, *_others] = (await engine.report([TASK]))[TASK].actions

    with pytest.raises(Unsupported):
        await engine.act(TASK, u1, "r")

    assert (await engine.report([TASK]))[TASK].actions == ()


@pytest.mark.parametrize("action", ["UPSCALE", "DESCRIBE", "SHORTEN", "SWAP_FACE", "", None])
async def test_no_buttons_are_made_up_for_pictures_that_change_does_not_take(service, engine, action):
    row = novi_row(action=action, status="SUCCESS", imageUrl="https://cdn.example/a.png")
    service.on(fetch(TASK), row)

    assert (await engine.report([TASK]))[TASK].actions == ()


async def test_v2_with_remix_on_opens_a_form_on_a_direct_proxy_and_through_a_relay(service, engine):
    action = Action(f"MJ::JOB::variation::2::{H0}", "V2", "variation:2")
    words, form = "Waiting for window confirm", "a red fox in the snow --v 6.1"
    service.on(
        ACTION,
        accepted("1754380902114880", 21, words, finalPrompt=form, remix=True),
        accepted("1754380902114881", 1, words, finalPrompt=form, remix=True),
    )
    service.on(MODAL, accepted("1754380902114880"))

    direct = await engine.act(TASK, action, "r")
    relayed = await engine.act(TASK, action, "r")
    confirmed = await engine.confirm(direct.task, "a red fox in the snow at night --v 6.1")

    assert (direct.task, direct.form) == ("1754380902114880", form)
    assert (relayed.task, relayed.form) == ("1754380902114881", form)
    assert confirmed.task == direct.task
    assert service.bodies(MODAL) == [
        {"taskId": "1754380902114880", "prompt": "a red fox in the snow at night --v 6.1"}
    ]


async def test_a_form_that_only_the_status_tells_of_is_reported_with_its_text(service, engine):
    row = relay_row("7", action="VARIATION", status="MODAL", buttons=[], properties={"finalPrompt": "a fox"})
    service.on(fetch("7"), row)
    service.on(LIST, [row])

    seen = (await engine.report(["7"]))["7"]

    assert (seen.stage, seen.prompt, seen.actions) == (Stage.FORM, "a fox", ())


async def test_once_remix_is_known_variations_ask_for_words_before_they_are_paid_for(service, engine):
    service.on(ACTION, accepted("8", 21, "窗口等待", finalPrompt="a fox", remix=True), accepted("9"))
    service.on(fetch(TASK), relay_row(status="SUCCESS", buttons=grid_buttons()))
    variation = Action(f"MJ::JOB::variation::2::{H0}", "V2", "variation:2")

    before = (await engine.report([TASK]))[TASK].actions
    await engine.act(TASK, variation, "r")
    with_remix = (await engine.report([TASK]))[TASK].actions
    await engine.act(TASK, variation, "r")
    after = (await engine.report([TASK]))[TASK].actions

    assert {each.asks for each in before} == {Asks.NOTHING}
    assert [each.asks for each in with_remix] == [Asks.NOTHING] * 4 + [Asks.PROMPT] * 5
    assert after == before


async def test_custom_zoom_through_its_form_with_the_relays_two_rows(service, engine):
    task = "1754381000222901"
    action = Action(f"MJ::CustomZoom::{H1}", "Custom Zoom", "zoom:custom", asks=Asks.ZOOM)
    service.on(
        ACTION,
        accepted(task, 21, "Waiting for window confirm", finalPrompt="a red fox --v 6.1", remix=True),
    )
    service.on(MODAL, accepted(task))
    stale = relay_row(task, action="CUSTOM_ZOOM", status="MODAL", description="Waiting for window confirm")
    live = relay_row(task, action="MODAL", status="IN_PROGRESS", progress="46%")
    done = relay_row(task, action="CUSTOM_ZOOM", status="SUCCESS", progress="100%", buttons=grid_buttons())
    service.on(fetch(task), stale, stale, done)
    service.on(LIST, [stale], [stale, live])

    taken = await engine.act("1754380871345207", action, "r")
    waiting = (await engine.report([task]))[task]
    await engine.confirm(task, "a red fox --v 6.1 --zoom 1.5")
    running = (await engine.report([task]))[task]
    ended = (await engine.report([task]))[task]

    assert taken.form == "a red fox --v 6.1 --zoom 1.5"
    assert waiting.stage is Stage.FORM
    assert (running.stage, running.percent) == (Stage.RUNNING, 46)
    assert ended.stage is Stage.DONE
    assert service.count(MODAL) == 1


async def test_custom_zoom_opens_a_form_whatever_the_relay_made_of_the_answer(service, engine):
    service.on(ACTION, accepted("5"))
    action = Action(f"MJ::CustomZoom::1::{H1}", "Custom Zoom", "zoom:custom", asks=Asks.ZOOM)

    assert (await engine.act(TASK, action, "r")).form == ""


async def test_vary_region_sends_a_png_mask(service, engine, png):
    task = "1754381100777345"
    custom = f"MJ::Inpaint::1::{H1}::SOLO"
    service.on(
        ACTION,
        accepted(task, 21, "Waiting for window confirm", finalPrompt="", remix=True),
    )
    service.on(MODAL, accepted(task))

    taken = await engine.act(TASK, Action(custom, "Vary (Region)", "vary:region", asks=Asks.MASK), "r")
    await engine.confirm(taken.task, "a small wooden hut --v 6.1", png(64, 64, "white", mode="L"))

    assert taken.form == ""
    [sent] = service.bodies(MODAL)
    assert sent["taskId"] == task
    assert sent["maskBase64"].startswith("data:image/png;base64,iVBORw0KGgo")


async def test_describe_gives_words_and_buttons_that_ask_for_them(service, engine, png):
    task = "1754381200101555"
    words = "1️⃣ a red fox standing in deep snow --ar 1:1\n\n2️⃣ winter wildlife photo --ar 1:1"
    buttons = [
        *(button(f"MJ::Job::PicReader::{i}", emoji=f"{i}️⃣") for i in range(1, 5)),
        button("MJ::Picread::Retry", emoji="🔄"),
        button("MJ::Job::PicReader::all", "Imagine all", "🎉"),
    ]
    service.on("POST /mj/submit/describe", accepted(task))
    service.on(
        fetch(task),
        novi_row(
            task,
            action="DESCRIBE",
            status="SUCCESS",
            progress="100%",
            promptEn=words,
            imageUrl="https://cdn.discordapp.com/ephemeral-attachments/1/2.png?ex=1",
            buttons=buttons,
            properties={"finalPrompt": words},
        ),
    )
    service.on(
        ACTION,
        accepted("6", 21, "Waiting for window confirm", finalPrompt="2️⃣ winter wildlife photo", remix=True),
    )

    taken = await engine.submit(Order("", verb="describe"), [png(8, 8)], "r")
    done = (await engine.report([taken.task]))[taken.task]
    second = await engine.act(task, done.actions[1], "r")

    [sent] = service.bodies("POST /mj/submit/describe")
    assert sent["base64"].startswith("data:image/png;base64,")
    assert done.text == words
    assert done.images == ()
    assert [each.name for each in done.actions] == [
        "pick:1",
        "pick:2",
        "pick:3",
        "pick:4",
        "describe",
        "pick:all",
    ]
    assert [each.label for each in done.actions] == ["1", "2", "3", "4", "Describe again", "Imagine all"]
    assert [each.asks for each in done.actions] == [Asks.PROMPT] * 4 + [Asks.NOTHING] * 2
    assert second.form == "winter wildlife photo"


async def test_imagine_all_starts_four_tasks_and_names_them_all(service, engine):
    service.on(ACTION, accepted("11,12, 13,14"))

    taken = await engine.act(TASK, Action("MJ::Job::PicReader::all", "Imagine all", "pick:all"), "r")

    assert (taken.task, taken.others, taken.form) == ("11", ("12", "13", "14"), None)


async def test_a_kind_of_button_that_the_relay_refuses_is_not_offered_again(service, engine):
    custom = "MJ::Job::PicReader::2"
    buttons = [button(f"MJ::Job::PicReader::{i}", emoji=f"{i}️⃣") for i in range(1, 5)]
    service.on(ACTION, openai_error(f"Invalid request, unknown_action:{custom}", 400))
    service.on(
        fetch(TASK),
        relay_row(action="DESCRIBE", status="SUCCESS", buttons=[*buttons, *grid_buttons()]),
    )
    before = (await engine.report([TASK]))[TASK].actions

    with pytest.raises(Unsupported) as caught:
        await engine.act(TASK, before[1], "r")
    after = (await engine.report([TASK]))[TASK].actions

    assert caught.value.request == "2025080516000012345678"
    assert "request id" not in caught.value.reason
    assert [each.id for each in after] == [each["customId"] for each in grid_buttons()]


@pytest.mark.parametrize(
    "custom", [f"MJ::BOOKMARK::{H1}", f"MJ::JOB::pan_left::1::{H1}::SOLO", "PromptAnalyzerExtended"]
)
async def test_each_refused_kind_is_left_out_and_the_others_stay(service, engine, custom):
    service.on(ACTION, Reply({"code": 4, "description": "未知的 Action 类型", "result": None}))
    service.on(fetch(TASK), relay_row(status="SUCCESS", buttons=[button(custom), *single_buttons()[:5]]))
    action = (await engine.report([TASK]))[TASK].actions[0]

    with pytest.raises(Unsupported):
        await engine.act(TASK, action, "r")

    left = (await engine.report([TASK]))[TASK].actions
    assert [each.id for each in left] == [each["customId"] for each in single_buttons()[:5]]


async def test_an_id_that_makes_the_relay_panic_is_unsupported(service, engine):
    service.on(ACTION, openai_error("Panic detected, error: runtime error", 500, "new_api_panic"))

    with pytest.raises(Unsupported):
        await engine.act(TASK, Action("PromptAnalyzerExtended", "Show Details"), "r")


async def test_a_bookmark_is_done_at_once(service, engine):
    service.on(ACTION, accepted(TASK))

    taken = await engine.act(TASK, Action(f"MJ::BOOKMARK::{H1}", "❤️", "bookmark"), "r")

    assert taken.task == TASK
    assert taken.progress is not None
    assert taken.progress.stage is Stage.DONE


async def test_shorten_gives_words_and_no_picture(service, engine):
    task = "1754381300404666"
    words = "## Important tokens\n**red fox**\n\n## Shortened prompts\n1️⃣ red fox"
    buttons = [button(f"MJ::Job::PromptAnalyzer::{i}", emoji=f"{i}️⃣") for i in range(1, 6)]
    service.on("POST /mj/submit/shorten", accepted(task))
    properties = {"finalPrompt": words, "finalZhPrompt": ""}
    service.on(
        fetch(task),
        relay_row(task, action="SHORTEN", status="SUCCESS", buttons=buttons, properties=properties),
    )

    taken = await engine.submit(Order("a very beautiful red fox", verb="shorten"), [], "r")
    done = (await engine.report([taken.task]))[task]

    assert (done.stage, done.images, done.text) == (Stage.DONE, (), words)
    assert [each.name for each in done.actions] == [f"short:{i}" for i in range(1, 6)]


async def test_blend_sends_its_pictures_as_data_urls(service, engine, png):
    service.on("POST /mj/submit/blend", accepted("1754381400808777"))
    order = Order("", verb="blend", options={"dimensions": "LANDSCAPE"})

    await engine.submit(order, [png(8, 8), png(9, 9)], "r")

    [sent] = service.bodies("POST /mj/submit/blend")
    assert sent["dimensions"] == "LANDSCAPE"
    assert len(sent["base64Array"]) == 2
    with pytest.raises(Refused):
        await engine.submit(order, [png(8, 8)], "r")


async def test_a_face_swap_has_a_picture_and_no_buttons(service, engine, png):
    service.on("POST /mj/insight-face/swap", accepted("1754381500909888"))
    service.on(
        fetch("1754381500909888"),
        relay_row(
            "1754381500909888",
            action="SWAP_FACE",
            status="SUCCESS",
            imageUrl="https://relay.example/mj/image/1",
            buttons=[],
        ),
    )

    taken = await engine.submit(Order("", verb="swap"), [png(8, 8), png(9, 9)], "r")
    done = (await engine.report([taken.task]))[taken.task]

    [sent] = service.bodies("POST /mj/insight-face/swap")
    assert set(sent) == {"sourceBase64", "targetBase64", "state"}
    assert (done.images, done.actions) == (("https://relay.example/mj/image/1",), ())


async def test_a_banned_word_is_named_when_the_submit_is_refused(service, engine):
    said = {"promptEn": "nude body", "bannedWord": "nude"}
    service.on(IMAGINE, {"code": 24, "description": "可能包含敏感词", "result": None, "properties": said})

    with pytest.raises(Refused) as caught:
        await engine.submit(Order("nude body"), [], "r")

    assert (caught.value.kind, caught.value.detail) == (Kind.CONTENT, "nude")


async def test_a_picture_that_is_there_already_is_given_at_once(service, engine):
    service.on(
        IMAGINE,
        accepted(TASK, 21, "任务已存在", status="SUCCESS", imageUrl="https://cdn.example/a.png"),
    )

    taken = await engine.submit(Order(FOX), [], "r")

    assert taken.form is None
    assert taken.progress is not None
    assert (taken.progress.stage, taken.progress.images) == (Stage.DONE, ("https://cdn.example/a.png",))


@pytest.mark.parametrize("result", [TASK, int(TASK), [TASK], [int(TASK)]])
async def test_a_result_may_be_text_a_number_or_a_list(service, engine, result):
    service.on(IMAGINE, {"code": 1, "description": "success", "result": result})

    assert (await engine.submit(Order(FOX), [], "r")).task == TASK


@pytest.mark.parametrize("task", ["0741798445574458", "task_a1b2", "17543808001234"])
async def test_ids_are_never_taken_apart(service, engine, task):
    service.on(IMAGINE, {"result": task})
    service.on(fetch(task), relay_row(task, status="IN_PROGRESS", progress="15%"))

    taken = await engine.submit(Order(FOX), [], "r")

    assert taken.task == task
    assert (await engine.report([task]))[task].percent == 15


@pytest.mark.parametrize("text", ["", "a fox"])
async def test_niji_is_named_and_midjourney_is_not(service, engine, text):
    service.on(IMAGINE, accepted("1"))

    await engine.submit(Order(FOX, options={"botType": "NIJI_JOURNEY"}), [], "")
    await engine.submit(Order(FOX, options={"botType": "MID_JOURNEY"}), [], "")

    assert [each.get("botType") for each in service.bodies(IMAGINE)] == ["NIJI_JOURNEY", None]


async def test_what_midjourney_is_not_asked_for_is_unsupported(service, engine):
    with pytest.raises(Unsupported):
        await engine.submit(Order("a song", verb="sing"), [], "r")

    assert service.asked == []


async def test_cancel_in_every_dialect(service, make):
    path = f"POST /mj/task/{TASK}/cancel"
    service.on(path, Reply({"code": 1, "description": "成功"}))
    assert await make().cancel(TASK) is True
    service.on(path, Reply(b""))
    assert await make().cancel(TASK) is True
    service.on(path, Reply("演示模式，禁止操作", 400))
    assert await make().cancel(TASK) is False
    service.on(path, Reply({"code": 3, "description": "目标任务不存在"}))
    assert await make().cancel(TASK) is False
    service.on(path, Reply("<html>bad gateway</html>", 502))
    with pytest.raises(Unavailable):
        await make().cancel(TASK)


async def test_a_relay_without_cancel_is_asked_once(service, engine):
    assert await engine.cancel(TASK) is False
    assert await engine.cancel(TASK) is False

    assert service.count(f"POST /mj/task/{TASK}/cancel") == 1


async def test_a_speed_is_a_path_and_follow_ups_go_the_same_way(service, make):
    engine = make(mode="relax")
    action = Action(f"MJ::JOB::variation::1::{H0}", "V1", "variation:1")
    service.on("POST /mj-turbo/mj/submit/imagine", accepted("1"))
    service.on("POST /mj-relax/mj/submit/imagine", accepted("2"))
    service.on("POST /mj-turbo/mj/submit/action", accepted("3", 21, finalPrompt="a"))
    service.on("POST /mj-turbo/mj/submit/modal", accepted("3"))
    for speed in ("turbo", "relax"):
        service.on(f"POST /mj-{speed}/mj/task/list-by-condition", [])
        for task in ("1", "2", "3"):
            service.on(f"GET /mj-{speed}/mj/task/{task}/fetch", relay_row(task, status="SUBMITTED"))

    await engine.submit(Order(FOX, mode=Mode.TURBO), [], "r")
    await engine.submit(Order(FOX), [], "r")
    await engine.act("1", action, "r", Mode.TURBO)
    await engine.confirm("3", "a fox")
    for task in ("1", "2"):
        await engine.report([task])

    assert [each.path for each in service.asked] == [
        "/mj-turbo/mj/submit/imagine",
        "/mj-relax/mj/submit/imagine",
        "/mj-turbo/mj/submit/action",
        "/mj-turbo/mj/submit/modal",
        "/mj-turbo/mj/task/1/fetch",
        "/mj-relax/mj/task/2/fetch",
    ]


async def test_a_gateways_own_spelling_of_speeds(service, make):
    service.on("POST /fast/mj/submit/imagine", accepted("1"))

    taken = await make(mode="fast", mode_path="/{mode}").submit(Order(FOX), [], "r")

    assert taken.task == "1"


@pytest.mark.parametrize(
    "refusal",
    [
        Reply({"timestamp": "2025", "status": 404, "error": "Not Found", "path": "/mj-fast"}, 404),
        Reply({"description": "无效的加速模式", "type": "one_hub_error", "code": 4}, 400),
        Reply("<html><body>404</body></html>", 404),
    ],
)
async def test_where_no_path_says_the_speed_the_prompt_does(service, make, refusal):
    engine = make(mode="fast")
    service.on("POST /mj-fast/mj/submit/imagine", refusal)
    service.on(IMAGINE, accepted("1"))

    await engine.submit(Order("a fox"), [], "r")
    await engine.submit(Order("a fox --relax"), [], "r")

    assert service.count("POST /mj-fast/mj/submit/imagine") == 1
    assert [each["prompt"] for each in service.bodies(IMAGINE)] == ["a fox --fast", "a fox --relax"]


@pytest.mark.parametrize(
    "address",
    [
        "{}",
        "{}/",
        "{}/v1",
        "{}/v1/",
        "{}/v1/chat/completions",
        "{}/mj",
        "{}/mj/submit/imagine",
        "{}/mj-fast/mj",
    ],
)
async def test_the_address_may_be_pasted_in_many_ways(service, make, address):
    service.on(IMAGINE, accepted("1"))

    assert (await make(address.format(service.url)).submit(Order(FOX), [], "r")).task == "1"


async def test_a_prefix_of_the_address_stays(service, make):
    service.on("POST /api/mj/submit/imagine", accepted("1"))

    assert (await make(f"{service.url}/api/v1").submit(Order(FOX), [], "r")).task == "1"


@pytest.mark.parametrize(
    ("style", "authorization", "secret"),
    [
        ("both", f"Bearer {KEY}", KEY),
        ("bearer", f"Bearer {KEY}", None),
        ("raw", KEY, None),
        ("mj-api-secret", None, KEY),
    ],
)
async def test_the_key_goes_where_the_service_reads_it(service, make, style, authorization, secret):
    service.on(IMAGINE, accepted("1"))

    await make(auth=style, key=f" Bearer {KEY}\n").submit(Order(FOX), [], "r")

    assert service.asked[0].headers.get("authorization") == authorization
    assert service.asked[0].headers.get("mj-api-secret") == secret


async def test_without_a_key_no_header_is_sent(service, make):
    service.on(IMAGINE, accepted("1"))

    await make(key="").submit(Order(FOX), [], "r")

    assert "authorization" not in service.asked[0].headers
    assert "mj-api-secret" not in service.asked[0].headers


async def test_a_service_that_trips_over_bearer_is_asked_without_it(service, engine):
    service.on(IMAGINE, Reply("Authorization header missing.", 401), accepted("1"), accepted("2"))

    await engine.submit(Order(FOX), [], "r")
    await engine.submit(Order(FOX), [], "r")

    assert [("authorization" in each.headers) for each in service.asked] == [True, False, False]


@pytest.mark.parametrize(
    ("pasted", "root"),
    [
        ("http://mj", "http://mj"),
        ("http://mj/mj", "http://mj"),
        ("http://mj:8080/mj/", "http://mj:8080"),
        ("https://mj-proxy.example/v1", "https://mj-proxy.example"),
        ("https://h.example/fast/mj", "https://h.example"),
        ("https://h.example/api/mj-relax/mj/submit/imagine", "https://h.example/api"),
        ("h.example/mjx", "https://h.example/mjx"),
    ],
)
async def test_the_apis_own_part_of_an_address_is_left_away(client, pasted, root):
    assert Wire(client, pasted, "", "both", "").root == root


async def test_an_edit_sends_words_and_one_picture(service, engine, png):
    service.on("POST /mj/submit/edits", accepted("1754381500909999"))

    await engine.submit(Order("make it winter", verb="edit"), [png(8, 8)], "r")

    [sent] = service.bodies("POST /mj/submit/edits")
    assert sent["prompt"] == "make it winter"
    assert sent["image"].startswith("data:image/png;base64,")


async def test_a_clip_goes_from_one_picture_to_another(service, engine, png):
    service.on("POST /mj/submit/video", accepted("1754381500909999"))
    order = Order("it snows", verb="video", options={"motion": "high"})

    await engine.submit(order, [png(8, 8), png(9, 9)], "r")

    [sent] = service.bodies("POST /mj/submit/video")
    assert (sent["prompt"], sent["motion"]) == ("it snows", "high")
    assert sent["image"].startswith("data:image/png;base64,")
    assert sent["endImage"] != sent["image"]


@pytest.mark.parametrize(
    "reply",
    [
        {"code": 1, "description": "成功", "properties": None, "result": "636646138"},  # relay
        {"code": 1, "description": "成功", "result": "636646138", "properties": {}},  # direct
        {"code": 1, "description": "成功", "result": 636646138},
    ],
)
async def test_the_seed_of_a_picture(service, engine, reply):
    service.on(f"GET /mj/task/{TASK}/image-seed", reply)

    assert await engine.seed(TASK) == "636646138"


@pytest.mark.parametrize(
    "reply",
    [
        local_error("do_request_failed", 5),  # the bot was slower than 30 s
        {
            "code": 4,
            "description": "关联任务状态错误",
            "result": None,
            "properties": {},
        },  # trueai: no hash yet
        {"code": 3, "description": "未找到 seed"},
        {"code": 1, "description": "成功", "result": "0"},
        Reply(b""),
    ],
)
async def test_a_seed_that_is_not_told_now_may_be_told_later(service, engine, reply):
    service.on(f"GET /mj/task/{TASK}/image-seed", reply)

    with pytest.raises(Unavailable):
        await engine.seed(TASK)


async def test_a_service_without_seeds_says_so(service, engine):
    reply = openai_error(f"Invalid URL (GET /mj/task/{TASK}/image-seed)", 404)
    service.on(f"GET /mj/task/{TASK}/image-seed", reply)

    with pytest.raises(Unsupported):
        await engine.seed(TASK)


async def test_what_turns_out_to_be_missing_is_not_offered_any_more(service, engine, png):
    assert await engine.offered("edit")
    with pytest.raises(Unsupported):  # a relay that does not route it: 404, Invalid URL
        await engine.submit(Order("make it winter", verb="edit"), [png(8, 8)], "r")

    assert not await engine.offered("edit")
    assert await engine.offered("blend")
    assert await engine.offered()
    assert not await engine.offered("music")


async def test_a_refused_button_stays_where_another_way_leads_to_the_same(service, engine):
    animate = button("MJ::JOB::animate_high::1::" + H0 + "::SOLO", "Animate", "🎞️")
    bookmark = button("MJ::BOOKMARK::" + H0, "", "❤️")
    service.on(fetch(TASK), relay_row(status="SUCCESS", progress="100%", buttons=[animate, bookmark]))
    for custom in (animate["customId"], bookmark["customId"]):
        service.on(ACTION, openai_error(f"Invalid request, unknown_action:{custom}", 400))
        with pytest.raises(Unsupported):
            await engine.act(TASK, Action(custom, "x"), "r")

    report = (await engine.report([TASK]))[TASK]
    assert [each.name for each in report.actions] == ["animate:high"]
