"""The gallery with the real process, the sandbox gateway, and a real Chromium."""

import re

from tests.e2e import test_browser
from tests.e2e.harness import bot, free_port, sandbox
from tests.e2e.test_browser import write

pytestmark = test_browser.pytestmark
chromium = test_browser.chromium


async def test_painted_found_painted_again_and_deleted(tmp_path, chromium):
    from playwright.async_api import expect

    port = str(free_port())
    async with (
        sandbox(tmp_path, speed=20) as gateway,
        bot(tmp_path, GATEWAY_URL=gateway.url, GATEWAY_KEY="sk-test", WEB_PORT=port) as program,
    ):
        context = await chromium.new_context()
        context.set_default_timeout(60_000)
        chat = await context.new_page()
        await chat.goto(program.url)
        await write(chat, "/imagine a red fox in the snow --ar 16:9")
        await chat.get_by_role("button", name="U2").click()
        cards = chat.locator("article.ours.card")
        await expect(cards.nth(1).locator("img")).to_be_visible(timeout=60_000)

        # The wall has both, found by a word; the grid grew from a seed that the service tells.
        wall = await context.new_page()
        await wall.goto(f"{program.url}/gallery?words=FOX")
        tiles = wall.locator(".tile")
        await expect(wall.locator(".tile.here")).to_have_count(2, timeout=60_000)
        await tiles.last.click()
        await expect(wall.locator(".kin li")).to_have_count(2)
        await wall.get_by_role("button", name="Again with this seed").click()
        await expect(tiles).to_have_count(3, timeout=60_000)
        label = re.compile(r"a red fox in the snow --ar 16:9 --seed \d+")
        await expect(tiles.first).to_have_attribute("aria-label", label)
        await expect(cards).to_have_count(3)

        # Deleted after a crash: gone from the wall, and with its card from the conversation.
        await program.kill()
        await program.start()
        await wall.reload()
        await expect(tiles).to_have_count(3)
        await tiles.first.click()
        await wall.get_by_role("button", name="Delete").click()
        await wall.locator("dialog.small").get_by_role("button", name="Delete").click()
        await expect(tiles).to_have_count(2)
        await expect(cards).to_have_count(2, timeout=60_000)

        # The same in the conversation: leafing, the family, crops.
        await write(chat, "/gallery fox")
        newest = chat.locator("article.ours").last
        await expect(newest.locator(".note")).to_have_text(re.compile("2 pictures with “fox”"))
        await newest.get_by_role("button", name="▶").click()
        await newest.get_by_role("button", name="✂ 3").click()
        await expect(chat.locator("article.ours").last).to_contain_text("Cut out of the grid")
        await context.close()
