"""The mask page in a real Chromium: painting with a mouse, fingers and keys, and sending it."""

import asyncio
import io
from collections.abc import AsyncIterator

import pytest_asyncio
from PIL import Image, ImageStat

from tests.adapters.web import test_page
from tests.adapters.web.test_page import PHONE, Problems, phone
from tests.bot.web.masks import SIZE, Scene, scene, white
from tests.scripted import ANN

pytestmark = test_page.pytestmark
Page, expect = test_page.Page, test_page.expect
browser, context = test_page.browser, test_page.context

LARGEST = 1_000_000  # bytes that the site takes


@pytest_asyncio.fixture(loop_scope="module")
async def at(tmp_path) -> AsyncIterator[Scene]:
    async with scene(tmp_path) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def page(context) -> AsyncIterator[Page]:
    problems = Problems()
    page = await context.new_page()
    problems.watch(page)
    yield page
    assert problems == []


async def visit(page: Page, link: str) -> None:
    await page.goto(link)
    await expect(page.get_by_role("button", name="Repaint")).to_be_enabled()


async def spot(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where on the screen a place in the picture is, in shares of its size."""
    box = await page.locator("#picture").bounding_box()
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


async def drag(page: Page, *places: tuple[float, float]) -> None:
    """A stroke of the mouse through places in the picture."""
    first, *others = [await spot(page, *place) for place in places]
    await page.mouse.move(*first)
    await page.mouse.down()
    for place in others:
        await page.mouse.move(*place, steps=8)
    await page.mouse.up()


async def marked(page: Page) -> float:
    """How many percent the page says are marked."""
    return float((await page.locator("#share").inner_text()).partition(" ")[0])


def choose(page: Page, tool: str):
    return page.get_by_title(tool).click()


async def until(page: Page, script: str) -> None:
    """Wait for it, by looking: the page lets no script in that could wait inside it."""
    async with asyncio.timeout(30):
        while not await page.evaluate(script):  # noqa: ASYNC110 (nothing announces it)
            await asyncio.sleep(0.02)


async def send(page: Page, at: Scene) -> tuple[bytes, str]:
    await page.get_by_role("button", name="Repaint").click()
    await expect(page.locator("#done")).to_contain_text("On its way")
    return await at.ordered()


async def test_a_stroke_of_the_brush_is_white_where_it_went(page, at):
    await visit(page, await at.link())
    await expect(page.get_by_label("What shall be there?")).to_have_value("a red <fox>")
    await drag(page, (0.2, 0.5), (0.8, 0.5))
    assert 3 < await marked(page) < 30
    await page.get_by_label("What shall be there?").fill("a moon")
    mask, words = await send(page, at)
    assert words == "a moon"
    picture = Image.open(io.BytesIO(mask))
    assert picture.size == (1024, 1024 * SIZE[1] // SIZE[0])
    for place in (0.21, 0.5, 0.79):
        assert white(mask, place, 0.5)
    for place in ((0.5, 0.2), (0.5, 0.8), (0.05, 0.5), (0.95, 0.5)):
        assert not white(mask, *place)


async def test_rectangle_eraser_invert_undo_and_redo(page, at):
    await visit(page, await at.link())
    await choose(page, "Rectangle")
    await drag(page, (0.9, 0.9), (0.6, 0.1))  # from any corner
    assert abs(await marked(page) - 24) <= 1
    await choose(page, "Eraser")
    await page.get_by_label("Size").fill("120")
    await drag(page, (0.7, 0.5), (0.8, 0.5))
    assert await marked(page) < 22
    await page.get_by_role("button", name="Invert").click()
    assert await marked(page) > 77
    for _step in range(2):
        await page.get_by_role("button", name="Undo").click()
    assert abs(await marked(page) - 24) <= 1
    await page.get_by_role("button", name="Clear").click()
    assert await marked(page) == 0
    await page.get_by_role("button", name="Undo").focus()
    for _step in range(2):
        await page.keyboard.press("Enter")
    await expect(page.get_by_role("application")).to_be_focused()  # there is nothing more to undo
    await page.get_by_role("button", name="Redo").click()
    await expect(page.get_by_role("button", name="Redo")).to_be_enabled()
    await page.get_by_role("button", name="Invert").click()
    await expect(page.get_by_role("button", name="Redo")).to_be_disabled()
    mask, _words = await send(page, at)
    assert white(mask, 0.1, 0.1)
    assert not white(mask, 0.75, 0.5)
    assert white(mask, 0.58, 0.5)
    assert not white(mask, 0.62, 0.5)


async def test_all_of_it_with_keys(page, at):
    await visit(page, await at.link())
    stage = page.get_by_role("application", name="The picture, to paint on")
    keys = page.keyboard
    await keys.press("Tab")
    await expect(stage).to_be_focused()
    await keys.press("Space")
    for _step in range(5):
        await keys.press("ArrowRight")
    await keys.press("Space")
    first = await marked(page)
    assert first > 0
    await keys.press("r")
    await keys.press("ArrowDown")
    await keys.press("Space")
    for _step in range(4):
        await keys.press("ArrowLeft")
        await keys.press("ArrowDown")
    await keys.press("Space")
    assert await marked(page) > first
    await keys.press("Control+z")
    assert await marked(page) == first
    await keys.press("Control+Shift+z")
    assert await marked(page) > first
    await keys.press("Control+z")
    await keys.press("i")
    assert await marked(page) > 90
    await keys.press("Control+z")
    await keys.press("]")
    await keys.press("+")
    await page.get_by_label("What shall be there?").focus()
    await keys.press("Control+a")
    await keys.type("a moon, i [b] 0")
    assert await marked(page) == first
    await keys.press("Enter")
    await expect(page.locator("#done")).to_contain_text("On its way")
    mask, words = await at.ordered()
    assert words == "a moon, i [b] 0"
    assert white(mask, 0.55, 0.5)
    assert not white(mask, 0.4, 0.5)


async def test_what_has_the_focus_is_seen_and_everything_has_a_name(page, at):
    await visit(page, await at.link())
    await drag(page, (0.2, 0.5), (0.3, 0.5))
    names = []
    for _step in range(14):
        await page.keyboard.press("Tab")
        name, outline = await page.evaluate(
            """() => { const on = document.activeElement, look = on.type === "radio" ? on.parentElement : on;
            if (on === document.body) return ["", ""];
            const name = on.ariaLabel || on.labels?.[0]?.textContent || on.textContent;
            return [name.trim(), getComputedStyle(look).outlineStyle]; }"""
        )
        if name in names or not name:
            break
        assert outline == "solid", name
        names.append(name)
    said = ["Brush", "Size", "Undo", "Invert", "Clear", "Zoom out", "Whole picture", "Zoom in"]
    assert names[:8] == said
    assert {"What shall be there?", "Repaint"} <= set(names)


async def test_a_wheel_brings_it_closer_and_the_mask_keeps_its_place(page, at):
    await visit(page, await at.link())
    whole = await page.locator("#picture").bounding_box()
    stage = await page.locator("#stage").bounding_box()
    assert whole["width"] <= stage["width"]
    assert whole["height"] <= stage["height"]
    place = [round(each) for each in await spot(page, 0.9, 0.2)]
    await page.mouse.move(*place)
    await page.get_by_label("Size").fill("160")
    await page.mouse.wheel(0, -300)
    closer = await page.locator("#picture").bounding_box()
    assert closer["width"] > 1.5 * whole["width"]
    seen = await spot(page, 0.9, 0.2)
    assert abs(seen[0] - place[0]) < 2
    assert abs(seen[1] - place[1]) < 2
    await page.mouse.down()
    await page.mouse.move(place[0] + 20, place[1], steps=3)
    await page.mouse.up()
    await page.mouse.down(button="middle")
    await page.mouse.move(place[0] - 180, place[1] + 40, steps=3)
    await page.mouse.up(button="middle")
    moved = await spot(page, 0.9, 0.2)
    assert abs(moved[0] - place[0] + 200) < 2
    await page.get_by_role("button", name="Whole picture").click()
    assert (await page.locator("#picture").bounding_box())["width"] == whole["width"]
    await page.set_viewport_size({"width": 700, "height": 700})
    await expect(page.locator("#picture")).to_be_visible()
    await until(page, "document.querySelector('#picture').getBoundingClientRect().width <= 700")
    mask, _words = await send(page, at)
    assert white(mask, 0.9, 0.2)
    assert not white(mask, 0.8, 0.2)
    assert not white(mask, 0.9, 0.4)


async def test_nothing_marked_is_told_and_nothing_is_lost(page, at):
    quiet = await page.context.new_page()  # the browser itself complains of a 422
    await visit(quiet, await at.link())
    await quiet.get_by_role("button", name="Repaint").click()
    await expect(quiet.get_by_role("alert")).to_have_text("Mark what is to be repainted first.")
    await drag(quiet, (0.2, 0.5), (0.8, 0.5))
    await expect(quiet.get_by_role("alert")).to_have_count(0)
    await quiet.context.set_offline(True)
    await quiet.get_by_role("button", name="Repaint").click()
    await expect(quiet.get_by_role("alert")).to_have_text("The server cannot be reached; please try again.")
    await quiet.context.set_offline(False)
    mask, words = await send(quiet, at)
    assert words == "a red <fox>"
    assert white(mask, 0.5, 0.5)
    await quiet.close()


async def test_the_client_is_told_and_proves_who_it_is(page, at):
    link = await at.link()
    quiet = await page.context.new_page()
    await visit(quiet, f"{link}#proof=I+am+nobody")
    await drag(quiet, (0.2, 0.5), (0.8, 0.5))
    await quiet.get_by_role("button", name="Repaint").click()
    await expect(quiet.get_by_role("alert")).to_contain_text("whoever pressed the button")
    await quiet.close()
    await visit(page, f"{link}#proof=I+am+{ANN.id}")
    await drag(page, (0.2, 0.5), (0.8, 0.5))
    await send(page, at)
    await until(page, "window.told.includes('close')")
    assert await page.evaluate("window.told") == ["open", "close"]


async def test_used_links_say_so(page, at):
    link = await at.link()
    await visit(page, link)
    await drag(page, (0.2, 0.5), (0.8, 0.5))
    await send(page, at)
    quiet = await page.context.new_page()
    answer = await quiet.goto(link)
    assert answer.status == 410
    await expect(quiet.locator("main")).to_contain_text("This page was used already")
    await quiet.close()


async def test_the_largest_pictures_and_the_wildest_strokes_fit_the_site(page, at):
    await visit(page, await at.link(size=(2048, 2048)))
    await page.evaluate(
        """() => { const context = document.querySelector("#mask").getContext("2d");
        context.fillStyle = "#f00";
        for (let x = 0; x < 1024; x++) for (let y = 0; y < 1024; y++)
          if (Math.random() < 0.5) context.fillRect(x, y, 1, 1); }"""
    )
    mask, _words = await send(page, at)
    assert len(mask) < LARGEST
    assert 100 < ImageStat.Stat(Image.open(io.BytesIO(mask)).convert("L")).mean[0] < 155


# --- a phone --------------------------------------------------------------------------------


async def touch(page: Page, *moments: list[tuple[float, float]]) -> None:
    """Fingers on the screen, moment by moment."""
    session = await page.context.new_cdp_session(page)

    async def send(kind: str, places: list[tuple[float, float]]) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        await session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    down = 0
    for places in moments:
        await send("touchStart" if len(places) > down else "touchMove", places)
        down = len(places)
    await send("touchEnd", [])
    await session.detach()


@phone
async def test_on_a_phone_everything_is_there_and_a_finger_paints(page, at):
    await visit(page, await at.link(size=(1000, 1500)))
    assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    controls = page.locator("button:visible, .kinds label, #size, #words")
    for control in await controls.all():
        box = await control.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"]
        assert box["y"] + box["height"] <= PHONE["height"]
        assert box["height"] >= 44
    picture = await page.locator("#picture").bounding_box()
    assert picture["width"] <= PHONE["width"]
    assert picture["height"] > 300
    places = [[await spot(page, 0.2 + step / 20, 0.5)] for step in range(13)]
    await touch(page, *places)
    mask, _words = await send(page, at)
    assert Image.open(io.BytesIO(mask)).size == (683, 1024)
    for place in (0.21, 0.5, 0.79):
        assert white(mask, place, 0.5)
    assert not white(mask, 0.5, 0.2)


@phone
async def test_two_fingers_bring_it_closer_and_leave_no_mark(page, at):
    await visit(page, await at.link(size=(1000, 1500)))
    before = await page.locator("#picture").bounding_box()
    (x, y) = await spot(page, 0.5, 0.5)
    apart = [[(x - reach, y), (x + reach, y)] for reach in (20, 40, 60, 80)]
    await touch(page, [(x - 20, y)], *apart)
    after = await page.locator("#picture").bounding_box()
    assert abs(after["width"] / before["width"] - 4) < 0.2
    middle = await spot(page, 0.5, 0.5)
    assert abs(middle[0] - x) < 8
    assert abs(middle[1] - y) < 8
    assert await marked(page) == 0
    assert await page.evaluate("visualViewport.scale") == 1
    await touch(page, [(x, y)], [(x + 20, y)])
    assert await marked(page) > 0


async def test_light_and_dark(browser, at):
    link = await at.link()
    for scheme, colour in (("light", "rgb(250, 248, 245)"), ("dark", "rgb(25, 23, 21)")):
        context = await browser.new_context(color_scheme=scheme)
        page = await context.new_page()
        await visit(page, link)
        assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == colour
        await context.close()


async def test_chinese_fits_too(browser, at):
    context = await browser.new_context(locale="zh-CN", viewport=PHONE)
    page = await context.new_page()
    await page.goto(await at.link())
    await expect(page.get_by_role("button", name="重绘")).to_be_enabled()
    await expect(page.locator("#share")).to_have_text("已标记 0 %")
    assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    await context.close()
