"""Files in full size, over a real socket."""

import aiohttp
import pytest

from bot.web.originals import Originals
from bot.web.site import Site
from tests.emulators.telegram.files import picture
from tests.fakes import MemoryFiles

SECRET = b"s" * 32


async def _fine() -> None:
    """Storage that answers."""


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def files():
    return MemoryFiles()


@pytest.fixture
async def site(files):
    async with Site("127.0.0.1", 0, ping=_fine) as site:
        Originals(files, "", SECRET).add_to(site.routes)
        await site.open()
        yield site


async def test_whoever_has_the_link_sees_the_picture(http, files, site):
    digest = await files.put(picture())
    link = Originals(files, site.url + "/", SECRET).link(digest, "a fox/1.png")
    async with http.get(link) as response:
        assert (response.status, response.content_type) == (200, "image/png")
        assert await response.read() == picture()
        assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_what_a_browser_would_run_is_saved(http, files, site):
    digest = await files.put(b"<script>alert(1)</script>")
    async with http.get(Originals(files, site.url, SECRET).link(digest, "ü.html")) as response:
        assert response.content_type == "application/octet-stream"
        assert response.headers["Content-Disposition"] == "attachment; filename*=UTF-8''%C3%BC.html"


async def test_links_cannot_be_made_up(http, files, site):
    digest, other = await files.put(picture()), await files.put(b"other")
    link = Originals(files, site.url, SECRET).link(digest, "fox.png")
    wrong = Originals(files, site.url, b"w" * 32).link(digest, "fox.png")
    gone = Originals(files, site.url, SECRET).link("0" * 64, "fox.png")
    for url in (link.replace(digest, other), wrong, gone):
        async with http.get(url) as response:
            assert response.status == 404


def test_without_a_public_address_or_a_kept_file_there_is_no_link(files):
    assert Originals(files, "", SECRET).link("0" * 64, "fox.png") == ""
    assert Originals(files, "https://example.org", SECRET).link("", "fox.png") == ""
