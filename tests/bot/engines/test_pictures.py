"""Pictures on their way to the service and back."""

import base64
import io
import os
import struct
import zlib

import pytest
from PIL import Image

from bot.engines.midjourney.pictures import MAX_BYTES, data_url, mask_url
from bot.errors import Kind, Refused, Unavailable
from bot.jobs import Order
from tests.bot.engines.service import KEY, Reply, accepted


def opened(url: str) -> tuple[str, Image.Image]:
    head, _, data = url.partition(",")
    return head, Image.open(io.BytesIO(base64.b64decode(data, validate=True)))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
async def test_a_small_picture_goes_as_it_is(png, kind):
    picture = png(64, 32, kind=kind)

    url = await data_url(picture)

    assert url == f"data:image/{kind.lower()};base64,{base64.b64encode(picture).decode()}"


@pytest.mark.parametrize(
    ("mode", "kind"), [("RGB", "image/jpeg"), ("RGBA", "image/webp"), ("L", "image/jpeg")]
)
async def test_a_large_picture_is_shrunk_in_proportion(png, mode, kind):
    head, picture = opened(await data_url(png(5000, 2500, 128 if mode == "L" else "red", mode=mode)))

    assert head == f"data:{kind};base64"
    assert picture.size == (2048, 1024)


async def test_a_heavy_picture_is_made_light():
    noise = Image.frombytes("RGB", (1500, 1500), os.urandom(1500 * 1500 * 3))
    out = io.BytesIO()
    noise.save(out, "PNG")
    assert len(out.getvalue()) > MAX_BYTES

    _head, picture = opened(await data_url(out.getvalue()))

    assert len(picture.fp.read() if picture.fp else b"") <= MAX_BYTES
    assert picture.format == "JPEG"


async def test_a_turned_picture_is_shrunk_upright():
    lying = Image.new("RGB", (3000, 1500))
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    lying.save(out, "JPEG", exif=exif)

    assert opened(await data_url(out.getvalue()))[1].size == (1024, 2048)


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"\x89PNG\r\n\x1a\n", b"<svg/>"])
async def test_what_is_no_picture_is_refused(data):
    with pytest.raises(Refused) as caught:
        await data_url(data)

    assert caught.value.kind is Kind.REQUEST


async def test_a_torn_picture_is_refused(png):
    with pytest.raises(Refused):
        await data_url(png(500, 500)[:-60])


@pytest.mark.parametrize("side", [9800, 12000, 60000])
async def test_a_bomb_is_refused(png, side):
    picture = png(1, 1)
    header = b"IHDR" + struct.pack(">II", side, side * 2) + picture[24:29]
    bomb = picture[:12] + header + struct.pack(">I", zlib.crc32(header)) + picture[33:]

    with pytest.raises(Refused):
        await data_url(bomb)
    with pytest.raises(Refused):
        await mask_url(bomb)


async def test_a_mask_is_a_png_without_transparency(png):
    drawn = Image.new("RGBA", (10, 10), (255, 255, 255, 0))
    drawn.putpixel((5, 5), (255, 255, 255, 255))
    out = io.BytesIO()
    drawn.save(out, "PNG")

    head, mask = opened(await mask_url(out.getvalue()))
    as_jpeg, _mask = opened(await mask_url(png(10, 10, "white", kind="JPEG")))

    assert head == as_jpeg == "data:image/png;base64"
    assert mask.mode == "RGB"
    assert mask.getpixel((5, 5)) == (255, 255, 255)
    assert mask.getpixel((0, 0)) == (0, 0, 0)


async def test_image_prompts_go_along_in_order(service, engine, png):
    service.on("POST /mj/submit/imagine", accepted("1"))

    await engine.submit(Order("a fox"), [png(8, 8), png(9, 9, kind="JPEG")], "r")

    [sent] = service.bodies("POST /mj/submit/imagine")
    assert [each.partition(";")[0] for each in sent["base64Array"]] == ["data:image/png", "data:image/jpeg"]


async def test_megabytes_of_image_prompts_arrive_whole(service, engine):
    noise = Image.frombytes("RGB", (1000, 1000), os.urandom(3_000_000))
    out = io.BytesIO()
    noise.save(out, "PNG")
    service.on("POST /mj/submit/imagine", accepted("1"))

    await engine.submit(Order("a fox"), [out.getvalue()] * 3, "r")

    [sent] = service.bodies("POST /mj/submit/imagine")
    assert [opened(each)[1].tobytes() for each in sent["base64Array"]] == [noise.tobytes()] * 3


async def test_a_picture_comes_home_without_our_key(service, engine, png):
    picture = png(64, 64)
    service.on("GET /mj/image/1", Reply(picture, headers={"content-type": "image/png"}))

    assert await engine.fetch(f"{service.url}/mj/image/1?rand=5") == picture
    assert service.asked[0].query == "rand=5"
    assert KEY not in str(service.asked[0].headers)


async def test_redirects_are_followed_and_get_no_key(service, engine, png):
    picture = png(8, 8)
    service.on("GET /mj/image/1", Reply(b"", 302, {"location": "/elsewhere?sig=a%20b&x="}))
    service.on("GET /elsewhere", Reply(picture))

    assert await engine.fetch(f"{service.url}/mj/image/1") == picture
    assert service.asked[1].query == "sig=a%20b&x="
    assert KEY not in str([each.headers for each in service.asked])


async def test_a_signed_query_arrives_as_it_was(service, engine):
    service.on("GET /attachments/1/2/bot_a_red_fox.png", Reply(b"x"))
    query = "ex=6893ab&is=6892cd&hm=00ff&name=a%20b+c&"

    await engine.fetch(f"{service.url}/attachments/1/2/bot_a_red_fox.png?{query}")

    assert service.asked[0].query == query


@pytest.mark.parametrize("first", [Reply(b"", 404), Reply(b"", 500), Reply(b""), Reply(fault="reset")])
async def test_a_picture_that_lags_is_waited_for(service, engine, first):
    service.on("GET /a.png", first, first, Reply(b"picture"))

    assert await engine.fetch(f"{service.url}/a.png") == b"picture"
    assert service.count("GET /a.png") == 3


async def test_a_dead_link_is_gone_after_three_looks(service, engine):
    service.on("GET /a.png", Reply({"error": "midjourney_task_not_found"}, 404))

    with pytest.raises(Refused) as caught:
        await engine.fetch(f"{service.url}/a.png")

    assert caught.value.kind is Kind.GONE
    assert service.count("GET /a.png") == 3


async def test_a_host_in_trouble_is_unavailable(service, engine):
    service.on("GET /a.png", Reply({"error": "http_get_image_failed"}, 500))

    with pytest.raises(Unavailable):
        await engine.fetch(f"{service.url}/a.png")


async def test_a_half_picture_is_none(service, engine):
    service.on("GET /a.png", Reply(b"pict", fault="half"))

    with pytest.raises(Unavailable):
        await engine.fetch(f"{service.url}/a.png")


@pytest.mark.parametrize("size_known", [False, True])
async def test_too_much_is_refused_while_it_arrives(service, engine, size_known):
    service.on("GET /a.png", Reply(b"x" * 5000, fault="" if size_known else "chunked"))

    with pytest.raises(Refused) as caught:
        await engine.fetch(f"{service.url}/a.png", limit=4999)

    assert caught.value.kind is Kind.SIZE
    assert service.count("GET /a.png") == 1
    assert len(await engine.fetch(f"{service.url}/a.png", limit=5000)) == 5000


async def test_links_that_lead_in_circles_end(service, engine):
    service.on("GET /a.png", Reply(b"", 302, {"location": "/a.png"}))

    with pytest.raises(Refused):
        await engine.fetch(f"{service.url}/a.png")


@pytest.mark.parametrize("url", ["", "/a.png", "ftp://x.example/a", "http://", "http://[", "data:,x"])
async def test_what_is_no_web_address_is_refused(engine, url):
    with pytest.raises((Refused, Unavailable)):
        await engine.fetch(url)
