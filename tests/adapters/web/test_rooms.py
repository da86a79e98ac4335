"""Conversations: made by their first message, named, listed, deleted."""

import pytest

from adapters.web.desk import title_of
from bot.messages import Content
from tests.adapters.web.visitor import WebVisitor
from tests.ports.people import painted


def listed(visitor: WebVisitor) -> list[tuple[str, str]]:
    """The list as the page shows it: the latest that it was told, and what went on since."""
    rooms: dict[str, dict] = {}
    for event in visitor.events:
        match event["on"]:
            case "hello" | "rooms":
                rooms = {room["id"]: dict(room) for room in event["rooms"]}
            case "activity":
                rooms[event["room"]]["at"] = event["at"]
    latest = sorted(rooms.values(), key=lambda room: room["at"], reverse=True)
    return [(room["id"], room["name"]) for room in latest]


async def say_in(visitor: WebVisitor, room: str, text: str) -> None:
    await visitor.ask({"do": "say", "room": room, "text": text})


async def test_a_conversation_begins_with_its_first_message_and_takes_its_name(visitor):
    await visitor.say("Why is the sky blue?")
    await visitor.until(lambda v: listed(v))

    assert listed(visitor) == [(visitor.room, "Why is the sky blue?")]


async def test_a_conversation_that_begins_with_a_picture_takes_its_name(visitor):
    await visitor.say("", painted("holiday.png"))
    await visitor.until(lambda v: listed(v))

    assert listed(visitor) == [(visitor.room, "holiday.png")]


async def test_the_latest_conversation_comes_first(visitor):
    await say_in(visitor, "a" * 24, "First")
    await say_in(visitor, "b" * 24, "Second")
    await say_in(visitor, "a" * 24, "First again")
    await visitor.until(lambda v: len(listed(v)) == 2 and listed(v)[0][1] == "First")

    assert [name for _, name in listed(visitor)] == ["First", "Second"]


async def test_a_new_name_stays_whatever_is_said_later(visitor):
    await visitor.say("Why is the sky blue?")
    await visitor.ask({"do": "rename", "room": visitor.room, "name": "  The   sky \n"})
    await visitor.say("And the sea?")
    await visitor.until(lambda v: listed(v) == [(v.room, "The sky")])


async def test_a_deleted_conversation_is_gone_for_good(visitor):
    await visitor.say("Forget this")
    await visitor.ask({"do": "delete", "room": visitor.room})
    await visitor.until(lambda v: listed(v) == [])

    assert {"on": "deleted", "room": visitor.room} in visitor.events
    assert all(not post.body for post in visitor.server.posts.posts.values() if post.room != ".secrets")


async def test_an_answer_to_a_deleted_conversation_does_not_bring_it_back(visitor):
    await visitor.say("Forget this")
    chat = visitor.chat
    message = await chat.send(Content(growing=True))
    await visitor.ask({"do": "delete", "room": visitor.room})
    await chat.edit(message, Content("late", growing=True), passing=True)
    await chat.edit(message, Content("too late"))
    again = await chat.send(Content("much too late"))
    await chat.edit(again, Content("even later"))
    await chat.notice("latest")

    assert await visitor.server.posts.rooms("web", visitor.person) == []
    assert not any("late" in str(post.body) for post in visitor.server.posts.posts.values() if not post.gone)


async def test_deleting_twice_is_deleting_once(visitor):
    await visitor.say("Forget this")
    for _ in range(2):
        assert (await visitor.ask({"do": "delete", "room": visitor.room}))["on"] == "ack"


async def test_conversations_are_there_after_a_restart(visitor):
    await visitor.say("Remember this")
    await visitor.restart()
    await visitor.until(lambda v: v.events[-1]["on"] == "room")

    assert listed(visitor) == [(visitor.room, "Remember this")]
    assert [post["text"] for post in visitor.shown("theirs")] == ["Remember this"]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Hello", "Hello"),
        ("\n\n  Hello  \nworld", "Hello"),
        ("/imagine a red fox", "a red fox"),
        ("/help", "/help"),
        ("# Heading", "Heading"),
        ("word " * 30, "word word word word word word word word word word word word…"),
        ("x" * 100, "x" * 60 + "…"),
        ("", ""),
    ],
)
def test_a_title_is_the_beginning_of_the_question(text, title):
    assert title_of(text) == title
