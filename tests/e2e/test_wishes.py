"""Talking to pictures, and a model that paints, with the real process: taps, restarts, and what was paid."""

import asyncio
import random

from tests.e2e.discord import BRISK
from tests.e2e.discord import scene as discord
from tests.e2e.harness import bot, page, sandbox
from tests.e2e.mixed import ledger_of
from tests.e2e.telegram import scene
from tests.emulators.discord import Discord
from tests.emulators.telegram import Flood, Telegram


async def test_a_reply_to_a_picture_becomes_a_plan_that_outlives_a_kill(tmp_path):
    async with scene(tmp_path, Telegram(flood=Flood()), speed=20.0) as at:
        ann = at.server.user("Ann")
        at.server.say(ann, ann, "/imagine a red fox --ar 3:2")
        grid = await at.painted(ann)
        at.server.say(ann, ann, "the second one, more fog, and zoom out", reply_to=grid)
        proposal = await at.last(ann, lambda one: "Do it" in one.labels)
        before = len(await ledger_of(at.gateway.url))
        await at.pressed(ann, ann, proposal, "Do it")
        await at.server.until(lambda: len(at.rows("SELECT id FROM jobs WHERE task != ''")) == 2, 20)
        await at.program.kill()
        await at.program.start()
        await at.painted(ann, 3)
        at.server.say(ann, ann, "what is this?", reply_to=grid)
        answer = await at.last(ann, lambda one: "Retry" in one.labels and one.id > proposal.id + 2)
        await at.idle()
        verbs = [row[0] for row in at.rows("SELECT verb FROM jobs ORDER BY created")]
        submits = await ledger_of(at.gateway.url)

    assert "1. Upscale picture 2" in proposal.text
    assert "2. Zoom out: “a red fox, more fog --ar 3:2" in proposal.text
    assert before == 1
    assert verbs == ["imagine", "upscale", "zoom"]
    assert [each["verb"] for each in submits] == ["imagine", "upscale", "custom_zoom"]
    assert submits[-1]["prompt"].startswith("a red fox, more fog")
    assert "Do it" not in answer.labels


async def test_a_model_paints_in_the_web_chat_when_it_is_asked_to(tmp_path):
    async with (
        sandbox(tmp_path, speed=40.0) as gateway,
        bot(tmp_path, GATEWAY_URL=gateway.url, GATEWAY_KEY="sk-test") as program,
        page(program.url) as person,
    ):

        def saying(label):
            return lambda seen: next((each for each in seen.settled() if label in seen.labels(each)), None)

        await person.say("draw me a lighthouse at dusk")
        proposal = await person.until(saying("Do it"))
        unasked = await ledger_of(gateway.url)
        await person.press(proposal, "Do it")
        await person.until(lambda seen: len(seen.pictures()) == 1)
        await person.say("make the second one large")
        await person.press(await person.until(saying("Do it")), "Do it")
        await person.until(lambda seen: len(seen.pictures()) == 2)
        await person.say("/settings paint auto")
        await person.say("draw me a red fox")
        await person.until(lambda seen: len(seen.pictures()) == 3)
        painted = next(each for each in reversed(person.settled()) if "I paint:" in person.markdown(each))
        await person.press(painted, "Retry")
        await person.until(
            lambda seen: "I paint:" in seen.markdown(painted) and "Retry" in seen.labels(painted)
        )
        await program.kill()
        await program.start()
        await person.say("/model sandbox-strict")
        await person.say("draw me a boat")
        await person.until(
            lambda seen: any(
                "boat" in seen.markdown(each) and "Retry" in seen.labels(each) for each in seen.settled()
            )
        )
        paid = await ledger_of(gateway.url)

    assert unasked == []
    assert "a lighthouse at dusk" in person.markdown(proposal)
    assert [each["verb"] for each in paid] == ["imagine", "upscale", "imagine"]


async def test_a_proposal_among_people_is_changed_in_a_form_and_done_by_another(tmp_path):
    async with discord(tmp_path, Discord(rates=BRISK), speed=100.0) as at:
        ann, bob = at.person("Ann"), at.person("Bob")
        place = at.room(ann, bob)
        await at.used(ann, place, "imagine", prompt="a red fox --ar 3:2")
        grid = await at.painted(place)
        at.server.say(ann, place, "upscale the second and zoom out", reply_to=grid)
        proposal = await at.last(place, lambda one: "Do it" in one.labels)
        opened = await at.pressed(ann, proposal, "Change")
        ((field, steps),) = opened.fields.items()
        await at.acknowledged(at.server.fill(opened, {field: "U3\nzoom out 1.5x"}))
        changed = await at.last(place, lambda one: "Upscale picture 3" in one.text)
        await at.pressed(bob, changed, "Do it")
        await at.painted(place, 3)
        await at.idle()
        paid = await ledger_of(at.gateway.url)

    assert proposal.id == changed.id
    assert steps == "upscale 2\nzoom 2"
    assert [each["verb"] for each in paid] == ["imagine", "upscale", "zoom"]
    assert "::upsample::3::" in paid[1]["customId"]


async def test_kills_leave_no_plan_undone_and_nothing_is_paid_twice(tmp_path):
    rng = random.Random(7)
    async with (
        sandbox(tmp_path, speed=10.0) as gateway,
        bot(tmp_path, GATEWAY_URL=gateway.url, GATEWAY_KEY="sk-test") as program,
        page(program.url) as person,
    ):

        async def kill() -> None:
            await asyncio.sleep(rng.uniform(0.05, 0.6))
            await program.kill()
            await program.start()

        await person.say("/settings paint auto")
        for number in range(3):
            await person.say(f"draw me a boat with {number} sails")
            await kill()
        await person.until(lambda seen: len(seen.pictures()) == 3)
        await person.say("/imagine a red fox --ar 3:2")
        await person.until(lambda seen: len(seen.pictures()) == 4)
        await person.say("upscale the second, zoom out, then zoom out 1.5x")
        proposal = await person.until(
            lambda seen: next((each for each in seen.settled() if "Do it" in seen.labels(each)), None)
        )
        await person.press(proposal, "Do it")
        for _ in range(4):
            await kill()
        await person.until(lambda seen: len(seen.pictures()) == 8)
        paid = await ledger_of(gateway.url)

    assert sorted(each["prompt"] for each in paid[:3]) == [
        f"a boat with {number} sails" for number in range(3)
    ]
    assert [each["verb"] for each in paid[3:]] == ["imagine", "upscale", "zoom", "upscale", "zoom"]
