"""The server in a process of its own, told what to do over HTTP."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import telegram
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from tests.emulators.telegram import TOKEN, Flood, Remote, Upload, picture
from tests.emulators.telegram.remote import running

ROOT = Path(__file__).resolve().parents[2]
KEYS = InlineKeyboardMarkup([[InlineKeyboardButton("U1", callback_data="u:1")]])


@pytest.fixture
async def remote() -> AsyncIterator[Remote]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = (sys.executable, "-m", "tests.emulators.telegram", "--port", str(port))
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
    try:
        await running(f"http://127.0.0.1:{port}")
        async with Remote(f"http://127.0.0.1:{port}") as remote:
            yield remote
    finally:
        process.kill()
        await process.wait()


async def test_the_same_verbs_from_outside(remote: Remote):
    ann = await remote.user("Ann", language_code="de")
    group = await remote.supergroup("Us", [ann], announce=False)
    base = f"{remote.url}/bot"
    async with telegram.Bot(TOKEN, base_url=base, base_file_url=f"{remote.url}/file/bot") as bot:
        await remote.say(ann, group, "/imagine a fox", photo=picture(kind="JPEG"))
        await remote.say(ann, ann, document=Upload(b"x", "a.txt"))
        first, second = await bot.get_updates()
        assert first.message.caption == "/imagine a fox"
        assert second.message.document.file_name == "a.txt"

        await bot.send_photo(group.id, picture(), caption="a fox", reply_markup=KEYS)
        seen = await remote.until(lambda: remote.last(group))
        assert (seen.kind, seen.data, seen.buttons) == ("photo", picture(), [["U1"]])

        press = await remote.press(ann, group, seen, "U1")
        await bot.answer_callback_query(press.id, "on it")
        assert (await remote.pressed(press)).text == "on it"

        query = await remote.inline(ann, "a fox")
        assert (await remote.asked(query)).answered is False

    assert await remote.get("violations") == []
    assert (await remote.get("counts"))["sendPhoto"] == 1
    assert (await remote.get("requests"))[-1].status == 200


async def test_switches_and_refusals_from_outside(remote: Remote):
    await remote.set("privacy", False)
    await remote.set("flood", Flood(private_burst=2))
    assert await remote.get("privacy") is False
    assert (await remote.get("flood"))["private_burst"] == 2

    ann = await remote.user()
    with pytest.raises(LookupError, match="nothing was asked"):
        await remote.answer(ann, ann, "?")
    with pytest.raises(ValueError, match="no verb"):
        await remote.explode()


async def test_waiting_from_outside_ends_when_something_happens(remote: Remote):
    ann = await remote.open(await remote.user())
    waiting = asyncio.create_task(remote.until(lambda: remote.texts(ann)))
    async with telegram.Bot(TOKEN, base_url=f"{remote.url}/bot") as bot:
        await bot.send_message(ann.id, "here")

    assert await waiting == ["here"]
