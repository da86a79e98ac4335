"""Files on the server, and links to them that expire."""

import hashlib
import hmac
import io
import mimetypes
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from PIL import Image

from tests.emulators.telegram.clock import Clock

LIFETIME = 86_400  # seconds that a link works
_KEY = b"only this server signs so"


@dataclass(frozen=True, slots=True)
class Upload:
    """Bytes with a name. ``size`` pretends that there are more of them than there are."""

    data: bytes = field(repr=False)
    name: str = "file.bin"
    mime: str = ""
    description: str = ""
    size: int = 0

    @property
    def length(self) -> int:
        return self.size or len(self.data)


@dataclass(frozen=True, slots=True)
class File:
    """A file that the server keeps."""

    id: int
    place: int  # channel
    name: str
    upload: Upload
    kind: str  # content type
    width: int = 0
    height: int = 0
    ephemeral: bool = False
    title: str = ""
    duration: float = 0.0
    waveform: str = ""
    spoiler: bool = False

    @property
    def path(self) -> str:
        folder = "ephemeral-attachments" if self.ephemeral else "attachments"
        return f"/{folder}/{self.place}/{self.id}/{quote(self.name)}"


def tidy(name: str) -> str:
    """A file's name as Discord keeps it."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "", re.sub(r"\s+", "_", name)).strip(".")
    return plain or "unknown"


def content_type(upload: Upload) -> str:
    guessed = upload.mime or mimetypes.guess_type(upload.name)[0] or "application/octet-stream"
    if guessed.startswith("text/") and "charset" not in guessed:
        return f"{guessed}; charset=utf-8"
    return guessed


def _shape(upload: Upload, kind: str) -> tuple[int, int]:
    if not kind.startswith("image/"):
        return 0, 0
    try:
        with Image.open(io.BytesIO(upload.data)) as image:
            return image.size
    except (OSError, SyntaxError, ValueError):
        return 0, 0


class Cdn:
    """Keeps files, signs links, and knows which still work."""

    def __init__(self, clock: Clock, next_id: Callable[[], int]) -> None:
        self._clock = clock
        self._next_id = next_id
        self._files: dict[str, File] = {}
        self.base = ""  # set when the server's address is known

    def add(self, place: int, upload: Upload, *, ephemeral: bool = False, **more: Any) -> File:
        kind = content_type(upload)
        width, height = _shape(upload, kind)
        name = tidy(upload.name)
        spoiler = bool(more.pop("spoiler", False)) or name.startswith("SPOILER_")
        if spoiler and not name.startswith("SPOILER_"):
            name = f"SPOILER_{name}"
        number = self._next_id()
        file = File(number, place, name, upload, kind, width, height, ephemeral, spoiler=spoiler, **more)
        self._files[file.path] = file
        return file

    def remove(self, file: File) -> None:
        self._files.pop(file.path, None)

    def redescribe(self, file: File, description: str) -> File:
        """The same file with other words about it."""
        new = replace(file, upload=replace(file.upload, description=description))
        self._files[new.path] = new
        return new

    def link(self, file: File, *, proxied: bool = False) -> str:
        """A link that works from now on for a day."""
        issued = int(self._clock.now())
        expires = issued + LIFETIME
        query = f"ex={expires:x}&is={issued:x}&hm={_signature(file.path, expires, issued)}&"
        return f"{self.base}{'/media' if proxied else '/cdn'}{file.path}?{query}"

    def fetch(self, path: str, query: dict[str, str]) -> File | None:
        """The file at a path, if the link is one of ours and has not expired."""
        try:
            expires, issued = int(query.get("ex", ""), 16), int(query.get("is", ""), 16)
        except ValueError:
            return None
        good = hmac.compare_digest(query.get("hm", ""), _signature(path, expires, issued))
        return self._files.get(path) if good and expires > self._clock.now() else None

    def at(self, path: str) -> File | None:
        return self._files.get(path)

    def json(self, file: File) -> dict[str, Any]:
        body: dict[str, Any] = {
            "id": str(file.id),
            "filename": file.name,
            "size": file.upload.length,
            "url": self.link(file),
            "proxy_url": self.link(file, proxied=True),
            "content_type": file.kind,
        }
        if file.width:
            body |= {"width": file.width, "height": file.height, "placeholder_version": 1}
        if file.upload.description:
            body["description"] = file.upload.description
        if file.title:
            body["title"] = file.title
        if file.ephemeral:
            body["ephemeral"] = True
        if file.duration:
            body |= {"duration_secs": file.duration, "waveform": file.waveform}
        if file.spoiler:
            body["flags"] = 1 << 3
        return body


def _signature(path: str, expires: int, issued: int) -> str:
    return hmac.new(_KEY, f"{path} {expires} {issued}".encode(), hashlib.sha256).hexdigest()
