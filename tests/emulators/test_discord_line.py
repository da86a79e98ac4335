"""The gateway's line, without a library: what closes it, and with which code."""

import json

import aiohttp
import pytest

from tests.emulators.discord import Discord
from tests.emulators.discord.library import discord, intents, pointed, serving


@pytest.fixture
async def server():
    async with serving() as server:
        yield server


async def test_a_wrong_token_is_turned_away(server: Discord):
    async with pointed(server):
        client = discord.Client(intents=intents())
        async with client:
            with pytest.raises(discord.LoginFailure):
                await client.start("wrong")
    line = await Line.to(server)
    await line.send(2, {"token": "wrong", "intents": 0, "properties": {}})
    assert await line.closed() == 4004


class Line:
    """A socket without a library."""

    def __init__(self, http, socket) -> None:
        self.http, self.socket = http, socket

    @classmethod
    async def to(cls, server):
        http = aiohttp.ClientSession()
        socket = await http.ws_connect(f"{server.gateway_url}?v=10&encoding=json")
        hello = json.loads((await socket.receive()).data)
        assert hello["op"] == 10
        return cls(http, socket)

    async def send(self, op, data):
        await self.socket.send_str(json.dumps({"op": op, "d": data}))

    async def receive(self):
        return json.loads((await self.socket.receive()).data)

    async def closed(self):
        while (await self.socket.receive()).type != aiohttp.WSMsgType.CLOSE:
            pass
        code = self.socket.close_code
        await self.http.close()
        return code


IDENTIFY = {"intents": 1, "properties": {}}


@pytest.mark.parametrize(
    ("op", "data", "code"),
    [
        (8, {"guild_id": "1"}, 4003),
        (77, {}, 4003),
        (2, {"token": "TOKEN", "intents": 1 << 40}, 4013),
        (2, {"token": "TOKEN", "intents": 1, "shard": [2, 2]}, 4010),
        (6, {"token": "wrong", "session_id": "x", "seq": 1}, 4004),
        (1, "x" * 5000, 4002),
    ],
)
async def test_the_line_closes_with_a_reason(server: Discord, op, data, code):
    if isinstance(data, dict) and data.get("token") == "TOKEN":
        data = data | {"token": server.token}
    line = await Line.to(server)
    await line.send(op, data)

    assert await line.closed() == code


async def test_too_much_is_said(server: Discord):
    line = await Line.to(server)
    for _ in range(121):
        await line.send(1, None)

    assert await line.closed() == 4008


async def test_a_session_is_not_resumed_for_ever(server: Discord):
    line = await Line.to(server)
    await line.send(2, IDENTIFY | {"token": server.token})
    ready = await line.receive()
    await line.socket.close(code=4000)
    await line.http.close()
    await server.until(lambda: not server.connected)
    server.advance(3600)

    again = await Line.to(server)
    await again.send(6, {"token": server.token, "session_id": ready["d"]["session_id"], "seq": 1})
    assert await again.receive() == {"op": 9, "d": False, "s": None, "t": None}
    await again.http.close()
