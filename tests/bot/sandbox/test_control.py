"""Steering by tests: faults, time, dialect, and the ledger."""

import aiohttp
import pytest

from bot.sandbox import Sandbox
from tests.bot.sandbox.caller import calling, data_url


@pytest.fixture
async def direct():
    async with calling(dialect="direct") as caller:
        yield caller


async def test_a_fault_is_for_the_next_request_of_its_path(direct):
    await direct.control(
        faults=[{"path": "/mj/submit/*", "status": 503, "body": {"error": "no"}, "times": 2, "skip": 1}]
    )

    answers = [await direct.post("/mj/submit/imagine", {"prompt": "a fox"}) for _ in range(4)]
    fetched = await direct.get("/mj/task/1/fetch")

    assert [answer.status for answer in answers] == [200, 503, 503, 200]
    assert answers[1].json == {"error": "no"}
    assert fetched.status == 200
    assert len((await direct.ledger())["submits"]) == 2


async def test_an_answer_may_be_replaced_after_the_submit_was_accepted(direct):
    await direct.control(
        faults=[{"path": "/mj/submit/imagine", "status": 502, "body": "<html>", "after": True}]
    )

    answer = await direct.post("/mj/submit/imagine", {"prompt": "a fox", "state": "mark"})

    assert (answer.status, answer.text) == (502, "<html>")
    assert [s["state"] for s in (await direct.ledger())["submits"]] == ["mark"]


@pytest.mark.parametrize(("drop", "accepted"), [("before", 0), ("after", 1)])
async def test_a_connection_may_be_dropped_before_or_after_accepting(direct, drop, accepted):
    await direct.control(faults=[{"method": "POST", "path": "/mj/*", "drop": drop}])

    with pytest.raises(aiohttp.ClientError):
        await direct.post("/mj/submit/imagine", {"prompt": "a fox"})

    assert len((await direct.ledger())["submits"]) == accepted


async def test_a_hang_up_by_prompt_was_accepted(direct):
    with pytest.raises(aiohttp.ClientError):
        await direct.post("/mj/submit/imagine", {"prompt": "hangup a fox"})

    assert len((await direct.ledger())["submits"]) == 1


async def test_a_trick_may_be_played_on_a_button(direct):
    await direct.control(dialect="trueai")
    task = await direct.done("a fox")
    await direct.control(faults=[{"path": "/mj/submit/action", "trick": "fail"}])

    failed = await direct.until((await direct.press(task, "U1")).json["result"])

    assert failed["status"] == "FAILURE"
    assert (await direct.until((await direct.press(task, "U1")).json["result"]))["status"] == "SUCCESS"


async def test_a_trick_may_be_played_on_a_chat(direct):
    await direct.control(faults=[{"path": "/v1/chat/completions", "trick": "blank"}])

    assert [await direct.say("hello") == "" for _ in range(2)] == [True, False]


async def test_faults_that_are_left_can_be_forgotten(direct):
    await direct.control(faults=[{"status": 500}])

    assert (await direct.control(clear=True)).json["faults"] == 0
    assert (await direct.get("/v1/models")).status == 200


@pytest.mark.parametrize(
    "wanted",
    [
        {"faults": [{"what": 1}]},
        {"faults": [{"drop": "sometimes"}]},
        {"dialect": "klingon"},
        {"switches": {"nothing": 1}},
        {"unknown": 1},
        {"speed": "fast"},
    ],
)
async def test_wrong_steering_is_refused(direct, wanted):
    assert (await direct.control(**wanted)).status == 400


async def test_steering_must_be_json_and_say_so(direct):
    answer = await direct.send("POST", "/_sandbox/control", data="{}", headers={"Content-Type": "text/plain"})

    assert answer.status == 400


async def test_time_can_be_frozen_and_runs_on_from_there(direct):
    await direct.control(frozen=True)
    task = await direct.imagine("a fox")
    first = await direct.fetch(task)
    second = await direct.fetch(task)
    await direct.control(frozen=False)

    assert first["status"] == second["status"] == "NOT_START"
    assert (await direct.until(task))["status"] == "SUCCESS"


async def test_the_speed_can_be_changed_on_the_way():
    async with calling(dialect="direct", speed=0.01) as direct:
        task = await direct.imagine("a fox")
        await direct.control(speed=1000)

        assert (await direct.until(task))["finishTime"] > 0


async def test_a_task_can_be_cancelled_by_somebody_else(direct):
    task = await direct.imagine("stuck a fox")
    await direct.control(cancel=task)

    assert (await direct.fetch(task))["status"] == "FAILURE"


async def test_the_ledger_tells_what_was_ordered_twice(direct):
    await direct.imagine("a fox", state="one")
    await direct.imagine("a cat", state="two")
    twice = await direct.imagine("a fox", state="one")

    ledger = await direct.ledger()

    assert list(ledger["repeated"]) == [" one"]
    assert twice in ledger["repeated"][" one"]
    assert ledger["counts"] == {"": {"imagine": 3}}


async def test_the_ledger_knows_prices_and_refunds():
    async with calling(dialect="relay") as relay:
        good, bad = await relay.done("a fox"), await relay.done("fail a fox")
        single = await relay.until((await relay.press(good, "U1")).json["result"])
        zoom = (await relay.press(single, "Custom Zoom")).json["result"]
        await relay.post("/mj/submit/modal", {"taskId": zoom, "prompt": "a fox --zoom 2"})

        entries = {entry["id"]: entry for entry in (await relay.ledger())["submits"]}

    assert (entries[good["id"]]["price"], entries[good["id"]]["refunded"]) == (0.1, False)
    assert entries[bad["id"]]["refunded"] is True
    assert entries[single["id"]]["price"] == 0.05
    assert (entries[zoom]["price"], entries[zoom]["confirmations"]) == (0.1, 1)  # the form pays


async def test_the_ledger_keeps_what_was_refused_and_counts_requests(direct):
    await direct.post("/mj/submit/imagine", {"prompt": "queuefull a fox"})
    await direct.get("/mj/task/1/fetch")
    await direct.get("/mj/task/2/fetch")

    ledger = await direct.ledger()

    assert [entry["code"] for entry in ledger["refused"]] == [23]
    assert ledger["requests"]["GET /mj/task/*/fetch"] == 2
    assert ledger["submits"] == []


async def test_bodies_are_kept_without_the_bytes_of_pictures(direct):
    url = data_url(b"x" * 3000)
    parts = [{"type": "image_url", "image_url": {"url": url}}]
    await direct.post(
        "/v1/chat/completions", {"model": "sandbox-chat", "messages": [{"role": "user", "content": parts}]}
    )

    kept = (await direct.ledger())["chats"][-1]["body"]["messages"][0]["content"][0]["image_url"]["url"]

    assert kept.startswith(f"data:image/png;base64,…{len(url)} characters, ")


async def test_a_taken_port_is_an_error_at_once():
    async with Sandbox() as first:
        port = int(first.url.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"):
            async with Sandbox(port=port):
                pass


async def test_an_unknown_dialect_is_refused():
    with pytest.raises(ValueError, match="klingon"):
        Sandbox(dialect="klingon")
