"""What people send beside words: recordings, documents, and what nobody here can read."""

import pytest

from bot.errors import Kind, Refused, Unavailable, Unsupported
from bot.messages import Attachment, Channel, Quoted
from tests.bot.test_talk import answered
from tests.pdfs import pdf, saying
from tests.scripted import ScriptedEar, ScriptedModel, answer, png, service

GROUP = Channel("fake", "group")
LISTED = "I can read pictures, recordings, text files and PDFs; {} is none of them."


def file(name, data, media_type, *, size=None):
    """A file that somebody sends; bytes of None may not be fetched."""

    async def load():
        assert data is not None, "fetched in spite of its size"
        return data

    return Attachment(name, media_type, len(data or b"") if size is None else size, load)


def voice(data=b"OggS", **more):
    return file("voice.oga", data, "audio/ogg", **more)


def asked(bot, request=0):
    """What the model was asked."""
    return bot.model.prompts[request].turns[-1].text


async def test_a_recording_becomes_the_question(tmp_path):
    async with service(tmp_path, ear=ScriptedEar("What is the time?")) as bot:
        await bot.say("", attachments=(voice(),))
        await answered(bot.chat())

        assert asked(bot) == "🎤 What is the time?"
        assert bot.ear.heard == [(b"OggS", "audio/ogg", "voice.oga")]
        assert bot.chat().notices == []


async def test_a_recording_goes_before_the_words_beside_it(tmp_path):
    async with service(tmp_path, ear=ScriptedEar("one", "two")) as bot:
        films = file("note.ogv", b"x", "video/ogg")
        await bot.say("And in German?", attachments=(voice(), films))
        await answered(bot.chat())

        assert asked(bot) == "🎤 one\n\n🎤 two\n\nAnd in German?"


async def test_what_somebody_else_said_is_quoted(tmp_path):
    async with service(tmp_path, ear=ScriptedEar("Lunch at\nnoon?")) as bot:
        await bot.say("What does he say?", quoted=Quoted("Bob", "", attachments=(voice(),)))
        await answered(bot.chat())

        assert asked(bot) == "> Bob:\n> 🎤 Lunch at\n> noon?\n\nWhat does he say?"


async def test_we_are_at_work_while_we_listen(tmp_path):
    async with service(tmp_path) as bot:
        await bot.say("", attachments=(voice(),))
        await answered(bot.chat())

        assert bot.chat().worked == 2  # listening, answering


async def test_a_gateway_without_ears_is_told_in_one_sentence(tmp_path):
    async with service(
        tmp_path, ear=ScriptedEar(Unsupported("no"), Unsupported("no"), Unsupported("no"))
    ) as bot:
        await bot.say("", attachments=(voice(), voice()))

        assert bot.chat().notices == ["I cannot understand recordings here; please write instead."]
        assert bot.model.prompts == []


async def test_and_the_words_beside_it_are_answered(tmp_path):
    async with service(tmp_path, ear=ScriptedEar(Unsupported("no"))) as bot:
        await bot.say("Hello", attachments=(voice(),))
        await answered(bot.chat())

        assert bot.chat().notices == ["I cannot understand recordings here; please write instead."]
        assert asked(bot) == "Hello\n[voice.oga]"


async def test_silence_is_told(tmp_path):
    async with service(tmp_path, ear=ScriptedEar("")) as bot:
        await bot.say("", attachments=(voice(),))

        assert bot.chat().notices == ["I could not hear any words in that."]
        assert bot.model.prompts == []


async def test_a_song_with_a_question_needs_no_words(tmp_path):
    async with service(tmp_path, ear=ScriptedEar("")) as bot:
        await bot.say("Do you know this?", attachments=(file("song.mp3", b"x", "audio/mpeg"),))
        await answered(bot.chat())

        assert asked(bot) == "Do you know this?\n[song.mp3]"
        assert bot.chat().notices == []


async def test_a_gateway_in_trouble_is_told_as_such(tmp_path):
    async with service(tmp_path, ear=ScriptedEar(Unavailable("busy", kind=Kind.RATE))) as bot:
        await bot.say("", attachments=(voice(),))

        assert bot.chat().notices == ["The service is busy; try again in a moment."]


@pytest.mark.parametrize("recording", [voice(None, size=25_000_001), voice(bytes(25_000_001), size=0)])
async def test_a_recording_that_is_too_large_is_not_sent_on(tmp_path, recording):
    async with service(tmp_path) as bot:
        await bot.say("", attachments=(recording,))

        assert bot.chat().notices == ["voice.oga is over 25 MB."]
        assert bot.ear.heard == []


def film(data=b"mp4", **more):
    return file("film.mp4", data, "video/mp4", **more)


async def test_what_is_said_in_a_film_is_heard(tmp_path):
    async with service(tmp_path, ear=ScriptedEar("Hello from the beach")) as bot:
        await bot.say("", attachments=(film(),))
        await answered(bot.chat())

        assert asked(bot) == "🎤 Hello from the beach"


@pytest.mark.parametrize(
    ("shown", "heard"),
    [
        (film(), ""),
        (film(), Unsupported("no")),
        (film(), Refused("no audio track", kind=Kind.REQUEST)),
        (film(None, size=25_000_001), "unheard"),
    ],
)
async def test_a_film_without_words_is_only_mentioned(tmp_path, shown, heard):
    async with service(tmp_path, ear=ScriptedEar(heard)) as bot:
        await bot.say("Nice, is it?", attachments=(shown,))
        await answered(bot.chat())

        assert asked(bot) == "Nice, is it?\n[film.mp4]"
        assert bot.chat().notices == []


async def test_and_alone_it_is_told_why(tmp_path):
    async with service(tmp_path) as bot:
        await bot.say("", attachments=(film(None, size=25_000_001),))

        assert bot.chat().notices == ["film.mp4 is over 25 MB."]


async def test_what_is_not_addressed_to_us_is_not_listened_to_or_spoken_of(tmp_path):
    async with service(tmp_path) as bot:
        broken = file("a.png", b"no picture", "image/png")
        await bot.say("", attachments=(voice(None), broken), channel=GROUP, direct=False, addressed=False)
        await bot.say("", channel=GROUP, direct=False, addressed=False)
        await bot.say("What was that?", channel=GROUP, direct=False)
        await answered(bot.chat(GROUP))

        assert bot.ear.heard == []
        assert bot.chat(GROUP).notices == []
        assert bot.model.prompts[0].turns[-2].text == "[voice.oga]\n[a.png]"


async def test_a_file_of_a_kind_nobody_reads_is_told_and_remembered_by_its_name(tmp_path):
    async with service(tmp_path) as bot:
        await bot.say("", attachments=(file("a.zip", None, "application/zip"),))
        assert bot.chat().notices == [LISTED.format("a.zip")]
        assert bot.model.prompts == []
        await bot.say("Did you get it?")
        await answered(bot.chat())

        assert bot.model.prompts[0].turns[-2].text == "[a.zip]"


async def test_beside_words_it_is_only_mentioned(tmp_path):
    async with service(tmp_path, model=ScriptedModel(answer("ok"))) as bot:
        picture = file("a.png", png(), "image/png")
        await bot.say("These two", attachments=(file("a.zip", None, "application/zip"), picture))
        await answered(bot.chat())

        assert asked(bot) == "These two\n[a.zip]"
        assert bot.chat().notices == []


async def test_a_document_goes_into_the_question_with_its_name(tmp_path):
    async with service(tmp_path) as bot:
        sheet = file("sales.csv", b"a,b\n1,2\n", "text/csv")
        await bot.say("Sum them up", attachments=(sheet,))
        await answered(bot.chat())

        assert asked(bot) == "Sum them up\n\nsales.csv:\n```csv\na,b\n1,2\n```"
        assert bot.chat().notices == []


async def test_a_document_needs_no_words(tmp_path):
    async with service(tmp_path) as bot:
        await bot.say("", attachments=(file("a.pdf", pdf(saying("Hello")), "application/pdf"),))
        await answered(bot.chat())

        assert asked(bot) == "a.pdf:\n```\nHello\n```"


async def test_a_quoted_document_is_read(tmp_path):
    async with service(tmp_path) as bot:
        quoted = Quoted("Bob", "see here", attachments=(file("a.py", b"print()", "text/x-python"),))
        await bot.say("What does it do?", quoted=quoted)
        await answered(bot.chat())

        assert asked(bot) == "> Bob:\n> see here\n\nWhat does it do?\n\na.py:\n```py\nprint()\n```"


async def test_of_a_long_document_the_beginning_is_read_and_people_know(tmp_path):
    async with service(tmp_path) as bot:
        long = file("long.txt", b"x" * 100_000, "text/plain")
        await bot.say("Read", attachments=(long, long, long))
        await answered(bot.chat())

        assert bot.chat().notices == [
            "long.txt is long: I have read only its beginning. There was no room left for long.txt."
        ]
        assert asked(bot).count("x" * 40_000) == 1
        assert asked(bot).count("[cut after ") == 2
        assert len(asked(bot)) < 81_000


async def test_a_question_that_comes_twice_is_told_of_once(tmp_path):
    async with service(tmp_path) as bot:
        long = file("long.txt", b"x" * 100_000, "text/plain")
        for _ in range(2):
            await bot.say("Read", attachments=(long,), id="same")

        assert len(bot.chat().notices) == 1


@pytest.mark.parametrize(
    ("attachment", "sentence"),
    [
        (file("big.txt", None, "text/plain", size=10_000_001), "big.txt is over 10 MB."),
        (file("a.pdf", b"%PDF-", "application/pdf"), "a.pdf is damaged."),
        (file("a.txt", bytes(range(256)), "text/plain"), "a.txt is no text that I can read."),
    ],
)
async def test_a_document_that_cannot_be_read_is_told(tmp_path, attachment, sentence):
    async with service(tmp_path) as bot:
        await bot.say("Read this", attachments=(attachment,))

        assert bot.chat().notices == [sentence]
        assert bot.model.prompts == []


async def test_a_drawing_in_text_is_a_document(tmp_path):
    async with service(tmp_path) as bot:
        await bot.say("", attachments=(file("a.svg", b"<svg/>", "image/svg+xml"),))
        await answered(bot.chat())

        assert asked(bot) == "a.svg:\n```svg\n<svg/>\n```"
