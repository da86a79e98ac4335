"""The gallery: leafing, searching, families, again, deleting; and pictures cut out of grids."""

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.features.jobs.crops import quarters
from bot.features.painting.gallery import View, _mark
from bot.jobs import Accepted, Action, Job, Order, Progress, Removed, Stage, new_id
from bot.messages import Button, Channel, Content, Person
from bot.prompts import with_seed
from tests.scripted import ADA, ANN, BOB, HERE, labels, png, service

ELSEWHERE = Channel("fake", "2")
UPSCALES = tuple(Action(f"MJ::JOB::upsample::{n}::x", f"U{n}", f"upscale:{n}") for n in range(1, 5))
TRUSTED = replace(ADA, trusted=True)


async def painted(
    bot, prompt: str = "a red fox", *actions: Action, data: bytes = b"", at: float = 0.0, **fields
):
    """A finished job with a picture, and its card."""
    digest = await bot.storage.files.put(data or png())
    channel = fields.get("channel", HERE)
    message = await bot.chat(channel).send(Content(f"card of {prompt}"), key=new_id())
    bot.painted = getattr(bot, "painted", 0) + 1
    job = Job(
        new_id(),
        channel,
        fields.get("owner", ANN),
        "scripted",
        Order(prompt),
        stage=Stage.DONE,
        settled=True,
        task=f"task-{bot.painted}",
        message=message,
        results=(f"{digest}.png",),
        progress=Progress(Stage.DONE, actions=actions),
        created=at or bot.painted,
        finished=at or bot.painted,
        parent=fields.get("parent", ""),
        action=fields.get("action"),
    )
    await bot.storage.jobs.add(job)
    await bot.work.idle()
    return job


def quoted(bot) -> str:
    """What the newest message of the gallery shows."""
    return next(
        line.removeprefix("> ") for line in bot.chat().last.text.splitlines() if line.startswith("> ")
    )


async def test_the_newest_picture_is_shown_and_the_arrows_lead_through_all_of_them(tmp_path):
    async with service(tmp_path) as bot:
        for name in ("one", "two", "three"):
            await painted(bot, name)
        await bot.say("/gallery")
        shown = bot.chat().last
        assert quoted(bot) == "three"
        assert shown.note.startswith("3 pictures · Ann · 1970-01-01")
        assert await shown.images[0].load() == png()
        assert "◀" not in labels(shown)
        seen = []
        for arrow in ("▶", "▶", "◀", "◀"):
            await bot.press(arrow)
            seen.append(quoted(bot))
        assert seen == ["two", "one", "two", "three"]
        assert len(bot.chat().messages) == 4  # the cards, and one message of the gallery


async def test_leafing_goes_on_after_a_restart_and_past_what_is_new(tmp_path):
    async with service(tmp_path) as bot:
        for name in ("one", "two"):
            await painted(bot, name)
        await bot.say("/gallery")
        platform = bot.platform
    async with service(tmp_path, platform=platform) as bot:
        bot.painted = 2
        await painted(bot, "three")
        gallery = list(bot.chat().messages)[2]
        await bot.press("▶", on=gallery)
        assert "> one" in bot.chat().messages[gallery].text
        for _step in range(2):
            await bot.press("◀", on=gallery)
        assert "> three" in bot.chat().messages[gallery].text


async def test_a_search_is_kept_by_its_buttons_however_long_it_is(tmp_path):
    words = "a very particular red fox under a hollow tree"
    async with service(tmp_path) as bot:
        await painted(bot, f"{words}, one")
        await painted(bot, "a hen")
        await painted(bot, f"{words}, two")
        for search in (words, "red FOX"):
            await bot.say(f"/gallery {search}")
            assert quoted(bot).endswith("two")
            assert f"2 pictures with “{search}”" in bot.chat().last.note
            await bot.press("▶")
            assert quoted(bot).endswith("one")
            assert "▶" not in labels(bot.chat().last)


async def test_nothing_found_is_said(tmp_path):
    async with service(tmp_path) as bot:
        await bot.say("/gallery")
        assert bot.chat().last.text == "There are no pictures yet; /imagine paints one."
        await bot.say("/gallery wolf")
        assert "wolf" in bot.chat().last.text


async def test_mine_are_from_everywhere_and_here_are_everybody_s(tmp_path):
    async with service(tmp_path) as bot:
        await painted(bot, "elsewhere", channel=ELSEWHERE)
        await painted(bot, "Bob's", owner=BOB)
        await bot.say("/gallery", direct=False)
        assert quoted(bot) == "Bob's"
        assert bot.chat().last.note.startswith("1 picture ")
        for wish in ("whose=mine", "mine"):
            await bot.say(f"/gallery {wish}", direct=False)
            assert quoted(bot) == "elsewhere"
        await bot.say("/gallery here")
        assert quoted(bot) == "Bob's"
        await bot.say("/gallery")  # in a direct chat
        assert quoted(bot) == "elsewhere"


async def test_of_several_pictures_the_first_is_shown_and_the_buttons_bring_all(tmp_path):
    async with service(tmp_path) as bot:
        job = await painted(bot, "four foxes")
        await bot.storage.jobs.update(job.id, results=job.results * 4)
        await bot.say("/gallery")
        assert len(bot.chat().last.images) == 1
        assert "the first of 4" in bot.chat().last.note
        await bot.press("Show buttons")
        assert len(bot.chat().last.images) == 4


async def test_nobody_leafs_through_what_is_somebody_else_s_alone(tmp_path):
    async with service(tmp_path) as bot:
        await painted(bot, "secret", channel=ELSEWHERE)
        await painted(bot, "public")
        await bot.say("/gallery whose=mine", direct=False)
        await bot.press("▶", author=BOB)
        assert bot.chat().notices == ["These are the pictures of Ann; /gallery shows yours."]
        await bot.press("▶")
        await bot.press("Show buttons", author=BOB)
        assert bot.chat().notices[1:] == ["That picture is not there any more."]


async def test_again_orders_the_same_once_more(tmp_path):
    async with service(tmp_path) as bot:
        job = await painted(bot, "a red fox --ar 16:9")
        await bot.say("/gallery", direct=False)
        await bot.press("Again", author=BOB)
        await bot.work.idle()

        ((order, _ref),) = bot.engine.submitted
        assert order == job.order
        (child,) = await bot.storage.jobs.children(job.id)
        assert (child.owner.id, child.channel) == (BOB.id, HERE)


async def test_again_of_a_button_s_picture_presses_that_button_again(tmp_path):
    async with service(tmp_path) as bot:
        grid = await painted(bot, "a fox", *UPSCALES)
        await painted(bot, "a fox", parent=grid.id, action=UPSCALES[1])
        await bot.say("/gallery")
        await bot.press("Again")
        await bot.work.idle()

        ((task, action, _ref),) = bot.engine.acted
        assert (task, action) == (grid.task, UPSCALES[1])


async def test_a_seed_that_nobody_tells_is_not_offered(tmp_path, monkeypatch):
    async def offered(verb: str = "") -> bool:
        return verb != "seed"

    async with service(tmp_path) as bot:
        monkeypatch.setattr(bot.engine, "offered", offered)
        await painted(bot, "a red fox")
        await bot.say("/gallery")

        assert "Again" in labels(bot.chat().last)
        assert "Again with this seed" not in labels(bot.chat().last)


async def test_again_with_this_seed_asks_for_it_where_it_is_not_known(tmp_path, monkeypatch):
    async with service(tmp_path) as bot:
        asked = []

        async def seed(task: str) -> str:
            asked.append(task)
            return "4242"

        monkeypatch.setattr(bot.engine, "seed", seed)
        job = await painted(bot, "a red fox --seed 1 --ar 16:9")
        await bot.say("/gallery")
        for _time in range(2):
            await bot.press("Again with this seed")
        await bot.work.idle()

        assert asked == [job.task]
        assert {order.prompt for order, _ref in bot.engine.submitted} == {"a red fox --ar 16:9 --seed 4242"}


async def test_a_family_is_shown_as_a_tree_and_leafed_through(tmp_path):
    async with service(tmp_path) as bot:
        grid = await painted(bot, "a red fox", *UPSCALES)
        large = await painted(bot, "a red fox", parent=grid.id, action=UPSCALES[1])
        await painted(bot, "a stranger")
        await painted(bot, "a red fox", parent=large.id, action=Action("z", "Zoom Out 2x", "zoom:2"))
        await bot.say("/gallery fox")
        await bot.press("Family")
        tree = "- a red fox\n  - U2\n    - **Zoom Out 2x**"
        assert bot.chat().last.text.endswith(tree)
        assert bot.chat().last.note.startswith("3 of 3 in the family")
        await bot.press("◀")
        assert "  - **U2**\n" in bot.chat().last.text
        await bot.press("Back to the gallery")
        assert "3 pictures with “fox”" in bot.chat().last.note


async def test_the_buttons_of_a_picture_are_shown_again_and_work(tmp_path):
    async with service(tmp_path) as bot:
        job = await painted(bot, "a red fox", *UPSCALES)
        await bot.say("/gallery")
        await bot.press("Show buttons")
        assert labels(bot.chat().last)[:4] == ["U1", "U2", "U3", "U4"]
        await bot.press("U3")
        await bot.work.idle()

        assert bot.engine.acted[0][:2] == (job.task, UPSCALES[2])


async def test_one_s_own_picture_of_another_place_goes_on_here(tmp_path):
    async with service(tmp_path) as bot:
        job = await painted(bot, "a red fox", *UPSCALES, channel=ELSEWHERE)
        await bot.say("/gallery")
        await bot.press("Show buttons")
        shown = list(bot.chat().messages)[-1]
        await bot.press("U3")
        await bot.press("U4", author=BOB)
        await bot.work.idle()

        (child,) = await bot.storage.jobs.children(job.id)
        assert (child.channel, child.reply_to) == (HERE, shown)
        assert bot.chat().notices == ["I no longer have the picture behind this button."]


async def test_a_deleted_picture_is_gone_with_its_card_and_the_next_one_is_shown(tmp_path):
    async with service(tmp_path) as bot:
        first, second = await painted(bot, "one"), await painted(bot, "two")
        await bot.say("/gallery")
        await bot.press("Delete")
        assert labels(bot.chat().last) == ["Delete for good", "Keep it"]
        await bot.press("Keep it")
        await bot.press("Delete")
        await bot.press("Delete for good")
        await bot.work.idle()
        assert quoted(bot) == "one"
        assert second.message not in bot.chat().messages
        assert (await bot.storage.jobs.get(second.id)).removed is Removed.DELETED
        await bot.press("Delete")
        await bot.press("Delete for good")
        await bot.work.idle()
        assert bot.chat().last.text == "There are no pictures yet; /imagine paints one."
        assert first.message not in bot.chat().messages


async def test_only_the_owner_and_admins_delete(tmp_path):
    async with service(tmp_path) as bot:
        job = await painted(bot, "one")
        await bot.say("/gallery", direct=False)
        await bot.press("Delete", author=BOB)
        assert bot.chat().notices == ["Only Ann can delete this."]
        await bot.press("Delete", author=TRUSTED)
        await bot.press("Delete for good", author=BOB)
        assert not (await bot.storage.jobs.get(job.id)).removed
        await bot.press("Delete for good", author=TRUSTED)
        assert (await bot.storage.jobs.get(job.id)).removed
        await bot.say("/gallery", author=BOB, direct=False)
        assert "Delete" not in labels(bot.chat().last)


async def test_buttons_of_a_picture_that_was_deleted_meanwhile_say_so(tmp_path):
    async with service(tmp_path) as bot:
        job = await painted(bot, "one", *UPSCALES)
        await bot.say("/gallery")
        await bot.storage.jobs.update(job.id, removed=Removed.DELETED)
        for label in ("Again", "Show buttons", "✂ 1"):
            await bot.press(label)

        assert bot.chat().notices == ["That picture is not there any more."] * 3
        assert bot.engine.submitted == []


async def test_buttons_still_act_when_the_picture_itself_is_too_old_to_be_kept(tmp_path):
    async with service(tmp_path) as bot:
        bot.engine.outcomes.append(Accepted("grid"))
        await bot.say("/imagine a fox")
        await bot.chat().until(lambda chat: len(chat.messages) == 1)
        bot.finish("grid", *UPSCALES)
        await bot.chat().until(lambda chat: bool(chat.last.images) and not chat.last.growing)
        await bot.work.idle()
        (job,) = await bot.storage.jobs.named(HERE)
        await bot.storage.jobs.update(job.id, removed=Removed.EXPIRED, results=())
        before = bot.chat().messages[job.message]
        await bot.press("U1")
        await bot.work.idle()

        assert bot.engine.acted[0][:2] == ("grid", UPSCALES[0])
        assert bot.chat().messages[job.message] == before  # its picture is the platform's by now
        await bot.press("Crops")
        assert bot.chat().notices == ["I no longer have the picture behind this button."]


# --- crops ----------------------------------------------------------------------------------------


def grid(size: tuple[int, int] = (64, 48), mode: str = "RGB") -> bytes:
    """Red and green above, blue and white below."""
    picture = Image.new(mode, size)
    width, height = size[0] // 2, size[1] // 2
    for place, colour in enumerate(("red", "lime", "blue", "white")):
        left, top = place % 2 * (size[0] - width), place // 2 * (size[1] - height)
        picture.paste(colour, (left, top, left + width, top + height))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def colours(data: bytes) -> list[tuple[int, tuple[int, ...]]]:
    with Image.open(io.BytesIO(data)) as picture:
        return picture.getcolors()


@pytest.mark.parametrize("size", [(64, 48), (65, 49), (2, 2)])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_grid_is_cut_along_its_middle(size, mode):
    parts = quarters(grid(size, mode))
    pixels = (size[0] // 2) * (size[1] // 2)

    assert [colours(part)[0][0] for part in parts] == [pixels] * 4
    assert [colours(part)[0][1][:3] for part in parts] == [
        (255, 0, 0),
        (0, 255, 0),
        (0, 0, 255),
        (255, 255, 255),
    ]


async def test_the_card_of_a_grid_offers_its_four_pictures(tmp_path):
    async with service(tmp_path) as bot:
        bot.engine.pictures["http://x/1.png"] = grid()
        bot.engine.outcomes.append(Accepted("grid"))
        await bot.say("/imagine a fox")
        await bot.chat().until(lambda chat: len(chat.messages) == 1)
        bot.finish("grid", *UPSCALES)
        await bot.chat().until(lambda chat: bool(chat.last.images) and not chat.last.growing)
        await bot.press("Crops", author=BOB)
        album = bot.chat().last
        assert [colours(await each.load())[0][1] for each in album.files] == [
            (255, 0, 0),
            (0, 255, 0),
            (0, 0, 255),
            (255, 255, 255),
        ]
        assert [each.name.rpartition("-")[2] for each in album.files] == ["1.png", "2.png", "3.png", "4.png"]
        await bot.say("/gallery")
        await bot.press("✂ 3")
        (third,) = bot.chat().last.files
        assert colours(await third.load())[0][1] == (0, 0, 255)


async def test_a_single_picture_is_not_cut(tmp_path):
    async with service(tmp_path) as bot:
        await painted(bot, "a fox", *UPSCALES[:2])
        await bot.say("/gallery")
        await bot.press("Show buttons")

        assert labels(bot.chat().last) == ["U1", "U2"]


# --- data -------------------------------------------------------------------------------------------


@given(st.text(max_size=200), st.sampled_from(["older", "newer", "surely", "delete", "again"]))
def test_every_button_of_every_search_fits(words, verb):
    job = Job(new_id(), HERE, Person("fake:ann", "Ann"), "scripted", Order("a fox"))
    view = View("m", words.encode(errors="replace").decode())

    data = Button("x", view.data(verb, job)).data
    assert data.split(":", 4)[:4] == ["gallery", verb, job.id, "m"]
    assert data.split(":", 4)[4] == _mark(view.words)


@pytest.mark.parametrize(
    ("prompt", "seeded"),
    [
        ("a fox", "a fox --seed 7"),
        ("a fox --seed 1", "a fox --seed 7"),
        ("a fox --seed 1 --ar 1:1", "a fox --ar 1:1 --seed 7"),
        ("a fox --seed --ar 1:1", "a fox --ar 1:1 --seed 7"),
        ("a fox --sameseed 1", "a fox --sameseed 1 --seed 7"),
        ("--seed 1", " --seed 7"),
    ],
)
def test_a_prompt_has_one_seed(prompt, seeded):
    assert with_seed(prompt, "7") == seeded
