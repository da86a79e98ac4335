"""Prompts: words, links, flags, and what they provoke."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.prompts import TRICKS, banned_word, parse


def test_a_prompt_is_taken_apart():
    parsed = parse("https://a.example/x.png a red fox --ar 16:9 --seed 5 --no trees --niji 6")

    assert parsed.urls == ("https://a.example/x.png",)
    assert parsed.words == "a red fox"
    assert (parsed.ratio, parsed.seed, parsed.version) == ((16, 9), 5, "niji 6")
    assert parsed.flags["no"] == "trees"
    assert not parsed.fault


@pytest.mark.parametrize(
    ("prompt", "fault"),
    [
        ("cat --zz 3", "[Invalid parameter] Unrecognized parameter(s): `--zz`"),
        ("cat --ar 0:1", "[Invalid parameter]"),
        ("cat --ar wide", "[Invalid parameter]"),
        ("cat --seed -1", "[Invalid parameter]"),
        ("cat --seed 5000000000", "[Invalid parameter]"),
        ("cat " * 2000, "Invalid Form Body"),
    ],
)
def test_a_wrong_parameter_is_why_it_will_fail(prompt, fault):
    assert parse(prompt).fault.startswith(fault)


@pytest.mark.parametrize("trick", sorted(TRICKS))
def test_a_trick_is_the_first_word_and_no_part_of_the_picture(trick):
    parsed = parse(f"{trick}: a fox --ar 3:2")

    assert (parsed.trick, parsed.words, parsed.ratio) == (trick, "a fox", (3, 2))


@pytest.mark.parametrize(
    ("prompt", "trick"),
    [
        ("fail a fox", "fail"),
        ("slow submit a fox", "slow-submit"),
        ("lost a fox", "lost"),
        ("lost", "lost"),
        ("lost city of gold", ""),
        ("frozen lake at dawn", ""),
        ("slow river", ""),
        ("a fox that does not fail", ""),
    ],
)
def test_ordinary_prompts_provoke_nothing(prompt, trick):
    assert parse(prompt).trick == trick


def test_banned_words_are_found_anywhere():
    assert banned_word("a Forbidden garden") == "forbidden"
    assert banned_word("a garden") == ""


@given(st.text())
def test_any_prompt_can_be_read(prompt):
    parsed = parse(prompt)

    assert parsed.ratio[0] > 0
    assert parsed.ratio[1] > 0
    assert parsed.seed is None or parsed.seed >= 0
