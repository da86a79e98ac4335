"""A server, and the real library beside it."""

from collections.abc import AsyncIterator
from io import BytesIO

import aiohttp
import pytest
import telegram

from tests.emulators.telegram import Telegram


@pytest.fixture(autouse=True)
def _durations(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's newer way to say for how long."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")


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

    async def upload(
        self, method: str, field: str, data: bytes, name: str, **params: object
    ) -> tuple[int, dict]:
        """Call it with a multipart body that carries a file."""
        form = aiohttp.FormData({key: str(value) for key, value in params.items()})
        form.add_field(field, BytesIO(data), filename=name)
        async with self.http.post(f"{self._url}/{method}", data=form) as answer:
            return answer.status, await answer.json()

    async def refused(self, method: str, **params: object) -> str:
        """The description of a refusal, without its beginning."""
        status, body = await self(method, **params)
        assert status == 400, (status, body)
        assert body["ok"] is False
        assert body["error_code"] == 400
        return str(body["description"]).removeprefix("Bad Request: ")
