"""A region painted on a page: the real process, the sandbox gateway, and a real Chromium."""

import io
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, urlencode

import aiohttp
import pytest
from PIL import Image, ImageChops

from tests.adapters.telegram.test_apps import proof_of
from tests.bot.web.masks import strokes
from tests.e2e import discord, telegram
from tests.e2e.harness import bot, sandbox
from tests.e2e.test_browser import chromium, pytestmark
from tests.emulators.discord import Discord
from tests.emulators.telegram import Flood, Telegram

__all__ = ["chromium", "pytestmark"]

PUBLIC = "https://bot.example"
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
SHOT = """async (place) => {
  const image = document.querySelectorAll("article.ours .images img")[place];
  return Array.from(new Uint8Array(await (await fetch(image.src)).arrayBuffer()));
}"""


async def shown(page, place: int) -> Image.Image:
    """The picture of a card."""
    return Image.open(io.BytesIO(bytes(await page.evaluate(SHOT, place)))).convert("RGB")


def masks(place: Path) -> int:
    """How many pages can still be used."""
    with closing(sqlite3.connect(place / "data" / "chatelier.db")) as database:
        ((count,),) = database.execute("select count(*) from options where place = 'masks'")
    return int(count)


@pytest.mark.parametrize(
    "device", [{"viewport": {"width": 1200, "height": 900}}, PHONE], ids=["wide", "phone"]
)
async def test_a_region_is_painted_over_the_chat_and_comes_back_repainted(tmp_path, chromium, device):
    from playwright.async_api import expect

    async with (
        sandbox(tmp_path, speed=20) as gateway,
        bot(tmp_path, GATEWAY_URL=gateway.url, GATEWAY_KEY="sk-test") as program,
    ):
        context = await chromium.new_context(**device)
        page = await context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: message.type == "error" and errors.append(message.text))
        await page.goto(program.url)
        ours = page.locator("article.ours")
        await page.locator("#box").fill("/imagine a red fox in the snow --ar 16:9")
        await page.locator(".send").click()
        await ours.nth(0).get_by_role("button", name="U2", exact=True).click(timeout=60_000)
        await ours.nth(1).get_by_role("button", name=re.compile(r"Vary \(Region\)")).click(timeout=60_000)
        await ours.nth(2).get_by_role("link", name="Paint it").click()

        # The page is there in place: it is painted on, and asked for something else.
        inside = page.frame_locator(".sheet iframe")
        await expect(inside.get_by_role("button", name="Repaint")).to_be_enabled()
        await inside.get_by_title(re.compile("Rectangle")).click()
        box = await inside.locator("#picture").bounding_box()
        await page.mouse.move(box["x"] + 4, box["y"] + 4)
        await page.mouse.down()
        await page.mouse.move(box["x"] + box["width"] * 0.45, box["y"] + box["height"] * 0.9, steps=5)
        await page.mouse.up()
        await expect(inside.locator("#share")).to_have_text(re.compile(r"^(3|4)\d % marked"))
        await inside.get_by_label("What shall be there?").fill("a blue sea at night")
        await inside.get_by_role("button", name="Repaint").click()

        # It closes by itself, and the repainted picture arrives in the chat.
        await expect(page.locator(".sheet")).to_have_count(0)
        await expect(ours.nth(3).get_by_role("button", name="U1", exact=True)).to_be_visible(timeout=60_000)
        assert masks(tmp_path) == 0
        large, repainted = await shown(page, 1), await shown(page, 3)
        first = repainted.crop((0, 0, repainted.width // 2, repainted.height // 2)).resize(large.size)
        changed = ImageChops.difference(large, first).convert("L")
        left = changed.crop((0, 0, large.width // 3, large.height))
        right = changed.crop((large.width * 2 // 3, 0, *large.size))
        assert mean(left) > 4 * mean(right)

        # The link was good for one time.
        assert errors == []
        link = ours.nth(2).get_by_role("link", name="Paint it")
        await link.click()
        await expect(inside.locator("main")).to_contain_text("This page was used already")
        await page.get_by_role("button", name="Close", exact=True).click()
        await expect(page.locator(".sheet")).to_have_count(0)
        answer = await (await context.new_page()).goto(program.url + await link.get_attribute("href"))
        assert answer.status == 410


async def test_on_telegram_it_opens_inside_the_client_for_whoever_pressed(tmp_path, chromium):
    from playwright.async_api import expect

    async with telegram.scene(tmp_path, Telegram(flood=Flood()), WEB_URL=PUBLIC) as at:
        ann = at.server.user("Ann")
        at.server.say(ann, ann, "/imagine a red fox in the snow --ar 16:9")
        await at.pressed(ann, ann, await at.painted(ann), "U2")
        await at.pressed(ann, ann, await at.painted(ann, 2), "🖌️ Vary (Region)")
        grid = await at.painted(ann, 3)
        (button,) = [each for row in grid.markup["inline_keyboard"] for each in row if "web_app" in each]
        assert button["text"] == "Paint it"
        link = button["web_app"]["url"]
        assert link.startswith(f"{PUBLIC}/mask/")

        mine, other = proof_of(ann.id, at.server.token), proof_of(ann.id + 1, at.server.token)
        for proof in (other, mine):
            context = await chromium.new_context(**PHONE)
            page = await context.new_page()
            told = urlencode({"tgWebAppData": proof}, quote_via=quote)
            await page.goto(link.replace(PUBLIC, at.program.url) + f"#{told}")
            await expect(page.get_by_role("button", name="Repaint")).to_be_enabled()
            await page.get_by_title(re.compile("Rectangle")).click()
            box = await page.locator("#picture").bounding_box()
            await page.mouse.move(box["x"] + 4, box["y"] + 4)
            await page.mouse.down()
            await page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.9, steps=5)
            await page.mouse.up()
            if proof == mine:  # a crash under the open page
                await at.program.kill()
                await at.program.start()
            await page.get_by_role("button", name="Repaint").click()
            if proof == other:
                await expect(page.get_by_role("alert")).to_contain_text("whoever pressed the button")
            else:
                await expect(page.locator("#done")).to_contain_text("On its way")
            await context.close()
        repainted = await at.painted(ann, 4)
        assert "U1" in repainted.labels
        assert masks(at.place) == 0


async def test_on_discord_it_is_a_link_that_works_once(tmp_path):
    async with discord.scene(tmp_path, Discord(rates=discord.BRISK), WEB_URL=PUBLIC) as at:
        ann = at.person("Ann")
        await at.used(ann, ann, "imagine", prompt="a red fox in the snow --v 6.1")
        await at.pressed(ann, await at.painted(ann), "U1")
        await at.pressed(ann, await at.painted(ann, 2), "🖌️ Vary (Region)")
        copy = await at.last(ann, lambda one: "Paint it" in one.labels)
        (link,) = [button.url for button in copy.buttons if button.label == "Paint it"]
        assert link.startswith(f"{PUBLIC}/mask/")
        statuses = []
        async with aiohttp.ClientSession() as http:
            for _press in range(2):
                form = aiohttp.FormData({"words": "a small house"})
                form.add_field("mask", strokes((512, 512), (0, 0, 200, 512)), filename="mask.png")
                address = link.replace(PUBLIC, at.program.url)
                async with http.post(address, data=form, headers={"Origin": at.program.url}) as answer:
                    statuses.append(answer.status)
        assert statuses == [200, 410]
        await at.last(ann, lambda one: "a small house" in one.text and "U1" in one.labels)


def mean(picture: Image.Image) -> float:
    histogram = picture.histogram()
    return sum(level * count for level, count in enumerate(histogram)) / sum(histogram)
