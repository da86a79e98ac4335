"""A server, and the real library beside it."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
import telegram

from tests.emulators.telegram import Telegram


@pytest.fixture
async def server() -> AsyncIterator[Telegram]:
    async with Telegram() as server:
        yield server


@pytest.fixture
async def bot(server: Telegram) -> AsyncIterator[telegram.Bot]:
    base = f"{server.url}/bot"
    async with telegram.Bot(server.token, base_url=base, base_file_url=f"{server.url}/file/bot") as bot:
        yield bot


@pytest.fixture
async def raw(server: Telegram) -> AsyncIterator["Raw"]:
    async with aiohttp.ClientSession() as http:
        yield Raw(http, server)


class Raw:
    """Requests that a library would not make."""

    def __init__(self, http: aiohttp.ClientSession, server: Telegram) -> None:
        self.http = http
        self._url = f"{server.url}/bot{server.token}"

    async def __call__(self, method: str, **params: object) -> tuple[int, dict]:
        """Call it with a JSON body: status, and what came back."""
        async with self.http.post(f"{self._url}/{method}", json=params) as answer:
            return answer.status, await answer.json()

    async def refused(self, method: str, **params: object) -> str:
        """The description of a refusal, without its beginning."""
        status, body = await self(method, **params)
        assert status == 400, (status, body)
        assert body["ok"] is False
        assert body["error_code"] == 400
        return str(body["description"]).removeprefix("Bad Request: ")
