"""What we say and show, as people see it."""

import asyncio
import io
from dataclasses import replace

import pytest
from PIL import Image

from adapters.telegram import speaks
from bot.errors import Kind, Refused
from bot.messages import Attachment, Button, Channel, Content, Question, Style
from tests.adapters.telegram.serving import serving
from tests.emulators.telegram import picture
from tests.memory import memory_host

ROW = ((Button("U1", "job:7:1"), Button("U2", "job:7:2", Style.DONE)),)


@pytest.fixture
def channel(ann):
    return Channel("telegram", str(ann.id))


@pytest.fixture
def chat(bot, channel):
    return bot.platform.chat(channel)


def file(data=b"# Hi", name="notes.md", kind="text/markdown", digest="", size=0) -> Attachment:
    async def load() -> bytes:
        return data

    return Attachment(name, kind, size or len(data), load, digest)


def painting(width=64, height=48, *, digest="", kind="PNG") -> Attachment:
    data = picture(width, height, kind=kind)
    return file(data, f"fox.{kind.lower()}", f"image/{kind.lower()}", digest)


async def kept(bot, attachment) -> Attachment:
    """The same, as one of the files that we keep."""
    digest = await bot.host.files.put(await attachment.load())
    return bot.host.files.attachment(digest, attachment.name, attachment.media_type)


# --- pictures -------------------------------------------------------------------------------


async def test_a_card_becomes_the_picture_in_place(server, chat, ann):
    card = await chat.send(Content("Painting a fox", progress=10))
    await chat.edit(card, Content("Painting a fox", images=(painting(32, 32),), progress=50), passing=True)
    same = await chat.edit(card, Content("**a fox**", images=(painting(),), buttons=ROW))

    (seen,) = server.ours(ann)
    assert same == card
    assert (seen.kind, seen.caption, seen.buttons) == ("photo", "a fox", (("U1", "✓ U2"),))
    assert seen.data == picture(64, 48)


async def test_new_buttons_under_a_picture_do_not_send_it_again(server, bot, chat, ann):
    image = await kept(bot, painting())
    card = await chat.send(Content("a fox", images=(image,), buttons=ROW))
    await chat.edit(card, Content("a fox, used", images=(image,), buttons=ROW[:1]))

    assert server.counts["editMessageMedia"] == 0
    assert server.last(ann).caption == "a fox, used"


async def test_a_picture_that_becomes_words_is_posted_anew(server, chat, ann):
    card = await chat.send(Content("a fox", images=(painting(),)))
    new = await chat.edit(card, Content("It was not to be."))

    assert new != card
    assert server.texts(ann) == ["It was not to be."]
    assert str(server.last(ann).id) == new


async def test_after_a_restart_a_picture_that_becomes_words_is_posted_anew(server, bot, channel, ann):
    card = await bot.platform.chat(channel).send(Content("a fox", images=(painting(),)))
    await bot.restart()
    new = await bot.platform.chat(channel).edit(card, Content("It was not to be."))

    assert server.texts(ann) == ["It was not to be."]
    assert str(server.last(ann).id) == new


async def test_a_preview_in_words_stands_under_the_picture_of_before(server, chat, ann):
    card = await chat.send(Content("a fox", images=(painting(),)))
    await chat.edit(card, Content("Once more", progress=5), passing=True)

    (seen,) = server.ours(ann)
    assert seen.kind == "photo"
    assert seen.caption.startswith("Once more")


async def test_what_we_keep_is_uploaded_once(server, bot, channel, ann):
    image = await kept(bot, painting())
    await bot.platform.chat(channel).send(Content("one", images=(image,)))
    await bot.restart()
    await bot.platform.chat(channel).send(Content("two", images=(image,)))
    first, second = server.calls("sendPhoto")

    assert list(first.files) == ["photo"]
    assert list(second.files) == []
    assert [each.data for each in server.ours(ann)] == [picture(64, 48)] * 2


async def test_a_file_id_that_is_not_valid_any_more_is_forgotten(server, bot, chat, ann):
    image = await kept(bot, painting())
    await bot.host.options.set(f"telegram.file.{image.digest}", "photo", "of another bot")
    await chat.send(Content("a fox", images=(image,)))
    card = await chat.send(Content("again", images=(image,)))
    await bot.host.options.set(f"telegram.file.{image.digest}", "photo", "of another bot")
    other = await chat.send(Content("words"))
    await chat.edit(other, Content("a fox", images=(image,)))

    assert [each.kind for each in server.ours(ann)] == ["photo"] * 3
    assert card


async def test_the_full_size_comes_at_a_press(server, bot, chat, ann):
    image = await kept(bot, painting())
    await chat.send(Content("a fox", images=(image,), buttons=ROW))
    card = server.last(ann)
    press = server.press(ann, ann, card, "Full size")
    await server.until(lambda: server.last(ann).kind == "document")
    await server.until(lambda: press.answered)

    assert server.last(ann).data == picture(64, 48)
    assert server.last(ann).name.endswith(".png")
    assert server.last(ann).reply_to == card.id
    assert bot.inbox.events == []


async def test_strangers_get_no_full_size(server, bot, chat, ann):
    await chat.send(Content("a fox", images=(await kept(bot, painting()),), buttons=ROW))
    card = server.last(ann)
    bot.inbox.strangers.add(f"telegram:{ann.id}")
    server.press(ann, ann, card, "Full size")
    event = await bot.inbox.until(1)

    assert event.data.startswith("full:")  # the core turns them away
    assert server.calls("sendDocument") == []


async def test_an_impatient_finger_gets_the_full_size_once(server, bot, chat, ann):
    await chat.send(Content("a fox", images=(await kept(bot, painting()),)))
    card = server.last(ann)
    presses = [server.press(ann, ann, card, "Full size") for _ in range(9)]
    await server.until(lambda: all(press.answered for press in presses))
    await bot.taken_in()

    assert [each.kind for each in server.ours(ann)] == ["photo", "document"]
    assert sorted({press.text for press in presses}) == ["I am at it already.", "⤓ Full size …"]


async def test_a_forged_press_for_a_file_finds_nothing(server, bot, chat, ann):
    await chat.send(Content("a fox", images=(await kept(bot, painting()),)))
    for data in ("full:", "full:zzz", "full:" + "A" * 43):
        press = server.press(ann, ann, server.ours(ann)[0], data=data)
        await server.until(lambda: press.answered)  # noqa: B023

        assert press.text == "I no longer have that picture."


async def test_a_long_caption_is_a_message_of_its_own(server, chat, ann):
    content = Content("word " * 300, images=(painting(),), buttons=ROW)
    message = await chat.send(content)
    photo, text = server.ours(ann)

    assert (photo.kind, photo.buttons, text.kind, text.labels) == ("photo", (), "text", ["U1", "✓ U2"])
    assert message == f"{text.id}+{photo.id}"
    await chat.delete(message)
    assert server.ours(ann) == []


async def test_several_pictures_are_an_album_with_the_buttons_below(server, chat, ann):
    images = tuple(painting(32 + number, 32) for number in range(3))
    message = await chat.send(Content("Three foxes", images=images, buttons=ROW))
    seen = server.ours(ann)

    assert [each.kind for each in seen] == ["photo", "photo", "photo", "text"]
    assert len({each.album for each in seen[:3]}) == 1
    assert message == f"{seen[3].id}+{seen[0].id},{seen[1].id},{seen[2].id}"
    assert await chat.edit(message, Content("Still three", images=images, buttons=ROW)) == message
    fewer = await chat.edit(message, Content("One fox and words", images=images[:1]))
    assert fewer == message.partition("+")[0]
    assert [(each.kind, each.caption) for each in server.ours(ann)] == [("photo", "One fox and words")]


async def test_a_spoiler_hides_the_picture_until_it_is_tapped(server, chat, ann):
    card = await chat.send(Content("a fox", images=(painting(),), spoiler=True))
    await chat.edit(card, Content("a fox", images=(painting(80, 80),), spoiler=True))

    assert [each.spoiler for each in server.history(ann, int(card))] == [True, True]


async def test_a_picture_too_large_for_a_photo_is_scaled(server, chat, ann):
    await chat.send(Content("a wall", images=(painting(6000, 5000),)))
    seen = server.last(ann)

    assert (seen.kind, seen.name) == ("photo", "fox.jpg")
    assert sum(Image.open(io.BytesIO(seen.data)).size) <= 10_000


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
async def test_what_is_transparent_stands_on_white_and_stays_as_it_is_in_full_size(
    server, bot, chat, ann, mode
):
    drawn, sink = Image.new("RGBA", (64, 48), (0, 0, 0, 0)), io.BytesIO()
    drawn.paste((0, 0, 0, 255), (0, 0, 32, 48))
    drawn.convert(mode).save(sink, "PNG")
    await chat.send(
        Content("a fox", images=(await kept(bot, file(sink.getvalue(), "fox.png", "image/png")),))
    )
    seen = server.last(ann)
    with Image.open(io.BytesIO(seen.data)) as shown:
        left, right = shown.convert("L").getpixel((8, 8)), shown.convert("L").getpixel((56, 8))
    server.press(ann, ann, seen, "Full size")
    await server.until(lambda: len(server.ours(ann)) == 2)

    assert seen.kind == "photo"
    assert left < 16
    assert right > 240
    assert server.last(ann).data == sink.getvalue()


async def test_what_could_be_transparent_and_is_not_goes_as_it_is(server, chat, ann):
    sink = io.BytesIO()
    Image.new("RGBA", (64, 48), (0, 128, 128, 255)).save(sink, "PNG")
    await chat.send(Content("a fox", images=(file(sink.getvalue(), "fox.png", "image/png"),)))

    assert server.last(ann).data == sink.getvalue()


async def test_a_picture_of_too_many_bytes_for_a_photo_is_scaled_and_whole_in_full_size(
    server, bot, chat, ann
):
    sink = io.BytesIO()
    Image.effect_noise((3600, 3000), 90).save(sink, "BMP")
    noise = file(sink.getvalue(), "noise.bmp", "image/bmp")
    await chat.send(Content("noise", images=(await kept(bot, noise),)))
    seen = server.last(ann)
    server.press(ann, ann, seen, "Full size")
    await server.until(lambda: len(server.ours(ann)) == 2)

    assert noise.size > 10_000_000
    assert (seen.kind, len(seen.data) <= 10_000_000) == ("photo", True)
    assert server.last(ann).data == sink.getvalue()


async def test_a_picture_too_narrow_for_a_photo_is_a_file(server, chat, ann):
    card = await chat.send(Content("Painting"))
    await chat.edit(card, Content("a tower", images=(painting(10, 400),)))

    assert (server.last(ann).kind, server.last(ann).caption) == ("document", "a tower")


async def test_a_photo_that_the_platform_does_not_take_is_a_file(server, chat, ann):
    server.fail("sendPhoto", 1, status=400, description="Bad Request: IMAGE_PROCESS_FAILED")
    await chat.send(Content("a fox", images=(painting(),)))

    assert (server.last(ann).kind, server.last(ann).caption) == ("document", "a fox")


async def test_what_says_it_is_a_picture_and_is_none_is_a_file(server, chat, ann):
    await chat.send(Content("a fox", images=(file(b"not at all", "fox.png", "image/png"),)))

    assert (server.last(ann).kind, server.last(ann).data) == ("document", b"not at all")


# --- files ----------------------------------------------------------------------------------


async def test_videos_and_files_come_as_what_they_are(server, chat, ann):
    await chat.send(Content("moving", files=(file(b"mp4", "fox.mp4", "video/mp4"),)))
    await chat.send(Content("dancing", images=(painting(kind="GIF"),)))
    await chat.send(Content("to read", files=(file(),)))
    seen = server.ours(ann)

    assert [each.kind for each in seen] == ["video", "animation", "document"]
    assert [each.caption for each in seen] == ["moving", "dancing", "to read"]


async def test_sounds_are_played_and_those_that_no_player_takes_are_files(server, chat, ann):
    sounds = [file(bytes([n]), f"Rain Walk-{n}.mp3", "audio/mpeg") for n in (1, 2)]
    await chat.send(Content("a song", files=(sounds[0],)))
    await chat.send(Content("two takes", images=(painting(),), files=tuple(sounds)))
    await chat.send(Content("raw", files=(file(b"wav", "rain.wav", "audio/wav"),)))
    seen = server.ours(ann)

    assert [each.kind for each in seen] == ["audio", "photo", "audio", "audio", "text", "document"]
    assert server.calls("sendAudio")[0].params["title"] == "Rain Walk-1"


async def test_a_file_that_is_too_large_is_a_sentence(server, chat, ann):
    server.fail("sendVideo", 1, status=413, description="Request Entity Too Large")
    await chat.send(Content("The film", files=(file(b"mp4", "film.mp4", "video/mp4", size=60_000_000),)))

    assert server.texts(ann) == ["The film\n\nfilm.mp4 is too large to be sent here (60 MB)."]


# --- words ----------------------------------------------------------------------------------


async def test_a_file_that_is_too_large_has_a_link_to_it(server, ann, channel):
    where = "https://bot.example.org/originals"
    host = replace(memory_host(), original=lambda digest, name: f"{where}/{digest}/{name}")
    async with serving(server, host=host) as bot:
        server.fail("sendVideo", 1, status=413, description="Request Entity Too Large")
        large = file(b"...", "film.mp4", "video/mp4", "ab" * 32, size=60_000_000)
        await bot.platform.chat(channel).send(Content("Here", files=(large,), buttons=ROW))

    seen = server.last(ann)
    assert seen.text == "Here\n\nfilm.mp4 is too large to be sent here (60 MB)."
    assert seen.buttons == (("U1", "✓ U2"), ("Original, 60 MB",))
    assert seen.markup["inline_keyboard"][1][0]["url"] == f"{where}/{'ab' * 32}/film.mp4"


async def test_a_server_of_ones_own_takes_larger_files(server, bot, chat, ann):
    """Every address but the public one is such a server."""
    assert chat.limits.upload == 2_000_000_000


async def test_words_too_many_for_one_message_take_several(server, chat, ann):
    words = [f"word{number}" for number in range(1500)]
    message = await chat.send(Content(" ".join(words), buttons=ROW))
    seen = server.ours(ann)

    assert " ".join(each.text for each in seen).split() == words
    assert [each.labels for each in seen][-1] == ["U1", "✓ U2"]
    assert message.startswith(f"{seen[-1].id}+{seen[0].id}")


async def test_nobody_is_shown_what_a_link_leads_to(server, chat, ann):
    message = await chat.send(Content("[a fox](https://example.org/fox)"))
    await chat.edit(message, Content("[an owl](https://example.org/owl)"))
    calls = [*server.calls("sendMessage"), *server.calls("editMessageText")]

    assert all(call.params["link_preview_options"] == {"is_disabled": True} for call in calls)
    assert not any("parse_mode" in call.params for call in calls)


async def test_an_answer_in_a_group_replies_to_its_question(server, bot, ann, group):
    said = server.say(ann, group, "@chatelier_bot hello")
    event = await bot.inbox.until(1)
    await bot.inbox.chats[0].send(Content("Hello Ann"), reply_to=event.id)
    server.remove(group, said)
    await bot.inbox.chats[0].send(Content("Still there?"), reply_to=event.id)

    assert [each.reply_to for each in server.ours(group)] == [said.id, 0]


async def test_answers_go_to_their_topic_and_elsewhere_when_it_is_gone(server, bot, ann):
    forum = server.supergroup("Painters", [ann], forum=True)
    foxes = server.topic(forum, "Foxes")
    chat = bot.platform.chat(Channel("telegram", str(forum.id), str(foxes.id)))
    await chat.send(Content("in the topic"))
    server.delete_topic(forum, foxes)
    await chat.send(Content("after it"))

    assert [(each.text, each.thread) for each in server.ours(forum)][-1] == ("after it", 0)
    assert server.calls("sendMessage")[0].params["message_thread_id"] == foxes.id


async def test_every_edit_brings_the_buttons_along(server, chat, ann):
    message = await chat.send(Content("One", buttons=ROW))
    await chat.edit(message, Content("Two", buttons=ROW), passing=True)
    await chat.edit(message, Content("Three", buttons=ROW))
    await chat.edit(message, Content("Four"))

    assert [each.labels for each in server.history(ann, int(message))][-2:] == [["U1", "✓ U2"], []]


async def test_a_message_that_somebody_took_away_is_posted_anew(server, chat, ann):
    message = await chat.send(Content("One"))
    server.remove(ann, int(message))
    new = await chat.edit(message, Content("Two"))
    newer = await chat.edit(message, Content("Three"))

    assert server.texts(ann) == ["Three"]
    assert new == newer


async def test_who_threw_us_out_is_told_nothing_more(server, bot, ann, group):
    chat = bot.platform.chat(Channel("telegram", str(group.id)))
    message = await chat.send(Content("One"))
    server.kick(ann, group)
    with pytest.raises(Refused) as refusal:
        await chat.edit(message, Content("Two"))

    assert refusal.value.kind is Kind.FORBIDDEN


@pytest.mark.parametrize(
    "description", ["chat not found", "not enough rights to send text messages to the chat"]
)
async def test_a_closed_door_is_a_refusal(server, chat, description):
    server.fail("sendMessage", 1, status=400, description=f"Bad Request: {description}")
    with pytest.raises(Refused) as refusal:
        await chat.send(Content("One"))

    assert refusal.value.kind is Kind.FORBIDDEN


# --- previews -------------------------------------------------------------------------------


async def test_a_preview_that_waits_on_the_line_is_followed_by_the_whole(server, chat, ann):
    message = await chat.send(Content("…", growing=True))
    server.delay("editMessageText", 0.2, 1, effect=False)
    preview = asyncio.create_task(chat.edit(message, Content("Half", growing=True), passing=True))
    await server.until(lambda: server.calls("editMessageText"))
    await chat.edit(message, Content("All of it."))
    await preview

    assert server.texts(ann) == ["All of it."]


async def test_previews_never_wait_for_the_platform(server, chat, ann):
    message = await chat.send(Content("…", growing=True))
    server.hang("editMessageText", 1, effect=False)
    first = asyncio.create_task(chat.edit(message, Content("One", growing=True), passing=True))
    await server.until(lambda: server.calls("editMessageText"))
    for number in range(50):
        await chat.edit(message, Content(f"One {number}", growing=True), passing=True)
    server.release()
    await first

    assert server.counts["editMessageText"] == 1


async def test_a_preview_that_the_platform_refuses_is_no_error(server, chat, ann):
    message = await chat.send(Content("…", growing=True))
    server.fail("editMessageText", 1, retry_after=1)
    await chat.edit(message, Content("Half", growing=True), passing=True)
    await chat.edit(message, Content("All of it."))

    assert server.texts(ann) == ["All of it."]


# --- what is refused ------------------------------------------------------------------------


REFUSALS = (
    "can't parse entities: unsupported entity at byte offset 3",
    "inline keyboard button URL 'http://localhost/x' is invalid: Wrong HTTP URL",
)


@pytest.mark.parametrize("why", REFUSALS)
async def test_what_is_refused_as_malformed_is_said_plainly(server, chat, ann, why):
    link = (Button("Original", url="https://example.com/x"),)
    server.fail("sendMessage", status=400, description=f"Bad Request: {why}")
    card = await chat.send(Content("**Painting**", buttons=(*ROW, link)))
    (said,) = server.ours(ann)
    server.fail("editMessageMedia", status=400, description=f"Bad Request: {why}")
    await chat.edit(card, Content("**a fox**", images=(painting(),), buttons=(*ROW, link)))
    (shown,) = server.ours(ann)

    assert (said.text, said.entities, said.labels) == ("Painting", (), ["U1", "✓ U2"])
    assert (shown.kind, shown.caption, shown.entities) == ("photo", "a fox", ())
    assert shown.labels == ["U1", "✓ U2"]


# --- drafts ---------------------------------------------------------------------------------


async def test_a_draft_is_seen_and_vanishes_with_the_message(server, chat, ann):
    assert chat.limits.draft_every is not None
    assert await chat.draft(Content("Half of", growing=True), key="a-1")
    draft = server.draft(ann)
    await chat.send(Content("Half of it and the rest"), key="a-1")

    assert draft.text.startswith("Half of")
    assert server.draft(ann) is None


@pytest.mark.parametrize("why", ["missing", "refused"])
async def test_where_there_are_no_drafts_we_learn_it(server, bot, chat, channel, why):
    server.world.drafts = why

    assert not await chat.draft(Content("Half of", growing=True), key="a-1")
    assert bot.platform.chat(channel).limits.draft_every is None


async def test_who_blocked_us_and_comes_back_gets_drafts_again(server, chat, ann):
    server.block(ann)
    assert not await chat.draft(Content("Half of", growing=True), key="a-1")
    server.unblock(ann)

    assert chat.limits.draft_every is not None
    assert await chat.draft(Content("Half of", growing=True), key="a-2")
    assert server.draft(ann)


async def test_there_are_no_drafts_in_groups(server, bot, group):
    chat = bot.platform.chat(Channel("telegram", str(group.id)))

    assert chat.limits.draft_every is None
    assert not await chat.draft(Content("Half of"), key="a-1")


async def test_told_to_slow_down_drafts_are_not_given_up(server, chat, ann):
    server.fail("sendMessageDraft", 1, retry_after=1)

    assert await chat.draft(Content("Half of"), key="a-1")


# --- presses and questions ------------------------------------------------------------------


async def test_a_press_of_which_nothing_is_said_is_answered_with_what_is_under_way(server, bot, chat, ann):
    await chat.send(Content("a fox", buttons=ROW))
    press = server.press(ann, ann, server.last(ann), "U1")
    await server.until(lambda: press.answered)

    assert press.text == "U1 …"
    assert len(press.answers) == 1


async def test_a_press_is_answered_while_the_work_goes_on(server, bot, chat, ann):
    done = asyncio.Event()

    async def act(event, chat):
        await done.wait()
        await chat.notice("It is done by now.")

    bot.inbox.act = act
    await chat.send(Content("a fox", buttons=ROW))
    press = server.press(ann, ann, server.last(ann), "U1")
    await server.until(lambda: press.answered)
    done.set()
    await server.until(lambda: server.texts(ann)[-1] == "It is done by now.")

    assert len(press.answers) == 1


async def test_what_does_not_fit_a_toast_is_a_message(server, bot, chat, ann):
    async def act(event, chat):
        await chat.notice("word " * 60)
        await chat.notice("and another")

    bot.inbox.act = act
    await chat.send(Content("a fox", buttons=ROW))
    press = server.press(ann, ann, server.last(ann), "U1")
    await server.until(lambda: press.answered and len(server.ours(ann)) == 2)

    assert server.last(ann).text == ("word " * 60).strip()
    assert press.text == "and another"


async def test_a_press_too_old_to_be_answered_is_told_in_words(server, bot, chat, ann):
    async def act(event, chat):
        await chat.notice("Done.")

    bot.inbox.act = act
    server.fail(
        "answerCallbackQuery",
        1,
        status=400,
        description="Bad Request: query is too old and response timeout expired or query ID is invalid",
    )
    await chat.send(Content("a fox", buttons=ROW))
    server.press(ann, ann, server.last(ann), "U1")
    await server.until(lambda: server.texts(ann)[-1] == "Done.")


async def test_a_press_that_cannot_be_taken_in_is_answered_all_the_same(server, bot, chat, ann):
    failures = [OSError("storage is away")]

    async def act(event, chat):
        if failures:
            raise failures.pop()

    bot.inbox.act = act
    await chat.send(Content("a fox", buttons=ROW))
    press = server.press(ann, ann, server.last(ann), "U1")
    await bot.inbox.until(2)
    await bot.taken_in()

    assert press.text == "U1 …"


async def test_presses_do_not_queue_behind_messages(server, bot, chat, ann):
    async def act(event, chat):
        if getattr(event, "text", None) == "slow":
            await asyncio.Event().wait()

    bot.inbox.act = act
    await chat.send(Content("a fox", buttons=ROW))
    server.say(ann, ann, "slow")
    press = server.press(ann, ann, server.last(ann), "U1")

    await server.until(lambda: press.answered)


def asking(question):
    async def act(event, chat):
        if getattr(event, "text", "") is None:
            await chat.ask(question)

    return act


async def test_a_question_survives_a_restart(server, bot, chat, ann):
    bot.inbox.act = asking(Question("Zoom out", "job:7:1", "a fox --zoom 2"))
    card = await chat.send(Content("a fox", buttons=ROW))
    server.press(ann, ann, server.last(ann), "U1")
    await server.until(lambda: server.last(ann).force_reply)
    await bot.taken_in()
    await bot.restart()
    server.answer(ann, ann, "a fox --zoom 1.5")
    answer = await bot.inbox.until(2)
    await server.until(lambda: not server.last(ann).force_reply)

    assert (answer.data, answer.text, answer.message) == ("job:7:1", "a fox --zoom 1.5", card)


@pytest.mark.parametrize("count", [1, 3])
async def test_a_question_is_answered_with_pictures(server, bot, chat, ann, count):
    bot.inbox.act = asking(Question("What to blend", "job:7:1", files=5))
    await chat.send(Content("a fox", buttons=ROW))
    server.press(ann, ann, server.last(ann), "U1")
    asked = await server.until(lambda: server.last(ann).force_reply and server.last(ann))
    given = [picture(8 + n, 8) for n in range(count)]
    if count == 1:
        server.say(ann, ann, photo=given[0], reply_to=asked)
    else:
        server.album(ann, ann, given, reply_to=asked)
    answer = await bot.inbox.until(2)
    await bot.taken_in()

    assert (answer.data, answer.text, len(answer.attachments)) == ("job:7:1", "", count)
    assert len(bot.inbox.events) == 2


async def test_a_button_copies_the_old_words_and_goes_with_its_question(server, bot, chat, ann):
    bot.inbox.act = asking(Question("Zoom out", "job:7:1", "a fox 🦊 --zoom 2"))
    await chat.send(Content("a fox", buttons=ROW))
    for answer in ("a fox --zoom 1.5", "/cancel"):
        server.press(ann, ann, server.ours(ann)[0], "U1")
        await server.until(lambda: server.last(ann).force_reply)
        await bot.taken_in()
        _card, old, question = server.ours(ann)
        copied = server.press(ann, ann, old, "Copy")
        server.answer(ann, ann, answer)
        await server.until(lambda: len(server.ours(ann)) == 1)

        assert (copied.kind, copied.value) == ("copy_text", "a fox 🦊 --zoom 2")
        assert (old.text, old.entities[0]["type"]) == ("a fox 🦊 --zoom 2", "pre")
        assert question.text == "Zoom out"


async def test_old_words_that_no_button_can_copy_stand_in_the_question(server, bot, chat, ann):
    words = "a fox " * 50 + "--zoom 2"
    bot.inbox.act = asking(Question("Zoom out", "job:7:1", words))
    await chat.send(Content("a fox", buttons=ROW))
    server.press(ann, ann, server.last(ann), "U1")
    await server.until(lambda: server.last(ann).force_reply)
    _card, question = server.ours(ann)

    assert question.text == f"Zoom out\n\n{words}"
    assert [entity["type"] for entity in question.entities] == ["bold", "pre"]


async def test_a_press_that_comes_again_leaves_its_question_open(server, bot, chat, ann):
    bot.inbox.act = asking(Question("Zoom out", "job:7:1"))
    done, asked = bot.host.mail.done, asyncio.Event()

    async def never(platform, key):
        asked.set()

    bot.host.mail.done = never  # as if we had ended before that
    await chat.send(Content("a fox", buttons=ROW))
    server.press(ann, ann, server.last(ann), "U1")
    await server.until(lambda: server.last(ann).force_reply)
    await asked.wait()
    await bot.stop()
    bot.host.mail.done = done
    bot.start()
    await bot.inbox.until(2)
    await bot.taken_in()
    server.answer(ann, ann, "1.5")
    answer = await bot.inbox.until(3)

    assert (answer.data, answer.text) == ("job:7:1", "1.5")


async def test_a_question_can_be_taken_back(server, bot, chat, ann):
    bot.inbox.act = asking(Question("Zoom out", "job:7:1"))
    await chat.send(Content("a fox", buttons=ROW))
    server.press(ann, ann, server.last(ann), "U1")
    await server.until(lambda: server.last(ann).force_reply)
    server.say(ann, ann, "/cancel")
    await server.until(lambda: not server.last(ann).force_reply)
    server.say(ann, ann, "/cancel")

    assert (await bot.inbox.until(2)).text == "/cancel"


async def test_asked_twice_one_question_is_open(server, bot, chat, ann):
    bot.inbox.act = asking(Question("Zoom out", "job:7:1"))
    await chat.send(Content("a fox", buttons=ROW))
    for count in (1, 2):
        press = server.press(ann, ann, server.ours(ann)[0], "U1")
        await server.until(lambda: press.answered)  # noqa: B023
        await bot.inbox.until(count)

    await server.until(lambda: len([each for each in server.ours(ann) if each.force_reply]) == 1)


async def test_a_hidden_admin_may_answer_what_they_were_asked(server, bot, ann, group):
    bot.inbox.act = asking(Question("Zoom out", "job:7:1"))
    await bot.platform.chat(Channel("telegram", str(group.id))).send(Content("a fox", buttons=ROW))
    server.press(ann, group, server.last(group), "U1")
    await server.until(lambda: server.last(group).force_reply)
    await bot.taken_in()
    server.say(ann, group, "1.5", reply_to=server.last(group), anonymous=True)
    answered = await bot.inbox.until(2)

    assert (answered.data, answered.text) == ("job:7:1", "1.5")


async def test_in_a_group_only_who_was_asked_may_answer(server, bot, ann, group):
    bot.inbox.act = asking(Question("Zoom out", "job:7:1"))
    await bot.platform.chat(Channel("telegram", str(group.id))).send(Content("a fox", buttons=ROW))
    server.press(ann, group, server.last(group), "U1")
    await server.until(lambda: server.last(group).force_reply)
    question = server.last(group)
    server.say(server.user("Bob"), group, "me too", reply_to=question)
    heard = await bot.inbox.until(2)
    server.say(ann, group, "1.5", reply_to=question)
    answered = await bot.inbox.until(3)

    assert heard.text == "me too"
    assert heard.addressed
    assert (answered.data, answered.text) == ("job:7:1", "1.5")
    mention = [entity for entity in question.entities if entity["type"] == "text_mention"]
    assert [entity["user"]["id"] for entity in mention] == [ann.id]


# --- groups that move -----------------------------------------------------------------------


async def test_a_group_that_becomes_a_supergroup_is_followed(server, bot, ann):
    group = server.group("Friends", [ann])
    chat = bot.platform.chat(Channel("telegram", str(group.id)))
    before = await chat.send(Content("Half", growing=True))
    new = server.migrate(group)
    await server.until(lambda: bot.inbox.moves)
    after = await chat.edit(before, Content("All of it."))
    assert await chat.edit(after, Content("All of it!")) == after

    assert bot.inbox.moves == [("telegram", str(group.id), str(new.id))]
    assert server.texts(new) == ["All of it!"]


async def test_a_move_that_we_learn_of_while_sending_is_followed(server, ann):
    host = memory_host()
    async with serving(server, host=host) as bot:
        group = server.group("Friends", [ann])
        server.kick(ann, server.group("Others", [ann]))
        chat = bot.platform.chat(Channel("telegram", str(group.id)))
        before = await chat.send(Content("One"))
        server.world.updates.allow(["callback_query"])
        new = server.migrate(group)
        await chat.send(Content("Two"), reply_to="1", key="a-2")
        await chat.edit(before, Content("One, again"))
        moves = list(bot.inbox.moves)
    async with serving(server, host=host) as bot:
        chat = bot.platform.chat(Channel("telegram", str(new.id)))
        kept = await chat.edit(before, Content("of before the move"))

    assert moves == [("telegram", str(group.id), str(new.id))]
    assert server.texts(new) == ["Two", "of before the move"]
    assert kept.endswith(f"@{new.id}")


async def test_what_waited_in_a_group_that_moved_is_heard_in_the_new_place(server, bot, ann):
    group = server.group("Friends", [ann])
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def act(event, chat):
        if event.text == "slow":
            reached.set()
            await go_on.wait()

    bot.inbox.act = act
    server.say(ann, group, "@chatelier_bot slow")
    waited = server.say(ann, group, "@chatelier_bot and quick")
    await reached.wait()
    new = server.migrate(group)
    await server.until(lambda: bot.inbox.moves)
    go_on.set()
    event = await bot.inbox.until(2)

    assert event.channel == Channel("telegram", str(new.id))
    assert event.id == f"{group.id}/{waited.id}"


async def test_messages_that_are_none_of_ours_are_posted_and_kept_apart(server, chat, ann):
    one = await chat.edit("gone", Content("One"))
    two = await chat.edit("gone", Content("Two"))
    await chat.delete("gone")

    assert [server.texts(ann), one == two] == [["One", "Two"], False]


async def test_a_reaction_that_has_to_wait_does_not_make_words_wait(server, bot, chat, ann):
    server.fail("setMessageReaction", 1, retry_after=60)
    server.say(ann, ann, "Hello")
    await server.until(lambda: server.calls("setMessageReaction"))
    await chat.send(Content("Hello Ann"))

    assert server.texts(ann) == ["Hello Ann"]


async def test_told_to_wait_we_do_not_go_on_typing(server, chat, ann, monkeypatch):
    monkeypatch.setattr(speaks, "ACT_EVERY", 0.01)
    server.fail("sendChatAction", 1, retry_after=60)
    async with chat.typing():
        await server.until(lambda: server.calls("sendChatAction"))
        for _ in range(6):
            await chat.send(Content("meanwhile"))

    assert len(server.calls("sendChatAction")) == 1
