"""Answers that grow: as drafts where a chat has them, in messages elsewhere, and whole at the end."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import Refused, Unavailable
from bot.markdown import lost
from bot.messages import Attachment, Button, Content, Limits
from bot.stream import Cell, Fenced, Show
from tests.fakes import FakeChat

STOP = ((Button("Stop", "talk:stop:1"),),)
RETRY = ((Button("Retry", "talk:retry:1"),),)
DRAFTS = Limits(text=40, edit_every=0.0, draft_every=0.0)
WORDS = " ".join(f"word{number}" for number in range(20))


class Shown(Show):
    """A Show that keeps what it recorded."""

    def __init__(self, chat, *, messages=(), **more):
        self.recorded = list(messages)
        self.held = True

        async def record(ids):
            self.recorded = list(ids)
            return self.held

        super().__init__(chat, name="a", messages=messages, reply_to="q", record=record, buttons=STOP, **more)


@asynccontextmanager
async def following(show, cell):
    """The show follows the cell until the block ends, and then the cell."""
    await show.begin()
    async with asyncio.TaskGroup() as group:
        group.create_task(show.follow(cell))
        yield
        cell.end()


def whats(chat):
    return [what for what, _, _ in chat.history]


async def test_with_drafts_nothing_is_posted_before_the_end():
    chat = FakeChat(limits=DRAFTS)
    show, cell = Shown(chat), Cell()
    async with following(show, cell):
        assert chat.drafts == {"a-0": Content(growing=True)}
        cell.add("Hello")
        await chat.until(lambda chat: chat.drafts == {"a-0": Content("Hello", growing=True)})
        assert chat.messages == {}
    await show.finish("Hello.", "", buttons=RETRY)

    assert chat.messages == {"m1": Content("Hello.", buttons=RETRY)}
    assert (chat.drafts, chat.keys, chat.replies) == ({}, {"a-0": "m1"}, {"m1": "q"})
    assert show.recorded == ["m1"]
    assert "edit" not in whats(chat)


async def test_a_full_piece_is_posted_at_once_and_the_next_is_a_draft():
    chat = FakeChat(limits=DRAFTS)
    show, cell = Shown(chat), Cell()
    async with following(show, cell):
        cell.add(WORDS[:60])
        await chat.until(lambda chat: list(chat.drafts) == ["a-1"])
        assert list(chat.messages) == ["m1"]
        assert not chat.last.growing
        assert show.recorded == ["m1"]
        assert show.drafting
    await show.finish(WORDS, "", buttons=RETRY)

    assert " ".join(chat.texts) == WORDS
    assert [bool(content.buttons) for content in chat.messages.values()] == [False] * 3 + [True]
    assert list(chat.replies.values()) == ["q", *list(chat.messages)[:-1]]
    assert "edit" not in whats(chat)


async def test_a_draft_is_shown_again_before_it_fades():
    chat = FakeChat(limits=DRAFTS)
    show, cell = Shown(chat, refresh=0.001), Cell()
    async with following(show, cell):
        await chat.until(lambda chat: len(chat.history) >= 3)

    assert {content for _, _, content in chat.history} == {Content(growing=True)}


async def test_where_a_draft_is_refused_a_message_grows_from_then_on():
    chat = FakeChat(limits=DRAFTS)
    show, cell = Shown(chat), Cell()
    async with following(show, cell):
        cell.add("Hel")
        await chat.until(lambda chat: chat.drafts["a-0"].text == "Hel")
        chat.takes_drafts = False
        cell.add("lo")
        await chat.until(lambda chat: chat.texts == ["Hello"])
        assert chat.last == Content("Hello", growing=True, buttons=STOP)
        assert not show.drafting
        cell.add(" there")
        await chat.until(lambda chat: chat.texts == ["Hello there"])
    await show.finish("Hello there.", "", buttons=RETRY)

    assert chat.messages == {"m1": Content("Hello there.", buttons=RETRY)}


async def test_a_chat_without_drafts_after_all_has_its_placeholder_at_once():
    chat = FakeChat(limits=DRAFTS)
    chat.takes_drafts = False
    show, cell = Shown(chat), Cell()
    async with following(show, cell):
        assert chat.last == Content(growing=True, buttons=STOP)


async def test_a_draft_that_does_not_come_through_loses_nothing():
    class Away(FakeChat):
        async def draft(self, content, *, key):
            raise Unavailable("no connection")

    chat = Away(limits=DRAFTS)
    show, cell = Shown(chat), Cell()
    async with following(show, cell):
        cell.add("Hello")
    await show.finish("Hello", "")

    assert chat.texts == ["Hello"]


async def test_who_is_gone_is_not_written_for():
    class Gone(FakeChat):
        async def draft(self, content, *, key):
            raise Refused("blocked")

    with pytest.raises(Refused):
        await Shown(Gone(limits=DRAFTS)).begin()


async def test_messages_of_an_earlier_run_are_edited_and_what_comes_after_them_is_a_draft():
    chat = FakeChat(limits=DRAFTS)
    chat.messages["old"] = Content("what was said before")
    show, cell = Shown(chat, messages=["old"]), Cell()
    async with following(show, cell):
        cell.add("Anew")
        await chat.until(lambda chat: chat.texts == ["Anew"])
        assert chat.last.buttons == STOP
        assert chat.drafts == {}
        cell.add(WORDS)
        await chat.until(lambda chat: bool(chat.drafts))
    await show.finish("Anew" + WORDS, "")

    assert "old" in chat.messages
    assert "".join(chat.texts).replace(" ", "") == ("Anew" + WORDS).replace(" ", "")


async def test_what_an_earlier_run_sent_without_recording_it_is_put_right():
    chat = FakeChat(limits=DRAFTS)
    crashed = Shown(chat)
    crashed.held = False
    with pytest.raises(Fenced):
        await crashed.finish("the words of that run", "")
    show = Shown(chat, repeated=True)
    await show.finish("ours", "", buttons=RETRY)

    assert chat.messages == {"m1": Content("ours", buttons=RETRY)}
    assert show.recorded == ["m1"]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.text(st.sampled_from("ab \n*`|-1."), max_size=30), max_size=20),
    st.sampled_from([None, 0.0]),
    st.integers(0, 20),
)
def test_every_character_arrives_however_it_grows(texts, draft_every, refused_after):
    async def told():
        chat = FakeChat(limits=Limits(text=25, edit_every=0.0, draft_every=draft_every))
        show, cell = Shown(chat), Cell()
        async with following(show, cell):
            for number, text in enumerate(texts):
                chat.takes_drafts = number < refused_after
                cell.add(text)
                await asyncio.sleep(0)
        await show.finish(cell.text, "")
        return chat, show

    chat, show = asyncio.run(told())

    assert lost("".join(texts), chat.texts) == 0
    assert show.recorded == list(chat.messages)
    assert not any(content.growing for content in chat.messages.values())


def red(name="red.png"):
    return Attachment(name, "image/png", 8)


async def test_a_very_long_answer_comes_as_a_file_too():
    chat = FakeChat(limits=Limits(text=25))
    show = Shown(chat)
    await show.finish(WORDS, "", note="Stopped.", buttons=RETRY)

    *pieces, last, file = chat.messages.values()
    assert len(pieces) >= 4
    assert (last.note, last.buttons) == ("Stopped.", RETRY)
    assert (file.text, file.buttons, file.files[0].name) == ("", (), "answer.md")
    assert await file.files[0].load() == WORDS.encode()
    assert file.files[0].size == len(WORDS)
    assert show.recorded == list(chat.messages)


async def test_four_messages_are_no_file():
    chat = FakeChat(limits=Limits(text=40))
    await Shown(chat).finish(WORDS, "")

    assert len(chat.messages) == 4
    assert not any(content.files for content in chat.messages.values())


async def test_a_chat_without_a_limit_needs_no_file():
    chat = FakeChat()
    await Shown(chat).finish(WORDS * 1000, "")

    assert chat.last == Content(WORDS * 1000)


async def test_pictures_stand_over_a_text_that_fits_as_their_caption():
    chat = FakeChat(limits=Limits(text=100, caption=12))
    await Shown(chat).finish("Hello.", "", note="cut", images=[red()], buttons=RETRY)

    assert list(chat.messages.values()) == [Content("Hello.", note="cut", images=(red(),), buttons=RETRY)]


@pytest.mark.parametrize(
    ("text", "thoughts", "note"),
    [("Hello there.", "", "n"), ("Hi", "hm hm hm hm", ""), ("Hello there.!", "", "")],
)
async def test_and_come_after_one_that_does_not(text, thoughts, note):
    chat = FakeChat(limits=Limits(text=100, caption=12))
    show = Shown(chat)
    await show.finish(text, thoughts, note=note, images=[red()], buttons=RETRY)

    said, pictures = chat.messages.values()
    assert said == Content(text, thoughts, note, buttons=RETRY)
    assert pictures == Content(images=(red(),))
    assert show.recorded == list(chat.messages)


async def test_what_came_beside_a_text_goes_with_it():
    chat = FakeChat(limits=Limits(text=25, caption=5))
    first = Shown(chat)
    await first.finish(WORDS, "", images=[red()])
    assert [bool(each.images) for each in chat.messages.values()][-2:] == [True, False]
    again = Shown(chat, messages=first.recorded, repeated=True)
    await again.finish("short", "", images=[red("b")])
    assert list(chat.messages.values()) == [Content("short", images=(red("b"),))]
    assert again.recorded == first.recorded[:1]
    grown = Shown(chat, messages=again.recorded, repeated=True)
    await grown.finish(WORDS, "")

    assert list(chat.messages) == grown.recorded
    assert chat.last.files
    assert " ".join(chat.texts).rstrip() == WORDS
