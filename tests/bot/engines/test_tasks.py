"""Task objects: whatever a service puts into them, a report is true or cautious, and never an exception."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.engines.midjourney.buttons import actions_of, kind_of, name_of
from bot.engines.midjourney.failures import failure_of
from bot.engines.midjourney.learned import Learned
from bot.engines.midjourney.tasks import furthest, report_of, row_in, rows_in
from bot.engines.midjourney.values import percent, picture_url, preview_key, seconds, text, without_keycap
from bot.errors import Kind
from bot.jobs import Action, Progress, Stage
from tests.bot.engines.service import H0, H1, button, grid_buttons, novi_row, relay_row, single_buttons

HOME = "https://relay.example"
STATUSES = ("NOT_START", "SUBMITTED", "MODAL", "IN_PROGRESS", "FAILURE", "SUCCESS", "CANCEL")
FIELDS = (*relay_row(), "videoUrl", "videoUrls", "imageUrls", "parentId")


def report(row, learned=None, **more) -> Progress:
    return report_of(row, learned or Learned(), HOME, **more)


# No time limits: the machine may be busy with something else.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.text()
    | st.sampled_from(STATUSES)
    | st.sampled_from(["100%", "https://[", "http://localhost:3000/x", "MJ::JOB::upsample::1::x", "//", "1️⃣"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
buttons = st.lists(
    st.fixed_dictionaries({}, optional=dict.fromkeys(("customId", "label", "emoji", "style"), anything)),
    max_size=4,
)
rows = st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, anything)) | st.fixed_dictionaries(
    {"status": st.sampled_from(STATUSES)},
    optional={
        **{name: anything for name in FIELDS if name != "status"},
        "buttons": anything | buttons,
        "properties": st.dictionaries(
            st.sampled_from(["finalPrompt", "numberOfQueues", "bannedWord"]), anything
        ),
    },
)


@UNHURRIED
@given(rows)
def test_junk_in_any_field_is_a_report_and_done_only_by_its_status(row):
    seen = report(row)

    assert (seen.stage is Stage.DONE) == (text(row.get("status")) == "SUCCESS")
    assert seen.percent is None or 0 <= seen.percent <= 100
    assert seen.seconds is None or seen.seconds >= 0
    assert all(url.startswith(("http://", "https://")) for url in (*seen.images, *seen.videos))
    assert seen.images == () or seen.stage is Stage.DONE
    assert (seen.failure is not None) == (seen.stage in (Stage.FAILED, Stage.CANCELLED))
    for words in (seen.prompt, seen.text, seen.preview, *(each.label for each in seen.actions)):
        assert "\x00" not in words
        words.encode()


@UNHURRIED
@given(anything)
def test_any_json_is_a_list_a_row_or_nothing(data):
    found = rows_in(data)
    assert found is None or all(isinstance(row, dict) for row in found)
    furthest(found or [])
    row = row_in(data)
    assert row is None or isinstance(row, dict)


@UNHURRIED
@given(st.sampled_from(STATUSES), st.sampled_from(["", None, "0%", "93%", "100%", "paused", 100, [], {}]))
def test_the_status_alone_decides(status, progress):
    row = relay_row(
        status=status, progress=progress, imageUrl="https://x.example/a.png", buttons=grid_buttons()
    )

    stage = {
        "SUCCESS": Stage.DONE,
        "FAILURE": Stage.FAILED,
        "CANCEL": Stage.CANCELLED,
        "MODAL": Stage.FORM,
    }.get(status, Stage.RUNNING)
    assert report(row).stage is stage


@pytest.mark.parametrize("status", ["", None, "QUEUED", "success?", 1, True, [], {}])
def test_an_unknown_status_is_under_way(status):
    assert report(relay_row(status=status)).stage is Stage.RUNNING


@UNHURRIED
@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1))
def test_custom_ids_come_back_byte_for_byte(words):
    custom = f"MJ::JOB::{words}::x"
    listed = json.loads(json.dumps([button(custom)]))

    [action] = actions_of({"buttons": listed}, Learned())

    assert action.id.encode() == custom.encode()


@UNHURRIED
@given(
    st.lists(
        st.builds(
            "MJ::{}::{}::{}{}".format,
            st.sampled_from(["JOB", "Job", "Inpaint", "Outpaint", "CustomZoom", "BOOKMARK"]),
            st.from_regex(r"[a-zA-Z_0-9]{1,20}", fullmatch=True),
            st.uuids(),
            st.sampled_from(["", "::SOLO"]),
        ),
        unique=True,
    )
)
def test_every_button_is_kept_in_its_order_known_or_not(customs):
    actions = actions_of({"buttons": [button(each) for each in customs]}, Learned())

    assert [each.id for each in actions] == customs
    assert all(each.label and kind_of(each) for each in actions)


@pytest.mark.parametrize("missing", [None, "", 7, {}, "a\x00b", "\ud800"])
def test_what_cannot_be_sent_back_is_no_button(missing):
    row = {"buttons": [{"customId": missing, "label": "?"}, *grid_buttons()[:1], "junk", None]}

    assert [each.name for each in actions_of(row, Learned())] == ["upscale:1"]


@pytest.mark.parametrize(
    ("custom", "name"),
    [
        (f"MJ::JOB::upsample::3::{H0}", "upscale:3"),
        (f"MJ::JOB::upsample_v5_2x::1::{H1}::SOLO", "upscale:2x"),
        (f"MJ::JOB::upsample_v5_4x::1::{H1}::SOLO", "upscale:4x"),
        (f"MJ::JOB::upsample_v6_2x_subtle::1::{H1}::SOLO", "upscale:subtle"),
        (f"MJ::JOB::upsample_v6r1_2x_creative::1::{H1}::SOLO", "upscale:creative"),
        (f"MJ::JOB::upsample_v7_2x_subtle::1::{H1}::SOLO", "upscale:subtle"),
        (f"MJ::JOB::variation::4::{H0}", "variation:4"),
        (f"MJ::JOB::variation::1::{H1}::SOLO", "variation"),
        (f"MJ::JOB::low_variation::1::{H1}::SOLO", "vary:subtle"),
        (f"MJ::JOB::high_variation::1::{H1}::SOLO", "vary:strong"),
        (f"MJ::JOB::reroll::0::{H0}::SOLO", "reroll"),
        (f"MJ::Inpaint::1::{H1}::SOLO", "vary:region"),
        (f"MJ::Outpaint::50::1::{H1}::SOLO", "zoom:2"),
        (f"MJ::Outpaint::75::1::{H1}::SOLO", "zoom:1.5"),
        (f"MJ::Outpaint::100::1::{H1}::SOLO", "square"),
        (f"MJ::CustomZoom::{H1}", "zoom:custom"),
        (f"MJ::CustomZoom::1::{H1}", "zoom:custom"),
        (f"MJ::JOB::pan_up::1::{H1}::SOLO", "pan:up"),
        (f"MJ::JOB::animate_high::1::{H1}::SOLO", "animate:high"),
        (f"MJ::JOB::animate_low_extend::1::{H1}", "extend:low"),
        (f"MJ::JOB::video_virtual_upscale::2::{H1}", "clip:2"),
        (f"MJ::JOB::video::1::{H1}::manual", "animate:manual"),
        (f"MJ::BOOKMARK::{H1}", "bookmark"),
        ("MJ::Job::PicReader::3", "pick:3"),
        ("MJ::Job::PicReader::all", "pick:all"),
        ("MJ::Picread::Retry", "describe"),
        ("MJ::Job::PromptAnalyzer::5", "short:5"),
        ("MJ::JOB::PromptAnalyzer::1", "short:1"),
        ("MJ::JOB::something_new::1::x", ""),
    ],
)
def test_buttons_have_one_name_on_every_backend(custom, name):
    assert name_of(custom) == name


def test_a_button_that_we_do_not_know_still_has_a_word():
    [action] = actions_of({"buttons": [button("MJ::JOB::something_new::1::x", emoji="🆕")]}, Learned())

    assert (action.label, action.emoji, action.name) == ("Something new", "🆕", "")


def test_refusing_one_kind_leaves_its_relatives():
    row = {"buttons": single_buttons()}
    refused = {kind_of(Action(f"MJ::JOB::animate_low::1::{H1}::SOLO", "")), "zoom:custom"}

    names = [each.name for each in actions_of(row, Learned(refused=refused, missing={"submit/video"}))]

    assert {"animate:high", "animate:low"} <= {
        each.name for each in actions_of(row, Learned(refused=refused))
    }
    assert not {"animate:high", "animate:low", "zoom:custom"} & set(names)
    assert {"zoom:2", "zoom:1.5", "pan:left", "vary:region"} <= set(names)


def test_of_two_rows_the_most_advanced_counts():
    stale = relay_row("1", action="CUSTOM_ZOOM", status="MODAL")
    for other in ("", "NOT_START", "SUBMITTED", "IN_PROGRESS", "FAILURE", "SUCCESS"):
        live = relay_row("1", action="MODAL", status=other)
        assert furthest([stale, live])["1"] is live
        assert furthest([live, stale])["1"] is live
    early, late = (relay_row("1", status="IN_PROGRESS", progress=each) for each in ("15%", "46%"))
    assert furthest([late, early])["1"] is late


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("46%", 46),
        (" 46 % ", 46),
        ("46.7%", 46),
        ("146%", 100),
        ("0%", 0),
        ("", None),
        (None, None),
        ("Waiting to start", None),
        ("paused", None),
        ("-5%", None),
        ("４６%", None),
        (46, 46),
        (True, None),
    ],
)
def test_percent_is_a_number_or_nothing(said, found):
    assert percent(said) == found


@pytest.mark.parametrize(
    ("start", "finish", "took"),
    [
        (1754380801287, 1754380843402, 42.115),
        ("1754380801287", "1754380843402", 42.115),
        (0, 1754380843402, None),
        (None, 1754380843402, None),
        (1754380843402, 1754380801287, None),
        (1, 10**400, None),
    ],
)
def test_seconds_need_both_times(start, finish, took):
    assert seconds(start, finish) == took


@pytest.mark.parametrize(
    ("url", "home", "found"),
    [
        ("http://localhost:3000/mj/image/1", "https://relay.example", "https://relay.example/mj/image/1"),
        (
            "http://127.0.0.1/mj/image/1?rand=2",
            "https://r.example:8443",
            "https://r.example:8443/mj/image/1?rand=2",
        ),
        ("/mj/image/1", "https://relay.example/api", "https://relay.example/mj/image/1"),
        ("http://127.0.0.1:9/mj/image/1", "http://127.0.0.1:8000", "http://127.0.0.1:9/mj/image/1"),
        ("/mj/image/1", "http://127.0.0.1:8000", "http://127.0.0.1:8000/mj/image/1"),
        (
            "https://cdn.discordapp.com/attachments/1/2/a_b.png?ex=6893&is=6892&hm=ab&",
            "https://relay.example",
            "https://cdn.discordapp.com/attachments/1/2/a_b.png?ex=6893&is=6892&hm=ab&",
        ),
        ("ftp://x.example/a", "https://relay.example", ""),
        ("javascript:alert(1)", "https://relay.example", ""),
        ("https://[", "https://relay.example", ""),
        ("", "https://relay.example", ""),
        (None, "https://relay.example", ""),
    ],
)
def test_picture_urls_lead_somewhere_and_keep_their_signature(url, home, found):
    assert picture_url(url, home) == found


def test_a_previews_key_does_not_change_with_rand():
    url = "https://relay.example/mj/image/1?rand="

    assert preview_key(url + "1", 31) == preview_key(url + "2", 31)
    assert preview_key(url + "1", 31) != preview_key(url + "1", 46)
    assert preview_key("https://x.example/a_0.webp", 31) == preview_key("https://x.example/a_0.webp", 46)
    assert preview_key("https://x.example/a_0.webp", 31) != preview_key("https://x.example/a_1.webp", 31)


def test_a_rowful_of_trueais_extra_fields_is_read(png):
    tiles = [{"url": f"https://cdn.midjourney.com/{H0}/0_{i}.png", "thumbnail": "x"} for i in range(4)]
    row = novi_row(
        status="SUCCESS",
        imageUrl=tiles[0]["url"],
        imageUrls=tiles,
        isCompleted=True,
        displays={"status": "成功"},
        replicateSource=None,
        buttons=grid_buttons(),
    )

    assert report(row).images == tuple(each["url"] for each in tiles)
    whole = report({**row, "imageUrl": "https://x.example/grid.png"})
    assert whole.images == ("https://x.example/grid.png",)


def test_a_video_task_has_videos():
    urls = [{"url": f"https://cdn.midjourney.com/video/{H1}/{i}.mp4", "thumbnail": "x"} for i in range(2)]
    row = novi_row(action="VIDEO", status="SUCCESS", videoUrl=urls[0]["url"], videoUrls=urls)
    row["imageUrl"] = urls[0]["url"]

    seen = report(row)

    assert seen.videos == tuple(each["url"] for each in urls)
    assert seen.images == ()
    assert report({**row, "videoUrls": None}).videos == (urls[0]["url"],)


@pytest.mark.parametrize(
    ("reason", "kind", "detail", "again"),
    [
        ("[Invalid parameter] Unrecognized parameter(s): `--zz`", Kind.PARAMETER, "--zz", False),
        ("[Invalid parameter] `--ar 1:999` is out of range", Kind.PARAMETER, "--ar", False),
        ("[Invalid prompt] empty", Kind.REQUEST, "", False),
        ("[Invalid link] Could not fetch image", Kind.REQUEST, "", False),
        ("Invalid Form Body", Kind.REQUEST, "", False),
        ("[Banned prompt detected] The word `nude` is banned. …", Kind.CONTENT, "nude", False),
        ("[Request cancelled due to output filters] Sorry", Kind.CONTENT, "", False),
        ("[Image denied] no", Kind.CONTENT, "", False),
        ("可能包含敏感词", Kind.CONTENT, "", False),
        ("可能包含违规信息", Kind.CONTENT, "", False),
        ("Failed to process your command :kiwi:", Kind.UPSTREAM, "", True),
        ("[Queue full] Your job queue is full", Kind.QUEUE, "", True),
        ("任务超时", Kind.TIMEOUT, "", True),
        ("执行超时 5 分钟", Kind.TIMEOUT, "", True),
        ("任务提交超时", Kind.TIMEOUT, "", True),
        ("上游任务超时（超过1小时）", Kind.TIMEOUT, "", True),
        ("超时，未找到消息", Kind.TIMEOUT, "", True),
        ("未找到父级任务", Kind.GONE, "", True),
        ("实例不可用", Kind.UPSTREAM, "", True),
        ("[Internal Server Error] x", Kind.UPSTREAM, "", True),
        ("[Blocked] Your account has been blocked", Kind.UPSTREAM, "", True),
        ("Subscription required", Kind.UPSTREAM, "", True),
        ("获取渠道信息失败，请联系管理员，渠道ID：7", Kind.UPSTREAM, "", True),
        ("主动取消任务", Kind.CANCELLED, "", False),
        ("", Kind.UPSTREAM, "", True),
    ],
)
def test_a_failure_is_read_and_its_words_are_kept(reason, kind, detail, again):
    failure = failure_of(reason)

    assert (failure.kind, failure.reason, failure.detail, failure.again) == (kind, reason, detail, again)


@UNHURRIED
@given(st.text(), st.text())
def test_any_reason_is_a_failure(reason, banned):
    assert failure_of(reason, banned).reason == reason


@pytest.mark.parametrize("progress", ["100%", "", "93%"])
def test_a_failed_row_has_no_percent_whatever_it_says(progress):
    seen = report(
        relay_row(status="FAILURE", progress=progress, failReason="任务超时", startTime=1000, finishTime=2000)
    )

    assert (seen.stage, seen.percent, seen.failure.kind, seen.seconds) == (
        Stage.FAILED,
        None,
        Kind.TIMEOUT,
        1.0,
    )


def test_cancelled_is_cancelled_in_both_spellings():
    plus = report(novi_row(status="CANCEL"))
    true = report(novi_row(status="FAILURE", progress="", failReason="取消任务"))

    assert plus.stage is true.stage is Stage.CANCELLED
    assert plus.failure.kind is true.failure.kind is Kind.CANCELLED


def test_a_place_in_the_queue_is_told_until_it_starts():
    waiting = novi_row(properties={"numberOfQueues": 2})

    assert report(waiting).queue == 2
    assert report({**waiting, "status": "IN_PROGRESS"}).queue is None


@pytest.mark.parametrize(
    ("words", "found"), [("1️⃣ a fox", "a fox"), ("2⃣a fox", "a fox"), ("10 foxes", "10 foxes"), ("", "")]
)
def test_a_keycap_in_front_is_taken_off(words, found):
    assert without_keycap(words) == found
