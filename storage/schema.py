"""The tables, for SQLite and PostgreSQL alike.

Times are Unix seconds. Ids that people or platforms see are text. What is a value of ours as a whole, and
never searched, is JSON; pictures and files are content hashes, their bytes lie in `storage.files`.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Double,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    TypeDecorator,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Words(TypeDecorator[str]):
    """Text as people and models write it: any string can be stored.

    PostgreSQL takes no NUL and UTF-8 no lone surrogates; both become U+FFFD. A pair of surrogates that
    arrived as two characters (JSON escapes, cut by a stream) becomes the character it means.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value if value is None else storable(value)


def storable(text: str) -> str:
    """The text as it will be read back."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def json_column(name: str) -> Column[object]:
    return Column(name, JSON(none_as_null=True), nullable=False)


# SQLite counts only in INTEGER columns, and gives a deleted row's id away again unless told otherwise.
Serial = BigInteger().with_variant(Integer, "sqlite")

tasks = Table(
    "tasks",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("kind", Words, nullable=False),
    Column("key", Words, nullable=False),
    Column("args", Words, nullable=False),  # JSON as text, in one spelling, so that it can be compared
    Column("attempts", Integer, nullable=False),
    Column("not_before", Double, nullable=False),
    Index(None, "key"),
    sqlite_autoincrement=True,
)

channels = Table(
    "channels",
    metadata,
    Column("channel", Words, primary_key=True),
    Column("next", BigInteger, nullable=False),  # the place of the next turn
    Column("head", BigInteger, nullable=False),  # turns before it are forgotten
    Column("kept", BigInteger, nullable=False),  # how many turns are in force
)

turns = Table(
    "turns",
    metadata,
    Column("channel", Words, nullable=False),
    Column("seq", BigInteger, nullable=False),  # its place in the channel
    Column("message", Words),  # the platform's id; NULL for turns of ours
    Column("answer", Words),  # the answer to this question; NULL for everything else
    Column("role", Words, nullable=False),
    Column("speaker", Words, nullable=False),
    Column("text", Words, nullable=False),
    json_column("images"),
    Column("tokens", Integer, nullable=False),
    Column("at", Double, nullable=False),
    Column("gone", Boolean, nullable=False),  # taken back
    PrimaryKeyConstraint("channel", "seq"),
    Index(None, "channel", "message", unique=True),
)

answers = Table(
    "answers",
    metadata,
    Column("id", Words, primary_key=True),
    Column("channel", Words, nullable=False),
    Column("author", Words, nullable=False),  # the id of the person, to search by
    json_column("person"),
    Column("direct", Boolean, nullable=False),
    Column("key", Words, nullable=False),  # of its work
    Column("question", Words, nullable=False),
    Column("first", BigInteger, nullable=False),  # the place of the first turn that it answers
    Column("turn", BigInteger, nullable=False),
    Column("state", Words, nullable=False),
    json_column("messages"),
    Column("epoch", Integer, nullable=False),
    Column("text", Words, nullable=False),
    Column("thoughts", Words, nullable=False),
    Column("note", Words, nullable=False),
    Column("prefix", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    json_column("images"),
    Column("model", Words, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("stop", Boolean, nullable=False),
    Column("undone", Boolean, nullable=False),
    Column("created", Double, nullable=False),
    Column("asked", Double, nullable=False),  # when the last of its questions came
    Index(None, "channel", "turn"),
    Index(None, "channel", "author", "turn"),
)

SHOWN = "pictures > 0 AND removed = ''"  # jobs that are in the gallery

jobs = Table(
    "jobs",
    metadata,
    Column("id", Words, primary_key=True),
    Column("channel", Words, nullable=False),
    json_column("owner"),
    Column("author", Words, nullable=False),  # the owner's id, to search by
    Column("engine", Words, nullable=False),
    json_column("order"),
    Column("verb", Words, nullable=False),  # of the order, to search by
    Column("mode", Words, nullable=False),
    Column("words", Words, nullable=False),  # of its prompts, folded, to search in
    Column("source", Words, nullable=False),
    Column("reply_to", Words, nullable=False),
    Column("parent", Words, nullable=False),
    Column("action", JSON(none_as_null=True)),
    Column("text", Words, nullable=False),
    Column("stage", Words, nullable=False),
    Column("ref", Words, nullable=False),
    Column("task", Words, nullable=False),
    Column("message", Words, nullable=False),
    Column("progress", JSON(none_as_null=True)),
    json_column("results"),
    Column("pictures", Integer, nullable=False),  # how many results there are
    Column("removed", Words, nullable=False),
    Column("settled", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created", Double, nullable=False),
    Column("submitted", Double, nullable=False),
    Column("finished", Double, nullable=False),
    Index(
        "uq_jobs_source",
        "source",
        unique=True,
        sqlite_where=text("source <> ''"),
        postgresql_where=text("source <> ''"),
    ),
    Index(
        "ix_jobs_parent", "parent", sqlite_where=text("parent <> ''"), postgresql_where=text("parent <> ''")
    ),
    Index(None, "channel", "created"),
    Index(None, "stage"),
    Index(None, "verb", "mode", "finished"),
    Index(
        "ix_jobs_gallery_author",
        "author",
        "finished",
        "id",
        sqlite_where=text(SHOWN),
        postgresql_where=text(SHOWN),
    ),
    Index(
        "ix_jobs_gallery_channel",
        "channel",
        "finished",
        "id",
        sqlite_where=text(SHOWN),
        postgresql_where=text(SHOWN),
    ),
)

options = Table(
    "options",
    metadata,
    Column("place", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("value", Words, nullable=False),
    PrimaryKeyConstraint("place", "name"),
)

rooms = Table(
    "rooms",
    metadata,
    Column("platform", Words, nullable=False),
    Column("id", Words, nullable=False),
    Column("owner", Words),  # NULL: posts came before anybody saved the room
    Column("name", Words, nullable=False),
    Column("at", Double, nullable=False),
    Column("version", BigInteger, nullable=False),
    PrimaryKeyConstraint("platform", "id"),
    Index(None, "platform", "owner"),
)

posts = Table(
    "posts",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("platform", Words, nullable=False),
    Column("room", Words, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("author", Words, nullable=False),
    json_column("body"),
    Column("key", Words),
    Column("at", Double, nullable=False),
    Column("gone", Boolean, nullable=False),
    Column("handled", Boolean, nullable=False),
    Index(None, "platform", "room", "id"),
    Index(None, "platform", "room", "version"),
    Index(None, "platform", "room", "key", unique=True),
    Index(
        "ix_posts_unhandled",
        "platform",
        "id",
        sqlite_where=text("NOT handled"),
        postgresql_where=text("NOT handled"),
    ),
    sqlite_autoincrement=True,
)

mail = Table(
    "mail",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("platform", Words, nullable=False),
    Column("key", Words, nullable=False),
    json_column("body"),
    Column("at", Double, nullable=False),
    Column("done", Boolean, nullable=False),
    Index(None, "platform", "key", unique=True),
    Index(
        "ix_mail_waiting",
        "platform",
        "id",
        sqlite_where=text("NOT done"),
        postgresql_where=text("NOT done"),
    ),
    Index(None, "at"),
    sqlite_autoincrement=True,
)

sendings = Table(
    "sendings",
    metadata,
    Column("platform", Words, nullable=False),
    Column("key", Words, nullable=False),
    Column("place", Words, nullable=False),
    Column("after", Words, nullable=False),
    Column("message", Words, nullable=False),
    Column("at", Double, nullable=False),
    PrimaryKeyConstraint("platform", "key"),
    Index(None, "platform", "place", "message"),
    Index(None, "at"),
)
