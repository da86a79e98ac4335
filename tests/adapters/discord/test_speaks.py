"""What we say, as people see it."""

import io
import re
from dataclasses import replace

import pytest
from PIL import Image

from adapters.discord.gateway import Shards
from bot.messages import Attachment, Button, Channel, Content
from tests.adapters.discord.serving import Bot, serving
from tests.emulators.discord import permissions, picture
from tests.memory import memory_host


@pytest.fixture
def chat(bot, ann, server):
    return bot.platform.chat(Channel("discord", str(server.direct(ann).id)))


def attachment(data: bytes, name: str = "fox.png", kind: str = "image/png", alt: str = "A fox") -> Attachment:
    async def load() -> bytes:
        return data

    return Attachment(name, kind, len(data), load, alt=alt)


def noise(side: int) -> bytes:
    """A picture that hardly gets smaller."""
    data = io.BytesIO()
    Image.effect_noise((side, side), 90).convert("RGB").save(data, "PNG")
    return data.getvalue()


async def test_the_card_becomes_the_picture(server, chat, ann):
    card = await chat.send(Content("Painting …", progress=10, growing=True))
    await chat.edit(
        card, Content("a fox", images=(attachment(picture()),), buttons=((Button("U1", "job:1:1"),),))
    )
    await chat.edit(
        card, Content("a fox!", images=(attachment(picture()),), buttons=((Button("U2", "job:1:2"),),))
    )
    shown = server.last(ann)

    assert (shown.text, shown.labels) == ("a fox!", ["U2"])
    assert [(each.data, each.description) for each in shown.files] == [(picture(), "A fox")]
    assert [len(call.files) for call in server.calls("edit_message")] == [1, 0]  # the picture stays


async def test_a_picture_gives_way_to_text(server, chat, ann):
    card = await chat.send(Content("a fox", images=(attachment(picture()),)))
    await chat.edit(card, Content("gone"))

    assert server.last(ann).files == ()


async def test_a_spoiler_is_covered(server, chat, ann):
    await chat.send(Content("a fox", images=(attachment(picture()),), spoiler=True))

    assert server.last(ann).files[0].spoiler


async def test_several_pictures_are_one_message(server, chat, ann):
    await chat.send(Content("foxes", images=tuple(attachment(picture(), f"fox {n}.png") for n in range(4))))

    assert [each.name for each in server.last(ann).files] == [f"fox_{n}.png" for n in range(4)]


async def test_more_files_than_one_message_takes_are_two(server, chat, ann):
    await chat.send(Content("foxes", images=tuple(attachment(picture(), f"{n}.png") for n in range(12))))

    assert [len(each.files) for each in server.ours(ann)] == [10, 2]


async def test_a_picture_over_the_limit_is_scaled_down_and_says_so(server, chat, ann):
    large = noise(2400)
    assert len(large) > 10 * 2**20
    await chat.send(Content("a fox", images=(attachment(large),)))
    shown = server.last(ann)

    assert len(shown.files[0].data) <= 10 * 2**20
    assert Image.open(io.BytesIO(shown.files[0].data)).size == (2400, 2400)
    assert "Scaled down" in shown.text


async def test_files_that_are_too_much_for_one_message_together_are_several(server, chat, ann):
    files = tuple(attachment(bytes(9 * 2**20), f"{n}.bin", "application/zip") for n in range(3))
    sent = await chat.send(Content("Films", files=files, buttons=((Button("U1", "job:1:1"),),)))
    await chat.edit(sent, Content("Films!", files=files))

    assert [len(each.files) for each in server.ours(ann)] == [2, 1]
    assert server.texts(ann)[-1] == "Films!"


async def test_what_is_too_large_has_a_link_to_the_original(server, ann):
    def original(digest: str, name: str) -> str:
        return f"https://example.org/{digest}/{name}"

    async with serving(server, host=replace(memory_host(), original=original)) as bot:
        chat = bot.platform.chat(Channel("discord", str(server.direct(ann).id)))
        large = replace(attachment(noise(2400)), digest="f0")
        film = replace(attachment(bytes(11 * 2**20), "film.mp4", "video/mp4"), digest="f1")
        buttons = ((Button("U1", "job:1:1"),),)
        await chat.send(Content("a fox", images=(large,), files=(film,), buttons=buttons))
        shown = server.last(ann)
        await chat.send(Content("a fox", images=(large,), buttons=buttons * 5))
        full = server.last(ann)

    assert shown.labels == ["U1", "Original, 13 MB", "Original, 12 MB"]
    assert [each.url for each in shown.buttons][1:] == [
        "https://example.org/f0/fox.png",
        "https://example.org/f1/film.mp4",
    ]
    assert full.text.endswith("https://example.org/f0/fox.png")


async def test_a_picture_of_ours_is_scaled_down_once(server, bot, chat, ann):
    files = bot.host.files
    fox = files.attachment(await files.put(noise(2400)), "fox.png", "image/png")
    sent = await chat.send(Content("a fox", images=(fox,)))
    await chat.edit(sent, Content("a fox!", images=(fox,)))

    assert list(files.made) == [(fox.digest, f"fits{10 * 2**20}")]
    assert server.last(ann).files[0].data in files.made.values()


async def test_a_file_over_the_limit_is_a_sentence(server, chat, ann):
    await chat.send(Content("a film", files=(attachment(b"x" * (11 * 2**20), "film.mp4", "video/mp4"),)))
    shown = server.last(ann)

    assert shown.files == ()
    assert "film.mp4 is too large to be sent here" in shown.text


async def test_a_server_that_was_given_more_takes_more(server, bot, ann):
    place = server.channel(server.guild("Painters", [ann], level=2), "general")
    server.say(ann, place, f"{server.bot.mention} hello")
    message = await bot.inbox.until(1)

    assert bot.platform.chat(message.channel).limits.upload == 50 * 2**20


async def test_a_long_text_takes_several_messages_and_changes_as_one(server, chat, ann):
    sent = await chat.send(
        Content("\n\n".join(f"Paragraph {n}. " + "word " * 60 for n in range(20)), note="end")
    )
    long = server.texts(ann)
    await chat.edit(sent, Content("short"))

    assert len(long) > 3
    assert all(len(text) <= 2000 for text in long)
    assert long[-1].endswith("-# end")
    assert server.texts(ann) == ["short"]


async def test_links_are_not_unfolded(server, chat, ann):
    await chat.send(Content("see https://example.org"))

    assert server.last(ann).no_previews


async def test_a_reply_calls_whoever_is_answered_once_and_nobody_else(server, bot, ann):
    bob = server.user("Bob")
    place = server.channel(server.guild("Painters", [ann, bob]), "general")
    said = server.say(ann, place, f"{server.bot.mention} hello")
    message = await bot.inbox.until(1)
    chat = bot.platform.chat(message.channel)
    sent = await chat.send(Content(f"hi {bob.mention} @everyone", growing=True), reply_to=message.id)
    called = [each.pings for each in server.ours(place)]
    await chat.edit(sent, Content(f"hi {bob.mention}!"))
    await chat.send(Content("\n\n".join(["word " * 300] * 3)), reply_to=message.id)
    first, *others = server.ours(place)[1:]

    assert called == [(ann.id,)]
    assert (first.reply_to, first.pings) == (said.id, (ann.id,))
    assert others
    assert not any(each.pings or each.everyone for each in others)
    assert server.pings(bob) == []


async def test_a_reply_in_a_direct_chat_calls_nobody(server, bot, ann):
    server.say(ann, ann, "hello")
    message = await bot.inbox.until(1)
    await bot.platform.chat(message.channel).send(Content("hi"), reply_to=message.id)

    assert server.pings(ann) == []


async def test_check_says_what_works_and_how_to_be_let_in(server):
    bot = Bot(server)
    bot.start()
    await bot.stop()
    findings = await bot.platform.probe()

    assert all(finding.ok for finding in findings)
    assert any("integration_type=1" in finding.detail for finding in findings)
    asked = next(found[1] for each in findings if (found := re.search(r"permissions=(\d+)", each.detail)))
    assert permissions.named(int(asked)) == {
        "view_channel",
        "send_messages",
        "send_messages_in_threads",
        "create_public_threads",
        "attach_files",
        "read_message_history",
    }


async def test_check_says_that_the_token_is_wrong(server):
    bot = Bot(server, token="wrong")
    bot.start()
    await bot.stop()
    (finding,) = await bot.platform.probe()

    assert not finding.ok
    assert "DISCORD_TOKEN" in finding.advice


@pytest.mark.parametrize(
    ("text", "shards"),
    [
        ("", Shards()),
        ("0-2/8", Shards((0, 1, 2), 8)),
        ("1, 3/4", Shards((1, 3), 4)),
        ("0/1", Shards((0,), 1)),
    ],
)
def test_shards_can_be_named(text, shards):
    assert Shards.parse(text) == shards


@pytest.mark.parametrize("text", ["4", "a/b", "8/8", "3-1/8"])
def test_shards_that_there_are_not_are_refused(text):
    with pytest.raises(ValueError, match="DISCORD_SHARDS"):
        Shards.parse(text)
