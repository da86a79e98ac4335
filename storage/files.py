"""Bytes by content hash, in a directory."""

import asyncio
import hashlib
import os
import re
import tempfile
from functools import partial
from pathlib import Path

from bot.errors import Unavailable
from bot.messages import Attachment
from bot.ports import Files

_DIGEST = re.compile(r"[0-9a-f]{64}")
UNFINISHED = ".unfinished-"  # what a crash may leave behind begins with this


class FileStore(Files):
    """Each file lies under the first two digits of its hash. It is never changed once it has its name."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

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
        if path.exists():
            _sync(path.parent)  # whoever stored it may not have come as far as that yet
            return digest
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
        return digest

    def _get(self, digest: str) -> bytes:
        try:
            return self._path(digest).read_bytes()
        except FileNotFoundError:
            raise KeyError(digest) from None

    def _path(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise KeyError(digest)
        return self._directory / digest[:2] / digest[2:]


def _sync(directory: Path) -> None:
    """Make the names in it survive a power cut."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
