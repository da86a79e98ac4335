"""Answers that grow: as drafts where a chat has them, in messages elsewhere, and whole at the end."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import Refused, Unavailable
from bot.markdown import lost
from bot.messages import Button, Content, Limits
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
