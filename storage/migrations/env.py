"""Alembic's entry: brings the tables up to date over a connection that is given, or the one in STORAGE_URL.

For a new revision, after a change in ``storage/schema.py``, with a database that is up to date::

    alembic revision --autogenerate --rev-id 0002 -m "what changes"
"""

import os
from typing import Any

from alembic import context
from sqlalchemy import Connection, create_engine

from storage.database import address
from storage.schema import Words, metadata


def _render(kind: str, item: Any, autogenerate: Any) -> Any:
    """Revisions name plain types, so that they stay as they are when ours change."""
    return "sa.Text()" if kind == "type" and isinstance(item, Words) else False


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,  # SQLite alters a table by copying it
        compare_type=True,
        render_item=_render,
    )
    with context.begin_transaction():
        context.run_migrations()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    _migrate(given)
else:
    with create_engine(address(os.environ["STORAGE_URL"])).connect() as own:
        _migrate(own)
        own.commit()
