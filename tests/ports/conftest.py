"""Every implementation of storage."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.ports import Storage
from storage import open_storage
from tests.databases import KINDS, Clock, fresh_database


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with fresh_database(request.param, tmp_path) as url:
        yield url


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def storage(url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[Storage]:
    async with open_storage(url, str(tmp_path / "files"), clock=clock) as storage:
        yield storage
