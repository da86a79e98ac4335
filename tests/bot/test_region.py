"""Vary (Region): in words, on a grid, on a page; ordered once, with the mask."""

import io

import pytest
from PIL import Image

from bot.errors import UserError
from bot.jobs import Accepted, Action, Asks, Progress, Stage
from bot.messages import Limits, Style
from bot.regions import Box, Region
from tests.scripted import ANN, FakePlatform, labels, png, service

REGION = Action("MJ::Inpaint::1::x::SOLO", "Vary (Region)", "vary:region", "🖌️", Asks.MASK)
U2 = Action("MJ::JOB::upsample::2::x", "U2", "upscale:2")
PRESS = "🖌️ Vary (Region)"


async def painted(bot, *actions, count=1):
    """A finished picture; its card is the newest message."""
    bot.engine.pictures["http://x/1.png"] = png("green", (400, 200))
    bot.engine.outcomes.append(Accepted("t"))
    await bot.say("/imagine a red fox")
    await bot.work.idle()
    bot.finish("t", *actions)
    await bot.chat().until(lambda chat: chat.last.images and not chat.last.growing)
    await bot.work.idle()


def white(mask, x, y):
    picture = Image.open(io.BytesIO(mask)).convert("L")
    return picture.getpixel((int(x * (picture.width - 1)), int(y * (picture.height - 1)))) == 255


async def test_cells_are_ticked_and_what_shall_be_there_is_asked(tmp_path):
    async with service(tmp_path) as bot:
        await painted(bot, REGION, U2)
        await bot.press(PRESS)
        grid = bot.chat().last
        assert labels(grid)[:9] == [str(n) for n in range(1, 10)]
        assert grid.images[0].media_type == "image/jpeg"
        await bot.press("1")
        await bot.press("2")
        await bot.press("2")
        ticked = [b.label for row in bot.chat().last.buttons for b in row if b.style is Style.DONE]
        assert ticked == ["1"]
        await bot.press("Go")
        assert bot.chat().questions[0].default == "a red fox"
        bot.engine.outcomes.append(Accepted("r", form=""))
        await bot.press("Go", text="a moon")
        await bot.work.idle()

        assert bot.engine.acted[0][1] == REGION
        assert bot.engine.confirmed == [("r", "a moon")]
        (mask,) = bot.engine.masks
        assert Image.open(io.BytesIO(mask)).size == (400, 200)
        assert white(mask, 0.1, 0.1)
        assert not white(mask, 0.5, 0.1)
        assert not white(mask, 0.1, 0.9)


async def test_a_finer_grid_fits_the_platform_and_ticks_work_after_a_restart(tmp_path):
    platform = FakePlatform(limits=Limits(edit_every=0.0, button_rows=5))
    async with service(tmp_path, platform=platform) as bot:
        await painted(bot, REGION)
        await bot.press(PRESS)
        await bot.press("Finer")
        assert "16" in labels(bot.chat().last)
        assert "17" not in labels(bot.chat().last)
        await bot.press("16")
    async with service(tmp_path, platform=platform) as bot:
        await bot.press("Go", text="a moon")
        await bot.chat().until(lambda chat: len(chat.messages) == 3)
        await bot.until(lambda: _acted(bot))

    assert len(bot.engine.acted) == 1


async def _acted(bot):
    return bot.engine.acted


async def test_nothing_and_everything_are_told(tmp_path):
    async with service(tmp_path) as bot:
        await painted(bot, REGION)
        await bot.press(PRESS)
        await bot.press("Go")
        for cell in range(1, 10):
            await bot.press(str(cell))
        await bot.press("Go", text="a moon")

        assert bot.chat().notices == [
            "Tick the parts that are to be repainted first.",
            "That marks the whole picture; leave something of it.",
        ]
        assert bot.engine.acted == []


async def test_words_name_the_place(tmp_path):
    async with service(tmp_path) as bot:
        await painted(bot, REGION)
        await bot.press(PRESS)
        await bot.press("In words")
        assert "top left: a moon" in bot.chat().questions[0].title
        bot.engine.outcomes.append(Accepted("r", form=""))
        await bot.press("In words", text="右下角：一只猫")
        await bot.work.idle()

        assert bot.engine.confirmed == [("r", "一只猫")]
        assert white(bot.engine.masks[0], 0.9, 0.9)
        assert not white(bot.engine.masks[0], 0.1, 0.1)


async def test_things_are_looked_for_and_what_is_not_seen_is_told(tmp_path):
    asked = []

    async def find(picture, what):
        asked.append((await picture.load(), what))
        return Region((Box(0, 0, 1, 0.3),)) if what == "the sky" else None

    async with service(tmp_path, find=find) as bot:
        await painted(bot, REGION)
        await bot.press(PRESS)
        bot.engine.outcomes.append(Accepted("r", form=""))
        await bot.press("In words", text="the hat: red")
        assert "I cannot tell where “the hat” is" in bot.chat().notices[0]
        await bot.press("In words", text="the sky: stars")
        await bot.work.idle()

        assert bot.engine.confirmed == [("r", "stars")]
        assert [what for _, what in asked] == ["the hat", "the sky"]
        assert white(bot.engine.masks[0], 0.5, 0.1)


async def test_a_form_that_shows_late_gets_the_mask_too(tmp_path):
    async with service(tmp_path) as bot:
        await painted(bot, REGION)
        await bot.press(PRESS)
        bot.engine.outcomes.append(Accepted("r"))
        await bot.press("In words", text="left: a moon")
        await bot.work.idle()
        bot.engine.reports["r"] = Progress(Stage.FORM, prompt="")
        await bot.until(lambda: _confirmed(bot))

        assert bot.engine.masks[0]


async def _confirmed(bot):
    return bot.engine.confirmed


# --- the page -------------------------------------------------------------------------------


def page(bot):
    (link,) = [b.url for row in bot.chat().last.buttons for b in row if b.url]
    return link


def strokes(size=(200, 100), where=(0, 0, 50, 100)):
    picture = Image.new("L", size, 0)
    picture.paste(255, where)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


async def test_a_page_is_linked_where_one_can_be_opened_and_works_once(tmp_path):
    async with service(tmp_path, url="https://bot.example/") as bot:
        await painted(bot, REGION)
        await bot.press(PRESS)
        link = page(bot)
        assert link.startswith("https://bot.example/mask/")
        await bot.press("5")
        assert page(bot) == link
        regions = bot.painting.regions
        errand = await regions.errand(link.rpartition("/")[2])
        assert (await regions.picture(errand))[0] == png("green", (400, 200))
        bot.engine.outcomes.append(Accepted("r", form=""))
        first = await regions.painted(errand, strokes(), "a moon")
        second = await regions.painted(errand, strokes(), "a moon")
        await bot.work.idle()
        assert first.id == second.id
        assert first.owner == ANN
        with pytest.raises(UserError, match="used already"):
            await regions.errand(errand.token)

        assert bot.engine.confirmed == [("r", "a moon")]
        assert white(bot.engine.masks[0], 0.1, 0.5)


@pytest.mark.parametrize(
    ("mask", "sentence"),
    [
        (strokes(where=(0, 0, 0, 0)), "Mark what is to be repainted"),
        (strokes(where=(0, 0, 200, 100)), "the whole picture"),
        (strokes((100, 100)), "does not fit"),
        (b"no picture", "does not fit"),
    ],
)
async def test_masks_that_cannot_be_are_told_and_the_page_still_works(tmp_path, mask, sentence):
    async with service(tmp_path, url="https://bot.example") as bot:
        await painted(bot, REGION)
        await bot.press(PRESS)
        regions = bot.painting.regions
        errand = await regions.errand(page(bot).rpartition("/")[2])
        with pytest.raises(UserError, match=sentence):
            await regions.painted(errand, mask, "a moon")

        assert await regions.errand(errand.token) == errand


async def test_pages_grow_old_and_none_is_linked_without_an_address(tmp_path):
    now = 1_000_000.0
    async with service(tmp_path, url="https://bot.example") as bot:
        regions = bot.painting.regions
        regions._clock = lambda: now
        await painted(bot, REGION)
        await bot.press(PRESS)
        token = page(bot).rpartition("/")[2]
        now += 25 * 3600
        with pytest.raises(UserError, match="too old"):
            await regions.errand(token)
        with pytest.raises(UserError):
            await regions.errand("nothing")
    async with service(tmp_path / "2") as bot:
        await painted(bot, REGION)
        await bot.press(PRESS)

        assert "Paint it" not in labels(bot.chat().last)
