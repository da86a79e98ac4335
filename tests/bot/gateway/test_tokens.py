"""Counting tokens: near enough without a tokenizer, exact with it, and as the gateway counts."""

import pytest

from bot.gateway import tokens
from bot.gateway.tokens import Tokens, counted, estimated

ENGLISH = "The quick brown fox jumps over the lazy dog, and nobody is surprised by it any more. " * 30
CHINESE = "你好，画一只猫。今天天气很好，我们去公园散步吧，顺便买一点水果回来。" * 60


@pytest.mark.parametrize("text", [ENGLISH, CHINESE, ENGLISH + CHINESE])
def test_the_estimate_is_near_the_count(text: str):
    assert estimated(text) == pytest.approx(counted(text), rel=0.5)


def test_a_long_text_is_counted_by_the_tokenizer():
    assert counted("hello world " * 500) == 1001


def test_a_short_text_does_not_wake_the_tokenizer(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tokens, "_encoding", lambda: pytest.fail("it was woken"))

    assert 2 <= counted("hello world") <= 4


def test_a_very_long_text_takes_no_longer_than_its_beginning(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tokens, "LONGEST", 6000)

    assert counted(ENGLISH * 10) == pytest.approx(counted(ENGLISH) * 10, rel=0.05)


def test_without_a_tokenizer_there_is_the_estimate(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tokens, "_encoding", lambda: None)

    assert counted(ENGLISH) == estimated(ENGLISH)


@pytest.mark.parametrize("text", ["", "\ud800" * 2000, "<|endoftext|>" * 200, "\0" * 2000])
def test_odd_texts_are_counted_too(text: str):
    assert counted(text) >= 0


def test_a_models_own_measure_is_learnt():
    counter = Tokens()
    before = counter.count(ENGLISH, "m")

    counter.learn("m", 1000, 1500)

    assert counter.count(ENGLISH, "m") == pytest.approx(before * 1.5, rel=0.01)
    assert counter.count(ENGLISH, "other") == before


@pytest.mark.parametrize(("ours", "real"), [(1000, 0), (1000, 100_000), (10, 30), (0, 5)])
def test_odd_numbers_are_not_believed(ours: int, real: int):
    counter = Tokens()
    before = counter.count(ENGLISH, "m")

    counter.learn("m", ours, real)

    assert counter.count(ENGLISH, "m") == before


def test_one_odd_answer_does_not_overturn_what_is_known():
    counter = Tokens()
    before = counter.count(ENGLISH, "m")
    counter.learn("m", 1000, 1000)

    counter.learn("m", 1000, 2000)

    assert counter.count(ENGLISH, "m") == pytest.approx(before * 1.2, rel=0.01)
