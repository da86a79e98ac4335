"""The gallery page in a real Chromium."""

import re
from collections.abc import AsyncIterator

import pytest_asyncio

from bot.jobs import Progress, Removed, Stage
from tests.adapters.web import test_page
from tests.adapters.web.paintings import U2, Painter, drawn, hang, room_of
from tests.adapters.web.server import Server, serving
from tests.adapters.web.test_page import PHONE, Problems, phone

pytestmark = test_page.pytestmark
Page, expect = test_page.Page, test_page.expect
browser, context = test_page.browser, test_page.context

PERSON = """fetch("/session", { method: "POST", body: "{}" })
  .then((answer) => answer.json()).then(({ person }) => person)"""
SHAPES = [(320, 240), (240, 320), (320, 180), (300, 300), (400, 160)]


@pytest_asyncio.fixture(loop_scope="module")
async def server() -> AsyncIterator[Server]:
    painter = Painter()
    async with serving(painter) as server:
        painter.server = server
        yield server


@pytest_asyncio.fixture(loop_scope="module")
async def page(context, server) -> AsyncIterator[Page]:
    """The chat, so that there is a person; the gallery is opened by ``visit``."""
    problems = Problems()
    page = await context.new_page()
    problems.watch(page)
    await page.goto(server.url)
    await page.wait_for_selector("#box")
    yield page
    assert problems == []


async def fill(page: Page, server: Server, count: int) -> tuple[str, str]:
    """So many pictures; who they belong to, and the conversation that they were painted in."""
    person = await page.evaluate(PERSON)
    room = await room_of(server, person)
    for number in range(1, count + 1):
        await hang(server, person, room, f"a fox, number {number}", size=SHAPES[number % len(SHAPES)])
    return person, room


async def visit(page: Page, server: Server, query: str = "") -> None:
    await page.goto(f"{server.url}/gallery{query}")
    await expect(page.locator("#wall")).to_have_attribute("aria-busy", "false")


def tiles(page: Page):
    return page.locator(".tile")


def viewer(page: Page):
    return page.locator(".viewer[open]")


def prompt(page: Page):
    return page.locator(".viewer .prompt")


async def test_the_chat_leads_to_the_gallery_and_back(page, server):
    await fill(page, server, 3)
    await page.get_by_role("link", name="Gallery").click()
    await expect(tiles(page)).to_have_count(3)
    await expect(page.locator("#count")).to_have_text("3")
    await expect(page.locator(".tile.here")).to_have_count(3)
    await page.get_by_role("link", name="Back to the chat").click()
    await expect(page.locator("#box")).to_be_visible()


async def test_pictures_lie_in_rows_as_wide_as_the_wall_without_being_cut(page, server):
    await fill(page, server, 14)
    await visit(page, server)
    wall = await page.locator("#wall").bounding_box()
    rows: dict[int, list] = {}
    for tile in await tiles(page).all():
        box = await tile.bounding_box()
        rows.setdefault(round(box["y"]), []).append(box)
    *full, last = rows.values()
    assert len(full) >= 2
    for row in full:
        assert abs(row[-1]["x"] + row[-1]["width"] - (wall["x"] + wall["width"] - 12)) < 3
    for box in last:
        assert box["height"] < 600


async def test_more_is_loaded_as_the_wall_is_scrolled_and_small_pictures_only_when_seen(page, server):
    await fill(page, server, 95)
    asked = []
    page.on("request", lambda request: "/thumbs/" in request.url and asked.append(request.url))
    await visit(page, server)
    first = await tiles(page).count()
    assert 40 <= first < 95
    assert len(asked) < first
    for _step in range(12):
        await page.mouse.wheel(0, 2500)
        await page.wait_for_timeout(50)
    await expect(tiles(page)).to_have_count(95)


async def test_a_picture_is_looked_at_with_keys_and_left_with_escape(page, server):
    await fill(page, server, 3)
    await visit(page, server)
    await tiles(page).first.focus()
    await page.keyboard.press("ArrowRight")
    await expect(tiles(page).nth(1)).to_be_focused()
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("Enter")
    await expect(prompt(page)).to_have_text("a fox, number 3")
    await expect(page.get_by_role("button", name="Previous picture")).to_be_hidden()
    for number in (2, 1, 1):  # there is none after the last
        await page.keyboard.press("ArrowRight")
        await expect(prompt(page)).to_have_text(f"a fox, number {number}")
    await expect(page.get_by_role("button", name="Next picture")).to_be_hidden()
    await page.keyboard.press("Escape")
    await expect(viewer(page)).to_have_count(0)
    await expect(tiles(page).nth(2)).to_be_focused()


async def test_the_original_is_shown_whole(page, server):
    person = await page.evaluate(PERSON)
    await hang(server, person, "r", "tall", size=(200, 3000))
    await hang(server, person, "r", "small", size=(120, 90))
    await visit(page, server)
    await tiles(page).nth(1).click()
    stage = await page.locator(".stage").bounding_box()
    image = page.locator(".stage img")
    await expect(image).to_have_js_property("naturalHeight", 3000)
    box = await image.bounding_box()
    assert box["height"] <= stage["height"]
    assert abs(box["width"] / box["height"] - 200 / 3000) < 0.01
    await page.keyboard.press("ArrowLeft")
    await expect(image).to_have_js_property("naturalHeight", 90)
    box = await image.bounding_box()
    assert (round(box["width"]), round(box["height"])) == (120, 90)  # never larger than it is


async def test_searching_narrows_the_wall_and_the_address_keeps_it(page, server):
    person, room = await fill(page, server, 3)
    await hang(server, person, "elsewhere0000000", "a red hen")
    await visit(page, server)
    await page.keyboard.press("/")
    await page.keyboard.type("hen")
    await expect(tiles(page)).to_have_count(1)
    await expect(page.locator("#count")).to_have_text("1")
    await page.reload()
    await expect(tiles(page)).to_have_count(1)
    await expect(page.locator("#words")).to_have_value("hen")
    await page.locator("#words").fill("")
    await page.locator("#room").select_option("Foxes")
    await expect(tiles(page)).to_have_count(3)
    await page.locator("#words").fill("wolf")
    await expect(page.get_by_role("heading", name="Nothing here says that")).to_be_visible()
    assert f"room={room}" in page.url


async def test_an_empty_gallery_says_how_to_fill_it(page, server):
    await visit(page, server)
    await expect(page.get_by_role("heading", name="No pictures yet")).to_be_visible()
    await page.get_by_role("link", name="To the chat", exact=True).click()
    await expect(page.locator("#box")).to_be_visible()


async def test_again_paints_and_the_picture_comes_by_itself(page, server):
    await fill(page, server, 2)
    await visit(page, server)
    await tiles(page).nth(1).click()
    await page.get_by_role("button", name="Again", exact=True).click()
    await expect(page.get_by_role("link", name="Watch it in the chat")).to_be_visible()
    await expect(page.locator("#count")).to_have_text("3")
    await page.get_by_role("button", name="Again with this seed").click()
    await expect(page.locator("#count")).to_have_text("4")
    await page.keyboard.press("Escape")
    await expect(tiles(page).first).to_have_attribute("aria-label", "a fox, number 1 --seed 1")
    await expect(tiles(page)).to_have_count(4)


async def test_what_is_refused_is_said(page, server):
    await fill(page, server, 1)
    await visit(page, server)
    server.inbox.refuses.append("Only 3 pictures a day.")
    await tiles(page).first.click()
    await page.get_by_role("button", name="Again", exact=True).click()
    await expect(page.get_by_role("alert")).to_have_text("Only 3 pictures a day.")
    await expect(page.get_by_role("alert")).to_be_in_viewport()


async def test_a_family_is_a_tree_to_go_through(page, server):
    person, room = await fill(page, server, 1)
    first = server.gallery.jobs[0]
    large = await hang(server, person, room, "a fox", parent=first.id, action=U2)
    await hang(server, person, room, "a stranger")
    await hang(server, person, room, "a fox in the snow", parent=large.id)
    await visit(page, server)
    await tiles(page).nth(2).click()
    tree = page.locator(".kin")
    await expect(tree.locator("li li li")).to_have_count(1)
    await expect(tree.locator("[aria-current]")).to_have_text("U2")
    await tree.get_by_role("button").last.click()
    await expect(prompt(page)).to_have_text("a fox in the snow")
    await page.keyboard.press("ArrowLeft")  # leafing goes through the family now
    await expect(prompt(page)).to_have_text("a fox")
    await page.keyboard.press("ArrowLeft")
    await expect(prompt(page)).to_have_text("a fox, number 1")


async def test_a_picture_is_deleted_after_a_question_and_the_next_is_shown(page, server):
    await fill(page, server, 3)
    await visit(page, server)
    await tiles(page).first.click()
    await page.get_by_role("button", name="Delete").click()
    await page.get_by_role("button", name="Keep it").click()
    await expect(prompt(page)).to_have_text("a fox, number 3")
    for number in (2, 1):
        await page.get_by_role("button", name="Delete").click()
        await page.locator("dialog.small").get_by_role("button", name="Delete").click()
        await expect(prompt(page)).to_have_text(f"a fox, number {number}")
    assert [job.removed for job in server.gallery.jobs] == [Removed.NO, Removed.DELETED, Removed.DELETED]
    await page.keyboard.press("Escape")
    await expect(tiles(page)).to_have_count(1)
    await expect(page.locator("#count")).to_have_text("1")


async def test_the_conversation_is_one_tap_away(page, server):
    _person, room = await fill(page, server, 1)
    await visit(page, server)
    await tiles(page).first.click()
    await page.get_by_role("link", name="Open in chat").click()
    await page.wait_for_url(f"**/#{room}")
    await expect(page.locator("#box")).to_be_visible()


async def test_all_files_of_one_order_can_be_looked_at(page, server):
    person = await page.evaluate(PERSON)
    several = [await server.files.put(drawn(number, size)) for number, size in enumerate(SHAPES[:3])]
    film = await server.files.put(b"a film")
    await hang(server, person, "r", "a clip", results=(f"{film}.mp4",))
    await hang(server, person, "r", "three", results=tuple(f"{digest}.png" for digest in several))
    await visit(page, server)
    await tiles(page).first.click()
    image = page.locator(".stage > img")
    for number, (width, _height) in enumerate(SHAPES[:3], 1):
        await page.get_by_role("button", name=f"Picture {number}").click()
        await expect(image).to_have_js_property("naturalWidth", width)
    await page.keyboard.press("ArrowRight")
    await expect(prompt(page)).to_have_text("a clip")
    await expect(page.locator(".stage").get_by_role("link", name="Save")).to_have_attribute(
        "download", re.compile(r"\.mp4$")
    )


async def test_what_is_known_of_a_picture_is_told(page, server):
    person = await page.evaluate(PERSON)
    room = await room_of(server, person, "Foxes")
    await hang(server, person, room, "<b>a fox</b>", action=U2, progress=Progress(Stage.DONE, seed="4242"))
    await visit(page, server)
    await tiles(page).first.click()
    await expect(prompt(page)).to_have_text("<b>a fox</b>")
    about = page.locator(".about")
    for words in ("U2", "4242", "320 × 240", "Foxes"):
        await expect(about).to_contain_text(words)


async def test_a_picture_that_is_not_kept_any_more_says_so(page, server):
    person = await page.evaluate(PERSON)
    job = await hang(server, person, "r", "gone")
    await server.files.derived(job.results[0].partition(".")[0], "size", lambda data: b"320x240")
    server.files.stored.clear()
    quiet = await page.context.new_page()  # the browser itself complains of a 404
    await quiet.goto(f"{server.url}/gallery")
    await expect(quiet.locator(".tile.missing")).to_have_count(1)
    await tiles(quiet).first.click()
    await expect(quiet.locator(".gone")).to_have_text("This picture is not kept any more.")
    await quiet.close()


async def test_light_and_dark_are_the_chat_s(page, server):
    await fill(page, server, 1)
    await visit(page, server)
    light = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    await page.get_by_role("button", name="Switch to dark").click()
    dark = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (light, dark) == ("rgb(250, 248, 245)", "rgb(25, 23, 21)")
    await page.goto(server.url)
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == dark


SWIPE = """([x, y]) => {
  const area = document.querySelector(".viewer .left");
  const finger = { pointerId: 1, pointerType: "touch", isPrimary: true, bubbles: true };
  const send = (type, clientX, clientY) =>
    area.dispatchEvent(new PointerEvent(type, { ...finger, clientX, clientY }));
  send("pointerdown", 180, 200);
  send("pointerup", 180 + x, 200 + y);
}"""


@phone
async def test_on_a_phone_everything_fits_and_pictures_are_swiped(page, server):
    await fill(page, server, 12)
    await visit(page, server)
    fits = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert await page.evaluate(fits)
    boxes = [await tile.bounding_box() for tile in (await tiles(page).all())[:4]]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"] for box in boxes)
    await tiles(page).nth(1).tap()
    await expect(prompt(page)).to_have_text("a fox, number 11")
    await page.evaluate(SWIPE, [-120, 10])
    await expect(prompt(page)).to_have_text("a fox, number 10")
    await page.evaluate(SWIPE, [120, 10])
    await expect(prompt(page)).to_have_text("a fox, number 11")
    await page.evaluate(SWIPE, [20, 10])  # a tap that slipped
    await expect(prompt(page)).to_have_text("a fox, number 11")
    assert await page.evaluate(fits)
    picture = await page.locator(".stage img").bounding_box()
    assert picture["width"] <= PHONE["width"]
    for act in await page.locator(".acts .button").all():
        box = await act.bounding_box()
        assert box["height"] >= 40
        assert box["x"] + box["width"] <= PHONE["width"]
    await page.evaluate(SWIPE, [10, 160])
    await expect(viewer(page)).to_have_count(0)


async def test_the_password_is_asked_for_here_too(browser):
    async with serving(Painter(), password="open sesame") as server:
        context = await browser.new_context()
        page = await context.new_page()
        await page.goto(f"{server.url}/gallery")
        await page.get_by_label("Password").fill("open sesame")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="No pictures yet")).to_be_visible()
        await context.close()
