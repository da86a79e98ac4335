"""Stream faults as a program of other people's plays them."""

import httpx
import pytest

from bot.errors import Broken, Kind, Refused, Silent, Unavailable
from bot.gateway.chat import Completions
from bot.messages import Ending, ToolCall
from tests.bot.gateway.asking import Heard, hear, prompt

pytest.importorskip("llmock")
from llmock.pytest_plugin import LLMock

TEXT = "The quick brown fox jumps over the lazy dog."


class Judged:
    """Our client of that program; its waits between tries take no time and are kept."""

    def __init__(self, mock: LLMock, client: httpx.AsyncClient) -> None:
        self.mock = mock.reply(TEXT, times=None)
        self.client = client
        self.waits: list[float] = []

    async def ask(self, **settings: float) -> Heard:
        async def sleep(seconds: float) -> None:
            self.waits.append(seconds)

        return await hear(Completions(self.client, self.mock.url, "k", sleep=sleep, **settings))


@pytest.fixture
def judged(llmock: LLMock, client: httpx.AsyncClient) -> Judged:
    return Judged(llmock, client)


async def test_an_answer_arrives_whole(judged: Judged):
    heard = await judged.ask()

    assert (heard.text, heard.ending, heard.error) == (TEXT, Ending.STOP, None)
    assert heard.usage is not None


async def test_a_truncated_stream_is_cut_and_not_whole(judged: Judged):
    judged.mock.truncate(after_chunks=3)

    heard = await judged.ask()

    assert heard.ending is Ending.CUT
    assert TEXT.startswith(heard.text)
    assert 0 < len(heard.text) < len(TEXT)


async def test_a_stream_truncated_before_any_text_is_asked_for_again(judged: Judged):
    judged.mock.truncate(after_chunks=1)

    heard = await judged.ask()

    assert (heard.text, heard.ending) == (TEXT, Ending.STOP)
    assert len(judged.mock.requests) == 2
    judged.mock.assert_resilient()


async def test_a_dropped_connection_keeps_the_text(judged: Judged):
    judged.mock.disconnect(after_chunks=3)

    heard = await judged.ask()

    assert isinstance(heard.error, Broken)
    assert TEXT.startswith(heard.text)
    assert heard.text


async def test_a_connection_dropped_before_any_text_is_tried_again(judged: Judged):
    judged.mock.disconnect(after_chunks=1)

    heard = await judged.ask()

    assert heard.text == TEXT
    judged.mock.assert_resilient()


async def test_a_malformed_chunk_is_no_crash(judged: Judged):
    judged.mock.corrupt(after_chunks=2)

    heard = await judged.ask()

    assert heard.error is None
    assert heard.ending is Ending.STOP
    assert 0 < len(heard.text) < len(TEXT)


async def test_a_stall_is_left(judged: Judged):
    judged.mock.stall(after_chunks=3, seconds=20)

    heard = await judged.ask(idle=0.3)

    assert isinstance(heard.error, Silent)
    assert heard.text
    judged.mock.assert_resilient()


async def test_a_slow_first_token_is_waited_for_up_to_its_deadline(judged: Judged):
    judged.mock.slow_first_token(0.3)
    assert (await judged.ask(first_token=10)).text == TEXT

    judged.mock.slow_first_token(20)
    heard = await judged.ask(first_token=0.3)

    assert isinstance(heard.error, Silent)


async def test_a_rate_limit_is_waited_out_as_long_as_it_says(judged: Judged):
    judged.mock.rate_limit(times=2, retry_after=1)

    heard = await judged.ask()

    assert heard.text == TEXT
    assert judged.waits == [1.0, 1.0]


async def test_a_rate_limit_that_stays_is_told(judged: Judged):
    judged.mock.rate_limit(times=None, retry_after=7)

    heard = await judged.ask()

    assert isinstance(heard.error, Unavailable)
    assert (heard.error.kind, heard.error.retry_after) == (Kind.RATE, 7)
    assert len(judged.mock.requests) == 3


async def test_an_outage_is_told_after_three_tries(judged: Judged):
    judged.mock.outage(status=503)

    heard = await judged.ask()

    assert isinstance(heard.error, Unavailable)
    assert len(judged.mock.requests) == 3


async def test_a_context_that_is_too_long_is_said_to_be_that(judged: Judged):
    judged.mock.context_overflow()

    heard = await judged.ask()

    assert isinstance(heard.error, Refused)
    assert heard.error.kind is Kind.CONTEXT
    assert len(judged.mock.requests) == 1


async def test_a_tool_call_is_put_together(llmock: LLMock, client: httpx.AsyncClient):
    llmock.call_tool("get_weather", {"city": "Oslo"})
    tool = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}

    heard = await hear(Completions(client, llmock.url, "k"), prompt(tools=[tool]))

    assert [(call.name, call.arguments) for call in heard.calls] == [("get_weather", {"city": "Oslo"})]
    assert isinstance(heard.calls[0], ToolCall)
    assert heard.ending is Ending.TOOLS


async def test_a_broken_tool_call_is_not_made(llmock: LLMock, client: httpx.AsyncClient):
    llmock.call_tool("get_weather", {"city": "Oslo"}).break_tool_call("malformed_arguments")
    tool = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}

    heard = await hear(Completions(client, llmock.url, "k"), prompt(tools=[tool]))

    assert heard.calls == []
    assert isinstance(heard.error, Broken)


async def test_its_models_and_its_check(judged: Judged):
    completions = Completions(judged.client, judged.mock.url, "k")

    assert await completions.models()
    assert [found.ok for found in await completions.probe()] == [True, True, True]
