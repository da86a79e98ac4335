"""What `check` says of Telegram."""

from adapters.telegram import probe


async def test_a_bot_that_works_says_who_it_is_and_what_it_sees(server):
    findings = await probe(token=server.token, api_url=server.url)

    assert [finding.ok for finding in findings] == [True] * 4
    assert findings[0].detail == "@chatelier_bot"
    assert "privacy" in findings[1].detail
    assert "/setprivacy" in findings[1].advice
    assert findings[2].detail == "on"
    assert findings[3].detail == "polling"


async def test_a_bot_that_sees_all_and_has_no_inline_mode_says_so(server):
    server.world.privacy = server.world.inline_mode = False
    findings = await probe(token=server.token, api_url=server.url)

    assert findings[1].detail == "sees every message"
    assert "/setinline" in findings[2].advice


async def test_a_wrong_token_is_named(server):
    (finding,) = await probe(token="123456:WRONG", api_url=server.url)

    assert not finding.ok
    assert "TELEGRAM_TOKEN" in finding.advice


async def test_a_server_that_is_away_is_named():
    (finding,) = await probe(token="123456:T", api_url="http://127.0.0.1:1")

    assert not finding.ok
    assert "TELEGRAM_API_URL" in finding.advice


async def test_a_webhook_that_fails_says_why(server):
    address = "https://bot.example.org"
    first = (await probe(token=server.token, api_url=server.url, webhook_url=address))[-1]
    server.world.webhook.url = f"{address}/telegram/webhook"
    second = (await probe(token=server.token, api_url=server.url, webhook_url=address))[-1]
    server.world.webhook.last_error = "Connection timed out"
    third = (await probe(token=server.token, api_url=server.url, webhook_url=address))[-1]

    assert [first.ok, second.ok, third.ok] == [True, True, False]
    assert "Connection timed out" in third.detail
