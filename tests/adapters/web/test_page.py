"""The page in a real Chromium, over a server that plays without a model."""

import re
import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from PIL import Image

from bot.messages import ButtonPress, Content, IncomingMessage, Question
from bot.sandbox.film import film
from bot.sandbox.song import tune
from tests.adapters.web.scene import Scene
from tests.adapters.web.server import Server, serving
from tests.ports.people import painted

CHROMIUM = shutil.which("chromium")
try:
    from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect
except ImportError:
    pytest.skip("playwright is not installed", allow_module_level=True)
if CHROMIUM is None:
    pytest.skip("there is no chromium on this machine", allow_module_level=True)

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PLAY = """
async () => {
  const lengths = [];
  for (const player of document.querySelectorAll("audio, video")) {
    player.muted = true;
    const over = new Promise((done) => player.addEventListener("ended", done));
    await player.play();
    await over;
    lengths.push(player.duration);
  }
  return lengths;
}
"""
WIDE = {"width": 1280, "height": 860}
PHONE = {"width": 360, "height": 740}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def server() -> AsyncIterator[Server]:
    async with serving(Scene(), connected_to="a play without a model") as server:
        yield server


class Problems(list):
    """What the browser complained about; a page of ours gives it no reason to."""

    def watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.append(str(error)))
        page.on("console", lambda message: message.type == "error" and self._note(message.text))
        page.on("dialog", lambda dialog: self.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: self._request(request.url))

    def _note(self, text: str) -> None:
        # The line going down is what some tests are about.
        if "WebSocket connection" not in text and "ERR_CONNECTION_REFUSED" not in text:
            self.append(text)

    def _request(self, url: str) -> None:
        if not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "blob:")):
            self.append(f"request to {url}")


@pytest_asyncio.fixture(loop_scope="module")
async def context(browser, request) -> AsyncIterator[BrowserContext]:
    options = {"viewport": WIDE, **getattr(request, "param", {})}
    context = await browser.new_context(**options)
    context.set_default_timeout(15_000)
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(context, server) -> AsyncIterator[Page]:
    problems = Problems()
    page = await context.new_page()
    problems.watch(page)
    await page.goto(server.url)
    await page.wait_for_selector("#box")
    yield page
    assert problems == []


phone = pytest.mark.parametrize(
    "context", [{"viewport": PHONE, "has_touch": True, "is_mobile": True}], indirect=True
)


async def say(page: Page, text: str) -> None:
    await page.locator("#box").fill(text)
    await page.locator(".send").click()


async def finished(page: Page) -> None:
    await expect(page.locator(".ours").last.locator(".note")).to_have_text("gpt-4o-mini")


async def no_sideways_scrolling(page: Page) -> bool:
    return await page.evaluate(
        """() => [document.documentElement, document.getElementById("scroll")].every(
          (element) => element.scrollWidth <= element.clientWidth)"""
    )


async def test_an_answer_grows_and_renders_everything(page, server):
    await say(page, "Show me")
    await finished(page)
    answer = page.locator(".ours .md").last

    await expect(answer.locator("h2").first).to_have_text("A table")
    await expect(answer.locator("td.right").first).to_have_text("4 min")
    await expect(answer.locator(".code .k").first).to_have_text("def")
    await expect(answer.locator("input[type=checkbox]:checked")).to_have_count(1)
    await expect(answer.locator("math msqrt")).to_have_count(1)
    await expect(answer.locator("a[target=_blank][rel*=noopener]")).to_have_text("https://example.org/coffee")
    await expect(answer).to_contain_text('<script>alert("never")</script>')
    await expect(page.locator(".theirs .bubble")).to_have_text("Show me")
    await expect(page.locator("#title")).to_have_text("Show me")


async def test_thoughts_are_folded_and_open(page):
    await say(page, "Think")
    await finished(page)
    thoughts = page.locator(".thoughts .md")

    await expect(thoughts).to_be_hidden()
    await page.locator(".thoughts summary").click()
    await expect(thoughts).to_contain_text("The person wants to see what I can do.")


async def test_a_growing_answer_is_followed_until_the_reader_scrolls_up(page, server):
    await say(page, "long, and wait")
    await expect(page.locator(".ours .code")).to_have_count(10)
    scroll = page.locator("#scroll")
    below = "e => e.scrollHeight - e.clientHeight - e.scrollTop"
    await page.wait_for_function(f"({below})(document.getElementById('scroll')) < 5")
    await scroll.hover()
    await page.mouse.wheel(0, -600)
    await expect(page.locator("#jump")).to_be_visible()
    top = await scroll.evaluate("e => e.scrollTop")
    server.inbox.go_on.set()
    await finished(page)

    assert await scroll.evaluate("e => e.scrollTop") == top
    await page.locator("#jump").click()
    await page.wait_for_function(f"({below})(document.getElementById('scroll')) < 5")
    await expect(page.locator("#jump")).to_be_hidden()


async def test_stop_is_pressed_while_it_grows(page, server):
    await say(page, "wait")
    await page.get_by_role("button", name="Stop").click()
    await finished(page)

    assert [event.data for event in server.inbox.events if isinstance(event, ButtonPress)] == ["talk:stop"]
    await expect(page.get_by_role("button", name="Retry")).to_be_visible()


async def test_code_and_answers_are_copied(page, context, server):
    await context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server.url)
    await say(page, "Show me")
    await finished(page)
    await page.locator(".copy-code").click()
    await expect(page.locator(".copy-code")).to_have_text("Copied")
    code = await page.evaluate("navigator.clipboard.readText()")
    await page.get_by_role("button", name="Copy this answer").click()
    await page.wait_for_function("async () => (await navigator.clipboard.readText()).startsWith('Here is')")
    answer = await page.evaluate("navigator.clipboard.readText()")

    assert code.startswith("def primes(limit: int) -> list[int]:\n")
    assert code.endswith("print(primes(30))\n")
    assert "| Filter | 4 min | clean, *light* |" in answer


PASTE = """async ({ bytes, name, type }) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], name, { type }));
  document.getElementById("box").dispatchEvent(
    new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""
DROP = """async ({ bytes, name, type }) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], name, { type }));
  for (const kind of ["dragenter", "dragover", "drop"])
    document.getElementById("main").dispatchEvent(
      new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


def as_file(file) -> dict[str, object]:
    return {"bytes": list(file.data), "name": file.name, "type": file.media_type}


async def test_pasted_dropped_and_picked_pictures_are_sent(page, server):
    pasted, dropped, picked = painted("one.png"), painted("two.png", "blue"), painted("three.png", "red")
    await page.evaluate(PASTE, as_file(pasted))
    await page.evaluate(DROP, as_file(dropped))
    await page.locator("#composer input[type=file]").set_input_files(
        {"name": picked.name, "mimeType": picked.media_type, "buffer": picked.data}
    )
    await expect(page.locator(".attached img")).to_have_count(3)
    await expect(page.locator(".attached progress")).to_have_count(0)
    await page.get_by_role("button", name="Remove two.png").click()
    await say(page, "What are these?")
    await finished(page)
    message = server.inbox.events[0]

    assert isinstance(message, IncomingMessage)
    assert [file.name for file in message.attachments] == ["one.png", "three.png"]
    assert [await file.load() for file in message.attachments] == [pasted.data, picked.data]
    await expect(page.locator(".theirs .picture img")).to_have_count(2)
    await expect(page.locator(".attached")).to_have_count(0)


async def test_a_file_that_is_too_large_is_refused_at_once(page, server):
    uploads = []
    page.on("request", lambda request: uploads.append(request.url) if "/upload" in request.url else None)
    await page.evaluate(
        """() => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(30_000_000)], "big.png", { type: "image/png" }));
          document.getElementById("box").dispatchEvent(
            new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }"""
    )
    problem = page.locator("#composer .problem")

    await expect(problem).to_have_text("big.png is 30.0 MB; 20.0 MB is the most I take.")
    assert uploads == []


async def test_a_file_that_is_no_picture_is_told_in_one_sentence(context, server):
    page = await context.new_page()  # the browser notes the refusal itself
    await page.goto(server.url)
    await page.wait_for_selector("#box")
    pdf = {"bytes": list(b"%PDF-1.7"), "name": "report.png", "type": "image/png"}
    await page.evaluate(PASTE, pdf)

    await expect(page.locator("#composer .problem")).to_have_text(
        "That is not a picture I can read (PNG, JPEG, WebP or GIF)."
    )
    await expect(page.locator(".attached")).to_have_count(0)


async def test_a_picture_is_painted_watched_and_worked_on(page, server):
    await say(page, "/imagine a red fox --ar 16:9")
    card = page.locator(".ours.card").last
    await expect(card.get_by_role("button", name="U2")).to_be_visible()
    await expect(card.locator(".picture img")).to_have_js_property("complete", True)
    await expect(card.locator("progress")).to_be_hidden()
    await card.get_by_role("button", name="U2").click()
    await expect(page.locator(".ours.card")).to_have_count(2)

    assert server.inbox.events[-1].data == "job:1:u2"


async def test_progress_is_a_bar(page, server):
    await say(page, "hello")
    await finished(page)
    room = (await server.posts.rooms("web", server.inbox.events[0].author.id))[0]
    chat = server.platform.chat(server.inbox.events[0].channel)
    message = await chat.send(Content("**a fox**", note="Painting", progress=35))
    bar = page.get_by_role("progressbar", name="Progress")
    await expect(bar).to_have_js_property("value", 35)
    await chat.edit(message, Content("**a fox**", note="Painting", progress=70), passing=True)

    await expect(bar).to_have_js_property("value", 70)
    await expect(page.locator(".percent")).to_have_text("70 %")
    assert room.name == "hello"


async def test_songs_and_clips_play_in_place(page, server):
    await say(page, "hello")
    await finished(page)
    chat = server.platform.chat(server.inbox.events[0].channel)
    clip = film([Image.new("RGB", (64, 48), colour) for colour in ("red", "blue")], 4)
    files = [("Rain Walk.wav", "audio/wav", tune("soft rain", 1)), ("fox.mp4", "video/mp4", clip)]
    attachments = [
        server.files.attachment(await server.files.put(data), name, kind) for name, kind, data in files
    ]
    await chat.send(Content("here they are", files=tuple(attachments)))
    await page.locator("video").wait_for()
    lengths = await page.evaluate(PLAY)

    assert lengths == [pytest.approx(1.2, abs=0.1), 0.5]
    await expect(page.locator(".played .file-name")).to_have_text(["Rain Walk.wav", "fox.mp4"])


async def test_a_question_is_a_form_in_place_with_its_default(page, server):
    await say(page, "/imagine a red fox")
    card = page.locator(".ours.card").first
    await card.get_by_role("button", name="Custom zoom").click()
    field = card.get_by_role("textbox", name="Zoom out, from --zoom 1 to 2")
    await expect(field).to_be_focused()
    await expect(field).to_have_value("a red fox --zoom 1.8")
    await field.fill("a red fox --zoom 1.5")
    await page.reload()
    await expect(field).to_have_value("a red fox --zoom 1.5")
    await field.press("Enter")
    await expect(page.locator(".ours.card")).to_have_count(2)

    assert server.inbox.events[-1].text == "a red fox --zoom 1.5"
    await expect(page.locator(".question")).to_have_count(0)


async def test_a_question_may_ask_for_pictures(page, server):
    await say(page, "hello")
    await finished(page)
    chat = server.platform.chat(server.inbox.events[0].channel)
    await chat.ask(Question("What to blend", "talk:blend", files=3, fewest=2))
    field = page.get_by_role("button", name="What to blend")  # a file picker, to those who cannot see it
    files = [painted("one.png"), painted("two.png", "blue")]
    given = [{"name": each.name, "mimeType": each.media_type, "buffer": each.data} for each in files]
    await field.set_input_files(given[:1])
    await page.locator(".question").get_by_role("button", name="Send").click()
    await expect(page.locator(".question .problem")).to_have_text("Choose 2 to 3, not 1.")
    await field.set_input_files(given)
    await page.locator(".question").get_by_role("button", name="Send").click()
    await expect(page.locator(".question")).to_have_count(0)

    assert [await each.load() for each in server.inbox.events[-1].attachments] == [
        each.data for each in files
    ]


async def test_escape_takes_a_question_away(page, server):
    await say(page, "/imagine a red fox")
    await page.get_by_role("button", name="Custom zoom").click()
    await page.locator(".question textarea").press("Escape")

    await expect(page.locator(".question")).to_have_count(0)
    assert [event.text for event in server.inbox.events if isinstance(event, ButtonPress)] == [None]


async def test_what_a_press_led_to_is_told_beside_the_button(page):
    await say(page, "/imagine a red fox")
    await page.get_by_role("button", name="V4").click()

    await expect(page.locator(".card").get_by_role("alert")).to_have_text("That picture is not yours.")


async def test_a_notice_stays_until_it_is_dismissed(page):
    await say(page, "/imagin foo")
    notice = page.locator(".notice")
    await expect(notice).to_have_text("I do not know /imagin foo. Did you mean /imagine?")
    await page.reload()
    await expect(notice).to_be_visible()
    await notice.get_by_role("button", name="Dismiss").click()

    await expect(notice).to_have_count(0)


async def test_pictures_open_large_and_close_by_key(page):
    await say(page, "/imagine a red fox")
    await page.get_by_role("button", name="U1").wait_for()
    await page.locator(".card .picture").click()
    box = page.locator("dialog.lightbox")
    await expect(box).to_be_visible()
    await expect(box.get_by_label("Save")).to_have_attribute("href", re.compile("^/files/[0-9a-f]{64}"))
    await page.keyboard.press("Escape")

    await expect(box).to_be_hidden()


async def test_the_page_outlives_the_server_and_loses_nothing(page, server):
    await say(page, "First")
    await finished(page)
    await server.stop()
    await expect(page.locator("#status")).to_have_text("Reconnecting…")
    await say(page, "Second, while you are away")
    await expect(page.locator(".pending .state")).to_be_visible()
    await server.start()
    await expect(page.locator("#status")).to_be_hidden()
    await expect(page.locator(".ours")).to_have_count(2)

    await expect(page.locator(".pending")).to_have_count(0)
    said = [event.text for event in server.inbox.events]
    assert said == ["First", "Second, while you are away"]
    await expect(page.locator(".theirs .bubble")).to_have_text(said)


async def test_what_was_not_sent_survives_a_reload(page, server):
    await say(page, "First")
    await finished(page)
    await server.stop()
    await say(page, "Second")
    await expect(page.locator(".pending")).to_be_visible()
    await server.start()
    await page.reload()
    await expect(page.locator(".ours")).to_have_count(2)

    assert [event.text for event in server.inbox.events] == ["First", "Second"]


async def test_a_draft_survives_a_reload_and_belongs_to_its_conversation(page):
    await say(page, "First")
    await finished(page)
    await page.locator("#box").fill("Not yet sent")
    await page.reload()
    await expect(page.locator("#box")).to_have_value("Not yet sent")
    await page.get_by_role("button", name="New conversation").first.click()

    await expect(page.locator("#box")).to_have_value("")


async def test_ones_last_message_is_edited(page, server):
    await say(page, "What is a dock?")
    await finished(page)
    await page.locator("#box").press("ArrowUp")
    await expect(page.locator("#box")).to_have_value("What is a dock?")
    await page.locator("#box").fill("What is a duck?")
    await page.locator("#box").press("Enter")
    await expect(page.locator(".theirs .bubble")).to_have_text("What is a duck?")
    await expect(page.locator(".edited")).to_be_visible()
    await expect(page.locator(".ours .note")).to_have_text("gpt-4o-mini · edited question")
    first, second = server.inbox.events

    assert (second.id, second.text, second.edited) == (first.id, "What is a duck?", True)


async def test_keys_alone_are_enough(page, server):
    box = page.locator("#box")
    await expect(box).to_be_focused()
    await page.keyboard.type("One")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("Two")
    await page.keyboard.press("Enter")
    await finished(page)
    await page.keyboard.press("Alt+n")
    await expect(page.locator("#title")).to_have_text("New conversation")
    await page.locator("#rooms a").focus()
    await page.keyboard.press("/")
    await expect(box).to_be_focused()
    await page.keyboard.type("/im")
    await expect(page.locator("#commands [aria-selected=true]")).to_contain_text("/imagine")
    await page.keyboard.press("Tab")
    await expect(box).to_have_value("/imagine ")
    await expect(page.locator("#commands")).to_be_hidden()

    assert server.inbox.events[0].text == "One\nTwo"


async def test_the_menu_offers_commands_with_their_help(page):
    box = page.locator("#box")
    await box.fill("/")
    options = page.locator("#commands [role=option]")
    await expect(options).to_have_count(6)
    await expect(options.first).to_contain_text("Paint a picture from words.")
    await box.press("ArrowUp")
    await expect(page.locator("#commands [aria-selected=true]")).to_contain_text("/help")
    await box.press("Enter")
    await expect(box).to_have_value("/help")
    await box.press("Escape")

    await expect(page.locator("#commands")).to_be_hidden()


async def test_conversations_are_listed_renamed_and_deleted(page):
    for text in ("First", "Second"):
        await page.get_by_role("button", name="New conversation").first.click()
        await say(page, text)
        await finished(page)
    names = page.locator("#rooms a")
    await expect(names).to_have_text(["Second", "First"])
    await names.last.click()
    await expect(page.locator(".theirs .bubble")).to_have_text("First")
    await names.last.press("F2")
    await page.locator("#rooms input").fill("Renamed")
    await page.keyboard.press("Enter")
    await expect(names).to_have_text(["Second", "Renamed"])
    await expect(page.locator("#title")).to_have_text("Renamed")
    await names.last.press("Delete")
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()

    await expect(names).to_have_text(["Second"])
    await expect(page.locator("#title")).to_have_text("New conversation")


async def test_back_and_forward_go_through_conversations(page):
    await say(page, "First")
    await finished(page)
    await page.keyboard.press("Alt+n")
    await say(page, "Second")
    await finished(page)
    await page.go_back()

    await expect(page.locator(".theirs .bubble")).to_have_text("First")


async def test_an_idea_fills_the_box(page):
    await page.get_by_role("button", name="Paint a picture from words").click()

    await expect(page.locator("#box")).to_have_value("/imagine a red fox in the snow --ar 16:9")
    await expect(page.locator("#box")).to_be_focused()


async def test_it_says_what_it_is_connected_to(page):
    await expect(page.locator("#connected")).to_have_text("Connected to a play without a model")


BACKGROUND = "getComputedStyle(document.body).backgroundColor"


@pytest.mark.parametrize("context", [{"color_scheme": "dark"}], indirect=True)
async def test_it_is_dark_where_the_system_is_and_can_be_switched(page):
    dark = await page.evaluate(BACKGROUND)
    await page.get_by_role("button", name="Switch to light").click()
    light = await page.evaluate(BACKGROUND)
    await page.reload()
    await page.wait_for_selector("#box")

    assert dark == "rgb(25, 23, 21)"
    assert light == "rgb(250, 248, 245)"
    assert await page.evaluate(BACKGROUND) == light


async def test_a_name_is_given_in_the_settings(page, server):
    await page.locator("#open-settings").click()
    await page.get_by_label("Your name").fill("Ann")
    await page.get_by_role("button", name="Done").click()
    await expect(page.locator("#open-settings")).to_contain_text("Ann")
    await say(page, "Hello")
    await finished(page)

    assert server.inbox.events[0].author.name == "Ann"


@phone
async def test_everything_fits_a_phone(page, server):
    assert await no_sideways_scrolling(page)
    await say(page, "Show me everything")
    await finished(page)
    assert await no_sideways_scrolling(page)
    await say(page, "/imagine a red fox")
    await page.get_by_role("button", name="Custom zoom").click()
    await page.locator(".question").wait_for()
    assert await no_sideways_scrolling(page)
    for button in await page.locator(".card .button").all():
        bounds = await button.bounding_box()
        assert bounds is not None
        assert bounds["height"] >= 40
        assert bounds["x"] >= 0
        assert bounds["x"] + bounds["width"] <= PHONE["width"]


@phone
async def test_a_note_breaks_words_that_do_not_fit(page):
    await say(page, "Hello")
    await finished(page)
    note = page.locator(".ours .note").last
    await note.evaluate("(element) => (element.textContent = `No channel for ${'y'.repeat(200)}`)")
    bounds = await note.bounding_box()

    assert bounds is not None
    assert bounds["x"] + bounds["width"] <= PHONE["width"]


@phone
async def test_the_list_is_a_drawer_on_a_phone(page):
    await say(page, "First")
    await finished(page)
    await expect(page.locator("#sidebar")).not_to_be_visible()
    await page.get_by_role("button", name="Conversations").click()
    await expect(page.locator("#sidebar")).to_be_in_viewport()
    await page.keyboard.press("Escape")

    await expect(page.locator("#sidebar")).not_to_be_visible()
    await expect(page.locator("#open-sidebar")).to_be_focused()


@phone
async def test_enter_is_a_new_line_on_a_phone(page, server):
    await page.locator("#box").focus()
    await page.keyboard.type("One")
    await page.keyboard.press("Enter")
    await page.keyboard.type("Two")
    await expect(page.locator("#box")).to_have_value("One\nTwo")

    assert server.inbox.events == []


async def test_the_password_is_asked_for(browser):
    async with serving(Scene(), password="open sesame") as server:
        context = await browser.new_context(viewport=WIDE)
        page = await context.new_page()
        await page.goto(server.url)
        await page.get_by_label("Password").fill("guess")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_have_text("That is not the password.")
        await page.get_by_label("Password").fill("open sesame")
        await page.keyboard.press("Enter")
        await expect(page.locator("#box")).to_be_visible()
        await say(page, "Hello")
        await finished(page)
        await context.close()


async def test_two_pages_of_one_browser_show_the_same(page, context, server):
    await say(page, "First")
    await finished(page)
    other = await context.new_page()
    await other.goto(page.url)
    await expect(other.locator(".theirs .bubble")).to_have_text("First")
    await say(other, "Second")
    await expect(page.locator(".theirs .bubble")).to_have_text(["First", "Second"])
    await expect(page.locator(".ours")).to_have_count(2)
    await other.close()
