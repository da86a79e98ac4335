"""Messages and conversations of platforms that have no server but ours."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, delete, select, update

from bot.ports import Post, Posts, Room
from storage.database import Database, Transaction, Upsert, brief
from storage.schema import posts, rooms

_room = (rooms.c.platform == bindparam("where"), rooms.c.id == bindparam("in_room"))
_in_room = (posts.c.platform == bindparam("where"), posts.c.room == bindparam("in_room"))

# The room's row counts its changes. Whoever changes a post first takes the row, so that changes are seen in
# the order of their versions.
_POSTED = Upsert(
    lambda insert: (
        insert(rooms)
        .values(platform=bindparam("platform"), id=bindparam("room"), name="", at=bindparam("now"), version=1)
        .on_conflict_do_update(
            index_elements=["platform", "id"],
            set_={"version": rooms.c.version + 1, "at": bindparam("now")},
        )
        .returning(rooms.c.version)
    )
)
_CHANGED = update(rooms).where(*_room).values(version=rooms.c.version + 1).returning(rooms.c.version)
_ADD = Upsert(lambda insert: insert(posts).on_conflict_do_nothing().returning(*posts.c))
_KNOWN = select(posts).where(*_in_room, posts.c.key == bindparam("known"))
_GET = select(posts).where(posts.c.id == bindparam("post"))
_CHANGE = (
    update(posts)
    .where(posts.c.id == bindparam("post"), ~posts.c.gone)
    .values(body=bindparam("new"), version=bindparam("changed"))
    .returning(*posts.c)
)
_REMOVE = (
    update(posts)
    .where(posts.c.id == bindparam("post"), ~posts.c.gone)
    .values(gone=True, body={}, version=bindparam("changed"))
    .returning(*posts.c)
)
_NEWEST = select(posts).where(*_in_room, ~posts.c.gone).order_by(posts.c.id.desc()).limit(bindparam("most"))
_OLDER = _NEWEST.where(posts.c.id < bindparam("post"))
_SINCE = (
    select(posts)
    .where(*_in_room, posts.c.version > bindparam("after"))
    .order_by(posts.c.version)
    .limit(bindparam("most"))
)
_UNHANDLED = (
    select(posts).where(posts.c.platform == bindparam("where"), ~posts.c.handled).order_by(posts.c.id)
)
_HANDLED = update(posts).where(posts.c.id == bindparam("post")).values(handled=True)
_ROOM = select(rooms).where(*_room, rooms.c.owner.is_not(None))
_ROOMS = (
    select(rooms)
    .where(rooms.c.platform == bindparam("where"), rooms.c.owner == bindparam("whose"))
    .order_by(rooms.c.at.desc(), rooms.c.id)
)
_SAVE_ROOM = Upsert(
    lambda insert: (row := insert(rooms)).on_conflict_do_update(
        index_elements=["platform", "id"],
        set_={"owner": row.excluded.owner, "name": row.excluded.name, "at": row.excluded.at},
    )
)
_REMOVE_ROOM = delete(rooms).where(*_room)
_REMOVE_POSTS = delete(posts).where(*_in_room)


class PostTable(Posts):
    """Rows for posts and rooms; a number per room counts its changes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self,
        platform: str,
        room: str,
        body: Mapping[str, Any],
        *,
        author: str = "",
        key: str = "",
        handled: bool = True,
    ) -> tuple[Post, bool]:
        return await self._database.run(_add, platform, room, body, author, key, handled)

    async def change(self, post: str, body: Mapping[str, Any]) -> Post | None:
        return await self._database.run(_change, post, _CHANGE, {"new": dict(body)})

    async def remove(self, post: str) -> Post | None:
        return await self._database.run(_change, post, _REMOVE, {})

    async def get(self, post: str) -> Post | None:
        return await self._database.run(_get, post)

    async def since(self, platform: str, room: str, version: int, *, limit: int = 200) -> Sequence[Post]:
        return await self._database.run(_since, platform, room, version, limit)

    async def before(self, platform: str, room: str, post: str, *, limit: int = 100) -> Sequence[Post]:
        return await self._database.run(_before, platform, room, post, limit)

    async def unhandled(self, platform: str) -> Sequence[Post]:
        return await self._database.run(_all, _UNHANDLED, {"where": platform})

    async def handled(self, post: str) -> None:
        await self._database.run(_handled, post)

    async def rooms(self, platform: str, owner: str) -> Sequence[Room]:
        return await self._database.run(_rooms, platform, owner)

    async def room(self, platform: str, room: str) -> Room | None:
        return await self._database.run(_find_room, platform, room)

    async def save_room(self, platform: str, room: Room) -> None:
        await self._database.run(_save_room, platform, room)

    async def remove_room(self, platform: str, room: str) -> None:
        await self._database.run(_remove_room, platform, room)


@brief
def _add(
    tx: Transaction, platform: str, room: str, body: Mapping[str, Any], author: str, key: str, handled: bool
) -> tuple[Post, bool]:
    place = {"platform": platform, "room": room}
    posted = _POSTED.on(tx)
    version = tx.connection.execute(posted, {**place, "now": tx.now}).scalar_one()
    row = tx.connection.execute(
        _ADD.on(tx),
        {
            **place,
            "version": version,
            "author": author,
            "body": dict(body),
            "key": key or None,
            "at": tx.now,
            "gone": False,
            "handled": handled,
        },
    ).one_or_none()
    if row is not None:
        return _post(row), True
    return _post(tx.connection.execute(_KNOWN, {**_here(platform, room), "known": key}).one()), False


@brief
def _change(tx: Transaction, post: str, statement: Any, values: dict[str, Any]) -> Post | None:
    number = _number(post)
    found = tx.connection.execute(_GET, {"post": number}).one_or_none()
    if found is None or found.gone:
        return None
    version = tx.connection.execute(_CHANGED, _here(found.platform, found.room)).scalar()
    row = tx.connection.execute(statement, {"post": number, "changed": version, **values}).one_or_none()
    return None if row is None else _post(row)


@brief
def _get(tx: Transaction, post: str) -> Post | None:
    row = tx.connection.execute(_GET, {"post": _number(post)}).one_or_none()
    return None if row is None else _post(row)


def _since(tx: Transaction, platform: str, room: str, version: int, limit: int) -> list[Post]:
    place = {**_here(platform, room), "most": limit}
    if version <= 0:
        return _all(tx, _NEWEST, place)[::-1]
    # Where there are more changes than may be told, the first are: the next call goes on from there.
    return sorted(_all(tx, _SINCE, {**place, "after": version}), key=lambda post: int(post.id))


def _before(tx: Transaction, platform: str, room: str, post: str, limit: int) -> list[Post]:
    return _all(tx, _OLDER, {**_here(platform, room), "post": _number(post), "most": limit})[::-1]


def _all(tx: Transaction, statement: Any, values: dict[str, Any]) -> list[Post]:
    return [_post(row) for row in tx.connection.execute(statement, values)]


@brief
def _handled(tx: Transaction, post: str) -> None:
    tx.connection.execute(_HANDLED, {"post": _number(post)})


def _rooms(tx: Transaction, platform: str, owner: str) -> list[Room]:
    found = tx.connection.execute(_ROOMS, {"where": platform, "whose": owner})
    return [Room(row.id, row.owner, row.name, row.at) for row in found]


@brief
def _find_room(tx: Transaction, platform: str, room: str) -> Room | None:
    row = tx.connection.execute(_ROOM, _here(platform, room)).one_or_none()
    return None if row is None else Room(row.id, row.owner, row.name, row.at)


def _save_room(tx: Transaction, platform: str, room: Room) -> None:
    tx.connection.execute(
        _SAVE_ROOM.on(tx),
        {
            "platform": platform,
            "id": room.id,
            "owner": room.owner,
            "name": room.name,
            "at": room.at,
            "version": 0,
        },
    )


def _remove_room(tx: Transaction, platform: str, room: str) -> None:
    place = _here(platform, room)
    tx.connection.execute(_REMOVE_ROOM, place)
    tx.connection.execute(_REMOVE_POSTS, place)


def _here(platform: str, room: str) -> dict[str, Any]:
    return {"where": platform, "in_room": room}


def _number(post: str) -> int:
    """The row's number; 0, which no row has, for what is no id of ours."""
    return int(post) if post.isascii() and post.isdecimal() and len(post) < 19 else 0


def _post(row: Row[Any]) -> Post:
    return Post(str(row.id), row.room, row.version, row.author, row.body, row.at, row.gone)
