"""What a card says and offers, whatever the prompt and the service's buttons."""

import pytest

from adapters.discord.buttons import components
from adapters.discord.text import compose
from bot.features.jobs.card import card
from bot.jobs import Action, Job, Order, Progress, Stage
from bot.messages import Channel, Limits, Person

HERE, ANN = Channel("web", "1"), Person("web:1", "Ann")


def job(prompt: str = "a fox", buttons: int = 0) -> Job:
    actions = tuple(Action(f"MJ::JOB::{n // 5}::{n}", f"b{n}") for n in range(buttons))
    return Job(
        "j", HERE, ANN, "e", Order(prompt), stage=Stage.DONE, progress=Progress(Stage.DONE, actions=actions)
    )


def test_buttons_for_which_there_is_no_row_are_offered_where_there_are_lists():
    lists = Limits(button_rows=5, lists=True)
    drawn = components(card(job(buttons=40), lists).buttons)

    assert len(drawn) == 5
    offered = [one.get("label") for row in drawn for one in row["components"] if one["type"] == 2]
    offered += [each["label"] for each in drawn[-1]["components"][0]["options"]]
    assert offered == [f"b{n}" for n in range(40)]
    assert len(card(job(buttons=40), Limits(button_rows=5)).buttons) == 5


@pytest.mark.parametrize(
    "prompt",
    ["[red|blue] fox", "fox (x_1^2)", "{a, b} [c] (d)", "$a=b$ and $$c$$", "a &amp; b", "![a](b) <c>"],
)
def test_a_prompt_is_shown_as_it_was_written(prompt):
    shown = compose(card(job(prompt), Limits()))

    assert shown.replace("\\", "") == f"**Painting**\n\n> {prompt}"
