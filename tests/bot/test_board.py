"""Cards on a platform that is away for a moment."""

import pytest

from bot.errors import Unavailable
from bot.features import delivery
from bot.jobs import Accepted
from bot.messages import Content
from tests.fakes import FakeChat
from tests.scripted import FakePlatform, labels, service


class FlakyChat(FakeChat):
    """Does not take the next few messages, and the next few edits that stay."""

    sends = edits = 0

    async def send(self, content: Content, **more) -> str:
        if self.sends:
            self.sends -= 1
            raise Unavailable("away")
        return await super().send(content, **more)

    async def edit(self, message: str, content: Content, *, passing: bool = False) -> str:
        if self.edits and not passing:
            self.edits -= 1
            raise Unavailable("away")
        return await super().edit(message, content, passing=passing)


class FlakyPlatform(FakePlatform):
    def chat(self, channel):
        return self.chats.setdefault(channel, FlakyChat(channel, self.limits))


@pytest.mark.parametrize(("sends", "edits"), [(1, 0), (0, 2), (2, 2)])
async def test_a_picture_is_shown_when_the_platform_is_back(tmp_path, sends, edits):
    async with service(tmp_path, platform=FlakyPlatform()) as bot:
        bot.chat().sends, bot.chat().edits = sends, edits
        bot.engine.outcomes.append(Accepted("t"))
        await bot.say("/imagine a fox")
        await bot.chat().until(lambda chat: chat.messages)
        bot.finish("t")
        await bot.chat().until(lambda chat: chat.last.images and not chat.last.growing)

        assert len(bot.engine.submitted) == 1
        assert len(bot.chat().messages) == 1


async def test_a_paid_picture_is_not_thrown_away_when_the_platform_stays_away(tmp_path, monkeypatch):
    monkeypatch.setattr(delivery, "TRY_EVERY", 0.01)
    async with service(tmp_path, platform=FlakyPlatform()) as bot:
        bot.chat().edits = 8
        bot.engine.outcomes.append(Accepted("t"))
        await bot.say("/imagine a fox")
        await bot.chat().until(lambda chat: chat.messages)
        bot.finish("t")
        await bot.chat().until(lambda chat: chat.last.images and not chat.last.growing)

        assert len(bot.engine.submitted) == 1


async def test_a_form_is_shown_when_the_platform_is_back(tmp_path):
    async with service(tmp_path, platform=FlakyPlatform()) as bot:
        bot.chat().edits = 1
        bot.engine.outcomes.append(Accepted("t", form="a fox"))
        await bot.say("/imagine a fox")
        await bot.chat().until(lambda chat: chat.messages and "Edit the prompt" in labels(chat.last))

        assert len(bot.engine.submitted) == 1


async def test_cancel_counts_although_it_cannot_be_shown_yet(tmp_path):
    async with service(tmp_path, platform=FlakyPlatform()) as bot:
        bot.engine.outcomes.append(Accepted("t"))
        await bot.say("/imagine a fox")
        await bot.work.idle()
        bot.chat().edits = 2
        await bot.press("Cancel")
        await bot.chat().until(lambda chat: "Cancelled." in chat.last.text)

        assert bot.engine.cancelled == ["t"]
        assert bot.chat().notices == []
