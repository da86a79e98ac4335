"""Luma: both pairs of addresses, objects and lists, links that come late, and refusals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engines.luma import Luma
from bot.engines.luma.generations import DIALECTS, report_of, row_in, task_in
from bot.errors import Kind, OutcomeUnknown, Refused, Unavailable, Unsupported
from bot.jobs import Asks, Order, Stage
from tests.bot.engines.service import KEY, Reply, openai_error

CREATE, V1 = "POST /luma/generations", "POST /luma/v1/generations"
ID = "66bcb5f6"
TASK, V1_TASK = f"luma/generations/{ID}", f"luma/v1/task?id={ID}"
KITTEN = Order("a kitten yawns", verb="video")
NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def make(service, client):
    def make(**settings) -> Luma:
        return Luma(client, service.url, KEY, **{"pause": 0.01, **settings})

    return make


@pytest.fixture
def luma(make):
    return make()


def generation(state: str = "pending", name: str = ID, **more) -> dict:
    return {
        "id": name,
        "prompt": "a kitten yawns",
        "state": state,
        "created_at": "2025-04-11T08:35:54.731114Z",
        "video": None,
        "liked": None,
        "estimate_wait_seconds": None,
        **more,
    }


VIDEO = {
    "url": "https://cdn.example/k.mp4",
    "width": 1360,
    "height": 752,
    "thumbnail": None,
    "download_url": "https://cdn.example/d/k.mp4",
}


@pytest.mark.parametrize("wrap", [lambda row: row, lambda row: [row]], ids=["object", "list"])
async def test_a_clip_from_its_order_to_its_file(service, luma, wrap):
    service.on(CREATE, wrap(generation()))
    service.on(
        f"GET /{TASK}",
        generation(),
        generation("processing", thumbnail={"url": "https://storage.example/t.jpg", "width": 1360}),
        generation("completed"),
        generation("completed", video=VIDEO),
    )

    accepted = await luma.submit(KITTEN, [], "ref")
    seen = [(await luma.report([accepted.task]))[accepted.task] for _ in range(4)]

    assert service.bodies(CREATE) == [
        {
            "user_prompt": "a kitten yawns",
            "aspect_ratio": "16:9",
            "expand_prompt": True,
            "loop": False,
            "image_url": "",
            "image_end_url": "",
        }
    ]
    assert accepted.task == TASK
    assert [each.stage for each in seen] == [Stage.RUNNING] * 3 + [Stage.DONE]
    assert seen[1].preview == "https://storage.example/t.jpg"
    assert seen[3].videos == ("https://cdn.example/d/k.mp4",)
    assert [(each.name, each.asks) for each in seen[3].actions] == [("extend", Asks.PROMPT)]


async def test_the_other_pair_of_addresses_is_learned(service, luma):
    service.on(V1, generation())
    service.on("GET /luma/v1/task", generation("completed", video=VIDEO))

    first = await luma.submit(KITTEN, [], "")
    await luma.submit(KITTEN, [], "")
    seen = (await luma.report([first.task]))[first.task]

    assert (service.count(CREATE), service.count(V1)) == (1, 2)
    assert first.task == V1_TASK
    assert service.asked[-1].query == f"id={ID}"
    assert (seen.stage, seen.actions) == (Stage.DONE, ())  # it has no address to extend at


async def test_v1_may_be_asked_at_its_generations(service, luma):
    service.on(f"GET /luma/v1/generations/{ID}", generation("processing"))

    assert (await luma.report([V1_TASK]))[V1_TASK].stage is Stage.RUNNING


@pytest.mark.parametrize(
    ("row", "video"),
    [
        (generation("completed", video={"url": "https://c.example/k.mp4"}), "https://c.example/k.mp4"),
        (generation("completed", video="https://c.example/k.mp4"), "https://c.example/k.mp4"),
        (
            generation("completed", video=VIDEO, video_raw={"url": "https://c.example/clean.mp4"}),
            "https://c.example/clean.mp4",
        ),
        (
            {"code": 200, "message": "", "data": {**generation("completed"), "video": VIDEO}},
            VIDEO["download_url"],
        ),
    ],
)
async def test_the_link_is_found_wherever_it_is(service, luma, row, video):
    service.on(f"GET /{TASK}", Reply(row, headers={"content-type": ""}))

    assert (await luma.report([TASK]))[TASK].videos == (video,)


@pytest.mark.parametrize("key", ["failure_reason", "fail_reason"])
async def test_a_failure_tells_why(service, luma, key):
    service.on(
        f"GET /{TASK}",
        generation("failed", **{key: "moderation"}),
        generation("failed", **{key: "no capacity"}),
    )

    moderated, failed = [(await luma.report([TASK]))[TASK] for _ in range(2)]

    assert (moderated.failure.kind, moderated.failure.again) == (Kind.CONTENT, False)
    assert (failed.failure.kind, failed.failure.reason) == (Kind.UPSTREAM, "no capacity")


async def test_an_unknown_word_means_that_it_is_under_way(service, luma):
    service.on(f"GET /{TASK}", generation("dreaming"))

    assert (await luma.report([TASK]))[TASK].stage is Stage.RUNNING


async def test_first_and_last_pictures_go_as_data(service, make, png):
    service.on(CREATE, generation())
    options = {"ratio": "9:16", "loop": "yes", "duration": "9s", "resolution": "1080p"}

    await make(model="ray-v2").submit(
        Order("", verb="video", options=options), [png(8, 8), png(8, 8, "blue")], ""
    )

    (body,) = service.bodies(CREATE)
    assert body["image_url"].startswith("data:image/png;base64,")
    assert body["image_end_url"] != body["image_url"]
    assert (body["aspect_ratio"], body["loop"], body["duration"]) == ("9:16", True, "9s")
    assert (body["resolution"], body["model_name"]) == ("1080p", "ray-v2")


async def test_a_clip_is_extended_with_words(service, luma):
    service.on(f"GET /{TASK}", generation("completed", video=VIDEO))
    service.on(f"POST /{TASK}/extend", generation(name="77"))
    (extend,) = (await luma.report([TASK]))[TASK].actions

    accepted = await luma.act(TASK, extend, "r", text="it falls asleep")

    assert accepted.task == "luma/generations/77"
    assert service.bodies(f"POST /{TASK}/extend")[0]["user_prompt"] == "it falls asleep"


async def test_extending_is_offered_no_more_where_it_is_not_there(service, luma):
    service.on(f"GET /{TASK}", generation("completed", video=VIDEO))
    (extend,) = (await luma.report([TASK]))[TASK].actions

    with pytest.raises(Unsupported):
        await luma.act(TASK, extend, "r", text="more")

    assert (await luma.report([TASK]))[TASK].actions == ()


async def test_many_are_asked_about_together_where_that_is_offered(service, luma):
    service.on("POST /luma/tasks", [generation("completed", video=VIDEO), generation(name="b")])
    service.on("GET /luma/generations/c", Reply({"detail": "Generation not found"}, 404))
    tasks = [TASK, "luma/generations/b", "luma/generations/c"]

    seen = await luma.report(tasks)

    assert [each.stage for each in (seen[TASK], seen[tasks[1]])] == [Stage.DONE, Stage.RUNNING]
    assert len(seen) == 2


async def test_without_batches_each_is_asked_about(service, luma):
    service.on(f"GET /{TASK}", generation())
    service.on("GET /luma/generations/b", Reply({"detail": "try later"}, 500))

    for _ in range(2):
        seen = await luma.report([TASK, "luma/generations/b"])
        assert [each.stage for each in seen.values()] == [Stage.RUNNING] * 2
    assert service.count("POST /luma/tasks") == 1
    with pytest.raises(Unavailable):
        await luma.report(["luma/generations/b"])


@pytest.mark.parametrize(
    ("answer", "error", "kind"),
    [
        (Reply({"detail": {"code": 1, "reason": "unauthorized secret token"}}, 401), Refused, Kind.KEY),
        (Reply({"detail": "Insufficient credits"}, 402), Refused, Kind.QUOTA),
        (Reply({"detail": "prompt is empty"}, 422), Refused, Kind.REQUEST),
        (Reply({"detail": "Too many requests"}, 429), Unavailable, Kind.RATE),
        (openai_error("用户额度不足", 403), Refused, Kind.QUOTA),
        (openai_error("当前分组 default 下对于模型 luma 无可用渠道", 503), Unavailable, Kind.MODEL),
        (Reply({"detail": "Internal Server Error"}, 500), OutcomeUnknown, Kind.UPSTREAM),
        (Reply("<html>524</html>", 524), OutcomeUnknown, Kind.TIMEOUT),
        (Reply({}), OutcomeUnknown, Kind.UPSTREAM),
        (Reply([]), OutcomeUnknown, Kind.UPSTREAM),
        (Reply(fault="reset"), OutcomeUnknown, Kind.UPSTREAM),
    ],
    ids=str,
)
async def test_refusals_are_what_they_say_and_nothing_is_sent_twice(service, luma, answer, error, kind):
    service.on(CREATE, answer)

    with pytest.raises(error) as caught:
        await luma.submit(KITTEN, [], "")

    assert type(caught.value) is error
    assert caught.value.kind is kind
    assert len(service.asked) == 1


async def test_the_reason_of_a_wrong_key_is_told(service, luma):
    service.on(CREATE, Reply({"detail": {"code": 1, "reason": "unauthorized secret token"}}, 401))

    with pytest.raises(Refused, match="unauthorized secret token"):
        await luma.submit(KITTEN, [], "")


async def test_a_gateway_without_video_is_told_of(service, luma):
    with pytest.raises(Unsupported):
        await luma.submit(KITTEN, [], "")
    assert not await luma.offered()
    assert [(each.ok, each.detail) for each in await luma.probe()] == [(True, "not offered here")]


async def test_a_gateway_with_video_is_told_of(service, luma):
    service.on(f"GET /luma/generations/{NOBODY}", Reply({"detail": "Generation not found"}, 404))

    assert await luma.offered()
    assert [(each.ok, each.detail) for each in await luma.probe()] == [(True, "luma/generations")]


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["data", "state", "video", "id", "url", "thumbnail", "download_url"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(junk)
def test_junk_is_read_without_harm(data):
    row = row_in(data)
    if row is not None:
        assert report_of(row, "https://h.example", extends=True).stage in Stage
    for dialect in DIALECTS:
        assert task_in(data, dialect).startswith(dialect.ask) or task_in(data, dialect) == ""
