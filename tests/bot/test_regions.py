"""Parts of pictures: places in words, cells, and the masks they make."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.regions import Box, Region, Unfit, mask_from, mask_of, numbered, of_cells, read_place, read_wish
from tests.scripted import png

THIRD = pytest.approx(1 / 3)


def white(mask: bytes, x: float, y: float) -> bool:
    picture = Image.open(io.BytesIO(mask))
    assert picture.mode == "L"
    return picture.getpixel((int(x * (picture.width - 1)), int(y * (picture.height - 1)))) == 255


@pytest.mark.parametrize(
    ("text", "box"),
    [
        ("top left", Box(0, 0, 0.5, 0.5)),
        ("the upper right corner", Box(0.5, 0, 1, 0.5)),
        ("Bottom", Box(0, 0.5, 1, 1)),
        ("left half", Box(0, 0, 0.5, 1)),
        ("the middle", Box(0.25, 0.25, 0.75, 0.75)),
        ("centre of the picture", Box(0.25, 0.25, 0.75, 0.75)),
        ("左上角", Box(0, 0, 0.5, 0.5)),
        ("图片的右边", Box(0.5, 0, 1, 1)),
        ("中间", Box(0.25, 0.25, 0.75, 0.75)),
        ("下面", Box(0, 0.5, 1, 1)),
    ],
)
def test_places_are_read_in_english_and_chinese(text, box):
    assert read_place(text) == Region((box,))


def test_thirds_and_crossings_are_read():
    (box,) = read_place("the bottom third").boxes
    assert (box.top, box.bottom) == (pytest.approx(2 / 3), 1.0)
    (box,) = read_place("top middle").boxes
    assert (box.left, box.right, box.top, box.bottom) == (THIRD, pytest.approx(2 / 3), 0.0, 0.5)
    (box,) = read_place("左中").boxes
    assert (box.left, box.right, box.top) == (0.0, 0.5, THIRD)


def test_everything_but_a_place_and_several_places_are_read():
    assert read_place("everything but the middle") == Region((Box(0.25, 0.25, 0.75, 0.75),), inverted=True)
    assert read_place("除了中间以外") == Region((Box(0.25, 0.25, 0.75, 0.75),), inverted=True)
    assert len(read_place("top left and bottom right").boxes) == 2


@pytest.mark.parametrize("text", ["", "the sky", "her hat", "top hat", "狐狸", "left and right shoes", "?"])
def test_things_are_no_places(text):
    assert read_place(text) is None


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ("top left: a moon", "top left", "a moon"),
        ("左上角：一个月亮", "左上角", "一个月亮"),
        ("the sky: stars, many of them", "the sky", "stars, many of them"),
        ("top left a moon", "top left", "a moon"),
        ("the sky", "the sky", ""),
    ],
)
def test_a_wish_is_a_place_and_what_shall_be_there(text, place, what):
    region, said, wanted = read_wish(text)

    assert (said, wanted) == (place, what)
    assert (region is None) == (place == "the sky")


def test_a_mask_is_white_where_it_is_to_be_repainted_and_has_the_pictures_shape():
    mask = mask_of(Region((Box(0, 0, 0.5, 0.5),)), 2048, 1024)

    assert Image.open(io.BytesIO(mask)).size == (1024, 512)
    assert white(mask, 0.25, 0.25)
    assert not white(mask, 0.75, 0.25)
    assert not white(mask, 0.25, 0.75)
    turned = mask_of(Region((Box(0, 0, 0.5, 0.5),), inverted=True), 2048, 1024)
    assert not white(turned, 0.25, 0.25)
    assert white(turned, 0.75, 0.75)


def test_cells_are_counted_row_by_row():
    mask = mask_of(of_cells({4}, 3), 300, 300)

    assert white(mask, 0.5, 0.5)
    assert not white(mask, 0.2, 0.5)


@pytest.mark.parametrize(
    "region", [of_cells(set(), 3), of_cells(set(range(9)), 3), Region((Box(0.5, 0, 0.5, 1),))]
)
def test_nothing_and_everything_are_no_masks(region):
    with pytest.raises(Unfit):
        mask_of(region, 100, 100)


def painted(size=(200, 100), mode="RGBA", where=(0, 0, 50, 100)):
    picture = Image.new(mode, size, 0)
    picture.paste((255,) * len(mode) if len(mode) > 1 else 255, where)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def test_a_painted_mask_becomes_black_and_white_of_the_pictures_shape():
    mask = mask_from(painted(), 2048, 1024)

    assert Image.open(io.BytesIO(mask)).size == (1024, 512)
    assert white(mask, 0.1, 0.5)
    assert not white(mask, 0.9, 0.5)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        png("red"),
        painted((100, 100)),
        painted(where=(0, 0, 0, 0)),
        painted(where=(0, 0, 200, 100)),
    ],
)
def test_what_is_no_mask_of_the_picture_is_unfit(data):
    if data == png("red"):  # dark enough to mark nothing
        data = png("black", (200, 100))
    with pytest.raises(Unfit):
        mask_from(data, 2048, 1024)


def test_a_numbered_copy_is_a_picture_of_the_same_shape():
    copy = Image.open(io.BytesIO(numbered(png("blue", (600, 300)), 5)))

    assert copy.size == (600, 300)
    assert len(copy.getcolors(600 * 300)) > 10


@given(st.text())
def test_any_words_are_read_without_trouble(text):
    region, place, what = read_wish(text)
    assert region is None or region.boxes
    assert isinstance(place, str)
    assert isinstance(what, str)


@given(st.sets(st.integers(0, 24)), st.integers(8, 3000), st.integers(8, 3000))
def test_cells_make_a_mask_or_are_unfit(cells, width, height):
    try:
        mask = mask_of(of_cells(cells, 5), width, height)
    except Unfit:
        assert len(cells) in (0, 25) or min(width, height) < 60
        return
    shape = Image.open(io.BytesIO(mask)).size
    assert abs(shape[0] / shape[1] - width / height) <= 0.2 * width / height or min(shape) < 20
