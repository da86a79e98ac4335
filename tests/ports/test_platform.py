"""What every platform must do. Each test is a conversation over the platform's real protocol.

A new platform is done when it passes: write a ``Visitor`` for it and add it to ``VISITORS``.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from tempfile import TemporaryDirectory

import pytest

from bot.messages import (
    Attachment,
    Button,
    ButtonPress,
    Channel,
    Content,
    IncomingMessage,
    Question,
    Style,
)
from bot.ports import Storage
from storage import open_storage
from tests.adapters.discord import serving as discord
from tests.adapters.discord.visitor import DiscordVisitor
from tests.adapters.telegram import serving as telegram
from tests.adapters.telegram.visitor import TelegramVisitor
from tests.adapters.web.server import serving
from tests.adapters.web.visitor import WebVisitor
from tests.emulators.discord import Discord, Rates
from tests.emulators.telegram import Flood, Telegram
from tests.ports.people import Visitor, painted

PICTURE = painted()
ROW = ((Button("U1", "job:7:1"), Button("U2", "job:7:2", Style.DONE)), (Button("Reroll", "job:7:0"),))


@asynccontextmanager
async def on_the_web(storage: Storage | None = None) -> AsyncIterator[Visitor]:
    async with serving(storage=storage) as server:
        visitor = WebVisitor(server)
        await visitor.enter()
        yield visitor
        await visitor.leave()


@asynccontextmanager
async def on_the_web_with_sqlite() -> AsyncIterator[Visitor]:
    with TemporaryDirectory() as folder:
        async with (
            open_storage(f"sqlite:///{folder}/test.db", f"{folder}/files") as storage,
            on_the_web(storage) as visitor,
        ):
            yield visitor


@asynccontextmanager
async def on_telegram(*, group: bool = False) -> AsyncIterator[Visitor]:
    async with Telegram(flood=Flood(), speed=telegram.SPEED) as server, telegram.serving(server) as bot:
        yield TelegramVisitor(server, bot, group=group)
        assert not server.violations
        assert not server.refused_429


@asynccontextmanager
async def in_a_telegram_group() -> AsyncIterator[Visitor]:
    async with on_telegram(group=True) as visitor:
        yield visitor


@asynccontextmanager
async def on_discord(*, guild: bool = False) -> AsyncIterator[Visitor]:
    async with Discord(rates=Rates(), speed=discord.SPEED) as server, discord.serving(server) as bot:
        yield DiscordVisitor(server, bot, guild=guild)
        assert not server.violations
        assert not server.refused_429


@asynccontextmanager
async def in_a_discord_server() -> AsyncIterator[Visitor]:
    async with on_discord(guild=True) as visitor:
        yield visitor


VISITORS: dict[str, Callable[[], AbstractAsyncContextManager[Visitor]]] = {
    "web": on_the_web,
    "web on SQLite": on_the_web_with_sqlite,
    "Telegram": on_telegram,
    "Telegram group": in_a_telegram_group,
    "Discord": on_discord,
    "Discord server": in_a_discord_server,
}


@pytest.fixture(params=VISITORS)
async def visitor(request) -> AsyncIterator[Visitor]:
    async with VISITORS[request.param]() as found:
        yield found


def picture(data: bytes = PICTURE.data, *, digest: str = "") -> Attachment:
    async def load() -> bytes:
        return data

    return Attachment("fox.png", "image/png", len(data), load, digest, alt="A fox")


async def test_what_a_person_says_reaches_the_inbox(visitor):
    await visitor.say("Hello, who are you?")
    message = await visitor.inbox.until(1)

    assert isinstance(message, IncomingMessage)
    assert message.text == "Hello, who are you?"
    assert message.channel == visitor.channel
    assert message.author.id.startswith(f"{visitor.channel.platform}:")
    assert message.addressed
    assert not message.edited
    assert message.id


async def test_a_channel_survives_being_written_down(visitor):
    await visitor.say("Hello")
    message = await visitor.inbox.until(1)

    assert Channel.parse(str(message.channel)) == message.channel


async def test_a_command_arrives_as_it_was_typed(visitor):
    await visitor.say("/imagine a red fox --ar 16:9")
    message = await visitor.inbox.until(1)

    assert message.text == "/imagine a red fox --ar 16:9"


async def test_a_picture_comes_along_and_its_bytes_are_those_that_were_sent(visitor):
    await visitor.say("What is this?", PICTURE)
    message = await visitor.inbox.until(1)

    (attachment,) = message.attachments
    assert attachment.media_type == "image/png"
    assert attachment.size == len(PICTURE.data)
    assert await attachment.load() == PICTURE.data


async def test_a_picture_needs_no_words(visitor):
    await visitor.say("", PICTURE)
    message = await visitor.inbox.until(1)

    assert message.text == ""
    assert len(message.attachments) == 1


async def test_messages_arrive_in_the_order_in_which_they_were_sent(visitor):
    await asyncio.gather(*(visitor.say(f"{number}") for number in range(20)))
    await visitor.inbox.until(20)

    assert [event.text for event in visitor.inbox.events] == [str(number) for number in range(20)]


async def test_a_reworded_message_arrives_as_edited_with_its_old_id(visitor):
    await visitor.say("What is a dock?")
    first = await visitor.inbox.until(1)
    await visitor.until(lambda v: not v.seen)
    await visitor.reword("What is a duck?")
    second = await visitor.inbox.until(2)

    assert (second.id, second.text, second.edited) == (first.id, "What is a duck?", True)


async def test_what_is_deleted_is_told_in_its_turn(visitor):
    await visitor.say("My password is rosebud")
    message = await visitor.inbox.until(1)
    if not await visitor.take_back():
        pytest.skip("nobody tells of deleted messages there")
    await visitor.say("Well")
    await visitor.inbox.until(2)

    assert (str(message.channel), [message.id]) in visitor.inbox.withdrawals


async def test_an_answer_is_seen_with_its_formatting_read_not_shown(visitor):
    await visitor.say("Hello")
    await visitor.inbox.until(1)
    message = await visitor.inbox.chats[0].send(Content("I am **Chatelier**.", note="gpt-4o-mini"))
    await visitor.until(lambda v: v.seen)

    (seen,) = visitor.seen
    assert seen.id == message
    assert seen.text == "I am Chatelier."
    assert seen.note == "gpt-4o-mini"


async def test_an_edit_replaces_the_message(visitor):
    await visitor.say("Hello")
    message = await visitor.chat.send(Content("One"))
    kept = await visitor.chat.edit(message, Content("Two"))
    await visitor.until(lambda v: [seen.text for seen in v.seen] == ["Two"])

    assert kept == message


async def test_an_edit_that_changes_nothing_is_a_success(visitor):
    await visitor.say("Hello")
    message = await visitor.chat.send(Content("Same", buttons=ROW))

    assert await visitor.chat.edit(message, Content("Same", buttons=ROW)) == message


async def test_a_preview_is_followed_by_the_whole(visitor):
    await visitor.say("Hello")
    chat = visitor.chat
    message = await chat.send(Content(growing=True))
    for end in range(1, 40):
        await chat.edit(message, Content("A word and " * end, growing=True), passing=True)
    await chat.edit(message, Content("All of it."))
    await visitor.until(lambda v: [seen.text for seen in v.seen] == ["All of it."])


async def test_a_preview_that_comes_after_the_whole_changes_nothing(visitor):
    await visitor.say("Hello")
    chat = visitor.chat
    message = await chat.send(Content(growing=True))
    preview = asyncio.Event()

    async def load() -> bytes:
        await preview.wait()
        return PICTURE.data

    late = Attachment("late.png", "image/png", 1, load)
    passing = asyncio.create_task(chat.edit(message, Content("50 %", images=(late,)), passing=True))
    await asyncio.sleep(0)
    await chat.edit(message, Content("Done."))
    preview.set()
    await passing
    await chat.send(Content("And on."))
    await visitor.until(lambda v: len(v.seen) == 2)

    assert [seen.text for seen in visitor.seen] == ["Done.", "And on."]


async def test_text_becomes_a_picture_with_buttons(visitor):
    await visitor.say("/imagine a fox")
    message = await visitor.chat.send(Content("Painting …", progress=10))
    await visitor.chat.edit(message, Content("**a fox**", images=(picture(),), buttons=ROW))
    await visitor.until(lambda v: v.seen and v.seen[-1].pictures)

    (seen,) = visitor.seen
    assert seen.pictures == 1
    assert "a fox" in seen.text
    assert [[label.strip("✓ ") for label in row] for row in seen.buttons] == [["U1", "U2"], ["Reroll"]]


async def test_a_picture_gives_way_to_another_and_then_to_words(visitor):
    await visitor.say("/gallery")
    message = await visitor.chat.send(Content("One", images=(picture(),), buttons=ROW))
    other = picture(painted(color="blue").data)
    message = await visitor.chat.edit(message, Content("Two", images=(other,), buttons=ROW))
    await visitor.until(lambda v: v.seen and "Two" in v.seen[-1].text)
    (second,) = visitor.seen
    message = await visitor.chat.edit(message, Content("None are left."))
    await visitor.until(lambda v: v.seen and "None are left." in v.seen[-1].text)

    assert second.pictures == 1
    (last,) = visitor.seen
    assert (last.pictures, last.buttons) == (0, ())


async def test_four_pictures_arrive_together(visitor):
    await visitor.say("/crops")
    await visitor.chat.send(Content(note="All four", files=tuple(picture() for _ in range(4))))
    await visitor.until(lambda v: sum(seen.pictures + len(seen.files) for seen in v.seen) == 4)


async def test_a_file_is_offered(visitor):
    await visitor.say("/export")

    async def load() -> bytes:
        return b"# All of it"

    file = Attachment("conversation.md", "text/markdown", 11, load)
    await visitor.chat.send(Content("Here it is.", files=(file,)))
    await visitor.until(lambda v: v.seen)

    assert visitor.seen[0].files == ("conversation.md",)


async def test_songs_and_clips_arrive_under_their_names(visitor):
    await visitor.say("/music rain")

    async def load() -> bytes:
        return b"RIFF" + bytes(60)

    files = {"rain.mp3": "audio/mpeg", "rain.wav": "audio/wav", "kitten.mp4": "video/mp4"}
    for name, media_type in files.items():
        file = Attachment(name, media_type, 64, load)
        await visitor.chat.send(Content("Here it is.", files=(file,)))
    await visitor.until(lambda v: len(v.seen) == 3)

    assert [each.files for each in visitor.seen] == [(name,) for name in files]


async def test_a_press_says_which_button_of_which_message(visitor):
    await visitor.say("/imagine a fox")
    message = await visitor.chat.send(Content("a fox", buttons=ROW))
    await visitor.until(lambda v: v.seen)
    await visitor.press("Reroll")
    press = await visitor.inbox.until(2)

    assert isinstance(press, ButtonPress)
    assert (press.message, press.data, press.text) == (message, "job:7:0", None)
    assert press.channel == visitor.channel
    assert press.author == visitor.inbox.events[0].author


async def test_every_press_is_one_of_its_own(visitor):
    await visitor.say("/imagine a fox")
    await visitor.chat.send(Content("a fox", buttons=ROW))
    await visitor.until(lambda v: v.seen)
    await visitor.press("U1")
    await visitor.press("U1")
    await visitor.inbox.until(3)

    assert len({event.id for event in visitor.inbox.events}) == 3


async def test_a_question_is_asked_with_its_default_and_answered(visitor):
    async def act(event, chat) -> None:
        if isinstance(event, ButtonPress) and event.text is None:
            await chat.ask(Question("Zoom out, from 1 to 2", event.data, "a fox --zoom 1.8", multiline=True))

    visitor.inbox.act = act
    await visitor.say("/imagine a fox")
    await visitor.chat.send(Content("a fox", buttons=ROW))
    await visitor.until(lambda v: v.seen)
    await visitor.press("Reroll")
    await visitor.until(lambda v: v.question)
    assert visitor.question == ("Zoom out, from 1 to 2", "a fox --zoom 1.8")

    await visitor.answer("a fox --zoom 1.5")
    answer = await visitor.inbox.until(3)

    assert (answer.data, answer.text) == ("job:7:0", "a fox --zoom 1.5")
    await visitor.until(lambda v: v.question is None)


async def test_a_notice_reaches_the_person_who_said_something(visitor):
    async def act(event, chat) -> None:
        await chat.notice("I do not know /imagin. Did you mean /imagine?")

    visitor.inbox.act = act
    await visitor.say("/imagin")
    await visitor.until(lambda v: v.notices)

    assert visitor.notices == ["I do not know /imagin. Did you mean /imagine?"]


async def test_a_notice_reaches_the_person_who_pressed_a_button(visitor):
    async def act(event, chat) -> None:
        if isinstance(event, ButtonPress):
            await chat.notice("That is done already.")

    visitor.inbox.act = act
    await visitor.say("/imagine a fox")
    await visitor.chat.send(Content("a fox", buttons=ROW))
    await visitor.until(lambda v: v.seen)
    await visitor.press("U1")
    await visitor.until(lambda v: v.notices)

    assert visitor.notices == ["That is done already."]


async def test_we_are_seen_at_work_for_as_long_as_we_are(visitor):
    await visitor.say("Hello")
    async with visitor.chat.typing():
        await visitor.until(lambda v: v.busy)
    await visitor.until(lambda v: not v.busy)


async def test_a_deleted_message_is_gone_and_deleting_it_again_is_a_success(visitor):
    await visitor.say("Hello")
    message = await visitor.chat.send(Content("Surplus"))
    await visitor.until(lambda v: v.seen)
    await visitor.chat.delete(message)
    await visitor.until(lambda v: not v.seen)

    await visitor.chat.delete(message)


async def test_editing_a_message_that_is_gone_is_a_success(visitor):
    await visitor.say("Hello")
    message = await visitor.chat.send(Content("Here"))
    await visitor.until(lambda v: v.seen)
    await visitor.chat.delete(message)

    now = await visitor.chat.edit(message, Content("Here again"))

    await visitor.until(lambda v: [seen.text for seen in v.seen] == ["Here again"])
    assert visitor.seen[0].id == now


async def test_sending_twice_with_one_key_is_one_message(visitor):
    await visitor.say("Hello")
    first = await visitor.chat.send(Content("Once"), key="answer-1-0")
    second = await visitor.chat.send(Content("Once"), key="answer-1-0")
    await visitor.chat.send(Content("The end"), key="answer-2-0")
    await visitor.until(lambda v: v.seen and v.seen[-1].text == "The end")

    assert first == second
    assert [seen.text for seen in visitor.seen] == ["Once", "The end"]


async def test_a_restart_keeps_one_key_one_message(visitor):
    await visitor.say("Hello")
    first = await visitor.chat.send(Content("Once"), key="answer-1-0")
    await visitor.restart()

    assert await visitor.chat.send(Content("Once"), key="answer-1-0") == first


async def test_old_messages_can_be_edited_and_pressed_after_a_restart(visitor):
    await visitor.say("/imagine a fox")
    message = await visitor.chat.send(Content("a fox", buttons=ROW))
    await visitor.until(lambda v: v.seen)
    await visitor.restart()
    await visitor.press("Reroll")
    press = await visitor.inbox.until(2)
    await visitor.chat.edit(message, Content("a fox, again", buttons=ROW))
    await visitor.until(lambda v: [seen.text for seen in v.seen] == ["a fox, again"])

    assert (press.message, press.data) == (message, "job:7:0")


async def test_what_was_not_heard_before_the_end_is_heard_after_the_start(visitor):
    reached = asyncio.Event()

    async def never(event, chat) -> None:
        reached.set()
        await asyncio.Event().wait()

    visitor.inbox.act = never
    await visitor.say("Remember me", PICTURE)
    await reached.wait()
    visitor.inbox.act = None
    await visitor.restart()
    again = await visitor.inbox.until(2)

    assert again == visitor.inbox.events[0]
    assert await again.attachments[0].load() == PICTURE.data


async def test_what_was_heard_is_not_heard_again_after_a_restart(visitor):
    await visitor.say("Once")
    await visitor.inbox.until(1)
    await visitor.restart()
    await visitor.say("Twice")
    await visitor.inbox.until(2)

    assert [event.text for event in visitor.inbox.events] == ["Once", "Twice"]


async def test_a_text_as_long_as_the_platform_takes_arrives_whole(visitor):
    await visitor.say("Tell me everything")
    chat = visitor.chat
    words: list[str] = []
    while chat.limits.measure(" ".join(words)) < (chat.limits.text or 60_000) - 12:
        words.append(f"word{len(words)}" + ("." if len(words) % 40 else ".\n\n"))
    await chat.send(Content(" ".join(words)))
    await visitor.until(lambda v: v.seen)

    assert visitor.seen[0].text.split() == " ".join(words).split()


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[click](javascript:alert(1))",
        "[click](data:text/html,<script>alert(1)</script>)",
        "![tracker](https://example.org/pixel.png)",
        "<https://example.org> <a href='javascript:alert(1)'>x</a>",
        "```html\n<script>alert(1)</script>\n```",
        '```"><script>alert(1)</script>\ncode\n```',
        "$\\text{<script>alert(1)</script>}$ and $$\\href{javascript:alert(1)}{x}$$",
        "| <script>alert(1)</script> |\n|---|\n| <svg onload=alert(1)> |",
        "<details open ontoggle=alert(1)><iframe srcdoc='<script>alert(1)</script>'>",
    ],
)
async def test_nothing_of_what_a_model_says_is_ever_run(visitor, text):
    await visitor.say("Hello")
    chat = visitor.chat
    message = await chat.send(Content(growing=True))
    for end in range(len(text)):
        await chat.edit(message, Content(text[:end], thoughts=text[:end], growing=True), passing=True)
        await asyncio.sleep(0)
    await chat.edit(message, Content(text, thoughts=text))
    await chat.send(Content("The end"))
    await visitor.until(lambda v: len(v.seen) == 2)

    assert visitor.dangers == []
