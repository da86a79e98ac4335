"""Databases for tests: a new file, or a new schema on a PostgreSQL server."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

SERVER = os.environ.get("TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/test")
KINDS = ("sqlite", "postgresql")


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self, now: float = 1_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@contextmanager
def fresh_database(kind: str, directory: Path) -> Iterator[str]:
    """The URL of an empty database, gone afterwards."""
    if kind == "sqlite":
        yield f"sqlite:///{directory}/chatelier.db"
        return
    missing = _unreachable()
    if missing:
        if os.environ.get("CI"):
            pytest.fail(f"no PostgreSQL server at TEST_POSTGRES: {missing}")
        pytest.skip(f"no PostgreSQL server: {missing}")
    schema = f"test_{secrets.token_hex(8)}"
    with psycopg.connect(SERVER, autocommit=True) as server:
        server.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
    try:
        url = make_url(SERVER).update_query_dict(
            {"options": f"-csearch_path={schema} -csynchronous_commit=off"}
        )
        yield url.render_as_string(hide_password=False)
    finally:
        with psycopg.connect(SERVER, autocommit=True) as server:
            server.execute("SET client_min_messages TO warning")
            server.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))


@cache
def _unreachable() -> str:
    try:
        psycopg.connect(SERVER, connect_timeout=3).close()
    except psycopg.OperationalError as error:
        return str(error).partition("\n")[0]
    return ""
