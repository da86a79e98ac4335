"""Services that answer only when the picture is there, with the real process: seen, pressed, killed."""

import asyncio
import json
import random
import sqlite3
from collections import Counter

import aiohttp
import pytest

from tests.e2e.harness import bot, page, sandbox
from tests.e2e.mixed import _until_done, torment

ORDERS = 12
KILLS = 6


async def paid(url: str) -> Counter[str]:
    """How often each prompt was taken on, by whichever way it came."""
    async with aiohttp.ClientSession() as session, session.get(f"{url}/_sandbox/ledger") as answer:
        ledger = await answer.json()
    prompts = [entry["body"]["prompt"] for entry in ledger["media"]]
    return Counter([*prompts, *(entry["body"]["messages"][-1]["content"] for entry in ledger["chats"])])


@pytest.mark.timeout(240)
@pytest.mark.parametrize("engine", ["images", "chat-image"])
async def test_whatever_kills_it_each_order_is_paid_at_most_once_and_ends_in_a_card(tmp_path, engine):
    chance = random.Random(engine)
    async with (
        sandbox(tmp_path, speed=40.0) as gateway,
        bot(tmp_path, GATEWAY_URL=gateway.url, GATEWAY_KEY="sk-test", IMAGE_ENGINE=engine) as program,
        page(program.url) as person,
    ):

        async def order() -> None:
            for number in range(1, ORDERS):
                await person.say(f"/imagine a red fox, picture {number}")
                await asyncio.sleep(chance.uniform(0.1, 0.8))

        ordering = asyncio.ensure_future(order())
        await torment(program, KILLS, chance)
        await ordering
        await person.say("/imagine a red fox in peace")
        database = tmp_path / "data" / "chatelier.db"
        await _until_done(database)
        await person.until(lambda seen: len(seen.settled()) == len(seen.ours()) == ORDERS)
        counts = await paid(gateway.url)
        assert await program.stop() == 0

    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as rows:
        jobs = rows.execute("SELECT stage, progress, results FROM jobs").fetchall()
    assert len(jobs) == ORDERS
    for stage, progress, results in jobs:
        if stage == "done":
            assert len(json.loads(results)) == 1
        else:
            assert (stage, json.loads(progress)["failure"]["kind"]) == ("failed", "outcome")
    assert set(counts.values()) == {1}, "an order was paid twice"
    done = sum(stage == "done" for stage, *_ in jobs)
    assert 0 < done <= len(counts) <= ORDERS


@pytest.mark.timeout(120)
async def test_a_picture_by_chat_shows_its_steps_and_its_buttons_work(tmp_path):
    async with (
        sandbox(tmp_path, speed=4.0) as gateway,
        bot(tmp_path, GATEWAY_URL=gateway.url, GATEWAY_KEY="sk-test", IMAGE_ENGINE="chat-image") as program,
        page(program.url) as person,
    ):
        await person.say("/imagine a red fox --ar 3:2")
        await person.until(lambda seen: any(_shows_preview(post) for post in seen.ours().values()))
        (card,) = (await person.until(lambda seen: seen.pictures())).keys()
        assert person.labels(card)[:4] == ["U1", "U2", "U3", "U4"]
        await person.press(card, "U2")
        await person.until(lambda seen: len(seen.pictures()) == 2)

        assert max((await paid(gateway.url)).values()) == 1


def _shows_preview(post) -> bool:
    rest = post["rest"]
    return bool(rest and rest["progress"] and rest["images"])
