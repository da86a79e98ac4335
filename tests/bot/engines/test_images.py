"""The Images API over a real socket: what is sent, what is kept, and what is never sent twice."""

import asyncio
import base64
import hashlib
import io
import json
import re
from email.parser import BytesParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.engines.images import Images
from bot.engines.images.fields import family_of, plan_of, size_of
from bot.engines.images.wire import made_of
from bot.errors import Kind, Refused, Unsupported, UserError
from bot.jobs import Action, Asks, Order, Stage
from tests.bot.engines.ending import ended
from tests.bot.engines.service import Reply, openai_error
from tests.fakes import MemoryFiles

PATH = "POST /v1/images/generations"
EDITS = "POST /v1/images/edits"
LIST = "GET /v1/models"
MODELS = {"object": "list", "data": [{"id": "gpt-4o"}, {"id": "dall-e-3"}, {"id": "gpt-image-1"}]}
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
KEPT = f"kept:{hashlib.sha256(PNG).hexdigest()}"
B64 = base64.b64encode(PNG).decode()
PICTURE = {"created": 1744363901, "data": [{"b64_json": B64}]}


@pytest.fixture
def files():
    return MemoryFiles()


@pytest.fixture
async def engine(service, client, files):
    waits = []

    async def sleep(seconds):
        waits.append(seconds)

    engine = Images(client, service.url, "sk-test", files=files, pause=0.001, sleep=sleep)
    engine.waits = waits
    service.on(LIST, MODELS)
    yield engine
    await engine.close()


def order(prompt="a red fox", model="", images=(), **options):
    return Order(prompt, images, options={**options, **({"model": model} if model else {})})


async def painted(engine, asked, images=()):
    return await ended(engine, (await engine.submit(asked, images, "ref")).task)


def sent(service, call=PATH):
    return service.bodies(call)[-1]


def form(service) -> list[tuple[str, str, bytes]]:
    """The parts of the last form: name, type, content."""
    asked = next(each for each in reversed(service.asked) if each.path == "/v1/images/edits")
    head = f"content-type: {asked.headers['content-type']}\r\n\r\n".encode()
    message = BytesParser().parsebytes(head + asked.body)
    return [
        (
            re.search(r'name="([^"]+)"', part["content-disposition"])[1],
            part.get_content_type(),
            part.get_payload(decode=True),
        )
        for part in message.get_payload()
    ]


def error(status, code, message, param=None, kind="invalid_request_error"):
    return Reply({"error": {"message": message, "type": kind, "param": param, "code": code}}, status)


# --- what is sent ---------------------------------------------------------------------------


async def test_the_first_picture_model_of_the_list_paints_and_the_bytes_are_kept(service, engine, files):
    service.on(PATH, PICTURE)
    seen = await painted(engine, order())

    assert (seen.stage, seen.images) == (Stage.DONE, (KEPT,))
    assert files.stored[KEPT.removeprefix("kept:")] == PNG
    assert await engine.fetch(KEPT) == PNG
    assert sent(service) == {"model": "dall-e-3", "prompt": "a red fox", "response_format": "b64_json"}
    asked = service.asked[-1]
    assert asked.headers["authorization"] == "Bearer sk-test"
    assert asked.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("model", "prompt", "fields"),
    [
        ("dall-e-3", "a fox --ar 16:9", {"size": "1792x1024", "response_format": "b64_json"}),
        (
            "dall-e-3",
            "a fox --ar 2:3 --quality high --n 4 --style vivid",
            {"size": "1024x1792", "quality": "hd", "style": "vivid", "response_format": "b64_json"},
        ),
        ("dall-e-2", "a fox --ar 16:9", {"size": "1024x1024", "response_format": "b64_json"}),
        ("gpt-image-1", "a fox", {}),
        ("gpt-image-1", "a fox --ar 16:9 --quality hd", {"size": "1536x1024", "quality": "high"}),
        ("gpt-image-1", "a fox --n 2", {"n": 2}),
        ("openai/gpt-image-1-mini", "a fox --background transparent", {"background": "transparent"}),
        ("gpt-image-2", "a fox --ar 16:9", {"size": "1360x768"}),
        ("flux-pro-1.1", "a fox --ar 4:3", {"size": "1440x1024"}),
        ("flux", "a fox --ar 1:1 --n 9", {"size": "1440x1440", "n": 4}),
        ("seedream-3", "a fox --size 800×600", {"size": "800x600"}),
        ("gpt-image-1", "a fox --v 6.1 --s 250 --q 2 --chaos 10", {}),
    ],
)
async def test_flags_become_what_the_model_has(service, engine, model, prompt, fields):
    service.on(PATH, PICTURE)
    await painted(engine, order(prompt, model))

    assert sent(service) == {"model": model, "prompt": "a fox", **fields}


async def test_options_of_the_order_count_where_no_flag_says_otherwise(service, engine):
    service.on(PATH, PICTURE)
    await painted(engine, order("a fox --quality low", "gpt-image-1", quality="high", size="1024x1536"))

    assert sent(service) == {
        "model": "gpt-image-1",
        "prompt": "a fox",
        "quality": "low",
        "size": "1024x1536",
    }


def test_what_is_not_wanted_is_said_in_words():
    assert plan_of(Order("a street. --no cars, people"), "flux").prompt == "a street. Without cars, people."


@given(st.integers(1, 400), st.integers(1, 400), st.sampled_from(["dall-e-3", "gpt-image-1", "flux", "x"]))
def test_every_ratio_has_a_size_of_the_family(wide, high, model):
    family = family_of(model)
    size = tuple(map(int, size_of("", f"{wide}:{high}", family).split("x")))

    assert size in family.sizes
    assert (wide - high) * (size[0] - size[1]) >= 0


@given(st.integers(1, 400), st.integers(1, 400))
def test_free_sizes_keep_to_their_rules(wide, high):
    width, height = map(int, size_of("", f"{wide}:{high}", family_of("gpt-image-2")).split("x"))

    assert width % 16 == height % 16 == 0
    assert 1 / 3 <= width / height <= 3
    assert 0.9 < width * height / 1024**2 < 1.1


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_size_and_ratio_is_survived(size, ratio):
    assert re.fullmatch(r"(\d+x\d+)?", size_of(size, ratio, family_of("dall-e-3")), re.ASCII)


# --- what comes -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "pictures", "prompt"),
    [
        (
            '{"created":1744363900,"data":[{"url":"https://img.example/private/a1.png?se=2025-04-11T10%3A31%3A'
            '40Z&sig=Zx%3D","revised_prompt":"A watercolor cat sitting on a windowsill, soft light."}]}',
            ["https://img.example/private/a1.png?se=2025-04-11T10%3A31%3A40Z&sig=Zx%3D"],
            "A watercolor cat sitting on a windowsill, soft light.",
        ),
        (
            json.dumps(
                {
                    "created": 1744363901,
                    "background": "opaque",
                    "output_format": "png",
                    "quality": "medium",
                    "size": "1024x1024",
                    "data": [{"b64_json": B64}],
                    "usage": {"input_tokens": 50, "output_tokens": 1056, "total_tokens": 1106},
                }
            ),
            [PNG],
            "",
        ),
        ({"data": [{"url": "", "b64_json": B64, "revised_prompt": ""}]}, [PNG], ""),
        ({"data": [{"url": f"data:image/png;base64,{B64}"}]}, [PNG], ""),
        ({"data": [{"b64_json": f"data:image/png;base64,{B64}"}]}, [PNG], ""),
        ({"data": {"url": "https://x.example/1"}}, ["https://x.example/1"], ""),
        ({"data": ["https://x.example/1", "https://x.example/1"]}, ["https://x.example/1"], ""),
        ({"images": [{"url": "https://x.example/1"}]}, ["https://x.example/1"], ""),
        ({"type": "image_generation.completed", "b64_json": B64, "size": "1x1"}, [PNG], ""),
        ({"type": "image_generation.partial_image", "b64_json": B64}, [], ""),
    ],
)
def test_pictures_in_every_shape_of_answer(answer, pictures, prompt):
    made = made_of(json.loads(answer) if isinstance(answer, str) else answer)

    assert [each.url or each.data for each in made.pictures] == pictures
    assert made.prompt == prompt


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["data", "url", "b64_json"]), inner),
    )
)
def test_any_answer_is_survived(answer):
    made_of(answer)


async def test_a_link_is_followed_at_once_without_the_key(service, engine):
    service.on(PATH, {"data": [{"url": f"{service.url}/a.png", "revised_prompt": "A fox, red."}]})
    service.on("GET /a.png", Reply(PNG, 503), Reply(PNG))
    seen = await painted(engine, order())

    assert (seen.images, seen.prompt) == ((KEPT,), "A fox, red.")
    assert service.count("GET /a.png") == 2
    assert "authorization" not in service.asked[-1].headers


async def test_a_link_that_cannot_be_followed_yet_is_not_lost(service, engine):
    link = f"{service.url}/a.png"
    service.on(PATH, {"data": [{"url": link}]})
    seen = await painted(engine, order())

    assert (seen.stage, seen.images) == (Stage.DONE, (link,))
    service.on("GET /a.png", Reply(PNG))
    assert await engine.fetch(link) == PNG


async def test_a_link_into_a_private_network_is_not_followed(service, engine):
    service.on(PATH, {"data": [{"url": "http://127.0.0.2:1/a.png"}]})
    await painted(engine, order())

    with pytest.raises(Refused) as caught:
        await engine.fetch("http://127.0.0.2:1/a.png")
    assert caught.value.kind is Kind.FORBIDDEN


# --- refusals -------------------------------------------------------------------------------


async def test_a_parameter_that_is_not_taken_is_dropped_once_and_remembered(service, engine):
    refusal = error(400, "unknown_parameter", "Unknown parameter: 'quality'.", "quality")
    service.on(PATH, refusal, PICTURE)
    asked = order("a fox --quality high", "gpt-image-1")

    assert (await painted(engine, asked)).stage is Stage.DONE
    assert (await painted(engine, asked)).stage is Stage.DONE
    assert [("quality" in body) for body in service.bodies(PATH)] == [True, False, False]


async def test_a_refused_size_is_chosen_from_those_that_are_named(service, engine):
    said = "size must be one of 256x256, 512x512, or 1024x1024, dall-e-3 1024x1792 or 1792x1024"
    service.on(PATH, error(400, "invalid_image_request", said, "", "new_api_error"), PICTURE)
    asked = order("a fox --ar 16:9", "flux")

    assert (await painted(engine, asked)).stage is Stage.DONE
    await painted(engine, asked)
    assert [body["size"] for body in service.bodies(PATH)] == ["1024x512", "1792x1024", "1792x1024"]


async def test_a_size_that_is_refused_without_another_is_left_to_the_model(service, engine):
    service.on(PATH, error(400, "size_not_supported", "size not supported for this image model"), PICTURE)

    assert (await painted(engine, order("a fox --ar 16:9", "flux"))).stage is Stage.DONE
    assert "size" not in sent(service)


@pytest.mark.parametrize(
    ("reply", "kind", "again"),
    [
        (error(400, "content_policy_violation", "Rejected by the safety system."), Kind.CONTENT, False),
        (error(400, "moderation_blocked", "Rejected."), Kind.CONTENT, False),
        (error(400, "invalid_image_request", "prompt is required", "", "new_api_error"), Kind.REQUEST, True),
        (openai_error("image pre-consumed quota failed, user quota: ＄0.01", 403), Kind.QUOTA, True),
        (openai_error("无效的令牌", 401), Kind.KEY, True),
        (error(501, "api_not_implemented", "API not implemented", "", "new_api_error"), Kind.SETUP, False),
        (Reply("<html><title>504 Gateway Time-out</title></html>", 504), Kind.OUTCOME, True),
        (Reply("<html><title>524: A timeout occurred</title></html>", 524), Kind.OUTCOME, True),
        (Reply(b"", fault="reset"), Kind.OUTCOME, True),
        (Reply({"created": 1, "data": []}), Kind.EMPTY, True),
        (error(200, "moderation_blocked", "Your prompt is not allowed."), Kind.CONTENT, False),
        (Reply({"data": [{"b64_json": "bm8gcGljdHVyZSBhdCBhbGw="}]}), Kind.EMPTY, True),
    ],
)
async def test_refusals_and_lost_answers_are_told_and_nothing_is_sent_twice(
    service, engine, reply, kind, again
):
    service.on(PATH, reply)
    seen = await painted(engine, order())

    assert seen.stage is Stage.FAILED
    assert (seen.failure.kind, seen.failure.again) == (kind, again)
    assert service.count(PATH) == 1


async def test_a_busy_gateway_has_done_nothing_and_is_asked_again(service, engine):
    busy = Reply(
        {"error": {"message": "当前分组上游负载已饱和，请稍后再试", "code": "rate_limit_exceeded"}}, 429
    )
    service.on(PATH, busy, PICTURE)

    assert (await painted(engine, order())).stage is Stage.DONE
    assert len(engine.waits) == 1


# --- what can be done next ------------------------------------------------------------------


async def test_again_is_offered_on_every_picture(service, engine):
    service.on(PATH, PICTURE)
    seen = await painted(engine, order("a fox --ar 16:9"))
    (again,) = seen.actions
    taken = await engine.act("a-task-of-long-ago", again, "ref-2")

    assert (again.name, again.asks) == ("reroll", Asks.NOTHING)
    assert (await ended(engine, taken.task)).stage is Stage.DONE
    first, second = service.bodies(PATH)
    assert first == second


async def test_an_edit_sends_the_picture_with_new_words(service, engine):
    service.on(PATH, PICTURE)
    service.on(EDITS, PICTURE)
    seen = await painted(engine, order("a fox --n 2", "gpt-image-1"))
    edit = next(each for each in seen.actions if each.name == "edit:1")
    taken = await engine.act("t", edit, "ref-2", text="a blue fox")

    assert edit.asks is Asks.PROMPT
    assert (await ended(engine, taken.task)).stage is Stage.DONE
    assert form(service) == [
        ("model", "text/plain", b"gpt-image-1"),
        ("prompt", "text/plain", b"a blue fox"),
        ("image", "image/png", PNG),
    ]


async def test_a_region_is_painted_anew_where_the_mask_is_white(service, engine, files, png):
    picture = png(8, 4)
    service.on(PATH, {"data": [{"b64_json": base64.b64encode(picture).decode()}]})
    service.on(EDITS, PICTURE)
    mask = Image.new("L", (16, 8), 0)
    mask.paste(255, (8, 0, 16, 8))
    white = io.BytesIO()
    mask.save(white, "PNG")
    seen = await painted(engine, order("a fox", "gpt-image-1"))
    region = next(each for each in seen.actions if each.asks is Asks.MASK)

    taken = await engine.act("t", region, "ref-2")
    assert taken.form == "a fox"
    assert (await engine.report([taken.task]))[taken.task].stage is Stage.FORM
    assert (await engine.confirm(taken.task, "a wolf", white.getvalue())).task == taken.task
    assert (await ended(engine, taken.task)).stage is Stage.DONE

    parts = {name: content for name, _type, content in form(service)}
    alpha = Image.open(io.BytesIO(parts["mask"])).getchannel("A")
    assert (parts["prompt"], alpha.size) == (b"a wolf", (8, 4))
    assert (alpha.getpixel((0, 0)), alpha.getpixel((7, 0))) == (255, 0)
    with pytest.raises(Refused):
        await engine.confirm(taken.task, "once more", white.getvalue())


async def test_several_pictures_go_by_another_name(service, engine, png):
    service.on(EDITS, PICTURE)
    gif = png(3, 3, kind="GIF", mode="P", colour=1)
    await painted(engine, order("a fox", "gpt-image-1"), [PNG, gif])

    assert [(name, kind) for name, kind, _content in form(service)[2:]] == [
        ("image[]", "image/png"),
        ("image[]", "image/png"),
    ]


async def test_a_model_that_takes_no_pictures_is_not_sent_any(service, engine):
    with pytest.raises(UserError):
        engine.check(order("a fox", "dall-e-3", images=("digest",)))
    engine.check(order("a fox", "gpt-image-1", images=("digest",)))
    with pytest.raises(Unsupported):
        await engine.submit(order("a fox", "dall-e-3"), [PNG], "ref")

    assert service.count(EDITS) == 0


async def test_a_gateway_without_edits_offers_none_from_then_on(service, engine):
    service.on(PATH, PICTURE)
    missing = {"message": "API not implemented", "type": "new_api_error", "code": "api_not_implemented"}
    service.on(EDITS, Reply({"error": missing}, 501))
    asked = order("a fox", "gpt-image-1")
    edit = (await painted(engine, asked)).actions[1]
    failed = await ended(engine, (await engine.act("t", edit, "r", text="blue")).task)

    assert (failed.failure.kind, failed.failure.again) == (Kind.SETUP, False)
    assert [each.name for each in (await painted(engine, asked)).actions] == ["reroll"]


async def test_somebody_elses_action_is_not_carried_out(engine):
    for action in ("MJ::JOB::reroll::0::x", "again nonsense", "again {}"):
        with pytest.raises(Unsupported):
            await engine.act("t", Action(action, "x"), "ref")


# --- tasks ----------------------------------------------------------------------------------


async def test_a_task_of_an_earlier_process_has_failed_in_a_way_nobody_can_tell(
    service, client, files, engine
):
    service.on(PATH, PICTURE)
    task = (await engine.submit(order(), [], "ref")).task
    await ended(engine, task)
    later = Images(client, service.url, "sk-test", files=files)
    seen = (await later.report([task]))[task]

    assert (seen.stage, seen.failure.kind) == (Stage.FAILED, Kind.OUTCOME)
    with pytest.raises(Unsupported):
        await later.find("ref")
    assert await engine.find("ref") == task
    assert service.count(PATH) == 1


async def test_orders_wait_for_their_turn_and_say_how_many_are_before(service, client, files):
    service.on(LIST, MODELS)
    service.on(PATH, Reply(PICTURE, fault="late"))
    engine = Images(client, service.url, "sk-test", files=files, at_once=1)
    tasks = [(await engine.submit(order(), [], f"ref-{number}")).task for number in range(3)]
    await service.until(PATH)

    seen = await engine.report(tasks)
    assert [seen[task].queue for task in tasks] == [None, None, 1]
    assert service.count(PATH) == 1
    assert await engine.cancel(tasks[2]) is True
    assert (await engine.report(tasks))[tasks[2]].stage is Stage.CANCELLED
    service.wake()
    assert (await ended(engine, tasks[1])).stage is Stage.DONE
    assert service.count(PATH) == 2
    await engine.close()


async def test_cancelling_hangs_up_and_does_not_promise_more(service, engine):
    service.on(PATH, Reply(PICTURE, fault="late"))
    task = (await engine.submit(order(), [], "ref")).task
    await service.until(PATH)

    assert await engine.cancel(task) is False
    assert (await engine.report([task]))[task].stage is Stage.CANCELLED
    assert await engine.cancel(task) is False


async def test_closing_ends_what_is_under_way(service, engine):
    service.on(PATH, Reply(PICTURE, fault="late"))
    await engine.submit(order(), [], "ref")
    await service.until(PATH)
    async with asyncio.timeout(5):
        await engine.close()


async def test_the_models_decide_whether_there_is_such_a_service(service, engine):
    assert await engine.models() == ["dall-e-3", "gpt-image-1"]
    assert await engine.offered()
    (finding,) = await engine.probe()
    assert (finding.ok, "2 models" in finding.detail) == (True, True)


async def test_without_a_model_there_is_nothing_to_offer(service, engine):
    service.on(LIST, {"object": "list", "data": [{"id": "gpt-4o"}]})

    assert not await engine.offered()
    (finding,) = await engine.probe()
    assert not finding.ok
    with pytest.raises(Refused) as caught:
        await engine.submit(order(), [], "ref")
    assert caught.value.kind is Kind.MODEL


async def test_a_model_of_our_own_choice_goes_before_the_list(service, client, files):
    service.on(LIST, MODELS)
    service.on(PATH, PICTURE)
    engine = Images(client, service.url, "k", files=files, model="our-flux")
    await painted(engine, order())
    await painted(engine, order(model="dall-e-3"))

    assert [body["model"] for body in service.bodies(PATH)] == ["our-flux", "dall-e-3"]
    assert "our-flux" in (await engine.probe())[0].detail


# --- models that are spoken to in chat elsewhere --------------------------------------------

CHAT = "POST /v1/chat/completions"
NO_CHANNEL = openai_error("当前分组 default 下对于模型 flux 无可用渠道", 503)


def said(text):
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return {"choices": [choice]}


async def test_a_model_without_a_channel_here_is_spoken_to_in_chat_and_that_is_remembered(service, engine):
    link = f"{service.url}/cdn/77.webp"
    service.on(PATH, NO_CHANNEL)
    service.on(CHAT, said(f"> 生成中...✅\n\n![{link}]({link})"))
    service.on("GET /cdn/77.webp", Reply(PNG))
    first = await painted(engine, order("a fox --ar 16:9", "flux"))
    asked = service.count(PATH)
    again = await ended(engine, (await engine.act("t", first.actions[0], "ref-2")).task)

    assert (first.images, again.images) == ((KEPT,), (KEPT,))
    assert service.count(PATH) == asked
    assert [body["messages"][0]["content"] for body in service.bodies(CHAT)] == [
        "a fox\n\nSize: 1024x512."
    ] * 2


async def test_a_model_that_is_nowhere_is_told_as_such(service, engine):
    service.on(PATH, Reply({"error": {"message": "no such model", "code": "model_not_found"}}, 404))
    seen = await painted(engine, order("a fox", "dall-e-9"))

    assert seen.failure.kind is Kind.MODEL


async def test_what_was_perhaps_painted_is_not_painted_in_chat_as_well(service, engine):
    service.on(PATH, Reply("", 524))
    service.on(CHAT, said("never"))
    seen = await painted(engine, order("a fox", "flux"))

    assert seen.failure.kind is Kind.OUTCOME
    assert service.count(CHAT) == 0
