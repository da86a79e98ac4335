"""Songs: ordered from words or lyrics, heard, continued, and never paid for twice."""

import io
import wave

import pytest

from bot.engines.suno.clips import report_of, said_in
from bot.errors import Kind, OutcomeUnknown, Unavailable
from bot.jobs import Accepted, Failure, Progress, Stage
from tests.scripted import BOB, ScriptedEngine, labels, png, service

CLIP = {
    "id": "c1",
    "status": "complete",
    "audio_url": "https://cdn.example/c1.wav",
    "image_url": "https://cdn.example/c1.jpeg",
    "title": "Rain Walk",
    "metadata": {"tags": "lofi", "duration": 121.4, "prompt": "[Verse]\nSoft *rain*\n\n[Chorus]\nSun"},
}
LYRICS = "[Verse]\nSoft rain"


def wav() -> bytes:
    data = io.BytesIO()
    with wave.open(data, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(bytes(1600))
    return data.getvalue()


def song(*clips: dict) -> Progress:
    """The report of a finished song, as the engine reads it."""
    said = said_in({"code": "success", "data": {"status": "SUCCESS", "data": list(clips)}}, "")
    return report_of(said, extends=True, joins=True)


@pytest.fixture
def suno():
    engine = ScriptedEngine()
    engine.name = "suno"
    engine.pictures[CLIP["audio_url"]] = wav()
    return engine


async def sung(bot, suno, words="/music calm piano about rain", *clips):
    suno.outcomes.append(Accepted("suno/fetch/1"))
    await bot.say(words)
    suno.reports["suno/fetch/1"] = song(*(clips or (CLIP,)))
    await bot.chat().until(lambda chat: chat.messages and chat.last.files and not chat.last.growing)


async def test_a_song_arrives_with_its_cover_its_name_and_its_lyrics(tmp_path, suno):
    async with service(tmp_path, others={"suno": suno}) as bot:
        await sung(bot, suno)

        card = bot.chat().last
        (sound,) = card.files
        assert (sound.name, sound.media_type) == ("Rain Walk.wav", "audio/wav")
        assert await sound.load() == wav()
        assert await card.images[0].load() == png()
        assert "Song" in card.text
        assert "calm piano about rain" in card.text
        assert "**Rain Walk**\n\nlofi · 2:01\n\n\\[Verse]  \nSoft \\*rain\\*" in card.text
        assert labels(card) == ["1️⃣ Continue", "1️⃣ Continue with lyrics"]
        assert bot.engine.submitted == []


@pytest.mark.parametrize(
    ("typed", "prompt", "options"),
    [
        ("/music calm piano", "calm piano", {}),
        ("/song style=lofi calm piano", "calm piano", {"style": "lofi"}),
        (f"/music lyrics=yes {LYRICS}", LYRICS, {"lyrics": "yes"}),
        (f"/music {LYRICS}", LYRICS, {"lyrics": "yes"}),  # its sections say what it is
        (
            f"/music Title: Rain Walk\nStyle: lofi, mellow\n\n{LYRICS}",
            LYRICS,
            {"lyrics": "yes", "title": "Rain Walk", "style": "lofi, mellow"},
        ),
        ("/music 风格：民谣\n下雨的城市", "下雨的城市", {"style": "民谣"}),
        ("/music instrumental=yes rain", "rain", {"instrumental": "yes"}),
        ("/music instrumental=yes style: lofi", "lofi", {"instrumental": "yes", "style": "lofi"}),
        (f"/music instrumental=yes {LYRICS}", LYRICS, {"instrumental": "yes"}),
    ],
)
async def test_what_is_typed_is_what_is_ordered(tmp_path, suno, typed, prompt, options):
    async with service(tmp_path, others={"suno": suno}) as bot:
        await bot.say(typed)
        await bot.work.idle()

        ((order, _ref),) = suno.submitted
        assert (order.verb, order.prompt, order.options) == ("music", prompt, options)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("/music style: lofi", "Say what the song is to be about"),
        ("/music " + "a" * 401, "401 characters of 400"),
        ("/music title=" + "a" * 81 + " rain", "81 characters of 80"),
    ],
)
async def test_what_would_fail_is_told_before_it_costs(tmp_path, suno, typed, sentence):
    async with service(tmp_path, others={"suno": suno}) as bot:
        await bot.say(typed)

        assert sentence in bot.chat().notices[-1]
        assert suno.submitted == []


async def test_lyrics_are_written(tmp_path, suno):
    async with service(tmp_path, others={"suno": suno}) as bot:
        suno.outcomes.append(Accepted("l"))
        await bot.say("/lyrics rain in the city")
        suno.reports["l"] = Progress(Stage.DONE, 100, title="Rain", text="[Verse]\nSoft rain")
        await bot.chat().until(lambda chat: chat.messages and "Soft rain" in chat.last.text)

        assert "**Rain**\n\n\\[Verse]  \nSoft rain" in bot.chat().last.text


async def test_a_song_goes_on_with_new_words(tmp_path, suno):
    async with service(tmp_path, others={"suno": suno}) as bot:
        await sung(bot, suno)
        await bot.press("1️⃣ Continue with lyrics")
        (question,) = bot.chat().questions
        assert question.default == ""
        await bot.press("1️⃣ Continue with lyrics", text="[Bridge]\nand — again")
        await bot.press("1️⃣ Continue")
        await bot.work.idle()

        (task, action, _), (_, other, _) = suno.acted
        assert (task, action.id, other.id) == ("suno/fetch/1", "lyrics:c1", "extend:c1")
        assert suno.said == ["[Bridge]\nand — again", ""]


async def test_a_continued_song_can_be_joined(tmp_path, suno):
    longer = {**CLIP, "metadata": {**CLIP["metadata"], "history": [{"id": "c0"}]}}
    async with service(tmp_path, others={"suno": suno}) as bot:
        await sung(bot, suno, "/music rain", longer)
        await bot.press("1️⃣ The whole song")
        await bot.work.idle()

        assert suno.acted[0][1].id == "concat:c1"


async def test_a_song_whose_cover_is_gone_is_still_a_song(tmp_path, suno):
    suno.pictures[CLIP["image_url"]] = b"<html>gone</html>"
    async with service(tmp_path, others={"suno": suno}) as bot:
        await sung(bot, suno)

        assert bot.chat().last.images == ()
        assert bot.chat().last.files[0].name == "Rain Walk.wav"


async def test_a_song_that_cannot_be_fetched_is_fetched_later(tmp_path, suno):
    suno.pictures[CLIP["audio_url"]] = b"<html>try later</html>"
    async with service(tmp_path, others={"suno": suno}) as bot:
        suno.outcomes.append(Accepted("t"))
        await bot.say("/music rain")
        suno.reports["t"] = song(CLIP)
        await bot.chat().until(lambda chat: chat.messages and "cannot be downloaded" in chat.last.text)
        assert [button.url for row in bot.chat().last.buttons for button in row][1] == CLIP["audio_url"]
        suno.pictures[CLIP["audio_url"]] = wav()
        await bot.press("Try again")
        await bot.chat().until(lambda chat: bool(chat.last.files))

        assert len(suno.submitted) == 1


async def test_a_busy_service_is_waited_for_and_an_unknown_outcome_is_not(tmp_path, suno):
    suno.outcomes += [Unavailable(retry_after=0.01, kind=Kind.RATE), OutcomeUnknown()]
    async with service(tmp_path, others={"suno": suno}) as bot:
        await bot.say("/music rain")
        await bot.chat().until(lambda chat: chat.messages and "I cannot tell" in chat.last.text)

        assert len(suno.submitted) == 2
        assert labels(bot.chat().last) == ["Retry"]


async def test_moderation_offers_the_words_to_edit(tmp_path, suno):
    async with service(tmp_path, others={"suno": suno}) as bot:
        suno.outcomes.append(Accepted("t"))
        await bot.say("/music like a famous band")
        failure = Failure(Kind.CONTENT, "Song description contained artist name", again=False)
        suno.reports["t"] = Progress(Stage.FAILED, failure=failure)
        await bot.chat().until(lambda chat: chat.messages and "artist name" in chat.last.text)

        assert labels(bot.chat().last) == ["Edit the prompt"]


async def test_where_there_is_no_music_a_sentence_says_so(tmp_path, suno):
    class Absent(ScriptedEngine):
        async def offered(self, verb: str = "") -> bool:
            return False

    for others in ({}, {"suno": Absent()}):
        async with service(tmp_path, others=others) as bot:
            await bot.say("/music rain", author=BOB)

            assert bot.chat().notices == ["The gateway behind this bot makes no music."]
            assert bot.chat().messages == {}


async def test_the_same_command_twice_is_one_song(tmp_path, suno):
    async with service(tmp_path, others={"suno": suno}) as bot:
        for _ in range(2):
            await bot.say("/music rain", id="same")
        await bot.work.idle()

        assert len(suno.submitted) == 1
