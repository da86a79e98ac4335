"""The server over plain HTTP: every form of a request, every form of a refusal."""

import asyncio
import json
from pathlib import Path

import aiohttp

from tests.emulators.telegram import Telegram, Upload, picture


async def test_a_call_comes_in_any_form(server: Telegram, raw):
    ann = server.open(server.user())
    url = f"{server.url}/bot{server.token}/sendMessage"
    marks = json.dumps([{"type": "bold", "offset": 0, "length": 1}])
    async with raw.http.get(url, params={"chat_id": ann.id, "text": "query"}) as answer:
        assert answer.status == 200
    async with raw.http.post(url, data={"chat_id": ann.id, "text": "form", "entities": marks}) as answer:
        assert answer.status == 200
    async with raw.http.post(url, json={"chat_id": ann.id, "text": "json"}) as answer:
        assert answer.status == 200
    form = aiohttp.FormData({"chat_id": str(ann.id), "text": "parts"}, default_to_multipart=True)
    async with raw.http.post(url, data=form) as answer:
        assert answer.status == 200
    encoded = f"{server.url}/bot{server.token.replace(':', '%3A')}/SENDMESSAGE"
    async with raw.http.post(encoded, data={"chat_id": ann.id, "text": "percent"}) as answer:
        assert answer.status == 200

    assert server.texts(ann) == ["query", "form", "json", "parts", "percent"]
    assert not server.violations


async def test_refusals_carry_their_status(server: Telegram, raw):
    async def status(path: str) -> tuple[int, dict]:
        async with raw.http.get(server.url + path) as answer:
            return answer.status, await answer.json()

    assert await status("/bot1:wrong/getMe") == (
        401,
        {"ok": False, "error_code": 401, "description": "Unauthorized"},
    )
    assert (await status(f"/bot{server.token}/getNothing"))[0] == 404
    assert (await status(f"/bot{server.token}/sendRichMessage"))[0] == 404
    assert (await status("/elsewhere"))[0] == 404
    assert (await status(f"/file/bot{server.token}/photos/none.jpg"))[0] == 404
    assert (await status("/file/bot1:wrong/photos/none.jpg"))[0] == 401
    assert server.unknown_methods == {"getNothing": 1, "sendRichMessage": 1}


async def test_a_file_over_the_limit_is_too_large(server: Telegram, raw):
    ann = server.open(server.user())
    status, body = await raw.upload("sendDocument", "document", bytes(52 << 20), "big.bin", chat_id=ann.id)

    assert (status, body["description"]) == (413, "Request Entity Too Large")


async def test_a_server_of_ones_own_takes_more_and_tells_paths_on_its_disk(server: Telegram, raw):
    ann = server.open(server.user())
    server.world.local = True
    _, sent = await raw.upload("sendDocument", "document", bytes(52 << 20), "big.bin", chat_id=ann.id)

    _, body = await raw("getFile", file_id=sent["result"]["document"]["file_id"])
    path = Path(body["result"]["file_path"])
    assert (path.is_absolute(), len(await asyncio.to_thread(path.read_bytes))) == (True, 52 << 20)


async def test_a_file_that_nothing_refers_to_is_a_violation(server: Telegram, raw):
    ann = server.open(server.user())
    status, _ = await raw.upload("sendMessage", "stray", b"x", "stray.bin", chat_id=ann.id, text="hi")

    assert status == 200
    assert "stray" in server.violations[0]


async def test_the_journal_tells_what_was_asked(server: Telegram, raw):
    ann = server.open(server.user())
    await raw.upload("sendPhoto", "photo", picture(), "p.png", chat_id=ann.id, caption="7")
    await raw("sendMessage", chat_id=ann.id, text="")

    first, second = server.requests
    assert first.params == {"chat_id": ann.id, "caption": "7"}
    assert first.files == {"photo": len(picture())}
    assert (first.status, second.status, second.description) == (
        *(200, 400),
        "Bad Request: message text is empty",
    )
    assert server.counts == {"sendPhoto": 1, "sendMessage": 1}
    assert server.refusals == [second]


async def test_what_the_web_has_can_be_sent_by_its_address(server: Telegram, raw):
    ann = server.open(server.user())
    server.publish("https://example.org/fox.png", picture())
    assert (await raw("sendPhoto", chat_id=ann.id, photo="https://example.org/fox.png"))[0] == 200
    assert server.last(ann).data == picture()

    gone = await raw.refused("sendPhoto", chat_id=ann.id, photo="https://example.org/none.png")
    assert gone == "failed to get HTTP URL content"


async def test_poison_comes_as_it_is(server: Telegram, raw):
    server.inject({"message": {"message_id": 1, "from": {"id": 7}}})
    server.inject({"update_id": 5, "unheard_of": True})
    _, body = await raw("getUpdates")

    assert body["result"][0]["message"] == {"message_id": 1, "from": {"id": 7}}
    assert body["result"][1] == {"update_id": 5, "unheard_of": True}


async def test_an_update_is_delivered_again_under_its_number(server: Telegram, raw):
    ann = server.user()
    server.say(ann, ann, "once")
    _, first = await raw("getUpdates")
    number = first["result"][0]["update_id"]
    await raw("getUpdates", offset=number + 1)

    server.redeliver()
    _, second = await raw("getUpdates", offset=number + 1)
    _, third = await raw("getUpdates", offset=number + 1)
    assert (second, third["result"]) == (first, [])


async def test_old_presses_are_not_delivered(server: Telegram, raw):
    ann = server.open(server.user())
    markup = {"inline_keyboard": [[{"text": "U1", "callback_data": "x"}]]}
    await raw("sendMessage", chat_id=ann.id, text="card", reply_markup=markup)
    server.press(ann.user, ann, server.last(ann), "U1")
    server.advance(151)

    assert (await raw("getUpdates"))[1]["result"] == []


async def test_a_bot_that_logged_out_is_answered_nothing_more(server: Telegram, raw):
    assert (await raw("logOut"))[0] == 200
    assert await raw.refused("getMe") == "Logged out"


async def test_names_of_uploads_and_kinds(server: Telegram, raw):
    ann = server.user()
    server.say(ann, ann, sticker=b"RIFF", voice=None)
    server.say(ann, ann, audio=Upload(b"ID3", "song.mp3"))
    server.say(ann, ann, animation=b"mp4")
    server.say(ann, ann, video=b"mp4")
    _, body = await raw("getUpdates")

    kinds = [sorted({"sticker", "audio", "animation", "video"} & set(m["message"])) for m in body["result"]]
    assert kinds == [["sticker"], ["audio"], ["animation"], ["video"]]
