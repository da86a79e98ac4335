"""Talking to a picture, and a model that paints: proposals, taps, plans that go on, what a crash leaves."""

import asyncio

import pytest

from bot.errors import Kind, Refused, Unavailable
from bot.features.jobs.quotas import Quota
from bot.jobs import Accepted, Action, Asks, Failure, Progress, Stage
from bot.messages import (
    Attachment,
    ButtonPress,
    Channel,
    Content,
    End,
    Ending,
    Limits,
    Quoted,
    Text,
    ToolCall,
)
from tests.bot.test_imagine import finished, painted
from tests.scripted import (
    ADA,
    ANN,
    BOB,
    FakePlatform,
    ScriptedEar,
    ScriptedEngine,
    ScriptedModel,
    answer,
    labels,
    service,
)

GRID = (
    *(Action(f"UP::{number}", f"U{number}", f"upscale:{number}") for number in range(1, 5)),
    *(Action(f"VARY::{number}", f"V{number}", f"variation:{number}") for number in range(1, 5)),
    Action("REROLL", "Reroll", "reroll"),
)
SINGLE = (
    Action("ZOOM2", "Zoom Out 2x", "zoom:2"),
    Action("ZOOM15", "Zoom Out 1.5x", "zoom:1.5"),
    Action("CUSTOM", "Custom Zoom", "zoom:custom", asks=Asks.ZOOM),
    Action("REGION", "Vary (Region)", "vary:region", asks=Asks.MASK),
    Action("LEFT", "⬅️", "pan:left"),
)


def call(name, **arguments):
    """An answer that is a call of a tool."""
    return [ToolCall("call_1", name, arguments), End(Ending.TOOLS)]


def steps(*found):
    return call("change_picture", steps=list(found))


async def grid(bot, **more):
    """A finished picture of four; its card."""
    await painted(bot, *GRID, **more)
    return list(bot.chat().messages)[-1]


async def reply(bot, card, text, **more):
    """Say it in reply to a card, and wait until that is answered."""
    before = len(bot.chat().messages)
    await bot.say(text, quoted=Quoted("Chatelier", "a red fox", card), **more)
    await bot.chat().until(
        lambda chat: len(chat.messages) > before and "Retry" in labels(list(chat.messages.values())[before])
    )
    return list(bot.chat().messages)[before]


def tools(prompt):
    return [tool["function"]["name"] for tool in prompt.parameters.get("tools", ())]


def acted(bot):
    return [action.name for _task, action, _ref in bot.engine.acted]


async def shown(bot, text):
    await bot.chat().until(lambda chat: any(text in each for each in chat.texts))


# --- talking to a picture ------------------------------------------------------------------------


async def test_a_wish_is_proposed_and_done_step_by_step_after_one_tap(tmp_path):
    model = ScriptedModel(steps({"action": "upscale:2"}, {"action": "zoom:1.5"}))
    async with service(tmp_path, model=model) as bot:
        card = await grid(bot)
        proposal = await reply(bot, card, "I would love number two from further away")

        content = bot.chat().messages[proposal]
        assert content.text == "Shall I do this?\n\n1. Upscale picture 2\n2. Zoom Out 1.5x"
        assert labels(content) == ["Do it", "Change", "Retry"]
        assert bot.engine.acted == []

        bot.engine.outcomes += [Accepted("large"), Accepted("wide")]
        await bot.press("Do it")
        await bot.chat().until(lambda chat: len(bot.engine.acted) == 1)
        assert labels(bot.chat().messages[proposal]) == ["Retry"]
        assert "Under way:" in bot.chat().messages[proposal].text
        assert "then: Zoom Out 1.5x" in bot.chat().last.note
        bot.finish("large", *SINGLE)
        await bot.chat().until(lambda chat: len(bot.engine.acted) == 2)
        bot.finish("wide", *GRID)
        await finished(bot.chat(), 3)

        assert acted(bot) == ["upscale:2", "zoom:1.5"]
        assert [task for task, _action, _ref in bot.engine.acted] == ["task-0", "large"]


async def test_the_model_is_told_what_the_picture_is_and_what_can_be_done_with_it(tmp_path):
    model = ScriptedModel(answer("A fox."))
    async with service(tmp_path, model=model) as bot:
        card = await grid(bot)
        said = await reply(bot, card, "what is this?")

        assert bot.chat().messages[said].text == "A fox."
        assert labels(bot.chat().messages[said]) == ["Retry"]
        asked = model.prompts[0]
        assert tools(asked) == ["imagine", "change_picture"]
        assert "a red fox" in asked.turns[0].text
        offered = asked.parameters["tools"][1]["function"]["parameters"]["properties"]["steps"]["items"]
        assert {"upscale:2", "reroll", "zoom:2", "imagine"} <= set(offered["properties"]["action"]["enum"])


async def test_words_that_only_name_buttons_need_no_model(tmp_path):
    async with service(tmp_path) as bot:
        card = await grid(bot)
        proposal = await reply(bot, card, "放大第二张，然后缩小")

        assert "1. Upscale picture 2\n2. Zoom Out 2x" in bot.chat().messages[proposal].text
        assert bot.model.prompts == []


async def test_a_wish_may_be_spoken(tmp_path):
    async with service(tmp_path, ear=ScriptedEar("zoom out")) as bot:
        await painted(bot, *SINGLE)
        voice = Attachment("voice.ogg", "audio/ogg", 3, _sound)
        proposal = await reply(bot, list(bot.chat().messages)[-1], "", attachments=(voice,))

        assert "1. Zoom Out 2x" in bot.chat().messages[proposal].text


async def _sound() -> bytes:
    return b"ogg"


@pytest.mark.parametrize(
    "says",
    [
        answer("I am afraid that I cannot change pictures."),
        [Refused("no tools here", kind=Kind.REQUEST)],
        call("change_picture", steps=[{"action": "fly"}]),
    ],
)
async def test_a_model_without_tools_does_not_keep_common_words_from_being_understood(tmp_path, says):
    async with service(tmp_path, model=ScriptedModel(says)) as bot:
        card = await grid(bot)
        proposal = await reply(bot, card, "the second one, more fog, and zoom out")

        assert bot.chat().messages[proposal].text == (
            "Shall I do this?\n\n1. Upscale picture 2\n2. Zoom out: “a red fox, more fog --zoom 2”"
        )


async def test_what_is_no_wish_and_gets_no_answer_fails_as_ever(tmp_path):
    model = ScriptedModel([Unavailable("down", kind=Kind.UPSTREAM)])
    async with service(tmp_path, model=model) as bot:
        card = await grid(bot)
        said = await reply(bot, card, "tell me about it")

        assert labels(bot.chat().messages[said]) == ["Retry"]
        assert "Shall I" not in bot.chat().messages[said].text


async def test_a_custom_zoom_hears_the_new_words(tmp_path):
    async with service(tmp_path, model=ScriptedModel(answer("no"))) as bot:
        card = await grid(bot)
        await reply(bot, card, "the second one, more fog, and zoom out")
        bot.engine.outcomes += [Accepted("large"), Accepted("wide", form="a red fox")]
        await bot.press("Do it")
        await bot.chat().until(lambda chat: len(bot.engine.acted) == 1)
        bot.finish("large", *SINGLE)
        await bot.chat().until(lambda chat: bot.engine.confirmed)

        assert acted(bot) == ["upscale:2", "zoom:custom"]
        assert bot.engine.confirmed == [("wide", "a red fox, more fog --zoom 2")]


async def test_changed_words_start_from_the_picture_that_was_meant_where_no_form_takes_them(tmp_path):
    async with service(tmp_path, model=ScriptedModel(answer("no"))) as bot:
        card = await grid(bot)
        await reply(bot, card, "the second one with a hat")
        await bot.press("Do it")
        await bot.chat().until(lambda chat: len(bot.engine.submitted) == 2)

        order, _ref = bot.engine.submitted[1]
        assert order.prompt == "a red fox, with a hat"
        assert len(order.images) == 1
        assert acted(bot) == []


async def test_where_buttons_take_words_they_get_the_new_ones(tmp_path):
    remix = Action("VARY::2", "V2", "variation:2", asks=Asks.PROMPT)
    async with service(tmp_path, model=ScriptedModel(answer("no"))) as bot:
        await painted(bot, *GRID[:4], remix)
        await reply(bot, list(bot.chat().messages)[-1], "the second one with a hat")
        bot.engine.outcomes.append(Accepted("hat", form="a red fox"))
        await bot.press("Do it")
        await bot.chat().until(lambda chat: bot.engine.confirmed)

        assert acted(bot) == ["variation:2"]
        assert bot.engine.confirmed == [("hat", "a red fox, with a hat")]


async def test_a_wish_that_is_answered_in_a_thread_is_carried_out_there(tmp_path):
    platform = FakePlatform(limits=Limits(edit_every=0.0, threads=True))
    async with service(tmp_path, platform=platform) as bot:
        card = await grid(bot)
        await bot.say("/threads on")
        asked = await bot.say(
            "upscale the second and zoom out", quoted=Quoted("Chatelier", "a red fox", card), direct=False
        )
        thread = bot.chat(Channel("fake", asked.id))
        await thread.until(lambda chat: chat.messages and "Do it" in labels(chat.last))
        bot.engine.outcomes += [Accepted("large"), Accepted("wide")]
        proposal = list(thread.messages)[-1]
        button = thread.last.buttons[0][0]
        await bot.router.receive(ButtonPress("p", thread.channel, ANN, proposal, button.data), thread)
        await thread.until(lambda chat: len(bot.engine.acted) == 1)
        bot.finish("large", *SINGLE)
        await thread.until(lambda chat: len(bot.engine.acted) == 2)
        bot.finish("wide", *SINGLE)
        await finished(thread, 2)

        large, _wide = [name for name, content in thread.messages.items() if content.images]
        assert thread.replies[large] == proposal


async def test_a_part_is_repainted_by_a_mask(tmp_path):
    model = ScriptedModel(steps({"action": "vary:region", "where": "top left", "prompt": "a moon"}))
    async with service(tmp_path, model=model) as bot:
        await painted(bot, *SINGLE)
        card = list(bot.chat().messages)[-1]
        await reply(bot, card, "put a moon up there in the corner")
        bot.engine.outcomes.append(Accepted("r", form=""))
        await bot.press("Do it")
        await bot.chat().until(lambda chat: bot.engine.confirmed)

        assert acted(bot) == ["vary:region"]
        assert bot.engine.confirmed == [("r", "a moon")]


async def test_a_proposal_can_be_put_differently_before_it_is_done(tmp_path):
    async with service(tmp_path) as bot:
        card = await grid(bot)
        proposal = await reply(bot, card, "upscale the second")
        await bot.press("Change")
        assert bot.chat().questions[-1].default == "upscale 2"
        await bot.press("Change", text="upscale 3\nzoom out 1.5x")

        assert "1. Upscale picture 3\n2. Zoom Out 1.5x" in bot.chat().messages[proposal].text
        await bot.press("Change", text="make me happy")
        assert "I do not understand these steps" in bot.chat().notices[-1]
        await bot.press("Do it")
        await bot.chat().until(lambda chat: bot.engine.acted)
        assert acted(bot) == ["upscale:3"]


async def test_two_taps_are_one_order(tmp_path):
    async with service(tmp_path) as bot:
        card = await grid(bot)
        proposal = await reply(bot, card, "upscale the second")
        button = bot.chat().messages[proposal].buttons
        await bot.press("Do it")
        bot.chat().messages[proposal] = Content(buttons=button)  # as somebody still sees it
        await bot.press("Do it", author=BOB)
        await bot.chat().until(lambda chat: bot.engine.acted)

        assert acted(bot) == ["upscale:2"]
        assert bot.chat().notices == ["I am at it already."]


async def test_a_step_that_fails_ends_the_plan_with_a_sentence(tmp_path):
    async with service(tmp_path) as bot:
        card = await grid(bot)
        await reply(bot, card, "upscale the second and zoom out")
        bot.engine.outcomes.append(Accepted("large"))
        await bot.press("Do it")
        await bot.chat().until(lambda chat: bot.engine.acted)
        bot.engine.reports["large"] = Progress(Stage.FAILED, failure=Failure(Kind.TIMEOUT))
        await shown(bot, "So this is not done: Zoom Out 2x.")
        bot.engine.outcomes.append(Accepted("anew"))
        await bot.press("Retry", on=list(bot.chat().messages)[-2])
        await bot.chat().until(lambda chat: len(bot.engine.acted) == 2)
        bot.finish("anew", *SINGLE)
        await finished(bot.chat(), 2)
        await bot.work.idle()

        assert acted(bot) == ["upscale:2", "upscale:2"]  # and nothing follows what was begun anew


async def test_a_step_that_is_not_offered_ends_the_plan_with_a_sentence(tmp_path):
    async with service(tmp_path) as bot:
        card = await grid(bot)
        await reply(bot, card, "upscale the second and pan up")
        bot.engine.outcomes.append(Accepted("large"))
        await bot.press("Do it")
        await bot.chat().until(lambda chat: bot.engine.acted)
        bot.finish("large", *SINGLE)
        await shown(bot, "This picture does not offer “Pan up”. So this is not done: Pan up.")


async def test_a_picture_that_was_made_large_before_is_not_paid_again(tmp_path):
    async with service(tmp_path) as bot:
        card = await grid(bot)
        bot.engine.outcomes.append(Accepted("large"))
        await bot.press("U2")
        await bot.chat().until(lambda chat: bot.engine.acted)
        bot.finish("large", *SINGLE)
        await finished(bot.chat(), 2)
        await reply(bot, card, "the second, zoom out")
        await bot.press("Do it")
        await bot.chat().until(lambda chat: len(bot.engine.acted) == 2)

        assert [(task, action.name) for task, action, _ref in bot.engine.acted] == [
            ("task-0", "upscale:2"),
            ("large", "zoom:2"),
        ]


async def test_a_button_pressed_under_a_planned_picture_does_not_repeat_the_plan(tmp_path):
    async with service(tmp_path) as bot:
        card = await grid(bot)
        await reply(bot, card, "upscale the second and zoom out")
        bot.engine.outcomes += [Accepted("large"), Accepted("wide")]
        await bot.press("Do it")
        await bot.chat().until(lambda chat: bot.engine.acted)
        bot.finish("large", *SINGLE)
        await bot.chat().until(lambda chat: len(bot.engine.acted) == 2)
        bot.engine.outcomes.append(Accepted("left"))
        await bot.press("⬅️")
        await bot.chat().until(lambda chat: len(bot.engine.acted) == 3)
        bot.finish("left", *SINGLE)
        bot.finish("wide", *SINGLE)
        await finished(bot.chat(), 4)
        await bot.work.idle()

        assert acted(bot) == ["upscale:2", "zoom:2", "pan:left"]


async def test_a_plan_goes_on_after_a_crash_and_each_step_is_ordered_once(tmp_path):
    platform, engine, model = FakePlatform(), ScriptedEngine(), ScriptedModel()
    async with service(tmp_path, platform=platform, engine=engine, model=model) as bot:
        card = await grid(bot)
        await reply(bot, card, "upscale the second and zoom out")
    engine.outcomes += [Accepted("large"), Accepted("wide")]
    async with service(tmp_path, platform=platform, engine=engine, model=model) as bot:
        await bot.press("Do it")
        await bot.chat().until(lambda chat: len(engine.acted) == 1)
    engine.reports["large"] = Progress(Stage.DONE, 100, images=("http://x/2.png",), actions=SINGLE)
    async with service(tmp_path, platform=platform, engine=engine, model=model) as bot:
        await bot.chat().until(lambda chat: len(engine.acted) == 2)
        bot.finish("wide", *SINGLE)
        await finished(bot.chat(), 3)
    async with service(tmp_path, platform=platform, engine=engine, model=model) as bot:
        await bot.work.idle()

        assert acted(bot) == ["upscale:2", "zoom:2"]


async def test_what_is_said_right_after_a_picture_is_about_it_where_nobody_else_is(tmp_path):
    model = ScriptedModel(steps({"action": "zoom:2"}), answer("Hello."))
    async with service(tmp_path, model=model) as bot:
        await grid(bot)
        await bot.work.idle()
        await bot.say("from further away, would you?")
        await bot.chat().until(lambda chat: "Do it" in labels(chat.last))
        assert "1. Upscale picture 1\n2. Zoom Out 2x" in bot.chat().last.text
        await bot.say("zoom out")
        await bot.chat().until(lambda chat: chat.last.text == "Hello.")

        assert [tools(prompt) for prompt in model.prompts] == [["imagine", "change_picture"], ["imagine"]]


async def test_among_people_only_a_reply_is_about_a_picture(tmp_path):
    async with service(tmp_path) as bot:
        await grid(bot)
        await bot.work.idle()
        await bot.say("zoom out", direct=False)
        await bot.chat().until(lambda chat: "Retry" in labels(chat.last))

        assert tools(bot.model.prompts[-1]) == ["imagine"]


async def test_new_words_right_after_a_picture_may_be_about_something_else(tmp_path):
    async with service(tmp_path, model=ScriptedModel(answer("Longer, then."))) as bot:
        await grid(bot)
        await bot.work.idle()
        await bot.say("make it longer")
        await bot.chat().until(lambda chat: chat.last.text == "Longer, then.")

        assert "Do it" not in labels(bot.chat().last)


async def test_a_reply_to_what_is_no_picture_is_ordinary_talk(tmp_path):
    async with service(tmp_path) as bot:
        await bot.say("hello")
        await bot.chat().until(lambda chat: chat.messages and "Retry" in labels(chat.last))
        await reply(bot, list(bot.chat().messages)[-1], "zoom out")

        assert tools(bot.model.prompts[-1]) == ["imagine"]


# --- a model that paints -------------------------------------------------------------------------


async def test_the_model_proposes_a_picture_and_one_tap_paints_it(tmp_path):
    model = ScriptedModel([Text("Gladly."), *call("imagine", prompt="a lighthouse at dusk")])
    async with service(tmp_path, model=model) as bot:
        await bot.say("draw me a lighthouse")
        await bot.chat().until(lambda chat: chat.messages and "Do it" in labels(chat.last))
        assert bot.chat().last.text == "Gladly.\n\nShall I paint this?\n\n> a lighthouse at dusk"
        assert bot.engine.submitted == []
        await bot.press("Do it")
        await bot.chat().until(lambda chat: bot.engine.submitted)

        assert bot.engine.submitted[0][0].prompt == "a lighthouse at dusk"
        assert len(bot.chat().messages) == 2  # the answer, and the card


async def test_its_prompt_can_be_put_differently_first(tmp_path):
    model = ScriptedModel(call("imagine", prompt="a lighthouse"))
    async with service(tmp_path, model=model) as bot:
        await bot.say("draw me a lighthouse")
        await bot.chat().until(lambda chat: chat.messages and "Change" in labels(chat.last))
        await bot.press("Change", text="a lighthouse in snow")
        assert "> a lighthouse in snow" in bot.chat().last.text
        await bot.press("Do it")
        await bot.chat().until(lambda chat: bot.engine.submitted)

        assert bot.engine.submitted[0][0].prompt == "a lighthouse in snow"


async def test_where_it_may_it_paints_at_once_and_a_retry_pays_the_same_call_once(tmp_path):
    again = call("imagine", prompt="a lighthouse")
    model = ScriptedModel(again, again, call("imagine", prompt="a tower"))
    async with service(tmp_path, model=model) as bot:
        await bot.say("/settings paint auto", author=ADA)
        await bot.say("draw me a lighthouse")
        await bot.chat().until(lambda chat: bot.engine.submitted)
        await bot.work.idle()
        for _ in range(2):
            await bot.press("Retry")
            await bot.work.idle()

        assert [order.prompt for order, _ref in bot.engine.submitted] == ["a lighthouse", "a tower"]
        assert any(text == "I paint:\n\n> a tower" for text in bot.chat().texts)


async def test_it_paints_within_the_limits_of_whoever_asks(tmp_path):
    model = ScriptedModel(call("imagine", prompt="one"), call("imagine", prompt="two"))
    async with service(tmp_path, model=model, quota=Quota(day=1)) as bot:
        await bot.say("/settings paint auto")
        await bot.say("draw me one")
        await bot.chat().until(lambda chat: bot.engine.submitted)
        await bot.say("draw me two")
        await bot.chat().until(
            lambda chat: any("all for today" in each.note for each in chat.messages.values())
        )

        assert len(bot.engine.submitted) == 1


async def test_where_nobody_wants_that_no_tool_is_offered(tmp_path):
    async with service(tmp_path) as bot:
        await bot.say("/settings paint never")
        await bot.say("draw me a lighthouse")
        await bot.chat().until(lambda chat: "Retry" in labels(chat.last))

        assert tools(bot.model.prompts[0]) == []


async def test_what_was_stopped_paints_nothing(tmp_path):
    gate = asyncio.Event()
    model = ScriptedModel([Text("Well, "), gate, *call("imagine", prompt="a lighthouse")])
    async with service(tmp_path, model=model) as bot:
        await bot.say("/settings paint auto")
        await bot.say("draw me a lighthouse")
        await bot.chat().until(lambda chat: "Well, " in chat.texts or "Well," in chat.texts)
        await bot.press("Stop")
        await bot.work.idle()

        assert bot.engine.submitted == []
        assert "Do it" not in labels(bot.chat().last)


async def test_after_a_crash_what_was_answered_is_painted_once(tmp_path):
    platform, engine = FakePlatform(), ScriptedEngine()
    model = ScriptedModel(call("imagine", prompt="a lighthouse"))
    async with service(tmp_path, platform=platform, engine=engine, model=model) as bot:
        await bot.say("/settings paint auto")
        await bot.say("draw me a lighthouse")
        await bot.chat().until(lambda chat: any("I paint:" in each for each in chat.texts))
    for _ in range(2):
        async with service(tmp_path, platform=platform, engine=engine, model=model) as bot:
            await bot.work.idle()
            await bot.chat().until(lambda chat: engine.submitted)

    assert len(engine.submitted) == 1


async def test_a_call_that_nobody_offered_is_no_answer(tmp_path):
    model = ScriptedModel(call("get_weather", city="Oslo"))
    async with service(tmp_path, model=model) as bot:
        await bot.say("hello")
        await bot.chat().until(lambda chat: chat.messages and "Retry" in labels(chat.last))

        assert bot.chat().last.note == "The model answered with nothing."
