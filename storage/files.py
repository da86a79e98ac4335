"""Bytes by content hash, in a directory."""

import asyncio
import hashlib
import os
import re
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bot.errors import Unavailable
from bot.messages import Attachment
from bot.ports import Files

_DIGEST = re.compile(r"[0-9a-f]{64}")
_KIND = re.compile(r"[a-z0-9-]{1,20}")
UNFINISHED = ".unfinished-"  # what a crash may leave behind begins with this


@dataclass(frozen=True, slots=True)
class Stored:
    """A file as it lies there."""

    digest: str
    size: int  # bytes
    used: float  # when somebody last stored or read it, Unix seconds


class FileStore(Files):
    """Each file lies under the first two digits of its hash. It is never changed once it has its name.

    Its time is when it was last used, so that nothing is removed that somebody has just been given. What
    was derived of it lies beside it, under its name and a dot.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._removing = threading.Lock()  # no file is found to be there while it is being removed

    async def put(self, data: bytes) -> str:
        try:
            return await asyncio.to_thread(self.keep, data)
        except OSError as error:
            raise Unavailable(f"a file cannot be kept: {error.strerror}") from error

    async def get(self, digest: str) -> bytes:
        return await asyncio.to_thread(self._get, digest)

    def attachment(self, digest: str, name: str, media_type: str, *, alt: str = "") -> Attachment:
        try:
            size = self._path(digest).stat().st_size
        except (KeyError, FileNotFoundError):
            size = 0
        return Attachment(name, media_type, size, partial(self.get, digest), digest, alt)

    def keep(self, data: bytes) -> str:
        """``put``, for those who are in a thread already."""
        digest = hashlib.sha256(data).hexdigest()
        path = self._path(digest)
        with self._removing:
            there = _touch(path)
        if there:
            _sync(path.parent)  # whoever stored it may not have come as far as that yet
            return digest
        self._write(path, data)
        return digest

    def _write(self, path: Path, data: bytes) -> None:
        if not path.parent.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _sync(path.parent.parent)
        handle, unfinished = tempfile.mkstemp(prefix=UNFINISHED, dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(unfinished).rename(path)
        except BaseException:
            Path(unfinished).unlink(missing_ok=True)
            raise
        _sync(path.parent)

    async def derived(self, digest: str, kind: str, make: Callable[[bytes], bytes]) -> bytes:
        return await asyncio.to_thread(self._derived, digest, kind, make)

    def _derived(self, digest: str, kind: str, make: Callable[[bytes], bytes]) -> bytes:
        if not _KIND.fullmatch(kind):
            raise ValueError(f"not a word for what is made of a file: {kind!r}")
        path = self._path(digest)
        beside = path.with_name(f"{path.name}.{kind}")
        with suppress(FileNotFoundError):
            return beside.read_bytes()
        made = make(self._get(digest))
        self._write(beside, made)
        return made

    def _get(self, digest: str) -> bytes:
        path = self._path(digest)
        with self._removing:
            if not _touch(path):
                raise KeyError(digest)
        try:
            return path.read_bytes()
        except FileNotFoundError:
            raise KeyError(digest) from None

    # --- cleaning up ------------------------------------------------------------------------

    def stored(self) -> Iterator[Stored]:
        """Every file, with what was derived of it. In no order."""
        for folder in self._directory.glob("??"):
            sizes: dict[str, int] = {}
            used: dict[str, float] = {}
            for path in folder.iterdir():
                digest = folder.name + path.name.partition(".")[0]
                if not _DIGEST.fullmatch(digest):
                    continue
                with suppress(FileNotFoundError):
                    found = path.stat()
                    sizes[digest] = sizes.get(digest, 0) + found.st_size
                    if "." not in path.name or digest not in used:
                        used[digest] = found.st_mtime
            yield from (Stored(digest, size, used[digest]) for digest, size in sizes.items())

    def remove(self, digest: str, *, unused_since: float) -> bool:
        """Remove it, with what was derived of it; False when somebody has used it since then."""
        path = self._path(digest)
        with self._removing:
            with suppress(FileNotFoundError):
                if path.stat().st_mtime > unused_since:
                    return False
            path.unlink(missing_ok=True)
        for beside in path.parent.glob(f"{path.name}.*"):
            beside.unlink(missing_ok=True)
        return True

    def _path(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise KeyError(digest)
        return self._directory / digest[:2] / digest[2:]


def _touch(path: Path) -> bool:
    """Note that the file is being used; False when it is not there."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def _sync(directory: Path) -> None:
    """Make the names in it survive a power cut."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
