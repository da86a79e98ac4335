"""Rate limits, and mishaps on request."""

import asyncio

import aiohttp
import pytest

from tests.emulators.discord import Discord, Rates, picture
from tests.emulators.discord.library import Raw, discord, raw, running, serving


@pytest.fixture
async def server():
    async with serving() as server:
        yield server


@pytest.fixture
async def ann(server: Discord):
    return server.user("Ann")


@pytest.fixture
async def general(server: Discord, ann):
    return server.channel(server.guild("Painters", [ann]), "general")


@pytest.fixture
async def api(server: Discord):
    async with raw(server) as api:
        yield api


async def test_five_messages_in_five_seconds_per_channel(server: Discord, api: Raw, general):
    server.rates = Rates()
    path = f"/channels/{general.id}/messages"
    for _ in range(5):
        _, sent = await api("POST", path, content="x")

    status, body = await api("POST", path, content="x")
    assert (status, body["global"], 0 < body["retry_after"] <= 5) == (429, False, True)
    assert server.refused_429 == 1
    other = server.channel(general.guild, "other")
    assert (await api("POST", f"/channels/{other.id}/messages", content="x"))[0] == 200
    for _ in range(5):  # edits have a bucket of their own
        assert (await api("PATCH", f"{path}/{sent['id']}", content="y"))[0] == 200
    assert (await api("PATCH", f"{path}/{sent['id']}", content="y"))[0] == 429
    server.advance(5)
    assert (await api("POST", path, content="x"))[0] == 200


async def test_fifty_requests_in_a_second_altogether(server: Discord, api: Raw, ann, general):
    server.rates = Rates(read=(1000, 1.0))
    for _ in range(50):
        await api("GET", f"/channels/{general.id}/messages")

    status, body = await api("GET", "/users/@me")
    assert (status, body["global"]) == (429, True)


async def test_headers_tell_what_is_left(server: Discord, general):
    server.rates = Rates(create=(2, 60.0))
    headers = {"Authorization": f"Bot {server.token}", "User-Agent": "DiscordBot (x)"}
    async with aiohttp.ClientSession(headers=headers) as http:
        url = f"{server.url}/channels/{general.id}/messages"
        async with http.post(url, json={"content": "x"}) as answer:
            told = answer.headers
        assert (told["X-RateLimit-Limit"], told["X-RateLimit-Remaining"]) == ("2", "1")
        assert 59 < float(told["X-RateLimit-Reset-After"]) <= 60
        await http.post(url, json={"content": "x"})
        async with http.post(url, json={"content": "x"}) as answer:
            assert answer.status == 429
            assert answer.headers["Via"]
            assert int(answer.headers["Retry-After"]) == 60


async def test_the_library_waits_by_the_headers(server: Discord, general):
    server.rates = Rates(create=(2, 0.3))
    async with running(server) as client:
        channel = client.get_channel(general.id)
        await asyncio.gather(*(channel.send(str(n)) for n in range(6)))

    assert len(server.texts(general)) == 6
    assert server.refused_429 == 0


async def test_a_429_is_waited_out(server: Discord, general):
    server.fail("create_message", retry_after=0.05)
    async with running(server) as client:
        await client.get_channel(general.id).send("at last")

    assert [one.status for one in server.calls("create_message")] == [429, 200]


async def test_a_429_without_via_is_a_ban(server: Discord, general):
    server.fail("create_message", retry_after=1, via=False)
    async with running(server) as client:
        with pytest.raises(discord.HTTPException) as refused:
            await client.get_channel(general.id).send("never")

    assert refused.value.status == 429
    assert len(server.calls("create_message")) == 1


async def test_errors_by_code_and_by_status(server: Discord, ann, general):
    other = server.channel(general.guild, "other")
    server.fail("create_message", code=50013, place=other)
    server.fail("edit_message", 2, code=10008)
    server.fail("delete_message", status=503)
    async with running(server) as client:
        sent = await client.get_channel(general.id).send("fine")
        with pytest.raises(discord.Forbidden):
            await client.get_channel(other.id).send("not here")
        for _ in range(2):
            with pytest.raises(discord.NotFound):
                await sent.edit(content="x")
        await sent.edit(content="healed")
        with pytest.raises(discord.DiscordServerError):
            await sent.delete()

    assert server.texts(general) == ["healed"]


async def test_done_but_not_told(server: Discord, general):
    """The library tries again; its nonce keeps the message single."""
    server.fail("create_message", status=502, effect=True)
    async with running(server) as client:
        await client.get_channel(general.id).send("once")

    assert [one.status for one in server.calls("create_message")] == [502, 200]
    assert server.texts(general) == ["once"]


async def test_answers_that_do_not_come(server: Discord, ann, general):
    server.hang("create_message")
    async with running(server) as client:
        sending = asyncio.create_task(client.get_channel(general.id).send("slow"))
        await server.until(lambda: server.texts(general))
        assert not sending.done()
        server.release()
        assert (await sending).content == "slow"

        server.cut("create_message")
        with pytest.raises((aiohttp.ClientError, OSError)):
            await client.get_channel(general.id).send("cut")
    assert server.texts(general) == ["slow", "cut"]


async def test_nothing_can_be_reached(server: Discord, ann, general):
    async with running(server) as client:
        server.offline()
        with pytest.raises((aiohttp.ClientError, OSError)):
            await client.get_channel(general.id).send("no")
        await server.until(lambda: not server.connected)
        server.heal()
        await server.until(lambda: server.connected)
        await client.get_channel(general.id).send("yes")
    assert server.texts(general) == ["yes"]


async def test_downloads_fail_too(server: Discord, ann, general):
    server.fail("download", status=500)
    async with running(server) as client:
        server.say(ann, general, files=[picture()])
        await server.until(lambda: client.all("message"))
        (file,) = client.all("message")[0].attachments
        with pytest.raises(discord.HTTPException):
            await file.read()
        assert await file.read() == picture()
        server.advance(90_000)
        with pytest.raises(discord.NotFound):
            await file.read()


async def test_slowmode_counts_for_bots(server: Discord, api: Raw, ann, general):
    slow = server.channel(general.guild, "slow", slowmode=60)
    path = f"/channels/{slow.id}/messages"
    await api("POST", path, content="x")

    status, body = await api("POST", path, content="x")
    assert (status, body["code"]) == (429, 20016)
    server.permit(slow, server.bot, allow=["manage_messages"])
    assert (await api("POST", path, content="x"))[0] == 200


async def test_slow_answers(server: Discord, general):
    server.delay("create_message", 0.01, times=1)
    async with running(server) as client:
        await client.get_channel(general.id).send("slow")

    assert (server.texts(general), server.faults[0].times) == (["slow"], 0)


async def test_twenty_reactions_are_enough(server: Discord, api: Raw, ann, general):
    said = server.say(ann, general, "look")
    path = f"/channels/{general.id}/messages/{said.id}/reactions"
    for number in range(20):
        assert (await api("PUT", f"{path}/{chr(0x1F600 + number)}/@me"))[0] == 204

    status, body = await api("PUT", f"{path}/{chr(0x1F620)}/@me")
    assert (status, body["code"]) == (400, 30010)
