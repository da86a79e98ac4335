"""Talk on Discord, with the real process: servers, threads, forums, direct chats, and what people send."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from tests.e2e.discord import BRISK, CURSOR, Scene, scene, spoken
from tests.e2e.telegram import pictures, said
from tests.emulators.discord import Discord, Seen, Upload, picture
from tests.pdfs import pdf

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def at(tmp_path_factory) -> AsyncIterator[Scene]:
    """One bot for all of these; everybody who talks is somebody new."""
    async with scene(tmp_path_factory.mktemp("talk"), Discord(rates=BRISK)) as found:
        yield found
        assert found.server.refused_429 == 0


def bare(text: str) -> str:
    """Without white space, and without the signs that are Markdown."""
    return re.sub(r"[\s*`#•\\-]", "", text)


def fences(one: Seen) -> int:
    return sum(line.startswith("```") for line in one.text.splitlines())


# --- answers ---------------------------------------------------------------------------------


async def test_an_answer_grows_by_edits_and_ends_whole(at: Scene):
    ann = at.person("Ann")
    place = at.room(ann)

    question = at.server.say(ann, place, f"{at.server.bot.mention} sandbox slow")
    begun = await at.last(place, lambda one: "Stop" in one.labels)
    answer = await at.answered(place)

    shown = at.server.history(answer)
    assert answer.id == begun.id
    assert answer.reply_to == question.id
    assert at.server.ours(place) == [answer]
    assert len(shown) > 3
    assert all(answer.text.startswith(one.text.rstrip(f"…{CURSOR}")) for one in shown)
    assert CURSOR not in answer.text


async def test_an_answer_is_stopped_by_its_button_and_goes_on_by_another(at: Scene):
    ann = at.person("Ann")

    at.server.say(ann, ann, "sandbox slow")
    begun = await at.last(ann, lambda one: "Stop" in one.labels and len(one.text) > 5)
    press = await at.pressed(ann, begun, "Stop")
    stopped = await at.answered(ann)
    await at.pressed(ann, stopped, "Continue")
    whole = await at.last(ann, lambda one: one.labels == ["Retry"])

    assert press.deferred
    assert "Stopped." in stopped.text
    assert stopped.labels == ["Continue", "Retry"]
    assert whole.id == stopped.id
    assert len(whole.text) > len(stopped.text)


async def test_twenty_thousand_characters_arrive_whole_and_as_a_file(at: Scene):
    ann = at.person("Ann")
    place = at.room(ann)

    at.server.rates = replace(BRISK, create=(5, 0.5), edit=(5, 0.5))  # this place is in a hurry
    at.server.say(ann, place, f"{at.server.bot.mention} long 20000")
    await at.server.until(lambda: any(one.files for one in at.server.ours(place)), within=40)
    at.server.rates = BRISK

    *texts, file = at.server.ours(place)
    whole = file.data.decode()
    assert len(whole) == 20_000
    assert file.files[0].name == "answer.md"
    assert 11 <= len(texts) <= 14
    assert all(len(one.text) <= 2000 for one in texts)
    assert all(fences(one) % 2 == 0 for one in texts)
    assert bare(spoken(texts)).replace("python", "") == bare(whole).replace("python", "")


async def test_tables_are_aligned_and_fences_valid(at: Scene):
    ann = at.person("Ann")

    at.server.say(ann, ann, "show off")
    await at.answered(ann)

    shown = at.server.ours(ann)
    assert all(fences(one) % 2 == 0 for one in shown)
    table = [line for line in spoken(shown).splitlines() if "│" in line]
    assert len(table) >= 2
    assert len({line.index("│") for line in table[:2]}) == 1
    assert "\\frac" not in spoken(shown)


async def test_nobody_is_called_but_the_one_who_is_answered(at: Scene):
    ann, bob = at.person("Ann"), at.person("Bob")
    place = at.room(ann, bob)
    role = at.server.role(place.guild, "Painters", members=[bob], mentionable=True)

    names = f"@everyone @here {bob.mention} <@&{role.id}>"
    at.server.say(ann, place, f"{at.server.bot.mention} echo: wake up {names}")
    await at.answered(place)
    shown = at.server.ours(place)
    await at.used(ann, place, "system", prompt=f"Always call {names}.")
    await at.last(place, lambda one: one.id > shown[-1].id)

    assert at.server.pings(bob) == []
    assert not any(one.everyone or one.role_pings for one in at.server.ours(place))


# --- places ----------------------------------------------------------------------------------


async def test_in_a_server_only_what_is_addressed_is_answered_and_all_of_it_is_known(at: Scene):
    ann, bob = at.person("Ann"), at.person("Bob")
    place = at.room(ann, bob)

    at.server.say(bob, place, "I had pancakes")
    mention = at.server.say(ann, place, f"{at.server.bot.mention} echo: to a mention")
    first = await at.answered(place)
    reply = at.server.say(bob, place, "what was to a reply?", reply_to=first)
    second = await at.answered(place, 2)

    assert (first.text, first.reply_to, second.reply_to) == ("to a mention", mention.id, reply.id)
    assert len(at.server.ours(place)) == 2
    told = str(at.overheard.asked("what was to a reply?"))
    assert "pancakes" in told  # heard, though not answered
    assert "Bob" in told
    assert "Ann" in told


async def test_channels_threads_and_posts_have_histories_of_their_own(at: Scene):
    ann = at.person("Ann")
    zoo = at.room(ann, name="zoo")
    forum = at.server.channel(zoo.guild, "help", kind="forum")
    start = at.server.say(ann, zoo, "The owl is called Minerva.")
    thread = at.server.thread(zoo, "owls", message=start, by=ann)
    post = at.server.post(ann, forum, "Foxes", f"{at.server.bot.mention} my fox is called Reynard")
    me = at.server.bot.mention

    at.server.say(ann, zoo, f"{me} the zoo opens at nine")
    at.server.say(ann, thread, f"{me} who lives in the thread?")
    for place in (zoo, thread, post):
        await at.answered(place)
    at.server.say(ann, post, f"{me} who lives in the post?")
    at.server.say(ann, thread, f"{me} and who else in the thread?")
    await at.answered(post, 2)
    await at.answered(thread, 2)

    in_thread = str(at.overheard.asked("who lives in the thread?"))
    later = str(at.overheard.asked("and who else in the thread?"))
    in_post = str(at.overheard.asked("who lives in the post?"))
    assert "Minerva" in in_thread
    assert "Minerva" in later
    assert "Reynard" in in_post
    assert "Minerva" not in in_post
    assert not any(word in in_thread + later for word in ("Reynard", "nine"))


async def test_on_request_each_question_is_answered_in_a_thread_of_its_own(at: Scene):
    ann = at.person("Ann")
    place = at.room(ann)

    await at.used(ann, place, "threads", mode="on")
    question = at.server.say(ann, place, f"{at.server.bot.mention} where do owls sleep?")
    thread = await at.server.until(lambda: next(iter(at.server.threads(place)), None))
    await at.answered(thread)
    at.server.say(ann, thread, "and why there?")  # no mention is needed here
    await at.answered(thread, 2)

    assert at.server.seen(question).thread == thread.id
    assert "owls" in thread.name
    assert at.answers(place) == []
    assert "where do owls sleep?" in str(at.overheard.asked("and why there?"))


async def test_alone_with_somebody_no_mention_is_needed_and_the_past_is_put_behind_on_request(at: Scene):
    ann = at.person("Ann")

    at.server.say(ann, ann, "my cat is called Orlando")
    await at.answered(ann)
    at.server.say(ann, ann, "and what is it called?")
    await at.answered(ann, 2)
    used = await at.used(ann, ann, "new")
    await at.last(ann, lambda one: "fresh start" in one.text)
    at.server.say(ann, ann, "who am I then?")
    await at.answered(ann, 3)

    assert used.response == "message"
    assert "Orlando" in str(at.overheard.asked("and what is it called?"))
    assert "Orlando" not in str(at.overheard.asked("who am I then?"))


async def test_people_in_a_channel_are_answered_side_by_side_within_its_budget(at: Scene):
    people = [at.person(name) for name in ("Ann", "Bob", "Cem")]
    place = at.room(*people)

    asked = [at.server.say(one, place, f"{at.server.bot.mention} long 1200") for one in people]
    await at.answered(place, 3, within=40)

    assert sorted(one.reply_to for one in at.answers(place)) == sorted(one.id for one in asked)
    assert len(at.server.ours(place)) == 3


# --- what people send ------------------------------------------------------------------------


async def test_a_corrected_question_gets_its_answer_anew_in_place(at: Scene):
    ann = at.person("Ann")
    place = at.room(ann)
    me = at.server.bot.mention

    question = at.server.say(ann, place, f"{me} echo: the first words")
    first = await at.answered(place)
    at.server.edit(question, f"{me} echo: the second words")
    second = await at.last(place, lambda one: "Retry" in one.labels and "second words" in one.text)

    assert second.id == first.id
    assert at.server.ours(place) == [second]


async def test_files_go_into_the_question(at: Scene):
    ann = at.person("Ann")
    page = b"BT /F 24 Tf 50 700 Td (Rabbits cannot jump backwards.) Tj ET"
    files = [
        ("rabbits.pdf", pdf(page)),
        ("people.csv", b"name,age\nIda,7\n"),
        picture(colour="red"),
        picture(colour="blue"),
    ]

    at.server.say(ann, ann, "what is in these files?", files=files)
    await at.answered(ann)

    asked = at.overheard.asked("what is in these files?")[-1]
    assert "Rabbits cannot jump backwards." in said(asked)
    assert "Ida,7" in said(asked)
    assert pictures(asked) == 2


async def test_a_voice_message_is_written_down_and_answered(at: Scene):
    ann = at.person("Ann")

    spoken = Upload(b"OggS" + b"\0" * 900, "voice-message.ogg", "audio/ogg")
    at.server.say(ann, ann, files=[spoken], voice=True)
    await at.answered(ann)

    assert "This is the sandbox. It cannot hear" in str(at.overheard.asked("🎤"))


async def test_what_is_replied_to_and_what_is_forwarded_reach_the_model(at: Scene):
    ann, bob = at.person("Ann"), at.person("Bob")
    place = at.room(ann, bob)
    theirs = at.server.say(bob, place, "The kettle is on fire.", files=[picture()], silent=True)

    at.server.say(ann, place, f"{at.server.bot.mention} is that so?", reply_to=theirs)
    await at.answered(place)
    comment = "what does he mean by this letter?"
    at.server.say(ann, ann, comment)
    at.server.forward(ann, theirs, ann)

    def asked_about_it() -> list[object]:
        return [each for each in at.overheard.prompts if comment in str(each) and "on fire" in str(each)]

    await at.server.until(asked_about_it, within=20)

    replied = at.overheard.asked("is that so?")[-1]
    assert "The kettle is on fire." in said(replied)
    assert "Bob" in said(replied)
    assert pictures(replied) == 1


# --- commands --------------------------------------------------------------------------------


async def test_commands_have_typed_options_and_are_told_in_two_languages(at: Scene):
    ann = at.person("Ann")
    place = at.room(ann)

    offered = {one["name"]: one for one in at.server.offered(ann, place) if one["type"] == 1}
    imagine = {one["name"]: one for one in offered["imagine"]["options"]}
    count = offered["history"]["options"][0]

    assert {"imagine", "new", "stop", "model", "help"} <= set(offered)
    assert (imagine["prompt"]["type"], imagine["prompt"]["required"]) == (3, True)
    assert (imagine["images"]["type"], imagine["spoiler"]["type"], count["type"]) == (11, 5, 4)
    for one in offered.values():
        assert one["description_localizations"]["zh-CN"] != one["description"]
    assert [each["value"] for each in imagine["mode"]["choices"]] == ["fast", "relax", "turbo"]
    assert offered["imagine"]["contexts"] == [0, 1, 2]
    assert offered["imagine"]["integration_types"] == [0, 1]


async def test_what_is_typed_into_an_option_is_completed(at: Scene):
    ann = at.person("Ann")

    typed = at.server.autocomplete(ann, ann, "model", "name", "sand")
    await at.acknowledged(typed)
    chosen = typed.choices[-1]["value"]
    await at.used(ann, ann, "model", name=chosen)
    told = await at.last(ann)

    assert {"sandbox-chat", "sandbox-slow"} <= {each["value"] for each in typed.choices}
    assert chosen in told.text


async def test_a_message_can_be_asked_about(at: Scene):
    ann, bob = at.person("Ann"), at.person("Bob")
    place = at.room(ann, bob)
    theirs = at.server.say(bob, place, "Foxes sleep in dens.", files=[picture()])

    opened = await at.acknowledged(at.server.menu(ann, place, "Ask about this", theirs))
    (field,) = opened.fields
    filled = await at.acknowledged(at.server.fill(opened, {field: "do they, in winter?"}))
    answer = await at.answered(place)

    assert opened.response == "modal"
    assert filled.message == answer.id
    asked = at.overheard.asked("do they, in winter?")[-1]
    assert "Foxes sleep in dens." in said(asked)
    assert pictures(asked) == 1


async def test_somebody_is_spoken_to_in_their_language(at: Scene):
    mei = at.person("梅", locale="zh-CN")

    await at.used(mei, mei, "help")
    told = await at.last(mei)

    assert "/imagine" in told.text
    assert re.search(r"[\u4e00-\u9fff]", told.text)
