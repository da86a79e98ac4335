"""Orders for services that answer only when the picture is there, from the card to the crash."""

import time
from contextlib import asynccontextmanager

import pytest

from bot.engines.images import Images
from bot.errors import UserError
from bot.jobs import Job, Order, Stage, new_id
from tests.bot.engines.service import Reply
from tests.bot.engines.test_images import EDITS, KEPT, PATH, PICTURE
from tests.scripted import ANN, HERE, labels
from tests.scripted import service as core


@pytest.fixture
def running(tmp_path, service, client):
    """The core with the engine of the Images API; leaving it is a crash."""

    @asynccontextmanager
    async def running():
        files = Files()
        engine = Images(client, service.url, "k", files=files, model="gpt-image-1", pause=0.001)
        async with core(tmp_path, others={"images": engine}) as bot:
            files.real = bot.storage.files
            yield bot
            await engine.close()

    return running


class Files:
    """The core's own, which are there only once it runs."""

    real = None

    def __getattr__(self, name):
        return getattr(self.real, name)


async def order(bot, prompt="a red fox"):
    job = Job(new_id(), HERE, ANN, "images", Order(prompt), source=new_id(), created=time.time())
    return await bot.storage.jobs.add(job)


def drawn(count=1):
    return lambda chat: (
        sum(bool(each.images) and not each.growing for each in chat.messages.values()) == count
    )


async def test_a_card_with_its_picture_and_what_can_be_done_with_it(service, running):
    service.on(PATH, PICTURE)
    service.on(EDITS, PICTURE)
    async with running() as bot:
        job = await order(bot)
        await bot.chat().until(drawn())
        assert labels(bot.chat().last)[:2] == ["🔄 Again", "✏️ Edit"]
        done = await bot.storage.jobs.get(job.id)
        assert (done.stage, done.results) == (Stage.DONE, (KEPT.removeprefix("kept:") + ".png",))
        await bot.press("🔄 Again")
        await bot.chat().until(drawn(2))
        await bot.press("✏️ Edit")
        assert bot.chat().questions
        await bot.press("✏️ Edit", text="a blue fox")
        await bot.chat().until(drawn(3))

    assert (service.count(PATH), service.count(EDITS)) == (2, 1)
    assert b"a blue fox" in service.bodies(EDITS)[0]


async def test_after_a_crash_the_card_says_that_nobody_can_tell_and_nothing_is_sent_again(service, running):
    service.on(PATH, Reply(PICTURE, fault="late"))
    async with running() as bot:
        job = await order(bot)
        await service.until(PATH)

        async def followed():
            return (await bot.storage.jobs.get(job.id)).stage is Stage.RUNNING

        await bot.until(followed)
    service.wake()

    async with running() as bot:
        await bot.chat().until(
            lambda chat: any("cannot tell" in each.text for each in chat.messages.values())
        )
        assert service.count(PATH) == 1
        service.on(PATH, PICTURE)
        await bot.press("Retry")
        await bot.chat().until(drawn())

    assert service.count(PATH) == 2


async def test_what_only_midjourney_does_is_said_before_anything_is_ordered(service, client):
    engine = Images(client, service.url, "k", files=Files())

    with pytest.raises(UserError):
        engine.check(Order("", verb="describe"))
    engine.check(Order("a fox"))
