"""Songs and clips with the real process and the stand-in gateway, on all platforms and through kills."""

import asyncio
import io
import json
import random
import sqlite3
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from tests.e2e import discord
from tests.e2e.harness import Page, Program, bot, page, sandbox
from tests.e2e.telegram import scene
from tests.emulators.discord import Discord
from tests.emulators.telegram import Flood, Telegram

KILLS = 6


def played(person: Page, kind: str) -> dict[str, dict]:
    """Finished cards with files of that kind."""
    return {
        name: post
        for name, post in person.settled().items()
        if any(file["type"].startswith(kind) for file in post["rest"]["files"])
    }


async def works_of(url: str) -> list[dict]:
    headers = {"Authorization": "Bearer sk-test"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(f"{url}/_sandbox/ledger") as answer,
    ):
        return (await answer.json())["works"]


@asynccontextmanager
async def connected(place: Path, speed: float = 20.0) -> AsyncIterator[tuple[Program, Program, Page]]:
    """A gateway, the bot, and somebody at the page."""
    async with (
        sandbox(place, speed=speed) as gateway,
        bot(place, GATEWAY_URL=gateway.url, GATEWAY_KEY="sk-test") as program,
        page(program.url) as person,
    ):
        yield gateway, program, person


async def test_a_song_is_heard_continued_and_joined_in_the_web_chat(tmp_path):
    async with connected(tmp_path, speed=60.0) as (gateway, _program, person):
        await person.say("/music Title: Rain Walk\nStyle: folk\n\n[Verse]\nSoft rain")
        (song,) = await person.until(lambda seen: played(seen, "audio"))
        rest = person.posts[song]["rest"]
        names = [file["name"] for file in rest["files"]]
        await person.press(song, "1️⃣ Continue")
        longer = await person.until(lambda seen: played(seen, "audio").keys() - {song})
        await person.press(longer.pop(), "1️⃣ The whole song")
        await person.until(lambda seen: len(played(seen, "audio")) == 3)
        await person.say("/video ratio=1:1 a kitten yawns")
        (clip,) = await person.until(lambda seen: played(seen, "video"))
        film = person.posts[clip]["rest"]["files"][0]
        works = await works_of(gateway.url)

    assert names == ["Rain Walk-1.wav", "Rain Walk-2.wav"]
    assert len(rest["images"]) == 2
    assert "**Rain Walk**" in rest["markdown"]
    assert (film["type"], film["name"].endswith(".mp4")) == ("video/mp4", True)
    assert [work["verb"] for work in works] == ["music", "music", "concat", "video"]


async def test_kills_leave_no_song_lost_and_none_paid_twice(tmp_path):
    rng = random.Random(5)
    async with connected(tmp_path, speed=8.0) as (gateway, program, person):
        for number in range(4):
            await person.say(f"/music a song about the number {number}")
            await person.say(f"/video a kitten counts to {number}")
            await asyncio.sleep(rng.uniform(0.05, 0.4))
            await program.kill()
            await program.start()
        for _ in range(KILLS - 4):
            await asyncio.sleep(rng.uniform(0.3, 1.5))
            await program.kill()
            await program.start()
        await person.until(lambda seen: len(seen.settled()) == 8, seconds=90)
        shown = len(played(person, "audio")) + len(played(person, "video"))
        works = await works_of(gateway.url)
    with sqlite3.connect(f"file:{tmp_path / 'data' / 'chatelier.db'}?mode=ro", uri=True) as rows:
        jobs = rows.execute("SELECT stage, task, progress FROM jobs").fetchall()

    done = [task.rpartition("/")[2] for stage, task, _progress in jobs if stage == "done"]
    failed = [json.loads(progress)["failure"]["kind"] for stage, _task, progress in jobs if stage != "done"]
    assert (len(jobs), shown) == (8, len(done))
    assert set(failed) <= {"outcome"}  # nobody can be asked whether it took an order; then people decide
    ordered = [work["id"] for work in works]
    assert set(done) <= set(ordered)
    assert len(ordered) == len({work["words"] for work in works}) <= 8


async def test_telegram_has_the_song_the_covers_and_the_buttons(tmp_path):
    async with scene(tmp_path, Telegram(flood=Flood())) as at:
        ann = at.server.user("Ann")
        at.server.say(ann, ann, "/music calm piano about rain")
        await at.server.until(
            lambda: (
                [each.kind for each in at.server.ours(ann)].count("document") == 2
                and "1️⃣ Continue" in at.server.ours(ann)[0].labels
            )
        )
        seen = at.server.ours(ann)
        at.server.say(ann, ann, "/video a kitten yawns")
        await at.server.until(lambda: any(each.kind == "video" for each in at.server.ours(ann)))

    assert sorted(each.kind for each in seen) == ["document", "document", "photo", "photo", "text"]
    sound = next(each for each in seen if each.kind == "document")
    with wave.open(io.BytesIO(sound.data)) as opened:
        assert opened.getnframes() > 0
    assert "[Verse]" in next(each for each in seen if each.kind == "text").text


async def test_discord_has_the_song_with_its_form_for_lyrics(tmp_path):
    async with discord.scene(tmp_path, Discord(rates=discord.BRISK)) as at:
        ann = at.person("Ann")
        place = at.room(ann)
        await at.used(ann, place, "music", words="calm piano about rain", style="folk", instrumental=True)
        song = await at.last(place, lambda one: "1️⃣ Continue" in one.labels)
        press = await at.pressed(ann, song, "1️⃣ Continue with lyrics")
        await at.used(ann, place, "video", prompt="a kitten yawns", ratio="9:16")
        clip = await at.last(place, lambda one: "⏩ Extend" in one.labels)

    names = [file.name for file in song.files]
    assert [name.rpartition(".")[2] for name in names] == ["png", "png", "wav", "wav"]
    assert press.modal["title"] == "The lyrics of what follows"
    assert clip.files[0].name.endswith(".mp4")


async def test_a_gateway_without_either_is_told_of_in_one_sentence(tmp_path):
    async with connected(tmp_path) as (gateway, _program, person):
        await _switch(gateway.url, suno="", luma="")
        for number, words in enumerate(("/music rain", "/video a kitten"), 1):
            await person.say(words)
            await person.until(lambda seen, number=number: len(notices(seen)) == number)

        first, second = notices(person)
        assert "makes no music" in first
        assert "makes videos from pictures alone" in second  # Midjourney's
        assert person.ours() == {}


def notices(person: Page) -> list[str]:
    return [post["html"] for post in person.posts.values() if post["kind"] == "notice"]


async def _switch(url: str, **switches: str) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/_sandbox/control", json={"switches": switches}) as answer,
    ):
        assert answer.status == 200
