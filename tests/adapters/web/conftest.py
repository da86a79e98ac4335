"""A server and a person in the web chat."""

import pytest

from tests.adapters.web.server import serving
from tests.adapters.web.visitor import WebVisitor


@pytest.fixture
async def server():
    async with serving() as server:
        yield server


@pytest.fixture
async def visitor(server):
    visitor = WebVisitor(server)
    await visitor.enter()
    yield visitor
    await visitor.leave()
