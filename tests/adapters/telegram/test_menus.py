"""The menu of commands, as people find it."""

from bot.commands import Command
from bot.texts import N_
from tests.adapters.telegram.serving import Bot, serving
from tests.fakes import FakeInbox


async def nothing(call, chat) -> None:
    """A command's work."""


COMMANDS = (
    Command("new", N_("Start afresh: I forget what was said here."), nothing),
    Command("help", N_("What I can do."), nothing, aliases=("start",)),
)


async def published(server, bot) -> None:
    await server.until(lambda: server.calls("getChatMenuButton"))


async def test_commands_are_offered_in_the_language_of_who_looks(server, ann):
    bo = server.user("Bo", language_code="zh-hans")
    server.open(bo)
    async with serving(server, FakeInbox(commands=COMMANDS)) as bot:
        await published(server, bot)

    assert server.commands(ann) == [
        ("new", "Start afresh: I forget what was said here."),
        ("help", "What I can do."),
    ]
    assert [name for name, _ in server.commands(bo)] == ["new", "help"]
    assert server.commands(bo) != server.commands(ann)


async def test_commands_are_offered_in_groups(server, ann, group):
    async with serving(server, FakeInbox(commands=COMMANDS)) as bot:
        await published(server, bot)

    assert [name for name, _ in server.commands(group, ann)] == ["new", "help"]


async def test_what_is_published_already_is_left_alone(server):
    bot = Bot(server, FakeInbox(commands=COMMANDS))
    calls = []
    for _start in range(2):
        bot.start()
        await published(server, bot)
        await bot.stop()
        calls.append(server.counts["setMyCommands"])
        server.requests.clear()

    assert calls == [6, 0]


async def test_a_menu_that_cannot_be_set_stops_nothing(server, ann):
    server.fail("setMyCommands", 100, status=400, description="Bad Request: BOT_COMMAND_INVALID")
    async with serving(server, FakeInbox(commands=COMMANDS)) as bot:
        server.say(ann, ann, "Hello")

        await bot.inbox.until(1)
