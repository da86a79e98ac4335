"""Who is let in, and from where."""

import aiohttp
import pytest

from adapters.web.sessions import COOKIE, FREE_GUESSES, LONGEST_WAIT, Keeper, Throttle
from tests.adapters.web.server import serving
from tests.adapters.web.visitor import WebVisitor


@pytest.fixture
async def locked():
    async with serving(password="open sesame") as server:
        yield server


@pytest.fixture
async def http():
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


async def sign_in(http, server, **body):
    async with http.post(f"{server.url}/session", json=body, headers={"Origin": server.url}) as response:
        return response.status, await response.json()


async def test_without_a_password_every_browser_is_a_person_of_its_own(server):
    one, other = WebVisitor(server), WebVisitor(server)
    await one.enter()
    await other.enter()
    await one.say("I am one")
    await other.say("I am another")
    await server.inbox.until(2)
    first, second = server.inbox.events

    assert first.author.id != second.author.id
    assert first.author.trusted
    assert second.author.trusted
    await one.leave()
    await other.leave()


async def test_a_session_survives_a_restart(visitor):
    await visitor.say("One")
    await visitor.restart()
    await visitor.say("Two")
    await visitor.inbox.until(2)
    first, second = visitor.inbox.events

    assert first.author == second.author


async def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(server, http):
    async with http.post(f"{server.url}/session", json={}, headers={"Origin": server.url}) as response:
        cookie = response.headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Secure" not in cookie


async def test_the_cookie_is_secure_behind_https(server, http):
    headers = {"Origin": server.url, "X-Forwarded-Proto": "https"}
    async with http.post(f"{server.url}/session", json={}, headers=headers) as response:
        assert "Secure" in response.headers["Set-Cookie"]


async def test_the_persons_id_does_not_give_the_session_away(visitor):
    cookie = next(c for c in visitor.http.cookie_jar if c.key == COOKIE).value

    assert visitor.person.removeprefix("web:") not in cookie


async def test_the_password_lets_in(locked, http):
    assert (await sign_in(http, locked))[0] == 401
    status, answer = await sign_in(http, locked, password="open sesame")

    assert status == 200
    assert answer["locked"] is True
    assert (await sign_in(http, locked))[0] == 200  # the cookie is enough from now on


async def test_a_wrong_password_is_told_in_one_sentence(locked, http):
    status, answer = await sign_in(http, locked, password="guess")

    assert (status, answer["error"]) == (401, "That is not the password.")


async def test_guessing_is_slowed_down(locked, http):
    for _ in range(FREE_GUESSES):
        await sign_in(http, locked, password="guess")
    status, answer = await sign_in(http, locked, password="open sesame")

    assert status == 429
    assert "Try again in 1 seconds" in answer["error"]


@pytest.mark.parametrize("path", ["/socket", "/files/" + "0" * 64])
async def test_nothing_is_served_without_a_session(locked, http, path):
    async with http.get(f"{locked.url}{path}", headers={"Origin": locked.url}) as response:
        assert response.status == 401


async def test_nothing_is_uploaded_without_a_session(locked, http):
    async with http.post(f"{locked.url}/upload", data=b"x", headers={"Origin": locked.url}) as response:
        assert response.status == 401
    assert locked.files.stored == {}


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
@pytest.mark.parametrize(("method", "path"), [("POST", "/session"), ("POST", "/upload"), ("GET", "/socket")])
async def test_another_site_can_do_nothing_here(server, http, method, path, headers):
    await sign_in(http, server)
    async with http.request(method, f"{server.url}{path}", headers=headers, data=b"{}") as response:
        assert response.status == 403


async def test_our_page_behind_a_proxy_with_another_name_is_ours(locked, http):
    headers = {"Origin": "https://bot.example", "X-Forwarded-Host": "bot.example"}
    async with http.post(
        f"{locked.url}/session", json={"password": "open sesame"}, headers=headers
    ) as response:
        assert response.status == 200


@pytest.mark.parametrize("host", ["evil.example:80", "localhost.evil.example"])
async def test_a_strangers_name_for_this_machine_opens_nothing_without_a_password(server, http, host):
    headers = {"Host": host, "Origin": f"http://{host}"}
    async with http.post(f"{server.url}/session", json={}, headers=headers) as response:
        assert response.status == 403


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1", "[::1]:8080", "bot.localhost"])
async def test_plain_names_of_this_machine_are_fine(server, http, host):
    headers = {"Host": host, "Origin": f"http://{host}"}
    async with http.post(f"{server.url}/session", json={}, headers=headers) as response:
        assert response.status == 200


async def test_a_person_may_have_a_name(visitor):
    await visitor.post("/session", {"name": "  Ann \n Lee "})
    await visitor.disconnect()
    await visitor.connect()
    await visitor.say("Hello")
    message = await visitor.inbox.until(1)

    assert message.author.name == "Ann Lee"
    assert message.author.id == visitor.person


async def test_signing_out_forgets_the_browser(visitor):
    async with visitor.http.delete(f"{visitor.server.url}/session", headers=visitor.origin):
        pass
    again = await visitor.post("/session", {})

    assert again["person"] != visitor.person


async def test_the_language_of_the_browser_is_the_persons(server):
    visitor = WebVisitor(server)
    await visitor.enter()
    visitor.http.headers.update({"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"})
    await visitor.disconnect()
    await visitor.connect()
    await visitor.say("你好")
    message = await server.inbox.until(1)

    assert message.author.language == "zh-CN"
    await visitor.leave()


def test_a_changed_password_ends_the_sessions_of_the_old_one():
    old, new = Keeper(b"secret", "one"), Keeper(b"secret", "two")
    cookie = old.cookie(old.open())

    assert old.read("session", cookie) is not None
    assert new.read("session", cookie) is None


@pytest.mark.parametrize("signed", ["", ".", "x.y", "é.é", "e30.00", "e30"])
def test_what_was_not_signed_here_is_nothing(signed):
    assert Keeper(b"secret", "").read("session", signed) is None


def test_what_was_signed_for_one_purpose_is_no_good_for_another():
    keeper = Keeper(b"secret", "")

    assert keeper.read("session", keeper.sign("file", {"token": "x", "name": ""})) is None


def test_a_changed_signature_or_body_is_refused():
    keeper = Keeper(b"secret", "")
    body, _, mac = keeper.sign("file", {"a": 1}).partition(".")

    assert keeper.read("file", f"{body}.{mac}") == {"a": 1}
    assert keeper.read("file", f"{body}.{mac[:-1]}{'0' if mac[-1] != '0' else '1'}") is None
    assert keeper.read("file", f"{body}A.{mac}") is None


def test_each_wrong_guess_doubles_the_wait_up_to_a_bound():
    now = 0.0
    throttle = Throttle(clock=lambda: now)
    waits = []
    for _ in range(FREE_GUESSES + 12):
        throttle.wrong("1.2.3.4")
        waits.append(throttle.wait("1.2.3.4"))

    assert waits[: FREE_GUESSES - 1] == [0.0] * (FREE_GUESSES - 1)
    assert waits[FREE_GUESSES - 1 : FREE_GUESSES + 2] == [1.0, 2.0, 4.0]
    assert waits[-1] == LONGEST_WAIT
    assert throttle.wait("5.6.7.8") == 0.0
    throttle.right("1.2.3.4")
    assert throttle.wait("1.2.3.4") == 0.0
