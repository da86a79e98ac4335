"""Prompts reworded by the chat model, with their links and flags as they were."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from bot.engines.wording import Wording, lines_of
from bot.errors import Kind, Unavailable
from bot.gateway.chat import Completions
from bot.gateway.http import new_client
from bot.jobs import Order, Stage
from bot.messages import Role
from bot.sandbox import Sandbox
from tests.scripted import ScriptedModel, answer

LINK = "https://example.org/a.png "


async def ended(engine, task):
    async with asyncio.timeout(5):
        while not (report := (await engine.report([task]))[task]).stage.final:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    return report


async def test_links_and_flags_are_never_shown_to_the_model_and_come_back():
    model = ScriptedModel(answer("1. a red fox at dawn\n2. a fox, ", "macro\n3. fox in fog"))
    engine = Wording(model)
    taken = await engine.submit(Order(f"{LINK}a fox --ar 16:9 --v 7", verb="improve"), [], "r")
    report = await ended(engine, taken.task)

    assert report.text.splitlines()[0] == f"1. {LINK}a red fox at dawn --ar 16:9 --v 7"
    assert len(report.text.splitlines()) == 3
    asked = model.prompts[0].turns
    assert [turn.role for turn in asked] == [Role.SYSTEM, Role.USER]
    assert asked[1].text == "a fox"


async def test_the_banned_word_is_told_to_whoever_rewords_it():
    model = ScriptedModel(answer("1. a dressed fox"))
    engine = Wording(model)
    taken = await engine.submit(Order("a nude fox", verb="soften", options={"banned": "nude"}), [], "r")
    await ended(engine, taken.task)

    assert "“nude”" in model.prompts[0].turns[0].text


async def test_a_silent_or_broken_model_ends_it_with_a_reason():
    hangs = Wording(ScriptedModel([asyncio.Event()]), patience=0.05)
    report = await ended(hangs, (await hangs.submit(Order("ein Fuchs", verb="translate"), [], "r")).task)
    assert (report.stage, report.failure.kind) == (Stage.FAILED, Kind.TIMEOUT)

    away = Wording(ScriptedModel([Unavailable("busy", kind=Kind.RATE)]))
    report = await ended(away, (await away.submit(Order("ein Fuchs", verb="translate"), [], "r")).task)
    assert report.failure.kind is Kind.RATE

    empty = Wording(ScriptedModel(answer("  \n")))
    report = await ended(empty, (await empty.submit(Order("ein Fuchs", verb="translate"), [], "r")).task)
    assert report.failure.kind is Kind.EMPTY


async def test_an_order_of_an_earlier_process_may_be_sent_again():
    engine = Wording(ScriptedModel())

    assert await engine.find("unknown") is None
    assert await engine.report(["unknown"]) == {}


async def test_it_can_be_cancelled():
    engine = Wording(ScriptedModel([asyncio.Event()]))
    taken = await engine.submit(Order("a fox", verb="improve"), [], "r")

    assert await engine.cancel(taken.task)
    assert not await engine.cancel(taken.task)


def test_answers_are_read_however_they_are_set():
    assert lines_of("Here you are:\n\n1. “a fox” --ar 1:1\n2) **a wolf**\n\nEnjoy!") == ["a fox", "a wolf"]
    assert lines_of("```\na fox\n```") == ["a fox"]
    assert lines_of("- a fox\n- a wolf") == ["a fox", "a wolf"]
    assert lines_of("") == []


@given(st.text())
def test_any_answer_is_read_without_flags(said):
    for line in lines_of(said):
        assert line == line.strip()
        assert "\n" not in line
        assert not any(
            word.startswith("--") and word[2:3].isascii() and word[2:3].isalpha() for word in line.split(" ")
        )


async def test_the_sandbox_rewords_as_a_model_would():
    async with new_client() as client, Sandbox(key="") as sandbox:
        engine = Wording(Completions(client, sandbox.url, ""))
        better = await engine.reword(Order("a fox --ar 1:1", verb="improve"))
        assert len(better) == 3
        assert all(each.startswith("a fox, ") and each.endswith(" --ar 1:1") for each in better)
        safe = await engine.reword(Order("a forbidden fox", verb="soften", options={"banned": "forbidden"}))
        assert safe == ["a gentle fox"]
        assert await engine.reword(Order("雪地里的狐狸 --v 7", verb="translate")) == ["snow fox --v 7"]
