"""Talk on Telegram, with the real process: private chats, groups, topics, and all that people send."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.e2e.telegram import Scene, pictures, said, scene, spoken
from tests.emulators.telegram import Flood, Telegram, Upload, picture
from tests.pdfs import pdf

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def at(tmp_path_factory) -> AsyncIterator[Scene]:
    """One bot for all of these; everybody who talks is somebody new."""
    async with scene(tmp_path_factory.mktemp("talk"), Telegram(flood=Flood())) as found:
        yield found
        assert found.server.refused_429 == 0


def bare(text: str) -> str:
    """Without white space, and without the signs that are Markdown or were made of it."""
    return re.sub(r"[\s*`#•-]", "", text)


# --- private chats ---------------------------------------------------------------------------


async def test_an_answer_grows_as_a_draft_and_ends_as_one_message(at: Scene):
    ann = at.server.user("Ann")

    question = at.server.say(ann, ann, "long 3000")
    draft = await at.server.until(lambda: (found := at.server.draft(ann)) and found.text and found)
    answer = await at.answered(ann)

    assert answer.text.startswith(draft.text.rstrip("… ▌")[:40])
    assert at.server.ours(ann) == [answer]
    assert at.server.draft(ann) is None
    assert answer.buttons == (("Retry",),)
    await at.server.until(lambda: at.server.reactions(ann, question) == ["👀"])


async def test_where_drafts_are_refused_a_message_grows_instead(at: Scene):
    bob = at.server.user("Bob")

    at.server.world.drafts = "refused"
    try:
        at.server.say(bob, bob, "sandbox slow")
        growing = await at.server.until(lambda: at.server.last(bob))
        assert growing.labels == ["Stop"]
        await at.server.until(lambda: len(at.server.history(bob, growing)) > 1)
        toast = await at.pressed(bob, bob, growing, "Stop")
        answer = await at.answered(bob)
    finally:
        at.server.world.drafts = "on"

    assert toast is not None
    assert answer.id == growing.id
    assert "Stopped." in answer.text
    assert answer.labels == ["Continue", "Retry"]
    assert at.server.ours(bob) == [answer]


async def test_twenty_thousand_characters_arrive_whole_and_as_a_file(at: Scene):
    ann = at.server.user("Ann")

    at.server.say(ann, ann, "long 20000")
    await at.server.until(lambda: any(one.kind == "document" for one in at.server.ours(ann)), within=40)

    *texts, file = at.server.ours(ann)
    whole = file.data.decode()
    assert len(whole) == 20_000
    assert file.name == "answer.md"
    assert len(texts) >= 5
    assert bare(spoken(texts)) == bare(whole.replace("```python", "```"))
    assert {entity["type"] for one in texts for entity in one.entities} >= {"bold", "pre"}


async def test_everything_that_markdown_can_say_is_taken_by_the_server(at: Scene):
    ann = at.server.user("Ann")

    at.server.say(ann, ann, "show off")
    await at.answered(ann)

    shown = at.server.ours(ann)
    kinds = {entity["type"] for one in shown for entity in one.entities}
    assert kinds >= {"bold", "italic", "code", "pre", "text_link", "blockquote"}
    assert "│" in spoken(shown)
    assert "\\frac" not in spoken(shown)


async def test_reasoning_is_folded(at: Scene):
    ann = at.server.user("Ann")

    at.server.say(ann, ann, "sandbox think")
    answer = await at.answered(ann)

    assert "expandable_blockquote" in {entity["type"] for entity in answer.entities}


async def test_start_says_what_there_is_and_the_menu_is_in_the_persons_language(at: Scene):
    ann, mei = at.server.user("Ann", language_code="en"), at.server.user("梅", language_code="zh-hans")

    at.server.start(ann)
    at.server.start(mei)
    english = await at.server.until(lambda: at.server.last(ann))
    chinese = await at.server.until(lambda: at.server.last(mei))
    await at.server.until(lambda: at.server.commands(mei))

    assert "/imagine" in english.text
    assert "/imagine" in chinese.text
    assert english.text != chinese.text
    menu = dict(at.server.commands(ann))
    assert {"imagine", "new", "stop"} <= set(menu)
    assert menu["imagine"] in english.text
    assert dict(at.server.commands(mei))["imagine"] in chinese.text


async def test_history_is_remembered_and_forgotten(at: Scene):
    ann = at.server.user("Ann")

    at.server.say(ann, ann, "my cat is called Orlando")
    await at.answered(ann)
    at.server.say(ann, ann, "and what is it called?")
    await at.answered(ann, 2)
    at.server.say(ann, ann, "/new")
    await at.last(ann, lambda one: "fresh start" in one.text)
    at.server.say(ann, ann, "who am I then?")
    await at.answered(ann, 3)

    assert "Orlando" in str(at.overheard.asked("and what is it called?"))
    assert "Orlando" not in str(at.overheard.asked("who am I then?"))


async def test_a_corrected_question_gets_its_answer_anew_in_place(at: Scene):
    ann = at.server.user("Ann")

    question = at.server.say(ann, ann, "echo: the first words")
    first = await at.answered(ann)
    at.server.edit(ann, question, "echo: the second words")
    second = await at.server.until(
        lambda: next((one for one in at.answers(ann) if "second words" in one.text), None)
    )

    assert second.id == first.id
    assert at.server.ours(ann) == [second]


# --- what people send ------------------------------------------------------------------------


async def test_a_name_put_into_a_message_of_a_group_makes_it_a_question(at: Scene):
    ann = at.server.user("Ann")
    group = at.server.supergroup("Forgetful", [ann])
    name = at.server.world.bot.username

    said = at.server.say(ann, group, "echo: for you")
    at.server.edit(group, said, f"@{name} echo: for you")
    answer = await at.answered(group)
    at.server.redeliver()
    await at.settled()
    await at.idle()

    assert (answer.text, answer.reply_to) == ("for you", said.id)
    assert at.server.ours(group) == [answer]


async def test_an_album_with_a_caption_is_one_question(at: Scene):
    ann = at.server.user("Ann")

    at.server.album(ann, ann, [picture(colour="red"), picture(colour="blue")], "compare this album")
    await at.answered(ann)

    prompt = at.overheard.asked("compare this album")
    assert sum(map(pictures, prompt)) == 2
    assert len(at.answers(ann)) == 1


async def test_a_forward_with_a_comment_is_one_question(at: Scene):
    ann, bob = at.server.user("Ann"), at.server.user("Bob")
    group = at.server.group("Elsewhere", [bob])
    letter = at.server.say(bob, group, "The kettle is on fire.", silent=True)

    at.server.say(ann, ann, "what does he mean by this letter?")
    at.server.forward(ann, ann, group, letter)
    await at.answered(ann)

    told = str(at.overheard.prompts[-1])
    assert "what does he mean by this letter?" in told
    assert "The kettle is on fire." in told
    assert "Bob" in told
    assert len(at.answers(ann)) == 1


async def test_a_paste_that_the_client_cut_is_one_question(at: Scene):
    ann = at.server.user("Ann")

    at.server.say(ann, ann, ("lorem ipsum " * 400)[:4096])
    at.server.say(ann, ann, "and here the paste ends")
    await at.answered(ann)

    assert "lorem ipsum" in str(at.overheard.asked("and here the paste ends"))
    assert len(at.answers(ann)) == 1


async def test_a_voice_message_is_written_down_and_answered(at: Scene):
    ann = at.server.user("Ann")

    at.server.say(ann, ann, voice=Upload(b"OggS" + b"\0" * 900, "voice.ogg", "audio/ogg"))
    await at.answered(ann)

    assert "This is the sandbox. It cannot hear" in str(at.overheard.asked("🎤"))


async def test_texts_and_pdfs_go_into_the_question(at: Scene):
    ann, bob = at.server.user("Ann"), at.server.user("Bob")
    page = b"BT /F 24 Tf 50 700 Td (Rabbits cannot jump backwards.) Tj ET"

    at.server.say(ann, ann, "what does the page say?", document=Upload(pdf(page), "rabbits.pdf"))
    at.server.say(bob, bob, "and this table?", document=Upload(b"name,age\nIda,7\n", "people.csv"))
    await at.answered(ann)
    await at.answered(bob)

    assert "Rabbits cannot jump backwards." in said(at.overheard.asked("what does the page say?")[-1])
    assert "Ida,7" in said(at.overheard.asked("and this table?")[-1])


async def test_pictures_and_stickers_are_seen(at: Scene):
    ann, bob = at.server.user("Ann"), at.server.user("Bob")

    at.server.say(ann, ann, "what is in this photo?", photo=picture(colour="red"))
    at.server.say(bob, bob, sticker=picture(512, 512, "green", "WEBP"))
    await at.answered(ann)
    await at.answered(bob)

    assert pictures(at.overheard.asked("what is in this photo?")[-1]) == 1
    assert pictures(at.overheard.asked("🙂")[-1]) == 1


async def test_a_file_too_large_to_be_fetched_is_told_so(at: Scene):
    ann = at.server.user("Ann")

    at.server.say(ann, ann, document=Upload(b"%PDF-1.4", "atlas.pdf", "application/pdf", 21 << 20))
    told = await at.last(ann, lambda one: True)

    assert "MB" in told.text
    assert not at.server.calls("download") or "atlas" not in str(at.server.calls("download"))


# --- groups ----------------------------------------------------------------------------------


async def test_in_a_group_only_what_is_addressed_is_answered(at: Scene):
    ann, bob = at.server.user("Ann"), at.server.user("Bob")
    group = at.server.group("Friends", [ann, bob])
    at.server.promote(ann, group)  # the bot reads everything now
    name = at.server.world.bot.username

    chatter = at.server.say(bob, group, "I had pancakes")
    mention = at.server.say(ann, group, f"@{name} echo: to a mention")
    first = await at.answered(group)
    reply = at.server.say(bob, group, "what was to a reply?", reply_to=first)
    second = await at.answered(group, 2)
    at.server.say(bob, group, "/help@another_bot")
    command = at.server.say(bob, group, f"/help@{name}")
    third = await at.last(group, lambda one: one.id > second.id)

    assert (first.text, first.reply_to) == ("to a mention", mention.id)
    assert second.reply_to == reply.id
    assert third.reply_to == command.id
    assert chatter.id not in {one.reply_to for one in at.server.ours(group)}
    assert len(at.server.ours(group)) == 3
    told = str(at.overheard.asked("what was to a reply?"))
    assert "pancakes" in told  # heard, though not answered
    assert "Bob" in told
    assert "Ann" in told


async def test_topics_have_histories_of_their_own_and_are_answered_there(at: Scene):
    ann = at.server.user("Ann")
    forum = at.server.supergroup("Zoo", [ann], forum=True)
    foxes, owls = at.server.topic(forum, "Foxes"), at.server.topic(forum, "Owls")
    name = at.server.world.bot.username

    at.server.say(ann, forum, f"@{name} the fox is called Reynard", thread=foxes)
    at.server.say(ann, forum, f"@{name} the owl is called Minerva", thread=owls)
    await at.answered(forum, thread=foxes.id)
    await at.answered(forum, thread=owls.id)
    at.server.say(ann, forum, f"@{name} who lives here in the forum?", thread=owls)
    await at.answered(forum, 2, thread=owls.id)

    told = str(at.overheard.asked("who lives here in the forum?"))
    assert "Minerva" in told
    assert "Reynard" not in told
    assert {one.thread for one in at.server.ours(forum)} == {foxes.id, owls.id}


async def test_a_group_that_becomes_a_supergroup_keeps_its_history(at: Scene):
    ann = at.server.user("Ann")
    group = at.server.group("Growing", [ann])
    name = at.server.world.bot.username

    at.server.say(ann, group, f"@{name} the password is swordfish")
    await at.answered(group)
    larger = at.server.migrate(group)
    at.server.say(ann, larger, f"@{name} what was the password of the group?")
    answer = await at.answered(larger)

    assert "swordfish" in str(at.overheard.asked("what was the password of the group?"))
    assert answer in at.server.ours(larger)


async def test_quoted_words_reach_the_model(at: Scene):
    ann, bob = at.server.user("Ann"), at.server.user("Bob")
    group = at.server.supergroup("Readers", [ann, bob])
    name = at.server.world.bot.username
    poem = at.server.say(bob, group, "The owl went to sea. The cat stayed at home.", silent=True)

    at.server.say(ann, group, f"@{name} who is that in the poem?", reply_to=poem, quote="The cat stayed")
    await at.answered(group)

    told = said(at.overheard.asked("who is that in the poem?")[-1])
    assert "The cat stayed" in told
    assert "The owl went" not in told
    assert "Bob" in told


async def test_people_in_a_group_are_answered_side_by_side_within_its_budget(at: Scene):
    people = [at.server.user(name) for name in ("Ann", "Bob", "Cem")]
    group = at.server.supergroup("Busy", people)
    name = at.server.world.bot.username

    asked = [at.server.say(one, group, f"@{name} long 2500") for one in people]
    await at.answered(group, 3, within=40)

    answers = at.answers(group)
    assert sorted(one.reply_to for one in answers) == sorted(one.id for one in asked)
    assert len(at.server.ours(group)) == 3
