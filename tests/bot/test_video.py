"""Clips: from words, between pictures, and longer."""

import pytest

from bot.engines.luma.generations import report_of
from bot.jobs import Accepted, Progress
from bot.messages import Attachment, Quoted
from tests.scripted import ScriptedEngine, labels, png, service

MP4 = b"\x00\x00\x00\x18ftypisom" + bytes(40)
URL = "https://cdn.example/k.mp4"


@pytest.fixture
def luma():
    engine = ScriptedEngine()
    engine.name = "luma"
    engine.pictures[URL] = MP4
    return engine


def clip() -> Progress:
    row = {"id": "1", "prompt": "a kitten yawns", "state": "completed", "video": {"url": URL}}
    return report_of(row, "", extends=True)


def picture(colour: str) -> Attachment:
    async def load() -> bytes:
        return png(colour)

    return Attachment(f"{colour}.png", "image/png", 100, load)


async def filmed(bot, luma, words="/video a kitten yawns", task="t", **more):
    luma.outcomes.append(Accepted(task))
    before = len(bot.chat().messages)
    await bot.say(words, **more)
    luma.reports[task] = clip()
    await bot.chat().until(lambda chat: len(chat.messages) > before and bool(chat.last.files))


async def test_a_clip_arrives_as_a_video(tmp_path, luma):
    async with service(tmp_path, others={"luma": luma}) as bot:
        await filmed(bot, luma, "/video ratio=9:16 loop=yes a kitten yawns")

        card = bot.chat().last
        (video,) = card.files
        assert (video.media_type, await video.load()) == ("video/mp4", MP4)
        assert "Clip" in card.text
        assert labels(card) == ["⏩ Extend"]
        ((order, _ref),) = luma.submitted
        assert (order.verb, order.prompt) == ("video", "a kitten yawns")
        assert order.options == {"ratio": "9:16", "loop": "yes"}


async def test_a_clip_that_tells_no_percent_is_under_way(tmp_path, luma):
    async with service(tmp_path, others={"luma": luma}) as bot:
        luma.outcomes.append(Accepted("t"))
        await bot.say("/video a kitten yawns")
        luma.reports["t"] = report_of({"id": "t", "state": "processing"}, "", extends=True)
        await bot.chat().until(lambda chat: any(seen.note == "Under way." for *_, seen in chat.history))


async def test_it_goes_from_one_picture_to_another(tmp_path, luma):
    async with service(tmp_path, others={"luma": luma}) as bot:
        quoted = Quoted("Ann", "", attachments=(picture("red"),))
        await bot.say("/video", quoted=quoted, attachments=(picture("blue"),))
        await bot.work.idle()

        ((order, _ref),) = luma.submitted
        assert [await bot.storage.files.get(each) for each in order.images] == [png("red"), png("blue")]


async def test_a_clip_is_extended_with_words(tmp_path, luma):
    async with service(tmp_path, others={"luma": luma}) as bot:
        await filmed(bot, luma)
        await bot.press("⏩ Extend")
        assert bot.chat().questions[0].default == "a kitten yawns"
        await bot.press("⏩ Extend", text="it falls asleep")
        await bot.work.idle()

        assert luma.acted[0][1].id == "extend"
        assert luma.said == ["it falls asleep"]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("/video", "Say what is to happen"),
        ("/video " + "a" * 2001, "at most 2000 characters"),
    ],
)
async def test_what_would_fail_is_told_before_it_costs(tmp_path, luma, typed, sentence):
    async with service(tmp_path, others={"luma": luma}) as bot:
        await bot.say(typed)

        assert sentence in bot.chat().notices[-1]
        assert luma.submitted == []


async def test_three_pictures_are_too_many(tmp_path, luma):
    async with service(tmp_path, others={"luma": luma}) as bot:
        await bot.say("/video", attachments=tuple(map(picture, ("red", "green", "blue"))))

        assert bot.chat().notices == ["At most 2 pictures at a time, please."]


async def test_where_there_is_no_video_a_sentence_says_so(tmp_path):
    async with service(tmp_path) as bot:
        await bot.say("/video a kitten")

        assert bot.chat().notices == ["The gateway behind this bot makes no videos."]


async def test_without_luma_midjourney_animates_pictures_and_nothing_else(tmp_path):
    class Absent(ScriptedEngine):
        async def offered(self, verb=""):
            return False

    midjourney, absent = ScriptedEngine(), Absent()
    midjourney.name, absent.name = "midjourney", "luma"
    async with service(tmp_path, others={"luma": absent, "midjourney": midjourney}) as bot:
        await bot.say("/video a kitten yawns")
        await bot.say("/video a kitten yawns", attachments=(picture("red"),))
        await bot.work.idle()

        assert "from pictures alone" in bot.chat().notices[0]
        assert midjourney.submitted[0][0].verb == "video"
        assert absent.submitted == []
