"""Prompts: read and written back unchanged, and checked before they cost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UserError
from bot.prompts import MAX_PROMPT, check_prompt, read_prompt, with_zoom, without_zoom

WORDS = st.text(alphabet="ab 红狐\n-—:.é🦊", max_size=30)
PIECES = st.lists(
    st.one_of(
        WORDS,
        st.sampled_from(
            ["--ar 16:9", "--no hands, feet", "—v 7", " --tile", "https://x.example/a.png?b=--c "]
        ),
    ),
    max_size=8,
)


@given(PIECES)
def test_reading_and_writing_back_changes_nothing(pieces):
    text = " ".join(pieces)

    assert str(read_prompt(text)) == text


@given(st.text())
def test_whatever_is_typed_can_be_read(text):
    assert str(read_prompt(text)) == text


def test_links_words_and_flags_are_told_apart():
    prompt = read_prompt(
        "https://x.example/a.png https://x.example/b.png a red-brown fox --ar 16:9 --no snow, ice"
    )

    assert prompt.links == "https://x.example/a.png https://x.example/b.png "
    assert prompt.words == "a red-brown fox "
    assert prompt.flag("ar") == "16:9"
    assert prompt.flag("no") == "snow, ice"
    assert prompt.flag("seed") is None


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("a fox —ar 16:9", "a fox --ar 16:9"),
        ("a fox –v 7", "a fox --v 7"),
        ("a fox — alone", "a fox — alone"),
        ("a fox ——ar 16:9 －－v 7", "a fox --ar 16:9 --v 7"),
        ("  a fox  ", "a fox"),
        ("a fox --anything 3 --goes", "a fox --anything 3 --goes"),
    ],
)
def test_dashes_that_a_keyboard_joined_are_two_again(typed, sent):
    assert check_prompt(typed) == sent


@pytest.mark.parametrize("typed", ["", "   ", "--ar 16:9", "x" * (MAX_PROMPT + 1)])
def test_what_midjourney_would_not_take_is_one_sentence(typed):
    with pytest.raises(UserError):
        check_prompt(typed)


def test_the_limit_is_named():
    with pytest.raises(UserError, match="10000 characters; at most 6000"):
        check_prompt("x" * 10_000)


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("a fox", "a fox --zoom 1.8"),
        ("a fox --zoom 1.25", "a fox --zoom 1.25"),
        ("a fox —zoom 2", "a fox --zoom 2"),
        ("a fox --zoom 1 --ar 2:3", "a fox --zoom 1 --ar 2:3"),
    ],
)
def test_custom_zoom_keeps_a_zoom_or_gets_one(typed, sent):
    assert with_zoom(typed) == sent


@pytest.mark.parametrize(
    ("typed", "left"),
    [
        ("a fox --zoom 1.5", "a fox"),
        ("a fox --zoom 2 --ar 2:3", "a fox --ar 2:3"),
        ("a fox  in the  snow", "a fox  in the  snow"),
    ],
)
def test_a_zoom_can_be_taken_out(typed, left):
    assert without_zoom(typed) == left


@pytest.mark.parametrize(
    "typed", ["a --zoom 3", "a --zoom", "a --zoom far", "a --zoom 0.5", "a --zoom --tile"]
)
def test_a_zoom_that_cannot_be_is_one_sentence(typed):
    with pytest.raises(UserError, match="from --zoom 1 to --zoom 2"):
        with_zoom(typed)
