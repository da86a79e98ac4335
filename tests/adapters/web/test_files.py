"""Files on their way to and from pages."""

import asyncio
import hashlib
import struct
import zlib

import pytest

from adapters.web import shelf as shelving
from adapters.web.sessions import COOKIE
from adapters.web.shelf import Shelf
from bot.messages import Attachment, Content
from tests.fakes import MemoryFiles
from tests.ports.people import File, painted

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"


def attachment(data: bytes, name: str = "preview.png", media_type: str = "image/png") -> Attachment:
    async def load() -> bytes:
        return data

    return Attachment(name, media_type, len(data), load)


def bomb(side: int = 30_000) -> bytes:
    """A small file that claims to be an enormous picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    )


async def get(visitor, digest: str, **options):
    async with visitor.http.get(f"{visitor.server.url}/files/{digest}", **options) as response:
        return response.status, await response.read(), response.headers


@pytest.mark.parametrize(
    ("asked", "status", "part", "told"),
    [
        ("bytes=0-", 206, slice(0, 100), "bytes 0-99/100"),
        ("bytes=10-19", 206, slice(10, 20), "bytes 10-19/100"),
        ("bytes=90-500", 206, slice(90, 100), "bytes 90-99/100"),
        ("bytes=-5", 206, slice(95, 100), "bytes 95-99/100"),
        ("bytes=100-", 416, slice(0, 0), "bytes */100"),
        ("nonsense", 200, slice(0, 100), None),
    ],
)
async def test_players_may_ask_for_a_part(visitor, asked, status, part, told):
    film = bytes(range(100))
    answer = await visitor.upload(File("film.mp4", "video/mp4", film))
    url = f"{visitor.server.url}/files/{answer['digest']}?name=film.mp4"
    async with visitor.http.get(url, headers={"Range": asked}) as response:
        got = await response.read()

        assert (response.status, got) == (status, film[part])
        assert response.headers.get("Content-Range") == told
        assert (response.content_type, response.headers["Accept-Ranges"]) == ("video/mp4", "bytes")


async def test_an_upload_says_what_it_is(visitor):
    picture = painted("fox.png", size=(40, 20))
    answer = await visitor.upload(picture)

    assert answer["status"] == 200
    assert (answer["name"], answer["type"], answer["size"]) == ("fox.png", "image/png", len(picture.data))
    assert (answer["width"], answer["height"]) == (40, 20)
    assert answer["digest"] == hashlib.sha256(picture.data).hexdigest()


async def test_a_file_of_30_mb_is_refused_before_it_is_read(visitor):
    cookie = next(c for c in visitor.http.cookie_jar if c.key == COOKIE).value
    reader, writer = await asyncio.open_connection("127.0.0.1", visitor.server.port)
    request = (
        f"POST /upload?name=big.png HTTP/1.1\r\nHost: 127.0.0.1:{visitor.server.port}\r\n"
        f"Origin: {visitor.server.url}\r\nCookie: {COOKIE}={cookie}\r\n"
        "Content-Type: image/png\r\nContent-Length: 30000000\r\n\r\n"
    )
    writer.write(request.encode() + b"only the beginning")
    async with asyncio.timeout(5):
        answer = await reader.readuntil(b"}")
    writer.close()

    assert answer.startswith(b"HTTP/1.1 413")
    assert b"That file is over 20 MB, which is the most I take." in answer


async def test_a_file_that_does_not_say_its_size_is_cut_off_at_the_cap(visitor, monkeypatch):
    monkeypatch.setattr(shelving, "MAX_UPLOAD", 1_000_000)

    async def pieces():
        for _ in range(40):
            yield b"x" * 50_000

    async with visitor.http.post(
        f"{visitor.server.url}/upload", params={"name": "endless.bin"}, data=pieces(), headers=visitor.origin
    ) as response:
        assert response.status == 413
    assert visitor.server.files.stored == {}


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (File("report.png", "application/pdf", PDF), "That is not a picture I can read"),
        (File("report.png", "image/png", PDF), "That is not a picture I can read"),
        (File("report.pdf", "image/png", PDF), "That is not a picture I can read"),
        (
            File("drawing.svg", "image/svg+xml", b"<svg onload='alert(1)'/>"),
            "That is not a picture I can read",
        ),
        (File("half.png", "image/png", painted(size=(300, 300)).data[:-200]), "That picture is damaged."),
        (File("bomb.png", "image/png", bomb()), "That picture has too many pixels."),
        (File("nothing.txt", "text/plain", b""), "That file is empty."),
    ],
)
async def test_what_is_no_picture_is_refused_in_one_sentence(visitor, file, sentence):
    answer = await visitor.upload(file)

    assert answer["status"] == 422
    assert answer["error"].startswith(sentence)
    assert visitor.server.files.stored == {}


async def test_a_picture_is_what_its_bytes_are_whatever_it_is_called(visitor):
    answer = await visitor.upload(File("fox.jpg", "image/jpeg", painted().data))

    assert answer["type"] == "image/png"


async def test_any_other_file_may_come_along(visitor):
    await visitor.say("Read this", File("notes.txt", "text/plain", b"hello"))
    message = await visitor.inbox.until(1)

    (file,) = message.attachments
    assert (file.name, file.media_type, await file.load()) == ("notes.txt", "text/plain", b"hello")


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\temp\\passwd", "/etc/passwd", "pass\x00wd\n"])
async def test_a_name_is_only_a_name(visitor, name):
    answer = await visitor.upload(File(name, "text/plain", b"x"))

    assert answer["name"] == "passwd"


async def test_pictures_are_served_to_be_shown_and_kept_for_ever(visitor):
    picture = painted()
    digest = (await visitor.upload(picture))["digest"]
    status, data, headers = await get(visitor, digest)

    assert (status, data) == (200, picture.data)
    assert headers["Content-Type"] == "image/png"
    assert "Content-Disposition" not in headers
    assert "immutable" in headers["Cache-Control"]
    assert "private" in headers["Cache-Control"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert (await get(visitor, digest, headers={"If-None-Match": headers["ETag"]}))[0] == 304


async def test_a_picture_can_be_saved_under_its_name(visitor):
    digest = (await visitor.upload(painted()))["digest"]
    _, _, headers = await get(visitor, digest, params={"name": "ein Füchslein.png", "save": ""})

    disposition = headers["Content-Disposition"]
    assert disposition == "attachment; filename*=UTF-8''ein%20F%C3%BCchslein.png"


async def test_a_page_that_somebody_uploads_is_never_shown_as_one(visitor):
    digest = (await visitor.upload(File("x.html", "text/html", b"<script>alert(1)</script>")))["digest"]
    _, _, headers = await get(visitor, digest, params={"name": "x.html"})

    assert headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in headers["Content-Security-Policy"]


@pytest.mark.parametrize("digest", ["0" * 64, "..%2f..%2fetc", "abc"])
async def test_what_is_not_there_is_not_found(visitor, digest):
    assert (await get(visitor, digest))[0] == 404


async def test_a_made_up_ticket_brings_no_file(visitor):
    request = {"do": "say", "room": visitor.room, "text": "x", "files": ["e30.0000"]}
    answer = await visitor.ask(request)

    assert answer["on"] == "refused"
    assert answer["error"] == "That file has to be added again."


async def test_previews_are_served_from_memory_and_not_kept(visitor):
    await visitor.say("/imagine")
    data = painted(color="blue").data
    message = await visitor.chat.send(Content("…", progress=1))
    await visitor.chat.edit(message, Content("…", progress=50, images=(attachment(data),)), passing=True)
    await visitor.until(lambda v: v.seen and v.seen[-1].pictures)
    shown = visitor.shown("ours")[-1]["rest"]["images"][0]

    assert (await get(visitor, shown["digest"]))[:2] == (200, data)
    assert (shown["width"], shown["height"]) == (8, 8)
    assert visitor.server.files.stored == {}


async def test_pictures_of_a_message_that_lasts_are_kept_with_it(visitor):
    await visitor.say("/imagine")
    data = painted(color="blue").data
    await visitor.chat.send(Content("Here", images=(attachment(data),)))
    await visitor.until(lambda v: v.seen)
    await visitor.restart()
    shown = visitor.shown("ours")[-1]["rest"]["images"][0]

    assert (await get(visitor, shown["digest"]))[:2] == (200, data)


async def test_a_message_whose_picture_cannot_be_loaded_is_still_a_message(visitor):
    async def load() -> bytes:
        raise KeyError("gone")

    await visitor.say("/imagine")
    lost = Attachment("fox.png", "image/png", 10, load, digest="0" * 64)
    await visitor.chat.send(Content("Here", images=(lost,)))
    await visitor.until(lambda v: v.seen)

    assert visitor.seen[-1].text == "Here"


async def test_previews_in_memory_are_bounded(monkeypatch):
    monkeypatch.setattr(shelving, "FLEETING", 1000)
    shelf = Shelf(MemoryFiles())
    for number in range(50):
        await shelf.show(attachment(bytes([number]) * 100), lasting=False)

    assert shelf._fleeting_size == sum(map(len, shelf._fleeting.values())) <= 1000
    assert bytes([49]) * 100 in shelf._fleeting.values()


async def test_a_file_that_was_cleaned_up_before_it_was_sent_has_to_be_added_again(server, visitor):
    ticket = (await visitor.upload(painted("fox.png")))["ticket"]
    server.files.stored.clear()
    answer = await visitor.ask({"do": "say", "room": visitor.room, "text": "Look", "files": [ticket]})

    assert answer["error"] == "That file has to be added again."
    assert server.inbox.events == []
