"""Bring a database's tables up to date."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from storage.database import CannotOpen

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).with_name("migrations")


def upgrade(connection: Connection, name: str) -> None:
    """Apply every revision that it lacks, in the connection's transaction: all of them or none."""
    try:
        if connection.dialect.name == "sqlite":
            connection.execute(text("BEGIN IMMEDIATE"))
        if _revision(connection) != _newest():
            _upgrade(connection, name)
    except DBAPIError as error:
        raise CannotOpen(f"{name} cannot be brought up to date: {error.orig}") from error


def configured(connection: Connection) -> "Config":
    """Alembic's configuration, for work over this connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection, name: str) -> None:
    # Alembic takes a third of a second to import, which most starts need not spend.
    from alembic import command
    from alembic.util import CommandError

    try:
        command.upgrade(configured(connection), "head")
    except CommandError as error:
        raise CannotOpen(f"{name} was written by a newer version of this program ({error})") from error


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision


def _newest() -> str:
    """Revisions are numbered, and their files begin with the number."""
    return max(path.stem.partition("_")[0] for path in MIGRATIONS.glob("versions/*.py"))
