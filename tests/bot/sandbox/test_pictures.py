"""Pictures: what the words say, the same for the same words and seed."""

import io

import pytest
from PIL import Image, ImageChops, ImageFilter, ImageStat

from bot.sandbox.buttons import Press
from bot.sandbox.paint.painter import Painter
from bot.sandbox.paint.shots import Sheet
from bot.sandbox.paint.words import Subject, read
from bot.sandbox.plans import from_press, from_prompt
from bot.sandbox.prompts import parse

SIZE = 256


@pytest.fixture
def painter():
    painter = Painter(SIZE)
    yield painter
    painter.close()


def sheet(prompt: str, seed: int = 7) -> Sheet:
    return from_prompt(parse(prompt), seed)


async def painted(painter: Painter, wanted: Sheet) -> Image.Image:
    return Image.open(io.BytesIO(await painter.picture(wanted))).convert("RGB")


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of two pictures, 0 to 255."""
    return sum(ImageStat.Stat(ImageChops.difference(one, other.resize(one.size))).mean) / 3


def quarters(grid: Image.Image) -> list[Image.Image]:
    wide, high = grid.width // 2, grid.height // 2
    boxes = [(x, y, x + wide, y + high) for y in (0, high) for x in (0, wide)]
    return [grid.crop(box) for box in boxes]


async def test_the_same_prompt_and_seed_paint_the_same_bytes(painter):
    again = Painter(SIZE)
    try:
        first = await painter.picture(sheet("a red fox in the snow"))

        assert await again.picture(sheet("a red fox in the snow")) == first
    finally:
        again.close()


async def test_another_seed_paints_another_picture(painter):
    one = await painted(painter, sheet("a red fox in the snow", 1))
    other = await painted(painter, sheet("a red fox in the snow", 2))

    assert difference(one, other) > 5


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a red fox in the snow", "a sailing boat on the sea at sunset"),
        ("雪山上的红狐狸", "城市的夜晚"),
        ("whale underwater", "astronaut in space"),
        ("a cat in a garden", "a dog in a garden"),
        ("blub", "blubb"),
    ],
)
async def test_two_prompts_look_different(painter, one, other):
    assert difference(await painted(painter, sheet(one)), await painted(painter, sheet(other))) > 5


async def test_the_four_of_a_grid_differ_visibly(painter):
    tiles = quarters(await painted(painter, sheet("mountains and a lake")))

    pairs = [(a, b) for index, a in enumerate(tiles) for b in tiles[index + 1 :]]
    assert min(difference(a, b) for a, b in pairs) > 4


@pytest.mark.parametrize("index", [1, 2, 3, 4])
async def test_an_upscale_is_that_very_tile_but_larger(painter, index):
    grid = sheet("a castle in the mountains")
    tiles = quarters(await painted(painter, grid))

    upscaled = await painted(painter, from_press(grid, Press("upscale", index), 1))

    assert upscaled.size == (SIZE, SIZE)
    nearness = [difference(tile, upscaled) for tile in tiles]
    assert nearness.index(min(nearness)) == index - 1
    assert min(nearness) < 6


async def test_a_variation_is_similar_and_yet_changed(painter):
    grid = sheet("a fox in a meadow at sunset")
    chosen = await painted(painter, from_press(grid, Press("upscale", 2), 1))
    single = from_press(grid, Press("upscale", 2), 1)

    subtle = quarters(await painted(painter, from_press(single, Press("low_variation"), 5)))
    strong = quarters(await painted(painter, from_press(single, Press("high_variation"), 5)))

    mild = sum(difference(tile, chosen) for tile in subtle) / 4
    wild = sum(difference(tile, chosen) for tile in strong) / 4
    assert 1 < mild < wild


@pytest.mark.parametrize(
    "prompt", ["a fox in the mountains", "a boat on the sea", "a cat in the city --ar 16:9"]
)
@pytest.mark.parametrize(("value", "factor"), [("50", 2.0), ("75", 1.5)])
async def test_a_zoom_shows_the_same_picture_smaller_within_more(painter, prompt, value, factor):
    single = from_press(sheet(prompt), Press("upscale", 1), 1)
    before = await painted(painter, single)

    for tile in quarters(await painted(painter, from_press(single, Press("zoom", 1, value), 3))):
        wide, high = tile.width / factor, tile.height / factor
        left, top = (tile.width - wide) / 2, (tile.height - high) / 2
        middle = tile.crop((round(left), round(top), round(left + wide), round(top + high)))
        assert difference(middle, before) < 9
        assert difference(tile, before) > difference(middle, before)


async def test_the_four_of_a_zoom_differ_only_outside(painter):
    single = from_press(sheet("pine forest, deer"), Press("upscale", 1), 1)

    tiles = quarters(await painted(painter, from_press(single, Press("zoom", 1, "50"), 3)))

    middles = [tile.crop((40, 40, 88, 88)) for tile in tiles]
    assert max(difference(middles[0], other) for other in middles[1:]) < 2
    assert max(difference(tiles[0], other) for other in tiles[1:]) > 1


@pytest.mark.parametrize(
    ("side", "size", "corner"),
    [
        ("left", (1.5, 1), (1, 0)),
        ("right", (1.5, 1), (0, 0)),
        ("up", (1, 1.5), (0, 1)),
        ("down", (1, 1.5), (0, 0)),
    ],
)
async def test_a_pan_keeps_the_picture_and_extends_one_side(painter, side, size, corner):
    single = from_press(sheet("a house in a meadow"), Press("upscale", 3), 1)
    before = await painted(painter, single)

    panned = from_press(single, Press("pan", 1, side), 3)
    tile = quarters(await painted(painter, panned))[0]

    assert panned.ratio == pytest.approx(size[0] / size[1])
    wide, high = tile.width / size[0], tile.height / size[1]
    x, y = (tile.width - wide) * corner[0], (tile.height - high) * corner[1]
    kept = tile.crop((round(x), round(y), round(x + wide), round(y + high)))
    assert difference(kept, before) < 9


async def test_a_region_is_painted_anew_and_the_rest_is_kept(painter):
    from bot.sandbox.plans import small_mask

    mask = Image.new("L", (100, 100), 0)
    mask.paste(255, (0, 0, 50, 100))
    data = io.BytesIO()
    mask.save(data, "PNG")
    single = from_press(sheet("a boat on the sea at night"), Press("upscale", 1), 1)
    before = await painted(painter, single)

    changed = from_press(
        single, Press("inpaint"), 3, parse("a castle in the desert at noon"), small_mask(data.getvalue())
    )
    tile = quarters(await painted(painter, changed))[0]

    half = tile.width // 2
    left, right = (0, 0, half - 8, tile.height - 20), (half + 8, 0, tile.width, tile.height - 20)
    small = before.resize(tile.size)
    assert difference(tile.crop(right), small.crop(right)) < 6
    assert difference(tile.crop(left), small.crop(left)) > 25


@pytest.mark.parametrize(("ratio", "size"), [("16:9", (256, 144)), ("2:3", (170, 256)), ("1:1", (256, 256))])
async def test_the_ratio_is_honoured(painter, ratio, size):
    assert (await painted(painter, sheet(f"a lake --ar {ratio}"))).size == size


async def test_previews_sharpen(painter):
    wanted = sheet("a city at night")
    sharpness = []
    for percent in (15, 31, 46, 62, 78, 93):
        preview = Image.open(io.BytesIO(await painter.preview(wanted, percent))).convert("L")
        sharpness.append(ImageStat.Stat(preview.filter(ImageFilter.FIND_EDGES)).mean[0])

    assert sharpness == sorted(sharpness)
    assert sharpness[-1] > 3 * sharpness[0]


async def test_an_animation_moves(painter):
    clip = Image.open(io.BytesIO(await painter.clip(from_press(sheet("a boat"), Press("upscale", 1), 1))))

    assert clip.n_frames > 10
    frames = []
    for index in (0, 10):
        clip.seek(index)
        frames.append(clip.convert("RGB"))
    assert difference(*frames) > 0.5


def test_a_colour_belongs_to_the_subject_that_follows_it():
    assert read("a red fox").subjects == (Subject("fox", "red"),)
    assert read("三只蓝色的猫").subjects == (Subject("cat", "blue", 3),)


@pytest.mark.parametrize(
    ("words", "known"),
    [
        ("two wolves in a winter forest at dawn", ("wolf", "forest", "dawn", "winter")),
        ("雪地里的狐狸，夜晚，大海", ("fox", "sea", "night", "snow")),
        ("a mountain lake", ("lake",)),
        ("golden hour over paris", ("city", "sunset")),
        ("xyzzy", ()),
    ],
)
def test_words_of_both_languages_are_read(words, known):
    assert read(words).known == known


def test_what_is_not_wanted_is_left_out():
    assert read("a fox and a cat in the snow", "cat, snow").known == ("fox",)
