"""A person at the page: the real process, the sandbox gateway, and a real Chromium."""

import io
import re
from pathlib import Path

import pytest
from PIL import Image

from tests.e2e.harness import bot, sandbox

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(240),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed"),
]

PASTE = """
([bytes, name]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], name, { type: "image/png" }));
  const box = document.querySelector("#composer textarea");
  box.focus();
  box.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}
"""


@pytest.fixture
async def chromium():
    """A browser, started as root needs it."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        await browser.close()


async def write(page, text: str) -> None:
    box = page.locator("#composer textarea")
    await box.fill(text)
    await box.press("Enter")


def green() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "#00a000").save(out, "PNG")
    return out.getvalue()


async def test_talk_paint_zoom_and_a_restart_under_the_open_page(tmp_path, chromium):
    from playwright.async_api import expect

    async with (
        sandbox(tmp_path, speed=6) as gateway,
        bot(tmp_path, GATEWAY_URL=gateway.url, GATEWAY_KEY="sk-test") as program,
    ):
        page = await chromium.new_page(viewport={"width": 1200, "height": 900})
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.goto(program.url)
        ours = page.locator("article.ours")

        # Talk: the answer is seen growing, then whole, with its buttons.
        await write(page, "long 4000")
        await expect(ours.nth(0)).to_have_class(re.compile("growing"))
        await expect(ours.nth(0).get_by_role("button", name="Stop")).to_be_visible()
        await expect(ours.nth(0).get_by_role("button", name="Retry")).to_be_visible(timeout=60_000)
        assert len(await ours.nth(0).locator(":scope > .md").inner_text()) > 3000

        # Stop, then Continue.
        await write(page, "long 30000")
        await expect(ours.nth(1).locator(":scope > .md")).to_contain_text(re.compile(r"\w{3}"))
        await ours.nth(1).get_by_role("button", name="Stop").click()
        await expect(ours.nth(1).locator(".note")).to_have_text("Stopped.")
        await expect(ours.nth(1).get_by_role("button", name="Continue")).to_be_visible()

        # A pasted picture reaches the model, which says what it sees.
        await page.evaluate(PASTE, [list(green()), "green.png"])
        await expect(page.locator("#composer img")).to_be_visible()
        await write(page, "What is in this picture?")
        await expect(ours.nth(2)).to_contain_text(re.compile("64"), timeout=60_000)

        # Paint, with progress on the way.
        await write(page, "/imagine a red fox in the snow --ar 16:9")
        card = ours.nth(3)
        await expect(card.locator("progress")).to_be_visible()
        await expect(card.get_by_role("button", name="U2", exact=True)).to_be_visible(timeout=60_000)
        await expect(card.locator("img")).to_have_js_property("complete", True)
        assert await card.locator("img").evaluate("image => image.naturalWidth") > 500

        # U2 and V1 make new cards and are ticked.
        await card.get_by_role("button", name="U2", exact=True).click()
        upscaled = ours.nth(4)
        await expect(upscaled.get_by_role("button", name="Custom Zoom")).to_be_visible(timeout=60_000)
        await expect(card.get_by_role("button", name="U2", exact=True)).to_have_class(re.compile("done"))
        await card.get_by_role("button", name="V1", exact=True).click()
        await expect(ours.nth(5).get_by_role("button", name="U1", exact=True)).to_be_visible(timeout=60_000)

        # Custom zoom asks for words first.
        await upscaled.get_by_role("button", name="Custom Zoom").click()
        words = page.locator("article.question textarea, .forms textarea").last
        await expect(words).to_have_value(re.compile("--zoom"))
        await words.fill("a red fox in the snow --ar 16:9 --zoom 1.8")
        await words.locator("xpath=ancestor::form").get_by_role("button").first.click()
        await expect(ours.nth(6).get_by_role("button", name="U1", exact=True)).to_be_visible(timeout=60_000)

        # The server dies under the open page, in the middle of an answer and of a picture.
        await write(page, "/imagine the sea at night")
        await expect(ours.nth(7).locator("progress")).to_be_visible()
        await write(page, "long 20000")
        await expect(ours.nth(8).locator(":scope > .md")).to_contain_text(re.compile(r"\w{3}"))
        await program.kill()
        await expect(page.locator("#status")).to_be_visible()
        await program.start()
        await expect(ours.nth(7).get_by_role("button", name="U1", exact=True)).to_be_visible(timeout=60_000)
        await expect(ours.nth(8).get_by_role("button", name="Retry")).to_be_visible(timeout=90_000)
        await expect(page.locator("#status")).to_be_hidden()
        assert await ours.count() == 9

        # An old button works after the restart, and everything is there after a reload.
        await card.get_by_role("button", name="U3", exact=True).click()
        await expect(ours.nth(9).locator("img")).to_be_visible(timeout=60_000)
        await page.reload()
        await expect(ours).to_have_count(10)
        assert errors == []


async def test_html_from_the_model_is_never_executed(tmp_path, chromium):
    from playwright.async_api import expect

    async with (
        sandbox(tmp_path, speed=1000) as gateway,
        bot(tmp_path, GATEWAY_URL=gateway.url, GATEWAY_KEY="sk-test") as program,
    ):
        page = await chromium.new_page()
        dialogs: list[str] = []
        page.on("dialog", lambda dialog: dialogs.append(dialog.message))
        await page.goto(program.url)
        await write(page, "/system <img src=x onerror=alert(1)><script>alert(2)</script>")
        await write(page, "show me everything: html, table, code")
        await expect(page.locator("article.ours").nth(1).get_by_role("button", name="Retry")).to_be_visible(
            timeout=60_000
        )

        assert dialogs == []
        assert await page.locator("article.ours script, article.ours img[onerror]").count() == 0
