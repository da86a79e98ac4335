"""What one person may order."""

from bot.errors import Kind, Refused
from bot.features.jobs.line import Share
from bot.features.jobs.quotas import Quota
from bot.jobs import Accepted, Failure, Progress, Stage
from tests.scripted import ADA, BOB, labels, service


async def test_people_take_turns_and_the_card_says_how_many_come_first(tmp_path):
    async with service(tmp_path, share=Share(total=1)) as bot:
        bot.engine.outcomes += [Accepted("one"), Accepted("two"), Accepted("three")]
        for what, who in (("a fox", BOB), ("a wolf", BOB), ("a bear", ADA)):
            await bot.say(f"/imagine {what}", author=who)
        await bot.chat().until(lambda chat: any("it is next" in each.note for each in chat.messages.values()))
        assert [order.prompt for order, _ in bot.engine.submitted] == ["a fox"]
        await bot.say("/jobs queue")
        told = bot.chat().last.text
        assert "Under way in all: 1; waiting for room: 2." in told
        assert told.count("Waiting for room") == 2
        bot.finish("one")
        await bot.until(lambda: _submitted(bot, 2))
        bot.finish("two")
        await bot.until(lambda: _submitted(bot, 3))

        assert sorted(order.prompt for order, _ in bot.engine.submitted) == ["a bear", "a fox", "a wolf"]


async def _submitted(bot, count):
    return len(bot.engine.submitted) == count


async def test_one_that_waits_can_be_cancelled_and_nothing_is_ordered_for_it(tmp_path):
    async with service(tmp_path, share=Share(total=1)) as bot:
        bot.engine.outcomes += [Accepted("one")]
        await bot.say("/imagine a fox")
        await bot.until(lambda: _submitted(bot, 1))
        await bot.say("/imagine a wolf")
        await bot.chat().until(lambda chat: len(chat.messages) == 2)
        await bot.press("Cancel")
        bot.finish("one")
        await bot.work.idle()

        assert len(bot.engine.submitted) == 1
        assert "Cancelled." in bot.chat().last.text


async def test_too_many_that_wait_are_refused(tmp_path):
    async with service(tmp_path, share=Share(total=1), quota=Quota(waiting=1)) as bot:
        await bot.say("/imagine a fox", author=BOB)
        await bot.until(lambda: _submitted(bot, 1))
        await bot.say("/imagine a wolf", author=BOB)
        await bot.chat().until(lambda chat: len(chat.messages) == 2)
        await bot.until(lambda: _waiting(bot, BOB))
        await bot.say("/imagine a bear", author=BOB)
        assert "1 picture of yours waits already" in bot.chat().notices[0]
        await bot.say("/imagine a bear", author=ADA)

        assert len(bot.chat().notices) == 1


async def _waiting(bot, who):
    return bot.painting.workshop.line.waiting(who.id)


async def test_a_days_pictures_are_counted_and_failures_are_not(tmp_path):
    async with service(tmp_path, quota=Quota(day=2)) as bot:
        bot.engine.outcomes += [Accepted("one"), Refused("no", kind=Kind.MODEL), Accepted("two")]
        for _ in range(3):
            await bot.say("/imagine a fox", author=BOB)
            await bot.until(bot_is_quiet(bot))
        await bot.say("/imagine a fox", author=BOB)

        assert bot.chat().notices == ["That is all for today: 2 pictures in 24 hours."]


def bot_is_quiet(bot):
    async def quiet():
        await bot.work.idle()
        return True

    return quiet


async def test_strikes_call_for_a_pause_also_after_a_restart_and_on_the_same_card(tmp_path):
    quota = Quota(strikes=2, cool_down=3600)
    async with service(tmp_path, quota=quota) as bot:
        bot.engine.outcomes += [Refused("banned", kind=Kind.CONTENT, detail="nude"), Accepted("t")]
        await bot.say("/imagine a nude", author=BOB)
        await bot.chat().until(lambda chat: chat.messages and "“nude”" in chat.last.text)
        await bot.work.idle()
        await bot.press("Edit the prompt", text="a bare one", author=BOB)
        failure = Failure(Kind.CONTENT, "banned", "bare")
        bot.engine.reports["t"] = Progress(Stage.FAILED, failure=failure)
        await bot.chat().until(lambda chat: "“bare”" in chat.last.text)
        await bot.work.idle()
    async with service(tmp_path, quota=quota) as bot:
        await bot.say("/imagine a fox", author=BOB)
        await bot.say("/imagine a fox", author=ADA)
        await bot.work.idle()

        assert bot.chat().notices == [
            "Too many of your prompts were refused by moderation; try again in 60 minutes."
        ]
        assert labels(bot.chat().last) == ["Cancel"]


async def test_other_words_are_free_also_during_a_pause(tmp_path):
    async with service(tmp_path, quota=Quota(day=1, strikes=1, cool_down=3600)) as bot:
        bot.engine.outcomes += [Refused("banned", kind=Kind.CONTENT, detail="nude")]
        await bot.say("/imagine a nude", author=BOB)
        await bot.chat().until(lambda chat: chat.messages and "Safer words" in labels(chat.last))
        await bot.work.idle()
        await bot.press("Safer words", author=BOB)
        await bot.chat().until(lambda chat: "1" in labels(chat.last))
        await bot.press("1", text="a statue", author=BOB)

        assert "Too many of your prompts" in bot.chat().notices[-1]


async def test_an_order_that_comes_again_is_not_counted_against_itself(tmp_path):
    async with service(tmp_path, quota=Quota(day=1)) as bot:
        for _ in range(2):
            await bot.say("/imagine a fox", author=BOB, id="q1")
            await bot.work.idle()

        assert bot.chat().notices == []
        assert len(bot.engine.submitted) == 1
