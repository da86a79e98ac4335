"""What costs money is sent once, whatever happens; counted where it arrives."""

import asyncio
import socket

import pytest

from bot.engines.midjourney import Midjourney
from bot.errors import Kind, OutcomeUnknown, Refused, Unavailable
from bot.gateway.http import new_client
from bot.jobs import Action, Order
from tests.bot.engines.service import H0, Reply, accepted

CALLS = {
    "submit": "POST /mj/submit/imagine",
    "act": "POST /mj/submit/action",
    "change": "POST /mj/submit/change",
    "confirm": "POST /mj/submit/modal",
}
FAULTS = [
    Reply(fault="reset"),
    Reply(accepted("17"), fault="half"),
    Reply(fault="garbage"),
    Reply(fault="garbage"),
    Reply(fault="silent"),
    Reply(b"", 500),
    Reply("<html>bad gateway</html>", 502),
    Reply("<html>unavailable</html>", 503),
    Reply("<html>timeout</html>", 504),
    Reply("<html>origin timeout</html>", 524),
    Reply({"code": 5, "description": "do_request_failed ", "type": "upstream_error"}, 400),
    Reply('{"code":1,"description":"提交成', 200),
]


async def pay(engine, call: str) -> None:
    match call:
        case "submit":
            await engine.submit(Order("a fox"), [], "r")
        case "act":
            await engine.act("1", Action(f"MJ::JOB::upsample::1::{H0}", "U1"), "r")
        case "change":
            await engine.act("1", Action("change:UPSCALE:1", "U1"), "r")
        case "confirm":
            await engine.confirm("1", "a fox")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("fault", FAULTS, ids=[each.fault or str(each.status) for each in FAULTS])
async def test_an_unknown_outcome_is_told_and_never_tried_again(service, make, call, fault):
    service.on(CALLS[call], fault)

    with pytest.raises(OutcomeUnknown):
        await pay(make(patience=0.2), call)

    assert service.count(CALLS[call]) == 1
    assert len(service.asked) == 1


@pytest.mark.parametrize("call", CALLS)
async def test_a_connection_that_breaks_when_it_is_used_again_is_not_opened_anew(service, engine, call):
    service.on(CALLS[call], accepted("1"), Reply(fault="reset"))
    await pay(engine, call)

    with pytest.raises(OutcomeUnknown):
        await pay(engine, call)

    assert service.count(CALLS[call]) == 2


@pytest.mark.parametrize("call", CALLS)
async def test_where_nobody_listens_nothing_was_sent(make, call):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"

        with pytest.raises(Unavailable) as caught:
            await pay(make(url), call)

    assert caught.value.kind is Kind.UPSTREAM


async def test_a_host_that_does_not_exist_was_sent_nothing(make):
    with pytest.raises(Unavailable):
        await pay(make("http://no-such-host.invalid"), "submit")


@pytest.mark.parametrize("address", ["", "http://[", "ftp://h.example", "http://"])
async def test_what_is_no_address_is_refused_without_a_crash(make, client, address):
    with pytest.raises((Refused, Unavailable)):
        await pay(Midjourney(client, address, "k"), "submit")
    with pytest.raises(Unavailable):
        await Midjourney(client, address, "k").report(["1"])


async def test_a_server_without_tls_was_sent_nothing(service, make):
    with pytest.raises(Unavailable):
        await pay(make(service.url.replace("http:", "https:")), "submit")

    assert service.asked == []


async def test_waiting_in_vain_for_a_free_connection_is_sending_nothing(service):
    service.on(CALLS["submit"], Reply(accepted("1"), fault="late"))
    async with new_client(connections=1, connect=0.2) as client, asyncio.TaskGroup() as group:
        engine = Midjourney(client, service.url, "k")
        first = group.create_task(engine.submit(Order("a fox"), [], "r"))
        await service.until(CALLS["submit"])

        with pytest.raises(Unavailable):
            await pay(engine, "submit")
        service.wake()

    assert first.result().task == "1"
    assert service.count(CALLS["submit"]) == 1


@pytest.mark.parametrize("fault", FAULTS, ids=[each.fault or str(each.status) for each in FAULTS])
async def test_asking_is_never_an_unknown_outcome(service, make, fault):
    engine = make(patience=0.2)
    service.on("GET /mj/task/1/fetch", fault)
    service.on("POST /mj/task/list-by-condition", fault)
    service.on("GET /mj/task/list", fault)

    for question in (engine.report(["1"]), engine.report(["1", "2"]), engine.find("r")):
        try:
            await question
        except Unavailable:
            continue


async def test_a_wrong_key_on_a_service_that_reads_one_header_is_asked_twice_at_most(service, engine):
    service.on(CALLS["submit"], Reply("Authorization header missing.", 401))

    with pytest.raises(Exception, match="key") as caught:
        await pay(engine, "submit")

    assert caught.value.kind is Kind.KEY
    assert service.count(CALLS["submit"]) == 2
