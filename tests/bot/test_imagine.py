"""Painting: orders, cards, buttons, forms, failures, and what a crash leaves."""

import asyncio

import pytest

from bot.errors import Kind, OutcomeUnknown, Refused, Unavailable, Unsupported, UserError
from bot.jobs import Accepted, Action, Asks, Failure, Progress, Stage
from bot.messages import Attachment, Style
from tests.scripted import BOB, FakePlatform, ScriptedEngine, labels, png, service

U2 = Action("MJ::JOB::upsample::2::x", "U2", "upscale:2")
V1 = Action("MJ::JOB::variation::1::x", "V1", "variation:1")
ZOOM = Action("MJ::CustomZoom::x", "Custom Zoom", "zoom:custom", "🔍", Asks.ZOOM)


async def finished(chat, count=1):
    """Wait until that many messages show a picture for good."""
    await chat.until(
        lambda chat: sum(bool(each.images) and not each.growing for each in chat.messages.values()) >= count
    )


async def painted(bot, *actions, prompt="a red fox"):
    """Order a picture and have it finished; its card is the newest message."""
    before = len(bot.chat().messages)
    bot.engine.outcomes.append(Accepted(f"task-{before}"))
    await bot.say(f"/imagine {prompt}")
    await bot.chat().until(lambda chat: len(chat.messages) > before)
    bot.finish(f"task-{before}", *actions)
    await finished(bot.chat(), before + 1)


async def test_a_picture_arrives_with_every_button_the_task_offers(tmp_path):
    async with service(tmp_path) as bot:
        await painted(bot, U2, V1, ZOOM)

        card = bot.chat().last
        assert "a red fox" in card.text
        assert await card.images[0].load() == png()
        assert labels(card) == ["U2", "V1", "🔍 Custom Zoom"]
        assert len(bot.engine.submitted) == 1


async def test_an_order_whose_words_are_changed_is_not_paid_twice_and_its_author_is_told(tmp_path):
    async with service(tmp_path) as bot:
        bot.engine.outcomes.append(Accepted("t"))
        await bot.say("/imagine a red fox", id="q")
        await bot.chat().until(lambda chat: len(chat.messages) == 1)
        bot.finish("t")
        await finished(bot.chat())
        await bot.say("/imagine a red fox", id="q")
        await bot.say("/imagine a blue fox", id="q", edited=True)

        assert len(bot.engine.submitted) == 1
        assert bot.chat().notices == [
            "I took this order with its first words. Send it anew for the other ones."
        ]


async def test_flags_pass_through_as_typed(tmp_path):
    async with service(tmp_path) as bot:
        await painted(bot, prompt="a red fox --ar 16:9 --style raw")

        assert bot.engine.submitted[0][0].prompt == "a red fox --ar 16:9 --style raw"


async def test_progress_is_seen_on_the_card(tmp_path):
    async with service(tmp_path) as bot:
        bot.engine.outcomes.append(Accepted("t", queue=2))
        await bot.say("/imagine a fox")
        await bot.chat().until(lambda chat: any("In the queue: 2" in seen.note for *_, seen in chat.history))
        bot.engine.reports["t"] = Progress(Stage.RUNNING, 46, preview="http://x/p", preview_key="p")
        await bot.chat().until(lambda chat: chat.last.progress == 46)

        assert bot.chat().last.images[0].digest == ""


async def test_a_button_makes_a_new_card_that_names_its_parent_and_is_ticked(tmp_path):
    async with service(tmp_path) as bot:
        await painted(bot, U2)
        parent = next(iter(bot.chat().messages))
        bot.engine.outcomes.append(Accepted("up"))
        await bot.press("U2")
        await bot.chat().until(lambda chat: len(chat.messages) == 2)
        bot.finish("up")
        await finished(bot.chat(), 2)
        await bot.chat().until(lambda chat: chat.messages[parent].buttons[0][0].style is Style.DONE)

        assert "U2" in bot.chat().last.text
        assert "a red fox" in bot.chat().last.text
        assert bot.engine.acted[0][:2] == ("task-0", U2)


async def test_pressing_again_shows_the_stored_result_without_asking_anybody(tmp_path):
    async with service(tmp_path) as bot:
        await painted(bot, U2)
        bot.engine.outcomes.append(Accepted("up"))
        await bot.press("U2")
        await bot.chat().until(lambda chat: len(chat.messages) == 2)
        bot.finish("up")
        await finished(bot.chat(), 2)
        await bot.work.idle()
        await bot.press("U2")
        await bot.chat().until(lambda chat: len(chat.messages) == 3)

        assert len(bot.engine.acted) == 1
        assert bot.chat().last.images
        bot.engine.outcomes.append(Accepted("up2"))
        await bot.press("Run it once more")
        await bot.chat().until(lambda chat: len(chat.messages) == 4)
        await bot.work.idle()
        assert len(bot.engine.acted) == 2


async def test_a_double_press_makes_one_job(tmp_path):
    async with service(tmp_path) as bot:
        await painted(bot, U2)
        await asyncio.gather(bot.press("U2"), bot.press("U2"))
        await bot.work.idle()

        assert len(bot.engine.acted) == 1


async def test_custom_zoom_asks_for_words_first(tmp_path):
    async with service(tmp_path) as bot:
        await painted(bot, ZOOM)
        await bot.press("🔍 Custom Zoom")
        (question,) = bot.chat().questions
        assert "--zoom" in question.default
        bot.engine.outcomes.append(Accepted("form", form="a red fox"))
        await bot.press("🔍 Custom Zoom", text="a red fox in a wood --zoom 1.8")
        await bot.work.idle()

        assert bot.engine.confirmed == [("form", "a red fox in a wood --zoom 1.8")]
        bot.finish("form", U2)
        await finished(bot.chat(), 2)
        bot.engine.outcomes.append(Accepted("up"))
        await bot.press("U2")
        await bot.chat().until(lambda chat: len(chat.messages) == 3)
        assert bot.chat().last.text == "**U2**\n\n> a red fox in a wood"


async def test_a_form_nobody_expected_is_offered_and_filled_in_once(tmp_path):
    async with service(tmp_path) as bot:
        await painted(bot, V1)
        bot.engine.outcomes.append(Accepted("remix"))
        await bot.press("V1")
        bot.engine.reports["remix"] = Progress(Stage.FORM, prompt="a red fox, remixed")
        await bot.chat().until(lambda chat: "Edit the prompt" in labels(chat.last))
        await bot.press("Edit the prompt")
        assert bot.chat().questions[0].default == "a red fox, remixed"
        await bot.press("Edit the prompt", text="a blue fox")
        await bot.work.idle()
        for _ in range(5):  # a relay goes on saying MODAL until the picture is there
            await bot.tracker.round()
        assert bot.engine.confirmed == [("remix", "a blue fox")]
        bot.finish("remix", U2)
        await finished(bot.chat(), 2)
        assert "from “a red fox”" in bot.chat().last.note
        bot.engine.outcomes.append(Accepted("up"))
        await bot.press("U2")
        bot.finish("up")
        await finished(bot.chat(), 3)
        assert "a blue fox" in bot.chat().last.text  # what it was made of by now


async def test_words_for_a_form_are_looked_at_before_they_cost(tmp_path):
    class Careful(ScriptedEngine):
        def check(self, order):
            if "--zz" in order.prompt:
                raise UserError("There is no --zz.")

    async with service(tmp_path, engine=Careful()) as bot:
        await painted(bot, V1)
        bot.engine.outcomes.append(Accepted("remix"))
        await bot.press("V1")
        bot.engine.reports["remix"] = Progress(Stage.FORM, prompt="a red fox, remixed")
        await bot.chat().until(lambda chat: "Edit the prompt" in labels(chat.last))
        await bot.press("Edit the prompt", text="a blue fox --zz 3")
        assert bot.chat().notices == ["There is no --zz."]
        await bot.press("Edit the prompt", text="a blue fox")
        await bot.work.idle()
        assert bot.engine.confirmed == [("remix", "a blue fox")]


async def test_a_form_that_shows_late_is_filled_in_with_what_was_said(tmp_path):
    async with service(tmp_path) as bot:
        await painted(bot, ZOOM)
        bot.engine.outcomes.append(Accepted("late"))  # the relay has hidden every sign of the form
        await bot.press("🔍 Custom Zoom", text="a red fox --zoom 1.8")
        await bot.work.idle()
        assert bot.engine.confirmed == []
        bot.engine.reports["late"] = Progress(Stage.FORM, prompt="a red fox")

        async def confirmed():
            return bot.engine.confirmed

        await bot.until(confirmed)
        bot.finish("late")
        await finished(bot.chat(), 2)
        assert bot.engine.confirmed == [("late", "a red fox --zoom 1.8")]


async def test_a_form_of_unknown_outcome_is_not_sent_again(tmp_path):
    engine = ScriptedEngine()
    engine.confirmations.append(OutcomeUnknown())
    async with service(tmp_path, engine=engine) as bot:
        await painted(bot, ZOOM)
        bot.engine.outcomes.append(Accepted("form", form=""))
        await bot.press("🔍 Custom Zoom", text="a --zoom 2")
        await bot.work.idle()
        bot.finish("form")
        await finished(bot.chat(), 2)

        assert len(engine.confirmed) == 1


@pytest.mark.parametrize(
    ("failure", "sentence", "buttons"),
    [
        (Failure(Kind.CONTENT, "banned", "nude", False), "“nude”", ["Edit the prompt", "Safer words"]),
        (Failure(Kind.PARAMETER, "--zz", again=False), "did not understand", ["Edit the prompt"]),
        (Failure(Kind.TIMEOUT, "任务超时"), "took too long", ["Retry"]),
        (Failure(Kind.QUEUE, "full"), "queue is full", ["Retry"]),
        (Failure(Kind.UPSTREAM, "Failed to process"), "Failed to process", ["Retry"]),
    ],
)
async def test_failures_are_one_sentence_and_a_way_on(tmp_path, failure, sentence, buttons):
    async with service(tmp_path) as bot:
        bot.engine.outcomes.append(Accepted("t"))
        await bot.say("/imagine a fox")
        bot.engine.reports["t"] = Progress(Stage.FAILED, failure=failure)
        await bot.chat().until(lambda chat: chat.messages and sentence in chat.last.text)

        assert labels(bot.chat().last) == buttons


async def test_a_banned_word_at_submit_is_shown_and_the_prompt_can_be_edited(tmp_path):
    async with service(tmp_path) as bot:
        bot.engine.outcomes.append(Refused("可能包含敏感词", kind=Kind.CONTENT, detail="nude"))
        await bot.say("/imagine a nude")
        await bot.chat().until(lambda chat: chat.messages and "“nude”" in chat.last.text)
        await bot.press("Edit the prompt")
        assert bot.chat().questions[0].default == "a nude"
        bot.engine.outcomes.append(Accepted("t"))
        await bot.press("Edit the prompt", text="a dressed one")
        bot.finish("t")
        await finished(bot.chat())

        assert len(bot.chat().messages) == 1
        assert [order.prompt for order, _ in bot.engine.submitted] == ["a nude", "a dressed one"]


async def test_a_full_queue_is_waited_out(tmp_path):
    async with service(tmp_path) as bot:
        bot.engine.outcomes += [Unavailable("full", kind=Kind.QUEUE, retry_after=0.01), Accepted("t")]
        bot.engine.reports["t"] = Progress(Stage.DONE, images=("http://x/1",))
        await bot.say("/imagine a fox")
        await finished(bot.chat())

        assert len(bot.engine.submitted) == 2


async def test_an_unknown_outcome_that_cannot_be_looked_up_is_told_and_not_repeated(tmp_path):
    async with service(tmp_path) as bot:
        bot.engine.outcomes.append(OutcomeUnknown("timeout"))
        await bot.say("/imagine a fox")
        await bot.chat().until(lambda chat: chat.messages and "cannot tell" in chat.last.text)

        assert len(bot.engine.submitted) == 1
        assert labels(bot.chat().last) == ["Retry"]


async def test_an_unknown_outcome_is_looked_up_by_our_mark(tmp_path):
    class Lists(ScriptedEngine):
        async def find(self, ref):
            return "there" if ref == self.submitted[0][1] else None

    async with service(tmp_path, engine=Lists()) as bot:
        bot.engine.reports["there"] = Progress(Stage.DONE, images=("http://x/1",))
        bot.engine.outcomes.append(OutcomeUnknown("timeout"))
        await bot.say("/imagine a fox")
        await finished(bot.chat())

        assert len(bot.engine.submitted) == 1


async def test_a_crash_during_a_submit_is_looked_up_after_the_restart(tmp_path):
    class Hangs(ScriptedEngine):
        def __init__(self):
            super().__init__()
            self.begun = asyncio.Event()

        async def submit(self, order, images, ref):
            self.submitted.append((order, ref))
            self.begun.set()
            await asyncio.Event().wait()

    platform = FakePlatform()
    async with service(tmp_path, platform=platform, engine=Hangs()) as bot:
        await bot.say("/imagine a fox")
        await bot.engine.begun.wait()
        ref = bot.engine.submitted[0][1]
    engine = ScriptedEngine()
    engine.found = {ref: "there"}
    engine.reports["there"] = Progress(Stage.DONE, images=("http://x/1",))
    async with service(tmp_path, platform=platform, engine=engine) as bot:
        await finished(bot.chat())

        assert engine.submitted == []
        assert len(bot.chat().messages) == 1


async def test_a_running_job_goes_on_after_a_restart_and_is_shown_once(tmp_path):
    platform = FakePlatform()
    async with service(tmp_path, platform=platform) as bot:
        bot.engine.outcomes.append(Accepted("t"))
        await bot.say("/imagine a fox")
        await bot.work.idle()
    engine = ScriptedEngine()
    engine.reports["t"] = Progress(Stage.DONE, images=("http://x/1",), actions=(U2,))
    async with service(tmp_path, platform=platform, engine=engine) as bot:
        await finished(bot.chat())
        await bot.press("U2")
        await bot.work.idle()

        assert engine.submitted == []
        assert [what for what, _, _ in bot.chat().history].count("send") == 2
        assert engine.acted[0][0] == "t"


async def test_cancel_is_the_owners_and_ends_the_card(tmp_path):
    async with service(tmp_path) as bot:
        bot.engine.outcomes.append(Accepted("t"))
        await bot.say("/imagine a fox")
        await bot.work.idle()
        await bot.press("Cancel", author=BOB)
        assert bot.chat().notices == ["Only Ann can cancel this."]
        await bot.press("Cancel")
        await bot.chat().until(lambda chat: "Cancelled." in chat.last.text)

        assert bot.engine.cancelled == ["t"]
        assert labels(bot.chat().last) == ["Retry"]


async def test_a_task_that_the_service_forgot_is_closed_with_retry(tmp_path):
    async with service(tmp_path) as bot:
        bot.engine.outcomes.append(Accepted("t"))
        await bot.say("/imagine a fox")
        await bot.work.idle()
        del bot.engine.reports["t"]
        (followed,) = bot.tracker._followed.values()
        followed.since -= 60
        await bot.chat().until(lambda chat: "no longer knows" in chat.last.text)

        assert labels(bot.chat().last) == ["Retry"]


async def test_a_result_that_cannot_be_downloaded_can_be_fetched_later(tmp_path):
    async with service(tmp_path) as bot:
        bot.engine.pictures["http://x/1.png"] = Unavailable("404")
        bot.engine.outcomes.append(Accepted("t"))
        await bot.say("/imagine a fox")
        bot.finish("t", U2)
        await bot.chat().until(lambda chat: chat.messages and "Try again" in labels(chat.last))
        bot.engine.pictures["http://x/1.png"] = png()
        await bot.press("Try again")
        await finished(bot.chat())

        assert labels(bot.chat().last) == ["U2"]


async def test_pictures_start_a_picture(tmp_path):
    data = png("blue")

    async def load():
        return data

    async with service(tmp_path) as bot:
        await bot.say("/imagine like this", attachments=(Attachment("a.png", "image/png", len(data), load),))
        await bot.work.idle()

        (digest,) = bot.engine.submitted[0][0].images
        assert await bot.storage.files.get(digest) == data


@pytest.mark.parametrize(
    ("text", "sentence"), [("/imagine", "/imagine a red fox"), ("/imagine " + "fox " * 2500, "6")]
)
async def test_prompts_that_cannot_be_are_told_before_they_cost(tmp_path, text, sentence):
    async with service(tmp_path) as bot:
        await bot.say(text)

        assert sentence in bot.chat().notices[0]
        assert bot.engine.submitted == []


async def test_a_thirty_megabyte_picture_is_refused_before_it_is_read(tmp_path):
    async def load():
        raise AssertionError("it was read")

    async with service(tmp_path) as bot:
        await bot.say("/imagine this", attachments=(Attachment("a.png", "image/png", 30_000_000, load),))

        assert bot.chat().notices == ["That picture is over 20 MB."]


async def test_many_running_jobs_are_asked_about_together(tmp_path):
    async with service(tmp_path) as bot:
        for number in range(30):
            bot.engine.outcomes.append(Accepted(f"t{number}"))
            await bot.say(f"/imagine fox {number}")
        await bot.work.idle()
        for asked in bot.engine.asked:
            asked.clear()

        async def together():
            return any(len(asked) == 30 for asked in bot.engine.asked)

        await bot.until(together)


async def test_where_the_other_way_needs_a_picture_that_is_gone_the_refusal_is_told(tmp_path):
    animate = Action("MJ::JOB::animate_high::1::x::SOLO", "Animate", "animate:high")
    async with service(tmp_path) as bot:
        await painted(bot, animate)
        for path in (tmp_path / "files").rglob("*"):
            if path.is_file():
                path.unlink()
        bot.engine.outcomes.append(Unsupported("unknown_action"))
        await bot.press("Animate")
        await bot.chat().until(lambda chat: labels(chat.last) == ["Retry"])

        assert "does not offer this here" in bot.chat().last.text
        assert len(bot.engine.submitted) == 1


async def test_a_picture_and_what_comes_of_it_are_hidden_on_request(tmp_path):
    async with service(tmp_path) as bot:
        bot.engine.outcomes += [Accepted("t"), Accepted("t2")]
        await bot.say("/imagine spoiler=yes a fox")
        await bot.work.idle()
        bot.finish("t", U2)
        await bot.chat().until(lambda chat: chat.last.images)
        assert bot.engine.submitted[0][0].prompt == "a fox"
        assert bot.chat().last.spoiler
        await bot.press("U2")
        await bot.work.idle()
        bot.finish("t2")
        await bot.chat().until(lambda chat: len(chat.messages) == 2 and chat.last.images)

        assert bot.chat().last.spoiler


async def test_a_button_that_the_service_refuses_goes_another_way(tmp_path):
    animate = Action("MJ::JOB::animate_high::1::x::SOLO", "Animate", "animate:high")
    reroll = Action("MJ::JOB::reroll::0::x::SOLO", "Reroll", "reroll", "🔄")
    async with service(tmp_path) as bot:
        await painted(bot, animate, reroll, U2, prompt="a red fox --ar 2:3")
        bot.engine.outcomes += [Unsupported("unknown_action"), Accepted("clip")]
        await bot.press("Animate")
        await bot.work.idle()
        bot.engine.outcomes += [Unsupported("unknown_action"), Accepted("again")]
        await bot.press("🔄 Reroll")
        await bot.work.idle()
        bot.engine.outcomes.append(Unsupported("unknown_action"))
        await bot.press("U2")
        await bot.chat().until(lambda chat: labels(chat.last) == ["Retry"])
        assert "does not offer this here" in bot.chat().last.text
        card = next(iter(bot.chat().messages.values()))
        assert labels(card) == ["Animate", "🔄 Reroll"]

        clip, again = [order for order, _ in bot.engine.submitted[1:]]
        assert (clip.verb, clip.options["motion"], len(clip.images)) == ("video", "high", 1)
        assert (again.verb, again.prompt) == ("imagine", "a red fox --ar 2:3")
        assert len({ref for _, ref in bot.engine.submitted}) == 3
