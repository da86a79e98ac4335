"""Suno: each dialect's orders, reports and refusals, as they go on the wire."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engines.suno import Suno
from bot.engines.suno.clips import report_of, said_in
from bot.engines.suno.dialects import DIALECTS, dialect_of, task_in
from bot.errors import Kind, OutcomeUnknown, Refused, Unavailable, Unsupported
from bot.jobs import Action, Asks, Order, Stage
from tests.bot.engines.service import KEY, Reply, openai_error

TASK = "f4a94d75-087b-4bb1-bd45-53ba293faf96"
SUBMIT, BATCH = "POST /suno/submit/music", "POST /suno/fetch"
FETCH = f"GET /suno/fetch/{TASK}"
PIANO = Order("calm piano about rain", verb="music")
OWN = Order(
    "[Verse]\nSoft rain",
    verb="music",
    options={"lyrics": "yes", "title": "Rain Walk", "style": "lofi, mellow"},
)


@pytest.fixture
def make(service, client):
    def make(**settings) -> Suno:
        return Suno(client, service.url, KEY, **{"pause": 0.01, **settings})

    return make


@pytest.fixture
def suno(make):
    return make()


def taken(task: str = TASK) -> dict:
    return {"code": "success", "message": "", "data": task}


def clip(name: str, status: str = "complete", **more) -> dict:
    done = status == "complete"
    return {
        "id": name,
        "status": status,
        "audio_url": f"https://cdn.example/{name}.mp3" if done else "",
        "video_url": f"https://cdn.example/{name}.mp4" if done else "",
        "image_url": f"https://cdn.example/{name}.jpeg" if done else "",
        "title": "Rain",
        "metadata": {"tags": "piano", "duration": 121.4 if name == "c1" else 98.0},
        **more,
    }


def told(status: str, clips=None, reason: str = "", **more) -> dict:
    row = {
        "task_id": TASK,
        "action": "MUSIC",
        "status": status,
        "fail_reason": reason,
        "submit_time": 1744364000,
        "start_time": 1744364015,
        "finish_time": 0,
        "progress": "0%",
        "data": clips,
        **more,
    }
    return {"code": "success", "message": "", "data": row}


async def test_a_song_on_a_relay_from_its_order_to_its_files(service, suno):
    live = {"id": "c1", "status": "streaming", "audio_url": "https://audiopipe.example/?item_id=c1"}
    queued = {"id": "c2", "status": "queued", "audio_url": "", "title": "Rain"}
    service.on(SUBMIT, taken())
    service.on(
        FETCH,
        told("NOT_START", start_time=0),
        told("IN_PROGRESS", [{**live, "title": "Rain"}, queued]),
        told("SUCCESS", [clip("c1"), clip("c2")], progress="100%", finish_time=1744364149),
    )

    accepted = await suno.submit(PIANO, [], "ref")
    first, second, third = [(await suno.report([accepted.task]))[accepted.task] for _ in range(3)]

    assert service.bodies(SUBMIT) == [
        {
            "gpt_description_prompt": "calm piano about rain",
            "make_instrumental": False,
            "mv": "chirp-v3-5",
        }
    ]
    assert service.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert (first.stage, first.percent) == (Stage.RUNNING, None)
    assert (second.stage, second.percent) == (Stage.RUNNING, 25)
    assert second.audios == ()  # a live pipe is not the file
    assert third.stage is Stage.DONE
    assert third.audios == ("https://cdn.example/c1.mp3", "https://cdn.example/c2.mp3")
    assert third.images == ("https://cdn.example/c1.jpeg", "https://cdn.example/c2.jpeg")
    assert (third.title, third.text) == ("Rain", "piano · 2:01 / 1:38")
    assert [each.name.partition(":")[0] for each in third.actions] == ["continue"] * 2 + ["onward"] * 2
    assert third.actions[2].asks is Asks.LYRICS


async def test_a_failure_tells_why(service, suno):
    service.on(SUBMIT, taken())
    service.on(FETCH, told("FAILURE", [], "Song description contained artist name"))

    task = (await suno.submit(PIANO, [], "")).task
    seen = (await suno.report([task]))[task]

    assert seen.stage is Stage.FAILED
    assert (seen.failure.kind, seen.failure.again) == (Kind.CONTENT, False)
    assert seen.failure.reason == "Song description contained artist name"


@pytest.mark.parametrize(
    "answer",
    [
        Reply({"code": "task_not_exist", "message": "task_not_exist", "data": None}, 400),  # new-api
        Reply({"code": "task_not_exist", "message": "", "data": None}, 404),  # one-hub
        {"code": "success", "message": "", "data": None},
    ],
)
async def test_a_task_that_is_not_known_is_left_out(service, suno, answer):
    service.on("GET /suno/fetch/nope", answer)

    assert await suno.report(["suno/fetch/nope"]) == {}


async def test_an_unknown_status_is_that_of_its_clips(service, suno):
    service.on(FETCH, told("UNKNOWN"), told("UNKNOWN", [clip("c1")]), told("QUEUED", [clip("c1", "queued")]))
    task = f"suno/fetch/{TASK}"

    seen = [(await suno.report([task]))[task] for _ in range(3)]

    assert [each.stage for each in seen] == [Stage.RUNNING, Stage.DONE, Stage.RUNNING]


async def test_own_lyrics_go_with_style_and_title(service, suno):
    service.on(SUBMIT, taken())

    await suno.submit(OWN, [], "")

    assert service.bodies(SUBMIT) == [
        {
            "prompt": "[Verse]\nSoft rain",
            "tags": "lofi, mellow",
            "title": "Rain Walk",
            "mv": "chirp-v3-5",
        }
    ]


async def test_lyrics_come_back_and_nothing_can_be_continued(service, suno):
    lyrics = {"id": "l1", "status": "complete", "title": "Rain Walk", "text": "[Verse]\nSoft rain"}
    service.on("POST /suno/submit/lyrics", taken("l-1"))
    service.on("GET /suno/fetch/l-1", told("SUCCESS", lyrics, action="LYRICS"))

    task = (await suno.submit(Order("rain", verb="lyrics"), [], "")).task
    seen = (await suno.report([task]))[task]

    assert service.bodies("POST /suno/submit/lyrics") == [{"prompt": "rain"}]
    assert (seen.stage, seen.title, seen.text) == (Stage.DONE, "Rain Walk", "[Verse]\nSoft rain")
    assert seen.actions == ()


async def test_a_clip_is_continued_where_it_ends_and_in_its_style(service, suno):
    service.on(SUBMIT, taken("second"))
    service.on(FETCH, told("SUCCESS", [clip("c1"), clip("c2")]))
    task = f"suno/fetch/{TASK}"
    actions = (await suno.report([task]))[task].actions

    accepted = await suno.act(task, actions[0], "r")
    await suno.act(task, actions[3], "r", text="[Chorus]\nSun again")

    assert accepted.task == "suno/fetch/second"
    first, second = service.bodies(SUBMIT)
    assert first == {
        "prompt": "",
        "tags": "piano",
        "title": "Rain",
        "mv": "chirp-v3-5",
        "continue_clip_id": "c1",
        "continue_at": 121.4,
        "task_id": TASK,
    }
    assert (second["prompt"], second["continue_clip_id"]) == ("[Chorus]\nSun again", "c2")


async def test_joining_is_offered_for_continued_clips_where_the_relay_joins(service, suno):
    longer = clip("c3", metadata={"tags": "piano", "duration": 60.0, "audio_prompt_id": "c1"})
    service.on(FETCH, told("SUCCESS", [longer]))
    service.on(
        "POST /suno/submit/concat",
        Reply({"code": "invalid_request", "message": "clip_id is empty", "data": None}, 400),
        taken("whole"),
    )
    task = f"suno/fetch/{TASK}"

    join = (await suno.report([task]))[task].actions[-1]
    await suno.report([task])
    accepted = await suno.act(task, join, "r")

    assert join.id == "concat:c3"
    assert service.bodies("POST /suno/submit/concat") == [{"clip_id": ""}, {"clip_id": "c3"}]
    assert accepted.task == "suno/fetch/whole"


async def test_joining_is_not_offered_where_the_relay_knows_no_such_action(service, suno):
    longer = clip("c3", metadata={"history": [{"id": "c1"}]})
    service.on(FETCH, told("SUCCESS", [longer]))
    refusal = {"code": "invalid_request", "message": "invalid_action", "data": None}
    service.on("POST /suno/submit/concat", Reply(refusal, 400))
    task = f"suno/fetch/{TASK}"

    for _ in range(2):
        assert [each.id for each in (await suno.report([task]))[task].actions] == ["extend:c3", "lyrics:c3"]
    assert service.count("POST /suno/submit/concat") == 1


async def test_many_are_asked_about_together_in_whatever_order_they_come(service, suno):
    rows = [told("SUCCESS", [clip("c1")])["data"], {**told("QUEUED")["data"], "task_id": "b"}]
    service.on(BATCH, {"code": "success", "message": "", "data": rows})
    b, a, unknown = "suno/fetch/b", f"suno/fetch/{TASK}", "suno/fetch/x"

    seen = await suno.report([b, a, unknown])

    assert service.bodies(BATCH) == [{"ids": ["b", TASK, "x"], "action": "MUSIC"}]
    assert {task: each.stage for task, each in seen.items()} == {a: Stage.DONE, b: Stage.RUNNING}


@pytest.mark.parametrize("answer", [{"code": "success", "message": "", "data": None}])
async def test_none_of_many_is_known(service, suno, answer):
    service.on(BATCH, answer)

    assert await suno.report(["suno/fetch/a", "suno/fetch/b"]) == {}


async def test_without_batches_each_is_asked_about(service, suno):
    service.on(FETCH, told("SUCCESS", [clip("c1")]))
    service.on("GET /suno/fetch/b", told("QUEUED"))

    for _ in range(2):
        seen = await suno.report([f"suno/fetch/{TASK}", "suno/fetch/b"])
        assert len(seen) == 2
    assert service.count(BATCH) == 1


async def test_one_task_that_cannot_be_told_does_not_hide_the_others(service, suno):
    service.on(FETCH, told("SUCCESS", [clip("c1")]))
    service.on("GET /suno/fetch/b", Reply({"code": "get_task_failed", "message": "db", "data": None}, 500))

    seen = await suno.report([f"suno/fetch/{TASK}", "suno/fetch/b"])

    assert [each.stage for each in seen.values()] == [Stage.DONE, Stage.RUNNING]
    with pytest.raises(Unavailable):
        await suno.report(["suno/fetch/b"])


async def test_suno_api_itself_answers_a_fetch_with_clips_alone(service, suno):
    service.on(SUBMIT, taken())
    waiting = {"id": "c2", "status": "streaming", "audio_url": "https://p.example/c2"}
    service.on(
        FETCH,
        {"code": "success", "message": "", "data": [clip("c1"), waiting]},
        {"code": "success", "message": "", "data": [clip("c1"), clip("c2", "error")]},
    )

    task = (await suno.submit(PIANO, [], "")).task
    first, second = [(await suno.report([task]))[task] for _ in range(2)]

    assert (first.stage, first.percent) == (Stage.RUNNING, 75)
    assert (second.stage, second.audios) == (Stage.DONE, ("https://cdn.example/c1.mp3",))


# --- GoAmz ----------------------------------------------------------------------------------


async def test_goamz_is_learned_from_an_address_that_is_not_there(service, suno):
    song = {"c1": {"id": "c1", "status": "complete", "audio_url": "https://cdn.example/c1.mp3"}}
    answer = {
        "task_id": "9c1d",
        "status": "completed",
        "input": '{"gpt_description_prompt":"calm piano about rain"}',
        "clips": {"c1": {**song["c1"], "title": "Rain"}},
    }
    service.on("POST /suno/v1/music", {"code": 200, "data": {"task_id": "9c1d"}, "message": "success"})
    service.on("GET /suno/v1/music/9c1d", {"code": 200, "data": answer, "message": "success"})

    accepted = await suno.submit(PIANO, [], "")
    await suno.submit(PIANO, [], "")
    seen = (await suno.report([accepted.task]))[accepted.task]

    assert service.count(SUBMIT) == 1
    assert service.bodies("POST /suno/v1/music")[0] == {
        "custom_mode": False,
        "mv": "chirp-v3-5",
        "input": {"gpt_description_prompt": "calm piano about rain", "make_instrumental": False},
    }
    assert (seen.stage, seen.title, seen.audios) == (
        Stage.DONE,
        "Rain",
        ("https://cdn.example/c1.mp3",),
    )


async def test_goamz_sings_own_lyrics_and_joins_under_v3_0(service, make):
    suno = make(dialect="goamz")
    service.on("POST /suno/v1/music", {"code": 200, "data": {"task_id": "9c1d"}, "messages": "success"})
    service.on(
        "POST /suno/v1/v3.0/music/concat",
        {"code": 200, "data": {"task_id": "9c1e"}, "message": "success"},
    )
    running = {"task_id": "9c1e", "status": "processing", "input": "{}", "clips": {}}
    service.on("GET /suno/v1/music/9c1e", {"code": 200, "data": running, "message": "success"})

    await suno.submit(OWN, [], "")
    joined = await suno.act("suno/v1/music/9c1d", Action("concat:c1", ""), "")
    seen = await suno.report([joined.task])

    assert service.bodies("POST /suno/v1/music")[0]["input"] == {
        "prompt": "[Verse]\nSoft rain",
        "title": "Rain Walk",
        "tags": "lofi, mellow",
        "continue_clip_id": "",
        "continue_at": None,
        "make_instrumental": False,
    }
    assert service.bodies("POST /suno/v1/v3.0/music/concat") == [{"clip_id": "c1"}]
    assert joined.task == "suno/v1/v3.0/music/9c1e"
    assert seen[joined.task].stage is Stage.RUNNING  # asked for where v3.5's are


async def test_a_failure_that_comes_as_a_good_answer_may_have_been_taken(service, make):
    service.on("POST /suno/v1/music", {"code": 500, "messages": "error"})

    with pytest.raises(OutcomeUnknown):
        await make(dialect="goamz").submit(PIANO, [], "")


async def test_crazyrouter_numbers_its_codes(service, suno):
    service.on(SUBMIT, {"code": 1, "data": TASK})
    service.on(
        FETCH,
        {"code": 1, "data": {"status": "processing", "data": [clip("c1", "queued")]}},
        {"code": 1, "data": {"status": "complete", "data": [clip("c1")]}},
    )

    task = (await suno.submit(PIANO, [], "")).task

    assert (await suno.report([task]))[task].stage is Stage.RUNNING
    assert (await suno.report([task]))[task].audios == ("https://cdn.example/c1.mp3",)


# --- direct ---------------------------------------------------------------------------------


async def test_a_direct_server_is_asked_by_its_clips(service, make):
    suno = make(dialect="direct")
    started = {"id": "r1", "clips": [{"id": "c1"}, {"id": "c2"}], "status": "complete"}
    service.on("POST /suno/generate/description-mode", started)
    service.on("POST /suno/generate", started)
    service.on("GET /suno/feed/c1,c2", [clip("c1"), clip("c2", "streaming")], [clip("c1"), clip("c2")])

    task = (await suno.submit(PIANO, [], "")).task
    first, second = [(await suno.report([task]))[task] for _ in range(2)]
    await suno.submit(OWN, [], "")
    await suno.act(task, second.actions[1], "")

    assert task == "suno/feed/c1,c2"
    assert service.bodies("POST /suno/generate/description-mode")[0]["prompt"] == ""
    assert (first.stage, second.stage) == (Stage.RUNNING, Stage.DONE)
    own, longer = service.bodies("POST /suno/generate")
    assert (own["task"], own["title"]) == ("", "Rain Walk")
    assert (longer["task"], longer["continue_clip_id"], longer["continue_at"]) == ("extend", "c2", 98.0)


async def test_a_direct_server_joins_and_writes(service, make):
    suno = make(dialect="direct")
    service.on("POST /suno/generate/concat/v2", {"id": "c9", "status": "submitted"})
    service.on("POST /suno/generate/lyrics/", {"id": "l9"})
    service.on("GET /suno/lyrics/l9", {"status": "complete", "title": "Rain", "text": "Soft rain"})

    joined = await suno.act("suno/feed/c3,c4", Action("concat:c3", ""), "")
    written = await suno.submit(Order("rain", verb="lyrics"), [], "")

    assert joined.task == "suno/feed/c9"
    assert (await suno.report([written.task]))[written.task].text == "Soft rain"


# --- refusals -------------------------------------------------------------------------------


def flat(code: str, message: str, status: int) -> Reply:
    return Reply({"code": code, "message": message, "data": None}, status)


@pytest.mark.parametrize(
    ("answer", "error", "kind"),
    [
        (flat("quota_not_enough", "user quota is not enough", 403), Refused, Kind.QUOTA),
        (flat("invalid_request", "prompt_empty", 400), Refused, Kind.REQUEST),
        (flat("invalid_request", "task id is empty", 400), Refused, Kind.REQUEST),
        (flat("task_origin_not_exist", "task_origin_not_exist", 400), Refused, Kind.GONE),
        (flat("task_channel_disable", "该任务所属渠道已被禁用", 400), Refused, Kind.GONE),
        (flat("channel_not_found", "channel not found", 400), Refused, Kind.MODEL),
        (flat("provider_not_found", "provider not found", 503), Unavailable, Kind.MODEL),
        (
            flat("fail_to_fetch_task", "当前分组上游负载已饱和，请稍后再试", 429),
            Unavailable,
            Kind.RATE,
        ),
        (flat("fail_to_fetch_task", "请求上游地址失败", 400), Refused, Kind.REQUEST),
        (flat("invalid_request", "unauthorized secret token", 401), Refused, Kind.KEY),
        (openai_error("无效的令牌", 401), Refused, Kind.KEY),
        (openai_error("当前分组 default 下对于模型 suno_music 无可用渠道", 503), Unavailable, Kind.MODEL),
        (flat("artist_name", "Song description contained artist name", 500), Refused, Kind.UPSTREAM),
        (flat("do_request_failed", "do request failed", 500), OutcomeUnknown, Kind.UPSTREAM),
        (flat("insert_task_failed", "insert_task_failed", 500), OutcomeUnknown, Kind.UPSTREAM),
        (flat("insert_task_failed", "上游负载已饱和", 500), OutcomeUnknown, Kind.UPSTREAM),
        (flat("fail_to_fetch_task", "rate limit", 500), OutcomeUnknown, Kind.UPSTREAM),
        (flat("do_request_failed", "do request failed", 400), OutcomeUnknown, Kind.UPSTREAM),
        (flat("too_many_jobs", "rate limit", 500), Refused, Kind.RATE),
        (flat("submit_failed", "submit failed", 500), OutcomeUnknown, Kind.UPSTREAM),
        (flat("fail_to_fetch_task", "bad gateway", 502), OutcomeUnknown, Kind.UPSTREAM),
        (flat("unmarshal_response_body_failed", "eof", 500), OutcomeUnknown, Kind.UPSTREAM),
        (Reply("<html>502 Bad Gateway</html>", 502), OutcomeUnknown, Kind.UPSTREAM),
        (Reply("<html>504</html>", 504), OutcomeUnknown, Kind.TIMEOUT),
        (Reply({"code": "success", "message": "", "data": ""}), OutcomeUnknown, Kind.UPSTREAM),
        (Reply(fault="reset"), OutcomeUnknown, Kind.UPSTREAM),
    ],
    ids=str,
)
async def test_refusals_are_what_they_say_and_nothing_is_sent_twice(service, suno, answer, error, kind):
    service.on(SUBMIT, answer)

    with pytest.raises(error) as caught:
        await suno.submit(PIANO, [], "")

    assert type(caught.value) is error
    assert caught.value.kind is kind
    assert len(service.asked) == 1


async def test_silence_is_an_unknown_outcome(service, make):
    service.on(SUBMIT, Reply(fault="silent"))

    with pytest.raises(OutcomeUnknown):
        await make(patience=0.1).submit(PIANO, [], "")


async def test_a_gateway_without_music_is_told_of(service, suno):
    with pytest.raises(Unsupported):
        await suno.submit(PIANO, [], "")
    assert not await suno.offered()
    assert [(each.ok, each.detail) for each in await suno.probe()] == [(True, "not offered here")]


async def test_a_web_page_at_every_address_is_no_music(service, client):
    for path in ("suno/fetch", "suno/v1/music", "suno/v1/v3.0/music", "suno/v1/mv-3.5/music", "suno/feed"):
        service.on(f"GET /{path}/00000000-0000-0000-0000-000000000000", "<!doctype html><html></html>")

    assert not await Suno(client, service.url, KEY).offered()


async def test_it_is_looked_for_again_after_a_while(service, make):
    now = [0.0]
    suno = make(clock=lambda: now[0])
    assert not await suno.offered()
    service.on("GET /suno/fetch/00000000-0000-0000-0000-000000000000", flat("task_not_exist", "", 404))

    assert not await suno.offered()
    now[0] = 700.0
    assert await suno.offered()
    (finding,) = await suno.probe()
    assert (finding.ok, finding.detail) == (True, "new-api: suno/submit/music")


async def test_check_names_a_wrong_key(service, suno):
    service.on("GET /suno/fetch/00000000-0000-0000-0000-000000000000", openai_error("无效的令牌", 401))

    (finding,) = await suno.probe()
    assert not finding.ok
    assert "SUNO_KEY" in finding.advice


# --- whatever comes -------------------------------------------------------------------------

junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["code", "data", "status", "clips", "id", "audio_url", "metadata", "text"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(junk)
def test_junk_is_read_without_harm(data):
    said = said_in(data, "https://h.example")
    if said is not None:
        seen = report_of(said, extends=True, joins=True)
        assert seen.stage in (Stage.RUNNING, Stage.DONE, Stage.FAILED)
    for dialect in DIALECTS:
        task = task_in(data, dialect, dialect.ask)
        assert task == "" or dialect_of(task) in DIALECTS


@given(st.sampled_from(DIALECTS), st.text(min_size=1).filter(str.strip))
def test_a_task_is_found_again_in_the_dialect_it_was_ordered_in(dialect, name):
    answer = {"code": "success", "data": name} if dialect.name == "new-api" else None
    answer = answer or {"code": 200, "data": {"task_id": name}}
    task = task_in(answer, dialect, dialect.ask)
    if task and dialect.name != "direct":
        assert dialect_of(task) == dialect
