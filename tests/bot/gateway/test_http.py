"""The client, the address, and what it means that no answer came."""

import asyncio
import random
import socket

import aiohttp
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Kind, OutcomeUnknown, Refused, ServiceError, Unavailable
from bot.gateway.http import api_of, body_of, failure_of, new_client, post_of, root_of, secret_of
from tests.bot.gateway.asking import patient
from tests.bot.gateway.server import Gateway, Reply, head, stream, whole


@pytest.mark.parametrize(
    ("pasted", "root"),
    [
        ("https://h.example", "https://h.example"),
        ("https://h.example/", "https://h.example"),
        ("  https://h.example//  ", "https://h.example"),
        ("https://h.example/v1", "https://h.example"),
        ("https://h.example/v1/", "https://h.example"),
        ("https://h.example/V1", "https://h.example"),
        ("https://h.example/v1/chat/completions", "https://h.example"),
        ("https://h.example/v1/chat/completions/", "https://h.example"),
        ("https://h.example/v1/models", "https://h.example"),
        ("https://h.example/v1/images/generations", "https://h.example"),
        ("https://h.example/chat/completions", "https://h.example"),
        ("https://h.example/v1?key=1#x", "https://h.example"),
        ("https://h.example/api", "https://h.example/api"),
        ("https://h.example/api/v1", "https://h.example/api"),
        ("https://h.example/openai/v1/chat/completions", "https://h.example/openai"),
        ("https://h.example:8443/v1", "https://h.example:8443"),
        ("HTTPS://h.example", "https://h.example"),
        ("http://h.example", "http://h.example"),
        ("h.example", "https://h.example"),
        ("h.example:3000/v1", "https://h.example:3000"),
        ("//h.example/v1", "https://h.example"),
        ('"https://h.example/v1"', "https://h.example"),
        ("<https://h.example/v1>", "https://h.example"),
        ("localhost:3000", "http://localhost:3000"),
        ("LOCALHOST/v1", "http://LOCALHOST"),
        ("gate.localhost:3000", "http://gate.localhost:3000"),
        ("127.0.0.1:3000/v1", "http://127.0.0.1:3000"),
        ("[::1]:3000/v1/", "http://[::1]:3000"),
        ("localhosting.example", "https://localhosting.example"),
        ("192.168.0.5:3000", "https://192.168.0.5:3000"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_the_root_of_whatever_people_paste(pasted: str, root: str):
    assert root_of(pasted) == root
    assert root_of(root) == root


@patient
@given(st.text(max_size=40))
def test_finding_the_root_never_fails_and_finds_it_once(pasted: str):
    root = root_of(pasted)

    assert not root.endswith("/") or root.endswith("://")
    assert root_of(f"{root}/v1") in (root, f"{root}/v1", "") or not root


@pytest.mark.parametrize(
    ("pasted", "api"),
    [
        ("https://h.example", "https://h.example/v1"),
        ("https://h.example/api/v1/", "https://h.example/api/v1"),
        ("https://g.example/v1beta/openai/", "https://g.example/v1beta/openai"),
        ("https://z.example/api/paas/v4", "https://z.example/api/paas/v4"),
        ("https://z.example/api/v3/chat/completions", "https://z.example/api/v3"),
    ],
)
def test_the_endpoints_are_under_v1_unless_another_version_is_named(pasted: str, api: str):
    assert api_of(pasted) == api


@pytest.mark.parametrize("pasted", ["sk-1", " sk-1 ", "Bearer sk-1", "bearer  sk-1", "sk-\n1"])
def test_the_key_of_whatever_people_paste(pasted: str):
    assert secret_of(pasted) == "sk-1"


async def test_the_client_asks_for_plain_bodies_by_its_name(gateway: Gateway, client: httpx.AsyncClient):
    await client.get(f"{gateway.url}/x")

    headers = gateway.requests[0].headers
    assert headers["accept-encoding"] == "identity"
    assert headers["user-agent"].startswith("Chatelier/")


async def test_the_client_follows_nothing(gateway: Gateway, client: httpx.AsyncClient):
    gateway.answers(whole("", 302, Location=f"{gateway.url}/elsewhere"))

    response = await client.post(f"{gateway.url}/x", json={})

    assert response.status_code == 302
    assert len(gateway.requests) == 1


async def test_this_machine_is_reached_past_any_proxy(gateway: Gateway, monkeypatch: pytest.MonkeyPatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)

    async with new_client() as client:
        response = await client.get(f"{gateway.url}/x")
        with pytest.raises(httpx.HTTPError):
            await client.get("http://h.example/x")

    assert response.status_code == 200


async def test_a_refused_connection_is_known_to_have_done_nothing(client: httpx.AsyncClient):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(httpx.HTTPError) as caught:
            await client.post(f"http://127.0.0.1:{taken.getsockname()[1]}/x")

    error = failure_of(caught.value)
    assert isinstance(error, Unavailable)
    assert error.reason == "no connection"


@pytest.mark.parametrize("reply", [Reply((), "reset"), Reply((b"HTTP/1.1 2",), "reset")])
async def test_a_cut_connection_leaves_it_open_what_was_done(
    reply: Reply, gateway: Gateway, client: httpx.AsyncClient
):
    gateway.answers(reply)

    with pytest.raises(httpx.HTTPError) as caught:
        await client.post(f"{gateway.url}/x", json={})

    error = failure_of(caught.value)
    assert isinstance(error, OutcomeUnknown)
    assert error.kind is Kind.UPSTREAM


async def test_a_body_cut_short_leaves_it_open_what_was_done(gateway: Gateway, client: httpx.AsyncClient):
    gateway.answers(Reply((head(200, {"Content-Length": "100"}), b"{"), "reset"))

    with pytest.raises(httpx.HTTPError) as caught:
        await client.post(f"{gateway.url}/x", json={})

    assert isinstance(failure_of(caught.value), OutcomeUnknown)


async def test_no_answer_in_time_leaves_it_open_what_was_done(gateway: Gateway, client: httpx.AsyncClient):
    gateway.answers(Reply((), "hang"))

    with pytest.raises(httpx.HTTPError) as caught:
        await client.post(f"{gateway.url}/x", json={}, timeout=0.2)

    error = failure_of(caught.value)
    assert isinstance(error, OutcomeUnknown)
    assert error.kind is Kind.TIMEOUT


async def test_an_answer_that_is_no_http_leaves_it_open_what_was_done(
    gateway: Gateway, client: httpx.AsyncClient
):
    gateway.answers(Reply((b"SSH-2.0-OpenSSH_9.2\r\n\r\n",), "reset"))

    with pytest.raises((httpx.HTTPError, aiohttp.ClientError)) as caught:
        await client.post(f"{gateway.url}/x", json={})

    assert isinstance(failure_of(caught.value), OutcomeUnknown)


@pytest.mark.parametrize("url", ["ftp://h.example/x", "nothing", "http://"])
async def test_an_address_that_is_none_is_said_to_be_that(url: str, client: httpx.AsyncClient):
    with pytest.raises((httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError)) as caught:
        await client.post(url)

    error = failure_of(caught.value)
    assert isinstance(error, Refused)
    assert error.kind is Kind.SETUP


def test_a_host_that_does_not_exist_is_said_to_be_that():
    key = aiohttp.client_reqrep.ConnectionKey("nowhere.invalid", 443, True, True, None, None, None)
    error = httpx.ConnectTimeout("x")
    error.__cause__ = aiohttp.ClientConnectorDNSError(key, OSError("no such host"))

    found = failure_of(error)

    assert isinstance(found, Unavailable)
    assert (found.kind, found.reason) == (Kind.SETUP, "no such host")


@pytest.mark.parametrize("size", [10, 2_000_000])
async def test_a_body_says_its_length_however_large_it_is(
    size: int, gateway: Gateway, client: httpx.AsyncClient
):
    content = random.Random(1).randbytes(size)

    response = await client.send(post_of(client, f"{gateway.url}/x", [(b"x-a", b"b")], content))

    assert response.status_code == 200
    request = gateway.requests[0]
    assert request.body == content
    assert request.headers["content-length"] == str(size)
    assert request.headers["x-a"] == "b"
    assert "transfer-encoding" not in request.headers


async def test_a_body_is_read_up_to_a_limit(gateway: Gateway, client: httpx.AsyncClient):
    gateway.answers(stream(*[b"x" * 1000] * 50, then="hang"))
    response = await client.send(client.build_request("POST", f"{gateway.url}/x"), stream=True)

    with pytest.raises(ServiceError):
        await body_of(response, limit=10_000)

    await response.aclose()


async def test_many_calls_do_not_wait_for_each_other(gateway: Gateway):
    hold = asyncio.Event()
    gateway.answers(stream(b"x", hold=hold))

    async with new_client(connect=5.0) as client:
        calls = [asyncio.create_task(client.post(f"{gateway.url}/x")) for _ in range(150)]
        await gateway.busy(150)
        hold.set()
        responses = await asyncio.gather(*calls)

    assert {response.status_code for response in responses} == {200}
