"""A scripted gateway, and the client that talks with it."""

from collections.abc import AsyncIterator

import httpx
import pytest

from bot.gateway.chat import Completions
from bot.gateway.http import new_client
from tests.bot.gateway.asking import Asker
from tests.bot.gateway.server import Gateway


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with Gateway() as server:
        yield server


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with new_client() as one:
        yield one


@pytest.fixture
def asker(gateway: Gateway, client: httpx.AsyncClient) -> Asker:
    return Asker(gateway, client)


@pytest.fixture
def completions(asker: Asker) -> Completions:
    return asker.completions
