"""Mask pages as a server hands them out: addresses, what may be posted, and by whom."""

import asyncio
import re
from dataclasses import replace

import aiohttp
import pytest

from bot.web.site import MAX_BODY
from tests.bot.web.masks import SIZE, scene, scenery, strokes, white
from tests.scripted import ANN

OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def at(tmp_path):
    async with scene(tmp_path) as found:
        yield found


async def post(http, link, mask=None, *, headers=OURS, words="a moon", proof=""):
    form = aiohttp.FormData()
    form.add_field("mask", strokes() if mask is None else mask, filename="mask.png", content_type="image/png")
    form.add_field("words", words)
    if proof:
        form.add_field("proof", proof)
    async with http.post(link, data=form, headers=headers) as response:
        told = await response.json() if response.content_type == "application/json" else {}
        return response.status, told.get("said") or told.get("error")


async def get(http, link, **headers):
    async with http.get(link, headers=headers) as response:
        return response.status, await response.text(), response.headers


async def test_a_mask_is_ordered_once_and_the_link_ends_with_it(at, http):
    link = await at.link()
    assert await post(http, link) == (200, "On its way: the new picture will be in the chat.")
    mask, words = await at.ordered()
    assert words == "a moon"
    assert white(mask, 0.1, 0.5)
    assert not white(mask, 0.5, 0.5)

    gone = "This page was used already, or is too old. Press the button again for a new one."
    assert await post(http, link) == (410, gone)
    status, page, _headers = await get(http, link)
    assert (status, gone in page) == (410, True)
    assert (await get(http, f"{link}/picture"))[0] == 410
    await at.bot.work.idle()
    assert len(at.bot.engine.acted) == 1


async def test_the_page_lets_nothing_in_and_escapes_what_people_wrote(at, http):
    status, page, headers = await get(http, await at.link())
    assert status == 200
    assert "a red &lt;fox&gt;" in page
    assert 'lang="en"' in page
    assert not re.search(r"<script(?![^>]*src=)|<style| on\w+=|style=|https?://", page)
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors https://client.example" in policy
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"


async def test_its_files_are_there_and_no_others(at, http):
    link = await at.link()
    page = (await get(http, link))[1]
    paths = set(re.findall(r'"(/mask/page/[^"]+)"', page))
    assert len(paths) == 4
    for path in paths:
        status, _text, headers = await get(http, at.site.url + path)
        assert status == 200
        assert "immutable" in headers["Cache-Control"]
    build = next(iter(paths)).split("/")[3]
    for path in (f"/mask/page/{build}/mask.html", f"/mask/page/{build}/..%2Fmask.py", "/mask/page/x/mask.js"):
        assert (await get(http, at.site.url + path))[0] == 404


async def test_the_picture_is_had_whole(at, http):
    async with http.get(f"{await at.link()}/picture") as response:
        assert response.content_type == "image/png"
        assert await response.read() == scenery(SIZE)


@pytest.mark.parametrize("token", ["nothing", "..", "%2e%2e", "a" * 200, "0x0%00"])
async def test_made_up_links_are_gone(at, http, token):
    link = f"{at.site.url}/mask/{token}"
    assert (await get(http, link))[0] in (404, 410)
    assert (await post(http, link))[0] in (404, 405, 410)
    assert at.bot.engine.acted == []


@pytest.mark.parametrize(
    ("person", "asks", "title"),
    [
        ("zh-CN", "en", "要重绘哪一部分？"),
        ("en", "zh-CN", "Which part is to be repainted?"),
        ("", "zh-CN,en;q=0.5", "要重绘哪一部分？"),
        ("", "", "Which part is to be repainted?"),
    ],
)
async def test_it_speaks_the_person_s_language_or_else_the_browser_s(at, http, person, asks, title):
    link = await at.link(person=replace(ANN, language=person))
    _status, page, _headers = await get(http, link, **{"Accept-Language": asks})
    assert f"<h1>{title}</h1>" in page
    assert f'lang="{"zh-CN" if title.startswith("要") else "en"}"' in page


async def test_old_links_are_told_in_the_browser_s_language(at, http):
    _status, page, _headers = await get(http, f"{at.site.url}/mask/old", **{"Accept-Language": "zh"})
    assert "zh-CN" in page
    assert "This page" not in page


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
async def test_other_sites_may_not_post(at, http, headers):
    link = await at.link()
    assert (await post(http, link, headers=headers))[0] == 403
    assert (await post(http, link, headers={"Origin": at.site.url}))[0] == 200


@pytest.mark.parametrize(
    ("mask", "sentence"),
    [
        (strokes(where=(0, 0, 0, 0)), "Mark what is to be repainted"),
        (strokes(where=(0, 0, 200, 100)), "leave something of it"),
        (strokes((100, 100)), "does not fit"),
        (b"no picture", "does not fit"),
    ],
)
async def test_masks_that_cannot_be_are_told_and_the_page_goes_on(at, http, mask, sentence):
    link = await at.link()
    status, said = await post(http, link, mask)
    assert status == 422
    assert sentence in said
    assert (await post(http, link))[0] == 200


async def test_what_is_too_much_is_refused(at, http):
    link = await at.link()
    status, said = await post(http, link, b"x" * (MAX_BODY + 1))
    assert status == 413
    assert "too much" in said
    async with http.post(link, json={"mask": "x"}, headers=OURS) as response:
        assert response.status == 400
    assert (await post(http, link))[0] == 200


async def test_a_proof_must_be_true_and_the_person_s(at, http):
    link = await at.link()
    for proof in ("forged", "I am fake:bob"):
        status, said = await post(http, link, proof=proof)
        assert (status, "whoever pressed" in said) == (403, True)
    assert at.bot.engine.acted == []
    assert (await post(http, link, proof=f"I am {ANN.id}"))[0] == 200


async def test_two_at_once_are_one_order(at, http):
    link = await at.link()
    answers = await asyncio.gather(*(post(http, link) for _ in range(4)))
    assert {status for status, _said in answers} <= {200, 410}
    await at.ordered()
    assert len(at.bot.engine.acted) == 1


async def test_a_picture_that_is_not_kept_any_more_is_told(at, http, tmp_path):
    link = await at.link()
    for path in (tmp_path / "files").rglob("*"):
        if path.is_file():
            path.unlink()
    assert (await get(http, f"{link}/picture"))[0] == 410
    assert await post(http, link) == (410, "I no longer have that picture.")
