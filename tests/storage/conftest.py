"""Databases below the ports."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from storage.database import Database
from storage.service import Opened, open_storage
from tests.databases import KINDS, Clock, fresh_database


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with fresh_database(request.param, tmp_path) as url:
        yield url


@pytest.fixture
async def database(url: str, tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(url, tmp_path) as storage:
        yield storage.database


@asynccontextmanager
async def opened(url: str, directory: Path) -> AsyncIterator[Opened]:
    async with open_storage(url, str(directory / "files"), clock=Clock()) as storage:
        assert isinstance(storage, Opened)
        yield storage
