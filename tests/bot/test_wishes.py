"""Wishes in words: what the grammar makes of them, and what it leaves to a model."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.wishes import Step, fitted, read_call, read_line, read_steps
from bot.wishes.steps import ACTIONS, MOST_STEPS, ON_SINGLES, REGION

FOX = "a red fox --ar 16:9"


def words(signs):
    return st.text(alphabet=signs, min_size=1).map(lambda text: " ".join(text.split())).filter(bool)


steps = st.builds(
    lambda action, prompt, where: Step(action, prompt, where if action == REGION else ""),
    st.sampled_from(ACTIONS),
    st.just("") | words("abc xyz,é雾:：-"),
    st.just("") | words("abc xyz,é雾-").map(lambda text: text.strip(", ")),
)


def told(text: str, *, grid: bool = True) -> list[str]:
    return [str(step) for step in read_steps(text, FOX, grid=grid)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "the second one, more fog, and zoom out",
            ["upscale 2", "zoom custom: a red fox, more fog --ar 16:9 --zoom 2"],
        ),
        ("U2", ["upscale 2"]),
        ("2", ["upscale 2"]),
        ("Please upscale the bottom right one and animate it", ["upscale 4", "animate high"]),
        ("make the second one bigger", ["upscale 2"]),
        ("u2 then zoom out 1.5x", ["upscale 2", "zoom 1.5"]),
        ("can you zoom out please?", ["upscale 1", "zoom 2"]),
        ("zoom out by 1.3", ["upscale 1", "zoom custom: a red fox --ar 16:9 --zoom 1.3"]),
        ("variation of 3", ["variation 3"]),
        ("strong variations of the fourth", ["upscale 4", "vary strong"]),
        ("the second one with a hat", ["variation 2: a red fox, with a hat --ar 16:9"]),
        ("more fog", ["imagine: a red fox, more fog --ar 16:9"]),
        ("add snow", ["imagine: a red fox, snow --ar 16:9"]),
        ("make it darker", ["imagine: a red fox, darker --ar 16:9"]),
        ("without people", ["imagine: a red fox --ar 16:9 --no people"]),
        ("again", ["reroll"]),
        ("pan left", ["upscale 1", "pan left"]),
        ("make it square", ["upscale 1", "square"]),
        ("放大第二张", ["upscale 2"]),
        ("左上，缩小1.5倍", ["upscale 1", "zoom 1.5"]),
        ("右下角那张放大，然后缩小", ["upscale 4", "zoom 2"]),
        ("第三张变体", ["variation 3"]),
        ("第二张加上帽子", ["variation 2: a red fox, 帽子 --ar 16:9"]),
        ("不要帽子", ["imagine: a red fox --ar 16:9 --no 帽子"]),
        ("重画", ["reroll"]),
        ("向左平移", ["upscale 1", "pan left"]),
        ("把它变成正方形", ["upscale 1", "square"]),
        ("第一张动起来", ["upscale 1", "animate high"]),
    ],
)
def test_common_words_for_a_grid_are_understood(text, found):
    assert told(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("zoom out", ["zoom 2"]),
        ("vary (subtle)", ["vary subtle"]),
        ("variation", ["vary strong"]),
        ("upscale", ["upscale subtle"]),
        ("upscale it (creative)", ["upscale creative"]),
        ("the second one, zoom out", ["zoom 2"]),
        ("zoom out and then pan up", ["zoom 2", "upscale 1", "pan up"]),
        ("with a hat", ["imagine: a red fox, with a hat --ar 16:9"]),
    ],
)
def test_common_words_for_a_single_picture_are_understood(text, found):
    assert told(text, grid=False) == found


@pytest.mark.parametrize(
    "text",
    [
        "what is this?",
        "the second one is nice",
        "who painted this",
        "the first and the second",
        "zoom in",
        "no thanks",
        "more about this?",
        "thanks, I like it with the hat",
        "哪一张更好？",
        "",
        "zoom out 5x",
    ],
)
def test_talk_is_left_to_the_model(text):
    assert told(text) == []


@given(steps)
def test_a_step_is_read_as_it_is_written(step):
    assert read_line(str(step)) == step


def test_a_chinese_colon_is_one():
    assert read_line("zoom custom：一只狐狸") == Step("zoom:custom", "一只狐狸")


@given(st.lists(steps), st.booleans())
def test_steps_can_follow_each_other(found, grid):
    plan = fitted(found, grid=grid)

    assert len(plan) <= MOST_STEPS
    assert fitted(plan, grid=grid) == plan
    for before, after in zip([None, *plan], plan, strict=False):
        single = before.action.startswith("upscale") if before else not grid
        assert single or after.action not in ON_SINGLES


@given(st.text(), st.text(), st.booleans())
def test_any_text_is_steps_or_nothing(text, prompt, grid):
    assert all(step.action in ACTIONS for step in read_steps(text, prompt, grid=grid))


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({"steps": [{"action": "upscale:2"}, {"action": "zoom:2"}]}, ["upscale 2", "zoom 2"]),
        ({"steps": ["upscale 2", "Zoom out 1.5x"]}, ["upscale 2", "zoom 1.5"]),
        ({"steps": [{"action": "zoom_2"}]}, ["upscale 1", "zoom 2"]),
        (
            {"steps": [{"action": "zoom:1.5", "prompt": "a fox in fog"}]},
            ["upscale 1", "zoom custom: a fox in fog --ar 16:9 --zoom 1.5"],
        ),
        ({"action": "variation:3", "prompt": "a  blue\nfox"}, ["variation 3: a blue fox --ar 16:9"]),
        (
            {"steps": [{"action": "vary:region", "where": "top left", "prompt": "a moon"}]},
            ["upscale 1", "vary region, top left: a moon --ar 16:9"],
        ),
        ({"steps": [{"action": "imagine"}, {"action": "fly"}, 3, None]}, []),
        ({"steps": "upscale:2"}, []),
        ({}, []),
    ],
)
def test_a_models_call_is_read_generously(arguments, found):
    assert [str(step) for step in read_call(arguments, FOX, grid=True)] == found


@given(st.recursive(st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(
    st.sampled_from(["steps", "action", "prompt", "where"]), inner)))  # fmt: skip
def test_whatever_a_model_says_is_steps_or_nothing(said):
    assert all(step.action in ACTIONS for step in read_call({"steps": said}, FOX, grid=True))
