"""Our Telegram adapter before a Bot API server that others wrote, and our emulator beside it.

The same conversations with both, and the same requests: what one takes, the other takes, so that our
emulator is kept honest where the judge has an opinion.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from adapters.telegram.updates import PATH, SECRET
from bot.commands import Command
from bot.messages import Attachment, Button, ButtonPress, Content, IncomingMessage, Style
from tests.adapters.telegram.serving import Bot, serving
from tests.e2e.harness import free_port
from tests.emulators.telegram import picture
from tests.fakes import FakeInbox
from tests.judges.telegram import ANN, SIDES, Side

LONGEST = "job:" + "x" * 60  # 64 bytes


@pytest.fixture(params=SIDES)
async def side(request) -> AsyncIterator[Side]:
    async with SIDES[request.param]().serving() as found:
        yield found


def photo(colour: str) -> Attachment:
    data = picture(40, 30, colour, "JPEG")

    async def load() -> bytes:
        return data

    return Attachment(f"{colour}.jpg", "image/jpeg", len(data), load, alt=colour)


async def heard(side: Side, bot: Bot, text: str = "Hello") -> Any:
    """Ann says something; the chat to answer in."""
    await side.say(text)
    await bot.inbox.until(1)  # type: ignore[attr-defined]
    return bot.inbox.chats[0]  # type: ignore[attr-defined]


# --- conversations ---------------------------------------------------------------------------


async def test_text_goes_both_ways(side):
    async with serving(side) as bot:
        chat = await heard(side, bot, "Hello, you")
        message = bot.inbox.events[0]
        answer = Content("**Bold**, `code` and [a link](https://example.com) 🦊")
        sent = await chat.send(answer, reply_to=message.id, key="one")
        same = await chat.edit(sent, Content("Something else"))
        await chat.delete(sent)

    assert isinstance(message, IncomingMessage)
    assert (message.text, message.author.name) == ("Hello, you", "Ann")
    assert same == sent
    assert side.methods >= {"sendMessage", "editMessageText", "deleteMessage"}
    assert [one for one in side.refused if one[0] != "deleteMessage"] == []


async def test_buttons_and_presses(side):
    rows = (
        (Button("U1", LONGEST), Button("U2", "job:2", Style.DONE)),
        (Button("Go", "job:3", Style.PRIMARY), Button("Stop", "job:4", Style.DANGER)),
        (Button("Site", url="https://example.com/"),),
    )
    async with serving(side) as bot:
        chat = await heard(side, bot)
        sent = await chat.send(Content("A card", buttons=rows))
        await chat.edit(sent, Content("A card", buttons=rows[:1]))
        await side.press(int(sent), LONGEST)
        press = await bot.inbox.until(2)
        await bot.taken_in()

    assert isinstance(press, ButtonPress)
    assert (press.message, press.data) == (sent, LONGEST)
    assert "answerCallbackQuery" in {method for method, _status in side.calls}
    assert [one for one in side.refused if one[0] != "answerCallbackQuery"] == []


async def test_photos_go_both_ways(side):
    theirs = picture(60, 50, "orange", "JPEG")
    async with serving(side) as bot:
        await side.say("what is this?", photo=theirs)
        message = await bot.inbox.until(1)
        (attachment,) = message.attachments
        loaded = await attachment.load()
        chat = bot.inbox.chats[0]
        sent = await chat.send(Content("A fox", images=(photo("red"),), buttons=((Button("U1", "job:1"),),)))
        await chat.edit(sent, Content("A red fox", images=(photo("red"),)))

    assert message.text == "what is this?"
    assert loaded == theirs
    assert side.methods >= {"sendPhoto", "getFile", "editMessageCaption"}
    assert side.refused == []


async def test_several_pictures_are_an_album(side):
    async with serving(side) as bot:
        chat = await heard(side, bot)
        await chat.send(Content("Three of them", images=(photo("red"), photo("green"), photo("blue"))))

    assert side.methods >= {"sendMediaGroup", "sendMessage"}
    assert side.refused == []


async def test_a_file_goes_out(side):
    async def load() -> bytes:
        return b"# Hello"

    async with serving(side) as bot:
        chat = await heard(side, bot)
        await chat.send(Content("Here", files=(Attachment("hello.md", "text/markdown", 7, load),)))

    assert "sendDocument" in side.methods
    assert side.refused == []


async def test_the_menu_of_commands_is_set(side):
    async def nothing(call: Any, chat: Any) -> None: ...

    inbox = FakeInbox(commands=[Command("imagine", "Paint a picture from words.", nothing)])
    async with serving(side, inbox) as bot:
        await heard(side, bot)
        await side.until("setMyCommands", 6)

    assert side.refused == []


async def test_updates_come_by_webhook_with_the_secret(side):
    port = free_port()
    app = web.Application()
    address = f"http://127.0.0.1:{port}"
    bot = Bot(side, webhook_url=address, webhook_secret="s3cret_-")  # type: ignore[arg-type]
    bot.start(app.router)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        await side.until("setWebhook")
        await side.say("by webhook")
        message = await bot.inbox.until(1)  # type: ignore[attr-defined]
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"{address}{PATH}", json={"update_id": 7}, headers={SECRET: "guessed"}) as answer,
        ):
            status = answer.status
    finally:
        await bot.stop()
        await runner.cleanup()

    assert message.text == "by webhook"
    assert status == 403
    assert side.refused == []


# --- the same requests -----------------------------------------------------------------------

CHAT = {"chat_id": ANN}


def keyboard(*buttons: dict[str, Any]) -> dict[str, Any]:
    return {"inline_keyboard": [list(buttons)]}


def album(count: int) -> dict[str, Any]:
    return {**CHAT, "media": [{"type": "photo", "media": f"attach://p{number}"} for number in range(count)]}


TEXTS = {
    "4096 units": ("x" * 4096, 200),
    "4097 units": ("x" * 4097, 400),
    "4096 units of emoji": ("😀" * 2048, 200),
    "4098 units of emoji": ("😀" * 2049, 400),
    "white space": (" \n ", 400),
    "nothing": ("", 400),
}


@pytest.mark.parametrize("name", TEXTS)
async def test_a_text_is_taken_or_not(side, name):
    text, expected = TEXTS[name]

    assert (await side.call("sendMessage", {**CHAT, "text": text}))[0] == expected


CAPTIONS = {"1024": ("x" * 1024, 200), "1025": ("x" * 1025, 400), "1026 of emoji": ("😀" * 513, 400)}


@pytest.mark.parametrize("name", CAPTIONS)
async def test_a_caption_is_taken_or_not(side, name):
    text, expected = CAPTIONS[name]

    status, _sent = await side.call("sendPhoto", {**CHAT, "caption": text}, photo=picture(kind="JPEG"))
    assert status == expected


MARKUPS = {
    "64 bytes": (keyboard({"text": "U1", "callback_data": "x" * 64}), 200),
    "65 bytes": (keyboard({"text": "U1", "callback_data": "x" * 65}), 400),
    "64 bytes of Chinese": (keyboard({"text": "U1", "callback_data": "画" * 21 + "x"}), 200),
    "66 bytes of Chinese": (keyboard({"text": "U1", "callback_data": "画" * 22}), 400),
    "a link": (keyboard({"text": "Site", "url": "https://example.com"}), 200),
    "no label": (keyboard({"text": "", "callback_data": "x"}), 400),
    "nothing to do": (keyboard({"text": "U1"}), 400),
    "eight in a row": (keyboard(*[{"text": "x", "callback_data": "x"}] * 8), 200),
    "nine in a row": (keyboard(*[{"text": "x", "callback_data": "x"}] * 9), 400),
    "a hundred": ({"inline_keyboard": [[{"text": "x", "callback_data": "x"}]] * 100}, 200),
    "a hundred and one": ({"inline_keyboard": [[{"text": "x", "callback_data": "x"}]] * 101}, 400),
    "no keyboard": ("what?", 400),
}


@pytest.mark.parametrize("name", MARKUPS)
async def test_a_keyboard_is_taken_or_not(side, name):
    markup, expected = MARKUPS[name]

    status, told = await side.call("sendMessage", {**CHAT, "text": "A card", "reply_markup": markup})
    assert status == expected, told


@pytest.mark.parametrize(("count", "expected"), [(1, 400), (2, 200), (10, 200), (11, 400)])
async def test_an_album_is_taken_or_not(side, count, expected):
    files = {f"p{number}": picture(20 + number, 20, kind="JPEG") for number in range(count)}

    status, told = await side.call("sendMediaGroup", album(count), **files)
    assert status == expected, told
    if status == 200:
        assert len(told) == count
        assert len({one["media_group_id"] for one in told}) == 1


OTHERS = {
    "an unknown method": ("sendTelepathy", CHAT, 404),
    "a chat that is none": ("sendMessage", {"chat_id": "nobody", "text": "hi"}, 400),
    "an action": ("sendChatAction", {**CHAT, "action": "typing"}, 200),
    "an action that is none": ("sendChatAction", {**CHAT, "action": "dancing"}, 400),
    "a file that is none": ("getFile", {"file_id": "what"}, 400),
    "a photo that is none": ("sendPhoto", {**CHAT, "photo": "what"}, 400),
    "commands": ("setMyCommands", {"commands": [{"command": "new", "description": "Start afresh"}]}, 200),
    "101 commands": (
        "setMyCommands",
        {"commands": [{"command": f"c{number}", "description": "One"} for number in range(101)]},
        400,
    ),
    "a webhook without TLS": ("setWebhook", {"url": "http://example.com/hook"}, 400),
    "a secret with a space": ("setWebhook", {"url": "https://example.com/", "secret_token": "a b"}, 400),
    "no webhook": ("deleteWebhook", {}, 200),
}


@pytest.mark.parametrize("name", OTHERS)
async def test_a_request_is_taken_or_not(side, name):
    method, params, expected = OTHERS[name]

    status, told = await side.call(method, params)
    assert status == expected, told


async def test_a_download_brings_back_what_was_sent(side):
    data = picture(64, 48, "purple", "JPEG")
    _status, sent = await side.call("sendPhoto", CHAT, photo=data)
    _status, file = await side.call("getFile", {"file_id": sent["photo"][-1]["file_id"]})

    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{side.url}/file/bot{side.token}/{file['file_path']}") as answer,
    ):
        assert await answer.read() == data


async def test_an_update_comes_again_until_the_offset_has_moved(side):
    await side.say("one", number=1)
    await side.say("two", number=2)

    _status, first = await side.call("getUpdates", {})
    _status, again = await side.call("getUpdates", {"offset": first[0]["update_id"]})
    _status, second = await side.call("getUpdates", {"offset": first[0]["update_id"] + 1})
    _status, none = await side.call("getUpdates", {"offset": first[1]["update_id"] + 1})

    assert [one["message"]["text"] for one in first] == ["one", "two"]
    assert again == first
    assert second == first[1:]
    assert none == []


async def test_of_two_polls_one_is_a_conflict(side):
    both = await asyncio.gather(*(side.call("getUpdates", {"timeout": 1}) for _ in range(2)))

    assert sorted(status for status, _result in both) == [200, 409]


async def test_polling_beside_a_webhook_is_a_conflict(side):
    assert (await side.call("setWebhook", {"url": "https://example.com/hook"}))[0] == 200

    status, told = await side.call("getUpdates", {})
    assert status == 409
    assert "webhook" in told
