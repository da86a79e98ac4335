"""Backups: taken while everything runs, restored anywhere."""

import asyncio
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.jobs import Job, Order, new_id
from bot.messages import Channel, IncomingMessage, Person, Role, Turn
from bot.ports import AnswerState, Storage
from storage import CannotOpen, backup, open_storage, restore
from tests.databases import KINDS, fresh_database

HERE = Channel("web", "1")
ANN = Person("web:ann", "Ann")


@pytest.fixture(params=KINDS)
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    (tmp_path / "target").mkdir()
    with fresh_database(request.param, tmp_path / "target") as url:
        yield url


async def live_a_little(storage: Storage) -> str:
    digest = await storage.files.put(b"a picture")
    picture = storage.files.attachment(digest, "fox.png", "image/png")
    message = IncomingMessage("m1", HERE, ANN, "🦊?")
    answer = await storage.conversations.ask(message, Turn(Role.USER, "🦊?", "Ann", (picture,)), 1)
    begun = await storage.conversations.begin(answer.id)
    await storage.conversations.finish(begun, AnswerState.DONE, "A fox.", "", tokens=2)
    await storage.options.set("web:1", "model", "fox-1")
    await storage.posts.add("web", "r1", {"text": "hi"}, key="k")
    await storage.jobs.add(Job(new_id(), HERE, ANN, "mj", Order("a fox"), source="s"))
    return digest


async def test_a_backup_is_restored_with_every_row_and_file(url: str, target: str, tmp_path: Path):
    archive = str(tmp_path / "backup.tar.gz")
    async with open_storage(url, str(tmp_path / "files")) as storage:
        digest = await live_a_little(storage)
        history = await storage.conversations.history(HERE)
        tasks = await storage.tasks.unfinished()
        jobs = await storage.jobs.named(HERE)
        await storage.backup(archive)
        await storage.ping()

    await restore(archive, target, str(tmp_path / "other files"))

    async with open_storage(target, str(tmp_path / "other files")) as storage:
        assert await storage.conversations.history(HERE) == history
        assert await history[0].turn.images[0].load() == b"a picture"
        assert await storage.files.get(digest) == b"a picture"
        assert await storage.tasks.unfinished() == tasks
        assert await storage.jobs.named(HERE) == jobs
        assert await storage.options.get("web:1") == {"model": "fox-1"}
        # And it goes on from there: numbers are not given twice.
        await storage.tasks.submit("sing", "key", {})
        assert (await storage.tasks.unfinished())[-1].id > tasks[-1].id
        _post, fresh = await storage.posts.add("web", "r1", {"text": "hi"}, key="k")
        assert not fresh
        assert (await storage.posts.add("web", "r1", {"text": "ho"}))[1]


async def test_a_backup_is_of_one_moment(url: str, target: str, tmp_path: Path):
    """Jobs are stored together with their work; every copy has as many of the one as of the other."""
    archive = str(tmp_path / "backup.tar")
    async with open_storage(url, str(tmp_path / "files")) as storage:

        async def order() -> None:
            while True:
                await storage.jobs.add(Job(new_id(), HERE, ANN, "mj", Order("a fox")))

        orders = [asyncio.create_task(order()) for _ in range(4)]
        while len(await storage.tasks.unfinished()) < 100:
            pass
        await storage.backup(archive)
        for each in orders:
            each.cancel()
        await asyncio.gather(*orders, return_exceptions=True)

    await restore(archive, target, str(tmp_path / "other files"))
    async with open_storage(target, str(tmp_path / "other files")) as storage:
        jobs = {job.id for job in await storage.jobs.named(HERE, 10**6)}
        tasks = {task.args["job"] for task in await storage.tasks.unfinished()}
        assert len(jobs) >= 100
        assert jobs == tasks


async def test_a_backup_can_be_taken_while_another_process_has_the_database(url: str, tmp_path: Path):
    async with open_storage(url, str(tmp_path / "files")) as storage:
        await live_a_little(storage)
        await backup(url, str(tmp_path / "files"), str(tmp_path / "b" / "backup.tar"))

    with tarfile.open(tmp_path / "b" / "backup.tar") as archive:
        names = archive.getnames()
    assert names[0] == "chatelier.db"
    assert len([name for name in names if name.startswith("files/")]) == 1
    assert list((tmp_path / "b").iterdir()) == [tmp_path / "b" / "backup.tar"]
    assert (tmp_path / "b" / "backup.tar").stat().st_mode & 0o077 == 0  # it holds people's words


async def test_a_backup_leaves_out_what_a_crash_left_unfinished(tmp_path: Path):
    url = f"sqlite:///{tmp_path}/chatelier.db"
    async with open_storage(url, str(tmp_path / "files")) as storage:
        digest = await storage.files.put(b"fox")
        path = tmp_path / "files" / digest[:2] / ".unfinished-x"
        await asyncio.to_thread(path.write_bytes, b"half a fox")
        await storage.backup(str(tmp_path / "backup.tar"))

    with tarfile.open(tmp_path / "backup.tar") as archive:
        assert archive.getnames() == ["chatelier.db", f"files/{digest[:2]}/{digest[2:]}"]


async def test_nothing_is_restored_over_what_is_there(target: str, tmp_path: Path):
    archive = str(tmp_path / "backup.tar")
    async with open_storage(target, str(tmp_path / "files")) as storage:
        await storage.options.set("web:1", "model", "fox-1")
        await storage.backup(archive)

    with pytest.raises(CannotOpen, match="restored to a new database"):
        await restore(archive, target, str(tmp_path / "files"))


async def test_there_is_no_backup_of_nothing(tmp_path: Path):
    with pytest.raises(CannotOpen, match="not there"):
        await backup(f"sqlite:///{tmp_path}/none.db", str(tmp_path / "files"), str(tmp_path / "b.tar"))
    assert await asyncio.to_thread(lambda: list(tmp_path.iterdir())) == []


@pytest.mark.parametrize("what", ["no archive", "another archive"])
async def test_only_a_backup_of_ours_is_restored(tmp_path: Path, what: str):
    archive = tmp_path / "a.tar"
    if what == "no archive":
        await asyncio.to_thread(archive.write_text, "dear diary")
    else:
        with tarfile.open(archive, "w"):
            pass

    with pytest.raises(CannotOpen, match=r"^[^\n]*a\.tar is no [^\n]*$"):
        await restore(str(archive), f"sqlite:///{tmp_path}/new.db", str(tmp_path / "files"))
