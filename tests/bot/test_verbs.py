"""Blend, describe, shorten, swap, edit: what is ordered, what is offered, what is chosen."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Kind, Refused, Unavailable, Unsupported
from bot.features.jobs.candidates import candidates
from bot.jobs import Accepted, Action, Asks, Job, Order, Progress, Stage
from bot.messages import Attachment, ButtonPress, Quoted
from tests.scripted import ADA, ANN, BOB, HERE, ScriptedEngine, labels, png, service

DESCRIBED = "1️⃣ a red fox --ar 1:1\n\n2️⃣ winter wildlife\n\n3️⃣ fox, soft light\n\n4️⃣ a fox portrait"
SHORTENED = (
    "## Important tokens\n~~a very beautiful~~ **red fox** standing\n\n"
    "## Shortened prompts\n1️⃣ red fox standing\n2️⃣ red fox\n3️⃣ fox"
)
PICK = Action("MJ::Job::PicReader::2", "", "pick:2", "2️⃣", Asks.PROMPT)
RETRY = Action("MJ::Picread::Retry", "", "describe", "🔄")
DETAILS = Action("PromptAnalyzerExtended", "Show Details", "short:details")


def picture(color="blue"):
    data = png(color)

    async def load():
        return data

    return Attachment(f"{color}.png", "image/png", len(data), load)


async def in_words(bot, command, words, *actions, **more):
    """A command whose result is a text."""
    bot.engine.outcomes.append(Accepted("words"))
    bot.engine.reports["words"] = Progress(Stage.DONE, 100, text=words, actions=actions)
    await bot.say(command, **more)
    await bot.chat().until(lambda chat: chat.messages and not chat.last.growing)


async def test_pictures_are_blended_in_the_shape_that_was_asked_for(tmp_path):
    async with service(tmp_path) as bot:
        await bot.say("/blend portrait", attachments=(picture("red"), picture("blue")))
        await bot.work.idle()

        (order, _ref), *_ = bot.engine.submitted
        assert (order.verb, order.options, len(order.images)) == ("blend", {"dimensions": "PORTRAIT"}, 2)
        assert "Blend" in bot.chat().last.text


@pytest.mark.parametrize("count", [1, 6])
async def test_one_picture_is_no_blend_and_six_are_too_many(tmp_path, count):
    async with service(tmp_path) as bot:
        await bot.say("/blend", attachments=tuple(picture() for _ in range(count)))

        assert bot.chat().notices == ["Send 2 to 5 pictures along, and I mix them."]
        assert bot.engine.submitted == []


@pytest.mark.parametrize(
    ("command", "count", "verb", "options"),
    [("/blend landscape", 3, "blend", {"dimensions": "LANDSCAPE"}), ("/describe", 1, "describe", {})],
)
async def test_who_sends_no_pictures_is_asked_for_them(tmp_path, command, count, verb, options):
    async with service(tmp_path) as bot:
        await bot.say(command)
        (question,) = bot.chat().questions
        given = tuple(picture() for _ in range(count))
        answer = ButtonPress("p1", HERE, ANN, "q1", question.data, "", attachments=given)
        await bot.router.receive(answer, bot.chat())
        await bot.router.receive(answer, bot.chat())
        await bot.work.idle()

        ((order, _ref),) = bot.engine.submitted
        assert question.fewest <= count <= question.files
        assert (order.verb, order.options, len(order.images)) == (verb, options, count)


async def test_a_link_is_as_good_as_a_picture_when_asked_for_one(tmp_path):
    async with service(tmp_path) as bot:
        await bot.say("/describe")
        (question,) = bot.chat().questions
        answer = ButtonPress("p1", HERE, ANN, "q1", question.data, "https://example.org/fox.png")
        await bot.router.receive(answer, bot.chat())
        await bot.router.receive(replace(answer, data="verb:blend:round"), bot.chat())
        await bot.work.idle()

        assert [order.verb for order, _ref in bot.engine.submitted] == ["describe"]
        assert bot.chat().notices == ["I do not know that button."]


async def test_what_describe_finds_is_painted_with_a_tap_and_may_be_changed_first(tmp_path):
    async with service(tmp_path) as bot:
        await in_words(bot, "/describe", DESCRIBED, PICK, RETRY, attachments=(picture(),))
        card = bot.chat().last
        assert "2. winter wildlife" in card.text
        assert labels(card) == ["1", "2", "3", "4", "Paint all", "Describe again"]

        await bot.press("2")
        assert bot.chat().questions[0].default == "winter wildlife"
        await bot.press("2", text="winter wildlife, at night --ar 2:3")
        await bot.work.idle()

        order = bot.engine.submitted[1][0]
        assert (order.verb, order.prompt, order.images) == (
            "imagine",
            "winter wildlife, at night --ar 2:3",
            (),
        )
        assert bot.engine.acted == []


async def test_all_that_describe_finds_is_painted_together(tmp_path):
    async with service(tmp_path) as bot:
        await in_words(bot, "/describe", DESCRIBED, attachments=(picture(),))
        await bot.press("Paint all")
        await bot.work.idle()

        assert sorted(order.prompt for order, _ in bot.engine.submitted[1:]) == sorted(
            ["a red fox --ar 1:1", "winter wildlife", "fox, soft light", "a fox portrait"]
        )


async def test_describe_again_sends_the_same_picture(tmp_path):
    async with service(tmp_path) as bot:
        await in_words(bot, "/describe", DESCRIBED, attachments=(picture(),))
        await bot.press("Describe again")
        await bot.work.idle()

        first, second = [order for order, _ in bot.engine.submitted]
        assert second == first


async def test_a_picture_that_is_replied_to_is_described(tmp_path):
    async with service(tmp_path) as bot:
        await bot.say("/describe", quoted=Quoted("Bob", "", "m1", (picture(),)))
        await bot.work.idle()

        assert len(bot.engine.submitted[0][0].images) == 1


async def test_a_link_is_fetched_and_described(tmp_path):
    async with service(tmp_path) as bot:
        bot.engine.pictures["https://example.org/fox.png"] = png("green")
        await bot.say("/describe https://example.org/fox.png")
        await bot.work.idle()

        (digest,) = bot.engine.submitted[0][0].images
        assert await bot.storage.files.get(digest) == png("green")


async def test_a_link_that_leads_nowhere_is_one_sentence(tmp_path):
    async with service(tmp_path) as bot:
        bot.engine.pictures["http://10.0.0.1/a.png"] = Refused("a private network", kind=Kind.FORBIDDEN)
        await bot.say("/describe http://10.0.0.1/a.png")

        assert bot.chat().notices == ["I cannot get a picture from that link; send the picture along."]


async def test_shortened_prompts_are_choices_and_details_stay_the_services_own(tmp_path):
    async with service(tmp_path) as bot:
        await in_words(bot, "/shorten a very beautiful red fox standing", SHORTENED, DETAILS)
        assert labels(bot.chat().last) == ["1", "2", "3", "Show Details"]
        await bot.press("3")

        assert bot.chat().questions[0].default == "fox"


async def test_a_face_goes_onto_the_picture_that_is_replied_to(tmp_path):
    async with service(tmp_path) as bot:
        scene = picture("green")
        await bot.say("/swap", attachments=(picture("red"),), quoted=Quoted("Bob", "", "m1", (scene,)))
        await bot.work.idle()

        face, onto = bot.engine.submitted[0][0].images
        assert await bot.storage.files.get(face) == png("red")
        assert await bot.storage.files.get(onto) == png("green")


async def test_an_edit_needs_a_picture_and_words(tmp_path):
    async with service(tmp_path) as bot:
        await bot.say("/edit make it winter")
        assert "Send a picture along" in bot.chat().notices[0]
        await bot.say("/edit make it winter", attachments=(picture(),))
        await bot.work.idle()

        order = bot.engine.submitted[0][0]
        assert (order.verb, order.prompt, len(order.images)) == ("edit", "make it winter", 1)


async def test_what_the_service_lacks_is_told_in_one_sentence(tmp_path):
    async with service(tmp_path) as bot:
        bot.engine.outcomes.append(Unsupported("Invalid URL (POST /mj/submit/edits)"))
        await bot.say("/edit make it winter", attachments=(picture(),))
        await bot.chat().until(lambda chat: chat.messages and not chat.last.growing)

        assert labels(bot.chat().last) == ["Retry"]


# --- reading --------------------------------------------------------------------------------


def found(text):
    return candidates(
        Job("j", HERE, ANN, "e", Order("", verb="describe"), progress=Progress(Stage.DONE, text=text))
    )


def test_candidates_are_read_with_keycaps_numbers_or_neither():
    assert found(DESCRIBED)[1] == "winter wildlife"
    assert found("1. one\n2) two") == ["one", "two"]
    assert found("one\r\ntwo\r\n\r\nthree") == ["one", "two", "three"]
    assert found(SHORTENED) == ["red fox standing", "red fox", "fox"]
    assert found("") == []


@given(
    st.lists(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1).filter(lambda t: t[0] != "#"))
)
def test_every_candidate_arrives_whatever_it_says(words):
    assert found("\n\n".join(f"{n}️⃣ {each}" for n, each in enumerate(words[:9], 1))) == words[:9]


# --- /jobs, /cancel, /seed --------------------------------------------------------------------


async def test_jobs_under_way_are_listed_and_ones_own_can_be_cancelled_there(tmp_path):
    async with service(tmp_path) as bot:
        bot.engine.outcomes += [Accepted("one"), Accepted("two")]
        await bot.say("/imagine a red fox")
        await bot.say("/imagine a grey wolf", author=BOB)
        await bot.work.idle()
        await bot.say("/jobs")
        listed = bot.chat().last
        assert "a grey wolf" in listed.text
        assert "a red fox" in listed.text
        assert labels(listed) == ["Cancel 2"]
        await bot.say("/jobs mine")
        assert "wolf" not in bot.chat().last.text
        await bot.press("Cancel 1")
        await bot.work.idle()

        assert bot.engine.cancelled == ["one"]
        await bot.say("/jobs mine")
        assert "Nothing is under way" in bot.chat().last.text


async def test_an_admin_may_cancel_any(tmp_path):
    async with service(tmp_path) as bot:
        await bot.say("/imagine a red fox")
        await bot.work.idle()
        await bot.say("/jobs", author=ADA)

        assert labels(bot.chat().last) == ["Cancel 1"]


async def test_cancel_takes_the_job_that_is_replied_to_or_ones_newest(tmp_path):
    async with service(tmp_path) as bot:
        bot.engine.outcomes += [Accepted("one"), Accepted("two"), Accepted("three")]
        for what in ("a fox", "a wolf", "a bear"):
            await bot.say(f"/imagine {what}")
            await bot.work.idle()
        cards = list(bot.chat().messages)
        await bot.say("/cancel", author=BOB)
        await bot.say("/cancel", author=BOB, quoted=Quoted("bot", "", cards[0]))
        assert bot.chat().notices == ["Nothing of yours is under way here.", "Only Ann can cancel this."]
        await bot.say("/cancel", quoted=Quoted("bot", "", cards[0]))
        await bot.say("/cancel")

        assert bot.engine.cancelled == ["one", "three"]


async def test_a_seed_is_asked_for_once(tmp_path):
    class Tells(ScriptedEngine):
        def __init__(self):
            super().__init__()
            self.seeds = [Unavailable("slow"), "636646138"]

        async def seed(self, task):
            told = self.seeds.pop(0)
            if isinstance(told, str):
                return told
            raise told

    async with service(tmp_path, engine=Tells()) as bot:
        await bot.say("/seed")
        assert "Reply to a finished picture" in bot.chat().notices[0]
        bot.engine.outcomes.append(Accepted("t"))
        await bot.say("/imagine a fox")
        await bot.work.idle()
        bot.finish("t")
        await bot.chat().until(lambda chat: chat.last.images and not chat.last.growing)
        await bot.say("/seed")
        assert "try again later" in bot.chat().notices[1]
        for _ in range(2):
            await bot.say("/seed")
            assert "`--seed 636646138`" in bot.chat().last.text


async def test_where_no_seeds_are_told_that_is_said(tmp_path):
    async with service(tmp_path) as bot:
        bot.engine.outcomes.append(Accepted("t"))
        await bot.say("/imagine a fox")
        await bot.work.idle()
        bot.finish("t")
        await bot.chat().until(lambda chat: chat.last.images and not chat.last.growing)
        await bot.say("/seed")

        assert bot.chat().notices == ["The picture service does not tell seeds."]
