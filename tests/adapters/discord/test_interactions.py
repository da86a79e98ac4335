"""Commands, buttons, forms and menus of messages: each answered in time, and for as long as it may take."""

import asyncio
from dataclasses import replace
from typing import Annotated, Literal

import pytest

from bot.commands import Command, Suggest
from bot.errors import Unavailable
from bot.messages import (
    Attachment,
    Button,
    ButtonPress,
    Channel,
    CommandCall,
    Content,
    IncomingMessage,
    Question,
)
from tests.adapters.discord.serving import HASTE, serving
from tests.emulators.discord import picture
from tests.fakes import FakeInbox

ROW = ((Button("U1", "job:7:1"), Button("U2", "job:7:2")),)


class Imagine:
    async def imagine(
        self,
        call: CommandCall,
        chat: object,
        prompt: Annotated[str, "What to paint"],
        mode: Literal["fast", "relax"] | None = None,
        count: Annotated[int, "How many"] = 1,
        images: tuple[Attachment, ...] = (),
    ) -> None: ...

    async def stop(self, call: CommandCall, chat: object) -> None: ...

    async def styles(self, typed: str, channel: Channel) -> list[str]:
        match typed:
            case "wrong":
                raise Unavailable("not now")
            case "slow":
                await asyncio.Event().wait()
            case "many":
                return ["many" * n for n in range(60)]
        return [f"{typed} in {channel.id}"]

    async def style(
        self, call: CommandCall, chat: object, name: Annotated[str, "Which", Suggest(styles)] = ""
    ) -> None: ...


COMMANDS = [
    Command("imagine", "Paint a picture from words.", Imagine().imagine, aliases=("paint", "画")),
    Command("stop", "Stop the answer that is being written.", Imagine().stop),
    Command("style", "How it looks.", Imagine().style),
    Command("describe", "Find words for a picture.", Imagine().stop),
]


@pytest.fixture
async def bot(server):
    async with serving(server, FakeInbox(commands=COMMANDS)) as bot:
        await server.until(lambda: server.syncs)
        yield bot


@pytest.fixture
def place(server, ann):
    return server.channel(server.guild("Painters", [ann]), "general")


def doing(bot, do):
    async def act(event, chat):
        await do(event, chat)

    bot.inbox.act = act


async def test_commands_have_typed_options_in_the_languages_that_we_speak(server, bot, ann, place):
    imagine = server.command(ann, place, "imagine")

    kinds = {option["name"]: (option["type"], option.get("required", False)) for option in imagine["options"]}
    assert kinds["prompt"] == (3, True)
    assert kinds["count"] == (4, False)
    assert kinds["images"] == kinds["images_5"] == (11, False)
    choices = next(option["choices"] for option in imagine["options"] if option["name"] == "mode")
    assert [choice["value"] for choice in choices] == ["fast", "relax"]
    assert imagine["description_localizations"]["zh-CN"]
    assert imagine["name_localizations"] == {"zh-CN": "画"}
    assert imagine["integration_types"] == [0, 1]
    assert imagine["contexts"] == [0, 1, 2]


async def test_what_may_be_meant_is_offered_while_somebody_types(server, bot, ann, place):
    typing = server.autocomplete(ann, place, "style", "name", "oil")
    await server.until(lambda: typing.answered)

    assert typing.choices == [{"name": f"oil in {place.id}", "value": f"oil in {place.id}"}]
    assert bot.inbox.events == []


async def test_no_more_is_offered_than_fits(server, bot, ann, place):
    typing = server.autocomplete(ann, place, "style", "name", "many")
    await server.until(lambda: typing.answered)

    assert [each["value"] for each in typing.choices] == ["many" * n for n in range(1, 26)]


@pytest.mark.parametrize("typed", ["wrong", "slow", "stranger"])
async def test_who_types_never_sees_an_error(server, bot, ann, place, typed):
    if typed == "stranger":
        bot.inbox.strangers.add(f"discord:{ann.id}")
    server.world.clock.speed = 1.0
    typing = server.autocomplete(ann, place, "style", "name", typed)
    await server.until(lambda: typing.answered)

    assert typing.choices == []
    assert typing.took < 3


async def test_commands_are_set_again_only_when_they_have_changed(server, bot):
    await bot.restart()
    bot.inbox.commands = COMMANDS[:1]
    await bot.restart()
    await server.until(lambda: len(server.syncs) == 2)


async def test_a_command_arrives_taken_apart(server, bot, ann, place):
    cats = picture()
    server.slash(ann, place, "imagine", prompt="a fox", mode="fast", count=3, images=cats, images_2=cats)
    call = await bot.inbox.until(1)

    assert isinstance(call, CommandCall)
    images = call.arguments["images"]
    assert (call.name, call.arguments["prompt"]) == ("imagine", "a fox")
    assert (call.arguments["mode"], call.arguments["count"]) == ("fast", 3)
    assert [await image.load() for image in images] == [cats, cats]
    assert COMMANDS[0].bind(call.arguments)["images"] == images
    assert (call.channel, call.direct) == (Channel("discord", str(place.id)), False)


async def test_the_first_message_answers_the_command(server, bot, ann, place):
    async def act(event, chat):
        await chat.send(Content("Painting …"), reply_to=event.id, key="c1")
        await chat.send(Content("And more."))

    bot.inbox.act = act
    used = server.slash(ann, place, "imagine", prompt="a fox")
    await server.until(lambda: len(server.ours(place)) == 2)
    first, second = server.ours(place)

    assert (used.response, used.message) == ("message", first.id)
    assert (first.text, first.command, second.command) == ("Painting …", "imagine", "")


@pytest.mark.parametrize("status", [0, 502])
async def test_a_first_answer_whose_receipt_is_lost_is_there_once(server, bot, ann, place, status):
    if status:
        server.fail("respond", status=status, effect=True)
    else:
        server.cut("respond")
    used = server.slash(ann, place, "imagine", prompt="a fox")
    call = await bot.inbox.until(1)
    card = await bot.platform.chat(call.channel).send(Content("Painting …"), reply_to=call.id, key="j1-0")

    assert [each.id for each in server.ours(place)] == [int(card)] == [used.message]


async def test_whoever_does_the_work_answers_the_command(server, bot, ann, place):
    used = server.slash(ann, place, "imagine", prompt="a fox")
    call = await bot.inbox.until(1)
    chat = bot.platform.chat(call.channel)
    card = await chat.send(Content("Painting …", buttons=ROW), reply_to=call.id, key="j1-0")

    assert used.message == int(card)
    assert await chat.send(Content("Painting …"), reply_to=call.id, key="j1-0") == card
    await chat.edit(card, Content("Done", images=(fox(),)))
    assert server.seen(int(card)).files[0].data == picture()


async def test_work_that_takes_long_is_announced_in_time(server, bot, ann, place):
    go = asyncio.Event()

    async def act(event, chat):
        await go.wait()
        await chat.send(Content("At last."))

    bot.inbox.act = act
    server.world.clock.speed = 1.0
    used = server.slash(ann, place, "imagine", prompt="a fox")
    await server.until(lambda: used.answered)
    assert used.response == "deferred"
    go.set()
    await server.until(lambda: server.texts(place) == ["At last."])

    assert used.message == server.last(place).id
    assert used.took < 3


async def test_a_command_without_an_answer_is_ticked_off(server, bot, ann, place):
    server.world.clock.speed = 1.0
    used = server.slash(ann, place, "stop")
    await server.until(lambda: used.answered)

    assert [each.text for each in server.whispers(ann)] == ["✓"]


@pytest.mark.parametrize("slow", [False, True])
async def test_a_notice_is_seen_by_nobody_else(server, bot, ann, place, slow):
    go = asyncio.Event()
    server.world.clock.speed = 1.0

    async def act(event, chat):
        if slow:
            await go.wait()
        await chat.notice("That does not work.")

    bot.inbox.act = act
    used = server.slash(ann, place, "imagine", prompt="a fox")
    await server.until(lambda: used.answered)
    go.set()
    await server.until(lambda: server.whispers(ann))

    assert [each.text for each in server.whispers(ann)] == ["That does not work."]
    assert server.ours(place) == []


async def test_an_answer_outlives_its_interaction(server, bot, ann, place):
    server.slash(ann, place, "imagine", prompt="a fox")
    call = await bot.inbox.until(1)
    chat = bot.platform.chat(call.channel)
    card = await chat.send(Content("Painting …"), reply_to=call.id, key="j1-0")
    server.advance(3600)
    await chat.edit(card, Content("Done"))

    assert server.texts(place) == ["Done"]


async def test_after_a_restart_an_announced_answer_takes_its_place(server, bot, ann, place):
    async def act(event, chat):
        await asyncio.Event().wait()

    bot.inbox.act = act
    server.world.clock.speed = 1.0
    used = server.slash(ann, place, "imagine", prompt="a fox")
    await server.until(lambda: used.answered)
    bot.inbox.act = None
    await bot.restart()
    call = await bot.inbox.until(2)
    card = await bot.platform.chat(call.channel).send(Content("Painting …"), reply_to=call.id, key="j1-0")

    assert used.message == int(card)
    assert server.texts(place) == ["Painting …"]


async def test_after_a_restart_that_comes_too_late_the_answer_is_a_message(server, bot, ann, place):
    async def act(event, chat):
        await asyncio.Event().wait()

    bot.inbox.act = act
    server.slash(ann, place, "imagine", prompt="a fox")
    await bot.inbox.until(1)
    bot.inbox.act = None
    await bot.stop()
    server.advance(3600)
    await bot.restart()
    call = await bot.inbox.until(2)
    card = await bot.platform.chat(call.channel).send(Content("Painting …"), reply_to=call.id, key="j1-0")

    assert server.seen(int(card)).text == "Painting …"


@pytest.mark.parametrize("recorded", [True, False])
async def test_an_answer_that_was_given_before_a_restart_stays(server, bot, ann, place, recorded):
    async def act(event, chat):
        await chat.send(Content("Done"), reply_to=event.id, key="c1")
        await asyncio.Event().wait()

    bot.inbox.act = act
    server.slash(ann, place, "imagine", prompt="a fox")
    await server.until(lambda: server.texts(place) == ["Done"])
    if not recorded:
        rows = bot.host.sendings.rows
        rows |= {name: replace(row, message="") for name, row in rows.items()}
    await bot.stop()

    async def again(event, chat):
        await chat.send(Content("Done"), reply_to=event.id, key="c1")

    bot.inbox.act = again
    await bot.restart()
    await bot.inbox.until(2)
    await server.until(lambda: not bot.host.mail.open)
    server.say(ann, place, f"{server.bot.mention} and?")
    await bot.inbox.until(3)

    assert [each.text for each in server.ours(place) if each.command] == ["Done"]


# --- where we are no member ---------------------------------------------------------------------


async def test_somebody_brings_us_to_where_we_are_no_member(server, bot, ann):
    bob = server.user("Bob")
    place = server.channel(server.guild("Foreign", [bob, ann], bot=False), "general")
    used = server.slash(ann, place, "imagine", prompt="a fox")
    call = await bot.inbox.until(1)
    chat = bot.platform.chat(call.channel)
    card = await chat.send(Content("Painting …", buttons=ROW), reply_to=call.id, key="j1-0")
    card = await chat.edit(card, Content("Done", buttons=ROW, images=(fox(),)))
    server.press(ann, int(card), "U1")
    press = await bot.inbox.until(2)

    assert used.message == int(card)
    assert server.seen(int(card)).text == "Done"
    assert (press.data, press.message) == ("job:7:1", card)


async def test_there_an_old_button_is_answered_through_its_press(server, bot, ann):
    bob = server.user("Bob", installed=True)
    place = server.channel(server.guild("Foreign", [ann, bob], bot=False), "general")
    server.slash(ann, place, "imagine", prompt="a fox")
    call = await bot.inbox.until(1)
    chat = bot.platform.chat(call.channel)
    card = await chat.send(Content("Done", buttons=ROW), reply_to=call.id, key="j1-0")
    server.advance(3600)
    server.world.clock.speed = 1.0
    press = server.press(bob, int(card), "U1")
    await bot.inbox.until(2)
    child = await chat.send(Content("Upscaled", buttons=ROW), reply_to=card, key="j2-0")
    card = await chat.edit(card, Content("Done, and used", buttons=ROW))
    child = await chat.edit(child, Content("Upscaled!", buttons=ROW))

    assert [each.id for each in press.followups] == [int(child)]
    assert [server.seen(int(each)).text for each in (card, child)] == ["Done, and used", "Upscaled!"]
    assert server.ours(bob) == server.ours(ann) == []


async def test_there_a_press_is_answered_after_a_restart(server, bot, ann):
    place = server.channel(server.guild("Foreign", [ann], bot=False), "general")
    server.slash(ann, place, "imagine", prompt="a fox")
    call = await bot.inbox.until(1)
    chat = bot.platform.chat(call.channel)
    card = await chat.send(Content("Done", buttons=ROW), reply_to=call.id, key="j1-0")
    presses = [server.press(ann, int(card), "U1")]
    await bot.inbox.until(2)
    first = await chat.send(Content("Upscaled"), reply_to=card, key="j2-0")
    presses.append(server.press(ann, int(card), "U2"))
    await bot.inbox.until(3)
    kept = bot.host.options.places["discord.open"]
    await server.until(lambda: all(str(each.id) in kept for each in presses))
    await bot.restart()
    second = await bot.platform.chat(call.channel).send(Content("Upscaled, too"), reply_to=card, key="j3-0")

    assert [[each.id for each in press.followups] for press in presses] == [[int(first)], [int(second)]]


async def test_there_edits_go_on_after_a_restart(server, bot, ann):
    place = server.channel(server.guild("Foreign", [ann], bot=False), "general")
    server.slash(ann, place, "imagine", prompt="a fox")
    call = await bot.inbox.until(1)
    card = await bot.platform.chat(call.channel).send(Content("Painting …"), reply_to=call.id, key="j1-0")
    await bot.restart()
    await bot.platform.chat(call.channel).edit(card, Content("Done"))

    assert server.seen(int(card)).text == "Done"


# --- buttons ------------------------------------------------------------------------------------


async def test_a_press_is_answered_in_time_and_nothing_is_seen_of_it(server, bot, ann, place):
    card = await bot.platform.chat(Channel("discord", str(place.id))).send(Content("a fox", buttons=ROW))
    press = server.press(ann, int(card), "U1")
    await server.until(lambda: press.answered)

    assert press.response == "deferred_update"
    assert len(server.ours(place)) == 1


async def test_a_form_comes_late_as_a_button(server, bot, ann, place):
    go = asyncio.Event()
    server.world.clock.speed = 1.0

    async def act(event, chat):
        if isinstance(event, ButtonPress) and event.text is None:
            await go.wait()
            await chat.ask(Question("Zoom out", event.data, "a fox", multiline=True))

    bot.inbox.act = act
    card = await bot.platform.chat(Channel("discord", str(place.id))).send(Content("a fox", buttons=ROW))
    press = server.press(ann, int(card), "U1")
    await server.until(lambda: press.answered)
    go.set()
    (asked,) = await server.until(lambda: server.whispers(ann))
    again = server.press(ann, asked, asked.labels[0])
    await server.until(lambda: again.modal)
    assert (again.title, again.fields) == ("Zoom out", {"Your words": "a fox"})
    server.fill(again, {"Your words": "a wide fox"})
    answer = await bot.inbox.until(2)

    assert (answer.data, answer.message, answer.text) == ("job:7:1", card, "a wide fox")


async def test_a_question_can_be_asked_of_somebody_who_wrote(server, bot, ann):
    async def act(event, chat):
        if isinstance(event, IncomingMessage):
            await chat.ask(Question("What to paint?", "job:9:edit"))

    bot.inbox.act = act
    server.say(ann, ann, "paint")
    asked = await server.until(lambda: server.last(ann))
    press = server.press(ann, asked, asked.labels[0])
    await server.until(lambda: press.modal)
    server.fill(press, {"Your words": "a fox"})
    answer = await bot.inbox.until(2)

    assert (answer.data, answer.text) == ("job:9:edit", "a fox")


async def test_a_form_takes_pictures(server, bot, ann, place):
    async def act(event, chat):
        if event.text is None:
            await chat.ask(Question("What to blend", event.data, files=5, fewest=2))

    bot.inbox.act = act
    card = await bot.platform.chat(Channel("discord", str(place.id))).send(Content("a fox", buttons=ROW))
    press = server.press(ann, int(card), "U1")
    await server.until(lambda: press.modal)
    with pytest.raises(ValueError, match="that many"):
        server.fill(press, {"Pictures": [picture()]})
    server.fill(press, {"Pictures": [picture(), picture(colour="red")]})
    answer = await bot.inbox.until(2)

    assert (answer.data, answer.message, answer.text) == ("job:7:1", card, "")
    assert [await each.load() for each in answer.attachments] == [picture(), picture(colour="red")]


@pytest.mark.parametrize("slow", [False, True])
async def test_a_command_may_ask_for_pictures_first(server, bot, ann, place, slow):
    async def act(event, chat):
        if isinstance(event, CommandCall):
            await chat.ask(Question("Which picture?", "job:describe", files=1))

    bot.inbox.act = act
    used = server.slash(ann, place, "describe")
    await server.until(lambda: used.modal)
    if slow:
        server.world.clock.speed = 1.0
    filled = server.fill(used, {"Picture": picture()})
    answer = await bot.inbox.until(2)
    if slow:
        await server.until(lambda: filled.answered)
    chat = bot.platform.chat(answer.channel)
    card = await chat.send(Content("Reading …"), reply_to=answer.id, key="j1-0")

    assert (answer.data, len(answer.attachments), filled.message) == ("job:describe", 1, int(card))
    assert server.texts(place) == ["Reading …"]


async def test_a_question_for_pictures_can_be_asked_of_somebody_who_wrote(server, bot, ann):
    async def act(event, chat):
        if isinstance(event, IncomingMessage):
            await chat.ask(Question("Which picture?", "job:9:describe", files=1))

    bot.inbox.act = act
    server.say(ann, ann, "describe")
    asked = await server.until(lambda: server.last(ann))
    press = server.press(ann, asked, asked.labels[0])
    await server.until(lambda: press.modal)
    server.fill(press, {"Picture": picture()})
    answer = await bot.inbox.until(2)

    assert answer.data == "job:9:describe"
    assert [each.media_type for each in answer.attachments] == ["image/png"]


async def test_a_button_works_after_months(server, bot, ann, place):
    card = await bot.platform.chat(Channel("discord", str(place.id))).send(Content("a fox", buttons=ROW))
    server.advance(200 * 86400)
    await bot.restart()
    press = server.press(ann, int(card), "U2")
    event = await bot.inbox.until(1)
    await server.until(lambda: press.answered)

    assert event.data == "job:7:2"


async def test_more_buttons_than_fit_go_into_a_list(server, bot, ann, place):
    rows = tuple(tuple(Button(f"B{row}-{n}", f"job:{row}:{n}") for n in range(5)) for row in range(8))
    card = await bot.platform.chat(Channel("discord", str(place.id))).send(Content("many", buttons=rows))
    server.choose(ann, int(card), "B7-4")
    event = await bot.inbox.until(1)

    assert len(server.seen(int(card)).rows) == 5
    assert event.data == "job:7:4"


async def test_a_link_stays_a_button_however_many_there_are(server, bot, ann, place):
    rows = tuple(tuple(Button(f"B{row}-{n}", f"job:{row}:{n}") for n in range(5)) for row in range(8))
    link = (Button("Original", url="https://example.org"),)
    card = await bot.platform.chat(Channel("discord", str(place.id))).send(
        Content("many", buttons=(*rows, link))
    )
    server.choose(ann, int(card), "B3-0")
    event = await bot.inbox.until(1)

    assert event.data == "job:3:0"
    assert server.seen(int(card)).rows[3] == ("Original",)


async def test_two_buttons_may_mean_the_same(server, bot, ann, place):
    rows = ((Button("Retry", "job:1:retry"), Button("Once more", "job:1:retry")),)
    card = await bot.platform.chat(Channel("discord", str(place.id))).send(Content("x", buttons=rows))
    server.press(ann, int(card), "Once more")
    event = await bot.inbox.until(1)

    assert event.data == "job:1:retry"


async def test_a_button_that_nobody_made_is_answered_too(server, bot, ann, place):
    async def act(event, chat):
        await chat.notice("I do not know that button.")

    bot.inbox.act = act
    card = await bot.platform.chat(Channel("discord", str(place.id))).send(Content("x", buttons=ROW))
    server.forge(ann, int(card), "nonsense")
    await server.until(lambda: server.whispers(ann))


# --- menus of messages --------------------------------------------------------------------------


async def test_a_message_can_be_asked_about(server, bot, ann, place):
    bob = server.user("Bob")
    server.add(place.guild, bob)
    theirs = server.say(bob, place, "Foxes sleep in dens.", files=[picture()])
    opened = server.menu(ann, place, "Ask about this", theirs)
    await server.until(lambda: opened.modal)
    (field,) = opened.fields
    server.fill(opened, {field: "Is that so?"})
    event = await bot.inbox.until(2)

    assert isinstance(event, IncomingMessage)
    assert (event.text, event.quoted.author, event.quoted.text) == (
        "Is that so?",
        "Bob",
        "Foxes sleep in dens.",
    )
    answer = await bot.platform.chat(event.channel).send(Content("Yes."), reply_to=event.id, key="a-0")
    assert server.seen(int(answer)).text == "Yes."


async def test_a_message_can_be_painted(server, bot, ann, place):
    theirs = server.say(ann, place, "a fox in the snow", files=[picture()])
    opened = server.menu(ann, place, "Paint this", theirs)
    await server.until(lambda: opened.modal)
    assert list(opened.fields.values()) == ["a fox in the snow"]
    server.fill(opened)
    event = await bot.inbox.until(2)

    assert (event.name, event.arguments["prompt"]) == ("imagine", "a fox in the snow")
    assert await event.quoted.attachments[0].load() == picture()


async def test_a_picture_can_be_described(server, bot, ann, place):
    theirs = server.say(ann, place, "what is this", files=[picture()])
    used = server.menu(ann, place, "Describe picture", theirs)
    event = await bot.inbox.until(2)
    await bot.platform.chat(event.channel).send(Content("Reading …"), reply_to=event.id, key="j1-0")

    assert (event.name, event.arguments) == ("describe", {})
    assert await event.quoted.attachments[0].load() == picture()
    assert used.message == server.last(place).id


async def test_somebody_is_spoken_to_in_their_language(server, bot):
    mei = server.user("Mei", locale="zh-CN", installed=True)
    server.slash(mei, mei, "stop")
    call = await bot.inbox.until(1)
    server.say(mei, mei, "你好")
    message = await bot.inbox.until(2)

    assert call.author.language == message.author.language == "zh-CN"


async def film_of_12_mb() -> bytes:
    return bytes(12 << 20)


def fox() -> Attachment:
    async def load() -> bytes:
        return picture()

    return Attachment("fox.png", "image/png", len(picture()), load, alt="A fox")


async def moved(server, bot, ann):
    """A picture that was ordered where we are no member, and had to go to a direct chat."""
    place = server.channel(server.guild("Foreign", [ann], bot=False), "general")
    server.slash(ann, place, "imagine", prompt="a fox")
    call = await bot.inbox.until(1)
    chat = bot.platform.chat(call.channel)
    card = await chat.send(Content("Painting …"), reply_to=call.id, key="j1-0")
    server.advance(1000)
    await asyncio.sleep(0.5)
    return chat, await chat.edit(card, Content("Done", buttons=ROW, images=(fox(),)))


async def test_a_button_in_a_direct_chat_belongs_to_where_the_picture_was_ordered(server, ann):
    async with serving(server, FakeInbox(commands=COMMANDS), waits=replace(HASTE, life=0.5)) as bot:
        await server.until(lambda: server.syncs)
        chat, card = await moved(server, bot, ann)
        server.press(ann, server.last(ann), "U2")
        press = await bot.inbox.until(2)
        child = await chat.send(Content("Upscaled", buttons=ROW), reply_to=card, key="j2-0")
        await bot.inbox.chats[-1].send(Content("Again"), reply_to=press.message, key="b1")
        server.press(ann, server.seen(int(child.partition("@")[0])), "U1")
        further = await bot.inbox.until(3)

    assert (press.channel, press.message, press.data) == (chat.channel, card, "job:7:2")
    assert (further.channel, further.message) == (chat.channel, child)
    assert server.texts(ann) == ["Done", "Upscaled", "Again"]


async def test_a_question_there_comes_back_to_where_the_picture_was_ordered(server, ann):
    async def act(event, chat):
        if isinstance(event, ButtonPress) and event.text is None:
            await chat.ask(Question("Zoom out", event.data))

    async with serving(server, FakeInbox(act, commands=COMMANDS), waits=replace(HASTE, life=0.5)) as bot:
        await server.until(lambda: server.syncs)
        chat, card = await moved(server, bot, ann)
        press = server.press(ann, server.last(ann), "U2")
        await server.until(lambda: press.modal)
        server.fill(press, {"Your words": "wider"})
        answer = await bot.inbox.until(3)

    assert (answer.channel, answer.message, answer.text) == (chat.channel, card, "wider")


@pytest.mark.parametrize("bot_in", [True, False])
async def test_an_answer_may_be_as_large_as_whoever_asked_may_send(server, bot, bot_in):
    ann = server.user("Ann", installed=True, upload_limit=50 << 20)
    place = server.channel(server.guild("Painters", [ann], bot=bot_in), "general")
    film = Attachment("film.mp4", "video/mp4", 12 << 20, film_of_12_mb)
    used = server.slash(ann, place, "imagine", prompt="a fox")
    call = await bot.inbox.until(1)
    chat = bot.platform.chat(call.channel)
    answer = await chat.send(Content("a film", files=(film,)), reply_to=call.id, key="j1-0")

    assert used.message == int(answer)
    assert [each.name for each in server.seen(int(answer)).files] == ["film.mp4"]
    if bot_in:  # what comes by itself may be as large as the server takes
        later = await chat.send(Content("another", files=(film,)), key="j1-1")
        assert "too large" in server.seen(int(later)).text


@pytest.mark.parametrize("commands", [False, True], ids=["by a person", "with commands only"])
async def test_where_we_are_no_member_an_answer_that_takes_too_long_goes_to_the_person(server, ann, commands):
    waits = replace(HASTE, life=0.5)
    async with serving(server, FakeInbox(commands=COMMANDS), waits=waits) as bot:
        await server.until(lambda: server.syncs)
        place = server.channel(server.guild("Foreign", [ann], bot=False, commands=commands), "general")
        server.slash(ann, place, "imagine", prompt="a fox")
        call = await bot.inbox.until(1)
        chat = bot.platform.chat(call.channel)
        card = await chat.send(Content("Painting …", growing=True), reply_to=call.id, key="j1-0")
        await server.until(lambda: "directly" in server.seen(int(card)).text)
        server.advance(1000)
        moved = await chat.edit(card, Content("Done", images=(fox(),)))
        moved = await chat.edit(moved, Content("Framed", images=(fox(),)))

    assert moved != card
    assert [(each.text, len(each.files)) for each in server.ours(ann)] == [("Framed", 1)]
