"""Files on the disk."""

import asyncio
import os
from pathlib import Path

import pytest

from bot.errors import Unavailable
from storage.files import FileStore


def contents(directory: Path) -> list[bytes]:
    return [path.read_bytes() for path in directory.rglob("*") if path.is_file()]


async def test_a_file_is_synced_before_it_has_its_name_and_its_name_after(tmp_path: Path, monkeypatch):
    store = FileStore(tmp_path)
    events = []
    fsync, rename = os.fsync, Path.rename

    def watched_fsync(handle: int) -> None:
        events.append(("sync", Path(f"/proc/self/fd/{handle}").readlink()))
        fsync(handle)

    def watched_rename(path: Path, target: Path) -> Path:
        events.append(("rename", path))
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(Path, "rename", watched_rename)
    digest = await store.put(b"fox")

    folder = tmp_path / digest[:2]
    unfinished = events[2][1]
    assert unfinished.parent == folder
    assert events == [
        ("sync", tmp_path),  # the folder's own name
        ("sync", unfinished),
        ("rename", unfinished),
        ("sync", folder),
    ]


async def test_the_same_bytes_many_times_at_once_are_one_file(tmp_path: Path):
    store = FileStore(tmp_path)

    digests = await asyncio.gather(*(store.put(b"fox" * 100_000) for _ in range(8)))

    assert len(set(digests)) == 1
    assert contents(tmp_path) == [b"fox" * 100_000]


async def test_what_cannot_be_written_is_told_and_leaves_nothing(tmp_path: Path, monkeypatch):
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    store = FileStore(tmp_path)
    await store.put(b"hen")
    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(Unavailable, match="No space left"):
        await store.put(b"fox")
    assert contents(tmp_path) == [b"hen"]


async def test_an_attachment_loads_its_bytes_when_they_are_wanted(tmp_path: Path):
    store = FileStore(tmp_path)
    attachment = store.attachment(await store.put(b"fox"), "fox.txt", "text/plain", alt="a fox")

    assert (attachment.size, attachment.alt) == (3, "a fox")
    assert await attachment.load() == b"fox"
    missing = store.attachment("0" * 64, "gone.txt", "text/plain")
    assert missing.size == 0
    with pytest.raises(KeyError):
        await missing.load()
