"""Chat models that paint: every recorded kind of answer, read whole and in pieces, and the engine itself."""

import asyncio
import base64
import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engines.chat_image import ChatImages
from bot.engines.chat_image.client import prompt_of
from bot.engines.chat_image.links import Sort, addresses_in, links_in
from bot.engines.chat_image.progress import progress_in
from bot.engines.chat_image.reading import read
from bot.errors import Kind, Refused, Unsupported
from bot.jobs import Action, Asks, Order, Stage
from tests.bot.engines.ending import ended, reported
from tests.bot.engines.service import Reply
from tests.bot.gateway.server import DONE, Gateway, delta, stream
from tests.fakes import MemoryFiles

ANSWERS = Path(__file__).with_name("answers")
CDN = "https://cdn.relay.example/cdn/20250411"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
DIGEST = hashlib.sha256(PNG).hexdigest()
DATA_URL = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
JOB = "11111111-2222-3333-4444-555555555555"

EVENTS = {"content-type": "text/event-stream"}
CHAT = "POST /v1/chat/completions"
MODELS = {"object": "list", "data": [{"id": "gpt-4o"}, {"id": "gpt-4-all"}, {"id": "mj-chat"}]}


def answer(name: str) -> str:
    return (ANSWERS / f"{name}.md").read_text(encoding="utf-8")


def sorts(text: str) -> list[Sort]:
    return [link.sort for link in links_in(text)]


# --- whole answers --------------------------------------------------------------------------


def test_mj_chat_as_discord_shows_it():
    text = answer("mj_chat_discord")
    found = read(text)

    assert found.pictures == (f"{CDN}/Qm7.png",)
    previews = [link.target for link in links_in(text) if link.sort is Sort.PREVIEW]
    assert previews == [f"{CDN}/p{percent}.webp" for percent in (0, 31, 62)]
    assert [(each.words, each.label, each.custom) for each in found.buttons] == [
        ("放大第一张", "U1", f"MJ::JOB::upsample::1::{JOB}"),
        ("第一张变体", "V1", f"MJ::JOB::variation::1::{JOB}"),
        ("重新生成", "🔄", f"MJ::JOB::reroll::0::{JOB}::SOLO"),
    ]
    assert (found.caption, found.failure) == ("", None)
    assert found.prompt == "a curious ginger cat on a mossy wall, soft morning light --ar 3:2"


def test_mj_chat_as_a_task():
    text = answer("mj_chat_tasks")
    found = read(text)

    assert found.pictures == (f"{CDN}/Lb2.png",)
    assert [each.label for each in found.buttons] == ["U1"]
    assert found.caption == ""
    assert progress_in(text).percent == 100


def test_gpt_4_all_with_two_pictures_and_prose():
    found = read(answer("gpt_4_all"))

    assert found.pictures == (f"{CDN}/Ra1.webp", f"{CDN}/Rb2.webp")
    assert found.caption == "Here are the two versions you asked for."
    assert found.prompt.startswith("Two cheerful robots")


def test_gpt_4o_image():
    found = read(answer("gpt_4o_image"))

    assert found.pictures == (f"{CDN}/P9.png",)
    assert (found.caption, found.prompt) == ("", "Turn the attached photo into a paper-cut illustration")


def test_sora_image():
    text = answer("sora_image")
    found = read(text)

    assert found.pictures == ("https://pro.cdn.example/cdn/20250411/5d41402a.png",)
    assert sorts(text).count(Sort.STATUS) == 2
    assert Sort.LAST_STEP in sorts(text)
    assert found.caption.strip(" |") == ""


def test_sora_image_in_english_with_two_pictures():
    text = (
        '```json\n{"prompt":"two lighthouses","ratio":"1:1","n":2}\n```\n\n> ID: `t1`\n>🕐 Queuing....\n\n'
        ">⚡ Generating...\n\n>🏃 Progress 7....25...[100](https://v.example/assets/u_0.png?sig=a)\n\n"
        "> ✅ Generation complete\n\n![gen_1](https://p.example/cdn/1.png)\n![gen_2](https://p.example/cdn/2.png)"
        "\n\n[Click to download](https://p.example/cdn/download/1.png)\n"
        "[Click to download](https://p.example/cdn/download/2.png)\n"
    )
    found = read(text)

    assert found.pictures == ("https://p.example/cdn/1.png", "https://p.example/cdn/2.png")
    assert sorts(text).count(Sort.DOWNLOAD) == 2
    assert (found.caption, found.failure) == ("", None)
    assert progress_in(text.partition("[100]")[0]).percent == 25


def test_stable_diffusion_has_no_ending_and_keeps_its_query():
    found = read(answer("stable_diffusion"))

    assert len(found.pictures) == 1
    assert str(found.pictures[0]).endswith("0123456789abcdef?w=1024&h=1024&pmaid=70000001")
    assert found.caption == ""


def test_flux_draws_its_own_address():
    found = read(answer("flux"))

    assert (found.pictures, found.caption) == (("https://img.flux.example/out/77.webp",), "")


def test_gemini_puts_the_picture_into_the_text():
    found = read(answer("gemini"))

    assert (found.pictures, found.caption) == ((PNG,), "Sure, here is the picture.")


def test_a_picture_apart_from_the_text():
    assert read("Done.", [PNG]).pictures == (PNG,)
    assert read("Done.", [PNG]).caption == "Done."


def test_nothing_but_a_data_url():
    assert read(DATA_URL).pictures == (PNG,)


def test_base64_by_another_name():
    assert read(f"![x](base64://{base64.b64encode(PNG).decode()})").pictures == (PNG,)


def test_moderation_that_comes_with_a_good_status():
    found = read(answer("moderated"))

    assert found.failure is not None
    assert (found.failure.kind, found.failure.reason) == (Kind.CONTENT, "input_moderation")
    assert not found.failure.again


def test_a_soft_failure_tells_its_reason_in_prose():
    found = read(answer("rate_limited"))

    assert found.pictures == ()
    assert found.failure is not None
    assert found.failure.kind is Kind.UPSTREAM
    assert found.failure.reason.startswith(
        "I wasn't able to generate the image because there is a rate limit"
    )
    assert found.failure.again


def test_a_film_has_a_cover_and_no_picture_of_its_own():
    found = read(answer("video"))

    assert (found.films, found.cover, found.pictures) == ((f"{CDN}/v1.mp4",), f"{CDN}/v1.webp", ())
    assert (found.caption, found.failure) == ("", None)


SONG = (
    "请求成功，正在生成歌曲，请稍等片刻...🎵🎵🎵\n***\n"
    "###🎵 歌曲名： Rain in the City\n**模型版本：** chirp-v3-5\n"
    "**歌词：**\n[Verse]\nRain, rain\n\n**版本ID： ** abc\n**音乐时长： ** 120秒\n**资源链接：**\n"
    "- 🖼 封面: ![封面](https://cdn.suno.example/i.png)\n- 🎧 音频: [点击听歌](https://cdn.suno.example/a.mp3)\n"
    "- 🎬 视频: [点击观看](https://cdn.suno.example/a.mp4)\n"
)
OTHER_SONG = (
    "#### 🎵Rain\n\n> id\n`abc`\n等待中: 🎵🎵\n***音乐正在生成中, 可以边播边生成***\n"
    "音频1🎧: [点击播放](https://pipe.example/live.mp3)\n> 等待完整音乐生成: 🎵🎵\n\n"
    "![image](https://cdn.suno.example/i.png)\n音频🎧: [点击播放](https://cdn.suno.example/a.mp3)\n"
)


@pytest.mark.parametrize(
    ("text", "title", "lyrics"), [(SONG, "Rain in the City", "[Verse]\nRain, rain"), (OTHER_SONG, "Rain", "")]
)
def test_a_song_has_a_title_a_cover_and_its_finished_sound(text, title, lyrics):
    found = read(text)

    assert found.sounds == ("https://cdn.suno.example/a.mp3",)
    assert (found.title, found.cover) == (title, "https://cdn.suno.example/i.png")
    assert (found.pictures, found.films, found.failure) == ((), (), None)
    assert found.caption == lyrics


def test_a_download_that_is_drawn_is_no_second_picture():
    text = (
        "![image1](https://c.example/cdn/20250411/k.webp)\n\n"
        "![下载1](https://c.example/cdn/download/20250411/k.webp)"
    )
    assert read(text).pictures == ("https://c.example/cdn/20250411/k.webp",)


def test_a_foreign_picture_in_prose_is_a_picture_too():
    found = read("And here is another image: ![x](https://example.com/other.png)")

    assert found.pictures == ("https://example.com/other.png",)
    assert found.caption == "And here is another image:"


def test_an_upscale_without_a_prompt():
    text = f"![undefined]({CDN}/U1.png)\n[⏬下载]({CDN}/download/U1.png)"

    assert read(text).pictures == (f"{CDN}/U1.png",)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("该图像处理服务器已掉线", Kind.UPSTREAM),
        ("Generate action failed", Kind.UPSTREAM),
        ("Image urls length should between [2,5]", Kind.UPSTREAM),
        ("timeout", Kind.TIMEOUT),
        ('```json\n{"type":"imagine","prompt":"a cat"}\n```\n\n> 提交任务✅ \n> 生成中.0%..', Kind.UPSTREAM),
        ("> 生成失败 ❌\n> 失败原因：余额不足", Kind.QUOTA),
    ],
)
def test_answers_that_should_have_held_a_picture(text, kind):
    failure = read(text).failure

    assert failure is not None
    assert failure.kind is kind


def test_words_are_words():
    found = read("A fox is a small wild dog.\n\nShall I paint one? See [this](https://foxes.example/red).")

    assert found.failure is None
    assert found.caption == (
        "A fox is a small wild dog.\n\nShall I paint one? See [this](https://foxes.example/red)."
    )


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Here: https://x.example/a.png.", "https://x.example/a.png"),
        ("image1 (https://x.example/a.png)", "https://x.example/a.png"),
        ("(https://x.example/a_(1).png)", "https://x.example/a_(1).png"),
        ("看 https://x.example/a.webp。", "https://x.example/a.webp"),
        (
            "https://dalleproduse.blob.core.windows.net/private/a.png?se=2025&amp;sig=Zx%3D",
            "https://dalleproduse.blob.core.windows.net/private/a.png?se=2025&sig=Zx%3D",
        ),
        (
            "https://pfst.cf2.poecdn.net/base/image/0a1b?w=1",
            "https://pfst.cf2.poecdn.net/base/image/0a1b?w=1",
        ),
        ("[the picture](https://x.example/a.png)", "https://x.example/a.png"),
        ("[100](https://x.example/a.png)", "https://x.example/a.png"),
        ("[下载](https://x.example/download/a.png)", "https://x.example/download/a.png"),
    ],
)
def test_a_picture_that_is_not_drawn_is_found_all_the_same(text, address):
    assert read(text).pictures == (address,)


def test_an_ordinary_address_is_no_picture():
    assert list(addresses_in("see https://x.example/page.html and http://x.example")) == []


@pytest.mark.parametrize(
    "label",
    ["a [red] fox", "two\nlines", "第一张 ] 图", "下载", "100%", "数据预览", "https://x.example/a.png", ""],
)
def test_the_text_of_a_picture_may_be_anything(label):
    assert read(f"Before. ![{label}](https://x.example/a.png) After.").pictures == (
        "https://x.example/a.png",
    )


def test_brackets_in_an_address_and_a_title_behind_it():
    text = '![a](https://x.example/a_(1).png "A title") [b](https://x.example/b.png'

    assert [link.target for link in links_in(text)] == ["https://x.example/a_(1).png"]


@given(st.text(alphabet='![]()"` \n\t{}>|0123%.:/ahtps进度下载', max_size=200))
def test_any_text_is_survived(text):
    read(text)
    progress_in(text)


# --- while it is written --------------------------------------------------------------------


def told(text: str) -> list[int]:
    """The percents that are told when it comes sign by sign."""
    percents = [progress_in(text[:end]).percent or 0 for end in range(1, len(text) + 1)]
    return list(dict.fromkeys(percents))


def test_percents_are_told_only_when_they_are_complete():
    assert told(answer("gpt_4o_image")) == [1, 2, 34, 67]
    assert told(answer("mj_chat_discord")) == [1, 31, 62, 100]
    assert told(answer("mj_chat_tasks")) == [1, 24, 57, 93, 100]
    assert told(answer("sora_image")) == [1, 7, 31, 72, 100]


def test_previews_come_one_after_another():
    text = answer("mj_chat_discord")
    previews = [progress_in(text[:end]).preview for end in range(len(text) + 1)]

    assert list(dict.fromkeys(previews)) == [
        "",
        *(f"{CDN}/p{percent}.webp" for percent in (0, 31, 62)),
        f"{CDN}/Qm7.png",
    ]


@pytest.mark.parametrize("name", sorted(each.stem for each in ANSWERS.glob("*.md")))
def test_progress_only_grows_and_nothing_half_is_believed(name):
    text = answer(name)
    whole = {link.target for link in links_in(text)}
    before = 0
    for end in range(len(text)):
        seen = progress_in(text[:end])
        assert (seen.percent or 0) >= before
        before = seen.percent or 0
        assert {link.target for link in links_in(text[:end])} <= whole


# --- what is asked --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "asked"),
    [
        ("mj-chat", "a fox --ar 3:2 --no dogs --v 7"),
        ("gpt-4o-image", "a fox\n\nAspect ratio: 3:2.\n\nWithout: dogs."),
        ("gpt-4-all", "Please draw this picture:\n\na fox\n\nAspect ratio: 3:2.\n\nWithout: dogs."),
    ],
)
def test_flags_are_for_midjourney_and_words_for_the_others(model, asked):
    assert prompt_of("a fox --ar 3:2 --no dogs --v 7", model) == asked


@pytest.fixture
def files():
    return MemoryFiles()


@pytest.fixture
async def engine(service, client, files):
    service.on("GET /v1/models", MODELS)
    engine = ChatImages(client, service.url, "sk-test", files=files, pause=0.001)
    yield engine
    await engine.close()


def streamed(text: str) -> Reply:
    return Reply(b"".join([delta(text), delta(finish="stop"), DONE]), headers=EVENTS)


def order(prompt="a red fox", model="", **more):
    return Order(prompt, options={"model": model} if model else {}, **more)


async def painted(engine, asked, images=()):
    return await ended(engine, (await engine.submit(asked, images, "ref")).task)


def on_disk(service, text: str) -> str:
    """An answer whose pictures can be had, from our own service."""
    for name in ("Qm7.png", "P9.png", "Q.png", "v1.mp4"):
        service.on(f"GET /cdn/20250411/{name}", Reply(PNG))
    return text.replace("https://cdn.relay.example", service.url)


async def test_the_first_model_that_paints_is_asked_and_its_picture_kept(service, engine, files):
    service.on(CHAT, streamed(on_disk(service, answer("mj_chat_discord"))))
    seen = await painted(engine, order("a cat --ar 3:2"))
    (body,) = service.bodies(CHAT)

    assert (seen.stage, seen.images) == (Stage.DONE, (f"kept:{DIGEST}",))
    assert await engine.fetch(seen.images[0]) == PNG
    assert body["model"] == "mj-chat"
    assert body["messages"] == [{"role": "user", "content": "a cat --ar 3:2"}]
    assert [(each.label, each.name) for each in seen.actions] == [
        ("U1", "upscale:1"),
        ("V1", "variation:1"),
        ("🔄", "reroll"),
    ]


async def test_a_button_is_pressed_with_everything_that_was_said_before(service, engine):
    said = on_disk(service, answer("mj_chat_discord"))
    service.on(CHAT, streamed(said), streamed(f"![undefined]({service.url}/cdn/20250411/Q.png)"))
    first = await painted(engine, order("a cat"))
    pressed = await ended(engine, (await engine.act("of-long-ago", first.actions[0], "ref-2")).task)

    assert pressed.images == (f"kept:{DIGEST}",)
    assert service.bodies(CHAT)[1]["messages"] == [
        {"role": "user", "content": "a cat"},
        {"role": "assistant", "content": said},
        {"role": "user", "content": "放大第一张"},
    ]


async def test_a_change_with_words_sends_the_picture(service, engine):
    service.on(CHAT, streamed(on_disk(service, answer("gpt_4o_image"))))
    first = await painted(engine, order("a fox", "gpt-4o-image"))
    again, edit = first.actions
    await ended(engine, (await engine.act("t", edit, "ref-2", text="in blue")).task)
    await ended(engine, (await engine.act("t", again, "ref-3")).task)

    _first, second, third = (body["messages"] for body in service.bodies(CHAT))
    assert (again.name, edit.name, edit.asks) == ("reroll", "edit:1", Asks.PROMPT)
    assert [part["type"] for part in second[0]["content"]] == ["text", "image_url"]
    assert second[0]["content"][0]["text"] == "in blue"
    assert third == _first


@pytest.mark.parametrize(("name", "paid"), [("gpt_4o_image", "P9.png"), ("mj_chat", "Q.png")])
async def test_recorded_streams(service, engine, name, paid):
    recorded = (ANSWERS / f"{name}.sse").read_text(encoding="utf-8")
    service.on(CHAT, Reply(on_disk(service, recorded), headers=EVENTS))
    seen = await painted(engine, order("a cat", "mj-chat"))

    assert (seen.images, seen.text) == ((f"kept:{DIGEST}",), "")
    assert service.count(f"GET /cdn/20250411/{paid}") == 1


async def test_progress_and_previews_are_seen_while_it_paints(client, files):
    recorded = (ANSWERS / "mj_chat.sse").read_bytes()
    cut = recorded.index(b"[100%]")
    hold = asyncio.Event()
    async with Gateway() as gateway:
        gateway.answers(stream(recorded[:cut], recorded[cut:], hold=hold))
        engine = ChatImages(client, gateway.url, "k", files=files, pause=0.001)
        task = (await engine.submit(order("a cat", "mj-chat"), [], "ref")).task
        seen = await reported(engine, task, lambda seen: seen.percent == 46)
        assert (seen.stage, seen.preview) == (Stage.RUNNING, f"{CDN}/p46.webp")
        assert seen.preview_key == seen.preview
        hold.set()
        seen = await ended(engine, task)

    assert (seen.stage, seen.images) == (Stage.DONE, (f"{CDN}/Q.png",))


async def test_a_film(service, engine):
    service.on(CHAT, streamed(on_disk(service, answer("video"))))
    seen = await painted(engine, order("waves", "luma-video"))

    assert (seen.images, seen.videos) == ((), (f"kept:{DIGEST}",))


async def test_a_song(service, engine):
    for name in ("i.png", "a.mp3"):
        service.on(f"GET /{name}", Reply(PNG))
    service.on(CHAT, streamed(SONG.replace("https://cdn.suno.example", service.url)))
    seen = await painted(engine, order("rain", "suno-v3.5", verb="music"))

    assert (seen.images, seen.audios, seen.videos) == ((f"kept:{DIGEST}",), (f"kept:{DIGEST}",), ())
    assert (seen.title, [each.name for each in seen.actions]) == ("Rain in the City", ["reroll"])
    assert "Rain, rain" in seen.text


async def test_pictures_apart_from_the_text_are_kept_too(service, engine):
    images = [{"type": "image_url", "image_url": {"url": DATA_URL}}]
    message = {"role": "assistant", "content": "Done.", "images": images}
    whole = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    service.on(CHAT, whole)
    seen = await painted(engine, order("a fox", "gemini-2.5-flash-image"))

    assert (seen.images, seen.text) == ((f"kept:{DIGEST}",), "Done.")


async def test_words_alone_are_delivered(service, engine):
    service.on(CHAT, streamed("What kind of fox?"))
    seen = await painted(engine, order("a fox", "gpt-4-all"))

    assert (seen.stage, seen.images, seen.text) == (Stage.DONE, (), "What kind of fox?")


@pytest.mark.parametrize(("name", "kind"), [("moderated", Kind.CONTENT), ("rate_limited", Kind.UPSTREAM)])
async def test_a_failure_in_words_is_a_failure(service, engine, name, kind):
    service.on(CHAT, streamed(answer(name)))
    seen = await painted(engine, order("a castle", "gpt-4-all"))

    assert (seen.stage, seen.failure.kind) == (Stage.FAILED, kind)
    assert service.count(CHAT) == 1


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(b"", fault="reset"), Kind.OUTCOME),
        (Reply("<html><title>524</title></html>", 524), Kind.OUTCOME),
        (Reply("", 504), Kind.OUTCOME),
        (Reply({"error": {"message": "bad response status code 502"}}, 502), Kind.UPSTREAM),
        (Reply(delta("> 生成中"), fault="half", headers=EVENTS), Kind.UPSTREAM),
        (Reply(DONE, headers=EVENTS), Kind.EMPTY),
    ],
)
@pytest.mark.parametrize("model", ["mj-chat", "gpt-4-all"])
async def test_what_is_lost_is_not_asked_for_twice(service, engine, reply, kind, model, png):
    service.on(CHAT, reply)
    seen = await painted(engine, order("a fox", model), [png(30, 30)])

    assert (seen.stage, seen.failure.kind) == (Stage.FAILED, kind)
    assert service.count(CHAT) == 1


async def test_a_picture_that_came_before_the_end_broke_off_is_not_lost(service, engine):
    text = on_disk(service, f"> 生成中\n![x]({CDN}/Q.png)\n")
    service.on(CHAT, Reply(delta(text), fault="half", headers=EVENTS))

    assert (await painted(engine, order("a fox", "mj-chat"))).images == (f"kept:{DIGEST}",)


async def test_kinds_of_models(engine):
    assert await engine.models() == ["mj-chat", "gpt-4-all"]
    assert await engine.offered()


async def test_songs_and_clips_need_a_model_of_their_own(service, engine):
    assert not await engine.offered("music")
    assert not await engine.offered("lyrics")
    with pytest.raises(Refused):
        await engine.submit(order("rain", verb="music"), [], "ref")
    assert service.count(CHAT) == 0


async def test_a_song_is_asked_of_the_model_that_sings_with_all_that_is_known_of_it(service, client, files):
    service.on("GET /v1/models", {"data": [{"id": "mj-chat"}, {"id": "suno-v3.5"}, {"id": "luma-video"}]})
    service.on(CHAT, streamed("生成失败"))
    engine = ChatImages(client, service.url, "sk-test", files=files, model="mj-chat")
    options = {"title": "Rain", "style": "folk", "lyrics": "yes"}

    assert await engine.offered("music")
    assert await engine.offered("video")
    await painted(engine, Order("[Verse]\nSoft rain", verb="music", options=options))
    await painted(engine, Order("a kitten yawns", verb="video", options={"ratio": "1:1"}))
    await engine.close()

    song, clip = service.bodies(CHAT)
    assert (song["model"], clip["model"]) == ("suno-v3.5", "luma-video")
    assert song["messages"][-1]["content"] == "Title: Rain\nStyle: folk\n\n[Verse]\nSoft rain"
    assert clip["messages"][-1]["content"] == "a kitten yawns"


async def test_what_it_cannot_do(engine):
    with pytest.raises(Unsupported):
        await engine.submit(Order("", verb="describe"), [PNG], "ref")
    for action in ("MJ::JOB::reroll", "ask x", f"ask {json.dumps({'model': 'x'})}"):
        with pytest.raises(Unsupported):
            await engine.act("t", Action(action, "x"), "ref")
    with pytest.raises(Unsupported):
        await engine.confirm("t", "words")
