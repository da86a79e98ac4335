"""Flags that Midjourney would not take are told before they cost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engines.midjourney.parameters import CHECKS, check_parameters
from bot.errors import UserError


@pytest.mark.parametrize(
    "flags",
    [
        "--ar 7:2 --v 5",
        "--ar 1:2 --v 4",
        "--ar 16:9 --v 6.1 --s 250 --c 10 --w 3000",
        "--niji --tile --raw",
        "--niji 6 --style expressive",
        "--no cars, people --seed 4294967295",
        "--q .5 --iw 1.75 --stop 80",
        "--sref https://example.org/a.png https://example.org/b.png --sw 200",
        "--sref random --cref https://example.org/a.png --cw 0",
        "--p abc123 --video --fast",
        "-- a portrait in three-quarter view -- video game style, 4 dogs",
        "--ar 1:1 --v 7 --draft --exp 20 --ow 400 --oref https://example.org/--zz.png",
    ],
)
def test_what_midjourney_takes_passes(flags):
    check_parameters(f"a red fox {flags}")


@pytest.mark.parametrize(
    ("prompt", "sentence"),
    [
        ("a fox --zz 3", "Midjourney knows no --zz."),
        ("a fox --aspekt 1:1", "did you mean --aspect?"),
        ("a fox --AR 1:1", "did you mean --ar?"),
        ("a fox --stylise 100", "did you mean --stylize?"),
        ("a fox --ar 16x9", "write it as --ar 16:9"),
        ("a fox --ar 1.91:1", "--ar takes two whole numbers, for example --ar 16:9"),
        ("a fox --ar 0:1", "--ar takes two whole numbers"),
        ("a fox --ar", "--ar takes two whole numbers"),
        ("a fox --ar 9999:1", "write it as --ar 50:1"),
        ("a fox --v 4 --ar 1:3", "write it as --ar 1:2"),
        ("a fox --aspect 3:1 --v 3", "write it as --aspect 5:2"),
        ("a fox --v seven", "--v takes a version, for example --v 7"),
        ("a fox --niji x", "--niji takes a version, for example --niji 6"),
        ("a fox --s 1001", "--s takes a number from 0 to 1000"),
        ("a fox --chaos -1", "--chaos takes a number from 0 to 100"),
        ("a fox --seed 1.5", "--seed takes a number from 0 to 4294967295"),
        ("a fox --iw 4", "--iw takes a number from 0 to 3"),
        ("a fox --no", "--no wants something behind it"),
        ("a fox --motion fast", "--motion is low or high"),
        ("a fox --ar16:9", "write it as --ar 16:9"),
        ("a fox --ar:16:9", "write it as --ar 16:9"),
        ("a fox --ar=16:9 --v 7", "write it as --ar 16:9"),
        ("a fox --v7", "write it as --v 7"),
        ("a fox --niji6", "write it as --niji 6"),
        ("a fox -- ar 16:9", "write it as --ar 16:9"),
        ("a fox --ar 16:9, --v 7", "write it as --ar 16:9"),
        ("a fox --ar １６：９", "write it as --ar 16:9"),
        ("a fox --s 1_000", "--s takes a number from 0 to 1000"),
        ("a fox --chaos 1e1", "--chaos takes a number from 0 to 100"),
        ("a fox --seed ١٢", "--seed takes a number"),
        ("a fox --风格 3", "Midjourney knows no --风格."),
        ("a fox --ár 16:9", "Midjourney knows no --ár"),
    ],
)
def test_what_would_fail_is_one_sentence_with_the_nearest_right_form(prompt, sentence):
    with pytest.raises(UserError) as told:
        check_parameters(prompt)

    assert sentence in str(told.value)


def test_an_operator_knows_of_newer_flags():
    check_parameters("a fox --sparkle 3", ["sparkle"])
    with pytest.raises(UserError, match="did you mean --sparkle"):
        check_parameters("a fox --sparkel 3", ["sparkle"])


@given(st.text())
def test_words_alone_are_never_refused(text):
    check_parameters(text.replace("--", "-"))


@given(st.sampled_from(sorted(CHECKS)), st.text(st.characters(exclude_categories=["C", "Z"]), max_size=12))
def test_any_value_is_taken_or_told_in_one_line(name, value):
    told = ""
    try:
        check_parameters(f"a fox --{name} {value}")
    except UserError as error:
        told = str(error)

    assert "\n" not in told
    assert not told or told.endswith((".", "?"))
