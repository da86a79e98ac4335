"""What was accepted, one JSON object a line, on disk before it is answered."""

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any

Record = dict[str, Any]


class Journal:
    """Appends records; without a path it forgets them.

    Appends that wait at the same time share one fsync. A last line that a crash has cut is dropped.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._file: IO[bytes] | None = None
        self._pending: list[bytes] = []
        self._lock = asyncio.Lock()

    def read(self) -> Iterator[Record]:
        """Everything recorded so far, oldest first; opens the file for what follows."""
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("a+b")
        self._file.seek(0)
        whole = 0
        for line in self._file:
            if not line.endswith(b"\n"):
                break
            whole += len(line)
            yield json.loads(line)
        self._file.truncate(whole)
        self._file.seek(0, os.SEEK_END)

    async def append(self, *records: Record) -> None:
        """Return when they are on disk."""
        if self._file is None:
            return
        lines = [json.dumps(record, ensure_ascii=False).encode() + b"\n" for record in records]
        self._pending += lines
        async with self._lock:
            if self._pending:  # else somebody else's sync has carried ours
                pending, self._pending = self._pending, []
                await asyncio.shield(asyncio.to_thread(self._write, b"".join(pending)))

    def _write(self, data: bytes) -> None:
        assert self._file is not None
        self._file.write(data)
        self._file.flush()
        os.fsync(self._file.fileno())

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
