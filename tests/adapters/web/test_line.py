"""The line between page and server: nothing lost, nothing doubled, nothing told twice."""

import asyncio
import json

import pytest

from adapters.web import desk, hall, platform
from adapters.web.hall import Page
from bot.errors import Unavailable
from bot.messages import Button, ButtonPress, Content, Person, Question
from tests.adapters.web.server import serving
from tests.adapters.web.visitor import WebVisitor
from tests.fakes import FakeInbox, MemoryPosts
from tests.ports.people import painted

ROW = ((Button("U1", "job:7:1"),),)


async def other_page(visitor: WebVisitor, room: str = "") -> WebVisitor:
    """Another page of the same browser."""
    page = WebVisitor(visitor.server)
    page._http = visitor.http
    page.person = visitor.person
    page.room = room or visitor.room
    await page.connect()
    return page


async def say(visitor: WebVisitor, text: str, **more):
    return await visitor.ask({"do": "say", "room": visitor.room, "text": text, **more})


async def test_a_message_sent_twice_is_one(visitor):
    request = {"do": "say", "room": visitor.room, "text": "Once"}
    first = await visitor.ask(request, id="a1b2c3d4e5f6")
    second = await visitor.ask(request, id="a1b2c3d4e5f6")
    await say(visitor, "Then")
    await visitor.inbox.until(2)

    assert first["post"] == second["post"]
    assert [event.text for event in visitor.inbox.events] == ["Once", "Then"]
    assert [post["text"] for post in visitor.shown("theirs")] == ["Once", "Then"]


async def test_half_an_emoji_does_not_close_the_room_for_good(visitor):
    await say(visitor, "a \ud83e\udd8a fox and half of one: \ud83e")
    await visitor.inbox.until(1)
    await visitor.ask({"do": "rename", "room": visitor.room, "name": "\ud83e!"})
    await visitor.restart()
    await say(visitor, "Still here")
    await visitor.inbox.until(2)

    assert [post["text"] for post in visitor.shown("theirs")] == [
        "a 🦊 fox and half of one: \ufffd",
        "Still here",
    ]


class FullDisk(MemoryPosts):
    """Can store nothing while ``full``; then everything again."""

    full: Exception | None = None

    async def add(self, *arguments, **more):
        if self.full:
            raise self.full
        return await super().add(*arguments, **more)

    async def handled(self, post: str) -> None:
        if self.full:
            raise self.full
        await super().handled(post)


@pytest.mark.parametrize(
    ("trouble", "sentence"),
    [(Unavailable("disk full"), "Nothing can be stored"), (ValueError("a fault of ours"), "on our side")],
)
async def test_what_cannot_be_stored_is_told_and_the_line_stays(trouble, sentence):
    async with serving() as server:
        posts = server.posts = FullDisk()
        await server.restart()
        visitor = WebVisitor(server)
        await visitor.enter()
        posts.full = trouble
        refused = await say(visitor, "Too much")
        posts.full = None
        await say(visitor, "Hello")
        await server.inbox.until(1)

        assert refused["on"] == "refused"
        assert sentence in refused["error"]
        assert [event.text for event in server.inbox.events] == ["Hello"]
        await visitor.leave()


async def test_a_message_that_cannot_be_marked_as_heard_is_heard_again_after_the_restart():
    class Filling(FakeInbox):
        async def receive(self, event, chat) -> None:
            posts.full = Unavailable("disk full") if len(self.events) == 0 else None
            await super().receive(event, chat)

    posts = FullDisk()
    async with serving(Filling()) as server:
        server.posts = posts
        await server.restart()
        visitor = WebVisitor(server)
        await visitor.enter()
        await say(visitor, "Hello")
        await server.inbox.until(1)
        await visitor.disconnect()
        posts.full = None
        await server.restart()
        await server.inbox.until(2)

        assert {event.text for event in server.inbox.events} == {"Hello"}
        await visitor.leave()


async def test_half_an_emoji_may_end_a_name(visitor):
    await visitor.post("/session", {"name": "Ada \ud83e"})
    await visitor.disconnect()
    await visitor.connect()
    await say(visitor, "Hello")

    assert (await visitor.inbox.until(1)).author.name == "Ada \ufffd"


async def test_a_message_repeated_after_a_restart_is_one(visitor):
    request = {"do": "say", "room": visitor.room, "text": "Once"}
    await visitor.ask(request, id="a1b2c3d4e5f6")
    await visitor.inbox.until(1)
    await visitor.restart()
    await visitor.ask(request, id="a1b2c3d4e5f6")
    await say(visitor, "Then")
    await visitor.inbox.until(2)

    assert [event.text for event in visitor.inbox.events] == ["Once", "Then"]


async def test_what_was_never_acknowledged_is_said_after_the_restart(visitor):
    await visitor.disconnect()
    answered = asyncio.get_running_loop().create_future()
    request = {"do": "say", "room": visitor.room, "text": "Are you there?", "id": "a1b2c3d4e5f6"}
    visitor._asked["a1b2c3d4e5f6"] = (request, answered)
    await visitor.server.restart()
    await visitor.connect()
    message = await visitor.inbox.until(1)

    assert message.text == "Are you there?"
    assert (await answered)["on"] == "ack"


class SlowPosts(MemoryPosts):
    """Storage that has stored a message before it says so."""

    def __init__(self) -> None:
        super().__init__()
        self.stored = asyncio.Event()
        self.done = asyncio.Event()

    async def add(self, *args, **options):
        added = await super().add(*args, **options)
        if options.get("author"):
            self.stored.set()
            await self.done.wait()
        return added


async def test_a_message_is_heard_even_when_its_page_closes_at_once():
    async with serving() as server:
        await server.stop()
        server.posts = posts = SlowPosts()
        await server.start()
        visitor = WebVisitor(server)
        await visitor.enter()
        await visitor.tell({"do": "say", "id": "a1b2c3d4e5f6", "room": visitor.room, "text": "Bye"})
        await posts.stored.wait()
        await visitor.leave()
        posts.done.set()

        assert (await server.inbox.until(1)).text == "Bye"


async def test_an_acknowledged_message_is_stored(visitor):
    hearing = asyncio.Event()

    async def act(event, chat) -> None:
        await hearing.wait()

    visitor.inbox.act = act
    answer = await say(visitor, "Keep this")

    assert (await visitor.server.posts.get(answer["post"])).body["text"] == "Keep this"
    assert [post.id for post in await visitor.server.posts.unhandled("web")] == [answer["post"]]
    hearing.set()


async def test_a_preview_sends_only_the_blocks_that_changed(visitor):
    await say(visitor, "Go on")
    chat = visitor.chat
    message = await chat.send(Content(growing=True))
    text = ""
    sizes = []
    for number in range(60):
        text += f"Paragraph {number}, which is of some length, as paragraphs are.\n\n"
        before = len(visitor.wire)
        await chat.edit(message, Content(text, growing=True), passing=True)
        await visitor.until(lambda v, n=number: v.seen and f"Paragraph {n}," in v.seen[-1].text)
        sizes.append(sum(map(len, visitor.wire[before:])))
    before = len(visitor.wire)
    await chat.edit(message, Content(text, buttons=ROW))
    await visitor.until(lambda v: v.seen[-1].buttons)

    assert max(sizes[10:]) < 800
    assert "<p>" not in "".join(visitor.wire[before:])
    assert visitor.seen[-1].text.count("Paragraph") == 60


async def test_a_page_that_comes_in_the_middle_sees_all_that_has_grown(visitor):
    await say(visitor, "Go on")
    chat = visitor.chat
    message = await chat.send(Content(growing=True))
    await chat.edit(message, Content("One.\n\nTwo.\n\nThr", growing=True), passing=True)
    late = await other_page(visitor)
    await late.until(lambda v: v.seen and "Thr" in v.seen[-1].text)
    await chat.edit(message, Content("One.\n\nTwo.\n\nThree.", growing=True), passing=True)
    for page in (visitor, late):
        await page.until(lambda v: v.seen[-1].text == "One.\nTwo.\nThree.")
    await late.disconnect()


async def test_nothing_is_rendered_for_messages_that_nobody_watches(visitor):
    await say(visitor, "Go on")
    message = await visitor.chat.send(Content(growing=True))
    await visitor.until(lambda v: v.seen)
    await visitor.disconnect()
    for end in range(50):
        await visitor.chat.edit(message, Content("word " * end, growing=True), passing=True)
    view = visitor.server.platform._hall.changing(message)

    assert view.changes <= 1


async def test_a_page_that_was_away_gets_what_it_missed_and_no_more(visitor):
    await say(visitor, "Hello")
    kept = await visitor.chat.send(Content("Kept"))
    for number in range(20):
        await visitor.chat.send(Content(f"Old {number}"))
    changed = await visitor.chat.send(Content("Changed"))
    removed = await visitor.chat.send(Content("Removed"))
    await visitor.until(lambda v: v.seen and v.seen[-1].text == "Removed")
    await visitor.disconnect()
    await visitor.chat.edit(changed, Content("Changed while you were away"))
    await visitor.chat.delete(removed)
    await visitor.chat.send(Content("New"))
    visitor.wire.clear()
    await visitor.connect()
    await visitor.until(lambda v: v.seen[-1].text == "New")

    texts = [seen.text for seen in visitor.seen]
    assert texts[0] == "Kept"
    assert texts[-2:] == ["Changed while you were away", "New"]
    assert f'"id":"{kept}"' not in "".join(visitor.wire)


async def test_a_page_that_missed_too_much_starts_afresh(visitor, monkeypatch):
    monkeypatch.setattr(desk, "MISSED", 20)
    await say(visitor, "Hello")
    await visitor.chat.send(Content("Old"))
    await visitor.until(lambda v: v.seen)
    for number in range(30):
        await visitor.chat.send(Content(f"{number}"))
    await visitor.until(lambda v: v.seen[-1].text == "29")
    await visitor.disconnect()
    for number in range(30, 60):
        await visitor.chat.send(Content(f"{number}"))
    await visitor.connect()
    await visitor.until(lambda v: v.seen[-1].text == "59")

    texts = [seen.text for seen in visitor.seen]
    assert texts == [str(number) for number in range(60 - len(texts), 60)]


async def test_a_long_conversation_is_read_screen_by_screen(visitor, monkeypatch):
    monkeypatch.setattr(desk, "SCREEN", 10)
    await say(visitor, "Hello")
    for number in range(25):
        await visitor.chat.send(Content(f"{number}"))
    page = await other_page(visitor)
    await page.until(lambda v: v.seen)
    room = next(event for event in page.events if event["on"] == "room")
    older = await page.ask({"do": "older", "room": page.room, "before": page.seen[0].id})
    oldest = await page.ask({"do": "older", "room": page.room, "before": older["posts"][0]["id"]})

    assert room["more"]
    assert [seen.text for seen in page.seen] == [str(number) for number in range(15, 25)]
    assert (len(older["posts"]), older["more"]) == (10, True)
    assert (len(oldest["posts"]), oldest["more"]) == (6, False)
    await page.disconnect()


async def test_an_answer_that_is_being_made_elsewhere_marks_its_conversation(visitor):
    await say(visitor, "Hello")
    elsewhere = await other_page(visitor, room="f" * 24)
    await visitor.chat.send(Content("Done"))
    await elsewhere.until(lambda v: any(event["on"] == "activity" for event in v.events))

    (activity,) = [event for event in elsewhere.events if event["on"] == "activity"]
    assert activity["room"] == visitor.room
    assert elsewhere.seen == []
    await elsewhere.disconnect()


async def test_a_press_repeated_while_it_is_under_way_is_one(visitor):
    going_on = asyncio.Event()

    async def act(event, chat) -> None:
        if isinstance(event, ButtonPress):
            await going_on.wait()

    visitor.inbox.act = act
    await say(visitor, "/imagine")
    message = await visitor.chat.send(Content("a fox", buttons=ROW))
    request = {"do": "press", "room": visitor.room, "message": message, "data": "job:7:1"}
    first = asyncio.create_task(visitor.ask(request, id="a1b2c3d4e5f6"))
    await visitor.inbox.until(2)
    await visitor.disconnect()
    await visitor.connect()
    going_on.set()

    assert (await first)["on"] == "ack"
    assert len(visitor.inbox.events) == 2


async def test_stop_does_not_wait_for_what_was_said_before(visitor):
    going_on = asyncio.Event()

    async def act(event, chat) -> None:
        if not isinstance(event, ButtonPress):
            await going_on.wait()

    visitor.inbox.act = act
    await say(visitor, "Talk")
    message = await visitor.chat.send(Content("…", buttons=ROW))
    await visitor.ask({"do": "press", "room": visitor.room, "message": message, "data": "job:7:1"})

    assert isinstance(visitor.inbox.events[-1], ButtonPress)
    going_on.set()


async def ask_a_question(event, chat) -> None:
    if isinstance(event, ButtonPress) and event.text is None:
        await chat.ask(Question("Which words?", event.data, "these"))


async def test_a_question_waits_under_its_message_through_a_restart(visitor):
    visitor.inbox.act = ask_a_question
    await say(visitor, "/imagine")
    message = await visitor.chat.send(Content("a fox", buttons=ROW))
    await visitor.until(lambda v: v.seen)
    await visitor.press("U1")
    await visitor.until(lambda v: v.question)
    await visitor.restart()
    await visitor.answer("those")

    assert visitor.inbox.events[-1].text == "those"
    assert visitor.inbox.events[-1].message == message
    await visitor.until(lambda v: v.question is None)


async def test_a_question_is_answered_with_pictures(visitor):
    async def act(event, chat) -> None:
        if isinstance(event, ButtonPress) and event.text is None:
            await chat.ask(Question("Which picture?", event.data, files=1))

    visitor.inbox.act = act
    await say(visitor, "/describe")
    await visitor.chat.send(Content("a fox", buttons=ROW))
    await visitor.until(lambda v: v.seen)
    await visitor.press("U1")
    await visitor.until(lambda v: v.question)
    await visitor.answer("", painted())
    answer = visitor.inbox.events[-1]

    assert answer.text == ""
    assert [await each.load() for each in answer.attachments] == [painted().data]


async def test_the_same_question_asked_again_takes_the_place_of_the_first(visitor):
    visitor.inbox.act = ask_a_question
    await say(visitor, "/imagine")
    await visitor.chat.send(Content("a fox", buttons=ROW))
    await visitor.until(lambda v: v.seen)
    await visitor.press("U1")
    await visitor.press("U1")
    await visitor.chat.send(Content("The end"))
    await visitor.until(lambda v: v.seen[-1].text == "The end")

    assert len(visitor.shown("question")) == 1


async def test_an_answer_repeated_after_the_question_is_gone_is_acknowledged(visitor):
    visitor.inbox.act = ask_a_question
    await say(visitor, "/imagine")
    await visitor.chat.send(Content("a fox", buttons=ROW))
    await visitor.until(lambda v: v.seen)
    await visitor.press("U1")
    await visitor.until(lambda v: v.question)
    post = visitor.shown("question")[0]["id"]
    request = {"do": "answer", "post": post, "text": "those"}

    assert (await visitor.ask(request, id="a1b2c3d4e5f6"))["on"] == "ack"
    assert (await visitor.ask(request, id="a1b2c3d4e5f6"))["on"] == "ack"
    assert [getattr(event, "text", None) for event in visitor.inbox.events].count("those") == 1


async def test_questions_and_notices_can_be_dismissed(visitor):
    await say(visitor, "Hello")
    await visitor.chat.notice("By the way")
    await visitor.until(lambda v: v.notices)
    await visitor.ask({"do": "dismiss", "post": visitor.shown("notice")[0]["id"]})
    await visitor.until(lambda v: not v.notices)


async def test_a_message_cannot_be_dismissed(visitor):
    await say(visitor, "Hello")
    message = await visitor.chat.send(Content("Stay"))
    await visitor.ask({"do": "dismiss", "post": message})

    assert not (await visitor.server.posts.get(message)).gone


async def test_a_notice_stays_after_a_reload_and_is_not_doubled_by_a_redelivery(visitor):
    reached = asyncio.Event()

    async def act(event, chat) -> None:
        await chat.notice("I do not know that.")
        reached.set()
        if len(visitor.inbox.events) == 1:
            await asyncio.Event().wait()

    visitor.inbox.act = act
    await say(visitor, "/imagin")
    await reached.wait()
    await visitor.restart()
    await visitor.inbox.until(2)
    page = await other_page(visitor)
    await page.until(lambda v: v.notices)

    assert page.notices == ["I do not know that."]
    await page.disconnect()


async def test_a_notice_about_each_version_of_a_message_is_told(visitor):
    async def act(event, chat) -> None:
        await chat.notice(f"I do not know {event.text}.")

    visitor.inbox.act = act
    await say(visitor, "/imagin")
    await visitor.reword("/imagi")
    await visitor.until(lambda v: len(v.notices) == 2)

    assert visitor.notices == ["I do not know /imagin.", "I do not know /imagi."]


async def test_a_notice_after_a_press_is_kept_when_no_page_is_there(visitor):
    pressed, told = asyncio.Event(), asyncio.Event()

    async def act(event, chat) -> None:
        if isinstance(event, ButtonPress):
            await pressed.wait()
            await chat.notice("Done already.")
            told.set()

    visitor.inbox.act = act
    await say(visitor, "/imagine")
    message = await visitor.chat.send(Content("a fox", buttons=ROW))
    request = {"do": "press", "room": visitor.room, "message": message, "data": "job:7:1"}
    pressing = asyncio.create_task(visitor.ask(request))
    await visitor.inbox.until(2)
    await visitor.disconnect()
    pressed.set()
    await told.wait()
    await visitor.connect()
    await pressing
    await visitor.until(lambda v: v.notices)

    assert visitor.notices == ["Done already."]


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        ({"do": "say", "text": "  \n "}, "There is nothing in that message."),
        ({"do": "say", "text": "x" * (desk.MAX_TEXT + 1)}, "That is too long: 100000 characters"),
        ({"do": "say", "text": "x", "files": ["t"] * 11}, "At most 10 files go with one message."),
        ({"do": "say", "text": 7}, "This page is out of date."),
        ({"do": "say", "text": "x", "room": "../../etc"}, "There is no such conversation."),
        ({"do": "say", "text": "x", "edit": "999"}, "That message is not there any more."),
        ({"do": "press", "message": "999", "data": "x"}, "There is no such conversation."),
        ({"do": "older", "before": "1"}, "There is no such conversation."),
        ({"do": "rename", "name": "x"}, "There is no such conversation."),
        ({"do": "older", "before": None}, "There is no such conversation."),
        ({"do": "fly"}, "This page is out of date."),
    ],
)
async def test_what_makes_no_sense_is_refused_in_one_sentence(visitor, request_, sentence):
    answer = await visitor.ask({"room": visitor.room, **request_})

    assert answer["on"] == "refused"
    assert answer["error"].startswith(sentence)
    assert visitor.inbox.events == []


@pytest.mark.parametrize(
    "frame",
    [
        "no json",
        "[]",
        '"text"',
        "null",
        "{}",
        '{"do": null}',
        '{"do": ["say"]}',
        '{"do": "open", "room": "x", "version": []}',
    ],
)
async def test_noise_on_the_line_harms_nobody(visitor, frame):
    await visitor._socket.send_str(frame)
    await visitor._socket.send_bytes(b"\x00\x01")
    await say(visitor, "Still here")

    assert (await visitor.inbox.until(1)).text == "Still here"


async def test_nobody_gets_into_somebody_elses_conversation(server, visitor):
    await say(visitor, "My secret")
    message = await visitor.chat.send(Content("Your secret", buttons=ROW))
    await visitor.chat.ask(Question("Really?", "job:7:1"))
    await visitor.until(lambda v: v.question)
    mine = visitor.shown("theirs")[0]["id"]
    question = visitor.shown("question")[0]["id"]
    stranger = WebVisitor(server)
    stranger.room = visitor.room
    await stranger.enter()
    requests = [
        {"do": "say", "room": visitor.room, "text": "Me too"},
        {"do": "say", "room": visitor.room, "text": "Changed", "edit": mine},
        {"do": "press", "room": visitor.room, "message": message, "data": "job:7:1"},
        {"do": "answer", "post": question, "text": "No"},
        {"do": "dismiss", "post": question},
        {"do": "older", "room": visitor.room, "before": message},
        {"do": "rename", "room": visitor.room, "name": "Mine now"},
    ]
    for request in requests:
        assert (await stranger.ask(request))["on"] == "refused"
    await stranger.ask({"do": "delete", "room": visitor.room})
    await visitor.chat.edit(message, Content("Still your secret"))
    await visitor.until(lambda v: v.seen[-1].text == "Still your secret")

    assert len(visitor.inbox.events) == 1
    assert "secret" not in "".join(stranger.wire)
    assert {"on": "deleted", "room": visitor.room} in stranger.events
    assert not (await server.posts.get(question)).gone
    await stranger.leave()


async def test_a_button_is_pressed_only_in_its_own_conversation(visitor):
    await say(visitor, "One")
    message = await visitor.chat.send(Content("a fox", buttons=ROW))
    visitor.room = "e" * 24
    await say(visitor, "Another")
    answer = await visitor.ask({"do": "press", "room": visitor.room, "message": message, "data": "job:7:1"})

    assert answer["on"] == "refused"


async def test_a_stop_tells_pages_that_we_go_away(visitor):
    await visitor.server.stop()
    await visitor._listening

    assert visitor._socket.close_code == 1001
    await visitor.server.start()
    await visitor.connect()


class _Stuck:
    """A socket that takes nothing."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.code = 0

    async def send_str(self, frame: str) -> None:
        self.sent.append(frame)

    async def close(self, *, code: int) -> None:
        self.code = code


async def test_a_page_that_is_too_far_behind_is_sent_away_to_come_back(monkeypatch):
    monkeypatch.setattr(hall, "BACKLOG", 10)
    socket = _Stuck()
    page = Page(socket, Person("web:1", "You"))
    for _ in range(11):
        page.tell({"on": "typing"})
    await page.send()

    assert socket.code == 1013
    assert socket.sent == []


async def test_a_page_is_greeted_with_what_it_needs(visitor):
    await visitor.until(lambda v: v.events)
    hello = visitor.events[0]

    assert hello["on"] == "hello"
    assert hello["rooms"] == []
    assert hello["commands"] == []
    assert hello["build"]


async def test_requests_wait_for_the_start_to_finish(monkeypatch):
    monkeypatch.setattr(platform, "PATIENCE", 0.01)
    async with serving(FakeInbox()) as server:
        server.platform._running.clear()
        visitor = WebVisitor(server)
        with pytest.raises(Exception, match="503"):
            await visitor.enter()
        server.platform._running.set()
        await visitor.http.close()


async def test_frames_are_lists_of_events(visitor):
    await say(visitor, "Hello")

    assert all(isinstance(json.loads(frame), list) for frame in visitor.wire)
