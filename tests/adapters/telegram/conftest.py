"""A server, our adapter beside it, and Ann, who has spoken with it before."""

import pytest

from tests.adapters.telegram.serving import SPEED, serving
from tests.emulators.telegram import Flood, Telegram


@pytest.fixture
async def server():
    """Whatever a test does: what we send is as the platform wants it, and not too much."""
    async with Telegram(flood=Flood(), speed=SPEED) as found:
        yield found
        assert found.violations == []
        assert found.refused_429 == 0


@pytest.fixture
async def bot(server):
    async with serving(server) as found:
        yield found


@pytest.fixture
def ann(server):
    person = server.user("Ann", language_code="en")
    server.open(person)
    return person


@pytest.fixture
def group(server, ann):
    """A supergroup, in which the bot sees only what is meant for it."""
    return server.supergroup("Painters", [ann])
