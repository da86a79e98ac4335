"""/settings: what a place prefers, and what orders make of it."""

import pytest

from bot.errors import UserError
from bot.jobs import Mode
from bot.messages import Style
from tests.scripted import ScriptedEngine, service


async def test_preferences_are_shown_changed_by_buttons_and_taken_back(tmp_path):
    async with service(tmp_path) as bot:
        await bot.say("/settings")
        assert "**mode**" in bot.chat().last.text
        await bot.press("mode: relax")
        chosen = {b.label: b.style for row in bot.chat().last.buttons for b in row}
        assert chosen["mode: relax"] is Style.DONE
        await bot.say("/imagine a fox")
        await bot.press("mode: default")
        await bot.say("/imagine a wolf")
        await bot.work.idle()

        modes = {order.prompt: order.mode for order, _ in bot.engine.submitted}
        assert modes == {"a fox": Mode.RELAX, "a wolf": Mode.DEFAULT}


async def test_flags_are_added_to_prompts_that_do_not_have_them(tmp_path):
    async with service(tmp_path) as bot:
        await bot.say("/settings flags --ar 16:9 --v 7")
        for prompt in ("a fox", "a fox --aspect 1:1", "a fox --niji 6"):
            await bot.say(f"/imagine {prompt}")
            await bot.work.idle()

        assert [order.prompt for order, _ in bot.engine.submitted] == [
            "a fox --ar 16:9 --v 7",
            "a fox --aspect 1:1 --v 7",
            "a fox --niji 6 --ar 16:9",
        ]


async def test_flags_that_would_fail_each_order_are_not_taken(tmp_path):
    class Careful(ScriptedEngine):
        def check(self, order):
            if "--zz" in order.prompt:
                raise UserError("There is no --zz.")

    async with service(tmp_path, engine=Careful()) as bot:
        await bot.say("/settings flags --zz 3")
        assert bot.chat().notices == ["There is no --zz."]
        await bot.say("/imagine a fox")
        await bot.work.idle()

        assert [order.prompt for order, _ in bot.engine.submitted] == ["a fox"]


async def test_niji_paints_where_a_place_or_an_order_says_so(tmp_path):
    async with service(tmp_path) as bot:
        await bot.say("/imagine niji=yes a fox")
        await bot.say("/settings bot niji")
        await bot.say("/settings flags --ar 16:9 --v 7")
        await bot.say("/imagine a wolf")
        await bot.work.idle()
        assert bot.engine.submitted[1][0].prompt == "a wolf --ar 16:9"  # that version is the other bot's

        assert [order.options.get("botType") for order, _ in bot.engine.submitted] == ["NIJI_JOURNEY"] * 2


async def test_an_order_may_say_how_fast(tmp_path):
    async with service(tmp_path) as bot:
        await bot.say("/settings mode relax")
        await bot.say("/mj mode=turbo a fox")
        await bot.work.idle()

        assert bot.engine.submitted[0][0].mode is Mode.TURBO


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("/settings colour red", "There is no setting “colour”"),
        ("/settings mode slow", "mode is one of fast, relax, turbo, default"),
        ("/settings flags a fox", "Flags alone"),
        ("/settings flags --ar 1:1 " + "--no x " * 100, "too long"),
    ],
)
async def test_what_cannot_be_is_told(tmp_path, text, sentence):
    async with service(tmp_path) as bot:
        await bot.say(text)

        assert sentence in bot.chat().notices[0]


class Dalle(ScriptedEngine):
    """Another engine, with models."""

    def __init__(self):
        super().__init__()
        self.name = "images"

    async def models(self):
        return ["dall-e-3", "gpt-image-1"]


async def test_who_paints_is_said_with_the_order_or_preferred_by_the_place(tmp_path):
    dalle = Dalle()
    async with service(tmp_path, others={"images": dalle}) as bot:
        await bot.say("/imagine engine=dalle3 a fox")
        await bot.say("/settings engine gpt-image-1")
        await bot.say("/imagine a wolf")
        await bot.say("/imagine engine=scripted a bear")
        await bot.work.idle()

        assert [(order.prompt, order.options["model"]) for order, _ in dalle.submitted] == [
            ("a fox", "dall-e-3"),
            ("a wolf", "gpt-image-1"),
        ]
        assert [order.prompt for order, _ in bot.engine.submitted] == ["a bear"]


async def test_an_unknown_painter_is_told_with_those_there_are(tmp_path):
    async with service(tmp_path, others={"images": Dalle()}) as bot:
        await bot.say("/imagine engine=picasso a fox")

        assert "Nobody here paints by the name “picasso”" in bot.chat().notices[0]
        assert "wording" not in bot.chat().notices[0]


async def test_nobody_can_be_preferred_who_does_not_paint(tmp_path):
    async with service(tmp_path, others={"images": Dalle()}) as bot:
        await bot.say("/settings engine picasso")
        await bot.say("/imagine a fox")
        await bot.work.idle()

        assert "Nobody here paints by the name “picasso”" in bot.chat().notices[0]
        assert len(bot.engine.submitted) == 1
