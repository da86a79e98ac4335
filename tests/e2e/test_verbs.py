"""All that is done with pictures and prompts, with the real process, over the dialects of gateways."""

import io

import pytest
from PIL import Image

from tests.e2e.harness import bot, page, sandbox
from tests.e2e.mixed import ledger_of


def picture(color: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (320, 240), color).save(out, "PNG")
    return out.getvalue()


def newest(person):
    return list(person.ours())[-1]


def one(person, kind):
    """A post of that kind, if there is one."""
    return next((name for name, post in person.posts.items() if post["kind"] == kind), None)


@pytest.mark.parametrize("dialect", ["relay", "direct", "trueai"])
async def test_every_verb(tmp_path, dialect):
    async with (
        sandbox(tmp_path, speed=60.0, dialect=dialect) as gateway,
        bot(tmp_path, GATEWAY_URL=gateway.url, GATEWAY_KEY="sk-test") as program,
        page(program.url) as person,
    ):

        async def ended(before: int) -> str:
            """The message after so many, once it has come to its end."""
            await person.until(lambda seen: len(seen.settled()) > before and len(seen.ours()) > before)
            return newest(person)

        async def said(words: str, *colours: str) -> str:
            before = len(person.ours())
            files = [await person.upload(f"{each}.png", picture(each)) for each in colours]
            await person.say(words, files)
            return await ended(before)

        # What a picture would be called, and painting one of these.
        described = await said("/describe", "orange")
        assert {"1", "2", "3", "4", "Paint all", "Describe again"} <= set(person.labels(described))
        before = len(person.ours())
        await person.press(described, "2")
        await person.answer(
            await person.until(lambda seen: one(seen, "question")), "a red fox in the snow --ar 3:2"
        )
        painted = await ended(before)
        assert person.posts[painted]["rest"]["images"]

        better = await said("/improve a fox --ar 2:3")
        assert person.labels(better) == ["1", "2", "3"]

        # What a service of that kind lacks is told in one sentence, with a way on.
        for words, colours, kinds in (
            (
                "/shorten a very beautiful red fox that is standing in the deep white snow",
                (),
                ("relay", "trueai"),
            ),
            ("/blend landscape", ("red", "blue"), ("relay", "direct", "trueai")),
            ("/swap", ("red", "blue"), ("relay", "trueai")),
            ("/edit make it winter", ("green",), ("relay", "trueai")),
        ):
            card = await said(words, *colours)
            shown = person.posts[card]["rest"]
            if dialect in kinds:
                assert shown["images"] or "1" in person.labels(card), (dialect, words, person.markdown(card))
            else:
                assert person.labels(card) == ["Retry"], (dialect, words)

        # A wrong flag costs nothing.
        orders = len(await ledger_of(gateway.url))
        await person.say("/imagine a fox --aspekt 1:1")
        notice = await person.until(lambda seen: one(seen, "notice"))
        assert "--aspect" in person.posts[notice]["html"]
        assert len(await ledger_of(gateway.url)) == orders

        seed = await said("/seed") if dialect != "direct" else ""
        assert dialect == "direct" or "--seed" in person.markdown(seed)
        jobs = await said("/jobs")
        assert "Nothing is under way" in person.markdown(jobs)


@pytest.mark.parametrize("dialect", ["relay", "trueai"])
async def test_a_region_is_repainted_from_words_and_from_cells(tmp_path, dialect):
    async with (
        sandbox(tmp_path, speed=60.0, dialect=dialect) as gateway,
        bot(tmp_path, GATEWAY_URL=gateway.url, GATEWAY_KEY="sk-test") as program,
        page(program.url) as person,
    ):
        await person.say("/imagine a red fox in the snow --v 6.1")
        await person.until(lambda seen: len(seen.pictures()) == 1)
        (grid,) = person.pictures()
        await person.press(grid, "U1")
        await person.until(lambda seen: len(seen.pictures()) == 2)
        single = next(name for name in person.pictures() if name != grid)
        region = next(label for label in person.labels(single) if "Region" in label)
        await person.press(single, region)
        cells = await person.until(
            lambda seen: next((name for name in seen.settled() if name not in (grid, single)), None)
        )
        assert person.labels(cells)[:9] == [str(number) for number in range(1, 10)]
        await person.press(cells, "In words")
        await person.answer(await person.until(lambda seen: one(seen, "question")), "top left: a moon")
        await person.until(lambda seen: len(seen.pictures()) == 4)  # the numbered copy is one
        await person.press(cells, "9")
        await person.press(cells, "Go")
        await person.answer(await person.until(lambda seen: one(seen, "question")), "a small house")
        await person.until(lambda seen: len(seen.pictures()) == 5)
        submits = await ledger_of(gateway.url)

    assert len(submits) >= 4
