"""Following picture jobs, whatever people, services and faults of ours do meanwhile."""

import asyncio
import io
import os
from collections.abc import Sequence

from PIL import Image

from bot.errors import Kind, Unavailable
from bot.jobs import Accepted, Progress, Stage
from tests.scripted import FakePlatform, ScriptedEngine, labels, service


class SlowEngine(ScriptedEngine):
    """Can be held up while it is being asked for reports."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.asking = asyncio.Event()

    async def report(self, tasks: Sequence[str]) -> dict[str, Progress]:
        self.asking.set()
        await self.go_on.wait()
        return await super().report(tasks)

    async def hold(self) -> None:
        """Return once a question is under way; it is answered after ``go_on``."""
        self.go_on.clear()
        self.asking.clear()
        await self.asking.wait()


async def ordered(bot, task: str) -> str:
    """The card of a new running job."""
    before = set(bot.chat().messages)
    bot.engine.outcomes.append(Accepted(task))
    await bot.say(f"/imagine {task}")
    await bot.work.idle()
    (card,) = set(bot.chat().messages) - before
    return card


async def finished(bot, task: str, card: str) -> None:
    bot.finish(task)
    await bot.chat().until(lambda chat: chat.messages[card].images and not chat.messages[card].growing)


async def test_a_report_that_was_under_way_does_not_draw_over_a_cancelled_card(tmp_path):
    engine = SlowEngine()
    async with service(tmp_path, engine=engine) as bot:
        fox, owl = await ordered(bot, "fox"), await ordered(bot, "owl")
        await engine.hold()
        await bot.press("Cancel", on=fox)
        await bot.work.idle()
        engine.reports["fox"] = Progress(Stage.RUNNING, percent=60)
        engine.go_on.set()
        await finished(bot, "owl", owl)

        assert "Cancelled." in bot.chat().messages[fox].text
        assert labels(bot.chat().messages[fox]) == ["Retry"]


async def test_a_report_that_was_under_way_does_not_end_the_job_that_was_begun_anew(tmp_path):
    engine = SlowEngine()
    async with service(tmp_path, engine=engine) as bot:
        fox, owl = await ordered(bot, "fox"), await ordered(bot, "owl")
        await engine.hold()
        await bot.press("Cancel", on=fox)
        await bot.work.idle()
        engine.outcomes.append(Accepted("fox2"))
        await bot.press("Retry", on=fox)
        await bot.work.idle()
        engine.reports["fox"] = Progress(Stage.CANCELLED)
        engine.go_on.set()
        await finished(bot, "owl", owl)

        assert labels(bot.chat().messages[fox]) == ["Cancel"]
        await finished(bot, "fox2", fox)


async def test_cancel_is_seen_at_once_although_the_next_try_is_an_hour_away(tmp_path):
    async with service(tmp_path) as bot:
        bot.engine.outcomes.append(Unavailable("full", kind=Kind.QUEUE, retry_after=3600))
        await bot.say("/imagine a fox")
        await bot.chat().until(lambda chat: chat.messages and "I keep trying" in chat.last.note)
        await bot.press("Cancel")

        assert "Cancelled." in bot.chat().last.text


async def test_an_engine_that_stumbles_is_asked_again(tmp_path):
    class Stumbling(ScriptedEngine):
        stumbles = 1

        async def report(self, tasks: Sequence[str]) -> dict[str, Progress]:
            if self.stumbles:
                self.stumbles -= 1
                raise ValueError("a fault of ours")
            return await super().report(tasks)

    async with service(tmp_path, engine=Stumbling()) as bot:
        card = await ordered(bot, "fox")
        await finished(bot, "fox", card)

        assert bot.engine.stumbles == 0


async def test_a_preview_that_cannot_be_shown_is_left_out(tmp_path):
    async with service(tmp_path) as bot:
        card = await ordered(bot, "fox")
        bot.engine.pictures["http://x/p"] = ValueError("a fault of ours")
        bot.engine.reports["fox"] = Progress(Stage.RUNNING, 46, preview="http://x/p", preview_key="p")

        async def asked():
            (job,) = await bot.storage.jobs.named(bot.chat().channel)
            return (bot.tracker.live(job.id) or Progress(Stage.RUNNING)).percent == 46

        await bot.until(asked)
        await finished(bot, "fox", card)


async def test_a_result_may_be_larger_than_what_people_may_send(tmp_path):
    async with service(tmp_path) as bot:
        card = await ordered(bot, "fox")
        out = io.BytesIO()
        Image.frombytes("RGB", (2600, 2600), os.urandom(2600 * 2600 * 3)).save(out, "PNG", compress_level=0)
        bot.engine.pictures["http://x/1.png"] = out.getvalue()
        await finished(bot, "fox", card)

        assert await bot.chat().messages[card].images[0].load() == out.getvalue()


async def test_a_picture_that_comes_after_it_was_given_up_is_delivered_and_says_so(tmp_path):
    async with service(tmp_path) as bot:
        card = await ordered(bot, "fox")
        (followed,) = bot.tracker._followed.values()
        followed.since = followed.changed = -2000.0
        await bot.chat().until(lambda chat: "took too long" in chat.messages[card].text)
        await bot.work.idle()
        (followed,) = bot.tracker._followed.values()
        followed.due = 0.0
        await finished(bot, "fox", card)

        assert "it came late" in bot.chat().messages[card].note
        assert len(bot.engine.submitted) == 1


async def test_what_was_given_up_is_still_asked_about_after_a_restart(tmp_path):
    platform = FakePlatform()
    async with service(tmp_path, platform=platform) as bot:
        card = await ordered(bot, "fox")
        (followed,) = bot.tracker._followed.values()
        followed.since = followed.changed = -2000.0
        await bot.chat().until(lambda chat: "took too long" in chat.messages[card].text)
        await bot.work.idle()
    async with service(tmp_path, platform=platform) as bot:
        await bot.until(lambda: _followed(bot))
        (followed,) = bot.tracker._followed.values()
        followed.due = 0.0
        await finished(bot, "fox", card)


async def _followed(bot) -> bool:
    return bool(bot.tracker._followed)


async def test_begun_anew_a_late_picture_of_the_first_try_is_nobodys(tmp_path):
    async with service(tmp_path) as bot:
        card = await ordered(bot, "fox")
        (followed,) = bot.tracker._followed.values()
        followed.since = followed.changed = -2000.0
        await bot.chat().until(lambda chat: "took too long" in chat.messages[card].text)
        await bot.work.idle()
        bot.engine.outcomes.append(Accepted("fox2"))
        await bot.press("Retry")
        await bot.work.idle()
        (followed,) = bot.tracker._followed.values()
        assert followed.job.task == "fox2"
        assert not followed.late
        await finished(bot, "fox2", card)

        assert "late" not in bot.chat().messages[card].note


async def test_as_long_as_something_changes_it_is_not_given_up(tmp_path):
    async with service(tmp_path) as bot:
        card = await ordered(bot, "fox")
        (followed,) = bot.tracker._followed.values()
        followed.since = followed.changed = bot.tracker._clock() - 1000.0
        bot.engine.reports["fox"] = Progress(Stage.RUNNING, percent=15)
        await bot.tracker.round()
        followed.due = 0.0
        await bot.tracker.round()

        assert bot.chat().messages[card].growing


async def test_while_the_service_cannot_be_asked_a_job_is_not_given_up_at_once(tmp_path):
    class Away(ScriptedEngine):
        async def report(self, tasks):
            raise Unavailable("away")

    async with service(tmp_path, engine=Away()) as bot:
        card = await ordered(bot, "fox")
        (followed,) = bot.tracker._followed.values()
        followed.since = followed.changed = bot.tracker._clock() - 1000.0
        followed.due = 0.0
        await bot.tracker.round()

        assert bot.chat().messages[card].growing


async def test_a_call_of_the_service_is_looked_into_at_once_and_others_are_not(tmp_path):
    async with service(tmp_path) as bot:
        await ordered(bot, "fox")
        (followed,) = bot.tracker._followed.values()
        followed.due = bot.tracker._clock() + 1000.0
        await bot.tracker.round()
        bot.engine.asked.clear()
        bot.tracker.nudge("somebody else's")
        await bot.tracker.round()
        assert bot.engine.asked == []
        bot.tracker.nudge(followed.job.ref)
        bot.tracker.nudge(followed.job.ref)
        await bot.tracker.round()

        assert bot.engine.asked[0] == ["fox"]


async def test_a_service_is_asked_no_more_often_than_it_likes(tmp_path):
    class Patient(ScriptedEngine):
        pace = 1_000_000.0

    suno = Patient()
    suno.name = "suno"
    async with service(tmp_path, others={"suno": suno}) as bot:
        await bot.say("/music rain")
        await bot.work.idle()
        await ordered(bot, "fox")
        before = len(bot.engine.asked)

        async def asked_often():
            return len(bot.engine.asked) > before + 5

        await bot.until(asked_often)

        assert len(suno.asked) <= 1
