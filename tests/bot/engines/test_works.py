"""Songs and clips from the built-in gateway, in each of the dialects that it speaks."""

import asyncio
import io
import wave

import pytest

from bot.engines.luma import Luma
from bot.engines.suno import Suno
from bot.errors import Kind, OutcomeUnknown, Refused, Unavailable, Unsupported
from bot.jobs import Order, Progress, Stage
from bot.sandbox import Sandbox, Switches

KEY = "sk-" + "a" * 48
RAIN = Order("calm piano about rain", verb="music")
OWN = Order("[Verse]\nSoft rain", verb="music", options={"lyrics": "yes", "title": "Rain", "style": "folk"})
KITTEN = Order("a kitten yawns", verb="video", options={"ratio": "1:1"})
SUNO = ["relay", "new-api", "one-hub", "suno-api", "goamz", "direct"]
LUMA = ["luma", "list", "v1"]


@pytest.fixture
async def sandbox():
    async with Sandbox(speed=100.0, key=KEY, size=128) as sandbox:
        yield sandbox


@pytest.fixture
def suno(sandbox, client):
    return Suno(client, sandbox.url, KEY, pause=0.05)


@pytest.fixture
def luma(sandbox, client):
    return Luma(client, sandbox.url, KEY, pause=0.05)


async def ended(engine: Suno | Luma, task: str) -> Progress:
    """Its last report. Asked as the tracker asks, only faster."""
    async with asyncio.timeout(30):
        while True:
            seen = (await engine.report([task])).get(task)
            if seen is not None and seen.stage.final:
                return seen
            await asyncio.sleep(0.02)


def length(sound: bytes) -> float:
    with wave.open(io.BytesIO(sound)) as opened:
        return opened.getnframes() / opened.getframerate()


@pytest.mark.parametrize("dialect", SUNO)
async def test_a_song_is_made_continued_and_joined_where_it_can_be(sandbox, suno, dialect):
    sandbox.switches.suno = dialect
    assert await suno.offered()

    first = await suno.submit(OWN, [], "")
    song = await ended(suno, first.task)
    sounds = [await suno.fetch(url) for url in song.audios]
    second = await suno.act(first.task, song.actions[0], "")
    longer = await ended(suno, second.task)

    assert (song.stage, song.title) == (Stage.DONE, "Rain")
    assert [length(each) for each in sounds] == [pytest.approx(8.1), pytest.approx(6.0)]
    assert "[Verse]\nSoft rain" in song.text
    assert "folk · 0:08 / 0:06" in song.text
    assert (await suno.fetch(song.images[0])).startswith(b"\x89PNG")
    joins = [each for each in longer.actions if each.id.startswith("concat")]
    assert bool(joins) is (dialect in ("relay", "goamz", "direct"))
    if joins:
        whole = await ended(suno, (await suno.act(second.task, joins[0], "")).task)
        assert length(await suno.fetch(whole.audios[0])) > 12


def _orders(sandbox) -> list[dict]:
    return sandbox.ledger()["works"]


@pytest.mark.parametrize("dialect", SUNO)
async def test_lyrics_and_descriptions_are_sung_in_every_dialect(sandbox, suno, dialect):
    sandbox.switches.suno = dialect

    written = await ended(suno, (await suno.submit(Order("rain", verb="lyrics"), [], "")).task)
    song = await ended(suno, (await suno.submit(RAIN, [], "")).task)

    assert "[Verse]" in written.text
    assert "Calm piano about rain" in song.text


@pytest.mark.parametrize("dialect", SUNO)
async def test_a_moderated_song_says_so(sandbox, suno, dialect):
    sandbox.switches.suno = dialect

    seen = await ended(suno, (await suno.submit(Order("a forbidden song", verb="music"), [], "")).task)

    assert (seen.stage, seen.failure.kind) == (Stage.FAILED, Kind.CONTENT)


@pytest.mark.parametrize(
    ("trick", "error"),
    [
        ("quota", Refused),
        ("saturated", Unavailable),
        ("nochannel", Unavailable),
        ("code5", OutcomeUnknown),
        ("html502", OutcomeUnknown),
        ("hangup", OutcomeUnknown),
    ],
)
async def test_what_is_said_to_be_not_taken_was_not_taken(sandbox, suno, trick, error):
    with pytest.raises(error) as caught:
        await suno.submit(Order(f"{trick}: rain", verb="music"), [], "")

    assert type(caught.value) is error
    assert len(_orders(sandbox)) == (error is OutcomeUnknown)


async def test_many_songs_are_asked_about_in_one_request(sandbox, suno):
    tasks = [(await suno.submit(RAIN, [], "")).task for _ in range(5)]

    seen = await suno.report([*tasks, "suno/fetch/nope"])

    assert set(seen) == set(tasks)
    assert sandbox.ledger()["requests"]["POST /suno/fetch"] == 1


@pytest.mark.parametrize("dialect", LUMA)
async def test_a_clip_is_made_and_extended_where_it_can_be(sandbox, luma, png, dialect):
    sandbox.switches.luma = dialect
    assert await luma.offered()

    taken = await luma.submit(KITTEN, [png(32, 32), png(32, 32, "blue")], "")
    clip = await ended(luma, taken.task)
    film = await luma.fetch(clip.videos[0])

    assert (clip.stage, clip.prompt) == (Stage.DONE, "a kitten yawns")
    assert film[4:12] == b"ftypisom"
    if dialect == "v1":
        assert clip.actions == ()
        return
    longer = await luma.act(taken.task, clip.actions[0], "", text="it sleeps")
    assert (await ended(luma, longer.task)).videos != clip.videos


async def test_a_tier_before_the_address_is_part_of_it(sandbox, client):
    luma = Luma(client, f"{sandbox.url}/pro", KEY)

    assert (await ended(luma, (await luma.submit(KITTEN, [], "")).task)).stage is Stage.DONE


@pytest.mark.parametrize("trick", ["fail", "moderated"])
async def test_a_clip_that_fails_says_why(luma, trick):
    order = Order(f"{trick}: a kitten", verb="video")

    seen = await ended(luma, (await luma.submit(order, [], "")).task)

    assert seen.failure.kind is (Kind.CONTENT if trick == "moderated" else Kind.UPSTREAM)


async def test_a_wrong_key_is_refused_by_both(sandbox, client):
    for engine, order in ((Suno(client, sandbox.url, "x"), RAIN), (Luma(client, sandbox.url, "x"), KITTEN)):
        with pytest.raises(Refused) as caught:
            await engine.submit(order, [], "")
        assert caught.value.kind is Kind.KEY
        assert not (await engine.probe())[0].ok


async def test_a_gateway_without_either_says_so(client):
    async with Sandbox(switches=Switches(suno="", luma="")) as sandbox:
        for engine, order in (
            (Suno(client, sandbox.url, KEY), RAIN),
            (Luma(client, sandbox.url, KEY), KITTEN),
        ):
            assert not await engine.offered()
            with pytest.raises(Unsupported):
                await engine.submit(order, [], "")


async def test_orders_outlive_the_gateway(tmp_path, client):
    journal = tmp_path / "journal.jsonl"
    async with Sandbox(speed=50.0, journal=journal) as before:
        song = (await Suno(client, before.url, KEY).submit(RAIN, [], "")).task
        clip = (await Luma(client, before.url, KEY).submit(KITTEN, [], "")).task

    async with Sandbox(speed=50.0, journal=journal) as after:
        suno, luma = Suno(client, after.url, KEY), Luma(client, after.url, KEY)
        assert (await suno.fetch((await ended(suno, song)).audios[0])).startswith(b"RIFF")
        assert (await ended(luma, clip)).stage is Stage.DONE
        assert [each["verb"] for each in _orders(after)] == ["music", "video"]
