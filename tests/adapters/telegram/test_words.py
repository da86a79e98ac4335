"""Reading what people write, whatever the entities say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import MessageEntity, User

from adapters.telegram.names import Name
from adapters.telegram.words import read
from adapters.telegram.writing.scroll import units

ME = User(123456, "Chatelier", is_bot=True, username="chatelier_bot")
KINDS = ["mention", "bot_command", "pre", "code", "bold", "text_link", "url", "text_mention", "spoiler"]

texts = st.text(st.sampled_from("ab @/`🦊\n漢[]("), max_size=30)
entities = st.lists(
    st.builds(
        lambda kind, offset, length: MessageEntity(
            kind, offset, length, url="https://example.org" if kind == "text_link" else None
        ),
        st.sampled_from(KINDS),
        st.integers(0, 40),
        st.integers(1, 40),
    ),
    max_size=6,
)


def entity(kind, text, part, **more):
    start = text.index(part)
    return MessageEntity(kind, units(text[:start]), units(part), **more)


@given(texts, entities)
def test_no_entities_make_reading_fail(text, found):
    read(text, found, ME)


@given(texts)
def test_a_text_without_entities_is_as_it_was(text):
    assert read(text, (), ME).text == text.strip()


@given(st.text(max_size=20), st.text(max_size=20))
def test_our_name_is_cut_out_wherever_it_stands(before, after):
    before, after = before.replace("@", "").strip(), after.replace("@", "").strip()
    text = f"{before} @chatelier_bot {after}"
    words = read(text, [entity("mention", text, "@chatelier_bot")], ME)

    assert words.ours
    assert words.text == f"{before} {after}".strip()


@pytest.mark.parametrize("name", ["@Chatelier_Bot", "@chatelier_bot", "@CHATELIER_BOT"])
def test_our_name_is_ours_however_it_is_written(name):
    assert read(f"{name} hi", [entity("mention", f"{name} hi", name)], ME).ours


def test_names_that_only_begin_like_ours_are_others():
    text = "@chatelier_bot2 hi"

    assert not read(text, [entity("mention", text, "@chatelier_bot2")], ME).ours


def test_somebody_who_names_us_without_a_username_means_us():
    text = "Chatelier, hi"
    words = read(text, [entity("text_mention", text, "Chatelier", user=ME)], ME)

    assert (words.text, words.ours) == (", hi", True)


def test_a_command_of_another_bot_is_theirs():
    words = read("/imagine@other_bot x", [MessageEntity("bot_command", 0, 18)], ME)

    assert words.others
    assert not words.ours


def test_a_command_in_the_middle_is_none():
    text = "what does /imagine do"

    assert not read(text, [entity("bot_command", text, "/imagine")], ME).ours


def test_code_with_fences_in_it_gets_a_longer_fence():
    text = "```\nx\n```"

    assert read(text, [MessageEntity("pre", 0, len(text))], ME).text == "````\n```\nx\n```\n````"


def test_half_an_emoji_does_no_harm():
    assert read("🦊🦊", [MessageEntity("code", 1, 2)], ME).text


@given(st.integers(1, 2**52), st.lists(st.integers(1, 2**52), max_size=10), st.integers(-(2**52), 0))
def test_names_of_messages_survive_being_written_down(main, beside, chat):
    name = Name(main, tuple(beside), chat)

    assert Name.parse(str(name)) == name


@given(st.text())
def test_what_is_no_name_is_no_message(text):
    name = Name.parse(text)

    assert name.main == 0 or str(name).startswith(str(name.main))


@pytest.mark.parametrize("text", ["", "telegram:-5/17", "stop-1", "12a", "1+", "1+2,", "+2", "१२"])
def test_ids_of_elsewhere_are_no_messages_here(text):
    assert Name.parse(text).main == 0
