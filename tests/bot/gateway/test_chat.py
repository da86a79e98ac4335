"""Talking with a gateway: deadlines, stopping, models, and what is found out without paying."""

import asyncio
import json
import socket

import httpx
import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from bot.errors import Broken, Kind, OutcomeUnknown, Refused, ServiceError, Silent
from bot.gateway.chat import Completions
from bot.messages import End, Ending, Prompt, Role, Text, Turn
from tests.bot.gateway.asking import Asker, hear, prompt
from tests.bot.gateway.server import DONE, GOOD, Gateway, Reply, delta, frame, head, stream, whole

HELLO, STOP = delta("Hello"), delta(finish="stop")
LISTING = whole(
    json.dumps({"data": [{"id": "dall-e-3"}, {"id": "mj-chat"}, {"id": "gpt-4o-mini"}, {"id": "whisper-1"}]})
)
WRONG_KEY = whole('{"error":{"message":"无效的令牌 (request id: 1)","type":"new_api_error"}}', 401)


# --- deadlines ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply",
    [
        Reply((), "hang"),
        stream(then="hang"),
        stream(b": PING\n\n", 0.05, b": PING\n\n", 0.05, b": PING\n\n", then="hang"),
        stream(
            frame({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}), then="hang"
        ),
        Reply((head(200, {"Content-Type": "application/json"}), b"\n", 0.05, b"\n"), "hang"),
    ],
    ids=["no headers", "no bytes", "only comments", "only a role", "only newlines"],
)
async def test_a_model_that_never_begins_is_given_up(reply: Reply, asker: Asker):
    asker.gateway.answers(reply)

    heard = await hear(asker.make(first_token=0.3, idle=30.0))

    assert isinstance(heard.error, Silent)
    assert heard.error.kind is Kind.TIMEOUT
    assert heard.pieces == []
    assert asker.tries == 1
    await asyncio.wait_for(asker.gateway.left.wait(), 10)


async def test_a_model_that_falls_silent_is_given_up_and_its_text_kept(asker: Asker):
    asker.gateway.answers(stream(HELLO, then="hang"))

    heard = await hear(asker.make(first_token=30.0, idle=0.2))

    assert heard.text == "Hello"
    assert isinstance(heard.error, Silent)
    await asyncio.wait_for(asker.gateway.left.wait(), 10)


async def test_any_bytes_show_that_it_is_not_silent(asker: Asker):
    pings = [part for _ in range(8) for part in (0.25, b": PING\n\n")]
    asker.gateway.answers(stream(HELLO, *pings, delta(" there"), STOP, DONE))

    heard = await hear(asker.make(first_token=1.0, idle=1.5))

    assert (heard.text, heard.error) == ("Hello there", None)


async def test_after_the_models_last_word_nothing_more_is_waited_for_long(
    asker: Asker, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("bot.gateway.exchange.AFTER_END", 0.1)
    asker.gateway.answers(stream(HELLO, STOP, then="hang"))

    heard = await hear(asker.make())

    assert (heard.text, heard.ending) == ("Hello", Ending.STOP)


async def test_one_answer_may_not_take_for_ever(asker: Asker, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("bot.gateway.chat.TOTAL", 0.5)
    asker.gateway.answers(
        stream(HELLO, *[part for _ in range(200) for part in (0.05, b": PING\n\n")], then="hang")
    )

    heard = await hear(asker.make())

    assert heard.text == "Hello"
    assert isinstance(heard.error, Silent)


async def test_a_painting_model_may_take_its_time(asker: Asker):
    asker.gateway.answers(stream(0.5, b": PING\n\n", 0.5, HELLO, STOP, DONE))

    heard = await hear(asker.make(first_token=0.3, idle=0.3), prompt(model="mj-chat"))

    assert heard.text == "Hello"


@pytest.mark.parametrize("reply", [Reply((), "reset"), whole("", 524)])
async def test_what_is_paid_by_the_piece_is_never_sent_twice(asker: Asker, reply: Reply):
    asker.gateway.answers(reply)

    heard = await hear(asker.make(paid=True))

    assert isinstance(heard.error, OutcomeUnknown)
    assert asker.tries == 1


async def test_a_slow_reader_is_not_taken_for_a_silent_model(asker: Asker):
    asker.gateway.answers(stream(HELLO, delta(" there"), STOP, DONE))
    heard = []

    async for piece in asker.make(first_token=0.3, idle=0.3).stream(prompt()):
        heard.append(piece)
        await asyncio.sleep(0.5)

    assert heard == [Text("Hello"), Text(" there"), End(Ending.STOP)]


async def test_an_error_whose_body_never_comes_is_still_that_error(
    asker: Asker, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("bot.gateway.exchange.ERROR_BODY", 0.2)
    asker.gateway.answers(Reply((head(401, {"Content-Length": "100"}), b"{"), "hang"))

    heard = await hear(asker.make())

    assert isinstance(heard.error, Refused)
    assert heard.error.kind is Kind.KEY


# --- stopping -------------------------------------------------------------------------------


async def test_closing_the_iterator_closes_the_connection(asker: Asker):
    asker.gateway.answers(stream(HELLO, then="hang"))
    pieces = asker.completions.stream(prompt())
    assert await anext(pieces) == Text("Hello")

    await pieces.aclose()

    await asyncio.wait_for(asker.gateway.left.wait(), 10)


@pytest.mark.parametrize(
    "reply", [Reply((), "hang"), stream(HELLO, then="hang")], ids=["before it", "within it"]
)
async def test_cancelling_who_reads_closes_the_connection(reply: Reply, asker: Asker):
    asker.gateway.answers(reply)
    reading = asyncio.create_task(hear(asker.completions))
    await asker.gateway.asked.wait()
    await asyncio.sleep(0.05)

    reading.cancel()

    with pytest.raises(asyncio.CancelledError):
        await reading
    await asyncio.wait_for(asker.gateway.left.wait(), 10)


async def test_anybody_elses_time_limit_is_theirs(asker: Asker):
    asker.gateway.answers(stream(HELLO, then="hang"))

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await hear(asker.make(idle=30.0))


async def test_a_reader_that_is_another_task_each_time_is_served_too(asker: Asker):
    asker.gateway.answers(stream(HELLO, then="hang"))
    pieces = asker.make(idle=0.3).stream(prompt())

    assert await asyncio.create_task(anext(pieces)) == Text("Hello")
    with pytest.raises(Silent):
        await asyncio.create_task(anext(pieces))


# --- asking ---------------------------------------------------------------------------------


async def test_the_request_is_what_gateways_expect(asker: Asker):
    await asker(stream(*GOOD))

    request = asker.gateway.chats[0]
    assert request.path == "/v1/chat/completions"
    assert request.headers["authorization"] == "Bearer sk-test"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["accept"] == "text/event-stream"
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["user-agent"].startswith("Chatelier/")
    assert request.json == {
        "model": "gpt-4o-mini",
        "messages": [{"role": "user", "content": "Hello!"}],
        "user": "u1",
        "stream": True,
        "stream_options": {"include_usage": True},
    }


@pytest.mark.parametrize("key", ["Bearer sk-test", " sk-test\n", "bearer sk-test"])
async def test_the_key_may_be_pasted_as_it_comes(key: str, asker: Asker):
    await hear(asker.make(key=key))

    assert asker.gateway.chats[0].headers["authorization"] == "Bearer sk-test"


async def test_without_a_key_none_is_sent(asker: Asker):
    await hear(asker.make(key=""))

    assert "authorization" not in asker.gateway.chats[0].headers


@pytest.mark.parametrize("tail", ["", "/", "/v1", "/v1/", "/v1/chat/completions"])
async def test_the_address_may_be_pasted_as_it_comes(tail: str, asker: Asker):
    heard = await hear(asker.make(asker.gateway.url + tail))

    assert heard.text == "Hello there"
    assert asker.gateway.chats[0].path == "/v1/chat/completions"


@pytest.mark.parametrize(
    ("asked", "configured", "sent"),
    [("o9", "gpt-x", "o9"), ("", "gpt-x", "gpt-x"), ("", "", "gpt-4o-mini")],
    ids=["the prompt's", "the configured", "the first that simply chats"],
)
async def test_which_model_is_asked(asked: str, configured: str, sent: str, asker: Asker):
    asker.gateway.listing = LISTING

    heard = await hear(asker.make(model=configured), prompt(model=asked))

    assert heard.text == "Hello there"
    assert asker.gateway.chats[0].json["model"] == sent


async def test_no_model_at_all_is_said(asker: Asker):
    asker.gateway.listing = whole('{"data":[{"id":"whisper-1"}]}')

    heard = await hear(asker.completions, prompt(model=""))

    assert isinstance(heard.error, Refused)
    assert heard.error.kind is Kind.MODEL


async def test_a_redirect_is_not_followed(asker: Asker):
    heard = await asker(whole("", 307, Location=f"{asker.gateway.url}/v1/chat/completions"))

    assert heard.error is not None
    assert heard.error.kind is Kind.SETUP
    assert asker.tries == 1


async def test_hundreds_of_answers_at_once(asker: Asker):
    asker.gateway.answers(stream(*GOOD))

    heard = await asyncio.gather(*(hear(asker.completions) for _ in range(300)))

    assert {one.text for one in heard} == {"Hello there"}


async def test_a_model_whose_thoughts_are_never_opened_is_remembered(asker: Asker):
    reads = (delta("2+2"), delta("\n</think>\n"), delta("4"), STOP, DONE)

    first = await asker(stream(*reads))
    second = await asker(stream(*reads))

    assert "</think>" not in first.text
    assert (second.thoughts.strip(), second.text) == ("2+2", "4")


async def test_only_thoughts_are_an_end_and_not_tried_again(asker: Asker):
    heard = await asker(stream(delta(reasoning_content="hm"), delta(finish="length"), DONE))

    assert (heard.thoughts, heard.text, heard.ending) == ("hm", "", Ending.LENGTH)
    assert asker.tries == 1


@pytest.mark.parametrize(
    "more",
    [
        {"reasoning_content": "hm"},
        {"reasoning": "hm"},
        {"reasoning_details": [{"type": "reasoning.text", "text": "hm"}]},
        {"reasoning": "hm", "reasoning_details": [{"type": "reasoning.text", "text": "hm"}]},
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]},
    ],
)
async def test_thoughts_have_many_names(more: dict[str, object], asker: Asker):
    heard = await asker(stream(delta(**more), delta("4"), STOP, DONE))

    assert (heard.thoughts, heard.text) == ("hm", "4")


# --- counting and logs ----------------------------------------------------------------------


def metric(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_what_a_person_on_call_would_want_to_see_is_counted(asker: Asker):
    chunks, first = metric("stream_chunks_total"), metric("first_token_seconds_count")
    calls = metric("gateway_requests_total", service="chat", call="completions")
    errors = metric("gateway_errors_total", service="chat", kind="upstream")

    await asker(whole("", 500), stream(*GOOD))

    assert metric("stream_chunks_total") == chunks + 2
    assert metric("first_token_seconds_count") == first + 1
    assert metric("gateway_requests_total", service="chat", call="completions") == calls + 2
    assert metric("gateway_errors_total", service="chat", kind="upstream") == errors + 1


async def test_the_gateways_request_id_is_logged_and_the_key_is_not(asker: Asker):
    with capture_logs() as logs:
        await asker(
            whole('{"error":{"message":"无效的令牌 (request id: 2025X)"}}', 401, X_Oneapi_Request_Id="2025X")
        )

    assert any("2025X" in str(line) for line in logs)
    assert "sk-test" not in str(logs)


async def test_the_text_is_not_logged(asker: Asker):
    with capture_logs() as logs:
        await asker(whole("", 500), stream(*GOOD), asked=prompt("my secret"))

    assert "my secret" not in str(logs)
    assert "Hello there" not in str(logs)


async def test_tokens_are_counted_as_the_gateway_does(asker: Asker):
    text = "All work and no play makes Jack a dull boy. " * 20
    before = asker.completions.count(text)
    usage = frame({"choices": [], "usage": {"prompt_tokens": before * 2, "completion_tokens": 2}})

    await asker(stream(HELLO, STOP, usage, DONE), asked=prompt(text, model=""))

    assert asker.completions.count(text) == pytest.approx(before * 2, rel=0.05)


# --- checks ---------------------------------------------------------------------------------


async def test_a_good_gateway_is_found_good(asker: Asker):
    asker.gateway.listing = LISTING
    asker.gateway.answers(
        whole('{"error":{"message":"field messages is required","code":"invalid_text_request"}}', 400)
    )

    findings = await asker.completions.probe()

    assert [found.ok for found in findings] == [True, True, True]
    assert "2 models" in findings[2].detail
    assert asker.gateway.chats[0].json["messages"] == []


async def test_a_wrong_key_is_said_to_be_the_key(asker: Asker):
    asker.gateway.listing = WRONG_KEY

    findings = await asker.completions.probe()

    assert [found.ok for found in findings] == [True, False]
    assert "key" in findings[1].what.lower()
    assert "GATEWAY_KEY" in findings[1].advice


async def test_a_wrong_key_shows_even_where_anybody_may_list_the_models(asker: Asker):
    asker.gateway.answers(WRONG_KEY)

    findings = await asker.completions.probe()

    assert [found.ok for found in findings] == [True, False, True]
    assert "GATEWAY_KEY" in findings[1].advice


async def test_the_chat_says_too_that_it_is_the_key(asker: Asker):
    heard = await asker(WRONG_KEY)

    assert isinstance(heard.error, Refused)
    assert heard.error.kind is Kind.KEY


@pytest.mark.parametrize(
    "reply",
    [
        whole("<!DOCTYPE html><html><title>New API</title></html>", 200, "text/html"),
        whole('{"detail":"Not Found"}', 404),
    ],
    ids=["a web page", "no such path"],
)
async def test_a_wrong_address_is_said_to_be_the_address(reply: Reply, asker: Asker):
    asker.gateway.listing = reply
    asker.gateway.answers(reply)

    findings = await asker.completions.probe()

    assert [found.ok for found in findings] == [False]
    assert "GATEWAY_URL" in findings[0].advice


async def test_nobody_there_is_said(asker: Asker):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        findings = await asker.make(f"http://127.0.0.1:{taken.getsockname()[1]}").probe()

    assert [found.ok for found in findings] == [False]
    assert "no connection" in findings[0].detail


async def test_no_address_at_all_is_said(asker: Asker):
    findings = await asker.make("http://[bad").probe()

    assert [found.ok for found in findings] == [False]


async def test_a_gateway_without_a_list_of_models_works_with_a_named_one(asker: Asker):
    asker.gateway.listing = whole('{"detail":"Not Found"}', 404)
    asker.gateway.answers(whole("", 400))

    findings = await asker.make(model="gpt-x").probe()

    assert [found.ok for found in findings] == [True, True, True]


async def test_a_model_that_is_not_there_is_named_with_its_neighbours(asker: Asker):
    asker.gateway.listing = LISTING
    asker.gateway.answers(whole("", 400))

    findings = await asker.make(model="gpt-4o-mni").probe()

    assert [found.ok for found in findings] == [True, True, False]
    assert "gpt-4o-mini" in findings[2].advice


async def test_an_empty_balance_is_found_out(asker: Asker):
    asker.gateway.answers(whole('{"error":{"message":"该令牌额度已用尽","type":"new_api_error"}}', 401))

    findings = await asker.completions.probe()

    assert [found.ok for found in findings] == [True, False, True]
    assert "balance" in findings[1].advice


async def test_a_client_that_is_shared_is_not_closed(gateway: Gateway, client: httpx.AsyncClient):
    completions = Completions(client, gateway.url, "k")
    gateway.answers(stream(HELLO, then="reset"), stream(*GOOD))

    heard = await hear(completions)
    again = await hear(completions, Prompt("m", [Turn(Role.USER, "hi")]))

    assert isinstance(heard.error, Broken)
    assert isinstance(heard.error, ServiceError)
    assert again.text == "Hello there"
