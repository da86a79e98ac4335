"""The mask page as a Mini App, in a real Chromium that plays the client around it."""

import json
from collections.abc import AsyncIterator
from urllib.parse import quote, urlencode

import pytest_asyncio
from aiohttp import web

from adapters.telegram import apps
from adapters.telegram.apps import opened_by
from bot.messages import Person
from tests.adapters.telegram.test_apps import AT, TOKEN, proof_of
from tests.adapters.web import test_page
from tests.adapters.web.test_page import phone
from tests.bot.web.masks import Clients, Scene, scene, white
from tests.bot.web.test_mask_page import drag, until, visit

pytestmark = test_page.pytestmark
Page, expect = test_page.Page, test_page.expect
browser, context = test_page.browser, test_page.context

ANN = Person("fake:42", "Ann", trusted=True)
CLIENT = """
window.posted = [];
window.TelegramWebviewProxy = { postEvent: (type, data) => window.posted.push([type, JSON.parse(data)]) };
"""


class Apps(Clients):
    """Pages are opened as the real adapter has them opened."""

    client = apps.CLIENT

    def vouch(self, proof: str) -> str:
        return f"fake:{opened_by(proof, TOKEN, AT)}"

    def add_to(self, routes: web.UrlDispatcher) -> None:
        apps.add_to(routes)


@pytest_asyncio.fixture(loop_scope="module")
async def at(tmp_path) -> AsyncIterator[Scene]:
    async with scene(tmp_path, Apps) as found:
        yield found


def launched(link: str, proof: str, background: str = "#17212b") -> str:
    """The address as a client opens it, with what it tells the page."""
    told = {"tgWebAppData": proof, "tgWebAppVersion": "9.1", "tgWebAppPlatform": "android"}
    theme = json.dumps({"bg_color": background})
    return f"{link}#{urlencode(told, quote_via=quote)}&tgWebAppThemeParams={quote(theme)}"


@phone
async def test_it_paints_for_whoever_opened_it_and_closes(context, at):
    page = await context.new_page()
    await page.add_init_script(CLIENT)
    await visit(page, launched(await at.link(person=ANN), proof_of(42, TOKEN, at=AT)))
    assert await page.evaluate("document.documentElement.dataset.theme") == "dark"
    names = [name for name, _data in await page.evaluate("window.posted")]
    assert names[:2] == ["web_app_ready", "web_app_expand"]
    assert ["web_app_setup_swipe_behavior", {"allow_vertical_swipe": False}] in await page.evaluate(
        "window.posted"
    )
    await drag(page, (0.2, 0.5), (0.8, 0.5))
    await page.get_by_role("button", name="Repaint").click()
    await until(page, "window.posted.at(-1)[0] === 'web_app_close'")
    mask, _words = await at.ordered()
    assert white(mask, 0.5, 0.5)


async def test_anybody_else_is_refused(context, at):
    link = await at.link(person=ANN)
    for proof in (proof_of(43, TOKEN, at=AT), proof_of(42, "1:forged", at=AT), "forged"):
        page = await context.new_page()
        await visit(page, launched(link, proof, "#ffffff"))
        assert await page.evaluate("document.documentElement.dataset.theme") == "light"
        await drag(page, (0.2, 0.5), (0.8, 0.5))
        await page.get_by_role("button", name="Repaint").click()
        await expect(page.get_by_role("alert")).to_contain_text("whoever pressed the button")
        await page.close()
    assert at.bot.engine.acted == []


async def test_in_a_browser_it_is_a_page_like_any_other(context, at):
    page = await context.new_page()
    await visit(page, await at.link(person=ANN))
    await drag(page, (0.2, 0.5), (0.8, 0.5))
    await page.get_by_role("button", name="Repaint").click()
    await expect(page.locator("#done")).to_contain_text("On its way")
    await at.ordered()
