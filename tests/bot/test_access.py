"""Who may: strangers, admins, codes, and what is remembered of it."""

import pytest

from bot.access import HOUR, REMEMBERED, WRONG, Access, id_of
from bot.errors import UserError
from bot.messages import ButtonPress, Channel, CommandCall, Person, Quoted
from tests.bot.test_talk import answered
from tests.scripted import ADA, FakePlatform, service

EVE = Person("fake:eve", "Eve")
MAX = Person("fake:max", "Max")
GROUP = Channel("fake", "-100")
TOPIC = Channel("fake", "-100", "7")
UNKNOWN = "I do not know you yet. Ask whoever runs me to allow fake:eve."
UNKNOWN_GROUP = "I do not know this group yet. Ask whoever runs me to allow fake:-100."


def code_in(chat):
    """The code in the newest message."""
    return chat.last.text.rpartition("/start ")[2].rstrip("`")


async def test_a_stranger_is_told_their_id_once_an_hour(tmp_path):
    async with service(tmp_path) as bot:
        for _ in range(3):
            await bot.say("hi", author=EVE)
        assert bot.chat().notices == [UNKNOWN]
        bot.now += HOUR
        await bot.say("hi", author=EVE)

        assert bot.chat().notices == [UNKNOWN] * 2
        assert bot.model.prompts == []


async def test_a_command_or_a_button_is_always_answered(tmp_path):
    async with service(tmp_path) as bot:
        for _ in range(2):
            await bot.say("/start", author=EVE)
            await bot.router.receive(CommandCall("c", bot.chat().channel, EVE, "help"), bot.chat())
            await bot.router.receive(ButtonPress("p", bot.chat().channel, EVE, "m", "talk:x:y"), bot.chat())

        assert bot.chat().notices == [UNKNOWN] * 6


async def test_an_unknown_group_is_told_its_own_id_once_an_hour(tmp_path):
    async with service(tmp_path) as bot:
        for channel in (GROUP, TOPIC):
            await bot.say("hi", author=EVE, channel=channel, direct=False)
            await bot.say("/help", author=MAX, channel=channel, direct=False)

        assert bot.chat(GROUP).notices == [UNKNOWN_GROUP]
        assert bot.chat(TOPIC).notices == []


async def test_what_an_unknown_group_says_to_itself_is_left_alone(tmp_path):
    async with service(tmp_path) as bot:
        await bot.say("hi", author=EVE, channel=GROUP, direct=False, addressed=False)

        assert bot.chat(GROUP).notices == []
        assert await bot.storage.conversations.history(GROUP) == []


async def test_an_admin_lets_somebody_in_by_their_id(tmp_path):
    platform = FakePlatform()
    async with service(tmp_path, platform=platform) as bot:
        await bot.say("/allow eve", author=ADA)
        assert bot.chat().last.text == "fake:eve may talk to me from now on."
        await bot.say("/allow fake:eve", author=ADA)
        assert bot.chat().last.text == "fake:eve may talk to me already."
        await bot.say("hi", author=EVE)
        await answered(bot.chat())
    async with service(tmp_path, platform=platform) as bot:
        await bot.say("and again", author=EVE)
        await answered(bot.chat(), 2)
        await bot.say("/allow", author=ADA)
        assert bot.chat().last.text == "Allowed, besides my settings:\n\n- `fake:eve`"
        await bot.say("/deny eve", author=ADA)
        await bot.say("hi", author=EVE)

        assert bot.chat().notices == [UNKNOWN]


async def test_or_by_replying_to_them(tmp_path):
    async with service(tmp_path) as bot:
        quoted = Quoted("Eve", "let me in", person=EVE.id)
        await bot.say("/allow", author=ADA, channel=GROUP, direct=False, quoted=quoted)

        assert bot.chat(GROUP).last.text == "fake:eve may talk to me from now on."
        assert bot.access.admits(EVE, GROUP)
        assert not bot.access.admits(MAX, GROUP)


async def test_or_lets_a_whole_group_in_and_out_again(tmp_path):
    async with service(tmp_path) as bot:
        await bot.say("/allow", author=ADA, channel=TOPIC, direct=False)
        assert bot.chat(TOPIC).last.text == "fake:-100 may talk to me from now on."
        await bot.say("hi", author=EVE, channel=GROUP, direct=False)
        await answered(bot.chat(GROUP))
        assert not bot.access.admits(EVE, Channel("fake", "eve"))
        await bot.say("/deny", author=ADA, channel=GROUP, direct=False)

        assert not bot.access.admits(EVE, GROUP)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("/deny eve", "fake:eve was not allowed."),
        ("/deny ada", "My settings allow fake:ada; only whoever runs me can change them."),
        ("/allow", "Name an id, such as fake:ada, or reply to somebody."),
        ("/allow @eve", "“@eve” is no id; I tell people theirs when I do not know them."),
        ("/allow two words", "“two words” is no id; I tell people theirs when I do not know them."),
        ("/invite 0", "A code lets in from 1 to 100 people."),
    ],
)
async def test_what_cannot_be_done_is_told(tmp_path, line, sentence):
    async with service(tmp_path) as bot:
        await bot.say(line, author=ADA)

        assert bot.chat().notices == [sentence]


async def test_only_admins_may(tmp_path):
    ann = Person("fake:ann", "Ann", trusted=True)
    async with service(tmp_path) as bot:
        for line in ("/allow eve", "/deny eve", "/invite"):
            await bot.say(line, author=ann)

        assert bot.chat().notices == ["Only admins may do that. Your id is fake:ann."] * 3
        assert not bot.access.admits(EVE, GROUP)


async def test_a_code_lets_one_person_in(tmp_path):
    platform = FakePlatform()
    async with service(tmp_path, platform=platform) as bot:
        await bot.say("/invite", author=ADA)
        code = code_in(bot.chat())
        assert 10 <= len(code) <= 64
    async with service(tmp_path, platform=platform) as bot:
        await bot.say(f"/start {code}", author=EVE)
        assert "Just write to me" in bot.chat().last.text
        await bot.say("hi", author=EVE)
        await answered(bot.chat())
        await bot.say(f"/start {code}", author=MAX)

        assert bot.chat().notices == [
            "That code lets nobody in any more. Ask whoever runs me to allow fake:max."
        ]
    async with service(tmp_path, platform=platform) as bot:
        assert bot.access.admits(EVE, GROUP)
        assert not bot.access.admits(MAX, GROUP)
        await bot.say(f"/start {code}", author=MAX)

        assert not bot.access.admits(MAX, GROUP)


async def test_or_several(tmp_path):
    async with service(tmp_path) as bot:
        await bot.say("/invite 2", author=ADA)
        code = code_in(bot.chat())
        people = [Person(f"fake:{name}", name) for name in ("one", "two", "three")]
        for person in people:
            call = CommandCall("c", bot.chat().channel, person, "start", {"code": code})
            await bot.router.receive(call, bot.chat())

        assert [bot.access.admits(person, GROUP) for person in people] == [True, True, False]


async def test_whoever_is_in_needs_no_code(tmp_path):
    async with service(tmp_path) as bot:
        await bot.say("/invite", author=ADA)
        code = code_in(bot.chat())
        await bot.say(f"/start {code}", author=ADA)
        await bot.say("/start imagine", author=ADA)
        await bot.say(f"/START {code}", author=EVE)

        assert bot.access.admits(EVE, GROUP)
        assert bot.chat().notices == []


async def test_nobody_sees_a_code_in_a_group(tmp_path):
    async with service(tmp_path) as bot:
        await bot.say("/invite", author=ADA, channel=GROUP, direct=False)

        assert bot.chat(GROUP).messages == {}
        assert bot.chat(GROUP).notices == ["Everybody here would see the code; ask me in a direct chat."]


async def test_codes_cannot_be_tried_out(tmp_path):
    async with service(tmp_path) as bot:
        await bot.say("/invite", author=ADA)
        code = code_in(bot.chat())
        for number in range(WRONG):
            await bot.say(f"/start {number}ü", author=EVE)
        await bot.say(f"/start {code}", author=EVE)
        assert bot.chat().notices[-1] == "Those were too many wrong codes; try again in an hour."
        assert not bot.access.admits(EVE, GROUP)
        bot.now += HOUR
        await bot.say(f"/start {code}", author=EVE)

        assert bot.access.admits(EVE, GROUP)


SERVER, PAINTERS = "fake:900", "fake:901"
MEMBER = Person("fake:eve", "Eve", groups=(SERVER, PAINTERS))
THREAD = Channel("fake", "-200", within="-100")


@pytest.mark.parametrize("id", [SERVER, PAINTERS, "fake:-200", "fake:-100", "fake:eve"])
async def test_a_server_a_role_a_channel_or_the_one_around_a_thread_lets_in(tmp_path, id):
    async with service(tmp_path) as bot:
        assert not bot.access.admits(MEMBER, THREAD)
        await bot.say(f"/allow {id}", author=ADA)
        await bot.say("hi", author=MEMBER, channel=THREAD, direct=False)
        await answered(bot.chat(THREAD))
        await bot.say(f"/deny {id}", author=ADA)

        assert not bot.access.admits(MEMBER, THREAD)


async def test_the_sentence_for_strangers_in_a_server_names_the_server(tmp_path):
    async with service(tmp_path) as bot:
        for channel in (GROUP, THREAD):
            await bot.say("hi", author=MEMBER, channel=channel, direct=False)
        await bot.router.receive(CommandCall("c", GROUP, MEMBER, "help", direct=False), bot.chat(GROUP))

        told = "I do not know this group yet. Ask whoever runs me to allow fake:900."
        assert bot.chat(GROUP).notices == [told] * 2
        assert bot.chat(THREAD).notices == []


async def test_whoever_comes_in_by_a_role_is_told_that_it_does_not_hold_alone_with_us(tmp_path):
    async with service(tmp_path) as bot:
        await bot.say(f"/allow {PAINTERS}", author=ADA)
        await bot.say("hi", author=MEMBER, channel=GROUP, direct=False)
        await answered(bot.chat(GROUP))
        await bot.say("hi", author=EVE)

        assert bot.chat().notices == [
            "You may talk to me where a group or a role lets you in, but not here. "
            "Ask whoever runs me to allow fake:eve."
        ]


async def test_admins_by_a_role_are_admins_where_they_hold_it(tmp_path):
    async with service(tmp_path) as bot:
        access = Access(options=bot.storage.options, admins=[PAINTERS])

        assert access.is_admin(MEMBER)
        assert access.admits(MEMBER, GROUP)
        assert not access.is_admin(EVE)


async def test_what_people_belong_to_is_not_stored_with_what_they_ask(tmp_path):
    async with service(tmp_path) as bot:
        await bot.say(f"/allow {PAINTERS}", author=ADA)
        await bot.say("hi", author=MEMBER, channel=GROUP, direct=False)
        stored = await bot.storage.conversations.latest(GROUP)

        assert stored.person == EVE
        assert stored.person.groups == ()


async def test_a_group_that_moved_is_still_let_in(tmp_path):
    async with service(tmp_path) as bot:
        await bot.say("/allow", author=ADA, channel=GROUP, direct=False)
        for _ in range(2):
            await bot.router.moved("fake", "-100", "-1007")

        assert bot.access.allowed == ["fake:-1007"]


async def test_a_group_of_the_settings_that_moved_is_let_in_by_its_new_id(tmp_path):
    async with service(tmp_path) as bot:
        access = Access(options=bot.storage.options, allow=["fake:-100"])
        await access.moved("fake", "-100", "-1007")

        assert access.admits(EVE, Channel("fake", "-1007"))


async def test_a_crowd_of_strangers_takes_no_memory_for_ever(tmp_path):
    async with service(tmp_path) as bot:
        for number in range(REMEMBERED + 10):
            bot.access.turn_away(EVE, Channel("fake", str(number)), direct=True)

        assert bot.access.turn_away(EVE, Channel("fake", "0"), direct=True)
        assert not bot.access.turn_away(EVE, Channel("fake", "20"), direct=True)


@pytest.mark.parametrize("text", ["", "x", "a:", ":b", "a:b:c", "a b:c", "a:@b", "a:b\nc"])
def test_what_is_no_id(text):
    with pytest.raises(UserError):
        id_of(text)


def test_ids():
    assert [id_of(text, "fake") for text in ("7", "-100", "web:ab-c", " x:1 ", "<@7>", "<@&8>", "<#9>")] == [
        "fake:7",
        "fake:-100",
        "web:ab-c",
        "x:1",
        "fake:7",
        "fake:8",
        "fake:9",
    ]
