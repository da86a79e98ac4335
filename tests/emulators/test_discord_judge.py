"""Our server and simcord, which others wrote, play the same scenes for the same bot."""

import asyncio

import pytest

from tests.emulators.discord import Discord
from tests.emulators.discord.judged import Bot
from tests.emulators.discord.library import pointed

simcord = pytest.importorskip("simcord", reason="simcord, the independent judge, is not installed")


class Ours:
    def __init__(self, server, bot):
        self.server, self.bot = server, bot
        self.ann = server.user("Ann")
        self.place = server.channel(server.guild("Painters", [server.user("Owner"), self.ann]), "general")
        bot.noticed = server.world.changes.notify

        async def wait():
            server.advance(5)

        bot.wait = wait

    async def _settled(self, deed):
        before = self.bot.done
        deed()
        await self.server.until(lambda: self.bot.done > before)

    async def say(self, text):
        await self._settled(lambda: self.server.say(self.ann, self.place, text))

    async def press(self, label):
        await self._settled(
            lambda: self._note(self.server.press(self.ann, self.server.last(self.place), label))
        )

    def _note(self, one):
        self.latest = one

    async def pick(self, value):
        await self._settled(lambda: self.server.choose(self.ann, self.server.last(self.place), value))

    async def fill(self, values):
        await self._settled(lambda: self.server.fill(self.latest, values))

    async def slash(self, name, **options):
        await self._settled(lambda: self.server.slash(self.ann, self.place, name, **options))

    async def menu(self, name):
        said = self.server.messages(self.place)[0]
        await self._settled(lambda: self.server.menu(self.ann, self.place, name, said))

    def seen(self):
        places = [self.place, *self.server.threads(self.place)]
        everything = [one for place in places for one in self.server.messages(place, viewer=self.ann)]
        return [
            (one.text, files(one), one.labels[:1], one.ephemeral, bool(one.reply_to and not one.deed))
            for one in everything
            if one.ours
        ]


def files(seen):
    return sorted((file.name, file.data) for file in seen.files)


class Judge:
    def __init__(self, env, bot):
        self.env, self.bot = env, bot
        self.guild = env.create_guild("Painters")
        self.place = self.guild.create_text_channel("general")
        self.ann = self.guild.add_member(env.create_user("Ann"))

    async def say(self, text):
        self.said = await self.ann.send(self.place, text)

    def _card(self):
        return [one for one in self.place.history() if one.author == self.bot.user][-1]

    async def press(self, label):
        self.latest = await self.ann.click(self._card(), label=label)

    async def pick(self, value):
        await self.ann.select(self._card(), [value])

    async def fill(self, values):
        await self.ann.submit_modal(self.latest, values)

    async def slash(self, name, **options):
        deed = asyncio.ensure_future(self.ann.slash(self.place, name, **options))
        await deed
        if name == "late":
            await self.env.advance_time(6)

    async def menu(self, name):
        await self.ann.context_menu(self.place, name, self.place.history()[0])

    def seen(self):
        backend = self.env.backend
        places = [self.place, *self.place.threads]
        everything = [one for place in places for one in backend.messages[place.id].values()]
        return [
            (one.content, self._files(one), labels(one)[:1], one.is_ephemeral, bool(one.reference))
            for one in everything
            if one.author_id == backend.bot_user.id
        ]

    def _files(self, message):
        return sorted((one["filename"], self.env.backend.cdn.get(one["url"])) for one in message.attachments)


def labels(message):
    inside = [one for row in message.components for one in row.get("components", ())]
    return [one["label"] for one in inside if "label" in one]


async def ours(play):
    bot = Bot()
    async with Discord() as server, pointed(server), bot:
        side = Ours(server, bot)
        task = asyncio.create_task(bot.start(server.token))
        await server.until(lambda: server.connected and server.syncs)
        await play(side)
        seen = side.seen()
        await bot.close()
        await task
        assert bot.codes or not server.violations
    return seen, bot.codes


async def theirs(play):
    bot = Bot()
    async with simcord.run(bot) as env:
        side = Judge(env, bot)
        await play(side)
        return side.seen(), bot.codes


def said(*words):
    async def play(side):
        for text in words:
            await side.say(text)

    play.__name__ = " ".join(words)
    return play


async def commands(side):
    await side.slash("paint", prompt="a fox", image=("a.png", b"data"))


async def menus(side):
    await side.say("say")
    await side.menu("Ask about this")


async def buttons(side):
    await side.say("cards")
    await side.press("Change")
    await side.press("Later")


async def lists(side):
    await side.say("cards")
    await side.pick("B")


async def forms(side):
    await side.say("cards")
    await side.press("Ask")
    await side.fill({"words": "a fox", "files": [("a.txt", b"abc")]})


async def dynamic(side):
    await side.say("job")
    await side.press("U1")


async def late(side):
    await side.slash("late")


async def twice(side):
    await side.slash("twice")


SCENES = [
    said("say", "reply", "react"),
    said("edit"),
    said("layout"),
    said("too long"),
    said("too much"),
    said("not mine"),
    said("not there"),
    said("long id"),
    commands,
    menus,
    buttons,
    lists,
    forms,
    dynamic,
    late,
    twice,
]


@pytest.mark.parametrize("play", SCENES, ids=lambda play: play.__name__)
async def test_both_sides_see_the_same(play):
    assert await ours(play) == await theirs(play)


async def test_where_we_know_better():
    """simcord calls an empty message an invalid form, takes a reply to nothing, and makes two threads."""
    assert (await ours(said("thread")))[1] == [160004]
    assert (await ours(said("nothing")))[1] == [50006]
    assert (await ours(said("lost reply")))[1] == [50035]
