"""The gallery: whose pictures, what their prompts say, which were removed"""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TOGETHER = 500  # rows that are filled in at a time
SHOWN = "pictures > 0 AND removed = ''"

_jobs = sa.table(
    "jobs",
    sa.column("id", sa.Text()),
    sa.column("owner", sa.JSON()),
    sa.column("order", sa.JSON()),
    sa.column("text", sa.Text()),
    sa.column("results", sa.JSON()),
    sa.column("author", sa.Text()),
    sa.column("words", sa.Text()),
    sa.column("pictures", sa.Integer()),
)
_READ = (
    sa.select(_jobs.c.id, _jobs.c.owner, _jobs.c.order, _jobs.c.text, _jobs.c.results)
    .where(_jobs.c.id > sa.bindparam("after"))
    .order_by(_jobs.c.id)
    .limit(TOGETHER)
)
_FILL = (
    sa.update(_jobs)
    .where(_jobs.c.id == sa.bindparam("job"))
    .values(author=sa.bindparam("whose"), words=sa.bindparam("said"), pictures=sa.bindparam("many"))
)


def upgrade() -> None:
    for name in ("author", "words", "removed"):
        op.add_column("jobs", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.add_column("jobs", sa.Column("pictures", sa.Integer(), nullable=False, server_default="0"))
    _fill_in(op.get_bind())
    for column in ("author", "channel"):
        op.create_index(
            f"ix_jobs_gallery_{column}",
            "jobs",
            [column, "finished", "id"],
            unique=False,
            sqlite_where=sa.text(SHOWN),
            postgresql_where=sa.text(SHOWN),
        )


def _fill_in(connection: sa.Connection) -> None:
    """What other columns say of the jobs that are there already."""
    after = ""
    while rows := connection.execute(_READ, {"after": after}).all():
        filled = [
            {
                "job": row.id,
                "whose": row.owner["id"],
                "said": _folded(f"{row.order['prompt']} {row.text}"),
                "many": len(row.results),
            }
            for row in rows
        ]
        connection.execute(_FILL, filled)
        after = rows[-1].id


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def downgrade() -> None:
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        for column in ("channel", "author"):
            batch_op.drop_index(
                f"ix_jobs_gallery_{column}",
                sqlite_where=sa.text(SHOWN),
                postgresql_where=sa.text(SHOWN),
            )
    for name in ("pictures", "removed", "words", "author"):
        op.drop_column("jobs", name)
