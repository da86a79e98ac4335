"""A server, our adapter connected to it, and somebody."""

from collections.abc import AsyncIterator

import pytest

from tests.adapters.discord.serving import SPEED, Bot, serving
from tests.emulators.discord import Discord, Rates, User


@pytest.fixture
async def server() -> AsyncIterator[Discord]:
    async with Discord(rates=Rates(), speed=SPEED) as server:
        yield server
        assert not server.violations


@pytest.fixture
async def bot(server: Discord) -> AsyncIterator[Bot]:
    async with serving(server) as bot:
        yield bot


@pytest.fixture
def ann(server: Discord) -> User:
    return server.user("Ann", installed=True)
