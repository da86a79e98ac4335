"""Thoughts and answer told apart, however the text is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway.thoughts import Thinking
from bot.messages import Text, Thought
from tests.bot.gateway.asking import joined, patient
from tests.bot.gateway.server import cut


def told(pieces: list[str], *, unopened: bool = False) -> tuple[str, str, bool]:
    """Thoughts, answer, and whether this model never opens its thoughts."""
    thinking, out = Thinking(unopened=unopened), []
    for piece in pieces:
        thinking.feed(piece, out)
    thinking.end(out)
    thoughts = "".join(piece.text for piece in out if isinstance(piece, Thought))
    text = "".join(piece.text for piece in out if isinstance(piece, Text))
    return thoughts, text, thinking.unopened


@pytest.mark.parametrize(
    ("text", "thoughts", "answer"),
    [
        ("4", "", "4"),
        ("<think>\n2+2 is 4\n</think>\n4", "2+2 is 4\n", "4"),
        ("<think>2+2</think>4", "2+2", "4"),
        ("\n<think>\n2+2\n</think>\n\n\n4\n\n5", "2+2\n", "4\n\n5"),
        ("<thinking>\n2+2\n</thinking>\n4", "2+2\n", "4"),
        ("```think\n2+2\n```\n4", "2+2", "4"),
        ("<think></think>4", "", "4"),
        ("<think>a < b, </thin> and c</think>4", "a < b, </thin> and c", "4"),
        ("<think>only", "only", ""),
        ("<think>only</thi", "only</thi", ""),
        ("<thi", "", "<thi"),
        ("<th", "", "<th"),
        ("<thing>x", "", "<thing>x"),
        ("```python\nx\n```", "", "```python\nx\n```"),
        ("\n\nHello", "", "Hello"),
        ("  indented", "", "  indented"),
        ("\n  \n  indented", "", "  indented"),
        (" ", "", ""),
        ("", "", ""),
        ("a <think>b</think>", "", "a <think>b</think>"),
        ("I mean the tag </think> here.", "", "I mean the tag </think> here."),
        ("a\n<div>\n<", "", "a\n<div>\n<"),
        ("a\n</th", "", "a\n</th"),
    ],
)
def test_thoughts_and_answer(text: str, thoughts: str, answer: str):
    assert told([text])[:2] == (thoughts, answer)
    assert told(list(text))[:2] == (thoughts, answer)


@patient
@given(
    st.lists(
        st.sampled_from(
            ["<think>", "</think>", "\n", " ", "a", "<", "</", "think", ">", "```", "```think\n", "猫"]
        ),
        max_size=12,
    ).map("".join),
    st.lists(st.integers(0, 100), max_size=8),
)
def test_a_cut_never_loses_a_word(text: str, places: list[int]):
    pieces = cut(text, places)

    for unopened in (False, True):
        thoughts, answer, _ = told(pieces, unopened=unopened)

        for word in ("a", "猫"):
            assert (thoughts + answer).count(word) >= text.count(word)


@patient
@given(
    st.text("ab <>\n`", max_size=30),
    st.text("ab <>\n", max_size=30),
    st.lists(st.integers(0, 200), max_size=8),
)
def test_tagged_thoughts_are_told_from_the_answer_at_any_cut(thought: str, answer: str, places: list[int]):
    text = f"<think>{thought}</think>{answer}"
    pieces = cut(text, places)

    heard = told(pieces)

    assert heard == told([text])
    assert heard[0].strip() == thought.strip()
    assert heard[1].strip() == answer.strip()


def test_nothing_is_held_back_that_cannot_be_a_tag():
    thinking, out = Thinking(), []

    thinking.feed("Hello <b", out)
    thinking.feed(" there", out)

    assert joined(out) == [Text("Hello <b there")]
    assert len(out) == 2


def test_a_closer_alone_on_its_line_ends_thoughts_that_were_never_opened():
    assert told(["2+2 is 4\n</think>\n\n4"]) == ("2+2 is 4\n", "4", True)


def test_thoughts_that_were_shown_already_stay_but_the_tag_goes():
    assert told(["2+2", " is 4", "\n</thi", "nk>\n", "\n4"]) == ("", "2+2 is 4\n4", True)


def test_a_model_known_to_open_its_thoughts_unseen_begins_among_them():
    assert told(["2+2", " is 4", "\n</thi", "nk>\n", "\n4"], unopened=True) == ("2+2 is 4\n", "4", True)


def test_and_when_it_did_not_think_its_words_are_the_answer_after_all():
    assert told(["Hello", " there"], unopened=True) == ("Hello there", "Hello there", False)
